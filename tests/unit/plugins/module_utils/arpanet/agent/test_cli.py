"""`arpanet` and its sub-commands, against a Serf that stands in for the node's."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters import serf as adapter
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.agent.cli import COMMANDS, main
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.agent.version import VERSION
from fakes.serf import FakeSerf, member, serving


@pytest.fixture(autouse=True)
def no_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adapter, "KEY_FILE", tmp_path / "none.json")


@pytest.fixture
def there() -> Iterator[FakeSerf]:
    with serving() as fake:
        fake.bodies["members-filtered"] = {"Members": [member("node1", role="manager"), member("node2", role="worker")]}
        yield fake


def test_version_and_help(capsys: pytest.CaptureFixture[str]) -> None:
    for words in (["--version"], ["--help"], *([command.NAME, "--help"] for command in COMMANDS)):
        with pytest.raises(SystemExit) as end:
            main(words)
        assert end.value.code == 0
    assert capsys.readouterr().out.startswith(f"{VERSION}\n")


def test_nobody_answers(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["members", "--rpc", "127.0.0.1:1"]) == 1
    assert capsys.readouterr().err.startswith("arpanet members: listing members: Serf at 127.0.0.1:1 does not answer")


class TestMembers:
    def test_for_people(self, there: FakeSerf, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["members", "--rpc", there.rpc]) == 0
        assert capsys.readouterr().out.splitlines()[1] == "node1   192.0.2.11  alive   role=manager"

    def test_for_programs(self, there: FakeSerf, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["members", "--rpc", there.rpc, "--json", "--status", "alive"]) == 0
        assert [one["name"] for one in json.loads(capsys.readouterr().out)["members"]] == ["node1", "node2"]
        assert there.request("members-filtered")["Status"] == "alive"


class TestEvent:
    def test_it_is_sent_as_it_is(self, there: FakeSerf) -> None:
        assert main(["event", "deploy", '{"a": 1}', "--rpc", there.rpc]) == 0
        assert there.request("event") == {"Name": "deploy", "Payload": '{"a":1}', "Coalesce": False}

    def test_coalescing_is_asked_for(self, there: FakeSerf) -> None:
        assert main(["event", "deploy", "--coalesce", "--rpc", there.rpc]) == 0
        assert there.request("event")["Coalesce"]

    def test_standard_input(self, there: FakeSerf, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("sys.stdin", __import__("io").StringIO("[1, 2]\n"))
        assert main(["event", "deploy", "-", "--rpc", there.rpc]) == 0
        assert there.request("event")["Payload"] == "[1,2]"

    @pytest.mark.parametrize(
        ("payload", "said"),
        [
            ("{", "the payload of deploy is not JSON"),
            (json.dumps("x" * 600), "has 602 bytes and an event carries at most"),
        ],
    )
    def test_what_cannot_be_sent(
        self, there: FakeSerf, capsys: pytest.CaptureFixture[str], payload: str, said: str
    ) -> None:
        assert main(["event", "deploy", payload, "--rpc", there.rpc]) == 1
        assert said in capsys.readouterr().err
        assert there.commands() == []


class TestQuery:
    def test_answers_of_all(self, there: FakeSerf, capsys: pytest.CaptureFixture[str]) -> None:
        there.records = [
            {"Type": "ack", "From": "node1"},
            {"Type": "response", "From": "node1", "Payload": b'{"load":1}'},
            {"Type": "response", "From": "node2", "Payload": b"none"},
            99.0,
        ]
        assert main(["query", "load", "--rpc", there.rpc]) == 0
        assert capsys.readouterr().out == 'node1: {"load":1}\nnode2: none\n'

    def test_who_is_silent_and_who_has_not_heard(self, there: FakeSerf, capsys: pytest.CaptureFixture[str]) -> None:
        there.records = [{"Type": "ack", "From": "node1"}, {"Type": "done", "From": ""}]
        assert main(["query", "load", "[1]", "--json", "--rpc", there.rpc]) == 1
        assert json.loads(capsys.readouterr().out) == {"answers": {}, "silent": ["node1"], "deaf": ["node2"]}
        assert main(["query", "load", "--rpc", there.rpc]) == 1
        assert capsys.readouterr().err == "not reached: node2\n"

    def test_some_are_asked(self, there: FakeSerf, capsys: pytest.CaptureFixture[str]) -> None:
        there.records = [{"Type": "response", "From": "node1", "Payload": b'{"load":1}'}]
        words = ["query", "load", "--node", "node1", "--tag", "role=man.*", "--json", "--rpc", there.rpc]
        assert main(words) == 0
        assert json.loads(capsys.readouterr().out)["answers"] == {"node1": {"load": 1}}
        asked = there.request("query")
        assert (asked["FilterNodes"], asked["FilterTags"]) == (["node1"], {"role": "man.*"})

    @pytest.mark.parametrize(
        ("words", "said"),
        [
            (["--tag", "role"], "'role' is not TAG=REGEX"),
            (["--tag", "role=("], "'(' is not a regular expression"),
            (["--node", "node9"], "node9: no living member of this name"),
            (["{"], "is not JSON"),
        ],
    )
    def test_what_cannot_be_asked(
        self, there: FakeSerf, capsys: pytest.CaptureFixture[str], words: list[str], said: str
    ) -> None:
        assert main(["query", "load", *words, "--rpc", there.rpc]) == 1
        assert said in capsys.readouterr().err
        assert "query" not in there.commands()


class TestSerf:
    def test_the_key_is_in_its_environment(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        ran: list[object] = []
        program = tmp_path / "serf"
        program.write_text("")
        program.chmod(0o755)
        monkeypatch.setattr("os.execve", lambda *words: ran.extend(words))
        from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.agent.commands import serf

        monkeypatch.setattr(serf, "PATHS", str(tmp_path))
        monkeypatch.setattr(serf, "own_key", lambda: "sesame")
        main(["serf", "members", "-status=alive"])
        path, words, environment = ran
        assert (path, words) == (str(program), [str(program), "members", "-status=alive"])
        assert isinstance(environment, dict)
        assert (environment["SERF_RPC_AUTH"], environment["SERF_RPC_ADDR"]) == ("sesame", "127.0.0.1:7373")

    def test_it_is_not_installed(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.agent.commands import serf

        monkeypatch.setattr(serf, "PATHS", "/nowhere")
        assert main(["serf", "members"]) == 1
        assert "the program serf is not installed" in capsys.readouterr().err
