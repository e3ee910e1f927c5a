"""What registries say of images, and an image's way from one to another, over HTTP."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.registry import (
    RegistryError,
    copy,
    digest,
    images,
)

BROKEN = {"/v2/shop/broken/manifests/1": 500, "/v2/shop/closed/manifests/1": 401}
INDEX, MANIFEST = "application/vnd.oci.image.index.v1+json", "application/vnd.oci.image.manifest.v1+json"


class Registry(ThreadingHTTPServer):
    """Keeps what is under a path, and gives one repository a page."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.held: dict[str, tuple[str, bytes]] = {}
        self.accepted = ""
        threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.server_port}"

    def hold(self, path: str, value: object, kind: str = "application/json") -> None:
        data = value if isinstance(value, bytes) else json.dumps(value).encode()
        self.held[f"/v2/{path}"] = (kind, data)

    def close(self) -> None:
        self.shutdown()
        self.server_close()


class Handler(BaseHTTPRequestHandler):
    server: Registry

    def do_GET(self) -> None:
        self.server.accepted = self.headers["Accept"]
        if self.path not in self.server.held:
            self.answer(BROKEN.get(self.path, 404))
            return
        kind, data = self.server.held[self.path]
        more = {"Link": '</v2/_catalog?last=shop/web>; rel="next"'} if self.path == "/v2/_catalog" else {}
        self.answer(200, data, {"Content-Type": kind, "Docker-Content-Digest": "sha256:0123", **more})

    do_HEAD = do_GET

    def do_POST(self) -> None:
        self.answer(202, headers={"Location": f"http://{self.server.host}{self.path}7?state=x"})

    def do_PUT(self) -> None:
        data = self.rfile.read(int(self.headers["Content-Length"]))
        path, _, blob = self.path.removeprefix("/v2/").replace("%3A", ":").partition("uploads/7?state=x&digest=")
        self.server.hold(path + blob, data, self.headers["Content-Type"])
        self.answer(201)

    def answer(self, status: int, data: bytes = b"", headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(data)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def log_message(self, *_args: object) -> None:
        pass


@pytest.fixture
def registry() -> Iterator[Registry]:
    server = Registry()
    server.hold("shop/web/manifests/abcd", {"manifests": [{"digest": "sha256:m"}]}, INDEX)
    layers = [{"digest": "sha256:l", "size": 5}, {"digest": "sha256:f", "size": 9, "urls": ["http://elsewhere/"]}]
    one = {"config": {"digest": "sha256:c", "size": 2}, "layers": layers}
    server.hold("shop/web/manifests/sha256:m", one, MANIFEST)
    server.hold("shop/web/blobs/sha256:c", b"{}")
    server.hold("shop/web/blobs/sha256:l", b"layer")
    server.hold("_catalog", {"repositories": ["shop/web"]})
    server.hold("_catalog?last=shop/web", {"repositories": ["shop/empty", "shop/gone"]})
    server.hold("shop/web/tags/list", {"tags": ["abcd", "dcba"]})
    server.hold("shop/empty/tags/list", {"tags": None})
    yield server
    server.close()


def test_an_image_that_there_is(registry: Registry) -> None:
    assert digest(registry.host, "shop/web:abcd") == "sha256:0123"
    # Without them an old registry answers with another kind of manifest, whose digest is another one.
    assert "application/vnd.docker.distribution.manifest.v2+json" in registry.accepted
    assert INDEX in registry.accepted


def test_an_image_that_there_is_not(registry: Registry) -> None:
    assert digest(registry.host, "shop/web:other") is None


@pytest.mark.parametrize(("image", "status"), [("shop/broken:1", 500), ("shop/closed:1", 401)])
def test_an_answer_that_says_neither(registry: Registry, image: str, status: int) -> None:
    with pytest.raises(RegistryError, match=f"answers {status} for {image}") as raised:
        digest(registry.host, image)
    assert registry.host in str(raised.value)


def test_no_answer(registry: Registry) -> None:
    where = registry.host
    registry.close()
    with pytest.raises(RegistryError, match=f"registry {where} does not answer: .*refused"):
        digest(where, "shop/web:abcd", timeout=1)


def test_all_that_it_has(registry: Registry) -> None:
    assert images(registry.host) == {"shop/web:abcd", "shop/web:dcba"}


def test_an_image_is_copied_with_all_its_parts(registry: Registry) -> None:
    target = Registry()
    target.hold("shop/web/blobs/sha256:c", b"there already")
    copy("shop/web:abcd", registry.host, target.host)
    target.close()
    image = "/v2/shop/web"
    assert target.held.pop(f"{image}/blobs/sha256:c")[1] == b"there already"
    assert target.held == {
        f"{image}/manifests/abcd": registry.held[f"{image}/manifests/abcd"],
        f"{image}/manifests/sha256:m": registry.held[f"{image}/manifests/sha256:m"],
        f"{image}/blobs/sha256:l": ("application/octet-stream", b"layer"),
    }


def test_what_cannot_be_copied_says_where(registry: Registry) -> None:
    del registry.held["/v2/shop/web/blobs/sha256:l"]
    target = Registry()
    with pytest.raises(RegistryError, match=f"{registry.host} answers 404 for shop/web/blobs/sha256:l"):
        copy("shop/web:abcd", registry.host, target.host)
    target.close()
    assert not [path for path in target.held if "/manifests/" in path]
