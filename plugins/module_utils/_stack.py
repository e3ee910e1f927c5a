# Copyright (c) The arpanet.cluster authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A stack's file as modules and action plugins on the controller read it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ._options import STACK
from .arpanet.adapters import compose
from .arpanet.core import generations, names, registry_proxy, stack, support

# How nodes name the cluster's registry: a proxy on each of them.
REGISTRY = registry_proxy.PROXY


class StackFileError(Exception):
    """The stack cannot be deployed as it is; the message names the file and the service."""


@dataclass(frozen=True)
class StackFile:
    """A checked stack. Services with a build have the image that the build will be kept as."""

    name: str
    deployment: str
    model: dict[str, Any]
    builds: list[dict[str, Any]]
    networks: dict[str, dict[str, int]]
    notes: list[str]

    @property
    def images(self) -> list[str]:
        """Images that come from other registries than the cluster's own."""
        return [service["image"] for service in self.model["services"].values() if not service.get("build")]


def read_stack(**arguments: Any) -> StackFile:
    """Read and check a stack's file; StackFileError says what is wrong with it.

    :param arguments: `deployment` and the options of `_options.STACK` as a task states them; others
        are somebody else's.
    """
    asked = _validated(arguments)
    path = Path(asked["file"]).absolute()
    name = names.stack_name(path.parent.name)
    try:
        deployment = names.check_deployment_id(asked["deployment"] or name)
        model = compose.normalise(
            path,
            deployment,
            compose.find_command(asked["compose_command"]),
            asked["profiles"],
            # Whoever reads the file may be anywhere, so a relative path starts where the file is.
            [str(path.parent / file) for file in asked["env_files"]],
            {key: str(value) for key, value in asked["environment"].items()},
        )
        generations.check(stack.own_networks(model))
        notes = [*model.pop("x-arpanet-warnings"), *_tried(model, deployment)]
        builds = [_build(name, service, body) for service, body in model["services"].items() if body.get("build")]
    except (compose.ComposeError, names.InvalidName) as error:
        raise StackFileError(str(error)) from error
    except support.Unsupported as error:
        raise StackFileError(f"{path}: {error}") from error
    for build in builds:
        model["services"][build["service"]]["image"] = f"{REGISTRY}/{build['image']}"
    return StackFile(name, deployment, model, builds, stack.network_tasks(model), notes)


def _validated(arguments: dict[str, Any]) -> dict[str, Any]:
    known = {**STACK, "file": {"type": "path", "required": True}, "deployment": {"type": "str"}}
    result = ArgumentSpecValidator(known).validate(
        {key: arguments[key] for key in known if arguments.get(key) is not None}
    )
    if result.error_messages:
        raise StackFileError("; ".join(result.error_messages))
    asked: dict[str, Any] = result.validated_parameters
    return asked


def _tried(model: dict[str, Any], deployment: str) -> tuple[str, ...]:
    """Everything that would be made of the model, on no cluster, for what is wrong with it: warnings."""
    somewhere = dict.fromkeys(stack.own_networks(model), "10.0.0.0/8")
    return stack.desired(model, deployment, somewhere).warnings


def _build(stack_name: str, service: str, body: dict[str, Any]) -> dict[str, Any]:
    # The docker library is wanted on the controller by stacks that build, and only by them.
    try:
        from .arpanet.adapters import build_context
    except ImportError as error:
        raise support.Unsupported(
            f"service {service} has a build, which needs the Python library docker on the controller: "
            "pip install docker"
        ) from error
    stated = body["build"]
    if "://" in stated["context"] or stated["context"].startswith("git@"):
        raise support.Unsupported(
            f"service {service}: build context {stated['context']} is not on the controller: check it out there first"
        )
    dockerfile = stated.get("dockerfile", "Dockerfile")
    options = {
        "args": stated.get("args") or {},
        "target": stated.get("target") or "",
        "labels": stated.get("labels") or {},
    }
    context = Path(stated["context"])
    try:
        digest = build_context.content_hash(context, dockerfile, options)
    except (build_context.ContextError, OSError) as error:
        raise support.Unsupported(f"service {service}: {error}") from error
    return {
        "service": service,
        "image": f"{stack_name}/{names.dns_label(service)}:{digest}",
        "context": str(context),
        "dockerfile": dockerfile,
        **options,
    }
