"""What is not as it should be: what, why, and what mends it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

# What a finding is about, for those who know more about it than whoever found it.
NODE, AGENT, NAME, OTHER = "node", "agent", "name", "other"


@dataclass(frozen=True)
class Finding:
    """`what` is wrong, for which `cause` (empty: not known), and the command or step that `mend`s it.

    `about` and `node` say what it concerns. `repair` is what can be done without asking further:
    `{"do": "start", "node", "unit"}` and the like (see core.repairs), empty where somebody has to decide.
    """

    what: str
    cause: str = ""
    mend: str = ""
    about: str = OTHER
    node: str = ""
    repair: Mapping[str, Any] = field(default_factory=dict)

    @property
    def line(self) -> str:
        """All of it in one line."""
        rest = "; ".join(part for part in (self.cause, self.mend) if part)
        return f"{self.what}: {rest}" if rest else self.what

    def as_data(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)
