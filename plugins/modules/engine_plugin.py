#!/usr/bin/python
# Copyright (c) The arpanet.cluster authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: engine_plugin
short_description: Installs, sets, enables, upgrades and removes a managed plugin of the Engine
version_added: 0.1.0
description:
  - The plugin comes from a registry, or from files where there is none to ask.
  - Settings change, and another version comes in, while the plugin is disabled for a moment. Networks of its driver
    stay, and so do containers on them.
author:
  - The arpanet.cluster authors (@arpanet)
extends_documentation_fragment:
  - arpanet.cluster.engine
attributes:
  check_mode:
    support: full
    description: Returns the steps and changes nothing.
  diff_mode:
    support: full
    description: Shows source and settings before and after, of O(secrets) only whether they change.
  idempotent:
    support: full
    description: Does nothing where the plugin is as asked for. One that a run left half made is finished.
options:
  name:
    description: The plugin's name on this node, which is the name of its driver.
    type: str
    required: true
  state:
    description: V(enabled) and V(disabled) have it installed.
    type: str
    choices: [enabled, disabled, absent]
    default: enabled
  reference:
    description: Reference of the plugin at a registry, with its tag. Either this, or O(rootfs), or neither for a plugin
      that is there.
    type: str
  rootfs:
    description: Path on the node of a tar archive with the plugin's root file system, compressed or not. It is read
      only when the plugin has to be made.
    type: path
  checksum:
    description: C(sha256:<hex>) of O(rootfs). Another archive is refused.
    type: str
  config:
    description: The plugin's configuration, for O(rootfs).
    type: dict
    default: {}
  additions:
    description: Variables that O(config) gets besides its own, for O(rootfs).
    type: dict
    default: {}
  settings:
    description: What the plugin is set to, by variable.
    type: dict
    default: {}
  secrets:
    description: The same, of what must not be shown.
    type: dict
    default: {}
  timeout:
    description: Seconds for the plugin to answer after it was started, and for one that is taken away to be in use no
      more.
    type: int
    default: 60
"""

EXAMPLES = r"""
- name: Weave from a registry
  arpanet.cluster.engine_plugin:
    name: weave:latest
    reference: rajchaudhuri/net-plugin:2.9.0-amd64
    settings:
      IPALLOC_RANGE: 10.31.255.0/24
"""

RETURN = r"""
steps:
  description: What was (or, in check mode, would be) done.
  returned: success
  type: list
  elements: str
  sample: [disable, set, enable]
"""

from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.arpanet.cluster.plugins.module_utils._libraries import require
from ansible_collections.arpanet.cluster.plugins.module_utils._options import ENGINE
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core import plugins


def wanted(asked: dict[str, Any]) -> plugins.Wanted | None:
    if asked["state"] == "absent":
        return None
    source = asked["reference"] or ""
    if asked["rootfs"]:
        source = plugins.bundle_source(asked["checksum"], asked["config"], asked["additions"])
    settings = {name: str(value) for name, value in {**asked["settings"], **asked["secrets"]}.items()}
    return plugins.Wanted(source, settings, asked["state"] == "enabled")


def run(module: AnsibleModule) -> dict[str, Any]:
    from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.engine import Engine
    from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.plugins import Bundle, Plugins

    asked = module.params
    goal = wanted(asked)
    # Making a plugin answers when all of its files are there.
    there = Plugins(Engine(asked["docker_host"], timeout=300), asked["timeout"])
    found = there.find(asked["name"])
    steps = plugins.steps(goal, found)
    if steps and not module.check_mode:
        bundle = None
        if goal and asked["rootfs"]:
            config = plugins.config(asked["config"], goal.source, asked["additions"])
            bundle = Bundle(Path(asked["rootfs"]), asked["checksum"], config, goal.source)
        there.apply(asked["name"], steps, goal, bundle)
    return {
        "changed": bool(steps),
        "steps": steps,
        "diff": plugins.as_diff(goal, found, frozenset(asked["secrets"])),
    }


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **ENGINE,
            "name": {"type": "str", "required": True},
            "state": {"type": "str", "choices": ["enabled", "disabled", "absent"], "default": "enabled"},
            "reference": {"type": "str"},
            "rootfs": {"type": "path"},
            "checksum": {"type": "str"},
            "config": {"type": "dict", "default": {}},
            "additions": {"type": "dict", "default": {}},
            "settings": {"type": "dict", "default": {}},
            "secrets": {"type": "dict", "default": {}, "no_log": True},
            "timeout": {"type": "int", "default": 60},
        },
        mutually_exclusive=[("reference", "rootfs")],
        required_together=[("rootfs", "checksum")],
        supports_check_mode=True,
    )
    require(module, "docker")
    from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.engine import EngineError

    try:
        module.exit_json(**run(module))
    except (EngineError, plugins.PluginError, ValueError) as error:
        module.fail_json(msg=f"plugin {module.params['name']}: {error}")


if __name__ == "__main__":
    main()
