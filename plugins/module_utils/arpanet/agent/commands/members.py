"""`arpanet members`: who is in the cluster, as this node's Serf knows."""

from __future__ import annotations

import argparse
import json

from ...adapters.serf import DEFAULT_RPC, Serf
from ...core.tables import table

NAME = "members"
HELP = "List the members of the cluster, those that failed or left among them."


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="as `serf members -format=json`")
    parser.add_argument("--status", default="", metavar="REGEX", help="only these, such as alive")
    parser.add_argument("--rpc", default=DEFAULT_RPC, help="of the Serf agent; default: %(default)s")


def run(options: argparse.Namespace) -> int:
    found = sorted(Serf(options.rpc).members(options.status), key=lambda one: one.name)
    if options.json:
        print(json.dumps({"members": [one.as_json() for one in found]}))
        return 0
    tags = [" ".join(f"{name}={value}" for name, value in sorted(one.tags.items())) for one in found]
    rows = [(one.name, one.address, one.status, said) for one, said in zip(found, tags, strict=True)]
    print(table(["MEMBER", "ADDRESS", "STATUS", "TAGS"], rows))
    return 0
