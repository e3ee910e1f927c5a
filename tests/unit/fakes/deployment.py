"""A deployment as an Engine reported it, and the stack that it was made from.

`fixtures/deployment/compose.yml` was deployed on Engine 26.1.5; `engine.json` is what its API
answered afterwards, shortened to what is read of it.
"""

from __future__ import annotations

import copy
import json
from functools import cache
from pathlib import Path
from typing import Any

from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters import compose
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.engine import Engine
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core import names, volumes
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.stack import Desired, desired

FILES = Path(__file__).parents[1] / "fixtures" / "deployment"
NODE = "node1"

Spec = dict[str, Any]


@cache
def _recorded() -> str:
    return (FILES / "engine.json").read_text()


@cache
def _model() -> str:
    return json.dumps(compose.normalise(FILES / "compose.yml", "abc", compose.find_command()))


def model() -> Spec:
    """The normalised stack, to be changed at will; its volume is where it was when it was recorded."""
    found: Spec = volumes.pinned(json.loads(_model()), {"data": NODE})
    return found


def subnets() -> dict[str, str]:
    """The subnets that it had, by the networks' names in the stack."""
    return {
        network["Name"].removeprefix("abc_"): network["IPAM"]["Config"][0]["Subnet"]
        for network in json.loads(_recorded())["networks"]
        if network["Name"].startswith("abc_")
    }


def wanted(stack: Spec | None = None) -> Desired:
    """What the stack (or a changed one) means."""
    return desired(stack or model(), "abc", subnets())


class RecordedApi:
    """The part of the docker library that reads, answering with what was recorded."""

    api_version = "1.45"

    def __init__(self) -> None:
        self.answers: dict[str, list[Spec]] = json.loads(_recorded())

    def services(self, filters: Spec) -> list[Spec]:
        return self._labelled("services", filters)

    def secrets(self, filters: Spec | None = None) -> list[Spec]:
        return self._labelled("secrets", filters or {})

    def configs(self, filters: Spec | None = None) -> list[Spec]:
        return self._labelled("configs", filters or {})

    def tasks(self, filters: Spec) -> list[Spec]:
        return copy.deepcopy(self.answers["tasks"])

    def nodes(self) -> list[Spec]:
        return copy.deepcopy(self.answers["nodes"])

    def networks(self, filters: Spec) -> list[Spec]:
        return self._labelled("networks", filters)

    def _labelled(self, kind: str, filters: Spec) -> list[Spec]:
        stated = filters.get("label", [])
        found = []
        for item in self.answers[kind]:
            labels = (item.get("Spec") or item).get("Labels") or {}
            asked = [stated] if isinstance(stated, str) else stated
            if all(labels.get(label.partition("=")[0]) == label.partition("=")[2] for label in asked):
                found.append(copy.deepcopy(item))
        return found


def engine() -> Engine:
    """An Engine that answers with what was recorded."""
    found = Engine.__new__(Engine)
    found.url = "recorded"
    found._logins = {}
    found.api = RecordedApi()
    return found


def spec_of(service: str) -> Spec:
    """The specification of one of its services, as the Engine reported it, networks by their names."""
    return engine().actual("abc").services[names.swarm_name("abc", service)]
