"""Has Swarm give up replacements that do not run yet, before services become again what they were."""

from __future__ import annotations

import time
from collections.abc import Iterable

from ..core.spec import Spec
from ..core.withdrawal import withdrawn
from .elections import patiently
from .engine import Engine

_POLL_SECONDS = 0.2
# Swarm does it at once, when it has a leader.
_PATIENCE_SECONDS = 10.0


def withdraw(engine: Engine, deployment: str, back: Iterable[Spec]) -> None:
    """Nothing where no instance is there twice.

    :param back: what services of the deployment shall be again, which is theirs to make afterwards.
    """
    specs = {spec["Name"]: spec for spec in back}
    todo = _todo(engine, deployment, specs)
    engine.each(lambda spec: patiently(lambda: engine.update_service(spec)), todo)
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while todo and time.monotonic() < deadline:
        time.sleep(_POLL_SECONDS)
        todo = _todo(engine, deployment, specs)


def _todo(engine: Engine, deployment: str, specs: dict[str, Spec]) -> list[Spec]:
    if not specs:
        return []
    ids = {name: service["ID"] for name, service in patiently(lambda: engine.services(deployment)).items()}
    tasks = patiently(lambda: engine.tasks(deployment))
    found = (
        withdrawn(spec, [task for task in tasks if task["ServiceID"] == ids.get(name)]) for name, spec in specs.items()
    )
    return [spec for spec in found if spec]
