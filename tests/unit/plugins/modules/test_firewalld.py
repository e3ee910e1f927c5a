"""The module against a program that answers as firewall-cmd does, and remembers."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters import firewalld, host

Run = Callable[..., dict[str, Any]]

PROGRAM = """\
#!{python}
import json, pathlib, re, sys
memory, definition = pathlib.Path("{memory}"), pathlib.Path("{definition}")
state = json.loads(memory.read_text())
words = sys.argv[1:]
part = "kept" if "--permanent" in words else "now"
change = re.match(r"--(add|remove)-service=(.*)", words[-1])
state["asked"].append(" ".join(words))
if words == ["--get-default-zone"]:
    print("public")
elif words[-1] == "--list-all-zones":
    print("public\\n  interfaces: \\n  services:", *state[part])
elif words[0].startswith("--info-service"):
    if not state["loaded"]:
        sys.exit(101)
    print("arpanet\\n  ports:", *state["loaded"])
    print("  protocols:", *state["protocols"])
elif words == ["--reload"]:
    text = definition.read_text() if definition.exists() else ""
    state["loaded"] = ["/".join(one) for one in re.findall('port="(.*?)" protocol="(.*?)"', text)]
    state["protocols"] = re.findall('protocol value="(.*?)"', text)
    state["now"] = state["kept"]
elif change:
    if change[1] == "add" and not state["loaded"]:
        print("Error: INVALID_SERVICE: arpanet", file=sys.stderr)
        sys.exit(101)
    state[part] = [change[2]] if change[1] == "add" else []
memory.write_text(json.dumps(state))
"""


@pytest.fixture
def memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    memory, definition = tmp_path / "state.json", tmp_path / "arpanet.xml"
    memory.write_text(json.dumps({"asked": [], "loaded": [], "now": [], "kept": []}))
    program = tmp_path / "firewall-cmd"
    program.write_text(PROGRAM.format(python=sys.executable, memory=memory, definition=definition))
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    monkeypatch.setattr(firewalld, "DEFINITION", str(definition))
    monkeypatch.setattr(host, "interface", lambda _: "eth0")
    return memory


OPEN = {"address": "192.0.2.1"}


def test_open_and_close(run: Run, memory: Path) -> None:
    planned = run("firewalld", OPEN, check=True)
    assert planned["changed"] and not (memory.parent / "arpanet.xml").exists()
    done = run("firewalld", OPEN)
    assert done["steps"] == planned["steps"] and "7947" in done["diff"]["after"]
    assert run("firewalld", OPEN)["changed"] is False
    assert json.loads(memory.read_text())["kept"] == ["arpanet"]

    assert run("firewalld", {**OPEN, "serf_port": 7950})["steps"][1:] == ["firewall-cmd --reload"]
    assert "7950/tcp" in json.loads(memory.read_text())["loaded"]

    assert run("firewalld", {"state": "absent"})["changed"]
    assert not (memory.parent / "arpanet.xml").exists() and json.loads(memory.read_text())["now"] == []
    assert run("firewalld", {"state": "absent"})["changed"] is False


def test_what_firewalld_refuses(run: Run, memory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(firewalld, "DEFINITION", str(memory.parent / "nobody-reads-it.xml"))
    assert "INVALID_SERVICE: arpanet" in run("firewalld", OPEN)["msg"]


def test_without_firewalld(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(firewalld, "runs", lambda: False)
    assert run("firewalld", OPEN)["changed"] is False
