# Copyright (c) The arpanet.cluster authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keys of Consul as the controller can read them: by URL, or on a manager's loopback.

The controller needs no Consul library for it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any
from urllib.error import HTTPError

from ansible.module_utils.urls import open_url
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.consul_config import TOKENS
from ansible_collections.arpanet.cluster.plugins.plugin_utils.node_python import NodeError, run_python

ON_NODES = "http://127.0.0.1:8500"
TOKEN_FILE = f"{TOKENS}/deploy"

# From prefixes to the entries below each, as `/v1/kv/<prefix>?recurse` lists them.
Reader = Callable[[list[str]], list[list[dict[str, Any]]]]

# Prints one line: a list of [status, body] for each path.
_SCRIPT = """
import json, urllib.error, urllib.request
headers = {headers!r}
if not headers:
    try:
        headers = {{"X-Consul-Token": open({token_file!r}).read().strip()}}
    except OSError:
        pass
ask = urllib.request.build_opener(urllib.request.ProxyHandler({{}})).open
answers = []
for path in {paths!r}:
    try:
        with ask(urllib.request.Request({url!r} + path, headers=headers), timeout={timeout!r}) as answer:
            answers.append([answer.status, answer.read().decode()])
    except urllib.error.HTTPError as error:
        answers.append([error.code, error.read().decode()])
    except OSError as error:
        answers.append([0, str(error)])
print(json.dumps(answers))
"""


class ConsulUnheard(Exception):
    """No Consul answered; the message says who was asked, what each said, and what to do."""


def reader(url: str | None, variables: Mapping[str, Any], token: str | None, timeout: float) -> Reader:
    """Reads from the URL when there is one, else through the managers of the inventory."""
    return by_url(url, token, timeout) if url else through_managers(variables, token, timeout)


def by_url(url: str, token: str | None, timeout: float) -> Reader:
    """Reads from the Consul agent at a URL; `host:port` means HTTP."""
    root = (url if "://" in url else f"http://{url}").rstrip("/")

    def read(prefixes: list[str]) -> list[list[dict[str, Any]]]:
        return [_entries(*_get(f"{root}{_path(prefix)}", token, timeout), f"Consul at {root}") for prefix in prefixes]

    return read


def through_managers(variables: Mapping[str, Any], token: str | None, timeout: float) -> Reader:
    """Reads on the first host of the group `managers` that has an answer, by default with its token for deploys."""
    managers = (variables.get("groups") or {}).get("managers") or []

    def read(prefixes: list[str]) -> list[list[dict[str, Any]]]:
        if not managers:
            raise ConsulUnheard(
                "the inventory has no host in the group managers to ask: give url= (or ARPANET_CONSUL_URL), or an "
                "inventory with the cluster's managers"
            )
        script = _SCRIPT.format(
            url=ON_NODES,
            paths=[_path(prefix) for prefix in prefixes],
            headers=_headers(token),
            token_file=TOKEN_FILE,
            timeout=timeout,
        )
        reasons = []
        for host in managers:
            try:
                printed = run_python(host, variables["hostvars"][host], script, secret=bool(token), as_root=True)
                answers = json.loads(printed.strip().rpartition("\n")[2])
                return [_entries(status, body, "its Consul") for status, body in answers]
            except (NodeError, ConsulUnheard) as error:
                reasons.append(f"{host}: {error}")
            except ValueError:
                reasons.append(f"{host}: its Python printed {printed[:80]!r}")
        raise ConsulUnheard(f"no manager has an answer. {'; '.join(reasons)}")

    return read


def _path(prefix: str) -> str:
    return f"/v1/kv/{prefix}?recurse=1"


def _headers(token: str | None) -> dict[str, str]:
    return {"X-Consul-Token": str(token)} if token else {}


def _get(url: str, token: str | None, timeout: float) -> tuple[int, str]:
    try:
        with open_url(url, headers=_headers(token), timeout=timeout) as answer:
            return answer.status, answer.read().decode()
    except HTTPError as error:
        return error.code, error.read().decode(errors="replace")
    except (OSError, ValueError) as error:
        # URLError is an OSError; a URL that is none is a ValueError.
        return 0, str(error)


def _entries(status: int, body: str, who: str) -> list[dict[str, Any]]:
    if status == 404:
        return []
    if status != 200:
        said = f"said {status}: {body.strip()}" if status else f"does not answer ({body})"
        raise ConsulUnheard(f"{who} {said}")
    try:
        return list(json.loads(body))
    except ValueError as error:
        raise ConsulUnheard(f"{who} did not answer with JSON: is it a Consul? {body[:60]!r}") from error
