"""Emulated networks: what they lose is counted, repaired and nobody's fault; a story changes them in the middle of a
call (docs/network-profiles.md). That a kernel gives the same figures: network_vs_kernel_test.py."""
import concurrent.futures
import json
import math
import unittest

import caseload

QUIET = ["--set", "arrive=10ms", "--set", "think=10ms", "--set", "spread=0", "--set", "prepared_share=0", "--set",
         "drop_share=0", "--set", "leave_share=0", "--set", "stranger_share=0", "--probes", 0]
SWITCH = """
local patient = require "roles.patient"
local doctor = require "roles.doctor"
local bystander = require "roles.bystander"

return story {
  name = "tunnel",
  title = "The network of a patient goes and comes back",
  load = { sessions = 1, duration = "1s", planned = "20s" },
  actors = {
    patient = { role = "patient", play = function(me, session)
      patient.arrives(me, { reason = "Rash" })
      patient.is_joined_by(me, session.doctor, "10s")
      sleep("3s")
      me:network("offline")
      sleep("3s")
      me:network("none")
      sleep("4s")
      measure("story.gap", "us", math.floor(me:longest_gap(session.doctor) * 1000000))
      patient.sees_the_end(me, "20s")
    end },
    doctor = { role = "team_member", play = function(me, session)
      me:sign_on()
      local card = me:card_of(session.patient, { state = "waiting", within = "10s" })
      doctor.joins(me, session.patient, card)
      sleep("12s")
      measure("story.gap", "us", math.floor(me:longest_gap(session.patient) * 1000000))
      doctor.ends(me, session.patient, card)
    end },
  },
  bystanders = bystander.set,
}
"""




def consultation(seconds, sessions=1):
    return ("one-to-one", "--sessions", sessions, "--duration", "1s", "--ramp", "500ms", "--seed", 3, "--set",
            "consult=%ds" % seconds, *QUIET)


# name → the story and its options
RUNS = {
    "losses": (*consultation(10, 2), "--net", "wifi-lossy"),
    "light losses": (*consultation(6), "--net", "wifi-lossy", "--client", "light"),
    "threshold": (*consultation(4), "--net", "loss=20%", "--threshold", "audio.loss.ratio<1%"),
    "delay": (*consultation(4), "--net", "up:delay=80ms,down:delay=120ms"),
    "satellite": (*consultation(4), "--net", "satellite", "--client", "full"),
    "light satellite": (*consultation(4), "--net", "satellite", "--client", "light"),
    "weak-mobile": (*consultation(4), "--net", "weak-mobile", "--client", "full"),
    "offline": (*consultation(4), "--net", "offline"),
    "tunnel": ("--seed", 3, "--probes", 0),
}
AT_ONCE = 5


class Result:
    """What is looked at afterwards, since the folder goes."""

    def __init__(self, run):
        self.code, self.text, self.passed, self.summary = run.code, run.text, run.passed, run.summary
        self.card, self.sessions = run.json("run.json"), run.read("sessions.jsonl")

    def total(self, name):
        return self.summary["metrics"].get(name, {}).get("sum", 0)

    def value(self, name, stat):
        return self.summary["metrics"][name][stat]


def run_case(name):
    with caseload.temporary_folder() as folder:
        (folder / "tunnel.lua").write_text(SWITCH)
        arguments = (folder / "tunnel.lua", *RUNS[name]) if name == "tunnel" else RUNS[name]
        with caseload.run(*arguments) as run:
            return Result(run)


