"""An image that only a login opens: every node gets it, and nobody sees the password."""

import base64
import json
import secrets
from pathlib import Path

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


def test_a_private_image(cluster: Cluster, playbooks: Playbooks, tmp_path: Path) -> None:
    password = secrets.token_hex(16)
    login = base64.b64encode(f"{USER}:{password}".encode()).decode()
    hidden = {"the password": password, "the login": login}
    file, config = tmp_path / "compose.yml", tmp_path / "config.json"
    with private_registry(cluster, password) as registry:
        file.write_text(STACK.format(registry=registry, level=1))
        asked = {"stack": str(file), "deployment": "private"}
        before = state(cluster)
        refused = playbooks.run("deploy", registry_auth="none", **asked)
        assert refused.code != 0
        for words in ("service cache", f"{registry}/team/redis:1", "without a login", f"docker login {registry}"):
            assert words in refused.words, refused.output
        assert refused.output.count("[ERROR]") == 1
        assert state(cluster) == before
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
            nowhere(cluster, hidden)
            held = json.dumps([value for value, _ in cluster.kv().values()])
            assert password not in held
        finally:
            playbooks.remove("private")
