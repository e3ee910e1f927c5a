"""Lines for whoever watches."""

from __future__ import annotations

from pathlib import Path

from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.telling import into


def test_lines_go_into_the_file_that_is_watched(tmp_path: Path) -> None:
    tell = into(str(tmp_path / "progress"))
    tell("web 1/2 running")
    tell("web 2/2 running")
    assert (tmp_path / "progress").read_text() == "web 1/2 running\nweb 2/2 running\n"


def test_the_work_goes_on_when_nobody_watches_any_more(tmp_path: Path) -> None:
    into(str(tmp_path / "gone" / "progress"))("web 1/2 running")
    into(None)("web 1/2 running")
