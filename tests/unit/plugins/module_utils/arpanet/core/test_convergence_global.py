"""Services with one instance on every node."""

from __future__ import annotations

from typing import Any

import pytest
from fakes.convergence import DONE, GOING, NODES, TEMPLATE, Spec, brief, constrained, node, of, over, running, service


def everywhere(*names: str, template: Spec = TEMPLATE, **more: Any) -> list[Spec]:
    return [running(None, node=name, template=template, **more) for name in names]


@pytest.mark.parametrize(
    ("tasks", "nodes", "arrived", "wanted", "verdict"),
    [
        pytest.param(everywhere("n1", "n2", "n3"), NODES, 3, 3, DONE, id="on all"),
        pytest.param(everywhere("n1", "n2"), NODES, 2, 3, GOING, id="on two of three"),
        pytest.param(
            everywhere("n1", "n2", "n3"),
            {**NODES, "n3": node("n3", "down")},
            2,
            2,
            DONE,
            id="one node is down, its task stays in the list",
        ),
        pytest.param(
            everywhere("n1", "n2", "n3"),
            {**NODES, "n3": node("n3", availability="pause")},
            2,
            2,
            DONE,
            id="one node takes no new tasks, and keeps its own",
        ),
        pytest.param(
            [*everywhere("n1", "n2"), over(None, node="n3")],
            {**NODES, "n3": node("n3", availability="drain")},
            2,
            2,
            DONE,
            id="one node is drained",
        ),
        pytest.param([], {}, 0, 0, DONE, id="no node takes tasks"),
    ],
)
def test_one_on_every_node(
    tasks: list[Spec], nodes: dict[str, Spec], arrived: int, wanted: int, verdict: tuple[bool, bool]
) -> None:
    assert brief(of(service({"Global": {}}), tasks, nodes)) == (arrived, wanted, *verdict)


def test_one_on_every_node_that_fits() -> None:
    nodes = {"n1": node("n1", zone="a"), "n2": node("n2", zone="b"), "n3": node("n3", zone="a")}
    template = constrained("node.labels.zone==a")
    now = service({"Global": {}}, template)
    assert brief(of(now, everywhere("n1", template=template), nodes)) == (1, 2, *GOING)
    assert brief(of(now, everywhere("n1", "n3", template=template), nodes)) == (2, 2, *DONE)
    nowhere = service({"Global": {}}, constrained("node.labels.zone==c"))
    assert brief(of(nowhere, [], nodes)) == (0, 0, *DONE)


def test_one_on_every_node_of_a_platform_is_where_swarm_puts_it() -> None:
    template = {**TEMPLATE, "Placement": {"Platforms": [{"OS": "linux", "Architecture": "arm64"}]}}
    now = service({"Global": {}}, template)
    assert brief(of(now, [])) == (0, 1, *GOING)
    assert brief(of(now, everywhere("n1", "n2", template=template))) == (2, 2, *DONE)
