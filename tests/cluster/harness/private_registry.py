"""A registry on one of the nodes that only a login opens, with `team/redis:1` in it."""

from collections.abc import Iterator
from contextlib import contextmanager

from .cluster import Cluster
from .eventually import eventually

PORT = 5007
USER = "robot"
_HOME = "/srv/private-registry"

_MAKE = """\
set -e
mkdir -p {home}/data && cd {home}
openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=private -addext subjectAltName=IP:{address} \
    -keyout key.pem -out ca.pem 2>/dev/null
read -r password
hash=$(printf %s "$password" | perl -e 'print crypt(<STDIN>, q($2y$05$abcdefghijklmnopqrstuu))')
echo "{user}:$hash" > users
cat > open.json <<EOF
{{"version": 0.1, "storage": {{"filesystem": {{"rootdirectory": "{home}/data"}}}},
  "http": {{"addr": "127.0.0.1:{port}"}}}}
EOF
cat > shut.json <<EOF
{{"version": 0.1, "storage": {{"filesystem": {{"rootdirectory": "{home}/data"}}}},
  "auth": {{"htpasswd": {{"realm": "private", "path": "{home}/users"}}}},
  "http": {{"addr": "{address}:{port}", "tls": {{"certificate": "{home}/ca.pem", "key": "{home}/key.pem"}}}}}}
EOF
systemd-run --quiet --unit private-open docker-registry serve {home}/open.json
systemd-run --quiet --unit private-shut docker-registry serve {home}/shut.json
"""

_FILL = """\
set -e
image=127.0.0.1:{port}/team/redis:1
docker pull --quiet redis >/dev/null
docker tag redis $image
docker push --quiet $image >/dev/null
docker rmi $image >/dev/null
systemctl stop private-open
"""


@contextmanager
def private_registry(cluster: Cluster, password: str) -> Iterator[str]:
    """Its address, `host:port`, which every node trusts meanwhile."""
    home = cluster.managers[0]
    words = {"home": _HOME, "address": home.address, "port": PORT, "user": USER}
    registry = f"{home.address}:{PORT}"
    trusted = f"/etc/docker/certs.d/{registry}"
    try:
        home.run(_MAKE.format(**words), stdin=f"{password}\n")
        eventually(lambda: home.run(_FILL.format(**words)))
        certificate = home.run(f"cat {_HOME}/ca.pem")
        cluster.each(lambda node: node.run(f"mkdir -p {trusted} && cat > {trusted}/ca.crt", stdin=certificate))
        yield registry
    finally:
        # What a node has it pulls no more: the next run has to.
        images = f"docker images --digests --format '{{{{.Repository}}}}@{{{{.Digest}}}}' {registry}/team/redis"
        cluster.each(lambda node: node.run(f"rm -rf {trusted}; {images} | xargs -r docker rmi --force"))
        home.run(f"systemctl stop private-open private-shut; rm -rf {_HOME}; systemctl reset-failed")
