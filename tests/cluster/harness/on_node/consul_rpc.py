"""Runs on a node: calls a Consul server's RPC in the clear, over TLS without a certificate, and with one.

Arguments: the server's address, and `name=certificate` for files with a certificate and its key. Prints what came of
each as JSON: {"plain": answered, "no certificate": answered, "name": answered}.
"""

import json
import socket
import ssl
import sys

# Status.Leader, which needs no token: a header and an empty body in MessagePack.
CALL = b"\x82\xadServiceMethod\xadStatus.Leader\xa3Seq\x00\xc0"
PLAIN, TLS = b"\x00", b"\x03"


def answered(address, certificate):
    """Did the server answer the call? `certificate` None is no TLS, empty is TLS without one."""
    line = socket.create_connection((address, 8300), timeout=5)
    try:
        if certificate is not None:
            line.sendall(TLS)
            context = ssl.create_default_context(cafile="/etc/consul.d/tls/ca.pem")
            if certificate:
                context.load_cert_chain(certificate)
            line = context.wrap_socket(line, server_hostname="server.dc1.consul")
        line.sendall(PLAIN + CALL)
        return b"Status.Leader" in line.recv(4096)
    except OSError:
        return False
    finally:
        line.close()


address, *certificates = sys.argv[1:]
ways = {"plain": None, "no certificate": "", **dict(one.split("=", 1) for one in certificates)}
print(json.dumps({name: answered(address, certificate) for name, certificate in ways.items()}))
