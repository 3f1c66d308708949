"""The shipped stories run with real media against the embedded server and leave complete results."""
import os
import unittest

import caseload

COMMON = {"m.signin", "m.link_waiting", "m.enter_card", "m.join_state", "m.join_accepted", "m.join_media",
          "m.end_gone", "m.refuse", "m.fanout", "connect.signalling", "connect.ice", "connect.dtls",
          "connect.first_rtp", "connect.first_frame", "connect.first_audio", "frame.latency",
          "frame.received", "audio.received", "audio.jitter_buffer", "audio.samples", "m.mouth_ear",
          "av.skew", "generator.send_slip"}
# What every receiver of video, or of sound, records; where there is none, nothing is recorded of it.
VIDEO = {"frame.expected", "frame.received", "frame.lost", "freeze.count", "freeze.duration",
         "video.duration", "frame.latency", "video.fps", "video.jitter", "connect.first_frame"}
AUDIO = {"audio.expected", "audio.received", "audio.lost", "audio.samples", "audio.concealed",
         "audio.concealment_events", "audio.latency", "audio.jitter", "audio.jitter_buffer"}
FILES = ["run.json", "summary.json", "checks.jsonl", "timeline.csv", "sessions.jsonl", "junit.xml",
         "report.html"]


class Stories(unittest.TestCase):
    def passes(self, story, *arguments, measures=(), without=()):
        with caseload.run(story, *arguments) as run:
            self.assertTrue(run.passed, run.text)
            for name in FILES:
                self.assertTrue((run.folder / name).stat().st_size > 0, name)
            summary = run.summary
            self.assertGreaterEqual(summary["sessions"]["completed"], 1)
            self.assertEqual(summary["sessions"]["failed"], 0)
            missing = (COMMON | set(measures)) - set(without) - set(summary["metrics"])
            self.assertFalse(missing, "measures without a value")
            self.assertEqual(summary["metrics"].get("isolation.forbidden", {}).get("sum", 0), 0)
            checks = run.lines("checks.jsonl")
            self.assertTrue(checks)
            return summary, checks

    def test_one_to_one(self):
        self.passes("one-to-one", "--sessions", 3, "--duration", "10s", "--seed", 3, "--set", "consult=6s",
                    measures=["m.msg"])

    def test_teletriage_with_every_branch(self):
        summary, checks = self.passes(
            "teletriage", "--sessions", 6, "--duration", "15s", "--seed", 2,
            measures=["m.hold_silence", "m.transfer_card", "m.transfer_gone", "wait.time"])
        seen = {check["requirement"] for check in checks}
        for requirement in ("WA-01", "WA-05", "WA-07", "WA-08", "WA-12", "WA-13", "WA-24", "TR-08"):
            self.assertIn(requirement, seen)

    def test_check_in(self):
        self.passes("check-in", "--sessions", 3, "--duration", "10s", "--seed", 5,
                    measures=["m.hold_silence"])

    def test_group_therapy(self):
        summary, checks = self.passes("group-therapy", "--sessions", 1, "--duration", "2s", "--seed", 5,
                                      "--set", "members=9", "--set", "rounds=2", "--set", "turn=1.5s",
                                      measures=["tile.media", "tile.speaker", "m.hold_silence", "m.rejoin_media"],
                                      without=["m.fanout"])  # one observer alone
        seen = {check["requirement"] for check in checks}
        for requirement in ("GR-01", "GR-02", "GR-03", "GR-05", "GR-06", "SES-04", "SES-15", "WA-08", "WA-24"):
            self.assertIn(requirement, seen)
        # What is not chosen for a receiver is not expected, and what is chosen came, all of it.
        self.assertEqual(summary["metrics"]["frame.lost"]["sum"], 0)
        ledger = {row["name"]: row for row in summary["ledger"]}
        for name in ("video of a tile", "audio of a voice"):
            self.assertGreater(ledger[name]["expected"], 20, name)

    def test_group_rooms_on_two_media_workers(self):
        self.passes("group-therapy", "--sessions", 2, "--duration", "2s", "--seed", 6, "--media-workers", 2,
                    "--set", "rounds=1", "--set", "turn=1.5s", without=["m.fanout"])

    def test_a_full_group_room_refuses_the_twenty_first(self):
        with caseload.run("group-therapy", "--media", "none", "--sessions", 2, "--duration", "1s", "--set", "members=20",
                          "--set", "rounds=1", "--set", "turn=200ms", "--set", "arrive=100ms") as run:
            self.assertTrue(run.passed, run.text)
            self.assertGreaterEqual(run.summary["participants"]["peak"], 40)

    def test_two_workers_share_the_sessions(self):
        summary, _ = self.passes("one-to-one", "--sessions", 4, "--duration", "10s", "--workers", 2, "--set", "consult=6s",
                                 "--seed", 4)
        self.assertGreaterEqual(summary["sessions"]["completed"], 4)

    def test_transfer_with_both_ends_on_different_media_workers(self):
        self.passes("teletriage", "--sessions", 4, "--duration", "12s", "--media-workers", 2,
                    "--seed", 6)

    def test_signalling_only(self):
        with caseload.run("one-to-one", "--media", "none", "--sessions", 3, "--duration", "5s", "--set", "consult=6s") as run:
            self.assertTrue(run.passed, run.text)
            self.assertFalse((VIDEO | AUDIO | {"rtp.sent"}) & set(run.summary["metrics"]))
            # In the platform's session without media is a participant too: two of each session, and the desk.
            participants = run.summary["participants"]
            self.assertGreaterEqual(participants["peak"], 5)
            self.assertGreaterEqual(participants["total"], 2 * run.summary["sessions"]["completed"] + 1)
            timeline = [int(row["participants"]) for row in run.csv("timeline.csv")]
            self.assertGreaterEqual(max(timeline), 3)
            self.assertLessEqual(max(timeline), participants["peak"])

    def test_audio_only(self):
        with caseload.run("one-to-one", "--media", "audio", "--sessions", 2, "--duration", "5s", "--set", "consult=6s") as run:
            self.assertTrue(run.passed, run.text)
            self.assertGreater(run.metric("audio.received")["sum"], 0)
            self.assertFalse(VIDEO & set(run.summary["metrics"]))
            self.assertLessEqual(AUDIO, set(run.summary["metrics"]))

    def test_result_names_the_story_and_not_its_place(self):
        own = caseload.ROOT / "scenarios" / "one-to-one.lua"
        with caseload.temporary_folder() as folder:
            (folder / "copy.lua").write_text(own.read_text())
            for given, shown in (("one-to-one", "one-to-one.lua"), (own, "one-to-one.lua"),
                                 (os.path.relpath(folder / "copy.lua"),) * 2):
                with caseload.run(given, "--media", "none", "--sessions", 1, "--duration", "1s", "--set",
                                  "consult=1s") as run:
                    self.assertEqual(run.json("run.json")["story"]["path"], shown)
                    self.assertIn("<dd>%s</dd>" % shown, run.read("report.html"))

    def test_open_model_starts_at_the_rate(self):
        with caseload.run("one-to-one", "--rate", "2/s", "--duration", "6s", "--media", "none", "--set", "consult=6s") as run:
            self.assertTrue(run.passed, run.text)
            self.assertEqual(run.summary["sessions"]["planned"], 12)

    def starts(self, *arguments):
        """Intended starts in seconds of a run that is all arrivals."""
        with caseload.run("one-to-one", "--media", "none", "--set", "consult=1s", "--set", "drop_share=0",
                          "--set", "leave_share=0", "--seed", 5, *arguments) as run:
            self.assertTrue(run.passed, run.text)
            return sorted(s["intended_us"] / 1e6 for s in run.lines("sessions.jsonl")), run.json("run.json")

    def test_burst_at_the_top_of_a_compressed_hour(self):
        starts, card = self.starts("--rate", "4/s", "--arrivals", "burst:75%,500ms,4s", "--duration", "8s")
        self.assertEqual(len(starts), 32)
        self.assertEqual([sum(a <= t < a + 0.5 for t in starts) for a in (0, 4)], [12, 12])
        self.assertEqual(card["load"]["arrivals"], "burst:75%,500ms,4s")

    def test_shipped_day_runs_compressed_and_keeps_its_shape(self):
        # 268 patients of eleven hours in 11 s, scaled down to a busiest moment of 3 a second.
        starts, card = self.starts("--arrivals", "poisson+day:clinic-day.csv", "--compress", 3600, "--rate", "3/s",
                                   "--workers", 2)
        self.assertEqual(card["load"]["compress"], 3600)
        self.assertEqual(card["load"]["duration_us"], 11_000_000)
        self.assertGreater(len(starts), 10)
        self.assertLess(max(starts), 11)
        busy, quiet = (sum(a <= t < b for t in starts) / (b - a) for a, b in ((1.5, 3), (4.5, 5.5)))
        self.assertGreater(busy, quiet)

    def test_day_that_is_wrong_is_said_with_its_line(self):
        with caseload.temporary_folder() as folder:
            (folder / "d.csv").write_text("time,per_hour\n08:00,many\n")
            run = caseload.caseload("run", "one-to-one", "--arrivals", "day:%s" % (folder / "d.csv"))
            self.assertEqual(run.code, 2)
            self.assertIn("d.csv:2: arrivals per hour", run.stderr)

    def test_mix_tells_its_stories_apart(self):
        with caseload.run("mixed-clinic-day", "--rate", "1/s", "--arrivals", "constant", "--duration", "10s", "--seed", 2,
                          "--probes", 0, "--set", "one-to-one.consult=3s", "--set", "teletriage.consult=2s", "--set",
                          "check-in.consult=2s", "--set", "group-therapy.share=0", "--set", "check-in.share=20",
                          "--workers", 2) as run:
            self.assertTrue(run.passed, run.text)
            stories = [s["story"] for s in run.lines("sessions.jsonl")]
            self.assertEqual([stories.count(one) for one in ("one-to-one", "teletriage", "check-in")], [5, 3, 2])
            self.assertEqual({tag: value["sum"] for tag, value in run.metric("session.completed")["by"].items()},
                             {"story=one-to-one": 5, "story=teletriage": 3, "story=check-in": 2})
            for name in ("m.join_media", "m.link_waiting", "frame.latency", "audio.received"):
                self.assertLessEqual({"story=one-to-one", "story=teletriage"}, set(run.metric(name)["by"]), name)
            judged = {row["text"]: row["outcome"] for row in run.summary["thresholds"]}
            self.assertIn("m.join_media{story=check-in}.p95<1s", judged)
            self.assertIn("By story", run.read("report.html"))

    def test_mix_refuses_a_setting_of_no_story(self):
        run = caseload.caseload("run", "mixed-clinic-day", "--set", "consult=3s")
        self.assertEqual(run.code, 2)
        self.assertIn("write --set STORY.KEY=VALUE", run.stderr)

    def storm(self, story, *arguments, sessions):
        with caseload.run(story, "--seed", 1, *arguments) as run:
            self.assertTrue(run.passed, run.text)
            self.assertEqual(run.summary["sessions"]["planned"], sessions)
            self.assertEqual(run.summary["sessions"]["completed"], sessions)
            return run.summary["metrics"]

    def test_storm_of_arrivals(self):
        metrics = self.storm("storm-arrivals", "--media", "none", "--set", "patients=150", "--set", "within=2s",
                             "--workers", 2, sessions=150)
        self.assertGreaterEqual(metrics["m.enter_card"]["count"], 150)

    def test_storm_of_dashboards(self):
        metrics = self.storm("storm-dashboards", "--media", "none", "--set", "dashboards=60", "--set", "gather=3s",
                             sessions=60)
        self.assertEqual(metrics["m.board"]["count"], 60)

    def test_storm_of_admissions_with_media(self):
        metrics = self.storm("storm-admissions", "--set", "patients=6", "--set", "gather=2s", sessions=6)
        self.assertGreater(metrics["frame.received"]["sum"], 0)
        self.assertEqual(metrics["m.join_media"]["by"]["kind=video"]["count"], 12)

    def test_presence_of_many(self):
        metrics = self.storm("presence", "--media", "none", "--plain", "--sessions", 30, "--set", "gather=3s", "--set", "stay=6s",
                             "--set", "interval=1s", "--set", "part=1s", sessions=30)
        self.assertGreaterEqual(metrics["m.link_waiting"]["count"], 270)  # 30 times 9 callers, and bystanders
        self.assertGreater(metrics["m.fanout"]["count"], 30)

    def test_same_seed_same_plan(self):
        plans = []
        for _ in range(2):
            with caseload.run("teletriage", "--rate", "2/s", "--arrivals", "poisson", "--duration", "6s",
                              "--media", "none", "--seed", 77) as run:
                self.assertTrue(run.passed, run.text)
                plans.append({s["index"]: (s["intended_us"], s["plan"])
                              for s in run.lines("sessions.jsonl")})
        self.assertEqual(plans[0], plans[1])
        self.assertGreater(len(plans[0]), 5)


if __name__ == "__main__":
    unittest.main()
