"""`caseload conform`: the checks of scenarios/conformance against the honest server, and how verdicts are told."""
import datetime
import json
import re
import shutil
import unittest
import xml.etree.ElementTree

import caseload

BUSY = 4  # a wait was too short for this busy machine
JUDGED = ("WA-01", "WA-05", "WA-15", "WA-28", "TR-04", "TR-09")


def conform(*arguments):
    with caseload.temporary_folder() as folder:
        return caseload.caseload("conform", "--media", "none", "--seed", 4, "--out", folder / "run", *arguments)


# What a verdict is in the files of other people's formats.
TAP = {"PASS": "ok", "WARN": "ok", "FAIL": "not ok", "BLOCKED": "not ok", "NOTRUN": "ok", "INCONCLUSIVE": "not ok"}
JUNIT = {"PASS": None, "WARN": None, "FAIL": "failure", "BLOCKED": "failure", "NOTRUN": "skipped",
         "INCONCLUSIVE": "error"}


class Judged:
    """A finished `caseload conform` with what it left: each file's verdict on each row."""

    def __init__(self, folder, *arguments):
        self.run = caseload.caseload("conform", "--media", "none", "--seed", 4, "--out", folder / "run", *arguments)
        self.code, self.text, self.folder = self.run.code, self.run.text, folder / "run"
        if not (self.folder / "conformance.json").exists():
            raise AssertionError(self.text)
        self.json = json.loads((self.folder / "conformance.json").read_text())
        self.rows = {row["id"]: row for row in self.json["rows"]}
        self.html = (self.folder / "conformance.html").read_text()
        self.tap = (self.folder / "conformance.tap").read_text()
        self.junit = xml.etree.ElementTree.parse(self.folder / "junit.xml").getroot()

    def verdicts(self):
        return {name: row["verdict"] for name, row in self.rows.items()}

    def tap_points(self):
        return {name: result for result, name in re.findall(r"^(ok|not ok) \d+ - ([A-Z]+-\d+) ", self.tap, re.M)}

    def junit_cases(self, group="requirement"):
        return {case.get("name"): case[0].tag if len(case) else None
                for case in self.junit.iter("testcase") if case.get("classname") == "conformance." + group}

    def html_rows(self):
        return {name: verdict for verdict, name in re.findall(r'class="row v-([A-Z]+)[^"]*" id="([A-Z]+-\d+)"', self.html)}


def day(distance):
    return (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=distance)).strftime("%Y-%m-%d")


def known_file(folder, *entries):
    """(requirement, last day) as a file of known failures."""
    path = folder / "known.json"
    path.write_text(json.dumps({"schema": "caseload/known-failures/1", "entries": [
        {"requirement": name, "ticket": "T-7", "owner": "ann", "expires": expires, "reason": "being mended"}
        for name, expires in entries]}))
    return path


