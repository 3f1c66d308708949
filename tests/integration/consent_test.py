"""A consultation longer than a lost consent would let it live. After the takeover of the sockets the engine
answers and sends the consent checks of RFC 7675 itself: without them the media ends after 10 to 30 s.
That this can fail, a server shows that stops answering them."""
import time
import unittest

import caseload

SECONDS = 70
LOST_WITHIN = 30  # RFC 7675 section 5.1
FRAMES_PER_S, PACKETS_PER_S = 15, 50  # of one participant


def consultation(duration, *arguments):
    """One session in which two people talk for SECONDS."""
    return caseload.run("one-to-one", "--sessions", 1, "--duration", "%ds" % duration, "--seed", 1, "--probes", 0,
                        "--set", "consult=%ds" % SECONDS, "--set", "spread=0", "--set", "arrive=10ms", "--set", "think=10ms",
                        "--set", "prepared_share=0", "--set", "drop_share=0", "--set", "leave_share=0",
                        "--set", "stranger_share=0", *arguments, timeout=SECONDS + 120)


class Consent(unittest.TestCase):
    CLIENT = "full"

    def test_media_outlives_the_consent_timeout(self):
        # The story gives a session 30 s to end after --duration.
        with consultation(SECONDS - 15, "--client", self.CLIENT) as run:
            self.assertTrue(run.passed, run.text)
            self.assertEqual(run.summary["sessions"]["completed"], 1, run.text)
            # Both directions, to the end: a transport that lost its consent would leave half of it.
            self.assertGreater(run.metric("frame.received")["sum"], 2 * FRAMES_PER_S * SECONDS * 0.97)
            self.assertGreater(run.metric("audio.received")["sum"], 2 * PACKETS_PER_S * SECONDS * 0.97)
            self.assertEqual(run.metric("frame.lost")["sum"], 0, run.text)
            if run.summary["generator"]["healthy"]:  # a machine that is busy elsewhere freezes pictures, too
                self.assertLess(run.metric("freeze.duration")["sum"], 1000000, run.text)
            self.no_second_without_media(run)

    def test_a_lost_consent_ends_the_media_and_fails_the_run(self):
        begun = time.monotonic()
        with consultation(1, "--fault", "ignore-consent", "--client", self.CLIENT) as run:
            self.assertLess(time.monotonic() - begun, LOST_WITHIN + 10, run.text)  # and to begin and to end
            self.assertEqual(run.code, 1, run.text)
            self.assertEqual(run.summary["sessions"]["failed"], 1, run.text)
            self.assertIn("the peer stopped answering consent checks (RFC 7675)", run.text)
            received = [int(row["audio_received"]) for row in run.csv("timeline.csv")]
            self.assertLess(sum(count > 0 for count in received), LOST_WITHIN + 3, received)  # cut seconds at both ends

    def no_second_without_media(self, run):
        rows = run.csv("timeline.csv")
        for column in ("frames_received", "audio_received"):
            received = [int(row[column]) for row in rows]
            begin = next(i for i, count in enumerate(received) if count > 0)
            during = received[begin + 1:begin + SECONDS - 1]
            self.assertEqual(len(during), SECONDS - 2, column)
            self.assertGreater(min(during), 0, "a second without %s: %s" % (column, during))


class LightConsent(Consent):
    """The same by the light clients' own ICE."""
    CLIENT = "light"


if __name__ == "__main__":
    unittest.main()
