# Copyright (c) The arpanet.cluster authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How many hosts a task is about, for its name.

Ansible puts names together in the process that it forks its workers from, one for every task on every host. Each of
them would have Python's garbage collector go through all that this process holds, and copy the memory that it is in: a
quarter of a run's time. What is there when a name is made is therefore kept out of the collector's sight.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Sized
from typing import Any

from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core import english


def counted(hosts: Sized, noun: str) -> str:
    """`1 manager`, `3 managers`."""
    if gc.get_freeze_count():
        # What a play has left behind, before it is kept for good.
        gc.collect()
    gc.freeze()
    return english.counted(len(hosts), noun)


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"counted": counted}
