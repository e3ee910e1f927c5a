"""`arpanet event NAME JSON`: tell all nodes."""

from __future__ import annotations

import argparse
import sys

from ...adapters.serf import DEFAULT_RPC, Serf
from ...core.serf_events import EVENT_LIMIT, USER, sendable

NAME = "event"
HELP = (
    "Tell all nodes, whose handlers in /etc/arpanet/handlers.d/user/NAME run. "
    f"A payload has at most {EVENT_LIMIT} bytes."
)


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME")
    parser.add_argument("payload", metavar="JSON", nargs="?", default="", help="the payload, - for standard input")
    parser.add_argument("--coalesce", action="store_true", help="of several at once, the last one is enough")
    parser.add_argument("--rpc", default=DEFAULT_RPC, help="of the Serf agent; default: %(default)s")


def run(options: argparse.Namespace) -> int:
    text = sys.stdin.read() if options.payload == "-" else options.payload
    payload = sendable(USER, options.name, text)
    Serf(options.rpc).event(options.name, payload, options.coalesce)
    return 0
