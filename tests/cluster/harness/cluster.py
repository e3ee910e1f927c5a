"""The cluster under test: its nodes, and what Docker, Swarm and Consul say of it."""

import base64
import json
import os
import shlex
import subprocess
import tempfile
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from .node import Node

CHECKOUT = Path(__file__).resolve().parents[3]


@dataclass(frozen=True)
class Container:
    """A running instance, as the Engine on its node tells it."""

    id: str
    instance: str
    service: str
    deployment: str
    node: Node
    addresses: dict[str, str]

    @property
    def address(self) -> str:
        """Its address on the deployment's default network."""
        return self.addresses[f"{self.deployment}_default"]

    def run(self, *words: str, stdin: str = "") -> str:
        """Run a program in it."""
        return self.node.run(shlex.join(["docker", "exec", "-i", self.id, *words]), stdin=stdin)

    def ask(self, name: str) -> Any:
        """GET http://<name>/ from inside it, whichever client its image has; the JSON of the answer."""
        return json.loads(self.run(*self._client("get"), f"http://{name}/"))

    def resolve(self, name: str) -> list[str]:
        """The addresses that a name has inside it."""
        return sorted(self.run(*self._client("resolve"), name).split())

    def _client(self, verb: str) -> list[str]:
        if self.service == "musl":
            return ["/ask", verb]
        return ["python3", "-c", {"get": _GET, "resolve": _RESOLVE}[verb]]


_SSH = ("INPUT", "-i", "eth0", "-p", "tcp", "--dport", "22", "-j", "DROP")
_GET = "import sys, urllib.request as u; print(u.urlopen(sys.argv[1], timeout=5).read().decode())"
_RESOLVE = (
    "import sys, socket\nfor a in sorted({i[4][0] for i in socket.getaddrinfo(sys.argv[1], 80, socket.AF_INET)}):"
    " print(a)"
)


