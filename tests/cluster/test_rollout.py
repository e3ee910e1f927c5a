"""Updates, failures and ways back: a deployment is at one revision or at another, never between."""

import json
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from conftest import Temporary
from harness.claims import dns_agrees
from harness.cluster import Cluster
from harness.eventually import eventually
from harness.load import HEALTH, LOAD, asked, asked_more_than, failures
from harness.playbooks import Playbooks

WEB = """\
services:
  web:
    image: acmeinc/productcatalog
    stop_grace_period: 5s
    # Without one, an instance is in DNS as soon as it runs, and its server may not listen yet.
    healthcheck: {{test: [CMD, bash, -c, {health}], interval: 1s}}
    environment: {{MODE: "{mode}"}}
    {more}
    secrets: [key]
    deploy: {{replicas: 2}}
  asker:
    image: python:3-slim
    init: true
    command: [python, -u, -c, {load}]
    depends_on: {{web: {{condition: service_healthy}}}}
secrets:
  key: {{file: key.txt}}
"""
CRASH = "command: [python, -c, \"print('no such table'); raise SystemExit(3)\"]"


class Stack:
    """A stack's file that a test rewrites."""

    def __init__(self, directory: Path) -> None:
        self.file = directory / "compose.yml"
        self.write("one")
        self.key("first")

    def write(self, mode: str, more: str = "") -> None:
        self.file.write_text(WEB.format(mode=mode, more=more, load=json.dumps(LOAD), health=json.dumps(HEALTH)))

    def key(self, content: str) -> None:
        (self.file.parent / "key.txt").write_text(content)


@pytest.fixture
def stack(tmp_path: Path) -> Stack:
    return Stack(tmp_path)


@pytest.fixture
def roll(stack: Stack, temporary: Temporary) -> Iterator[str]:
    with temporary("roll", stack.file) as deployment:
        yield deployment


def modes(cluster: Cluster) -> set[str]:
    """What the running instances of `web` have in their environment."""
    return {web.run("sh", "-c", "echo $MODE").strip() for web in cluster.containers("roll", "web")}


def secrets(cluster: Cluster) -> list[str]:
    return sorted(item["Spec"]["Name"] for item in cluster.swarm("secrets") if "roll" in item["Spec"]["Name"])


def test_an_update_under_load_drops_no_request(roll: str, stack: Stack, cluster: Cluster, playbooks: Playbooks) -> None:
    (asker,) = cluster.containers(roll, "asker")
    eventually(lambda: asked_more_than(asker, 50))
    before = asked(asker)
    stack.write("two")
    assert playbooks.deploy(stack.file, roll).plan == ["~ service roll_web"]
    assert modes(cluster) == {"two"}
    eventually(lambda: asked_more_than(asker, before + 50))
    assert not failures(asker)


def test_a_failed_update_goes_back_as_a_whole_and_says_why(
    roll: str, stack: Stack, cluster: Cluster, playbooks: Playbooks
) -> None:
    kept = secrets(cluster)
    stack.write("two", CRASH)
    stack.key("second")
    run = playbooks.run("deploy", stack=str(stack.file), deployment=roll)
    assert run.code != 0
    assert re.search("service web: [01] of 2 instances arrived", run.words)
    assert "the deployment is back at revision 1" in run.words
    assert "exit_code: 3" in run.words
    assert "no such table" in run.words
    assert any(f"node: {node.name}" in run.words for node in cluster.nodes)
    assert modes(cluster) == {"one"}
    assert secrets(cluster) == kept, "what the failed update had made is gone"
    dns_agrees(cluster, roll, "web", 2)
    stack.write("one")
    stack.key("first")
    assert playbooks.deploy(stack.file, roll).changed == 0


@pytest.mark.long
def test_an_update_that_swarm_takes_back_itself(
    stack: Stack, temporary: Temporary, cluster: Cluster, playbooks: Playbooks
) -> None:
    """Swarm says so of the service until it is updated again, which status and doctor would tell for ever."""
    update = {"failure_action": "rollback", "monitor": "5s"}
    web: dict[str, Any] = {"image": "acmeinc/productcatalog", "deploy": {"update_config": update}}

    def write(**more: Any) -> None:
        stack.file.write_text(json.dumps({"services": {"web": {**web, **more}}}))

    write()
    with temporary("taken", stack.file) as taken:
        write(command=["python", "-c", "raise SystemExit(3)"])
        run = playbooks.run("deploy", stack=str(stack.file), deployment=taken)
        assert run.code != 0
        assert "the deployment is back at revision 1" in run.words
        assert "failed too" not in run.words
        write()
        assert playbooks.deploy(stack.file, taken).changed == 0
        assert len(cluster.containers(taken)) == 1
        eventually(lambda: playbooks.do("doctor"), within=60)


