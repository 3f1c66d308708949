"""A fixed staircase of loads, held by shards that know nothing of each other: the plan of one process, step by step
exact sums, one capacity; and whatever is missing, late or of another plan named."""
import contextlib
import copy
import json
import shutil
import subprocess
import time
import unittest

import caseload
import sharding_test
from caseload import caseload as command

STEPS = "2,4,12"
HOLD_US = 3_000_000
COMMON = ("--steps", STEPS, "--hold", "3s", "--media", "none", "--seed", 7,
          "--objective", "participants.peak.count<9", "--objective", "m.link_waiting.max<5s")


class Staircase:
    """One process of a staircase, begun; its folder is `out`."""

    def __init__(self, parent, out, server, start_at, *more):
        self.folder = parent / out
        arguments = caseload.command("capacity", parent / "story.lua", "--url", server["url"], "--ca",
                                     server["folder"] / "ca.pem", "--target-config", server["folder"] / "fixture.json",
                                     "--start-at", "%.3f" % start_at, *COMMON, "--out", self.folder, *more)
        self.process = subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def wait(self):
        try:
            self.said = self.process.communicate(timeout=180)[0]
        finally:
            self.process.kill()
            self.process.wait()
        return self.json("capacity.json")

    def json(self, name):
        return json.loads((self.folder / name).read_text())


def merge(out, *folders):
    run = command("merge", *folders, "--out", out)
    run.folder = out
    return run


def planned(folder, until_us):
    """Sessions that were to begin before the hold's end: behind it arrivals go on until it has been closed."""
    return {index: told for index, told in sharding_test.plan(folder).items() if told[2] < until_us}


