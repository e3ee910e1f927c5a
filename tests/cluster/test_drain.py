"""A node is emptied without a gap, and used again."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import Temporary
from harness.claims import dns_agrees, leases_agree
from harness.cluster import Cluster
from harness.eventually import eventually
from harness.load import HEALTH, LOAD, asked, asked_more_than, failures
from harness.playbooks import Playbooks

# `web` and `solo` are asked from one node and run on the others; `data` has a volume on the asker's.
STACK = """\
services:
  web: &web
    image: acmeinc/productcatalog
    stop_grace_period: 5s
    healthcheck: {{test: [CMD, bash, -c, {health}], interval: 1s}}
    deploy: {{replicas: 2, placement: {{constraints: [node.hostname!={apart}]}}}}
  solo:
    <<: *web
    deploy: {{replicas: 1, placement: {{constraints: [node.hostname!={apart}]}}}}
  each:
    image: acmeinc/productcatalog
    deploy: {{mode: global}}
  data:
    image: acmeinc/productcatalog
    volumes: [data:/data]
    deploy: {{placement: {{constraints: [node.hostname=={apart}]}}}}
  asker:
    image: python:3-slim
    init: true
    command: [python, -u, -c, {load}, web, solo]
    depends_on: {{web: {{condition: service_healthy}}, solo: {{condition: service_healthy}}}}
    deploy: {{placement: {{constraints: [node.hostname=={apart}]}}}}
volumes:
  data:
"""


# Almost all of a node's processors, so that two instances never fit on one.
LARGE = """\
services:
  large:
    image: acmeinc/productcatalog
    deploy: {{replicas: {count}, resources: {{reservations: {{cpus: "{cpus}"}}}}}}
"""


# Two of it would write to one directory, as of a share that all nodes have.
SHARED = """\
services:
  one:
    image: acmeinc/productcatalog
    stop_grace_period: 2s
    volumes: [/srv:/shared]
"""


# Healthy on one node alone, and elsewhere forever on their way to be.
AT_HOME = """\
x-one: &one
  image: acmeinc/productcatalog
  environment: {{WHERE: "{{{{.Node.Hostname}}}}"}}
  healthcheck: {{test: [CMD, bash, -c, '[ "$$WHERE" = {home} ]'], interval: 1s, retries: 1000}}
  deploy: {{update_config: {{order: start-first}}, placement: {{constraints: [{constraints}]}}}}
