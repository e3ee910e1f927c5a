from __future__ import annotations

import json
import uuid
from typing import Any

import pytest
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core import consul_tokens, names
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.consul_tokens import (
    OF_MANAGERS,
    OF_WORKERS,
    POLICIES,
    PURPOSES,
    accessor,
    of_manager,
    of_worker,
    old_tokens,
    policy_steps,
    rules,
    secret,
    token_steps,
)

KEY = "bm90IGEga2V5IG9mIGFueSBjbHVzdGVyLCBidXQgbG9uZw=="


def test_tokens_follow_from_the_key_and_from_nothing_else() -> None:
    assert secret(KEY, "agent") == secret(f"{KEY}\n", "agent") == "177cffc0-bd7e-4bd8-982c-9017b4783499"
    every = [form(key, purpose) for form in (secret, accessor) for key in (KEY, "other") for purpose in OF_MANAGERS]
    assert len(set(every)) == len(every)
    assert all(str(uuid.UUID(one)) == one for one in every)


def test_a_worker_has_no_token_of_the_managers() -> None:
    assert set(of_worker(KEY)) == set(OF_WORKERS) == {"agent", "dns", "registrar"}
    assert of_worker(KEY).items() <= of_manager(KEY).items()
    assert set(of_manager(KEY)) - set(of_worker(KEY)) == {"leader", "registry", "deploy", "catalog", "management"}


def test_every_purpose_has_policies_that_there_are() -> None:
    assert {policy for policies in PURPOSES.values() for policy in policies} == set(POLICIES)


@pytest.mark.parametrize("policy", POLICIES)
def test_rules_are_what_consul_reads(policy: str) -> None:
    for resource, value in json.loads(rules(policy)).items():
        rights = [value] if isinstance(value, str) else [one["policy"] for one in value.values()]
        assert rights
        assert set(rights) <= ({"read", "list", "write"} if resource == "key_prefix" else {"read", "write"})
        assert resource.removesuffix("_prefix") in {"agent", "key", "node", "operator", "service", "session"}


def writable(*policies: str) -> set[str]:
    """Keys and prefixes of keys that one of the policies lets one write."""
    return {
        name
        for policy in policies
        for resource in ("key", "key_prefix")
        for name, right in dict(POLICIES[policy].get(resource, {})).items()
        if right == "write"
    }


def test_what_workers_may_write() -> None:
    assert writable("agent", "dns") == set()
    assert writable("registrar") == {
        names.DEPLOYMENTS_PREFIX,
        names.NODES_PREFIX,
        names.PULLS_PREFIX,
        names.WEAVE_PREFIX,
    }
    # Subnets, pools, locks and volumes are the playbooks', and so are sessions, which locks hang on.
    assert not [key for key in writable("registrar") if names.SUBNETS_PREFIX.startswith(key)]
    assert not [policy for policy in OF_WORKERS if "session_prefix" in POLICIES[policy]]


@pytest.mark.parametrize("policy", ["registrar", "catalog"])
def test_the_clusters_own_services_are_registered_by_nobody_else(policy: str) -> None:
    mine = {names.AGENT_SERVICE: "write"} if policy == "registrar" else {}
    assert POLICIES[policy]["service"] == {"consul": "read", **mine}
    assert POLICIES[policy]["service_prefix"] == {"": "write", "arpanet-": "read"}
    assert names.REGISTRY_SERVICE.startswith("arpanet-")


def made() -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Policies and tokens as Consul lists them when all steps were taken."""
    policies = [{"ID": f"id of {step.name}", **step.body} for step in policy_steps([])]
    tokens = [{**step.body} for step in token_steps(KEY, [])]
    return policies, tokens


def test_all_is_made_once() -> None:
    policies, tokens = made()
    assert [str(step) for step in policy_steps([])][:2] == ["make policy arpanet-agent", "make policy arpanet-dns"]
    assert {token["SecretID"] for token in tokens} == {secret(KEY, purpose) for purpose in PURPOSES}
    assert policy_steps(policies) == []
    assert token_steps(KEY, tokens) == []


@pytest.mark.parametrize("count", range(len(POLICIES)))
def test_a_run_that_was_cut_off_is_finished_by_the_next(count: int) -> None:
    policies, tokens = made()
    assert [step.name for step in policy_steps(policies[:count])] == [item["Name"] for item in policies[count:]]
    left = [step.body["AccessorID"] for step in token_steps(KEY, tokens[:count])]
    assert left == [item["AccessorID"] for item in tokens[count:]]


def test_what_somebody_changed_is_changed_back_and_the_rest_left_alone() -> None:
    policies, tokens = made()
    policies[0]["Rules"] = 'key_prefix "" { policy = "write" }'
    tokens[1]["Policies"] = [{"Name": "global-management"}]
    others: list[dict[str, Any]] = [{"ID": "1", "Name": "theirs", "Rules": ""}]
    (policy,) = policy_steps([*others, *policies])
    assert (str(policy), policy.id) == ("change policy arpanet-agent", "id of arpanet-agent")
    (token,) = token_steps(KEY, [{"AccessorID": "theirs", "Policies": None}, *tokens])
    assert (str(token), token.id) == ("change token arpanet-dns", consul_tokens.accessor(KEY, "dns"))


def test_the_tokens_of_a_new_key_have_one_that_manages() -> None:
    steps = token_steps(KEY, [], management=True)
    management = next(step.body for step in steps if step.name == "arpanet-management")
    assert management and management["Policies"] == [{"Name": "global-management"}]
    assert management["SecretID"] == secret(KEY, "management")


def test_old_tokens_go_and_nobody_elses() -> None:
    def of(key: str) -> list[dict[str, Any]]:
        return [{**step.body, "Description": step.name} for step in token_steps(key, [], True) if step.body]

    anything = [{"Name": "global-management"}]
    theirs = {"AccessorID": "theirs", "Description": "of somebody", "Policies": anything}
    first = {"AccessorID": "first", "Description": "Master Token", "Policies": anything}
    steps = old_tokens(KEY, [*of("old"), *of(KEY), theirs, first])
    assert {step.id for step in steps} == {item["AccessorID"] for item in of("old")} | {"first"}
    # A server may remember those that could do anything, and would make them anew.
    retired = [step for step in steps if step.body]
    assert {step.id for step in retired} == {accessor("old", "management"), "first"}
    assert all(step.body == {"Description": "arpanet-retired", "Policies": []} for step in retired)
    left = [{"AccessorID": step.id, **(step.body or {})} for step in retired]
    assert old_tokens(KEY, [*of(KEY), *left]) == []


def test_the_last_token_that_manages_stays() -> None:
    found = [{"AccessorID": "first", "Description": "Initial Management Token"}]
    assert old_tokens(KEY, found) == []