class ByTheClock(sharding_test.ShardCase):
    """Two shards against one server and, at the same time, one process against another one. A machine so busy
    that a step had to be left out gets a second try with more time between the steps."""

    @classmethod
    def setUpClass(cls):
        for ahead_s, gap_s in ((sharding_test.AHEAD_S, 5), (20, 25)):
            cls.gap_us = gap_s * 1_000_000
            cls.run_all(ahead_s, "%ds" % gap_s)
            if all((staircase.folder / folder).exists() for staircase in (*cls.shards, cls.alone)
                   for folder in ("steps/01-2", "steps/02-4", "steps/03-12")):
                return
            said = [staircase.said for staircase in (*cls.shards, cls.alone)]
            cls.stack.close()
        raise AssertionError(said)

    @classmethod
    def run_all(cls, ahead_s, gap):
        with contextlib.ExitStack() as stack:
            cls.parent = stack.enter_context(caseload.temporary_folder())
            (cls.parent / "story.lua").write_text(sharding_test.STORY)
            made = sharding_test.fixture(cls.parent / "story.lua", "--sessions", 30, "--seed", 7, "--media", "none",
                                         "--workers", 2)
            servers = [stack.enter_context(caseload.server(fixture=made)) for _ in range(2)]
            more = ("--gap", gap, "--target-metrics", servers[0]["url"] + "/metrics")
            at = time.time() + ahead_s
            cls.shards = [Staircase(cls.parent, str(index), servers[0], at, "--shard", "%d/2" % index, *more)
                          for index in range(2)]
            cls.alone = Staircase(cls.parent, "alone", servers[1], at, "--gap", gap)
            cls.told = [staircase.wait() for staircase in (*cls.shards, cls.alone)]
            cls.whole = merge(cls.parent / "whole", cls.parent / "1", cls.parent / "0")
            cls.result = cls.whole.json("capacity.json")
            cls.stack = stack.pop_all()

    @classmethod
    def tearDownClass(cls):
        cls.stack.close()

    def steps(self):
        """(step of the result, its run, the folders of its parts), of those that all held."""
        for step in self.result["steps"]:
            parts = [shard.folder / step["folder"] for shard in self.shards]
            if all((part / "shard.json").exists() for part in parts):
                run = copy.copy(self.whole)
                run.folder = self.whole.folder / step["folder"]
                yield step, run, parts

    def test_the_plan_is_that_of_one_process(self):
        seen = 0
        for step, run, _ in self.steps():
            alone = self.alone.folder / step["folder"]
            if alone.exists():
                until_us = self.result["plan"]["rise_us"] + HOLD_US - 200_000
                ours, theirs = planned(run.folder, until_us), planned(alone, until_us)
                both = set(ours) & set(theirs)  # on a busy machine some are dropped, by the same plan
                self.assertEqual({index: ours[index] for index in both}, {index: theirs[index] for index in both})
                dropped = [json.loads((folder / "summary.json").read_text())["sessions"]["dropped"]
                           for folder in (run.folder, alone)]
                self.assertLessEqual(len(set(ours) ^ set(theirs)), sum(dropped), step["folder"])
                self.assertGreater(len(theirs), 2 * step["load"])
                seen += 1
        self.assertGreater(seen, 0, [staircase.said for staircase in (*self.shards, self.alone)])

    def test_sums_are_exact_step_by_step(self):
        seen = 0
        for step, run, parts in self.steps():
            self.sums_are_exact(run, parts)
            holds = [json.loads((part / "shard-0" / "state.json").read_text())["hold"] for part in parts]
            if any(hold is None for hold in holds):
                continue
            seen += 1
            summary = run.summary["hold"]
            self.assertEqual(summary["sessions"]["completed"], sum(hold["counts"]["completed"] for hold in holds))
            counts = [metric["histogram"]["count"] for hold in holds for metric in hold["metrics"]
                      if metric["name"] == "m.link_waiting" and metric["tag"] == ""]
            self.assertEqual(summary["metrics"]["m.link_waiting"]["count"], sum(counts))
            self.assertAlmostEqual(step["hold"]["running"]["mean"], sum(hold["running_mean"] for hold in holds))
        self.assertGreater(seen, 0)

    def test_what_is_carried(self):
        steps = self.result["steps"]
        self.assertEqual([step["load"] for step in steps], [2, 4, 12])
        outcomes = [step["outcome"] for step in steps]
        if set(outcomes) & {"partial", "generator", "too few"}:  # busy: too late, or no fit generator
            self.assertIn(self.whole.code, (0, 4), self.whole.text)
            self.skipTest("busy machine: " + self.whole.text)
        self.assertEqual(outcomes, ["passed", "passed", "failed"], self.whole.text)
        self.assertEqual((self.whole.code, self.result["outcome"], self.result["capacity"]), (0, "found", 4))
        self.assertIn("carries 4 (4–12)", self.result["headline"])
        self.assertIn("first broken: participants.peak.count<9", self.result["headline"])
        self.assertIn(self.result["headline"], self.whole.stdout)
        self.assertIsNotNone(steps[0]["hold"]["target"], "what the shards saw of the target")

    def test_when_each_began(self):
        period_us = self.result["plan"]["period_us"]
        self.assertEqual(period_us, self.result["plan"]["rise_us"] + HOLD_US + self.gap_us)
        for step, run, _ in self.steps():
            document = run.json("run.json")
            index = [s["folder"] for s in self.result["steps"]].index(step["folder"])
            self.assertEqual(document["start_at"]["at_us"], self.result["plan"]["start_at_us"] + index * period_us)
            skews = [shard["start_at"]["skew_us"] for shard in document["shards"]]
            self.assertEqual([shard["start_skews_us"][index] for shard in self.result["shards"]], skews)
            self.assertEqual(step["start_skew_us"], max(skews, key=abs))
            if abs(step["start_skew_us"]) > sharding_test.SKEW_MAX_US:
                self.assertEqual(step["outcome"], "partial")
        self.assertEqual([shard["folder"] for shard in self.result["shards"]], ["0", "1"])

    def test_what_it_stands_on_is_said(self):
        for document in (self.result, self.told[2]):
            self.assertGreater(document["idle_path"]["sent"], 10)
            self.assertGreaterEqual(document["idle_path"]["rtt_p50_us"], 1)
            self.assertIn("signalling only", document["generator"]["text"])
        self.assertIn("idle path of shard 1: round trip", self.whole.stdout)
        page = self.whole.read("report.html")
        for words in ("Idle path", "Shards", "handshakes lost"):
            self.assertIn(words, page)
        self.assertIn("merge says what is carried", self.told[0]["headline"])
        junit = self.whole.read("junit.xml")
        self.assertIn('name="verdict"', junit)
        self.assertNotIn("did not finish", junit)

    def merged(self, code, *folders, words=()):
        with caseload.temporary_folder() as out:
            run = merge(out / "whole", *(self.parent / folder for folder in folders))
            self.assertEqual(run.code, code, run.text)
            for word in words:
                self.assertIn(word, run.text)
            return run.json("capacity.json") if (out / "whole").exists() else None

    def damaged(self, change):
        folder = self.parent / ("damaged-%d" % time.monotonic_ns())
        shutil.copytree(self.parent / "1", folder)
        change(folder)
        return folder.name

    def test_a_missing_shard(self):
        result = self.merged(4, "0", words=["shard 1 of 2 is missing"])
        self.assertEqual([step["outcome"] for step in result["steps"]], ["partial"] * 3)
        self.assertEqual((result["outcome"], result["capacity"]), ("inconclusive", None))
        self.assertNotIn("carries", result["headline"])
        (self.parent / "nothing").mkdir(exist_ok=True)
        self.merged(4, "0", "nothing", words=["nothing is lost: did not begin"])

    def test_a_shard_that_ended_before_its_last_step(self):
        folder = self.damaged(lambda folder: shutil.rmtree(folder / "steps" / "03-12"))
        result = self.merged(4, "0", folder)
        self.assertEqual(result["steps"][2]["outcome"], "partial")
        self.assertIn("step 3", result["shards"][1]["lost"])
        self.assertIsNone(result["shards"][1]["start_skews_us"][2])

    def test_what_is_not_one_plan(self):
        def other_hold(folder):
            document = json.loads((folder / "capacity.json").read_text())
            document["plan"]["hold_us"] += 1_000_000
            (folder / "capacity.json").write_text(json.dumps(document))

        def other_seed(folder):
            document = json.loads((folder / "steps/01-2/run.json").read_text())
            (folder / "steps/01-2/run.json").write_text(json.dumps({**document, "seed": "8"}))
        self.assertIsNone(self.merged(2, "0", self.damaged(other_hold), words=["not of one plan", "hold_us"]))
        self.assertIsNone(self.merged(2, "0", self.damaged(other_seed), words=["not of one plan", 'seed: "7" and "8"']))
        self.assertIsNone(self.merged(2, "0", "0", words=["both shard 0 of 2"]))
        self.assertIsNone(self.merged(2, "0", "alone", words=["without --shard"]))
        self.assertIsNone(self.merged(2, "0", "1/steps/01-2", words=["is of a run"]))
        self.assertIsNone(self.merged(2, "0", "absent", words=["no such folder"]))

    def test_hostile_files(self):
        document = json.loads((self.parent / "1" / "capacity.json").read_text())
        plan = document["plan"]
        texts = ("\0garbage", "[" * 100000, "{}",
                 json.dumps({**document, "plan": {**plan, "steps": []}}),
                 json.dumps({**document, "plan": {**plan, "steps": [1] * 65}}),
                 json.dumps({**document, "plan": {**plan, "hold_us": 2 ** 62}}),
                 json.dumps({**document, "plan": {**plan, "start_at_us": 2 ** 62}}),
                 json.dumps({**document, "shard": {"index": 5, "count": 2}}),
                 json.dumps({**document, "shard": {"index": 1, "count": 2 ** 40}}))
        folders = [self.damaged(lambda folder, text=text: (folder / "capacity.json").write_text(text)) for text in texts]
        result = self.merged(4, "0", *folders, words=["shard 1 of 2 is missing"])
        told = "".join(reason["text"] for reason in result["reasons"])
        for folder in folders:
            self.assertIn(folder + " is lost", told)
        self.assertEqual([shard["lost"] for shard in result["shards"]], ["", "is missing"])
        for folder in folders:
            self.merged(4, folder, words=["no whole shard is given", folder])
        with self.subTest("target"):  # its story of the target is no part of the load
            folder = self.damaged(lambda folder: (folder / "steps/01-2/target.jsonl").write_text("x" * 10000))
            self.assertEqual(len(self.merged(self.whole.code, "0", folder)["steps"]), 3)


