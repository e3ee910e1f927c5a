"""One compose service of a deployment, as the Engine's specification."""

from __future__ import annotations

from typing import Any

from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.services import Context, service_spec

S = 10**9
MB = 2**20
NOTHING = object()

CONTEXT: dict[str, Any] = {
    "deployment": "abc",
    "networks": {"default": "abc_default", "back": "abc_back", "outer": "theirs"},
    "secrets": {"key": "abc_key_0123", "theirs": "theirs"},
    "configs": {"nginx": "abc_nginx_4567"},
    "volumes": {
        "data": {"name": "abc_data"},
        "nfs": {"name": "x", "driver": "local", "driver_opts": {"type": "nfs", "o": ""}, "labels": {"a": ""}},
        "old": {"name": "old-data", "external": True},
    },
}


def spec(service: dict[str, Any], name: str = "web", **context: Any) -> dict[str, Any]:
    return service_spec(name, {"image": "nginx", **service}, Context(**{**CONTEXT, **context}))


def at(found: Any, path: str) -> Any:
    for step in path.split("."):
        found = found.get(step, NOTHING) if isinstance(found, dict) else NOTHING
    return found
