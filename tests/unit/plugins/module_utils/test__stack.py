"""A stack's file as the deploy role reads it: checked as a whole, before any node is asked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.arpanet.cluster.plugins.module_utils._stack import REGISTRY, StackFileError, read_stack


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """The directory of a stack."""
    directory = tmp_path / "My Shop"
    directory.mkdir()
    return directory


def read(directory: Path, text: str, **options: Any) -> Any:
    file = directory / "stack.yml"
    file.write_text(text)
    return read_stack(**{"file": str(file), **options})


def refused(directory: Path, text: str, **options: Any) -> str:
    with pytest.raises(StackFileError) as raised:
        read(directory, text, **options)
    return str(raised.value)


def test_names_come_from_the_directory(shop: Path) -> None:
    stack = read(shop, "web: {image: nginx}")
    assert (stack.name, stack.deployment) == ("my-shop", "my-shop")
    assert read(shop, "web: {image: nginx}", deployment="abc").deployment == "abc"
    assert read(shop, "web: {image: nginx}", deployment="").deployment == "my-shop"


def test_what_a_play_says_as_text(shop: Path) -> None:
    (shop / "prod.env").write_text("TAG=7\n")
    stack = read(
        shop,
        "services: {web: {image: 'nginx:$TAG', command: $PORT}, tool: {image: x, profiles: [debug]}}",
        profiles="debug,other",
        env_files="prod.env",
        environment={"PORT": 80},
        deployment=123,
        subnets={"default": "10.0.0.0/26"},
    )
    assert stack.deployment == "123"
    assert sorted(stack.model["services"]) == ["tool", "web"]
    assert stack.model["services"]["web"]["image"] == "nginx:7"
    assert stack.model["services"]["web"]["command"] == ["80"]


def test_networks_and_what_is_on_them(shop: Path) -> None:
    stack = read(
        shop,
        "services:\n"
        "  web: {image: x, deploy: {replicas: 3}, networks: [front, back]}\n"
        "  db: {image: x, networks: [back]}\n"
        "  agent: {image: x, deploy: {mode: global}}\n"
        "  old: {image: x, networks: [theirs]}\n"
        "networks: {front: , back: , theirs: {external: true}}\n",
    )
    assert stack.networks == {
        "front": {"tasks": 3, "everywhere": 0},
        "back": {"tasks": 4, "everywhere": 0},
        "default": {"tasks": 0, "everywhere": 1},
    }


def test_notes_name_what_changes_nothing(shop: Path) -> None:
    stack = read(
        shop,
        "services:\n  web:\n    image: x:$NOT_SET\n    container_name: front\n    ports: ['127.0.0.1:80:80']\n"
        "    tmpfs: ['/run:size=1m,uid=1,noexec']\n    deploy: {endpoint_mode: vip}\n"
        "networks: {default: {name: shared, driver: bridge, ipam: {config: [{subnet: 10.9.0.0/24}]}}}\n",
    )
    assert stack.notes == [
        'The "NOT_SET" variable is not set. Defaulting to a blank string.',
        "service web: 'container_name' is ignored: instances are named by number: 1.pricing.abc",
        "service web: 'deploy.endpoint_mode' is ignored: a name resolves to instances, in any mode",
        "service web: 'ports.host_ip' is ignored: the port is open on every address of the node",
        "network default: 'driver' is ignored: the deployment's driver carries it",
        "network default: 'ipam' is ignored: subnets come from the cluster's pool; an ipv4_address keeps its place",
        "service web: tmpfs /run:size=1m,uid=1,noexec: 'noexec, uid' is ignored: Swarm sets size and mode",
        "network default: 'name: shared' is ignored: each deployment has its own, called after its id",
    ]


# Builds


@pytest.fixture
def web(shop: Path) -> Path:
    """A build context of the stack."""
    directory = shop / "web"
    directory.mkdir()
    (directory / "Dockerfile").write_text("FROM scratch\nCOPY . /\n")
    return directory


BUILD = "services: {web: {build: {context: web, target: prod, args: {A: 1, B: $$x}, labels: {l: v}}}}"


def test_an_image_is_named_by_what_it_is_made_of(shop: Path, web: Path) -> None:
    stack = read(shop, BUILD)
    (build,) = stack.builds
    name, _, digest = build["image"].partition(":")
    assert name == "my-shop/web"
    assert len(digest) == 16
    assert build == {
        "service": "web",
        "image": build["image"],
        "context": str(web),
        "dockerfile": "Dockerfile",
        "args": {"A": "1", "B": "$x"},
        "target": "prod",
        "labels": {"l": "v"},
    }
    assert stack.model["services"]["web"]["image"] == f"{REGISTRY}/{build['image']}"
    assert read(shop, BUILD).builds == stack.builds
    (web / "index.html").write_text("new")
    assert read(shop, BUILD).builds[0]["image"] != build["image"]


def test_a_build_of_a_fig_file(shop: Path, web: Path) -> None:
    (web / "Other").write_text("FROM scratch\n")
    (build,) = read(shop, "my_web: {build: web, dockerfile: Other}").builds
    assert build["image"].startswith("my-shop/my-web:")
    assert build["dockerfile"] == "Other"


def test_a_service_with_a_build_and_an_image_is_built(shop: Path, web: Path) -> None:
    stack = read(shop, "services: {web: {build: web, image: example.net/web:1}}")
    assert stack.model["services"]["web"]["image"].startswith(f"{REGISTRY}/my-shop/web:")


@pytest.mark.parametrize(
    ("build", "said"),
    [
        ("nowhere", "service web: build context {shop}/nowhere is not a directory"),
        ("{context: web, dockerfile: Other}", "service web: build context {shop}/web has no Other"),
        ("{context: web, dockerfile: ../stack.yml}", "service web: ../stack.yml lies outside of build context"),
        (
            "https://example.net/repository.git",
            "service web: build context https://example.net/repository.git is not on",
        ),
        (
            "{context: web, dockerfile_inline: FROM x}",
            "service web: 'build.dockerfile_inline' is refused: needs BuildKit",
        ),
        ("{context: web, additional_contexts: [a=.]}", "'build.additional_contexts' is refused"),
    ],
)
def test_a_build_that_cannot_be(shop: Path, web: Path, build: str, said: str) -> None:
    message = refused(shop, f"services: {{web: {{build: {build}}}}}")
    assert message.startswith(f"{shop / 'stack.yml'}: service web: ")
    assert said.format(shop=shop) in message


# What is wrong is said with the file and the service


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param("web: {image: x, links: [db]}", '"web" depends on undefined service "db"', id="link"),
        pytest.param(
            "services: {a: {image: x, depends_on: [b]}, b: {image: x, depends_on: [a]}}", "a -> b -> a", id="circle"
        ),
        pytest.param("services: {}", "has no services", id="no services"),
        pytest.param("services: {a: {image: x, profiles: [p]}}", "are they all behind a profile?", id="profiles"),
        pytest.param("services: {a: {image: x, privileged: true}}", "service a: 'privileged' is refused", id="refused"),
        pytest.param(
            "services: {a: {image: x, scale: 2, networks: {default: {ipv4_address: 10.0.0.9}}}}",
            "service a: 'networks.*.ipv4_address' is one address, and it has 2 instances",
            id="address",
        ),
        pytest.param(
            "services: {a: {image: x, ports: ['1-2:9']}}", "service a: port 1-2:9 is refused", id="port range"
        ),
        pytest.param(
            "services: {a: {image: x, tmpfs: ['/t:size=lots']}}", "service a: tmpfs /t:size=lots: size", id="tmpfs"
        ),
        pytest.param(
            "services: {a_b: {image: x}, a.b: {image: x}}",
            "services a.b and a_b would both answer to the DNS name a-b",
            id="one DNS name",
        ),
        pytest.param("services: {a: {image: x, volumes: ['./x:/x']}}", "is in the stack's directory", id="bind"),
        pytest.param("services: {a: {image: x, volumes: ['.:/x']}}", "is in the stack's directory", id="bind of all"),
        pytest.param(
            f"services: {{{'w' * 60}: {{image: x}}}}", "Swarm would call it", id="a name longer than Swarm's may be"
        ),
        pytest.param(
            "services: {a: {image: x, configs: [c]}}\nconfigs: {c: {content: ''}}",
            "config c has no content",
            id="an empty config",
        ),
        pytest.param(
            "services: {a: {image: x, networks: [back.g2]}}\nnetworks: {back.g2: }", "network back.g2", id="generation"
        ),
    ],
)
def test_a_stack_that_cannot_run(shop: Path, text: str, said: str) -> None:
    message = refused(shop, text, deployment="abc")
    assert message.startswith(str(shop / "stack.yml"))
    assert said in message


@pytest.mark.parametrize("deployment", ["Abc", "consul", "a_b", "x" * 33])
def test_a_bad_deployment_id(shop: Path, deployment: str) -> None:
    assert repr(deployment) in refused(shop, "web: {image: x}", deployment=deployment)


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(StackFileError, match="does not exist: give the stack's file with -e stack=PATH"):
        read_stack(file=str(tmp_path / "fig.yml"), deployment="abc")


@pytest.mark.parametrize("arguments", [{}, {"file": None}, {"deployment": "abc"}])
def test_no_word_of_a_file(arguments: dict[str, Any]) -> None:
    with pytest.raises(StackFileError, match="missing required arguments: file"):
        read_stack(**arguments)


def test_options_of_another_kind(shop: Path) -> None:
    assert "environment" in refused(shop, "web: {image: x}", environment="no pairs")


def test_a_command_that_is_no_compose(shop: Path) -> None:
    message = refused(shop, "web: {image: x}", compose_command=["/bin/false"], deployment="abc")
    assert message == "'/bin/false' is no Docker Compose v2: 'version --short' of it gives no 2.x"
