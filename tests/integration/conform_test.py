"""`caseload conform`: the checks of scenarios/conformance against the honest server, and how verdicts are told."""
import json
import shutil
import unittest

import caseload

BUSY = 4  # a wait was too short for this busy machine
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
        self.assertIn("MR-01", run.stdout.partition("without a check")[2])

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
        run = conform("--requirement", "MR-01")
        self.assertEqual(run.code, 2, run.text)
        self.assertIn("MR-01: there is no such check", run.text)

    def test_each_check_has_an_organisation_to_itself(self):
        made = json.loads(caseload.caseload("script", "fixture", "conformance").stdout)
        checks = caseload.checks()
        self.assertEqual(len(made["organisations"]), len(checks) + 1)  # and one for people from elsewhere
        for number, check in enumerate(checks, 1):
            own = [clinic for clinic in made["clinics"] if clinic["organisation"] == "Organisation %d" % number]
            self.assertEqual(len(own), 2, check["name"])

    def test_coverage_is_told_for_every_row(self):
        run = caseload.caseload("conform", "--coverage", "--profile", "clinic")
        self.assertEqual(run.code, 7, run.text)  # most have none yet
        rows = dict(line.split(None, 1) for line in run.stdout.splitlines() if " MUST " in line or " SHOULD " in line)
        self.assertTrue(rows["WA-05"].endswith("end by keep-space"), rows["WA-05"])
        self.assertRegex(run.stdout, r"keep-space +breaks WA-05 +found by end")
        self.assertEqual(caseload.caseload("conform", "--coverage", "--requirement", "WA-05").code, 0)

    def test_a_check_of_a_requirement_that_does_not_exist_is_refused(self):
        with caseload.temporary_folder() as home:
            for name in ("scenarios", "docs"):
                shutil.copytree(caseload.ROOT / name, home / name)
            file = home / "scenarios" / "conformance" / "transfer.lua"
            file.write_text(file.read_text().replace("TR-09", "TR-99"))
            run = caseload.caseload("conform", "--coverage", env={"CASELOAD_HOME": str(home)})
            self.assertEqual(run.code, 2, run.text)
            self.assertIn("check 'details': no row of the catalogue is TR-99", run.text)


if __name__ == "__main__":
    unittest.main()
