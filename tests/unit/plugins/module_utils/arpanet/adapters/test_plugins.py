from __future__ import annotations

from contextlib import nullcontext
from types import SimpleNamespace
from typing import cast

import docker.errors
import pytest
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters import plugins
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.engine import Engine
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.plugins import Plugins
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.plugins import DISABLE, REMOVE


class FakeApi:
    """An Engine whose plugin is in use the first `busy` times that it is asked to disable it."""

    def __init__(self, busy: int, why: str = "plugin weave:latest is in use") -> None:
        self.busy, self.why = busy, why
        self.done: list[str] = []

    def disable_plugin(self, name: str, force: bool) -> None:
        if self.busy and not force:
            self.busy -= 1
            raise docker.errors.APIError("refused", explanation=self.why)
        self.done.append("disable")

    def remove_plugin(self, name: str, force: bool) -> None:
        self.done.append("remove")


def taking_away(api: FakeApi, timeout: int = 60) -> Plugins:
    engine = SimpleNamespace(api=api, asking=lambda what: nullcontext())
    return Plugins(cast(Engine, engine), timeout)


@pytest.fixture(autouse=True)
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    pauses: list[float] = []
    monkeypatch.setattr(plugins, "time", SimpleNamespace(monotonic=lambda: sum(pauses), sleep=pauses.append))
    return pauses


def test_it_goes_after_the_last_network_of_a_swarm_that_was_left(slept: list[float]) -> None:
    api = FakeApi(busy=3)
    taking_away(api).apply("weave:latest", [DISABLE, REMOVE], None)
    assert api.done == ["disable", "remove"]
    assert len(slept) == 3


@pytest.mark.parametrize(
    ("busy", "why", "pauses"), [(10**6, "plugin weave:latest is in use", 21), (1, "plugin weave:latest is broken", 0)]
)
def test_it_stays_where_it_is_needed(busy: int, why: str, pauses: int, slept: list[float]) -> None:
    api = FakeApi(busy, why)
    with pytest.raises(docker.errors.APIError):
        taking_away(api, timeout=10).apply("weave:latest", [DISABLE, REMOVE], None)
    assert (api.done, len(slept)) == ([], pauses)
