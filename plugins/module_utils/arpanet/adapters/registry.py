"""The cluster's image registries: one on every manager, by plain HTTP on the nodes' network.

With the standard library alone, as managers are made before any Python package is on them.
"""

from __future__ import annotations

import json
from http.client import HTTPResponse
from typing import IO, Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode, urljoin
from urllib.request import ProxyHandler, Request, build_opener

_MANIFESTS = (
    "application/vnd.docker.distribution.manifest.v2+json, "
    "application/vnd.docker.distribution.manifest.list.v2+json, "
    "application/vnd.oci.image.manifest.v1+json, application/vnd.oci.image.index.v1+json"
)
_MISSING = 404
# Peers are asked directly, whatever proxy the node has for the rest of the world.
_OPENER = build_opener(ProxyHandler({}))


class RegistryError(Exception):
    """A registry could not be asked, or refused; the message says which and why."""

    def __init__(self, message: str, status: int = 0) -> None:
        super().__init__(message)
        self.status = status


def digest(registry: str, image: str, timeout: float = 5) -> str | None:
    """The digest of `<repository>:<tag>` in a registry (`host:port`); None when it has none."""
    repository, _, tag = image.rpartition(":")
    try:
        with _ask(registry, f"{repository}/manifests/{tag}", "HEAD", what=image, timeout=timeout) as answer:
            return answer.headers.get("Docker-Content-Digest")
    except RegistryError as error:
        if error.status == _MISSING:
            return None
        raise


def images(registry: str) -> set[str]:
    """All that a registry has, as `<repository>:<tag>`."""
    found: set[str] = set()
    page = "/v2/_catalog"
    while page:
        with _ask(registry, page) as answer:
            repositories = json.load(answer)["repositories"]
            # </v2/_catalog?last=shop&n=100>; rel="next"
            page = (answer.headers.get("Link") or "").partition(">")[0].lstrip("<")
        for repository in repositories:
            found |= {f"{repository}:{tag}" for tag in _tags(registry, repository)}
    return found


def copy(image: str, source: str, target: str) -> None:
    """Give one registry an image that another has."""
    repository, _, tag = image.rpartition(":")
    _copy_manifest(repository, tag, source, target)


def _tags(registry: str, repository: str) -> list[str]:
    try:
        with _ask(registry, f"{repository}/tags/list") as answer:
            return json.load(answer)["tags"] or []
    except RegistryError as error:
        # The last image of the repository was deleted.
        if error.status == _MISSING:
            return []
        raise


def _copy_manifest(repository: str, reference: str, source: str, target: str) -> None:
    path = f"{repository}/manifests/{reference}"
    with _ask(source, path) as answer:
        text, kind = answer.read(), answer.headers["Content-Type"]
    manifest: dict[str, Any] = json.loads(text)
    for one in manifest.get("manifests") or []:
        _copy_manifest(repository, one["digest"], source, target)
    blobs = [manifest["config"], *manifest["layers"]] if "config" in manifest else []
    for blob in blobs:
        # One with addresses of its own is nobody's to keep.
        if not blob.get("urls"):
            _copy_blob(repository, blob, source, target)
    _ask(target, path, "PUT", text, {"Content-Type": kind}).close()


def _copy_blob(repository: str, blob: dict[str, Any], source: str, target: str) -> None:
    path = f"{repository}/blobs/{blob['digest']}"
    try:
        _ask(target, path, "HEAD").close()
        return
    except RegistryError as error:
        if error.status != _MISSING:
            raise
    with _ask(source, path) as data:
        with _ask(target, f"{repository}/blobs/uploads/", "POST", b"") as answer:
            place = answer.headers["Location"]
        place += ("&" if "?" in place else "?") + urlencode({"digest": blob["digest"]})
        headers = {"Content-Length": str(blob["size"]), "Content-Type": "application/octet-stream"}
        _ask(target, place, "PUT", data, headers).close()


def _ask(
    registry: str,
    path: str,
    method: str = "GET",
    body: bytes | IO[bytes] | None = None,
    headers: dict[str, str] | None = None,
    what: str = "",
    timeout: float = 60,
) -> HTTPResponse:
    url = urljoin(f"http://{registry}/v2/", path)
    request = Request(url, body, {"Accept": _MANIFESTS, **(headers or {})}, method=method)
    try:
        answer: HTTPResponse = _OPENER.open(request, timeout=timeout)
    except HTTPError as error:
        error.close()
        raise RegistryError(f"registry {registry} answers {error.code} for {what or path}", error.code) from error
    except OSError as error:
        why = error.reason if isinstance(error, URLError) else error
        raise RegistryError(f"registry {registry} does not answer: {why}") from error
    return answer
