"""How a machine and a cluster come to trust each other: questions and answers of a join.

Both hold the key of Serf's gossip, which encrypts every word of it already. Beyond that each message
carries a code made with the key (HMAC-SHA256, another subkey for either direction), so that an answer
is told apart from one to an earlier question, of another cluster, or of somebody without the key.

A question goes to all managers (`who`) or, once they agree on who they are, to one of them (`give`).
Serf carries 1024 bytes each way, so that what is given comes in parts.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import re
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from typing import Any

QUERY = "arpanet-join"
WHO, GIVE = "who", "give"

# Bytes of a part: with base64, the frame and Serf's own words it stays below 1024.
PART = 420
# The most that an answer may hold; what a worker is given takes a tenth of it.
LARGEST = 64 * 1024

_TYPES = {"str": str, "int": int, "bool": bool}

_TOKEN = re.compile(r"SWMTKN-1-([0-9a-z]{50})-[0-9a-z]+")


class Refused(Exception):
    """A question or an answer that must not be trusted; says which of the reasons it was."""


@dataclass(frozen=True)
class Question:
    """``nonce`` is new for each join, ``name`` and ``address`` are the joiner's, ``member`` is its id in the
    swarm that it is in already, if any. ``part`` counts from 0."""

    ask: str
    nonce: str
    name: str
    address: str
    member: str = ""
    part: int = 0


@dataclass(frozen=True)
class Answer:
    """``cluster`` is the swarm's id, ``ca`` the digest of its certificate authority. ``error`` says why a
    manager cannot help. ``known``: the question's ``member`` is a node of this swarm."""

    cluster: str
    ca: str
    nonce: str
    ask: str
    part: int = 0
    parts: int = 1
    data: str = ""
    known: bool = False
    error: str = ""


@dataclass(frozen=True)
class Pin:
    """The cluster that is meant: its id, and the digest of its authority where that is known, too.
    Nothing in it fits every cluster."""

    cluster: str = ""
    ca: str = ""

    def __str__(self) -> str:
        return ":".join(filter(None, (self.cluster, self.ca)))

    def fits(self, answer: Answer) -> bool:
        return self.cluster in ("", answer.cluster) and self.ca in ("", answer.ca)


# Any cluster whose key this is.
ANY = Pin()


def pin(text: str) -> Pin:
    """`<id>` or `<id>:<digest of its authority>`; Refused for anything else."""
    if not re.fullmatch(r"([0-9a-z]+(:[0-9a-z]{50})?)?", text):
        raise Refused(f"{text} is no cluster's id: `arpanet cluster` on any manager prints it")
    cluster, _, authority = text.partition(":")
    return Pin(cluster, authority)


@dataclass(frozen=True)
class Welcome:
    """What a worker is given. ``managers`` are addresses to whether the manager is reachable;
    ``settings`` are what all nodes have in common, by role; ``consul`` is for its Consul client."""

    token: str
    managers: Mapping[str, bool]
    settings: Mapping[str, Any] = field(default_factory=dict)
    consul: Mapping[str, Any] = field(default_factory=dict)


# The code


def gossip_key(text: str) -> bytes:
    """Serf's key from base64; Refused where it is none."""
    try:
        key = base64.b64decode(text.strip(), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) not in (16, 24, 32):
        raise Refused("the key is no key of Serf's gossip, which is 32 bytes in base64")
    return key


def _code(message: Mapping[str, Any], key: bytes, kind: type) -> str:
    direction = hmac.digest(key, f"{QUERY}/1 {kind.__name__}".encode(), "sha256")
    text = json.dumps(message, sort_keys=True, separators=(",", ":"))
    return base64.urlsafe_b64encode(hmac.digest(direction, text.encode(), "sha256")).decode().rstrip("=")


def seal(message: Question | Answer, key: bytes) -> bytes:
    """The message with its code, as it goes over the wire."""
    body = asdict(message)
    return json.dumps({**body, "code": _code(body, key, type(message))}, separators=(",", ":")).encode()


