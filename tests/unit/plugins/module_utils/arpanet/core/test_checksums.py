from __future__ import annotations

import pytest
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.checksums import listed, sha256

DIGEST = "ab" * 32


@pytest.mark.parametrize("text", [DIGEST, f"sha256:{DIGEST}", DIGEST.upper(), f" {DIGEST}\n"])
def test_sha256(text: str) -> None:
    assert sha256(text) == DIGEST


@pytest.mark.parametrize("text", ["", "sha1:00", DIGEST[:-1], f"md5:{DIGEST}"])
def test_not_a_sha256(text: str) -> None:
    with pytest.raises(ValueError, match="not a SHA-256"):
        sha256(text)


SUMS = f"{'00' * 32}  consul_1_linux_arm64.zip\n{DIGEST}  consul_1_linux_amd64.zip\n{'11' * 32} *other.zip\n"


def test_listed() -> None:
    assert listed(SUMS, "consul_1_linux_amd64.zip") == DIGEST
    assert listed(SUMS, "other.zip") == "11" * 32
    with pytest.raises(ValueError, match="not in the list"):
        listed(SUMS, "linux_amd64.zip")
