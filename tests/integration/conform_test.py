"""`caseload conform`: the checks of scenarios/conformance against the honest server, and how verdicts are told."""
import unittest

import caseload

BUSY = 4  # the generator was kept from its schedule
JUDGED = ("WA-01", "WA-05", "WA-15", "WA-28", "TR-04", "TR-09")


def conform(*arguments):
    with caseload.temporary_folder() as folder:
        return caseload.caseload("conform", "--media", "none", "--seed", 4, "--out", folder / "run", *arguments)


class Conform(unittest.TestCase):
    def test_the_reference_server_meets_what_has_a_check(self):
        run = conform()
        self.assertIn(run.code, (7, BUSY), run.text)  # many requirements have no check yet
        rows = {words[0]: words[2] for words in map(str.split, run.stdout.splitlines()) if len(words) > 3 and words[1] in ("MUST", "SHOULD")}
        self.assertEqual(set(rows.values()), {"PASS"}, run.text)
        for requirement in JUDGED:
            self.assertIn(requirement, rows)
        self.assertIn("ORG-01", run.stdout.partition("without a check")[2])

    def test_a_choice_that_is_met_passes(self):
        run = conform("--requirement", "WA-05,TR-08")
        self.assertIn(run.code, (0, BUSY), run.text)
        self.assertIn(": of 2 rows 2 PASS", run.stdout)

    def test_a_broken_requirement_fails_and_says_why(self):
        run = conform("--requirement", "WA-05", "--fault", "keep-space")
        self.assertEqual(run.code, 1, run.text)
        self.assertIn("failed: of 1 rows 1 FAIL", run.stdout)
        self.assertIn("'look' was accepted and must be refused", run.stdout)

    def test_what_a_check_could_not_reach_is_blocked(self):
        run = conform("--requirement", "TR-13", "--fault", "keep-card")
        self.assertEqual(run.code, 1, run.text)
        self.assertIn("failed: of 1 rows 1 BLOCKED", run.stdout)

    def test_a_requirement_without_a_check_is_no_success(self):
        run = conform("--requirement", "ORG-01")
        self.assertEqual(run.code, 2, run.text)
        self.assertIn("ORG-01: there is no such check", run.text)


if __name__ == "__main__":
    unittest.main()
