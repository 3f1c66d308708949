"""Strangers read what a capture leaves: tshark dissects and counts it, libsrtp's rtp_decoder decrypts the
wire with the kept keys, ffmpeg decodes what probes saved. Each is shown to object to a damaged file."""
import base64
import collections
import json
import shutil
import stat
import struct
import subprocess
import unittest

import caseload

DECODER = caseload.ROOT / "build" / "deps" / "libsrtp2" / "bin" / "rtp_decoder"
AS = ["-d", "udp.port==5004,rtp", "-d", "udp.port==5005,rtcp"]
US, PEER = "192.0.2.1", "192.0.2.2"
VP8, OPUS, RTX = 96, 111, 97
IP_UDP = 28  # bytes before RTP in a raw IP capture
PCAP_HEADER, PCAP_RECORD, LINKTYPE_RAW = 24, 16, 101
SENDER_REPORT, RECEIVER_REPORT, SDES, RTPFB, TRANSPORT_CC, CNAME = 200, 201, 202, 205, 15, 1
# One short consultation in which the patient's connection drops once and comes back.
STORY = ["one-to-one", "--sessions", 1, "--duration", "1s", "--seed", 5, "--capture", 0, "--probes", 100,
         "--set", "arrive=10ms", "--set", "think=10ms", "--set", "consult=5s", "--set", "drop_share=1"]
# What --fault lose-media takes of each RTP stream, in and out (reference-server/fault.h).
LOST_EVERY = 25


def output(*command):
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=120)
    if done.returncode != 0:
        raise AssertionError("%s: %s" % (command[0], done.stderr))
    return done


def tshark(path, *arguments):
    return output("tshark", "-r", path, *AS, *arguments).stdout


def fields(path, display_filter, *names, occurrence="a"):
    wanted = [word for name in names for word in ("-e", name)]
    text = tshark(path, "-Y", display_filter, "-T", "fields", "-E", "occurrence=" + occurrence, *wanted)
    return [line.split("\t") for line in text.splitlines()]


def objections(path):
    """Frames that tshark finds malformed or warns about, with its words. Padding alone is sound: the server
    finds out with it what a path carries (rtp.padding.data), and fills holes (of one byte: the count alone)."""
    return fields(path, "_ws.malformed || _ws.expert.severity >= \"Warning\" || "
                  "!(rtp.payload || rtp.padding.count || rtcp) || "
                  "rtp.version != 2 || rtcp.version != 2", "frame.number", "_ws.expert.message")


def as_pcap(path, folder):
    """The same packets in libpcap's classic format."""
    classic = folder / (path.stem + ".pcap")
    output("tshark", "-r", path, "-F", "pcap", "-w", classic)
    return classic


def records(data):
    """Where each packet of a classic pcap file begins, and its size."""
    at = PCAP_HEADER
    while at < len(data):
        size = struct.unpack_from("<I", data, at + 8)[0]
        yield at + PCAP_RECORD, size
        at += PCAP_RECORD + size


def of_stream(packet, source, ssrc):
    """Is this datagram RTP (not RTCP) of that SSRC from there?"""
    address = bytes(int(part) for part in source.split("."))
    payload_type = packet[IP_UDP + 1] & 0x7F
    return (packet[12:16] == address and not 64 <= payload_type <= 95
            and packet[IP_UDP + 8:IP_UDP + 12] == ssrc.to_bytes(4, "big"))


def rtp_packets(data, source, ssrc):
    """RTP packets of one stream in a classic pcap file, by sequence number."""
    packets = {}
    for at, size in records(data):
        packet = data[at:at + size]
        if of_stream(packet, source, ssrc):
            packets[int.from_bytes(packet[IP_UDP + 2:IP_UDP + 4], "big")] = packet[IP_UDP:]
    return packets