services:
{services}
"""


@pytest.fixture(scope="module")
def apart(cluster: Cluster) -> str:
    """The node that asks, and that cannot be emptied."""
    return cluster.nodes[0].name


@pytest.fixture(scope="module")
def stack(apart: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("moving") / "compose.yml"
    file.write_text(STACK.format(health=json.dumps(HEALTH), load=json.dumps(LOAD), apart=apart))
    return file


@pytest.fixture(scope="module")
def moving(stack: Path, cluster: Cluster, playbooks: Playbooks) -> Iterator[str]:
    try:
        playbooks.deploy(stack, "moving")
        yield "moving"
    finally:
        _activate_all(cluster, playbooks)
        playbooks.do("remove", deployment="moving", volumes="true")


def test_a_node_is_emptied_under_load_and_used_again(
    moving: str, stack: Path, cluster: Cluster, playbooks: Playbooks
) -> None:
    (asker,) = cluster.containers(moving, "asker")
    (solo,) = cluster.containers(moving, "solo")
    node = solo.node.name
    eventually(lambda: asked_more_than(asker, 50))
    before = {one.instance: one.id for one in cluster.containers(moving)}
    elsewhere = {one.instance for one in cluster.containers(moving) if one.node.name != node}

    assert playbooks.do("drain", "--check", node=node).changed == 1
    assert {one.instance: one.id for one in cluster.containers(moving)} == before
    run = playbooks.do("drain", node=node)
    assert run.changed == 1
    assert "~ service moving_solo" in run.plan and "- service moving_each" in run.plan
    assert f"~ node {node}: active -> drain" in run.words
    assert playbooks.do("drain", node=node).changed == 0

    seen = asked(asker)
    eventually(lambda: asked_more_than(asker, seen + 50))
    assert not failures(asker)
    after = {one.instance: one for one in cluster.containers(moving)}
    assert node not in {one.node.name for one in after.values()}
    # Same numbers, and who was elsewhere was left alone.
    assert {name: after[name].id for name in elsewhere} == {name: before[name] for name in elsewhere}
    assert {"1.solo.moving", "1.web.moving", "2.web.moving"} <= after.keys()
    dns_agrees(cluster, moving, "web", 2)
    eventually(lambda: leases_agree(cluster), within=60)
    assert playbooks.deploy(stack, moving).changed == 0, "the services are what they were"

    assert playbooks.do("activate", "--check", node=node).changed == 1
    assert playbooks.do("activate", node=node).changed == 1
    assert node in {one.node.name for one in cluster.containers(moving, "each")}
    assert playbooks.do("activate", node=node).changed == 0
    assert not failures(asker)


def test_what_may_not_be_there_twice_stops_first(
    cluster: Cluster, playbooks: Playbooks, temporary: Temporary, tmp_path: Path
) -> None:
    file = tmp_path / "compose.yml"
    file.write_text(SHARED)
    with temporary("shared", file):
        (one,) = cluster.containers("shared")
        try:
            for flags in (("--check",), ()):
                told = playbooks.do("drain", *flags, node=one.node.name)
                assert (
                    "shared_one (1 instance to other nodes, stopped here first: two would write to /srv)" in told.words
                )
            (moved,) = cluster.containers("shared")
            assert moved.node.name != one.node.name
            ended = one.node.run(f"docker inspect --format '{{{{.State.FinishedAt}}}}' {one.id}")
            began = moved.node.run(f"docker inspect --format '{{{{.State.StartedAt}}}}' {moved.id}")
            assert ended < began
            assert playbooks.deploy(file, "shared").changed == 0, "the service is what it was"
        finally:
            _activate_all(cluster, playbooks)


@pytest.mark.long
def test_what_cannot_move_is_refused_or_stopped(
    moving: str, apart: str, stack: Path, cluster: Cluster, playbooks: Playbooks
) -> None:
    before = {one.instance: one.id for one in cluster.containers(moving)}
    refused = playbooks.run("drain", node=apart)
    assert refused.code != 0
    assert f"service moving_data: its volume moving_data is on {apart}" in refused.words
    assert "service moving_asker: no other node may run it" in refused.words
    assert {one.instance: one.id for one in cluster.containers(moving)} == before
    assert _availability(cluster, apart) == "active"

    playbooks.do("drain", node=apart, stop_pinned="true")
    assert not cluster.containers(moving, "data")
    playbooks.do("activate", node=apart)
    assert [one.node.name for one in cluster.containers(moving, "data")] == [apart]
    assert playbooks.deploy(stack, moving).changed == 0


@pytest.mark.long
def test_replacements_that_do_not_come_leave_all_as_it_was(
    cluster: Cluster, playbooks: Playbooks, temporary: Temporary, tmp_path: Path
) -> None:
    node = cluster.nodes[-1].name
    cpus = json.loads(cluster.manager.run(f"docker node inspect {node}"))[0]["Description"]["Resources"]["NanoCPUs"]
    file = tmp_path / "compose.yml"
    file.write_text(LARGE.format(count=len(cluster.nodes), cpus=0.8 * cpus / 1e9))
    with temporary("large", file):
        before = {one.instance: one.id for one in cluster.containers("large")}
        failed = playbooks.run("drain", node=node, operate_timeout=5)
        assert failed.code != 0
        assert "insufficient resources" in failed.words
        assert f"{node} is active as before" in failed.words
        assert _availability(cluster, node) == "active"
        assert {one.instance: one.id for one in cluster.containers("large")} == before
        assert playbooks.deploy(file, "large").changed == 0


@pytest.mark.long
def test_replacements_that_are_never_healthy_take_nobodys_place(
    cluster: Cluster, playbooks: Playbooks, temporary: Temporary, tmp_path: Path
) -> None:
    home = cluster.nodes[-1].name
    others = [node.name for node in cluster.nodes if node.name != home]
    file = tmp_path / "compose.yml"
    # Swarm keeps one of two tasks by chance, so one service alone would prove little.
    services = "\n".join(f"  s{number}: *one" for number in range(8))
    file.write_text(AT_HOME.format(services=services, home=home, constraints=""))
    _set_availability(cluster, others, "pause")
    try:
        with temporary("home", file):
            _set_availability(cluster, others, "active")
            before = {one.instance: one.id for one in cluster.containers("home")}
            assert len(before) == 8
            failed = playbooks.run("drain", node=home, operate_timeout=5)
            assert failed.code != 0
            assert "0 of 1 instances arrived after 5 s: 1 starting on node" in failed.words
            assert f"{home} is active as before" in failed.words
            assert {one.instance: one.id for one in cluster.containers("home")} == before
            assert playbooks.deploy(file, "home").changed == 0
            # Nothing but their places would change.
            away = tmp_path / "away.yml"
            away.write_text(AT_HOME.format(services=services, home=home, constraints=f"node.hostname!={home}"))
            failed = playbooks.run("deploy", stack=str(away), deployment="home", deploy_timeout=20)
            assert failed.code != 0
            assert "the deployment is back at revision 1" in failed.words
            assert {one.instance: one.id for one in cluster.containers("home")} == before
    finally:
        _set_availability(cluster, others, "active")


def test_bad_requests(cluster: Cluster, playbooks: Playbooks) -> None:
    unsaid = playbooks.run("drain")
    assert unsaid.code != 0
    assert "Say which node: -e node=" in unsaid.words
    unknown = playbooks.run("drain", node="nobody")
    assert unknown.code != 0
    assert f"the swarm has no node nobody; it has {cluster.all_nodes[0].name}" in unknown.words


def _availability(cluster: Cluster, node: str) -> str:
    return json.loads(cluster.manager.run(f"docker node inspect {node}"))[0]["Spec"]["Availability"]


def _set_availability(cluster: Cluster, nodes: list[str], availability: str) -> None:
    for node in nodes:
        cluster.manager.run(f"docker node update --availability {availability} {node}")


def _activate_all(cluster: Cluster, playbooks: Playbooks) -> None:
    for node in cluster.nodes:
        if _availability(cluster, node.name) != "active":
            playbooks.do("activate", node=node.name)
