#!/usr/bin/python
# Copyright (c) The arpanet.cluster authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: consul_acl
short_description: Gives Consul the collection's policies and tokens
version_added: 0.1.0
description:
  - Waits until Consul has a leader, then makes what is missing of the policies and tokens of this collection, and
    changes back what somebody has changed.
  - Runs on a manager. All tokens follow from the key in C(/etc/arpanet/keys/consul-acl); the first is in the
    configuration of Consul's servers. So a run that was cut off is finished by the next.
  - Policies and tokens of others are never touched.
author:
  - The arpanet.cluster authors (@arpanet)
attributes:
  check_mode:
    support: full
    description: Says what would be made. Everything, where Consul does not run yet.
  diff_mode:
    support: full
    description: Shows the names of policies and tokens that are made or changed.
  idempotent:
    support: full
    description: Does nothing where all is as it should be.
options:
  key:
    description: Name of the key that the tokens follow from. With another than V(consul-acl), which the servers'
      configuration knows, the token of management is made as well.
    type: str
    default: consul-acl
  only:
    description: Delete the collection's tokens that follow from any other key.
    type: bool
    default: false
  timeout:
    description: Seconds for Consul to have a leader that knows its first token.
    type: float
    default: 120
"""

EXAMPLES = r"""
- name: Policies and tokens
  arpanet.cluster.consul_acl:
  run_once: true
"""

RETURN = r"""
done:
  description: What was made or changed, or would be.
  returned: success
  type: list
  elements: str
  sample: [make policy arpanet-agent, make token arpanet-agent]
"""

from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters import cluster_keys
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.consul_admin import (
    Admin,
    AdminError,
    until,
)
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.host import RAFT
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core import consul_tokens
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.consul_config import ACL_KEY, KEYS


def converge(admin: Admin, key: str, asked: dict[str, Any], check: bool) -> list[str]:
    """Make and change what has to be; what was done."""
    if not check:
        # A leader that has just been elected may not know its first token yet.
        until(
            lambda: bool(admin.leader()) and bool(admin.tokens()),
            asked["timeout"],
            "Consul knows no token to begin with",
        )
    done = []
    # Policies first: tokens name them.
    for step in consul_tokens.policy_steps(admin.policies()):
        done.append(str(step))
        if not check:
            admin.apply(step)
    tokens = admin.tokens()
    steps = consul_tokens.token_steps(key, tokens, management=asked["key"] != ACL_KEY)
    for step in [*steps, *(consul_tokens.old_tokens(key, tokens) if asked["only"] else [])]:
        done.append(str(step))
        if not check:
            admin.apply(step)
    return done


def run(asked: dict[str, Any], check: bool) -> dict[str, Any]:
    key = cluster_keys.read(asked["key"], KEYS)
    try:
        done = converge(Admin(), key, asked, check)
    except AdminError:
        if not check:
            raise
        # One that is still to come is to know all; what one that has stopped lacks, nobody can tell.
        bare = [] if Path(RAFT).is_dir() else [*consul_tokens.policy_steps([]), *consul_tokens.token_steps(key, [])]
        done = [str(step) for step in bare]
    return {"changed": bool(done), "done": done, "diff": {"prepared": "".join(f"{step}\n" for step in done)}}


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "key": {"type": "str", "default": ACL_KEY, "no_log": False},
            "only": {"type": "bool", "default": False},
            "timeout": {"type": "float", "default": 120},
        },
        supports_check_mode=True,
    )
    try:
        module.exit_json(**run(module.params, module.check_mode))
    except (AdminError, cluster_keys.KeyFileError) as error:
        module.fail_json(msg=f"policies and tokens of Consul: {error}")


if __name__ == "__main__":
    main()
