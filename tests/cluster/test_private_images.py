"""An image that only a login opens: every node gets it, and nobody sees the password."""

import base64
import json
import os
import secrets
from pathlib import Path

import pytest
from harness.cluster import Cluster
from harness.leaks import nowhere, said, watched
from harness.playbooks import Playbooks
from harness.private_registry import USER, private_registry
from harness.state import state

STACK = """\
services:
  cache:
    image: {registry}/team/redis:1
    environment: {{LEVEL: "{level}"}}
    deploy: {{mode: global}}
"""


BUILT = """\
services:
  built:
    build: {context: .}
"""

# What a credential helper is asked, and answers.
HELPER = """\
#!/usr/bin/env python3
import json, sys
print(json.dumps({{"ServerURL": sys.stdin.readline().strip(), "Username": "{user}", "Secret": "{password}"}}))
"""


@pytest.mark.long
def test_a_private_image(cluster: Cluster, playbooks: Playbooks, tmp_path: Path) -> None:
    password = secrets.token_hex(16)
    login = base64.b64encode(f"{USER}:{password}".encode()).decode()
    hidden = {"the password": password, "the login": login}
    file, config = tmp_path / "compose.yml", tmp_path / "config.json"
    with private_registry(cluster, password) as registry:
        file.write_text(STACK.format(registry=registry, level=1))
        asked = {"stack": str(file), "deployment": "private"}
        try:
            config.write_text(json.dumps({"auths": {registry: {"auth": login}}}))
            with watched(cluster, hidden) as seen:
                run = playbooks.do("deploy", "-vvv", "--diff", registry_auth=str(config), **asked)
            assert len(cluster.containers("private")) == len(cluster.nodes)
            assert seen == {node.name: {} for node in cluster.nodes}
            assert not said(run, hidden)
            # Who has no login changes nothing of the image, and the Swarm keeps the login that it has.
            assert playbooks.do("deploy", registry_auth="none", **asked).changed == 0
            file.write_text(STACK.format(registry=registry, level=2))
            changed = playbooks.do("deploy", registry_auth="none", **asked)
            assert changed.plan == ["~ service private_cache"]
            _refused_without_a_login(cluster, playbooks, file, "service cache", "without a login", registry=registry)
            _builds_upon_it(cluster, playbooks, tmp_path, registry, password)
            nowhere(cluster, hidden)
            held = json.dumps([value for value, _ in cluster.kv().values()])
            assert password not in held
        finally:
            playbooks.remove("private")


def _refused_without_a_login(cluster: Cluster, playbooks: Playbooks, stack: Path, *words: str, registry: str) -> None:
    before = state(cluster)
    refused = playbooks.run("deploy", registry_auth="none", stack=str(stack), deployment="stranger")
    assert refused.code != 0
    for word in (*words, f"{registry}/team/redis:1", "docker login", "docs/deploy.md"):
        assert word in refused.words, refused.output
    assert refused.output.count("[ERROR]") == 1
    assert state(cluster) == before


def _builds_upon_it(cluster: Cluster, playbooks: Playbooks, directory: Path, registry: str, password: str) -> None:
    """A private base image, whose login a credential helper has."""
    helper, config = directory / "docker-credential-vault", directory / "helped.json"
    helper.write_text(HELPER.format(user=USER, password=password))
    helper.chmod(0o700)
    config.write_text(json.dumps({"credHelpers": {registry: "vault"}}))
    (directory / "Dockerfile").write_text(f"FROM {registry}/team/redis:1\nLABEL built={secrets.token_hex(4)}\n")
    stack = directory / "built.yml"
    stack.write_text(BUILT)
    _refused_without_a_login(cluster, playbooks, stack, "service built", registry=registry)
    try:
        path = {"PATH": f"{directory}:{os.environ['PATH']}"}
        run = playbooks.do(
            "deploy", "-vvv", settings=path, registry_auth=str(config), stack=str(stack), deployment="upon"
        )
        assert run.plan == ["+ network upon_default", "+ service upon_built"]
        assert password not in run.output
    finally:
        playbooks.remove("upon")
