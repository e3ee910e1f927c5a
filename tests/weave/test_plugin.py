"""The plugin on every node: from a bundle and from a registry, other settings, another version, and away again."""

import itertools
import json
import shutil
import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from bundle import make
from conftest import PAIR, Lab
from harness.cluster import CHECKOUT
from harness.eventually import eventually
from harness.node import Node


def test_a_second_run_changes_nothing(lab: Lab) -> None:
    assert lab.site().changed == 0
    assert lab.site("--check", "--diff").changed == 0


def test_what_is_wrong_is_refused_before_anything_changes(lab: Lab, tmp_path: Path) -> None:
    broken = Path(shutil.copytree(lab.bundle, tmp_path / "broken"))
    archive = next(broken.glob("rootfs.tar*"))
    archive.write_bytes(archive.read_bytes()[:-1] + b"x")
    for asked_for, said in (
        ({"weave_bundle": str(broken)}, "has the checksum sha256:"),
        ({"weave_bundle": str(tmp_path)}, "it has to have one of"),
        ({"weave_bundle": "", "weave_api_version": "1.10"}, "answers no API older than"),
        ({"weave_range": "10.33.0.0/24"}, "lies in the pool"),
        ({"weave_trusted_subnets": ["10.0.0.0/33"]}, "weave_trusted_subnets ['10.0.0.0/33']"),
    ):
        run = lab.playbooks.run("site", arpanet_driver="weave", **{"weave_bundle": str(lab.bundle), **asked_for})
        assert (run.code, run.changed) == (2, 0), run.output
        assert said in run.words


def test_settings_change_one_node_after_the_other_and_no_secret_is_shown(lab: Lab, given: bool) -> None:
    key = lab.password()
    trusted = f"{lab.cluster.manager.address.rpartition('.')[0]}.0/24"
    asked = {"weave_mtu": 1300, "weave_trusted_subnets": [trusted]}
    try:
        foretold = lab.site("--check", "--diff", **asked)
        done = lab.site("--diff", "-v", **asked)
        assert "1300" in foretold.output
        assert trusted in foretold.output
        assert key not in foretold.output + done.output
        for node in lab.cluster.nodes:
            environment = node.engine("/plugins/weave:latest/json")["Settings"]["Env"]
            assert "WEAVE_MTU=1300" in environment
            assert f"WEAVE_PASSWORD={key}" in environment
            (arguments,) = (entry for entry in environment if entry.startswith("EXTRA_ARGS="))
            assert f"--trusted-subnets={trusted}" in arguments
            assert key not in node.run("cat /proc/[0-9]*/cmdline | tr '\\0' ' '")
        spans = sorted(lab.cluster.each(_without_guard).values())
        assert all(ended <= began for (_, ended), (began, _) in itertools.pairwise(spans)), spans
        lab.well()
        if given:
            # All of its peers are in that subnet.
            eventually(lambda: _encrypts(lab, False))
        assert lab.site(**asked).changed == 0
    finally:
        lab.site()
        lab.well()
    eventually(lambda: _encrypts(lab, True))


def _without_guard(node: Node) -> tuple[int, int]:
    """From when to when nobody looked after a node's plugin, which is while that changes; in seconds."""
    shown = node.run("systemctl show --timestamp=unix -p InactiveEnterTimestamp -p ActiveEnterTimestamp arpanet-weave")
    times = dict(line.split("=@") for line in shown.splitlines())
    return int(times["InactiveEnterTimestamp"]), int(times["ActiveEnterTimestamp"])


def _encrypts(lab: Lab, wanted: bool) -> None:
    assert {name: value["encrypted"] for name, value in lab.told().items()} == {
        node.name: wanted for node in lab.cluster.nodes
    }


def another(lab: Lab, given: bool, directory: Path) -> Path:
    """The same plugin as another version."""
    if not given:
        return make(directory, "stand-in 2")
    shutil.copytree(lab.bundle, directory)
    config = json.loads((directory / "config.json").read_text())
    (directory / "config.json").write_text(json.dumps({**config, "description": "another version"}))
    return directory


def test_an_upgrade_keeps_deployments(lab: Lab, abc: str, given: bool, tmp_path: Path) -> None:
    lab.deploy(PAIR, abc)
    before = {one.id for one in lab.cluster.containers(abc)}
    old, lab.bundle = lab.bundle, another(lab, given, tmp_path / "next")
    try:
        assert lab.site().changed
        lab.well(within=180)
        assert {one.id for one in lab.cluster.containers(abc)} == before
        eventually(lambda: lab.reach_each_other(abc))
        assert lab.site().changed == 0
        if not given:
            assert {value["version"] for value in lab.told().values()} == {"stand-in 2"}
    finally:
        lab.bundle = old
        lab.site()
        lab.well(within=180)


