# Copyright (c) The arpanet.cluster authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The agent as this collection has it: its files and its version, from a checkout or from an installation."""

from __future__ import annotations

import json
from pathlib import Path

from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.bundle import galaxy_version

COLLECTION = Path(__file__).resolve().parents[2]


def version(collection: Path = COLLECTION) -> str:
    """The collection's version."""
    manifest = collection / "MANIFEST.json"
    if manifest.exists():
        return str(json.loads(manifest.read_text())["collection_info"]["version"])
    return galaxy_version((collection / "galaxy.yml").read_text())


def files(collection: Path = COLLECTION) -> dict[str, bytes]:
    """The Python package, without what a Python on the controller has left in it."""
    root = collection / "plugins" / "module_utils"
    return {str(path.relative_to(root)): path.read_bytes() for path in (root / "arpanet").rglob("*.py")}
