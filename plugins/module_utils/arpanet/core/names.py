"""Names on the wire: deployment ids, instances, labels, Consul keys.

Every name that another system sees is made here and nowhere else
(docs/architecture.md, "Names on the wire").
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass

LABEL_DEPLOYMENT = "arpanet.deployment"
LABEL_SERVICE = "arpanet.service"
LABEL_REVISION = "arpanet.revision"
# On a service whose instances are on their way to other nodes: what it was before, as JSON.
LABEL_SURGE = "arpanet.surge"
# Further names of a service, separated by commas.
LABEL_ALIASES = "arpanet.aliases"
# On containers: explicit addresses (core/service_addresses.py), which the node's agent gives them.
LABEL_ADDRESSES = "arpanet.addresses"
# On containers: the ports that the task was made for.
LABEL_PORTS = "arpanet.ports"

# On a node of the swarm: `off` while its Weave is not ready.
LABEL_WEAVE = "arpanet.weave"

# Metadata of registrations in Consul; with META_CONTAINER they are a node agent's.
META_DEPLOYMENT = "arpanet-deployment"
META_SERVICE = "arpanet-service"
META_CONTAINER = "arpanet-container"

# Set by Swarm on every container of a task.
LABEL_TASK_NAME = "com.docker.swarm.task.name"
LABEL_TASK_ID = "com.docker.swarm.task.id"

# Consul's name for the node agents themselves.
AGENT_SERVICE = "arpanet-agent"

KV_ROOT = "arpanet/"
# What the swarm says of a node, by Swarm's id of it.
SWARM_PREFIX = f"{KV_ROOT}swarm/"

# Consul's name for the managers' registries of built images.
REGISTRY_SERVICE = "arpanet-registry"

_DEPLOYMENT_ID = re.compile(r"[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?")
# `<id>.service.consul` would be read as one of Consul's own labels.
_RESERVED_IDS = frozenset({"consul", "service", "node", "query", "addr"})
_SERVICE_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")


class InvalidName(ValueError):
    """A name that cannot be used; the message says which and why."""


def check_deployment_id(deployment: str) -> str:
    """Return the id unchanged, or raise InvalidName with the rule it breaks."""
    if not _DEPLOYMENT_ID.fullmatch(deployment):
        raise InvalidName(
            f"deployment id {deployment!r} is not a DNS label of 1 to 32 characters: "
            "use lower-case letters, digits and inner hyphens"
        )
    if "--" in deployment:
        raise InvalidName(
            f"deployment id {deployment!r} has two hyphens in a row: {re.sub('-+', '-', deployment)} would do"
        )
    if deployment in _RESERVED_IDS:
        raise InvalidName(f"deployment id {deployment!r} is a word of Consul's DNS: choose another")
    if deployment.startswith("arpanet-"):
        raise InvalidName(f"deployment id {deployment!r} begins as the cluster's own services do: choose another")
    return deployment


def dns_label(service: str, kind: str = "service") -> str:
    """The DNS label of a compose service (or network): lower case, `_` and `.` become `-`.

    Consul tags take part in DNS only as labels (RFC 1035), compose names are wider.
    """
    label = re.sub(r"[_.]", "-", service.lower())
    if not _SERVICE_NAME.fullmatch(label):
        raise InvalidName(f"{kind} {service!r} has no DNS name: use letters, digits and inner hyphens, at most 63")
    return label


def stack_name(directory: str) -> str:
    """A stack's name from its directory's: what an image repository may be called."""
    return re.sub(r"[^a-z0-9]+", "-", directory.lower()).strip("-") or "stack"


def swarm_name(deployment: str, name: str) -> str:
    """Swarm's name of a service or network of a deployment: `abc_pricing`. It may have no dot."""
    return f"{deployment}_{name.replace('.', '-')}"


@dataclass(frozen=True, order=True)
class Instance:
    """One container of a service; `number` is Swarm's slot, or the node for a global service."""

    deployment: str
    service: str
    number: str

    @property
    def id(self) -> str:
        """`1.pricing.abc`, also the id of its Consul registration."""
        return f"{self.number}.{dns_label(self.service)}.{self.deployment}"

    @property
    def service_name(self) -> str:
        """`pricing.abc`: Consul's service name for users of the API."""
        return f"{dns_label(self.service)}.{self.deployment}"


def instance_of(labels: dict[str, str]) -> Instance | None:
    """The instance that a container's labels name, or None when it is not one of ours.

    Swarm names a task `<service>.<slot>.<task id>`, and `<service>.<node id>.<task id>` for a
    global service. It may have no dot in a service's name.
    """
    service, _, place = labels.get(LABEL_TASK_NAME, "").partition(".")
    number = place.partition(".")[0].lower()
    if not number or not is_ours(service, labels):
        return None
    return Instance(labels[LABEL_DEPLOYMENT], labels[LABEL_SERVICE], number)


