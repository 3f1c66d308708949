"""Holds a program to a share of one core by a control group, version 1 or 2, in turns of 10 ms; as --server-cpu does
for the embedded server (docs/capacity.md). Linux; needs a writable group."""
import os
import re
from pathlib import Path

PERIOD_US = 10000
WEIGHT = 10  # times that of a group that says nothing: what the quota grants, neighbours shall not take


def own_group():
    """Our group in the hierarchy that holds `cpu`, and whether that is version 2."""
    own = {controllers: path for _, controllers, path in
           (line.split(":", 2) for line in Path("/proc/self/cgroup").read_text().splitlines())}
    for device, point, kind, options in re.findall(r"^(\S+) (\S+) (\S+) (\S+)", Path("/proc/mounts").read_text(), re.M):
        for controllers, path in own.items():
            if kind == "cgroup" and "cpu" in options.split(",") and "cpu" in controllers.split(","):
                return Path(point + path), False
            if kind == "cgroup2" and not controllers and "cpu" in Path(point + path, "cgroup.controllers").read_text().split():
                return Path(point + path), True
    raise SystemExit("no control group holds this process to a share of the processor: QUOTA=100 does without")


class Quota:
    """`percent` of one core; 100: no quota."""

    def __init__(self, percent):
        self.folder = None
        if percent >= 100:
            return
        group, version_2 = own_group()
        quota_us = PERIOD_US * percent // 100
        self.folder = group / ("caseload-bench-%d" % os.getpid())
        self.folder.mkdir()
        try:
            if version_2:
                (self.folder / "cpu.max").write_text("%d %d" % (quota_us, PERIOD_US))
                (self.folder / "cpu.weight").write_text(str(100 * WEIGHT))
            else:
                (self.folder / "cpu.cfs_period_us").write_text(str(PERIOD_US))
                (self.folder / "cpu.cfs_quota_us").write_text(str(quota_us))
                (self.folder / "cpu.shares").write_text(str(1024 * WEIGHT))
        except OSError as problem:
            self.close()
            raise SystemExit("the control group takes no quota: %s; QUOTA=100 does without" % problem) from problem

    def enter(self):
        """In a child, before it becomes the program."""
        if self.folder:
            (self.folder / "cgroup.procs").write_text(str(os.getpid()))

    def close(self):
        """After the program has ended."""
        if self.folder:
            self.folder.rmdir()
            self.folder = None
