"""A clinic's day that is cut off: many clients change what a platform keeps, all at once, until its server is killed (SIGKILL) at
a random moment; the same file is served again and compared with what had been acknowledged; and so on. The moments repeat by
their seed, what the threads do in between does not."""
import contextlib
import hashlib
import json
import random
import re
import sqlite3
import subprocess
import threading
import time
import traceback
from collections import Counter, defaultdict, deque

import caseload
import wire
from ledger import ANYTHING, Ledger

SPAN_S = 3           # a server is killed within this time after the first change that it acknowledged
STARTING_S = 0.06    # or, one time in five, once more within this time after its start
SIGNED_IN = 10       # tokens at once of the guest who signs in and out
NEW_CLINICS = 15     # of one life: an organisation has at most 1,000
NEW_ROOMS = 3        # the same: a clinic has at most 200
WAITING = 8
PAUSE_S = 0.01       # after each visit: staff may ask 1,000 times at once and 200 times a second
PASSWORD = "secret"
SWITCHES = ("background_blur", "full_screen", "raise_hand")
PERMISSIONS = ("manage_team", "set_permissions", "configure_waiting_area", "configure_call_interface", "configure_add_ons",
               "enter_clinic", "view_waiting_area", "use_waiting_area", "send_link", "join_call", "use_group_room", "transfer_from")
TEAMS, CONSULTANTS, CANDIDATES = 2, 3, 3
# What must have been acknowledged at least once.
KINDS = ("organisation settings", "clinic settings", "clinic", "room", "room made", "room link", "invitation", "member added", "permissions denied",
         "member removed", "sign-out", "consultation ended", "caller left", "caller removed", "transfer", "group session",
         "patient returned")


class Unanswered(Exception):
    pass


class Refused(Exception):
    pass


@contextlib.contextmanager
def answers():
    try:
        yield
    except (OSError, wire.Closed) as error:
        raise Unanswered(str(error)) from error


def ask(server, token, method, path, body=None):
    """One request to the administration; its answer, whole."""
    text = json.dumps(body).encode() if body is not None else b""
    head = "%s /api/v1%s HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n" % (method, path, len(text))
    if token:
        head += "Authorization: Bearer %s\r\n" % token
    with answers():
        answer = wire.http(server, head.encode() + b"\r\n" + text)
    head, gap, content = answer.partition(b"\r\n\r\n")
    length = re.search(rb"(?i)content-length: *(\d+)", head)
    if not gap or (length and len(content) < int(length[1])):
        raise Unanswered("%s %s" % (method, path))
    status = int(head.split()[1])
    if status >= 300:
        raise Refused("%s %s: %d %s" % (method, path, status, content.decode()))
    return json.loads(content) if content else None


def sign_in(server, username):
    return ask(server, None, "POST", "/sign-in", {"username": username, "password": PASSWORD})["token"]


class Live:
    """One live connection (docs/protocol.md)."""

    def __init__(self, server, username=None):
        self.heard, self.last = deque(), 0
        with answers():
            self.socket = wire.WebSocket(server)
        if username:
            self.call("authenticate", token=sign_in(server, username))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.sock.close()

    def call(self, method, **params):
        self.last += 1
        with answers():
            self.socket.send(json.dumps({"jsonrpc": "2.0", "id": self.last, "method": method, "params": params}))
            while (message := self.socket.receive()).get("id") != self.last:
                self.heard.append(message)
        if "error" in message:
            raise Refused("%s: %s" % (method, message["error"]))
        return message["result"]

    def hear(self, method, fits):
        """The next such notification; what came before it is forgotten."""
        while True:
            with answers():
                message = self.heard.popleft() if self.heard else self.socket.receive()
            if message["method"] == method and fits(message["params"]):
                return message["params"]


def link_of(name):
    return "link-of-" + name.lower().replace(" ", "-")


def numbered(name, count):
    return ["%s %d" % (name, number) for number in range(count)]


def account(name, *roles):
    return {"username": name, "password": PASSWORD, "name": name,
            "roles": [{"clinic": clinic, "role": role, **({} if clinic else {"organisation": organisation})}
                      for organisation, clinic, role in roles]}