def _opened(payload: bytes, keys: Iterable[bytes], kind: type[Question] | type[Answer]) -> tuple[Any, bytes] | None:
    """The message and the key that it was made with; None where it was made with none of them."""
    try:
        body = json.loads(payload)
        code = str(body.pop("code"))
    except (ValueError, AttributeError, KeyError, TypeError, RecursionError):
        return None
    for key in keys:
        if hmac.compare_digest(_code(body, key, kind).encode(), code.encode(errors="replace")):
            # Whoever has the key may be of another version: what this one does not know is left out.
            known = {one.name: body[one.name] for one in fields(kind) if one.name in body}
            if not all(isinstance(known[one.name], _TYPES[str(one.type)]) for one in fields(kind) if one.name in known):
                return None
            try:
                return kind(**known), key
            except TypeError:
                return None
    return None


def read_question(payload: bytes, keys: Sequence[bytes]) -> tuple[Question, bytes]:
    """A question and the key to answer it with."""
    found = _opened(payload, keys, Question)
    if found is None:
        raise Refused("a question that was not made with this cluster's key")
    return found


def read_answer(payload: bytes, key: bytes, question: Question, wanted: Pin) -> Answer:
    """An answer to exactly this question, of the cluster that is meant. Refused says which it is not."""
    found = _opened(payload, [key], Answer)
    if found is None:
        raise Refused("a stranger's answer: it was not made with this cluster's key")
    answer: Answer = found[0]
    if answer.nonce != question.nonce:
        raise Refused("a replayed answer: it was given to another question than this machine's")
    if not wanted.fits(answer):
        raise Refused(f"an answer of another cluster, {Pin(answer.cluster, answer.ca)}; {wanted} is meant")
    if (answer.ask, answer.part) != (question.ask, question.part):
        raise Refused("a replayed answer: it was given to an earlier question of this machine")
    return answer


# Who answers


def agreed(answers: Mapping[str, Answer]) -> list[str]:
    """The nodes to go on with, of those (node to answer) that say who they are: all of one cluster."""
    able = {node: answer for node, answer in answers.items() if not answer.error}
    # Who cannot help may still be a liar: all count.
    clusters = {Pin(answer.cluster, answer.ca): node for node, answer in sorted(answers.items()) if answer.cluster}
    if len(clusters) > 1:
        said = ", ".join(f"{node} says {one}" for one, node in clusters.items())
        raise Refused(
            f"a stranger's manager: those who answer are of different clusters ({said}), and one of them lies. "
            "Name the right one (--cluster, or -e cluster=)"
        )
    if not able:
        said = "; ".join(f"{node}: {answer.error}" for node, answer in sorted(answers.items()))
        raise Refused(f"no manager can let this machine in. {said}")
    return sorted(able)


# What is given


def parts(welcome: Welcome) -> list[str]:
    """A welcome in parts of base64."""
    packed = zlib.compress(json.dumps(asdict(welcome), separators=(",", ":")).encode(), 9)
    return [base64.b64encode(packed[at : at + PART]).decode() for at in range(0, len(packed), PART)]


def whole(given: Sequence[str], authority: str) -> Welcome:
    """A welcome from its parts; the token has to lead to the authority that the managers named."""
    try:
        unpacker = zlib.decompressobj()
        text = unpacker.decompress(b"".join(base64.b64decode(part, validate=True) for part in given), LARGEST)
        if not unpacker.eof:
            raise ValueError("it is too long or cut off")
        body = json.loads(text)
        welcome = Welcome(**{name: body[name] for name in Welcome.__dataclass_fields__})
    except (ValueError, KeyError, TypeError, zlib.error) as error:
        raise Refused(f"what the manager gives cannot be read ({error})") from error
    if ca_of(welcome.token) != authority:
        raise Refused("a stranger's manager: its join token leads to another swarm than the one it names")
    if not any(welcome.managers.values()):
        raise Refused("the manager names no reachable manager to join at")
    return welcome


def ca_of(token: str) -> str:
    """The digest of the authority that a join token leads to; empty for what is no token."""
    found = _TOKEN.fullmatch(token)
    return found[1] if found else ""


def fingerprint(payload: bytes) -> str:
    """Names a message in a log without a word of it."""
    return hashlib.sha256(payload).hexdigest()[:12]