def decrypt(pcap, source, ssrc, suite, key):
    """What rtp_decoder makes of one SSRC: packets by sequence number, and how many it refused."""
    done = output(DECODER, "-c", suite, "-k", key, "-s", "%#x" % ssrc, "-m", "rtp", "-o", IP_UDP, "-p", pcap,
                  "-f", "src host %s and udp[16:4] = %#x and udp[9] & 0x7f >= 96" % (source, ssrc))
    packets, current = {}, None
    for line in done.stdout.splitlines() + ["0:0.0"]:
        if ":" in line:  # the time of the next packet
            if current:
                packets[int.from_bytes(current[2:4], "big")] = bytes(current)
            current = bytearray()
        else:
            current += bytes.fromhex(line.split(" ", 1)[1])
    refused = [line for line in done.stderr.splitlines() if line.startswith("Packet decode errors: ")]
    return packets, int(refused[0].rsplit(" ", 1)[1])


def play_back(main, rtx):
    """Sequence numbers of a stream and of its retransmissions in order of arrival: how many of the latter
    repaired something, and how many of both were there already."""
    seen, repaired, duplicates = set(), 0, 0
    for repair, sequence in sorted(main + rtx):
        fresh = sequence[1] not in seen
        seen.add(sequence[1])
        repaired += fresh and sequence[0]
        duplicates += not fresh
    return repaired, duplicates


class Capture:
    """One participant's files."""

    def __init__(self, counts):
        self.stem = counts.name[:-len(".json")]
        self.folder = counts.parent
        self.counts = json.loads(counts.read_text())
        self.tracks = self.counts["tracks"]
        self.plain, self.wire, self.keys = (self.folder / (self.stem + ending)
                                            for ending in (".pcapng", "-wire.pcapng", ".keys"))

    def counted(self):
        """(direction, SSRC, payload type is RTX) → packets, as the endpoint counted them."""
        packets = collections.Counter()
        for track in self.tracks:
            packets[US, track["send_ssrc"], False] += track["packets_sent"]
            packets[US, track["send_rtx_ssrc"], True] += track["retransmitted_packets_sent"]
            packets[PEER, track["receive_ssrc"], False] += (track["packets_received"] -
                                                            track["retransmitted_packets_received"])
        return +packets

    def streams(self):
        """Active media streams: source, SSRC."""
        for track in self.tracks:
            if track["packets_sent"]:
                yield US, track["send_ssrc"]
            if track["packets_received"]:
                yield PEER, track["receive_ssrc"]


