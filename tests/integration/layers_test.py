"""Simulcast and temporal layers end to end: what a receiver gets under a limit, that nothing left out counts as lost,
that probes decode across every change, and that the faults of layer selection are seen."""
import concurrent.futures
import json
import unittest

import caseload

LOAD = ("--sessions", 1, "--duration", "14s", "--seed", 3)
SIMULCAST = ("--video", "720p@1500,simulcast", "--probes", 100)
# name → options of the server, options of the engine
RUNS = {
    "unlimited": ((), SIMULCAST),
    "narrow": (("--receiver-limit", 260), SIMULCAST),
    "in turns": (("--receiver-limit", "4000,260@3"), SIMULCAST),
    "apart": (("--receiver-limit", "4000,260@3", "--media-workers", 2), SIMULCAST),
    "temporal": (("--receiver-limit", 260), ("--video", "360p@400,temporal", "--probes", 100)),
    "lossy": (("--receiver-limit", 260), ("--video", "360p@400,temporal", "--probes", 0, "--net", "up:loss=3%")),
    "stick-to-top-layer": (("--receiver-limit", 260, "--fault", "stick-to-top-layer"), SIMULCAST),
    "break-picture-id": (("--receiver-limit", 260, "--fault", "break-picture-id"),
                         ("--video", "360p@400,temporal", "--probes", 100)),
}
AT_ONCE = 2


class Result:
    def __init__(self, run):
        self.text, self.passed, self.summary = run.text, run.passed, run.summary

    def sum(self, name):
        return self.summary["metrics"].get(name, {}).get("sum", 0)

    def value(self, name, stat):
        return self.summary["metrics"][name][stat]


def run_case(case):
    server_options, options = case
    fixture = caseload.caseload("script", "fixture", "one-to-one", *LOAD)
    with caseload.server(*server_options, fixture=json.loads(fixture.stdout)) as server:
        with caseload.run("one-to-one", *LOAD, *options, "--url", server["url"], "--target-config",
                          server["folder"] / "fixture.json", "--ca", server["folder"] / "ca.pem") as run:
            return Result(run)


class Layers(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
            cls.runs = dict(zip(RUNS, pool.map(run_case, RUNS.values())))

    def check_sound(self, name):
        """Nothing was lost, everything was decoded and looks like the encoding that was sent."""
        run = self.runs[name]
        self.assertTrue(run.passed, run.text)
        self.assertGreater(run.sum("frame.received"), 150)
        self.assertLessEqual(run.sum("frame.lost"), run.sum("frame.expected") / 100)
        self.assertEqual(run.sum("frame.misnumbered"), 0)
        self.assertEqual(run.sum("video.undecodable"), 0)
        self.assertEqual(run.value("witness.video", "max"), 0)
        self.assertGreater(run.value("video.psnr", "p50"), 30000)
        self.assertGreater(run.value("video.psnr", "min"), 22000)
        # what a busy machine's probes refuse waits for the next key frame: not everything is decoded
        self.assertGreater(run.sum("video.decoded"), run.sum("frame.received") / 4)
        return run

    def test_without_a_limit_everybody_gets_the_largest(self):
        run = self.check_sound("unlimited")
        self.assertEqual(run.value("layer.spatial", "p50"), 2)

    def test_a_narrow_receiver_gets_the_encoding_that_fits(self):
        run = self.check_sound("narrow")
        self.assertEqual(run.value("layer.spatial", "p50"), 0)  # 150 kbit/s; the middle one takes 500

    def test_encodings_change_with_the_limit(self):
        for name in ("in turns", "apart"):
            with self.subTest(name):
                run = self.check_sound(name)
                self.assertGreaterEqual(run.sum("layer.switches"), 4)
                self.assertEqual(run.value("layer.spatial", "max"), 2)
                self.assertEqual(run.value("layer.spatial", "min"), 0)
                # a switch takes a key frame's time; a tenth, since a busy machine stands still for its own reasons
                self.assertLess(run.sum("freeze.duration"), run.sum("video.duration") / 10)

    def test_temporal_layers_are_left_out_and_not_lost(self):
        run = self.check_sound("temporal")
        self.assertGreater(run.sum("frame.thinned"), run.sum("frame.expected") / 4)
        self.assertLessEqual(run.value("layer.temporal", "p50"), 1)

    def test_what_is_lost_on_the_way_up_is_repaired_too(self):
        """Among packets left out, the hole of a lost one is filled with padding, or receivers wait for it."""
        run = self.runs["lossy"]
        self.assertTrue(run.passed, run.text)
        self.assertGreater(run.sum("frame.thinned"), run.sum("frame.expected") / 4)
        self.assertLess(run.sum("frame.lost"), run.sum("frame.expected") / 33)

    def test_a_server_that_ignores_the_limit_is_seen(self):
        run = self.runs["stick-to-top-layer"]
        self.assertEqual(run.value("layer.spatial", "p50"), 2)

    def test_gaps_in_picture_numbers_are_seen(self):
        self.assertGreater(self.runs["break-picture-id"].sum("frame.misnumbered"), 20)


if __name__ == "__main__":
    unittest.main()
