# Copyright (c) The arpanet.cluster authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Text for the user at the keyboard."""

from __future__ import annotations

import sys

from ansible import constants as C
from ansible.utils.display import Display

# Callbacks whose output somebody parses, or nobody reads: ansible.posix.json and its like.
_FOR_PROGRAMS = frozenset({"json", "jsonl", "null"})

# Ansible loads plugins before it forks; a worker's own output is not the terminal any more.
_TERMINAL = sys.stdout.isatty()


def watched() -> bool:
    """Whether somebody sits at a terminal and sees what is shown."""
    return _TERMINAL and for_people()


def for_people() -> bool:
    """Whether the output of the run is for people."""
    callback = str(C.config.get_config_value("DEFAULT_STDOUT_CALLBACK"))
    return callback.rpartition(".")[-1] not in _FOR_PROGRAMS


def show(text: str) -> None:
    """Print lines as they are, unless the output of the run is not for people."""
    if for_people():
        Display().display(text)
