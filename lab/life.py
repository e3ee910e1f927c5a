"""Bring a lab up, take it down, remove everything that labs left on the machine."""

import fcntl
import os
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from . import builds, depot, engine, inventory, limits, machine, network, nodes, ssh
from .docker import docker, listed
from .paths import CACHE, inventory_of, state_of
from .say import LabError, say
from .spec import Spec, address_of, container_name
from .wait import until


def up(spec: Spec) -> None:
    """Make the lab as asked, keeping what already runs, and write its inventory."""
    with _alone():
        engine.ensure()
        limits.ensure()
        _refuse_fewer(spec)
        here = machine.read()
        node_image = (builds.stocked if spec.stocked else builds.node)(spec.codename, here)
        depot_image = depot.image(here)
        lan = network.ensure(spec.lab)
        members = ["depot", *(node.name for node in spec.members)]

        ssh.public_key()  # made before several threads ask for it

        def start(member: str) -> nodes.Host:
            image, system = (depot_image, "depot") if member == "depot" else (node_image, spec.system)
            new = nodes.ensure(spec.lab, member, image, system, address_of(lan, member))
            name = container_name(spec.lab, member)
            nodes.wait_booted(name)
            if new:
                say(f"{name} booted")
            if member != "depot":
                ssh.admit(name)
            return nodes.host(spec.lab, member)

        with ThreadPoolExecutor(max_workers=min(8, len(members))) as pool:
            hosts = {host.member: host for host in pool.map(start, members)}
        _wait_answering(hosts)
        _write_inventory(spec, hosts)
    where = os.path.relpath(inventory_of(spec.lab))
    managers = f"{spec.managers} of them managers"
    say(f"lab {spec.lab!r} is up: {spec.nodes} nodes of {spec.system}, {managers}, on {lan}")
    say(f"try: ansible -i {where} all -m ping")


def down(lab: str) -> None:
    """Remove a lab: containers with their volumes, network, inventory, known hosts."""
    with _alone():
        if engine.answers():
            found = listed("container", f"label={network.LABEL}={lab}")
            if found:
                docker("rm", "--force", "--volumes", *found, what=f"removing {', '.join(found)}")
            network.remove(lab)
            say(f"lab {lab!r} is gone ({len(found)} containers)" if found else f"there was no lab {lab!r}")
        shutil.rmtree(inventory_of(lab), ignore_errors=True)
        shutil.rmtree(state_of(lab), ignore_errors=True)


def consul() -> Path:
    """The depot's consul program, outside of any container."""
    with _alone():
        engine.ensure()
        return depot.extract_consul(depot.image(machine.read()), consul_path())


def consul_path() -> Path:
    """Where `consul` leaves it."""
    return CACHE / f"consul-{depot.CONSUL_VERSION}"


def clean() -> None:
    """Remove every lab, the labs' images and caches, and stop the engine if this started it."""
    if engine.answers():
        labs = {docker("inspect", "--format", f'{{{{index .Config.Labels "{network.LABEL}"}}}}', name,
                       what=f"looking at {name}")
                for name in listed("container", f"label={network.LABEL}")}  # fmt: skip
        for lab in sorted(labs):
            down(lab)
        found = listed("image", "reference=arpanet-lab/*")
        if found:
            docker("rmi", "--force", *found, what="removing the labs' images")
            say(f"removed {len(found)} images")
        docker("image", "prune", "--force", "--filter", f"label={builds.LABEL}", what="removing build stages")
    engine.stop()
    shutil.rmtree(CACHE, ignore_errors=True)


def _refuse_fewer(spec: Spec) -> None:
    wanted = {container_name(spec.lab, member) for member in ("depot", *(n.name for n in spec.members))}
    surplus = sorted(set(listed("container", f"label={network.LABEL}={spec.lab}")) - wanted)
    if surplus:
        raise LabError(
            f"lab {spec.lab!r} has more nodes than NODES={spec.nodes} asks for ({', '.join(surplus)}): "
            f"`make lab-down LAB={spec.lab}` first"
        )


def _wait_answering(hosts: dict[str, nodes.Host]) -> None:
    for host in hosts.values():
        if host.member == "depot":
            until(partial(depot.serving, host.address), what="the depot answering", seconds=60)
        else:
            until(partial(ssh.answers, host.address), what=f"SSH on {host.member}", seconds=60)


def _write_inventory(spec: Spec, hosts: dict[str, nodes.Host]) -> None:
    known_hosts = state_of(spec.lab) / "known_hosts"
    entries = []
    lines: list[str] = []
    for node in spec.members:
        host = hosts[node.name]
        lines += ssh.host_keys(host.container, host.address)
        connection = f"{spec.lab}-{node.name}-{host.boot}"
        entries.append(inventory.Entry(node.name, host.address, node.manager, connection))
    ssh.write_known_hosts(known_hosts, lines)
    shop = hosts["depot"]
    variables = inventory.variables_file(
        inventory.Depot(
            shop.address,
            depot.REGISTRY_PORT,
            depot.MIRROR_PORT,
            depot.CONSUL_VERSION,
            depot.consul_checksum(shop.container),
        )
    )
    inventory.write(inventory_of(spec.lab), inventory.hosts_file(entries, ssh.PRIVATE_KEY, known_hosts), variables)


@contextmanager
def _alone() -> Iterator[None]:
    """Let no other `lab` program of this checkout make or remove things meanwhile."""
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("another lab program is at work in this checkout: waiting for it")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield
