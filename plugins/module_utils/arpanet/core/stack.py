"""A normalised compose model as everything a deployment should consist of.

The model is what `docker compose config --format json` prints, with the contents of secrets and
configs added by `compose_config` (base64 in `data`).
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Network

from . import constraints, drivers, generations, names, order, service_addresses, support
from .secrecy import masked
from .services import SECURITY, Context, replicas, security_option, service_spec
from .spec import Spec
from .subnets import swarm_range

# Swarm's own limits.
_MOST_BYTES = {"secret": 500 * 1024, "config": 1000 * 1024}
_LONGEST_CONTENT_NAME = 64

GLOBAL_MODES = frozenset({"global", "global-job"})


@dataclass(frozen=True)
class Desired:
    """Everything of one deployment by its Engine name, in the Engine's shapes."""

    deployment: str
    services: dict[str, Spec]
    networks: dict[str, Spec]
    secrets: dict[str, Spec] = field(default_factory=dict)
    configs: dict[str, Spec] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    # service -> services it waits for, and for what (core.order)
    waits: dict[str, dict[str, str]] = field(default_factory=dict)
    # secrets and configs that stay although no service refers to them: the previous revision's
    kept: frozenset[str] = frozenset()


def own_networks(model: Spec) -> list[str]:
    """Compose names of the networks that need a subnet, in order."""
    return sorted(name for name, body in (model.get("networks") or {}).items() if not (body or {}).get("external"))


def external_networks(model: Spec) -> dict[str, str]:
    """The networks of others that the model joins: compose name to the Engine's name."""
    known = (model.get("networks") or {}).items()
    return {name: body.get("name", name) for name, body in known if body and body.get("external")}


def network_tasks(model: Spec) -> dict[str, dict[str, int]]:
    """For each network that needs a subnet, what is on it: `tasks` counts instances of services
    with a number of them, `everywhere` services with one instance on every node."""
    counts = {name: {"tasks": 0, "everywhere": 0} for name in own_networks(model)}
    for name, service in model["services"].items():
        everywhere = (service.get("deploy") or {}).get("mode") in GLOBAL_MODES
        for network in service.get("networks") or {}:
            if network in counts:
                counts[network]["everywhere" if everywhere else "tasks"] += (
                    1 if everywhere else replicas(name, service, {})
                )
    return counts


def tasks_on(services: dict[str, Spec], network: str, nodes: int) -> int:
    """How many tasks of these specifications are on an Engine network when all of them run."""
    return sum(
        int((spec["Mode"].get("Replicated") or {}).get("Replicas", 0))
        + int((spec["Mode"].get("ReplicatedJob") or {}).get("MaxConcurrent", 0))
        + (nodes if spec["Mode"].keys() & {"Global", "GlobalJob"} else 0)
        for spec in services.values()
        if any(attached["Target"] == network for attached in spec["TaskTemplate"].get("Networks") or [])
    )


def without_secrets(model: Spec) -> Spec:
    """The model with nothing in it that must not be shown."""
    shown = {key: value for key, value in model.items() if key not in ("secrets", "configs", "services")}
    for kind in ("secrets", "configs"):
        shown[kind] = {
            name: {key: value for key, value in body.items() if key not in ("data", "content")}
            for name, body in (model.get(kind) or {}).items()
        }
    shown["services"] = {name: masked(service) for name, service in model["services"].items()}
    return shown


def check(model: Spec) -> list[str]:
    """Warnings about a model; support.Unsupported when it cannot run on a cluster."""
    services = model.get("services") or {}
    if not services:
        raise support.Unsupported("the stack has no services (are they all behind a profile?)")
    warnings = support.check(model)
    order.needs(services)
    service_addresses.check(model)
    constraints.check(model)
    labels: dict[str, str] = {}
    for name, service in sorted(services.items()):
        label = names.dns_label(name)
        if label in labels:
            raise support.Unsupported(f"services {labels[label]} and {name} would both answer to the DNS name {label}")
        labels[label] = name
        _check_binds(name, service, model)
        if not service.get("image") and not service.get("build"):
            raise support.Unsupported(f"service {name} has neither 'image' nor 'build'")
        warnings += _tmpfs_warnings(name, service) + _security_warnings(name, service)
    _check_links(services, labels)
    return warnings + _name_warnings(model)


