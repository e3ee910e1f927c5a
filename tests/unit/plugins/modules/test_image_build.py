"""image_build: built once, kept by every registry."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters import consul, engine, images
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.engine import EngineError
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.registry import RegistryError

Run = Callable[..., dict[str, Any]]

ONE, TWO = "192.0.2.1:5001", "192.0.2.2:5001"
WEB = {"service": "web", "image": "shop/web:01", "context": "/srv/shop/web", "dockerfile": "Dockerfile"}
BUILD = {**WEB, "args": {"KEY": "(hidden)"}, "target": "", "labels": {}}
HIDDEN = {"hidden": json.dumps({"shop/web:01": {"args": {"KEY": "1"}, "labels": {"l": "v"}}})}


class Registries:
    """Which registry has which image, and what was done."""

    def __init__(self) -> None:
        self.has: dict[str, set[str]] = {ONE: set(), TWO: set()}
        self.here: set[str] = set()
        self.calls: list[str] = []

    def build(self, _engine: Any, job: images.Build, archive: Path) -> None:
        assert (job.args, job.labels) == ({"KEY": "1"}, {"l": "v"})
        self.calls.append(f"build {job.image} from {archive}")
        self.here.add(job.image)

    def fetch(self, _engine: Any, image: str, host: str) -> None:
        assert image in self.has[host]
        self.calls.append(f"fetch {image} from {host}")
        self.here.add(image)

    def push(self, _engine: Any, image: str, host: str) -> None:
        assert image in self.here
        self.calls.append(f"push {image} to {host}")
        self.has[host].add(image)


@pytest.fixture
def registries(monkeypatch: pytest.MonkeyPatch) -> Registries:
    found = Registries()

    class Consul:
        def __init__(self, *_arguments: Any) -> None:
            pass

        def healthy(self, service: str) -> list[dict[str, Any]]:
            assert service == "arpanet-registry"
            return [{"address": host.partition(":")[0], "port": 5001} for host in found.has]

    class Engine:
        def __init__(self, *_arguments: Any, **_options: Any) -> None:
            pass

        def each(self, do: Callable[[Any], Any], items: list[Any]) -> list[Any]:
            return [do(item) for item in items]

    monkeypatch.setattr(consul, "Consul", Consul)
    monkeypatch.setattr(engine, "Engine", Engine)
    monkeypatch.setattr(images, "holders", lambda hosts, image: [host for host in hosts if image in found.has[host]])
    for name in ("build", "fetch", "push"):
        monkeypatch.setattr(images, name, getattr(found, name))
    return found


def test_a_new_image(run: Run, registries: Registries) -> None:
    asked = run("image_build", {"builds": [BUILD]})
    assert asked["changed"] and asked["missing"] == ["shop/web:01"]
    assert registries.calls == []
    done = run("image_build", {"builds": [BUILD], "archives": {"shop/web:01": "/tmp/web.tar.gz"}, **HIDDEN})
    assert done["changed"] and done["registries"] == [ONE, TWO]
    assert registries.calls == [
        "build shop/web:01 from /tmp/web.tar.gz",
        f"push shop/web:01 to {ONE}",
        f"push shop/web:01 to {TWO}",
    ]


def test_an_image_that_all_have(run: Run, registries: Registries) -> None:
    registries.has = {ONE: {"shop/web:01"}, TWO: {"shop/web:01"}}
    result = run("image_build", {"builds": [BUILD]})
    assert not result["changed"] and result["missing"] == []
    assert result["diff"] == {"before": {}, "after": {}}
    assert registries.calls == []


def test_an_image_that_one_lacks_is_copied(run: Run, registries: Registries) -> None:
    registries.has[TWO] = {"shop/web:01"}
    result = run("image_build", {"builds": [BUILD]})
    assert result["changed"] and result["missing"] == []
    assert result["diff"] == {"before": {"shop/web:01": [TWO]}, "after": {"shop/web:01": [ONE, TWO]}}
    assert registries.calls == [f"fetch shop/web:01 from {TWO}", f"push shop/web:01 to {ONE}"]


def test_asked_only(run: Run, registries: Registries) -> None:
    registries.has[TWO] = {"shop/web:01"}
    result = run("image_build", {"builds": [BUILD, {**BUILD, "image": "shop/api:02"}]}, check=True)
    assert result["changed"] and result["missing"] == ["shop/api:02"]
    assert registries.calls == []


def test_nothing_to_build(run: Run, registries: Registries) -> None:
    registries.has = {}
    assert not run("image_build", {"builds": []})["changed"]


def test_no_registry(run: Run, registries: Registries) -> None:
    registries.has = {}
    result = run("image_build", {"builds": [BUILD]})
    assert result["failed"]
    assert "No registry of the cluster is healthy" in result["msg"]
    assert "run site.yml" in result["msg"]


@pytest.mark.parametrize("error", [EngineError("no space left"), RegistryError("registry x does not answer")])
def test_what_fails_is_told(
    run: Run, registries: Registries, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def fail(*_arguments: Any) -> None:
        raise error

    monkeypatch.setattr(images, "build", fail)
    result = run("image_build", {"builds": [BUILD], "archives": {"shop/web:01": "/tmp/x"}, **HIDDEN})
    assert result["failed"] and result["msg"] == str(error)
