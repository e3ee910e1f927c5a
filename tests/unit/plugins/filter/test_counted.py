from __future__ import annotations

import gc
import weakref

import pytest
from ansible_collections.arpanet.cluster.plugins.filter.counted import FilterModule


@pytest.mark.parametrize(("hosts", "text"), [([], "0 managers"), (["a"], "1 manager"), (["a", "b", "c"], "3 managers")])
def test_counted(hosts: list[str], text: str) -> None:
    try:
        assert FilterModule().filters()["counted"](hosts, "manager") == text
        assert gc.get_freeze_count() > 0
    finally:
        gc.unfreeze()


def test_what_a_play_has_left_behind_is_not_kept() -> None:
    class Left:
        def __init__(self) -> None:
            self.itself = self

    gc.disable()
    try:
        FilterModule().filters()["counted"]([], "node")
        left = weakref.ref(Left())
        assert left() is not None
        FilterModule().filters()["counted"]([], "node")
        assert left() is None
    finally:
        gc.enable()
        gc.unfreeze()
