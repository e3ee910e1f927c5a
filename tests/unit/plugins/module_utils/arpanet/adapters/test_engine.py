"""What a deployment has, as the Engine told it once, and changes against an Engine that answers oddly."""

from __future__ import annotations

from typing import Any

import docker.errors
import pytest
import requests
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.engine import (
    Engine,
    EngineError,
    ImageRefused,
)
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core import names
from fakes import deployment

Spec = dict[str, Any]


def answer(status: int, text: str) -> docker.errors.APIError:
    response = requests.Response()
    response.status_code = status
    kind = docker.errors.NotFound if status == 404 else docker.errors.APIError
    return kind("said", response=response, explanation=text)


class OddApi(deployment.RecordedApi):
    """Fails calls as it was told, and writes down those that succeed."""

    def __init__(self, **failures: list[Exception]) -> None:
        super().__init__()
        self.failures = failures
        self.calls: list[str] = []
        self.stated: Spec = {}

    def _do(self, call: str, what: str) -> None:
        if self.failures.get(call):
            raise self.failures[call].pop(0)
        self.calls.append(f"{call} {what}")

    def inspect_service(self, name: str) -> Spec:
        found = next(item for item in self.answers["services"] if item["Spec"]["Name"] == name)
        return {**found, "Version": {"Index": 7}}

    def update_service(self, service: str, version: int, **stated: Any) -> None:
        self._do("update", stated["name"])
        self.stated = stated

    def create_service(self, **stated: Any) -> None:
        self._do("create", stated["name"])
        self.stated = stated

    def remove_service(self, name: str) -> None:
        self._do("remove", name)

    remove_network = remove_secret = remove_config = remove_service

    def inspect_image(self, image: str) -> None:
        self._do("image", image)

    def inspect_distribution(self, image: str, login: Spec | None = None) -> Spec:
        self._do("inspect", f"{image} as {login['username']}" if login else image)
        return {"Descriptor": {"digest": "sha256:01"}}


def engine(api: OddApi | None = None) -> Engine:
    found = deployment.engine()
    if api is not None:
        found.api = api
    return found


# What it has


def test_what_a_deployment_has() -> None:
    actual = engine().actual("abc")
    assert set(actual.networks) == {"abc_default", "abc_back"}
    assert len(actual.services) == 8
    assert len(actual.secrets) == len(actual.configs) == 1
    # A kept revision is a config, too, and nothing of the stack.
    assert [name for name in engine().config_names("abc") if "revision" in name]
    assert not [name for name in actual.configs if "revision" in name]


def test_updates_that_swarm_gave_up() -> None:
    found = engine()
    first, second, *_ = found.api.answers["services"]
    first["UpdateStatus"], second["UpdateStatus"] = {"State": "rollback_paused"}, {"State": "updating"}
    assert found.actual("abc").given_up == {first["Spec"]["Name"]: "rollback_paused"}


def test_networks_have_their_names_also_those_of_others() -> None:
    actual = engine().actual("abc")

    def on(service: str) -> list[str]:
        return [network["Target"] for network in actual.services[service]["TaskTemplate"]["Networks"]]

    assert on("abc_everything") == ["abc_back", "abc_default"]
    assert on("abc_no-thing") == ["abc_default", "outer"]


def test_another_deployment_has_nothing_of_it() -> None:
    actual = engine().actual("xyz")
    assert not (actual.services or actual.networks or actual.secrets or actual.configs)


def test_the_version_of_the_api() -> None:
    assert engine().api_version() == (1, 45)


# Changes


def test_secrets_and_configs_are_named_by_their_ids_too() -> None:
    api = OddApi()
    engine(api).create_service(deployment.wanted().services["abc_everything"])
    container = api.stated["task_template"]["ContainerSpec"]
    (secret,) = api.answers["secrets"]
    assert {reference["SecretID"] for reference in container["Secrets"]} == {secret["ID"]}
    assert all(reference["ConfigID"] for reference in container["Configs"])


def test_no_service_is_without_a_placement() -> None:
    """Swarm's leader crashes when it compares tasks that had a constraint with none at all."""
    api = OddApi()
    spec = deployment.wanted().services["abc_nothing"]
    template = {key: value for key, value in spec["TaskTemplate"].items() if key != "Placement"}
    engine(api).create_service({**spec, "TaskTemplate": template})
    assert api.stated["task_template"]["Placement"] == {}


def test_a_secret_that_is_not_there() -> None:
    api = OddApi()
    api.answers["secrets"] = []
    with pytest.raises(EngineError, match=r"secret abc_words_.* is not in the Swarm: create it first"):
        engine(api).create_service(deployment.wanted().services["abc_everything"])


