"""docs/openapi.json is what caseload-server does: every operation of it is played, and every answer, refusals included, obeys
its schema."""
import json
import re
import unittest

import caseload
import wire

try:
    from jsonschema import Draft202012Validator
except ImportError:
    Draft202012Validator = None

DOCUMENT = json.loads((caseload.ROOT / "docs" / "openapi.json").read_text())
PASSWORD = "secret"
STAFF = {"administrator": (None, "organisation_administrator"), "head": ("Clinic", "clinic_administrator"),
         "nurse": ("Clinic", "team_member"), "outsider": ("Elsewhere", "team_member")}
FIXTURE = {
    "schema": "caseload/fixture/1", "password_cost": "load", "organisations": [{"name": "One"}, {"name": "Two"}],
    "clinics": [{"organisation": "One", "name": "Clinic", "link": "clinic-link"},
                {"organisation": "Two", "name": "Elsewhere", "link": "elsewhere-link"}],
    "staff": [{"username": name, "password": PASSWORD, "name": name.title(),
               "roles": [{"clinic": clinic, "role": role, **({} if clinic else {"organisation": "One"})}]}
              for name, (clinic, role) in STAFF.items()]}


def resolve(part):
    while "$ref" in part:
        found = DOCUMENT
        for name in part["$ref"][2:].split("/"):
            found = found[name]
        part = found
    return part


def find_operation(method, path):
    for template, item in DOCUMENT["paths"].items():
        if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template), path):
            return template, item[method.lower()]
    raise AssertionError("%s %s is not documented" % (method, path))


def errors_of(schema, value):
    whole = {**schema, "components": DOCUMENT["components"]}
    return [error.message[:300] for error in Draft202012Validator(whole).iter_errors(value)]


