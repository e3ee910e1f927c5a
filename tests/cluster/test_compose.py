"""A Compose Spec file arrives in the containers as it says, and what cannot be honoured is named."""

import threading
from collections.abc import Iterator
from contextlib import suppress

import pytest
from harness.claims import dns_agrees
from harness.cluster import Cluster
from harness.eventually import eventually
from harness.playbooks import Playbooks, Run
from harness.stacks import SPEC


@pytest.fixture(scope="module")
def run(cluster: Cluster, playbooks: Playbooks) -> Iterator[Run]:
    """The deployment `spec`. `front` becomes healthy only when its file is there, and deploy.yml waits for it."""
    done = threading.Event()

    def keep_healing() -> None:
        while not done.wait(0.2):
            with suppress(AssertionError):
                heal(cluster)

    healer = threading.Thread(target=keep_healing)
    healer.start()
    try:
        try:
            deployed = playbooks.deploy(SPEC, "spec", deploy_environment={"GREETING": "hello"})
        finally:
            done.set()
            healer.join()
        yield deployed
    finally:
        playbooks.do("remove", deployment="spec", volumes="true")


def heal(cluster: Cluster) -> None:
    """Let `front` be healthy, also those that replace it: its file is in a volume."""
    runs = cluster.containers("spec", "front")
    assert runs, "no front runs"
    runs[0].run("touch", "/data/healthy")


def test_environment_volumes_and_command(run: Run, cluster: Cluster) -> None:
    (front,) = cluster.containers("spec", "front")
    said = front.run("sh", "-c", 'echo "$FROM_FILE|$DIRECT|$INTERPOLATED|$PWD"; df -t tmpfs /scratch | tail -1')
    assert said.startswith("of the env file|of the file|hello|/data\n")
    assert said.rstrip().endswith("/scratch")
    listing = front.run("python3", "-c", "import urllib.request as u; print(u.urlopen('http://front:8000').read())")
    assert "healthy" in listing


def test_an_alias_of_a_link_is_a_name(run: Run, cluster: Cluster) -> None:
    (front,) = cluster.containers("spec", "front")
    backs = sorted(back.address for back in cluster.containers("spec", "back"))
    assert len(backs) == 2
    assert eventually(lambda: front.resolve("store")) == backs
    assert front.resolve("back") == backs


def test_a_published_port_answers_on_the_instances_node(run: Run, cluster: Cluster) -> None:
    (front,) = cluster.containers("spec", "front")
    assert front.node.manager
    command = "python3 -c \"import urllib.request as u; print(u.urlopen('http://{}:18000').status)\""
    assert cluster.managers[0].run(command.format(front.node.address)).strip() == "200"


def test_an_instance_leaves_dns_while_its_health_check_fails(run: Run, cluster: Cluster) -> None:
    (front,) = cluster.containers("spec", "front")
    name = "front.spec.service.consul"
    assert front.node.dns(name)[name] == [front.address]

    def left() -> None:
        found = cluster.each(lambda node: node.dns(name)[name])
        assert not any(found.values()), found

    def runs() -> None:
        assert cluster.containers("spec", "front")

    front.run("rm", "/data/healthy")
    try:
        eventually(left)
        # Swarm ends it after one failed check, and those that it starts in its place fail theirs as well.
        eventually(runs)
        left()
    finally:
        eventually(lambda: heal(cluster))
    eventually(lambda: dns_agrees(cluster, "spec", "front", 1))


def test_what_changes_nothing_is_named_with_its_service(run: Run) -> None:
    assert "service front: 'container_name' is ignored" in run.words
    assert run.output.count("is ignored") == 1


def test_a_second_deploy_of_it_changes_nothing(run: Run, playbooks: Playbooks) -> None:
    again = playbooks.deploy(SPEC, "spec", deploy_environment={"GREETING": "hello"})
    assert (again.changed, again.plan) == (0, [])
