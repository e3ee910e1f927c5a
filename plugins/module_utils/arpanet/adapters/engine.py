"""The Docker Engine of a Swarm manager: what a deployment has, and how it is changed.

Thin over the `docker` library's low-level client. Every failure is an EngineError that says what
was tried, on what and why it failed.
"""

from __future__ import annotations

import base64
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, TypeVar

import docker
import docker.errors
import requests

from ..core import names
from ..core.convergence import given_up
from ..core.logins import Login, registry_of
from ..core.plan import Actual
from ..core.spec import Spec, network_as_spec, targets, with_network_names

DEFAULT_URL = "unix:///var/run/docker.sock"
_PARALLEL = 8
_RACES = 10
_NOT_LOGGED_IN = "no basic auth credentials"

T = TypeVar("T")
R = TypeVar("R")


class EngineError(Exception):
    """The Engine could not be asked, or refused; the message says what, where and why."""


class ImageRefused(EngineError):
    """A registry does not have an image; or, if a `login` could help, not for who asks."""

    def __init__(self, reason: str, login: bool, logged_in: bool) -> None:
        super().__init__(reason)
        self.login = login
        self.logged_in = logged_in


class Engine:
    """One Engine, by its address.

    :param logins: by registry (core.logins), what images are looked up and pulled with.
    """

    def __init__(self, url: str = DEFAULT_URL, timeout: float = 60, logins: Mapping[str, Login] | None = None) -> None:
        self.url = url
        self._logins = logins or {}
        with self.asking("connecting"):
            self.api = docker.APIClient(base_url=url, version="auto", timeout=timeout)
            # Beside those of this node's own user; they go along with services, builds and look-ups.
            for registry, login in self._logins.items():
                self.api._auth_configs.add_auth(registry, login)

    @contextmanager
    def asking(self, what: str) -> Iterator[None]:
        """Turn the client library's errors into EngineError."""
        try:
            yield
        except docker.errors.APIError as error:
            raise EngineError(f"{what}: the Engine said: {error.explanation or error}") from error
        except (docker.errors.DockerException, requests.RequestException) as error:
            raise EngineError(
                f"{what}: the Engine at {self.url} does not answer ({error}). Is the docker service running there?"
            ) from error

    def api_version(self) -> tuple[int, int]:
        """The version of the API that is spoken with this Engine, such as (1, 45)."""
        major, minor = self.api.api_version.split(".")
        return int(major), int(minor)

    def info(self) -> Spec:
        """`GET /info`."""
        with self.asking("asking for the Engine's state"):
            return dict(self.api.info())

    def nodes(self) -> list[Spec]:
        """The Swarm's nodes; only a manager with a quorum can tell."""
        with self.asking("listing nodes"):
            return list(self.api.nodes())

    # What a deployment has

    def actual(self, deployment: str) -> Actual:
        """Everything that carries the deployment's label."""
        networks, services = self.networks(deployment), self.services(deployment)
        by_id = {network["Id"]: name for name, network in networks.items()}
        if any(target not in by_id for service in services.values() for target in targets(service["Spec"])):
            # Networks of others that the stack calls external.
            by_id |= {item["Id"]: item["Name"] for item in self.everybodys_networks()}
        return Actual(
            services={name: with_network_names(service["Spec"], by_id) for name, service in services.items()},
            networks={name: network_as_spec(network) for name, network in networks.items()},
            secrets=self._secret_names(deployment),
            configs=self.config_names(deployment, revisions=False),
            given_up={name: state for name, service in services.items() if (state := given_up(service))},
        )

    def services(self, deployment: str | None = None) -> dict[str, Spec]:
        """Services by name, as `GET /services` answers; of all deployments when none is given."""
        with self.asking("listing services"):
            found = self.api.services(filters={"label": _label(deployment)})
        return {service["Spec"]["Name"]: service for service in found}

    def everybodys_services(self) -> dict[str, Spec]:
        """Services by name, those among them that are nobody's deployment."""
        with self.asking("listing services"):
            return {service["Spec"]["Name"]: service for service in self.api.services()}

    def attachments(self) -> list[Spec]:
        """Tasks that keep a single container, started by hand, on a network of the Swarm's."""
        with self.asking("listing attached containers"):
            return list(self.api.tasks(filters={"runtime": "attachment"}))

    def networks(self, deployment: str) -> dict[str, Spec]:
        """Networks of a deployment by name."""
        with self.asking("listing networks"):
            found = self.api.networks(filters={"label": [_label(deployment)], "scope": "swarm"})
        return {network["Name"]: network for network in found}

    def everybodys_networks(self) -> list[Spec]:
        """All networks of the swarm, those among them that are nobody's deployment."""
        with self.asking("listing networks"):
            return list(self.api.networks(filters={"scope": "swarm"}))

    def labelled(self, kinds: Iterable[str]) -> dict[str, list[Spec]]:
        """Networks, secrets and configs (`network`, …) of all deployments, as the Engine lists them."""
        filters = {"label": [_label(None)]}
        readers: dict[str, Callable[[], Any]] = {
            "network": lambda: self.api.networks(filters={**filters, "scope": "swarm"}),
            "secret": lambda: self.api.secrets(filters=filters),
            "config": lambda: self.api.configs(filters=filters),
        }
        with self.asking("listing networks, secrets and configs"):
            return {kind: list(readers[kind]()) for kind in kinds}

    def tasks(self, deployment: str | None = None) -> list[Spec]:
        """Tasks as `GET /tasks` answers, ended ones among them."""
        with self.asking("listing tasks"):
            return list(self.api.tasks(filters={"label": _label(deployment)}))

    def all_tasks(self) -> list[Spec]:
        """The tasks of everybody's services."""
        with self.asking("listing tasks"):
            return list(self.api.tasks())

    def _secret_names(self, deployment: str) -> frozenset[str]:
        with self.asking("listing secrets"):
            found = self.api.secrets(filters={"label": [_label(deployment)]})
        return frozenset(secret["Spec"]["Name"] for secret in found)

    def config_names(self, deployment: str, revisions: bool = True) -> frozenset[str]:
        """Configs of a deployment, with or without those that keep its revisions."""
        with self.asking("listing configs"):
            found = self.api.configs(filters={"label": [_label(deployment)]})
        return frozenset(
            config["Spec"]["Name"]
            for config in found
            if revisions or names.LABEL_REVISION not in config["Spec"]["Labels"]
        )

    def config_data(self, name: str) -> bytes | None:
        """A config's content; None when there is no such config."""
        with self.asking(f"reading config {name}"):
            try:
                return base64.b64decode(self.api.inspect_config(name)["Spec"]["Data"])
            except docker.errors.NotFound:
                return None

    def task_log(self, task: str, lines: int) -> list[str]:
        """The last lines that a task printed; empty when its container is gone."""
        api = self.api
        try:
            with self.asking(f"reading the log of task {task}"):
                response = api._get(
                    api._url("/tasks/{0}/logs", task), params={"stdout": 1, "stderr": 1, "tail": lines}, stream=True
                )
                return b"".join(_frames(response.content)).decode(errors="replace").splitlines()[-lines:]
        except EngineError:
            return []

    # Changes

    def create_network(self, spec: Spec) -> None:
        """Create a Swarm-wide network from the shape that core.stack.network_spec makes."""
        with self.asking(f"creating network {spec['Name']}"):
            self.api.create_network(
                spec["Name"],
                driver=spec["Driver"],
                options=spec["Options"],
                ipam={"Driver": "default", **spec["IPAM"]},
                labels=spec["Labels"],
                internal=spec["Internal"],
                attachable=spec["Attachable"],
                check_duplicate=None,
                scope="swarm",
            )

    def create_service(self, spec: Spec) -> None:
        """Create a service from a specification whose references are names."""
        with self.asking(f"creating service {spec['Name']}"):
            self.api.create_service(
                task_template=self._with_ids(spec["TaskTemplate"]),
                name=spec["Name"],
                labels=spec["Labels"],
                mode=spec["Mode"],
                update_config=spec.get("UpdateConfig"),
                rollback_config=spec.get("RollbackConfig"),
                endpoint_spec=spec["EndpointSpec"],
            )

    def update_service(self, spec: Spec) -> None:
        """Replace a service's specification by this one."""
        with self.asking(f"updating service {spec['Name']}"):
            for left in reversed(range(_RACES)):
                current = self.api.inspect_service(spec["Name"])
                if set(current["Spec"]["Mode"]) != set(spec["Mode"]):
                    # Swarm changes no service from a number of instances to one on every node, or to a job.
                    self.api.remove_service(current["ID"])
                    self.create_service(spec)
                    return
                try:
                    self._update(current, spec)
                    return
                except docker.errors.APIError as error:
                    # Swarm writes to a service, too, while it updates it.
                    if "out of sequence" not in str(error) or not left:
                        raise

    def _update(self, current: Spec, spec: Spec) -> None:
        self.api.update_service(
            current["ID"],
            current["Version"]["Index"],
            task_template=self._with_ids(spec["TaskTemplate"]),
            name=spec["Name"],
            labels=spec["Labels"],
            mode=spec["Mode"],
            update_config=spec.get("UpdateConfig"),
            rollback_config=spec.get("RollbackConfig"),
            endpoint_spec=spec["EndpointSpec"],
            fetch_current_spec=False,
        )

    def create_secret(self, spec: Spec) -> None:
        """Create a secret; `Data` is base64."""
        with self.asking(f"creating secret {spec['Name']}"):
            self._post("/secrets/create", spec)

    def create_config(self, spec: Spec) -> None:
        """Create a config; `Data` is base64."""
        with self.asking(f"creating config {spec['Name']}"):
            self._post("/configs/create", spec)

    def remove(self, kind: str, name: str) -> bool:
        """Remove a service, network, secret or config. False when something still uses it."""
        removers: dict[str, Callable[[str], Any]] = {
            "service": self.api.remove_service,
            "network": self.api.remove_network,
            "secret": self.api.remove_secret,
            "config": self.api.remove_config,
        }
        with self.asking(f"removing {kind} {name}"):
            try:
                removers[kind](name)
            except docker.errors.NotFound:
                return True
            except docker.errors.APIError as error:
                if "in use" in str(error) or "active endpoints" in str(error):
                    return False
                raise
        return True

    def volumes(self, deployment: str) -> list[str]:
        """Names of this node's volumes of a deployment."""
        with self.asking("listing volumes"):
            found = self.api.volumes(filters={"label": [_label(deployment)]})
        return sorted(volume["Name"] for volume in found.get("Volumes") or [])

    def remove_volume(self, name: str, patience: float = 30) -> None:
        """Remove one of this node's volumes; an absent one is fine.

        The containers of tasks that have ended are removed a moment later: so long a volume is in use.
        """
        deadline = time.monotonic() + patience
        with self.asking(f"removing volume {name}"):
            while True:
                try:
                    self.api.remove_volume(name)
                    return
                except docker.errors.NotFound:
                    return
                except docker.errors.APIError as error:
                    if "in use" not in str(error) or time.monotonic() > deadline:
                        raise
                time.sleep(0.2)

    # Images

    def digest(self, image: str) -> str | None:
        """The digest that a registry has for an image now; None when none answers for it.

        :raises ImageRefused: a registry says that there is none, or not for us.
        """
        registry = registry_of(image)
        try:
            with self.asking(f"resolving image {image}"):
                # Ours first: what else is known of the registry may be a credential store of this node's user.
                return str(self.api.inspect_distribution(image, self._logins.get(registry))["Descriptor"]["digest"])
        except EngineError as error:
            cause = error.__cause__
            status = cause.status_code if isinstance(cause, docker.errors.APIError) else None
            # This one comes as an error of the server's.
            anonymous = _NOT_LOGGED_IN in str(cause)
            if status in (401, 403, 404) or anonymous:
                said = " ".join(str(getattr(cause, "explanation", "") or cause).split())
                raise ImageRefused(said, status != 404, registry in self._logins and not anonymous) from error
            return None

    def has(self, image: str) -> bool:
        """Whether this node has an image."""
        with self.asking(f"looking for image {image}"):
            try:
                self.api.inspect_image(image)
            except docker.errors.NotFound:
                return False
        return True

    def stream(self, what: str, call: Callable[[docker.APIClient], Iterable[Spec]]) -> Iterator[Spec]:
        """The events of a call that goes on for a while."""
        with self.asking(what):
            yield from call(self.api)

    def each(self, do: Callable[[T], R], items: Iterable[T]) -> list[R]:
        """Do something for each item, some at a time, results in order; the first failure is raised."""
        with ThreadPoolExecutor(_PARALLEL) as pool:
            return list(pool.map(do, items))

    def _post(self, path: str, body: Spec) -> None:
        # The library's own calls encode the data a second time.
        api = self.api
        response = api._post_json(api._url(path), data=body)
        api._raise_for_status(response)

    def _with_ids(self, template: Spec) -> Spec:
        """A task template whose secrets and configs carry the ids that the Engine asks for."""
        container = dict(template["ContainerSpec"])
        readers = {"Secret": self.api.secrets, "Config": self.api.configs}
        for kind, read in readers.items():
            references = container.get(f"{kind}s")
            if not references:
                continue
            ids = {item["Spec"]["Name"]: item["ID"] for item in read()}
            missing = [item[f"{kind}Name"] for item in references if item[f"{kind}Name"] not in ids]
            if missing:
                raise EngineError(f"{kind.lower()} {', '.join(missing)} is not in the Swarm: create it first")
            container[f"{kind}s"] = [{**item, f"{kind}ID": ids[item[f"{kind}Name"]]} for item in references]
        # Never none at all: Swarm's leader, up to 28, crashes when it compares a task that had a constraint with that.
        return {**template, "ContainerSpec": container, "Placement": template.get("Placement") or {}}


def _frames(raw: bytes) -> Iterator[bytes]:
    """The payloads of a multiplexed stream: 4 bytes of kind, 4 of length, then so many bytes."""
    at = 0
    while at + 8 <= len(raw):
        length = int.from_bytes(raw[at + 4 : at + 8], "big")
        yield raw[at + 8 : at + 8 + length]
        at += 8 + length


def _label(deployment: str | None) -> str:
    return f"{names.LABEL_DEPLOYMENT}={deployment}" if deployment else names.LABEL_DEPLOYMENT
