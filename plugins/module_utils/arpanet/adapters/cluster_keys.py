"""The keys that the cluster made for itself: one file each, on its managers."""

from __future__ import annotations

import base64
import os
import secrets
import ssl
import subprocess
import tempfile
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ..core import consul_tls
from ..core.consul_config import KEYS

# In memory: what lies there for a moment never reaches a disk.
_SCRATCH = "/run"


# Shaped as a CA is, for the files that check mode compares.
PLACEHOLDER = "".join(f"-----BEGIN {what}-----\n-----END {what}-----\n" for what in ("PRIVATE KEY", "CERTIFICATE"))


class KeyFileError(Exception):
    """A key cannot be read or made; the message names its file and says what to do."""


def read(name: str, directory: str = KEYS) -> str:
    """A key's text, empty where there is none yet; KeyFileError when its file is empty."""
    path = Path(directory) / name
    try:
        text = path.read_text().strip()
    except FileNotFoundError:
        return ""
    if not text:
        raise KeyFileError(f"{path} is empty; put the key there that the other managers have")
    return text


def random_key(length: int = 32) -> str:
    """A new key in base64."""
    return base64.b64encode(secrets.token_bytes(length)).decode()


def write(name: str, text: str, directory: str = KEYS) -> None:
    """Put a new key in place, whole or not at all; FileExistsError, and no change, where there is one."""
    path = Path(directory) / name
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.parent.chmod(0o700)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "w") as stream:
            stream.write(f"{text.strip()}\n")
            stream.flush()
            os.fsync(stream.fileno())
        os.link(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def make_ca(program: str) -> str:
    """A new CA for Consul: its key and its certificate, as one PEM text."""
    with tempfile.TemporaryDirectory(dir=_SCRATCH) as scratch:
        _consul(program, scratch, "ca", "create", f"-days={consul_tls.CA_DAYS}")
        (key,) = Path(scratch).glob("*-key.pem")
        (certificate,) = (path for path in Path(scratch).glob("*.pem") if path != key)
        return key.read_text() + certificate.read_text()


def make_certificate(program: str, ca: str, datacenter: str, address: str) -> str:
    """A new certificate of a Consul server with its key, as one PEM text. `ca` is that of `make_ca`."""
    with tempfile.TemporaryDirectory(dir=_SCRATCH) as scratch:
        (Path(scratch) / "ca.pem").write_text(consul_tls.certificate(ca))
        (Path(scratch) / "ca.key").write_text(consul_tls.private_key(ca))
        _consul(
            program,
            scratch,
            "cert",
            "create",
            "-server",
            "-ca=ca.pem",
            "-key=ca.key",
            f"-dc={datacenter}",
            f"-additional-ipaddress={address}",
            f"-days={consul_tls.SERVER_DAYS}",
        )
        (key,) = Path(scratch).glob("*-key.pem")
        certificate = key.with_name(key.name.replace("-key.pem", ".pem"))
        return certificate.read_text() + key.read_text()


def _consul(program: str, directory: str, *words: str) -> None:
    try:
        done = subprocess.run(
            [program, "tls", *words], cwd=directory, capture_output=True, text=True, timeout=60, check=False
        )
    except OSError as error:
        raise KeyFileError(f"{program} does not run: {error.strerror}") from error
    if done.returncode:
        # What it says names files, never what is in them.
        raise KeyFileError(f"{program} tls {' '.join(words[:2])} failed: {(done.stderr or done.stdout).strip()[-300:]}")


def decoded(path: str) -> dict[str, Any]:
    """What a certificate's file says, as `core.consul_tls.summary` has it; {} where there is none."""
    return _decoded(path, consul_tls.summary)


def left(path: str) -> dict[str, Any]:
    """How long a certificate is good, as `core.consul_tls.left` has it; {} where there is none."""
    return _decoded(path, consul_tls.left)


def _decoded(path: str, say: Callable[[Mapping[str, Any], datetime], dict[str, Any]]) -> dict[str, Any]:
    if not Path(path).is_file():
        return {}
    try:
        # What `ssl` decodes for a peer, for a file: there is no other way in the standard library.
        return say(ssl._ssl._test_decode_cert(path), datetime.now(UTC))  # type: ignore[attr-defined]
    except (ssl.SSLError, KeyError, ValueError):
        return {}


def decoded_text(pem: str) -> dict[str, Any]:
    """The same for the certificate in a text."""
    with tempfile.NamedTemporaryFile("w", dir=_SCRATCH, suffix=".pem") as scratch:
        scratch.write(consul_tls.certificate(pem))
        scratch.flush()
        return decoded(scratch.name)
