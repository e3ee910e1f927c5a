"""`arpanet join serf://…`: make this machine a worker of a cluster, without a controller."""

from __future__ import annotations

import argparse
import json
import stat
import sys
from pathlib import Path
from typing import Any

from ...adapters.joining import FAILURES, Joiner, Outcome, Wish
from ...adapters.machine import Machine
from ...adapters.serf import Serf
from ...adapters.swarm import Swarm
from ...core.join import pin
from ...core.seeds import BadSeed, parse
from . import CommandError

NAME = "join"
HELP = "Join the cluster that any one address belongs to, or complete a join. Run as root."

CONFIG = Path("/etc/arpanet/join.json")
KEY_FILE = "/etc/arpanet/join.key"
# What the file may say; each is also an option.
_KNOWN = ("join", "cluster", "availability", "key_file", "timeout")


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "join",
        metavar="ADDRESS",
        nargs="*",
        help="serf://<any member>[:<port>][@<own address>]; the first that answers",
    )
    parser.add_argument("--cluster", metavar="ID", help="the cluster that is meant, as `arpanet cluster` prints it")
    parser.add_argument("--availability", choices=["active", "pause", "drain"], help="whether it is given tasks")
    parser.add_argument("--key-file", metavar="FILE", help=f"the gossip's key, for root alone; default: {KEY_FILE}")
    parser.add_argument(
        "--timeout", type=float, metavar="SECONDS", help="for each thing that is waited for; default: 60"
    )
    parser.add_argument(
        "--config", type=Path, default=CONFIG, metavar="FILE", help="what is not given here: %(default)s"
    )
    parser.add_argument("--check", action="store_true", help="say what would be done")


def run(options: argparse.Namespace) -> int:
    said = {**_file(options.config), **{key: value for key, value in vars(options).items() if value and key in _KNOWN}}
    addresses = said.get("join") or []
    try:
        wish = Wish(
            parse([addresses] if isinstance(addresses, str) else addresses),
            _key(Path(said.get("key_file", KEY_FILE)), must_exist="key_file" in said),
            pin(str(said.get("cluster", ""))),
            str(said.get("availability", "")),
            float(said.get("timeout", 60)),
        )
        machine = Machine()
        _show(Joiner(wish, machine, Serf(), Swarm(), options.check).run())
    except (BadSeed, *FAILURES) as error:
        raise CommandError(f"this machine has not joined: {error}") from error
    return 0


def _file(path: Path) -> dict[str, Any]:
    try:
        value = json.loads(path.read_text())
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise CommandError(f"{path} cannot be read: {error}") from error
    unknown = sorted(set(value) - set(_KNOWN)) if isinstance(value, dict) else ["no object"]
    if unknown:
        raise CommandError(f"{path}: {', '.join(unknown)}: known are {', '.join(_KNOWN)}")
    return dict(value)


def _key(path: Path, must_exist: bool) -> str:
    """The key, from a file that nobody else may read; empty where there is none and none has to be."""
    try:
        with path.open() as stream:
            if stat.S_IMODE(path.stat().st_mode) & 0o077:
                raise CommandError(f"{path} holds the cluster's key and others may read it: chmod 600 {path}")
            return stream.read().strip()
    except OSError as error:
        if isinstance(error, FileNotFoundError) and not must_exist:
            return ""
        raise CommandError(f"{path}, which holds the gossip's key, cannot be read ({error.strerror})") from error


def _show(out: Outcome) -> None:
    for doubt in out.doubts:
        print(f"not believed: {doubt}", file=sys.stderr)
    for step in out.steps:
        print(step)
    if out.cluster.cluster:
        what = "manager" if out.manager else "worker"
        print(f"{what} of the cluster {out.cluster}{'' if out.steps else ', as before'}")
