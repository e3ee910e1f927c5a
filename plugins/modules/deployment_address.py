#!/usr/bin/python
# Copyright (c) The arpanet.cluster authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: deployment_address
short_description: Leases explicit addresses in the subnet of a deployment
version_added: 0.1.0
description:
  - A VM or an appliance that belongs to a deployment but is not in its stack gets an address in the
    deployment's subnet, of its lower quarter, which Swarm never hands out. The network's own and its
    gateway's address are not for it.
  - The lease is kept in Consul. The same owner always gets the same address back; two owners never get the
    same one, however many controllers ask at once and wherever one of them dies.
  - No agent takes such a lease back. It ends with O(state=absent) or with the deployment.
  - This module gives the address a name in Consul's records, not in DNS. Use
    M(arpanet.cluster.consul_service) for that.
author:
  - The arpanet.cluster authors (@arpanet)
extends_documentation_fragment:
  - arpanet.cluster.consul
attributes:
  check_mode:
    support: full
    description: Returns the address that would be given now, and writes nothing.
  diff_mode:
    support: full
    description: Shows the lease before and after.
  idempotent:
    support: full
    description: An owner that has an address keeps it, unless another one is asked for.
options:
  deployment:
    description: Id of the deployment. It needs a subnet, not a running stack.
    type: str
    required: true
  network:
    description: Name of the network in the stack's file.
    type: str
    default: default
  owner:
    description: Who the address is for, such as the name of a VM. One owner has one address in a network.
    type: str
    required: true
  service:
    description: The service that the owner provides. The default is what it was, or the owner's name.
    type: str
  address:
    description:
      - The address to lease. The default is the one that the owner has, or the first free one.
      - An owner that has another one gives that back.
    type: str
  state:
    description: Whether the owner has an address.
    type: str
    choices: [present, absent]
    default: present
"""

EXAMPLES = r"""
- name: An address for a VM
  arpanet.cluster.deployment_address:
    deployment: abc
    owner: legacy-db
    service: db
  register: leased

- name: Its name, for all containers
  arpanet.cluster.consul_service:
    name: legacy-db
    node: legacy-db
    address: "{{ leased.address }}"
    port: 5432

- name: This very address
  arpanet.cluster.deployment_address:
    deployment: abc
    owner: printer
    address: 10.32.4.9

- name: Give it back
  arpanet.cluster.deployment_address:
    deployment: abc
    owner: printer
    state: absent
"""

RETURN = r"""
address:
  description: The owner's address; empty when it has none.
  returned: success
  type: str
  sample: 10.32.4.2
service:
  description: The service that the owner provides; empty when it has no address.
  returned: success
  type: str
  sample: db
"""

from ipaddress import IPv4Address
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.arpanet.cluster.plugins.module_utils._consul import connect
from ansible_collections.arpanet.cluster.plugins.module_utils._libraries import require
from ansible_collections.arpanet.cluster.plugins.module_utils._options import CONSUL
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core import names
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.addresses import Address
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.sizing import SubnetError


def run(module: AnsibleModule) -> dict[str, Any]:
    from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.addresses import (
        AddressStore,
        networks_of,
    )

    asked = module.params
    deployment = names.check_deployment_id(asked["deployment"])
    consul = connect(asked)
    networks = networks_of(consul, deployment, asked["network"]) or [asked["network"]]
    stores = [AddressStore(consul, deployment, network) for network in networks]
    if asked["state"] == "absent":
        changes = [store.absent(asked["owner"], module.check_mode) for store in stores]
        change = next((one for one in changes if one.ops), changes[0])
    else:
        wanted = _address(asked["address"]) if asked["address"] else None
        change = stores[0].present(asked["owner"], asked["service"], wanted, module.check_mode)
    before, after = _shown(change.before), _shown(change.after)
    return {
        "changed": bool(change.ops),
        "address": after.get("address", ""),
        "service": after.get("service", ""),
        "diff": {"before": before, "after": after},
    }


def _address(text: str) -> IPv4Address:
    try:
        return IPv4Address(text)
    except ValueError as error:
        raise SubnetError(f"address {text!r} is not an IPv4 address") from error


def _shown(address: Address | None) -> dict[str, str]:
    return {"owner": address.owner, **address.as_value()} if address else {}


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **CONSUL,
            "deployment": {"type": "str", "required": True},
            "network": {"type": "str", "default": "default"},
            "owner": {"type": "str", "required": True},
            "service": {"type": "str"},
            "address": {"type": "str"},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        },
        supports_check_mode=True,
    )
    require(module, "consul")
    from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.consul import ConsulError

    try:
        module.exit_json(**run(module))
    except (ConsulError, SubnetError, names.InvalidName) as error:
        module.fail_json(msg=str(error))


if __name__ == "__main__":
    main()
