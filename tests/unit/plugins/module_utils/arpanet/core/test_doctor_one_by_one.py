"""Each thing that can be wrong, one at a time, on a cluster where nothing else is."""

from __future__ import annotations

import pytest
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core import doctor
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.findings import Finding
from fakes.doctor import LEASES, Break, apart, begun, dns, found, healthy, kept, lease, roles, step, thing, told, unit

MANAGEMENT = "-token-file=/etc/arpanet/tokens/management"
BLOCK = "arpanet/subnets/blocks/10.32.0.0-21"
REMOVE = "`ansible-playbook remove.yml -e deployment=abc`"
ANEW = f"{REMOVE}, then `ansible-playbook deploy.yml -e stack=FILE -e deployment=abc`"

TABLE: list[tuple[Break, str, str, str, str | None]] = [
    # what is done, what is found, its cause, what mends it, and what repairs it
    (
        unit("node2", "arpanet-agent.service", active=False, state="inactive"),
        "arpanet-agent.service does not run on node2", "it was stopped",
        "`systemctl start arpanet-agent` on node2", "start",
    ),
    (
        unit("node2", "consul.service", active=False, state="failed"),
        "consul.service does not run on node2", "it failed: `journalctl -u consul -n 50` on node2 says why",
        "`systemctl start consul` on node2", "start",
    ),
    (
        unit("node2", "serf.service", active=False, state="activating"),
        "serf.service does not run on node2",
        "it is still starting, or ends again and again: `journalctl -u serf -n 50` on node2 says why",
        "`systemctl start serf` on node2", "start",
    ),
    (
        unit("node2", "serf.service", active=False, state="deactivating"),
        "serf.service does not run on node2", "systemd says deactivating", "`systemctl start serf` on node2", "start",
    ),
    (
        unit("node2", "serf.service", active=False, enabled=False, state=""),
        "node2 has no serf.service", "it was reset, never set up to the end, or somebody removed it",
        "`ansible-playbook site.yml --limit beta`", None,
    ),
    (
        unit("node2", "serf.service", enabled=False),
        "serf.service on node2 does not start with the host", "it was disabled",
        "`systemctl enable serf` on node2", "enable",
    ),
    (
        # It is enabled on no node.
        unit("node2", "arpanet-handlers.service", active=False, enabled=False, state="inactive"),
        "arpanet-handlers.service does not run on node2", "it was stopped",
        "`systemctl start arpanet-handlers` on node2", "start",
    ),
    (
        unit("node2", "serf.service", stale=True),
        "serf.service on node2 is older than its program or configuration",
        "a run that changed it did not come to its end, or its package was upgraded by somebody else",
        "`systemctl restart serf` on node2", "restart",
    ),
    (
        unit("node2", "consul.service", stale=True),
        "consul.service on node2 is older than its program or configuration",
        "a run that changed it did not come to its end, or its package was upgraded by somebody else",
        "`ansible-playbook site.yml`", None,
    ),
    (told("Swarm has no leader"), "Swarm has no leader", "c", "`ip a`", None),
    (
        lambda parts: parts["silent"].update(node3="Connection timed out"),
        "node3 does not answer Ansible", "Connection timed out",
        "`ansible node3 -m ping -vvv` says more; when that answers, `ansible-playbook site.yml --limit node3`", None,
    ),
    (
        apart(state="inactive"),
        "node3 is in the inventory but in no swarm (inactive)",
        "it left, was reset, or a run that lets it in did not come to its end",
        "`ansible-playbook site.yml --limit gamma`", None,
    ),
    (
        apart(state="error", error="could not find\nits key"),
        "node3 is in the inventory but in no swarm (error)",
        "its engine could not go on with the swarm (could not find its key)",
        "`ansible-playbook site.yml --limit gamma`", None,
    ),
    (
        apart(state="locked"),
        "node3 is in the inventory but in no swarm (locked)",
        "its engine has started again and nobody has unlocked it",
        "`ansible-playbook site.yml --tags swarm`", None,
    ),
    (
        apart(state="active"),
        "node3 is in the inventory but in no swarm (active)",
        "it is in another swarm, or was taken out of this one while it was away",
        "`docker swarm leave --force` on node3 unless it belongs elsewhere, "
        "then `ansible-playbook site.yml --limit gamma`", None,
    ),
    (
        apart(),
        "node3 is in the inventory but in no swarm (unknown)",
        "its engine does not say: `journalctl -u docker -n 50` on node3 may",
        "`ansible-playbook site.yml --limit gamma`", None,
    ),
    (
        lambda parts: parts["looks"]["node2"]["errors"].update(engine="timed out"),
        "the Docker engine on node2 cannot be asked", "timed out",
        "`systemctl start docker` on node2; `journalctl -u docker -n 50` on node2 says more; when it hangs, "
        "`systemctl restart docker`", None,
    ),
    (
        lambda parts: parts["looks"]["node2"]["errors"].update(consul="timed out"),
        "Consul on node2 cannot be asked", "timed out",
        "`systemctl restart consul` on node2; `journalctl -u consul -n 50` on node2 says more", None,
    ),
    (
        roles("node1", "worker", "server"),
        "node1 is among the managers of the inventory, but a worker of the swarm and a server of Consul",
        "its role in the swarm was changed by hand, or a run that changes it did not come to its end",
        "`ansible-playbook promote.yml -e node=node1` makes it one of the managers", None,
    ),
    (
        roles("node1", "worker", "client"),
        "node1 is among the managers of the inventory, but a worker of the swarm and a client of Consul",
        "demote.yml made it that, and the inventory was not told",
        "move it to the group workers of the inventory; "
        "or `ansible-playbook promote.yml -e node=node1` makes it one of the managers again", None,
    ),
    (
        roles("node2", "manager", "client"),
        "node2 is among the workers of the inventory, but a manager of the swarm and a client of Consul",
        "its role in the swarm was changed by hand, or a run that changes it did not come to its end",
        "`ansible-playbook demote.yml -e node=node2` makes it one of the workers", None,
    ),
    (
        roles("node2", "manager", "server"),
        "node2 is among the workers of the inventory, but a manager of the swarm and a server of Consul",
        "promote.yml made it that, and the inventory was not told",
        "move it to the group managers of the inventory; "
        "or `ansible-playbook demote.yml -e node=node2` makes it one of the workers again", None,
    ),
    (
        roles("node2", "worker", "server"),
        "node2 is among the workers of the inventory, but a worker of the swarm and a server of Consul",
        "its role in the swarm was changed by hand, or a run that changes it did not come to its end",
        "`ansible-playbook demote.yml -e node=node2` makes it one of the workers", None,
    ),
    (
        kept("illegible", **{"arpanet/nodes/node2": "it does not hold JSON"}),
        "key arpanet/nodes/node2 is of no use", "it does not hold JSON: somebody else wrote it",
        f"`consul kv delete {MANAGEMENT} arpanet/nodes/node2` on a manager", None,
    ),
    (
        lambda parts: parts["ledger"]["owners"].clear(),
        "subnet 10.32.0.0/26 is used by abc/default, which no key says",
        "somebody deleted arpanet/subnets/owners/abc/default; without it others may be given the range",
        f"`consul kv put {MANAGEMENT} arpanet/subnets/owners/abc/default "
        "'{\"pool\": \"default\", \"subnet\": \"10.32.0.0/26\"}'` on a manager, while nobody deploys", None,
    ),
    (
        kept("nodes", node9={"networks": {"eth0": "10.33.0.0/16"}}),
        "arpanet/nodes/node9 is about a node that is in no swarm",
        "node9 left without it; what it routed is still kept free of subnets",
        f"`consul kv delete {MANAGEMENT} arpanet/nodes/node9` on a manager", "delete_key",
    ),
    (
        step("register"),
        "2.web.abc runs on node2 but Consul there says otherwise",
        "its registration was taken away, or is another's", "`systemctl restart arpanet-agent` on node2", "restart",
    ),
    (
        step("deregister"),
        "2.web.abc is registered at 10.32.0.6 but node2 runs no such container",
        "its container went and nobody noticed", "`systemctl restart arpanet-agent` on node2", "restart",
    ),
    (
        dns("node1", "10.32.0.5"),
        "DNS on node1 (127.0.0.1) answers 10.32.0.5 for web.abc, but 10.32.0.5, 10.32.0.6 would be right",
        "the Consul agent of node1 does not hear its servers, or they do not hear an instance's",
        "`systemctl restart consul` on node1; "
        "`consul members -token-file=/etc/arpanet/tokens/agent` on node1 shows whom it knows", None,
    ),
    (
        dns("node1"),
        "DNS on node1 (127.0.0.1) answers nothing for web.abc, but 10.32.0.5, 10.32.0.6 would be right",
        "the Consul agent of node1 does not hear its servers, or they do not hear an instance's",
        "`systemctl restart consul` on node1; "
        "`consul members -token-file=/etc/arpanet/tokens/agent` on node1 shows whom it knows", None,
    ),
    (
        lambda parts: (
            parts["looks"]["node1"]["errors"].update({"dns 127.0.0.1": "nobody answers"}),
            parts["looks"]["node1"]["dns"].clear(),
        ),
        "DNS on node1 does not answer",
        "nobody answers: Consul hangs, or a firewall or another server is in the way",
        "`systemctl restart consul` on node1; `ss -lnup sport = :53` and `nft list ruleset` there show what is in its "
        "way, `journalctl -u consul -n 50` on node1 what it says", None,
    ),
    (
        kept("leases", **{f"{LEASES}10.32.0.9": lease("4.web.abc", "node2")}),
        "the lease of 10.32.0.9 names 4.web.abc on node2, which does not have it", "its container is gone",
        f"`consul kv delete {MANAGEMENT} {LEASES}10.32.0.9` on a manager", "delete_key",
    ),
    (
        kept("leases", **{f"{LEASES}10.32.0.9": lease("4.web.abc", "node9")}),
        "the lease of 10.32.0.9 names 4.web.abc on node9, which does not have it", "node9 is in no swarm",
        f"`consul kv delete {MANAGEMENT} {LEASES}10.32.0.9` on a manager", "delete_key",
    ),
    (
        lambda parts: parts["ledger"]["leases"].pop(f"{LEASES}10.32.0.6"),
        "2.web.abc on node2 has 10.32.0.6 without a lease", "somebody else wrote or deleted it",
        "`systemctl restart arpanet-agent` on node2", "restart",
    ),
    (
        kept("blocks", **{"10.32.0.64/26": "gone/default"}),
        "subnet 10.32.0.64/26 is marked as taken by gone/default, which has none",
        "somebody wrote below arpanet/subnets by hand",
        f"`consul kv put {MANAGEMENT} {BLOCK} '{{\"10.32.0.0/26\": \"abc/default\"}}'` on a manager, "
        "while nobody deploys", None,
    ),
    (
        kept("blocks", **{"10.40.0.0/26": "gone/default"}),
        "subnet 10.40.0.0/26 is marked as taken by gone/default, which has none",
        "somebody wrote below arpanet/subnets by hand",
        f"`consul kv delete {MANAGEMENT} arpanet/subnets/blocks/10.40.0.0-21` on a manager, while nobody deploys", None,
    ),
    (
        kept("blocks", nonsense="gone/default"),
        "subnet nonsense is marked as taken by gone/default, which has none",
        "somebody wrote below arpanet/subnets by hand",
        f"`consul kv get -recurse {MANAGEMENT} arpanet/subnets/blocks/` on a manager shows the keys that it has to be "
        "taken out of", None,
    ),
    (
        lambda parts: parts["ledger"]["blocks"].clear(),
        "subnet 10.32.0.0/26 of abc/default is not marked as taken", "somebody wrote below arpanet/subnets by hand",
        f"`consul kv put {MANAGEMENT} {BLOCK} '{{\"10.32.0.0/26\": \"abc/default\"}}'` on a manager, "
        "while nobody deploys", None,
    ),
    (
        lambda parts: (
            parts["ledger"]["owners"].update({"abc/default": "10.32.0.0/20"}),
            parts["ledger"]["blocks"].clear(),
            parts["ledger"]["things"].clear(),
        ),
        "subnet 10.32.0.0/20 of abc/default is not marked as taken", "somebody wrote below arpanet/subnets by hand",
        ANEW, None,
    ),
    (
        kept("nodes", node2={"networks": {"eth1": "10.32.0.0/16"}}),
        "subnet 10.32.0.0/26 of abc/default overlaps 10.32.0.0/16 (eth1 on node2)",
        "node2 got that network after the subnet was taken",
        "`ip route show 10.32.0.0/16` and `docker network ls` on node2 show it: take it away there, "
        f"or move the deployment: {ANEW}", None,
    ),
    (
        lambda parts: parts["ledger"]["things"].append(thing("network", "abc_old", "abc")),
        "network abc_old is nobody's", "no service of abc is on it",
        "`docker network rm abc_old` on a manager", "remove",
    ),
    (
        lambda parts: parts["ledger"]["things"].append(thing("secret", "xyz_key_1", "xyz", used=True)),
        "secret xyz_key_1 is nobody's", "it says that it belongs to xyz, which does not exist",
        "`docker secret rm xyz_key_1` on a manager", "remove",
    ),
    (
        lambda parts: parts["ledger"]["things"][0].update(subnets=["10.40.0.0/26"]),
        "network abc_default is 10.40.0.0/26, but Consul says 10.32.0.0/26",
        "it was made, or written down, by somebody else", ANEW, None,
    ),
    (
        lambda parts: [kept(part, abc={"data": "node7"})(parts) for part in ("volumes", "pins")],
        "volume data of abc is on node7, which is in no swarm",
        "node7 left with it, or was taken out, and its service waits for that node",
        "`ansible-playbook site.yml` lets the node in again; "
        "`ansible-playbook deploy.yml -e stack=FILE -e deployment=abc -e move_volumes=data` starts on an empty one",
        None,
    ),
    (
        kept("volumes", abc={"data": "node2"}),
        "volume data of abc is on node2 as Consul says, but its service is pinned to node1",
        "a move was broken off, or somebody else wrote it; the next deploy starts its service on node2",
        f"`consul kv put {MANAGEMENT} arpanet/volumes/abc '{{\"data\": \"node1\"}}'` on a manager keeps it where it is",
        None,
    ),
    (
        begun("id-node2"),
        "service abc_web keeps off node2",
        "a move of its instances was broken off, and Swarm makes the rest of it within a day",
        "`ansible-playbook rebalance.yml -e deployment=abc` puts it back", None,
    ),
    (
        begun("id-node2", "pause"),
        "service abc_web keeps off node2",
        "a move of its instances was broken off, and Swarm makes the rest of it within a day",
        "`ansible-playbook drain.yml -e node=node2` goes on with it, "
        "`ansible-playbook activate.yml -e node=node2` puts it back", None,
    ),
    (
        begun("id-gone"),
        "service abc_web keeps off a node that has left",
        "a move of its instances was broken off, and Swarm makes the rest of it within a day",
        "`ansible-playbook rebalance.yml -e deployment=abc` puts it back", None,
    ),
]  # fmt: skip


