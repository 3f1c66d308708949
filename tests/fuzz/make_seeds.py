"""Seed inputs for the fuzz targets: make_seeds.py FOLDER writes FOLDER/<target>/<seed>, from the vectors where
there are some and by hand where a format is short. A seed need not be perfect: it shows the fuzzer the way in."""
import itertools
import json
import struct
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
VECTORS = ROOT / "tests" / "vectors"
PEER = 0x11223344
TEXTS = {
    "args": ["--flag --text a --number 5 --duration 10s --list x --list=y word", "--later -h -- --flag", "1h30m",
             "--text=b --number=99999999999999999999", "250ms"],
    "web_url": ["https://localhost:8443/c/clinic-1?x=1#part", "http://[::1]:80/", "https://example.org",
                "wss://127.0.0.1/live"],
    "threshold": ["frame.latency.p95<200ms", "m.join_media.p99 <= 1.5s", "sessions.failed==0", "frame.lost.rate<1%",
                  "video.psnr.min>30dB"],
    "open_metrics": ['# TYPE a counter\nnode_cpu_seconds_total{cpu="0",mode="user"} 12.5\n# EOF\n',
                     'caseload_media_drops_total{worker="0",cause="late"} 3 1700000000.1 # {x="1"} 2\n'
                     'process_cpu_seconds_total 1e3\nprocess_resident_memory_bytes NaN\n',
                     'x{a="b\\"c\\n",} +Inf\r\ny{'],
    "net_profile": ["wifi-lossy", "delay=40ms,jitter=10ms,loss=1%,rate=2mbit/s,queue=200ms",
                    "dsl,up:weak-mobile,down:loss=2%,burst=4,bad-loss=50%", "duplicate=0.1,reorder=2%,lag=5ms"],
    "arrival_day": ["time,per_hour\n08:00,12\n09:30:15,40.5\n17:00,0\n", "# c\r\ntime,per_hour\r\n0,6\r\n90m,3\r\n1.5h,0",
                    "time,per_hour\n00:00,1000000\n24:00,0\n"],
}
PATTERNS = [(b"^(%w+)=([^,]*),?", b"key=value,"), (b"%b()%f[%a]", b"(a(b)c)d"), (b"(a*(.)%w(%s*))", b"aab c "),
            (b"[%a_][%w_]-$", b"name_1"), (b"()%1", b"x")]


def vp8_frames():
    """Of the recorded IVF file (12 bytes of header before each frame)."""
    data = (VECTORS / "media" / "bars.ivf").read_bytes()
    at = struct.unpack_from("<H", data, 6)[0]
    while at + 12 <= len(data):
        size = struct.unpack_from("<I", data, at)[0]
        yield data[at + 12:at + 12 + size]
        at += 12 + size


def vp8_payloads():
    descriptors = (b"\x10", b"\x90\x80\x85", b"\x90\xe0\x81\x02\x07\x40", b"\x90\xf0\x85\x33\x07\x61")
    for descriptor, frame in zip(descriptors, vp8_frames()):
        yield descriptor + frame[:200]


