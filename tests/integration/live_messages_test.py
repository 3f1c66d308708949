"""Every message of the live connection, refusals included, obeys docs/asyncapi.json, in both directions; and everything
that the document lists is seen."""
import copy
import json
import shutil
import subprocess
import unittest

import caseload
import live_document
import stranger_test
import wire
import wire_tap
from live_client import FIXTURE, Platform
from live_document import Document, Judgement, needs_jsonschema

DOCUMENT = Document(live_document.load("asyncapi.json"))
OFFER = (caseload.ROOT / "tests" / "vectors" / "sdp" / "chromium-slots-offer.sdp").read_text()
NOBODY = "X" * 20  # an id that nothing has
ROOM_CAP, CALL_CAP = 20, 6  # of a group room; of a consultation or a meeting
# What no test can bring about, or only by filling the machine.
UNPLAYED = {"error.internal"}
AT_A_LIMIT = {"enter", "call.join", "room.join", "room.admit", "room.admit_all", "space.get"}  # the last one by asking too often


def judge(test, connections):
    judgement = Judgement(DOCUMENT, connections)
    test.assertEqual(judgement.problems[:20], [])
    return judgement


@needs_jsonschema
class Visit(Platform, unittest.TestCase):
    """Every method succeeds, every refusal that the document lists is provoked, every notification comes."""

    # ---- a consultation ----

    def consultation(self):
        nurse, patient = self.nurse, self.caller(details={"reason": "Rash"})
        card = nurse.hear("card.changed", cause="entered")["card"]["id"]
        self.assertEqual({"sequence", "cards"}, set(nurse.do("dashboard.subscribe", clinic=self.clinic)))
        for client in (nurse, patient):
            client.do("media.offer", sdp=OFFER)
        patient.do("chat.send", text="Hello?")
        nurse.hear("card.message", card_id=card)
        nurse.do("chat.send", card=card, text="In a minute")
        patient.hear("chat.message", text="In a minute")
        nurse.do("card.note", card=card, note="Rash since Monday", priority="urgent")
        nurse.hear("card.changed", cause="noted")
        nurse.do("card.update", card=card, name="B. Patient", details={"reason": "Rash", "checked": "yes"})
        nurse.hear("card.changed", cause="updated")
        self.not_in_this_state(card)
        self.seen(card, patient)
        return card, patient

    def not_in_this_state(self, card):
        self.assertEqual(self.nurse.refused("conflict", "call.hold", card=card)["state"], "waiting")
        self.assertEqual(self.nurse.refused("conflict", "call.end", card=card)["state"], "waiting")
        self.assertEqual(self.nurse.refused("conflict", "call.leave", card=card)["state"], "apart")
        self.assertEqual(self.nurse.refused("conflict", "card.transfer", card=card, clinic=self.clinic)["state"], "here")
        self.assertEqual(self.nurse.refused("conflict", "authenticate", token="again")["state"], "identified")
        self.assertEqual(self.nurse.refused("conflict", "enter", link="clinic-link", name="Me")["state"], "identified")

    def seen(self, card, patient):
        nurse = self.nurse
        nurse.do("call.join", card=card)
        patient.hear("space.changed", state="in_call")
        patient.hear("media.send", audio=True)
        self.assertIn(nurse.me, [slot["participant"] for slot in patient.hear("media.slots")["slots"]])
        patient.hear("call.participants")
        self.assertEqual(len(patient.do("space.get", space=patient.entry["space"])["participants"]), 2)
        patient.do("chat.send", text="Good morning")
        nurse.hear("chat.message", text="Good morning")
        nurse.do("call.hold", card=card)
        patient.hear("space.changed", reason="held")
        nurse.do("call.join", card=card)
        nurse.do("call.leave", card=card)
        patient.hear("space.changed", reason="staff_left")
        nurse.do("call.join", card=card)
        nurse.do("call.end", card=card)
        patient.hear("space.changed", state="ended")
        nurse.hear("card.removed", cause="ended")

    def after_the_end(self, card, patient):
        nurse = self.nurse
        for method in ("call.join", "call.leave", "call.hold", "call.end", "transfer.targets", "room.admit"):
            nurse.refused("gone", method, card=card)
        nurse.refused("gone", "card.note", card=card, note="")
        nurse.refused("gone", "card.update", card=card, name="X")
        nurse.refused("gone", "card.remove", card=card, reason="other")
        nurse.refused("gone", "card.transfer", card=card, clinic=self.other)
        nurse.refused("gone", "chat.send", card=card, text="Hello?")
        nurse.refused("gone", "space.get", space=patient.entry["space"])
        patient.refused("gone", "space.leave")
        patient.refused("gone", "media.offer", sdp=OFFER)
        self.client().refused("gone", "enter", link="clinic-link", name="Again", token=patient.entry["token"])

    # ---- the ways of a caller ----

    def transfer(self):
        nurse, doctor, patient = self.nurse, self.staff("doctor"), self.caller()
        doctor.do("dashboard.subscribe", clinic=self.other)
        card = nurse.hear("card.changed", cause="entered")["card"]["id"]
        self.lose(patient)
        self.assertFalse(nurse.hear("card.changed", cause="dropped")["card"]["present"])
        patient = self.caller(token=patient.entry["token"])
        nurse.hear("card.changed", cause="returned")
        self.assertEqual(nurse.do("transfer.targets", card=card)["clinics"], [{"id": self.other, "name": "Other"}])
        nurse.do("card.transfer", card=card, clinic=self.other)
        nurse.hear("card.removed", cause="transferred")
        self.assertEqual(doctor.hear("card.changed", cause="transferred")["card"]["transferred_from"]["name"], "Clinic")
        self.assertEqual(patient.hear("space.changed", reason="transferred")["clinic"]["name"], "Other")
        patient.do("space.leave")
        doctor.hear("card.removed", cause="left")
        doctor.do("dashboard.unsubscribe", clinic=self.other)

    def removal(self):
        self.caller()
        card = self.nurse.hear("card.changed", cause="entered")["card"]["id"]
        self.nurse.do("card.remove", card=card, reason="no_show")
        self.nurse.hear("card.removed", cause="removed")

    def closed_area(self):
        at = "/clinics/" + self.clinic
        self.rest("PATCH", at, {"waiting_area": {"open": False}}, "head")
        self.assertEqual(self.client().refused("conflict", "enter", link="clinic-link", name="Too late")["state"], "closed")
        self.rest("PATCH", at, {"waiting_area": {"open": True}}, "head")

    def lost_right(self):
        locum = self.staff("locum")
        locum.do("dashboard.subscribe", clinic=self.clinic)
        self.rest("DELETE", "/clinics/%s/members/%s/team_member" % (self.clinic, self.sessions["locum"]["user"]["id"]), who="head")
        locum.hear("dashboard.ended", clinic=self.clinic)

    def full_call(self):
        """The seventh of a consultation; and who is in one call is in no other."""
        self.caller()
        card = self.nurse.hear("card.changed", cause="entered")["card"]["id"]
        colleagues = [self.staff("nurse") for _ in range(CALL_CAP)]
        for colleague in colleagues[:-1]:
            colleague.do("call.join", card=card)
        self.assertEqual(colleagues[-1].refused("capacity", "call.join", card=card)["limit"], "participants")
        self.caller()
        another = self.nurse.hear("card.changed", cause="entered")["card"]["id"]
        self.assertEqual(colleagues[0].refused("conflict", "call.join", card=another)["state"], "elsewhere")
        self.assertEqual(colleagues[0].refused("conflict", "room.join", room=self.room)["state"], "elsewhere")

    def large_dashboard(self):
        """More cards than fit one message, and more than fit two."""
        details = {"%02d" % i + "🙂" * 38: "🙂" * 200 for i in range(16)}
        for _ in range(32):
            self.caller("other-link", name="🙂" * 80, details=details)
        doctor = self.staff("doctor")
        first = doctor.do("dashboard.subscribe", clinic=self.other)["cards"]
        parts = [doctor.hear("dashboard.cards", clinic=self.other)]
        while parts[-1].get("more"):
            parts.append(doctor.hear("dashboard.cards", clinic=self.other))
        self.assertGreater(len(parts), 1)
        self.assertEqual(len(first) + sum(len(part["cards"]) for part in parts), 32)

    # ---- a group room ----

    def group(self):
        nurse, guest = self.nurse, self.caller("room-link")
        self.assertEqual(guest.entry["room"], {"name": "Group room"})
        card = nurse.do("room.watch", room=self.room)["cards"][0]
        self.assertEqual(card["room"], self.room)
        for method in ("room.leave", "room.admit_all", "room.end"):
            self.assertEqual(nurse.refused("conflict", method, room=self.room)["state"], "apart")
        self.assertEqual(nurse.refused("conflict", "room.admit", card=card["id"])["state"], "apart")
        self.assertEqual(nurse.refused("conflict", "call.join", card=card["id"])["state"], "room")
        self.staff("coordinator").refused("forbidden", "space.get", space=guest.entry["space"])
        nurse.do("room.join", room=self.room)
        nurse.do("room.admit", card=card["id"])
        nurse.hear("card.changed", room=self.room, cause="joined")
        nurse.do("room.leave", room=self.room)
        guest.hear("space.changed", reason="staff_left")
        self.full_room()

    def full_room(self):
        nurse = self.nurse
        nurse.do("room.join", room=self.room)
        for _ in range(ROOM_CAP):
            self.caller("room-link")
        self.assertEqual(len(nurse.do("room.admit_all", room=self.room)["admitted"]), ROOM_CAP - 1)
        waiting = [card for card in nurse.do("room.watch", room=self.room)["cards"] if card["state"] == "waiting"]
        self.assertEqual(nurse.refused("capacity", "room.admit_all", room=self.room)["limit"], "participants")
        nurse.refused("capacity", "room.admit", card=waiting[0]["id"])
        self.staff("nurse").refused("capacity", "room.join", room=self.room)
        nurse.do("room.end", room=self.room)
        nurse.hear("card.removed", room=self.room, cause="ended")
        nurse.do("room.unwatch", room=self.room)

    def meeting(self):
        nurse, guests = self.nurse, [self.caller("meeting-link") for _ in range(CALL_CAP)]
        self.assertEqual([one["kind"] for one in guests[-1].entry["participants"]], ["guest"] * CALL_CAP)
        self.assertEqual(self.client().refused("capacity", "enter", link="meeting-link", name="The seventh")["limit"], "participants")
        self.assertEqual(nurse.refused("conflict", "room.watch", room=self.meeting_room)["state"], "meeting")
        guests.pop().do("space.leave")
        nurse.do("room.join", room=self.meeting_room)
        counts = [len(guests[0].hear("call.participants")["participants"]) for _ in range(CALL_CAP)]
        self.assertEqual(counts, list(range(1, CALL_CAP + 1)))
        guests[0].do("chat.send", text="Good morning")
        nurse.hear("chat.message", text="Good morning")
        nurse.do("room.end", room=self.meeting_room)

    # ---- refusals that many methods share ----

    def nothing_of_that_name(self):
        ids = {name: NOBODY for name in ("card", "clinic", "room", "space")}
        more = {"text": "x", "note": "x", "name": "x", "reason": "other"}
        for method in DOCUMENT.methods:
            if "error.hidden" in DOCUMENT.answers(method) and method != "enter":
                names = DOCUMENT.params_of(method)["properties"]
                self.nurse.refused("hidden", method, **{name: value for name, value in {**ids, **more}.items() if name in names})
        self.client().refused("hidden", "enter", link="no-such-link", name="X")
        self.client().refused("unauthenticated", "authenticate", token="nobody's")

    def those_who_may_not(self):
        patient, nobody = self.caller(), self.client()
        for method, operation in DOCUMENT.methods.items():
            good = DOCUMENT.good_params(method)
            if operation["x-caller"] == "staff" or method == "chat.send":
                patient.refused("forbidden", method, **good)
            elif operation["x-caller"] == "caller":
                self.nurse.refused("forbidden", method, **good)
            if operation["x-caller"] != "nobody":
                nobody.refused("unauthenticated", method, **good)
            (nobody if operation["x-caller"] == "nobody" else patient if operation["x-caller"] == "caller" else self.nurse) \
                .refused("protocol", method, **{**good, "no_such": 1})
            self.nurse.refused("hidden", "space.get", space=NOBODY)  # forgives

    def what_is_no_request(self):
        client = self.client()
        for text in ("{", "[]", '{"jsonrpc":"2.0","id":"a","method":"enter","colour":"red"}'):
            self.assertEqual(client.ask(text)["error"]["data"], {"class": "protocol"})
        client.refused("protocol", "no.such_method")

    def too_often(self):
        client = self.client()
        for _ in range(260):  # 200 at once, and 50 a second
            client.request("space.get", {"space": NOBODY})
        limits = set()
        try:
            for _ in range(260):
                limits.add(client.receive()["error"]["data"].get("limit"))
        except wire.Closed:
            pass  # 8 such errors in a row
        self.assertIn("requests", limits)

    # ---- all of it ----

    def play(self):
        with caseload.server("--plain", fixture=FIXTURE) as self.server:
            self.sign_in()
            self.nurse = self.staff("nurse")
            self.nurse.do("dashboard.subscribe", clinic=self.clinic)
            rooms = {room["kind"]: room["id"] for room in self.nurse.do("room.list", clinic=self.clinic)["rooms"]}
            self.room, self.meeting_room = rooms["group"], rooms["meeting"]
            self.after_the_end(*self.consultation())
            for scene in (self.transfer, self.removal, self.closed_area, self.lost_right, self.group, self.meeting, self.full_call, self.large_dashboard,
                          self.nothing_of_that_name, self.those_who_may_not, self.what_is_no_request, self.too_often):
                scene()

    def test_every_message_is_as_documented(self):
        self.play()
        judgement = judge(self, self.log)
        documented = {(name, one) for name in DOCUMENT.operations for one in DOCUMENT.answers(name)}
        documented |= {(name, name) for name in DOCUMENT.methods}
        unplayed = {(name, one) for name, one in documented
                    if one in UNPLAYED or (one == "error.capacity" and name not in AT_A_LIMIT)}
        self.assertEqual(judgement.seen, documented - unplayed)
        self.prove(judgement)

    def prove(self, judgement):
        """A member that a message should have and has not is missed, one that it should not have is found."""
        for name in judgement.samples:
            problems = DOCUMENT.demanding(name).errors_of(name, judgement.samples[name])
            self.assertEqual(problems, ["'no_such_member' is a required property"], name)
        for name in ("card.changed", "call.join", "error.gone"):
            self.assertTrue(Judgement(DOCUMENT.demanding(name), self.log).problems, name)
        forgetful = copy.deepcopy(DOCUMENT.document)
        del forgetful["components"]["schemas"]["Card"]["properties"]["note"]
        self.assertIn("'note' was unexpected", " ".join(Judgement(Document(forgetful), self.log).problems))