class Files(unittest.TestCase):
    """JSON, TAP, JUnit and page of one run say the same."""

    def agree(self, judged):
        verdicts = judged.verdicts()
        self.assertEqual(judged.html_rows(), verdicts)
        self.assertEqual(judged.tap_points(), {name: TAP[verdict] for name, verdict in verdicts.items()})
        self.assertEqual(judged.junit_cases(), {name: JUNIT[verdict] for name, verdict in verdicts.items()})
        code = judged.code
        self.assertEqual(judged.json["exit_code"], code, judged.text)
        self.assertEqual(json.loads((judged.folder / "summary.json").read_text())["exit_code"], code)
        self.assertIn("exit code %d" % code, judged.html)
        self.assertIn("exit code %d" % code, (judged.folder / "report.html").read_text())
        self.assertIn("href=\"conformance.html\"", (judged.folder / "report.html").read_text())
        self.assertRegex(judged.tap, r"(?m)^(ok|not ok) 1 - verdict \w+, exit %d" % code)
        self.assertEqual(judged.junit_cases("run")["verdict"] is None, code == 0)
        self.assertTrue(judged.run.stdout.rstrip().endswith("conformance.html"), judged.text)

    def test_they_agree_when_all_holds(self):
        with caseload.temporary_folder() as folder:
            judged = Judged(folder, "--requirement", "WA-05,ROLE-04")
            self.assertIn(judged.code, (0, BUSY), judged.text)
            self.assertEqual({name: judged.verdicts()[name] for name in ("WA-05", "ROLE-04")},
                             {"WA-05": "PASS", "ROLE-04": "PASS"}, judged.text)
            self.agree(judged)
            (row,) = [row for row in judged.json["permissions"]["rows"] if row["requirement"] == "ROLE-04"]
            self.assertEqual({cell["seen"] for cell in row["cells"]}, {"as said"}, judged.text)

    def test_they_agree_when_something_is_broken(self):
        with caseload.temporary_folder() as folder:
            judged = Judged(folder, "--requirement", "WA-05,ROLE-04", "--fault", "keep-space",
                            "--fault", "grant=4:organisation_reporter")
            self.assertEqual(judged.code, 1, judged.text)
            self.assertEqual({name: judged.verdicts()[name] for name in ("WA-05", "ROLE-04")},
                             {"WA-05": "FAIL", "ROLE-04": "FAIL"}, judged.text)
            self.agree(judged)
            (seen,) = [kept for kept in judged.rows["WA-05"]["kept"] if kept["check"] == "end"][:1]
            self.assertEqual(seen["verdict"], "FAIL")
            self.assertIn("must be refused", seen["message"])
            self.assertIn("session %d (check end)" % seen["session"], judged.html)
            self.assertEqual(judged.rows["WA-05"]["reproduce"],
                             "caseload conform --media none --fault keep-space --fault grant=4:organisation_reporter "
                             "--seed 4 --requirement WA-05")
            (row,) = [row for row in judged.json["permissions"]["rows"] if row["row"] == 4]
            self.assertEqual([cell["seen"] for cell in row["cells"]],
                             ["as said", "as said", "otherwise", "as said", "as said", "as said", "as said"], judged.text)
            again = caseload.caseload("report", judged.folder)
            self.assertEqual(again.code, 0, again.text)
            self.assertEqual((judged.folder / "conformance.html").read_text(), judged.html)

    def test_rows_outside_the_claimed_profiles_are_not_claimed(self):
        with caseload.temporary_folder() as folder:
            judged = Judged(folder, "--profile", "core")
            self.assertIn(judged.code, (7, BUSY), judged.text)
            self.assertIn({"id": "MR-01", "profile": "rooms"}, judged.json["not_claimed"])
            self.assertNotIn("MR-01", judged.rows)
            asked = {row["id"] for row in judged.json["rows"] if row["asked"]}
            self.assertEqual({judged.rows[name]["profile"] for name in asked}, {"core"})
            self.assertGreater(judged.json["counts"]["NOTRUN"], 0)
            self.agree(judged)


    def test_a_run_that_did_not_begin_says_so_everywhere(self):
        with caseload.temporary_folder() as folder:
            (folder / "fixture.json").write_text(caseload.caseload("script", "fixture", "conformance").stdout)
            judged = Judged(folder, "--requirement", "WA-05", "--url", "https://127.0.0.1:1", "--target-config",
                            folder / "fixture.json")
            self.assertEqual(judged.code, 5, judged.text)
            self.assertEqual((judged.json["exit_code"], judged.json["start"]), (5, None))
            self.assertEqual(judged.verdicts(), {"WA-05": "NOTRUN"})
            self.assertIn("did not begin", judged.html)
            self.assertNotIn('href="report.html"', judged.html)


class KnownFailures(unittest.TestCase):
    """--known-failures: what is listed does not gate while it fails, until its day."""

    def judged(self, folder, *entries, fault=True):
        faults = ("--fault", "keep-space") if fault else ()
        return Judged(folder, "--requirement", "WA-05", "--known-failures", known_file(folder, *entries), *faults)

    def test_a_known_failure_does_not_gate(self):
        with caseload.temporary_folder() as folder:
            judged = self.judged(folder, ("WA-05", day(1)), ("INV-15", day(1)))  # the same check is about both
            self.assertIn(judged.code, (0, BUSY), judged.text)
            self.assertIn("1 FAIL, 1 of them known to fail;", judged.run.stdout)
            self.assertIn("known: T-7 (ann, until %s): being mended" % day(1), judged.run.stdout)
            self.assertEqual(judged.rows["WA-05"]["verdict"], "FAIL")
            self.assertEqual(judged.rows["WA-05"]["known"]["ticket"], "T-7")
            self.assertEqual(judged.junit_cases()["WA-05"], "skipped")
            self.assertRegex(judged.tap, r"(?m)^not ok \d+ - WA-05 .* # TODO T-7: being mended$")
            self.assertIn("v-FAIL v-known", judged.html)

    def test_what_cannot_be_reached_may_be_known_too(self):
        with caseload.temporary_folder() as folder:
            path = known_file(folder, *((name, day(0)) for name in ("TR-05", "TR-08", "TR-10", "TR-13", "INV-18")))
            judged = Judged(folder, "--requirement", "TR-13", "--fault", "keep-card", "--known-failures", path)
            self.assertIn(judged.code, (0, BUSY), judged.text)
            self.assertEqual(judged.rows["TR-13"]["verdict"], "BLOCKED", judged.text)
            self.assertEqual(judged.rows["TR-08"]["asked"], False)

    def test_a_known_failure_that_holds_fails_the_gate(self):
        with caseload.temporary_folder() as folder:
            judged = self.judged(folder, ("WA-05", day(1)), fault=False)
            self.assertEqual(judged.code, 8, judged.text)
            self.assertIn("known.json: entry 1: WA-05 (T-7, ann) does not fail any more", judged.run.stdout)
            self.assertEqual(judged.junit_cases("known-failure"), {"WA-05": "failure"})
            self.assertRegex(judged.tap, r"(?m)^not ok \d+ - known failure known.json: entry 1")

    def test_an_entry_that_expired_or_names_no_row_fails_the_gate(self):
        with caseload.temporary_folder() as folder:
            judged = self.judged(folder, ("TR-08", day(-1)), ("WA-99", day(1)), fault=False)
            self.assertEqual(judged.code, 8, judged.text)
            self.assertIn("entry 1: TR-08 (T-7, ann) expired on %s" % day(-1), judged.run.stdout)
            self.assertIn("entry 2: WA-99 (T-7, ann) is no row of the catalogue", judged.run.stdout)
            self.assertEqual(judged.rows["WA-05"]["verdict"], "PASS")

    def test_an_expired_entry_excuses_nothing(self):
        with caseload.temporary_folder() as folder:
            judged = self.judged(folder, ("WA-05", day(-1)))
            self.assertEqual(judged.code, 1, judged.text)
            self.assertIn("expired on %s" % day(-1), judged.run.stdout)

    def test_a_mistake_in_the_file_names_file_and_entry(self):
        with caseload.temporary_folder() as folder:
            path = known_file(folder, ("WA-05", day(1)), ("WA-06", "31.12.2026"))
            run = caseload.caseload("conform", "--requirement", "WA-05", "--known-failures", path)
            self.assertEqual(run.code, 2, run.text)
            self.assertIn("%s: entry 2: expires is a day" % path, run.stderr)
            self.assertEqual(caseload.caseload("conform", "--known-failures", folder / "none").code, 2)


