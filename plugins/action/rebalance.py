# Copyright (c) The arpanet.cluster authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Evens out what nodes carry, and shows how far that is."""

from __future__ import annotations

from ansible_collections.arpanet.cluster.plugins.plugin_utils.watched import MovesAction


class ActionModule(MovesAction):
    """All of it is in the module, on a manager."""
