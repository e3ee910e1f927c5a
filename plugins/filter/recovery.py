# Copyright (c) The arpanet.cluster authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a cluster without a majority is rebuilt, from what its managers answered."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any


def plan(answers: Mapping[str, Mapping[str, Any]], managers: Sequence[str], chosen: str = "") -> dict[str, Any]:
    """The plan of core.recovery as plain data.

    :param answers: what the module raft_recovery answered, by host; one that could not be reached has no look.
    """
    from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core import recovery

    looks = {host: answer["look"] for host, answer in answers.items() if "look" in answer}
    return recovery.plan(looks, managers, chosen).as_data()


def agree(answers: Mapping[str, Mapping[str, Any]]) -> bool:
    """Do Swarm and Consul both have a majority, or both none? What is lost they do not notice at once."""
    looks = [answer["look"] for answer in answers.values() if "look" in answer]
    return any(look["swarm"]["quorum"] for look in looks) == any(look["consul"]["leader"] for look in looks)


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"recovery_agree": agree, "recovery_plan": plan}
