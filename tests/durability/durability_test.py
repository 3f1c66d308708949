"""What caseload-server has acknowledged survives a SIGKILL at any moment: fifty times on one database, under load. And the proof
that a server which acknowledges too early is found out. SEED=… repeats the moments."""
import os
import random
import unittest

import kills

ROUNDS = int(os.environ.get("ROUNDS", 50))
FAULTY_ROUNDS = 8
ACKNOWLEDGED_MIN = 500
SEED = int(os.environ.get("SEED", random.randrange(1 << 31)))


class Kills(unittest.TestCase):
    def test_nothing_acknowledged_is_lost(self):
        print("SEED=%d" % SEED, flush=True)
        problems, counts = kills.run(ROUNDS, SEED)
        kills.tell(counts)
        self.assertFalse(problems, "SEED=%d, %s" % (SEED, kills.say(problems)))
        self.assertEqual([kind for kind in kills.KINDS if counts[kind] == 0], [])
        self.assertGreater(sum(counts.values()), ACKNOWLEDGED_MIN)


class AnswerEarly(unittest.TestCase):
    def test_it_is_found_out(self):
        print("SEED=%d" % SEED, flush=True)
        problems, counts = kills.run(FAULTY_ROUNDS, SEED, "--fault", "answer-early")
        kills.tell(counts)
        found = {kind for kind, _ in problems}
        self.assertIn("visit", found)
        self.assertIn("token", found)
        self.assertTrue(found & {"settings", "organisation", "clinic", "invitation", "member"}, found)
        self.assertFalse(found & {"silence", "client"}, kills.say(problems))


if __name__ == "__main__":
    unittest.main()
