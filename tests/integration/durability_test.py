"""What caseload-server has acknowledged survives a SIGKILL: three kills under load (tests/durability: fifty), and what the ledger
that knows about it objects to."""
import random
import unittest

import kills
from ledger import ANYTHING, Ledger

ROUNDS = 3


class Silence(Exception):
    pass


def fall_silent():
    raise Silence()


class Durability(unittest.TestCase):
    def test_nothing_acknowledged_is_lost(self):
        seed = random.randrange(1 << 31)
        problems, counts = kills.run(ROUNDS, seed)
        kills.tell(counts)
        self.assertFalse(problems, "seed %d, %s" % (seed, kills.say(problems)))
        self.assertGreater(sum(counts.values()), 10)


class AnswerEarly(unittest.TestCase):
    def test_a_server_that_answers_too_early_is_found_out(self):
        seed = random.randrange(1 << 31)
        problems, _ = kills.run(ROUNDS, seed, "--fault", "answer-early")
        self.assertTrue(problems, "seed %d" % seed)
        self.assertFalse({kind for kind, _ in problems} & {"silence", "client"}, kills.say(problems))


class TheLedger(unittest.TestCase):
    def setUp(self):
        self.ledger = Ledger()
        self.ledger.change("thing", {("thing", 1): "a"}, lambda: None)
        self.ledger.change("thing", {("thing", 2): ANYTHING}, lambda: "b", lambda answer: {("thing", 2): answer})

    def ask_in_vain(self, wanted):
        with self.assertRaises(Silence):
            self.ledger.change("thing", wanted, fall_silent)

    def kinds(self, *read):
        return [kind for kind, _ in self.ledger.compare(dict(read))]

    def test_what_was_acknowledged_must_be_there(self):
        self.assertEqual(self.kinds((("thing", 1), "a"), (("thing", 2), "b")), [])
        self.assertEqual(self.kinds((("thing", 1), "c"), (("thing", 2), "b")), ["thing"])
        self.assertEqual(self.kinds((("thing", 1), "c")), ["thing"])
        self.assertEqual(self.ledger.counts["thing"], 2)

    def test_what_was_never_asked_for_must_not(self):
        self.assertEqual(self.kinds((("thing", 1), "a"), (("thing", 2), "b"), (("thing", 3), "c")), ["thing"])
        self.assertEqual(self.kinds((("invitation", 1), True)), ["invitation", "thing", "thing", "thing"])

    def test_what_was_not_answered_may_be_there_as_a_whole(self):
        for read, problems in ((("a", "b"), []), (("x", "y"), []), (("x", "b"), ["half"]), (("a", "z"), ["thing"])):
            self.setUp()
            self.ask_in_vain({("thing", 1): "x", ("thing", 2): "y"})
            self.assertEqual(self.kinds((("thing", 1), read[0]), (("thing", 2), read[1])), problems, read)

    def test_an_invitation_without_an_answer_has_an_unknown_name(self):
        things = (("thing", 1), "a"), (("thing", 2), "b")
        self.ask_in_vain({("invitation", "mark"): True})
        self.assertEqual(self.kinds(*things, (("invitation", "hash"), True)), [])
        self.assertEqual(self.kinds(*things, (("invitation", "hash"), True), (("invitation", "other"), True)), ["invitation"])


if __name__ == "__main__":
    unittest.main()
