from __future__ import annotations

import re
from pathlib import Path

from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.agent.version import VERSION


def test_the_agents_version_is_the_collections() -> None:
    galaxy = (Path(__file__).parents[6] / "galaxy.yml").read_text()
    assert re.search(r"^version: (\S+)$", galaxy, re.MULTILINE)[1] == VERSION
