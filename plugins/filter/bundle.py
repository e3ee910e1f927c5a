# Copyright (c) The arpanet.cluster authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a bundle on the controller has for a node."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleFilterError


def bundle_target(facts: Mapping[str, Any]) -> str:
    """The name of a node's directory in a bundle, from what node_facts found."""
    from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core import package_bundle

    return package_bundle.target(facts["distribution"], facts["architecture"])


def bundle_archives(directory: str) -> dict[str, dict[str, str]]:
    """Name to `{path, checksum}` of the archives in a directory of a bundle; empty without one."""
    if not directory:
        return {}
    from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters import bundles
    from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core import package_bundle

    try:
        listed = bundles.manifest(Path(directory)).get("files", {})
    except bundles.BundleError as error:
        raise AnsibleFilterError(str(error)) from error
    prefix = f"{package_bundle.ARCHIVES}/"
    return {
        path.removeprefix(prefix): {"path": f"{directory}/{path}", "checksum": f"sha256:{digest}"}
        for path, digest in listed.items()
        if path.startswith(prefix)
    }


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"bundle_archives": bundle_archives, "bundle_target": bundle_target}