class Refusals(unittest.TestCase):
    def refused(self, *arguments, words):
        run = command("capacity", "check-in", "--objective", "m.msg.p95<1s", *arguments)
        self.assertEqual(run.code, 2, run.text)
        for word in words:
            self.assertIn(word, run.stderr)

    def test_a_search_is_not_for_shards(self):
        platform = ("--url", "https://127.0.0.1:1", "--target-config", "fixture.json", "--seed", 7,
                    "--start-at", "%d" % (time.time() + 60))
        self.refused("--shard", "0/2", *platform, words=["--shard 0/2 needs --steps"])
        self.refused(*platform, words=["--start-at needs --steps"])
        self.refused("--steps", "1,2", "--gap", "9s", words=["--gap needs"])
        self.refused("--steps", "1,2", "--gap", "1s", *platform, words=["--gap: at least 2s"])

    def test_a_step_whose_instant_has_passed_is_left_out(self):
        made = json.loads(command("script", "fixture", "check-in", "--sessions", 4, "--seed", 7,
                                  "--workers", 2).stdout)
        with caseload.temporary_folder() as folder:
            (folder / "fixture.json").write_text(json.dumps(made))
            run = command("capacity", "check-in", "--url", "https://127.0.0.1:1", "--target-config", folder / "fixture.json",
                          "--seed", 7, "--steps", "2,4", "--objective", "m.msg.p95<1s", "--shard", "0/2", "--start-at",
                          "%d" % (time.time() - 600), "--out", folder / "out")
            document = json.loads((folder / "out" / "capacity.json").read_text())
            self.assertEqual(run.code, 4, run.text)
            self.assertEqual([step["outcome"] for step in document["steps"]], ["partial", "partial"])
            self.assertIn("left out", document["steps"][0]["why"])
            merged = merge(folder / "whole", folder / "out")
            self.assertEqual(merged.code, 4, merged.text)
            self.assertIn("left out", merged.json("capacity.json")["shards"][0]["lost"])


if __name__ == "__main__":
    unittest.main()
