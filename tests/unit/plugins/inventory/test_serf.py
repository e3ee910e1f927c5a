"""The cluster as an inventory, asked over the connection `local` and over RPC."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible import constants as C
from ansible.errors import AnsibleError
from ansible.inventory.data import InventoryData
from ansible.parsing.dataloader import DataLoader
from ansible.plugins.doc_fragments import constructed, inventory_cache
from ansible_collections.arpanet.cluster.plugins.inventory import serf
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.members import Member
from ansible_collections.arpanet.cluster.plugins.plugin_utils.node_python import NodeError
from fakes.serf import member, serving

NAME = "arpanet.cluster.serf"
MEMBERS = [
    Member("node1", "192.0.2.1", tags={"role": "manager", "swarm": "ready", "rack": "7"}),
    Member("node2", "192.0.2.2", tags={"role": "worker", "swarm": "ready", "label.disk": "ssd"}),
    Member("node3", "192.0.2.3", status="failed", tags={"role": "worker"}),
]


@pytest.fixture(scope="module", autouse=True)
def _options() -> None:
    """What Ansible's loader does with the documentation."""
    fragments = (constructed, inventory_cache)
    texts = (serf.DOCUMENTATION, *(one.ModuleDocFragment.DOCUMENTATION for one in fragments))
    options = {name: option for text in texts for name, option in yaml.safe_load(text)["options"].items()}
    C.config.initialize_plugin_configuration_definitions("inventory", NAME, options)


