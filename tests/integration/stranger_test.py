"""Who has only docs/protocol.md can write a client: tests/stranger/visit.mjs enters as a patient, is admitted and transferred."""
import json
import shutil
import subprocess
import unittest

import caseload

SCRIPT = caseload.ROOT / "tests" / "stranger" / "visit.mjs"
FIXTURE = {
    "schema": "caseload/fixture/1", "password_cost": "load", "organisation": {"name": "Hospital"},
    "clinics": [{"name": "Reception", "link": "reception-link"}, {"name": "Renal", "link": "renal-link"}],
    "staff": [{"username": "nurse", "password": "secret", "name": "Nurse",
               "roles": [{"clinic": "Reception", "role": "team_member"}, {"clinic": "Renal", "role": "service_referrer"}]},
              {"username": "doctor", "password": "secret", "name": "Doctor", "roles": [{"clinic": "Renal", "role": "team_member"}]}]}


@unittest.skipIf(shutil.which("node") is None, "node is not installed")
class Stranger(unittest.TestCase):
    def visit(self, server, link="reception-link"):
        return subprocess.run(["node", SCRIPT, server["url"], link, "nurse", "doctor", "secret"], capture_output=True, text=True, timeout=60)

    def test_a_visit_with_transfer(self):
        with caseload.server("--plain", fixture=FIXTURE) as server:
            run = self.visit(server)
            self.assertEqual(run.returncode, 0, run.stderr)
            seen = json.loads(run.stdout)
        self.assertEqual(seen["patient"], ["waiting", "in_call", "waiting", "Renal"])
        self.assertEqual(seen["nurse"], ["waiting", "A stranger"])
        self.assertEqual(seen["doctor"], ["waiting", "Reception"])

    def test_it_tells_what_went_wrong(self):
        with caseload.server("--plain", fixture=FIXTURE) as server:
            run = self.visit(server, "no-such-link")
        self.assertEqual((run.returncode, run.stdout), (1, ""))
        self.assertIn("enter: hidden", run.stderr)


if __name__ == "__main__":
    unittest.main()
