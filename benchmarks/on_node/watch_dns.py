"""Runs on a node until its input ends: asks the node's resolver for a name all the time.

Argument: the name. Prints, as JSON, when each address came and went: [[seconds since 1970, address, came]].
"""

import json
import select
import socket
import struct
import sys
import time

PAUSE = 0.004


def question(name):
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
    return struct.pack(">6H", 1, 0x0100, 1, 0, 0, 0) + labels + b"\0" + struct.pack(">2H", 1, 1)


def addresses(data, length):
    # Every answer is to the one name that was asked for: a pointer, 10 bytes, an address.
    count = struct.unpack(">H", data[6:8])[0]
    return {socket.inet_ntoa(data[at + 12 : at + 16]) for at in range(length, length + 16 * count, 16)}


wanted = question(sys.argv[1])
seen = set()
changes = []
line = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
line.connect(("127.0.0.1", 53))
line.settimeout(1)
print("watching", flush=True)
while not select.select([sys.stdin], [], [], PAUSE)[0]:
    try:
        line.send(wanted)
        answer = line.recv(4096)
    except OSError:
        continue
    now = time.time()
    found = addresses(answer, len(wanted))
    changes += [[now, address, True] for address in found - seen]
    changes += [[now, address, False] for address in seen - found]
    seen = found
print(json.dumps(changes))