class RunOnce(unittest.TestCase):
    """A run that all tests of the class look at."""
    arguments = []

    @classmethod
    def setUpClass(cls):
        if cls is RunOnce:
            raise unittest.SkipTest("holds no tests")
        cls.run_once = cls.enterClassContext(caseload.run(*STORY, *cls.arguments))
        cls.temporary = cls.enterClassContext(caseload.temporary_folder())
        cls.evidence = cls.run_once.folder / "evidence"
        cls.captures = [Capture(path) for path in sorted(cls.evidence.glob("*.json"))]

    def capture(self, stem):
        return next(capture for capture in self.captures if capture.stem == stem)

    def files(self):
        return [path for path in self.run_once.folder.rglob("*") if path.is_file()]

    def check_counts(self, capture):
        """Packets per SSRC by tshark against the endpoint's own counters."""
        self.assertTrue(capture.counts["written"])
        for name in ("left_out", "send_refused", "unknown_ssrc", "malformed", "unauthentic", "replayed"):
            self.assertEqual(capture.counts[name], 0, name)
        seen = collections.Counter()
        for source, ssrc, payload_type in fields(capture.plain, "rtp", "ip.src", "rtp.ssrc", "rtp.p_type"):
            self.assertIn(int(payload_type), (VP8, OPUS, RTX))
            seen[source, int(ssrc, 16), int(payload_type) == RTX] += 1
        self.assertEqual({key: n for key, n in seen.items() if key[0] == US or not key[2]},
                         dict(capture.counted()))
        repairs = {ssrc for source, ssrc, rtx in seen if source == PEER and rtx}
        self.assertEqual(repairs, {t["receive_rtx_ssrc"] for t in capture.tracks if t["receive_rtx_ssrc"]})
        return seen

    def frames(self, path):
        text = output("ffprobe", "-v", "error", "-count_frames", "-count_packets", "-select_streams", "v",
                      "-show_entries", "stream=codec_name,width,height,nb_read_frames,nb_read_packets",
                      "-of", "json", path)
        self.assertEqual(text.stderr, "")
        stream = json.loads(text.stdout)["streams"][0]
        self.assertEqual((stream["codec_name"], stream["width"], stream["height"]), ("vp8", 640, 360))
        self.assertEqual(stream["nb_read_frames"], stream["nb_read_packets"])
        return int(stream["nb_read_frames"])

    def check_frames(self):
        """What probes saved decodes to the number of frames that we counted."""
        roles = {"role=patient": "session-0-patient*.ivf", "role=team_member": "session-0-[!p]*.ivf"}
        for role, pattern in roles.items():
            with self.subTest(role):
                theirs = sum(self.frames(path) for path in self.evidence.glob(pattern))
                ours = self.run_once.metric("video.decoded")["by"][role]["sum"]
                received = self.run_once.metric("frame.received")["by"][role]["sum"]
                self.assertEqual(theirs, ours)
                self.assertGreater(ours, 0.8 * received)  # the others came while a key frame was missing

    def check_quality(self):
        psnr, ssim = self.run_once.metric("video.psnr"), self.run_once.metric("video.ssim")
        self.assertEqual(psnr["count"], self.run_once.metric("video.decoded")["sum"])
        self.assertGreater(psnr["min"], 30000)
        self.assertLess(psnr["max"], 60000)  # it was encoded: identical pictures would mean a shortcut
        self.assertGreater(ssim["min"], 800000)
        self.assertLess(ssim["max"], 1000000)

    def check_repairs(self, capture, track):
        """Received retransmissions replayed from the capture: what they repaired, what was there already."""
        arrived = collections.defaultdict(list)
        wanted = {track["receive_ssrc"]: False, track["receive_rtx_ssrc"]: True}
        for order, (source, ssrc, sequence, payload) in enumerate(fields(
                capture.plain, "rtp", "ip.src", "rtp.ssrc", "rtp.seq", "rtp.payload", occurrence="f")):
            if source == PEER and int(ssrc, 16) in wanted and (payload or not wanted[int(ssrc, 16)]):
                rtx = wanted[int(ssrc, 16)]  # RFC 4588: the original number comes first in the payload
                number = int(payload.replace(":", "")[:4], 16) if rtx else int(sequence)
                arrived[rtx].append((order, (rtx, number)))
        repaired, duplicates = play_back(arrived[False], arrived[True])
        self.assertEqual((track["retransmitted_packets_received"], track["duplicates"]),
                         (repaired, duplicates))
        return len(arrived[True])


def setup_context_for_old_python():
    """unittest has enterClassContext from Python 3.11 on."""
    if not hasattr(unittest.TestCase, "enterClassContext"):
        def enter(cls, context):
            value = context.__enter__()
            cls.addClassCleanup(context.__exit__, None, None, None)
            return value
        unittest.TestCase.enterClassContext = classmethod(enter)


setup_context_for_old_python()


