"""A receiver with little bandwidth degrades alone (WA-16, MR-13): the server learns what its path carries, withholds
the picture and says so; sound stays, and the others keep all of theirs. Where a smaller encoding fits, that one is
shown, and the large one again when the path has widened."""
import concurrent.futures
import unittest

import caseload

STORY = caseload.ROOT / "tests" / "support" / "weak_link.lua"
LOAD = ("--sessions", 2, "--duration", "4s", "--seed", 5)


def share(run, metric, role):
    """Of what was expected, how much was lost."""
    by = "role=" + role
    lost = run.metric(metric + ".lost")["by"][by]["sum"]
    return lost / run.metric(metric + ".expected")["by"][by]["sum"]


class WeakLink(unittest.TestCase):
    def test_sound_goes_first_and_the_others_keep_theirs(self):
        with caseload.run(STORY, *LOAD) as run:
            self.assertTrue(run.passed, run.text)
            withheld = run.metric("video.withheld")["by"]
            self.assertGreater(withheld["role=patient"]["sum"], 2 * 20e6, "of 2 x 30 s")
            self.assertEqual(withheld["role=team_member"]["sum"], 0)
            self.assertLess(share(run, "audio", "patient"), 0.15)  # of the seconds before it was known
            self.assertLess(share(run, "audio", "team_member"), 0.01)
            self.assertLess(share(run, "frame", "team_member"), 0.01)

    def test_a_server_that_ignores_feedback_is_seen(self):
        with caseload.run(STORY, *LOAD, "--fault", "ignore-feedback") as run:
            self.assertEqual(run.metric("video.withheld")["by"]["role=patient"]["sum"], 0)
            self.assertGreater(share(run, "audio", "patient"), 0.25, run.text)


def narrow_path(*arguments):
    """What is looked at afterwards of a consultation whose patient has 350 kbit/s in the middle of it."""
    with caseload.run(caseload.ROOT / "tests" / "support" / "narrow_path.lua", "--seed", 5, "--probes", 0, "--video",
                      "720p@1500,simulcast", *arguments) as run:
        return run.passed, run.text, run.summary["metrics"], share(run, "audio", "patient"), share(run, "frame", "patient")


class NarrowPath(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            cls.honest, cls.stubborn = pool.map(lambda some: narrow_path(*some), ((), ("--fault", "stick-to-top-layer")))

    def test_a_smaller_encoding_and_back(self):
        passed, text, metrics, sound, picture = self.honest
        self.assertTrue(passed, text)
        layers = metrics["layer.spatial"]["by"]
        self.assertEqual(layers["net=custom"]["p50"], 0, text)
        self.assertGreaterEqual(layers["net=wifi"]["max"], 1, text)  # the estimate rises by a twelfth a second
        self.assertEqual(layers["role=team_member"]["max"], 2)
        frozen, shown = (metrics[name]["by"]["role=patient"]["sum"] for name in ("freeze.duration", "video.duration"))
        self.assertLess(frozen, 0.15 * shown, text)
        self.assertLess(sound, 0.05)
        self.assertLess(picture, 0.1)

    def test_a_server_that_sticks_to_the_largest_is_seen(self):
        _, text, metrics, sound, picture = self.stubborn
        self.assertGreater(sound, 0.05, text)
        self.assertGreater(picture, 0.1, text)


if __name__ == "__main__":
    unittest.main()