class Absent(unittest.TestCase):
    """What a driver declares absent is NA by the declared reason."""

    def driver(self, folder, absent):
        path = folder / "driver.lua"
        path.write_text("local driver = {}\nfor name, value in pairs(require 'targets.reference') do driver[name] = value end\n"
                        "driver.declares = { absent = %s }\nreturn driver\n" % absent)
        return path

    def test_a_row_is_not_applicable_and_its_checks_are_not_played(self):
        with caseload.temporary_folder() as folder:
            driver = self.driver(folder, '{ ["WA-05"] = "spaces are kept for good", ["INV-15"] = "as WA-05" }')
            judged = Judged(folder, "--requirement", "WA-05,WA-06", "--target", driver, "--fault", "keep-space")
            self.assertIn(judged.code, (0, BUSY), judged.text)
            self.assertEqual(judged.rows["WA-05"]["verdict"], "NA", judged.text)
            self.assertEqual(judged.rows["WA-05"]["message"], "spaces are kept for good")
            self.assertNotIn('"story":"end"', (judged.folder / "sessions.jsonl").read_text())
            self.assertRegex(judged.tap, r"(?m)^ok \d+ - WA-05 .* # SKIP NA: spaces are kept for good$")
            self.assertEqual(judged.junit_cases()["WA-05"], "skipped")
            self.assertIn("spaces are kept for good", judged.html)

    def test_a_profile_is_not_applicable_as_a_whole(self):
        with caseload.temporary_folder() as folder:
            judged = Judged(folder, "--profile", "rooms,transfer", "--target", self.driver(folder, '{ rooms = "no rooms before release 3" }'))
            self.assertIn(judged.code, (0, BUSY), judged.text)
            verdicts = {profile: {row["verdict"] for row in judged.json["rows"] if row["profile"] == profile}
                        for profile in ("rooms", "transfer")}
            self.assertEqual(verdicts["rooms"], {"NA"}, judged.text)
            self.assertNotIn("NA", verdicts["transfer"], judged.text)

    def test_what_means_nothing_is_refused(self):
        for absent, said in (('{ room = "x" }', "declares 'room' absent"), ('{ rooms = "" }', "declares = { absent = {"),
                             ('"rooms"', "declares = { absent = {"), ('{ ["WA-05"] = "x", ["INV-15"] = "x" }', "there is no check to play")):
            with caseload.temporary_folder() as folder:
                run = caseload.caseload("conform", "--target", self.driver(folder, absent), "--requirement", "WA-05")
                self.assertEqual(run.code, 2, run.text)
                self.assertIn(said, run.text)


class Conform(unittest.TestCase):
    def test_the_reference_server_meets_what_has_a_check(self):
        run = conform()
        self.assertIn(run.code, (7, BUSY), run.text)  # many requirements have no check yet
        rows = {words[0]: words[2] for words in map(str.split, run.stdout.splitlines()) if len(words) > 3 and words[1] in ("MUST", "SHOULD")}
        self.assertEqual(set(rows.values()), {"PASS"}, run.text)
        for requirement in JUDGED:
            self.assertIn(requirement, rows)
        self.assertIn("WA-17", run.stdout.partition("without a check")[2])

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
        run = conform("--requirement", "WA-17")
        self.assertEqual(run.code, 2, run.text)
        self.assertIn("WA-17: there is no such check", run.text)

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
