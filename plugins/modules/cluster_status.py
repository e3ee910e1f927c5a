#!/usr/bin/python
# Copyright (c) The arpanet.cluster authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: cluster_status
short_description: Tells how the cluster and its deployments are, and what is wrong with them
version_added: 0.1.0
description:
  - Asks Swarm, Consul and Serf on one manager, all at once, and puts their answers together.
  - Works without a majority of Swarm's managers or of Consul's servers too, and then tells what is still known.
  - A part that does not answer is a problem in the result and not a failure of the task.
author:
  - The arpanet.cluster authors (@arpanet)
extends_documentation_fragment:
  - arpanet.cluster.consul
  - arpanet.cluster.engine
attributes:
  check_mode:
    support: full
    description: Only reads.
  diff_mode:
    support: N/A
    description: Changes nothing.
  idempotent:
    support: N/A
    description: Changes nothing.
options:
  deployment:
    description: Tell of this deployment alone; of all where it is empty.
    type: str
    default: ""
  ledger:
    description: Also return what Consul and Swarm keep for the whole cluster, which the role doctor compares.
    type: bool
    default: false
  serf_rpc:
    description: Address of the RPC of the node's Serf agent.
    type: str
    default: 127.0.0.1:7373
  timeout:
    description: Seconds that each part has for an answer.
    type: float
    default: 3
"""

EXAMPLES = r"""
- name: How is the cluster?
  arpanet.cluster.cluster_status:
  register: seen

- name: Stop when something is wrong
  ansible.builtin.assert:
    that: seen.status.healthy
    fail_msg: "{{ seen.status.problems | join('; ') }}"
"""

RETURN = r"""
status:
  description: The picture for programs. What only a part could tell that did not answer is null or empty.
  returned: success
  type: dict
  contains:
    healthy:
      description: Whether there are no problems.
      type: bool
      returned: success
    problems:
      description: What is wrong, a line each, the most far-reaching first.
      type: list
      elements: str
      returned: success
    findings:
      description: The same with cause and mend apart.
      type: list
      elements: dict
      returned: success
      sample:
        - {what: 1.cache.abc runs on node2 but is not in DNS, cause: nobody registered it,
           mend: "`systemctl restart arpanet-agent` on node2", about: name, node: node2, repair: {}, deployment: abc,
           subject: 1.cache.abc runs on node2 but is not in DNS, units: []}
    asked:
      description: Name of the node that was asked.
      type: str
      returned: success
    swarm:
      description: Whether Swarm's managers have a majority (V(ok)), how many are reachable, and of how many.
      type: dict
      returned: success
      sample: {ok: true, alive: 3, total: 3}
    consul:
      description: The same of Consul's servers.
      type: dict
      returned: success
      sample: {ok: true, alive: 3, total: 3}
    nodes:
      description: The nodes as Swarm, Serf and Consul see them.
      type: list
      elements: dict
      returned: success
      sample:
        - {name: node1, role: manager, leader: true, availability: active, swarm: ready, serf: alive,
           consul: alive, consul_role: server, consul_leader: true, agent: alive, address: 192.0.2.11, engine: 26.1.5}
    deployments:
      description: The deployments with their services, and for each of these its instances.
      type: list
      elements: dict
      returned: success
      sample:
        - id: abc
          stack: arpanet2
          driver: overlay
          revision: 1
          kept: 1
          networks: {default: 10.32.4.0/26}
          services:
            - name: pricing
              running: 1
              wanted: 1
              in_dns: 1
              placements:
                - {instance: 1.pricing.abc, node: node2, address: 10.32.4.35, state: running, in_dns: true}
    errors:
      description: For each part that did not answer (V(engine), V(swarm), V(consul), V(serf)), why.
      type: dict
      returned: success
    illegible:
      description: For each key of the cluster's in Consul whose value is of no use, why.
      type: dict
      returned: success
text:
  description: The picture for people, as tables.
  returned: success
  type: str
ledger:
  description: Leases, subnets, nodes' networks, moves under way and what carries a deployment's label; what Swarm or
    Consul did not tell is empty, and RV(status.errors) says so.
  returned: with O(ledger=true)
  type: dict
names:
  description: The names of all services without their domain, as DNS has them.
  returned: with O(ledger=true)
  type: list
  elements: str
  sample: [pricing.abc]
"""

from dataclasses import replace

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.arpanet.cluster.plugins.module_utils._consul import connect
from ansible_collections.arpanet.cluster.plugins.module_utils._libraries import require
from ansible_collections.arpanet.cluster.plugins.module_utils._options import CONSUL, ENGINE
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core import names
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.ledger import dns_names
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.status import status
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.status_text import as_data, as_text


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **CONSUL,
            **ENGINE,
            "deployment": {"type": "str", "default": ""},
            "ledger": {"type": "bool", "default": False},
            "serf_rpc": {"type": "str", "default": "127.0.0.1:7373"},
            "timeout": {"type": "float", "default": 3},
        },
        supports_check_mode=True,
    )
    require(module, "docker", "consul", "msgpack")
    from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters import ledger, survey
    from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.consul import ConsulError

    asked = module.params
    try:
        if asked["deployment"]:
            names.check_deployment_id(asked["deployment"])
        consul = connect(asked, asked["timeout"])
    except (ConsulError, names.InvalidName) as error:
        module.fail_json(msg=str(error))
    seen = survey.look(asked["docker_host"], consul, asked["serf_rpc"], asked["timeout"], asked["deployment"])
    # Whoever is silent might know it.
    all_told = not seen.errors.keys() & {"engine", "swarm", "consul"}
    if asked["deployment"] and all_told and asked["deployment"] not in seen.deployments():
        others = ", ".join(sorted(seen.deployments())) or "none at all"
        module.fail_json(msg=f"There is no deployment {asked['deployment']} in this cluster; it has: {others}.")
    more = {}
    if asked["ledger"]:
        kept, errors = ledger.read(asked["docker_host"], consul, asked["timeout"])
        # Whoever fell silent only now has not said everything either.
        seen = replace(seen, errors={**errors, **seen.errors})
        more["ledger"] = kept.as_data()
    data = as_data(picture := status(seen, asked["deployment"]))
    if asked["ledger"]:
        more["names"] = dns_names(data["deployments"])
    module.exit_json(changed=False, status=data, text=as_text(picture), **more)


if __name__ == "__main__":
    main()
