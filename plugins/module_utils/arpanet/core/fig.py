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

    A fig service may itself be called `version`, `name` or `secrets`: what counts is that each
    top-level value describes a service and nothing is called `services`.
    """
    if not isinstance(document, dict) or not document or "services" in document:
        return False
    return all(_is_service(value) for value in document.values())


def lift(document: dict[str, Any]) -> dict[str, Any]:
    """The Compose Spec document that means the same as a fig v1 file."""
    lifted: dict[str, Any] = {"services": {str(name): _service(str(name), body) for name, body in document.items()}}
    volumes = {name for body in document.values() for name in _named_volumes(body)}
    if volumes:
        lifted["volumes"] = {name: {} for name in sorted(volumes)}
    return lifted


def check(document: Any, path: str) -> None:
    """Raise FigError unless the parsed file looks like a stack at all."""
    if not isinstance(document, dict) or not document:
        raise FigError(f"{path} is empty or not a mapping: it should hold services (compose) or be a fig file")
    if is_fig(document) or "services" in document or "include" in document:
        return
    odd = [str(key) for key, value in document.items() if key not in _TOP_LEVEL and not _is_service(value)]
    stated = [str(key) for key, value in document.items() if key in _TOP_LEVEL and not _is_service(value)]
    if odd:
        raise FigError(
            f"{path} has no 'services:' and is no fig file either: {', '.join(odd)} should have an 'image' or a 'build'"
        )
    raise FigError(f"{path} has '{stated[0]}' at its top, so its services belong under 'services:'")


def _is_service(value: Any) -> bool:
    return isinstance(value, dict) and bool(value.keys() & {"image", "build", "extends"})


def _named_volumes(body: dict[str, Any]) -> list[str]:
    """Volumes that a fig service names; the Compose Spec wants them declared."""
    sources = [str(entry).split(":") for entry in body.get("volumes") or []]
    return [parts[0] for parts in sources if len(parts) > 1 and not parts[0].startswith(("/", ".", "~", "$"))]


def _service(name: str, body: dict[str, Any]) -> dict[str, Any]:
    service = {_RENAMED.get(key, key): value for key, value in body.items()}
    if "dockerfile" in service:
        build = service.get("build", ".")
        service["build"] = {"context": build, "dockerfile": service.pop("dockerfile")}
    driver, options = service.pop("log_driver", None), service.pop("log_opt", None)
    if driver or options:
        service["logging"] = {"driver": driver or "json-file", "options": options or {}}
    mode = service.get("network_mode")
    if mode == "bridge":
        # What fig did anyway.
        del service["network_mode"]
    if isinstance(mode, str) and mode.startswith("container:"):
        raise FigError(
            f"service {name}: 'net: {mode}' shares another container's network, which needs both on one host"
        )
    if service.pop("volume_driver", None):
        raise FigError(
            f"service {name}: 'volume_driver' of fig files has no equal: declare the volume in a compose file"
        )
    return service
