"""The inventory that a lab writes."""

from pathlib import Path

import yaml

from lab.inventory import Depot, Entry, hosts_file, variables_file

NODES = [Entry("node1", "10.213.0.11", True, "lab-node1-a"), Entry("node2", "10.213.0.12", False, "lab-node2-b")]


def test_hosts_are_in_their_groups_with_checked_host_keys() -> None:
    data = yaml.safe_load(hosts_file(NODES, Path("/c/key"), Path("/c/known")))
    groups = data["all"]["children"]
    assert list(groups["managers"]["hosts"]) == ["node1"]
    assert groups["workers"]["hosts"]["node2"]["ansible_host"] == "10.213.0.12"
    options = data["all"]["vars"]["ansible_ssh_common_args"]
    assert "UserKnownHostsFile=/c/known" in options
    assert "StrictHostKeyChecking=no" not in options


def test_both_groups_are_there_without_workers() -> None:
    groups = yaml.safe_load(hosts_file(NODES[:1], Path("k"), Path("h")))["all"]["children"]
    assert groups["workers"] == {"hosts": {}}


def test_a_kept_connection_belongs_to_one_boot() -> None:
    data = yaml.safe_load(hosts_file(NODES, Path("k"), Path("h")))
    found = data["all"]["children"]["managers"]["hosts"]["node1"]["ansible_control_path"]
    assert found == "%(directory)s/lab-node1-a"


def test_roles_learn_where_the_depot_is() -> None:
    data = yaml.safe_load(variables_file(Depot("10.213.0.5", 5000, 8080, "1.8.7", "sha256:ab")))
    assert data == {
        "docker_registry_mirrors": ["http://10.213.0.5:5000"],
        "docker_insecure_registries": ["10.213.0.5:5000"],
        "consul_version": "1.8.7",
        "consul_mirror": "http://10.213.0.5:8080/consul",
        "consul_checksum": "sha256:ab",
    }
