"""Two network namespaces joined by a pair of virtual Ethernet devices: a server that refuses loopback in one, the
generator in the other. Linux, root, iproute2. Both are gone at the end."""
import os
import shutil
import subprocess

SERVER, GENERATOR = "10.213.0.1", "10.213.0.2"


class Pair:
    def __init__(self):
        self.names = {SERVER: "caseload-%d-s" % os.getpid(), GENERATOR: "caseload-%d-g" % os.getpid()}

    def __enter__(self):
        try:
            for name in self.names.values():
                ip("netns", "add", name)
            ip("link", "add", "v0", "netns", self.names[SERVER], "type", "veth", "peer", "name", "v0", "netns",
               self.names[GENERATOR])
            for address, name in self.names.items():
                ip("-n", name, "addr", "add", address + "/24", "dev", "v0")
                ip("-n", name, "link", "set", "lo", "up")
                ip("-n", name, "link", "set", "v0", "up")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for name in self.names.values():
            subprocess.run(["ip", "netns", "del", name], stderr=subprocess.DEVNULL, check=False)

    def inside(self, address):
        """Words before a command that shall run there; `ip` becomes that command, with its process id."""
        return ["ip", "netns", "exec", self.names[address]]


def ip(*words):
    done = subprocess.run(["ip", *words], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SystemExit("ip %s: %s" % (" ".join(words), done.stderr.strip()))


def unavailable():
    """Why this host cannot; None: it can."""
    if not shutil.which("ip"):
        return "iproute2 is missing"
    if os.geteuid() != 0:
        return "network namespaces need root"
    return None
