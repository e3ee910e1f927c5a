"""A Swarm in memory: what is created runs at once, unless its image is one that cannot."""

from __future__ import annotations

import base64
import copy
import itertools
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters import deployments
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.engine import EngineError, ImageRefused
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.rollout import Rollout
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.subnets import SubnetStore
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core import names
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.constraints import meets
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.convergence import given_up
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.plan import Actual
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.stack import own_networks
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.subnets import Request, parse_pool

from fakes.consul import FakeConsul

Spec = dict[str, Any]

# A task whose image says so ends like this.
BROKEN = {"crash": "task: non-zero exit (1)", "missing": "No such image"}


class FakeSwarm:
    """What the adapters ask of `Engine`. `calls` are the changes, in their order."""

    def __init__(self, nodes: Iterable[str] = ("node1", "node2")) -> None:
        self._numbers = itertools.count(1)
        self._nodes = {name: _node(name) for name in nodes}
        self._services: dict[str, Spec] = {}
        self._tasks: list[Spec] = []
        self.made: dict[str, dict[str, Spec]] = {"network": {}, "secret": {}, "config": {}}
        self.digests: dict[str, str] = {}
        self.image_refusals: dict[str, ImageRefused] = {}
        self.images: set[str] = set()
        self.others: dict[str, Spec] = {}
        self.attached: list[Spec] = []
        self.drivers: dict[str, str] = {}
        self.skew = timedelta()
        self.refused: dict[str, str] = {}
        self.api_version_spoken = (1, 45)
        self.calls: list[str] = []

    # Read

    def api_version(self) -> tuple[int, int]:
        return self.api_version_spoken

    def nodes(self) -> list[Spec]:
        return copy.deepcopy([*self._nodes.values()])

    def services(self, _deployment: str) -> dict[str, Spec]:
        return copy.deepcopy(self._services)

    def tasks(self, _deployment: str) -> list[Spec]:
        return copy.deepcopy(self._tasks)

    def everybodys_services(self) -> dict[str, Spec]:
        return copy.deepcopy({**self._services, **self.others})

    def attachments(self) -> list[Spec]:
        return copy.deepcopy(self.attached)

    def networks(self, _deployment: str) -> dict[str, Spec]:
        return {name: {"Id": name, "Name": name} for name in self.made["network"]}

    def everybodys_networks(self) -> list[Spec]:
        return [{"Name": name, "Driver": driver} for name, driver in self.drivers.items()]

    def actual(self, deployment: str) -> Actual:
        return Actual(
            services={name: service["Spec"] for name, service in self.services(deployment).items()},
            networks=copy.deepcopy(self.made["network"]),
            secrets=frozenset(self.made["secret"]),
            configs=self.config_names(deployment, revisions=False),
            given_up={name: state for name, one in self._services.items() if (state := given_up(one))},
        )

    def config_names(self, _deployment: str, revisions: bool = True) -> frozenset[str]:
        return frozenset(
            name
            for name, spec in self.made["config"].items()
            if revisions or names.LABEL_REVISION not in spec["Labels"]
        )

    def config_data(self, name: str) -> bytes | None:
        spec = self.made["config"].get(name)
        return base64.b64decode(spec["Data"]) if spec else None

    def has(self, image: str) -> bool:
        return image in self.images

    def digest(self, image: str) -> str | None:
        if image in self.image_refusals:
            raise self.image_refusals[image]
        return self.digests.get(image)

    def task_log(self, task: str, _lines: int) -> list[str]:
        return [f"last words of {task}"]

    # Change

    def each(self, do: Callable[[Any], Any], items: Iterable[Any]) -> list[Any]:
        return [do(item) for item in items]

    def create_network(self, spec: Spec) -> None:
        self._make("network", spec)

    def create_secret(self, spec: Spec) -> None:
        self._make("secret", spec)

    def create_config(self, spec: Spec) -> None:
        self._make("config", spec)

    def _make(self, kind: str, spec: Spec) -> None:
        self.calls.append(f"create {kind} {spec['Name']}")
        assert spec["Name"] not in self.made[kind], "it exists"
        self.made[kind][spec["Name"]] = copy.deepcopy(spec)

    def create_service(self, spec: Spec) -> None:
        self._change("create", spec)
        assert spec["Name"] not in self._services, "it exists"
        self._services[spec["Name"]] = {"ID": f"s{next(self._numbers)}", "Spec": copy.deepcopy(spec)}
        self._run(spec["Name"])

    def update_service(self, spec: Spec) -> None:
        self._change("update", spec)
        service = self._services[spec["Name"]]
        before = service["Spec"]
        # Swarm forgets what it said of the update before.
        service.pop("UpdateStatus", None)
        self._become(service, spec)
        config = spec.get("UpdateConfig") or {}
        if config.get("FailureAction") == "rollback" and _broken(spec["TaskTemplate"]):
            self._become(service, before)
            service["UpdateStatus"] = {"State": "rollback_started", "Message": "update rolled back due to failure"}

    def _become(self, service: Spec, spec: Spec) -> None:
        service["Spec"] = copy.deepcopy(spec)
        for task in self._of(spec["Name"]):
            if task["Status"]["State"] == "running":
                task["DesiredState"] = task["Status"]["State"] = "shutdown"
        self._run(spec["Name"])

    def end_rollback(self, name: str) -> None:
        """Swarm is back at what a service was, and says so from now on."""
        self._services[name]["UpdateStatus"] = {"State": "rollback_completed", "CompletedAt": self._now()}

    def _change(self, verb: str, spec: Spec) -> None:
        self.calls.append(f"{verb} service {spec['Name']}")
        image = spec["TaskTemplate"]["ContainerSpec"]["Image"]
        if image in self.refused:
            raise EngineError(f"{verb} service {spec['Name']}: the Engine said: {self.refused[image]}")
        for network in spec["TaskTemplate"].get("Networks", []):
            assert network["Target"] in {*self.made["network"], *self.drivers}, "its network is not there"

    def remove(self, kind: str, name: str) -> bool:
        self.calls.append(f"remove {kind} {name}")
        if kind == "service":
            gone = self._services.pop(name)
            self._tasks = [task for task in self._tasks if task["ServiceID"] != gone["ID"]]
        else:
            self.made[kind].pop(name)
        return True

    # What becomes of it

    def _of(self, name: str) -> list[Spec]:
        return [task for task in self._tasks if task["ServiceID"] == self._services[name]["ID"]]

    def _run(self, name: str) -> None:
        spec = self._services[name]["Spec"]
        (mode,) = spec["Mode"]
        places = {
            "Replicated": lambda: range(1, spec["Mode"]["Replicated"]["Replicas"] + 1),
            "ReplicatedJob": lambda: range(1, spec["Mode"]["ReplicatedJob"]["TotalCompletions"] + 1),
        }.get(mode, lambda: self._nodes)()
        for place in places:
            self._start(name, place, "complete" if mode.endswith("Job") else "running")

    def _start(self, name: str, place: int | str, state: str) -> None:
        template = self._services[name]["Spec"]["TaskTemplate"]
        constraints = (template.get("Placement") or {}).get("Constraints") or []
        allowed = [key for key, node in self._nodes.items() if all(meets(one, node) for one in constraints)]
        broken = _broken(template)
        for _ in range(3 if broken else 1):
            number = next(self._numbers)
            node = place if isinstance(place, str) else allowed[place % len(allowed)]
            self._tasks.append(
                {
                    "ID": f"t{number}",
                    "ServiceID": self._services[name]["ID"],
                    "CreatedAt": self._now(),
                    "Spec": copy.deepcopy(template),
                    "NodeID": node,
                    **({} if isinstance(place, str) else {"Slot": place}),
                    "DesiredState": "shutdown" if broken else "running",
                    "Status": {
                        "State": "failed" if broken else state,
                        "Timestamp": self._now(),
                        "ContainerStatus": {"ContainerID": f"c{number}", "ExitCode": 1 if broken else 0},
                        **({"Err": broken} if broken else {}),
                    },
                }
            )

    def _now(self) -> str:
        return (datetime.now(UTC) + self.skew).isoformat()

    def end_all(self, error: str) -> None:
        """Every program ends, and none is started again."""
        for task in self._tasks:
            task["DesiredState"] = "shutdown"
            task["Status"] |= {"State": "failed", "Err": error}

    def age_all(self) -> None:
        """What runs has been running since long ago."""
        for task in self._tasks:
            task["Status"]["Timestamp"] = "2020-01-01T00:00:00.000000000Z"

    def containers(self) -> list[str]:
        return [
            task["Status"]["ContainerStatus"]["ContainerID"]
            for task in self._tasks
            if task["Status"]["State"] == "running"
        ]


