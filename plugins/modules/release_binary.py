#!/usr/bin/python
# Copyright (c) The arpanet.cluster authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: release_binary
short_description: Installs one program of a verified release archive
version_added: 0.1.0
description:
  - Fetches a zip or tar archive, compares its SHA-256 checksum, takes one program out of it and points a
    link to that. Needs no other program on the node.
  - Versions lie side by side, so that the link can go back to an older one.
author:
  - The arpanet.cluster authors (@arpanet)
attributes:
  check_mode:
    support: full
    description: Fetches nothing.
  diff_mode:
    support: full
    description: Shows the program before and after.
  idempotent:
    support: full
    description: A program that is there is not fetched again.
options:
  url:
    description: Where the archive is. One of O(url) and O(src) is needed.
    type: str
  src:
    description: The archive on the node.
    type: path
  checksum:
    description: The archive's checksum as V(sha256:<hex>).
    type: str
  checksums_url:
    description: A list in the format of C(sha256sum) that has the archive's checksum, for when O(checksum)
      is not given. It protects from a broken download; only O(checksum) protects from a forged one.
    type: str
  member:
    description: The program's name in the archive.
    type: str
    required: true
  dest:
    description: Where the program goes; its directory should carry the version.
    type: path
    required: true
  link:
    description: The link that is pointed at O(dest).
    type: path
    required: true
"""

EXAMPLES = r"""
- name: Install Consul
  arpanet.cluster.release_binary:
    url: https://releases.hashicorp.com/consul/1.22.1/consul_1.22.1_linux_amd64.zip
    checksum: sha256:91222c7ec141f1c2c92f6b732eeb0251220337e4c07c768cbc6ae633fef69733
    member: consul
    dest: /opt/arpanet/consul/1.22.1/consul
    link: /usr/local/bin/consul
"""

RETURN = r"""
fetched:
  description: Whether the program was put in place, not just the link.
  returned: success
  type: bool
"""

import tempfile
from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters import files, releases
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core import checksums


def install(options: dict[str, Any]) -> None:
    """Fetch, verify and extract."""
    expected = options["checksum"]
    if not expected and options["checksums_url"]:
        name = Path(options["url"] or options["src"]).name
        expected = checksums.listed(releases.text(options["checksums_url"]), name)
    if not expected:
        raise ValueError("neither checksum nor checksums_url is given, and an archive is never trusted blindly")
    with tempfile.TemporaryDirectory() as directory:
        archive = Path(options["src"]) if options["src"] else releases.fetch(options["url"], Path(directory))
        releases.verify(archive, expected)
        releases.extract(archive, options["member"], Path(options["dest"]))


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "url": {"type": "str"},
            "src": {"type": "path"},
            "checksum": {"type": "str"},
            "checksums_url": {"type": "str"},
            "member": {"type": "str", "required": True},
            "dest": {"type": "path", "required": True},
            "link": {"type": "path", "required": True},
        },
        required_one_of=[("url", "src")],
        mutually_exclusive=[("url", "src")],
        supports_check_mode=True,
    )
    options = module.params
    dest, link = Path(options["dest"]), Path(options["link"])
    absent = not dest.is_file()
    before = str(link.readlink()) if link.is_symlink() else "absent" if not link.exists() else "another file"
    if not module.check_mode:
        try:
            if absent:
                install(options)
            if before != str(dest):
                files.replace_link(link, str(dest))
        except (ValueError, OSError, releases.ReleaseError) as error:
            module.fail_json(msg=f"{options['member']} could not be installed: {error}")
    module.exit_json(
        changed=absent or before != str(dest),
        fetched=absent,
        diff={"before": f"{link}: {before}\n", "after": f"{link}: {dest}\n"},
    )


if __name__ == "__main__":
    main()