class Witness(RunOnce):
    arguments = ["--keep-keys"]

    def test_every_life_of_an_actor_has_its_files(self):
        self.assertTrue(self.run_once.passed, self.run_once.text)
        stems = {capture.stem for capture in self.captures}
        self.assertLessEqual({"session-0-doctor", "session-0-patient", "session-0-patient.2"}, stems)
        sent = sum(track["packets_sent"] for capture in self.captures for track in capture.tracks)
        metric = self.run_once.metric("rtp.sent")["by"]
        self.assertEqual(sent, metric["role=patient"]["sum"] + metric["role=team_member"]["sum"])

    # -- tshark --

    @unittest.skipUnless(shutil.which("tshark"), "needs tshark")
    def test_tshark_dissects_every_packet(self):
        for capture in self.captures:
            with self.subTest(capture.stem):
                self.assertEqual(objections(capture.plain), [])

    @unittest.skipUnless(shutil.which("tshark"), "needs tshark")
    def test_tshark_objects_to_a_damaged_packet(self):
        classic = as_pcap(self.capture("session-0-patient").plain, self.temporary)
        data = classic.read_bytes()
        damages = {  # of which packets, byte in the UDP payload, new value
            "RTCP that says it is longer": (5005, 3, 0x7F),
            "RTP with an extension without end": (5004, 14, 0xFF),
            "RTP of version 1": (5004, 0, 0x50),
        }
        for name, (port, offset, value) in damages.items():
            with self.subTest(name):
                at = next(at for at, size in records(data)
                          if data[at + 20:at + 22] == port.to_bytes(2, "big"))
                damaged = bytearray(data)
                damaged[at + IP_UDP + offset] = value
                classic.write_bytes(damaged)
                self.assertEqual(len(objections(classic)), 1)
        classic.write_bytes(data)
        self.assertEqual(objections(classic), [])

    @unittest.skipUnless(shutil.which("tshark"), "needs tshark")
    def test_tshark_counts_what_we_counted(self):
        for capture in self.captures:
            with self.subTest(capture.stem):
                seen = self.check_counts(capture)
                self.assertGreaterEqual(len(seen), 4)  # sound and picture, sent and received

    @unittest.skipUnless(shutil.which("tshark"), "needs tshark")
    def test_a_packet_more_or_less_is_seen(self):
        capture = Capture(self.evidence / "session-0-patient.json")
        capture.plain = as_pcap(capture.plain, self.temporary)
        self.check_counts(capture)
        data = capture.plain.read_bytes()
        at, size = next((at, size) for at, size in records(data) if data[at + 20:at + 22] == b"\x13\x8c")
        capture.plain.write_bytes(data[:at - PCAP_RECORD] + data[at + size:])
        with self.assertRaises(AssertionError):
            self.check_counts(capture)
        capture.plain.write_bytes(data + data[at - PCAP_RECORD:at + size])
        with self.assertRaises(AssertionError):
            self.check_counts(capture)

    @unittest.skipUnless(shutil.which("tshark"), "needs tshark")
    def test_rtcp_both_ways(self):
        for capture in self.captures:
            with self.subTest(capture.stem):
                types, feedback, names = (collections.defaultdict(set) for _ in range(3))
                for source, kinds, formats, items in fields(capture.plain, "rtcp", "ip.src", "rtcp.pt",
                                                            "rtcp.rtpfb.fmt", "rtcp.sdes.type"):
                    for known, words in ((types, kinds), (feedback, formats), (names, items)):
                        known[source] |= {int(word) for word in words.split(",") if word}
                self.assertLessEqual({SENDER_REPORT, SDES, RTPFB}, types[US])
                self.assertLessEqual({SENDER_REPORT, SDES, RTPFB}, types[PEER])
                self.assertIn(RECEIVER_REPORT, types[US] | types[PEER])
                for source in (US, PEER):
                    self.assertIn(TRANSPORT_CC, feedback[source])
                    self.assertIn(CNAME, names[source])

    # -- rtp_decoder --

    def stream_and_key(self, stem="session-0-patient"):
        capture = self.capture(stem)
        keys = json.loads(capture.keys.read_text())
        self.assertEqual(keys["suite"], "AEAD_AES_128_GCM")
        for source, ssrc in capture.streams():
            yield capture, source, ssrc, keys["suite"], keys["send" if source == US else "receive"]

    @unittest.skipUnless(DECODER.exists() and shutil.which("tshark"), "needs rtp_decoder and tshark")
    def test_rtp_decoder_decrypts_the_wire(self):
        streams = 0
        for capture, source, ssrc, suite, key in self.stream_and_key():
            with self.subTest("%s %#x" % (source, ssrc)):
                plain = rtp_packets(as_pcap(capture.plain, self.temporary).read_bytes(), source, ssrc)
                wire = as_pcap(capture.wire, self.temporary)
                cipher = rtp_packets(wire.read_bytes(), source, ssrc)
                packets, refused = decrypt(wire, source, ssrc, suite, key)
                self.assertEqual(refused, 0)
                self.assertGreater(len(packets), 20)
                self.assertEqual(packets, plain)
                self.assertEqual(set(cipher), set(plain))
                for number, packet in cipher.items():  # 16 bytes of tag, and nothing left readable
                    self.assertEqual(len(packet), len(plain[number]) + 16)
                    self.assertNotIn(plain[number][-16:], packet)
            streams += 1
        self.assertEqual(streams, 4)

    @unittest.skipUnless(DECODER.exists() and shutil.which("tshark"), "needs rtp_decoder and tshark")
    def test_rtp_decoder_objects_to_a_flipped_bit_and_a_wrong_key(self):
        capture, source, ssrc, suite, key = next(self.stream_and_key())
        wire = as_pcap(capture.wire, self.temporary)
        data = bytearray(wire.read_bytes())
        whole, _ = decrypt(wire, source, ssrc, suite, key)
        at, size = next((at, size) for at, size in records(data)
                        if of_stream(data[at:at + size], source, ssrc))
        data[at + size - 20] ^= 1  # in the ciphertext, before the tag
        wire.write_bytes(data)
        packets, refused = decrypt(wire, source, ssrc, suite, key)
        self.assertEqual(refused, 1)
        self.assertEqual(len(packets), len(whole) - 1)
        wrong = ("1" if key[0] == "0" else "0") + key[1:]
        packets, refused = decrypt(wire, source, ssrc, suite, wrong)
        self.assertEqual((len(packets), refused), (0, len(whole)))

    # -- ffmpeg --

    @unittest.skipUnless(shutil.which("ffprobe"), "needs ffmpeg")
    def test_ffmpeg_decodes_the_frames_that_probes_decoded(self):
        self.check_frames()

    @unittest.skipUnless(shutil.which("ffmpeg"), "needs ffmpeg")
    def test_ffmpeg_objects_to_a_damaged_file(self):
        path = next(self.evidence.glob("session-0-patient*.ivf"))
        damaged = self.temporary / "damaged.ivf"
        data = bytearray(path.read_bytes())
        data[32 + 12 + 3] ^= 0xFF  # the start code of the first key frame (RFC 6386 9.1)
        damaged.write_bytes(data)
        with self.assertRaises(AssertionError):
            self.frames(damaged)

    @unittest.skipUnless(shutil.which("ffmpeg"), "needs ffmpeg")
    def test_saved_sound_is_sound(self):
        paths = list(self.evidence.glob("*.wav"))
        self.assertGreaterEqual(len(paths), 3)
        for path in paths:
            with self.subTest(path.name):
                done = output("ffmpeg", "-hide_banner", "-nostdin", "-i", path, "-af", "volumedetect", "-f",
                              "null", "-")
                self.assertIn("48000 Hz", done.stderr)
                samples, peak = (float(done.stderr.split(word)[1].split()[0])
                                 for word in ("n_samples: ", "max_volume: "))
                self.assertGreater(samples, 48000 // 4)
                self.assertGreater(peak, -40)

    def test_quality_is_plausible(self):
        self.check_quality()

    # -- secrets --

    def test_kept_keys_are_in_their_files_alone(self):
        keys = [capture.keys for capture in self.captures]
        for path in keys:
            self.assertEqual(stat.S_IMODE(path.stat().st_mode), 0o600, path.name)
        secrets = set()
        for path in keys:
            for direction in ("send", "receive"):
                key = bytes.fromhex(json.loads(path.read_text())[direction])
                self.assertEqual(len(key), 16 + 12)
                secrets |= {key[:16], key.hex().encode(), base64.b64encode(key[:15])}
        self.assertEqual(len(secrets), 3 * 2 * len(keys))  # no two alike
        self.assert_absent(secrets, except_for=keys)

    def assert_absent(self, secrets, except_for):
        for path in set(self.files()) - set(except_for):
            data = path.read_bytes()
            for secret in secrets:
                self.assertNotIn(secret, data, path.name)

    def test_passwords_and_tokens_stay_out(self):
        fixture = self.run_once.folder / "fixture.json"  # of the embedded server, which is gone
        secrets = {person["password"].encode() for person in self.run_once.json("fixture.json")["staff"]}
        self.assertGreater(len(secrets), 1)
        secrets |= {b"ice-pwd", b"ice-ufrag", b'"token"', b"Bearer "}
        self.assert_absent(secrets, except_for=[fixture])
        with self.assertRaises(AssertionError):
            self.assert_absent(secrets, except_for=[])


class WithoutKeys(RunOnce):
    """As users capture: without --keep-keys. The server loses packets, the same ones every time."""
    arguments = ["--fault", "lose-media"]

    def test_no_key_is_written(self):
        self.assertEqual(self.run_once.summary["sessions"]["completed"], 1, self.run_once.text)
        self.assertGreaterEqual(len(self.captures), 2)
        for path in self.files():
            self.assertNotEqual(path.suffix, ".keys")
            self.assertNotIn(b"caseload/keys", path.read_bytes(), path.name)

    def lost_and_repaired(self, capture, source, ssrc, rtx_ssrc):
        """Of one video stream in the capture: how many packets the server lost, how many of those were sent again."""
        media, repairs = set(), set()
        for sender, stream, sequence, payload in fields(capture.plain, "rtp", "ip.src", "rtp.ssrc", "rtp.seq",
                                                        "rtp.payload", occurrence="f"):
            if sender == source and int(stream, 16) == ssrc:
                media.add(int(sequence))
            elif sender == source and int(stream, 16) == rtx_ssrc and payload:
                repairs.add(int(payload.replace(":", "")[:4], 16))
        lost = {number for number in range(min(media), max(media)) if number % LOST_EVERY == 0}
        return len(lost), len(lost & repairs)

    @unittest.skipUnless(shutil.which("tshark"), "needs tshark")
    def test_what_was_lost_of_the_picture_is_sent_again(self):
        """Both ways; what is lost as a call ends or on a stalled machine may come to nothing."""
        for source, way in ((US, "send"), (PEER, "receive")):
            totals = [self.lost_and_repaired(capture, source, track[way + "_ssrc"], track[way + "_rtx_ssrc"])
                      for capture in self.captures for track in capture.tracks
                      if track[way + "_rtx_ssrc"] and track["packets_sent" if source == US else "packets_received"]]
            lost, repaired = map(sum, zip(*totals))
            print("%s: %d lost by the server, %d of them sent again" % (way, lost, repaired))
            self.assertGreater(lost, 10)
            self.assertGreaterEqual(repaired, 0.75 * lost)

    @unittest.skipUnless(shutil.which("tshark"), "needs tshark")
    def test_retransmissions_are_counted_apart(self):
        received = repaired = 0
        for capture in self.captures:
            with self.subTest(capture.stem):
                self.assertEqual(objections(capture.plain), [])
                self.check_counts(capture)
                for track in capture.tracks:
                    if track["receive_rtx_ssrc"]:
                        received += self.check_repairs(capture, track)
                        repaired += track["retransmitted_packets_received"]
        print("retransmitted: %d received, %d of them repairs" % (received, repaired))
        self.assertGreater(repaired, 10)

    @unittest.skipUnless(shutil.which("tshark"), "needs tshark")
    def test_what_was_lost_comes_as_a_retransmission_only(self):
        numbers = set()
        for capture in self.captures:
            media = {track["receive_ssrc"] for track in capture.tracks if track["packets_received"]}
            for source, ssrc, sequence in fields(capture.plain, "rtp", "ip.src", "rtp.ssrc", "rtp.seq"):
                if source == PEER and int(ssrc, 16) in media:
                    numbers.add(int(sequence) % LOST_EVERY)
        self.assertEqual(numbers, set(range(1, LOST_EVERY)))

    @unittest.skipUnless(shutil.which("ffprobe"), "needs ffmpeg")
    def test_what_was_repaired_is_what_was_lost(self):
        """Retransmissions are put together from the shared media: a wrong byte would not decode, or not well."""
        self.check_frames()
        self.check_quality()
        self.assertEqual(self.run_once.summary["metrics"].get("video.undecodable", {}).get("sum", 0), 0)


if __name__ == "__main__":
    unittest.main()
