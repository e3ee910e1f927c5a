"""What is kept for the whole cluster is read as far as it is told; a repair does what was found, if it is still so."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters import ledger, serf
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.consul import ConsulError, Op
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.engine import EngineError
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.lock import Locked
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.serf import SerfError
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.subnets import SubnetStore
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core import names
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.subnets import (
    Request,
    SubnetError,
    parse_pool,
)
from fakes.consul import FakeConsul
from fakes.serf import serving

LEASE = "arpanet/deployments/abc/leases/10.32.0.5"
SEEN = {"instance": "1.web.abc", "node": "node9"}


OWNER = "arpanet/subnets/owners/xyz/default"
RELEASE = {"do": "release", "deployment": "xyz", "owners": ["xyz/default"]}
REMOVE = {"do": "remove", "deployment": "xyz", "kind": "secret", "name": "xyz_key"}


class Consul(FakeConsul):
    """One with locks, of which others may have some; `error` is what it says instead of its keys."""

    def __init__(self, locked: str = "", error: str = "") -> None:
        super().__init__()
        self.locked, self.error = locked, error
        self.sessions: list[str] = []
        self.given_up: list[str] = []

    def force_leave(self, node: str) -> None:
        self.given_up.append(node)

    def stored(self, prefix: str) -> dict[str, bytes]:
        if self.error:
            raise ConsulError(self.error)
        return {OWNER: b"nonsense"}

    def open_session(self, name: str, seconds: int, ephemeral: bool) -> str:
        assert ephemeral
        self.sessions.append(name)
        return name

    def end_session(self, session: str) -> None:
        self.sessions.remove(session)

    def lock(self, key: str, value: Any, session: str) -> bool:
        return key != f"arpanet/locks/{self.locked}"


class Engine:
    """Removes what nothing uses; lists nothing, or refuses."""

    error = ""

    def __init__(self, *used: str) -> None:
        self.used, self.removed = used, list[tuple[str, str]]()

    def labelled(self, kinds: tuple[str, ...]) -> dict[str, Any]:
        if self.error:
            raise EngineError(self.error)
        return {}

    def services(self) -> dict[str, Any]:
        return {}

    def remove(self, kind: str, name: str) -> bool:
        if name in self.used:
            return False
        self.removed.append((kind, name))
        return True


@pytest.fixture
def consul() -> Consul:
    return Consul()


def mend(consul: Consul, engine: Engine | None = None, rpc: str = "127.0.0.1:1", **step: Any) -> None:
    ledger.mend(engine or Engine(), consul, step, rpc)


@pytest.mark.parametrize(
    ("now", "left"),
    [
        (SEEN, False),
        # An agent has leased the address again.
        ({**SEEN, "node": "node1"}, True),
        (None, False),
    ],
)
def test_a_key_is_deleted_as_it_was_seen(consul: Consul, now: dict[str, str] | None, left: bool) -> None:
    if now is not None:
        consul.put(LEASE, now)
    consul.put("arpanet/nodes/node1", {"node": "node1"})
    mend(consul, do="delete_key", key=LEASE, value=SEEN)
    assert consul.keys() == {"arpanet/nodes/node1", *([LEASE] if left else [])}


def test_a_key_that_is_written_meanwhile_stays(consul: Consul) -> None:
    def somebody_is_faster(_ops: list[Op]) -> None:
        consul.put(LEASE, SEEN)

    consul.put(LEASE, SEEN)
    consul.before_commit = somebody_is_faster
    mend(consul, do="delete_key", key=LEASE, value=SEEN)
    assert consul.keys() == {LEASE}


def subnets_of(consul: Consul, *owners: str) -> None:
    # Also from a pool of another range than the default one.
    store = SubnetStore(consul, parse_pool("default", "10.220.0.0/16"))
    for owner in owners:
        store.allocate(Request(owner, 26))


def test_all_subnets_of_a_deployment_that_is_gone_are_released(consul: Consul) -> None:
    subnets_of(consul, "gone/back", "gone/front", "abc/default")
    mend(consul, do="release", deployment="gone", owners=["gone/back", "gone/front", "gone/never"])
    assert consul.keys(names.OWNERS_PREFIX) == {names.subnet_owner_key("abc/default")}
    blocks = consul.known(names.BLOCKS_PREFIX).values()
    assert [owner for block in blocks for owner in block.values()] == ["abc/default"]


def test_the_subnet_of_a_deployment_that_is_there_again_stays(consul: Consul) -> None:
    subnets_of(consul, "gone/default")
    consul.put(names.deployment_key("gone"), {"networks": {"default": "10.220.0.0/26"}})
    before = consul.keys()
    with pytest.raises(SubnetError, match="it was deployed again meanwhile"):
        mend(consul, do="release", deployment="gone", owners=["gone/default"])
    assert consul.keys() == before


@pytest.mark.parametrize("kind", ["network", "secret", "config"])
def test_what_nothing_uses_is_removed(consul: Consul, kind: str) -> None:
    engine = Engine("gone_used")
    mend(consul, engine, do="remove", deployment="gone", kind=kind, name="gone_left")
    assert engine.removed == [(kind, "gone_left")]
    with pytest.raises(EngineError, match=rf"{kind} gone_used is in use: `docker {kind} inspect gone_used` on a man"):
        mend(consul, engine, do="remove", deployment="gone", kind=kind, name="gone_used")


@pytest.mark.parametrize("parts", [["consul"], ["serf"], ["consul", "serf"]])
def test_a_member_leaves_what_still_has_it(
    consul: Consul, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, parts: list[str]
) -> None:
    monkeypatch.setattr(serf, "KEY_FILE", tmp_path / "none")
    with serving() as fake:
        mend(consul, rpc=fake.rpc, do="force_leave", name="node9", parts=parts)
    assert consul.given_up == (["node9"] if "consul" in parts else [])
    assert fake.commands() == (["force-leave"] if "serf" in parts else [])
    assert not fake.commands() or fake.request("force-leave")["Node"] == "node9"


def test_what_fails_says_so(consul: Consul, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(serf, "KEY_FILE", tmp_path / "none")
    with serving() as fake:
        fake.errors["force-leave"] = "no such node"
        with pytest.raises(SerfError, match="no such node"):
            mend(consul, rpc=fake.rpc, do="force_leave", name="node9", parts=["serf"])


@pytest.mark.parametrize(
    ("consul", "engine", "errors", "illegible"),
    [
        ("", "", {}, [OWNER]),
        ("no answer", "", {"consul": "no answer"}, []),
        ("", "no leader", {"swarm": "no leader"}, [OWNER]),
    ],
)
def test_what_is_not_told_is_an_error(
    monkeypatch: pytest.MonkeyPatch, consul: str, engine: str, errors: dict[str, str], illegible: list[str]
) -> None:
    monkeypatch.setattr(ledger, "Engine", type("Refusing", (Engine,), {"error": engine}))
    kept, why = ledger.read("unix:///docker.sock", Consul(error=consul), 3)
    assert (why, [*kept.illegible]) == (errors, illegible)


@pytest.mark.parametrize("locked", ["", "xyz"])
def test_what_a_controller_is_at_work_on_is_left_alone(locked: str) -> None:
    consul, engine = Consul(locked), Engine()
    consul.put(OWNER, {"subnet": "10.32.0.0/26"})
    for step in (RELEASE, REMOVE):
        with pytest.raises(Locked, match="has been working on it") if locked else nullcontext():
            ledger.mend(engine, consul, step)
    assert (consul.keys(), engine.removed) == (({OWNER}, []) if locked else (set(), [("secret", "xyz_key")]))
    assert consul.sessions == []
