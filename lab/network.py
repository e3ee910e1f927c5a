"""A lab's network on the outer engine: a bridge that nothing outside the machine reaches."""

import json
import time
from ipaddress import IPv4Network
from pathlib import Path

from .docker import docker, inspect, listed
from .say import LabError, say
from .spec import free_network, network_name

LABEL = "arpanet.lab"
_PATIENCE = 10


def ensure(lab: str) -> IPv4Network:
    """The network of a lab; made when missing, in a range that nothing here uses."""
    name = network_name(lab)
    if (found := existing(lab)) is not None:
        return found
    deadline = time.monotonic() + _PATIENCE
    while True:
        chosen = free_network([*_engine_networks(), *machine_routes(Path("/proc/net/route").read_text())])
        try:
            docker(
                "network", "create", "--driver", "bridge", "--subnet", str(chosen), "--label", f"{LABEL}={lab}", name,
                what=f"making the network {name}",
            )  # fmt: skip
            return chosen
        except LabError as error:
            # Another lab that comes up now may have taken the range since it was looked for.
            if "Pool overlaps" not in str(error) or time.monotonic() > deadline:
                raise


def existing(lab: str) -> IPv4Network | None:
    """The network of a lab, or None."""
    found = inspect("network", network_name(lab))
    return IPv4Network(found["IPAM"]["Config"][0]["Subnet"]) if found else None


def remove(lab: str) -> None:
    """Remove the network of a lab if it is there.

    An engine that has removed many containers at once under load may count one of them until it restarts (seen with 24
    on 20.10). Such a network stays, and is used again by the next lab of the name.
    """
    deadline = time.monotonic() + _PATIENCE
    while existing(lab) is not None:
        try:
            docker("network", "rm", network_name(lab), what=f"removing the network {network_name(lab)}")
        except LabError as error:
            if "active endpoints" not in str(error):
                raise
            if time.monotonic() > deadline:
                say(f"the engine still counts a container that is gone: {network_name(lab)} stays until it restarts")
                return
            time.sleep(1)


def machine_routes(table: str) -> list[IPv4Network]:
    """Networks that the kernel's table (`/proc/net/route`, little endian hex) has routes to."""
    found = []
    for line in table.splitlines()[1:]:
        words = line.split()
        if len(words) > 7 and words[7] != "00000000":
            address, mask = (int.from_bytes(bytes.fromhex(words[i]), "little") for i in (1, 7))
            found.append(IPv4Network((address, bin(mask).count("1"))))
    return found


def _engine_networks() -> list[IPv4Network]:
    found = []
    for name in listed("network", "driver=bridge"):
        text = docker("network", "inspect", "--format", "{{json .IPAM.Config}}", name, what=f"looking at {name}")
        for one in json.loads(text) or []:
            if "." in one.get("Subnet", ""):
                found.append(IPv4Network(one["Subnet"]))
    return found
