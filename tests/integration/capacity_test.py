"""caseload capacity: steps, holds, outcomes, and that an unfit generator never speaks of the target. Small and
quick: signalling only, holds of a few seconds, p50 instead of p95 where samples are few."""
import json
import unittest

import caseload
from caseload import caseload as command

QUICK = ("--media", "none", "--set", "consult=1s", "--set", "stranger_share=0", "--hold", "4s", "--seed", 5)


class Capacity(unittest.TestCase):
    def capacity(self, *arguments):
        context = caseload.temporary_folder()
        parent = context.__enter__()
        self.addCleanup(context.__exit__, None, None, None)
        run = command("capacity", "one-to-one", "--out", parent / "out", *QUICK, *arguments, timeout=400)
        run.folder = parent / "out"
        return run, (run.json("capacity.json") if (run.folder / "capacity.json").exists() else None)

    def test_a_staircase_that_breaks_at_its_top(self):
        """An objective no load can break, and one that many sessions at once break by being many."""
        run, result = self.capacity("--steps", "3,12", "--objective", "m.join_state.p50<1s",
                                    "--objective", "participants.peak.count<20")
        if result["outcome"] in ("generator limited", "inconclusive"):
            self.skipTest("busy machine: " + run.stdout)
        self.assertEqual(run.code, 0, run.text)
        self.assertEqual(result["outcome"], "found")
        self.assertEqual(result["capacity"], 3)
        self.assertEqual(result["interval"]["failed"], 12)
        self.assertIn("participants.peak.count<20", result["broken"]["why"])
        self.assertTrue(run.stdout.strip().splitlines()[-1].endswith("report.html"))
        self.assertIn(result["headline"], run.stdout)
        low, high = result["steps"]
        self.assertEqual([low["outcome"], high["outcome"]], ["passed", "failed"])
        self.assertLess(abs(low["hold"]["running"]["mean"] - 3), 1.5)
        self.assertGreaterEqual(low["hold"]["to_us"] - low["hold"]["from_us"], 3_900_000)
        for step in result["steps"]:
            summary = json.loads((run.folder / step["folder"] / "summary.json").read_text())
            self.assertEqual(summary["hold"]["from_us"], step["hold"]["from_us"])
            # the rise and the end are in the run, not in the hold
            self.assertLess(summary["hold"]["sessions"]["completed"], summary["sessions"]["completed"])
            self.assertLess(summary["hold"]["metrics"]["m.join_state"]["count"],
                            summary["metrics"]["m.join_state"]["count"])
            seeds = {json.loads((run.folder / s["folder"] / "run.json").read_text())["seed"]
                     for s in result["steps"]}
            self.assertEqual(seeds, {"5"})

    def test_a_search_up_to_its_limit(self):
        run, result = self.capacity("--from", 4, "--to", 8, "--objective", "m.join_state.p50<5s")
        if result["outcome"] in ("generator limited", "inconclusive"):
            self.skipTest("busy machine: " + run.stdout)
        self.assertEqual((run.code, result["outcome"]), (0, "not reached"), run.text)
        self.assertEqual([step["load"] for step in result["steps"]], [4, 8, 8])
        self.assertTrue(result["interval"]["passed_confirmed"])

    def test_the_lowest_load_fails(self):
        run, result = self.capacity("--from", 4, "--objective", "m.join_state.p50<1us")
        if result["outcome"] == "generator limited":
            self.skipTest("busy machine")
        # A limit below ten times the generator's own slip is not judged; without media there is no slip.
        self.assertEqual((run.code, result["outcome"]), (3, "fails at the lowest"), run.text)
        self.assertIsNone(result["capacity"])
        self.assertEqual(result["interval"]["failed_holds"], 2)

    def test_too_few_samples_are_no_result(self):
        run, result = self.capacity("--steps", "2", "--objective", "m.join_state.p999<5s")
        self.assertEqual(run.code, 4, run.text)
        self.assertIsNone(result["capacity"])
        self.assertNotIn("carries", result["headline"])

    def test_the_embedded_server_is_looked_into(self):
        run, result = self.capacity("--steps", "4", "--objective", "m.join_state.p50<5s")
        target = result["steps"][0]["hold"]["target"]
        self.assertGreater(target["cpu_mean"], 0, run.text)
        self.assertGreaterEqual(target["loop_lag_ms"], 0)
        self.assertGreaterEqual(target["drops"], 0)
        self.assertGreater(target["busiest_thread"], 0)
        self.assertIsNone(target["throttled"])
        page = run.read("report.html")
        self.assertIn(result["headline"].split(":")[0][:40], page)
        self.assertLess(page.index("<h1>"), page.index("<svg", page.index("</header>")) if "<svg" in
                        page[page.index("</header>"):] else len(page))
        self.assertIn("a fit needs 5", page)
        for name in ("capacity.csv", "capacity.gp", "usl.csv", "usl.gp"):
            self.assertTrue((run.folder / "plots" / name).exists(), name)
        (run.folder / "report.html").unlink()
        again = command("report", run.folder)
        self.assertEqual(again.code, 0, again.text)
        self.assertEqual(run.read("report.html"), page)

    def test_a_foreign_target_shows_nothing_or_its_metrics(self):
        """The same server as a stranger: without its metrics nothing is said of the cause, with them it is seen."""
        fixture = json.loads(command("script", "fixture", "one-to-one", "--sessions", 4, "--seed", 5).stdout)
        for with_metrics in (False, True):
            with caseload.server("--plain", fixture=fixture) as server:
                (server["folder"] / "target.json").write_text(json.dumps(fixture))
                more = ("--target-metrics", server["url"] + "/metrics") if with_metrics else ()
                run, result = self.capacity("--url", server["url"], "--target-config", server["folder"] / "target.json",
                                            "--steps", "2", "--objective", "participants.peak.count<1", *more)
            step = result["steps"][0]
            if step["outcome"] == "generator":
                self.skipTest("busy machine: " + run.stdout)
            self.assertEqual((run.code, step["outcome"]), (3, "failed"), run.text)
            if with_metrics:
                self.assertIsNotNone(step["hold"]["target"], run.text)
                self.assertEqual(step["cause"], "unknown: nothing that the target shows was exhausted")
            else:
                self.assertIsNone(step["hold"]["target"])
                self.assertEqual(step["cause"], "unknown: the target shows no metrics")

    def test_what_is_wrong_is_said(self):
        for arguments, word in (((), "--objective"),
                                (("--objective", "no.metric.p95<1s"), "no.metric"),
                                (("--objective", "m.msg.p95<1s", "--steps", "5,x"), "--steps"),
                                (("--objective", "m.msg.p95<1s", "--steps", "5", "--to", "9"), "--steps"),
                                (("--objective", "m.msg.p95<1s", "--from", "9", "--to", "5"), "--from"),
                                (("--objective", "m.msg.p95<1s", "--by", "rate", "--from", "5"), "--from"),
                                (("--objective", "m.msg.p95<1s", "--server-cpu", "99999"), "--server-cpu")):
            run, result = self.capacity(*arguments)
            self.assertEqual(run.code, 2, run.text)
            self.assertIn(word, run.stderr)
            self.assertIsNone(result)


if __name__ == "__main__":
    unittest.main()
