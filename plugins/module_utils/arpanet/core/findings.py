"""What is not as it should be: what, why, and what mends it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

# What a finding is about, for those who know more about it than whoever found it.
NODE, AGENT, NAME, OTHER = "node", "agent", "name", "other"

# Why, of who does not say.
SILENT = "it gives no reason"


@dataclass(frozen=True)
class Finding:
    """`what` is wrong, for which likely `cause`, and what `mend`s it: a command in backticks, or where to look.

    There is none without all three: who reads it has been woken up for it (see core.mends for the commands).

    `about`, `node` and `deployment` say what it concerns. `subject` names the same at every look: counts, states and
    addresses in `what` move while it is no better. It is `what` where it is not given.

    `units` are the services of the node of which it comes (without `.service`), `repair` what can be done without
    asking further: `{"do": "start", "node", "unit"}` and the like (see adapters.ledger), empty where somebody has to
    decide.
    """

    what: str
    cause: str
    mend: str
    about: str = OTHER
    node: str = ""
    repair: Mapping[str, Any] = field(default_factory=dict)
    deployment: str = ""
    subject: str = ""
    units: Sequence[str] = ()

    def __post_init__(self) -> None:
        for part in ("what", "cause", "mend"):
            if not getattr(self, part).strip():
                raise ValueError(f"a finding has no {part}: {self}")
        if self.mend.count("`") < 2:
            raise ValueError(f"a finding names no command: {self}")
        if not self.subject:
            object.__setattr__(self, "subject", self.what)

    @property
    def line(self) -> str:
        """All of it in one line."""
        return f"{self.what}: {self.cause}; {self.mend}"

    def lines(self, mark: str) -> list[str]:
        """All of it for people, beginning with a character."""
        return [f"{mark} {self.what}", f"    cause: {self.cause}", f"    mend: {self.mend}"]

    def as_data(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)


def subject_of(node: str, unit: str) -> str:
    """The subject of what comes of a node's service: without one of these three the node itself is not there, and
    what one look finds of one of them the next may find of all."""
    return f"node {node}" if unit in ("docker", "consul", "serf") else f"{unit} on {node}"


def said(words: object, otherwise: str) -> str:
    """What somebody else said of it, in one line; `otherwise` of who says nothing."""
    return " ".join(str(words or "").split()) or otherwise
