"""What is wrong with Weave, from what nodes say of theirs."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.diagnosis import findings
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.status import status
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.weave import peer_name
from fakes import cluster
from fakes.findings import check

WEAVE = "`systemctl restart arpanet-weave` on node1; `journalctl -u arpanet-weave -u docker -n 50` on node1 says more"


@pytest.mark.parametrize(
    ("said", "cause", "mend"),
    [
        ({"ready": False, "why": "its router is not ready"}, "its router is not ready", WEAVE),
        (
            {"ready": False, "why": "its plugin is not installed"},
            "its plugin is not installed",
            "`ansible-playbook site.yml`",
        ),
        ({"ready": False}, "it gives no reason", WEAVE),
        (
            {"failures": ["10.0.0.3:6783: retrying"]},
            "10.0.0.3:6783: retrying: a port is closed, or a password is another",
            "let 6783/tcp, 6783/udp and 6784/udp pass between nodes (`nft list ruleset` shows what does not); "
            "`ansible-playbook site.yml` gives all one password",
        ),
        ({"fence": "nft refused the rules"}, "nft refused the rules", WEAVE),
        ({"fence": None}, "it gives no reason", WEAVE),
        (
            {"lost": [peer_name("node3")]},
            "node3 is down, or without Weave",
            "start node3 again, and arpanet-weave there; when lost for good, "
            "`ansible-playbook leave.yml -e node=node3`",
        ),
        (
            {"lost": ["ca:fe:00:00:00:09"]},
            "their nodes have left, and the node whose agent leads has not taken them back yet",
            "`systemctl restart arpanet-weave` on the node that "
            "`consul kv get -token-file=/etc/arpanet/tokens/management arpanet/leader` on a manager names",
        ),
    ],
)
def test_what_is_wrong_with_weave(said: dict[str, Any], cause: str, mend: str) -> None:
    parts = {**cluster.recorded(), "weave": {"node1": {"ready": True, "fence": "on", **said}}}
    (one,) = findings(status(cluster.seen(parts)))
    assert (one.cause, one.mend) == (cause, mend)
    check([one])
