# Copyright (c) The arpanet.cluster authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Consul as the options of a module say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .arpanet.core.consul_config import TOKENS

if TYPE_CHECKING:
    from .arpanet.adapters.consul import Consul


def connect(asked: dict[str, Any], timeout: float = 10, purpose: str = "deploy") -> Consul:
    """A client by `_options.CONSUL`, with the token of this purpose unless the options have one.

    Call `_libraries.require` before.
    """
    from .arpanet.adapters.consul import Consul

    token_file = asked["consul_token_file"] or f"{TOKENS}/{purpose}"
    return Consul(asked["consul_url"], asked["consul_token"], timeout, token_file)
