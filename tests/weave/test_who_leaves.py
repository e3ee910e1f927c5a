"""Peers that leave, and what they owned."""

import json
from pathlib import Path

from conftest import Lab
from harness.eventually import eventually
from harness.node import Node

ASK = """
import json, sys, urllib.request
request = urllib.request.Request("http://127.0.0.1:6784" + sys.argv[1], sys.argv[2].encode() or None,
                                 {"Accept": "application/json"})
print(urllib.request.urlopen(request, timeout=60).read().decode())
"""


def ask(node: Node, path: str, body: str = "") -> str:
    """What a node's router answers; with a body, to POST."""
    return node.run(f"python3 - {path} '{body}'", stdin=ASK)


def owners(node: Node) -> set[str]:
    """The peers that have ranges, as a node's router knows it."""
    return {entry["Peer"] for entry in json.loads(ask(node, "/report"))["IPAM"]["Entries"] or []}


def has_a_range(peer: str, nodes: list[Node]) -> None:
    """A claim: all of these know it."""
    assert all(peer in owners(node) for node in nodes)


def reclaims(peer: str, nodes: list[Node]) -> int:
    """How often those who look after Weave there have taken a peer's ranges back."""
    counted = f"journalctl --no-pager --unit=arpanet-weave | grep -c 'reclaim ranges of {peer}' || true"
    return sum(int(node.run(counted)) for node in nodes)


def is_no_peer(lab: Lab, gone: Node, peer: str, others: list[Node]) -> None:
    """A claim: nobody knows a node as a peer any more, or waits for it."""
    told = lab.told()
    assert gone.name not in told
    for node in others:
        assert peer not in told[node.name]["peers"]
        router = json.loads(ask(node, "/report"))["Router"]
        assert gone.address not in str((router["Targets"], router["Connections"]))


def test_a_node_leaves_and_joins_again(lab: Lab, abc: str, given: bool, tmp_path: Path) -> None:
    left, *others = lab.cluster.nodes[::-1]
    peer = lab.told()[left.name]["peer"]
    file = tmp_path / "compose.yml"
    web = {"image": "acmeinc/productcatalog", "stop_grace_period": "1s", "deploy": {"mode": "global"}}
    file.write_text(json.dumps({"services": {"web": web}}))
    lab.deploy(file, abc)

    def on_every_node() -> None:
        assert {one.node.name for one in lab.cluster.containers(abc)} == {node.name for node in lab.cluster.nodes}
        lab.reach_each_other(abc)

    eventually(on_every_node)
    if given:
        # A range for each router.
        for node in lab.cluster.nodes:
            ask(node, "/ip/test-range", "x=y")
        eventually(lambda: has_a_range(peer, others))
    before = reclaims(peer, others)
    try:
        lab.playbooks.do("leave", node=left.name)
        lab.cluster.gone(left.name)
        assert left.engine("/plugins") == []
        eventually(lambda: is_no_peer(lab, left, peer, others), within=120)
        if given:
            eventually(lambda: _reclaimed(peer, others, before + 1), within=120)
        lab.well()
        # Each node says so at its next look.
        eventually(lambda: _no_mention(lab, peer), within=30)
        lab.doctor_is_content()
        eventually(on_every_node)
    finally:
        lab.site()
        lab.cluster.again(left.name)
        lab.well(within=180)
    assert lab.told()[left.name]["peer"] == peer
    eventually(on_every_node, within=120)


def _no_mention(lab: Lab, peer: str) -> None:
    assert peer not in lab.playbooks.do("status").output


def _reclaimed(peer: str, nodes: list[Node], times: int) -> None:
    assert reclaims(peer, nodes) == times


def test_a_node_that_is_gone_is_forgotten_and_comes_back(lab: Lab, given: bool) -> None:
    gone, *others = lab.cluster.nodes[::-1]
    peer = lab.told()[gone.name]["peer"]
    for node in lab.cluster.nodes:
        # A range for each router; of one that stands in, one that nobody reaches.
        ask(node, "/ip/test-range" if given else "/own", "x=y" if given else f"peer={peer}")
    eventually(lambda: has_a_range(peer, others))
    before = reclaims(peer, others)
    lab.cluster.kill(gone)
    lab.playbooks.do("leave", node=gone.name, force="true")

    def forgotten() -> None:
        is_no_peer(lab, gone, peer, others)
        assert reclaims(peer, others) > before
        if given:
            assert not any(peer in owners(node) for node in others)
        else:
            reports = [json.loads(ask(node, "/report")) for node in others]
            assert [peer for report in reports for peer in report["Reclaimed"]] == [peer]

    eventually(forgotten, within=180)
    if not given:
        for node in others:
            ask(node, "/disown", f"peer={peer}")
    # Who looks once more finds nothing to take back.
    for node in others:
        node.run("systemctl restart arpanet-weave")
    lab.well()
    assert reclaims(peer, others) == before + 1
    # Switched on after all, with what it remembers: ranges that are others' now.
    lab.cluster.start(gone)
    eventually(lambda: gone.engine("/info"), within=120)
    lab.site()
    lab.well(within=180)
    assert lab.told()[gone.name]["peer"] == peer
    if given:
        for node in lab.cluster.nodes:
            ask(node, "/ip/test-again", "x=y")
        eventually(lambda: has_a_range(peer, others))
    else:
        assert owners(gone) == set()
    lab.doctor_is_content()
