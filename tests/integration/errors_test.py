"""Bad input and bad luck: each ends with a clear message that names the culprit and with its exit code.

RTP from an unknown address, replayed and tampered SRTP, and lost or wrong DTLS handshakes are made packet by
packet in tests/unit/common/webrtc: endpoint_test.c (rtp_from_an_unknown_address_is_ignored,
replayed_datagrams_are_counted, tampered_and_broken_datagrams_are_counted,
wrong_fingerprint_fails_with_both_named), transport/media_crypto_test.c (replay_is_refused) and
transport/dtls_session_test.c. robustness_test.py throws such packets at the whole server."""
import contextlib
import json
import os
import signal
import socket
import subprocess
import time
import unittest

import caseload
import wire
from caseload import caseload as command

QUICK = ("--media", "none", "--sessions", 1, "--duration", "1s")
FIXTURE = {"schema": "caseload/fixture/1", "password_cost": "load",
           "organisation": {"name": "Organisation"},
           "clinics": [{"name": "Clinic 1", "link": "clinic-1-first"},
                       {"name": "Partner clinic 1", "link": "partner-1-first"},
                       {"name": "Clinic elsewhere", "link": "elsewhere-first"}], "staff": []}
# One patient who does BODY, which begins in line 5.
STORY = """return story {
  name = "patient-alone", title = "A patient alone", profiles = { "core" },
  load = { sessions = 1, duration = "1s", planned = "1s", grace = "20s" },
  actors = { patient = { role = "patient", play = function(me)
    BODY
  end } },
}
"""
REFERENCE = caseload.ROOT / "scenarios" / "targets" / "reference.lua"


def closed_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class ErrorCase(unittest.TestCase):
    def ends(self, run, code, *words):
        self.assertEqual(run.code, code, run.text)
        for word in words:
            self.assertIn(str(word), run.stderr)
        self.assertNotIn("Sanitizer", run.text)

    @contextlib.contextmanager
    def folder_with(self, **files):
        """A folder with these files (story='…' makes story.lua)."""
        with caseload.temporary_folder() as folder:
            for name, text in files.items():
                (folder / (name + ".lua")).write_text(text)
            (folder / "fixture.json").write_text(json.dumps(FIXTURE))
            yield folder
            log = folder / "run" / "server.log"
            if log.exists():
                self.assertNotIn("Sanitizer", log.read_text())

    def story_ends(self, body, code, *words, options=()):
        """A patient who does `body`."""
        with self.folder_with(story=STORY.replace("BODY", body)) as folder:
            run = command("run", folder / "story.lua", *QUICK, *options, "--out", folder / "run", timeout=60)
            self.ends(run, code, *words)


