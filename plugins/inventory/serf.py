# Copyright (c) The arpanet.cluster authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: serf
author: The arpanet.cluster authors (@arpanet)
version_added: 0.1.0
short_description: The cluster as its own inventory
description:
  - Asks any one node of the cluster who its living members are. Whoever knows one address needs no list of hosts.
  - The file's name ends in C(serf.yml) or C(serf.yaml).
  - A host has C(ansible_host) and C(arpanet_address), what its tags say in C(arpanet_role), C(arpanet_swarm),
    C(arpanet_availability), C(arpanet_labels) and C(arpanet_tags), and C(arpanet_status).
  - Groups are C(managers) and C(workers), C(serf_alive), C(swarm_ready), C(availability_drain),
    C(label_disk_ssd) and, for other tags, C(tag_rack_7), each with what there is.
extends_documentation_fragment:
  - constructed
  - inventory_cache
options:
  plugin:
    description: Must be V(arpanet.cluster.serf).
    type: str
    required: true
    choices: [arpanet.cluster.serf]
  addresses:
    description:
      - Nodes to ask, the first that answers is believed. Any member will do, a worker too.
      - With O(rpc) each may have a port.
    type: list
    elements: str
    required: true
    env:
      - name: ARPANET_ADDRESSES
  variables:
    description:
      - How nodes are reached, such as C(ansible_user); for asking them, and for the group C(all) of the inventory.
      - What C(group_vars/all) beside the file, C(ansible.cfg), the command line and C(-e) say holds as well.
    type: dict
    default: {}
  become:
    description:
      - Become root for asking, unless the user is root; the key of Serf's RPC is root's.
      - Which way is said by C(ansible_become_method) and the like.
    type: bool
    default: true
  timeout:
    description: Seconds that a node has to let us in.
    type: int
    default: 5
  status:
    description: Members of which status are hosts.
    type: list
    elements: str
    choices: [alive, leaving, left, failed]
    default: [alive]
  filters:
    description: Expressions that have to be true for a host to be in the inventory.
    type: list
    elements: str
    default: []
  rpc:
    description:
      - Ask Serf's RPC itself, over TCP and without SSH, where that was opened (C(serf_rpc_address)). It is not
        encrypted. The controller needs the Python library msgpack.
    type: bool
    default: false
  rpc_key:
    description: The key of the RPC, C(serf_rpc_key).
    type: str
    default: ""
    env:
      - name: ARPANET_SERF_RPC_KEY
"""

EXAMPLES = r"""
# inventories/serf.yml: all that a controller has to know
plugin: arpanet.cluster.serf
addresses: [192.0.2.11, 192.0.2.21]
variables:
  ansible_user: admin

---
# Workers with fast disks, by rack, from a cache
plugin: arpanet.cluster.serf
addresses: [192.0.2.11]
filters:
  - arpanet_role == 'worker'
  - arpanet_labels.disk | default('') == 'ssd'
keyed_groups:
  - key: arpanet_tags.rack
    prefix: rack
compose:
  ansible_port: arpanet_tags.ssh_port | default(22) | int
