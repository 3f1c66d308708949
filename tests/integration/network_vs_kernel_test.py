"""A kernel that impairs the same packets gives the same figures as an emulated network: the same engine, server and
cable between two namespaces, once with --net and once with nftables or tc. Runs by name only (it takes three minutes and
root): tests/integration/run build/release/bin KernelCrossCheck."""
import contextlib
import json
import math
import os
import shutil
import subprocess
import time
import unittest

import caseload

QUIET = ["--set", "arrive=10ms", "--set", "think=10ms", "--set", "spread=0", "--set", "prepared_share=0", "--set",
         "drop_share=0", "--set", "leave_share=0", "--set", "stranger_share=0", "--probes", 0]
AUDIO_PER_S, IP_UDP, ETHERNET = 50, 28, 14
HERE, THERE, PORT, MEDIA = "10.77.31.1", "10.77.31.2", 8443, 50000


def shell(*command, **options):
    return subprocess.run(list(map(str, command)), check=True, capture_output=True, text=True, timeout=30, **options).stdout


class Link:
    """Two network namespaces and a virtual cable: the engine here, the server there."""

    def __init__(self):
        self.here, self.there = ("caseload-%s-%d" % (side, os.getpid()) for side in "ab")

    def __enter__(self):
        for name in (self.here, self.there):
            shell("ip", "netns", "add", name)
        shell("ip", "link", "add", "here", "netns", self.here, "type", "veth", "peer", "name", "there", "netns", self.there)
        for name, device, address in ((self.here, "here", HERE), (self.there, "there", THERE)):
            shell("ip", "-n", name, "addr", "add", address + "/24", "dev", device)
            # What a sender hands over in one piece is impaired packet by packet.
            shell("ip", "-n", name, "link", "set", device, "up", "gso_max_segs", "1")
            shell("ip", "-n", name, "link", "set", "lo", "up")
        return self

    def __exit__(self, *_):
        for name in (self.here, self.there):
            subprocess.run(["ip", "netns", "del", name], capture_output=True)

    def lose(self, share):
        """Of UDP datagrams, where they arrive, on both sides."""
        rules = ("table inet impair {\n chain arriving {\n type filter hook input priority 0;\n"
                 " meta l4proto udp numgen random mod 10000 < %d drop\n }\n}\n" % (share * 10000))
        for name in (self.here, self.there):
            shell("ip", "netns", "exec", name, "nft", "-f", "-", input=rules)

    def limit_down(self, rate_bps, queue):
        """UDP from the server to the engine, with a queue of so many packets: what finds it full is dropped whatever its
        size, as in an emulated network. Signalling is not limited, either."""
        tc = ["ip", "netns", "exec", self.there, "tc"]
        shell(*tc, "qdisc", "add", "dev", "there", "root", "handle", "1:", "htb", "default", "20")
        for number, rate in ((10, rate_bps), (20, 5000000000)):
            shell(*tc, "class", "add", "dev", "there", "parent", "1:", "classid", "1:%d" % number, "htb", "rate",
                  "%dbit" % rate, "burst", "1600", "cburst", "1600", "quantum", "1514")
        shell(*tc, "qdisc", "add", "dev", "there", "parent", "1:10", "handle", "10:", "pfifo", "limit", queue)
        shell(*tc, "filter", "add", "dev", "there", "parent", "1:", "protocol", "ip", "prio", "1", "u32", "match", "ip",
              "protocol", "17", "0xff", "flowid", "1:10")

    @contextlib.contextmanager
    def server(self, folder, fixture):
        (folder / "fixture.json").write_text(fixture)
        announce = folder / "announce.json"
        process = subprocess.Popen(
            ["ip", "netns", "exec", self.there, str(caseload.BIN / "caseload-server"), "--listen", "%s:%d" % (THERE, PORT), "--media",
             "%s:%d" % (THERE, MEDIA), "--announce", str(announce), "--fixture", str(folder / "fixture.json")],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
        try:
            until = time.monotonic() + 20
            while not announce.exists() or not announce.read_text().endswith("\n"):
                if process.poll() is not None or time.monotonic() > until:
                    raise AssertionError("caseload-server did not start")
                time.sleep(0.02)
            yield
        finally:
            process.terminate()
            process.wait(10)

    def consultations(self, folder, sessions, seconds, *arguments):
        """The summary of a run through the cable."""
        story = ["one-to-one", "--sessions", sessions, "--duration", "%ds" % (seconds - 5), "--ramp", "1s", "--seed", 3, "--set",
                 "consult=%ds" % seconds, *QUIET]
        fixture = caseload.caseload("script", "fixture", *story).stdout
        with self.server(folder, fixture):
            out = folder / "run"
            command = ["ip", "netns", "exec", self.here, *caseload.command("run", *story, "--url", "https://%s:%d" % (THERE, PORT),
                       "--target-config", folder / "fixture.json", "--insecure", "--out", out, *arguments)]
            done = subprocess.run(command, capture_output=True, text=True, timeout=150, stdin=subprocess.DEVNULL)
            if done.returncode not in (0, 1, 3, 4):  # what the kernel loses, the engine lays at the platform's door
                raise AssertionError(done.stdout + done.stderr)
            return json.loads((out / "summary.json").read_text())


def measured(sessions, seconds, impair, *arguments):
    with caseload.temporary_folder() as folder, Link() as link:
        impair(link)
        return link.consultations(folder, sessions, seconds, *arguments)


def figure(summary, name, what="sum"):
    return summary["metrics"].get(name, {}).get(what, 0)


def audio_loss(summary):
    return figure(summary, "audio.lost") / figure(summary, "audio.expected")


@unittest.skipUnless(os.geteuid() == 0 and shutil.which("ip") and shutil.which("tc") and shutil.which("nft"),
                     "needs root, iproute2 and nftables")
class KernelCrossCheck(unittest.TestCase):
    def tell(self, what, emulated, kernel, row):
        print("%-28s emulated %s   kernel %s" % (what, row(emulated), row(kernel)))

    def test_random_loss(self):
        sessions, seconds, share = 3, 30, 0.05
        emulated = measured(sessions, seconds, lambda link: None, "--net", "loss=5%")
        kernel = measured(sessions, seconds, lambda link: link.lose(share))
        self.tell("loss 5 % both ways", emulated, kernel, lambda one: "audio %.2f %% of %d, frames lost %d of %d, repaired %d, NACKs %d" % (
            100 * audio_loss(one), figure(one, "audio.expected"), figure(one, "frame.lost"), figure(one, "frame.expected"),
            figure(one, "rtp.retransmitted"), figure(one, "rtcp.nack_sent")))
        both = 1 - (1 - share) ** 2
        for one in (emulated, kernel):
            error = math.sqrt(both * (1 - both) / figure(one, "audio.expected"))
            self.assertLess(abs(audio_loss(one) - both), 5 * error)
        # What is missing of the picture is the platform's answer to the losses: the same to both.
        frames = [figure(one, "frame.lost") / figure(one, "frame.expected") for one in (emulated, kernel)]
        self.assertLess(abs(frames[0] - frames[1]), 0.1)
        repaired = [figure(one, "rtp.retransmitted") / figure(one, "rtp.received") for one in (emulated, kernel)]
        self.assertLess(abs(repaired[0] - repaired[1]), 0.3 * repaired[1])

    def test_rate_with_a_queue(self):
        # Sound alone, which no sender and no server makes less of: 171 kbit/s are offered to each of two receivers. They
        # have an emulated network each, or a cable that they share; there, the kernel counts Ethernet's header, too.
        sound = ["--media", "audio", "--audio", "128"]
        seconds, rate, queue_s = 30, 150000, 0.2
        emulated = measured(1, seconds, lambda link: None, *sound, "--net", "down:rate=150kbit/s,queue=200ms")
        talked = figure(emulated, "audio.expected") / (2 * AUDIO_PER_S)
        carried = emulated["metrics"]["net.datagrams"]["by"]["direction=down"]["sum"] - figure(emulated, "net.queue_dropped")
        rate_there, queue = 2 * rate + 8 * ETHERNET * carried / talked, carried / talked * queue_s
        kernel = measured(1, seconds, lambda link: link.limit_down(round(rate_there), round(queue)), *sound)
        self.tell("down 150 kbit/s, 200 ms", emulated, kernel, lambda one: "audio lost %.1f %% of %d, latency p50 %.0f ms, p95 %.0f ms" % (
            100 * audio_loss(one), figure(one, "audio.expected"), figure(one, "audio.latency", "p50") / 1000,
            figure(one, "audio.latency", "p95") / 1000))
        # RTP and RTCP with the headers of UDP and IPv4, as against what the link carries while the two talk.
        self.assertLess(abs((figure(emulated, "rtp.bytes_received") + IP_UDP * carried) * 8 / talked / (2 * rate) - 1), 0.1)
        self.assertGreater(audio_loss(emulated), 0.05)
        self.assertLess(abs(audio_loss(emulated) - audio_loss(kernel)), 0.03)
        for quantile in ("p50", "p95"):
            self.assertLess(abs(figure(emulated, "audio.latency", quantile) - figure(kernel, "audio.latency", quantile)), 40000)


if __name__ == "__main__":
    unittest.main()
