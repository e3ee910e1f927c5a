"""Deployments on Weave: `LAB=weave pytest -c tests/weave/pytest.ini tests/weave`.

Makes the lab of that name of three managers, and needs it for itself. `ARPANET_WEAVE_BUNDLE` is the directory of a
bundle (docs/weave.md) of the real plugin. Without it one stands in that the tests build, and what is said of Weave's
own data path is not proved.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from bundle import make
from harness.cluster import CHECKOUT, Cluster
from harness.eventually import eventually
from harness.lab import lab_command
from harness.leaks import nowhere, said, watched
from harness.playbooks import Playbooks, Run

PAIR = Path(__file__).parent / "stacks" / "pair" / "compose.yml"
GIVEN = os.environ.get("ARPANET_WEAVE_BUNDLE", "")
NOT_PROVED = "ARPANET_WEAVE_BUNDLE is not set: a plugin stands in for Weave, and its data path is not proved"


def pytest_terminal_summary(terminalreporter: Any) -> None:
    if not GIVEN:
        terminalreporter.write_line(NOT_PROVED, yellow=True)


@dataclass
class Lab:
    """A cluster whose nodes carry Weave."""

    cluster: Cluster
    playbooks: Playbooks
    bundle: Path

    def site(self, *flags: str, **variables: Any) -> Run:
        """site.yml with Weave; all of it has to be well at the end."""
        asked = {"arpanet_driver": "weave", "weave_bundle": str(self.bundle), **variables}
        return self.playbooks.do("site", *flags, **asked)

    def told(self) -> dict[str, dict[str, Any]]:
        """What each node says of its Weave."""
        return {key.rpartition("/")[2]: value for key, (value, _) in self.cluster.kv("arpanet/weave/").items()}

    def deploy(self, stack: Path, deployment: str, driver: str = "weave") -> list[str]:
        """The plan of a deployment on a driver."""
        return self.playbooks.deploy(stack, deployment, arpanet_driver=driver).plan

    def drivers(self, deployment: str) -> set[str]:
        """Of a deployment's networks."""
        return {item["Driver"] for item in self.cluster.swarm("networks") if item["Name"].startswith(f"{deployment}_")}

    def reach_each_other(self, deployment: str) -> None:
        """Every instance asks every service by name."""
        found = self.cluster.containers(deployment)
        for one in found:
            for service in {other.service for other in found}:
                assert one.ask(service)["service"] == "catalogue"

    def well(self, within: float = 90) -> None:
        """Every node that runs is ready and sees all others."""

        def all_of_them() -> None:
            told = self.told()
            running = {node.name for node in self.cluster.nodes}
            for name in running:
                assert told.get(name, {}).get("ready"), told.get(name)
                assert told[name]["connections"].get("established", 0) == len(running) - 1, told[name]
                assert told[name]["fence"] == "on", told[name]

        eventually(all_of_them, within)

    def doctor_is_content(self, within: float = 60) -> None:
        """Of the nodes that run."""
        hosts = ":".join(["localhost", *(node.name for node in self.cluster.nodes)])

        def all_is_well() -> None:
            run = self.playbooks.run("doctor", "--limit", hosts)
            assert run.code == 0, run.output

        eventually(all_is_well, within)

    def password(self) -> str:
        """Of all routers, as every manager keeps it."""
        (password,) = {node.run("cat /etc/arpanet/keys/weave").strip() for node in self.cluster.managers}
        return password

    @contextmanager
    def unseen(self, **texts: str) -> Iterator[list[Run]]:
        """Meanwhile these texts, and the password as it is in the end, are shown nowhere, nor by the runs listed."""
        runs: list[Run] = []
        with watched(self.cluster, texts) as seen:
            yield runs
            texts["password"] = self.password()
        assert seen == {node.name: {} for node in self.cluster.nodes}
        assert [name for run in runs for name in said(run, texts)] == []
        nowhere(self.cluster, texts)


@pytest.fixture(scope="session")
def given() -> bool:
    """Whether it is the real plugin."""
    return bool(GIVEN)


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    name = os.environ.get("LAB", "weave")
    lab_command("up", name, nodes=3, managers=3)
    cluster = Cluster(CHECKOUT / "inventories" / f"lab-{name}")
    bundle = Path(GIVEN) if GIVEN else make(tmp_path_factory.mktemp("bundle"))
    found = Lab(cluster, Playbooks(cluster, patience=900), bundle)
    found.site()
    found.well()
    yield found


@pytest.fixture
def abc(lab: Lab) -> Iterator[str]:
    yield "abc"
    lab.playbooks.remove("abc")
