# Copyright (c) The arpanet.cluster authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Shows what a file on a node gets while a module there is at work."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

INTERVAL = 1.0


@contextmanager
def following(read: Callable[[int], str], show: Callable[[str], None], interval: float = INTERVAL) -> Iterator[None]:
    """While the block runs, show each new line of a text that grows; at its end, the rest.

    :param read: the text from a byte on. What it fails with is nobody's concern: it is only looked at.
    """
    over = threading.Event()

    def follow() -> None:
        seen = 0
        last = False
        while not last:
            last = over.wait(interval)
            try:
                text = read(seen)
            except Exception:
                continue
            # The last line may be half written.
            whole = text[: text.rfind("\n") + 1]
            seen += len(whole.encode())
            for line in whole.splitlines():
                show(line)

    thread = threading.Thread(target=follow, name="progress", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