class CommandLine(ErrorCase):
    def test_wrong_option_is_named(self):
        self.ends(command("run", "one-to-one", "--sesions", "3"), 2, "--sesions")

    def test_wrong_values_are_named(self):
        for option in (("--rate", "fast"), ("--sessions", "-1"), ("--duration", "10 parsecs"),
                       ("--video", "361p@500"), ("--audio", "1"), ("--media", "smell"),
                       ("--probes", "101"), ("--shard", "2/2"), ("--set", "consult")):
            with self.subTest(option=option):
                self.ends(command("run", "one-to-one", *option), 2, *option)

    def test_keys_of_no_capture_are_refused(self):
        for name in ("run", "script trace"):
            self.ends(command(*name.split(), "one-to-one", "--keep-keys"), 2, "--keep-keys needs --capture")
        self.assertRegex(command("run", "--help").stdout, r"--keep-keys +needs --capture")

    def test_no_time_at_all_is_refused(self):
        self.ends(command("run", "one-to-one", "--duration", "0s"), 2, "--duration")

    def test_cores_that_are_not_there_are_refused(self):
        cores = os.sched_getaffinity(0)
        try:
            os.sched_setaffinity(0, {min(cores)})
            self.ends(command("run", "one-to-one", *QUICK, "--pin"), 2, "--pin needs", "2, this process may use 1")
        finally:
            os.sched_setaffinity(0, cores)
        self.ends(command("run", "one-to-one", *QUICK, "--pin", "--url", "http://127.0.0.1:1"), 2, "--pin", "not with --url")

    def test_unknown_setting_is_named(self):
        self.ends(command("run", "one-to-one", *QUICK, "--set", "consultt=1s"), 2, "consultt")

    def test_unknown_command(self):
        self.ends(command("rnu"), 2, "rnu")

    def test_later_commands_say_not_yet(self):
        for name in ("compare", "plan", "target", "baseline"):
            self.ends(command(name), 2, "not yet")

    def test_conform_lists_the_catalogue(self):
        run = command("conform", "--list", "--profile", "transfer,phone")
        self.assertEqual(run.code, 0, run.text)
        rows = run.stdout.splitlines()
        self.assertTrue(rows[-1].startswith("26 rows of catalogue "), rows[-1])
        self.assertIn("TR-08", run.stdout)
        self.assertNotIn("WA-08", run.stdout)
        self.assertEqual(len(command("conform", "--list", "--requirement", "WA-08,INV-12").stdout.splitlines()), 3)
        self.ends(command("conform", "--list", "--profile", "transfer,telepathy"), 2, "--profile telepathy")
        self.ends(command("conform", "--list", "--requirement", "WA-99"), 2, "--requirement WA-99")

    def test_later_options_say_not_yet(self):
        self.ends(command("run", "one-to-one", "--repeat", "3"), 2, "not yet")

    def test_calibration_takes_a_range_of_participants(self):
        for option in (("--from", "0"), ("--from", "200", "--to", "100"), ("--to", "100000")):
            self.ends(command("doctor", "--calibrate", *option), 2, "takes 2 to")

    def test_help_everywhere(self):
        for words in ((), ("run",), ("report",), ("doctor",), ("script",), ("script", "check"),
                      ("script", "trace"), ("merge",), ("capacity",), ("conform",)):
            run = command(*words, "--help")
            self.assertEqual(run.code, 0, run.text)
            self.assertIn("caseload", run.stdout)
            self.assertEqual(run.stderr, "")
        for choices in ("full|audio|none", "full|light", "paced|burst"):
            self.assertIn(choices, command("run", "--help").stdout)

    def test_version_names_the_libraries(self):
        run = command("--version")
        self.ends(run, 0)
        for name in ("caseload", "libwebsockets", "nice", "openssl", "opus", "vpx", "lua", "libsrtp2"):
            self.assertRegex(run.stdout, r"(?m)^%s \S+" % name)

    def test_doctor_ends_well_and_fast(self):
        begin = time.monotonic()
        run = command("doctor")
        self.ends(run, 0)
        self.assertLess(time.monotonic() - begin, 10)
        for word in ("cores", "descriptors", "libsrtp2", "caseload-server", "stalls", "finding"):
            self.assertIn(word, run.stdout)

    def test_unknown_story_lists_the_shipped_ones(self):
        self.ends(command("run", "teletrage"), 2, "teletrage", "one-to-one")

    def test_unknown_threshold_metric(self):
        self.ends(command("run", "one-to-one", *QUICK, "--threshold", "m.jion.p95<1s"), 2, "m.jion")

    def test_threshold_without_samples_is_inconclusive(self):
        self.story_ends("me:enter {}", 4, "frame.latency", options=("--threshold", "frame.latency.p95<1s"))

    def test_failed_threshold(self):
        with self.folder_with(story=STORY.replace("BODY", "me:enter {}")) as folder:
            run = command("run", folder / "story.lua", *QUICK, "--threshold", "m.link_waiting.count<1",
                          "--out", folder / "run")
            run.folder = folder / "run"
            # A generator that a busy machine kept from its schedule may not blame the platform.
            self.assertEqual(run.code, 3 if run.summary["generator"]["healthy"] else 4, run.text)
            failed = [t for t in run.summary["thresholds"] if "m.link_waiting" in t["text"]]
            self.assertEqual([t["outcome"] for t in failed], ["failed"])
            if run.code == 3:
                self.assertIn("m.link_waiting", run.stderr)
                self.assertFalse(run.passed)  # a count is no matter of speed

    def test_what_tests_excuse_on_a_busy_machine(self):
        def excused(code, measured, unit="us", metric="m.join_media", outcome="failed", healthy=True):
            row = {"unit": unit, "metric": metric, "limit": 1e6, "measured": measured, "outcome": outcome}
            return caseload.is_only_slow(code, {"metrics": {}, "thresholds": [row], "generator": {"healthy": healthy}})
        self.assertTrue(excused(3, 9e6) and excused(3, 9e6, "ratio", "freeze") and excused(4, 0, healthy=False))
        self.assertFalse(excused(3, 11e6) or excused(3, 2e6, "ratio", "frame.loss") or excused(4, 0) or excused(1, 9e6))


