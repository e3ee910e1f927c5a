"""An archive that is whole, or is refused."""

from __future__ import annotations

import io
import json
import tarfile

import pytest
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core import backup
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.backup import Backup, BackupError

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
