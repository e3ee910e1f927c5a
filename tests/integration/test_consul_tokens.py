"""What each token may do, and what it must not, on a real Consul that denies by default."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.consul import Consul, ConsulError
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.consul_admin import Admin, Refused
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core import consul_config, consul_tokens
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.registrations import Registration
from ansible_collections.arpanet.cluster.plugins.modules.consul_acl import converge

from lab import consul as lab_consul

KEY = "a key of this test"
# As site.yml asks.
ASKED = {"key": consul_config.ACL_KEY, "only": False, "timeout": 30}
ANYBODY = "anybody"
# Another for each purpose: to register again what is there already is no change, which Consul lets anybody do.
NEW_NODE = "db-PURPOSE"

# Requests by name: method, path, body.
REQUESTS: dict[str, tuple[str, str, Any]] = {
    "list records": ("GET", "/v1/kv/arpanet/deployments/?recurse", None),
    "list every key": ("GET", "/v1/kv/?keys", None),
    "read another's key": ("GET", "/v1/kv/theirs/x", None),
    "write another's key": ("PUT", "/v1/kv/theirs/x", {}),
    "write a lease": ("PUT", "/v1/kv/arpanet/deployments/abc/leases/10.32.0.1", {}),
    "delete a lease": ("DELETE", "/v1/kv/arpanet/deployments/abc/leases/10.32.0.1", None),
    "tell of a node": ("PUT", "/v1/kv/arpanet/nodes/only", {}),
    # Policies know prefixes and no nodes, and workers share their token: docs/security.md says what follows.
    "tell of another's routes": ("PUT", "/v1/kv/arpanet/nodes/other", {}),
    "tell of another's pulls": ("PUT", "/v1/kv/arpanet/pulls/other", {}),
    "tell of another's Weave": ("PUT", "/v1/kv/arpanet/weave/other", {}),
    "announce images": ("PUT", "/v1/kv/arpanet/images/abc", {}),
    "list images": ("GET", "/v1/kv/arpanet/images/?recurse", None),
    "read what swarm says": ("GET", "/v1/kv/arpanet/swarm/x", None),
    "say what swarm says": ("PUT", "/v1/kv/arpanet/swarm/x", {}),
    "write a subnet": ("PUT", "/v1/kv/arpanet/subnets/owners/abc/default", {}),
    "write a pool": ("PUT", "/v1/kv/arpanet/pools/default", {}),
    "write a lock": ("PUT", "/v1/kv/arpanet/locks/abc", {}),
    "write volumes": ("PUT", "/v1/kv/arpanet/volumes/abc", {}),
    "write the leader": ("PUT", "/v1/kv/arpanet/leader", {}),
    "open a session": ("PUT", "/v1/session/create", {"TTL": "10s"}),
    "register an instance": ("PUT", "/v1/agent/service/register", {"ID": "1.web.abc", "Name": "web.abc"}),
    "register a registry": ("PUT", "/v1/agent/service/register", {"ID": "r", "Name": "arpanet-registry"}),
    "register a server": ("PUT", "/v1/agent/service/register", {"ID": "c", "Name": "consul"}),
    "register a node": ("PUT", "/v1/catalog/register", {"Node": NEW_NODE, "Address": "10.9.0.1"}),
    "register on a new node": (
        "PUT",
        "/v1/catalog/register",
        {"Node": f"{NEW_NODE}-2", "Address": "10.9.0.1", "Service": {"ID": "ledger", "Service": "ledger"}},
    ),
    # As the agent of that node does it, whose next look mends it.
    "register on any node": (
        "PUT",
        "/v1/catalog/register",
        {"Node": "only", "SkipNodeUpdate": True, "Service": {"ID": "ledger", "Service": "ledger"}},
    ),
    "deregister a node": ("PUT", "/v1/catalog/deregister", {"Node": "gone"}),
    "look at the agent": ("GET", "/v1/agent/self", None),
    "put the agent into maintenance": ("PUT", "/v1/agent/maintenance?enable=false", None),
    "look at the raft": ("GET", "/v1/operator/raft/configuration", None),
    "change autopilot": ("PUT", "/v1/operator/autopilot/configuration", {"CleanupDeadServers": False}),
    "list the gossip's keys": ("GET", "/v1/operator/keyring", None),
    "list tokens": ("GET", "/v1/acl/tokens", None),
    "make a token": ("PUT", "/v1/acl/token", {"Policies": [{"Name": "global-management"}]}),
    "change a policy": ("PUT", "/v1/acl/policy", {"Name": "mine", "Rules": ""}),
    "save a snapshot": ("GET", "/v1/snapshot", None),
    "send an event": ("PUT", "/v1/event/fire/x", None),
    "write an intention": ("PUT", "/v1/connect/intentions/exact?source=a&destination=b", {"Action": "allow"}),
}

MAY: dict[str, set[str]] = {
    ANYBODY: set(),
    "dns": set(),
    "agent": {
        "register a node",
        "deregister a node",
        "look at the agent",
        "put the agent into maintenance",
    },
    "registrar": {
        "list records",
        "write a lease",
        "delete a lease",
        "tell of a node",
        "tell of another's routes",
        "tell of another's pulls",
        "tell of another's Weave",
        "list images",
        "read what swarm says",
        "register an instance",
        "register on any node",
        "look at the agent",
    },
    "registry": {"register a registry"},
    "deploy": {
        "list records",
        "write a lease",
        "delete a lease",
        "tell of a node",
        "tell of another's routes",
        "tell of another's pulls",
        "tell of another's Weave",
        "announce images",
        "list images",
        "read what swarm says",
        "say what swarm says",
        "write a subnet",
        "write a pool",
        "write a lock",
        "write volumes",
        "write the leader",
        "open a session",
        "look at the raft",
    },
    "catalog": {
        "register an instance",
        "register a node",
        "register on a new node",
        "register on any node",
        "deregister a node",
        "put the agent into maintenance",
    },
}
MAY["leader"] = {*MAY["registrar"], "say what swarm says", "write the leader", "open a session"}


@pytest.fixture(scope="module")
def tokens(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with a file for each token, as on a manager."""
    directory = tmp_path_factory.mktemp("tokens")
    for purpose, token in consul_tokens.of_manager(KEY).items():
        (directory / purpose).write_text(f"{token}\n")
    return directory