def make_fixture():
    clinics = ["Settings", "Renal", "Groups", "Rooms", "Waiting", *numbered("Team", TEAMS), *numbered("Consulting", CONSULTANTS)]
    staff = [account("administrator", *((name, None, "organisation_administrator") for name in ("One", "Two"))),
             account("leader", (None, "Groups", "team_member")), account("guest")]
    staff += [account(name, (None, name, "team_member"), (None, "Renal", "team_member")) for name in numbered("Consulting", CONSULTANTS)]
    staff += [account(name) for team in numbered("Team", TEAMS) for name in numbered(team, CANDIDATES)]
    return {"schema": "caseload/fixture/1", "password_cost": "load", "organisations": [{"name": "One"}, {"name": "Two"}],
            "clinics": [{"organisation": "One", "name": name, "link": link_of(name)} for name in clinics],
            "rooms": [{"clinic": "Groups", "name": "Group", "kind": "group", "link": link_of("group room")}], "staff": staff}


def number_of(switches):
    return sum(switches[name] << i for i, name in enumerate(SWITCHES))


def invitation(secret):
    """Its fact's name: the server keeps a hash."""
    return "invitation", hashlib.blake2b(secret.encode(), digest_size=32).hexdigest()


def denied(names):
    return tuple(sorted(names))


# ---- reading back ----

class Reading:
    """Everything that a server keeps: over the API what has one, the rest in the database."""

    def __init__(self, server, database, tokens):
        self.server, self.token, self.facts = server, sign_in(server, "administrator"), {}
        self.organisations = {one["name"]: one["id"] for one in self.get("/organisations")["organisations"]}
        for one in self.organisations.values():
            self.facts["organisation", one] = number_of(self.get("/organisations/" + one)["call_interface"])
        self.clinics, self.links = {}, {}
        with contextlib.closing(sqlite3.connect("file:%s?mode=ro" % database, uri=True)) as rows:
            self.read_rows(rows)
        for clinic in self.list_clinics("One"):
            self.read_clinic(clinic["id"])
        for clinic in self.list_clinics("Two"):
            self.facts["clinic", clinic["name"]] = self.links[clinic["id"]]
        self.read_rooms()
        for token in tokens:
            self.facts["token", token] = "dead" if self.is_dead(token) else None

    def get(self, path):
        return ask(self.server, self.token, "GET", path)

    def list_clinics(self, organisation):
        return self.get("/organisations/%s/clinics" % self.organisations[organisation])["clinics"]

    def read_rows(self, rows):
        self.links = dict(rows.execute("SELECT id, link FROM clinics"))
        for space, clinic, seen, cause in rows.execute("SELECT space_id, clinic_id, seen_at, cause FROM visits"):
            self.facts["visit", space, clinic] = cause, seen is not None
        for (key,) in rows.execute("SELECT hash FROM invitations"):
            self.facts["invitation", key] = True

    def read_clinic(self, clinic):
        view = self.get("/clinics/" + clinic)
        self.clinics[view["link"]] = clinic
        self.facts["settings", clinic] = view["name"], view["label"], view["waiting_area"]["welcome"]
        self.facts["interface", clinic] = number_of(view["call_interface"])
        if view["name"].startswith("Team"):
            for member in self.get("/clinics/%s/members" % clinic)["members"]:
                self.facts["member", clinic, member["user"]["id"]] = denied(member["denied"])

    def read_rooms(self):
        with Live(self.server, "administrator") as administrator:
            for room in administrator.call("room.list", clinic=self.clinics[link_of("Groups")])["rooms"]:
                self.facts["room", room["id"]] = room["name"], room["link"]
            for room in administrator.call("room.list", clinic=self.clinics[link_of("Rooms")])["rooms"]:
                self.facts["room link", room["name"]] = room["link"]

    def is_dead(self, token):
        try:
            ask(self.server, token, "GET", "/organisations")
            return False
        except Refused:
            return True


# ---- who changes things; each runs in a thread of its own until nobody answers ----

class Worker:
    def __init__(self, world, number=0):
        self.world, self.ledger, self.number, self.dice = world, world.ledger, number, random.Random(number)

    def clinic(self, name):
        return self.world.clinics[link_of(name)]

    def patient(self, server, link, name):
        live = Live(server)
        return live, live.call("enter", link=link, name=name)


