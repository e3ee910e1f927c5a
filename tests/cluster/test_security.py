"""Who has no right gets nothing. What each token may do, one by one: tests/integration/test_consul_tokens.py."""

import json
import shlex

import pytest
from harness.cluster import Cluster
from harness.node import Node, NodeError

# Of a node's Consul, what everybody asks who has got in.
ASKED = [
    ("GET", "/v1/kv/arpanet/?recurse"),
    ("GET", "/v1/kv/arpanet/leader"),
    ("PUT", "/v1/kv/arpanet/leader"),
    ("DELETE", "/v1/kv/arpanet/?recurse"),
    ("GET", "/v1/agent/self"),
    ("PUT", "/v1/agent/leave"),
    ("PUT", "/v1/agent/service/register"),
    ("PUT", "/v1/session/create"),
    ("GET", "/v1/acl/tokens"),
    ("GET", "/v1/snapshot"),
    ("GET", "/v1/operator/raft/configuration"),
]
BODIES = {"/v1/agent/service/register": '{"Name": "web"}', "/v1/kv/arpanet/leader": "{}"}
OF_EVERY_NODE = {"agent", "registrar"}


def refused(node: Node, method: str, path: str, purpose: str) -> bool:
    try:
        node.consul(path, method, purpose=purpose, body=BODIES.get(path, ""))
    except NodeError as error:
        # Of a snapshot, what a follower has to say comes back as a broken connection at times.
        assert f"{method} {path}: 403" in str(error) or path == "/v1/snapshot", error
        return True
    return False


def one_of_each(cluster: Cluster) -> list[Node]:
    return [*{node.manager: node for node in cluster.nodes}.values()]


def test_who_has_no_token_gets_nothing(cluster: Cluster) -> None:
    for node in one_of_each(cluster):
        assert [path for method, path in ASKED if not refused(node, method, path, "-")] == []


def test_every_node_has_its_tokens_and_no_others(cluster: Cluster) -> None:
    managers = OF_EVERY_NODE | {"deploy", "catalog", "management"}
    listed = cluster.each(lambda node: {*node.run("ls /etc/arpanet/tokens").split()})
    assert listed == {node.name: managers if node.manager else OF_EVERY_NODE for node in cluster.nodes}


@pytest.mark.parametrize("purpose", sorted(OF_EVERY_NODE))
def test_a_workers_tokens_open_nothing_of_the_managers(cluster: Cluster, purpose: str) -> None:
    workers = [node for node in cluster.nodes if not node.manager]
    if not workers:
        pytest.skip("the inventory has no worker")
    for method, path in [
        ("PUT", "/v1/kv/arpanet/subnets/owners/x/default"),
        ("PUT", "/v1/kv/arpanet/pools/default"),
        ("PUT", "/v1/kv/arpanet/leader"),
        ("PUT", "/v1/session/create"),
        ("PUT", "/v1/kv/elsewhere"),
        ("GET", "/v1/acl/tokens"),
        ("GET", "/v1/snapshot"),
    ]:
        assert refused(workers[0], method, path, purpose), path


def test_deploys_have_a_token_that_is_not_management(cluster: Cluster) -> None:
    for method, path in [
        ("GET", "/v1/acl/tokens"),
        ("GET", "/v1/snapshot"),
        ("PUT", "/v1/kv/elsewhere"),
        ("PUT", "/v1/agent/leave"),
    ]:
        assert refused(cluster.manager, method, path, "deploy"), path
    assert not refused(cluster.manager, "GET", "/v1/acl/tokens", "management")


def test_servers_talk_to_nobody_without_a_certificate(cluster: Cluster) -> None:
    server, asker = cluster.managers[0], cluster.managers[-1]
    found = asker.script("consul_rpc", server.address, "a server=/etc/consul.d/tls/server.pem")
    assert json.loads(found) == {"plain": False, "no certificate": False, "a server": True}


def test_https_is_who_it_says(cluster: Cluster) -> None:
    script = (
        "import ssl, urllib.request as u; "
        "c = ssl.create_default_context(cafile='/etc/consul.d/tls/ca.pem'); "
        "print(u.urlopen('https://127.0.0.1:8501/v1/status/leader', context=c).read().decode())"
    )
    assert ":8300" in cluster.manager.run(shlex.join(["python3", "-c", script]))


def test_private_files_are_private(cluster: Cluster) -> None:
    """Directories and files with a secret, each with the one user who may read it."""
    command = (
        "stat --format='%A %U %n' /etc/arpanet/tokens /etc/arpanet/tokens/* /etc/consul.d/*.json "
        "$(ls -d /etc/arpanet/keys /etc/arpanet/keys/* /etc/consul.d/tls/server.pem 2>/dev/null)"
    )
    for node, lines in cluster.each(lambda node: node.run(command).splitlines()).items():
        for line in lines:
            rights, user, path = line.split()
            if path == "/etc/consul.d/arpanet.json":
                continue
            assert rights[4:] == "------", f"{node}: {line}"
            assert user == ("consul" if path.startswith("/etc/consul.d") else "root"), f"{node}: {line}"
