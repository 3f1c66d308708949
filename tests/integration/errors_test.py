"""Bad input and bad luck: each ends with a clear message that names the culprit and with its exit code."""
import json
import os
import socket
import subprocess
import unittest

import caseload
from caseload import caseload as command

QUICK = ("--media", "none", "--sessions", 1, "--duration", "1s")
FIXTURE = {"schema": "caseload/fixture/1", "password_cost": "load",
           "organisation": {"name": "Organisation"},
           "clinics": [{"name": "Clinic 1", "link": "clinic-0001"}], "staff": []}


def closed_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Errors(unittest.TestCase):
    def ends(self, run, code, *words):
        self.assertEqual(run.code, code, run.text)
        for word in words:
            self.assertIn(word, run.stderr)
        self.assertNotIn("Sanitizer", run.text)

    def story(self, folder, text):
        path = folder / "story.lua"
        path.write_text(text)
        return path

    def failing_story(self, body, code, *words):
        """A copy of one-to-one whose patient does `body`."""
        with caseload.temporary_folder() as folder:
            path = self.story(folder, body)
            self.ends(command("run", path, *QUICK, "--out", folder / "run", timeout=60), code, *words)

    def test_wrong_option_is_named(self):
        self.ends(command("run", "one-to-one", "--sesions", "3"), 2, "--sesions")

    def test_wrong_value_is_named(self):
        self.ends(command("run", "one-to-one", "--rate", "fast"), 2, "--rate fast")

    def test_unknown_command(self):
        self.ends(command("rnu"), 2, "rnu")

    def test_later_commands_say_not_yet(self):
        for name in ("conform", "capacity", "compare", "plan", "merge", "target", "baseline"):
            self.ends(command(name), 2, "not yet")

    def test_later_options_say_not_yet(self):
        for option in (("--net", "lossy"), ("--start-at", "12:00"), ("--repeat", "3")):
            self.ends(command("run", "one-to-one", *option), 2, "not yet")

    def test_help_everywhere(self):
        for words in ((), ("run",), ("report",), ("doctor",), ("script",)):
            run = command(*words, "--help")
            self.assertEqual(run.code, 0, run.text)
            self.assertIn("caseload", run.stdout)

    def test_unknown_story_lists_the_shipped_ones(self):
        self.ends(command("run", "teletrage"), 2, "teletrage", "one-to-one")

    def test_unknown_threshold_metric(self):
        self.ends(command("run", "one-to-one", *QUICK, "--threshold", "m.jion.p95<1s"), 2, "m.jion")

    def test_threshold_without_samples_is_inconclusive(self):
        with caseload.run("one-to-one", *QUICK, "--threshold", "frame.latency.p95<1s") as run:
            self.ends(run, 4, "frame.latency")

    def test_failed_threshold(self):
        with caseload.run("one-to-one", "--sessions", 1, "--duration", "3s",
                          "--threshold", "frame.received.count<1") as run:
            self.ends(run, 3, "frame.received")

    def test_unreachable_target_names_host_and_port(self):
        with caseload.temporary_folder() as folder:
            (folder / "f.json").write_text(json.dumps(FIXTURE))
            port = closed_port()
            self.ends(command("run", "one-to-one", *QUICK, "--url", "https://127.0.0.1:%d" % port,
                              "--target-config", folder / "f.json", "--out", folder / "run"),
                      5, "127.0.0.1:%d" % port)

    def test_untrusted_certificate_is_refused(self):
        with caseload.server(fixture=FIXTURE) as server, caseload.temporary_folder() as folder:
            (folder / "f.json").write_text(json.dumps(FIXTURE))
            self.ends(command("run", "one-to-one", *QUICK, "--url", server["url"],
                              "--target-config", folder / "f.json", "--out", folder / "run"),
                      5, "certificate")

    def test_syntax_error_names_file_and_line(self):
        self.failing_story("return story {\n  name = 'x',\n  title = = 'y',\n}\n", 2, "story.lua:3")

    def test_non_empty_folder_is_refused(self):
        with caseload.temporary_folder() as folder:
            (folder / "something").write_text("here")
            self.ends(command("run", "one-to-one", *QUICK, "--out", folder), 2, str(folder), "not empty")

    def test_unwritable_folder(self):
        self.ends(command("run", "one-to-one", *QUICK, "--out", "/proc/nowhere"), 2, "/proc/nowhere")

    def test_report_of_what_is_no_run(self):
        with caseload.temporary_folder() as folder:
            self.ends(command("report", folder), 2, str(folder))

    def test_interrupt_writes_partial_results(self):
        with caseload.temporary_folder() as folder:
            run = command("run", "one-to-one", "--sessions", 2, "--duration", "60s",
                          "--out", folder / "run", interrupt_after=6)
            run.folder = folder / "run"
            self.ends(run, 130, "interrupted")
            self.assertEqual(run.summary["verdict"], "interrupted")
            self.assertTrue((run.folder / "sessions.jsonl").exists())

    def test_target_that_dies_is_a_finding(self):
        with caseload.temporary_folder() as folder:
            process = subprocess.Popen(caseload.command("run", "one-to-one", "--sessions", 2, "--duration",
                                                        "60s", "--out", folder / "run"),
                                       stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            try:
                self.assertTrue(self.kill_server_of(process))
                out, err = process.communicate(timeout=60)
            finally:
                if process.poll() is None:
                    process.kill()
            self.assertEqual(process.returncode, 9, out + err)
            self.assertIn("embedded server was ended by signal 9", err)

    def kill_server_of(self, process):
        """Wait until the run's first sessions go on, then kill its server."""
        import time
        until = time.monotonic() + 40
        while time.monotonic() < until:
            listing = subprocess.run(["ps", "-o", "pid=,args=", "--ppid", str(process.pid)],
                                     capture_output=True, text=True).stdout
            servers = [line.split()[0] for line in listing.splitlines() if "caseload-server" in line]
            if servers:
                time.sleep(8)
                os.kill(int(servers[0]), 9)
                return True
            time.sleep(0.2)
        return False


if __name__ == "__main__":
    unittest.main()
