"""Keys, tokens and the users' secrets are where they are needed and nowhere else."""

import json
import secrets
import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from harness.cluster import Cluster
from harness.eventually import eventually
from harness.leaks import finding, held_here, nowhere, said, watched
from harness.node import NodeError
from harness.playbooks import Playbooks
from harness.stacks import PROBE

# What a server answers whose certificate is of the CA that is trusted there.
HTTPS = (
    "import ssl, urllib.request as u; c = ssl.create_default_context(cafile='/etc/consul.d/tls/ca.pem'); "
    "print(u.urlopen('https://127.0.0.1:8501/v1/status/leader', context=c).read().decode())"
)
EVERYTHING = "serf,consul,consul_tokens,consul_ca,join_tokens"

STACK = """\
services:
  keeper:
    image: python:3-slim
    command: [python, -c, "import signal; signal.pause()"]
    init: true
    environment:
      DB_PASSWORD: "{password}"
      SETTING: plain
    secrets: [certificate]
    configs: [{{source: settings, target: /etc/settings.ini}}]
secrets:
  certificate: {{file: ./certificate.txt}}
configs:
  settings: {{file: ./settings.ini}}
"""


def keys_of(cluster: Cluster) -> dict[str, str]:
    """The cluster's own secrets by name, read on a manager."""
    manager = cluster.managers[0]
    found = {
        f"join token of a {role}": manager.run(f"docker swarm join-token --quiet {role}").strip()
        for role in ("manager", "worker")
    }
    for path in manager.run("find /etc/arpanet/keys /etc/arpanet/tokens -type f").split():
        found[path] = _secret_line(manager.run(f"cat {path}"))
    found["the server's key"] = _secret_line(manager.run("cat /etc/consul.d/tls/server.pem"))
    found |= json.loads(manager.run("cat /etc/consul.d/acl.json"))["acl"]["tokens"]
    found["registry"] = json.loads(manager.run("cat /etc/consul.d/arpanet-registry.json"))["service"]["token"]
    assert len(found) >= 14, sorted(found)
    assert all(len(text) >= 16 for text in found.values()), sorted(found)
    return found


def test_the_clusters_keys_are_in_no_log_process_or_readable_file(
    cluster: Cluster, playbooks: Playbooks, tmp_path: Path
) -> None:
    keys = keys_of(cluster)
    started = starts(cluster)
    # Somebody may keep facts.
    settings = {"ANSIBLE_CACHE_PLUGIN": "jsonfile", "ANSIBLE_CACHE_PLUGIN_CONNECTION": str(tmp_path / "facts")}
    try:
        with watched(cluster, keys) as seen:
            runs = [
                playbooks.do("site", "-vvv", "--diff", settings=settings),
                playbooks.deploy(PROBE, "leak", "-vvv", "--diff", settings=settings),
                playbooks.do("rotate_keys", "-vvv", "--diff", settings=settings, what=EVERYTHING),
                playbooks.do("status", "-vvv", settings=settings),
            ]
            renewed = keys_of(cluster)
            assert not {name for name, text in renewed.items() if text == keys[name]}
            keys |= {f"new {name}": text for name, text in renewed.items()}
        assert seen == {node.name: {} for node in cluster.nodes}
        for run in runs:
            assert not said(run, keys), run.command
        nowhere(cluster, keys)
        assert held_here(keys, tmp_path, cluster.inventory, Path("~/.ansible").expanduser()) == []
        assert list((tmp_path / "facts").iterdir())
        # All that is new was taken over by what ran on, and what is old opens nothing any more.
        assert starts(cluster) == started
        for server in cluster.managers:
            assert ":8300" in server.run(shlex.join(["python3", "-c", HTTPS]))
        old = next(node for node in cluster.managers if node.address != leading(cluster))
        old.run("umask 077; cat > /etc/arpanet/tokens/old", stdin=keys["/etc/arpanet/tokens/management"])
        with pytest.raises(NodeError, match="403"):
            old.consul("/v1/acl/tokens", purpose="old")
        # A leader makes the first token that it knows, if it is not there.
        with another_leader(cluster), pytest.raises(NodeError, match="403"):
            old.consul("/v1/acl/tokens", purpose="old")
    finally:
        cluster.each(lambda node: node.run("rm -f /etc/arpanet/tokens/old"))
        playbooks.remove("leak")


