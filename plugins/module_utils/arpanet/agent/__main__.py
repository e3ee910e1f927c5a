"""`python3 -m arpanet.agent`: the node agent as a process."""

from __future__ import annotations

import argparse
import contextlib
import logging
import signal
import sys
import threading
from pathlib import Path

from ..adapters import host, kernel
from ..adapters.consul import Consul, ConsulError
from ..adapters.containers import Containers, ContainersError
from ..adapters.pulls import Pulls
from ..adapters.serf import Serf, SerfError
from ..adapters.swarm import Swarm
from ..adapters.swarm_records import SwarmRecords
from ..adapters.welcome import gossip_keys, welcome
from ..core import names
from .config import DEFAULT_PATH, Config, ConfigError, load
from .door import Door, stand
from .ghosts import Ghosts
from .gossip_watcher import GossipWatcher
from .keeper import Keeper
from .leader import Leader
from .loop import Loop, for_ever
from .puller import Puller
from .record_reader import CLIENT_TIMEOUT, RecordReader
from .registrar import Registrar
from .stop_signals import StopSignals
from .systemd import host_stops, notify
from .tagger import Tagger
from .version import VERSION
from .watcher import Watcher

# Seconds between two looks at what the tags say: a drain by hand is no event of this node's.
_TAGS_INTERVAL = 2
# Seconds without a sign of a pull's progress.
_PULL_TIMEOUT = 300


def main(words: list[str]) -> int:
    """Run with these arguments; the exit code."""
    options = _options(words)
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(message)s")
    try:
        config = load(options.config)
        if options.once:
            return _once(config)
        _for_ever(config)
    except (ConfigError, ConsulError, ContainersError) as error:
        print(f"arpanet-agent: {error}", file=sys.stderr)
        return 1
    return 0


def _options(words: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="arpanet-agent", description="Registers this node's instances with Consul and keeps their leases."
    )
    parser.add_argument("--config", type=Path, default=Path(DEFAULT_PATH), metavar="FILE", help="default: %(default)s")
    parser.add_argument("--once", action="store_true", help="look once, print what was changed, and exit")
    parser.add_argument("--version", action="version", version=VERSION)
    return parser.parse_args(words)


def _once(config: Config) -> int:
    """What was changed is also what is logged; here it is the program's output."""
    logging.disable(logging.INFO)
    registrar = Registrar(_consul(config), Containers(config.docker), kernel.with_processes)
    keeper = _keeper(config, registrar)
    for step in [*registrar.look(), *keeper.look()]:
        print(step)
    return 0


def _for_ever(config: Config) -> None:
    """Each thread has clients of its own: they are not made to be shared."""
    registrar = Registrar(_consul(config), Containers(config.docker), kernel.with_processes)
    keeper = _keeper(config, registrar)
    gossip = Serf(config.serf)

    def failed() -> list[str]:
        try:
            return [one.name for one in gossip.members("failed|left")]
        except SerfError:
            return []

    leader = Leader(_consul(config), Containers(config.docker), lambda: keeper.node, config.interval, failed)

    signals = StopSignals(Containers(config.docker))

    heart = _consul(config)
    ghosts = Ghosts(_consul(config))
    # Three looks may be missed before the agent counts as silent.
    patience = max(30, round(3 * config.interval))

    def keep(whole: bool) -> None:
        if whole:
            # First, because it needs no server of Consul's to answer.
            heart.beat(names.AGENT_SERVICE, patience)
        keeper.look(whole)
        if whole:
            ghosts.look()
        signals.learn(registrar.seen or ())

    # systemd hears of every turn, failed ones too: who retries is alive.
    registering = Loop(
        "registrar",
        registrar.look,
        config.interval,
        # Docker tells of some changes (a pause) a moment before its list shows them.
        echo=0.5,
        after=lambda: notify("READY=1\nWATCHDOG=1"),
    )
    keeping = Loop("keeper", keep, config.interval)
    leading = Loop("leader", leader.look, config.interval)
    registrar.on_change = keeping.poke
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    registering.start()
    keeping.start()
    leading.start()
    for_ever(Watcher(Containers(config.docker), registrar, registering.poke, signals.is_end).follow, "watcher")
    for_ever(GossipWatcher(Serf(config.serf), leading.poke, _keep_tags(config).poke).follow, "gossip")
    _open_door(config)
    stop.wait()
    with contextlib.suppress(ConsulError):
        _consul(config, timeout=2).beat(names.AGENT_SERVICE, patience, "stopped")
    # Registrations stay when the agent goes, for the containers still run; not when the host goes.
    if host_stops():
        registrar.leave()


def _open_door(config: Config) -> None:
    door = Door(Swarm(), gossip_keys, welcome)
    threading.Thread(target=stand, args=(door, lambda: Serf(config.serf)), name="door", daemon=True).start()


def _keep_tags(config: Config) -> Loop:
    tagger = Tagger(
        Serf(config.serf),
        Containers(config.docker),
        SwarmRecords(_consul(config)),
        address=lambda: config.address if host.has_address(config.address) else host.default_address(),
        extra=config.tags,
    )
    tagging = Loop("tagger", tagger.look, _TAGS_INTERVAL)
    tagging.start()
    following = SwarmRecords(_consul(config, CLIENT_TIMEOUT))
    for_ever(RecordReader(following, tagger, tagging.poke).follow, "records")
    puller = Puller(
        Pulls(_consul(config, CLIENT_TIMEOUT)),
        # A large image comes slowly.
        Containers(config.docker, timeout=_PULL_TIMEOUT),
        seen=lambda: tagger.seen,
    )
    for_ever(puller.follow, "puller")
    return tagging


def _consul(config: Config, timeout: float = 10) -> Consul:
    return Consul(config.consul, timeout=timeout, token_file=config.token_file)


def _keeper(config: Config, registrar: Registrar) -> Keeper:
    return Keeper(
        _consul(config),
        Containers(config.docker),
        seen=lambda: registrar.seen,
        route_table=kernel.route_table,
        address=config.address,
        node=config.node,
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
