"""A WebSocket client that may break the rules, and HTTP over a bare socket, with nothing but the standard
library: what a hostile stranger can send to a server."""
import base64
import json
import os
import socket
import ssl
import struct
from urllib.parse import urlsplit

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10


def dial(server, timeout=5):
    """A connected socket to an announced server (see caseload.server), with TLS unless it is plain."""
    url = urlsplit(server["url"])
    sock = socket.create_connection((url.hostname, url.port), timeout)
    if url.scheme == "https":
        context = ssl.create_default_context(cafile=str(server["folder"] / "ca.pem"))
        sock = context.wrap_socket(sock, server_hostname=url.hostname)
    return sock


def http(server, request, timeout=5):
    """Send `request` as it is; the whole answer, whatever it is."""
    with dial(server, timeout) as sock:
        sock.sendall(request)
        answer = b""
        try:
            while piece := sock.recv(65536):
                answer += piece
        except OSError:
            pass
        return answer


def health(server):
    return http(server, b"GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")


def handshake(path="/live"):
    key = base64.b64encode(os.urandom(16)).decode()
    return ("GET %s HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Key: %s\r\nSec-WebSocket-Version: 13\r\n\r\n" % (path, key)).encode()


def unmask(payload, mask):
    """The payload behind the mask, or the masked one (RFC 6455 §5.3)."""
    repeated = mask * (len(payload) // 4 + 1)
    return bytes(a ^ b for a, b in zip(payload, repeated))


def frame(opcode, payload, final=True, masked=True):
    """One frame (RFC 6455 §5.2)."""
    head = bytes([(0x80 if final else 0) | opcode])
    mask_bit = 0x80 if masked else 0
    if len(payload) < 126:
        head += bytes([mask_bit | len(payload)])
    elif len(payload) < 65536:
        head += struct.pack("!BH", mask_bit | 126, len(payload))
    else:
        head += struct.pack("!BQ", mask_bit | 127, len(payload))
    if not masked:
        return head + payload
    mask = os.urandom(4)
    return head + mask + unmask(payload, mask)


class Closed(Exception):
    """The server closed: .code as in RFC 6455 §7.4, 0 when it hung up without one."""

    def __init__(self, code):
        super().__init__("closed with %d" % code)
        self.code = code


class WebSocket:
    def __init__(self, server):
        self.sock = dial(server)
        self.data = b""
        self.sock.sendall(handshake())
        head = self._until(b"\r\n\r\n")
        if b" 101 " not in head.split(b"\r\n")[0]:
            raise AssertionError("no WebSocket: %r" % head)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.sock.close()

    def send(self, text, opcode=TEXT, **options):
        """Also into a connection that is being closed: what the server said is still to be read."""
        payload = text if isinstance(text, bytes) else text.encode()
        try:
            self.sock.sendall(frame(opcode, payload, **options))
        except OSError:
            pass

    def receive(self):
        """The next message, decoded; raises Closed."""
        while True:
            opcode, payload = self._frame()
            if opcode == TEXT:
                return json.loads(payload)
            if opcode == CLOSE:
                raise Closed(struct.unpack("!H", payload[:2])[0] if len(payload) >= 2 else 0)

    def ask(self, text, **options):
        self.send(text, **options)
        return self.receive()

    def call(self, method, identity=1, **params):
        return self.ask(json.dumps({"jsonrpc": "2.0", "id": identity, "method": method, "params": params}))

    def closing(self):
        """Read on until the server closes; its code."""
        try:
            while True:
                self.receive()
        except Closed as closed:
            return closed.code

    def _more(self):
        try:
            piece = self.sock.recv(65536)
        except (ConnectionError, ssl.SSLError):
            piece = b""
        if not piece:
            raise Closed(0)
        self.data += piece

    def _until(self, mark):
        while mark not in self.data:
            self._more()
        head, self.data = self.data.split(mark, 1)
        return head

    def _bytes(self, count):
        while len(self.data) < count:
            self._more()
        taken, self.data = self.data[:count], self.data[count:]
        return taken

    def _frame(self):
        first, second = self._bytes(2)
        length = second & 0x7f
        if length == 126:
            length = struct.unpack("!H", self._bytes(2))[0]
        elif length == 127:
            length = struct.unpack("!Q", self._bytes(8))[0]
        return first & 0x0f, self._bytes(length)
