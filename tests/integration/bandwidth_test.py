"""A receiver with little bandwidth degrades alone (WA-16, MR-13): the server learns what its path carries, withholds
the picture and says so; sound stays, and the others keep all of theirs."""
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


if __name__ == "__main__":
    unittest.main()
