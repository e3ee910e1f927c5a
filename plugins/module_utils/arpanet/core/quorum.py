"""Whether a raft keeps its majority when some of its voters go: arithmetic, and sentences for people.

A voter that is taken out for good no longer counts, one that comes back does: three managers
survive the reboot of one, and are two after one has left.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from . import mends
from .english import are


@dataclass(frozen=True)
class Voter:
    """A manager of the swarm or a server of Consul, and whether the others hear it now."""

    name: str
    alive: bool


@dataclass(frozen=True)
class Raft:
    """`system` and `word` are for messages: Swarm has managers, Consul has servers."""

    system: str
    word: str
    voters: tuple[Voter, ...]


@dataclass(frozen=True)
class Count:
    """How many of a raft's voters there are, and how many of them are alive."""

    alive: int
    total: int

    @property
    def needed(self) -> int:
        return self.total // 2 + 1

    @property
    def ok(self) -> bool:
        return self.alive >= self.needed


def count(voters: Iterable[Voter]) -> Count:
    known = list(voters)
    return Count(sum(voter.alive for voter in known), len(known))


def after(raft: Raft, going: Collection[str], for_good: bool) -> Count:
    """What is left when the voters of these names go."""
    staying = [voter for voter in raft.voters if voter.name not in going]
    total = staying if for_good else raft.voters
    return Count(count(staying).alive, len(total))


def objection(raft: Raft, going: Collection[str], for_good: bool) -> str:
    """Why these voters must not go; empty when they may.

    Whoever is no voter may always go. To take a dead voter out is allowed as long as there is a
    majority to decide on it.
    """
    here = sorted({voter.name for voter in raft.voters} & set(going))
    if not here:
        return ""
    left, now = after(raft, going, for_good), count(raft.voters)
    names = ", ".join(here)
    if not now.ok:
        return (
            f"{raft.system} has no majority as it is: {now.alive} of {now.total} {raft.word} are alive, "
            f"and {now.needed} are needed{_dead(raft, ())}"
        )
    if left.ok:
        return ""
    if not left.total:
        return f"{names} is the last of {raft.system}'s {raft.word}, and 1 is needed"
    return (
        f"without {names}, {raft.system} would have {left.alive} of {left.total} {raft.word}, "
        f"and {left.needed} are needed{_dead(raft, here)}"
    )


def objections(rafts: Sequence[Raft], going: Collection[str], for_good: bool) -> list[str]:
    """One sentence for each raft that would lose its majority."""
    return [found for raft in rafts if (found := objection(raft, going, for_good))]


def before_restart(raft: Raft, node: str) -> str:
    """Whom to bring up before this voter restarts; empty where all others are up.

    That a majority would be left is not asked: of two voters none could ever restart.
    """
    away = sorted({voter.name for voter in raft.voters if not voter.alive} - {node})
    if not away:
        return ""
    unit, locked = "consul", ""
    if raft.system == "Swarm":
        unit, locked = "docker", f"{mends.play('site', tags='swarm')} unlocks one that is locked, and "
    return (
        f"{node} is not restarted while {are(away)} down: {raft.system} would miss one more of its {raft.word}. "
        f"{mends.journal(away[0], unit)} says why; {locked}{mends.play('leave', node=away[0])} takes out one that is "
        "lost for good. Then run this again."
    )


def untold(system: str, word: str, node: str, why: str) -> str:
    """The same where nobody can say who is down, as without a leader."""
    return (
        f"{node} is not restarted while {system} cannot tell which of its {word} are up ({why}), and most have to be. "
        f"{mends.play('status')} shows who is down; when they are lost for good, {mends.play('recover')}."
    )


def _dead(raft: Raft, going: Collection[str]) -> str:
    names = sorted(voter.name for voter in raft.voters if not voter.alive and voter.name not in going)
    return f" ({', '.join(names)} {'is' if len(names) == 1 else 'are'} down already)" if names else ""