def test_a_healthy_cluster() -> None:
    assert found(healthy()) == []
    assert doctor.as_text([], 2, 1) == "All is well: 2 nodes, 1 deployment."


@pytest.mark.parametrize(("harm", "what", "cause", "mend", "repair"), TABLE, ids=[row[1] for row in TABLE])
def test_one_thing_is_wrong(harm: Break, what: str, cause: str, mend: str, repair: str | None) -> None:
    parts = healthy()
    harm(parts)
    (one,) = found(parts)
    assert (one.what, one.cause, one.mend) == (what, cause, mend)
    assert one.repair.get("do") == repair


def test_text() -> None:
    mend = "`systemctl start serf` on a"
    found = [Finding("it is wrong", "why", mend, repair={"do": "x"}), Finding("b", "c", mend)]
    assert doctor.as_text(found, 2, 1, ["a"]).splitlines() == [
        "mended: a",
        "- it is wrong",
        "    cause: why",
        f"    mend: {mend}",
        "- b",
        "    cause: c",
        f"    mend: {mend}",
        "2 findings; 1 of them doctor.yml -e repair=true mends by itself.",
    ]


def test_text_says_what_nothing_is_said_of() -> None:
    assert doctor.as_text([], 2, 2, locked=["abc"]).splitlines() == [
        "A controller is at work on abc: nothing is said of that.",
        "All is well: 2 nodes, 2 deployments.",
    ]
