# Copyright: the arpanet.cluster authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  url:
    description: HTTP address of a Consul agent that the controller can reach.
    type: str
    env:
      - name: ARPANET_CONSUL_URL
      - name: CONSUL_HTTP_ADDR
    vars:
      - name: arpanet_consul_url
  token:
    description:
      - Consul ACL token. Without one, a manager that is asked through its own connection uses the one of
        C(/etc/arpanet/tokens/deploy), which root may read (or who may C(sudo) without a password).
    type: str
    env:
      - name: ARPANET_CONSUL_TOKEN
      - name: CONSUL_HTTP_TOKEN
    vars:
      - name: arpanet_consul_token
  timeout:
    description: Seconds that Consul has for an answer.
    type: float
    default: 5
"""
