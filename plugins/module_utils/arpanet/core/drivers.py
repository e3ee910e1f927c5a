"""What carries a deployment's networks.

A deployment has one driver. Each of its networks has the Engine's name of it: `overlay` is Docker's own,
`weave` is a managed plugin under a name of ours, the same on every node. While a deployment moves from one to
the other, its older networks are still on the first.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from .generations import newest
from .names import LABEL_WEAVE, swarm_name
from .spec import Spec, targets

OVERLAY, WEAVE = "overlay", "weave"
DRIVERS = (OVERLAY, WEAVE)

# The plugin's name on every node, with its tag: what Swarm asks for when it places a task.
PLUGIN = "weave:latest"

# Swarm gives tasks of a plugin's network also to nodes where the plugin does not run, and they fail there. So they
# stay away from nodes that are marked, which the leading node does (agent/weave).
OFF = "off"
GATE = f"node.labels.{LABEL_WEAVE}!={OFF}"


def engine_name(driver: str, plugin: str = PLUGIN) -> str:
    """The Engine's name of a driver."""
    return plugin if driver == WEAVE else driver


def carriers(deployment: str, networks: Iterable[str], wanted: str, there: Mapping[str, Spec]) -> dict[str, str]:
    """The Engine's driver of each network: the one that is wanted, but for those that a move leaves.

    :param networks: by generation's name, of which each network has one or two.
    :param there: the Engine's networks of the deployment.
    """
    names = [*networks]
    last = {*newest({name: name for name in names}).values()}
    found = {}
    for name in names:
        old = there.get(swarm_name(deployment, name), {}) if name not in last else {}
        found[name] = str(old.get("Driver") or wanted)
    return found


def gated(spec: Spec, plugins: Collection[str]) -> Spec:
    """A service that stays away from nodes whose Weave is not ready, where one of its networks is a plugin's.

    :param plugins: the Engine's names of the networks that a plugin carries, own ones and those of others.
    """
    if not {*targets(spec)} & {*plugins}:
        return spec
    template = spec["TaskTemplate"]
    placement = template.get("Placement") or {}
    constraints = sorted({*(placement.get("Constraints") or []), GATE})
    return {**spec, "TaskTemplate": {**template, "Placement": {**placement, "Constraints": constraints}}}
