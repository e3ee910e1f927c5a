from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.containers import Container
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.names import Instance
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.registrations import (
    Deregister,
    Register,
    Registration,
    Step,
    ours,
    plan,
    wanted,
    without,
)
from hypothesis import given
from hypothesis import strategies as st

OLD, NEW = "a" * 64, "b" * 64


def container(identifier: str = OLD, **changes: object) -> Container:
    one = Container(
        id=identifier,
        instance=Instance("abc", "pricing", "1"),
        created=100,
        address="10.32.0.5",
        leased=(("abc_default", "10.32.0.5"),),
    )
    return replace(one, **changes)


def newer(**changes: object) -> Container:
    return container(NEW, **{"created": 200, "address": "10.32.0.6", **changes})


def test_both_forms() -> None:
    meta = (
        ("arpanet-container", OLD),
        ("arpanet-deployment", "abc"),
        ("arpanet-service", "Data_Base"),
    )
    instance = Instance("abc", "Data_Base", "3")
    assert wanted([container(instance=instance, port=80, aliases=("db",))]) == {
        "3.data-base.abc": Registration("3.data-base.abc", "data-base.abc", address="10.32.0.5", port=80, meta=meta),
        "3.data-base.abc.dns": Registration(
            "3.data-base.abc.dns",
            "abc",
            address="10.32.0.5",
            port=80,
            tags=("3.data-base", "data-base", "data_base", "db"),
            meta=meta,
        ),
    }


def test_each_further_network_has_a_name_of_its_own() -> None:
    leased = (("abc_back", "10.33.0.5"), ("abc_default", "10.32.0.5"))
    found = wanted([container(leased=leased)])
    assert {(one.id, one.name, one.address) for one in found.values()} == {
        ("1.pricing.abc", "pricing.abc", "10.32.0.5"),
        ("1.pricing.abc.dns", "abc", "10.32.0.5"),
        ("1.pricing.abc.back.dns", "abc--back", "10.33.0.5"),
    }


def test_an_instance_off_the_default_network_answers_there_too() -> None:
    found = wanted([container(address="10.33.0.5", leased=(("abc_back", "10.33.0.5"),))])
    assert {(one.name, one.address) for one in found.values() if one.id.endswith(".dns")} == {
        ("abc", "10.33.0.5"),
        ("abc--back", "10.33.0.5"),
    }


def test_without_an_address_there_is_nothing_to_register() -> None:
    assert wanted([container(address=None)]) == {}
    assert {one.address for one in wanted([container(address="")]).values()} == {""}


@pytest.mark.parametrize("trouble", ["", "starting", "unhealthy", "paused"])
def test_trouble_is_on_both_forms(trouble: str) -> None:
    assert {one.trouble for one in wanted([container(trouble=trouble)]).values()} == {trouble}


@pytest.mark.parametrize(
    ("containers", "plain"),
    [
        # Start-first update on one node: the old one keeps the ID until the new one serves.
        ([container(), newer(trouble="starting")], OLD),
        ([container(), newer()], NEW),
        ([container(trouble="unhealthy"), newer()], NEW),
        # None serves: the newest is the one that will.
        ([container(trouble="unhealthy"), newer(trouble="starting")], NEW),
        # Started in one second: any rule will do if every look follows it.
        ([container(), newer(created=100)], NEW),
        # One that cannot be reached claims nothing.
        ([container(), replace(newer(), address=None)], OLD),
    ],
)
def test_who_has_the_plain_id(containers: list[Container], plain: str) -> None:
    for given_order in (containers, containers[::-1]):
        found = wanted(given_order)
        assert found["1.pricing.abc"].container == plain
        assert found["1.pricing.abc.dns"].container == plain


def test_both_containers_of_an_instance_are_registered() -> None:
    found = wanted([container(), newer()])
    assert sorted(found) == [
        "1.pricing.abc",
        "1.pricing.abc.aaaaaaaaaaaa",
        "1.pricing.abc.aaaaaaaaaaaa.dns",
        "1.pricing.abc.dns",
    ]
    assert found["1.pricing.abc.aaaaaaaaaaaa.dns"].tags == found["1.pricing.abc.dns"].tags
    assert found["1.pricing.abc.aaaaaaaaaaaa"].name == "pricing.abc"


def test_services_whose_names_differ_only_in_spelling_do_not_hide_each_other() -> None:
    twin = newer(instance=Instance("abc", "Pricing", "1"))
    assert {one.container for one in wanted([container(), twin]).values()} == {OLD, NEW}


def test_only_a_node_agents_registrations_are_ours() -> None:
    mine = wanted([container()])
    others = [
        Registration("consul", "consul"),
        Registration("db", "db", meta=(("arpanet-deployment", "abc"),)),
        Registration("x", "x", meta=(("arpanet-container", OLD),)),
    ]
    assert ours([*mine.values(), *others]) == mine


