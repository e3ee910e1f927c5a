"""remove.yml leaves nothing behind, and what was removed can be deployed again at once."""

from pathlib import Path

from conftest import Temporary
from harness.claims import rests
from harness.cluster import Cluster
from harness.playbooks import Playbooks
from harness.stacks import PROBE
from harness.state import state


def test_nothing_is_left_and_it_deploys_again_at_once(cluster: Cluster, playbooks: Playbooks) -> None:
    playbooks.deploy(PROBE, "brief")
    assert rests(cluster, "brief")
    removed = playbooks.remove("brief")
    assert "- network brief_default" in removed.plan
    left = rests(cluster, "brief")
    again = playbooks.deploy(PROBE, "brief")
    assert len(again.plan) == 4
    assert len(cluster.containers("brief")) == 3
    playbooks.remove("brief")
    assert not left
    assert not rests(cluster, "brief")


def test_check_mode_of_remove_removes_nothing(probe: str, cluster: Cluster, playbooks: Playbooks) -> None:
    before = state(cluster)
    run = playbooks.do("remove", "--check", "--diff", deployment=probe)
    assert "- service probe_pricing" in run.plan
    assert state(cluster) == before


def test_a_container_of_somebody_elses_is_named_at_once(
    temporary: Temporary, cluster: Cluster, playbooks: Playbooks, tmp_path: Path
) -> None:
    stack = tmp_path / "compose.yml"
    stack.write_text("services: {web: {image: redis}}\nnetworks: {default: {attachable: true}}\n")
    with temporary("held", stack):
        node = cluster.nodes[1]
        container = node.run("docker run --detach --rm --network held_default redis").strip()
        try:
            before = state(cluster)
            refused = playbooks.run("remove", deployment="held")
            assert refused.code != 0
            for words in ("held_default", container[:12], f"on {node.name}", "docker rm -f", "run the same again"):
                assert words in refused.words, refused.output
            assert refused.words.count("service held_web") == 0, "the plan is not told, nothing was done"
            assert state(cluster) == before
        finally:
            node.run(f"docker rm --force {container}")
    assert not rests(cluster, "held")


def test_to_remove_what_is_not_there_changes_nothing(cluster: Cluster, playbooks: Playbooks) -> None:
    assert playbooks.remove("never-there").changed == 0
