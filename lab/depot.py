"""The depot's image: registry and release mirror with everything already in them."""

import hashlib
import http.client
import tempfile
import zipfile
from pathlib import Path

from .builds import LABEL, STAND_IN_CODENAME, build, node, stand_ins
from .docker import docker, execute, inspect
from .machine import Machine
from .paths import IMAGES
from .say import Step
from .wait import until

CONSUL_VERSION = "1.8.7"
REGISTRY_PORT = 5000
MIRROR_PORT = 8080


def image(machine: Machine) -> str:
    """The depot's image; build the stand-ins and put them into its registry when it is missing."""
    parent = node(STAND_IN_CODENAME, machine)
    empty = build("depot-empty", IMAGES / "depot", {"FROM": parent, "CONSUL": CONSUL_VERSION})
    built = stand_ins(machine)
    total = hashlib.sha256(repr((empty, built)).encode()).hexdigest()[:12]
    tag = f"arpanet-lab/depot:{total}"
    if inspect("image", tag) is None:
        with Step("filling the depot's registry"):
            _fill(empty, built, tag)
    return tag


def consul_checksum(container: str) -> str:
    """The checksum of the Consul archive that a running depot serves, as `sha256:<hex>`."""
    sums = execute(
        container, "cat", f"/srv/mirror/consul/{CONSUL_VERSION}/consul_{CONSUL_VERSION}_SHA256SUMS",
        what="reading the checksum of the Consul archive",
    )  # fmt: skip
    return f"sha256:{sums.split()[0]}"


def extract_consul(image: str, target: Path) -> Path:
    """Leave the program of the Consul archive in the depot's image at `target`."""
    archive = f"/srv/mirror/consul/{CONSUL_VERSION}"
    container = docker("create", image, what="opening the depot's image")
    try:
        with tempfile.TemporaryDirectory(dir=target.parent) as directory:
            docker("cp", f"{container}:{archive}", directory, what="taking the Consul archive out of the depot's image")
            found = next(Path(directory).glob(f"*/consul_{CONSUL_VERSION}_linux_*.zip"))
            with zipfile.ZipFile(found) as opened:
                program = Path(opened.extract("consul", directory))
            program.chmod(0o755)
            program.replace(target)
    finally:
        docker("rm", "--volumes", container, what="closing the depot's image")
    return target


def serving(address: str) -> bool:
    """Whether registry and mirror of a depot both answer."""
    return _answers(address, REGISTRY_PORT, "/v2/") and _answers(address, MIRROR_PORT, "/consul/")


def _fill(empty: str, built: dict[str, tuple[str, tuple[str, ...]]], tag: str) -> None:
    # The registry runs alone for this, not under systemd: what is committed then holds
    # its data and no state of a booted system.
    name = "arpanet-lab-filling"
    docker("rm", "--force", "--volumes", name, what="removing a depot left half filled")
    docker(
        "run", "--detach", "--name", name, "--publish", f"127.0.0.1::{REGISTRY_PORT}", empty,
        "docker-registry", "serve", "/etc/docker/registry/config.yml", what="starting a registry",
    )  # fmt: skip
    try:
        places = docker("port", name, str(REGISTRY_PORT), what="asking for the registry's port")
        port = int(places.splitlines()[0].rpartition(":")[2])
        until(lambda: _answers("127.0.0.1", port, "/v2/"), what="the registry answering", seconds=30)
        for image_id, names in built.values():
            for published in (f"127.0.0.1:{port}/{one}" for one in names):
                docker("tag", image_id, published, what=f"naming {published}")
                docker("push", "--quiet", published, what=f"pushing {published}")
                docker("rmi", published, what=f"removing the name {published}")
        docker("stop", name, what="stopping the registry")
        command = 'CMD ["/sbin/init", "SYSTEMD_CGROUP_ENABLE_LEGACY_FORCE=1"]'
        docker(
            "commit", "--change", command, "--change", f"LABEL {LABEL}=depot", name, tag,
            what="keeping the filled depot",
        )  # fmt: skip
    finally:
        docker("rm", "--force", "--volumes", name, what="removing the filling depot")


def _answers(host: str, port: int, path: str) -> bool:
    connection = http.client.HTTPConnection(host, port, timeout=2)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
