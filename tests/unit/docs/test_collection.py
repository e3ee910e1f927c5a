"""What `ansible-galaxy` packs is what users get: nothing is missing, nothing of the workshop is in it, and its
playbooks run by name from a directory of the user's."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest
import yaml

from .conftest import CHECKOUT, playbooks, roles

BIN = Path(sys.executable).parent
INVENTORY = "all: {children: {managers: {hosts: {n1: {ansible_host: 192.0.2.1}}}}}\n"
STACK = "services: {web: {image: redis, links: [nobody]}}\n"


def run(words: list[str], cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """A command of ansible as a stranger gives it, without this checkout's settings."""
    return subprocess.run(
        [str(BIN / words[0]), *words[1:]],
        cwd=cwd,
        env={
            **{name: value for name, value in os.environ.items() if not name.startswith("ANSIBLE_")},
            "ANSIBLE_CONFIG": str(Path(__file__).with_name("ansible.cfg")),
            "ANSIBLE_NOCOLOR": "1",
            "PATH": f"{BIN}:{os.environ['PATH']}",
            "PWD": str(cwd),
            **environment,
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )


@pytest.fixture(scope="session")
def packed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    where = tmp_path_factory.mktemp("dist")
    done = run(["ansible-galaxy", "collection", "build", "--output-path", str(where)], CHECKOUT)
    assert done.returncode == 0, done.stderr
    assert "WARNING" not in done.stderr
    (archive,) = where.iterdir()
    return archive


@pytest.fixture(scope="session")
def names(packed: Path) -> set[str]:
    with tarfile.open(packed) as archive:
        return {member.name for member in archive.getmembers() if member.isfile()}


@pytest.fixture(scope="session")
def installed(packed: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    where = tmp_path_factory.mktemp("collections")
    done = run(["ansible-galaxy", "collection", "install", str(packed), "--offline", "-p", str(where)], where)
    assert done.returncode == 0, done.stderr
    return where


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A user's directory with an inventory and a stack that is refused before any node is asked."""
    (tmp_path / "hosts.yml").write_text(INVENTORY)
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "fig.yml").write_text(STACK)
    return tmp_path


def test_all_that_users_need_is_in_it(names: set[str]) -> None:
    for file in (CHECKOUT / "roles").rglob("*.*"):
        assert "__pycache__" in file.parts or str(file.relative_to(CHECKOUT)) in names
    wanted = {
        "README.md",
        "LICENSE",
        "meta/runtime.yml",
        "changelogs/changelog.yaml",
        "examples/arpanet2/fig.yml",
        "inventories/example/hosts.yml",
        "plugins/module_utils/arpanet/agent/loop.py",
    }
    wanted |= {f"playbooks/{name}.yml" for name in playbooks()} | {f"docs/{name}.md" for name in playbooks()}
    assert wanted <= names
    assert {name.split("/")[1] for name in names if name.startswith("roles/")} == set(roles())


def test_nothing_of_the_workshop_is_in_it(names: set[str]) -> None:
    tops = {name.split("/")[0] for name in names}
    known = {"MANIFEST.json", "FILES.json", "README.md", "CONTRIBUTING.md", "LICENSE", "CHANGELOG.md", "changelogs",
             "docs", "examples", "inventories", "meta", "playbooks", "plugins", "roles"}  # fmt: skip
    assert tops - known == {f"{name}.yml" for name in playbooks()}
    assert {name for name in names if name.startswith("inventories/") and "/example/" not in name} == {
        "inventories/serf.yml"
    }
    assert [name for name in names if re.search(r"__pycache__|\.pyc$|\.tar\.gz$|/\.", name)] == []


def test_what_it_says_of_itself(packed: Path) -> None:
    with tarfile.open(packed) as archive:
        manifest = archive.extractfile("MANIFEST.json")
        assert manifest
        info = json.load(manifest)["collection_info"]
    assert (info["namespace"], info["name"]) == ("arpanet", "cluster")
    assert info["authors"] and info["description"] and info["repository"]
    assert info["license"] == ["GPL-3.0-or-later"]
    assert "GNU GENERAL PUBLIC LICENSE" in (CHECKOUT / "LICENSE").read_text()
    assert re.fullmatch(r"\d+\.\d+\.\d+", info["version"])


def test_what_an_execution_environment_needs_is_in_it(names: set[str]) -> None:
    needs = yaml.safe_load((CHECKOUT / "meta/execution-environment.yml").read_text())["dependencies"]
    assert set(needs.values()) <= names


def test_playbooks_are_found_by_name_from_another_directory(installed: Path, home: Path) -> None:
    books = [f"arpanet.cluster.{name}" for name in playbooks()]
    done = run(["ansible-playbook", "-i", "hosts.yml", "--syntax-check", *books], home,
               ANSIBLE_COLLECTIONS_PATH=str(installed))  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "ERROR" not in done.stderr


def test_documentation_is_found_by_name(installed: Path, home: Path) -> None:
    done = run(["ansible-doc", "arpanet.cluster.stack"], home, ANSIBLE_COLLECTIONS_PATH=str(installed))
    assert done.returncode == 0, done.stderr
    assert "WARNING" not in done.stderr


@pytest.mark.parametrize("shell", ["of that directory", "of another directory"])
def test_a_stacks_path_starts_where_the_command_is_given(installed: Path, home: Path, shell: str) -> None:
    """Also where a program, and no shell, gives it: `PWD` is then somebody else's."""
    (home / "prod.env").write_text("")
    done = run(
        ["ansible-playbook", "-i", "hosts.yml", "arpanet.cluster.deploy", "-e", "stack=shop/fig.yml",
         "-e", "env_files=prod.env"],
        home,
        ANSIBLE_COLLECTIONS_PATH=str(installed),
        **({} if shell == "of that directory" else {"PWD": "/usr"}),
    )  # fmt: skip
    assert done.returncode == 2
    assert f'{home}/shop/fig.yml: service \\"web\\" depends on undefined service' in done.stdout


@pytest.mark.parametrize("playbook", ["site", "status"])
def test_an_inventory_without_managers_is_an_error(installed: Path, home: Path, playbook: str) -> None:
    (home / "hosts.yml").write_text("all: {hosts: {n1: {}}}\n")
    done = run(["ansible-playbook", "-i", "hosts.yml", f"arpanet.cluster.{playbook}"], home,
               ANSIBLE_COLLECTIONS_PATH=str(installed))  # fmt: skip
    assert done.returncode == 2
    assert "has no host in the group managers: see inventories/example" in done.stdout


# Each run takes seconds, so here are only playbooks; what their roles refuse on nodes: roles/test_refusals.py.
UNSAID = {
    "bundle": "Say where the bundle goes: -e bundle=<a directory on this machine>.",
    "deploy": "Give the stack: ansible-playbook deploy.yml -e stack=fig.yml [-e deployment=abc].",
    "remove": "Say what to remove: ansible-playbook remove.yml -e deployment=abc.",
    "reset --limit n1": "--limit leaves out localhost, which checks the request. Say which nodes with -e node= alone.",
    "restore": "Say what to restore, a file of backup.yml: -e from=FILE.",
    "rollback": "Say what to roll back: ansible-playbook rollback.yml -e deployment=abc [-e revision=7].",
}


@pytest.mark.parametrize("words", UNSAID)
def test_what_is_not_said_is_asked_for(installed: Path, home: Path, words: str) -> None:
    """Before any node is: none answers here."""
    done = run(["ansible-playbook", "-i", "hosts.yml", *f"arpanet.cluster.{words}".split()], home,
               ANSIBLE_COLLECTIONS_PATH=str(installed))  # fmt: skip
    assert done.returncode == 2
    assert UNSAID[words] in done.stdout
