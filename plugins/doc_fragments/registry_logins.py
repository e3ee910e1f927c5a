# Copyright: the arpanet.cluster authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  registry_auth:
    description:
      - A Docker client's C(config.json) on the controller, with its logins or credential helpers; the default is
        the one of whoever runs Ansible. V(none) takes none.
      - Only logins for registries that the images name leave the controller. The Swarm keeps them, encrypted, for the
        nodes that pull.
    type: str
  registry_logins:
    description: Logins by registry, each with C(username) and C(password). They come before those of O(registry_auth).
    type: dict
    default: {}
  registry_credentials:
    description: Set by the action plugin from O(registry_auth) and O(registry_logins).
    type: str
"""
