"""How a cluster that lost its majority for good is rebuilt from what is left of its managers: pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from .swarm import ACTIVE, INACTIVE, Member

RAFT_PORT = 8300


@dataclass(frozen=True)
class Plan:
    """`swarm` is the manager that goes on alone (empty: Swarm has a leader), `leaving` are those that join it again, by
    themselves or later; `consul` are the servers that go on together; `lost` do not answer, or know nothing.
    `staying` are the ids in Swarm of all its managers that answer; none where one of them cannot say its own.

    With a `problem` nothing is to be done.
    """

    problem: str = ""
    swarm: str = ""
    leaving: tuple[str, ...] = ()
    consul: tuple[str, ...] = ()
    peers: list[dict[str, Any]] = field(default_factory=list)
    lost: tuple[str, ...] = ()
    staying: tuple[str, ...] = ()

    def as_data(self) -> dict[str, Any]:
        """Plain values, with what people read as `text`."""
        values = {key: [*value] if isinstance(value, tuple) else value for key, value in asdict(self).items()}
        return {**values, "text": self.text()}

    def text(self) -> str:
        """What is going to happen."""
        lines = [f"lost for good: {', '.join(self.lost) or 'nobody'}"]
        if self.consul:
            lines.append(f"Consul goes on with {', '.join(self.consul)}")
        if self.swarm:
            lines.append(f"Swarm goes on with {self.swarm} as its only manager")
        if self.leaving:
            lines.append(f"{', '.join(self.leaving)} joins it again by itself, or leaves it and does so with site.yml")
        return "\n".join(lines)


def plan(looks: Mapping[str, Mapping[str, Any]], managers: Sequence[str], chosen: str = "") -> Plan:
    """From what the managers that answer say of themselves (adapters.recovery.look).

    :param managers: of the inventory, in its order.
    :param chosen: whom Swarm has to go on with; the first that can without one.
    """
    here = [host for host in managers if host in looks]
    in_swarm = [host for host in here if looks[host]["swarm"]["manager"]]
    servers = [host for host in here if looks[host]["consul"]["server"] and looks[host]["consul"]["id"]]
    # A host that answers and remembers nothing is a new one in the place of one that is lost. A worker lives: it was
    # demoted, and the inventory does not say so yet.
    workers = [host for host in here if looks[host]["swarm"]["state"] == ACTIVE and host not in in_swarm]
    lost = tuple(host for host in managers if host not in {*in_swarm, *servers, *workers})
    swarm_lives = [host for host in here if looks[host]["swarm"]["quorum"]]
    consul_lives = [host for host in servers if looks[host]["consul"]["leader"]]
    if not here:
        return Plan("No manager answers: there is nobody to go on with. restore.yml builds a new cluster of a backup.")
    behind = _left_behind(looks, in_swarm) if swarm_lives else []
    if swarm_lives and not behind and (consul_lives or not servers):
        return Plan(
            f"A majority lives: {swarm_lives[0]} is in a swarm with a leader, and Consul has one, too. There is "
            "nothing to recover; leave.yml takes out a manager that is lost."
        )
    problem = _who_lives_elsewhere(looks, here) or _who_cannot(looks, here, in_swarm, swarm_lives, chosen)
    if problem:
        return Plan(problem)
    alone = "" if swarm_lives else chosen or in_swarm[0]
    # A manager that knows the old majority alone would go on waiting for it.
    others = [host for host in in_swarm if host != alone and looks[host]["swarm"]["state"] != INACTIVE]
    going_on = () if consul_lives else tuple(servers)
    ids = tuple(looks[host]["swarm"]["node_id"] for host in in_swarm)
    return Plan(
        swarm=alone,
        leaving=tuple(others if alone else behind),
        consul=going_on,
        peers=[
            {
                "id": looks[host]["consul"]["id"],
                "address": f"{looks[host]['consul']['address']}:{RAFT_PORT}",
                "non_voter": False,
            }
            for host in going_on
        ],
        lost=lost,
        staying=ids if all(ids) else (),
    )


def given_up(member: Member, lost: Collection[str], staying: Collection[str]) -> bool:
    """Whether an entry of the swarm that went on is a lost node's: by its hostname or, as Swarm may have other names
    than the inventory, as a manager's that is none of those that stay (by their ids, where all are known)."""
    manager_no_more = bool(staying) and member.role == "manager" and not member.in_raft
    return member.id not in staying and (member.hostname in lost or manager_no_more)


def _who_lives_elsewhere(looks: Mapping[str, Mapping[str, Any]], here: Sequence[str]) -> str:
    """Why nobody is given up: Consul names a leader only while it hears from it."""
    own = {looks[host]["consul"]["address"] for host in here}
    leaders = {looks[host]["consul"]["leader"].rpartition(":")[0].strip("[]") for host in here}
    living = sorted(leaders - own - {""})
    return (
        f"A manager lives that does not answer: Consul's leader is {', '.join(living)}, and none of {', '.join(here)}. "
        "Let Ansible reach it, or switch it off, and run recover.yml again."
        if living
        else ""
    )


def _who_cannot(
    looks: Mapping[str, Mapping[str, Any]],
    here: Sequence[str],
    in_swarm: Sequence[str],
    swarm_lives: Sequence[str],
    chosen: str,
) -> str:
    """Why Swarm does not go on with one of those that answer."""
    if chosen and chosen not in in_swarm:
        return f"{chosen} is no manager that answers; there are: {', '.join(in_swarm) or 'none'}."
    locked = [host for host in here if looks[host]["swarm"]["autolock"]]
    if locked and not swarm_lives:
        return (
            f"The swarm of {', '.join(locked)} has autolock, and Docker begins no swarm anew whose managers are "
            "locked. Bring back managers until most of them run, and unlock them (site.yml --tags swarm); when they "
            "are lost for good, reset.yml, site.yml and deploy.yml build the cluster anew."
        )
    if not swarm_lives and not in_swarm:
        return f"Neither of {', '.join(here)} is a manager of a swarm: restore.yml builds a new cluster of a backup."
    return ""


def _left_behind(looks: Mapping[str, Mapping[str, Any]], in_swarm: Sequence[str]) -> list[str]:
    """Managers without a leader that have no part in the swarm that lives: it went on without them, as when a recovery
    was cut off before they left. One whose engine does not say which node it is may have one."""
    living = {node for host in in_swarm for node in looks[host]["swarm"]["managers"]}
    return [
        host
        for host in in_swarm
        if not looks[host]["swarm"]["quorum"] and looks[host]["swarm"]["node_id"] not in {"", *living}
    ]
