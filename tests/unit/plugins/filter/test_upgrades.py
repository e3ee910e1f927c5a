"""The filters are the functions of core."""

from __future__ import annotations

from ansible_collections.arpanet.cluster.plugins.filter.upgrades import FilterModule


def test_names() -> None:
    assert set(FilterModule().filters()) == {"bundle_upgrades", "upgrade_order", "upgrade_text"}
