"""This host: addresses, packages, services, kernel, as cheaply as one look can be."""

from __future__ import annotations

import contextlib
import fcntl
import ipaddress
import json
import os
import platform
import pwd
import shutil
import socket
import struct
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..core import consul_config, host
from . import cluster_keys, files
from .consul_admin import Admin, AdminError

KEYS = consul_config.KEYS
# What a Consul server alone has.
RAFT = "/var/lib/consul/raft"
DAEMON = "/etc/docker/daemon.json"
# The role docker's mark that the daemon.json is its own.
DAEMON_MARK = "/etc/arpanet/daemon.json"

_SIOCGIFADDR = 0x8915
_SIOCGIFNETMASK = 0x891B
# An address that is never reached: a datagram socket only asks which route it would take.
_ELSEWHERE = ("203.0.113.1", 9)


def text(path: str) -> str:
    """A file's text, empty where it cannot be read."""
    try:
        return Path(path).read_text(errors="replace")
    except OSError:
        return ""


def run(*words: str, timeout: float = 20) -> tuple[int, str]:
    """Exit code and output of a program; 127 where it is not installed."""
    program = shutil.which(words[0], path=f"/usr/local/bin:{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
    if program is None:
        return 127, ""
    environment = {**os.environ, "LC_ALL": "C.UTF-8"}
    try:
        done = subprocess.run(
            [program, *words[1:]],
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
            env=environment,
        )
    except (OSError, subprocess.TimeoutExpired):
        return 126, ""
    return done.returncode, done.stdout


def default_address() -> str:
    """The address that the default route leaves from; empty without one."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(_ELSEWHERE)
            return str(probe.getsockname()[0])
        except OSError:
            return ""


def has_address(address: str) -> bool:
    """Is the address one of this host's?"""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind((address, 0))
            return True
        except OSError:
            return False


def interface(address: str) -> str:
    """The interface that has an address of this host; empty where none has."""
    words = run("ip", "-oneline", "-4", "address", "show", "to", address)[1].split()
    return words[1] if words else ""


def interface_network(name: str) -> str:
    """The first address of an interface with its prefix, such as 172.17.0.1/16; empty without one."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        request = struct.pack("256s", name.encode()[:15])
        try:
            address = socket.inet_ntoa(fcntl.ioctl(probe, _SIOCGIFADDR, request)[20:24])
            mask = socket.inet_ntoa(fcntl.ioctl(probe, _SIOCGIFNETMASK, request)[20:24])
        except OSError:
            return ""
    return f"{address}/{ipaddress.ip_network('0.0.0.0/' + mask).prefixlen}"


def packages(family: str) -> dict[str, str]:
    if family == "debian":
        _, shown = run("dpkg-query", "--show", "--showformat", "${db:Status-Status} ${Package} ${Version}\n")
    else:
        _, shown = run("rpm", "-qa", "--queryformat", "installed %{NAME} %{VERSION}-%{RELEASE}\n")
    return host.packages(shown)


def services(units: Mapping[str, list[str]]) -> dict[str, Any]:
    """Unit to {active, enabled, stale, state}, given the files that it reads; a unit that does not exist
    is nothing of that. `state` is systemd's word, such as inactive or failed.

    Stale is one that has neither started nor reloaded since one of its files changed: a run that
    was cut off has not come to its handlers, or a package was upgraded and has restarted nothing.
    """
    if not units:
        return {}
    properties = "Id,LoadState,ActiveState,UnitFileState,StateChangeTimestampMonotonic"
    _, shown = run("systemctl", "show", f"--property={properties}", *units)
    # systemd counts from the boot, files from 1970.
    boot = time.time() - time.clock_gettime(time.CLOCK_MONOTONIC)
    found = {unit: {"active": False, "enabled": False, "stale": False, "state": ""} for unit in units}
    for unit, values in host.services(shown).items():
        active = values.get("ActiveState") == "active"
        changed = boot + int(values.get("StateChangeTimestampMonotonic") or 0) / 1e6
        found[unit] = {
            "active": active,
            "enabled": values.get("UnitFileState") in ("enabled", "enabled-runtime", "alias"),
            "stale": active and any(changed < written < time.time() for written in _written(units.get(unit, []))),
            "state": values.get("ActiveState", "") if values.get("LoadState") != "not-found" else "",
        }
    return found


def _written(paths: list[str]) -> list[float]:
    """When files, or the links themselves, came to be as they are here; those that do not exist are left out.

    A package's program says that it was written when the package was built.
    """
    times = []
    for path in paths:
        with contextlib.suppress(OSError):
            times.append(Path(path).lstat().st_ctime)
    return times


def listeners(port: int) -> list[dict[str, str]]:
    """Who listens on a port, as {address, process}, for TCP and UDP."""
    sockets: dict[str, str] = {}
    for table in ("tcp", "tcp6", "udp", "udp6"):
        for address, inode in host.listeners(text(f"/proc/net/{table}"), port, udp=table.startswith("udp")):
            sockets[inode] = address
    if not sockets:
        return []
    owners = _owners(set(sockets))
    found = {(address, owners.get(inode, "")) for inode, address in sockets.items()}
    return [{"address": address, "process": process} for address, process in sorted(found)]


def _owners(inodes: set[str]) -> dict[str, str]:
    """Socket to the name of the process that holds it."""
    found: dict[str, str] = {}
    for process in Path("/proc").iterdir():
        if not process.name.isdigit():
            continue
        try:
            for handle in (process / "fd").iterdir():
                link = str(handle.readlink())
                if link.startswith("socket:[") and link[8:-1] in inodes:
                    found[link[8:-1]] = text(f"{process}/comm").strip()
        except OSError:
            continue
        if len(found) == len(inodes):
            break
    return found


def overlay_files() -> bool:
    """Can the kernel stack file systems?"""
    if "\toverlay\n" in text("/proc/filesystems"):
        return True
    return run("modprobe", "--dry-run", "--quiet", "overlay")[0] == 0


def weave_paths() -> dict[str, bool]:
    """What decides which data path a router of Weave takes here (core.weave.fast)."""
    links = Path("/sys/class/net")
    known = Path("/sys/module/openvswitch").exists()
    return {
        "openvswitch": known or run("modprobe", "--dry-run", "--quiet", "openvswitch")[0] == 0,
        "bridge": (links / "weave").exists(),
        "datapath": (links / "datapath").exists(),
    }


def vxlan() -> bool | None:
    """Can the kernel carry overlay networks? None where that cannot be found out."""
    if Path("/sys/module/vxlan").exists() or run("modprobe", "--dry-run", "--quiet", "vxlan")[0] == 0:
        return True
    # Built into the kernel without a trace, as seen from a container: try it.
    name = "arpanet-probe"
    code, _ = run("ip", "link", "add", name, "type", "vxlan", "id", "4098", "dstport", "4790")
    if code == 0:
        run("ip", "link", "delete", name)
        return True
    return None if code == 127 else False


def daemon_settings() -> dict[str, Any]:
    """What the engine's daemon.json sets already; nothing where it is none."""
    try:
        value = json.loads(text(DAEMON) or "{}")
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def docker0(daemon: Mapping[str, Any]) -> str:
    """Address and prefix of the engine's bridge; empty where nothing tells.

    An engine that has not started since the host did has none yet, and makes it as its settings say.
    """
    return interface_network("docker0") or str(daemon.get("bip", ""))


def program_version(name: str) -> str:
    return host.version(run(name, "version")[1])


def venv_packages(root: str = "/opt/arpanet/venv") -> list[str]:
    """What the virtual environment has, as `name==version`."""
    found = []
    for path in Path(root).glob("lib/python3*/site-packages/*.dist-info"):
        name, _, number = path.name.removesuffix(".dist-info").rpartition("-")
        found.append(f"{name.replace('_', '-').lower()}=={number}")
    return sorted(found)


def consul_is_open(unit: Mapping[str, Any]) -> bool:
    """Does a Consul answer here that tells everybody everything?

    Asked only where its files do not say so: a Consul that refuses notes each refusal in its log.
    """
    if not unit.get("active") or (Path(consul_config.ACL).exists() and not unit.get("stale")):
        return False
    try:
        return bool(Admin(token_file="", timeout=3).ask("GET", "/v1/agent/self"))
    except AdminError:
        return False


def consul_peers(unit: Mapping[str, Any]) -> list[str] | None:
    """Addresses of the servers in Consul's raft, as this node's server has it; none while it still waits for those that
    it begins with. None where no server answers."""
    if not unit.get("active") or not Path(RAFT).is_dir():
        return None
    try:
        peers = Admin(token_file="", timeout=3).ask("GET", "/v1/status/peers")
    except AdminError:
        return None
    return [str(peer).rpartition(":")[0].strip("[]") for peer in peers or ()]


def look(address: str, units: Mapping[str, list[str]], names: list[str], paths: list[str]) -> dict[str, Any]:
    """Everything but the engine, as plain data. `names` are the packages asked about, `paths` the files."""
    system = host.distribution(text("/etc/os-release"))
    daemon = daemon_settings()
    bridge = docker0(daemon)
    own = address or default_address()
    installed = packages(system.family)
    found_services = services(units)
    return {
        "address": own,
        "address_here": bool(own) and has_address(own),
        "architecture": host.architecture(platform.machine()),
        "certificate": cluster_keys.decoded(consul_config.CERTIFICATE),
        "cgroups": Path("/sys/fs/cgroup").is_dir() and bool(list(Path("/sys/fs/cgroup").iterdir())),
        "consul_open": consul_is_open(found_services.get("consul.service", {})),
        "consul_peers": consul_peers(found_services.get("consul.service", {})),
        "consul_raft": Path(RAFT).is_dir(),
        "daemon_keys": sorted(daemon),
        "distribution": system.__dict__,
        "dns_listeners": listeners(53),
        "files": files.look(paths),
        "docker0": bridge,
        "hostname": socket.gethostname(),
        "kernel": platform.release(),
        "keys": sorted(path.name for path in Path(KEYS).glob("[!.]*")),
        "managed": Path(DAEMON_MARK).is_symlink(),
        "packages": {name: installed[name] for name in names if name in installed},
        "routes": [
            {"network": network, "interface": interface}
            for network, interface in host.routed_networks(text("/proc/net/route"), "docker0")
        ],
        "services": found_services,
        "systemd": Path("/run/systemd/system").is_dir(),
        "upstreams": host.upstreams(
            text("/etc/resolv.conf"),
            text("/run/systemd/resolve/resolv.conf"),
            {"127.0.0.1", own, bridge.partition("/")[0]},
        ),
        "users": sorted(entry.pw_name for entry in pwd.getpwall()),
        "venv": venv_packages(),
        "weave": weave_paths(),
        "versions": {name: program_version(name) for name in ("consul", "serf")},
    }
