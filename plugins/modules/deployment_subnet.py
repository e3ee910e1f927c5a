#!/usr/bin/python
# Copyright (c) The arpanet.cluster authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: deployment_subnet
short_description: Allocates and releases the subnets of a deployment in Consul
version_added: 0.1.0
description:
  - Every network of a deployment gets a subnet of a pool. The same owner always gets the same
    subnet back; two owners never get overlapping ones, however many controllers ask at once and
    wherever one of them dies.
  - A new subnet never overlaps a route or a Docker network that the agent of any node has reported;
    a default route does not count.
  - A subnet that the record of a running deployment names is never released.
author:
  - The arpanet.cluster authors (@arpanet)
extends_documentation_fragment:
  - arpanet.cluster.consul
attributes:
  check_mode:
    support: full
    description: Returns the subnets that would be given now, and writes nothing.
  diff_mode:
    support: full
    description: Shows the deployment's subnets before and after.
  idempotent:
    support: full
    description: An owner that has a subnet keeps it.
options:
  deployment:
    description: Id of the deployment.
    type: str
    required: true
  state:
    description: V(present) allocates what is missing, V(absent) releases all that the deployment has.
    type: str
    choices: [present, absent]
    default: present
  networks:
    description: For each network, C(tasks) and C(everywhere) as M(arpanet.cluster.compose_config) counts them.
    type: dict
    default: {default: {tasks: 1, everywhere: 0}}
  size:
    description: Prefix length (C(/24)) or number of addresses (C(256)) of a new subnet. The default is sized from
      the tasks, twice over for updates, with four times the room to grow, at least a /26.
    type: str
  pool:
    description: Name of the pool that new subnets are taken from.
    type: str
    default: default
  cidr:
    description:
      - Range of the pool. It may contain, lie in or overlap the range of another pool.
      - The default is the range that the pool has, and 10.32.0.0/12 for a new pool V(default).
      - Another range than it had changes the pool, which is refused when a subnet of it would be left out.
    type: str
  driver:
    description:
      - What will carry the networks. Those of a deployment that runs on another one get a subnet of the next
        generation, of the same size at least, to move to.
      - The default is the one that it runs on.
    type: str
    choices: [overlay, weave]
  within:
    description:
      - Routes that contain the pool and nevertheless are no clash, because the pool's range is known to be
        free there.
      - The default is what the pool has.
    type: list
    elements: str
"""

EXAMPLES = r"""
- name: A subnet for deployment abc
  arpanet.cluster.deployment_subnet:
    deployment: abc

- name: A larger one, from a pool of its own
  arpanet.cluster.deployment_subnet:
    deployment: abc
    size: /22
    pool: lab
    cidr: 10.64.0.0/14

- name: Give it back
  arpanet.cluster.deployment_subnet:
    deployment: abc
    state: absent
"""

RETURN = r"""
subnets:
  description: Networks and their subnets; empty after a release.
  returned: success
  type: dict
  sample: {default: 10.32.4.0/25}
allocated:
  description: Those of them that this run has allocated.
  returned: with O(state=present), not in check mode
  type: list
  elements: str
  sample: [default]
"""

from ipaddress import IPv4Network
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.arpanet.cluster.plugins.module_utils._consul import connect
from ansible_collections.arpanet.cluster.plugins.module_utils._libraries import require
from ansible_collections.arpanet.cluster.plugins.module_utils._options import CONSUL
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core import (
    addresses,
    drivers,
    generations,
    names,
    record,
    subnets,
)


def run(module: AnsibleModule) -> dict[str, Any]:
    from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.pools import PoolStore
    from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.subnets import SubnetStore

    asked = module.params
    deployment = names.check_deployment_id(asked["deployment"])
    consul = connect(asked)
    if asked["state"] == "absent":
        # Where a subnet came from does not matter for giving it back.
        store = SubnetStore(consul, subnets.parse_pool(subnets.DEFAULT_POOL, subnets.DEFAULT_RANGE))
        before = store.owned(deployment)
        for network in before if not module.check_mode else ():
            store.release(f"{deployment}/{network}")
        return _result(before, {})
    # All is planned before anything is written: what finds no room leaves nothing behind.
    pools = PoolStore(consul)
    had, pool = pools.declare(asked["pool"], asked["cidr"], asked["within"], check=True)
    store = SubnetStore(consul, pool)
    view = store.view(deployment)
    after = dict(view.owned)
    requests: dict[str, subnets.Request] = {}
    runs = record.parse(consul.get(names.deployment_key(deployment)).value, deployment)
    moves = runs.networks if asked["driver"] not in (None, runs.driver) else {}
    live = generations.without_left(view.owned, runs.networks)
    for network, counts in asked["networks"].items():
        prefix = subnets.prefix_asked(network, counts, asked["size"], view.nodes)
        name = generations.asked(network, live, prefix if asked["size"] else None, moves)
        if name not in view.owned:
            held = generations.newest(live).get(network)
            prefix = min(prefix, held.prefixlen) if held else prefix
            there = generations.generations(view.owned, network)
            generations.check_move(deployment, network, _leased(consul, deployment, there))
            requests[name] = subnets.Request(f"{deployment}/{name}", prefix)
            after[name] = store.plan(requests[name], after.values())
    if not module.check_mode:
        if had != pool:
            pools.declare(asked["pool"], asked["cidr"], asked["within"])
        after.update({name: store.allocate(request) for name, request in requests.items()})
    result = _result(view.owned, after)
    if not module.check_mode:
        result["allocated"] = sorted(requests)
    if had != pool:
        result["changed"] = True
        result["diff"]["before"]["pool"] = had.as_value() if had else None
        result["diff"]["after"]["pool"] = pool.as_value()
    for warning in subnets.warnings(view.owned, view.in_use, asked["size"], pool):
        module.warn(warning)
    return result


def _result(before: dict[str, IPv4Network], after: dict[str, IPv4Network]) -> dict[str, Any]:
    shown = [{network: str(subnet) for network, subnet in held.items()} for held in (before, after)]
    return {
        "changed": before != after,
        "subnets": shown[1],
        "diff": {"before": {"subnets": shown[0]}, "after": {"subnets": shown[1]}},
    }


def _leased(consul: Any, deployment: str, there: list[str]) -> list[addresses.Address]:
    from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.addresses import AddressStore

    return [found for name in there for found in AddressStore(consul, deployment, name).all().values()]


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **CONSUL,
            "deployment": {"type": "str", "required": True},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "driver": {"type": "str", "choices": [*drivers.DRIVERS]},
            "networks": {"type": "dict", "default": {"default": {"tasks": 1, "everywhere": 0}}},
            "size": {"type": "str"},
            "pool": {"type": "str", "default": "default"},
            "cidr": {"type": "str"},
            "within": {"type": "list", "elements": "str"},
        },
        supports_check_mode=True,
    )
    require(module, "consul")
    from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.consul import ConsulError

    try:
        module.exit_json(**run(module))
    except (ConsulError, subnets.SubnetError, names.InvalidName) as error:
        module.fail_json(msg=str(error))


if __name__ == "__main__":
    main()