class Folders(ErrorCase):
    def test_non_empty_folder_is_refused(self):
        with caseload.temporary_folder() as folder:
            (folder / "something").write_text("here")
            self.ends(command("run", "one-to-one", *QUICK, "--out", folder), 2, folder, "not empty")
            self.assertEqual(os.listdir(folder), ["something"])

    def test_unwritable_folder(self):
        self.ends(command("run", "one-to-one", *QUICK, "--out", "/proc/nowhere"), 2, "/proc/nowhere")

    @unittest.skipIf(os.geteuid() == 0, "the superuser may write everywhere")
    def test_folder_without_permission(self):
        with caseload.temporary_folder() as folder:
            folder.chmod(0o500)
            self.ends(command("run", "one-to-one", *QUICK, "--out", folder / "run"), 2, folder)

    def test_folder_that_is_a_file(self):
        with caseload.temporary_folder() as folder:
            (folder / "file").write_text("")
            self.ends(command("run", "one-to-one", *QUICK, "--out", folder / "file"), 2, folder / "file")

    def test_report_of_what_is_no_run(self):
        with caseload.temporary_folder() as folder:
            self.ends(command("report", folder), 2, folder)

    @unittest.skipIf(os.geteuid() != 0, "a small file system can be mounted by the superuser only")
    def test_no_room_on_the_disk(self):
        """The results do not fit: said so, with the file; never a pass, never a crash."""
        with self.folder_with(story=STORY.replace("BODY", "me:enter {}")) as outer:
            folder = outer / "small"
            folder.mkdir()
            script = 'mount -t tmpfs -o size=$1 none "$2" || exit 77; shift 2; exec "$@"'
            for size in ("24k", "64k"):
                run = subprocess.run(["unshare", "-m", "sh", "-c", script, "sh", size, str(folder),
                                      *caseload.command("run", outer / "story.lua", *QUICK, "--out",
                                                        folder / "run")],
                                     capture_output=True, text=True, timeout=90, stdin=subprocess.DEVNULL)
                if run.returncode == 77 or "unshare" in run.stderr:
                    self.skipTest("no mount namespace here: " + run.stderr.strip())
                text = run.stdout + run.stderr
                self.assertIn(run.returncode, (2, 6), text)
                self.assertIn("No space left on device", run.stderr)
                self.assertIn(str(folder), run.stderr)
                self.assertNotIn("Sanitizer", text)


class Scripts(ErrorCase):
    def test_syntax_error_names_file_and_line(self):
        with self.folder_with(story="return story {\n  name = 'x',\n  title = = 'y',\n}\n") as folder:
            self.ends(command("run", folder / "story.lua", *QUICK, "--out", folder / "run"), 2, "story.lua:3")
            check = command("script", "check", folder / "story.lua")
            self.assertEqual(check.code, 2, check.text)
            self.assertIn("story.lua:3", check.text)

    def test_a_patient_alone_passes(self):
        """The story that the others break is sound."""
        with self.folder_with(story=STORY.replace("BODY", "me:enter {}")) as folder:
            run = command("run", folder / "story.lua", *QUICK, "--out", folder / "run")
            run.folder = folder / "run"
            self.assertTrue(run.passed, run.text)

    def test_endless_loop_ends(self):
        self.story_ends("while true do end", 2, "story.lua:5", "endless loop")

    def test_endless_loop_in_a_string_function_ends(self):
        self.story_ends('return ("a"):rep(30000):find(("a*"):rep(30) .. "b")', 2, "story.lua:5", "endless loop")

    def test_pcall_does_not_swallow_an_endless_loop(self):
        self.story_ends("while true do pcall(function() while true do end end) end", 2, "story.lua:5",
                        "endless loop")

    def test_memory_is_bounded(self):
        self.story_ends('local all = {} while true do all[#all + 1] = ("x"):rep(100000) .. #all end', 2,
                        "story.lua:5")

    def test_undefined_verb(self):
        self.story_ends("me:jion()", 2, "story.lua:5", "jion")

    def test_undefined_verb_by_a_computed_name(self):
        self.story_ends('local verb = "jion" me[verb](me)', 2, "story.lua:5", "jion")

    def test_run_time_error(self):
        self.story_ends("local nobody = nil return nobody.name", 2, "story.lua:5", "nobody")

    def test_error_value_that_is_no_text(self):
        self.story_ends("error({})", 2, "story.lua")


