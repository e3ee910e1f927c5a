"""A managed network plugin that stands in for Weave where that cannot be had: a bridge on each node, these joined by
VXLAN, and the parts of Weave's HTTP interface that are used. It runs with the node's own Python and iproute2.

It encrypts nothing and carries what the tests need: nothing that it does says what Weave's data path does.
"""

import json
import os
import re
import socketserver
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs

BRIDGE, TUNNEL = "weave", "vethwe-bridge"
NAME = next(iter(re.findall(r"--name=(\S+)", os.environ.get("EXTRA_ARGS", ""))), "")
MTU = os.environ.get("WEAVE_MTU") or "1376"
VERSION = Path("/version").read_text().strip()
TARGETS: list[str] = []
# Ranges of a router's own allocator: peer to whether it is known. Kept as Weave keeps them.
DATABASE = Path("/host/var/lib/weave/weavedata.db")
OWNERS: dict[str, bool] = json.loads(DATABASE.read_text()) if DATABASE.exists() else {}
RECLAIMED: list[str] = []


def ip(*words: str, program: str = "/usr/sbin/ip") -> bool:
    done = subprocess.run([program, *words], capture_output=True, text=True, check=False)
    if done.returncode:
        print(" ".join(words), done.stderr.strip(), flush=True)
    return done.returncode == 0


def bridge() -> None:
    if not ip("link", "show", BRIDGE):
        ip("link", "add", BRIDGE, "address", NAME or "02:00:00:00:00:01", "type", "bridge")
    ip("link", "set", BRIDGE, "up")
    if not ip("link", "show", TUNNEL):
        ip("link", "add", TUNNEL, "type", "vxlan", "id", "6784", "dstport", "6784")
    ip("link", "set", TUNNEL, "master", BRIDGE, "up")
    rule = ["FORWARD", "-i", BRIDGE, "-o", BRIDGE, "-j", "ACCEPT"]
    if not ip("-C", *rule, program="/usr/sbin/iptables-nft"):
        ip("-I", *rule, program="/usr/sbin/iptables-nft")


def connect(peers: list[str]) -> None:
    everybody = "00:00:00:00:00:00"
    for peer in set(TARGETS) - set(peers):
        ip("fdb", "del", everybody, "dev", TUNNEL, "dst", peer, program="/usr/sbin/bridge")
    for peer in peers:
        ip("fdb", "append", everybody, "dev", TUNNEL, "dst", peer, program="/usr/sbin/bridge")
    TARGETS[:] = peers


def ends(request: dict) -> tuple[str, str]:
    part = request["EndpointID"][:9]
    return f"vethwl{part}", f"vethwg{part}"


def create_endpoint(request: dict) -> dict:
    here, there = ends(request)
    ip("link", "add", here, "mtu", MTU, "type", "veth", "peer", "name", there, "mtu", MTU)
    ip("link", "set", here, "master", BRIDGE, "up")
    if (request.get("Interface") or {}).get("MacAddress"):
        return {"Interface": {}}
    return {"Interface": {"MacAddress": Path(f"/sys/class/net/{there}/address").read_text().strip()}}


def delete_endpoint(request: dict) -> dict:
    ip("link", "del", ends(request)[0])
    return {}


ANSWERS = {
    "Plugin.Activate": lambda _: {"Implements": ["NetworkDriver"]},
    "NetworkDriver.GetCapabilities": lambda _: {"Scope": "global", "ConnectivityScope": "global"},
    "NetworkDriver.AllocateNetwork": lambda request: {"Options": request.get("Options") or {}},
    "NetworkDriver.CreateEndpoint": create_endpoint,
    "NetworkDriver.DeleteEndpoint": delete_endpoint,
    "NetworkDriver.EndpointOperInfo": lambda _: {"Value": {}},
    "NetworkDriver.Join": lambda request: {"InterfaceName": {"SrcName": ends(request)[1], "DstPrefix": "ethwe"}},
}


class Driver(BaseHTTPRequestHandler):
    """The Engine's side."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        # The Engine may send its body in chunks.
        if self.headers.get("Transfer-Encoding") == "chunked":
            body = b""
            while size := int(self.rfile.readline().strip() or b"0", 16):
                body += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
        else:
            body = self.rfile.read(length)
        answer = ANSWERS.get(self.path.strip("/"), lambda _: {})(json.loads(body or b"{}") or {})
        reply(self, 200, json.dumps(answer).encode(), "application/vnd.docker.plugins.v1.1+json")

    def log_message(self, form: str, *words: object) -> None:
        print(form % words, flush=True)

    def address_string(self) -> str:
        return "engine"


class Control(BaseHTTPRequestHandler):
    """Weave's HTTP interface, in part."""

    def do_GET(self) -> None:
        connections = [
            {
                "Address": f"{peer}:6783",
                "State": "established",
                "Info": "",
                "Attrs": {"name": "sleeve", "encrypted": True},
            }
            for peer in TARGETS
        ]
        report = {
            "Ready": True,
            "Version": VERSION,
            "Router": {
                "Name": NAME,
                "Encryption": bool(os.environ.get("WEAVE_PASSWORD")),
                "Targets": TARGETS,
                "Connections": connections,
                "Peers": [{"Name": NAME}],
                "Interface": "vethwe-pcap (via pcap)",
            },
            "IPAM": {"Entries": [{"Peer": one, "Size": 8, "IsKnownPeer": known} for one, known in OWNERS.items()]},
            "Reclaimed": RECLAIMED,
        }
        reply(self, 200, json.dumps(report).encode())

    def do_POST(self) -> None:
        form = parse_qs(self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode())
        if self.path == "/connect":
            connect(form.get("peer", []))
        # For tests alone: a peer that is gone and owns a range.
        if self.path == "/own":
            OWNERS[form["peer"][0]] = False
            keep()
        # And what routers tell each other, once its ranges are another's.
        if self.path == "/disown":
            OWNERS.pop(form["peer"][0], None)
            keep()
        reply(self, 200, b"")

    def do_DELETE(self) -> None:
        peer = self.path.removeprefix("/peer/")
        RECLAIMED.append(peer)
        OWNERS.pop(peer, None)
        keep()
        reply(self, 200, f"8 IPs taken over from {peer}\n".encode())


def keep() -> None:
    DATABASE.parent.mkdir(parents=True, exist_ok=True)
    DATABASE.write_text(json.dumps(OWNERS))


def reply(handler: BaseHTTPRequestHandler, code: int, body: bytes, kind: str = "application/json") -> None:
    handler.send_response(code)
    handler.send_header("Content-Type", kind)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


class Listener(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    """HTTP on a Unix socket."""

    daemon_threads = True


def main() -> None:
    bridge()
    threading.Thread(target=ThreadingHTTPServer(("127.0.0.1", 6784), Control).serve_forever, daemon=True).start()
    socket = Path("/run/docker/plugins/weave.sock")
    socket.parent.mkdir(parents=True, exist_ok=True)
    socket.unlink(missing_ok=True)
    Listener(str(socket), Driver).serve_forever()


if __name__ == "__main__":
    main()
