#!/usr/bin/python
# Copyright (c) The arpanet.cluster authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: package_bundle
short_description: Installs packages from a bundle on the controller, on nodes without any network
version_added: 0.1.0
description:
  - Sends the index of a bundle that the playbook P(arpanet.cluster.bundle#playbook) collected; apt on the node says
    which files it lacks, and only those are sent, compared with their checksums and installed.
  - The node's own package sources are never asked.
  - In check mode everything is checked, and nothing but the index is sent.
author:
  - The arpanet.cluster authors (@arpanet)
attributes:
  check_mode:
    support: full
    description: Says which packages would be installed, and refuses what could not be.
  diff_mode:
    support: none
    description: The result has the files.
  idempotent:
    support: full
    description: Packages that are there are left alone.
options:
  bundle:
    description: The bundle's directory on the controller.
    type: path
    required: true
  target:
    description: The directory in it that is for this node, such as V(debian-13-amd64).
    type: str
    required: true
  packages:
    description: The packages.
    type: list
    elements: str
    default: []
  archives:
    description: Archives of programs that the bundle must have whole. They are not sent.
    type: list
    elements: str
    default: []
  requirements:
    description: Python packages whose wheels the bundle must have whole. They are not sent.
    type: list
    elements: str
    default: []
  index:
    description: The bundle's index. Set by the action itself.
    type: str
  archive:
    description: The files that the node lacks, on the node. Set by the action itself.
    type: path
"""

EXAMPLES = r"""
- name: Install tini without a network
  arpanet.cluster.package_bundle:
    bundle: /srv/bundle
    target: debian-13-amd64
    packages: [tini]
"""

RETURN = r"""
files:
  description: The files that were installed, or would be.
  returned: success
  type: list
  elements: str
  sample: [packages/tini_0.19.0-3+b8_amd64.deb]
"""

import tarfile
import tempfile
from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters import apt, bundles
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.files import replace
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core import package_bundle


def install(options: dict[str, Any], root: Path) -> list[str]:
    """The files that the node lacks; installs them where they have been sent."""
    repository = root / "repository"
    replace(repository / package_bundle.INDEX, options["index"].encode())
    system = apt.here(root / "apt", repository)
    system.update()
    files = [f"{package_bundle.PACKAGES}/{name}" for name in system.files(options["packages"])]
    if options["archive"]:
        bundles.unpack(Path(options["archive"]), repository, package_bundle.indexed(options["index"]))
        system.install(options["packages"])
    return files


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "bundle": {"type": "path", "required": True},
            "target": {"type": "str", "required": True},
            "packages": {"type": "list", "elements": "str", "default": []},
            "archives": {"type": "list", "elements": "str", "default": []},
            "requirements": {"type": "list", "elements": "str", "default": []},
            "index": {"type": "str"},
            "archive": {"type": "path"},
        },
        supports_check_mode=True,
    )
    if not module.params["index"]:
        module.fail_json(msg="this module works through its action plugin, which reads the bundle")
    try:
        with tempfile.TemporaryDirectory(dir=module.tmpdir) as directory:
            files = install(module.params, Path(directory))
    except (apt.AptError, bundles.BundleError, OSError, tarfile.TarError) as error:
        module.fail_json(
            msg=f"{', '.join(module.params['packages'])} cannot be installed from the bundle: {error}. "
            "Collect it again with bundle.yml, on a host of this release, and the variables of this run."
        )
    module.exit_json(changed=bool(files), files=files)


if __name__ == "__main__":
    main()