class Trace(ErrorCase):
    def test_every_shipped_story_shows_its_session(self):
        for story in ("one-to-one", "teletriage", "check-in"):
            with self.subTest(story), caseload.temporary_folder() as folder:
                run = command("script", "trace", story, "--media", "none", "--out", folder / "run", timeout=90)
                self.assertIn(run.code, (0, 4), run.text)  # 4: a busy machine
                sessions = json.loads((folder / "run" / "summary.json").read_text())["sessions"]
                self.assertEqual((sessions["planned"], sessions["completed"]), (1, 1), run.text)
                self.assertRegex(run.stdout, r"(?m)^ +\d+\.\d+ s  patient +→ enter")

    def test_a_story_of_no_time_shows_its_session(self):
        with self.folder_with(story=STORY.replace("BODY", "log('here')")) as folder:
            run = command("script", "trace", folder / "story.lua", "--media", "none", "--workers", 2, "--out",
                          folder / "run", timeout=60)
            self.assertIn(run.code, (0, 4), run.text)
            self.assertIn("here", run.stdout)
            self.assertIn("1 planned, 1 completed", run.text)
            if run.code == 4:
                self.assertIn("less than a second", run.stderr)

    def test_one_session_has_no_shares(self):
        self.ends(command("script", "trace", "one-to-one", "--shard", "1/2"), 2, "--shard 1/2")


