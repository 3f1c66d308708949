"""Shards started by hand run the plan of one process, and merging makes one result of them: exact sums, one
verdict, and whatever is missing, late, damaged or of another plan named."""
import collections
import contextlib
import json
import shutil
import subprocess
import time
import unittest
from pathlib import Path

import caseload
from caseload import caseload as command

# What is drawn for a session, and where it takes place.
STORY = """local patient = require "roles.patient"
return story {
  name = "one-question", title = "A patient waits for a little while",
  settings = { stay = { "800ms", "mean time in the waiting area" } },
  load = { sessions = 3, duration = "4s", planned = "1s", grace = "20s" },
  plan = function(session)
    local stay = settings.stay * (0.5 + draw("stay"))
    return { clinic = session.clinic.name, patient = session.patient.name, stay = stay,
      reason = choose("reason", { { "cough", 1 }, { "rash", 2 } }) }
  end,
  actors = { patient = { role = "patient", play = function(me, session)
    patient.arrives(me, { reason = session.plan.reason, born = "1980-01-01" })
    sleep(session.plan.stay)
    me:hang_up()
  end } },
}
"""
LOAD = ("--rate", "4/s", "--arrivals", "poisson", "--duration", "4s", "--media", "none", "--seed", 7)
AHEAD_S = 6  # for preparing, on a busy machine
SKEW_MAX_US = 100000


def fixture(story, *load):
    made = command("script", "fixture", story, *load)
    if made.code != 0:
        raise AssertionError(made.text)
    return json.loads(made.stdout)


class Shards:
    """N shards of a story against one server, side by side; their folders are `parent`/0, 1, …"""

    def __init__(self, parent, story, server, load, count=3):
        self.parent, self.load, self.count = parent, load, count
        self.start_at = time.time() + AHEAD_S
        self.common = (story, "--url", server["url"], "--ca", server["folder"] / "ca.pem", "--target-config",
                       server["folder"] / "fixture.json", "--start-at", "%.3f" % self.start_at)
        self.processes = {}

    def start(self, index, *more, folder=None):
        out = self.parent / str(index if folder is None else folder)
        arguments = caseload.command("run", *self.common, *self.load, "--shard", "%d/%d" % (index, self.count), "--out",
                                     out, "--quiet", *more)
        self.processes[out] = subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def wait(self):
        """Of each folder: exit code and what was said."""
        try:
            return {folder: (process.communicate(timeout=120)[0], process.returncode)
                    for folder, process in self.processes.items()}
        finally:
            for process in self.processes.values():
                process.kill()
                process.wait()


@contextlib.contextmanager
def story_and_server(fixture_processes):
    with caseload.temporary_folder() as parent:
        (parent / "story.lua").write_text(STORY)
        needed = fixture(parent / "story.lua", *LOAD, "--workers", fixture_processes, "--set", "clinics=6")
        with caseload.server(fixture=needed) as server:
            yield parent, parent / "story.lua", server


def merge(out, *folders):
    run = command("merge", *folders, "--out", out, "--quiet")
    run.folder = Path(out)
    return run


def sessions(folder):
    return {line["index"]: line for line in map(json.loads, (folder / "sessions.jsonl").read_text().splitlines())}


def plan(folder):
    return {index: (line["story"], line["seed"], line["intended_us"], line["plan"]) for index, line in sessions(folder).items()}


def buckets(histogram):
    return collections.Counter({low: count for low, count in histogram["buckets"]})


def summed_states(folders):
    """What merging must find: (histograms by metric and tag, sums by metric and tag, counts)."""
    histograms, sums, counts = {}, collections.Counter(), collections.Counter()
    for folder in folders:
        for path in folder.glob("shard-*/state.json"):
            state = json.loads(path.read_text())
            counts.update(state["counts"])
            for metric in state["metrics"]:
                key = metric["name"], metric["tag"]
                if "histogram" in metric:
                    histograms[key] = histograms.get(key, collections.Counter()) + buckets(metric["histogram"])
                else:
                    sums[key] += metric["sum"]
    return histograms, sums, counts


class ShardCase(unittest.TestCase):
    def sums_are_exact(self, whole, folders):
        histograms, sums, counts = summed_states(folders)
        self.assertTrue(histograms)
        summary = whole.summary
        for (name, tag), expected in histograms.items():
            merged = whole.json("histograms/%s.json" % name)
            self.assertEqual(buckets(merged["by"][tag] if tag else merged["total"]), expected, (name, tag))
            metric = summary["metrics"][name]
            self.assertEqual((metric["by"][tag] if tag else metric)["count"], sum(expected.values()), (name, tag))
        for (name, tag), expected in sums.items():
            metric = summary["metrics"][name]
            self.assertEqual((metric["by"][tag] if tag else metric)["sum"], expected, (name, tag))
        self.assertEqual(set(summary["metrics"]), {name for name, _ in [*histograms, *sums]})
        for name, value in summary["sessions"].items():
            self.assertEqual(value, counts[name], name)
        self.assertEqual(summary["participants"]["total"], counts["participants_total"])


