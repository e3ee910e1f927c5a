"""A manager whose peers are gone: what it knows, and making it go on without them.

With the standard library alone.
"""

from __future__ import annotations

import http.client
import json
import os
import pwd
import time
from collections.abc import Collection
from pathlib import Path
from typing import Any

from ..core.recovery import given_up
from ..core.swarm import NODE_KEY, Local, autolock
from . import host
from .swarm import PORT, Swarm, SwarmError
from .swarm import STATE as SWARM

CONFIG = "/etc/consul.d/arpanet.json"
DATA = Path("/var/lib/consul")
# A swarm without a leader answers late.
_PATIENCE = 40


def look() -> dict[str, Any]:
    """What core.recovery.plan asks of a manager: {"swarm": {...}, "consul": {...}}."""
    return {"swarm": _swarm(), "consul": _consul()}


def _swarm() -> dict[str, Any]:
    swarm = Swarm(timeout=_PATIENCE)
    try:
        local = swarm.local()
    except SwarmError as error:
        # Only managers have a raft.
        local = Local("", manager=(SWARM / "raft").is_dir(), error=str(error))
    try:
        members = swarm.members() if local.manager else []
    except SwarmError:
        members = []
    return {
        "state": local.state,
        "node_id": local.node_id,
        "manager": local.manager,
        "quorum": bool(members),
        "managers": [member.id for member in members if member.in_raft],
        "autolock": autolock(host.text(str(SWARM / NODE_KEY))),
        "error": local.error,
    }


def _consul() -> dict[str, Any]:
    try:
        config = json.loads(host.text(CONFIG) or "{}")
    except ValueError:
        config = {}
    return {
        "server": bool(config.get("server")),
        "id": host.text(str(DATA / "node-id")).strip(),
        "address": str(config.get("advertise_addr") or config.get("bind_addr") or ""),
        "leader": leader(),
    }


def leader() -> str:
    """Consul's leader, as this node's agent hears it; empty without one."""
    line = http.client.HTTPConnection("127.0.0.1", 8500, timeout=5)
    try:
        line.request("GET", "/v1/status/leader")
        answer = line.getresponse()
        return str(json.loads(answer.read())) if answer.status == 200 else ""
    except (OSError, ValueError, http.client.HTTPException):
        return ""
    finally:
        line.close()


def write_peers(peers: list[dict[str, Any]]) -> None:
    """Tell the stopped Consul of this node with whom it goes on; it reads and deletes this when it starts."""
    path = DATA / "raft" / "peers.json"
    owner = pwd.getpwnam("consul")
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w") as stream:
        json.dump(peers, stream)
    os.chown(path, owner.pw_uid, owner.pw_gid)


def go_on_alone(
    address: str, lost: Collection[str], timeout: float, staying: Collection[str] = (), anew: bool = False
) -> list[str]:
    """Make this node the only manager of its swarm, and take out the entries of lost ones, by hostname, and of managers
    that are none of those `staying`, by id, where these are given.

    With `anew` also where it has a leader: its address may be another. What was taken out.

    :raises SwarmError: it has no leader after `timeout` seconds.
    """
    swarm = Swarm(timeout=timeout)
    if anew or not _has_leader(swarm):
        swarm.begin_anew(f"{address}:{PORT}", address)
        swarm.wait(timeout, manager=True)
    return forget(swarm, lost, timeout, staying)


def forget(swarm: Swarm, lost: Collection[str], timeout: float, staying: Collection[str] = ()) -> list[str]:
    """Take the entries of lost nodes out of the swarm, once it knows that they are down."""
    deadline = time.monotonic() + timeout
    gone: list[str] = []
    while True:
        late = time.monotonic() > deadline
        left = [one for one in swarm.members() if one.id not in gone and given_up(one, lost, staying)]
        for member in left:
            # One that nobody has named lost may live, and joins anew by itself within this time.
            if member.state == "down" and (late or member.hostname in lost):
                swarm.forget(member.id)
                gone.append(member.id)
        if late or all(member.id in gone for member in left):
            return gone
        time.sleep(1)


def leave(timeout: float) -> bool:
    """Leave the swarm, unless this manager has a leader within `timeout` seconds. Did it leave?

    Who hears that the others went on without it joins them anew by itself, which takes half a minute: from then on
    they count on it, and would lose their majority with it.
    """
    swarm = Swarm(timeout=_PATIENCE)
    try:
        swarm.wait(timeout, manager=True)
    except SwarmError:
        swarm.leave()
        swarm.left()
        return True
    return False


def _has_leader(swarm: Swarm) -> bool:
    try:
        return bool(swarm.members())
    except SwarmError:
        return False
