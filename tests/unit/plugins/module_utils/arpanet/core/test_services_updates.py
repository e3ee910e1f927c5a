"""How a service is updated: as stated, or so that old and new never fight."""

from __future__ import annotations

from typing import Any

import pytest
from fakes.services import S, spec


def test_updates_without_a_word() -> None:
    found = spec({})
    expected = {"Parallelism": 1, "FailureAction": "pause", "Monitor": 3 * S, "Order": "start-first"}
    assert found["UpdateConfig"] == expected
    assert found["RollbackConfig"] == expected


def test_updates_as_stated() -> None:
    stated = {
        "parallelism": 0,
        "delay": "10s",
        "failure_action": "rollback",
        "monitor": "5s",
        "max_failure_ratio": 0.3,
        "order": "stop-first",
    }
    found = spec({"deploy": {"update_config": stated, "rollback_config": {"parallelism": 2}}})
    assert found["UpdateConfig"] == {
        "Parallelism": 0,
        "Delay": 10 * S,
        "FailureAction": "rollback",
        "Monitor": 5 * S,
        "MaxFailureRatio": 0.3,
        "Order": "stop-first",
    }
    assert found["RollbackConfig"]["Parallelism"] == 2


@pytest.mark.parametrize("mode", ["replicated-job", "global-job"])
def test_a_job_has_no_updates(mode: str) -> None:
    found = spec({"deploy": {"mode": mode, "update_config": {"parallelism": 2}}})
    assert "UpdateConfig" not in found
    assert "RollbackConfig" not in found


@pytest.mark.parametrize(
    ("said", "order"),
    [
        pytest.param({}, "start-first", id="nothing in the way"),
        pytest.param({"ports": [{"target": 80}]}, "start-first", id="a free port"),
        pytest.param({"ports": [{"target": 80, "published": "80"}]}, "stop-first", id="a fixed port"),
        pytest.param({"volumes": [{"type": "volume", "source": "data", "target": "/d"}]}, "stop-first", id="a volume"),
        pytest.param({"volumes": [{"type": "bind", "source": "/d", "target": "/d"}]}, "stop-first", id="a path"),
        pytest.param(
            {"volumes": [{"type": "bind", "source": "/d", "target": "/d", "read_only": True}]},
            "start-first",
            id="a path that is only read",
        ),
        pytest.param({"volumes": [{"type": "tmpfs", "target": "/d"}]}, "start-first", id="tmpfs"),
    ],
)
def test_old_and_new_never_fight(said: dict[str, Any], order: str) -> None:
    assert spec(said)["UpdateConfig"]["Order"] == order


def test_a_fixed_port_on_every_node_is_nobodys_own() -> None:
    found = spec({"ports": [{"target": 80, "published": "80"}]}, publish_mode="ingress")
    assert found["UpdateConfig"]["Order"] == "start-first"
