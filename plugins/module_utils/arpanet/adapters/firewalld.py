"""This host's firewalld, through firewall-cmd, which is there wherever it is."""

from __future__ import annotations

import subprocess
from pathlib import Path

from ..core import firewalld
from ..core.firewalld import DEFINITION, SERVICE, Found, Step
from . import host

# What `firewall-cmd --state` ends with: all is well, and with a configuration that was refused.
_RUNNING = (0, 251)


class FirewalldError(Exception):
    """firewalld did not do something; the message says what, and why."""


def runs() -> bool:
    return host.run("firewall-cmd", "--state")[0] in _RUNNING


def read(address: str = "") -> Found:
    """What it has of the cluster. :raises FirewalldError: it does not answer."""
    now = firewalld.zones(_call("--list-all-zones"))
    return Found(
        zone=firewalld.zone_of(host.interface(address), now, _call("--get-default-zone").strip()) if address else "",
        definition=host.text(DEFINITION),
        loaded=firewalld.loaded(host.run("firewall-cmd", f"--info-service={SERVICE}")[1]),
        kept=firewalld.having(firewalld.zones(_call("--permanent", "--list-all-zones"))),
        open=firewalld.having(now),
    )


def apply(step: Step) -> None:
    """Do one step. :raises FirewalldError: it cannot be done."""
    if step.words:
        _call(*step.words)
        return
    # firewalld looks at every file there whose name ends with .xml.
    temporary = Path(f"{DEFINITION}.new")
    try:
        if step.text:
            temporary.write_text(step.text)
            temporary.chmod(0o644)
            temporary.replace(DEFINITION)
        else:
            Path(DEFINITION).unlink(missing_ok=True)
    except OSError as error:
        raise FirewalldError(f"cannot {step}: {error.strerror}") from error


def close() -> None:
    """Have nothing of the cluster any more. :raises FirewalldError: it cannot be done."""
    for step in firewalld.plan(read(), []):
        apply(step)


def _call(*words: str) -> str:
    try:
        done = subprocess.run(["firewall-cmd", *words], capture_output=True, text=True, timeout=120, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise FirewalldError(f"firewall-cmd {' '.join(words)}: {error}") from error
    if done.returncode:
        raise FirewalldError(f"firewall-cmd {' '.join(words)}: {' '.join((done.stderr or done.stdout).split())}")
    return done.stdout
