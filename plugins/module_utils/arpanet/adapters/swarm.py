"""Swarm membership, through the engine's own socket and with the standard library alone.

Provisioning must work before any Python package is installed on a node, and a join token
must never be an argument of a process.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import socket
import time
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from ..core.node_networks import subnets
from ..core.swarm import ACTIVE, INACTIVE, LOCKED, PENDING, Local, Member, NodeChange, Settings

SOCKET = "/var/run/docker.sock"
PORT = 2377
#: What an engine knows of its swarm while it does not run.
STATE = Path("/var/lib/docker/swarm")
_DAY = 24 * 3600 * 10**9


class SwarmError(Exception):
    """The engine could not be asked, or refused; says what was tried and what it answered."""

    def __init__(self, message: str, status: int = 0) -> None:
        super().__init__(message)
        self.status = status


def remembered() -> bool:
    """Is this host in a swarm, by what its engine has on the disk? For where the engine itself does not answer."""
    return (STATE / "docker-state.json").exists()


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: str, timeout: float) -> None:
        super().__init__("localhost", timeout=timeout)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


class Swarm:
    """The engine of this host, as far as the swarm goes."""

    def __init__(self, path: str = SOCKET, timeout: float = 60) -> None:
        self._path = path
        self._timeout = timeout

    # -- reading

    def info(self) -> dict[str, Any]:
        """What `docker info` shows."""
        answer: dict[str, Any] = self._call("GET", "/info")
        return answer

    def versions(self) -> dict[str, str]:
        """The API that the engine speaks: `{newest, floor}`."""
        answer = self._call("GET", "/version")
        return {"newest": answer["ApiVersion"], "floor": answer.get("MinAPIVersion", "")}

    def networks(self) -> list[dict[str, str]]:
        """`{name, driver, network}` of each subnet of the Engine's networks, on a manager of all the swarm's."""
        return [
            {"name": name, "driver": str(item.get("Driver") or ""), "network": str(subnet)}
            for item in self._call("GET", "/networks")
            for name, subnet in subnets(item)
        ]

    def local(self) -> Local:
        return local(self.info())

    def members(self) -> list[Member]:
        """The nodes of the swarm; only a manager with a quorum can say."""
        return [_member(node) for node in self._call("GET", "/nodes")]

    def tokens(self) -> dict[str, str]:
        """The join tokens, `worker` and `manager`."""
        tokens = self._call("GET", "/swarm")["JoinTokens"]
        return {"worker": tokens["Worker"], "manager": tokens["Manager"]}

    def settings(self) -> Settings:
        """What the swarm has for all its nodes."""
        return settings(self._call("GET", "/swarm")["Spec"])

    def unlock_key(self) -> str:
        """What unlocks a manager; empty where managers are not locked."""
        return str(self._call("GET", "/swarm/unlockkey").get("UnlockKey") or "")

    # -- changing

    def unlock(self, key: str) -> None:
        """Have a manager go on that was locked when it started."""
        self._call("POST", "/swarm/unlock", {"UnlockKey": key})

    def settle(self, wanted: Settings) -> None:
        """Have the swarm's settings as they are wanted."""
        swarm = self._call("GET", "/swarm")
        spec = swarm["Spec"]
        spec["EncryptionConfig"] = {**(spec.get("EncryptionConfig") or {}), "AutoLockManagers": wanted.autolock}
        days = wanted.certificate_days * _DAY
        spec["CAConfig"] = {**(spec.get("CAConfig") or {}), "NodeCertExpiry": days}
        self._call("POST", f"/swarm/update?version={swarm['Version']['Index']}", spec)

    def renew(self, what: list[str], timeout: float) -> None:
        """Make join_tokens, ca or unlock_key anew; waits until all nodes have certificates of a new root."""
        swarm = self._call("GET", "/swarm")
        spec, query = swarm["Spec"], {"version": swarm["Version"]["Index"]}
        if "ca" in what:
            config = spec.get("CAConfig") or {}
            spec["CAConfig"] = {**config, "ForceRotate": config.get("ForceRotate", 0) + 1}
        if "join_tokens" in what:
            query |= {"rotateWorkerToken": "true", "rotateManagerToken": "true"}
        if "unlock_key" in what:
            query |= {"rotateManagerUnlockKey": "true"}
        self._call("POST", f"/swarm/update?{urlencode(query)}", spec)
        deadline = time.monotonic() + timeout
        while "ca" in what and self._call("GET", "/swarm").get("RootRotationInProgress"):
            if time.monotonic() > deadline:
                raise SwarmError(
                    f"not all nodes have certificates of the new root after {timeout:g} s; the swarm goes on by "
                    "itself, and `docker info` on a manager says when it is done"
                )
            time.sleep(1)

    def init(self, address: str, pools: list[str], prefix: int, port: int) -> None:
        body = {
            "ListenAddr": f"{address}:{PORT}",
            "AdvertiseAddr": f"{address}:{PORT}",
            "DataPathAddr": address,
            "DataPathPort": port,
            "DefaultAddrPool": pools,
            "SubnetSize": prefix,
        }
        self._call("POST", "/swarm/init", body)

    def touch(self) -> None:
        """Write the swarm's settings as they are: an entry in the raft that changes nothing."""
        swarm = self._call("GET", "/swarm")
        self._call("POST", f"/swarm/update?version={swarm['Version']['Index']}", swarm["Spec"])

    def begin_anew(self, advertise: str, data_path: str) -> None:
        """Go on as the only manager of the swarm that this node was in, with everything in it."""
        body = {"ListenAddr": advertise, "AdvertiseAddr": advertise, "DataPathAddr": data_path, "ForceNewCluster": True}
        self._call("POST", "/swarm/init", body)

    def join(self, address: str, managers: list[str], token: str, availability: str = "") -> None:
        """Ask the managers for membership; the engine goes on trying after its own time limit."""
        body: dict[str, Any] = {
            "ListenAddr": f"{address}:{PORT}",
            "AdvertiseAddr": f"{address}:{PORT}",
            "DataPathAddr": address,
            "RemoteAddrs": [f"{manager}:{PORT}" for manager in managers],
            "JoinToken": token,
            **({"Availability": availability} if availability else {}),
        }
        self._call("POST", "/swarm/join", body)

    def enter(
        self, action: str, address: str, managers: list[str], token: str, timeout: float, availability: str = ""
    ) -> None:
        """`join` or `rejoin` (leave first); again while the managers elect a leader or let in others."""
        if action == "rejoin":
            self.leave()
            self.left()
        deadline = time.monotonic() + timeout
        while True:
            try:
                self.join(address, managers, token, availability)
                return
            except SwarmError as error:
                if self.local().state != INACTIVE:
                    # The engine goes on by itself; wait() sees how that ends.
                    return
                # A wrong token or address fails at once and for good.
                if time.monotonic() > deadline or error.status == 400 or "token" in str(error):
                    raise
                time.sleep(1)

    def leave(self, force: bool = True) -> None:
        """Leave the swarm; without `force` only as a worker that tells the others."""
        self._call("POST", f"/swarm/leave?force={'true' if force else 'false'}")

    def apply(self, change: NodeChange) -> None:
        if change.verb == "remove":
            self._remove(change.id)
            return
        role = change.after.get("role")
        # A demotion that overtakes the promotion before it would leave a manager that half is one.
        node = self._settled_node(change, manager=True) if role == "worker" else self._node(change.id)
        spec = node["Spec"]
        for key, value in change.after.items():
            if key == "labels":
                spec["Labels"] = {**(spec.get("Labels") or {}), **value}
            else:
                spec[key.capitalize()] = value
        self._call("POST", f"/nodes/{quote(change.id)}/update?version={node['Version']['Index']}", spec)
        if role:
            self._settled_node(change, manager=role == "manager")

    def forget(self, node: str) -> None:
        """Remove the entry of a node that is down; one that is gone is fine."""
        try:
            found = self._node(node)
        except SwarmError as error:
            if error.status == 404:
                return
            raise
        if found["Status"]["State"] == "ready":
            raise SwarmError(f"node {node} is ready: nothing of it is removed")
        self._remove(node)

    def _remove(self, node: str) -> None:
        """Remove a dead entry. A manager's is demoted first, or it would count in the quorum."""
        found = self._node(node)
        # One that a recovery left behind is a manager by name alone, and cannot be demoted.
        if found["Spec"]["Role"] == "manager" and found.get("ManagerStatus"):
            found["Spec"]["Role"] = "worker"
            path = f"/nodes/{quote(node)}/update?version={found['Version']['Index']}"
            self._call("POST", path, found["Spec"])
        deadline = time.monotonic() + 30
        while True:
            try:
                self._call("DELETE", f"/nodes/{quote(node)}?force=true")
                return
            except SwarmError as error:
                # The demotion takes a moment to reach the raft.
                if error.status == 404:
                    return
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.5)

    def _node(self, node: str) -> dict[str, Any]:
        found: dict[str, Any] = self._call("GET", f"/nodes/{quote(node)}")
        return found

    # -- waiting

    def _settled_node(self, change: NodeChange, manager: bool, timeout: float = 60) -> dict[str, Any]:
        """A node once it has (or no longer has) a part in the raft; one that is down never gets that far."""
        deadline = time.monotonic() + timeout
        while True:
            found = self._node(change.id)
            status = found.get("ManagerStatus") or {}
            there = status.get("Reachability") == "reachable" if manager else bool(status)
            if there == manager or found["Status"]["State"] != "ready":
                return found
            if time.monotonic() > deadline:
                raise SwarmError(
                    f"{change.hostname} is {'no reachable' if manager else 'still a'} manager after {timeout:g} s: "
                    "`journalctl -u docker` there says why, and the same can be run again"
                )
            time.sleep(0.25)

    def wait(self, timeout: float, manager: bool, key: str = "") -> Local:
        """Until the node is an active member (of a swarm with a quorum, where it is a manager). One that is locked
        is unlocked with the key."""
        deadline = time.monotonic() + timeout
        why = ""
        while True:
            try:
                state = self.local()
                why = state.error or f"state {state.state}"
                if state.state == ACTIVE and self._settled(state, manager):
                    return state
                if state.state == LOCKED and key:
                    self.unlock(key)
                    key = ""
                if state.state not in (PENDING, ACTIVE):
                    why = f"state {state.state}: {state.error}"
            except SwarmError as error:
                why = str(error)
            if time.monotonic() > deadline:
                raise SwarmError(f"the node is not an active member of the swarm after {timeout:g} s ({why})")
            time.sleep(0.25)

    def _settled(self, state: Local, manager: bool) -> bool:
        if not manager:
            return True
        if not state.manager:
            return False
        own = [member for member in self.members() if member.id == state.node_id]
        return bool(own) and own[0].state == "ready" and own[0].reachable

    def left(self, timeout: float = 30) -> None:
        """Until the node is in no swarm."""
        deadline = time.monotonic() + timeout
        while self.local().state != INACTIVE:
            if time.monotonic() > deadline:
                raise SwarmError(f"the node has not left its swarm after {timeout:g} s")
            time.sleep(0.25)

    # -- the wire

    def _call(self, method: str, path: str, body: object = None) -> Any:
        connection = _UnixConnection(self._path, self._timeout)
        try:
            payload = None if body is None else json.dumps(body)
            connection.request(method, path, payload, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            text = answer.read().decode(errors="replace")
        except OSError as error:
            raise SwarmError(f"no Docker engine answers on {self._path}: {error}") from error
        finally:
            connection.close()
        if answer.status >= 400:
            with contextlib.suppress(ValueError, KeyError, TypeError):
                text = json.loads(text)["message"]
            raise SwarmError(f"{method} {path.partition('?')[0]}: {text.strip()}", answer.status)
        return json.loads(text) if text.strip() else None


def local(info: dict[str, Any]) -> Local:
    """The swarm's part of `docker info`."""
    swarm = info.get("Swarm") or {}
    return Local(
        state=swarm.get("LocalNodeState") or INACTIVE,
        node_id=swarm.get("NodeID") or "",
        cluster_id=(swarm.get("Cluster") or {}).get("ID") or "",
        manager=bool(swarm.get("ControlAvailable")),
        error=swarm.get("Error") or "",
    )


def settings(spec: dict[str, Any]) -> Settings:
    """The settings in the swarm's specification."""
    return Settings(
        autolock=bool((spec.get("EncryptionConfig") or {}).get("AutoLockManagers")),
        certificate_days=round((spec.get("CAConfig") or {}).get("NodeCertExpiry", 0) / _DAY),
    )


def _member(node: dict[str, Any]) -> Member:
    manager = node.get("ManagerStatus") or {}
    return Member(
        id=node["ID"],
        hostname=node.get("Description", {}).get("Hostname", ""),
        role=node["Spec"]["Role"],
        availability=node["Spec"].get("Availability", "active"),
        state=node.get("Status", {}).get("State", "unknown"),
        in_raft=bool(manager),
        reachable=manager.get("Reachability") == "reachable",
        leader=bool(manager.get("Leader")),
        # A manager's own Status.Addr is 0.0.0.0 on old engines.
        address=manager.get("Addr", "").rpartition(":")[0] or node.get("Status", {}).get("Addr", ""),
        labels=node["Spec"].get("Labels") or {},
    )
