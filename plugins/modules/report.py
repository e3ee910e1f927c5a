# Copyright (c) The arpanet.cluster authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: report
short_description: Shows a text as it is, and keeps what it says as JSON
version_added: 0.1.0
description:
  - Prints lines and columns unquoted, which C(ansible.builtin.debug) does not.
  - Prints nothing where the output of the run itself is JSON; there the results of the tasks hold the data.
author:
  - The arpanet.cluster authors (@arpanet)
attributes:
  action:
    support: full
    description: Runs on the controller.
  check_mode:
    support: full
    description: Shows the text, and whether the file would change.
  diff_mode:
    support: none
    description: The text is shown as a whole.
  idempotent:
    support: full
    description: Leaves a file alone that has this content.
options:
  text:
    description: What to show with O(format=table).
    type: str
    required: true
  data:
    description: The same for programs.
    type: raw
    required: true
  format:
    description: Show O(text), or O(data) as JSON.
    type: str
    choices: [table, json]
    default: table
  output:
    description: File on the controller that gets O(data) as JSON. A relative path starts where the command was given.
    type: path
"""

EXAMPLES = r"""
- name: Show the cluster
  arpanet.cluster.report:
    text: "{{ seen.text }}"
    data: "{{ seen.status }}"
    output: status.json
"""

RETURN = r"""
output:
  description: Absolute path of the file.
  returned: when O(output) is given
  type: str
"""
