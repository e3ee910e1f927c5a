#!/usr/bin/python
# Copyright (c) The arpanet.cluster authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: files
short_description: Puts a list of files, directories and links in place in one go
version_added: 0.1.0
description:
  - Converges any number of paths with one call, because each task of a play costs every node a
    connection and a Python start.
  - A file is written under another name, checked, and renamed over the old one. No reader ever
    sees half of it.
  - Entries are handled in the order given. When one fails, those before it stay changed, and the
    next run continues.
author:
  - The arpanet.cluster authors (@arpanet)
attributes:
  check_mode:
    support: full
    description: Says what would change and changes nothing. Texts are validated where the program
      that validates is installed.
  diff_mode:
    support: full
    description: Shows attributes and text before and after, never those of O(files[].secret_content).
  idempotent:
    support: full
    description: Does nothing where every path is as asked for.
options:
  files:
    description: The paths.
    type: list
    elements: dict
    required: true
    suboptions:
      path:
        description: Absolute path.
        type: path
        required: true
      state:
        description: What the path should be. V(absent) removes a directory with all that is in it.
        type: str
        choices: [file, directory, link, absent]
        default: file
      content:
        description: The whole text of a V(file).
        type: str
      secret_content:
        description: The whole text of a V(file) that must not be shown. It stays out of the result,
          of the diff and of the log of the invocation.
        type: str
      target:
        description: Where a V(link) points.
        type: str
      mode:
        description: Permissions as a quoted octal number with a leading zero, such as V("0644").
        type: str
      owner:
        description: Name of the owner. In check mode it may still be missing on the node.
        type: str
      group:
        description: Name of the group. In check mode it may still be missing on the node.
        type: str
      validate:
        description: A command that checks the new text before it is put in place; V(%s) stands for
          its path. Left out while the program is not installed.
        type: str
      keep:
        description: Leave the text of an existing file alone.
        type: bool
        default: false
"""

EXAMPLES = r"""
- name: A service's directory, configuration and key
  arpanet.cluster.files:
    files:
      - path: /etc/serf
        state: directory
        mode: "0755"
      - path: /etc/serf/arpanet.json
        content: "{{ lookup('ansible.builtin.template', 'arpanet.json.j2') }}"
        mode: "0644"
      - path: /etc/serf/keyring.json
        secret_content: "{{ serf_keyring }}"
        mode: "0600"
        owner: serf
"""

RETURN = r"""
changed_paths:
  description: The paths that changed, in the order of O(files).
  returned: success
  type: list
  elements: str
  sample: [/etc/serf/arpanet.json]
changed_keys:
  description: For each changed file that was and stays a JSON object, its top-level keys that differ.
  returned: success
  type: dict
  sample: {/etc/serf/arpanet.json: [tags]}
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters import files as adapter
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core import files as core

ENTRY = {
    "path": {"type": "path", "required": True},
    "state": {"type": "str", "choices": ["file", "directory", "link", "absent"], "default": "file"},
    "content": {"type": "str"},
    "secret_content": {"type": "str", "no_log": True},
    "target": {"type": "str"},
    "mode": {"type": "str"},
    "owner": {"type": "str"},
    "group": {"type": "str"},
    "validate": {"type": "str"},
    "keep": {"type": "bool", "default": False},
}


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "files": {
                "type": "list",
                "elements": "dict",
                "required": True,
                "options": ENTRY,
                "mutually_exclusive": [("content", "secret_content")],
            }
        },
        supports_check_mode=True,
    )
    try:
        entries = [core.wanted(entry) for entry in module.params["files"]]
        changes = core.plan([(entry, adapter.read(entry)) for entry in entries])
        for change in changes:
            if not module.check_mode:
                adapter.apply(change)
            elif "content" in change.parts:
                adapter.check(change.wanted)
    except (ValueError, core.Conflict, adapter.FilesError) as error:
        module.fail_json(msg=str(error))
    module.exit_json(
        changed=bool(changes),
        changed_paths=[change.wanted.path for change in changes],
        changed_keys=core.changed_keys(changes),
        diff=[
            {
                "before_header": change.wanted.path,
                "after_header": change.wanted.path,
                "before": change.before,
                "after": change.after,
            }
            for change in changes
        ],
    )


if __name__ == "__main__":
    main()