class Administrator(Worker):
    """Settings of an organisation and of a clinic, and new clinics; somebody waits in each of them."""

    def run(self, server):
        token, made = sign_in(server, "administrator"), 0
        while True:
            self.set_clinic(server, token)
            self.set_organisation(server, token)
            if made < NEW_CLINICS:
                self.add_clinic(server, token)
                made += 1

    def set_clinic(self, server, token):
        clinic, mark = self.clinic("Settings"), self.world.mark()
        self.ledger.change("clinic settings", {("settings", clinic): (mark, mark, mark)}, lambda: ask(
            server, token, "PATCH", "/clinics/" + clinic, {"name": mark, "label": mark, "waiting_area": {"welcome": mark}}))

    def set_organisation(self, server, token):
        name = "organisation", self.world.organisations["One"]
        number = (self.ledger.facts[name] + 1) % (1 << len(SWITCHES))
        wanted = {name: number, **{("interface", clinic): number for clinic in self.world.clinics.values()}}
        self.ledger.change("organisation settings", wanted, lambda: ask(server, token, "PATCH", "/organisations/" + name[1], {
            "call_interface": {switch: bool(number >> i & 1) for i, switch in enumerate(SWITCHES)}}))

    def add_clinic(self, server, token):
        mark = self.world.mark()
        clinic = self.ledger.change("clinic", {("clinic", mark): ANYTHING}, lambda: ask(
            server, token, "POST", "/organisations/%s/clinics" % self.world.organisations["Two"], {"name": mark}),
            lambda answer: {("clinic", mark): answer["link"]})
        self.world.wait_at(server, clinic["link"], clinic["id"], mark)


class Builder(Worker):
    """New meeting rooms, and new links of them."""

    def run(self, server):
        token, rooms = sign_in(server, "administrator"), {}
        while True:
            if len(rooms) < NEW_ROOMS:
                name = self.world.mark()
                rooms[name] = self.add_room(server, token, name)["id"]
            for name, room in rooms.items():
                self.renew_link(server, token, name, room)

    def add_room(self, server, token, name):
        return self.ledger.change("room made", {("room link", name): ANYTHING}, lambda: ask(
            server, token, "POST", "/clinics/%s/rooms" % self.clinic("Rooms"), {"kind": "meeting", "name": name}),
            lambda answer: {("room link", name): answer["link"]})

    def renew_link(self, server, token, name, room):
        self.ledger.change("room link", {("room link", name): ANYTHING}, lambda: ask(server, token, "POST", "/rooms/%s/link" % room),
                           lambda answer: {("room link", name): answer["link"]})


class Team(Worker):
    """Invites, is joined, denies, removes. Invitations are taken later, some of them after the next start."""

    def __init__(self, world, number):
        super().__init__(world, number)
        self.name, self.open = "Team %d" % number, deque()

    def run(self, server):
        token, sessions = sign_in(server, "administrator"), [
            ask(server, None, "POST", "/sign-in", {"username": name, "password": PASSWORD}) for name in numbered(self.name, CANDIDATES)]
        self.open = deque(one for one in self.open if self.ledger.facts.get(invitation(one[0])))
        while True:
            for session in sessions:
                self.come_and_go(server, token, session["token"], session["user"]["id"])

    def come_and_go(self, server, token, own, user):
        member = "member", self.clinic(self.name), user
        path = "/clinics/%s/members/%s/team_member" % member[1:]
        if self.ledger.facts.get(member) is None:
            while len(self.open) < 3:
                self.invite(server, token)
            self.join(server, own, member)
        for _ in range(2):
            names = self.some_permissions()
            self.ledger.change("permissions denied", {member: denied(names)}, lambda: ask(server, token, "PATCH", path, {"denied": names}))
        self.ledger.change("member removed", {member: None}, lambda: ask(server, token, "DELETE", path))

    def some_permissions(self):
        return self.dice.sample(PERMISSIONS, self.dice.randint(1, len(PERMISSIONS)))

    def invite(self, server, token):
        names = self.some_permissions()
        answer = self.ledger.change("invitation", {("invitation", self.world.mark()): True}, lambda: ask(
            server, token, "POST", "/clinics/%s/invitations" % self.clinic(self.name), {"role": "team_member", "denied": names}),
            lambda answer: {invitation(answer["invitation"]): True})
        self.open.append((answer["invitation"], denied(names)))

    def join(self, server, own, member):
        secret, names = self.open[0]
        self.ledger.change("member added", {invitation(secret): None, member: names},
                           lambda: ask(server, own, "POST", "/invitations/" + secret))
        self.open.popleft()