@unittest.skipIf(Draft202012Validator is None, "python3-jsonschema is not installed")
class OpenApi(unittest.TestCase):
    def setUp(self):
        self.seen, self.tokens, self.users = set(), {}, {}

    def ask(self, who, method, path, status, body=None):
        template, operation = find_operation(method, path)
        text = json.dumps(body).encode() if body is not None else b""
        head = "%s /api/v1%s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: %d\r\n" % (method, path, len(text))
        if who:
            head += "Authorization: Bearer %s\r\n" % self.tokens.get(who, who)
        answer = wire.http(self.server, head.encode() + b"\r\n" + text)
        head, _, content = answer.partition(b"\r\n\r\n")
        self.assertEqual(int(head.split()[1]), status, "%s %s: %s" % (method, path, answer))
        self.assertIn(str(status), operation["responses"], "%s %s" % (method, template))
        if status < 300:
            self.seen.add((method.lower(), template))
        documented = resolve(operation["responses"][str(status)])
        if "content" not in documented:
            self.assertEqual(content, b"")
            return None
        value = json.loads(content)
        self.assertEqual(errors_of(documented["content"]["application/json"]["schema"], value), [], "%s %s" % (method, path))
        if body is not None and status < 300:
            asked = resolve(operation["requestBody"])["content"]["application/json"]["schema"]
            self.assertEqual(errors_of(asked, body), [], "%s %s: request" % (method, path))
        return value

    def sign_in(self):
        for name in STAFF:
            session = self.ask(None, "POST", "/sign-in", 200, {"username": name, "password": PASSWORD})
            self.tokens[name], self.users[name] = session["token"], session["user"]["id"]
        self.ask(None, "POST", "/sign-in", 401, {"username": "nurse", "password": "wrong"})
        self.ask(None, "POST", "/sign-in", 400, {"username": "nurse"})

    def organisation(self):
        organisation = self.ask("administrator", "GET", "/organisations", 200)["organisations"][0]["id"]
        at = "/organisations/" + organisation
        self.ask("administrator", "GET", at, 200)
        self.ask("outsider", "GET", at, 404)
        self.ask("no-token", "GET", at, 401)
        self.ask("administrator", "PATCH", at, 200, {"call_interface": {"raise_hand": True}})
        self.ask("nurse", "PATCH", at, 403, {"call_interface": {"raise_hand": False}})
        self.ask("administrator", "PATCH", at, 400, {"colour": "red"})
        self.ask("administrator", "GET", at + "/report", 200)
        self.ask("administrator", "PATCH", at, 200, {"report": {"durations": False}})
        self.assertNotIn("waited_s", self.ask("administrator", "GET", at + "/report", 200))
        self.ask("nurse", "GET", at + "/report", 403)
        self.ask("administrator", "POST", at + "/clinics", 201, {"name": "New", "label": "Renal"})
        self.ask("nurse", "POST", at + "/clinics", 403, {"name": "New"})
        clinics = self.ask("administrator", "GET", at + "/clinics", 200)["clinics"]
        self.ask("administrator", "GET", at + "/members", 200)
        taken = self.invite("administrator", at, "organisation_coordinator")
        self.assertEqual(taken["role"], "organisation_coordinator")
        self.ask("administrator", "DELETE", "%s/members/%s/organisation_coordinator" % (at, self.users["outsider"]), 204)
        self.ask("administrator", "DELETE", "%s/members/%s/organisation_administrator" % (at, self.users["administrator"]), 409)
        return next(clinic["id"] for clinic in clinics if clinic["name"] == "Clinic")

    def invite(self, who, at, role):
        invitation = self.ask(who, "POST", at + "/invitations", 201, {"role": role})["invitation"]
        taken = self.ask("outsider", "POST", "/invitations/" + invitation, 200)
        self.ask("outsider", "POST", "/invitations/" + invitation, 404)
        return taken

    def clinic(self, clinic):
        at = "/clinics/" + clinic
        self.ask("head", "GET", at, 200)
        self.ask("head", "PATCH", at, 200, {"name": "Renamed", "waiting_area": {"welcome": "Hello"}, "add_ons": {"whiteboard": True}})
        self.ask("nurse", "PATCH", at, 403, {"name": "X"})
        self.ask("head", "PATCH", at, 400, {})
        self.ask("head", "GET", at + "/report", 200)
        self.ask("nurse", "GET", at + "/report", 403)
        self.ask("head", "GET", at + "/members", 200)
        self.ask("nurse", "POST", at + "/invitations", 403, {"role": "team_member"})
        self.invite("head", at, "team_member")
        member = "%s/members/%s/team_member" % (at, self.users["outsider"])
        names = DOCUMENT["components"]["schemas"]["Permission"]["enum"]
        self.assertEqual(self.ask("head", "PATCH", member, 200, {"denied": names})["denied"], names)
        self.ask("head", "PATCH", member, 400, {"denied": ["fly"]})
        self.ask("head", "DELETE", member, 204)
        self.ask("head", "DELETE", member, 404)

    def rooms(self, clinic):
        at = "/clinics/%s/rooms" % clinic
        meeting = self.ask("head", "POST", at, 201, {"kind": "meeting", "name": "Tumour board"})
        own = self.ask("head", "POST", at, 201, {"kind": "user", "name": "x", "owner": self.users["nurse"]})
        self.ask("head", "POST", at, 409, {"kind": "user", "name": "x", "owner": self.users["nurse"]})
        self.ask("head", "POST", at, 400, {"kind": "garden", "name": "x"})
        self.ask("nurse", "POST", at, 403, {"kind": "group", "name": "x"})
        seen = self.ask("nurse", "GET", at, 200)["rooms"]
        self.assertEqual([room["kind"] for room in seen], ["meeting", "user"])
        self.assertNotIn("link", own)
        link = self.ask("head", "POST", "/rooms/%s/link" % meeting["id"], 200)["link"]
        self.assertNotEqual(link, meeting["link"])
        self.ask("nurse", "POST", "/rooms/%s/link" % own["id"], 200)
        self.ask("head", "POST", "/rooms/%s/link" % own["id"], 403)

    def test_every_operation_is_as_documented(self):
        with caseload.server("--plain", fixture=FIXTURE) as self.server:
            self.sign_in()
            clinic = self.organisation()
            self.clinic(clinic)
            self.rooms(clinic)
            self.ask("nurse", "POST", "/sign-out", 204)
        documented = {(method, path) for path, item in DOCUMENT["paths"].items() for method in item if method != "parameters"}
        self.assertEqual(self.seen, documented)

    def test_the_schemas_refuse(self):
        schema = {"$ref": "#/components/schemas/Clinic"}
        self.assertTrue(errors_of(schema, {"id": "x"}))
        self.assertTrue(errors_of({"$ref": "#/components/schemas/Error"}, {"error": {"class": "sorry", "message": "x"}}))


if __name__ == "__main__":
    unittest.main()
