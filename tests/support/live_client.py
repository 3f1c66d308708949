"""A client of the live connection that keeps what was said, and the people of a small hospital to play with."""
import json

import wire
import wire_tap

PATIENCE_S = 30  # of a busy machine
PASSWORD = "secret"
STAFF = {"nurse": (("Clinic", "team_member"), ("Other", "service_referrer")), "doctor": (("Other", "team_member"),),
         "locum": (("Clinic", "team_member"),), "head": (("Clinic", "clinic_administrator"),),
         "coordinator": ((None, "organisation_coordinator"),)}
FIXTURE = {
    "schema": "caseload/fixture/1", "password_cost": "load", "organisation": {"name": "Hospital"},
    "clinics": [{"name": "Clinic", "link": "clinic-link"}, {"name": "Other", "link": "other-link"}],
    "rooms": [{"clinic": "Clinic", "name": "Group room", "kind": "group", "link": "room-link"},
              {"clinic": "Clinic", "name": "Meeting room", "kind": "meeting", "link": "meeting-link"}],
    "staff": [{"username": name, "password": PASSWORD, "name": name.title(), "roles": [{"clinic": clinic, "role": role} for clinic, role in roles]}
              for name, roles in STAFF.items()]}


class Client(wire.WebSocket):
    """One connection whose messages are kept in `log`."""

    def __init__(self, server, log):
        super().__init__(server)
        self.sock.settimeout(PATIENCE_S)
        self.exchange, self.heard, self.number = [], [], 0
        log.append(self.exchange)

    def receive(self):
        value = super().receive()
        self.exchange.append((wire_tap.HEARD, value))
        return value

    def request(self, method, params):
        self.number += 1
        message = {"jsonrpc": "2.0", "id": self.number, "method": method, "params": params}
        self.exchange.append((wire_tap.SENT, message))
        self.send(json.dumps(message))

    def answer(self, method, params):
        self.request(method, params)
        while (value := self.receive()).get("id") != self.number:
            self.heard.append(value)
        return value

    def do(self, method, /, **params):
        value = self.answer(method, params)
        if "result" not in value:
            raise AssertionError("%s was refused: %s" % (method, value))
        return value["result"]

    def refused(self, kind, method, /, **params):
        """It must be refused in that class → what else the refusal says."""
        value = self.answer(method, params)
        if value.get("error", {}).get("data", {}).get("class") != kind:
            raise AssertionError("%s %s was to be refused as %s: %s" % (method, params, kind, value))
        return value["error"]["data"]

    def hear(self, method, /, **fields):
        """The next notification of that name with these params; what came before it is passed over."""
        while True:
            value = self.heard.pop(0) if self.heard else self.receive()
            if value.get("method") == method and fields.items() <= value["params"].items():
                return value["params"]


class Platform:
    """For test cases: people at the server of FIXTURE, each over a connection of their own; what went over them is in .log."""

    def setUp(self):
        self.log = []
        self.open_clients = []

    def tearDown(self):
        for client in self.open_clients:
            client.sock.close()

    def rest(self, method, path, body=None, who=None):
        text = json.dumps(body).encode() if body is not None else b""
        head = "%s /api/v1%s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: %d\r\n" % (method, path, len(text))
        head += "Authorization: Bearer %s\r\n" % self.sessions[who]["token"] if who else ""
        answer = wire.http(self.server, head.encode() + b"\r\n" + text, PATIENCE_S)
        self.assertIn(answer.split()[1], (b"200", b"204"), answer)
        content = answer.partition(b"\r\n\r\n")[2]
        return json.loads(content) if content else None

    def sign_in(self):
        self.sessions = {name: self.rest("POST", "/sign-in", {"username": name, "password": PASSWORD}) for name in STAFF}
        clinics = {one["clinic"]["name"]: one["clinic"]["id"] for one in self.sessions["nurse"]["memberships"]}
        self.clinic, self.other = clinics["Clinic"], clinics["Other"]

    def client(self):
        self.open_clients.append(Client(self.server, self.log))
        return self.open_clients[-1]

    def staff(self, name):
        client = self.client()
        client.me = client.do("authenticate", token=self.sessions[name]["token"])["participant"]
        return client

    def caller(self, link="clinic-link", /, **fields):
        client = self.client()
        client.entry = client.do("enter", link=link, **{"name": "A patient", **fields})
        return client

    def lose(self, client):
        """The network is lost: no goodbye."""
        self.open_clients.remove(client)
        client.sock.close()