class Guest(Worker):
    """Signs in and, some tokens later, out."""

    def run(self, server):
        tokens = deque()
        while True:
            tokens.append(sign_in(server, "guest"))
            time.sleep(0.02)
            if len(tokens) > SIGNED_IN:
                token = tokens.popleft()
                self.ledger.change("sign-out", {("token", token): "dead"}, lambda: ask(server, token, "POST", "/sign-out"))


class Consultant(Worker):
    """One patient after the other: seen to the end, gone before, removed, sent on."""

    def run(self, server):
        name = "Consulting %d" % self.number
        clinic = self.clinic(name)
        with Live(server, name) as staff:
            staff.call("dashboard.subscribe", clinic=clinic)
            while True:
                for visit in (self.end, self.leave, self.remove, self.send_on):
                    patient, entry = self.patient(server, link_of(name), self.world.mark())
                    with patient:
                        card = staff.hear("card.changed", lambda change: change["card"]["space"] == entry["space"])["card"]["id"]
                        visit(staff, patient, card, ("visit", entry["space"], clinic))
                    time.sleep(PAUSE_S)

    def end(self, staff, _, card, visit):
        staff.call("call.join", card=card)
        self.ledger.change("consultation ended", {visit: ("ended", True)}, lambda: staff.call("call.end", card=card))

    def leave(self, _staff, patient, _card, visit):
        self.ledger.change("caller left", {visit: ("left", False)}, lambda: patient.call("space.leave"))

    def remove(self, staff, _, card, visit):
        self.ledger.change("caller removed", {visit: ("removed", False)}, lambda: staff.call("card.remove", card=card, reason="other"))

    def send_on(self, staff, patient, card, visit):
        renal = self.clinic("Renal")
        staff.call("call.join", card=card)
        self.ledger.change("transfer", {visit: ("transferred", True)}, lambda: staff.call("card.transfer", card=card, clinic=renal))
        self.leave(staff, patient, card, ("visit", visit[1], renal))


class Leader(Worker):
    """Groups of three, each ended for all at once."""

    def run(self, server):
        clinic, room = self.clinic("Groups"), self.world.room
        with Live(server, "leader") as leader:
            while True:
                with contextlib.ExitStack() as patients:
                    spaces = []
                    for _ in range(3):
                        patient, entry = self.patient(server, link_of("group room"), self.world.mark())
                        patients.enter_context(patient)
                        spaces.append(entry["space"])
                    leader.call("room.join", room=room)
                    leader.call("room.admit_all", room=room)
                    wanted = {("visit", space, clinic): ("ended", True) for space in spaces}
                    self.ledger.change("group session", wanted, lambda: leader.call("room.end", room=room))
                time.sleep(PAUSE_S)


class Arrivals(Worker):
    """Patients whom nobody sees before the end."""

    def run(self, server):
        for _ in range(WAITING):
            self.world.wait_at(server, link_of("Waiting"), self.clinic("Waiting"), self.world.mark())
            time.sleep(0.05)


# ---- all of it ----

