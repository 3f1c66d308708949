"""Light clients: the stories over one socket per shard with an address for each participant; strangers at that
socket; what is refused before the run."""
import os
import random
import socket
import threading
import time
import unittest

import caseload
from caseload import caseload as command
from robustness_test import dtls, noise, rtcp, rtp, stun

NOTE = "light clients: on loopback they can flatter a server by up to 2 times"


class LightStories(unittest.TestCase):
    def passes(self, story, *arguments):
        with caseload.run(story, "--client", "light", *arguments) as run:
            self.assertTrue(run.passed, run.text)
            summary = run.summary
            self.assertGreaterEqual(summary["sessions"]["completed"], 1)
            self.assertEqual(summary["sessions"]["failed"], 0)
            self.assertGreater(run.metric("frame.received")["sum"], 0)
            self.assertEqual(run.metric("frame.lost")["sum"], 0, run.text)
            self.assertEqual(run.metric("audio.lost")["sum"], 0, run.text)
            self.assertEqual(summary["metrics"].get("isolation.forbidden", {}).get("sum", 0), 0)
            return run, run.json("run.json")

    def test_one_to_one_with_lost_networks(self):
        run, _ = self.passes("one-to-one", "--sessions", 4, "--duration", "8s", "--seed", 3, "--set", "consult=6s",
                             "--set", "drop_share=1", "--set", "leave_share=0")
        self.assertIn("rejoin to media", run.text)

    def test_teletriage_with_every_branch(self):
        self.passes("teletriage", "--sessions", 6, "--duration", "15s", "--seed", 2)

    def test_check_in(self):
        self.passes("check-in", "--sessions", 3, "--duration", "10s", "--seed", 5)

    def test_two_workers_with_two_media_workers(self):
        self.passes("one-to-one", "--sessions", 4, "--duration", "8s", "--workers", 2, "--media-workers", 2,
                    "--set", "consult=6s", "--seed", 4)

    def test_bursts_leave_and_come_as_segments(self):
        _, card = self.passes("one-to-one", "--sessions", 2, "--duration", "6s", "--set", "consult=5s", "--send",
                              "burst", "--video", "720p@1500")
        self.assertIn("segmented", card["media"]["io_path"])

    def test_audio_only(self):
        with caseload.run("one-to-one", "--client", "light", "--media", "audio", "--sessions", 2, "--duration", "5s",
                          "--set", "consult=5s") as run:
            self.assertTrue(run.passed, run.text)
            self.assertGreater(run.metric("audio.received")["sum"], 0)

    def test_every_figure_carries_the_kind(self):
        with caseload.run("one-to-one", "--client", "light", "--sessions", 1, "--duration", "3s", "--set",
                          "consult=3s") as run:
            card = run.json("run.json")
            self.assertEqual(card["media"]["client"], "light")
            self.assertEqual([note for note in card["notes"] if note.startswith(NOTE)][1:], [])
            self.assertIn(NOTE, " ".join(card["notes"]))
            self.assertIn(NOTE, run.stdout)
            self.assertIn(NOTE, run.read("report.html"))
        with caseload.run("one-to-one", "--sessions", 1, "--duration", "3s", "--set", "consult=3s") as run:
            self.assertEqual(run.json("run.json")["media"]["client"], "full")
            self.assertNotIn(NOTE, run.text + run.read("report.html"))


def children(pid):
    with open("/proc/%d/task/%d/children" % (pid, pid)) as file:
        return [int(word) for word in file.read().split()]


def shared_port(pid):
    """The port of the UDP socket at 0.0.0.0 that this process has; None: none yet."""
    inodes = set()
    for name in os.listdir("/proc/%d/fd" % pid):
        try:
            inodes.add(os.readlink("/proc/%d/fd/%s" % (pid, name)))
        except OSError:
            pass
    with open("/proc/%d/net/udp" % pid) as file:
        for line in list(file)[1:]:
            words = line.split()
            if "socket:[%s]" % words[9] in inodes and words[1].startswith("00000000:"):
                return int(words[1].split(":")[1], 16)
    return None


