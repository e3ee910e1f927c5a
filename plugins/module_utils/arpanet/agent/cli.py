"""`arpanet`: what a node's administrator, or its boot, can do without a controller."""

from __future__ import annotations

import argparse
import sys
from typing import Protocol

from ..adapters.serf import SerfError
from ..core.serf_events import BadEvent
from .commands import CommandError, cluster, event, join, members, query, serf
from .version import VERSION


class Command(Protocol):
    """A sub-command is a module of `commands` with these names, listed in COMMANDS."""

    NAME: str
    HELP: str

    def arguments(self, parser: argparse.ArgumentParser) -> None:
        """Add what it takes."""

    def run(self, options: argparse.Namespace) -> int:
        """Do it; the exit code. A CommandError, or a core's or an adapter's own error, is one line."""


COMMANDS: tuple[Command, ...] = (join, cluster, event, query, members, serf)
# Whose messages say all that is to be said.
EXPECTED = (CommandError, SerfError, BadEvent)


def main(words: list[str]) -> int:
    """Run with these arguments; the exit code."""
    options = _parser().parse_args(words)
    try:
        code: int = options.run(options)
        return code
    except EXPECTED as error:
        print(f"arpanet {options.command}: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="arpanet", description="This node and its cluster.")
    parser.add_argument("--version", action="version", version=VERSION)
    subparsers = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for command in COMMANDS:
        one = subparsers.add_parser(command.NAME, help=command.HELP, description=command.HELP)
        one.set_defaults(run=command.run)
        command.arguments(one)
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
