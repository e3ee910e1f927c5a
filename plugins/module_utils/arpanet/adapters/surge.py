"""Moving instances off nodes, replacements first: applies what core.surge says, waits, puts services back."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass, replace

from ..core import names
from ..core.convergence import complaint, line, moment, progress
from ..core.placements import hostname
from ..core.spec import Spec
from ..core.surge import Move, has_moved, moved_off, restored, stays, surging
from .consul import Consul, ConsulError
from .elections import patiently
from .engine import Engine, EngineError
from .lock import Locked, deployment_lock
from .telling import Tell, Teller
from .withdrawal import withdraw

_POLL_SECONDS = 0.2


@dataclass(frozen=True)
class Surge:
    """How moves are made. `holder` is who has the deployments' locks meanwhile, for others to read;
    times are seconds; `tell` gets a line whenever a service has come further."""

    engine: Engine
    consul: Consul
    holder: str
    timeout: float
    lock_timeout: float
    tell: Tell = lambda _line: None

    def move(self, moves: Iterable[Move], node: str) -> list[str]:
        """Make the moves off a node (by its id), deployments side by side; why one was not made."""
        of_deployment: dict[str, list[Move]] = {}
        for move in moves:
            of_deployment.setdefault(move.deployment, []).append(move)
        found = self.engine.each(lambda item: self._locked(item[0], item[1], node), of_deployment.items())
        return [reason for reasons in found for reason in reasons]

    def unfinished(self, node: str = "", deployment: str = "") -> dict[str, str]:
        """Services that a move was broken off for, and their deployments; those of one node or deployment alone
        where it is given."""
        services = patiently(lambda: self.engine.services(deployment or None))
        return {
            name: service["Spec"]["Labels"][names.LABEL_DEPLOYMENT]
            for name, service in services.items()
            if (left := surging(service["Spec"])) and node in ("", left)
        }

    def tidy(self, node: str = "", deployment: str = "") -> None:
        """Put back the services that a move was broken off for. :raises Locked: somebody works on one of them."""
        for name, its in self.unfinished(node, deployment).items():
            try:
                with deployment_lock(self.consul, its, self.holder, self.lock_timeout):
                    self._restore(its, [name])
            except Locked as error:
                raise Locked(f"deployment {its}: {error}") from error

    def _locked(self, deployment: str, moves: list[Move], node: str) -> list[str]:
        try:
            with deployment_lock(self.consul, deployment, self.holder, self.lock_timeout):
                return self._move(deployment, moves, node)
        except (Locked, ConsulError, EngineError) as error:
            return [f"deployment {deployment}: {error}"]

    def _move(self, deployment: str, moves: list[Move], node: str) -> list[str]:
        services = patiently(lambda: self.engine.services(deployment))
        tasks = patiently(lambda: self.engine.tasks(deployment))
        began = moment(services.values(), tasks)
        here = [task["ServiceID"] for task in tasks if task.get("NodeID") == node and stays(task)]
        # A removal may have been faster than the lock.
        todo = [move for move in moves if move.service in services]
        keep = {move.service: max(0, here.count(services[move.service]["ID"]) - move.count) for move in todo}
        try:
            for move in todo:
                whole = keep[move.service] == 0
                spec = restored(services[move.service]["Spec"])
                self._update(moved_off(spec, node, 0 if whole else move.count))
            return self._wait(deployment, keep, node, began)
        finally:
            self._restore(deployment, keep)

    def _wait(self, deployment: str, keep: dict[str, int], node: str, began: str) -> list[str]:
        """Until each service has moved, or cannot; why not."""
        deadline = time.monotonic() + self.timeout
        teller = Teller(self.tell)
        reasons: list[str] = []
        pending = dict(keep)
        while pending:
            nodes = {one["ID"]: one for one in patiently(self.engine.nodes)}
            hosts = {key: hostname(one) for key, one in nodes.items()}
            services = patiently(lambda: self.engine.services(deployment))
            tasks = patiently(lambda: self.engine.tasks(deployment))
            late = time.monotonic() > deadline
            lines: dict[str, str] = {}
            for name in [*pending]:
                service = services.get(name)
                if not service:
                    del pending[name]
                    continue
                own = [task for task in tasks if task["ServiceID"] == service["ID"]]
                state = progress(service, own, nodes, began)
                # Those that are still there run as well.
                here = sum(task.get("NodeID") == node and stays(task) for task in own)
                shown = replace(state, running=min(state.wanted, state.running + here))
                lines[name] = f"{name} {line(shown, hosts)}"
                moved = has_moved(state, own, node, pending[name])
                if not moved and (state.hopeless or late):
                    reasons.append(complaint(name, state, nodes, self.timeout if late else None))
                if moved or state.hopeless or late:
                    del pending[name]
            teller.all(lines)
            time.sleep(_POLL_SECONDS if pending else 0)
        return reasons

    def _restore(self, deployment: str, services: Iterable[str]) -> None:
        now = patiently(lambda: self.engine.services(deployment))
        left = {name: now[name] for name in services if name in now and surging(now[name]["Spec"])}
        back = {name: restored(service["Spec"]) for name, service in left.items()}
        # Marked until all is over.
        marked = [{**spec, "Labels": left[name]["Spec"]["Labels"]} for name, spec in back.items()]
        withdraw(self.engine, deployment, marked)
        self.engine.each(self._update, back.values())

    def _update(self, spec: Spec) -> None:
        patiently(lambda: self.engine.update_service(spec))
