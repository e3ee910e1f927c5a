"""What the role serf repeats of the code."""

from __future__ import annotations

from pathlib import Path

import yaml
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.tags import OWN

ROLE = Path(__file__).parents[3] / "roles/serf"


def test_the_tags_that_are_refused_are_the_agents() -> None:
    variables = yaml.safe_load((ROLE / "vars/main.yml").read_text())
    assert variables["_serf_agents_tags"] == sorted(OWN)
