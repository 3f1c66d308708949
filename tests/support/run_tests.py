"""Run the *_test.py files of the current folder: run_tests.py TITLE [options] [NAME…]. Each test class is a
process of its own (of a --split one: each test), several at once, since most tests wait; what it prints appears
on one piece when it ends. Closes with one line "N passed, N failed, N skipped" and exits 1 when a test failed, a file holds none, none ran
or, where CI is set, a whole process was skipped."""
import argparse
import collections
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
PART_MAX_S = 900
END_S = 15  # what an interrupted test gets to end its programs


class Result(unittest.TextTestResult):
    """Says what each test took, so that slow ones are seen."""

    def startTest(self, test):
        self._begin = time.monotonic()
        super().startTest(test)

    def addSuccess(self, test):
        unittest.TestResult.addSuccess(self, test)
        self.stream.writeln("ok (%.1f s)" % (time.monotonic() - self._begin))


def loader(names=()):
    one = unittest.TestLoader()
    if names:
        one.testNamePatterns = ["*%s*" % name for name in names]
    return one


# ---- one part (a class or a test), in a process of its own ----

def run_part(name, report, names):
    """Run it and leave [passed, failed, skipped, seconds of CPU] in a file."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    sys.path.insert(0, ".")
    suite = loader(names).loadTestsFromName(name)
    result = unittest.TextTestRunner(verbosity=2, resultclass=Result, stream=sys.stdout).run(suite)
    failed = len(result.failures) + len(result.errors) + len(result.unexpectedSuccesses)
    skipped = len(result.skipped)
    used = [resource.getrusage(whose) for whose in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    Path(report).write_text(json.dumps([max(0, result.testsRun - failed - skipped), failed, skipped,
                                        sum(one.ru_utime + one.ru_stime for one in used)]))
    sys.exit(1 if failed else 0)


class Child:
    """A part that runs. Its output and its temporary folders are in a folder of ours."""

    def __init__(self, name, names):
        self.name, self.begin = name, time.monotonic()
        self.folder = Path(tempfile.mkdtemp(prefix="caseload-tests-"))
        self.report = self.folder / "report"
        with (self.folder / "output").open("w") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-u", __file__, "--part", name, "--report", self.report, "-", *names],
                stdout=output, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, start_new_session=True,
                env={**os.environ, "TMPDIR": str(self.folder)})

    def seconds(self):
        return time.monotonic() - self.begin

    def interrupt(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)

    def ended(self):
        if self.seconds() > PART_MAX_S:
            self.interrupt()
        if self.seconds() > PART_MAX_S + END_S:
            self.process.kill()
        return self.process.poll() is not None

    def tell(self):
        """Print what it printed; passed, failed, skipped."""
        seconds = self.seconds()
        try:
            passed, failed, skipped, used = json.loads(self.report.read_text())
        except (OSError, ValueError):  # it died on the way
            passed, failed, skipped, used = 0, 1, 0, 0
        print((self.folder / "output").read_text(errors="replace").rstrip())
        if os.environ.get("CI") and skipped and not passed + failed:
            print("%s: where CI is set, not everything may be skipped" % self.name)
            failed = 1
        print("== %s: %d passed, %d failed, %d skipped; %.0f s, %.0f s of CPU, exit %d\n"
              % (self.name, passed, failed, skipped, seconds, used, self.process.returncode), flush=True)
        return passed, failed, skipped

    def close(self):
        try:
            os.killpg(self.process.pid, signal.SIGKILL)  # whatever it left behind
        except ProcessLookupError:
            pass
        self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


# ---- all of them ----

def cases(suite):
    for test in suite:
        if isinstance(test, unittest.TestSuite):
            yield from cases(test)
        else:
            yield test


def part_of(test, split):
    name = test.id().rpartition(".")[0]
    return test.id() if name in split else name


def discover(names, split):
    """Names of all parts and of those with tests of these names; what is wrong with the files ends the run."""
    found = list(cases(loader().discover(".", pattern="*_test.py")))
    wrong = [str(test._exception) for test in found if type(test).__module__ == "unittest.loader"]
    modules = {type(test).__module__ for test in found}
    wrong += ["%s holds no test" % path.name for path in sorted(Path(".").glob("*_test.py"))
              if path.stem not in modules and not wrong]
    wrong += ["no test is called %s" % name for name in names if not any(name in test.id() for test in found)]
    if wrong or not found:
        sys.exit("\n".join(wrong) or "no *_test.py here")
    wanted = cases(loader(names).discover(".", pattern="*_test.py"))
    return [list(dict.fromkeys(part_of(test, split) for test in tests)) for tests in (found, wanted)]


def run_all(parts, at_once, names):
    """Passed, failed, skipped of all. Whatever ends this, ends what it started."""
    total, running, waiting = [0, 0, 0], [], collections.deque(parts)
    try:
        while waiting or running:
            if waiting and len(running) < at_once:
                running.append(Child(waiting.popleft(), names))
            for child in [child for child in running if child.ended()]:
                total = [a + b for a, b in zip(total, child.tell())]
                running.remove(child)
                child.close()
            time.sleep(0.05)
        return total
    finally:
        end(running)


def end(children):
    for child in children:
        child.interrupt()
    until = time.monotonic() + END_S
    while time.monotonic() < until and any(child.process.poll() is None for child in children):
        time.sleep(0.05)
    for child in children:
        child.close()


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--at-once", type=int, default=min(8, 1 + len(os.sched_getaffinity(0))),
                        help="how many side by side (default: one more than cores)")
    for option, text in (("--split", "each test of this class in a process of its own"),
                         ("--first", "begin with these, in this order: the longest"),
                         ("--by-name", "left out unless names are given")):
        parser.add_argument(option, action="append", default=[], metavar="FILE.CLASS", help=text)
    parser.add_argument("--part", help=argparse.SUPPRESS)
    parser.add_argument("--report", help=argparse.SUPPRESS)
    parser.add_argument("title", help="for the last line")
    parser.add_argument("names", nargs="*", help="only tests whose name contains one of these")
    return parser.parse_args()


def interrupted(number, _):
    raise KeyboardInterrupt(number)


def main():
    given = arguments()
    if given.part:
        run_part(given.part, given.report, given.names)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, interrupted)
    known, wanted = discover(given.names, given.split)
    classes = {name for name in given.split if any(part.startswith(name + ".") for part in known)}
    unknown = set(given.first + given.split + given.by_name) - set(known) - classes
    if unknown:
        sys.exit("there is no test class %s (%s)" % (", ".join(sorted(unknown)), given.title))
    wanted = [name for name in wanted if given.names or name not in given.by_name]
    wanted.sort(key=lambda name: given.first.index(name) if name in given.first else len(given.first))
    try:
        passed, failed, skipped = run_all(wanted, given.at_once, given.names)
    except KeyboardInterrupt as interrupt:
        sys.exit(128 + (interrupt.args or (signal.SIGINT,))[0])
    print("%s: %d passed, %d failed, %d skipped" % (given.title, passed, failed, skipped))
    sys.exit(1 if failed or not passed else 0)


main()
