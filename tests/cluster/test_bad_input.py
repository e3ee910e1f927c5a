"""What cannot be done is said in one clear error, and nothing has been changed then."""

from pathlib import Path
from typing import Any

import pytest
from harness.cluster import Cluster
from harness.playbooks import Playbooks
from harness.state import state

REDIS = "services:\n  one:\n    image: redis\n"
HAVE = """\
services:
  one:
    image: redis
    {}
"""

# what is wrong: (text of the stack's file, what is asked, words of the error)
STACKS: dict[str, tuple[str, dict[str, str], list[str]]] = {
    "no YAML": ("services:\n  one: {image: redis\n", {}, ["stack.yml", "is not YAML", "line 3"]),
    "no stack": ("just: words\n", {}, ["stack.yml", "just"]),
    "no services": ("services: {}\n", {}, ["stack.yml", "services"]),
    "refused key": (HAVE.format("privileged: true"), {}, ["stack.yml", "service one", "privileged", "cap_add"]),
    "link to nobody": (HAVE.format("links: [absent]"), {}, ["stack.yml", "one", "absent"]),
    "link of a fig file to nobody": ("one: {image: redis, links: [absent]}\n", {}, ["stack.yml", "one", "absent"]),
    "cycle": (
        "services:\n  one: {image: redis, depends_on: [two]}\n  two: {image: redis, depends_on: [one]}\n",
        {},
        ["stack.yml", "cycle", "one", "two"],
    ),
    "no Dockerfile": ("services:\n  one: {build: .}\n", {}, ["service one", "Dockerfile"]),
    "no context": ("services:\n  one: {build: nowhere}\n", {}, ["service one", "nowhere"]),
    "no image": ("services:\n  one: {command: 'true'}\n", {}, ["stack.yml", "one", "image"]),
    "bad id": (REDIS, {"deployment": "Not_An_Id"}, ["'Not_An_Id'", "lower-case"]),
    "reserved id": (REDIS, {"deployment": "consul"}, ["'consul'", "choose another"]),
    "bad subnet size": (REDIS, {"subnet_size": "huge"}, ["'huge'", "/24"]),
    "pool without room": (
        REDIS,
        {"deploy_pool": "narrow", "deploy_pool_cidr": "10.220.0.0/26", "subnet_size": "/25"},
        ["narrow", "10.220.0.0/26", "/25"],
    ),
    "pool of another range": (REDIS, {"arpanet_pool": "10.96.0.0/12"}, ["default", "10.32.0.0/12", "10.96.0.0/12"]),
    "missing secret": (
        HAVE.format("secrets: [key]") + "secrets: {key: {file: ./absent.txt}}\n",
        {},
        ["stack.yml", "secret key", "absent.txt"],
    ),
}


@pytest.mark.parametrize("wrong", STACKS)
def test_a_stack_that_cannot_be(wrong: str, abc: str, cluster: Cluster, playbooks: Playbooks, tmp_path: Path) -> None:
    text, asked, words = STACKS[wrong]
    (tmp_path / "stack.yml").write_text(text)
    _refused(
        cluster, playbooks, words, "deploy", **{"stack": str(tmp_path / "stack.yml"), "deployment": "bad", **asked}
    )


def test_a_stack_that_is_not_there(abc: str, cluster: Cluster, playbooks: Playbooks) -> None:
    words = ["nowhere/fig.yml does not exist", "-e stack="]
    _refused(cluster, playbooks, words, "deploy", stack="nowhere/fig.yml", deployment="bad")


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"deployment": "abc", "service": "prices", "replicas": 2}, ["'prices'", "pricing", "abc"]),
        ({"deployment": "abd", "service": "pricing", "replicas": 2}, ["abd", "status.yml"]),
        ({"deployment": "abc", "service": "pricing", "replicas": "many"}, ["-e replicas=3"]),
        ({"deployment": "abc", "service": "pricing"}, ["-e replicas=3"]),
    ],
)
def test_a_scale_that_cannot_be(
    asked: dict[str, Any], words: list[str], abc: str, cluster: Cluster, playbooks: Playbooks
) -> None:
    _refused(cluster, playbooks, words, "scale", **asked)


@pytest.mark.parametrize("playbook", ["deploy", "scale", "remove", "status"])
def test_no_manager_answers(playbook: str, cluster: Cluster, playbooks: Playbooks, tmp_path: Path) -> None:
    (tmp_path / "stack.yml").write_text(REDIS)
    inventory = tmp_path / "hosts.ini"
    # Nothing listens there.
    lines = [f"node{i} ansible_host=127.0.0.1 ansible_port={i} ansible_connection=ssh" for i in (1, 2)]
    inventory.write_text("[managers]\n" + "\n".join(lines) + "\n[workers]\n")
    asked = {"stack": str(tmp_path / "stack.yml"), "deployment": "abc", "service": "pricing", "replicas": 3}
    run = playbooks.run(playbook, inventory=inventory, **asked)
    assert run.code != 0
    for word in ("No manager", "node1", "node2", "site.yml"):
        assert word in run.words, run.output


def test_an_image_that_nobody_has(abc: str, cluster: Cluster, playbooks: Playbooks, tmp_path: Path) -> None:
    """Which image, which service; what had been allocated for the deployment is given back."""
    (tmp_path / "stack.yml").write_text("services:\n  one:\n    image: nobody/has-this\n")
    before = state(cluster)
    run = playbooks.run("deploy", stack=str(tmp_path / "stack.yml"), deployment="unpulled")
    assert run.code != 0
    for word in ("service one", "nobody/has-this", "correct the name"):
        assert word in run.words, run.output
    assert state(cluster) == before


def _refused(cluster: Cluster, playbooks: Playbooks, words: list[str], playbook: str, **asked: Any) -> None:
    before = state(cluster)
    run = playbooks.run(playbook, **asked)
    assert run.code != 0, run.output
    for word in words:
        assert word in run.words, f"{word!r} is not said:\n{run.output}"
    assert run.output.count("[ERROR]") == 1, run.output
    assert "Traceback" not in run.output
    assert run.changed == 0
    assert state(cluster) == before