def desired(
    model: Spec,
    deployment: str,
    subnets: dict[str, str],
    images: dict[str, str] | None = None,
    scaled: dict[str, int] | None = None,
    publish_mode: str = "host",
    addresses: service_addresses.Addresses | None = None,
    carriers: Mapping[str, str] | None = None,
) -> Desired:
    """What should exist for this deployment.

    :param subnets: compose network name -> CIDR, one for each of `own_networks`.
    :param images: service -> image with digest, where it could be resolved.
    :param scaled: service -> replicas, for services whose file does not say.
    :param addresses: those that `service_addresses.resolve` found in these subnets.
    :param carriers: compose network name -> the Engine's driver of it, where that is not overlay; also of networks of
        others.
    """
    warnings = check(model)
    networks = {name: names.swarm_name(deployment, name) for name in own_networks(model)} | external_networks(model)
    secrets = _contents(deployment, "secret", model.get("secrets") or {})
    configs = _contents(deployment, "config", model.get("configs") or {})
    context = Context(
        deployment=deployment,
        networks=networks,
        images=images or {},
        scaled=scaled or {},
        aliases=aliases(model["services"]),
        secrets={name: spec["Name"] for name, spec in secrets.items()},
        configs={name: spec["Name"] for name, spec in configs.items()},
        volumes=model.get("volumes") or {},
        addresses=addresses or {},
        publish_mode=publish_mode,
    )
    jobs = order.one_off(model["services"])
    specs = [
        service_spec(name, _as_job(service) if name in jobs else service, context)
        for name, service in model["services"].items()
    ]
    plugins = {networks[name] for name, carrier in (carriers or {}).items() if carrier != drivers.OVERLAY}
    waits = {
        names.swarm_name(deployment, name): {names.swarm_name(deployment, other): need for other, need in found.items()}
        for name, found in order.needs(model["services"]).items()
    }
    return Desired(
        deployment=deployment,
        services={spec["Name"]: drivers.gated(spec, plugins) for spec in specs},
        networks={
            networks[name]: network_spec(
                deployment,
                name,
                (model["networks"][name] or {}),
                subnets[name],
                (carriers or {}).get(name, drivers.OVERLAY),
            )
            for name in own_networks(model)
        },
        secrets={spec["Name"]: spec for spec in secrets.values() if "Data" in spec},
        configs={spec["Name"]: spec for spec in configs.values() if "Data" in spec},
        warnings=tuple(warnings),
        waits=waits,
    )


def stuck_updates(services: dict[str, Spec]) -> list[str]:
    """Warnings about services whose update may wait for a node for ever, as the file says start-first."""
    return [
        f"service {spec['Labels'][names.LABEL_SERVICE]}: port {port['PublishedPort']} is fixed and "
        "update_config.order is start-first: an update waits until a node has that port free, for ever where none has; "
        "stop-first, the default here, needs no other node"
        for _, spec in sorted(services.items())
        for port in spec["EndpointSpec"].get("Ports") or []
        if port["PublishMode"] == "host"
        and port.get("PublishedPort")
        and (spec.get("UpdateConfig") or {}).get("Order") == "start-first"
    ]


def _as_job(service: Spec) -> Spec:
    """A service that others wait for to complete, as what Swarm calls a job."""
    deploy = service.get("deploy") or {}
    jobs = {"replicated": "replicated-job", "global": "global-job"}
    mode = deploy.get("mode", "replicated")
    return {**service, "deploy": {**deploy, "mode": jobs.get(mode, mode)}}


def network_spec(deployment: str, name: str, body: Spec, subnet: str, carrier: str = drivers.OVERLAY) -> Spec:
    """The Engine's specification of a deployment's network on its subnet."""
    cidr = IPv4Network(subnet)
    options = {key: str(value) for key, value in (body.get("driver_opts") or {}).items()}
    return {
        "Name": names.swarm_name(deployment, name),
        "Driver": carrier,
        "Labels": {**(body.get("labels") or {}), names.LABEL_DEPLOYMENT: deployment},
        "Internal": bool(body.get("internal")),
        "Attachable": bool(body.get("attachable")),
        "Options": options,
        "IPAM": {
            "Config": [
                {
                    "Subnet": str(cidr),
                    "IPRange": str(swarm_range(cidr)),
                    "Gateway": str(cidr.network_address + 1),
                }
            ]
        },
    }


