from __future__ import annotations

import gc

import pytest
from ansible_collections.arpanet.cluster.plugins.filter.counted import FilterModule


@pytest.mark.parametrize(("hosts", "text"), [([], "0 managers"), (["a"], "1 manager"), (["a", "b", "c"], "3 managers")])
def test_counted(hosts: list[str], text: str) -> None:
    try:
        assert FilterModule().filters()["counted"](hosts, "manager") == text
        assert gc.get_freeze_count() > 0
    finally:
        gc.unfreeze()
