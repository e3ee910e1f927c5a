from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.consul_tls import (
    RENEW_DAYS,
    certificate,
    good,
    left,
    private_key,
    replaced,
    server_name,
    summary,
    trusted,
)

KEY = "-----BEGIN EC PRIVATE KEY-----\nMHc=\n-----END EC PRIVATE KEY-----\n"
CERTIFICATE = "-----BEGIN CERTIFICATE-----\nMIIC\n-----END CERTIFICATE-----\n"

# As Python's ssl tells it.
DECODED: dict[str, Any] = {
    "subject": ((("commonName", "server.dc1.consul"),),),
    "issuer": ((("countryName", "US"),), (("commonName", "Consul Agent CA 7"),)),
    "notAfter": "Nov 20 00:36:24 2031 GMT",
    "subjectAltName": (("DNS", "server.dc1.consul"), ("DNS", "localhost"), ("IP Address", "10.0.0.1")),
}
THEN = datetime(2031, 11, 20, 0, 36, 24, tzinfo=UTC)
CA = {"subject": "Consul Agent CA 7"}
NAMES = ["server.dc1.consul", "10.0.0.1"]


@pytest.mark.parametrize("text", [KEY + CERTIFICATE, CERTIFICATE + KEY, (KEY + CERTIFICATE).rstrip("\n")])
def test_parts(text: str) -> None:
    assert (certificate(text), private_key(text)) == (CERTIFICATE, KEY)


def test_missing_parts() -> None:
    with pytest.raises(ValueError, match="no certificate"):
        certificate(KEY)
    with pytest.raises(ValueError, match="no private key"):
        private_key(CERTIFICATE)


def test_server_name() -> None:
    assert server_name("dc1") == "server.dc1.consul"


def test_summary() -> None:
    assert summary({}, THEN) == {}
    assert summary(DECODED, THEN - timedelta(days=3)) == {
        "subject": "server.dc1.consul",
        "issuer": "Consul Agent CA 7",
        "names": ["10.0.0.1", "localhost", "server.dc1.consul"],
        "days": 3,
    }


def test_what_is_left_of_its_time() -> None:
    made = {"notBefore": "Nov 20 00:36:24 2021 GMT", "notAfter": "Nov 20 00:36:24 2031 GMT"}
    assert left(made, THEN) == {"days": 0, "share": 0.0}
    assert left(made, THEN - timedelta(days=3652)) == {"days": 3652, "share": 1.0}
    assert left(made, THEN + timedelta(hours=1))["days"] == -1


@pytest.mark.parametrize(
    ("days", "ca", "names", "answer"),
    [
        (RENEW_DAYS + 1, CA, NAMES, True),
        (RENEW_DAYS, CA, NAMES, False),
        (-1, CA, NAMES, False),
        # Another CA, or another address.
        (1000, {"subject": "Consul Agent CA 8"}, NAMES, False),
        (1000, {}, NAMES, False),
        (1000, CA, [*NAMES, "10.0.0.2"], False),
        (1000, CA, ["server.dc2.consul"], False),
    ],
)
def test_good(days: int, ca: dict[str, str], names: list[str], answer: bool) -> None:
    assert good(summary(DECODED, THEN - timedelta(days=days)), ca, names) is answer


def test_none_is_not_good() -> None:
    assert not good({}, CA, [])


def pem(name: str) -> str:
    return f"-----BEGIN EC PRIVATE KEY-----\n{name}k\n-----END EC PRIVATE KEY-----\n{cert(name)}"


def cert(name: str) -> str:
    return f"-----BEGIN CERTIFICATE-----\n{name}\n-----END CERTIFICATE-----\n"


def test_all_certificates_are_trusted_each_once() -> None:
    assert trusted(pem("old") + cert("new") + cert("old")) == cert("old") + cert("new")
    with pytest.raises(ValueError, match="no certificate"):
        trusted(KEY)


def test_a_ca_is_replaced_without_a_moment_of_distrust() -> None:
    old, new = pem("old"), pem("new")
    both = replaced(old, new, "trust")
    assert (private_key(both), trusted(both)) == (private_key(old), cert("old") + cert("new"))
    signs = replaced(both, new, "sign")
    assert (private_key(signs), trusted(signs)) == (private_key(new), cert("new") + cert("old"))
    assert replaced(signs, new, "only") == new


@pytest.mark.parametrize("broken_off", [("trust",), ("trust", "sign"), ("trust", "sign", "only")])
def test_a_replacement_that_broke_off_is_done_again(broken_off: tuple[str, ...]) -> None:
    old, new = pem("old"), pem("new")
    text = old
    for step in broken_off:
        text = replaced(text, new, step)
    for step in ("trust", "sign", "only"):
        text = replaced(text, new, step)
        # Nobody is left with one that signs what others do not trust.
        assert cert("new") in trusted(text)
    assert text == new
