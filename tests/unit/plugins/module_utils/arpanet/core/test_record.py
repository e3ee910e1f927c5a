"""What is remembered of a deployment, and what a model makes of it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.record import Record, of_model, parse

FULL = Record(
    deployment="abc",
    stack="shop",
    driver="overlay",
    networks={"default": "10.32.0.0/26"},
    services={"web": 2, "agent": None},
    stated=("web",),
    scaled={"pricing": 3},
    revision=7,
)


def model(**services: dict[str, Any]) -> dict[str, Any]:
    return {"services": services}


def of(before: Record, **services: dict[str, Any]) -> Record:
    return of_model(before, model(**services), "shop", {"default": "10.32.0.0/26"}, "overlay")


def test_a_record_comes_back_from_json() -> None:
    assert parse(json.loads(json.dumps(FULL.as_value())), "abc") == FULL


def test_no_record_is_an_empty_one() -> None:
    assert parse({}, "abc") == Record("abc")


def test_a_record_of_another_version() -> None:
    assert parse({"revision": 3, "unheard_of": 1}, "abc") == Record("abc", revision=3)


@pytest.mark.parametrize(
    ("service", "count", "stated"),
    [
        pytest.param({}, 1, False, id="nothing said"),
        pytest.param({"deploy": {"replicas": 3}}, 3, True, id="replicas"),
        pytest.param({"deploy": {"replicas": 0}}, 0, True, id="none"),
        pytest.param({"scale": 2}, 2, True, id="scale"),
        pytest.param({"deploy": None}, 1, False, id="an empty deploy"),
        pytest.param({"deploy": {"mode": "global"}}, None, False, id="everywhere"),
        pytest.param({"deploy": {"mode": "global-job"}}, None, False, id="a job everywhere"),
        pytest.param({"deploy": {"mode": "replicated-job", "replicas": 4}}, 4, True, id="a job"),
    ],
)
def test_replicas_of_a_model(service: dict[str, Any], count: int | None, stated: bool) -> None:
    record = of(Record("abc"), web=service)
    assert record.services == {"web": count}
    assert record.stated == (("web",) if stated else ())


def test_what_scale_asked_for_lasts_until_the_file_says_a_number() -> None:
    before = Record("abc", scaled={"web": 5})
    assert of(before, web={}).services == {"web": 5}
    assert of(before, web={}).scaled == {"web": 5}
    stated = of(before, web={"deploy": {"replicas": 2}})
    assert stated.services == {"web": 2}
    assert stated.scaled == {}


def test_a_service_that_is_gone_is_forgotten() -> None:
    assert of(Record("abc", scaled={"web": 5}), api={}).scaled == {}


def test_the_revision_is_the_one_before() -> None:
    assert of(Record("abc", revision=4), web={}).revision == 4


def test_the_same_model_makes_the_same_record() -> None:
    once = of(Record("abc"), web={}, api={"scale": 2})
    assert of(once, web={}, api={"scale": 2}) == once