@needs_jsonschema
class OthersTraffic(unittest.TestCase):
    """What clients say and hear that were written for themselves: the engine with media, and a stranger."""

    def through_a_tap(self, fixture, play):
        with caseload.server("--plain", fixture=fixture) as server, wire_tap.Tap(server) as tap:
            play(server, tap)
        return judge(self, tap.connections).seen

    def test_a_story_of_the_engine(self):
        choice = ("--sessions", 1, "--duration", "1s", "--seed", 5, "--set", "members=8", "--set", "rounds=1", "--set", "turn=1s")

        def play(server, tap):
            with caseload.run("group-therapy", *choice, "--url", tap.url, "--target-config", server["folder"] / "fixture.json") as run:
                self.assertTrue(run.passed, run.text)

        fixture = json.loads(caseload.caseload("script", "fixture", "group-therapy", *choice).stdout)
        seen = self.through_a_tap(fixture, play)
        self.assertLessEqual({"room.admit_all.result", "media.offer.result", "media.slots", "media.send", "card.changed", "call.participants",
                              "space.changed", "error.hidden"}, {name for _, name in seen})

    @unittest.skipIf(shutil.which("node") is None, "node is not installed")
    def test_a_stranger(self):
        def play(_, tap):
            run = subprocess.run(["node", stranger_test.SCRIPT, tap.url, "reception-link", "nurse", "doctor", "secret"],
                                 capture_output=True, text=True, timeout=60)
            self.assertEqual(run.returncode, 0, run.stderr)

        seen = self.through_a_tap(stranger_test.FIXTURE, play)
        self.assertLessEqual({("call.join", "call.join.result"), ("card.transfer", "done"), ("card.removed", "card.removed")}, seen)


if __name__ == "__main__":
    unittest.main()