@pytest.fixture(scope="module")
def url(tokens: Path) -> Iterator[str]:
    settings = consul_config.Settings("1.8.7", "only", "127.0.0.1", server=True, managers=("127.0.0.1",))
    known = consul_tokens.of_manager(KEY)
    acl = {**consul_config.agent(settings)["acl"], **consul_config.acl(settings, known)["acl"]}
    with lab_consul.server(options={"acl": acl}, token=known[consul_tokens.MANAGEMENT]) as url:
        admin = Admin(url, str(tokens / consul_tokens.MANAGEMENT))
        assert len(converge(admin, KEY, ASKED, check=False)) == len(consul_tokens.POLICIES) + len(
            consul_tokens.PURPOSES
        )
        yield url


def admin(url: str, tokens: Path, purpose: str) -> Admin:
    return Admin(url, str(tokens / purpose))


def test_nothing_is_left_to_do(url: str, tokens: Path) -> None:
    assert converge(admin(url, tokens, consul_tokens.MANAGEMENT), KEY, ASKED, check=False) == []


def test_what_somebody_changed_is_changed_back(url: str, tokens: Path) -> None:
    boss = admin(url, tokens, consul_tokens.MANAGEMENT)
    (policy,) = [one for one in boss.policies() if one["Name"] == "arpanet-dns"]
    boss.ask("PUT", f"/v1/acl/policy/{policy['ID']}", {**policy, "Rules": 'operator = "write"'})
    (step,) = [one for one in consul_tokens.token_steps(KEY, []) if one.name == "arpanet-dns"]
    boss.apply(replace(step, id=step.body["AccessorID"], body={**step.body, "Policies": []}))
    assert converge(boss, KEY, ASKED, check=True) == ["change policy arpanet-dns", "change token arpanet-dns"]
    assert len(converge(boss, KEY, ASKED, check=False)) == 2
    assert converge(boss, KEY, ASKED, check=False) == []


@pytest.mark.parametrize("purpose", MAY)
def test_a_token_may_do_what_it_is_for_and_nothing_else(url: str, tokens: Path, purpose: str) -> None:
    asker = admin(url, tokens, purpose)
    done = set()
    for name, (method, path, body) in REQUESTS.items():
        try:
            asker.ask(method, path, json.loads(json.dumps(body).replace("PURPOSE", purpose)))
            done.add(name)
        except Refused as error:
            assert error.status == 403 or "denied by ACLs" in str(error), f"{name}: {error}"
    assert done == MAY[purpose]


def test_every_purpose_is_tried() -> None:
    assert set(MAY) == {ANYBODY, *consul_tokens.PURPOSES}


@pytest.mark.parametrize("purpose", [ANYBODY, "registry"])
def test_lists_are_empty_for_whom_they_are_not(url: str, tokens: Path, purpose: str) -> None:
    """Consul leaves out of a list what one may not see. DNS's token, which is anybody's before 1.17, sees services."""
    asker = admin(url, tokens, purpose)
    assert asker.ask("GET", "/v1/session/list") == []
    if purpose != ANYBODY:
        assert asker.ask("GET", "/v1/catalog/nodes") == []


def test_the_adapter_reads_its_token_from_a_file_and_says_so_when_refused(url: str, tokens: Path) -> None:
    may = Consul(url, token_file=str(tokens / "registrar"))
    may.register(Registration("1.pricing.abc", "pricing.abc", address="10.32.0.5"))
    assert [one.id for one in may.registrations() if one.name == "pricing.abc"] == ["1.pricing.abc"]
    may.deregister("1.pricing.abc")
    with pytest.raises(ConsulError, match=r"writing arpanet/pools/x: .*Permission denied.*asked with .*/registrar"):
        may.put("arpanet/pools/x", {})
    with pytest.raises(ConsulError, match=r"listing arpanet/deployments/: .*Permission denied"):
        Consul(url).list("arpanet/deployments/")
    with pytest.raises(ConsulError, match="ACL not found"):
        Consul(url, token="00000000-1111-2222-3333-444444444444").list("arpanet/deployments/")
