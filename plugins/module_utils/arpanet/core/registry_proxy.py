"""The way of a node to whichever manager has an image: HAProxy's configuration."""

from __future__ import annotations

import re
from collections.abc import Sequence

# Of every manager's registry, on its own address.
REGISTRY_PORT = 5001
# Of the way to them, on loopback of every node: part of the names of built images.
PROXY_PORT = 5000
PROXY = f"127.0.0.1:{PROXY_PORT}"

_TEXT = """\
# Written by arpanet.cluster: changes are lost.
# Pulls go to whichever manager has the image; pushes go to every manager by its own address.
global
    log stderr format raw local0 notice
    maxconn 512

defaults
    mode http
    log global
    timeout connect 2s
    timeout client 5m
    timeout server 5m
    timeout check 2s
    # An image that one manager lacks, because it was down at the push, is asked of the next.
    retries {retries}
    retry-on conn-failure empty-response response-timeout 404 500 502 503
    option redispatch 1

frontend pulls
    bind {proxy}
    http-request deny deny_status 405 unless METH_GET or METH_HEAD
    default_backend managers

backend managers
    balance roundrobin
    option httpchk GET /v2/
    http-check expect status 200
    default-server check inter 2s fall 2 rise 1
"""


def registry(manager: str) -> str:
    """The registry of a manager, as `address:port`."""
    return f"{manager}:{REGISTRY_PORT}"


def config(managers: Sequence[str]) -> str:
    """The file's text: the registry of every manager is one server."""
    backends = [registry(manager) for manager in managers]
    servers = [f"    server {re.sub('[.:]', '-', backend)} {backend}\n" for backend in backends]
    return _TEXT.format(retries=len(backends), proxy=PROXY) + "".join(servers)
