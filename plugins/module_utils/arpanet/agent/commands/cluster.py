"""`arpanet cluster`: which cluster this is, for machines that are to join no other."""

from __future__ import annotations

import argparse

from ...adapters.machine import Machine
from ...adapters.swarm import Swarm, SwarmError
from ...core.join import Pin, ca_of
from . import CommandError

NAME = "cluster"
HELP = "Print the cluster's id and the digest of its authority, as `arpanet join --cluster` takes them."


def arguments(parser: argparse.ArgumentParser) -> None:
    """Nothing."""


def run(options: argparse.Namespace) -> int:
    try:
        swarm = Swarm()
        local = swarm.local()
        # A manager knows; a worker that has joined by itself remembers.
        found = str(Pin(local.cluster_id, ca_of(swarm.tokens()["worker"]))) if local.manager else Machine().joined()
    except SwarmError as error:
        raise CommandError(str(error)) from error
    if not found:
        raise CommandError("only a manager knows: run this on one")
    print(found)
    return 0