def test_a_worker_has_nothing_of_the_managers(cluster: Cluster) -> None:
    keys = keys_of(cluster)
    shared = {"/etc/arpanet/keys/consul", "/etc/arpanet/tokens/agent"}
    shared |= {"agent", "default", "dns", "join token of a worker", *(name for name in keys if "/keys/serf" in name)}
    theirs = {name: text for name, text in keys.items() if name not in shared}
    assert {"join token of a manager", "/etc/arpanet/keys/consul-ca", "/etc/arpanet/tokens/registrar"} <= set(theirs)
    workers = [node for node in cluster.nodes if not node.manager]
    found = cluster.each(lambda node: finding(node, theirs, as_root=True), workers)
    assert found == {node.name: [] for node in workers}


def test_what_users_keep_secret_arrives_and_is_shown_nowhere(
    cluster: Cluster, playbooks: Playbooks, tmp_path: Path
) -> None:
    values = {name: f"{name}-{secrets.token_hex(16)}" for name in ("password", "certificate", "settings")}
    stack = _stack(tmp_path, values)
    try:
        with watched(cluster, values) as seen:
            runs = [playbooks.deploy(stack, "vault", *flags, "-vvv", "--diff") for flags in (["--check"], [])]
            (keeper,) = cluster.containers("vault")
            read = keeper.run(
                "sh", "-c", "cat /run/secrets/certificate; echo; cat /etc/settings.ini; echo $DB_PASSWORD $SETTING"
            )
            assert read.split() == [values["certificate"], values["settings"], values["password"], "plain"]

            changed = {name: f"{name}-{secrets.token_hex(16)}" for name in values}
            _stack(tmp_path, changed)
            runs += [playbooks.deploy(stack, "vault", *flags, "-vvv", "--diff") for flags in (["--check"], [])]
            (keeper,) = cluster.containers("vault")
            assert keeper.run("cat", "/run/secrets/certificate") == changed["certificate"]
            runs.append(playbooks.do("status", "-vvv"))
        assert seen == {node.name: {} for node in cluster.nodes}
        every = {**{f"old {name}": text for name, text in values.items()}, **changed}
        for run in runs:
            assert not said(run, every), run.command
        # That it changes is shown, and under which name.
        assert "DB_PASSWORD" in runs[-2].output
        assert "plain" in runs[1].output
        nowhere(cluster, every)
        held = json.dumps([value for value, _ in cluster.kv().values()])
        assert not [name for name, text in every.items() if text in held]
    finally:
        runs = [playbooks.do("remove", "-vvv", "--diff", deployment="vault")]
    assert not said(runs[0], every)


def starts(cluster: Cluster) -> dict[str, str]:
    return cluster.each(lambda node: node.run("systemctl show --property=MainPID docker consul serf"))


def leading(cluster: Cluster) -> str:
    """The address of the server of Consul that leads."""
    return str(cluster.manager.consul("/v1/status/leader").partition(":")[0])


@contextmanager
def another_leader(cluster: Cluster) -> Iterator[None]:
    """Meanwhile another server of Consul leads, and the one that did is stopped."""
    leader = leading(cluster)
    (led,) = (node for node in cluster.managers if node.address == leader)
    asked = next(node for node in cluster.managers if node is not led)

    def elected() -> None:
        assert asked.consul("/v1/status/leader").partition(":")[0] not in ("", leader)
        # It answers so when all is done that a leader begins with, tokens too.
        asked.consul("/v1/kv/arpanet/leader?consistent")

    def back() -> None:
        assert led.consul("/v1/status/leader")

    led.run("systemctl stop consul")
    try:
        eventually(elected, within=60)
        yield
    finally:
        led.run("systemctl start consul")
        eventually(back, within=60)


def _secret_line(text: str) -> str:
    """The text itself; of PEM, a line of the private key."""
    _, pem, key = text.partition("PRIVATE KEY-----\n")
    return key.splitlines()[0] if pem else text.strip()


def _stack(directory: Path, values: dict[str, str]) -> Path:
    (directory / "compose.yml").write_text(STACK.format(**values))
    (directory / "certificate.txt").write_text(values["certificate"])
    (directory / "settings.ini").write_text(values["settings"] + "\n")
    return directory / "compose.yml"
