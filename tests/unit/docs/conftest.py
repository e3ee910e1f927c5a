"""What the documentation says, and what there is."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

CHECKOUT = Path(__file__).parents[3]


@dataclass(frozen=True)
class Page:
    """One Markdown file; `name` is its path in the checkout."""

    name: str
    path: Path
    text: str

    @property
    def title(self) -> str:
        return next((line[2:] for line in self.text.splitlines() if line.startswith("# ")), "")


def pages() -> list[Page]:
    """All Markdown files of the project, also those that are not committed yet."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.md"],
        cwd=CHECKOUT, capture_output=True, text=True, check=False,
    ).stdout.split()  # fmt: skip
    # From an archive without git's own directory.
    names = listed or [
        str(path.relative_to(CHECKOUT)) for path in [*CHECKOUT.glob("*.md"), *CHECKOUT.glob("docs/*.md")]
    ]
    files = [(name, CHECKOUT / name) for name in sorted(names)]
    return [Page(name, path, path.read_text()) for name, path in files if path.exists()]


def playbooks() -> list[str]:
    return sorted(path.stem for path in (CHECKOUT / "playbooks").glob("*.yml"))


def role_file(role: str, file: str) -> dict[str, object]:
    path = CHECKOUT / "roles" / role / file
    return (yaml.safe_load(path.read_text()) if path.exists() else None) or {}


def roles() -> list[str]:
    return sorted(path.name for path in (CHECKOUT / "roles").iterdir() if path.is_dir())


@pytest.fixture(scope="session")
def variables() -> set[str]:
    """What `-e name=` may set: the roles' variables, and the short names that their defaults read."""
    found: set[str] = set()
    for role in roles():
        for name, value in role_file(role, "defaults/main.yml").items():
            found |= {
                name,
                *re.findall(r"(?:\{\{|\() *(\w+) \| default", str(value)),
                *re.findall(r"default\((\w+) \|", str(value)),
            }
        specs = role_file(role, "meta/argument_specs.yml").get("argument_specs", {})
        assert isinstance(specs, dict)
        for entry in specs.values():
            found |= set(entry.get("options", {}))
    return found