class Emulated(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
            cls.runs = dict(zip(RUNS, pool.map(run_case, RUNS)))

    def check_losses(self, name):
        run = self.runs[name]
        self.assertTrue(run.passed, run.text)
        entered, lost = run.total("net.datagrams"), run.total("net.lost")
        self.assertLess(abs(lost / entered - 0.05), 5 * math.sqrt(0.05 * 0.95 / entered))
        # Audio is not repaired: it is lost on the way up or on the way down.
        expected = run.total("audio.expected")
        self.assertLess(abs(run.total("audio.lost") / expected - 0.0975), 5 * math.sqrt(0.0975 * 0.9025 / expected))
        # Video is: without repairs a quarter of its frames would be missing.
        self.assertGreater(run.total("rtp.retransmitted"), 20)
        self.assertGreater(run.total("rtcp.nack_sent"), 20)
        self.assertLess(run.total("frame.lost"), 0.05 * run.total("frame.expected"))
        return run

    def test_losses_are_counted_repaired_and_blamed_on_nobody(self):
        for name in ("losses", "light losses"):
            with self.subTest(name):
                run = self.check_losses(name)
                self.assertEqual(run.card["media"]["network"], "wifi-lossy")
                self.assertIn("net=wifi-lossy", run.summary["metrics"]["frame.latency"]["by"])
                self.assertEqual([row["name"] for row in run.summary["ledger"] if row["missing"]], [], run.text)
                # The story's own limits on media are not applied.
                self.assertNotIn("frame.loss.ratio", json.dumps(run.summary["thresholds"]))

    def test_a_given_threshold_is_judged(self):
        run = self.runs["threshold"]
        outcomes = [row["outcome"] for row in run.summary["thresholds"] if row["metric"] == "audio.loss"]
        self.assertEqual(outcomes, ["failed"], run.text)

    def test_a_delay_is_in_the_latency_and_not_in_the_slip(self):
        run = self.runs["delay"]
        self.assertTrue(run.passed, run.text)
        for name in ("frame.latency", "audio.latency"):
            self.assertGreater(run.value(name, "min"), 200000)
        self.assertLess(run.value("audio.latency", "min"), 205000)
        self.assertLess(run.value("generator.send_slip", "p50"), 80000)

    def test_joining_takes_the_round_trips_of_its_network(self):
        """STUN passes it, too: a check and its answer. Then the flights of DTLS."""
        for name, round_trip_us in (("satellite", 558000), ("light satellite", 558000), ("weak-mobile", 50000)):
            with self.subTest(name):
                run = self.runs[name]
                self.assertTrue(run.passed, run.text)
                self.assertGreaterEqual(run.value("connect.ice", "min"), round_trip_us)
                self.assertGreaterEqual(run.value("connect.dtls", "min"), round_trip_us)
                self.assertGreater(run.total("frame.received"), 60)

    def test_a_story_changes_the_network_of_one_actor(self):
        run = self.runs["tunnel"]
        self.assertTrue(run.passed, run.text)
        self.assertEqual(run.value("story.gap", "count"), 2)  # both see the other stand still
        self.assertGreater(run.value("story.gap", "min"), 2500000)  # what is read late passes the next network
        self.assertLess(run.value("story.gap", "max"), 6000000)
        self.assertIn("net=offline", run.summary["metrics"]["net.lost"]["by"])
        self.assertNotIn("net=none", run.summary["metrics"]["net.lost"]["by"])

    def test_without_a_network_nobody_is_to_blame(self):
        run = self.runs["offline"]
        self.assertNotEqual(run.code, 1, run.text)
        self.assertEqual(run.summary["checks"]["counts"]["FAIL"], 0, run.text)
        self.assertEqual(run.summary["sessions"]["completed"], 0)
        self.assertIn("emulated network: offline", run.sessions)
        # Not even STUN came through.
        self.assertEqual(run.total("net.lost"), run.total("net.datagrams"))
        self.assertGreater(run.total("net.datagrams"), 0)

    def test_a_wrong_profile_is_refused(self):
        with caseload.temporary_folder() as folder:
            (folder / "tunnel.lua").write_text(SWITCH.replace('"offline"', '"dial-up"'))
            self.assertIn("dial-up", caseload.caseload("run", folder / "tunnel.lua", "--out", folder / "run").text)
        refused = caseload.caseload("run", "one-to-one", "--net", "loss=200%")
        self.assertEqual(refused.code, 2)
        self.assertIn("loss=200%", refused.text)


if __name__ == "__main__":
    unittest.main()
