"""`python -m lab up|down|prove|engine|stop-engine|clean`: the lab from the command line."""

import argparse
import sys

from . import engine, life, prove
from .say import LabError, complain
from .spec import SYSTEMS, Spec


def main(words: list[str]) -> int:
    """Run one command; 1 and a message on the error stream when it fails."""
    parser = argparse.ArgumentParser(prog="python -m lab", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    up = commands.add_parser("up", help="make a lab, or complete the one that is there")
    up.add_argument("--lab", default="lab")
    up.add_argument("--nodes", type=int, default=3)
    up.add_argument("--managers", type=int, default=None)
    up.add_argument("--os", choices=sorted(SYSTEMS), default="debian-13", dest="system")
    up.add_argument("--stocked", action="store_true", help="nodes that have all packages already")
    down = commands.add_parser("down", help="remove a lab")
    down.add_argument("--lab", default="lab")
    commands.add_parser("engine", help="have a Docker engine answer")
    commands.add_parser("stop-engine", help="stop the Docker engine that this program started")
    proof = commands.add_parser("prove", help="ask for a service by name inside a container")
    proof.add_argument("deployment")
    proof.add_argument("--lab", default="lab")
    proof.add_argument("--inside", default="catalogue")
    proof.add_argument("--name", default="pricing")
    commands.add_parser("clean", help="remove all labs, their images and caches")
    asked = parser.parse_args(words)
    try:
        if asked.command == "up":
            managers = min(3, asked.nodes) if asked.managers is None else asked.managers
            life.up(Spec(asked.lab, asked.nodes, managers, asked.system, asked.stocked))
        elif asked.command == "down":
            life.down(asked.lab)
        elif asked.command == "engine":
            engine.ensure()
        elif asked.command == "stop-engine":
            engine.stop()
        elif asked.command == "prove":
            prove.prove(asked.lab, asked.deployment, asked.inside, asked.name)
        elif asked.command == "clean":
            life.clean()
    except LabError as error:
        complain(str(error))
        return 1
    except KeyboardInterrupt:
        complain("interrupted")
        return 130
    return 0


sys.exit(main(sys.argv[1:]))