def find_shared_port(parent):
    until = time.monotonic() + 20
    while time.monotonic() < until:
        for pid in children(parent):
            try:
                port = shared_port(pid)
            except OSError:  # it ended just now
                continue
            if port:
                return port
        time.sleep(0.05)
    raise AssertionError("no shared socket appeared")


class Strangers(threading.Thread):
    """Throws datagrams of all kinds at the first addresses of the block until told to stop."""

    def __init__(self, parent):
        super().__init__(daemon=True)
        self.parent, self.over, self.thrown, self.error = parent, threading.Event(), 0, None

    def run(self):
        dice = random.Random(5)
        socks = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(4)]
        try:
            port = find_shared_port(self.parent)
            while not self.over.wait(0.01):
                for _ in range(4):
                    kind = dice.choice((stun, dtls, rtp, rtcp, noise))
                    dice.choice(socks).sendto(kind(dice), ("127.16.0.%d" % dice.randrange(1, 12), port))
                    self.thrown += 1
        except (AssertionError, OSError) as error:
            self.error = error
        finally:
            for sock in socks:
                sock.close()


class LightHostility(unittest.TestCase):
    def test_strangers_at_the_shared_socket_disturb_nobody(self):
        with caseload.temporary_folder() as parent:
            process = caseload.subprocess.Popen(
                caseload.command("run", "one-to-one", "--client", "light", "--sessions", 2, "--duration", "15s", "--set",
                                 "consult=6s", "--out", parent / "run"),
                stdout=caseload.subprocess.PIPE, stderr=caseload.subprocess.PIPE, text=True)
            strangers = Strangers(process.pid)
            strangers.start()
            try:
                time.sleep(14)
            finally:
                strangers.over.set()
                strangers.join(20)
                out = process.communicate(timeout=120)
            run = caseload.Run(process, out, parent / "run")
            self.assertIsNone(strangers.error)
            self.assertTrue(run.passed, run.text)
            self.assertEqual(run.summary["sessions"]["failed"], 0)
            self.assertEqual(run.metric("frame.lost")["sum"], 0, run.text)
            self.assertEqual(run.summary["metrics"].get("isolation.forbidden", {}).get("sum", 0), 0)
            # All but the STUN and the empty ones are counted here.
            self.assertGreater(strangers.thrown, 1000)
            self.assertGreater(run.metric("generator.rx_strangers")["sum"], strangers.thrown * 0.5)


class LightErrors(unittest.TestCase):
    def refused(self, *arguments, words):
        run = command("run", "one-to-one", *arguments, timeout=60)
        self.assertEqual(run.code, 2, run.text)
        for word in words:
            self.assertIn(word, run.stderr)

    def test_addresses_are_of_light_clients(self):
        self.refused("--client-addresses", "127.16.0.0/16", words=["--client-addresses needs --client light"])

    def test_wrong_blocks_are_named(self):
        for block in ("127.0.0.0/8", "10.0.0.1/24", "nonsense", "10.0.0.0/31"):
            with self.subTest(block=block):
                self.refused("--client", "light", "--client-addresses", block, words=["--client-addresses " + block])

    def test_a_foreign_block_is_refused_before_the_run(self):
        self.refused("--client", "light", "--client-addresses", "192.0.2.0/24", words=["does not own", "192.0.2.1"])

    def test_a_small_block_is_refused_before_the_run(self):
        self.refused("--client", "light", "--client-addresses", "127.20.0.0/26", "--sessions", 100,
                     words=["62 addresses are too few"])

    def test_a_far_platform_cannot_answer_to_loopback(self):
        with caseload.run("one-to-one", "--media", "none", "--sessions", 1, "--duration", "1ms") as made, \
                caseload.temporary_folder() as folder:
            (folder / "fixture.json").write_text(made.read("fixture.json"))
            self.refused("--client", "light", "--url", "https://192.0.2.1:8443", "--target-config",
                         folder / "fixture.json", words=["--client-addresses", "192.0.2.1"])


if __name__ == "__main__":
    unittest.main()
