"""What a manager has for those who join: keys, tokens, and the settings that all nodes have in common."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import Any

from ..core import consul_config, consul_tls, consul_tokens, join
from ..core.join import Refused, Welcome
from .host import KEYS

# Each role's settings, such as serf.json: written by the roles on managers, and no secret.
COMMON = Path("/etc/arpanet/common")


def gossip_keys(directory: Path = Path(KEYS)) -> list[bytes]:
    """The keys that Serf's gossip has, more than one while they are rotated."""
    texts = [_secret(directory, "serf")]
    with contextlib.suppress(Refused):
        texts.append(_secret(directory, "serf-next"))
    return [join.gossip_key(text) for text in texts]


def welcome(token: str, managers: dict[str, bool], keys: Path = Path(KEYS), common: Path = COMMON) -> Welcome:
    """What a worker is given. Of the keys that make everything else, it gets that of the gossip alone.

    :raises Refused: a key is missing, or Consul's members go from one to another: nobody could tell it the other.
    """
    rotated = keys / f"{consul_config.GOSSIP_KEY}-next"
    if rotated.exists():
        raise Refused(
            f"the key of Consul's gossip is being rotated ({rotated}): try again, and where that was cut off, "
            "rotate_keys.yml finishes it first"
        )
    consul = {
        "gossip": _secret(keys, consul_config.GOSSIP_KEY),
        "ca": consul_tls.trusted(_secret(keys, consul_config.CA_KEY)),
        "tokens": consul_tokens.of_worker(_secret(keys, consul_config.ACL_KEY)),
    }
    return Welcome(token, managers, settings(common), consul)


def settings(directory: Path = COMMON) -> dict[str, Any]:
    """Role to its settings."""
    return {path.stem: json.loads(path.read_text()) for path in sorted(directory.glob("[a-z]*.json"))}


def _secret(directory: Path, name: str) -> str:
    try:
        text = (directory / name).read_text().strip()
    except OSError as error:
        raise Refused(f"this manager cannot read {directory / name} ({error.strerror}): run site.yml") from error
    if not text:
        raise Refused(f"{directory / name} is empty on this manager: put the key there that the others have")
    return text
