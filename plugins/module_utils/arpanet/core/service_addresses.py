"""Addresses that a stack states for its services (`ipv4_address`).

A file knows the subnet that it declares (`ipam`) and not the one that the deployment gets, so an
address keeps its place: 172.20.0.10 of a declared 172.20.0.0/24 is the tenth address of the
deployment's subnet. Without a declared subnet it has to be one of the deployment's own.

Swarm chooses the addresses of tasks and can be told no other. So what a service should have is a
label on its containers, and the node's agent gives it to them as they start.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from ipaddress import AddressValueError, IPv4Address, IPv4Network
from typing import Any

from . import names
from .sizing import reserved_range
from .support import Unsupported

Spec = dict[str, Any]
# service -> network (as the deployment calls it) -> address
Addresses = dict[str, dict[str, str]]


def check(model: Spec) -> None:
    """Refuse what no subnet could make possible."""
    for name, service in sorted(model["services"].items()):
        for network, text in _stated(service).items():
            where = f"service {name}: 'networks.{network}.ipv4_address'"
            body = (model.get("networks") or {}).get(network) or {}
            deploy = service.get("deploy") or {}
            if body.get("external"):
                raise Unsupported(f"{where} is refused: {network} is external, its addresses are another's to give")
            if deploy.get("mode", "replicated") != "replicated":
                raise Unsupported(f"{where} is refused: of a service in mode {deploy['mode']} there can be several")
            if (deploy.get("update_config") or {}).get("order") == "start-first":
                raise Unsupported(f"{where} and update_config.order start-first: two instances cannot have one address")
            _offset(where, text, body)


def resolve(model: Spec, subnets: Mapping[str, str]) -> Addresses:
    """The address of each service that states one.

    :param subnets: network -> the deployment's subnet of it.
    :raises Unsupported: an address is not among those that Swarm leaves alone.
    """
    found: Addresses = {}
    for name, service in sorted(model["services"].items()):
        for network, text in _stated(service).items():
            where = f"service {name}: 'networks.{network}.ipv4_address' {text}"
            subnet = IPv4Network(subnets[network])
            offset = _offset(where, text, model["networks"][network] or {})
            address = subnet.network_address + offset if offset is not None else IPv4Address(text)
            free = reserved_range(subnet)
            first, last = free.network_address + 2, free.broadcast_address
            if not first <= address <= last:
                which = f"would be {address}, which is" if str(address) != text else "is"
                raise Unsupported(
                    f"{where} {which} not for explicit addresses: those of the deployment's subnet {subnet} are "
                    f"{first} to {last}. Choose one of them, or take a larger subnet (-e subnet_size=)"
                )
            found.setdefault(name, {})[network] = str(address)
    return found


def notes(model: Spec, addresses: Addresses) -> list[str]:
    """What each address has become."""
    return [
        f"service {name}: ipv4_address {text} is {addresses[name][network]} in this deployment"
        for name in sorted(addresses)
        for network, text in _stated(model["services"][name]).items()
        if addresses[name][network] != text
    ]


def label(deployment: str, addresses: Mapping[str, str]) -> str:
    """For the container: `abc_default=10.32.0.10`, separated by commas."""
    pairs = {names.swarm_name(deployment, network): address for network, address in addresses.items()}
    return ",".join(f"{network}={address}" for network, address in sorted(pairs.items()))


def parse_label(text: str) -> dict[str, str]:
    """Engine network -> address; what is none is left out."""
    found = {}
    for pair in filter(None, text.split(",")):
        network, _, address = pair.partition("=")
        try:
            found[network] = str(IPv4Address(address))
        except AddressValueError:
            continue
    return found


def of_services(
    deployment: str, services: Mapping[str, Spec], networks: Iterable[str]
) -> dict[str, dict[str, IPv4Address]]:
    """network -> owner -> address, from the specifications of services.

    :param networks: the deployment's, as Consul calls them; the Engine's names have lost their dots.
    An owner is an instance, `1.db.abc`: a service with an address has one instance.
    """
    found: dict[str, dict[str, IPv4Address]] = {}
    known = {names.swarm_name(deployment, network): network for network in networks}
    for spec in services.values():
        labels = spec["TaskTemplate"]["ContainerSpec"].get("Labels") or {}
        for network, address in parse_label(labels.get(names.LABEL_ADDRESSES, "")).items():
            owner = names.Instance(deployment, labels[names.LABEL_SERVICE], "1").id
            if network in known:
                found.setdefault(known[network], {})[owner] = IPv4Address(address)
    return found


def is_instance(owner: str, deployment: str) -> bool:
    """Tells an instance's address from that of a VM or an appliance."""
    return bool(re.fullmatch(rf"1\.[^.]+\.{re.escape(deployment)}", owner))


def stated(service: Spec) -> bool:
    """Whether a service states an address."""
    return bool(_stated(service))


def _stated(service: Spec) -> dict[str, str]:
    networks = service.get("networks") or {}
    return {name: str(body["ipv4_address"]) for name, body in networks.items() if (body or {}).get("ipv4_address")}


def _offset(where: str, text: str, network: Spec) -> int | None:
    """The place of an address in the subnet that the file declares; None when it declares none."""
    try:
        address = IPv4Address(text)
        declared = [
            IPv4Network(config["subnet"], strict=False)
            for config in (network.get("ipam") or {}).get("config") or []
            if ":" not in config.get("subnet", ":")
        ]
    except ValueError as error:
        raise Unsupported(f"{where}: {error}") from error
    if not declared:
        return None
    if address not in declared[0]:
        raise Unsupported(f"{where}: {text} is not in {declared[0]}, the subnet that the file declares")
    return int(address) - int(declared[0].network_address)
