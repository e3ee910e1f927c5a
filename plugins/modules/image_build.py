#!/usr/bin/python
# Copyright (c) The arpanet.cluster authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: image_build
short_description: Builds a stack's images once and keeps them in the registry of every manager
version_added: 0.1.0
description:
  - An image is named by the content of its build context. One that a registry already has is not
    built again; one that only some registries have is copied to the others.
  - The contexts are on the controller; the images are built by the Engine of the manager that the
    module runs on.
author:
  - The arpanet.cluster authors (@arpanet)
extends_documentation_fragment:
  - arpanet.cluster.consul
  - arpanet.cluster.engine
  - arpanet.cluster.registry_logins
  - arpanet.cluster.stack_file
attributes:
  check_mode:
    support: full
    description: Says which images would be built.
  diff_mode:
    support: full
    description: Lists the images before and after.
  idempotent:
    support: full
    description: An image that every registry has is left alone.
options:
  builds:
    description: What to build, as M(arpanet.cluster.compose_config) returns it.
    type: list
    elements: dict
    required: true
  file:
    description: Path of the stack's file on the controller, which is read again for what C(builds) does not show.
    type: path
  deployment:
    description: Id of the deployment.
    type: str
  hidden:
    description: Set by the action plugin. For each image to build, its build arguments and labels as JSON.
    type: str
  archives:
    description: Set by the action plugin. For each image to build, the archive of its context on the manager.
    type: dict
    default: {}
"""

EXAMPLES = r"""
- name: Build what the stack builds
  arpanet.cluster.image_build:
    builds: "{{ stack.builds }}"
    file: fig.yml
"""

RETURN = r"""
missing:
  description: Images that no registry had.
  returned: success
  type: list
  elements: str
  sample: ["arpanet2/web:0123456789abcdef"]
registries:
  description: Registries that have all of the images now.
  returned: success
  type: list
  elements: str
  sample: ["10.0.0.1:5001"]
"""

import json
from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.arpanet.cluster.plugins.module_utils._consul import connect
from ansible_collections.arpanet.cluster.plugins.module_utils._libraries import require
from ansible_collections.arpanet.cluster.plugins.module_utils._options import CONSUL, ENGINE, LOGINS, STACK
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core import names


def run(module: AnsibleModule) -> dict[str, Any]:
    from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters import images
    from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.engine import Engine

    asked = module.params
    if not asked["builds"]:
        return {"changed": False, "missing": [], "registries": []}
    found = connect(asked).healthy(names.REGISTRY_SERVICE)
    registries = sorted(f"{instance['address']}:{instance['port']}" for instance in found)
    if not registries:
        module.fail_json(
            msg="No registry of the cluster is healthy, so images cannot be kept: "
            "look at `systemctl status arpanet-registry` on the managers, or run site.yml"
        )
    having = {build["image"]: images.holders(registries, build["image"]) for build in asked["builds"]}
    missing = [image for image, holders in having.items() if not holders]
    lacking = {image: sorted(set(registries) - set(holders)) for image, holders in having.items()}
    result = {
        "changed": any(lacking.values()),
        "missing": missing,
        "registries": registries,
        "diff": {
            "before": {image: holders for image, holders in having.items() if lacking[image]},
            "after": {image: registries for image in having if lacking[image]},
        },
    }
    # Without the contexts' archives this is the question which of them are needed.
    if module.check_mode or set(missing) - set(asked["archives"]):
        return result
    engine = Engine(asked["docker_host"], timeout=600, logins=json.loads(asked["registry_credentials"] or "{}"))
    hidden = json.loads(asked["hidden"] or "{}")
    for build in asked["builds"]:
        image = build["image"]
        if image in missing:
            job = images.Build(build["service"], image, build["dockerfile"], target=build["target"], **hidden[image])
            images.build(engine, job, Path(asked["archives"][image]))
        elif lacking[image]:
            images.fetch(engine, image, having[image][0])
        engine.each(lambda host, image=image: images.push(engine, image, host), lacking[image])
    return result


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **CONSUL,
            **ENGINE,
            **LOGINS,
            **STACK,
            "deployment": {"type": "str"},
            "hidden": {"type": "str", "no_log": True},
            "builds": {"type": "list", "elements": "dict", "required": True},
            "archives": {"type": "dict", "default": {}},
        },
        supports_check_mode=True,
    )
    require(module, "docker", "consul")
    from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.consul import ConsulError
    from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.engine import EngineError
    from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.registry import (
        RegistryError,
    )

    try:
        module.exit_json(**run(module))
    except (ConsulError, EngineError, RegistryError) as error:
        module.fail_json(msg=str(error))


if __name__ == "__main__":
    main()
