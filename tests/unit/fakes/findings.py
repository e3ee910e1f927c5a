"""What holds for every finding, whoever made it."""

from __future__ import annotations

import re
from collections.abc import Iterable

from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.findings import Finding

# Where else than on a node or the controller somebody could paste one, nobody knows.
_PROGRAMS = {
    "ansible", "ansible-playbook", "arpanet", "consul", "docker", "ip", "journalctl", "nft", "ss", "systemctl",
}  # fmt: skip
_COMMAND = re.compile("`([^`]*)`")


def check(found: Iterable[Finding]) -> list[Finding]:
    """The findings, of which each has what somebody needs at three in the morning."""
    kept = [*found]
    for one in kept:
        assert one.what, one
        assert one.cause, one
        commands = _COMMAND.findall(one.mend)
        assert commands, one
        for command in [*commands, *_COMMAND.findall(one.cause)]:
            assert command.split()[0] in _PROGRAMS, command
            assert command == " ".join(command.split()), command
        assert "{" not in one.cause and "\n" not in one.line, one
    return kept
