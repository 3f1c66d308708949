"""An installed Caseload finds its stories, its drivers and its server wherever it is called from."""
import json
import os
import subprocess
import unittest
import urllib.request
from unittest import mock

import caseload

BUILD = caseload.BIN.parent


@unittest.skipUnless((BUILD / "cmake_install.cmake").exists(), "CASELOAD_BIN is not the bin of a build tree")
class Installed(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = cls.enterClassContext(caseload.temporary_folder())
        cls.prefix = cls.folder / "prefix"
        cls.elsewhere = cls.folder / "elsewhere"
        cls.elsewhere.mkdir()
        done = subprocess.run(["cmake", "--install", str(BUILD), "--prefix", str(cls.prefix)],
                              capture_output=True, text=True, timeout=60)
        if done.returncode != 0:
            raise AssertionError(done.stdout + done.stderr)

    def installed(self, *arguments, program="caseload", timeout=120):
        clean = {name: value for name, value in os.environ.items() if not name.startswith("CASELOAD_")}
        return subprocess.run([str(self.prefix / "bin" / program), *map(str, arguments)], cwd=self.elsewhere,
                              env=clean, capture_output=True, text=True, timeout=timeout,
                              stdin=subprocess.DEVNULL)

    def test_what_is_there(self):
        share = self.prefix / "share" / "caseload"
        for name in ("scenarios/one-to-one.lua", "scenarios/roles/patient.lua",
                     "scenarios/targets/reference.lua", "results/schema", "reference-server/web/patient.html"):
            self.assertTrue((share / name).exists(), name)

    def test_stories_check(self):
        for story in ("one-to-one", "teletriage", "check-in"):
            run = self.installed("script", "check", story)
            self.assertEqual(run.returncode, 0, run.stdout + run.stderr)
            self.assertIn(str(self.prefix), run.stdout)

    def test_doctor_finds_its_own(self):
        run = self.installed("doctor")
        self.assertEqual(run.returncode, 0, run.stderr)
        self.assertIn(str(self.prefix / "bin" / "caseload-server"), run.stdout)
        self.assertIn(str(self.prefix / "share" / "caseload"), run.stdout)

    def test_run(self):
        """Three seconds of signalling into the default folder, below the working directory."""
        run = self.installed("run", "one-to-one", "--media", "none", "--sessions", 1, "--duration", "3s",
                             "--set", "consult=2s")
        text = run.stdout + run.stderr
        folders = list((self.elsewhere / "results" / "runs").glob("*-one-to-one"))
        self.assertEqual(len(folders), 1, text)
        summary = json.loads((folders[0] / "summary.json").read_text())
        self.assertTrue(run.returncode == 0 or caseload.is_only_slow(run.returncode, summary), text)
        self.assertGreaterEqual(summary["sessions"]["completed"], 1)
        card = json.loads((folders[0] / "run.json").read_text())
        # Whose story it is, test_stories_check tells; a result does not say where it lay.
        self.assertEqual(card["story"]["path"], "one-to-one.lua")
        self.assertNotIn(str(self.prefix), json.dumps(card))

    def test_server_serves_its_pages(self):
        fixture = {"schema": "caseload/fixture/1", "password_cost": "load",
                   "organisation": {"name": "Organisation"},
                   "clinics": [{"name": "Clinic 1", "link": "clinic-1-first"}], "staff": []}
        with mock.patch.object(caseload, "BIN", self.prefix / "bin"), \
                caseload.server("--plain", fixture=fixture) as server:
            for path in ("/c/clinic-1-first", "/staff"):
                with urllib.request.urlopen(server["url"] + path, timeout=5) as page:
                    self.assertIn(b"<html", page.read())


if __name__ == "__main__":
    unittest.main()