def printing(members: list[Member]) -> str:
    return f"printf %s {shlex.quote(json.dumps({'members': [one.as_json() for one in members]}))}"


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every address is this host, and answers with MEMBERS."""
    monkeypatch.setattr(serf, "COMMAND", printing(MEMBERS))


def read(tmp_path: Path, anew: bool = False, **options: Any) -> InventoryData:
    path = tmp_path / "serf.yml"
    value = {"plugin": NAME, "addresses": ["192.0.2.1"], "become": False, **options}
    value["variables"] = {"ansible_connection": "local", **value.get("variables", {})}
    path.write_text(yaml.safe_dump(value))
    plugin = serf.InventoryModule()
    plugin._load_name, plugin._redirected_names = NAME, [NAME]
    assert plugin.verify_file(str(path))
    data = InventoryData()
    plugin.parse(data, DataLoader(), str(path), not anew)
    plugin.update_cache_if_changed()
    return data


def groups(data: InventoryData) -> dict[str, list[str]]:
    return {name: [host.name for host in group.hosts] for name, group in data.groups.items() if group.hosts}


def test_hosts_groups_and_how_they_are_reached(tmp_path: Path, cluster: None) -> None:
    found = read(tmp_path, variables={"ansible_user": "admin"})
    assert groups(found) == {
        "managers": ["node1"],
        "workers": ["node2"],
        "serf_alive": ["node1", "node2"],
        "swarm_ready": ["node1", "node2"],
        "tag_rack_7": ["node1"],
        "label_disk_ssd": ["node2"],
    }
    assert found.hosts["node2"].vars["ansible_host"] == "192.0.2.2"
    assert found.groups["all"].vars["ansible_user"] == "admin"


def test_failed_members_can_be_shown(tmp_path: Path, cluster: None) -> None:
    assert groups(read(tmp_path, status=["failed"])) == {"workers": ["node3"], "serf_failed": ["node3"]}


def test_filters_and_what_is_constructed(tmp_path: Path, cluster: None) -> None:
    found = read(
        tmp_path,
        filters=["arpanet_role == 'manager'"],
        compose={"rack": "arpanet_tags.rack | int"},
        keyed_groups=[{"key": "arpanet_tags.rack", "prefix": "in_rack"}],
        groups={"ready": "arpanet_swarm == 'ready'"},
    )
    assert list(found.hosts) == ["node1"]
    assert found.hosts["node1"].vars["rack"] == 7
    assert groups(found)["in_rack_7"] == groups(found)["ready"] == ["node1"]


def test_a_filter_that_cannot_be_told(tmp_path: Path, cluster: None) -> None:
    assert list(read(tmp_path, filters=["arpanet_tags.rack == '7'"]).hosts) == ["node1"]
    with pytest.raises(AnsibleError, match=r"filter .*rack.* of host node2"):
        read(tmp_path, filters=["arpanet_tags.rack == '7'"], strict=True)


def test_a_tag_is_never_a_template(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    evil = Member("node1", "192.0.2.1", tags={"rack": "{{ 6 * 7 }}"})
    monkeypatch.setattr(serf, "COMMAND", printing([evil]))
    found = read(tmp_path, compose={"copy": "arpanet_tags.rack"})
    assert found.hosts["node1"].vars["copy"] == "{{ 6 * 7 }}"


class TestAddresses:
    def test_the_next_when_one_is_dead(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        asked: list[tuple[Any, ...]] = []

        def run(address: str, variables: dict[str, Any], *rest: Any) -> str:
            asked.append((address, variables["ansible_user"], *rest[1:]))
            if address == "192.0.2.8":
                raise NodeError("no route to host")
            return "" if address == "192.0.2.9" else f"a lecture of sudo's\r\n{json.dumps({'members': []})}\r\n"

        monkeypatch.setattr(serf, "run_command", run)
        found = read(
            tmp_path,
            addresses=["192.0.2.8", "192.0.2.9", "192.0.2.10", "192.0.2.11"],
            variables={"ansible_user": "admin"},
            become=True,
            timeout=3,
        )
        assert list(found.hosts) == []
        assert asked == [(address, "admin", True, 3) for address in ("192.0.2.8", "192.0.2.9", "192.0.2.10")]

    def test_none_answers(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(serf, "COMMAND", "echo Serf is not running >&2; exit 1")
        with pytest.raises(
            AnsibleError, match=r"no address in .*serf.yml has an answer.*192.0.2.1: Serf is not running"
        ):
            read(tmp_path)

    def test_what_stands_beside_the_file_counts(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        seen: list[dict[str, Any]] = []
        monkeypatch.setattr(serf, "run_command", lambda _address, known, *_: seen.append(known) or '{"members": []}')
        (tmp_path / "group_vars").mkdir()
        (tmp_path / "group_vars/all.yml").write_text("ansible_user: '{{ someone }}'\nsomeone: admin\n")
        read(tmp_path)
        assert seen[0]["ansible_user"] == "admin"

    @pytest.mark.parametrize("name", ["hosts.yml", "serf.txt"])
    def test_other_files_are_others(self, tmp_path: Path, name: str) -> None:
        (tmp_path / name).write_text("")
        assert not serf.InventoryModule().verify_file(str(tmp_path / name))


class TestRpc:
    @pytest.fixture
    def asked(self) -> Iterator[str]:
        with serving("sesame") as there:
            there.bodies["members-filtered"] = {"Members": [member("node1", role="manager")]}
            yield there.rpc

    def test_members(self, tmp_path: Path, asked: str) -> None:
        assert groups(read(tmp_path, addresses=[asked], rpc=True, rpc_key="sesame"))["managers"] == ["node1"]

    def test_without_its_key(self, tmp_path: Path, asked: str) -> None:
        with pytest.raises(AnsibleError, match="Authentication required"):
            read(tmp_path, addresses=[asked], rpc=True)


def test_a_cache_is_asked_first(tmp_path: Path, cluster: None, monkeypatch: pytest.MonkeyPatch) -> None:
    options = {"cache": True, "cache_plugin": "jsonfile", "cache_connection": str(tmp_path / "cache")}
    first = read(tmp_path, **options)
    monkeypatch.setattr(serf, "COMMAND", "exit 1")
    assert groups(read(tmp_path, **options)) == groups(first)
    with pytest.raises(AnsibleError, match="has an answer"):
        read(tmp_path, anew=True, **options)


def test_a_thousand_members(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All of them are there; how long that takes is measured by `make bench`."""
    many = [
        Member(
            f"node{number}",
            f"10.0.{number // 250}.{number % 250 + 1}",
            tags={"role": "worker", "rack": str(number % 40)},
        )
        for number in range(1000)
    ]
    text = json.dumps({"members": [one.as_json() for one in many]})
    monkeypatch.setattr(serf, "run_command", lambda *_: text)
    found = read(tmp_path, keyed_groups=[{"key": "arpanet_tags.rack", "prefix": "r"}])
    assert len(found.hosts) == len(groups(found)["workers"]) == 1000
    assert len(groups(found)["tag_rack_3"]) == 25
