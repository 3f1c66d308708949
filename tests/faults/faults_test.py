"""Every fault of the reference server makes something fail: a story, with exit 1 and the requirement named, or,
for what no story can see, the test that is named here. The honest server's verdict is the other suites' matter."""
import concurrent.futures
import subprocess
import unittest

import caseload

# story, fault, requirement, options
ROWS = [
    ("teletriage", "leak-media", "WA-24"),
    ("teletriage", "leak-one-in=500", "WA-24"),
    ("teletriage", "show-card", "WA-08"),
    ("teletriage", "keep-card", "TR-08"),
    ("teletriage", "keep-space", "WA-05"),
    ("teletriage", "ghost-card", "WA-28"),
    ("teletriage", "patient-acts", "WA-03"),
    ("teletriage", "open-dashboard", "WA-10"),
    ("teletriage", "media-on-hold", "WA-13"),
    ("teletriage", "accept-waiting-media", "WA-13"),
    ("teletriage", "drop-events", "WA-27"),
    ("teletriage", "seventh-participant", "WA-15"),
    ("teletriage", "ignore-pli", "SES-27"),
    ("teletriage", "no-key-request", "WA-12"),
    ("storm-dashboards", "short-board", "WA-10"),
    ("storm-admissions", "silent-admission", "WA-12"),
    ("group-therapy", "twenty-first-participant", "GR-01"),
    ("group-therapy", "tiles-ignore-speech", "GR-01"),
    ("group-therapy", "leak-audio-beyond-three", "GR-01"),
]
# The checks of the storms, which see the same faults in their own way: each must be able to fail, too.
STORMS = [
    ("storm-arrivals", "drop-events", "WA-06"),
    ("storm-arrivals", "drop-events", "WA-27"),
    ("storm-dashboards", "ghost-card", "WA-28"),
    ("storm-dashboards", "ghost-card", "WA-10"),
    ("storm-dashboards", "drop-events", "WA-27"),
    ("storm-admissions", "keep-space", "WA-05"),
    ("presence", "drop-events", "WA-27"),
    ("storm-admissions", "ignore-pli", "SES-27"),
]
# fault → the test outside this file that fails because of it
ELSEWHERE = {
    "ignore-consent": "integration/consent_test.py",  # a consultation longer than these
    "skew-reports": "browser/lipsync.test.mjs",       # seen only where something is played out
    "ignore-feedback": "integration/bandwidth_test.py",  # seen only where a path is too narrow
    "stick-to-top-layer": "integration/layers_test.py",  # a measure: what the receiver gets under a limit
    "break-picture-id": "integration/layers_test.py",    # frame.misnumbered
    "answer-early": "durability/durability_test.py",  # seen only after a kill
    "lose-media": "integration/witness_test.py",      # no sin: losses that both ends repair and tshark must count
}
# What is a breach of isolation whatever the load, and where it is counted: capacity fails by these sums.
BREACHES = {
    "isolation.forbidden": ("leak-media", "leak-one-in=500", "accept-waiting-media", "media-on-hold"),
    "isolation.overheard": ("show-card", "open-dashboard", "patient-acts"),
}
STORM = {
    "storm-arrivals": ("--set", "patients=12", "--set", "within=2s"),
    "storm-dashboards": ("--set", "dashboards=12", "--set", "gather=2s"),
    "storm-admissions": ("--set", "patients=6", "--set", "gather=2s"),
    "presence": ("--media", "none", "--sessions", 5, "--set", "gather=2s", "--set", "stay=5s", "--set", "interval=500ms"),
}
LOAD = ("--sessions", 6, "--duration", "12s", "--seed", 2)
AT_ONCE = 3  # a run takes a quarter of a core


GROUP = ("--sessions", 1, "--duration", "1s", "--set", "rounds=2", "--set", "turn=1.5s", "--set", "members=10")
# A ghost card is awaited for half a minute: that has to begin early in the run.
OPTIONS = {("teletriage", "ghost-card"): ("--set", "routine_share=1", "--set", "urgent_share=0", "--set", "transfer_share=0",
                          "--set", "hang_up_share=1"),
           ("group-therapy", "twenty-first-participant"): GROUP + ("--set", "members=20", "--media", "none"),
           ("group-therapy", "tiles-ignore-speech"): GROUP,
           ("group-therapy", "leak-audio-beyond-three"): GROUP}


def run_row(row):
    """Everything that is looked at afterwards, since the folder goes."""
    story, fault, _ = row
    load = (*STORM[story], "--seed", 2) if story in STORM else LOAD
    with caseload.run(story, *load, "--fault", fault, *OPTIONS.get((story, fault), ())) as run:
        checks = run.lines("checks.jsonl") if (run.folder / "checks.jsonl").exists() else []
        metrics = run.summary["metrics"] if checks else {}
        return run.code, run.text, {c["requirement"] for c in checks if c["verdict"] == "FAIL"}, metrics


def listed():
    """(fault, requirement) of each line of the server's own list."""
    text = subprocess.run([caseload.BIN / "caseload-server", "--fault", "list"],
                          capture_output=True, text=True, check=True).stdout
    return [tuple(line.split()[:2]) for line in text.splitlines()]


def proven():
    """Faults that conformance checks name (proven_by); checks_test.py runs them."""
    return {proof["fault"].partition("=")[0] for check in caseload.checks() for proof in check["proven_by"]}


class Faults(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.proven = proven()
        with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
            cls.results = dict(zip(ROWS + STORMS, pool.map(run_row, ROWS + STORMS)))

    def test_list_names_every_fault_with_its_requirement(self):
        rows = {fault.partition("=")[0] for _, fault, _ in ROWS}
        self.assertEqual({(fault.partition("=")[0], requirement) for _, fault, requirement in ROWS},
                         {(fault, requirement) for fault, requirement in listed()
                          if fault not in ELSEWHERE and (fault in rows or fault not in self.proven)})

    def test_every_fault_has_a_check_that_fails_because_of_it(self):
        self.assertEqual({fault.partition("=")[0] for _, fault, _ in ROWS} | ELSEWHERE.keys() | self.proven,
                         {fault for fault, _ in listed()})
        for fault, path in ELSEWHERE.items():
            self.assertIn('"%s"' % fault, (caseload.ROOT / "tests" / path).read_text().replace("'", '"'), path)

    def test_breaches_of_isolation_are_counted_as_such(self):
        found = {fault: metrics for (story, fault, _), (_, _, _, metrics) in self.results.items() if story == "teletriage"}
        for metric, faults in BREACHES.items():
            for fault in faults:
                self.assertGreater(found[fault].get(metric, {"sum": 0})["sum"], 0, fault)


def add_row(row):
    story, fault, requirement = row

    def test(self):
        code, text, failed, _ = self.results[row]
        self.assertEqual(code, 1, text)
        self.assertIn(requirement, text)
        self.assertIn(requirement, failed)
    name = "_".join((fault, "fails", requirement) if row in ROWS else (story, fault, "fails", requirement))
    setattr(Faults, "test_" + name.replace("-", "_").replace("=", "_"), test)


for one in ROWS + STORMS:
    add_row(one)

if __name__ == "__main__":
    unittest.main()
