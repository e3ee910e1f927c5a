"""Which image each service runs: the one that its tag means at this moment, by digest."""

from __future__ import annotations

from ..core import names
from ..core.logins import registry_of
from ..core.plan import Actual
from ..core.spec import Spec
from .engine import Engine, ImageRefused


class NoImage(Exception):
    """Registries do not give some images to this cluster; a line for each, with what to do."""


def pinned(engine: Engine, deployment: str, model: Spec, actual: Actual) -> tuple[dict[str, str], dict[str, str]]:
    """service -> image with digest, and service -> image for those whose digest nobody tells.

    :raises NoImage: a registry says no, the service does not run that image yet, and this node does
        not have it either.
    """
    stated = {name: str(service["image"]) for name, service in model["services"].items()}
    loose = sorted({image for image in stated.values() if "@" not in image})
    found = dict(zip(loose, engine.each(lambda image: _digest(engine, image), loose), strict=True))
    images: dict[str, str] = {}
    unresolved: dict[str, str] = {}
    refused: dict[str, ImageRefused] = {}
    for name, image in stated.items():
        if "@" in image:
            continue
        reference, digest = _with_tag(image), found[image]
        running = actual.services.get(names.swarm_name(deployment, name), {})
        current = (running.get("TaskTemplate") or {}).get("ContainerSpec", {}).get("Image", "")
        if isinstance(digest, str):
            images[name] = f"{reference}@{digest}"
            continue
        if current.partition("@")[0] == reference:
            images[name] = current
            continue
        # What is built comes to the registry with the deploy.
        if isinstance(digest, ImageRefused) and not model["services"][name].get("build") and not engine.has(image):
            refused[name] = digest
        images[name] = reference
        unresolved[name] = image
    if refused:
        raise NoImage("; ".join(_complaint(name, stated[name], error) for name, error in sorted(refused.items())))
    return images, unresolved


def _digest(engine: Engine, image: str) -> str | ImageRefused | None:
    try:
        return engine.digest(image)
    except ImageRefused as error:
        return error


def _complaint(service: str, image: str, error: ImageRefused) -> str:
    registry = registry_of(image)
    if not error.login:
        return (
            f"service {service}: registry {registry} has no image {image} ({error}): correct the name, or push it; "
            "one that is on the nodes alone has to be on this node as well"
        )
    which = "what the controller logs in with" if error.logged_in else "anybody without a login"
    return (
        f"service {service}: registry {registry} does not give image {image} to {which} ({error}): correct the name, "
        f"or log in on the controller (docker login {registry}) and run the same again; see registry_auth in "
        "docs/deploy.md"
    )


def _with_tag(image: str) -> str:
    last = image.rsplit("/", 1)[-1]
    return image if ":" in last else f"{image}:latest"
