"""The certificates of Consul's servers: what a good one says, and what is in the cluster's CA."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

CA_DAYS = 3650
SERVER_DAYS = 1825
# A certificate with less left is replaced.
RENEW_DAYS = 365

_CERTIFICATE = re.compile(r"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----\n?", re.DOTALL)
_KEY = re.compile(r"-----BEGIN ([A-Z ]*)PRIVATE KEY-----.*?-----END \1PRIVATE KEY-----\n?", re.DOTALL)


def certificate(pem: str) -> str:
    """The first certificate of a PEM text; ValueError where there is none."""
    return _part(_CERTIFICATE, pem, "certificate")


def private_key(pem: str) -> str:
    """The first private key of a PEM text; ValueError where there is none."""
    return _part(_KEY, pem, "private key")


def trusted(pem: str) -> str:
    """All certificates of a PEM text, each once: more than one while the CA is replaced."""
    found = [part.rstrip("\n") + "\n" for part in _CERTIFICATE.findall(pem)]
    if not found:
        raise ValueError("there is no certificate in it")
    return "".join(dict.fromkeys(found))


#: A CA is replaced in this order, each step on every node before the next.
TRUST, SIGN, ONLY = "trust", "sign", "only"


def replaced(current: str, new: str, step: str) -> str:
    """The CA's text (its key, its certificate, others that are trusted) after a step of its replacement by `new`.

    `trust` has both trusted and signs with the old one, `sign` with the new one, `only` forgets the old one.
    Whatever step a run that broke off came to, all of them may be done again.
    """
    if step == ONLY:
        return private_key(new) + certificate(new)
    signs = current if step == TRUST else new
    return private_key(signs) + trusted(certificate(signs) + trusted(current) + certificate(new))


def _part(pattern: re.Pattern[str], pem: str, what: str) -> str:
    found = pattern.search(pem)
    if not found:
        raise ValueError(f"there is no {what} in it")
    return found.group(0).rstrip("\n") + "\n"


def server_name(datacenter: str) -> str:
    """What only a server's certificate is for, and every client asks of one."""
    return f"server.{datacenter}.consul"


def summary(decoded: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """{subject, issuer, names, days} of a certificate as Python's ssl decodes it; {} for none.

    :param now: with its time zone, as for `left`.
    """
    if not decoded:
        return {}
    until = _time(decoded["notAfter"])
    return {
        "subject": _common_name(decoded["subject"]),
        "issuer": _common_name(decoded["issuer"]),
        "names": sorted(value for _, value in decoded.get("subjectAltName", ())),
        "days": (until - now).days,
    }


def left(decoded: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """{days, share}: how long the certificate is good, in days and of all its time."""
    since, until = _time(decoded["notBefore"]), _time(decoded["notAfter"])
    rest = until - now
    return {"days": rest.days, "share": rest / (until - since)}


def _time(text: str) -> datetime:
    return datetime.strptime(text, "%b %d %H:%M:%S %Y %Z").replace(tzinfo=UTC)


def _common_name(parts: Sequence[Sequence[Sequence[str]]]) -> str:
    return next((value for part in parts for name, value in part if name == "commonName"), "")


def good(found: Mapping[str, Any], ca: Mapping[str, Any], names: Collection[str]) -> bool:
    """Is a server's certificate of this CA, for these names, and for long enough? Both as summaries."""
    if not found or not ca:
        return False
    return found["issuer"] == ca["subject"] and found["days"] > RENEW_DAYS and {*names} <= {*found["names"]}
