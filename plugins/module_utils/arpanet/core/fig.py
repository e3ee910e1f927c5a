"""fig files (version 1 of the format) lifted into the Compose Spec.

The reference implementation refuses a file without `services:`. Only what v1 spelled
differently is changed here; everything else is left to it.
"""

from __future__ import annotations

from typing import Any

# Renamed since v1: https://docs.docker.com/reference/compose-file/legacy-versions/
_RENAMED = {"net": "network_mode"}
_TOP_LEVEL = frozenset({"services", "version", "name", "networks", "volumes", "configs", "secrets", "include"})


class FigError(ValueError):
    """A file that is neither fig nor compose; the message says what was found."""


def is_fig(document: Any) -> bool:
    """Whether a parsed file is a fig v1 file: services at the top, no key of the Compose Spec.

    A fig service may itself be called `name` or `secrets`: what counts is that each top-level
    value describes a service (has `image` or `build`) and nothing is called `services`.
    """
    if not isinstance(document, dict) or not document or "services" in document:
        return False
    if "version" in document and not isinstance(document["version"], dict):
        return False
    return all(isinstance(value, dict) and value.keys() & {"image", "build", "extends"} for value in document.values())


def lift(document: dict[str, Any]) -> dict[str, Any]:
    """The Compose Spec document that means the same as a fig v1 file."""
    return {"services": {str(name): _service(str(name), body) for name, body in document.items()}}


def check(document: Any, path: str) -> None:
    """Raise FigError unless the parsed file looks like a stack at all."""
    if not isinstance(document, dict) or not document:
        raise FigError(f"{path} is empty or not a mapping: it should hold services (compose) or be a fig file")
    if is_fig(document) or "services" in document or "include" in document:
        return
    odd = [str(key) for key in document if key not in _TOP_LEVEL]
    raise FigError(
        f"{path} has no 'services:' and is no fig file either: "
        f"{', '.join(odd) or 'it'} should have an 'image' or a 'build'"
    )


def _service(name: str, body: dict[str, Any]) -> dict[str, Any]:
    service = {_RENAMED.get(key, key): value for key, value in body.items()}
    if "dockerfile" in service:
        build = service.get("build", ".")
        service["build"] = {"context": build, "dockerfile": service.pop("dockerfile")}
    driver, options = service.pop("log_driver", None), service.pop("log_opt", None)
    if driver or options:
        service["logging"] = {"driver": driver or "json-file", "options": options or {}}
    mode = service.get("network_mode")
    if isinstance(mode, str) and mode.startswith("container:"):
        raise FigError(
            f"service {name}: 'net: {mode}' shares another container's network, which needs both on one host"
        )
    if service.pop("volume_driver", None):
        raise FigError(
            f"service {name}: 'volume_driver' of fig files has no equal: declare the volume in a compose file"
        )
    return service
