"""What a registry says of an image, over HTTP."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.registry import RegistryError, digest

DIGEST = "sha256:0123"
STATUS = {"/v2/shop/web/manifests/abcd": 200, "/v2/shop/broken/manifests/1": 500, "/v2/shop/closed/manifests/1": 401}


class Handler(BaseHTTPRequestHandler):
    def do_HEAD(self) -> None:
        status = STATUS.get(self.path, 404)
        self.server.accepted = self.headers["Accept"]  # type: ignore[attr-defined]
        self.send_response(status)
        if status == 200:
            self.send_header("Docker-Content-Digest", DIGEST)
        self.end_headers()

    def log_message(self, *_args: object) -> None:
        pass


@pytest.fixture
def registry() -> Iterator[HTTPServer]:
    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def at(server: HTTPServer) -> str:
    return f"127.0.0.1:{server.server_port}"


def test_an_image_that_there_is(registry: HTTPServer) -> None:
    assert digest(at(registry), "shop/web:abcd") == DIGEST
    # Without them an old registry answers with another kind of manifest, whose digest is another one.
    accepted: str = registry.accepted  # type: ignore[attr-defined]
    assert "application/vnd.docker.distribution.manifest.v2+json" in accepted
    assert "application/vnd.oci.image.index.v1+json" in accepted


def test_an_image_that_there_is_not(registry: HTTPServer) -> None:
    assert digest(at(registry), "shop/web:other") is None


@pytest.mark.parametrize(("image", "status"), [("shop/broken:1", 500), ("shop/closed:1", 401)])
def test_an_answer_that_says_neither(registry: HTTPServer, image: str, status: int) -> None:
    with pytest.raises(RegistryError, match=f"answers {status} for {image}") as raised:
        digest(at(registry), image)
    assert at(registry) in str(raised.value)


def test_no_answer(registry: HTTPServer) -> None:
    where = at(registry)
    registry.shutdown()
    registry.server_close()
    with pytest.raises(RegistryError, match=f"registry {where} does not answer: ConnectionError"):
        digest(where, "shop/web:abcd", timeout=1)
