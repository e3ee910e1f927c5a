"""Lets machines in: a manager's answers to those who hold the key of the gossip and want to join.

What is given is what every worker has. A manager's token is never read here, let alone given.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

from ..adapters.serf import Serf, SerfError
from ..adapters.swarm import SwarmError
from ..core import join
from ..core.join import GIVE, WHO, Answer, Question, Refused, Welcome
from ..core.serf_events import Event
from ..core.swarm import ACTIVE, Local, Member
from .loop import Backoff

log = logging.getLogger(__name__)

# Welcomes that were begun are kept until all their parts are asked for.
_KEPT = 64


class Swarm(Protocol):
    """What is asked of the engine."""

    def local(self) -> Local: ...

    def members(self) -> list[Member]: ...

    def tokens(self) -> dict[str, str]: ...


class Door:
    """Answers questions. `keys` are those of the gossip, `welcome` makes what a worker is given from its
    join token and the managers."""

    def __init__(
        self, swarm: Swarm, keys: Callable[[], list[bytes]], welcome: Callable[[str, dict[str, bool]], Welcome]
    ) -> None:
        self._swarm = swarm
        self._keys = keys
        self._welcome = welcome
        self._begun: dict[str, list[str]] = {}

    def answer(self, payload: bytes) -> bytes | None:
        """The answer to a question; None where there is none to give."""
        try:
            question, key = join.read_question(payload, self._keys())
        except Refused as error:
            log.warning("join: %s (%s) is not answered", error, join.fingerprint(payload))
            return None
        answer = self._answer(question)
        return None if answer is None else join.seal(answer, key)

    def _answer(self, question: Question) -> Answer | None:
        cluster, authority = "", ""
        try:
            local = self._swarm.local()
            if local.state != ACTIVE or not local.manager:
                return None
            cluster = local.cluster_id
            token = self._swarm.tokens()["worker"]
            authority = join.ca_of(token)
            members = self._swarm.members()
            _refuse_taken_name(question, members)
            known = any(member.id == question.member for member in members)
            if question.ask == WHO:
                return Answer(cluster, authority, question.nonce, WHO, known=known)
            if question.ask != GIVE:
                raise Refused(f"this manager knows no question {question.ask}: it is of another version")
            parts = self._parts(question, token, members)
            if not 0 <= question.part < len(parts):
                raise Refused(f"there is no part {question.part}")
        except (SwarmError, Refused, OSError, ValueError, KeyError) as error:
            why = ascii(str(error))[1:-1][:300]
            log.warning("join: %s at %s is told: %s", question.name, question.address, why)
            return Answer(cluster, authority, question.nonce, question.ask, question.part, error=why)
        if question.part == 0:
            log.info("join: %s at %s is given what a worker needs", question.name, question.address)
        data = parts[question.part]
        return Answer(cluster, authority, question.nonce, GIVE, question.part, len(parts), data, known)

    def _parts(self, question: Question, token: str, members: list[Member]) -> list[str]:
        """All parts come from one welcome."""
        if question.nonce not in self._begun:
            managers = {member.address: member.reachable for member in members if member.role == "manager"}
            self._begun[question.nonce] = join.parts(self._welcome(token, managers))
            while len(self._begun) > _KEPT:
                del self._begun[next(iter(self._begun))]
        return self._begun[question.nonce]


def _refuse_taken_name(question: Question, members: list[Member]) -> None:
    for member in members:
        if (member.hostname, member.state) == (question.name, "ready") and member.address != question.address:
            raise Refused(
                f"the cluster has a living node of the name {question.name}, at {member.address}: give this machine "
                "another name"
            )


def stand(door: Door, serf: Callable[[], Serf]) -> None:
    """Answer for ever, through every restart of Serf. For a thread of its own."""
    backoff, complaint = Backoff(), ""
    while True:
        try:
            questions = serf().subscribe(f"query:{join.QUERY}")
            backoff.reset()
            if complaint:
                log.info("join: listening again")
            complaint = ""
            # Whoever follows must not wait for what comes on the same connection.
            with ThreadPoolExecutor(1) as pool:
                for event in questions:
                    pool.submit(_reply, door, questions.answer, event)
        except SerfError as error:
            if str(error) != complaint:
                log.warning("join: %s", error)
            complaint = str(error)
        time.sleep(backoff.pause())


def _reply(door: Door, answer: Callable[[Event, bytes], None], event: Event) -> None:
    try:
        said = door.answer(event.payload)
        if said is not None:
            answer(event, said)
    except SerfError as error:
        # Whoever asked has gone on by now.
        log.warning("join: %s", error)
    except Exception:
        log.exception("join: a question could not be answered")