class OnePlan(ShardCase):
    """Three shards, the second with two workers, against one process of the same seed."""

    @classmethod
    def setUpClass(cls):
        with contextlib.ExitStack() as stack:
            cls.parent, story, server = stack.enter_context(story_and_server(6))
            shards = Shards(cls.parent, story, server, LOAD)
            for index in range(3):
                shards.start(index, *(("--workers", 2) if index == 1 else ()))
            cls.said = shards.wait()
            cls.folders = [cls.parent / str(index) for index in range(3)]
            cls.whole = merge(cls.parent / "whole", cls.folders[2], cls.folders[0], cls.folders[1])
            again = stack.enter_context(caseload.server(fixture=json.loads((server["folder"] / "fixture.json").read_text())))
            cls.alone = command("run", story, "--url", again["url"], "--ca", again["folder"] / "ca.pem", "--target-config",
                                again["folder"] / "fixture.json", *LOAD, "--out", cls.parent / "alone", "--quiet")
            cls.stack = stack.pop_all()

    @classmethod
    def tearDownClass(cls):
        cls.stack.close()

    def test_the_plan_is_that_of_one_process(self):
        alone, whole = plan(self.parent / "alone"), plan(self.parent / "whole")
        self.assertGreater(len(alone), 8, self.alone.text)
        self.assertEqual(sorted(alone), list(range(len(alone))))
        self.assertEqual(whole, alone, self.said)

    def test_each_shard_has_sessions_and_clinics_of_its_own(self):
        for index, folder in enumerate(self.folders):
            planned = plan(folder)
            self.assertTrue(planned, self.said[folder])
            for number, (*_, drawn) in planned.items():
                self.assertEqual(number % 3, index)
                self.assertEqual((int(drawn["clinic"].split()[-1]) - 1) % 3, index)

    def test_sums_are_exact_bucket_by_bucket(self):
        self.sums_are_exact(self.whole, self.folders)
        self.assertEqual(self.whole.summary["sessions"]["planned"], len(plan(self.parent / "alone")))

    def test_one_verdict_and_report(self):
        summary, run = self.whole.summary, self.whole.json("run.json")
        skews = [shard["start_at"]["skew_us"] for shard in run["shards"]]
        self.assertEqual(summary["start_skew_us"], max(skews, key=abs))
        fit = summary["generator"]["healthy"] and max(map(abs, skews)) <= SKEW_MAX_US
        self.assertEqual(self.whole.code, 0 if fit else 4, self.whole.text)
        self.assertEqual(summary["shards"], {"expected": 4, "merged": 4})
        self.assertEqual([shard["workers"] for shard in run["shards"]], [1, 2, 1])
        self.assertEqual([shard["lost"] for shard in run["shards"]], ["", "", ""])
        for name in ("report.html", "junit.xml", "timeline.csv", "checks.jsonl"):
            self.assertGreater((self.parent / "whole" / name).stat().st_size, 0)
        offered = int(self.whole.csv("timeline.csv")[-1]["offered"])
        self.assertEqual(offered, summary["sessions"]["planned"])

    def test_shards_say_when_they_began(self):
        for folder in self.folders:
            run, card = (json.loads((folder / name).read_text()) for name in ("run.json", "shard.json"))
            begin = run["start_at"]
            self.assertEqual(begin["skew_us"], card["start_skew_us"])
            self.assertEqual(begin["skew_max_us"], SKEW_MAX_US)
            self.assertGreaterEqual(begin["skew_us"], 0)
            self.assertLess(begin["skew_us"], 5000000, self.said[folder])


