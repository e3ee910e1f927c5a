"""Which units a node has to run; what else is found: core/doctor.py."""

from __future__ import annotations

import pytest
from ansible_collections.arpanet.cluster.plugins.filter.doctor import _has_to_run


@pytest.mark.parametrize(
    ("unit", "state", "enabled", "manager", "runs"),
    [
        ("consul.service", "", False, False, True),
        ("arpanet-registry.service", "active", True, True, True),
        ("arpanet-registry.service", "active", True, False, False),
        ("arpanet-registry.service", "", False, True, False),
        ("arpanet-weave.service", "failed", True, False, True),
        ("arpanet-weave.service", "", False, False, False),
        ("arpanet-firewall.service", "inactive", True, False, True),
        ("arpanet-firewall.service", "inactive", False, False, False),
        ("firewalld.service", "", False, True, False),
        ("firewalld.service", "failed", True, True, False),
    ],
)
def test_units(unit: str, state: str, enabled: bool, manager: bool, runs: bool) -> None:
    look = {"units": {unit: {"state": state, "enabled": enabled}}}
    assert _has_to_run(unit, look, manager) is runs
