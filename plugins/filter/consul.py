# Copyright (c) The arpanet.cluster authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Consul's files and tokens for the roles."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ansible_collections.arpanet.cluster.plugins.plugin_utils.deferred import deferred


def consul_files(
    settings: Mapping[str, Any], keys: Mapping[str, str], program: str, others: Sequence[Mapping[str, Any]] = ()
) -> list[dict[str, Any]]:
    """The files of a node for the module `files`, and then `others`.

    A worker's have nothing in them that only managers may have.
    """
    from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core import consul_config, consul_tokens

    # Older Ansibles hand on numbers as texts.
    numbers = {name: int(settings[name]) for name in ("expect", "raft_multiplier")}
    asked = consul_config.Settings(**{**settings, **numbers})
    tokens = (consul_tokens.of_manager if asked.server else consul_tokens.of_worker)(keys[consul_config.ACL_KEY])
    return [*consul_config.files(asked, consul_config.secrets_of(keys, tokens, asked.server), program), *others]


def consul_token(keys: Mapping[str, str], purpose: str) -> str:
    """The token of a purpose."""
    from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core import consul_config, consul_tokens

    return consul_tokens.secret(keys[consul_config.ACL_KEY], purpose)


def consul_certificate_good(found: Mapping[str, Any], ca: Mapping[str, Any], datacenter: str, address: str) -> bool:
    """Is a server's certificate, as `node_facts` found it, good for another while?"""
    from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core import consul_tls

    return consul_tls.good(found, ca, [consul_tls.server_name(datacenter), address])


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {
            "consul_ca_replaced": deferred("consul_tls", "replaced"),
            "consul_certificate_good": consul_certificate_good,
            "consul_files": consul_files,
            "consul_token": consul_token,
            "consul_version_problems": deferred("consul_config", "problems"),
            "key_holder": deferred("preflight", "key_holder"),
        }
