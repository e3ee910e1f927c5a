#!/usr/bin/python
# Copyright (c) The arpanet.cluster authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: stack
short_description: Converges a deployment's networks and Swarm services to a compose or fig file
version_added: 0.1.0
description:
  - Plans the difference between the file and the cluster field by field, applies exactly that
    through the Engine's API, waits until every instance runs and answers by name in Consul, and
    returns where each of them is.
  - The file is read on the controller; the rest runs on a Swarm manager.
  - Touches nothing that does not carry the label C(arpanet.deployment) with this deployment's id.
author:
  - The arpanet.cluster authors (@arpanet)
extends_documentation_fragment:
  - arpanet.cluster.consul
  - arpanet.cluster.engine
  - arpanet.cluster.stack_file
  - arpanet.cluster.registry_logins
attributes:
  check_mode:
    support: full
    description: Returns the plan and the diff and changes nothing.
  diff_mode:
    support: full
    description: Shows each field that changes; values that sound secret are hidden.
  idempotent:
    support: full
    description: An empty plan changes nothing.
options:
  deployment:
    description: Id of the deployment.
    type: str
    required: true
  state:
    description:
      - V(present) converges to O(file), V(scaled) changes only the numbers in O(replicas),
        V(rolled_back) goes back to O(revision), V(absent) removes the deployment.
      - A change that fails brings the last whole revision back before the task fails.
    type: str
    choices: [present, scaled, rolled_back, absent]
    default: present
  file:
    description: Path of the compose or fig file on the controller; needed for O(state=present).
    type: path
  subnets:
    description: For each network its subnet, as M(arpanet.cluster.deployment_subnet) returns them.
    type: dict
    default: {}
  allocated:
    description: Networks whose subnet was allocated for this very run. They are given back when the deploy is refused
      before anything is made.
    type: list
    elements: str
    default: []
  replicas:
    description: For O(state=scaled), services and how many instances each should have.
    type: dict
    default: {}
  move_volumes:
    description:
      - Local volumes that may leave the node that holds them. The service then starts with an empty volume on
        another node; the old one stays where it is.
    type: list
    elements: str
    default: []
  volumes:
    description: For O(state=absent), the deployment's volumes are removed too (M(arpanet.cluster.deployment_volumes)),
      so forget which node holds them.
    type: bool
    default: false
  revision:
    description: For O(state=rolled_back), the revision to go back to; the default is the one before the present one.
    type: int
  lock_timeout:
    description: Seconds to wait for another controller that works on the same deployment.
    type: int
    default: 60
  controller:
    description: Set by the action plugin. Who works on the deployment, for the message that another controller gets.
    type: str
    default: a controller
  driver:
    description:
      - What carries the deployment's networks. A deployment on the other one moves, in two rolling updates, to the
        networks of the next generation that M(arpanet.cluster.deployment_subnet) has made room for.
      - V(weave) is refused while the plugin has not been probed on every node that takes tasks.
    type: str
    choices: [overlay, weave]
    default: overlay
  weave_plugin:
    description: Name of the managed plugin, on all nodes, for O(driver=weave).
    type: str
    default: weave:latest
  publish_mode:
    description: V(host) publishes a port on the node that runs the instance, V(ingress) on every node (which needs
      IPVS in the nodes' kernels).
    type: str
    choices: [host, ingress]
    default: host
  progress:
    description: Set by the action plugin when somebody watches. A file that gets a line whenever a service has come
      further.
    type: path
  timeout:
    description: Seconds to wait for instances to run and to answer by name.
    type: int
    default: 300
  stack:
    description: Set by the action plugin from O(file). Name of the stack.
    type: str
  model:
    description: Set by the action plugin from O(file). The normalised model as JSON.
    type: str
"""

EXAMPLES = r"""
- name: Deployment abc
  arpanet.cluster.stack:
    deployment: abc
    file: fig.yml
    subnets: "{{ allocated.subnets }}"

- name: Three instances of pricing
  arpanet.cluster.stack:
    deployment: abc
    state: scaled
    replicas:
      pricing: 3
"""

RETURN = r"""
plan:
  description: What was (or, in check mode, would be) done.
  returned: success
  type: list
  elements: dict
  sample: [{kind: service, name: abc_web, action: update, restarts: true, fields: {image: ["web:1", "web:2"]}}]
placements:
  description: Where each instance is.
  returned: success, not in check mode
  type: list
  elements: dict
  sample: [{instance: 1.pricing.abc, service: pricing, node: node2, address: 10.32.0.70, state: running}]
revision:
  description: Number of the revision that this made or found.
  returned: success, but for O(state=absent)
  type: int
failures:
  description: The last failed task of each service that did not arrive, with its last 20 lines of output.
  returned: failure
  type: list
  elements: dict
  sample: [{instance: 1.web, node: node2, reason: "task: non-zero exit (1)", exit_code: 1, log: ["no such file"]}]
notes:
  description: What the deployment does not get.
  returned: success
  type: list
  elements: str
"""

import json
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.arpanet.cluster.plugins.module_utils._consul import connect
from ansible_collections.arpanet.cluster.plugins.module_utils._libraries import require
from ansible_collections.arpanet.cluster.plugins.module_utils._options import CONSUL, ENGINE, LOGINS, STACK
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core import drivers, names, support


def run(module: AnsibleModule) -> dict[str, Any]:
    from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.engine import Engine
    from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.lock import deployment_lock
    from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.rollout import Rollout
    from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.telling import into

    asked = module.params
    deployment = names.check_deployment_id(asked["deployment"])
    consul = connect(asked)
    engine = Engine(asked["docker_host"], logins=json.loads(asked["registry_credentials"] or "{}"))
    rollout = Rollout(engine, consul, deployment, into(asked["progress"]))
    if module.check_mode:
        return converge(rollout, asked, check=True)
    with deployment_lock(consul, deployment, asked["controller"], asked["lock_timeout"]):
        return converge(rollout, asked, check=False)


def converge(rollout: Any, asked: dict[str, Any], check: bool) -> dict[str, Any]:
    from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters import deployments

    timeout = asked["timeout"]
    if asked["state"] == "absent":
        return deployments.remove(rollout, asked["volumes"], timeout, check)
    if asked["state"] == "rolled_back":
        return deployments.roll_back(rollout, asked["revision"], timeout, check)
    if asked["state"] == "scaled":
        counts = {name: int(count) for name, count in asked["replicas"].items()}
        return deployments.scale(rollout, counts, timeout, check)
    return deployments.converge(
        rollout,
        json.loads(asked["model"]),
        asked["stack"],
        asked["subnets"],
        allocated=asked["allocated"],
        driver=asked["driver"],
        plugin=asked["weave_plugin"],
        publish_mode=asked["publish_mode"],
        move_volumes=frozenset(asked["move_volumes"]),
        timeout=timeout,
        check=check,
    )


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **CONSUL,
            **ENGINE,
            **STACK,
            **LOGINS,
            "deployment": {"type": "str", "required": True},
            "state": {"type": "str", "choices": ["present", "scaled", "rolled_back", "absent"], "default": "present"},
            "subnets": {"type": "dict", "default": {}},
            "allocated": {"type": "list", "elements": "str", "default": []},
            "replicas": {"type": "dict", "default": {}},
            "move_volumes": {"type": "list", "elements": "str", "default": []},
            "volumes": {"type": "bool", "default": False},
            "revision": {"type": "int"},
            "lock_timeout": {"type": "int", "default": 60},
            "controller": {"type": "str", "default": "a controller"},
            "driver": {"type": "str", "choices": [*drivers.DRIVERS], "default": drivers.OVERLAY},
            "weave_plugin": {"type": "str", "default": drivers.PLUGIN},
            "publish_mode": {"type": "str", "choices": ["host", "ingress"], "default": "host"},
            "progress": {"type": "path"},
            "timeout": {"type": "int", "default": 300},
            "stack": {"type": "str"},
            "model": {"type": "str", "no_log": True},
        },
        required_if=[("state", "present", ("model", "stack")), ("state", "scaled", ("replicas",))],
        supports_check_mode=True,
    )
    require(module, "docker", "consul")
    from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.arrival import RolloutError
    from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.consul import ConsulError
    from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.engine import EngineError
    from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.lock import Locked
    from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.pins import NoImage
    from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.revisions import NoRevision
    from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.scaling import NotScalable
    from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.sizing import SubnetError

    refused = (SubnetError, NotScalable, NoImage, NoRevision, names.InvalidName, support.Unsupported)
    known = (ConsulError, EngineError, Locked, *refused)
    try:
        result = run(module)
        for note in result["notes"]:
            module.warn(note)
        module.exit_json(**result)
    except RolloutError as error:
        module.fail_json(
            msg=f"deployment {module.params['deployment']}: {error}", failures=error.failures, **error.result
        )
    except known as error:
        module.fail_json(msg=f"deployment {module.params['deployment']}: {error}")


if __name__ == "__main__":
    main()
