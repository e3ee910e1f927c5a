"""Machines beside a cluster, and how they are let in by who does not know it."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import yaml

from .cluster import CHECKOUT, Cluster
from .lab import lab_command
from .node import Node
from .playbooks import Playbooks, Run


@dataclass(frozen=True)
class World:
    """A lab: its first nodes are a cluster, the rest are none of it yet."""

    cluster: Cluster
    playbooks: Playbooks
    directory: Path

    def node(self, number: int) -> Node:
        """By its number in the lab, from 1 on."""
        return next(node for node in self.cluster.all_nodes if node.name == f"node{number}")

    @property
    def manager(self) -> Node:
        """The last manager, which is there to the end."""
        return [node for node in self.cluster.all_nodes if node.manager][-1]

    def play(self, *flags: str, hosts: tuple[int, ...], **variables: object) -> Run:
        """join.yml, with an inventory of the newcomers alone."""
        return self.playbooks.run("join", *flags, inventory=self._alone(hosts), **variables)

    def cut_off(self, task: str, host: int, **variables: object) -> None:
        """The same for one, killed as it comes to a task."""
        self.playbooks.cut_off("join", task, inventory=self._alone((host,)), **variables)

    def _alone(self, hosts: tuple[int, ...]) -> Path:
        lab = self.cluster.inventory
        known = yaml.safe_load((lab / "hosts.yml").read_text())["all"]["vars"]
        newcomers = {f"newcomer{one}": {"ansible_host": self.node(one).address} for one in hosts}
        inventory = self.directory / "newcomers"
        shutil.copytree(lab / "group_vars", inventory / "group_vars", dirs_exist_ok=True)
        (inventory / "hosts.yml").write_text(yaml.safe_dump({"all": {"vars": known, "hosts": newcomers}}))
        return inventory

    def join(self, *flags: str, host: int, **variables: object) -> Run:
        """The same for one, and it has to succeed."""
        run = self.play(*flags, hosts=(host,), **variables)
        assert run.code == 0, f"{run.command}\n{run.output}"
        return run

    def prepare(self, *hosts: int) -> None:
        """Have machines ready to join: all packages are there."""
        run = self.play(hosts=hosts)
        assert run.code == 0, run.output


@contextmanager
def world(lab: str, nodes: int, managers: int) -> Iterator[World]:
    """A lab of its own, of whose managers site.yml makes a cluster; it is gone in the end."""
    inventory = CHECKOUT / "inventories" / f"lab-{lab}"
    with tempfile.TemporaryDirectory() as directory:
        try:
            lab_command("up", lab, nodes, managers)
            cluster = Cluster(inventory)
            playbooks = Playbooks(cluster, patience=1800)
            playbooks.do("site", "--limit", ":".join(["localhost", *(node.name for node in cluster.managers)]))
            yield World(cluster, playbooks, Path(directory))
        finally:
            lab_command("down", lab)
