from __future__ import annotations

from typing import Any

from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core import certificates, consul_config
from fakes import findings

SERVER, CA, NODE, ROOT = certificates.PATHS


NOT_RENEWED = "the engine renews it after half of its time, and has not: no manager answers it, or a clock is wrong"


def look(**left: tuple[int, float]) -> dict[str, Any]:
    paths = {"server": SERVER, "ca": CA, "node": NODE, "root": ROOT}
    return {"certificates": {paths[name]: {"days": days, "share": share} for name, (days, share) in left.items()}}


def said(**looks: dict[str, Any]) -> list[tuple[str, str, str]]:
    found = certificates.findings(looks, {"node3": "gamma"})
    return [(one.what, one.cause, one.mend) for one in findings.check(found)]


def test_all_is_well() -> None:
    assert said(node1=look(server=(900, 0.5), ca=(3000, 0.8), node=(40, 0.4), root=(7000, 0.9)), node2={}) == []
    assert consul_config.CERTIFICATE == SERVER


def test_each_node_has_a_certificate_of_its_own() -> None:
    assert said(node1=look(server=(120, 0.06)), node2=look(node=(1, 0.01)), node3=look(node=(-2, -0.1))) == [
        (
            "the certificate of Consul's server ends in 120 days (node1)",
            "site.yml renews it in its last year, and has not been run on node1 since",
            "`ansible-playbook site.yml`",
        ),
        (
            "the swarm's certificate ends in 1 day (node2)",
            NOT_RENEWED,
            "`journalctl -u docker -n 50` on node2 says why; `ansible-playbook rotate_keys.yml -e what=ca` has all "
            "made anew",
        ),
        (
            "the swarm's certificate has ended (node3)",
            NOT_RENEWED,
            "`ansible-playbook leave.yml -e node=node3`, then `ansible-playbook site.yml --limit gamma`",
        ),
    ]


def test_what_all_have_is_said_once() -> None:
    assert said(node1=look(ca=(200, 0.05), root=(90, 0.01)), node2=look(ca=(200, 0.05))) == [
        (
            "the certificate of Consul's CA ends in 200 days (node1, node2)",
            "nothing renews it by itself",
            "`ansible-playbook rotate_keys.yml -e what=consul_ca`",
        ),
        (
            "the swarm's root certificate ends in 90 days (node1)",
            "nothing renews it by itself",
            "`ansible-playbook rotate_keys.yml -e what=ca`",
        ),
    ]
