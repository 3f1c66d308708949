"""A proxy between any client and a plain server that keeps what goes over each WebSocket, both ways, as it passes."""
import json
import socket
import threading
from urllib.parse import urlsplit

import wire

SENT, HEARD = "→", "←"  # by the client


class Frames:
    """Bytes of one direction of a connection → texts of its WebSocket; bytes of plain HTTP give none."""

    def __init__(self):
        self.data, self.text = b"", b""
        self.is_socket = None  # None: the head of the first request or answer is still incomplete

    def take(self, piece):
        if self.is_socket is False:
            return []
        self.data += piece
        if self.is_socket is None and b"\r\n\r\n" in self.data:
            head, _, self.data = self.data.partition(b"\r\n\r\n")
            self.is_socket = b"upgrade: websocket" in head.lower()
        texts = []
        while self.is_socket and (frame := self._next()) is not None:
            texts += self._message(*frame)
        return texts

    def _next(self):
        if len(self.data) < 2:
            return None
        first, second = self.data[:2]
        length, at = second & 0x7f, 2
        if length >= 126:
            at = 4 if length == 126 else 10
            if len(self.data) < at:
                return None
            length = int.from_bytes(self.data[2:at], "big")
        mask, at = (self.data[at:at + 4], at + 4) if second & 0x80 else (b"", at)
        if len(self.data) < at + length:
            return None
        payload, self.data = self.data[at:at + length], self.data[at + length:]
        return first & 0x0f, bool(first & 0x80), wire.unmask(payload, mask) if mask else payload

    def _message(self, opcode, final, payload):
        """What this frame completes; control frames may stand between the parts of a message."""
        if opcode > wire.BINARY:
            return []
        self.text += payload
        if not final:
            return []
        text, self.text = self.text, b""
        return [text]


class Tap:
    """.url is where clients go; .connections has, for each WebSocket, its messages [(SENT or HEARD, value), …]."""

    def __init__(self, server):
        self.upstream, self.connections = urlsplit(server["url"]), []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = "http://127.0.0.1:%d" % self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.listener.shutdown(socket.SHUT_RDWR)  # wakes who accepts
        self.listener.close()

    def _accept(self):
        while True:
            try:
                client = self.listener.accept()[0]
            except OSError:
                return  # closed
            server = socket.create_connection((self.upstream.hostname, self.upstream.port))
            exchange = []
            self.connections.append(exchange)
            for source, sink, direction in ((client, server, SENT), (server, client, HEARD)):
                threading.Thread(target=self._pump, args=(source, sink, direction, exchange), daemon=True).start()

    @staticmethod
    def _pump(source, sink, direction, exchange):
        """Kept before it is passed on: an answer never stands before its request."""
        frames = Frames()
        try:
            while piece := source.recv(65536):
                exchange += [(direction, json.loads(text)) for text in frames.take(piece)]
                sink.sendall(piece)
        except OSError:
            pass  # one of the two has hung up: so does the other
        for end in (source, sink):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
