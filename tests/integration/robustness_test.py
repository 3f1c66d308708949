"""Random bytes on every port of the server while a consultation goes on: the consultation is not disturbed,
the server neither dies nor grows, and it answers afterwards."""
import collections
import random
import re
import socket
import struct
import threading
import time
import unittest

import caseload
import wire

SECONDS = 60
# Each thread, so that two cores are left to the consultation that must not suffer.
DATAGRAMS_PER_S, CONNECTIONS_PER_S = 400, 20
# What the attack may leave behind: caches of the allocator and of TLS. A minute left 3 MiB.
GROWTH_MAX_KIB = 8 * 1024
CALM = ("--set", "consult=3s", "--set", "think=100ms", "--set", "arrive=100ms")


def random_bytes(dice, most):
    return dice.randbytes(dice.randrange(most + 1))


# ---- datagrams, as RFC 7983 tells them apart ----

def stun(dice):
    """Magic cookie and a length that may be right, then attributes that are not."""
    body = b"".join(struct.pack("!HH", dice.choice((0x0006, 0x0008, 0x0020, 0x8028, 0x0025, dice.randrange(65536))),
                                dice.choice((0, 4, 20, 8, dice.randrange(65536)))) + random_bytes(dice, 24)
                    for _ in range(dice.randrange(6)))
    length = dice.choice((len(body), len(body) & ~3, dice.randrange(65536)))
    return struct.pack("!HHI", dice.choice((0x0001, 0x0101, 0x0111, dice.randrange(0x4000))), length,
                       0x2112A442) + dice.randbytes(12) + body


def dtls(dice):
    body = random_bytes(dice, 300)
    return struct.pack("!BHHIHH", dice.choice((20, 21, 22, 22, 22, 23)), dice.choice((0xFEFD, 0xFEFF, 0x0101)),
                       0, 0, dice.randrange(4), dice.choice((len(body), dice.randrange(65536)))) + body


def rtp(dice):
    return struct.pack("!BBHII", 0x80 | dice.randrange(64), dice.choice((111, 96, 97, 239, 224, dice.randrange(256))),
                       dice.randrange(65536), dice.randrange(1 << 32), dice.randrange(1 << 32)) \
        + random_bytes(dice, 1200)


def rtcp(dice):
    return struct.pack("!BBHI", 0x80 | dice.randrange(64), dice.randrange(200, 208), dice.randrange(400),
                       dice.randrange(1 << 32)) + random_bytes(dice, 400)


def noise(dice):
    return random_bytes(dice, 1500)


# ---- connections ----

def bytes_only(server, dice):
    url = server["url"].rpartition(":")[2]
    with socket.create_connection(("127.0.0.1", int(url)), 2) as sock:  # below TLS, if there is one
        sock.sendall(random_bytes(dice, 4000))


def bytes_inside(server, dice):
    with wire.dial(server, 2) as sock:
        sock.sendall(random_bytes(dice, 4000))


def half_a_request(server, dice):
    request = dice.choice((b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n", wire.handshake(),
                           b"POST /api/v1/sign-in HTTP/1.1\r\nHost: localhost\r\n"
                           b"Content-Type: application/json\r\nContent-Length: 4000000000\r\n\r\n{\"username\":",
                           b"POST /api/v1/sign-in HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
                           b"GET /" + b"a" * 20000 + b" HTTP/1.1\r\n\r\n",
                           b"GET /web/../../etc/passwd HTTP/1.1\r\nHost: localhost\r\n\r\n",
                           b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 3000))
    with wire.dial(server, 2) as sock:
        sock.sendall(request[:dice.randrange(len(request)) + 1])
        if dice.random() < 0.5:
            sock.settimeout(0.2)
            sock.recv(4096)


def bad_frames(server, dice):
    with wire.WebSocket(server) as connection:
        for _ in range(dice.randrange(1, 8)):
            kind = dice.randrange(3)
            if kind == 0:
                connection.sock.sendall(random_bytes(dice, 400))
            elif kind == 1:
                connection.send(random_bytes(dice, 400), opcode=dice.randrange(16),
                                final=dice.random() < 0.7, masked=dice.random() < 0.8)
            else:
                text = bytearray(b'{"jsonrpc":"2.0","id":1,"method":"enter","params":{"link":"clinic","name":"A"}}')
                for _ in range(dice.randrange(4)):
                    text[dice.randrange(len(text))] = dice.randrange(32, 127)
                connection.send(bytes(text))


