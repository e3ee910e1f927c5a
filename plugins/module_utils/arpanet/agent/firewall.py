"""`python3 -m arpanet.agent.firewall`: keeps this node's firewall as core/firewall.py wants it.

Who is a member of the gossip, and so has its key, is a peer. A process of its own, because it may change
the kernel's packet filter, and the agent may not.
"""

from __future__ import annotations

import argparse
import json
import logging
import signal
import sys
import threading
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any, Protocol

from ..adapters import nft
from ..adapters.nft import NftError
from ..adapters.serf import Serf, SerfError
from ..core import firewall
from ..core.members import Member
from .loop import Loop
from .systemd import notify

log = logging.getLogger(__name__)

CONFIG = Path("/etc/arpanet/firewall.json")
# The peers that were known last, for the next start of the host.
MEMORY = Path("/var/lib/arpanet/peers.json")

# Seconds between two looks: as long as somebody who joins has to wait.
_INTERVAL = 1
# Every so many looks, whether the table is still there: another program may have flushed all.
_READ_AGAIN = 10


class Filter(Protocol):
    """The packet filter."""

    def apply(self, rules: str) -> None: ...

    def has(self, family: str, table: str) -> bool: ...


class Firewall:
    """One look compares the members with the table. `members` are those of the gossip, this node among them."""

    def __init__(
        self, rules: firewall.Rules, members: Callable[[], Collection[Member]], memory: Path, kernel: Filter
    ) -> None:
        self._rules = rules
        self._members = members
        self._memory = memory
        self._kernel = kernel
        self._peers: frozenset[str] | None = None
        self._looks = 0
        self._turn = threading.Lock()
        self._lifted = False

    def begin(self) -> None:
        """The first rules: as before the host was switched off, else by who is a member now; by nobody while Serf,
        whose port is open, has not started."""
        try:
            peers = frozenset(json.loads(self._memory.read_text()))
        except (OSError, ValueError, TypeError):
            try:
                return self.look()
            except SerfError:
                peers = frozenset()
        self._set(peers)

    def look(self, whole: bool = True) -> None:
        """Let in who is a member now; nobody else any more."""
        with self._turn:
            if not self._lifted:
                self._look()

    def lift(self) -> None:
        """Take the table away, and make none any more."""
        with self._turn:
            self._lifted = True
            self._kernel.apply(firewall.NOTHING)

    def _look(self) -> None:
        members = [one for one in self._members() if one.status != "left"]
        peers = frozenset(one.address for one in members)
        # A Serf that has just started knows nobody else yet.
        if len(members) < 2 and self._peers is not None:
            peers = self._peers
        self._looks += 1
        if peers != self._peers:
            self._set(peers)
            self._memory.write_text(json.dumps(sorted(peers)))
        elif self._looks % _READ_AGAIN == 0 and not self._kernel.has("inet", firewall.TABLE):
            log.info("somebody has taken away the table inet %s: it is made again", firewall.TABLE)
            self._set(peers)

    def _set(self, peers: frozenset[str]) -> None:
        before = self._peers or frozenset()
        self._kernel.apply(firewall.text(self._rules, peers))
        self._peers = peers
        for word, some in (("lets in", peers - before), ("shuts out", before - peers)):
            if some:
                log.info("%s %s", word, ", ".join(sorted(some)))


def main(words: list[str]) -> int:
    """Until SIGTERM, which takes the table away."""
    parser = argparse.ArgumentParser(
        prog="arpanet-firewall", description="Lets only the cluster's nodes reach the cluster's ports."
    )
    parser.add_argument("--config", type=Path, default=CONFIG, metavar="FILE", help="default: %(default)s")
    options = parser.parse_args(words)
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(message)s")
    try:
        config = _load(options.config)
        serf = Serf()
        wall = Firewall(firewall.rules(config), serf.members, MEMORY, nft)
        wall.begin()
    except (OSError, ValueError, NftError) as error:
        print(f"arpanet-firewall: {options.config}: {error}", file=sys.stderr)
        return 1
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    notify("READY=1")
    Loop("firewall", wall.look, _INTERVAL, after=lambda: notify("WATCHDOG=1")).start()
    stop.wait()
    wall.lift()
    return 0


def _load(path: Path) -> dict[str, Any]:
    value = json.loads(path.read_text())
    if not isinstance(value, dict):
        raise ValueError("it is no object")
    return value


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
