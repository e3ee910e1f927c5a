"""What is on a node, so that two moments can be compared."""

from harness.node import Node

# Without what the engine keeps to itself, what belongs to one boot, and what the system rewrites as it likes.
_LOOK = r"""
find /etc /opt /srv /usr/local /var/cache /var/lib -xdev \
    \( -path '/var/lib/docker' -o -path '/var/lib/containerd' -o -path '/var/lib/systemd' -o -path '/var/lib/apt' \
       -o -path '/var/cache/apt' -o -path '/etc/cni' -o -path '/etc/docker' -o -path '/etc/rc?.d' \) -prune -o -print
cd /etc && sha256sum passwd group shadow gshadow subuid subgid
ls -A /etc/docker 2>/dev/null | sed 's,^,/etc/docker/,'
ip -oneline link | sed 's/^[0-9]*: \([^:@]*\).*/link \1/' | grep -v 'link veth'
nft list tables 2>/dev/null | grep -w -e arpanet -e arpanet_weave || true
"""


def footprint(node: Node) -> set[str]:
    """A line each: files, accounts, links, and tables of ours in its firewall."""
    return {line for line in node.run(_LOOK).splitlines() if not line.endswith("-")}
