"""The cluster's image registries: one on every manager, by plain HTTP on the nodes' network."""

from __future__ import annotations

import requests

_MANIFESTS = (
    "application/vnd.docker.distribution.manifest.v2+json, "
    "application/vnd.docker.distribution.manifest.list.v2+json, "
    "application/vnd.oci.image.manifest.v1+json, application/vnd.oci.image.index.v1+json"
)


class RegistryError(Exception):
    """A registry could not be asked; the message says which and why."""


def digest(registry: str, image: str, timeout: float = 5) -> str | None:
    """The digest of `<repository>:<tag>` in a registry (`host:port`); None when it has none."""
    repository, _, tag = image.rpartition(":")
    url = f"http://{registry}/v2/{repository}/manifests/{tag}"
    try:
        answer = requests.head(url, headers={"Accept": _MANIFESTS}, timeout=timeout)
    except requests.RequestException as error:
        raise RegistryError(f"registry {registry} does not answer: {type(error).__name__}") from error
    if answer.status_code == 404:
        return None
    if answer.status_code != 200:
        raise RegistryError(f"registry {registry} answers {answer.status_code} for {image}")
    return answer.headers.get("Docker-Content-Digest")
