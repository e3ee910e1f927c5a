"""What a service cannot be, and what an old Engine is not asked for."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.services import fitted
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.support import Unsupported
from fakes.services import spec


@pytest.mark.parametrize(
    ("said", "message"),
    [
        pytest.param(
            {"ports": [{"target": 30, "published": "3000-3002"}]},
            "service web: port 3000-3002:30 is refused: Swarm takes one number",
            id="a range of ports",
        ),
        pytest.param({"deploy": {"mode": "daemon"}}, "service web: deploy.mode 'daemon' is none of", id="mode"),
        pytest.param({"tmpfs": "/a:size=10%"}, "service web: tmpfs /a:size=10%: size '10%' is not a number", id="size"),
        pytest.param(
            {"tmpfs": "/a:mode=rwx"}, "service web: tmpfs /a:mode=rwx: mode 'rwx' is not an octal", id="octal"
        ),
        pytest.param(
            {"volumes": [{"type": "npipe", "target": "/a"}]},
            "service web: volume type 'npipe' at /a is refused: use volume, bind or tmpfs",
            id="npipe",
        ),
        pytest.param({"secrets": [{"source": "no"}]}, "service web: secret 'no' is not declared", id="secret"),
        pytest.param({"configs": [{"source": "no"}]}, "service web: config 'no' is not declared", id="config"),
    ],
)
def test_refused(said: dict[str, Any], message: str) -> None:
    with pytest.raises(Unsupported) as raised:
        spec(said)
    assert message in str(raised.value)


def test_a_name_that_swarm_cannot_have() -> None:
    with pytest.raises(Unsupported, match=r"Swarm would call it abc_w+, which is longer than 63"):
        spec({}, "w" * 60)


def test_an_old_engine_is_not_asked_for_what_it_would_forget() -> None:
    found = spec({"healthcheck": {"interval": "1s", "start_interval": "1s"}, "security_opt": ["no-new-privileges"]})
    assert fitted(found, (1, 44)) == (found, [])
    old, ignored = fitted(found, (1, 41))
    assert ignored == ["security_opt", "healthcheck.start_interval"]
    assert old == spec({"healthcheck": {"interval": "1s"}})
    assert fitted(spec({}), (1, 41)) == (spec({}), [])
