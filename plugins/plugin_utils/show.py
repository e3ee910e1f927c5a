# Copyright (c) The arpanet.cluster authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Text for the user at the keyboard."""

from __future__ import annotations

from ansible import constants as C
from ansible.utils.display import Display

# Callbacks whose output somebody parses, or nobody reads: ansible.posix.json and its like.
_FOR_PROGRAMS = frozenset({"json", "jsonl", "null"})


def show(text: str) -> None:
    """Print lines as they are, unless the output of the run is not for people."""
    callback = str(C.config.get_config_value("DEFAULT_STDOUT_CALLBACK"))
    if callback.rpartition(".")[-1] not in _FOR_PROGRAMS:
        Display().display(text)
