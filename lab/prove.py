"""Prove on a lab that a service answers by its plain name from every one of its instances."""

import json
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from . import network, nodes, ssh
from .docker import listed
from .paths import state_of
from .run import run
from .say import LabError, say
from .spec import network_name

_PROBE = Path(__file__).resolve().parent / "probe.py"
#: Time that DNS is given to agree with what runs, after a scale or a restart.
_PATIENCE = 15.0


@dataclass(frozen=True)
class Instance:
    """A running container of a deployment, as the engine on its node tells it."""

    name: str
    service: str
    container: str
    node: nodes.Host
    addresses: tuple[str, ...]


@dataclass(frozen=True)
class Report:
    """What the probe inside the asking container found."""

    answers: dict[str, str] = field(default_factory=dict)
    by_name: dict[str, int] = field(default_factory=dict)
    error: str = ""


def prove(lab: str, deployment: str, asker: str, name: str) -> None:
    """Ask for `name` inside an `asker` container and print who answered; raise when one did not."""
    hosts = _hosts(lab)
    with ThreadPoolExecutor(max_workers=8) as pool:
        found = [one for many in pool.map(lambda host: _instances(lab, host, deployment), hosts) for one in many]
    askers = [one for one in found if one.service == asker]
    wanted = sorted((one for one in found if one.service == name), key=lambda one: one.name)
    if not askers or not wanted:
        counts = f"{len(askers)} of {asker} and {len(wanted)} of {name}"
        raise LabError(f"deployment {deployment!r} has {counts} running: one of each is needed at least")
    here = askers[0]
    say(f"asking for http://{name}/ inside {here.name} on {here.node.member}")
    deadline = time.monotonic() + _PATIENCE
    while True:
        report = _probe(lab, here, name)
        fault = verdict(report, wanted)
        if not fault or time.monotonic() > deadline:
            break
        time.sleep(0.5)
    print(table(report, wanted), flush=True)
    if fault:
        raise LabError(fault)
    total = sum(report.by_name.values())
    print(
        f"\n{name!r}, asked for by that name inside {here.name}, is {len(wanted)} addresses, one for each "
        f"instance, and each of them answered ({total} of {total} requests by name).",
        flush=True,
    )


def verdict(report: Report, wanted: list[Instance]) -> str:
    """What is wrong with the answers, or an empty string."""
    if report.error:
        return f"the name can't be used: {report.error}"
    known = {address for one in wanted for address in one.addresses}
    if strangers := sorted(set(report.answers) - known):
        return f"the name has addresses that no instance has: {', '.join(strangers)}"
    for one in wanted:
        mine = [address for address in one.addresses if address in report.answers]
        if not mine:
            return f"{one.name} runs on {one.node.member} but is not in DNS"
        if (answer := report.answers[mine[0]]).startswith("no answer"):
            return f"{one.name} on {one.node.member}: {answer}"
    return ""


def table(report: Report, wanted: list[Instance]) -> str:
    """The instances, where they run and what they answered, for people."""
    rows = [("INSTANCE", "NODE", "ADDRESS", "IN DNS", "BY NAME", "ANSWER")]
    for one in wanted:
        mine = [address for address in one.addresses if address in report.answers]
        address = mine[0] if mine else ",".join(one.addresses)
        answer = report.answers.get(address, "-")
        shown = answer if len(answer) <= 60 else answer[:59] + "…"
        rows.append(
            (one.name, one.node.member, address, "yes" if mine else "NO", str(report.by_name.get(address, 0)), shown)
        )
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows)
    return "\n" + "\n".join(lines)


def parse_instances(text: str, deployment: str, host: nodes.Host) -> list[Instance]:
    """Instances in the output of `docker inspect` on one node."""
    found = []
    for one in json.loads(text or "[]"):
        labels: dict[str, str] = one["Config"].get("Labels") or {}
        service = labels.get("arpanet.service", "")
        # Swarm names a task <service>.<slot>.<task id>.
        slot = labels.get("com.docker.swarm.task.name", "").split(".")[1:2]
        networks: dict[str, dict[str, Any]] = one["NetworkSettings"]["Networks"]
        addresses = tuple(sorted(net["IPAddress"] for net in networks.values() if net.get("IPAddress")))
        found.append(
            Instance(f"{''.join(slot) or '?'}.{service}.{deployment}", service, one["Id"][:12], host, addresses)
        )
    return found


def _hosts(lab: str) -> list[nodes.Host]:
    names = listed("container", f"label={network.LABEL}={lab}", "status=running")
    members = sorted(name.removeprefix(f"{network_name(lab)}-") for name in names)
    if not members:
        raise LabError(f"lab {lab!r} does not run: `make lab-up LAB={lab}`")
    return [nodes.host(lab, member) for member in members if member != "depot"]


def _instances(lab: str, host: nodes.Host, deployment: str) -> list[Instance]:
    chosen = f"docker ps --quiet --filter label=arpanet.deployment={deployment}"
    text = _remote(lab, host, f"{chosen} | xargs --no-run-if-empty docker inspect", what="listing containers")
    return parse_instances(text, deployment, host)


def _probe(lab: str, here: Instance, name: str) -> Report:
    text = _remote(
        lab, here.node, f"docker exec --interactive {here.container} python3 - {name}",
        what=f"asking inside {here.name}", stdin=_PROBE.read_text(),
    )  # fmt: skip
    found = json.loads(text)
    return Report(found.get("answers", {}), found.get("by_name", {}), found.get("error", ""))


def _remote(lab: str, host: nodes.Host, command: str, *, what: str, stdin: str = "") -> str:
    return run(
        ["ssh", "-i", ssh.PRIVATE_KEY, "-o", f"UserKnownHostsFile={state_of(lab) / 'known_hosts'}",
         "-o", "StrictHostKeyChecking=yes", "-o", "BatchMode=yes", "-o", "ConnectTimeout=5",
         "-o", "IdentitiesOnly=yes", f"root@{host.address}", command],
        what=f"{what} on {host.member}", timeout=150, stdin=stdin,
    )  # fmt: skip
