"""What a module says that asks for the whole."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters import ledger, survey
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.ledger import Ledger
from fakes import cluster


@pytest.mark.parametrize("errors", [{}, {"consul": "no answer"}, {"swarm": "no leader"}])
def test_who_falls_silent_between_two_questions_is_in_the_picture(
    run: Callable[..., dict[str, Any]], monkeypatch: pytest.MonkeyPatch, errors: dict[str, str]
) -> None:
    monkeypatch.setattr(survey, "look", lambda *_: cluster.seen(cluster.recorded()))
    monkeypatch.setattr(ledger, "read", lambda *_: (Ledger(), errors))
    said = run("cluster_status", {"ledger": True})
    assert (said["status"]["errors"], said["status"]["healthy"]) == (errors, not errors)
    assert said["names"] and said["ledger"]["owners"] == {}
