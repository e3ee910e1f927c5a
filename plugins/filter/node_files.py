# Copyright (c) The arpanet.cluster authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the files of a node say: the same whether a role writes them or a machine that joins."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ansible_collections.arpanet.cluster.plugins.plugin_utils.deferred import deferred


def agent_release(root: str) -> str:
    """Where the release of the agent that this collection has is installed, below a directory on the node."""
    from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core import bundle
    from ansible_collections.arpanet.cluster.plugins.plugin_utils import agent_source

    return f"{root}/releases/{bundle.name(agent_source.version(), agent_source.files())}"


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {
            "agent_release": agent_release,
            "firewall_problems": deferred("firewall", "problems"),
            "in_place": deferred("files", "in_place"),
            "json_text": deferred("files", "json_text"),
            "registry": deferred("registry_proxy", "registry"),
            "registry_proxy": deferred("registry_proxy", "config"),
            "serf_config": deferred("serf_config", "config"),
        }
