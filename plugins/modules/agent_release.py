#!/usr/bin/python
# Copyright (c) The arpanet.cluster authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: agent_release
short_description: Puts the node agent that comes with this collection on a node
version_added: 0.1.0
description:
  - Packs the collection's Python package into one archive, named after the collection's version and a
    hash of the content, and sends it only to nodes that do not have it.
  - Releases lie side by side; C(current) is a link that is switched in one step.
author:
  - The arpanet.cluster authors (@arpanet)
attributes:
  check_mode:
    support: full
    description: Says whether the release would be installed.
  diff_mode:
    support: full
    description: Shows the release before and after.
  idempotent:
    support: full
    description: A node that has the release is left alone.
options:
  directory:
    description: Where releases and the link C(current) are.
    type: path
    default: /opt/arpanet
  keep:
    description: How many older releases stay.
    type: int
    default: 2
  python:
    description: The interpreter that will run the agent; it compiles the release.
    type: path
    default: /usr/bin/python3
  name:
    description: The release's name. Set by the action itself.
    type: str
  archive:
    description: The release's archive on the node. Set by the action itself.
    type: path
"""

EXAMPLES = r"""
- name: Install the agent
  arpanet.cluster.agent_release:
"""

RETURN = r"""
release:
  description: The release's name.
  returned: success
  type: str
  sample: 0.1.0-1f0c2a9b7d3e
"""

import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters import files
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.bundle import outdated


def unpack(archive: Path, release: Path, python: str) -> None:
    """Put a release in place, whole or not at all, compiled because the agent may not write."""
    release.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=release.parent, prefix=".new-") as directory:
        tree = Path(directory) / "tree"
        tree.mkdir(mode=0o755)
        with tarfile.open(archive) as packed:
            for entry in packed:
                target = tree / entry.name
                if not entry.isfile() or tree not in target.resolve().parents:
                    raise ValueError(f"{entry.name} has no place in a release")
                target.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
                source = packed.extractfile(entry)
                target.write_bytes(source.read() if source else b"")
                target.chmod(0o644)
        subprocess.run([python, "-m", "compileall", "-q", str(tree)], check=False, timeout=120)
        tree.rename(release)


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "directory": {"type": "path", "default": "/opt/arpanet"},
            "keep": {"type": "int", "default": 2},
            "python": {"type": "path", "default": "/usr/bin/python3"},
            "name": {"type": "str"},
            "archive": {"type": "path"},
        },
        supports_check_mode=True,
    )
    name = module.params["name"]
    if not name:
        module.fail_json(msg="this module works through its action plugin, which names the release")
    root = Path(module.params["directory"])
    release, current = root / "releases" / name, root / "current"
    before = current.readlink().name if current.is_symlink() else ""
    result = {
        "changed": before != name or not release.is_dir(),
        "release": name,
        "diff": {"before": f"{before}\n", "after": f"{name}\n"} if before != name else {},
    }
    if not release.is_dir() and not module.params["archive"]:
        module.exit_json(wants_archive=not module.check_mode, **result)
    try:
        if not release.is_dir():
            unpack(Path(module.params["archive"]), release, module.params["python"])
        if not module.check_mode and before != name:
            files.replace_link(current, str(release))
            times = {path.name: path.stat().st_mtime for path in release.parent.iterdir() if path.is_dir()}
            for old in outdated(times, name, module.params["keep"]):
                shutil.rmtree(release.parent / old)
    except (OSError, ValueError, tarfile.TarError) as error:
        module.fail_json(msg=f"The agent's release {name} could not be installed: {error}")
    module.exit_json(**result)


if __name__ == "__main__":
    main()
