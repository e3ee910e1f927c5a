# Copyright (c) The arpanet.cluster authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a module finds its client libraries on a node."""

from __future__ import annotations

import importlib.metadata
import re
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.common.respawn import has_respawned, respawn_module

VENV_PYTHON = "/opt/arpanet/venv/bin/python"

# Import name to the distribution that has to provide it, and its oldest version.
LIBRARIES = {"docker": ("docker", (6, 0)), "consul": ("py-consul", (1, 2)), "msgpack": ("msgpack", (1, 0))}


def missing(*names: str) -> list[str]:
    """Those of the libraries that this interpreter lacks or has too old, as `docker >= 6.0`."""
    found = []
    for name in names:
        package, oldest = LIBRARIES[name]
        try:
            version = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            version = "0"
        numbers = tuple(int(n) for n in re.findall(r"\d+", version)[:2])
        if numbers < oldest:
            found.append(f"{package} >= {'.'.join(map(str, oldest))}")
    return found


def require(module: AnsibleModule, *names: str) -> None:
    """Go on under an interpreter that has the libraries, or fail with the next step.

    Call it before the first import of an adapter that needs one of them.
    """
    lacking = missing(*names)
    if not lacking:
        return
    if not has_respawned() and Path(VENV_PYTHON).exists():
        respawn_module(VENV_PYTHON)
    module.fail_json(
        msg=f"This node's Python lacks {' and '.join(lacking)}. "
        "Run the role arpanet.cluster.agent (site.yml) on it, or install them there."
    )
