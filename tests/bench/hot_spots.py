"""The functions in which a running program spends its time: perf record for some seconds, then the first ten."""
import re
import shutil
import subprocess

TOP = 10


def available():
    return shutil.which("perf") is not None


def record(pid, seconds, file):
    """Samples of all threads of `pid`, by the processor's clock, kernel included."""
    done = subprocess.run(["perf", "record", "-q", "-F", "999", "-g", "-p", str(pid), "-o", file, "--", "sleep", str(seconds)],
                          capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SystemExit("perf record: " + done.stderr.strip()[-300:])


def top(file):
    """[(share in percent, library or kernel, function)]; what has no name of its own counts for its library."""
    done = subprocess.run(["perf", "report", "-q", "--no-children", "-g", "none", "--stdio", "-F", "overhead,dso,sym", "-i", file],
                          capture_output=True, text=True, check=False)
    shares = {}
    for share, place, name in re.findall(r"^\s+([\d.]+)%\s+(\S+)\s+\[.\] (.+?)\s*$", done.stdout, re.M):
        name = "(without a name)" if name.startswith("0x") else name
        shares[place, name] = shares.get((place, name), 0) + float(share)
    ranked = sorted(((share, *where) for where, share in shares.items()), reverse=True)
    return ranked[:TOP]


def by_place(file):
    """Shares by library."""
    done = subprocess.run(["perf", "report", "-q", "--no-children", "-g", "none", "--stdio", "-F", "overhead,dso", "-i", file],
                          capture_output=True, text=True, check=False)
    found = re.findall(r"^\s+([\d.]+)%\s+(\S+)", done.stdout, re.M)
    return [(float(share), place) for share, place in found if float(share) >= 1]
