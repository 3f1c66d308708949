"""What the benches share: a server of their own and a generator, each on a core, the server's metrics, what both use
of processor and memory, and whether the host was noisy. Linux only. BENCH_FULL=1 asks a bench for its long form."""
import contextlib
import json
import os
import re
import signal
import ssl
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

BIN = Path(sys.argv[1] if len(sys.argv) > 1 else "build/release/bin").resolve()
FULL = os.environ.get("BENCH_FULL") == "1"
SEND = os.environ.get("SEND", "paced")
TICK_S = 1 / os.sysconf("SC_CLK_TCK")
CORES = sorted(os.sched_getaffinity(0))
SERVER_CORE, GENERATOR_CORE = CORES[0], CORES[-1]  # one and the same where there is one only

UNSOUND = "NOT SOUND"
OTHERS_MAX = 0.2  # cores; above, absolute figures say more about the neighbours

# Calls that stay as they are while one looks: nobody is prepared, drops, leaves or tries links.
STEADY = {"one-to-one": {"consult": "600s", "spread": 0, "prepared_share": 0, "drop_share": 0, "leave_share": 0,
                         "stranger_share": 0, "arrive": "200ms", "think": "200ms"}}


def number(name, default):
    return int(os.environ.get(name, default))


def pinned(core):
    """For Popen: the program and all its threads stay on that core."""
    return {"preexec_fn": lambda: os.sched_setaffinity(0, {core})}


def where():
    one = " (one core only: they share it)" if SERVER_CORE == GENERATOR_CORE else ""
    return "server on core %d, generator on core %d%s; %s, loopback" % (SERVER_CORE, GENERATOR_CORE, one, SEND)


def caseload(*arguments, **more):
    return subprocess.run([BIN / "caseload", *map(str, arguments)], text=True, capture_output=True, check=False, **more)


def has_story(name):
    return caseload("script", "check", name).returncode == 0


def settings_of(changes):
    return [word for key, value in changes.items() for word in ("--set", "%s=%s" % (key, value))]


def cpu_s(pid):
    fields = Path("/proc/%d/stat" % pid).read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) * TICK_S


def resident_kb(pid):
    return int(re.search(r"VmRSS:\s+(\d+)", Path("/proc/%d/status" % pid).read_text()).group(1)) * 1.024


def busy_s():
    """Processor time of everything on this host, all cores, time stolen by its own host included."""
    user, nice, system, _, _, irq, softirq, steal = map(int, Path("/proc/stat").read_text().split("\n")[0].split()[1:9])
    return (user + nice + system + irq + softirq + steal) * TICK_S


class Server:
    """caseload-server alone on its core; `plain`: without TLS, and no `ca` to trust."""

    def __init__(self, folder, fixture, plain=False, options=()):
        self.fixture, announced = folder / "fixture.json", folder / "announced.json"
        self.fixture.write_text(fixture)
        self.ca = None if plain else folder / "ca.pem"
        self.process = subprocess.Popen(
            [BIN / "caseload-server", "--listen", "127.0.0.1:0", "--media", "127.0.0.1:0", "--fixture", self.fixture,
             "--announce", announced, "--exit-with-parent", *(["--plain"] if plain else []), *options],
            stdout=subprocess.DEVNULL, stderr=open(folder / "server.log", "w"), **pinned(SERVER_CORE))
        until = time.monotonic() + 15
        while not announced.exists() or not announced.read_text().endswith("\n"):
            if time.monotonic() > until or self.process.poll() is not None:
                raise SystemExit("caseload-server did not start: " + (folder / "server.log").read_text()[-300:])
            time.sleep(0.05)
        said = json.loads(announced.read_text())
        self.url = said["url"]
        if self.ca:
            self.ca.write_text(said["certificate_pem"])
        self.trust = ssl.create_default_context(cafile=str(self.ca)) if self.ca else None

    def metrics(self):
        """Sums over all media workers and label sets by name; of drops also "drop CAUSE" by cause; of histograms
        "NAME le BOUND"."""
        text = urllib.request.urlopen(self.url + "/metrics", context=self.trust, timeout=5).read().decode()
        found = {}
        for name, labels, value in re.findall(r"^(\w+)(\{[^}]*\})? ([-\d.e+]+)$", text, re.M):
            bound, cause = re.search(r'le="([^"]+)"', labels), re.search(r'cause="(\w+)"', labels)
            if cause:
                name = "drop " + cause.group(1)
            if bound:
                name += " le " + bound.group(1)
            found[name] = found.get(name, 0) + float(value)
        return found

    def stop(self):
        self.process.terminate()
        self.process.wait(timeout=10)


