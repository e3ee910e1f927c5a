"""The adapters against a real Consul server: `pytest tests/integration`.

The server is started here, on loopback, from the program that the lab's depot serves; ARPANET_CONSUL
names another.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.consul import Consul
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core import names

from lab import consul

#: Begins as the tests' external node is called: Consul takes such a name for the id's beginning.
NODE_ID = "db8e4a6c-0d5f-4a59-9d4e-3f0a52a1c3b7"


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    with consul.server(options={"node_id": NODE_ID}) as url:
        yield url


@pytest.fixture
def url(server: str) -> str:
    """A server with nothing of ours in it."""
    Consul(server).delete(names.KV_ROOT, recurse=True)
    return server
