"""What `pour` talks to: swallows bytes until they end, or sends each back."""

import socket
import socketserver


class Sink(socketserver.BaseRequestHandler):
    """One connection; its first byte says what it is about."""

    def handle(self):
        self.request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self.request.recv(1) == b"T":
            while self.request.recv(1 << 20):
                pass
            self.request.sendall(b"x")
            return
        while data := self.request.recv(1):
            self.request.sendall(data)


socketserver.ThreadingTCPServer.allow_reuse_address = True
socketserver.ThreadingTCPServer(("", 5201), Sink).serve_forever()
