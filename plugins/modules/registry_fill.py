#!/usr/bin/python
# Copyright (c) The arpanet.cluster authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: registry_fill
short_description: Copies images that other managers' registries have and this one lacks
version_added: 0.1.0
description:
  - So that no image is lost with the managers that it was once pushed to. Runs on the manager whose registry is filled.
  - Registries that do not answer are passed over.
author:
  - The arpanet.cluster authors (@arpanet)
attributes:
  check_mode:
    support: full
    description: Says which images would be copied.
  diff_mode:
    support: full
    description: Lists the images.
  idempotent:
    support: full
    description: Does nothing where the registry has all images.
options:
  registry:
    description: The registry that is filled, V(host:port).
    type: str
    required: true
  others:
    description: Those that are asked, in the same form.
    type: list
    elements: str
    required: true
"""

EXAMPLES = r"""
- name: Have the images that other managers have
  arpanet.cluster.registry_fill:
    registry: 10.0.0.4:5001
    others: ["10.0.0.1:5001", "10.0.0.2:5001"]
"""

RETURN = r"""
images:
  description: Images that were (or, in check mode, would be) copied, and from where.
  returned: success
  type: dict
  sample: {"shop/web:0123456789abcdef": "10.0.0.1:5001"}
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters import registry
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.registry import RegistryError


def images(host: str, needed: bool) -> set[str]:
    """What a registry has; nothing where it does not answer and need not."""
    try:
        return registry.images(host)
    except RegistryError:
        if needed:
            raise
        return set()


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "registry": {"type": "str", "required": True},
            "others": {"type": "list", "elements": "str", "required": True},
        },
        supports_check_mode=True,
    )
    own = module.params["registry"]
    try:
        # In check mode it may not have been made yet.
        here = images(own, needed=not module.check_mode)
        missing = {image: other for other in module.params["others"] for image in images(other, needed=False) - here}
        for image, other in [] if module.check_mode else sorted(missing.items()):
            registry.copy(image, other, own)
    except RegistryError as error:
        module.fail_json(msg=f"Images could not be copied to the registry {own}: {error}")
    shown = "".join(f"{image}\n" for image in sorted(missing))
    module.exit_json(changed=bool(missing), images=missing, diff={"before": "", "after": shown} if missing else {})


if __name__ == "__main__":
    main()
