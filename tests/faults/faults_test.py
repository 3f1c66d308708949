"""Every fault of the reference server that a story can see makes it fail with exit 1, names the
requirement, and leaves the honest server's verdict alone."""
import concurrent.futures
import subprocess
import unittest

import caseload

# story, fault, requirement, options
ROWS = [
    ("teletriage", "leak-media", "WA-24"),
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
]
LOAD = ("--sessions", 6, "--duration", "12s", "--seed", 2)
AT_ONCE = 3  # a run takes a quarter of a core


def run_row(row):
    """Everything that is looked at afterwards, since the folder goes."""
    story, fault, _ = row
    with caseload.run(story, *LOAD, "--fault", fault) as run:
        checks = run.lines("checks.jsonl") if (run.folder / "checks.jsonl").exists() else []
        return run.code, run.text, {c["requirement"] for c in checks if c["verdict"] == "FAIL"}


class Faults(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
            cls.results = dict(zip(ROWS, pool.map(run_row, ROWS)))

    def test_list_names_every_fault_with_its_requirement(self):
        text = subprocess.run([caseload.BIN / "caseload-server", "--fault", "list"],
                              capture_output=True, text=True, check=True).stdout
        for _, fault, requirement in ROWS:
            line = [line for line in text.splitlines() if line.split()[:1] == [fault]]
            self.assertTrue(line, fault)
            self.assertIn(requirement, line[0])


def add_row(row):
    _, fault, requirement = row

    def test(self):
        code, text, failed = self.results[row]
        self.assertEqual(code, 1, text)
        self.assertIn(requirement, text)
        self.assertIn(requirement, failed)
    setattr(Faults, "test_%s_fails_%s" % (fault.replace("-", "_"), requirement), test)


for one in ROWS:
    add_row(one)

if __name__ == "__main__":
    unittest.main()
