"""Bringing a deployment to what is desired: read, plan, apply in order, wait, say where it runs."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from functools import partial
from ipaddress import IPv4Network
from typing import Any

from ..core import drivers, names, service_addresses, weave
from ..core.convergence import Task
from ..core.placements import OVER, hostname
from ..core.plan import CREATE, REMOVE, UPDATE, Actual, Plan, clashing_networks, plan
from ..core.record import Record, parse
from ..core.services import fitted
from ..core.sizing import Need, check_room
from ..core.spec import Spec
from ..core.stack import Desired, desired, external_networks, stuck_updates, tasks_on
from ..core.subnets import DEFAULT_POOL, DEFAULT_RANGE, parse_pool
from . import outsiders, revisions
from .arrival import POLL_SECONDS, Arrival, RolloutError, Start
from .consul import Consul
from .engine import Engine
from .instance_addresses import InstanceAddresses
from .pins import pinned
from .pulls import Pulls
from .subnets import SubnetStore
from .telling import Tell
from .withdrawal import withdraw


class Rollout:
    """One deployment on one cluster."""

    def __init__(self, engine: Engine, consul: Consul, deployment: str, tell: Tell = lambda _line: None) -> None:
        self._engine = engine
        self._consul = consul
        self.deployment = deployment
        # Gets a line of what is about to be done, or has come further.
        self.tell = tell
        self._arrival = Arrival(engine, consul, deployment, tell)
        self._pulls = Pulls(consul)
        self._addresses = InstanceAddresses(consul, deployment)
        # Whether anything of a change has been made.
        self.begun = False
        # Which pool they came from does not matter for what is done here.
        self._subnets = SubnetStore(consul, parse_pool(DEFAULT_POOL, DEFAULT_RANGE))
        self._key = names.deployment_key(deployment)
        self._volumes = names.volumes_key(deployment)

    # Read

    def record(self) -> Record:
        """What Consul remembers of the deployment."""
        return parse(self._consul.get(self._key).value, self.deployment)

    def exists(self) -> bool:
        """Whether Consul remembers the deployment at all."""
        return bool(self._consul.get(self._key).index)

    def actual(self) -> Actual:
        """What the Engine has of it."""
        return self._engine.actual(self.deployment)

    def revision(self, number: int) -> revisions.Revision:
        """A kept revision; revisions.NoRevision when it is not kept."""
        return revisions.load(self._engine, self._consul, self.deployment, number)

    def kept_revisions(self) -> list[int]:
        """Numbers of the kept revisions, oldest first."""
        return revisions.known(self._consul, self.deployment)

    def previous(self) -> revisions.Revision | None:
        """The last revision that arrived as a whole: what a failure goes back to."""
        numbers = self.kept_revisions()
        return self.revision(numbers[-1]) if numbers else None

    def nodes(self) -> list[Spec]:
        """The Swarm's nodes."""
        return self._engine.nodes()

    def held_volumes(self) -> dict[str, str]:
        """Local volumes of the deployment and the nodes that hold them."""
        return {name: str(node) for name, node in self._consul.get(self._volumes).value.items()}

    def busy(self) -> Counter[str]:
        """How many volumes of other deployments each node holds."""
        entries = self._consul.list(names.VOLUMES_PREFIX)
        return Counter(node for key, entry in entries.items() if key != self._volumes for node in entry.value.values())

    def hold_volumes(self, places: dict[str, str]) -> None:
        """Write down which node holds which volume, where that is not known yet."""
        if places != self.held_volumes():
            self._consul.put(self._volumes, places)

    # Plan

    def others_on(self, plugin: str, model: Spec) -> dict[str, str]:
        """The networks of others that the model joins and the plugin carries: compose name to driver."""
        joined = external_networks(model)
        there = self._engine.everybodys_networks() if joined else []
        carried = {item["Name"] for item in there if item["Driver"] == plugin}
        return {name: plugin for name, other in joined.items() if other in carried}

    def check_driver(self, driver: str, others: Collection[str] = ()) -> None:
        """Refuse Weave, of the deployment or of networks of `others`, where a node that takes tasks has not shown to
        carry it."""
        if driver != drivers.WEAVE and not others:
            return
        told = self._consul.list(names.WEAVE_PREFIX)
        missing = weave.unready(
            (hostname(node) for node in self.nodes() if node["Spec"].get("Availability") == "active"),
            {key.removeprefix(names.WEAVE_PREFIX): entry.value for key, entry in told.items()},
        )
        if missing:
            raise RolloutError(
                f"{'; '.join(missing)}. Set arpanet_driver to weave in the inventory, run site.yml, deploy again; "
                "a node that should not have it can be drained"
            )

    def desired(
        self,
        model: Spec,
        subnets: dict[str, str],
        actual: Actual,
        record: Record,
        publish_mode: str,
        carrier: str = drivers.OVERLAY,
        others: Mapping[str, str] | None = None,
    ) -> Desired:
        """What a model means on this cluster now: images pinned to the digests of this moment.

        :param carrier: the Engine's driver of networks that do not exist yet.
        :param others: the driver of networks of others that a plugin carries (`others_on`).
        """
        images, unresolved = pinned(self._engine, self.deployment, model, actual)
        addresses = service_addresses.resolve(model, subnets)
        carriers = {**drivers.carriers(self.deployment, subnets, carrier, actual.networks), **(others or {})}
        wanted = desired(model, self.deployment, subnets, images, record.scaled, publish_mode, addresses, carriers)
        fit = {name: fitted(spec, self._engine.api_version()) for name, spec in wanted.services.items()}
        ignored = [
            f"service {name.removeprefix(f'{self.deployment}_')}: '{key}' is ignored: this Engine is too old for it"
            for name, (_, keys) in fit.items()
            for key in keys
        ]
        warnings = [
            f"service {name}: no registry tells the digest of {image}; each node uses what it has or can pull"
            for name, image in sorted(unresolved.items())
        ]
        notes = service_addresses.notes(model, addresses)
        services = {name: spec for name, (spec, _) in fit.items()}
        return replace(
            wanted,
            services=services,
            warnings=(*wanted.warnings, *ignored, *stuck_updates(services), *warnings, *notes),
        )

    def plan(self, wanted: Desired, actual: Actual) -> Plan:
        """What has to be done; RolloutError when it cannot be done by changing things in place."""
        clashing = clashing_networks(wanted, actual)
        if clashing:
            raise RolloutError(
                f"network {', '.join(clashing)}: what a network is made with cannot change while it exists; "
                "remove the deployment and deploy it again"
            )
        todo = plan(wanted, actual)
        self.check_alone(todo.of("network", REMOVE))
        return todo

    def check_alone(self, networks: Collection[str]) -> None:
        """Refuse to remove networks that somebody else is on: they would not go."""
        others = outsiders.on_networks(self._engine, self.deployment, networks)
        if others:
            raise RolloutError(f"{'; '.join(others)}; then run the same again")

    def check_room(self, wanted: Desired) -> None:
        """Refuse what a subnet could not hold, with the arithmetic (sizing.SubnetError)."""
        nodes = len(self.nodes())
        for name, spec in wanted.networks.items():
            tasks = tasks_on(wanted.services, name, nodes)
            for config in spec["IPAM"]["Config"]:
                check_room(IPv4Network(config["Subnet"]), Need(tasks, nodes), f"network {name}")

    def check_addresses(self, wanted: Desired, record: Record) -> None:
        """Refuse an explicit address that is somebody else's (sizing.SubnetError)."""
        self._addresses.claim(wanted.services, record.networks, check=True)

    # Apply

    def apply(self, todo: Plan, wanted: Desired, record: Record, timeout: float) -> list[dict[str, Any]]:
        """Do what the plan says, each service when what it depends on is there, and wait until all of
        it runs and answers by name. The placements.

        The record is written first, so that nothing exists unrecorded.
        """
        self.begun = True
        if todo or record != self.record():
            self._consul.put(self._key, record.as_value())
            self._check_owned(record)
            self._addresses.claim(wanted.services, record.networks)
        engine = self._engine
        engine.each(lambda name: engine.create_network(wanted.networks[name]), todo.of("network", CREATE))
        engine.each(lambda name: engine.create_secret(wanted.secrets[name]), todo.of("secret", CREATE))
        engine.each(lambda name: engine.create_config(wanted.configs[name]), todo.of("config", CREATE))
        engine.each(lambda name: engine.remove("service", name), todo.of("service", REMOVE))
        if todo:
            self._pulls.announce(self.deployment, wanted.services)
            self._pulls.wait(self._awaited(todo, wanted), timeout)
        labelled = {name: _labelled(spec, record) for name, spec in wanted.services.items()}
        withdraw(engine, self.deployment, [labelled[name] for name in todo.of("service", UPDATE)])
        starts: dict[str, Start] = {
            name: partial(start, labelled[name])
            for action, start in ((CREATE, engine.create_service), (UPDATE, engine.update_service))
            for name in todo.of("service", action)
        }
        placed = self._arrival.of(starts, wanted.waits, timeout)
        self._collect(todo, timeout)
        if todo:
            self._addresses.release_others(wanted.services, record.networks.keys())
        return placed

    def _awaited(self, todo: Plan, wanted: Desired) -> dict[str, list[str]]:
        """New images of services whose old instances stop first, and the nodes that run those now."""
        changed = {
            change.name
            for change in todo.changes
            if change.kind == "service" and any(one.path == "image" for one in change.fields)
        }
        waiting = [
            name
            for name in todo.of("service", UPDATE)
            if name in changed and (wanted.services[name].get("UpdateConfig") or {}).get("Order") == "stop-first"
        ]
        if not waiting:
            return {}
        hosts = {node["ID"]: hostname(node) for node in self._engine.nodes()}
        ids = {service["ID"]: name for name, service in self._engine.services(self.deployment).items()}
        places: dict[str, list[str]] = {}
        for task in self._engine.tasks(self.deployment):
            name = ids.get(task["ServiceID"], "")
            image = wanted.services[name]["TaskTemplate"]["ContainerSpec"]["Image"] if name in waiting else ""
            if "@" in image and task["Status"]["State"] == "running" and task.get("NodeID") in hosts:
                places.setdefault(image, []).append(hosts[task["NodeID"]])
        return places

    def _check_owned(self, record: Record) -> None:
        """Refuse to go on when somebody released the subnets before the record said that they are used.

        From now on nobody can: a release checks the record in its transaction.
        """
        lost = self.lost(record)
        if lost:
            raise RolloutError(
                f"the subnet of network {', '.join(lost)} is not allocated to it (any more); run the same again"
            )

    def lost(self, record: Record) -> list[str]:
        """Networks of a record whose subnet does not belong to the deployment (any more)."""
        owned = self._subnets.owned(self.deployment)
        return sorted(network for network, subnet in record.networks.items() if str(owned.get(network)) != subnet)

    def release_left(self, among: Collection[str] | None = None) -> None:
        """Give back the subnets of networks that the deployment does not have (any more).

        :param among: only of these networks.
        """
        networks = self.record().networks
        for network in self._subnets.owned(self.deployment) if among is None else among:
            if network not in networks:
                self._subnets.release(f"{self.deployment}/{network}")

    def keep(self, record: Record, wanted: Desired) -> None:
        """Make what was deployed a revision that one can go back to."""
        revisions.save(self._engine, self._consul, record, wanted)

    def _collect(self, todo: Plan, timeout: float) -> None:
        """Remove what the plan no longer wants, once nothing uses it any more."""
        for kind in ("network", "secret", "config"):
            for name in todo.of(kind, REMOVE):
                self._until(partial(self._removed, kind, name), timeout, f"{kind} {name}")

    def _removed(self, kind: str, name: str) -> bool:
        gone = self._engine.remove(kind, name)
        if not gone and kind == "network":
            # Ours leave it in a moment; others may have come meanwhile.
            self.check_alone([name])
        return gone

    # Remove

    def remove(self, timeout: float) -> None:
        """Remove services, then (once their tasks are gone) networks, secrets and configs."""
        actual = self.actual()
        engine = self._engine
        engine.each(lambda name: engine.remove("service", name), actual.services)
        self._until(lambda: not self._living(), timeout, f"the tasks of deployment {self.deployment}")
        configs = engine.config_names(self.deployment)
        for kind, found in (("network", actual.networks), ("secret", actual.secrets), ("config", configs)):
            for name in found:
                self._until(partial(self._removed, kind, name), timeout, f"{kind} {name}")
        self._until(lambda: not self.actual().networks, timeout, f"the networks of deployment {self.deployment}")

    def forget(self, volumes: bool) -> None:
        """Delete the record, the revisions and all leases, and where volumes were; the last step of a removal."""
        if volumes:
            self._consul.delete(self._volumes)
        self._pulls.forget(self.deployment)
        self._consul.delete(f"{self._key}/", recurse=True)
        self._consul.delete(self._key)

    def _living(self) -> list[Task]:
        ready = {node["ID"] for node in self._engine.nodes() if node["Status"]["State"] == "ready"}
        return [
            task
            for task in self._engine.tasks(self.deployment)
            if task["Status"]["State"] not in OVER and task.get("NodeID") in ready
        ]

    def _until(self, done: Callable[[], bool], timeout: float, what: str) -> None:
        deadline = time.monotonic() + timeout
        while not done():
            if time.monotonic() > deadline:
                raise RolloutError(f"{what} did not go away within {timeout:.0f} s; run the same again")
            time.sleep(POLL_SECONDS)


def _labelled(spec: Spec, record: Record) -> Spec:
    return {**spec, "Labels": {**spec["Labels"], names.LABEL_REVISION: str(record.revision)}}
