"""Start a lab's containers and wait until they are usable hosts."""

import subprocess
from dataclasses import dataclass
from ipaddress import IPv4Address
from pathlib import Path

from .docker import docker, execute, inspect
from .network import LABEL
from .say import LabError, say
from .spec import container_name, network_name
from .wait import until

#: Not `--privileged`: a machine may lack one capability of those that implies. What
#: systemd, an inner engine and overlay networks need is named here instead.
_FLAGS = (
    "--cap-add", "ALL", "--cap-drop", "SYS_RESOURCE",
    "--security-opt", "seccomp=unconfined",
    "--security-opt", "apparmor=unconfined",
    "--security-opt", "systempaths=unconfined",
    "--device-cgroup-rule", "a *:* rwm",
    "--cgroupns", "host",
    "--volume", "/sys/fs/cgroup:/sys/fs/cgroup:rw",
    "--tmpfs", "/run", "--tmpfs", "/tmp:exec",
    # An inner engine can't stack its layers on the container's own overlay.
    "--volume", "/var/lib/docker", "--volume", "/var/lib/containerd",
    "--stop-timeout", "20",
)  # fmt: skip
_BOOT_SECONDS = 180


@dataclass(frozen=True)
class Host:
    """A running member of a lab."""

    member: str
    container: str
    address: str
    #: Changes with every boot, so that nothing kept from an earlier one is used again.
    boot: str


def ensure(lab: str, member: str, image: str, system: str, address: IPv4Address) -> bool:
    """Make the container of a member, or start it when it is stopped; whether it is new."""
    name = container_name(lab, member)
    found = inspect("container", name)
    if found is None:
        docker(
            "run", "--detach", "--name", name, "--hostname", member,
            "--network", network_name(lab), "--ip", str(address),
            "--label", f"{LABEL}={lab}", "--label", f"{LABEL}.member={member}",
            "--label", f"{LABEL}.system={system}",
            *_FLAGS, *_modules(), image, what=f"starting {name}",
        )  # fmt: skip
        return True
    runs = found["Config"]["Labels"].get(f"{LABEL}.system")
    if runs != system:
        raise LabError(f"{name} runs {runs}, not {system}: `make lab-down LAB={lab}` first, or use another LAB")
    if not found["State"]["Running"]:
        say(f"{name} is stopped: starting it")
        docker("start", name, what=f"starting {name}")
    return False


def host(lab: str, member: str) -> Host:
    """What the engine says of a running member."""
    name = container_name(lab, member)
    found = inspect("container", name)
    if found is None:
        raise LabError(f"there is no container {name}")
    address = found["NetworkSettings"]["Networks"][network_name(lab)]["IPAddress"]
    started = "".join(character for character in found["State"]["StartedAt"] if character.isdigit())
    return Host(member, name, address, f"{found['Id'][:8]}{started[8:17]}")


def wait_booted(name: str) -> None:
    """Return when systemd in the container has started everything; say which units failed."""
    until(lambda: _state(name) in ("running", "degraded"), what=f"{name} booted", seconds=_BOOT_SECONDS)
    if _state(name) == "degraded":
        failed = execute(name, "systemctl", "list-units", "--failed", "--plain", "--no-legend", what=f"asking {name}")
        units = ", ".join(line.split()[0] for line in failed.splitlines())
        say(f"{name} runs, but some units failed: {units}")


def _state(name: str) -> str:
    # The exit status only repeats the word, and is not 0 while the system still boots.
    done = subprocess.run(
        ["docker", "exec", name, "systemctl", "is-system-running"],
        capture_output=True,
        text=True,
        check=False,
    )
    word = done.stdout.strip()
    if not word and docker("inspect", "--format", "{{.State.Running}}", name, what=f"looking at {name}") == "false":
        last = docker("logs", "--tail", "10", name, what=f"reading the log of {name}")
        raise LabError(f"{name} ended while it booted: {last or 'it left no message'}")
    return word


def _modules() -> list[str]:
    # Lets a node look for kernel modules where the machine's kernel has any.
    return ["--volume", "/lib/modules:/lib/modules:ro"] if Path("/lib/modules").is_dir() else []
