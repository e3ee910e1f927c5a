# Copyright (c) The arpanet.cluster authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filters that import what they need when they are first called.

To find one filter Ansible loads all files of filters, from their source, and does so again in each of its workers: one
for every task on every host. What they import would be a third of a run's time.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

_CORE = "ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core"


def deferred(module: str, name: str) -> Callable[..., Any]:
    """A function of a module of core."""

    def call(*positional: Any, **named: Any) -> Any:
        return getattr(import_module(f"{_CORE}.{module}"), name)(*positional, **named)

    return call
