"""`python3 -m arpanet.agent.weave`: looks after this node's Weave for ever."""

from __future__ import annotations

import argparse
import contextlib
import json
import logging
import signal
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path

from ...adapters import nft
from ...adapters.consul import Consul, ConsulError
from ...adapters.engine import EngineError
from ...adapters.weave_data import WeaveData
from ...adapters.weave_node import WeaveNode
from ...adapters.weave_router import DEFAULT_ADDRESS, Router
from ...core.fence import TABLE, Fence, rules
from ..config import ConfigError
from ..loop import Backoff, Loop, for_ever
from ..systemd import notify
from .guard import Guard

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Config:
    """`/etc/arpanet/weave.json`; the role writes it. `address` is the node's for its peers."""

    node: str
    address: str
    plugin: str
    token_file: str = ""
    router: str = DEFAULT_ADDRESS
    consul: str = "http://127.0.0.1:8500"
    docker: str = "unix:///var/run/docker.sock"
    interval: float = 5


def load(path: Path) -> Config:
    """Read the file, or raise ConfigError."""
    try:
        value = json.loads(path.read_text())
        known = {field.name for field in fields(Config)}
        if not isinstance(value, dict) or set(value) - known or not {"node", "address", "plugin"} <= set(value):
            raise ConfigError(
                f"{path} has to have node, address and plugin, and nothing but {', '.join(sorted(known))}"
            )
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}. The role weave writes it") from error
    except ValueError as error:
        raise ConfigError(f"{path} is not JSON: {error}") from error
    return Config(**value)


class Rules:
    """Puts a fence in place when it is another one, or when somebody has flushed it away."""

    def __init__(self, apply: Callable[[str], None] = nft.apply, there: Callable[[], bool] | None = None) -> None:
        self._apply = apply
        self._there = there or (lambda: nft.has("bridge", TABLE))
        self._last = ""

    def __call__(self, wanted: Fence) -> None:
        """NftError where the rules cannot be had."""
        text = rules(wanted)
        if text == self._last and self._there():
            return
        self._last = ""
        self._apply(text)
        self._last = text
        log.info("rules: %d networks, %d containers", len(wanted.subnets), len(wanted.ports))


class Changes:
    """Follows containers that join or leave networks, through every break of the stream."""

    def __init__(self, node: WeaveNode, poke: Callable[[], None]) -> None:
        self._node = node
        self._poke = poke
        self._backoff = Backoff()

    def follow(self) -> None:
        """Follow one stream to its end, and wait before the next one."""
        with contextlib.suppress(EngineError):
            for _ in self._node.changes():
                self._backoff.reset()
                self._poke()
        time.sleep(self._backoff.pause())


def main(words: list[str]) -> int:
    """Ends when it is told to."""
    parser = argparse.ArgumentParser(prog="arpanet-weave", description="Looks after this node's Weave.")
    parser.add_argument("--config", type=Path, default=Path("/etc/arpanet/weave.json"), help="default: %(default)s")
    parser.add_argument("--forget", action="store_true", help="remove what this node says of its Weave, and end")
    options = parser.parse_args(words)
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(message)s")
    try:
        config = load(options.config)
        consul = Consul(config.consul, token_file=config.token_file)
    except (ConfigError, ConsulError) as error:
        print(f"arpanet-weave: {error}", file=sys.stderr)
        return 1
    guard = Guard(
        WeaveNode(config.plugin, config.docker),
        WeaveData(),
        Router(config.router),
        consul,
        Rules(),
        name=config.node,
        address=config.address,
    )
    if options.forget:
        return _forget(guard)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    looking = Loop("weave", guard.look, config.interval, after=lambda: notify("READY=1\nWATCHDOG=1"))
    looking.start()
    for_ever(Changes(WeaveNode(config.plugin, config.docker), looking.poke).follow, "changes")
    stop.wait()
    with contextlib.suppress(ConsulError):
        guard.stopped()
    return 0


def _forget(guard: Guard) -> int:
    try:
        guard.forgotten()
    except ConsulError as error:
        print(f"arpanet-weave: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