class Cluster:
    """All nodes of an inventory. Those that were stopped are left out until they run again."""

    def __init__(self, inventory: Path) -> None:
        self.inventory = inventory
        self._sockets = tempfile.TemporaryDirectory(prefix="arpanet-")
        self._stopped: set[str] = set()

    @cached_property
    def all_nodes(self) -> list[Node]:
        """Every node of the inventory, managers first."""
        answer = subprocess.run(
            ["ansible-inventory", "--list"], capture_output=True, text=True, check=True, env=self.environment()
        )
        listed = json.loads(answer.stdout)
        found = []
        for group in ("managers", "workers"):
            for name in listed.get(group, {}).get("hosts", []):
                variables = listed["_meta"]["hostvars"][name]
                found.append(Node(name, variables["ansible_host"], group == "managers", self._ssh(variables)))
        return found

    @property
    def nodes(self) -> list[Node]:
        """The nodes that run."""
        return [node for node in self.all_nodes if node.name not in self._stopped]

    @property
    def managers(self) -> list[Node]:
        """The managers that run."""
        return [node for node in self.nodes if node.manager]

    @property
    def manager(self) -> Node:
        """A manager that runs."""
        return self.managers[-1]

    def environment(self) -> dict[str, str]:
        """This process's environment as a user's would be: without the settings of molecule."""
        kept = {key: value for key, value in os.environ.items() if not key.startswith(("ANSIBLE_", "MOLECULE_"))}
        return {**kept, "ANSIBLE_INVENTORY": str(self.inventory), "ANSIBLE_NOCOLOR": "1"}

    def stop(self, node: Node) -> None:
        """Take a node down as a power button does."""
        self._stopped.add(node.name)
        self._outer("stop", node)

    def kill(self, node: Node) -> None:
        """Take a node down as a power cut does; `start` ends it."""
        self._stopped.add(node.name)
        self._outer("kill", node)

    def cut(self, node: Node) -> None:
        """Let nothing out of a node and nothing into it."""
        self._stopped.add(node.name)
        self._wall("-I", node)

    def heal(self, node: Node) -> None:
        """The opposite."""
        self._wall("-D", node)
        self._stopped.discard(node.name)

    def silence(self, node: Node) -> None:
        """Let nobody reach a node by SSH, for whom it lives on; `listen` ends it."""
        self._stopped.add(node.name)
        self._outer("exec", node, "iptables", "-w", "-I", *_SSH)

    def listen(self, node: Node) -> None:
        """The opposite."""
        self._outer("exec", node, "iptables", "-w", "-D", *_SSH)
        self._stopped.discard(node.name)

    def gone(self, *names: str) -> None:
        """Leave nodes out that there are no more."""
        self._stopped.update(names)

    def again(self, *names: str) -> None:
        """The opposite."""
        self._stopped.difference_update(names)

    def start(self, node: Node) -> None:
        """Switch a node on again."""
        self._outer("start", node)
        self._stopped.discard(node.name)

    def each(self, ask: Any, nodes: Iterable[Node] | None = None) -> dict[str, Any]:
        """What each node that runs answers, by name; all are asked at once."""
        chosen = list(self.nodes if nodes is None else nodes)
        with ThreadPoolExecutor(8) as pool:
            return dict(zip((node.name for node in chosen), pool.map(ask, chosen), strict=True))

    def containers(
        self, deployment: str = "", service: str = "", nodes: Iterable[Node] | None = None
    ) -> list[Container]:
        """The running instances of a deployment (of all), sorted by instance."""
        label = f"arpanet.deployment={deployment}" if deployment else "arpanet.deployment"
        path = f"/containers/json?filters={_quoted({'label': [label]})}"
        found = self.each(lambda node: [_container(item, node) for item in node.engine(path)], nodes)
        every = [container for many in found.values() for container in many]
        return sorted(
            (one for one in every if service in ("", one.service)), key=lambda one: (one.deployment, one.instance)
        )

    def kv(self, prefix: str = "") -> dict[str, tuple[Any, int]]:
        """Keys below a prefix with their values and indices."""
        found = self.manager.consul(f"/v1/kv/{prefix}?recurse&consistent") or []
        return {
            item["Key"]: (json.loads(base64.b64decode(item["Value"] or "bnVsbA==")), item["ModifyIndex"])
            for item in found
        }

    def swarm(self, kind: str) -> list[dict[str, Any]]:
        """Services, networks, secrets, configs or tasks of all deployments, as a manager lists them."""
        filters = {"label": ["arpanet.deployment"]}
        if kind == "networks":
            filters["scope"] = ["swarm"]
        found: list[dict[str, Any]] = self.manager.engine(f"/{kind}?filters={_quoted(filters)}")
        return found

    def registrations(self, deployment: str) -> list[str]:
        """Ids of a deployment's registrations in Consul's catalog, in both forms."""
        known = self.manager.consul("/v1/catalog/services?consistent")
        names = [name for name in known if name == deployment or name.endswith(f".{deployment}")]
        return sorted(
            entry["ServiceID"] for name in names for entry in self.manager.consul(f"/v1/catalog/service/{name}")
        )

    def _ssh(self, variables: dict[str, Any]) -> tuple[str, ...]:
        return (
            "ssh", "-i", variables["ansible_ssh_private_key_file"], "-l", variables["ansible_user"],
            "-o", "BatchMode=yes", "-o", "ConnectTimeout=5", "-o", "LogLevel=ERROR",
            "-o", "ControlMaster=auto", "-o", "ControlPersist=60", "-o", f"ControlPath={self._sockets.name}/%C",
            *shlex.split(variables.get("ansible_ssh_common_args", "")),
        )  # fmt: skip

    def _wall(self, verb: str, node: Node) -> None:
        for rule in (["INPUT", "-i"], ["OUTPUT", "-o"]):
            self._outer("exec", node, "iptables", "-w", verb, *rule, "eth0", "-j", "DROP")

    def _outer(self, verb: str, node: Node, *words: str) -> None:
        # A lab's nodes are containers of this machine's engine, told by their address.
        names = subprocess.run(
            ["docker", "ps", "--all", "--filter", "label=arpanet.lab", "--format", "{{.Names}}"],
            capture_output=True, text=True, check=True,
        ).stdout.split()  # fmt: skip
        shape = "{{.Name}} {{range .NetworkSettings.Networks}}{{.IPAMConfig.IPv4Address}}{{end}}"
        inspected = subprocess.run(
            ["docker", "inspect", "--format", shape, *names], capture_output=True, text=True, check=True
        ).stdout
        places = {address: name for name, address in (line.split() for line in inspected.splitlines())}
        subprocess.run(["docker", verb, places[node.address], *words], capture_output=True, check=True)


def _container(item: dict[str, Any], node: Node) -> Container:
    labels = item["Labels"]
    deployment, service = labels["arpanet.deployment"], labels["arpanet.service"]
    number = labels["com.docker.swarm.task.name"].removeprefix(f"{deployment}_{service}.").split(".")[0]
    addresses = {name: one["IPAddress"] for name, one in item["NetworkSettings"]["Networks"].items()}
    return Container(item["Id"], f"{number}.{service}.{deployment}", service, deployment, node, addresses)


def _quoted(filters: dict[str, list[str]]) -> str:
    from urllib.parse import quote

    return quote(json.dumps(filters))