class WithMedia(ShardCase):
    """Calls with sound, in a closed model: the same holds, and nobody hears whom they must not."""

    def test_two_shards(self):
        load = ("--sessions", 4, "--duration", "5s", "--media", "audio", "--seed", 3, "--set", "consult=2s")
        with caseload.temporary_folder() as parent, \
                caseload.server(fixture=fixture("one-to-one", *load, "--workers", 2)) as server:
            shards = Shards(parent, "one-to-one", server, load, count=2)
            for index in range(2):
                shards.start(index)
            said = shards.wait()
            folders = [parent / "0", parent / "1"]
            whole = merge(parent / "whole", *folders)
            self.assertTrue(whole.code == 4 or whole.passed, (whole.text, said))
            self.sums_are_exact(whole, folders)
            self.assertGreater(whole.metric("audio.latency")["count"], 100)
            self.assertEqual(whole.summary["metrics"].get("isolation.forbidden", {}).get("sum", 0), 0)
            for index, folder in enumerate(folders):
                self.assertEqual({number % 2 for number in sessions(folder)}, {index})
            starts = [line["intended_us"] for line in sessions(whole.folder).values()][:4]
            self.assertEqual(starts, sorted(starts))  # the places' first starts, as in one process
            self.assertEqual(starts[0], 0)


class Merging(unittest.TestCase):
    """One set of shards, merged in parts and with damage; the third began too late."""

    @classmethod
    def setUpClass(cls):
        with contextlib.ExitStack() as stack:
            cls.parent, story, server = stack.enter_context(story_and_server(3))
            shards = Shards(cls.parent, story, server, LOAD)
            shards.start(0)
            shards.start(1)
            shards.start(1, "--set", "stay=900ms", folder="unlike")
            shards.start(2, "--seed", 8, folder="seed")
            shards.start(2, folder="killed")
            while time.time() < shards.start_at + 1.5:
                time.sleep(0.1)
            cls.killed_at = (cls.parent / "killed" / "shard.json").exists()
            killed = shards.processes.pop(cls.parent / "killed")
            killed.kill()
            killed.communicate()
            shards.start(2)
            cls.said = shards.wait()
            cls.stack = stack.pop_all()

    @classmethod
    def tearDownClass(cls):
        cls.stack.close()

    def merged(self, code, *folders, words=()):
        with caseload.temporary_folder() as out:
            run = merge(out / "whole", *(self.parent / str(folder) for folder in folders))
            self.assertEqual(run.code, code, run.text)
            texts = run.text
            if (out / "whole").exists():
                texts += "".join(reason["text"] + "\n" for reason in run.summary["reasons"])
            for word in words:
                self.assertIn(word, texts)
            return run.summary if (out / "whole").exists() else None

    def damaged(self, change):
        """A copy of shard 1 to which `change` was done; the copy lives in the class's folder."""
        copy = Path(shutil.copytree(self.parent / "1", self.parent / ("damaged-%d" % time.monotonic_ns())))
        change(copy)
        return copy.name

    def test_a_late_shard_runs_and_says_so(self):
        said, code = self.said[self.parent / "2"]
        begin = json.loads((self.parent / "2" / "run.json").read_text())["start_at"]
        self.assertTrue(begin["late"])
        self.assertGreater(begin["skew_us"], 1000000)
        self.assertEqual(code, 4, said)
        self.assertIn("of --start-at", said)
        self.assertTrue(sessions(self.parent / "2"))
        summary = self.merged(4, 0, 1, 2, words=["shard 2 of 3 began", "ready too late"])
        self.assertEqual(summary["start_skew_us"], begin["skew_us"])
        self.assertEqual(summary["shards"], {"expected": 3, "merged": 3})

    def test_a_missing_shard_is_named(self):
        self.merged(4, 0, 1, words=["shard 2 of 3 is missing"])
        self.merged(4, 1, words=["shard 0 of 3 is missing", "shard 2 of 3 is missing"])

    def test_a_killed_shard_is_named(self):
        self.assertFalse(self.killed_at)
        self.merged(4, 0, 1, "killed", words=["killed is lost: did not finish", "shard 2 of 3 is missing"])
        self.assertIsNone(self.merged(4, "killed", words=["no whole shard"]))

    def test_unlike_shards_are_refused(self):
        self.assertIsNone(self.merged(2, 0, "unlike", words=["not of one plan", 'settings.settings.stay: "800ms" and "900ms"']))
        self.assertIsNone(self.merged(2, 0, 1, "seed", words=['seed: "7" and "8"']))
        self.assertIsNone(self.merged(2, 0, 1, 0, words=["both shard 0 of 3"]))
        self.assertIsNone(self.merged(2, 0, "absent", words=["no such folder"]))

    def test_a_run_without_shard_is_refused(self):
        with caseload.run("check-in", "--media", "none", "--sessions", 1, "--duration", "1s") as run:
            self.assertIsNone(self.merged(2, 0, run.folder, words=["without --shard"]))

    def test_hostile_files_are_lost_shards(self):
        def rewrite(name, text):
            return lambda folder: (folder / name).write_text(text)
        state = json.loads((self.parent / "1" / "shard-0" / "state.json").read_text())
        deep = "[" * 100000
        for name, change, words in (
                ("no state", lambda folder: (folder / "shard-0" / "state.json").unlink(), "worker 0 of 1"),
                ("no JSON", rewrite("shard-0/state.json", "\0\xff garbage"), "worker 0 of 1"),
                ("too deep", rewrite("shard-0/state.json", deep), "worker 0 of 1"),
                ("cut", rewrite("shard-0/state.json", json.dumps(state)[:500]), "worker 0 of 1"),
                ("less than nothing", rewrite("shard-0/state.json", json.dumps(
                    {**state, "counts": {**state["counts"], "planned": -1}})), "worker 0 of 1"),
                ("of another process", rewrite("shard-0/state.json", json.dumps({**state, "shard_index": 2})), "exchanged"),
                ("too few sessions", rewrite("shard-0/sessions.jsonl", ""), "sessions.jsonl"),
                ("endless line", rewrite("shard-0/seconds.jsonl", "x" * 1000000), "seconds.jsonl"),
                ("card of nobody", rewrite("shard.json", "{}"), "is lost"),
                ("card cut", rewrite("shard.json", '{"schema": "caseload/shard-card/1", "index"'), "is lost"),
                ("run of another", rewrite("run.json", '{"schema": "caseload/run/1"}'), "is lost")):
            with self.subTest(name):
                summary = self.merged(4, 0, self.damaged(change), 2, words=[words])
                self.assertEqual(summary["shards"]["merged"], 2)

    def test_thresholds_of_the_whole(self):
        with caseload.temporary_folder() as out:
            run = command("merge", self.parent / "0", self.parent / "1", self.parent / "2", "--out", out / "a", "--quiet",
                          "--threshold", "sessions.completed.count>=1000")
            summary = json.loads((out / "a" / "summary.json").read_text())
            outcomes = {one["text"]: one["outcome"] for one in summary["thresholds"]}
            self.assertEqual(outcomes["sessions.completed.count>=1000"], "failed", run.text)
            run = command("merge", self.parent / "0", "--threshold", "no.such.p95<1s", "--out", out / "b")
            self.assertEqual(run.code, 2, run.text)
            self.assertFalse((out / "b").exists())
            self.assertEqual(command("merge", self.parent / "0", "--out", out / "a").code, 2)  # not empty


