"""Two of three managers are lost for good; the third one goes on with everything."""

import pytest
from harness.eventually import eventually
from harness.lab import Lab
from harness.node import NodeError
from kept import promised, still_there


def test_a_majority_that_lives_is_not_given_up(lab: Lab) -> None:
    run = lab.playbooks.run("recover", confirm="yes")
    assert run.code == 2
    assert "A majority lives" in run.words


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
