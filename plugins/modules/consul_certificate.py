#!/usr/bin/python
# Copyright (c) The arpanet.cluster authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: consul_certificate
short_description: Makes a Consul server's certificate where it has no good one
version_added: 0.1.0
description:
  - Runs on a manager, which has the cluster's CA in C(/etc/arpanet/keys/consul-ca). The server's key is made on the
    server and never leaves it.
  - A certificate is good that is of this CA, for this server's names and address, and for another year at least.
author:
  - The arpanet.cluster authors (@arpanet)
attributes:
  check_mode:
    support: full
    description: Says whether a certificate would be made.
  diff_mode:
    support: none
    description: A key is never shown.
  idempotent:
    support: full
    description: Leaves a good certificate alone.
options:
  program:
    description: The consul program.
    type: path
    default: /usr/local/bin/consul
  datacenter:
    description: Consul's datacenter, which is part of the certificate's name.
    type: str
    default: dc1
  address:
    description: The server's address for its peers.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: The server's certificate
  arpanet.cluster.consul_certificate:
    address: 10.0.0.11
"""

RETURN = r"""
certificate:
  description: What the certificate says.
  returned: success
  type: dict
  sample: {subject: server.dc1.consul, issuer: Consul Agent CA 1, names: [10.0.0.11, server.dc1.consul], days: 1824}
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters import cluster_keys, files
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core import consul_tls
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.consul_config import (
    CA_KEY,
    CERTIFICATE,
    KEYS,
    USER,
)
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.files import Wanted, plan


def converge(asked: dict[str, Any], check: bool) -> dict[str, Any]:
    """Make the certificate unless there is a good one, which only Consul may read."""
    ca = cluster_keys.read(CA_KEY, KEYS)
    names = [consul_tls.server_name(asked["datacenter"]), asked["address"]]
    found = cluster_keys.decoded(CERTIFICATE)
    text = ""
    if not (ca and consul_tls.good(found, cluster_keys.decoded_text(ca), names)):
        if check:
            return {"changed": True, "certificate": found}
        if not ca:
            raise cluster_keys.KeyFileError("there is none; run site.yml over all managers")
        text = cluster_keys.make_certificate(asked["program"], ca, asked["datacenter"], asked["address"])
    wanted = Wanted(CERTIFICATE, "file", content=text.encode(), mode=0o600, owner=USER, secret=True, keep=not text)
    changes = plan([(wanted, files.read(wanted))])
    for change in [] if check else changes:
        files.apply(change)
    return {"changed": bool(changes), "certificate": cluster_keys.decoded(CERTIFICATE)}


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "program": {"type": "path", "default": "/usr/local/bin/consul"},
            "datacenter": {"type": "str", "default": "dc1"},
            "address": {"type": "str", "required": True},
        },
        supports_check_mode=True,
    )
    try:
        module.exit_json(**converge(module.params, module.check_mode))
    except (cluster_keys.KeyFileError, files.FilesError, ValueError) as error:
        module.fail_json(msg=f"the CA in {KEYS}/{CA_KEY}: {error}")


if __name__ == "__main__":
    main()
