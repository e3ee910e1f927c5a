# Copyright (c) The arpanet.cluster authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The order of an upgrade, and what it will do, as text."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ansible_collections.arpanet.cluster.plugins.plugin_utils.deferred import deferred


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {
            "bundle_upgrades": deferred("upgrades", "bundle_upgrades"),
            "upgrade_order": deferred("upgrades", "order"),
            "upgrade_text": deferred("upgrades", "shown"),
        }
