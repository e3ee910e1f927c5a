from __future__ import annotations

from contextlib import nullcontext
from types import SimpleNamespace
from typing import cast

import docker.errors
import pytest
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters import plugins
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.engine import Engine
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.plugins import Plugins
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.plugins import DISABLE, REMOVE, PluginError


class FakeApi:
    """An Engine that counts this many networks of a plugin, of which one goes each time that they are listed."""

    def __init__(self, networks: int, counted: int = 0, why: str = "plugin weave:latest is in use") -> None:
        self.networks_left, self.counted, self.why = networks, max(networks, counted), why
        self.done: list[str] = []

    def disable_plugin(self, name: str, force: bool) -> None:
        self._unless_counted("disable", force)

    def _unless_counted(self, what: str, force: bool) -> None:
        if self.counted and not force:
            raise docker.errors.APIError("refused", explanation=self.why)
        self.done.append(f"{what} by force" if force else what)

    def networks(self) -> list[dict[str, str]]:
        mine = [{"Name": f"abc_{number}", "Driver": "weave:latest"} for number in range(self.networks_left)]
        if self.networks_left:
            self.networks_left -= 1
            self.counted -= 1
        return [{"Name": "bridge", "Driver": "bridge"}, *mine]

    def remove_plugin(self, name: str, force: bool) -> None:
        self._unless_counted("remove", force)


def taking_away(api: FakeApi, timeout: int = 60) -> Plugins:
    engine = SimpleNamespace(api=api, asking=lambda what: nullcontext())
    return Plugins(cast(Engine, engine), timeout)


@pytest.fixture(autouse=True)
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    pauses: list[float] = []
    monkeypatch.setattr(plugins, "time", SimpleNamespace(monotonic=lambda: sum(pauses), sleep=pauses.append))
    return pauses


def test_it_goes_after_the_last_network_of_a_swarm_that_was_left(slept: list[float]) -> None:
    api = FakeApi(networks=3)
    taking_away(api).apply("weave:latest", [DISABLE, REMOVE], None)
    assert api.done == ["disable", "remove"]
    assert len(slept) == 3


@pytest.mark.parametrize("name", ["weave", "weave:latest"])
def test_an_engine_that_counts_networks_that_are_gone_is_not_believed(name: str, slept: list[float]) -> None:
    api = FakeApi(networks=2, counted=3)
    taking_away(api).apply(name, [DISABLE, REMOVE], None)
    assert api.done == ["disable by force", "remove by force"]
    assert len(slept) == 2


def test_it_stays_where_it_is_needed(slept: list[float]) -> None:
    api = FakeApi(networks=10**3)
    with pytest.raises(PluginError, match=r"^its networks are still there: `docker network rm abc_0 abc_1 "):
        taking_away(api, timeout=10).apply("weave:latest", [DISABLE, REMOVE], None)
    assert (api.done, len(slept)) == ([], 21)


def test_another_refusal_is_passed_on(slept: list[float]) -> None:
    api = FakeApi(networks=1, why="plugin weave:latest is broken")
    with pytest.raises(docker.errors.APIError):
        taking_away(api).apply("weave:latest", [DISABLE, REMOVE], None)
    assert (api.done, slept) == ([], [])
