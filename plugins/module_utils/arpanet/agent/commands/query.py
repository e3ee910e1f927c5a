"""`arpanet query NAME JSON`: ask all nodes, or some of them."""

from __future__ import annotations

import argparse
import json
import re
import sys
from typing import Any

from ...adapters.serf import DEFAULT_RPC, Serf
from ...core.members import ALIVE
from ...core.serf_events import QUERY, QUERY_LIMIT, sendable
from . import CommandError

NAME = "query"
HELP = (
    "Ask all nodes, whose handlers in /etc/arpanet/handlers.d/query/NAME answer, and print the answers. "
    f"A payload has at most {QUERY_LIMIT} bytes."
)


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME")
    parser.add_argument("payload", metavar="JSON", nargs="?", default="", help="the payload, - for standard input")
    parser.add_argument("--node", action="append", default=[], help="ask this node; may be given again")
    parser.add_argument("--tag", action="append", default=[], metavar="TAG=REGEX", help="ask the nodes with this tag")
    parser.add_argument("--timeout", type=float, default=10, help="seconds to wait for all; default: %(default)g")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--rpc", default=DEFAULT_RPC, help="of the Serf agent; default: %(default)s")


def run(options: argparse.Namespace) -> int:
    """The exit code is 1 when a node has not even heard the query."""
    text = sys.stdin.read() if options.payload == "-" else options.payload
    payload = sendable(QUERY, options.name, text)
    tags = dict(_pair(word) for word in options.tag)
    serf = Serf(options.rpc)
    asked = {one.name for one in serf.members(ALIVE, tags=tags) if not options.node or one.name in options.node}
    if lost := sorted(set(options.node) - asked):
        raise CommandError(f"{', '.join(lost)}: no living member of this name{' has those tags' if tags else ''}")
    heard, answers = set(), {}
    for reply in serf.query(options.name, payload, options.node, tags, options.timeout):
        heard.add(reply.node)
        if reply.kind == "response":
            answers[reply.node] = reply.payload.decode(errors="replace")
            if not options.json:
                print(f"{reply.node}: {answers[reply.node]}", flush=True)
        if asked and asked <= answers.keys():
            break
    deaf = sorted(asked - heard)
    if options.json:
        found = {node: _value(answer) for node, answer in sorted(answers.items())}
        print(json.dumps({"answers": found, "silent": sorted(heard - answers.keys()), "deaf": deaf}))
    elif deaf:
        print(f"not reached: {', '.join(deaf)}", file=sys.stderr)
    return 1 if deaf else 0


def _pair(word: str) -> tuple[str, str]:
    name, sign, value = word.partition("=")
    if not (name and sign):
        raise CommandError(f"{word!r} is not TAG=REGEX")
    try:
        re.compile(value)
    except re.error as error:
        raise CommandError(f"{word!r}: {value!r} is not a regular expression: {error}") from error
    return name, value


def _value(answer: str) -> Any:
    """What the answer means, or its text."""
    try:
        return json.loads(answer)
    except ValueError:
        return answer