def rtp(payload_type, sequence, payload, extensions=b"", marker=False, padding=0):
    """RFC 3550 5.1, extensions as in RFC 8285 4.2."""
    extensions += bytes(-len(extensions) % 4)
    first = 0x80 | (0x10 if extensions else 0) | (0x20 if padding else 0)
    head = struct.pack("!BBHII", first, payload_type | (0x80 if marker else 0), sequence, 3000 * sequence, PEER)
    if extensions:
        head += struct.pack("!HH", 0xBEDE, len(extensions) // 4) + extensions
    return head + payload + (bytes(padding - 1) + bytes([padding]) if padding else b"")


def rtp_packets():
    payload = next(vp8_payloads())
    yield rtp(96, 1, payload, b"\x10\x31" + b"\x61\x00\x07", marker=True)
    yield rtp(111, 2, bytes.fromhex("f8fffe"), b"\x40\x8a" + b"\x52\x01\x02\x03")
    yield rtp(97, 3, b"\x00\x01" + payload)
    yield rtp(96, 4, b"", padding=8)


def rtcp(kind, count, body):
    return struct.pack("!BBH", 0x80 | count, kind, len(body) // 4) + body


def rtcp_packets():
    """RFC 3550 6, RFC 4585 6, RFC 5104 4.3.1, and the drafts of REMB and transport-wide feedback."""
    block = struct.pack("!IIIIII", 1, 0x10000002, 70000, 90, 0x12345678, 65536)
    both = struct.pack("!II", PEER, 1)
    report = rtcp(200, 1, struct.pack("!IQIII", PEER, 0xE000000012345678, 90000, 10, 1000) + block)
    yield report + rtcp(202, 1, struct.pack("!I", PEER) + b"\x01\x05cname\x00")
    yield rtcp(201, 1, struct.pack("!I", PEER) + block)
    yield rtcp(205, 1, both + struct.pack("!HH", 1, 0x8001))
    yield rtcp(206, 1, both)
    yield rtcp(206, 4, both + struct.pack("!II", 1, 5 << 24))
    yield rtcp(206, 15, struct.pack("!II", PEER, 0) + b"REMB" + struct.pack("!II", 1 << 24 | 5 << 18 | 1000, 1))
    yield rtcp(205, 15, both + bytes.fromhex("0001000300000100" "2003" "0404" "08000000"))
    yield rtcp(203, 1, struct.pack("!I", PEER))


def records(kinds_and_bodies):
    """As media_worker_fuzz.c reads them: kind, length, bytes."""
    return b"".join(struct.pack("!BH", kind, len(body)) + body for kind, body in kinds_and_bodies)


def bandwidth():
    """As bandwidth_fuzz.c reads it: how much is sent and told, then the RTCP."""
    feedback = [rtcp(205, 15, struct.pack("!IIHHI", PEER, 1, first, 8, reference << 8 | count) + struct.pack("!H", 0x2008) +
                     bytes([20] * 8) + bytes(2)) for count, (first, reference) in enumerate(((0, 1), (8, 2), (16, 4), (8, 0x7fffff)))]
    yield b"".join(b"\x31" + packet for packet in feedback)
    remb = rtcp(206, 15, struct.pack("!II", PEER, 0) + b"REMB" + struct.pack("!II", 1 << 24 | 5 << 18 | 1000, 1))
    yield b"\x22" + remb


def media_worker():
    raw, stranger, as_rtp, as_rtcp, wait, switch = range(6)
    yield records([(as_rtp, packet) for packet in rtp_packets()] + [(wait, bytes(20))])
    yield records([(as_rtp, next(rtp_packets()))] + [(as_rtcp, packet) for packet in rtcp_packets()])
    yield records([(raw, next(stun())[1:]), (stranger, next(stun())[1:]), (switch, bytes(3)), (wait, bytes(200))])


def srtp():
    rtp = bytes([0x80, 96, 0, 1]) + bytes(4) + b"SSRC" + bytes(28)
    extended = bytes([0x91, 96, 0, 2]) + bytes(4) + b"SSRC" + bytes(4) + b"\xbe\xde\x00\x01" + bytes(16)
    report = bytes([0x80, 201, 0, 3]) + b"SSRC" + bytes(8)
    yield b"".join(bytes([choice, len(packet) // 8]) + packet
                   for choice, packet in [(2, rtp), (2, extended), (3, report), (14, rtp), (15, report), (0, rtp)])


def stun():
    """A binding request (RFC 8489 5) raw, and its attributes to be signed by the target."""
    def attribute(kind, value):
        return struct.pack("!HH", kind, len(value)) + value + bytes(-len(value) % 4)
    body = (attribute(0x0006, b"ufrag:peer") + attribute(0x0024, b"\x6e\x00\x01\xff") +
            attribute(0x802A, bytes(8)) + attribute(0x0025, b"") + attribute(0x0008, bytes(20)) +
            attribute(0x8028, bytes(4)))
    yield b"\x00" + struct.pack("!HHI", 1, len(body), 0x2112A442) + bytes(12) + body
    yield b"\xc0" + b"\x00\x24\x04\x6e\x00\x01\xff" + b"\x80\x2a\x08" + bytes(8) + b"\x00\x25\x00"
    yield b"\x80" + b"\x00\x06\x0aufrag:peer"


def ice_light():
    """As ice_light_fuzz.c reads them: checks answered and nominated, a role conflict, candidates, time."""
    raw, stranger, response, error, request, candidate, wait, restart = range(8)
    mapped = b"\x00\x20\x08\x00\x01" + bytes(6)
    conflict = b"\x00\x09\x04\x00\x00\x04\x57"
    line = b"candidate:1 1 UDP 2113937151 192.0.2.1 4242 typ host"
    yield records([(response, mapped), (response, mapped), (wait, bytes(30)), (response, b""), (wait, bytes(200))])
    yield records([(error, conflict), (restart, b""), (candidate, line), (wait, bytes(3)), (response, mapped)])
    yield records([(request, b"\x80\x29\x08" + bytes(8) + b"\x00\x24\x04\x6e\x00\x01\xff"), (stranger, next(stun())[1:]),
                   (raw, next(stun())[1:])])


def clip_files():
    """The first byte chooses the reader."""
    ivf, webm, wav, ogg, y4m = range(5)
    for kind, name in ((ivf, "bars.ivf"), (webm, "bars.webm"), (webm, "bars-live.webm"), (ogg, "tone.opus")):
        yield bytes([kind]) + (VECTORS / "media" / name).read_bytes()
    samples = struct.pack("<480h", *range(480))
    yield bytes([wav]) + b"RIFF" + struct.pack("<I", 36 + len(samples)) + b"WAVEfmt " + struct.pack(
        "<IHHIIHH", 16, 1, 1, 48000, 96000, 2, 16) + b"data" + struct.pack("<I", len(samples)) + samples
    yield bytes([y4m]) + b"YUV4MPEG2 W16 H16 F15:1 Ip A1:1 C420jpeg\n" + 2 * (b"FRAME\n" + bytes(384))


def requests():
    sdp = (VECTORS / "sdp" / "chromium-data-offer.sdp").read_text()
    calls = [("authenticate", {"token": "t"}),
             ("enter", {"link": "clinic-1", "name": "Somebody", "details": {"complaint": "cough"}, "token": "t"}),
             ("dashboard.subscribe", {"clinic": "1"}), ("call.join", {"card": "1"}),
             ("card.note", {"card": "1", "note": "n", "priority": "urgent"}),
             ("card.update", {"card": "1", "name": "N", "details": {}}),
             ("card.remove", {"card": "1", "reason": "no_show"}), ("card.transfer", {"card": "1", "clinic": "2"}),
             ("chat.send", {"card": "1", "text": "hello \u00e4 \U0001f600"}), ("space.get", {"space": "1"}),
             ("media.offer", {"sdp": sdp}), ("space.leave", {})]
    for number, (method, parameters) in enumerate(calls):
        yield json.dumps({"jsonrpc": "2.0", "id": number, "method": method, "params": parameters}).encode()


def shards():
    """The first byte chooses the part of a shard's files."""
    card, metrics, checks, sums, hold, pair = range(6)
    histogram = {"count": 3, "overflow": 0, "negative": 1, "min": 5, "max": 70, "sum": 80.0, "buckets": [[5, 2], [70, 1]]}
    health = {"windows": 9, "unfit": 1, "kernel_drops": 0, "late_starts": 0, "probe_frames": 5, "probe_refused": 0,
              "by_reason": {"CPU": 1, "SLIP": 0, "DROPS": 0, "LATE": 0, "PROBES": 0, "QUEUE": 0, "NETWORK": 0}, "cpu_max": 0.9, "cpu_sum": 3.5,
              "send_slip_p99_max_us": 900, "loop_lag_max_us": 80}
    counts = dict.fromkeys(("planned", "started", "completed", "failed", "late", "dropped", "cut", "participants_peak",
                            "participants_total"), 4)
    run = {"program_version": "1", "settings": {"settings": {"consult": "6s"}}, "seed": "7", "media": {"mode": "full"}}
    for kind, document in (
            (card, {"schema": "caseload/shard-card/1", "index": 1, "count": 3, "workers": 2, "begun": True, "start_us": 5,
                    "end_us": 9, "start_at_us": 5, "start_skew_us": -1, "start_late": False,
                    "thresholds": ["freeze.ratio<1%"], "reasons": [{"exit_code": 4, "text": "a shard is lost"}]}),
            (metrics, [{"name": "frame.latency", "unit": "us", "kind": "latency", "tag": "role=patient", "sum": 0,
                        "additions": 3, "histogram": histogram},
                       {"name": "rtp.sent", "unit": "1", "kind": "count", "tag": "", "sum": 9, "additions": 2}]),
            (checks, [{"requirement": "WA-24", "counts": {"PASS": 2, "FAIL": 1}, "kept": [
                {"verdict": "FAIL", "session": 3, "at_us": 5, "message": "m", "evidence": ""}]}]),
            (sums, {**health, **counts}),
            (sums, [{"name": "frames", "expected": 5, "seen": 4, "explained": 1, "missing": 0, "explanation": "cut"}]),
            (hold, {"from_us": 1000000, "to_us": 3000000, "counts": counts, "metrics": [], "health": health,
                    "running_mean": 2.5, "running_max": 3}),
            (pair, [run, {**run, "settings": {"settings": {"consult": "8s"}}}])):
        yield bytes([kind]) + json.dumps(document).encode()


def opus_packets():
    """RFC 6716 3.2: one frame; two alike; several with and without padding."""
    frame = bytes(range(1, 41))
    yield b"\xf8" + frame
    yield b"\xf9" + frame
    yield b"\xfb\x02" + frame
    yield b"\xfb\x41\x05" + frame + bytes(5)


def assembler_packets():
    """Frame, part, flags, time: two whole frames, then one whose parts come the wrong way round."""
    for parts in (range(4), reversed(range(4))):
        yield bytes(itertools.chain.from_iterable((frame, part, int(frame == 0), 9)
                                                  for frame in range(3) for part in parts))


def constants():
    """Type, size or value as in lua 5.4's dump, without the header that the target puts in front."""
    yield bytes([1, 0x80 | 5]) + b"@x.l" + bytes([0x80, 0x80, 0, 1, 2]) + bytes([0x81]) + bytes(4)
    yield bytes([0, 0x80, 0x80, 0x80, 0, 0, 2, 0x82]) + bytes(8) + bytes([0x82, 0x04, 0x83]) + b"me" + bytes([0x04])


def staircases():
    """What a shard of a staircase says that it was to do."""
    plan = {"by": "sessions", "objectives": ["freeze.ratio<1%"], "steps": [2, 4], "session_us": 1000000, "rise_us": 4000000,
            "hold_us": 3000000, "period_us": 12000000, "start_at_us": 1700000000000000, "seed": "7"}
    host = {"cpu": "one", "cores": 2, "kernel": "Linux", "memory_bytes": 5, "noisy": False}
    generator = {"media": True, "way": "full clients", "ceiling": {"participants_per_core": 520, "packets_per_s": 50000.0,
                                                                  "measured_us": 5}}
    path = {"sent": 50, "lost": 0, "rtt_p50_us": 4, "rtt_max_us": 9}
    for document in (plan, {**plan, "steps": []}, {**plan, "hold_us": -1}):
        yield json.dumps({"schema": "caseload/capacity/1", "plan": document, "host": host, "generator": generator,
                          "idle_path": path, "shard": {"index": 0, "count": 2}, "steps": [{"why": "left out"}]}).encode()


def known_failures():
    """The first byte chooses the verdict and the day."""
    entry = {"requirement": "WA-05", "ticket": "T-1", "owner": "ann", "expires": "2026-01-31", "reason": "the space stays"}
    for entries in ([entry], [entry, {**entry, "requirement": "TR-08", "expires": "2028-02-29"}], [{**entry, "expires": "2026-02-30"}]):
        for first in (0, 0x82):
            yield bytes([first]) + json.dumps({"schema": "caseload/known-failures/1", "entries": entries}).encode()


def all_seeds():
    yield "sdp", (path.read_bytes() for path in sorted((VECTORS / "sdp").glob("*.sdp")))
    for target, lines in TEXTS.items():
        yield target, (line.encode() for line in lines)
    yield "pattern", (bytes([len(pattern)]) + pattern + subject for pattern, subject in PATTERNS)
    yield "bytecode", constants()
    yield "clip_file", clip_files()
    yield "frame_assembler", assembler_packets()
    yield "ice_light", ice_light()
    yield "jsonrpc", requests()
    yield "known_failures", known_failures()
    yield "bandwidth", bandwidth()
    yield "media_worker", media_worker()
    yield "rtcp", rtcp_packets()
    yield "rtp", (bytes(range(1, 8)) + packet for packet in rtp_packets())
    yield "shard", shards()
    yield "staircase", staircases()
    yield "stamp", opus_packets()
    yield "srtp", srtp()
    yield "stun", stun()
    yield "vp8_payload", vp8_payloads()


def main():
    for target, seeds in all_seeds():
        folder = Path(sys.argv[1]) / target
        folder.mkdir(parents=True, exist_ok=True)
        for number, seed in enumerate(seeds):
            (folder / ("seed-%d" % number)).write_bytes(seed)


main()