def aliases(services: dict[str, Spec]) -> dict[str, tuple[str, ...]]:
    """Further names of each service: its network aliases and what links call it."""
    found: dict[str, set[str]] = {name: set() for name in services}
    for name, service in services.items():
        for options in (service.get("networks") or {}).values():
            found[name].update((options or {}).get("aliases") or [])
        for link in service.get("links") or []:
            target, _, alias = link.partition(":")
            if alias and target in found:
                found[target].add(alias)
    return {
        name: own
        for name, extra in found.items()
        if (own := tuple(sorted({alias.lower() for alias in extra if names.dns_label(alias)} - {name.lower()})))
    }


def content_hash(data: bytes | str) -> str:
    """The part of a name that changes with the content, 12 hexadecimal digits."""
    return hashlib.sha256(data.encode() if isinstance(data, str) else data).hexdigest()[:12]


def _contents(deployment: str, kind: str, declared: dict[str, Spec]) -> dict[str, Spec]:
    specs: dict[str, Spec] = {}
    for name, body in declared.items():
        if body.get("external"):
            specs[name] = {"Name": body.get("name", name)}
            continue
        specs[name] = {
            "Name": f"{names.swarm_name(deployment, name)}_{content_hash(body['data'])}",
            "Labels": {**(body.get("labels") or {}), names.LABEL_DEPLOYMENT: deployment},
            "Data": body["data"],
        }
        if body.get("template_driver"):
            specs[name]["Templating"] = {"Name": body["template_driver"]}
        _check_content(kind, name, specs[name])
    return specs


def _check_content(kind: str, name: str, spec: Spec) -> None:
    """What Swarm would refuse when half of the deployment is there already."""
    size, most = len(base64.b64decode(spec["Data"])), _MOST_BYTES[kind]
    if not 0 < size <= most:
        raise support.Unsupported(f"{kind} {name} has {size} bytes: Swarm keeps from 1 to {most}")
    if len(spec["Name"]) > _LONGEST_CONTENT_NAME:
        raise support.Unsupported(
            f"{kind} {name}: Swarm would call it {spec['Name']}, which is longer than {_LONGEST_CONTENT_NAME}"
        )


def _check_binds(name: str, service: Spec, model: Spec) -> None:
    root = model.get("x-arpanet-directory")
    for volume in service.get("volumes") or []:
        source = str(volume.get("source", ""))
        if volume.get("type") == "bind" and root and f"{source}/".startswith(f"{root}/"):
            raise support.Unsupported(
                f"service {name}: volume {source} is in the stack's directory, which the nodes do not have: "
                "build it into the image, make it a config, or use a named volume"
            )


def _check_links(services: dict[str, Spec], labels: dict[str, str]) -> None:
    """A link's alias is a name for the whole deployment here, so it must mean one service."""
    meant = dict(labels)
    for name, service in sorted(services.items()):
        for link in service.get("links") or []:
            target, _, alias = str(link).partition(":")
            other = meant.setdefault(names.dns_label(alias or target), target)
            if other != target:
                raise support.Unsupported(
                    f"service {name}: link {link} calls {target} {alias!r}, which is {other} in this deployment: "
                    "names are the same for all of its services"
                )


def _tmpfs_warnings(name: str, service: Spec) -> list[str]:
    stated = service.get("tmpfs") or []
    warnings = []
    for entry in [stated] if isinstance(stated, str) else stated:
        options = {part.partition("=")[0] for part in entry.partition(":")[2].split(",") if part}
        odd = sorted(options - {"size", "mode"})
        if odd:
            warnings.append(f"service {name}: tmpfs {entry}: '{', '.join(odd)}' is ignored: Swarm sets size and mode")
    return warnings


def _security_warnings(name: str, service: Spec) -> list[str]:
    return [
        f"service {name}: security_opt {option} is ignored: Swarm takes {', '.join(SECURITY)}"
        for option in service.get("security_opt") or []
        if security_option(option) not in SECURITY
    ]


def _name_warnings(model: Spec) -> list[str]:
    """Names that the file gives to networks and volumes which every deployment has of its own."""
    return [
        f"{kind[:-1]} {name}: 'name: {body['name']}' is ignored: each deployment has its own, called after its id"
        for kind in ("networks", "volumes")
        for name, body in sorted((model.get(kind) or {}).items())
        for base in [generations.split(name)[0]]
        if body and not body.get("external") and body.get("name", base) not in (base, f"{model.get('name')}_{base}")
    ]