def test_it_is_taken_away_and_its_next_password_is_shown_nowhere(lab: Lab) -> None:
    try:
        assert lab.site(weave_state="absent").changed
        for node in lab.cluster.nodes:
            assert node.engine("/plugins") == []
            assert not node.run("ls /etc/arpanet/keys").split().count("weave")
        assert lab.site(weave_state="absent").changed == 0
        lab.doctor_is_content()
    finally:
        with lab.unseen() as runs:
            runs.append(lab.site("-vvv", "--diff"))
        lab.well()


def test_the_bundle_is_what_the_documentation_says(lab: Lab) -> None:
    assert "SHA256SUMS" in (CHECKOUT / "docs" / "weave.md").read_text()
    with tarfile.open(next(lab.bundle.glob("rootfs.tar*"))) as archive:
        assert archive.next() is not None


IMAGE, TAG = "weave/net-plugin", "2.9.0"


def publish(lab: Lab) -> None:
    """Let the cluster's own registries, which fill each other, have the plugin as the bundle's config.json says it."""
    node = lab.cluster.manager
    archive = next(lab.bundle.glob("rootfs.tar*"))
    node.run("rm -rf /root/plugin && mkdir -p /root/plugin/rootfs")
    with archive.open("rb") as files:
        subprocess.run(node.argv("cat > /root/plugin.tar"), stdin=files, check=True, timeout=300)
    # Of a file it sees by itself how it is compressed.
    node.run("tar --extract --file=/root/plugin.tar --directory=/root/plugin/rootfs", timeout=300)
    node.run("cat > /root/plugin/config.json", stdin=(lab.bundle / "config.json").read_text())
    for manager in lab.cluster.managers:
        name = f"{manager.address}:5001/{IMAGE}:{TAG}"
        node.run(f"docker plugin create {name} /root/plugin && docker plugin push {name}", timeout=300)
        node.run(f"docker plugin rm {name}")
    node.run("rm -rf /root/plugin /root/plugin.tar")


def test_from_a_registry(lab: Lab, abc: str) -> None:
    publish(lab)
    asked = {"weave_bundle": "", "weave_registry": "127.0.0.1:5000", "weave_image": IMAGE, "weave_tag": TAG}
    lab.deploy(PAIR, abc)
    before = {one.id for one in lab.cluster.containers(abc)}
    try:
        assert f"127.0.0.1:5000/{IMAGE}:{TAG}" in lab.site("--check", "--diff", **asked).output
        assert lab.site(**asked).changed
        lab.well(within=180)
        for node in lab.cluster.nodes:
            reference = node.engine("/plugins/weave:latest/json")["PluginReference"]
            assert reference == f"127.0.0.1:5000/{IMAGE}:{TAG}"
        assert {one.id for one in lab.cluster.containers(abc)} == before
        eventually(lambda: lab.reach_each_other(abc))
        assert lab.site(**asked).changed == 0
    finally:
        lab.site()
        lab.well(within=180)


DROP_IN = "/etc/systemd/system/docker.service.d/floor.conf"


@pytest.fixture
def floor(lab: Lab) -> Iterator[str]:
    """Engines that answer no API older than this one, as those of Docker 29 do."""
    floor = "1.44"
    version = lab.cluster.manager.engine("/version")["Version"]
    if int(version.partition(".")[0]) < 25:
        pytest.skip(f"Docker {version} cannot be told to refuse old APIs: DOCKER_MIN_API_VERSION came with 25")

    def restart(node: Node, change: str) -> None:
        node.run(f"{change}; systemctl daemon-reload; systemctl restart docker", timeout=180)
        eventually(lambda: node.engine("/nodes"), within=60)

    try:
        for node in lab.cluster.nodes:
            text = f"[Service]\\nEnvironment=DOCKER_MIN_API_VERSION={floor}\\n"
            restart(node, f"mkdir -p $(dirname {DROP_IN}); printf '{text}' > {DROP_IN}")
            lab.well(within=180)
        yield floor
    finally:
        for node in lab.cluster.nodes:
            restart(node, f"rm -f {DROP_IN}")
        lab.site()
        lab.well(within=180)


def test_engines_that_refuse_what_the_published_plugin_asks(lab: Lab, abc: str, floor: str) -> None:
    asked = {"arpanet_driver": "weave", "weave_bundle": ""}
    for flags in ((), ("--check",)):
        run = lab.playbooks.run("site", *flags, **asked)
        assert (run.code, run.changed) == (2, 0), run.output
        for node in lab.cluster.nodes:
            assert (
                f"{node.name}: Docker {node.engine('/version')['Version']} answers no API older than {floor}"
                in run.words
            )
        assert 'Set docker_daemon_options to {min-api-version: "1.26"}' in run.words
    # A bundle's plugin is told to ask otherwise.
    lab.site()
    lab.well(within=180)
    for node in lab.cluster.nodes:
        assert f"DOCKER_API_VERSION={floor}" in node.engine("/plugins/weave:latest/json")["Settings"]["Env"]
    lab.deploy(PAIR, abc)
    eventually(lambda: lab.reach_each_other(abc))
    assert lab.site().changed == 0
