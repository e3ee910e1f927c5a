"""Moving a network of a deployment to another subnet.

An Engine network cannot change its subnet, so a network that moves becomes a new one, of the next
generation: `default`, `default.g2`, `default.g3`. First every service is on both, then on the new
one alone, each step a rolling update; at no moment are there two instances that serve each other
and share no network. Consul and the Engine know a network by its generation's name, users by the
name in the stack's file.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from ipaddress import IPv4Network
from typing import Any, TypeVar

from . import names
from .addresses import Address
from .service_addresses import is_instance
from .sizing import SubnetError
from .support import Unsupported

Spec = dict[str, Any]
V = TypeVar("V")

_GENERATION = re.compile(r"(?P<base>.+)\.g(?P<number>[1-9]\d*)")
# The same as the Engine and DNS have it.
_MOVED = re.compile(r"(.+)-g([1-9]\d*)")


def split(name: str) -> tuple[str, int]:
    """A network's name in the stack and its generation: ("default", 2) for `default.g2`."""
    match = _GENERATION.fullmatch(name)
    return (match["base"], int(match["number"])) if match else (name, 1)


def following(name: str) -> str:
    """The name of the next generation."""
    base, number = split(name)
    return f"{base}.g{number + 1}"


def generations(held: Iterable[str], network: str) -> list[str]:
    """The generations of a network among these names, oldest first."""
    return sorted((name for name in held if split(name)[0] == network), key=lambda name: split(name)[1])


def newest(held: Mapping[str, V]) -> dict[str, V]:
    """By the names in the stack: what belongs to the newest generation of each network."""
    found: dict[str, V] = {}
    for name in sorted(held, key=split):
        found[split(name)[0]] = held[name]
    return found


def in_order(deployment: str, networks: Iterable[str]) -> list[str]:
    """A deployment's own among the Engine's networks: `default` first, of each the oldest generation first.

    Where an instance is on both, the older is the one to tell: who has not moved yet is on that alone, and who has left
    it searches the newer one by a name of its own.
    """
    own = names.swarm_name(deployment, "")

    def order(name: str) -> tuple[bool, str, int]:
        match = _MOVED.fullmatch(name)
        base, number = (match[1], int(match[2])) if match else (name, 1)
        return base != f"{own}default", base, number

    return sorted((name for name in networks if name.startswith(own)), key=order)


def asked(network: str, held: Mapping[str, IPv4Network], prefix: int | None, moves: Collection[str]) -> str:
    """The generation that a network is to be on: the one it has, or the next when it needs another subnet.

    :param held: the subnets, by generation's name, without those that a move has left.
    :param prefix: the prefix length that is asked for; None for that of the subnet there is.
    :param moves: generations that run on another driver than the one that is asked for.
    :raises SubnetError: a move to another driver was cut off, and it is not this one.
    """
    there = generations(held, network)
    if not there:
        return network
    last = there[-1]
    # Two of them are a move that was cut off: it is finished before another one begins.
    if len(there) > 1:
        if last in moves:
            raise SubnetError(
                f"network {network} was being moved to another driver: finish that first, with the arpanet_driver that "
                "was asked for then"
            )
        return last
    larger = prefix is not None and prefix < held[last].prefixlen
    return following(last) if larger or last in moves else last


def check_move(deployment: str, network: str, leased: Iterable[Address]) -> None:
    """Refuse to move a network that owners outside the stack have addresses in (SubnetError)."""
    # Its own services move along.
    others = [one for one in leased if not is_instance(one.owner, deployment)]
    if others:
        raise SubnetError(
            f"network {network} of deployment {deployment} cannot move to another subnet while "
            f"{', '.join(f'{one.owner} has {one.address}' for one in others)} in it: give these back "
            "(deployment_address with state: absent) and lease new ones afterwards"
        )


def steps(model: Spec, subnets: Mapping[str, str]) -> list[tuple[Spec, dict[str, str]]]:
    """The models to converge to, one after the other, each with the subnets that it needs.

    :param subnets: by generation's name. One generation of each network: one step. Two of some: a
        step on both, then one on the newer.
    """
    networks = [name for name, body in (model.get("networks") or {}).items() if not (body or {}).get("external")]
    held = {network: generations(subnets, network) for network in networks}
    missing = sorted(network for network, names in held.items() if not names)
    if missing:
        raise Unsupported(f"network {', '.join(missing)} has no subnet: allocate one with deployment_subnet first")
    wide = {network: names[-2:] for network, names in held.items()}
    narrow = {network: names[-1:] for network, names in held.items()}
    return [_on(model, chosen, subnets) for chosen in ([wide, narrow] if wide != narrow else [narrow])]


def without_left(subnets: Mapping[str, str], recorded: Iterable[str]) -> dict[str, str]:
    """The subnets without those that a move has left already, though they were not released yet.

    :param recorded: the networks that the deployment's record says it has.
    """
    has = set(recorded)
    last = newest({name: name for name in subnets})
    return {
        name: subnet
        for name, subnet in subnets.items()
        if name in has or name == last[split(name)[0]] or last[split(name)[0]] not in has
    }


def check(networks: Iterable[str]) -> None:
    """Refuse names in a stack that mean a generation here, or that the Engine and DNS would take for one another."""
    called: dict[str, str] = {}
    for name in networks:
        if split(name)[1] != 1 or _GENERATION.fullmatch(name):
            raise Unsupported(
                f"network {name}: names that end in .g and a number are used for moves; call it otherwise"
            )
        other = called.setdefault(names.dns_label(name, "network"), name)
        if other != name:
            raise Unsupported(f"networks {other} and {name} would both be called {names.dns_label(name)} here")
    for label, name in called.items():
        base, found = _MOVED.fullmatch(label), called.get(_MOVED.sub(r"\1", label))
        if base and found:
            raise Unsupported(
                f"network {name}: so network {found} is called after a move to another subnet; call it otherwise"
            )


def _on(model: Spec, chosen: Mapping[str, list[str]], subnets: Mapping[str, str]) -> tuple[Spec, dict[str, str]]:
    """The model with each network replaced by the chosen generations of it."""

    def renamed(networks: Spec) -> Spec:
        return {name: body for network, body in networks.items() for name in chosen.get(network, [network])}

    services = {
        name: {**service, "networks": renamed(service.get("networks") or {})}
        for name, service in model["services"].items()
    }
    networks = renamed(model.get("networks") or {})
    kept = {name: subnets[name] for names in chosen.values() for name in names}
    return {**model, "services": services, "networks": networks}, kept