class Generator:
    """caseload run against that server, alone on the other core."""

    def __init__(self, folder, server, story, load, settings, options):
        self.out = folder / "run"
        self.process = subprocess.Popen(
            [BIN / "caseload", "run", story, *load, "--seed", "1", "--probes", "0", "--send", SEND, "--url", server.url,
             *(["--ca", server.ca] if server.ca else []), "--target-config", server.fixture, "--quiet", "--out", self.out,
             *settings_of(settings), *options],
            stdout=subprocess.DEVNULL, stderr=open(folder / "run.log", "w"), **pinned(GENERATOR_CORE))

    def shards(self):
        pid = self.process.pid
        children = Path("/proc/%d/task/%d/children" % (pid, pid)).read_text().split()
        return [int(child) for child in children]

    def cpu_s(self):
        return sum(cpu_s(pid) for pid in self.shards())

    def stop(self):
        """Ends the calls where they are; what the run counted until then is written."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        self.process.wait(timeout=60)

    def result(self, name):
        return json.loads((self.out / name).read_text())


@contextlib.contextmanager
def platform(story, sessions, settings, options=(), duration_s=300, ramp_s=5, server_options=()):
    """A server and a generator under way, both ended at the end."""
    load = ["--sessions", str(sessions), "--duration", "%ds" % duration_s, "--ramp", "%ds" % ramp_s]
    made = caseload("script", "fixture", story, *load, *settings_of(settings))
    if made.returncode != 0:
        raise SystemExit(made.stderr)
    with tempfile.TemporaryDirectory() as name:
        server = Server(Path(name), made.stdout, options=[word.format(folder=name) for word in server_options])
        generator = None
        try:
            generator = Generator(Path(name), server, story, load, settings, options)
            yield server, generator
        finally:
            if generator:
                generator.stop()
            server.stop()


def look(server, generator):
    """One look at all that counts up."""
    return {"at": time.monotonic(), "server_cpu": cpu_s(server.process.pid), "generator_cpu": generator.cpu_s(),
            "busy": busy_s(), **server.metrics()}


def hold(server, generator, settle_s, hold_s):
    """What happened in a window: differences of two looks, as they are and per second, and the server's last state."""
    time.sleep(settle_s)
    if generator.process.poll() is not None:
        raise SystemExit("the run ended early: " + (generator.out.parent / "run.log").read_text()[-500:])
    before = look(server, generator)
    time.sleep(hold_s)
    after = look(server, generator)
    length = after["at"] - before["at"]
    change = {name: after[name] - before.get(name, 0) for name in after}
    return {"rate": {name: value / length for name, value in change.items()}, "change": change, "last": after}


def forward_latency_ms(seen, quantiles=(0.5, 0.99, 0.999)):
    """Of the packets forwarded in a hold, kernel receive stamp to return of the send call: linear within the server's buckets."""
    prefix = "caseload_media_forward_latency_seconds_bucket le "
    steps = sorted((float(name[len(prefix):]), count) for name, count in seen["change"].items() if name.startswith(prefix))
    total = steps[-1][1] if steps else 0
    found = []
    for quantile in quantiles:
        low = below = 0
        for bound, count in steps:
            if total and count >= quantile * total:
                share = (quantile * total - below) / (count - below) if count > below else 0
                found.append(1e3 * (low + share * (min(bound, 10) - low)))
                break
            low, below = bound, count
        else:
            found.append(0.0)
    return found


def io_of_command_line():
    """--io calls: the generator without io_uring, which containers often forbid."""
    return "calls" if sys.argv[-2:] == ["--io", "calls"] else "uring"


# What the server drops on purpose: no receiver misses it.
MEANT = {"padding", "duplicate", "replayed", "send_off", "waiting_for_key_frame", "withheld", "dtls_unexpected"}


def losses(seen, run):
    """Packets lost, by cause: the server's of a hold, what its socket had no room for included; the generator's receive
    buffers' of the whole finished run."""
    found = {name[5:]: int(value) for name, value in seen["change"].items() if name.startswith("drop ") and value > 0}
    found = {cause: count for cause, count in found.items() if cause not in MEANT}
    if run.result("summary.json")["generator"]["rx_drops"]:
        found["generator_rx_drops"] = run.result("summary.json")["generator"]["rx_drops"]
    return found


def noise(run, seen=None):
    """From run.json and summary.json of a finished run, and what others took of the processor during the hold."""
    words = []
    others = seen["rate"]["busy"] - seen["rate"]["server_cpu"] - seen["rate"]["generator_cpu"] if seen else 0
    if others > OTHERS_MAX:
        words.append(UNSOUND + ": others used %.1f cores meanwhile" % others)
    if run.result("run.json")["host"].get("noisy"):
        words.append("host noisy")
    health = run.result("summary.json")["generator"]
    if health["unfit"] > 0:
        words.append("generator unfit in %d of %d s" % (health["unfit"], health["windows"]))
    return ", ".join(words) or "host quiet"
