# Copyright (c) The arpanet.cluster authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: deployment_address
author: The arpanet.cluster authors (@arpanet)
version_added: 0.1.0
short_description: The explicit address of an owner in a deployment's network
description:
  - From an owner's name to the address that was leased to it with M(arpanet.cluster.deployment_address).
  - Without O(url) the hosts of the inventory's group C(managers) are asked one after the other, until
    one answers, through their own connections. Consul listens on the loopback of the nodes only.
extends_documentation_fragment:
  - arpanet.cluster.consul_reader
options:
  _terms:
    description: Names of owners, such as V(legacy-db).
    type: list
    elements: str
    required: true
  deployment:
    description: Id of the deployment.
    type: str
    required: true
  network:
    description: Name of the network in the stack's file.
    type: str
    default: default
  default:
    description: What to return for an owner that has no address. Without it that is an error.
    type: raw
"""

EXAMPLES = r"""
- name: The address of a VM in deployment abc
  ansible.builtin.debug:
    msg: "{{ lookup('arpanet.cluster.deployment_address', 'legacy-db', deployment='abc') }}"

- name: Of two, or nothing
  ansible.builtin.debug:
    msg: "{{ query('arpanet.cluster.deployment_address', 'legacy-db', 'printer', deployment='abc', default='') }}"
"""

RETURN = r"""
_raw:
  description: An address such as V(10.32.4.2) for each owner, in their order.
  type: list
  elements: str
"""

import base64
import json
from typing import Any

from ansible.errors import AnsibleLookupError
from ansible.plugins.lookup import LookupBase
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core import generations, names
from ansible_collections.arpanet.cluster.plugins.plugin_utils.key_values import ConsulUnheard, reader


class LookupModule(LookupBase):
    def run(self, terms: list[Any], variables: dict[str, Any] | None = None, **kwargs: Any) -> list[Any]:
        self.set_options(var_options=variables, direct=kwargs)
        deployment, network = self.get_option("deployment"), self.get_option("network")
        where = f"network {network} of deployment {deployment}"
        try:
            prefix = names.addresses_key(names.check_deployment_id(deployment), network)
            read = reader(self.get_option("url"), variables or {}, self.get_option("token"), self.get_option("timeout"))
            [entries] = read([prefix])
        except names.InvalidName as error:
            raise AnsibleLookupError(str(error)) from error
        except ConsulUnheard as error:
            raise AnsibleLookupError(f"addresses in {where}: {error}") from error
        leased: dict[str, str] = {}
        # While a network moves it has two names here; its newest one counts.
        for entry in sorted(entries, key=lambda entry: generations.split(_network(entry))):
            if generations.split(_network(entry))[0] == network:
                leased |= {owner: value["address"] for owner, value in _value(entry).items()}
        results = []
        for owner in map(str, terms):
            if owner in leased:
                results.append(leased[owner])
            elif "default" in kwargs:
                results.append(kwargs["default"])
            else:
                raise AnsibleLookupError(_missing(owner, where, sorted(leased)))
        return results


def _network(entry: dict[str, Any]) -> str:
    return str(entry["Key"]).rsplit("/", 1)[-1]


def _value(entry: dict[str, Any]) -> dict[str, dict[str, str]]:
    return dict(json.loads(base64.b64decode(entry["Value"])))


def _missing(owner: str, where: str, others: list[str]) -> str:
    there = f"; there are addresses of {', '.join(others)}" if others else ""
    return (
        f"{owner} has no address in {where}{there}. Lease one with the module deployment_address, "
        "or say default= to go on without one."
    )
