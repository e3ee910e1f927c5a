"""`arpanet join` and `arpanet cluster`, as they are typed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.joining import Outcome, Wish
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.agent.cli import main
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.agent.commands import cluster, join
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.join import Pin, Refused
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.swarm import ACTIVE, Local
from fakes.joining import CA, KEY, FakeEngine, manager_engine


class Joins:
    """Stands in for the join itself."""

    def __init__(self) -> None:
        self.wishes: list[tuple[Wish, bool]] = []
        self.out = Outcome(["join the swarm"], ["rogue gave a replayed answer"], cluster=Pin("ours", CA))
        self.error: Exception | None = None

    def __call__(self, wish: Wish, _machine: object, _serf: object, _swarm: object, check: bool) -> Joins:
        self.wishes.append((wish, check))
        return self

    def run(self) -> Outcome:
        if self.error:
            raise self.error
        return self.out


@pytest.fixture
def joins(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Joins:
    joins = Joins()
    monkeypatch.setattr(join, "Joiner", joins)
    monkeypatch.setattr(join, "KEY_FILE", str(tmp_path / "join.key"))
    return joins


def written(path: Path, text: str, mode: int = 0o600) -> Path:
    path.write_text(text)
    path.chmod(mode)
    return path


def test_as_it_is_typed(joins: Joins, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    key = written(tmp_path / "key", f"{KEY}\n")
    words = ["join", "serf://10.0.0.8@10.0.0.7", "--key-file", str(key), "--cluster", "ours", "--availability", "drain"]
    assert main([*words, "--config", str(tmp_path / "none")]) == 0
    wish, check = joins.wishes[0]
    assert (wish.seeds.addresses, wish.seeds.advertise) == (["10.0.0.8:7947"], "10.0.0.7")
    assert (wish.key, wish.pin, wish.availability, wish.timeout, check) == (KEY, Pin("ours"), "drain", 60, False)
    said = capsys.readouterr()
    assert said.out == f"join the swarm\nworker of the cluster ours:{CA}\n"
    assert said.err == "not believed: rogue gave a replayed answer\n"


def test_what_the_file_says_counts_where_nothing_is_typed(joins: Joins, tmp_path: Path) -> None:
    key = written(tmp_path / "key", KEY)
    value = {"join": ["10.0.0.8", "10.0.0.9"], "cluster": "ours", "key_file": str(key), "timeout": 5}
    config = written(tmp_path / "join.json", json.dumps(value))
    assert main(["join", "--config", str(config), "--cluster", "other", "--check"]) == 0
    wish, check = joins.wishes[0]
    assert wish.seeds.addresses == ["10.0.0.8:7947", "10.0.0.9:7947"]
    assert (wish.key, wish.pin, wish.timeout, check) == (KEY, Pin("other"), 5, True)


def test_a_machine_in_the_gossip_needs_no_key_file(joins: Joins, tmp_path: Path) -> None:
    assert main(["join", "10.0.0.8", "--config", str(tmp_path / "none")]) == 0
    assert joins.wishes[0][0].key == ""


@pytest.mark.parametrize(
    ("words", "value", "said"),
    [
        ([], None, "there is no address to join at"),
        (["http://x"], None, "http://x is no way to a cluster"),
        (["a", "--cluster", "A B"], None, "A B is no cluster's id"),
        (["a", "--key-file", "/nowhere/key"], None, "/nowhere/key, which holds the gossip's key, cannot be read"),
        ([], "no json", "cannot be read"),
        ([], '{"jion": "a"}', "jion: known are join, cluster"),
        ([], "[]", "no object"),
    ],
)
def test_mistakes_are_one_line(
    joins: Joins, tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str], value: Any, said: str
) -> None:
    config = tmp_path / "join.json"
    if value is not None:
        written(config, value)
    assert main(["join", *words, "--config", str(config)]) == 1
    error = capsys.readouterr().err
    assert error.startswith("arpanet join: ") and said in error and error.count("\n") == 1
    assert not joins.wishes


def test_a_key_that_others_may_read_is_refused(
    joins: Joins, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    key = written(tmp_path / "key", KEY, 0o644)
    assert main(["join", "10.0.0.8", "--key-file", str(key), "--config", str(tmp_path / "none")]) == 1
    said = capsys.readouterr().err
    assert f"others may read it: chmod 600 {key}" in said and KEY not in said
    assert not joins.wishes


def test_a_refusal(joins: Joins, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    joins.error = Refused("wrong key")
    assert main(["join", "10.0.0.8", "--config", str(tmp_path / "none")]) == 1
    assert capsys.readouterr().err == "arpanet join: this machine has not joined: wrong key\n"


def test_a_second_run_says_that_nothing_was_to_do(
    joins: Joins, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    joins.out = Outcome(cluster=Pin("ours", CA), manager=True)
    assert main(["join", "10.0.0.8", "--config", str(tmp_path / "none")]) == 0
    assert capsys.readouterr().out == f"manager of the cluster ours:{CA}, as before\n"


@pytest.mark.parametrize(
    ("engine", "joined", "code", "said"),
    [
        (manager_engine(), "", 0, f"ours:{CA}\n"),
        (FakeEngine(Local(ACTIVE, "w")), f"ours:{CA}", 0, f"ours:{CA}\n"),
        (FakeEngine(Local(ACTIVE, "w")), "", 1, ""),
    ],
)
def test_which_cluster_it_is(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    engine: FakeEngine,
    joined: str,
    code: int,
    said: str,
) -> None:
    monkeypatch.setattr(cluster, "Swarm", lambda: engine)
    monkeypatch.setattr(cluster.Machine, "joined", lambda _: joined)
    assert main(["cluster"]) == code
    assert capsys.readouterr().out == said
