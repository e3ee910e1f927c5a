# Copyright (c) The arpanet.cluster authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the role join asks before it changes anything, and how it reaches machines that no inventory names."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

# Of a host's variables, those that say how to log in; its address is its own.
_WAY = re.compile(
    r"ansible_(user|port|password|connection|remote_tmp|python_interpreter|(ssh|become|sudo|su)_\w+|become|ssh_pass)"
)


def join_problems(
    addresses: Sequence[str], role: str, availability: str, cluster: str, hosts: Sequence[str]
) -> list[str]:
    """Sentences on what is wrong with the options."""
    from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.join import Refused, pin
    from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.seeds import BadSeed, parse

    found = []
    if addresses:
        try:
            seeds = parse(addresses)
            if seeds.advertise and len(hosts) > 1:
                found.append(
                    f"{', '.join(hosts)} cannot all have the address {seeds.advertise}, which is given after the @. "
                    "Leave it out, or join one machine at a time (--limit)."
                )
        except BadSeed as error:
            found.append(f"join: {error}.")
    if role not in ("worker", "manager"):
        found.append(f"role: {role} is neither worker nor manager.")
    if availability not in ("", "active", "pause", "drain"):
        found.append(f"availability: {availability} is none of active, pause and drain.")
    try:
        pin(cluster)
    except Refused as error:
        found.append(f"cluster: {error}.")
    return found


def joining_problems(nodes: Mapping[str, Any]) -> list[str]:
    """Hosts that are managers with what only site.yml gives: they would lose the settings of one."""
    return [
        f"{name} is a manager that site.yml has set up, and join.yml would write what a worker has. Run site.yml with "
        "it in the group managers; or leave.yml and reset.yml, before it joins."
        for name, facts in nodes.items()
        if facts and facts["consul_raft"]
    ]


def way(variables: Mapping[str, Any]) -> dict[str, Any]:
    """The variables of a host that say how the controller logs in there; a machine that joins itself is no way
    to others."""
    local = variables.get("ansible_connection") == "local"
    return {} if local else {name: value for name, value in variables.items() if _WAY.fullmatch(name)}


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"join_problems": join_problems, "joining_problems": joining_problems, "way": way}