def is_ours(name: str, labels: Mapping[str, str]) -> bool:
    """Whether a service of Swarm's, by its name, is the one that its labels name.

    Labels that make no name, or another's (somebody copied them, or wrote them by hand), make it nobody's: one odd
    service must not be in the way of all others.
    """
    deployment, service = labels.get(LABEL_DEPLOYMENT, ""), labels.get(LABEL_SERVICE, "")
    try:
        dns_label(service)
        return name == swarm_name(check_deployment_id(deployment), service)
    except InvalidName:
        return False


def dns_service(deployment: str, network: str = "default") -> str:
    """Consul's name for what of a deployment answers on one of its networks: `abc`, `abc--back`.

    Who asks is on some networks and not on others, and DNS does not know which: so each network
    has its own name, and containers search those of their networks.
    """
    return deployment if network == "default" else f"{deployment}--{dns_label(network)}"


def dns_services(deployment: str, networks: Iterable[str]) -> set[str]:
    """Consul's names for a deployment on each of its networks; a network that can have none is somebody else's."""
    found = {dns_service(deployment)}
    for network in networks:
        with suppress(InvalidName):
            found.add(dns_service(deployment, network))
    return found


def deployment_of_name(name: str) -> str:
    """The deployment of a name in DNS without its domain: `abc` of `web.abc` and `1.web.abc--back`."""
    return name.rpartition(".")[2].partition("--")[0]


def search_domain(deployment: str, network: str = "default") -> str:
    """What containers on a deployment's network have in `dns-search`."""
    return f"{dns_service(deployment, network)}.service.consul"


def deployment_key(deployment: str) -> str:
    """Consul key of a deployment's record."""
    return f"{KV_ROOT}deployments/{deployment}"


def revisions_prefix(deployment: str) -> str:
    """Consul prefix of a deployment's revisions."""
    return f"{deployment_key(deployment)}/revisions/"


def revision_key(deployment: str, number: int) -> str:
    """Consul key of one revision."""
    return f"{revisions_prefix(deployment)}{number}"


def volumes_key(deployment: str) -> str:
    """Consul key of which node holds which volume; it outlives the deployment, as volumes do."""
    return f"{VOLUMES_PREFIX}{deployment}"


def images_key(deployment: str) -> str:
    """Consul key of the images that a deployment announces."""
    return f"{IMAGES_PREFIX}{deployment}"


def pulls_key(node: str) -> str:
    """Consul key of what a node's agent says of the images that it pulls ahead."""
    return f"{PULLS_PREFIX}{node}"


def lock_key(deployment: str) -> str:
    """Consul key that the controller at work on a deployment holds."""
    return f"{LOCKS_PREFIX}{deployment}"


def leases_prefix(deployment: str) -> str:
    """Consul prefix of a deployment's leases."""
    return f"{deployment_key(deployment)}/leases/"


def lease_key(deployment: str, address: str) -> str:
    """Consul key of the lease of one address."""
    return f"{leases_prefix(deployment)}{address}"


def swarm_key(node_id: str) -> str:
    """Where the swarm's leader writes what it says of a node."""
    return f"{SWARM_PREFIX}{node_id}"


def node_key(node: str) -> str:
    """Consul key of what a node's agent says of its node."""
    return f"{KV_ROOT}nodes/{node}"


def weave_key(node: str) -> str:
    """Consul key of what a node says of its Weave."""
    return f"{WEAVE_PREFIX}{node}"


def addresses_key(deployment: str, network: str) -> str:
    """Consul key of the explicit addresses in one network of a deployment."""
    return f"{deployment_key(deployment)}/addresses/{network}"


def pool_key(pool: str) -> str:
    """Consul key of a pool's range."""
    return f"{POOLS_PREFIX}{pool}"


def subnet_owners_prefix(deployment: str) -> str:
    """Consul prefix of the subnets of a deployment, below it a key for each network."""
    return f"{OWNERS_PREFIX}{deployment}/"


def subnet_owner_key(owner: str) -> str:
    """Consul key of the subnet of an owner (`deployment/network`)."""
    return f"{OWNERS_PREFIX}{owner}"


def subnet_block_key(block: object) -> str:
    """Consul key of the subnets in one block of the address space, such as 10.32.8.0/21."""
    return f"{BLOCKS_PREFIX}{str(block).replace('/', '-')}"


def block_of_key(key: str) -> str:
    """The block that a key belongs to: the reverse of `subnet_block_key`."""
    return key.removeprefix(BLOCKS_PREFIX).replace("-", "/")


NODES_PREFIX = f"{KV_ROOT}nodes/"
POOLS_PREFIX = f"{KV_ROOT}pools/"
SUBNETS_PREFIX = f"{KV_ROOT}subnets/"
OWNERS_PREFIX = f"{SUBNETS_PREFIX}owners/"
BLOCKS_PREFIX = f"{SUBNETS_PREFIX}blocks/"
DEPLOYMENTS_PREFIX = f"{KV_ROOT}deployments/"
VOLUMES_PREFIX = f"{KV_ROOT}volumes/"
LOCKS_PREFIX = f"{KV_ROOT}locks/"
IMAGES_PREFIX = f"{KV_ROOT}images/"
PULLS_PREFIX = f"{KV_ROOT}pulls/"
WEAVE_PREFIX = f"{KV_ROOT}weave/"
LEADER_KEY = f"{KV_ROOT}leader"
