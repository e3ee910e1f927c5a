"""What site.yml made of bare hosts."""

from harness.cluster import Cluster
from harness.eventually import eventually
from harness.playbooks import Playbooks


def test_swarm_has_every_node_in_its_role(cluster: Cluster) -> None:
    found = {
        node["Description"]["Hostname"]: (node["Spec"]["Role"], node["Status"]["State"])
        for node in cluster.manager.engine("/nodes")
    }
    assert found == {node.name: ("manager" if node.manager else "worker", "ready") for node in cluster.nodes}


def test_consul_and_serf_have_every_node_under_the_same_name(cluster: Cluster) -> None:
    names = sorted(node.name for node in cluster.nodes)
    for node in cluster.nodes:
        members = {member["Name"]: member for member in node.consul("/v1/agent/members")}
        assert sorted(name for name, member in members.items() if member["Status"] == 1) == names
        assert sorted(line.split()[0] for line in node.run("arpanet serf members -status=alive").splitlines()) == names
    servers = [name for name, member in members.items() if member["Tags"]["role"] == "consul"]
    assert sorted(servers) == sorted(node.name for node in cluster.managers)


def test_gossip_is_encrypted(cluster: Cluster) -> None:
    for node in cluster.nodes:
        assert node.consul("/v1/agent/self")["Stats"]["serf_lan"]["encrypted"] == "true"
        assert "encrypted = true" in node.run("arpanet serf info").lower()


def test_every_node_reaches_the_registry(cluster: Cluster) -> None:
    command = "python3 -c \"import urllib.request as u; print(u.urlopen('http://127.0.0.1:5000/v2/').status)\""
    assert {answer.strip() for answer in cluster.each(lambda node: node.run(command)).values()} == {"200"}


def test_every_agent_reports_its_node(cluster: Cluster) -> None:
    def reported() -> None:
        nodes = {value["node"]: value["address"] for key, (value, _) in cluster.kv("arpanet/nodes/").items()}
        assert nodes == {node.name: node.address for node in cluster.nodes}

    eventually(reported)


def test_check_mode_finds_nothing_to_do(cluster: Cluster, playbooks: Playbooks) -> None:
    assert playbooks.do("site", "--check", "--diff").changed == 0