def test_going_back_by_hand(roll: str, stack: Stack, cluster: Cluster, playbooks: Playbooks) -> None:
    none = playbooks.run("rollback", deployment=roll)
    assert none.code != 0
    assert "only one revision is kept" in none.words
    for mode in ("two", "three"):
        stack.write(mode)
        playbooks.deploy(stack.file, roll)
    assert playbooks.do("rollback", "--check", deployment=roll).changed == 1
    assert modes(cluster) == {"three"}
    playbooks.do("rollback", deployment=roll)
    assert modes(cluster) == {"two"}
    playbooks.do("rollback", deployment=roll, revision=1)
    assert modes(cluster) == {"one"}
    assert playbooks.do("rollback", deployment=roll, revision=1).changed == 0
    unknown = playbooks.run("rollback", deployment=roll, revision=77)
    assert unknown.code != 0
    assert "revision 77 is not kept; there are 1, 2, 3, 4, 5" in unknown.words


@pytest.mark.long
def test_a_secret_rotates_in_one_run_and_old_ones_are_collected(
    roll: str, stack: Stack, cluster: Cluster, playbooks: Playbooks
) -> None:
    (first,) = secrets(cluster)
    for content in ("second", "third"):
        stack.key(content)
        playbooks.deploy(stack.file, roll)
        for web in cluster.containers(roll, "web"):
            assert web.run("cat", "/run/secrets/key") == content
    # The one before stays, to go back to; what is older went.
    assert len(secrets(cluster)) == 2
    assert first not in secrets(cluster)
    assert playbooks.deploy(stack.file, roll).changed == 0


def test_two_controllers_take_turns(roll: str, stack: Stack, cluster: Cluster, playbooks: Playbooks) -> None:
    stack.write("two")
    with ThreadPoolExecutor(2) as pool:
        runs = list(pool.map(lambda _: playbooks.deploy(stack.file, roll), range(2)))
    # The second one finds done what it had come for.
    assert sorted(run.changed for run in runs) == [0, 1]
    assert modes(cluster) == {"two"}


@pytest.mark.long
def test_a_lock_that_somebody_holds_is_respected_by_name(
    roll: str, stack: Stack, cluster: Cluster, playbooks: Playbooks
) -> None:
    lock = f"kv/arpanet/locks/{roll}?acquire="
    held = _put(cluster, "session/create", {"TTL": "600s", "Behavior": "delete", "LockDelay": "0s"})["ID"]
    try:
        _put(cluster, lock + held, {"holder": "eve@elsewhere", "since": "now"})
        stack.write("two")
        refused = playbooks.run("deploy", stack=str(stack.file), deployment=roll, deploy_lock_timeout=1)
        assert refused.code != 0
        assert "eve@elsewhere has been working on it since now" in refused.words
        assert modes(cluster) == {"one"}
    finally:
        _put(cluster, f"session/destroy/{held}", {})
    # Nobody renews this one: a dead holder keeps the others for twice its time to live at most.
    dead = _put(cluster, "session/create", {"TTL": "10s", "Behavior": "delete", "LockDelay": "0s"})["ID"]
    _put(cluster, lock + dead, {"holder": "eve@elsewhere", "since": "now"})
    playbooks.deploy(stack.file, roll)
    assert modes(cluster) == {"two"}


@pytest.mark.long
def test_a_larger_subnet_while_it_serves(roll: str, stack: Stack, cluster: Cluster, playbooks: Playbooks) -> None:
    refused = playbooks.run("scale", deployment=roll, service="asker", replicas=60)
    assert refused.code != 0
    assert f"{len(cluster.nodes)} nodes + 2" in refused.words
    assert "-e subnet_size=/2" in refused.words
    (asker,) = cluster.containers(roll, "asker")
    assert playbooks.deploy(stack.file, roll, subnet_size="/24").changed
    found = cluster.kv(f"arpanet/deployments/{roll}")[f"arpanet/deployments/{roll}"][0]["networks"]
    assert [cidr.endswith("/24") for cidr in found.values()] == [True]
    assert [item["Name"] for item in cluster.swarm("networks") if "roll" in item["Name"]] == ["roll_default-g2"]
    (asker,) = cluster.containers(roll, "asker")
    eventually(lambda: asked_more_than(asker, 20))
    assert playbooks.deploy(stack.file, roll).changed == 0
    # In Swarm's name of the new network its dot is a dash.
    eventually(lambda: playbooks.do("doctor"), within=60)


def _put(cluster: Cluster, path: str, body: dict[str, str]) -> Any:
    """What Consul on a manager answers to PUT."""
    return cluster.manager.consul(f"/v1/{path}", "PUT", body=json.dumps(body))