cache: true
cache_plugin: ansible.builtin.jsonfile
cache_connection: ~/.cache/arpanet
"""

import json
from collections.abc import Mapping
from typing import Any

from ansible.errors import AnsibleError, AnsibleParserError
from ansible.module_utils.parsing.convert_bool import boolean
from ansible.plugins.inventory import BaseInventoryPlugin, Cacheable, Constructable
from ansible.utils.unsafe_proxy import wrap_var
from ansible.utils.vars import combine_vars, load_extra_vars
from ansible.vars.plugins import get_vars_from_inventory_sources
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core import inventory as core
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.members import Member
from ansible_collections.arpanet.cluster.plugins.plugin_utils.node_command import run_command
from ansible_collections.arpanet.cluster.plugins.plugin_utils.node_python import NodeError

# Nodes of an older release have no `arpanet`, and a Serf that wants no key.
COMMAND = (
    "if [ -x /usr/local/bin/arpanet ]; then exec /usr/local/bin/arpanet members --json; "
    "else exec serf members -format=json; fi"
)
RPC_PORT = 7373


class InventoryModule(BaseInventoryPlugin, Constructable, Cacheable):
    """Read → hosts and groups (core/inventory.py) → Ansible's own constructed groups and variables."""

    NAME = "arpanet.cluster.serf"

    def verify_file(self, path: str) -> bool:
        return bool(super().verify_file(path)) and path.endswith(("serf.yml", "serf.yaml"))

    def parse(self, inventory: Any, loader: Any, path: str, cache: bool = True) -> None:
        super().parse(inventory, loader, path, cache)
        self._read_config_data(path)
        stated = self.templar.template(self.get_option("variables"))
        for name, value in stated.items():
            inventory.set_variable("all", name, value)
        self._fill(core.hosts(self._members(path, stated, cache), self.get_option("status")))

    def _members(self, path: str, stated: Mapping[str, Any], cache: bool) -> list[Member]:
        self.load_cache_plugin()
        key = self.get_cache_key(path)
        wanted = self.get_option("cache")
        if cache and wanted and key in self._cache:
            return core.members(self._cache[key])
        text, found = self._ask(path, stated)
        if wanted:
            self._cache[key] = text
        return found

    def _ask(self, path: str, stated: Mapping[str, Any]) -> tuple[str, list[Member]]:
        """From the first address that answers."""
        variables = combine_vars(self._beside(path), combine_vars(stated, load_extra_vars(self.loader)))
        reasons = []
        for address in self.get_option("addresses"):
            try:
                text = self._by_rpc(address) if self.get_option("rpc") else self._by_shell(address, variables)
                # A become method may have printed something before.
                text = text[max(text.find("{"), 0) :]
                return text, core.members(text)
            except (NodeError, core.NoMembers) as error:
                reasons.append(f"{address}: {error}")
                self.display.vv(f"{self.NAME}: {reasons[-1]}")
        raise AnsibleParserError(
            f"no address in {path} has an answer, so the cluster's members are not known. {'; '.join(reasons)}"
        )

    def _by_shell(self, address: str, variables: Mapping[str, Any]) -> str:
        return run_command(address, variables, COMMAND, self.get_option("become"), self.get_option("timeout"))

    def _by_rpc(self, address: str) -> str:
        try:
            from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters import serf
        except ImportError as error:
            raise AnsibleError(f"rpc: true needs the Python library msgpack on the controller ({error})") from error
        place = address if ":" in address else f"{address}:{RPC_PORT}"
        try:
            found = serf.Serf(place, self.get_option("rpc_key"), self.get_option("timeout")).members()
        except serf.SerfError as error:
            raise NodeError(str(error)) from error
        return json.dumps({"members": [one.as_json() for one in found]})

    def _beside(self, path: str) -> dict[str, Any]:
        """What group_vars/all and the like beside the file say, templates resolved."""
        found = get_vars_from_inventory_sources(self.loader, [path], [self.inventory.groups["all"]], "task")
        self.templar.available_variables = found
        return {name: self.templar.template(value) for name, value in found.items()}

    def _fill(self, hosts: list[core.Host]) -> None:
        strict = self.get_option("strict")
        constructed = [self.get_option(name) for name in ("compose", "groups", "keyed_groups")]
        safe: dict[str, str] = {}
        for host in hosts:
            # Whoever holds the gossip's key chooses tags: they are never templates.
            variables = wrap_var(dict(host.variables))
            if not self._kept(host.name, variables, strict):
                continue
            self.inventory.add_host(host.name)
            for name, value in variables.items():
                self.inventory.set_variable(host.name, name, value)
            for group in host.groups:
                if group not in safe:
                    safe[group] = self.inventory.add_group(self._sanitize_group_name(group))
                self.inventory.add_child(safe[group], host.name)
            if any(constructed):
                self._set_composite_vars(constructed[0], variables, host.name, strict=strict)
                self._add_host_to_composed_groups(constructed[1], variables, host.name, strict=strict)
                self._add_host_to_keyed_groups(constructed[2], variables, host.name, strict=strict)

    def _kept(self, name: str, variables: dict[str, Any], strict: bool) -> bool:
        for expression in self.get_option("filters"):
            try:
                if not boolean(self._compose(expression, variables), strict=False):
                    return False
            except Exception as error:
                if strict:
                    raise AnsibleParserError(f"filter {expression!r} of host {name}: {error}") from error
                return False
        return True
