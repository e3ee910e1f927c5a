"""The one look at a node asks about every file that a role then compares, and about no other."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.arpanet.cluster.plugins.filter.consul import consul_files
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core import consul_config

ROLES = Path(__file__).parents[3] / "roles"
# Weave's are compared on the node each time, for few have it.
COMPARING = ("agent", "consul", "docker", "registry", "serf")


def load(role: str, name: str) -> dict[str, Any]:
    return yaml.safe_load((ROLES / role / name / "main.yml").read_text())


def written_out(role: str) -> set[str]:
    """Paths of the lists of files among a role's variables; an entry made by a template begins with its path."""
    found = set()
    for name, entries in load(role, "vars").items():
        if name.endswith("_files") and isinstance(entries, list):
            found |= {
                entry["path"] if isinstance(entry, dict) else entry.split("'path': '")[1].split("'")[0]
                for entry in entries
                if isinstance(entry, dict) or "'path'" in entry
            }
    return found


def of_consul() -> set[str]:
    settings = {
        "version": "1.22.1",
        "node": "a",
        "address": "10.0.0.1",
        "managers": [],
        "expect": 1,
        "raft_multiplier": 1,
    }
    keys = dict.fromkeys(consul_config.KEY_NAMES, "x")
    keys[consul_config.CA_KEY] = (
        "-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n"
        "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n"
    )
    return {
        entry["path"]
        for server in (True, False)
        for entry in consul_files({**settings, "server": server}, keys, "consul")
    }


def test_every_file_is_looked_at() -> None:
    asked = load("node", "defaults")["node_files"]
    assert asked == sorted(set(asked))
    assert set(asked) == set().union(*map(written_out, COMPARING), of_consul())


@pytest.mark.parametrize("role", COMPARING)
def test_a_role_compares_what_it_writes(role: str) -> None:
    variables = load(role, "vars")
    assert f"in_place(_{role}_" in variables[f"_{role}_in_place"] and f"_{role}_files" in variables[f"_{role}_in_place"]
    task = (ROLES / role / "tasks" / "configure.yml").read_text()
    assert f'files: "{{{{ _{role}_files }}}}"' in task
