"""Images built from a stack's contexts: built once on a manager, kept in every manager's registry."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import registry
from .engine import Engine, EngineError

# What registries and Engines say of a base image to who is not, or not well enough, logged in.
_NO_LOGIN = ("no basic auth credentials", "unauthorized", "access denied", "access to the resource is denied")
_LOG_IN = (
    ". If its base image needs a login: docker login on the controller, and run the same again; see registry_auth in "
    "docs/deploy.md"
)


@dataclass(frozen=True)
class Build:
    """One image to build, for a service of that name; `image` is `<repository>:<content hash>` without a registry."""

    service: str
    image: str
    dockerfile: str
    args: Mapping[str, str]
    target: str
    labels: Mapping[str, str]


def holders(registries: list[str], image: str) -> list[str]:
    """The registries that have an image."""
    return [host for host in registries if registry.digest(host, image)]


def build(engine: Engine, build: Build, archive: Path) -> None:
    """Build an image from the archive of its context; EngineError ends with what the build printed."""
    with archive.open("rb") as context:
        output = engine.stream(
            f"service {build.service}: building {build.image}",
            lambda api: api.build(
                fileobj=context,
                custom_context=True,
                encoding="gzip",
                tag=build.image,
                dockerfile=build.dockerfile,
                buildargs={key: str(value) for key, value in build.args.items()},
                target=build.target or None,
                labels=dict(build.labels),
                rm=True,
                forcerm=True,
                decode=True,
            ),
        )
        said: list[str] = []
        for event in output:
            said.append(str(event.get("stream") or event.get("status") or "").rstrip())
            if "error" in event:
                tail = "\n".join(line for line in said[-20:] if line)
                advice = _LOG_IN if any(word in event["error"].lower() for word in _NO_LOGIN) else ""
                raise EngineError(
                    f"service {build.service}: building {build.image} failed: {event['error']}{advice}\n{tail}"
                )


def push(engine: Engine, image: str, host: str) -> None:
    """Put an image that this Engine has into a registry."""
    repository, _, tag = image.rpartition(":")
    there = f"{host}/{repository}"

    def pushed(api: Any) -> Any:
        api.tag(image, there, tag)
        return api.push(there, tag=tag, stream=True, decode=True)

    for event in engine.stream(f"pushing {image} to {host}", pushed):
        if "error" in event:
            raise EngineError(f"pushing {image} to registry {host} failed: {event['error']}")


def fetch(engine: Engine, image: str, host: str) -> None:
    """Take an image from a registry into this Engine, under its plain name."""
    repository, _, tag = image.rpartition(":")

    def pulled(api: Any) -> Any:
        return api.pull(f"{host}/{repository}", tag=tag, stream=True, decode=True)

    for event in engine.stream(f"pulling {image} from {host}", pulled):
        if "error" in event:
            raise EngineError(f"pulling {image} from registry {host} failed: {event['error']}")
    with engine.asking(f"naming {image}"):
        engine.api.tag(f"{host}/{repository}:{tag}", repository, tag)
