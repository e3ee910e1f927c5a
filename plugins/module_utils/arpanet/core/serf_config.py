"""What Serf's agent of a node is told: one text, whether site.yml or a join writes it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from .files import merged

RPC_PORT = 7373
DEFAULTS = {"port": 7947, "rpc_address": "127.0.0.1", "log_level": "info", "options": {}}


def config(node: str, address: str, managers: Iterable[str], common: Mapping[str, Any]) -> dict[str, Any]:
    """The configuration. ``common`` are the settings of the whole cluster, as in DEFAULTS.

    Tags are set by the node's agent alone; Serf keeps them in a file over its own restarts.
    """
    settings = {**DEFAULTS, **common}
    port = int(settings["port"])
    value = {
        "node_name": node,
        "bind": f"{address}:{port}",
        "advertise": f"{address}:{port}",
        "rpc_addr": f"{settings['rpc_address']}:{RPC_PORT}",
        "keyring_file": "/var/lib/serf/keyring.json",
        "snapshot_path": "/var/lib/serf/snapshot",
        "rejoin_after_leave": True,
        "leave_on_terminate": True,
        "retry_join": [f"{manager}:{port}" for manager in managers if manager != address],
        "retry_interval": "2s",
        "tags_file": "/var/lib/serf/tags.json",
        "log_level": settings["log_level"],
        "user_event_size_limit": 1024,
    }
    return merged(value, settings["options"])
