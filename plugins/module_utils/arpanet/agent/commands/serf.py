"""`arpanet serf …`: Serf's own program, with the key of this node's RPC in its environment."""

from __future__ import annotations

import argparse
import os
import shutil

from ...adapters.serf import DEFAULT_RPC, own_key
from . import CommandError

NAME = "serf"
HELP = "Run serf with access to this node's agent, such as `arpanet serf members`."

PATHS = "/usr/local/bin:/usr/bin"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--rpc", default=DEFAULT_RPC, help="of the Serf agent; default: %(default)s")
    parser.add_argument("words", nargs=argparse.REMAINDER, metavar="…", help="what serf takes")


def run(options: argparse.Namespace) -> int:
    """Does not return, unless serf is not there."""
    program = shutil.which("serf", path=PATHS)
    if program is None:
        raise CommandError("the program serf is not installed; run site.yml")
    environment = {**os.environ, "SERF_RPC_ADDR": options.rpc}
    if key := own_key():
        environment["SERF_RPC_AUTH"] = key
    os.execve(program, [program, *options.words], environment)
