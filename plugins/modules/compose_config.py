#!/usr/bin/python
# Copyright (c) The arpanet.cluster authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: compose_config
short_description: Reads a compose or fig file as the Compose Spec's reference implementation does
version_added: 0.1.0
description:
  - Runs C(docker compose config), so interpolation, env files, profiles, C(extends) and C(include)
    mean what they mean everywhere. A fig file (version 1) is lifted into the Compose Spec first.
  - Refuses what a cluster cannot run, and warns about what changes nothing there, before anything
    is touched.
  - Runs on the controller. Contents of secrets, and values of environment variables and build
    arguments whose names sound secret, are not in the result.
author:
  - The arpanet.cluster authors (@arpanet)
extends_documentation_fragment:
  - arpanet.cluster.stack_file
attributes:
  action:
    support: full
    description: Runs on the controller.
  check_mode:
    support: full
    description: Reads only.
  diff_mode:
    support: none
    description: Reads only.
  idempotent:
    support: full
    description: Reads only.
options:
  file:
    description: Path of the compose or fig file.
    type: path
    required: true
  subnet_size:
    description: Size that is wanted for the networks' subnets, as M(arpanet.cluster.deployment_subnet) takes it. One
      that is none, or that cannot hold the tasks, is refused.
    type: str
  deployment:
    description: Id of the deployment; the default is the name of the file's directory.
    type: str
"""

EXAMPLES = r"""
- name: What the stack says
  arpanet.cluster.compose_config:
    file: fig.yml
    deployment: abc
  register: stack
"""

RETURN = r"""
deployment:
  description: The deployment's id, checked.
  returned: success
  type: str
  sample: abc
stack:
  description: Name of the stack, that of its directory.
  returned: success
  type: str
  sample: arpanet2
model:
  description: The normalised model, without secrets.
  returned: success
  type: dict
builds:
  description: Images to build, each named by the content of its context.
  returned: success
  type: list
  elements: dict
  sample: [{service: web, image: "arpanet2/web:0123456789abcdef", context: /srv/arpanet2/web, dockerfile: Dockerfile}]
networks:
  description: Networks that need a subnet, with the tasks on each; C(everywhere) counts services with one task a node.
  returned: success
  type: dict
  sample: {default: {tasks: 5, everywhere: 0}}
notes:
  description: What of the file changes nothing on a cluster.
  returned: success
  type: list
  elements: str
"""
