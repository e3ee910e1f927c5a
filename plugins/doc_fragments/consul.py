# Copyright: the arpanet.cluster authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  consul_url:
    description: HTTP address of a Consul agent, seen from the host that the module runs on.
    type: str
    default: http://127.0.0.1:8500
  consul_token:
    description: Consul ACL token, in place of the one in O(consul_token_file).
    type: str
  consul_token_file:
    description:
      - File on that host that holds a Consul ACL token. Where there is none, Consul is asked without a token.
      - Default is the file in C(/etc/arpanet/tokens) that C(site.yml) leaves for what the module does, which is
        C(deploy) on managers.
    type: path
"""