class ConsulOf(FakeConsul):
    """The Consul of a Swarm whose agents register everything that runs, as long as they are `awake`."""

    def __init__(self, swarm: FakeSwarm) -> None:
        super().__init__()
        self.swarm = swarm
        self.awake = True

    def healthy(self, service: str, tag: str | None = None) -> list[Spec]:
        running = self.swarm.containers() if self.awake else []
        return [{"id": one, "meta": {names.META_CONTAINER: one}} for one in running]


def model(**services: Spec) -> Spec:
    """The normalised stack of deployment `abc`."""
    on = {"networks": {"default": None}}
    return {
        "name": "abc",
        "services": {name: {"image": "nginx:1", **on, **body} for name, body in services.items()},
        "networks": {"default": {"name": "abc_default"}},
    }


@dataclass
class Cluster:
    """A Swarm, its Consul, and deployment `abc`."""

    swarm: FakeSwarm = field(default_factory=FakeSwarm)
    told: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.consul = ConsulOf(self.swarm)
        self.store = SubnetStore(self.consul, parse_pool("default", "10.32.0.0/12"))

    @property
    def rollout(self) -> Rollout:
        return Rollout(self.swarm, self.consul, "abc", self.told.append)

    def deploy(self, stack: Spec, check: bool = False, prefix: int = 26, timeout: float = 5, **options: Any) -> Spec:
        subnets = {name: str(self.store.allocate(Request(f"abc/{name}", prefix))) for name in own_networks(stack)}
        self.swarm.calls.clear()
        return deployments.converge(
            self.rollout,
            stack,
            "shop",
            subnets,
            allocated=options.get("allocated", ()),
            driver="overlay",
            publish_mode="host",
            move_volumes=options.get("move_volumes", frozenset()),
            timeout=timeout,
            check=check,
        )

    def does(self, call: Callable[..., Spec], *arguments: Any, check: bool = False, timeout: float = 5) -> Spec:
        self.swarm.calls.clear()
        return call(self.rollout, *arguments, timeout, check)

    def scale(self, check: bool = False, **counts: int) -> Spec:
        return self.does(deployments.scale, counts, check=check)

    def images(self) -> dict[str, str]:
        return {
            name: service["Spec"]["TaskTemplate"]["ContainerSpec"]["Image"]
            for name, service in self.swarm.services("abc").items()
        }


def _broken(template: Spec) -> str | None:
    """How each task of it ends; None when they run."""
    return BROKEN.get(template["ContainerSpec"]["Image"].split("@")[0].partition(":")[2])


def _node(name: str) -> Spec:
    return {
        "ID": name,
        "Spec": {"Role": "manager", "Availability": "active", "Labels": {}},
        "Status": {"State": "ready", "Addr": "192.0.2.1"},
        "Description": {"Hostname": name, "Platform": {"OS": "linux", "Architecture": "x86_64"}},
    }
