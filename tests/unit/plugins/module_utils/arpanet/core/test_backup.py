"""An archive that is whole, or is refused."""

from __future__ import annotations

import io
import json
import tarfile

import pytest
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core import backup
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.backup import Backup, BackupError
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.swarm import Local

SAVED = Backup({"cluster": "c1", "node": "alpha"}, {"swarm/raft/wal": b"\0" * 5000, "keys/serf": b"k\n"})


def tar(files: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as archive:
        for name, data in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return stream.getvalue()


def test_there_and_back() -> None:
    assert backup.unpack(backup.pack(SAVED)) == SAVED
    assert SAVED.below(backup.KEYS) == {"serf": b"k\n"}


@pytest.mark.parametrize(
    ("archive", "said"),
    [
        (b"", "no backup"),
        (b"not an archive", "no backup"),
        (backup.pack(SAVED)[:-40], "no backup"),
        (tar({"keys/serf": b"k"}), "no backup"),
        (tar({backup.META: b"[]"}), "no backup"),
        (tar({backup.META: json.dumps({"format": 2, "files": {}}).encode()}), "newer collection"),
        (tar({backup.META: json.dumps({"format": 1, "files": {"keys/serf": "0"}}).encode()}), "damaged: keys/serf"),
        (tar({backup.META: json.dumps({"format": 1, "files": {}}).encode(), "x": b""}), "damaged: x"),
        (backup.pack(Backup({}, {"../etc/passwd": b""})), "belong nowhere"),
        (backup.pack(Backup({}, {"/etc/passwd": b""})), "belong nowhere"),
    ],
)
def test_what_is_none(archive: bytes, said: str) -> None:
    with pytest.raises(BackupError, match=said):
        backup.unpack(archive)


@pytest.mark.parametrize(
    ("key", "value", "wanted"),
    [
        ("arpanet/deployments/abc", {"deployment": "abc"}, True),
        ("arpanet/deployments/abc/revisions/1", {}, True),
        ("arpanet/deployments/abc/leases/10.32.0.5", {"node": "alpha", "instance": "1.web.abc"}, False),
        ("arpanet/deployments/abc/leases/10.32.0.4", {"owner": "web", "service": "web"}, True),
        ("arpanet/subnets/owners/abc/default", {"subnet": "10.32.0.0/26"}, True),
        ("arpanet/nodes/alpha", {"node": "alpha"}, False),
        ("arpanet/locks/abc", {"holder": "me"}, False),
        ("arpanet/leader", {"node": "alpha"}, False),
        ("mine", None, True),
    ],
)
def test_what_belongs_into_a_new_cluster(key: str, value: dict[str, str] | None, wanted: bool) -> None:
    assert backup.restorable(key, value) is wanted


@pytest.mark.parametrize("data", [b"", b"\0\0", b"archive" * 100])
def test_what_is_sealed_cannot_be_read_on_its_way(data: bytes) -> None:
    sealed = backup.seal(data, b"k" * 32)
    assert backup.seal(sealed, b"k" * 32) == data
    assert len(sealed) == len(data) and (sealed != data or not data)


FRESH, IN_IT = Local("inactive"), Local("active", "n1", "c1", manager=True)


def left(step: str, **about: str) -> dict[str, object]:
    """What a restore has left on a node."""
    return {"backup": {**SAVED.about, **about}, "step": step}


@pytest.mark.parametrize(
    ("mark", "local", "step"),
    [
        ({}, FRESH, ""),
        # It was reset, or left its swarm.
        (left("done"), FRESH, ""),
        (left("begun"), Local("active", "n1", "", manager=True), "begun"),
        (left("begun"), Local("error"), "begun"),
        (left("on"), IN_IT, "on"),
        (left("on"), Local("active", "n1", "", manager=True), "on"),
        (left("on"), Local("locked"), "on"),
        (left("done"), IN_IT, "done"),
    ],
)
def test_a_restore_goes_on_where_it_was_cut_off(mark: dict[str, object], local: Local, step: str) -> None:
    assert backup.reached(SAVED, mark, local) == step


@pytest.mark.parametrize("state", ["active", "locked", "pending", "error"])
@pytest.mark.parametrize("mark", [{}, left("on", created="later"), left("begun", node="beta")])
def test_a_swarm_that_this_restore_has_not_made_is_refused(mark: dict[str, object], state: str) -> None:
    with pytest.raises(BackupError, match="this node is in a swarm"):
        backup.reached(SAVED, mark, Local(state, "n1", "c1", manager=True))


@pytest.mark.parametrize("step", ["begun", "on", "done"])
@pytest.mark.parametrize("local", [Local("active", "n1", "c2", manager=True), Local("active", "n1")])
def test_a_node_that_went_into_another_swarm_since_is_refused(step: str, local: Local) -> None:
    with pytest.raises(BackupError, match="this node is in a swarm"):
        backup.reached(SAVED, left(step), local)


def test_a_swarm_with_autolock_is_refused() -> None:
    key = b"-----BEGIN ENCRYPTED PRIVATE KEY-----\nkek-version: 9\n"
    saved = Backup(SAVED.about, {**SAVED.files, "swarm/certificates/swarm-node.key": key})
    with pytest.raises(BackupError, match="autolock"):
        backup.reached(saved, {}, Local("inactive"))
    assert "autolock" in backup.autolock_problem(saved)
    open_key = {"swarm/certificates/swarm-node.key": key.replace(b"ENCRYPTED ", b"")}
    assert backup.autolock_problem(Backup(SAVED.about, open_key)) == ""
