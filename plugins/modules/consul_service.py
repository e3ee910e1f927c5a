#!/usr/bin/python
# Copyright (c) The arpanet.cluster authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: consul_service
short_description: Registers and deregisters services in Consul, external ones too
version_added: 0.1.0
description:
  - Registers a service with the Consul agent that is asked, or removes it there.
  - With O(node) it registers an external service, one that runs where no Consul agent does, on a
    node that exists only in Consul's catalog.
  - The token is that of C(/etc/arpanet/tokens/registrar), which every node has; with O(node) that of
    C(/etc/arpanet/tokens/catalog), which managers have.
  - Instances of deployments are not a matter of this module. The agent of their node registers
    them, and this module refuses to change those registrations.
author:
  - The arpanet.cluster authors (@arpanet)
extends_documentation_fragment:
  - arpanet.cluster.consul
attributes:
  check_mode:
    support: full
    description: Says what would change, and changes nothing.
  diff_mode:
    support: full
    description: Shows the registration before and after.
  idempotent:
    support: full
    description: A service that is registered as asked for is left alone.
options:
  name:
    description:
      - Name of the service. Users resolve it as C(<name>.service.consul).
      - Consul's DNS reads a dot in it as the end of a tag, so a service with a dot in its name does
        not resolve.
    type: str
    required: true
  id:
    description: Identifies this registration on its node. The default is the name.
    type: str
  state:
    description: Whether the service is registered.
    type: str
    choices: [present, absent]
    default: present
  address:
    description: Where the service is. The default is its node's address. Needed for an external service.
    type: str
  port:
    description: Port of the service, 0 when it has none.
    type: int
    default: 0
  tags:
    description: Tags. C(<tag>.<name>.service.consul) answers the services that have one.
    type: list
    elements: str
    default: []
  meta:
    description: Metadata.
    type: dict
    default: {}
  checks:
    description:
      - What Consul's agent does to find out whether the service is well. Without checks it counts as
        well while its node is.
      - Not for external services, as no agent would run them.
    type: list
    elements: dict
    suboptions:
      name:
        description: Name of the check.
        type: str
      http:
        description: A URL that answers with a status of 2xx.
        type: str
      tcp:
        description: An address and port that accept connections, such as C(127.0.0.1:5432).
        type: str
      ttl:
        description: Time within which somebody has to report, such as C(30s).
        type: str
      interval:
        description: Time between two checks, such as C(10s). Needed for O(checks[].http) and O(checks[].tcp).
        type: str
      timeout:
        description: When a check that does not answer has failed, such as C(2s).
        type: str
      status:
        description: What counts until the first check. Consul begins with V(critical).
        type: str
        choices: [passing, warning, critical]
  node:
    description:
      - Name of the node of an external service. It appears in Consul with its first service and
        disappears with its last.
      - A node that has a Consul agent is refused, as that agent would remove the service again.
    type: str
"""

EXAMPLES = r"""
- name: A database that runs beside the cluster
  arpanet.cluster.consul_service:
    name: ledger
    node: legacy-db
    address: 10.0.8.20
    port: 5432
    tags: [primary]

- name: A service of this host, with a check
  arpanet.cluster.consul_service:
    name: metrics
    port: 9100
    checks:
      - http: http://127.0.0.1:9100/metrics
        interval: 10s
        timeout: 2s

- name: Gone
  arpanet.cluster.consul_service:
    name: ledger
    node: legacy-db
    state: absent
"""

RETURN = r"""
service:
  description: The registration; empty when there is none.
  returned: success
  type: dict
  sample:
    id: ledger
    name: ledger
    address: 10.0.8.20
    port: 5432
    tags: [primary]
    meta: {}
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.arpanet.cluster.plugins.module_utils._consul import connect
from ansible_collections.arpanet.cluster.plugins.module_utils._libraries import require
from ansible_collections.arpanet.cluster.plugins.module_utils._options import CONSUL
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core import consul_services as core


def run(module: AnsibleModule) -> dict[str, Any]:
    from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.consul_services import (
        ExternalServices,
        OwnServices,
    )

    asked = module.params
    consul = connect(asked, purpose="catalog" if asked["node"] else "registrar")
    checks = [core.check(asked["name"], check) for check in asked["checks"] or ()]
    wanted = None
    if asked["state"] == "present":
        words = [asked[word] for word in ("name", "id", "address", "port", "tags", "meta")]
        wanted = core.wanted(*words, checks, asked["node"])
    place = ExternalServices(consul, asked["node"]) if asked["node"] else OwnServices(consul)
    service_id = asked["id"] or asked["name"]
    plan = core.plan(wanted, place.read(service_id))
    if plan.changed and not module.check_mode:
        if wanted:
            place.write(wanted, checks)
        else:
            place.remove(service_id)
    return {"changed": plan.changed, "diff": plan.as_diff(), "service": core.as_data(plan.after)}


CHECK = {
    "name": {"type": "str"},
    "http": {"type": "str"},
    "tcp": {"type": "str"},
    "ttl": {"type": "str"},
    "interval": {"type": "str"},
    "timeout": {"type": "str"},
    "status": {"type": "str", "choices": ["passing", "warning", "critical"]},
}


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **CONSUL,
            "name": {"type": "str", "required": True},
            "id": {"type": "str"},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "address": {"type": "str"},
            "port": {"type": "int", "default": 0},
            "tags": {"type": "list", "elements": "str", "default": []},
            "meta": {"type": "dict", "default": {}},
            "checks": {"type": "list", "elements": "dict", "options": CHECK},
            "node": {"type": "str"},
        },
        mutually_exclusive=[("node", "checks")],
        supports_check_mode=True,
    )
    require(module, "consul")
    from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.consul import ConsulError

    try:
        module.exit_json(**run(module))
    except (ConsulError, core.ServiceError) as error:
        module.fail_json(msg=str(error))


if __name__ == "__main__":
    main()
