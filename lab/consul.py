"""A Consul server of one's own on loopback, for tests and measurements that need the real thing."""

import http.client
import json
import os
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from . import life
from .say import LabError
from .wait import until

#: A consul program to use in place of the depot's.
VARIABLE = "ARPANET_CONSUL"
_PORTS = ("http", "server", "serf_lan")
_UNUSED = ("dns", "grpc", "https", "serf_wan")
_TRIALS = 3


def binary() -> Path:
    """The consul program: the one that ARPANET_CONSUL names, or the depot's."""
    stated = os.environ.get(VARIABLE)
    if stated:
        return Path(stated)
    cached = life.consul_path()
    return cached if cached.exists() else life.consul()


@contextmanager
def server(program: Path | None = None, options: dict[str, object] | None = None, token: str = "") -> Iterator[str]:
    """The URL of a fresh server, which ends with the context, as does everything in it.

    `options` are added to its configuration; `token` is one that may write keys, where that takes one.
    """
    program = program or binary()
    with tempfile.TemporaryDirectory(prefix="arpanet-consul-") as directory:
        process, port = _start(program, Path(directory), options or {}, token)
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            _stop(process)


def _start(
    program: Path, directory: Path, options: dict[str, object], token: str
) -> tuple[subprocess.Popen[bytes], int]:
    log = directory / "log"
    for trial in range(_TRIALS):
        ports = dict(zip(_PORTS, _free_ports(len(_PORTS)), strict=True))
        config = directory / f"config-{trial}.json"
        config.write_text(json.dumps({**_config(directory / f"data-{trial}", ports), **options}))
        with log.open("ab") as out:
            process = subprocess.Popen(
                [program, "agent", "-config-file", config], stdout=out, stderr=out, start_new_session=True
            )
        try:
            until(
                partial(_ended_or_leads, process, ports["http"], token),
                what="the Consul server leading",
                seconds=20,
                every=0.05,
            )
        except BaseException:
            _stop(process)
            raise
        if process.poll() is None:
            return process, ports["http"]
    raise LabError(f"{program} does not start:\n{log.read_text()[-2000:]}")


def _config(data: Path, ports: dict[str, int]) -> dict[str, object]:
    return {
        "server": True,
        "bootstrap_expect": 1,
        "bind_addr": "127.0.0.1",
        "client_addr": "127.0.0.1",
        "data_dir": str(data),
        "node_name": "only",
        "log_level": "warn",
        "disable_update_check": True,
        "connect": {"enabled": False},
        "performance": {"raft_multiplier": 1},
        "ports": {**ports, **dict.fromkeys(_UNUSED, -1)},
    }


def _free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    try:
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [int(one.getsockname()[1]) for one in sockets]
    finally:
        for one in sockets:
            one.close()


def _ended_or_leads(process: "subprocess.Popen[bytes]", port: int, token: str) -> bool:
    """A process that ended has not got its ports: another program was faster."""
    return process.poll() is not None or _leads(port, token)


def _leads(port: int, token: str) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=1)
    try:
        connection.request("PUT", "/v1/kv/lab/ready", body=b"{}", headers={"X-Consul-Token": token})
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _stop(process: "subprocess.Popen[bytes]") -> None:
    """End this very process; its data are thrown away, so there is nothing to leave in order."""
    if process.poll() is None:
        process.send_signal(signal.SIGKILL)
    process.wait()
