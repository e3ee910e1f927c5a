# Copyright (c) The arpanet.cluster authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: deployment_subnet
author: The arpanet.cluster authors (@arpanet)
version_added: 0.1.0
short_description: The subnet of a deployment's network
description:
  - From a deployment's id to the CIDR that Consul has for its network.
  - Without O(url) the hosts of the inventory's group C(managers) are asked one after the other, until
    one answers, through their own connections. Consul listens on the loopback of the nodes only.
  - Use M(arpanet.cluster.deployment_subnet) to allocate and to release subnets.
extends_documentation_fragment:
  - arpanet.cluster.consul_reader
options:
  _terms:
    description: Ids of deployments.
    type: list
    elements: str
    required: true
  network:
    description: Name of the network in the stack's file.
    type: str
    default: default
  default:
    description: What to return for a deployment or a network that has no subnet. Without it that is an error.
    type: raw
"""

EXAMPLES = r"""
- name: The subnet of deployment abc
  ansible.builtin.debug:
    msg: "{{ lookup('arpanet.cluster.deployment_subnet', 'abc') }}"

- name: Of its network back, or nothing
  ansible.builtin.debug:
    msg: "{{ lookup('arpanet.cluster.deployment_subnet', 'abc', network='back', default='') }}"

- name: Of two deployments
  ansible.builtin.debug:
    msg: "{{ query('arpanet.cluster.deployment_subnet', 'abc', 'xyz') }}"
"""

RETURN = r"""
_raw:
  description: A CIDR such as V(10.32.4.0/26) for each id, in their order.
  type: list
  elements: str
"""

import base64
import json
from typing import Any

from ansible.errors import AnsibleLookupError
from ansible.plugins.lookup import LookupBase
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core import names
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.generations import newest
from ansible_collections.arpanet.cluster.plugins.plugin_utils.key_values import ConsulUnheard, reader


class LookupModule(LookupBase):
    def run(self, terms: list[Any], variables: dict[str, Any] | None = None, **kwargs: Any) -> list[Any]:
        self.set_options(var_options=variables, direct=kwargs)
        network = self.get_option("network")
        try:
            deployments = [names.check_deployment_id(str(term)) for term in terms]
            prefixes = [names.subnet_owners_prefix(deployment) for deployment in deployments]
            read = reader(self.get_option("url"), variables or {}, self.get_option("token"), self.get_option("timeout"))
            found = read(prefixes)
        except names.InvalidName as error:
            raise AnsibleLookupError(str(error)) from error
        except ConsulUnheard as error:
            raise AnsibleLookupError(f"subnet of deployment {', '.join(map(str, terms))}: {error}") from error
        results = []
        for deployment, prefix, entries in zip(deployments, prefixes, found, strict=True):
            subnets = newest({entry["Key"].removeprefix(prefix): _subnet(entry) for entry in entries})
            if network in subnets:
                results.append(subnets[network])
            elif "default" in kwargs:
                results.append(kwargs["default"])
            else:
                raise AnsibleLookupError(_missing(deployment, network, sorted(subnets)))
        return results


def _subnet(entry: dict[str, Any]) -> str:
    return str(json.loads(base64.b64decode(entry["Value"]))["subnet"])


def _missing(deployment: str, network: str, others: list[str]) -> str:
    if others:
        return f"Deployment {deployment} has no network {network}; it has: {', '.join(others)}."
    return (
        f"Deployment {deployment} has no subnet. Deploy it (deploy.yml -e deployment={deployment}), "
        "or say default= to go on without one."
    )