class Target(ErrorCase):
    def run_against(self, folder, url, *options):
        return command("run", folder / "story.lua", *QUICK, "--url", url, "--target-config",
                       folder / "fixture.json", "--out", folder / "run", *options)

    def test_unreachable_target_names_host_and_port(self):
        with self.folder_with(story=STORY.replace("BODY", "me:enter {}")) as folder:
            port = closed_port()
            run = self.run_against(folder, "https://127.0.0.1:%d" % port)
            self.ends(run, 5, "127.0.0.1", str(port))
            self.assertEqual(run.stdout, "")  # no table of a run that did not begin
            summary = json.loads((folder / "run" / "summary.json").read_text())
            self.assertEqual({threshold["outcome"] for threshold in summary["thresholds"]}, {"no samples"})

    def test_unknown_host_is_named(self):
        with self.folder_with(story=STORY.replace("BODY", "me:enter {}")) as folder:
            self.ends(self.run_against(folder, "https://no-such-host.invalid"), 5, "no-such-host.invalid")

    def test_silent_target_is_given_up(self):
        with self.folder_with(story=STORY.replace("BODY", "me:enter {}")) as folder, \
                socket.create_server(("127.0.0.1", 0)) as silent:
            url = "http://127.0.0.1:%d" % silent.getsockname()[1]
            self.ends(self.run_against(folder, url, "--timeout", "2s"), 5, url)

    def test_untrusted_certificate_is_refused(self):
        with caseload.server(fixture=FIXTURE) as server, \
                self.folder_with(story=STORY.replace("BODY", "me:enter {}")) as folder:
            self.ends(self.run_against(folder, server["url"]), 5, "certificate")

    def test_broken_fixture_is_named(self):
        """Before the platform is asked anything: nobody listens at this URL, and nothing is written."""
        clinics, account = FIXTURE["clinics"], {"username": "clinic-1.team_member.1"}
        broken = [
            ("{", "cannot be read"), ("", "cannot be read"), ("[]", "no clinics or staff"),
            (json.dumps({"clinics": [], "staff": []}), "no clinic"),
            (json.dumps({"clinics": [7], "staff": []}), "clinic 1 has no name or no link"),
            (json.dumps({"clinics": [*clinics, {"name": "x"}], "staff": []}), "clinic 4 has no"),
            (json.dumps({"clinics": clinics, "staff": [account]}), "account 1 has no username or no password"),
        ]
        with self.folder_with(story=STORY.replace("BODY", "me:enter {}")) as folder:
            for text, words in broken:
                (folder / "fixture.json").write_text(text)
                for target in ((), ("--url", "https://127.0.0.1:%d" % closed_port())):
                    with self.subTest(text=text, target=target):
                        run = command("run", folder / "story.lua", *QUICK, *target, "--target-config",
                                      folder / "fixture.json", "--out", folder / "run", timeout=60)
                        self.ends(run, 2, "--target-config", folder / "fixture.json", words)
                        self.assertFalse((folder / "run").exists())
            (folder / "fixture.json").write_text(json.dumps(FIXTURE))
            run = self.run_against(folder, "https://127.0.0.1:1", "--workers", 2)
            self.ends(run, 2, "1 clinics are too few for 2 shards")
            self.ends(self.run_against(folder, "https://127.0.0.1:1"), 5, "127.0.0.1")  # it was the fixture

    def test_what_the_embedded_server_refuses_is_a_mistake_of_the_user(self):
        with self.folder_with(story=STORY.replace("BODY", "me:enter {}")) as folder:
            (folder / "fixture.json").write_text(json.dumps({**FIXTURE, "schema": "caseload/fixture/9"}))
            self.ends(command("run", folder / "story.lua", *QUICK, "--target-config", folder / "fixture.json",
                              "--out", folder / "run", timeout=60), 2, "fixture.json", "schema")
            self.ends(command("run", "one-to-one", *QUICK, "--fault", "no-such", "--out", folder / "other",
                              timeout=60), 2, "--fault no-such")

    def test_target_that_dies_is_a_finding(self):
        """A platform that somebody else runs is killed while a patient waits in it."""
        with caseload.server(fixture=FIXTURE) as server, \
                self.folder_with(story=STORY.replace("BODY", "me:enter {} sleep(15) me:look()")) as folder:
            process = subprocess.Popen(
                caseload.command("run", folder / "story.lua", "--media", "none", "--sessions", 1,
                                 "--duration", "30s", "--url", server["url"], "--ca",
                                 server["folder"] / "ca.pem", "--target-config", folder / "fixture.json",
                                 "--out", folder / "run"),
                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            try:
                time.sleep(4)
                server["process"].kill()
                out, err = process.communicate(timeout=60)
            finally:
                if process.poll() is None:
                    process.kill()
                    process.wait()
            self.assertEqual(process.returncode, 9, out + err)
            self.assertIn(server["url"], err)
            summary = json.loads((folder / "run" / "summary.json").read_text())
            self.assertEqual(summary["exit_code"], 9)

    def test_embedded_server_that_dies_is_a_finding(self):
        with self.folder_with(story=STORY.replace("BODY", "me:enter {} sleep(15) me:look()")) as folder:
            process = subprocess.Popen(caseload.command("run", folder / "story.lua", "--media", "none",
                                                        "--sessions", 1, "--duration", "30s", "--out",
                                                        folder / "run"),
                                       stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            try:
                self.assertTrue(self.kill_server_of(process))
                out, err = process.communicate(timeout=60)
            finally:
                if process.poll() is None:
                    process.kill()
                    process.wait()
            self.assertEqual(process.returncode, 9, out + err)
            self.assertIn("embedded server was ended by signal 9", err)

    def kill_server_of(self, process):
        """Wait until the run's first session goes on, then kill its server."""
        until = time.monotonic() + 40
        while time.monotonic() < until:
            listing = subprocess.run(["ps", "-o", "pid=,args=", "--ppid", str(process.pid)],
                                     capture_output=True, text=True).stdout
            servers = [line.split()[0] for line in listing.splitlines() if "caseload-server" in line]
            if servers:
                time.sleep(4)
                os.kill(int(servers[0]), signal.SIGKILL)
                return True
            time.sleep(0.2)
        return False


class Descriptions(ErrorCase):
    """Session descriptions that are wrong, one way and the other, by a driver that spoils them."""

    def media_fails(self, spoil, *words, codes=(3, 4, 7)):
        source = REFERENCE.read_text()
        call = 'return request(actor, "media.offer", { sdp = arguments.sdp }).sdp'
        self.assertIn(call, source)
        with self.folder_with(story=STORY.replace("BODY", "me:enter {} sleep(10)"),
                              driver=source.replace(call, spoil)) as folder:
            run = command("run", folder / "story.lua", "--sessions", 1, "--duration", "1s", "--target",
                          folder / "driver.lua", "--out", folder / "run", timeout=60)
            self.assertNotIn("Sanitizer", run.text)
            self.assertIn(run.code, codes, run.text)  # every session failed
            reason = json.loads((folder / "run" / "sessions.jsonl").read_text().splitlines()[0])["reason"]
            for word in words:
                self.assertIn(word, reason)

    def test_wrong_certificate_fingerprint(self):
        self.media_fails('local sdp = request(actor, "media.offer", { sdp = arguments.sdp }).sdp '
                         'local digest = sdp:match("a=fingerprint:sha%-256 (%S+)") '
                         'local other = digest:gsub("%x", { ["0"] = "1", ["1"] = "0", A = "B", B = "A" }) '
                         'return (sdp:gsub("(a=fingerprint:sha%-256 )%S+", "%1" .. other))',
                         "fingerprint mismatch")

    def test_answer_that_is_no_description(self):
        # A promise of encryption (WA-25) it is not, either: exit 1.
        self.media_fails('request(actor, "media.offer", { sdp = arguments.sdp }) return "hello"', "SDP line 1",
                         codes=(1,))

    def test_answer_with_a_broken_line(self):
        self.media_fails('return (request(actor, "media.offer", { sdp = arguments.sdp }).sdp'
                         ':gsub("m=video [^\\r]*", "m=video never UDP/TLS/RTP/SAVPF 1"))', "SDP line")

    def test_offer_that_is_no_description(self):
        self.media_fails('return request(actor, "media.offer", { sdp = "hello" }).sdp', "SDP line 1")

    def test_offer_without_encryption(self):
        self.media_fails('return request(actor, "media.offer", '
                         '{ sdp = (arguments.sdp:gsub("a=fingerprint:[^\\r]*\\r\\n", "")) }).sdp',
                         "fingerprint")


class Interrupted(ErrorCase):
    def interrupted(self, number, code, group=False, again=False):
        with caseload.temporary_folder() as folder:
            process = subprocess.Popen(caseload.command("run", "one-to-one", "--media", "none", "--sessions", 2,
                                                        "--duration", "60s", "--out", folder / "run"),
                                       stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                       start_new_session=True)
            try:
                time.sleep(5)
                for _ in range(2 if again else 1):
                    (os.killpg if group else os.kill)(process.pid, number)
                    time.sleep(0.02)
                out, err = process.communicate(timeout=40)
            finally:
                if process.poll() is None:
                    os.killpg(process.pid, signal.SIGKILL)
                    process.wait()
            self.assertEqual(process.returncode, code, out + err)
            self.assertIn("interrupted", err)
            self.assertNotIn("Sanitizer", out + err)
            summary = json.loads((folder / "run" / "summary.json").read_text())
            self.assertEqual(summary["verdict"], "interrupted")
            self.assertEqual(summary["exit_code"], code)
            if again:
                return
            self.assertGreaterEqual(summary["sessions"]["started"], 2)
            self.assertTrue((folder / "run" / "sessions.jsonl").read_text())
            self.assertNotIn("did not finish", (folder / "run" / "junit.xml").read_text())

    def test_sigint(self):
        self.interrupted(signal.SIGINT, 130)

    def test_ctrl_c_reaches_the_whole_group(self):
        self.interrupted(signal.SIGINT, 130, group=True)

    def test_sigterm(self):
        self.interrupted(signal.SIGTERM, 143)

    def test_ctrl_c_twice(self):
        """At once, whatever was still open; the little that is known is written."""
        self.interrupted(signal.SIGINT, 130, again=True)

    def test_killed_run_leaves_no_process(self):
        with caseload.temporary_folder() as folder:
            process = subprocess.Popen(caseload.command("run", "one-to-one", "--media", "none", "--sessions", 2,
                                                        "--workers", 2, "--duration", "60s", "--out",
                                                        folder / "run"),
                                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                       start_new_session=True)
            time.sleep(4)
            self.assertGreaterEqual(len(self.session_of(process)), 4)  # itself, two shards, the server
            process.kill()
            process.wait()
            until = time.monotonic() + 10
            while (left := self.session_of(process)) and time.monotonic() < until:
                time.sleep(0.1)
            for pid in left:
                os.kill(pid, signal.SIGKILL)
            self.assertEqual(left, [])
            self.assertIn("did not finish", (folder / "run" / "junit.xml").read_text())

    def session_of(self, process):
        listing = subprocess.run(["ps", "-o", "pid=", "-s", str(process.pid)], capture_output=True, text=True)
        return [int(pid) for pid in listing.stdout.split()]


class LiveConnection(ErrorCase):
    """Messages to the server that no honest client sends, over TLS and in the clear."""

    def request(self, method="no.such", **members):
        return json.dumps({"jsonrpc": "2.0", "id": 7, "method": method, "params": {}, **members})

    def each_server(self):
        for arguments in ((), ("--plain",)):
            with self.subTest(arguments=arguments), caseload.server(*arguments, fixture=FIXTURE) as server:
                yield server
                self.assertIn(b'"status":"ok"', wire.health(server))
                server["process"].terminate()
                self.assertEqual(server["process"].wait(10), 0, (server["folder"] / "log").read_text())
                self.assertNotIn("Sanitizer", (server["folder"] / "log").read_text())

    def refused(self, server, text, code, identity=None, **data):
        with wire.WebSocket(server) as connection:
            answer = connection.ask(text)
            error = answer.get("error", {})
            self.assertEqual((error.get("code"), answer["id"]), (code, identity), (text[:100], answer))
            self.assertTrue(error["message"])
            self.assertLessEqual({"class": "protocol", **data}.items(), error["data"].items())
            # It goes on: one error does not end a connection.
            self.assertIn("result", connection.call("enter", link="clinic-1-first", name="Somebody"))

    def test_malformed_requests(self):
        enter = {"link": "clinic-1-first", "name": "Somebody"}
        for server in self.each_server():
            for text in ('{"jsonrpc":', "", "hello", "[" * 100000, '{"a":' * 17 + "1" + "}" * 17,
                         '{"jsonrpc":"2.0","jsonrpc":"2.0"}', '"\\u0000"'):
                self.refused(server, text, -32700)
            for text in ("[]", "{}", "7", "[%s]" % self.request()):
                self.refused(server, text, -32600)
            self.refused(server, self.request(jsonrpc="1.0"), -32600, 7)
            self.refused(server, self.request(params=[1]), -32600, 7)
            self.refused(server, self.request(more=1), -32600, 7)
            self.refused(server, self.request(), -32601, 7)
            self.refused(server, self.request("enter", params={**enter, "colour": "red"}), -32602, 7,
                         parameter="colour")
            self.refused(server, self.request("enter", params={**enter, "name": 7}), -32602, 7,
                         parameter="name")
            self.refused(server, self.request("enter", params={"name": "Somebody"}), -32602, 7,
                         parameter="link")

    def test_frames_that_close(self):
        for server in self.each_server():
            for payload, options, codes in ((b"\xff\xfe", {}, {1007}), (b"{}", {"opcode": wire.BINARY}, {1003}),
                                            (b"{}", {"opcode": 3}, {1002}),
                                            # The rest of it is on the way when the server hangs up.
                                            (b"x" * 300000, {}, {1009, 0})):
                with wire.WebSocket(server) as connection:
                    connection.send(payload, **options)
                    self.assertIn(connection.closing(), codes, payload[:10])
            for text in ("{", self.request()):
                with wire.WebSocket(server) as connection:
                    for _ in range(8):
                        connection.send(text)
                    self.assertEqual(connection.closing(), 4400)

    def test_malformed_descriptions(self):
        for server in self.each_server():
            with wire.WebSocket(server) as connection:
                connection.call("enter", link="clinic-1-first", name="Somebody")
                for sdp, word in (("garbage", "line 1"), ("v=0\r\n", "line 1"), ("v=0\r\nv=0\r\n", "line 2"),
                                  ("v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n"
                                   "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\n", "offer")):
                    error = connection.call("media.offer", sdp=sdp)["error"]
                    self.assertEqual((error["code"], error["data"]["parameter"]), (-32602, "sdp"), error)
                    self.assertIn(word, error["message"])


if __name__ == "__main__":
    unittest.main()
