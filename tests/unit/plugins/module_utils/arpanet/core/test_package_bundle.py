from __future__ import annotations

import pytest
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core import package_bundle

PRINTED = """Reading package lists...
After this operation, 783 kB of additional disk space will be used.
'http://deb.example/pool/t/tini_0.19.0-3%2bb8_amd64.deb' tini_0.19.0-3+b8_amd64.deb 280384 MD5Sum:ab6f
'http://deb.example/pool/p/passwd_4.17_amd64.deb' passwd_1%3a4.17_amd64.deb 10 SHA256:00
"""
SHOWN = f"""Package: tini
Version: 0.19.0-3+b8
Depends: libc6 (>= 2.34)
Filename: pool/main/t/tini_0.19.0-3+b8_amd64.deb
Size: 280384
SHA256: {"a" * 64}
Description: tiny init
 that says much of itself
Tag: role::program

Package: tini
Version: 0.18.0-1
Size: 1
SHA256: {"b" * 64}

Package: passwd
Version: 1:4.17
Size: 10
SHA256: {"c" * 64}
"""
FILES = ["tini_0.19.0-3+b8_amd64.deb", "passwd_1%3a4.17_amd64.deb"]


def test_a_nodes_directory() -> None:
    assert package_bundle.target({"id": "ubuntu", "version": "24.04"}, "arm64") == "ubuntu-24.04-arm64"


def test_what_apt_would_fetch() -> None:
    assert package_bundle.printed_files(PRINTED) == FILES
    assert [package_bundle.pair(name) for name in FILES] == ["tini=0.19.0-3+b8", "passwd=1:4.17"]


def test_an_index_has_the_files_asked_for_where_the_bundle_has_them() -> None:
    text = package_bundle.index(SHOWN, FILES)
    assert package_bundle.indexed(text) == {
        "packages/passwd_1%3a4.17_amd64.deb": "c" * 64,
        "packages/tini_0.19.0-3+b8_amd64.deb": "a" * 64,
    }
    assert "Depends: libc6 (>= 2.34)\n" in text
    assert "0.18" not in text
    assert "says much" not in text
    assert package_bundle.unknown(text, ["tini", "docker-ce"]) == ["docker-ce"]


def test_an_index_is_refused_without_a_checksum() -> None:
    with pytest.raises(ValueError, match=r"no SHA-256 checksum of serf_1_amd64\.deb"):
        package_bundle.index(SHOWN, ["serf_1_amd64.deb"])


@pytest.mark.parametrize(
    ("data", "why"),
    [
        ([], "no list of files"),
        ({"files": {"../evil": "a" * 64}}, "no place"),
        ({"files": {"packages/..": "a" * 64}}, "no place"),
        ({"files": {"packages/a.deb": "short"}}, "not a SHA-256"),
    ],
)
def test_a_strange_list_is_refused(data: object, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        package_bundle.manifest(data)


def test_what_is_lacking() -> None:
    wanted = {"packages/a": "1", "packages/b": "2", "packages/c": "3"}
    assert package_bundle.lacking(wanted, {"packages/a": "1", "packages/b": "x"}) == ["packages/b", "packages/c"]


def test_wheels_are_kept_while_they_are_whole_and_asked_for() -> None:
    listed = {"files": {"wheels/a.whl": "1", "packages/b": "2"}, "requirements": ["a==1"]}
    assert package_bundle.wheels(listed, {"wheels/a.whl": "1"}, ["a==1"]) == {"wheels/a.whl": "1"}
    assert package_bundle.wheels(listed, {"wheels/a.whl": "x"}, ["a==1"]) is None
    assert package_bundle.wheels(listed, {"wheels/a.whl": "1"}, ["a==2"]) is None
    assert package_bundle.wheels({}, {}, []) == {}
    assert package_bundle.wheels({}, {}, ["a==1"]) is None
