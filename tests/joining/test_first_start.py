"""Machines that join as docs/join.md has it: with cloud-init itself, with ansible-pull, and as a manager."""

import base64
import json
import shutil
import subprocess
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from harness import newcomers
from harness.cluster import CHECKOUT
from harness.eventually import eventually
from harness.newcomers import World
from harness.node import Node
from joined import cluster_id, is_node, key

INSTALL = "apt-get -q update && DEBIAN_FRONTEND=noninteractive apt-get -q -y install --no-install-recommends"


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with newcomers.world("start", nodes=4, managers=1) as world:
        yield world


def test_cloud_init(world: World) -> None:
    """The user data of docs/join.md, with this cluster's values."""
    node = world.node(2)
    world.prepare(2)
    node.run(f"{INSTALL} cloud-init", timeout=300)
    data = yaml.safe_load(documented("#cloud-config"))
    config, secret = data["write_files"]
    config["content"] = json.dumps({"join": [f"serf://{world.manager.address}"], "cluster": cluster_id(world)})
    secret["content"] = key(world)
    # A container has its name from who made it.
    data.pop("hostname")
    # Debian 12's cannot set one up where locales came with it.
    data["locale"] = False
    seed = "/var/lib/cloud/seed/nocloud"
    node.run(f"umask 077; mkdir -p {seed}; cat > {seed}/user-data", stdin="#cloud-config\n" + yaml.safe_dump(data))
    node.run(f"echo 'instance-id: {node.name}' > {seed}/meta-data; cloud-init clean")
    node.run("cloud-init init --local && cloud-init init", timeout=120)
    node.run("cloud-init modules --mode config && cloud-init modules --mode final", timeout=120)
    eventually(lambda: is_node(world, node), within=120)
    assert node.run("stat -c %a /etc/arpanet/join.key").strip() == "600"


def test_ansible_pull(world: World, tmp_path: Path) -> None:
    """A bare machine with Ansible, git and the collection gets the rest by itself."""
    node = world.node(3)
    if 'VERSION_ID="12"' in node.run("cat /etc/os-release"):
        pytest.skip("Debian 12's ansible-core is older than what the collection needs")
    node.run(f"{INSTALL} ansible-core git", timeout=600)
    send(node, collection(tmp_path), "/root/collection.tar.gz")
    node.run("ansible-galaxy collection install --offline /root/collection.tar.gz", timeout=120)
    send(node, repository(world, tmp_path / "cluster"), "/root/cluster.bundle")
    node.run("git clone -q --bare /root/cluster.bundle /srv/cluster.git")
    node.run("umask 077; cat > /root/gossip.key", stdin=key(world))
    pull = (
        "ansible-pull -U file:///srv/cluster.git -C main -d /root/cluster -i hosts.yml join.yml"
        f" -e join=serf://{world.manager.address} -e join_key_file=/root/gossip.key"
    )
    said = node.run(pull, timeout=600)
    eventually(lambda: is_node(world, node), within=60)
    assert key(world) not in said
    assert "changed=0 " in node.run(pull, timeout=300).rsplit("PLAY RECAP", 1)[1]


def test_a_manager(world: World) -> None:
    """Promoted by one, as the machine cannot do it; broken off before that, and finished by another run."""
    asked = {"host": 4, "join": f"serf://{world.manager.address}", "role": "manager"}
    assert world.join("--check", **asked).changed
    assert world.node(4).run("ls /var/lib/serf 2>/dev/null || true").split() == []

    def role() -> str:
        return str(json.loads(world.manager.run("docker node inspect node4"))[0]["Spec"]["Role"])

    for task in ("Have Serf ready to start", "Write the unit that joins", "Set role, labels and availability"):
        world.cut_off(task, **asked)
    assert role() == "worker"
    world.join(**asked)
    assert role() == "manager"
    eventually(lambda: is_node(world, world.node(4)), within=60)
    assert world.join(**asked).changed == 0


def documented(first: str) -> str:
    """The indented block of docs/join.md that begins with a line."""
    lines = (CHECKOUT / "docs/join.md").read_text().splitlines()
    start = lines.index(f"    {first}")
    block = []
    for line in lines[start:]:
        if line and not line.startswith("    "):
            break
        block.append(line)
    return textwrap.dedent("\n".join(block))


def collection(directory: Path) -> Path:
    """What ansible-galaxy makes of the checkout."""
    subprocess.run(
        ["ansible-galaxy", "collection", "build", "--force", "--output-path", str(directory)],
        cwd=CHECKOUT,
        check=True,
        capture_output=True,
    )
    return next(directory.glob("*.tar.gz"))


def repository(world: World, directory: Path) -> Path:
    """A user's own repository as a git bundle: a playbook and the lab's variables."""
    lab = world.cluster.inventory
    known = yaml.safe_load((lab / "hosts.yml").read_text())["all"]["vars"]
    here = {"localhost": {"ansible_connection": "local"}}
    shutil.copytree(lab / "group_vars", directory / "group_vars")
    (directory / "hosts.yml").write_text(yaml.safe_dump({"all": {"vars": known, "hosts": here}}))
    (directory / "join.yml").write_text("- import_playbook: arpanet.cluster.join\n")
    identity = ["-c", "user.name=test", "-c", "user.email=test@example.org"]
    for words in (["init", "-q", "-b", "main"], ["add", "."], ["commit", "-q", "-m", "cluster"]):
        subprocess.run(["git", *identity, *words], cwd=directory, check=True)
    bundle = directory / "cluster.bundle"
    subprocess.run(["git", "bundle", "create", "-q", str(bundle), "main"], cwd=directory, check=True)
    return bundle


def send(node: Node, file: Path, path: str) -> None:
    node.run(f"base64 -d > {path}", stdin=base64.b64encode(file.read_bytes()).decode(), timeout=120)
