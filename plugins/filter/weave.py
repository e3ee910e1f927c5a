# Copyright (c) The arpanet.cluster authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the role weave asks: its bundle on the controller, its checks, the plugin's settings."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from ansible_collections.arpanet.cluster.plugins.plugin_utils.deferred import deferred

_ARCHIVES = ("rootfs.tar.gz", "rootfs.tar.xz", "rootfs.tar")


def plugin_bundle(directory: str, checksum: str = "") -> dict[str, Any]:
    """`{name, path, checksum, config}` of the bundle in a directory; empty without one, or where it is not whole."""
    if not directory or plugin_bundle_problems(directory, checksum):
        return {}
    archive = _archive(Path(directory))
    config = json.loads((Path(directory) / "config.json").read_text())
    return {
        "name": archive.name,
        "path": str(archive),
        "checksum": f"sha256:{_stated(archive, checksum)}",
        "config": config,
    }


def plugin_bundle_problems(directory: str, checksum: str = "") -> list[str]:
    """What is wrong with a bundle, as sentences."""
    if not directory:
        return []
    from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core import plugins

    where = Path(directory)
    try:
        archive = _archive(where)
        config = json.loads((where / "config.json").read_text())
        plugins.config(config, "", {})
        wanted, found = _stated(archive, checksum), _digest(str(archive), archive.stat().st_mtime_ns)
    except (OSError, ValueError) as error:
        return [f"weave_bundle {directory}: {error}"]
    if wanted != found:
        return [f"weave_bundle: {archive} has the checksum sha256:{found}, not sha256:{wanted}. Fetch it again."]
    return []


def _archive(directory: Path) -> Path:
    found = [directory / name for name in _ARCHIVES if (directory / name).is_file()]
    if len(found) != 1:
        raise ValueError(f"it has to have one of {', '.join(_ARCHIVES)}, and a config.json")
    return found[0]


def _stated(archive: Path, checksum: str) -> str:
    """The archive's checksum as somebody says it: the role's variable, or the bundle's own list."""
    from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core import checksums

    if checksum:
        return checksums.sha256(checksum)
    sums = archive.parent / "SHA256SUMS"
    if not sums.is_file():
        raise ValueError("it has no SHA256SUMS; set weave_checksum to sha256:<hex> of its archive")
    return checksums.listed(sums.read_text(), archive.name)


@cache
def _digest(path: str, _changed: int) -> str:
    from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.files import file_digest

    return file_digest(Path(path))


def weave_problems(
    nodes: Mapping[str, Any], address_range: str, pools: Mapping[str, str], helper: str, asked_floor: str = ""
) -> list[str]:
    """What of the nodes does not go with Weave.

    :param pools: ranges that others take addresses of, each with the variable that says so.
    :param helper: the version of the Engine's API that the plugin asks with; empty for the right one.
    :param asked_floor: the oldest version that the Engines will be told to answer; empty for their own.
    """
    from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core import weave

    known = {name: facts for name, facts in nodes.items() if facts}
    networks = {
        name: [(route["interface"], route["network"]) for route in facts["routes"]]
        + [(network["name"], network["network"]) for network in facts["docker_networks"]]
        for name, facts in known.items()
    }
    found = weave.range_problems(address_range, pools, networks)
    for name, facts in known.items():
        floor = asked_floor or facts["engine_api"]["floor"]
        problem = weave.api_problem(name, floor, facts["versions"]["docker"], helper)
        found += [problem] if problem else []
    return found


def weave_path(report: Mapping[str, Any]) -> str:
    """What a router's report says of its way to its peers, for people."""
    from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core import weave

    state = weave.read(report)
    sealed = "encrypted" if state.encrypted else "not encrypted"
    count = (state.connections or {}).get(weave.ESTABLISHED, 0)
    return f"{state.path or 'no data path yet'}, {sealed}, {count} connections"


def weave_settings(
    node: str,
    address_range: str,
    mtu: int,
    trusted: str | Sequence[str],
    arguments: str,
    paths: Mapping[str, bool],
) -> dict[str, str]:
    """What the plugin is set to, but for its password. `paths` is what node_facts found."""
    from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core import weave

    return weave.settings(node, address_range, int(mtu), trusted, arguments, weave.fast(**paths))


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {
            "plugin_bundle": plugin_bundle,
            "plugin_bundle_problems": plugin_bundle_problems,
            "weave_additions": deferred("weave", "additions"),
            "weave_path": weave_path,
            "weave_problems": weave_problems,
            "weave_settings": weave_settings,
            "weave_trusted_problems": deferred("weave", "trusted_problems"),
        }
