"""Values of our keys in Consul, as far as they can be used: a worker's token is enough to write nonsense into some.

Each key holds a JSON object. In those that are read for the whole cluster the fields have to be of their type, too, so
that nobody who reads them trips over one.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from ipaddress import IPv4Network
from typing import Any

from . import mends, names
from .findings import Finding
from .leases import is_lease

Value = dict[str, Any]
Is = Callable[[object], bool]


def read(raw: Mapping[str, bytes]) -> tuple[dict[str, Value], dict[str, str]]:
    """Values by key; and of keys whose value is of no use, why."""
    values: dict[str, Value] = {}
    illegible: dict[str, str] = {}
    for key, text in raw.items():
        try:
            value = json.loads(text or b"{}")
        except ValueError:
            illegible[key] = "it does not hold JSON"
            continue
        fault = _fault(key, value)
        if fault:
            illegible[key] = fault
        else:
            values[key] = value
    return values, illegible


def records(values: Mapping[str, Value], illegible: Mapping[str, str]) -> dict[str, Value]:
    """Deployments and their records; one whose record is of no use is there all the same, with an empty one."""
    deployments = {_deployment(key): key for key in (*values, *illegible)}
    return {deployment: values.get(key, {}) for deployment, key in sorted(deployments.items()) if deployment}


def findings(illegible: Mapping[str, str]) -> Iterator[Finding]:
    """A key that holds nonsense is in the way of whoever reads it. What it held is written again by whose it is."""
    for key, why in sorted(illegible.items()):
        mend = mends.delete(key)
        if deployment := _deployment(key):
            mend = f"{mend}, then {mends.deploy(deployment)}"
        yield Finding(f"key {key} is of no use", f"{why}: somebody else wrote it", mend)


def _fault(key: str, value: object) -> str:
    if not isinstance(value, dict):
        return "it does not hold a JSON object"
    if key.startswith(names.OWNERS_PREFIX):
        return "" if _range(value.get("subnet")) else "it does not hold a subnet"
    if key.startswith((names.BLOCKS_PREFIX, names.VOLUMES_PREFIX)) and not _texts(value):
        return "it does not map texts to texts"
    if _record(key) and not _deployment(key):
        return "no deployment can have this name"
    fields = _RECORD if _record(key) else _LEASE if is_lease(key) else {}
    for prefix, of_prefix in _BELOW.items():
        fields = of_prefix if key.startswith(prefix) else fields
    wrong = [name for name, fits in fields.items() if value.get(name) is not None and not fits(value[name])]
    return f"its {wrong[0]} is nothing that anybody can use" if wrong else ""


def _record(key: str) -> bool:
    return key.startswith(names.DEPLOYMENTS_PREFIX) and "/" not in key.removeprefix(names.DEPLOYMENTS_PREFIX)


def _deployment(key: str) -> str:
    """Of a record's key; none has a name that no deployment can have."""
    try:
        return names.check_deployment_id(key.removeprefix(names.DEPLOYMENTS_PREFIX)) if _record(key) else ""
    except names.InvalidName:
        return ""


def _of(*types: type) -> Is:
    return lambda value: isinstance(value, types)


def _texts(value: object) -> bool:
    return isinstance(value, dict) and all(isinstance(one, str) for one in value.values())


def _numbers(value: object) -> bool:
    return isinstance(value, dict) and all(one is None or isinstance(one, int) for one in value.values())


def _range(value: object, strict: bool = True) -> bool:
    try:
        IPv4Network(str(value), strict)
    except ValueError:
        return False
    return True


def _routes(value: object) -> bool:
    """What a node's agent says is in use there: a range that is none is in the way of every deploy."""
    return isinstance(value, dict) and all(_range(one, strict=False) for one in value.values())


def _listed(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) for one in value)


_RECORD: dict[str, Is] = {
    "stack": _of(str),
    "driver": _of(str),
    "networks": _texts,
    "services": _numbers,
    "stated": _listed,
    "scaled": _numbers,
    "revision": _of(int),
}
_LEASE: dict[str, Is] = {"node": _of(str), "instance": _of(str), "owner": _of(str)}
_BELOW: dict[str, dict[str, Is]] = {
    names.NODES_PREFIX: {"networks": _routes},
    names.POOLS_PREFIX: {"cidr": _range},
    names.WEAVE_PREFIX: {"connections": _numbers, "failures": _of(list), "lost": _listed},
}
