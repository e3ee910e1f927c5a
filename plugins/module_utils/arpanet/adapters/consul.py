"""Consul, thin over py-consul: one client for its keys, its services, its catalog and its members."""

from __future__ import annotations

from .consul_agent import LocalAgent
from .consul_catalog import Catalog, Cluster
from .consul_connection import DEFAULT_URL
from .consul_kv import ABSENT, Entry, KeyValueStore, Op, Value
from .consul_line import ConsulError

__all__ = ["ABSENT", "DEFAULT_URL", "Consul", "ConsulError", "Entry", "Op", "Value"]


class Consul(KeyValueStore, LocalAgent, Catalog, Cluster):
    """One Consul agent, by its HTTP address."""
