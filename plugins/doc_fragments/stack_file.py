# Copyright: the arpanet.cluster authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  profiles:
    description: Profiles of the stack to enable.
    type: list
    elements: str
    default: []
  env_files:
    description: Files to interpolate from in place of the stack's C(.env). A relative path starts at the stack's file.
    type: list
    elements: path
    default: []
  environment:
    description: Variables to interpolate from; they win over the controller's environment.
    type: dict
    default: {}
  compose_command:
    description: Command line of a Compose v2, for when none is found by itself.
    type: list
    elements: str
    default: []
"""
