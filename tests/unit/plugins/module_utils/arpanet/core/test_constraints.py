from __future__ import annotations

from contextlib import nullcontext
from typing import Any

import pytest
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.constraints import (
    check,
    eligible,
    may_run,
    meets,
)
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.support import Unsupported


def node(name: str, state: str = "ready", availability: str = "active", **labels: str) -> dict[str, Any]:
    return {
        "ID": f"id-{name}",
        "Spec": {"Role": "worker", "Availability": availability, "Labels": labels},
        "Status": {"State": state, "Addr": "10.0.0.1"},
        "Description": {"Hostname": name, "Platform": {"OS": "linux", "Architecture": "x86_64"}},
    }


@pytest.mark.parametrize(
    ("constraint", "met"),
    [
        ("node.hostname==n1", True),
        ("node.hostname != n1", False),
        ("node.role == worker", True),
        ("node.role == manager", False),
        ("node.labels.disk==SSD", True),
        ("node.labels.zone!=east", True),
        ("node.platform.os==linux", True),
        ("node.id==id-n1", True),
        ("engine.labels.any==x", False),
        # Case tells names of labels apart, and nothing else.
        ("Node.Role==Worker", True),
        ("NODE.LABELS.disk==ssd", True),
        ("node.labels.Disk==ssd", False),
        ("Engine.Labels.any!=x", True),
        ("node.platform.Arch==x86_64", True),
        ("node.ip==10.0.0.1", True),
        ("node.ip!=10.0.0.1", False),
        ("node.ip==10.0.0.0/24", True),
        ("node.ip==10.0.0.7/24", True),
        ("Node.IP!=10.0.0.0/24", False),
        ("node.ip==192.0.2.0/24", False),
        ("node.ip!=192.0.2.0/24", True),
        ("node.ip!=2001:db8::/32", True),
        # What Swarm does not know, no node meets, whichever way it is asked.
        ("node.ip!=n1", False),
        ("node.name!=n2", False),
        ("engine.any!=x", False),
        ("node.role=worker", False),
    ],
)
def test_swarms_constraints(constraint: str, met: bool) -> None:
    assert meets(constraint, node("n1", disk="ssd")) is met


@pytest.mark.parametrize(
    ("constraint", "refused"),
    [
        ("node.role=worker", True),
        ("node.name==n1", True),
        ("disk==ssd", True),
        ("Node.Role!=manager", False),
        ("node.ip==192.0.2.0/24", False),
    ],
)
def test_a_constraint_that_swarm_does_not_know_is_refused_in_a_file(constraint: str, refused: bool) -> None:
    model = {"services": {"db": {"deploy": {"placement": {"constraints": [constraint]}}}, "web": {}}}
    with pytest.raises(Unsupported, match=f"service db: .*{constraint}") if refused else nullcontext():
        check(model)


def test_an_address_that_is_not_known_is_in_no_range() -> None:
    assert not meets("node.ip==10.0.0.0/8", {**node("n1"), "Status": {"State": "down"}})


def test_drained_and_dead_nodes_take_nothing() -> None:
    nodes = [node("n1"), node("n2", availability="drain"), node("n3", state="down")]
    assert eligible({}, nodes) == ["n1"]


ARM, INTEL = {"OS": "linux", "Architecture": "arm64"}, {"OS": "linux", "Architecture": "amd64"}


@pytest.mark.parametrize(
    ("wanted", "architecture", "fits"),
    [
        ([], "x86_64", True),
        ([ARM], "x86_64", False),
        ([ARM], "aarch64", True),
        ([INTEL], "x86_64", True),
        ([INTEL], "amd64", True),
        ([{"OS": "linux", "Architecture": "x86_64"}], "amd64", True),
        ([ARM, INTEL], "x86_64", True),
        ([{"OS": "linux"}], "riscv64", True),
        ([{"Architecture": "arm64"}], "arm64", True),
        ([{"OS": "windows"}], "x86_64", False),
        ([ARM], None, False),
    ],
)
def test_swarms_platforms(wanted: list[dict[str, Any]], architecture: str | None, fits: bool) -> None:
    n1 = node("n1")
    n1["Description"]["Platform"] = {"OS": "linux", "Architecture": architecture} if architecture else None
    assert may_run({"Platforms": wanted}, n1) is fits


def test_a_compose_service_asks_for_a_platform() -> None:
    assert eligible({"platform": "linux/arm64/v8"}, [node("n1")]) == []
    assert eligible({"platform": "linux/amd64"}, [node("n1")]) == ["n1"]