class Refusals(unittest.TestCase):
    def refused(self, *arguments, words):
        run = command("run", "check-in", *arguments)
        self.assertEqual(run.code, 2, run.text)
        for word in words:
            self.assertIn(word, run.stderr)

    def test_what_shards_must_be_given(self):
        platform = ("--url", "https://127.0.0.1:1", "--target-config", "fixture.json")
        soon = ("--start-at", "%d" % (time.time() + 60))
        self.refused("--shard", "0/3", words=["--url"])
        self.refused("--shard", "0/3", *platform, *soon, words=["--seed"])
        self.refused("--shard", "0/3", *platform, "--seed", 7, words=["--start-at"])
        for wrong in ("3/3", "-1/3", "1", "1/0", "1/2000", "1/2x"):
            self.refused("--shard", wrong, *platform, *soon, "--seed", 7, words=["--shard", "takes i/N"])
        self.refused("--shard", "0/1000", "--workers", 2, *platform, *soon, "--seed", 7, words=["1024 processes"])

    def test_what_is_no_instant(self):
        for wrong, words in (("+10s", "counts from now"), ("10", "an hour"), ("soon", "UTC"), ("2020-01-01T00:00:00Z", "an hour")):
            self.refused("--start-at", wrong, words=["--start-at", words])

    def test_clinics_must_share_evenly(self):
        with caseload.temporary_folder() as folder:
            (folder / "fixture.json").write_text(json.dumps(fixture("check-in", "--workers", 4)))
            self.refused("--shard", "0/3", "--url", "https://127.0.0.1:1", "--target-config", folder / "fixture.json",
                         "--seed", 7, "--start-at", "%d" % (time.time() + 60), "--out", folder / "run",
                         words=["4 clinics do not share evenly between 3 processes", "fixture of 3"])

    def test_an_instant_without_shards(self):
        at = time.time() + 4
        with caseload.run("check-in", "--media", "none", "--sessions", 1, "--duration", "2s", "--start-at", "%.2f" % at) as run:
            begin = run.json("run.json")["start_at"]
            self.assertAlmostEqual(begin["at_us"] / 1e6, at, delta=0.01)
            self.assertEqual(begin["late"], begin["skew_us"] > 5000000, run.text)
            self.assertFalse((run.folder / "shard.json").exists())


if __name__ == "__main__":
    unittest.main()
