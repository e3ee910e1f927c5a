# Copyright: the arpanet.cluster authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  timeout:
    description: Seconds for the replacements of one node's instances to be healthy, and for what is left to stop.
    type: int
    default: 300
  lock_timeout:
    description: Seconds to wait for another controller that works on one of the deployments.
    type: int
    default: 60
  progress:
    description: Set by the action plugin when somebody watches. A file that gets a line whenever a move has come
      further.
    type: path
"""
