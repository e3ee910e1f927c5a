"""This machine, as far as a join goes: its names and addresses, its files, its units."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import time
import urllib.request
from collections.abc import Sequence
from pathlib import Path

from ..core import host as texts
from ..core import joining
from ..core.files import Change, Found, Wanted
from . import files, host

# What a node runs, and the package or role that brings it.
PROGRAMS = ("dockerd", "serf", "consul", "haproxy")
UNITS = ("docker.service", joining.SERF, joining.CONSUL, joining.PROXY, joining.AGENT)
UNIT_FILES = "/etc/systemd/system"
# What Serf keeps over its restarts.
MEMORY = (joining.KEYRING, "/var/lib/serf/snapshot", "/var/lib/serf/tags.json")
CONSUL = "http://127.0.0.1:8500"


class MachineError(Exception):
    """Something of this machine's own stands in the way; says what, and the next step."""


class Machine:
    """The machine that this runs on."""

    # -- looking

    def name(self) -> str:
        return socket.gethostname()

    def has_address(self, address: str) -> bool:
        return host.has_address(address)

    def address_towards(self, target: str) -> str:
        """This machine's address on the way to another; empty without a way."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            try:
                probe.connect((target, 9))
                return str(probe.getsockname()[0])
            except OSError:
                return ""

    def resolve(self, name: str) -> str:
        """An address of a host; empty where the name is nobody's."""
        try:
            return socket.gethostbyname(name)
        except OSError:
            return ""

    def listens(self, target: str, port: int, timeout: float = 3) -> str:
        """Why nobody answers there; empty where somebody does."""
        try:
            socket.create_connection((target, port), timeout).close()
            return ""
        except OSError as error:
            return error.strerror or str(error)

    def lacking(self) -> list[str]:
        """Programs and units that have to be installed first."""
        path = f"/usr/local/bin:{os.environ.get('PATH', '')}:/usr/sbin:/sbin"
        ours = [unit for unit in UNITS if unit != "docker.service" and not Path(UNIT_FILES, unit).exists()]
        return [program for program in PROGRAMS if shutil.which(program, path=path) is None] + ours

    def describe(self, address: str) -> joining.Machine:
        """What Consul's configuration has to know of it."""
        docker0 = host.interface_network("docker0").partition("/")[0]
        upstreams = texts.upstreams(
            host.text("/etc/resolv.conf"),
            host.text("/run/systemd/resolve/resolv.conf"),
            {"127.0.0.1", address, docker0},
        )
        return joining.Machine(self.name(), address, docker0, upstreams, host.program_version("consul"))

    def gossip_keys(self) -> list[str]:
        """The keys that Serf has here, the one in use first; none where it has never run."""
        try:
            return [str(key) for key in json.loads(Path(joining.KEYRING).read_text())]
        except FileNotFoundError:
            return []
        except (OSError, ValueError, TypeError) as error:
            raise MachineError(f"{joining.KEYRING} cannot be read ({error}): run this as root") from error

    def joined(self) -> str:
        """The cluster that this machine has joined, as `<id>:<digest>`; empty before."""
        try:
            value = json.loads(Path(joining.CLUSTER).read_text())
            return f"{value['cluster']}:{value['ca']}"
        except FileNotFoundError:
            return ""
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise MachineError(f"{joining.CLUSTER} cannot be read ({error})") from error

    # -- files and units

    def read(self, wanted: Wanted) -> Found:
        return files.read(wanted)

    def apply(self, change: Change) -> None:
        files.apply(change)

    def forget_gossip(self) -> None:
        """Take away whom Serf knew and with which key."""
        for path in MEMORY:
            Path(path).unlink(missing_ok=True)

    def runs(self, unit: str) -> bool:
        """Is it running, and will it after a restart of the machine?"""
        state = host.services({unit: []})[unit]
        return bool(state["active"] and state["enabled"])

    def is_older(self, unit: str, paths: Sequence[str]) -> bool:
        """Is it running since before one of these files was written?"""
        return bool(host.services({unit: [*paths]})[unit]["stale"])

    def start(self, unit: str) -> None:
        """Now and at every start of the machine."""
        self._systemctl("daemon-reload")
        self._systemctl("enable", unit)
        self._systemctl("start", unit)

    def restart(self, unit: str) -> None:
        self._systemctl("restart", unit)

    def reload(self, unit: str) -> None:
        self._systemctl("reload", unit)

    def stop(self, unit: str) -> None:
        self._systemctl("disable", "--now", unit)

    def _systemctl(self, *words: str) -> None:
        try:
            done = subprocess.run(["systemctl", *words], capture_output=True, text=True, timeout=120, check=False)
        except (OSError, subprocess.TimeoutExpired) as error:
            raise MachineError(f"systemctl {' '.join(words)}: {error}") from error
        if done.returncode:
            unit = words[-1]
            raise MachineError(f"systemctl {' '.join(words)}: {done.stderr.strip()}. journalctl -u {unit} says why")

    # -- Consul

    def wait_for_consul(self, timeout: float) -> None:
        """Until its agent knows a leader."""
        ask = urllib.request.build_opener(urllib.request.ProxyHandler({})).open
        deadline = time.monotonic() + timeout
        why = ""
        while time.monotonic() < deadline:
            try:
                with ask(f"{CONSUL}/v1/status/leader", timeout=5) as answer:
                    if json.loads(answer.read()):
                        return
                why = "it knows no leader"
            except (OSError, ValueError) as error:
                why = str(error)
            time.sleep(0.25)
        raise MachineError(
            f"Consul's agent is in no cluster after {timeout:g} s ({why}). journalctl -u {joining.CONSUL} says why; "
            "ports 8300 and 8301 of the managers have to be open"
        )
