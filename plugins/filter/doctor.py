# Copyright (c) The arpanet.cluster authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What doctor.yml found, from what every node and one manager answered."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

# Everything else has to be on every node; these a cluster may do without.
OPTIONAL = ("arpanet-registry-proxy.service", "arpanet-weave.service")
ASKED_FOR = ("arpanet-firewall.service",)
MANAGERS = ("arpanet-registry.service",)
# The host's own, of which nobody here knows whether it has to run.
OTHERS = ("firewalld.service",)


def findings(
    answers: Mapping[str, Mapping[str, Any]], seen: Mapping[str, Any], managers: Sequence[str]
) -> list[dict[str, Any]]:
    """Findings as plain data.

    :param answers: what the module node_checkup answered, by host of the inventory; one that could not
        be reached has `unreachable`.
    :param seen: what the module cluster_status answered with its ledger.
    """
    from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core import doctor
    from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.doctor_facts import Facts
    from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.ledger import Ledger

    answers, seen = _plain(answers), _plain(seen)
    looks, units, silent = {}, {}, {}
    for host, answer in answers.items():
        if "look" not in answer:
            silent[host] = str(answer.get("msg") or "no answer").strip()
            continue
        look = answer["look"]
        looks[look["node"]] = look
        units[look["node"]] = [name for name in look["units"] if _has_to_run(name, look, host in managers)]
    called = {host: answer["look"]["node"] for host, answer in answers.items() if "look" in answer}
    facts = Facts(
        seen["status"],
        Ledger(**seen["ledger"]),
        looks,
        units,
        silent,
        managers={called.get(host, host) for host in managers},
        hosts={host: host for host in answers} | {node: host for host, node in called.items()},
    )
    return [found.as_data() for found in doctor.findings(facts)]


def _has_to_run(unit: str, look: Mapping[str, Any], manager: bool) -> bool:
    if unit in OTHERS:
        return False
    if unit in ASKED_FOR:
        return unit in look["asked_for"]
    if unit in MANAGERS:
        return manager and bool(look["units"][unit]["state"])
    return unit not in OPTIONAL or bool(look["units"][unit]["state"])


def _plain(value: Any) -> Any:
    """Without the templates' own containers, which nobody can copy."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list | tuple) else value


def lasting(found: Sequence[Mapping[str, Any]], before: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Those of which an earlier look found something, too, in their last words: what is in motion is not wrong yet."""
    known = {one["subject"] for one in before}
    return [one for one in found if one["subject"] in known]


def mended(before: Sequence[Mapping[str, Any]], found: Sequence[Mapping[str, Any]], locked: Sequence[str]) -> list[str]:
    """What was wrong before and is not any more; what is only told in other words still is, and nothing is known of
    deployments that somebody is at work on by now."""
    left = {one["subject"] for one in found}
    return [one["what"] for one in before if one["subject"] not in left and one["deployment"] not in locked]


def waited_for(found: Sequence[Mapping[str, Any]], before: Sequence[Mapping[str, Any]]) -> bool:
    """Is anything left of what was found, but what nobody mends by itself?"""
    repaired = {one["subject"] for one in before if one["repair"]}
    stay = {one["subject"] for one in before} - repaired
    return any(one["subject"] not in stay for one in found)


def text(found: Sequence[Mapping[str, Any]], seen: Mapping[str, Any], mended: Sequence[str] = ()) -> str:
    from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core import doctor
    from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.findings import Finding

    status = seen["status"]
    return doctor.as_text(
        [Finding(**one) for one in _plain(found)],
        len(status["nodes"]),
        len(status["deployments"]),
        mended,
        seen["ledger"]["locked"],
    )


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {
            "doctor_findings": findings,
            "doctor_lasting": lasting,
            "doctor_mended": mended,
            "doctor_text": text,
            "doctor_waited_for": waited_for,
        }