class Attack:
    """Threads that throw things at a server until told to stop; .thrown counts them by kind."""

    def __init__(self, server, seed):
        self.server, self.over = server, threading.Event()
        self.thrown, self.lock = collections.Counter(), threading.Lock()
        port = server["media_ports"][0]
        datagrams = [stun, dtls, rtp, rtcp, noise]
        connections = [bytes_only, bytes_inside, half_a_request, bad_frames]
        self.threads = [threading.Thread(target=self.throw_datagrams, args=(port, datagrams, seed), daemon=True),
                        threading.Thread(target=self.throw_connections, args=(connections, seed + 1),
                                         daemon=True)]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        for thread in self.threads:
            thread.join(20)

    def count(self, kind):
        with self.lock:
            self.thrown[kind.__name__] += 1

    def throw_datagrams(self, port, kinds, seed):
        dice = random.Random(seed)
        socks = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(8)]
        while not self.over.wait(0.01):
            for _ in range(DATAGRAMS_PER_S // 100):
                kind = dice.choice(kinds)
                try:
                    dice.choice(socks).sendto(kind(dice), ("127.0.0.1", port))
                    self.count(kind)
                except OSError:
                    pass  # the kernel's buffers are full
        for sock in socks:
            sock.close()

    def throw_connections(self, kinds, seed):
        dice = random.Random(seed)
        while not self.over.wait(1 / CONNECTIONS_PER_S):
            kind = dice.choice(kinds)
            try:
                kind(self.server, dice)
            except (OSError, wire.Closed, AssertionError):
                pass  # hung up on, as it should be
            self.count(kind)


def resident_kib(process):
    with open("/proc/%d/status" % process.pid) as status:
        return int(re.search(r"VmRSS:\s+(\d+)", status.read()).group(1))


class Robustness(unittest.TestCase):
    fixture = None

    @classmethod
    def setUpClass(cls):
        """What one-to-one needs, as its own driver makes it for a server of its own."""
        with caseload.run("one-to-one", "--media", "none", "--sessions", 2, "--duration", "1ms", *CALM) as run:
            cls.fixture = run.json("fixture.json")

    def undisturbed(self, *server_arguments):
        with caseload.server(*server_arguments, fixture=self.fixture) as server:
            process = server["process"]
            trust = () if "--plain" in server_arguments else ("--ca", server["folder"] / "ca.pem")
            with Attack(server, 1):  # what is allocated once is there before the measurement
                time.sleep(1)
            before = resident_kib(process)
            with Attack(server, 7) as attack, \
                    caseload.run("one-to-one", "--sessions", 2, "--duration", "%ds" % SECONDS, "--url",
                                 server["url"], "--target-config", server["folder"] / "fixture.json", *trust,
                                 *CALM, timeout=SECONDS + 130) as run:
                self.judge_run(run)
            time.sleep(1)
            self.judge_server(server, before, attack)

    def judge_run(self, run):
        self.assertTrue(run.passed, run.text)
        summary = run.summary
        self.assertGreaterEqual(summary["sessions"]["completed"], 2)
        self.assertEqual(summary["sessions"]["failed"], 0)
        self.assertGreater(run.metric("frame.received")["sum"], 100)
        self.assertEqual(run.metric("frame.lost")["sum"], 0, run.text)
        self.assertEqual(run.metric("audio.lost")["sum"], 0, run.text)
        self.assertEqual(summary["metrics"].get("isolation.forbidden", {}).get("sum", 0), 0)

    def judge_server(self, server, before, attack):
        process = server["process"]
        log = (server["folder"] / "log").read_text()
        self.assertIsNone(process.poll(), log)
        self.assertIn(b'"status":"ok"', wire.health(server))
        growth = resident_kib(process) - before
        self.assertLess(growth, GROWTH_MAX_KIB, "KiB more after %s" % dict(attack.thrown))
        for kind in (stun, dtls, rtp, rtcp, noise, bytes_only, bytes_inside, half_a_request, bad_frames):
            self.assertGreater(attack.thrown[kind.__name__], SECONDS, kind.__name__)
        process.terminate()
        self.assertEqual(process.wait(10), 0, log)
        self.assertNotIn("Sanitizer", (server["folder"] / "log").read_text())

    def test_random_bytes_disturb_nobody(self):
        self.undisturbed()

    def test_random_bytes_disturb_nobody_in_the_clear(self):
        self.undisturbed("--plain")


if __name__ == "__main__":
    unittest.main()
