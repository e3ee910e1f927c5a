"""A service with an address of its own, from the file."""

import json
import shlex
from ipaddress import ip_address, ip_network
from pathlib import Path

import pytest
from harness.claims import leases_agree
from harness.cluster import Cluster
from harness.eventually import eventually
from harness.playbooks import Playbooks

PORT = 16379


@pytest.mark.long
def test_a_service_has_the_address_that_its_file_says(cluster: Cluster, playbooks: Playbooks, tmp_path: Path) -> None:
    stack = tmp_path / "fixed" / "compose.yml"
    stack.parent.mkdir()

    def written(place: int = 10) -> Path:
        db = {
            "image": "acmeinc/productcatalog",
            "stop_grace_period": "1s",
            "ports": [f"{PORT}:80"],
            "networks": {"default": {"ipv4_address": f"172.20.0.{place}"}},
        }
        musl = {"image": "arpanet/musl-client", "stop_grace_period": "1s"}
        ipam = {"config": [{"subnet": "172.20.0.0/24"}]}
        file = {"services": {"db": db, "musl": musl}, "networks": {"default": {"ipam": ipam}}}
        stack.write_text(json.dumps(file))
        return stack

    def is_at(place: int) -> str:
        """The instance runs at that place of the subnet, answers by name, and has its lease: its address."""
        running = cluster.containers("fixed", "db")
        assert len(running) == 1
        (address,) = running[0].addresses.values()
        lease_key = f"arpanet/deployments/fixed/leases/{address}"
        kept = cluster.kv("arpanet/deployments/fixed")
        assert lease_key in kept
        (record, _), (lease, _) = kept["arpanet/deployments/fixed"], kept[lease_key]
        (subnet,) = record["networks"].values()
        assert ip_address(address) == ip_network(subnet)[place]
        assert lease["owner"] == "1.db.fixed"
        (client,) = cluster.containers("fixed", "musl")
        assert client.resolve("db") == [address]
        assert client.ask("db")["service"] == "catalogue"
        return address

    try:
        run = playbooks.deploy(written(), "fixed")
        address = eventually(lambda: is_at(10))
        assert f"service db: ipv4_address 172.20.0.10 is {address} in this deployment" in run.words
        assert next(line.split() for line in run.output.splitlines() if "1.db.fixed" in line)[2] == address
        assert playbooks.deploy(stack, "fixed").changed == 0

        (db,) = cluster.containers("fixed", "db")
        page = f"import urllib.request as u; print(u.urlopen('http://{db.node.address}:{PORT}/', timeout=5).read())"
        assert "catalogue" in db.node.run(f"python3 -c {shlex.quote(page)}")
        db.node.run(f"docker kill {db.id}")
        eventually(lambda: is_at(10))

        refused = playbooks.run("scale", deployment="fixed", service="db", replicas=2)
        assert "service db has an explicit address (ipv4_address): it can have one instance" in refused.words

        moved = playbooks.deploy(stack, "fixed", subnet_size="/24")
        assert moved.changed
        assert eventually(lambda: is_at(10)) != address

        changed = playbooks.deploy(written(11), "fixed", "--diff")
        assert changed.plan == ["~ service fixed_db"]
        eventually(lambda: is_at(11))
        held = cluster.kv("arpanet/deployments/fixed/addresses/")
        assert [[*value] for value, _ in held.values()] == [["1.db.fixed"]]
        leases_agree(cluster)
    finally:
        playbooks.remove("fixed")
    assert not cluster.kv("arpanet/deployments/fixed")