class World:
    def __init__(self, database, seed, options):
        self.database, self.options, self.dice = database, ("--plain", "--db", database, *options), random.Random(seed)
        self.ledger, self.problems, self.marks, self.lock = Ledger(), [], 0, threading.Lock()
        self.organisations = self.clinics = self.room = None
        self.waiting, self.over = [], threading.Event()
        self.workers = [Administrator(self), Builder(self), Guest(self), Leader(self), Arrivals(self)]
        self.workers += [Team(self, i) for i in range(TEAMS)] + [Consultant(self, i) for i in range(CONSULTANTS)]

    def mark(self):
        """A text that never stood anywhere before."""
        with self.lock:
            self.marks += 1
            return "no-%d" % self.marks

    def wait_at(self, server, link, clinic, name):
        live = Live(server)
        token = live.call("enter", link=link, name=name)["token"]
        with self.lock:
            self.waiting.append((live, link, clinic, name, token))

    def look(self, server, first):
        """What is there, against what was acknowledged."""
        ledger = self.ledger
        tokens = {name[1] for facts in (ledger.facts, *ledger.begun.values()) for name in facts if name[0] == "token"}
        reading = Reading(server, self.database, tokens)
        if first:
            self.organisations, self.clinics = reading.organisations, reading.clinics
            ledger.facts = dict(reading.facts)
        self.problems += ledger.compare(reading.facts)
        rooms = {value[1]: name[1] for name, value in reading.facts.items() if name[0] == "room"}
        self.room = rooms[link_of("group room")]  # the fixture's
        ledger.counts["room"] += len(rooms)
        for token in tokens:
            ledger.facts.pop(("token", token), None)

    def take_back(self, server):
        """Who waited when the server died comes by the same link, stands in the queue, and goes."""
        waited, self.waiting = self.waiting, []
        queues = defaultdict(list)
        with contextlib.ExitStack() as patients, Live(server, "administrator") as administrator:
            back = []
            for live, link, clinic, name, token in waited:
                live.socket.sock.close()
                patient = patients.enter_context(Live(server))
                try:
                    entry = self.return_by(patient, link, name, token)
                except Refused as refusal:
                    self.problems.append(("return", "%s cannot come back: %s" % (name, refusal)))
                    continue
                back.append((patient, ("visit", entry["space"], clinic)))
                queues[clinic].append(name)
            for clinic, names in queues.items():
                cards = administrator.call("dashboard.subscribe", clinic=clinic)["cards"]
                if [card["name"] for card in cards] != names:
                    self.problems.append(("return", "%s wait, the queue shows %s" % (names, cards)))
                self.ledger.counts["patient returned"] += len(names)
            for patient, visit in back:
                self.ledger.change("caller left", {visit: ("left", False)}, lambda: patient.call("space.leave"))

    def return_by(self, patient, link, name, token):
        """As a client does that has a token of the server that died: it is nobody's now, the link is what counts."""
        try:
            patient.call("enter", link=link, name=name, token=token)
        except Refused:
            return patient.call("enter", link=link, name=name)
        raise Refused("a token of the server that died was taken")

    def work(self, worker, server):
        try:
            worker.run(server)
        except Unanswered as silence:
            if not self.over.is_set():
                self.problems.append(("silence", "before the kill: %s" % silence))
        except Exception:
            self.problems.append(("client", traceback.format_exc()))

    def load_and_kill(self, server):
        self.over.clear()
        self.ledger.first.clear()
        threads = [threading.Thread(target=self.work, args=(worker, server), daemon=True) for worker in self.workers]
        for thread in threads:
            thread.start()
        if not self.ledger.first.wait(10):
            self.problems.append(("silence", "nothing was acknowledged within 10 s"))
        time.sleep(self.dice.uniform(0, SPAN_S))
        if server["process"].poll() is not None:
            self.problems.append(("silence", "the server ended by itself: " + (server["folder"] / "log").read_text()))
        self.over.set()
        server["process"].kill()
        server["process"].wait()
        for thread in threads:
            thread.join(20)

    def kill_while_starting(self):
        process = subprocess.Popen([caseload.BIN / "caseload-server", "--listen", "127.0.0.1:0", *self.options],
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(self.dice.uniform(0, STARTING_S))
        process.kill()
        process.wait()


def run(rounds, seed, *options):
    """So many kills; the problems [(kind, sentence)] and how often each kind of change was acknowledged."""
    with caseload.temporary_folder() as folder:
        world = World(folder / "database", seed, options)
        for number in range(rounds + 1):
            fixture = make_fixture() if number == 0 else None
            with caseload.server(*world.options, fixture=fixture) as server:
                world.look(server, number == 0)
                world.take_back(server)
                if number < rounds:
                    world.load_and_kill(server)
            if world.dice.random() < 0.2:
                world.kill_while_starting()
        return world.problems, world.ledger.counts


def say(problems):
    """How many of each kind, and the first ones."""
    kinds = Counter(kind for kind, _ in problems)
    return "\n".join(["%d problems: %s" % (len(problems), dict(kinds)), *(sentence for _, sentence in problems[:10])])


def tell(counts):
    for kind in KINDS:
        print("%7d %s" % (counts[kind], kind))
    print("%7d acknowledged in all" % sum(counts.values()), flush=True)
