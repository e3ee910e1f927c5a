"""Pours bytes into a sink for some seconds, then exchanges single ones: prints MB/s and the median round trip in ms."""

import socket
import sys
import time

host, seconds = sys.argv[1], float(sys.argv[2])
with socket.create_connection((host, 5201), 5) as sink:
    sink.settimeout(60)
    sink.sendall(b"T")
    chunk, sent, began = bytes(1 << 16), 0, time.monotonic()
    while time.monotonic() - began < seconds:
        sink.sendall(chunk)
        sent += len(chunk)
    sink.shutdown(socket.SHUT_WR)
    sink.recv(1)
    rate = sent / 1e6 / (time.monotonic() - began)
with socket.create_connection((host, 5201), 5) as echo:
    echo.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    echo.sendall(b"E")
    times = []
    for _ in range(500):
        began = time.monotonic()
        echo.sendall(b"x")
        echo.recv(1)
        times.append(time.monotonic() - began)
print(rate, sorted(times)[250] * 1000)
