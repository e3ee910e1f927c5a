#!/usr/bin/python
# Copyright (c) The arpanet.cluster authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: join
short_description: Makes a machine a worker of the cluster that any one address belongs to
version_added: 0.1.0
description:
  - Does what C(arpanet join) does on the machine itself, which has to have all programs and units of a node.
  - The key of the gossip proves the machine to the cluster and the cluster to the machine. A wrong key, another
    cluster, a replayed answer and a stranger's manager are each refused, and the message says which it was.
  - A machine that cannot reach the cluster joins nothing and starts nothing of its own. One that stopped half-way is
    completed by the next run.
  - A machine that is a manager of that cluster already is left as it is.
author:
  - The arpanet.cluster authors (@arpanet)
attributes:
  check_mode:
    support: full
    description: Asks the cluster where the machine is in its gossip; otherwise says that it would join.
  diff_mode:
    support: full
    description: Shows the files before and after, without what is secret.
  idempotent:
    support: full
    description: Does nothing on a node of the cluster that is as it should be.
options:
  join:
    description:
      - Addresses of members, each as C(serf://<any member>[:<port>][@<own address>]).
      - The first that answers will do.
    type: list
    elements: str
    required: true
  key:
    description: The key of the gossip, in base64. Not needed by a machine that is in the gossip already.
    type: str
    default: ""
  cluster:
    description:
      - The cluster that is meant, C(<id>) or C(<id>:<digest of its authority>), as C(arpanet cluster) prints it.
      - Without it, the holder of the key decides which cluster that is.
    type: str
    default: ""
  availability:
    description: Whether a new node is given tasks.
    type: str
    choices: ["", active, pause, drain]
    default: ""
  timeout:
    description: Seconds for each thing that is waited for.
    type: int
    default: 60
"""

EXAMPLES = r"""
- name: Join through any member
  arpanet.cluster.join:
    join: serf://10.0.0.8@10.0.0.7
    key: "{{ vault_gossip_key }}"
"""

RETURN = r"""
steps:
  description: What was done, in order; in check mode what would be.
  returned: success
  type: list
  elements: str
  sample: [join the gossip, start consul.service, join the swarm]
doubts:
  description: Answers that were not believed, and why.
  returned: success
  type: list
  elements: str
cluster:
  description: The cluster, C(<id>:<digest>); empty where check mode could not ask.
  returned: success
  type: str
node_id:
  description: The machine's id in the swarm.
  returned: success
  type: str
manager:
  description: Whether the machine is a manager.
  returned: success
  type: bool
managers:
  description: Living managers, name to address.
  returned: success
  type: dict
"""

from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.arpanet.cluster.plugins.module_utils._libraries import VENV_PYTHON, missing, require
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core import join as core
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.seeds import BadSeed, parse


def run(module: AnsibleModule) -> dict[str, Any]:
    """Join, and say what came of it."""
    # Not before `require`: they need the libraries.
    from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.joining import (
        FAILURES,
        Joiner,
        Wish,
    )
    from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.machine import Machine
    from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.serf import Serf
    from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.swarm import Swarm

    asked = module.params
    try:
        wish = Wish(
            parse(asked["join"]), asked["key"], core.pin(asked["cluster"]), asked["availability"], asked["timeout"]
        )
        machine = Machine()
        out = Joiner(wish, machine, Serf(), Swarm(), check=module.check_mode).run()
    except (BadSeed, *FAILURES) as error:
        module.fail_json(msg=f"This machine has not joined: {error}")
    for doubt in out.doubts:
        module.warn(f"Not believed: {doubt}")
    return {
        "changed": bool(out.steps),
        "steps": out.steps,
        "doubts": out.doubts,
        "cluster": str(out.cluster),
        "node_id": out.node_id,
        "manager": out.manager,
        "managers": out.managers,
        "diff": [
            {
                "before_header": change.wanted.path,
                "after_header": change.wanted.path,
                "before": change.before,
                "after": change.after,
            }
            for change in out.changes
        ],
    }


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "join": {"type": "list", "elements": "str", "required": True},
            "key": {"type": "str", "default": "", "no_log": True},
            "cluster": {"type": "str", "default": ""},
            "availability": {"type": "str", "choices": ["", "active", "pause", "drain"], "default": ""},
            "timeout": {"type": "int", "default": 60},
        },
        supports_check_mode=True,
    )
    if module.check_mode and missing("msgpack") and not Path(VENV_PYTHON).exists():
        # Bare: not even the adapters could be loaded.
        nothing = {"doubts": [], "cluster": "", "node_id": "", "manager": False, "managers": {}}
        module.exit_json(changed=True, steps=["install what a node needs", "join the cluster"], **nothing)
    require(module, "msgpack")
    module.exit_json(**run(module))


if __name__ == "__main__":
    main()