def test_a_start_first_update_step_by_step() -> None:
    before, after = wanted([container()]), wanted([container(), newer()])
    assert [str(step) for step in plan(after, before, {OLD, NEW})] == [
        "register 1.pricing.abc.aaaaaaaaaaaa.dns at 10.32.0.5: passing (container aaaaaaaaaaaa)",
        "register 1.pricing.abc.aaaaaaaaaaaa at 10.32.0.5: passing (container aaaaaaaaaaaa)",
        "register 1.pricing.abc.dns at 10.32.0.6: passing (container bbbbbbbbbbbb)",
        "register 1.pricing.abc at 10.32.0.6: passing (container bbbbbbbbbbbb)",
    ]
    assert [str(step) for step in plan(wanted([newer()]), after, {NEW})] == [
        "deregister 1.pricing.abc.aaaaaaaaaaaa.dns (container aaaaaaaaaaaa)",
        "deregister 1.pricing.abc.aaaaaaaaaaaa (container aaaaaaaaaaaa)",
    ]


def test_what_is_gone_goes_first_and_what_moved_goes_last() -> None:
    # The old one held the plain ID while the new one started, and died.
    before = wanted([container(), newer(trouble="starting")])
    third = replace(container("c" * 64), instance=Instance("abc", "cart", "1"))
    steps = plan(wanted([newer()]), {**before, **wanted([third])}, {NEW})
    assert [step.registration.id for step in steps] == [
        "1.cart.abc.dns",
        "1.cart.abc",
        "1.pricing.abc.dns",
        "1.pricing.abc",
        "1.pricing.abc.bbbbbbbbbbbb.dns",
        "1.pricing.abc.bbbbbbbbbbbb",
    ]
    assert [type(step) for step in steps] == [Deregister] * 2 + [Register] * 2 + [Deregister] * 2


def test_without() -> None:
    have = {**wanted([container()]), **wanted([replace(newer(), instance=Instance("abc", "cart", "1"))])}
    assert [step.registration.id for step in without({NEW, "c" * 64}, have)] == ["1.cart.abc.dns", "1.cart.abc"]


# What holds for any containers before and after.

INSTANCES = [Instance("abc", "pricing", "1"), Instance("abc", "pricing", "2"), Instance("xyz", "cart", "1")]


@st.composite
def nodes(draw: st.DrawFn) -> tuple[list[Container], list[Container]]:
    """The containers of a node at two moments; some are there at both, maybe in another state."""
    before, after = [], []
    for number in range(draw(st.integers(0, 6))):
        one = Container(
            id=f"{number:x}" * 64,
            instance=draw(st.sampled_from(INSTANCES)),
            created=draw(st.integers(0, 2)),
            address=draw(st.sampled_from([f"10.32.0.{number}", "", None])),
        )
        troubles = st.sampled_from(["", "starting", "unhealthy"])
        there = draw(st.sampled_from(["before", "after", "both"]))
        if there != "after":
            before.append(replace(one, trouble=draw(troubles)))
        if there != "before":
            after.append(replace(one, trouble=draw(troubles)))
    return before, after


def applied(steps: list[Step], have: dict[str, Registration]) -> list[dict[str, Registration]]:
    """What is registered after each step."""
    moments = [dict(have)]
    for step in steps:
        now = dict(moments[-1])
        if isinstance(step, Register):
            now[step.registration.id] = step.registration
        else:
            del now[step.registration.id]
        moments.append(now)
    return moments


def resolvable(have: dict[str, Registration]) -> set[str]:
    """The containers that DNS answers."""
    return {one.container for one in have.values() if one.id.endswith(".dns") and not one.trouble}


@given(nodes())
def test_the_plan_leads_to_what_is_wanted(moment: tuple[list[Container], list[Container]]) -> None:
    before, after = moment
    have, want = wanted(before), wanted(after)
    steps = plan(want, have, {one.id for one in after})
    assert applied(steps, have)[-1] == want
    assert plan(want, want, {one.id for one in after}) == []


@given(nodes())
def test_every_reachable_container_is_registered_in_both_forms(
    moment: tuple[list[Container], list[Container]],
) -> None:
    containers, _ = moment
    found = wanted(containers)
    reachable = [one for one in containers if one.address is not None]
    assert sorted(one.container for one in found.values()) == sorted(2 * [one.id for one in reachable])
    assert resolvable(found) == {one.id for one in reachable if not one.trouble}
    # Somebody has the plain ID of each instance, and it serves if any does.
    for instance in {one.instance for one in reachable}:
        serving = any(one.instance == instance and not one.trouble for one in reachable)
        assert bool(found[instance.id].trouble) is not serving


@given(nodes())
def test_who_serves_throughout_is_never_out_of_dns(moment: tuple[list[Container], list[Container]]) -> None:
    before, after = moment
    have, want = wanted(before), wanted(after)
    throughout = resolvable(have) & resolvable(want)
    for now in applied(plan(want, have, {one.id for one in after}), have):
        assert throughout <= resolvable(now)
