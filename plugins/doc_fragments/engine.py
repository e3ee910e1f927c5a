# Copyright: the arpanet.cluster authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  docker_host:
    description: Address of the Docker Engine, seen from the host that the module runs on.
    type: str
    default: unix:///var/run/docker.sock
"""
