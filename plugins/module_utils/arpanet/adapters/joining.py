"""A machine joins a cluster, knowing one address and the gossip's key. Run again, it goes on where it was.

Into the gossip first, which proves the key; then the managers say who they are, one of them gives what a
worker needs, and only then is anything else written or started.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from ..core import join, joining
from ..core.files import Change, Wanted, plan
from ..core.join import ANY, GIVE, QUERY, WHO, Answer, Pin, Question, Refused, Welcome
from ..core.members import ALIVE, Member
from ..core.seeds import Seeds
from ..core.swarm import ACTIVE, LOCKED, Goal, Local, membership
from ..core.swarm import Refused as SwarmRefused
from .files import FilesError
from .machine import Machine, MachineError
from .serf import Serf, SerfError, SerfSilent
from .swarm import Swarm, SwarmError

# What a join may fail with; each says what, where and what to do.
FAILURES = (Refused, SwarmRefused, MachineError, SerfError, SwarmError, FilesError)

MANAGERS = {"role": "manager"}
# Seconds for one question; an answer takes a few turns of the gossip, which are 0.2 s each.
_PATIENCE = 3.0


@dataclass(frozen=True)
class Wish:
    """What is asked for. ``key`` is the gossip's in base64; none for a machine that is in the gossip already.
    ``timeout`` is in seconds, for each thing that is waited for."""

    seeds: Seeds
    key: str = field(default="", repr=False)
    pin: Pin = ANY
    availability: str = ""
    timeout: float = 60


@dataclass
class Outcome:
    """``steps`` are what was done, or would be in check mode; ``doubts`` are answers that were not believed.
    ``managers`` are the names and addresses of living managers."""

    steps: list[str] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    cluster: Pin = ANY
    node_id: str = ""
    manager: bool = False
    managers: dict[str, str] = field(default_factory=dict)


class Joiner:
    """One join of this machine."""

    def __init__(
        self,
        wish: Wish,
        machine: Machine,
        serf: Serf,
        swarm: Swarm,
        check: bool = False,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._wish = wish
        self._machine = machine
        self._serf = serf
        self._swarm = swarm
        self._check = check
        self._clock = clock
        self._sleep = sleep
        self._nonce = secrets.token_urlsafe(16)
        self._out = Outcome()
        # The key of the gossip is new to this machine.
        self._brought_key = False

    def run(self) -> Outcome:
        """Join, or raise one of FAILURES. What it did until then is completed by the next run."""
        lacking = self._machine.lacking()
        if lacking and self._check:
            self._out.steps += [f"install {', '.join(lacking)}", "join the gossip", "join the cluster"]
            return self._out
        if lacking:
            raise MachineError(f"{', '.join(lacking)} missing: install what a node needs with join.yml")
        wanted = self._pinned()
        local = self._look()
        if not self._is_member():
            if self._check:
                self._out.steps += ["join the gossip", "join the cluster"]
                return self._out
            self._enter_gossip(local)
        try:
            welcome, action = self._let_in(local, wanted)
        except FAILURES:
            self._leave_gossip()
            raise
        if welcome:
            self._become_worker(welcome, action, local)
        return self._out

    # -- before anything is changed

    def _pinned(self) -> Pin:
        """The cluster that is meant: the one that is asked for, which is also the one joined before."""
        asked, joined = self._wish.pin, join.pin(self._machine.joined())
        if joined == ANY:
            return asked
        if not asked.fits(Answer(joined.cluster, joined.ca, "", WHO)):
            raise Refused(
                f"this machine has joined another cluster before, {joined}; {asked} is meant. Take it out of the first "
                f"one, then remove {joining.CLUSTER}"
            )
        return joined

    def _look(self) -> Local:
        first = self._machine.resolve(self._wish.seeds.members[0][0])
        own = self._wish.seeds.advertise or self._machine.address_towards(first or "203.0.113.1")
        if not own:
            raise MachineError(
                f"there is no route to {self._wish.seeds.members[0][0]}: name a member that is reachable"
            )
        if not self._machine.has_address(own):
            raise MachineError(f"this machine does not have the address {own}, which is given after the @")
        self._address = own
        if self._machine.name().partition(".")[0] == "localhost":
            raise MachineError("this machine calls itself localhost: give it a host name of its own")
        local = self._swarm.local()
        if local.state == LOCKED:
            membership(local, Goal())
        return local

    # -- the gossip

    def _others(self) -> list[Member]:
        """Members but this one, that are alive."""
        return [one for one in self._serf.members(status=ALIVE) if one.name != self._machine.name()]

    def _is_member(self) -> bool:
        """Is this machine in a gossip? In that of another cluster it is refused."""
        if not self._machine.runs(joining.SERF):
            return False
        try:
            others = self._others()
            known = {member.address for member in self._serf.members()}
        except SerfSilent:
            return False
        if not others:
            return False
        asked = {self._machine.resolve(host) or host for host, _ in self._wish.seeds.members}
        if not asked & known:
            names = ", ".join(f"{one.name} ({one.address})" for one in others[:3])
            raise Refused(
                f"this machine is in the gossip of other members, such as {names}, and {', '.join(sorted(asked))} is "
                "not among them. Name one of them, or take it out there first (arpanet serf leave)"
            )
        return True

    def _enter_gossip(self, local: Local) -> None:
        own = self._machine.gossip_keys()[:1]
        key = self._wish.key.strip() or "".join(own)
        if not key:
            raise Refused("the key of the cluster's gossip is missing, which proves one to the other")
        join.gossip_key(key)
        self._brought_key = own != [key]
        settled = bool(self._machine.joined()) or local.state == ACTIVE
        if self._brought_key and own and settled:
            raise Refused(
                "this machine is a node already, and its gossip has another key than the one given: wrong key"
            )
        if self._brought_key or not settled:
            self._write_gossip(key)
        self._machine.start(joining.SERF)
        try:
            self._reach_somebody()
        except (Refused, SerfError):
            self._leave_gossip()
            raise
        self._out.steps.append("join the gossip")

    def _write_gossip(self, key: str) -> None:
        if self._brought_key:
            self._machine.stop(joining.SERF)
            self._machine.forget_gossip()
        machine = joining.Machine(self._machine.name(), self._address, "", (), "")
        # The port of the first address is the cluster's.
        common = {"port": self._wish.seeds.members[0][1]}
        if self._apply(joining.serf_files(machine, (), common, key if self._brought_key else None)):
            self._machine.stop(joining.SERF)

    def _leave_gossip(self) -> None:
        """A machine that is not let in is no member; and a key that opened nothing must not be taken for the
        cluster's by the next run."""
        if self._brought_key:
            self._machine.stop(joining.SERF)
            self._machine.forget_gossip()

    def _reach_somebody(self) -> None:
        self._until_serf_answers()
        reasons = []
        for (host, port), address in zip(self._wish.seeds.members, self._wish.seeds.addresses, strict=True):
            try:
                self._serf.join([address])
                if self._others():
                    return
                reasons.append(f"{address} is this machine itself")
            except SerfError as error:
                silent = self._machine.listens(host, port)
                if silent:
                    reasons.append(f"{address} does not answer ({silent})")
                else:
                    reasons.append(
                        f"{address} answers and does not understand this machine: wrong key, it is not that of the "
                        f"cluster's gossip ({_last(error)})"
                    )
        raise Refused(f"no way into the cluster: {'; '.join(reasons)}. Nothing was joined")

    def _until_serf_answers(self) -> None:
        deadline = self._clock() + self._wish.timeout
        while True:
            try:
                self._serf.members(status=ALIVE)
                return
            except SerfSilent:
                if self._clock() > deadline:
                    raise
                self._sleep(0.1)

    # -- questions

    def _who(self, key: bytes, local: Local, wanted: Pin) -> dict[str, Answer]:
        """Node to answer, of the managers that say who they are."""
        member = local.node_id if local.state == ACTIVE else ""
        question = Question(WHO, self._nonce, self._machine.name(), self._address, member)
        deadline = self._clock() + self._wish.timeout
        while True:
            managers = {one.name: one.address for one in self._serf.members(status=ALIVE, tags=MANAGERS)}
            self._out.managers = managers
            found, doubts = self._ask(question, key, wanted, len(managers)) if managers else ({}, [])
            if any(not answer.error for answer in found.values()) or doubts or self._clock() > deadline:
                break
            self._sleep(0.5)
        self._out.doubts += doubts
        if not found:
            heard = "; ".join(doubts) or (
                f"{', '.join(managers)} did not answer: is their arpanet-agent running?"
                if managers
                else "no manager is alive among the members"
            )
            raise Refused(f"no manager lets this machine in: {heard}")
        return found

    def _ask(
        self, question: Question, key: bytes, wanted: Pin, enough: int, nodes: Sequence[str] = ()
    ) -> tuple[dict[str, Answer], list[str]]:
        """The answers that can be believed, by node, and why others cannot."""
        found: dict[str, Answer] = {}
        doubts: list[str] = []
        replies = self._serf.query(
            QUERY, join.seal(question, key), nodes=nodes, tags={} if nodes else MANAGERS, timeout=_PATIENCE
        )
        for reply in replies:
            if reply.kind != "response":
                continue
            try:
                found[reply.node] = join.read_answer(reply.payload, key, question, wanted)
            except Refused as error:
                doubts.append(f"{reply.node} gave {error}")
            if len(found) >= enough:
                break
        close = getattr(replies, "close", None)
        if close:
            close()
        return found, doubts

    def _give(self, givers: Sequence[str], key: bytes, local: Local) -> Welcome:
        """What one of these managers gives; the next one is asked where the last one fails."""
        reasons = []
        for giver in givers:
            try:
                return self._given_by(giver, key, local)
            except (Refused, SerfError) as error:
                reasons.append(f"{giver}: {error}")
        raise Refused(f"no manager gives what a worker needs. {'; '.join(reasons)}")

    def _given_by(self, giver: str, key: bytes, local: Local) -> Welcome:
        given: list[str] = []
        number = 1
        while len(given) < number:
            answer = self._part(giver, key, local, len(given))
            if answer.error:
                raise Refused(answer.error)
            number = answer.parts
            given.append(answer.data)
        return join.whole(given, self._out.cluster.ca)

    def _part(self, giver: str, key: bytes, local: Local, part: int) -> Answer:
        member = local.node_id if local.state == ACTIVE else ""
        question = Question(GIVE, self._nonce, self._machine.name(), self._address, member, part)
        doubts: list[str] = []
        # Answers are datagrams: one may be lost.
        for _ in range(3):
            found, new = self._ask(question, key, self._out.cluster, 1, [giver])
            if giver in found:
                return found[giver]
            doubts += new
        raise Refused("; ".join(doubts) or "it does not answer any more")

    # -- a worker

    def _let_in(self, local: Local, wanted: Pin) -> tuple[Welcome | None, str]:
        """What this machine is given, and what it has to do to be in the swarm. A manager is given nothing: its
        files are for the roles to write."""
        key = join.gossip_key(self._machine.gossip_keys()[0])
        answers = self._who(key, local, wanted)
        givers = join.agreed(answers)
        answer = answers[givers[0]]
        self._out.cluster = Pin(answer.cluster, answer.ca)
        # A node of this swarm is known to it, and no other is.
        members = frozenset({local.node_id} if answer.known else {""})
        action = membership(local, Goal(tuple(self._out.managers.values()), answer.cluster, members))
        if local.state == ACTIVE and local.manager:
            self._out.node_id, self._out.manager = local.node_id, True
            return None, action
        return self._give(givers, key, local), action

    def _become_worker(self, welcome: Welcome, action: str, local: Local) -> None:
        reachable = [address for address, there in welcome.managers.items() if there and address != self._address]
        units = joining.files(self._machine.describe(self._address), welcome)
        for unit, wanted in units.items():
            self._settle(unit, wanted)
            if unit == joining.CONSUL and not self._check:
                self._machine.wait_for_consul(self._wish.timeout)
                # The agent that is started next is one of a node of the swarm.
                self._enter_swarm(action, reachable, welcome.token)
        if self._check:
            self._out.steps += ["join the swarm"] if action != "nothing" else []
        self._out.node_id = local.node_id if self._check else self._swarm.local().node_id
        if self._apply([joining.marker(self._out.cluster)]):
            self._out.steps.append(f"joined the cluster {self._out.cluster}")

    def _enter_swarm(self, action: str, managers: list[str], token: str) -> None:
        if action == "nothing":
            return
        wish = self._wish
        try:
            self._swarm.enter(action, self._address, managers, token, wish.timeout, wish.availability)
            self._swarm.wait(wish.timeout, manager=False)
        except SwarmError as error:
            if "fingerprint" in str(error):
                raise Refused(
                    f"a stranger's manager: whoever answers at {', '.join(managers)} is of another swarm ({error})"
                ) from error
            raise
        self._out.steps.append("join the swarm")

    def _settle(self, unit: str, wanted: Sequence[Wanted]) -> None:
        """Write what a unit reads, and have it run with that."""
        runs = self._machine.runs(unit)
        # Also what a run has written that was cut off before it came to this.
        older = runs and self._machine.is_older(unit, [one.path for one in wanted if one.kind == "file"])
        changes = self._apply(wanted)
        if not runs:
            self._out.steps.append(f"start {unit}")
        elif older:
            self._out.steps.append(f"restart {unit}")
        if self._check:
            return
        if not runs:
            self._machine.start(unit)
        elif older:
            self._machine.restart(unit)
        elif changes:
            keys = [key for change in changes for key in change.keys or ("",)]
            if unit == joining.SERF and joining.serf_reloads(keys):
                self._machine.reload(unit)
            else:
                self._machine.restart(unit)

    def _apply(self, wanted: Sequence[Wanted]) -> list[Change]:
        """Make files as they should be; what differed."""
        changes = plan((one, self._machine.read(one)) for one in wanted)
        for change in changes:
            self._out.steps.append(f"write {change.wanted.path}")
            if not self._check:
                self._machine.apply(change)
        self._out.changes += changes
        return changes


def _last(error: Exception) -> str:
    """The last, innermost part of an error's message."""
    return str(error).rpartition("said: ")[2].strip()
