"""A majority of the managers is lost for good; those that are left go on with everything."""

from collections.abc import Iterator

import pytest
from conftest import of_its_own
from harness.eventually import eventually
from harness.lab import Lab
from harness.node import NodeError
from kept import promised, still_there


def test_a_majority_that_lives_is_not_given_up(lab: Lab) -> None:
    run = lab.playbooks.run("recover", confirm="yes")
    assert run.code == 2
    assert "A majority lives" in run.words
    one, *others = (node.name for node in lab.cluster.managers)
    run = lab.playbooks.run("recover", "--limit", f"localhost:{one}", confirm="yes")
    assert (run.code, run.changed) == (2, 0)
    assert f"--limit leaves out {', '.join(others)}" in run.words


def test_one_of_three_goes_on(lab: Lab) -> None:
    before = promised(lab.cluster)
    first = lab.cluster.managers[0].name
    lost = [node.name for node in lab.cluster.managers[1:]]
    lab.lose(*lost)

    def noticed() -> None:
        run = lab.playbooks.run("recover")
        assert f"{', '.join(lost)} must never come back" in run.words
        assert f"Swarm goes on with {first}" in run.output
        assert run.changed == 0

    eventually(noticed, within=120)
    node, starts = lab.node(first), "systemctl show --property=MainPID consul docker"
    started = node.run(starts)
    checked = lab.playbooks.do("recover", "--check")
    assert checked.changed > 0
    assert "Nothing was changed." in checked.words
    assert node.run(starts) == started
    with pytest.raises(NodeError):
        node.run("docker node ls")
    run = lab.playbooks.do("recover", confirm="yes")
    assert "The cluster goes on" in run.output
    eventually(lambda: still_there(lab.cluster, lab.playbooks, before), within=180)

    lab.up()
    lab.playbooks.do("site")
    lab.whole()
    assert len(lab.cluster.manager.consul("/v1/status/peers")) == 3
    still_there(lab.cluster, lab.playbooks, before)


def test_a_recovery_that_was_cut_off(lab: Lab) -> None:
    """The first has gone on alone, and the second one, which does not hear of it, still waits for the old majority."""
    before = promised(lab.cluster)
    first, second, third = lab.cluster.managers
    lab.lose(third.name)
    second.run(f"{WALL.format('-I INPUT')} && {WALL.format('-I OUTPUT')}")
    own = f"--advertise-addr {first.address} --listen-addr {first.address} --data-path-addr {first.address}"
    first.run(f"docker swarm init --force-new-cluster {own}", timeout=120)

    def noticed() -> None:
        run = lab.playbooks.run("recover")
        assert f"{second.name} joins it again by itself, or leaves it" in run.words
        assert (run.code, run.changed) == (2, 0)

    eventually(noticed, within=120)
    lab.playbooks.do("recover", confirm="yes")
    assert "Swarm: inactive" in second.run("docker info 2>/dev/null")
    second.run(f"{WALL.format('-D INPUT')} && {WALL.format('-D OUTPUT')}")
    # Its entry is still there, and counts no more; nor is the second one a manager that could forget it.
    lab.playbooks.do("leave", node=third.name)
    lab.up()
    lab.playbooks.do("site")
    lab.whole()
    still_there(lab.cluster, lab.playbooks, before)


WALL = "iptables -w {} -p tcp --dport 2377 -j DROP"


@pytest.fixture
def four() -> Iterator[Lab]:
    with of_its_own("four", nodes=4, managers=4) as lab:
        lab.playbooks.do("site")
        yield lab


def test_two_of_four_go_on(four: Lab) -> None:
    """The second one joins the first by itself, and is not taken out of what counts on it by then."""
    first, *_ = (node.name for node in four.cluster.managers)
    four.lose(*(node.name for node in four.cluster.managers[2:]))
    eventually(lambda: four.playbooks.do("recover", confirm="yes"), within=180)

    def both_have_a_leader() -> None:
        for node in four.cluster.managers:
            assert "Leader" in node.run("docker node ls")

    eventually(both_have_a_leader, within=120)
    assert f"A majority lives: {first}" in four.playbooks.run("recover").words
    four.up()
    four.playbooks.do("site")
    four.whole()