def test_swarm_writes_to_a_service_while_it_is_updated() -> None:
    out = "rpc error: code = Unknown desc = update out of sequence"
    api = OddApi(update=[answer(500, out), answer(500, out)])
    engine(api).update_service(deployment.wanted().services["abc_nothing"])
    assert api.calls == ["update abc_nothing"]
    api = OddApi(update=[answer(500, out) for _ in range(99)])
    with pytest.raises(EngineError, match=r"updating service abc_nothing: the Engine said: .*out of sequence"):
        engine(api).update_service(deployment.wanted().services["abc_nothing"])


def test_another_refusal_is_told_at_once() -> None:
    api = OddApi(update=[answer(400, "invalid memory value")])
    with pytest.raises(EngineError, match="updating service abc_nothing: the Engine said: invalid memory value"):
        engine(api).update_service(deployment.wanted().services["abc_nothing"])


def test_a_service_of_another_mode_is_made_anew() -> None:
    model = deployment.model()
    model["services"]["nothing"]["deploy"] = {"mode": "global"}
    api = OddApi()
    engine(api).update_service(deployment.wanted(model).services["abc_nothing"])
    assert api.calls[0].startswith("remove ")
    assert api.calls[1:] == ["create abc_nothing"]


def test_a_job_has_no_word_of_updates() -> None:
    api = OddApi()
    engine(api).create_service(deployment.wanted().services["abc_job"])
    assert api.stated["update_config"] is None and api.stated["rollback_config"] is None


@pytest.mark.parametrize(
    ("failures", "gone"),
    [
        pytest.param([], True, id="removed"),
        pytest.param([answer(404, "no such network")], True, id="absent"),
        pytest.param([answer(403, "network abc_back has active endpoints")], False, id="endpoints"),
        pytest.param([answer(400, "network abc_back is in use by service x")], False, id="in use"),
    ],
)
def test_removing(failures: list[Exception], gone: bool) -> None:
    assert engine(OddApi(remove=failures)).remove("network", "abc_back") is gone


def test_a_removal_that_is_refused() -> None:
    api = OddApi(remove=[answer(500, "no leader")])
    with pytest.raises(EngineError, match="removing network abc_back: the Engine said: no leader"):
        engine(api).remove("network", "abc_back")


def test_no_engine() -> None:
    api = OddApi(remove=[requests.ConnectionError("refused")])
    with pytest.raises(EngineError, match=r"the Engine at recorded does not answer .*Is the docker service running"):
        engine(api).remove("network", "abc_back")


@pytest.mark.parametrize(("failures", "expected"), [([], "sha256:01"), ([answer(500, "x")], None)])
def test_digests(failures: list[Exception], expected: str | None) -> None:
    assert engine(OddApi(inspect=failures)).digest("nginx:1") == expected


def test_a_digest_is_asked_for_with_the_login_for_its_registry() -> None:
    api = OddApi()
    found = engine(api)
    found._logins = {"r.example.com": {"username": "me"}, "docker.io": {"username": "hub"}}
    for image in ("r.example.com/a", "other.example.com/a", "redis"):
        found.digest(image)
    assert api.calls == ["inspect r.example.com/a as me", "inspect other.example.com/a", "inspect redis as hub"]


@pytest.mark.parametrize(
    ("error", "login", "logged_in"),
    [
        (answer(404, "manifest\n unknown"), False, True),
        (answer(401, "unauthorized"), True, True),
        (answer(403, "denied"), True, True),
        (answer(500, "Head ...: no basic auth credentials"), True, False),
    ],
)
def test_a_registry_that_says_no(error: Exception, login: bool, logged_in: bool) -> None:
    found = engine(OddApi(inspect=[error]))
    found._logins = {"r.example.com": {"username": "me"}}
    with pytest.raises(ImageRefused) as raised:
        found.digest("r.example.com/a")
    assert (raised.value.login, raised.value.logged_in) == (login, logged_in)
    assert "\n" not in str(raised.value)


def test_whether_the_node_has_an_image() -> None:
    assert engine(OddApi()).has("redis")
    assert not engine(OddApi(image=[answer(404, "no such image")])).has("redis")


def test_each_keeps_the_order_and_raises_the_first_failure() -> None:
    assert engine().each(lambda number: number * 2, range(20)) == [*range(0, 40, 2)]
    assert engine().each(str, []) == []
    with pytest.raises(ZeroDivisionError):
        engine().each(lambda number: 1 // number, [1, 0, 2])


def test_what_is_not_labelled_is_nobodys() -> None:
    for spec in deployment.wanted().services.values():
        assert spec["Labels"][names.LABEL_DEPLOYMENT] == "abc"
        assert spec["TaskTemplate"]["ContainerSpec"]["Labels"][names.LABEL_DEPLOYMENT] == "abc"
