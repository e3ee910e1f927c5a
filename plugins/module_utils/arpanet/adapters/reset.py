"""Takes everything of ours off this host; with the standard library alone, which is what may be left."""

from __future__ import annotations

import json
import pwd
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

from ..core import names
from ..core.drivers import PLUGIN
from ..core.fence import TABLE
from ..core.firewalld import DEFINITION
from ..core.host import distribution
from ..core.plugins import MARK
from ..core.reset import BRIDGE, LINKS, PATHS, SHARED, UNITS, Node, Step
from . import firewalld, host, nft
from .files import remove
from .swarm import Swarm, SwarmError, remembered

_SYSTEM = Path("/etc/systemd/system")
# The package serf has a user of another name.
_USERS = {"consul": ("consul",), "serf": ()}
# Containers of the swarm are removed a moment after it is left.
_PATIENCE = 60.0


class _Engine(Swarm):
    """What else of a node's engine belongs to a swarm."""

    def has_network(self, name: str) -> bool:
        return any(one["Name"] == name for one in self._call("GET", "/networks"))

    def volumes(self, label: str) -> list[str]:
        found = self._call("GET", f"/volumes?filters={_filters(label)}")["Volumes"] or []
        return sorted(str(one["Name"]) for one in found)

    def plugins(self) -> list[str]:
        """Managed plugins that are ours: by the name that they have unless somebody chose another, or by their mark."""
        found = self._call("GET", "/plugins")
        return sorted(str(one["Name"]) for one in found if one["Name"] == PLUGIN or _marked(one))

    def delete_plugin(self, name: str) -> None:
        """Whatever it is doing; one that is gone is fine."""
        try:
            self._call("DELETE", f"/plugins/{quote(name)}?force=1")
        except SwarmError as error:
            if error.status != 404:
                raise

    def containers(self, label: str) -> int:
        return len(self._call("GET", f"/containers/json?all=1&filters={_filters(label)}"))

    def delete(self, kind: str, name: str) -> None:
        """A network or volume; one that is gone is fine."""
        try:
            self._call("DELETE", f"/{kind}/{quote(name)}")
        except SwarmError as error:
            if error.status != 404:
                raise


def _filters(label: str) -> str:
    return quote(json.dumps({"label": [label]}))


def _marked(plugin: dict[str, Any]) -> bool:
    settings = plugin.get("Settings") or {}
    return any(entry.startswith(f"{MARK}=") for entry in settings.get("Env") or [])


class ResetError(Exception):
    """Something could not be undone; the message says what and why."""


def read() -> Node:
    """What of ours is on this host."""
    units = {unit for unit in UNITS if (_SYSTEM / unit).is_file()}
    known = host.services({unit: [] for unit in UNITS})
    swarm = _Engine(timeout=20)
    try:
        info = swarm.local()
        engine, state = True, info.state
        bridge = swarm.has_network(BRIDGE)
        volumes = tuple(swarm.volumes(names.LABEL_DEPLOYMENT))
        plugins = tuple(swarm.plugins())
    except SwarmError:
        # Stopped or gone; what it remembers of a swarm it will meet when it starts.
        left = remembered()
        engine, state, bridge = False, "stopped" if left else "inactive", False
        volumes = plugins = ()
    packages = host.packages(distribution(host.text("/etc/os-release")).family)
    users = {entry.pw_name for entry in pwd.getpwall()}
    return Node(
        units=frozenset(units),
        running=frozenset(unit for unit in units if known[unit]["active"] or known[unit]["enabled"]),
        paths=tuple(path for path in (*PATHS, *SHARED) if _ours(Path(path))),
        # Also where a run that was cut off has deleted the file: its engine still runs with it.
        daemon=Path(host.DAEMON_MARK).is_symlink(),
        engine=engine,
        swarm=state,
        bridge=bridge,
        volumes=volumes,
        plugins=plugins,
        # Somebody else's Weave would have the same. A node that has left still has the unit.
        links=tuple(
            link for link in LINKS if "arpanet-weave.service" in units and Path("/sys/class/net", link).exists()
        ),
        rules=(TABLE,) if nft.has("bridge", TABLE) else (),
        users=tuple(user for user, needing in _USERS.items() if user in users and not {*needing} & {*packages}),
        ports=firewalld.runs() and Path(DEFINITION).exists(),
    )


def _ours(path: Path) -> bool:
    """Is it there, and is nothing of anybody else in it?"""
    if str(path) in SHARED:
        return path.is_dir() and not {str(one) for one in path.iterdir()} - {*PATHS}
    return path.exists() or path.is_symlink()


def apply(step: Step) -> None:
    """Do one step. :raises ResetError: it cannot be done."""
    doers: dict[str, Callable[[], None]] = {
        "stop": lambda: _systemctl("disable", "--now", *step.names),
        "leave": _leave,
        "delete_plugins": lambda: _each(step, _Engine().delete_plugin),
        "delete_links": lambda: _each(step, lambda name: _program("ip", "link", "delete", name)),
        "delete_rules": lambda: _each(step, lambda name: _program("nft", "delete", "table", "bridge", name)),
        "delete_volumes": lambda: _each(step, lambda name: _Engine().delete("volumes", name)),
        "delete_network": lambda: _each(step, lambda name: _Engine().delete("networks", name)),
        "close": firewalld.close,
        "delete_units": lambda: _delete_units(step),
        "restart": lambda: _systemctl("restart", *step.names),
        "delete": lambda: _each(step, lambda path: remove(Path(path))),
        "delete_users": lambda: _each(step, _delete_user),
    }
    try:
        doers[step.verb]()
    except (SwarmError, firewalld.FirewalldError, OSError) as error:
        raise ResetError(f"{step}: {error}") from error


def _each(step: Step, do: Callable[[str], None]) -> None:
    for name in step.names:
        do(name)


def _systemctl(*words: str) -> None:
    _program("systemctl", *words, where="; `journalctl -xe` says why")


def _program(*words: str, where: str = "") -> None:
    code, said = host.run(*words, timeout=120)
    if code:
        raise ResetError(f"{' '.join(words)} failed{where} {said.strip()}".rstrip())


def _leave() -> None:
    swarm = _Engine()
    try:
        swarm.local()
    except SwarmError:
        _systemctl("start", "docker.service")
    if swarm.local().state != "inactive":
        swarm.leave()
        swarm.left()
    deadline = time.monotonic() + _PATIENCE
    while swarm.containers(names.LABEL_TASK_ID):
        if time.monotonic() > deadline:
            raise ResetError("the swarm's containers are still there: `docker ps` says which")
        time.sleep(0.5)


def _delete_units(step: Step) -> None:
    for unit in step.names:
        (_SYSTEM / unit).unlink(missing_ok=True)
    _systemctl("daemon-reload")
    host.run("systemctl", "reset-failed", *step.names)


def _delete_user(name: str) -> None:
    code, said = host.run("userdel", name)
    if code:
        raise ResetError(f"userdel {name} failed: {said.strip()}")
