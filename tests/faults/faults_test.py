"""Every fault of the reference server that a story can see makes it fail with exit 1, names the
requirement, and leaves the honest server's verdict alone."""
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
]
LOAD = ("--sessions", 6, "--duration", "15s", "--seed", 2)


class Faults(unittest.TestCase):
    def test_list_names_every_fault_with_its_requirement(self):
        text = subprocess.run([caseload.BIN / "caseload-server", "--fault", "list"],
                              capture_output=True, text=True, check=True).stdout
        for _, fault, requirement in ROWS:
            line = [line for line in text.splitlines() if line.split()[:1] == [fault]]
            self.assertTrue(line, fault)
            self.assertIn(requirement, line[0])


def add_row(story, fault, requirement):
    def test(self):
        with caseload.run(story, *LOAD, "--fault", fault) as run:
            self.assertEqual(run.code, 1, run.text)
            self.assertIn(requirement, run.text)
            failed = {check["requirement"] for check in run.lines("checks.jsonl")
                      if check["verdict"] == "FAIL"}
            self.assertIn(requirement, failed)
    setattr(Faults, "test_%s_fails_%s" % (fault.replace("-", "_"), requirement), test)


for row in ROWS:
    add_row(*row)

if __name__ == "__main__":
    unittest.main()
