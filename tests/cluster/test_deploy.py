"""deploy.yml: what it shows, that a second run changes nothing, and that check mode tells the truth."""

import re
import shutil
from pathlib import Path

from harness.claims import leases_agree
from harness.cluster import Cluster
from harness.eventually import eventually
from harness.playbooks import Playbooks
from harness.stacks import FIG, PROBE
from harness.state import state


def test_the_examples_stack_runs_and_the_run_says_where(abc: str, cluster: Cluster, playbooks: Playbooks) -> None:
    run = playbooks.deploy(FIG, abc)
    running = {container.instance: container for container in cluster.containers(abc)}
    assert sorted(running) == [f"1.{service}.abc" for service in ("auth", "catalogue", "pricing", "redis", "web")]
    for instance, container in running.items():
        row = next(line.split() for line in run.output.splitlines() if line.split()[:1] == [instance])
        assert row == [instance, container.node.name, container.address, "running"]


def test_a_second_deploy_changes_nothing(abc: str, cluster: Cluster, playbooks: Playbooks) -> None:
    before = state(cluster)
    run = playbooks.deploy(FIG, abc, "--diff")
    assert (run.changed, run.plan) == (0, [])
    assert state(cluster) == before


def test_a_fig_file_of_one_service_each_reaches_the_next(abc: str, cluster: Cluster) -> None:
    """web asks auth and catalogue, auth asks redis: the links of the file."""
    (auth,) = cluster.containers(abc, "auth")
    page = auth.ask("web")
    assert page["auth"]["redis"] == "+PONG"
    assert page["catalogue"]["service"] == "catalogue"


def test_who_waits_at_a_terminal_sees_how_far_it_is(cluster: Cluster, playbooks: Playbooks) -> None:
    try:
        run = playbooks.run("deploy", terminal=True, stack=str(PROBE), deployment="watched")
        shown = [line.strip() for line in run.output.splitlines()]
        assert run.code == 0, run.output
        assert shown.count("+ service watched_pricing") == 1
        progress = [line for line in shown if line.startswith("pricing ")]
        assert progress, run.output
        assert all(re.match(r"pricing [01]/1 running", line) for line in progress)
        # The plan is first, and the table last.
        places = [shown.index(line) for line in ("+ service watched_pricing", progress[0])]
        assert places == sorted(places)
        assert shown.index(progress[-1]) < next(at for at, line in enumerate(shown) if line.startswith("INSTANCE"))
        assert "pricing 1/1" not in playbooks.deploy(PROBE, "watched").output
    finally:
        playbooks.remove("watched")


def test_check_mode_predicts_a_deployment_and_changes_nothing(
    cluster: Cluster, playbooks: Playbooks, tmp_path: Path
) -> None:
    stack = tmp_path / "shop" / "compose.yml"
    stack.parent.mkdir()
    shutil.copytree(Path(FIG).parent / "pricing", stack.parent / "pricing")
    text = PROBE.read_text().replace("../../../../examples/arpanet2/pricing", "pricing")
    stack.write_text(text)
    before = state(cluster)
    predicted = playbooks.deploy(stack, "foretold", "--check", "--diff")
    assert state(cluster) == before
    assert predicted.plan == [
        "+ network foretold_default", "+ service foretold_catalogue", "+ service foretold_musl",
        "+ service foretold_pricing",
    ]  # fmt: skip
    try:
        done = playbooks.deploy(stack, "foretold")
        assert (done.plan, done.changed) == (predicted.plan, predicted.changed)
        eventually(lambda: leases_agree(cluster))
        _check_says(playbooks, cluster, stack, [])

        stack.write_text(text + "    environment: {GREETING: hello}\n    deploy: {replicas: 2}\n")
        _check_says(playbooks, cluster, stack, ["~ service foretold_musl"])
        assert playbooks.deploy(stack, "foretold").plan == ["~ service foretold_musl"]
        eventually(lambda: leases_agree(cluster))
        _check_says(playbooks, cluster, stack, [])
    finally:
        playbooks.remove("foretold")


def _check_says(playbooks: Playbooks, cluster: Cluster, stack: Path, plan: list[str]) -> None:
    before = state(cluster)
    run = playbooks.deploy(stack, "foretold", "--check", "--diff")
    assert (run.plan, run.changed) == (plan, len(plan))
    assert ("GREETING" in run.output) == bool(plan)
    assert state(cluster) == before
