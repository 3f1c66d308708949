"""docs/asyncapi.json is what goes over the live connection: it names the methods and notifications that the server and
docs/protocol.md have, and its bounds of parameters are the server's. That messages obey it is shown by live_messages_test.py."""
import re
import unittest

import caseload
import live_document
from live_client import FIXTURE, Platform
from live_document import Document, find, last, needs_jsonschema

DOCUMENT = Document(live_document.load("asyncapi.json"))
LIVE = caseload.ROOT / "reference-server" / "live"
AS_DESCRIBED = "a parameter is not as described"  # what the server says of a parameter before it is looked into


# ---- what the document says of itself ----

def code_names():
    """Methods and notifications by the server's code."""
    methods = set(re.findall(r'\{\s*"([a-z_.]+)",\s*METHOD_FOR_', (LIVE / "method_list.c").read_text()))
    dotted = {name for path in LIVE.glob("*.c") for name in re.findall(r'"([a-z]+\.[a-z_]+)"', path.read_text())}
    return methods, dotted - methods


def page_names():
    """The same by docs/protocol.md: methods stand in tables, notifications in the text."""
    text = (live_document.DOCS / "protocol.md").read_text().partition("## The live connection")[2].partition("## Fixture")[0]
    methods = set(re.findall(r"^\| `([a-z_.]+)` \|", text, re.MULTILINE))
    dotted = {name for name in re.findall(r"`([a-z]+\.[a-z_]+)\b", text) if not name.startswith("data.")}
    return methods, dotted - methods


def references(value):
    if isinstance(value, dict):
        for name, one in value.items():
            if name == "$ref":
                yield one
            yield from references(one)
    elif isinstance(value, list):
        for one in value:
            yield from references(one)


class AsyncApi(unittest.TestCase):
    def test_operations_lead_to_messages_of_their_channel(self):
        used = set()
        for name, operation in DOCUMENT.operations.items():
            self.assertIn(operation["action"], ("receive", "send"), name)
            self.assertEqual("reply" in operation, operation["action"] == "receive", name)
            for part in (operation, operation.get("reply", operation)):
                self.assertEqual(part["channel"], {"$ref": "#/channels/live"}, name)
                self.assertTrue(part["messages"], name)
                for reference in part["messages"]:
                    self.assertEqual(reference["$ref"], "#/channels/live/messages/" + last(reference), name)
                    self.assertIn(last(reference), DOCUMENT.messages, name)
                    used.add(last(reference))
        self.assertEqual(used, set(DOCUMENT.messages))

    def test_every_reference_resolves(self):
        seen = set(references(DOCUMENT.whole))
        self.assertGreater(len(seen), 50)
        for reference in seen:
            find(DOCUMENT.whole, reference)
        self.assertIn("#/openapi/components/schemas/Id", seen)
        self.assertRaises(KeyError, find, DOCUMENT.whole, "#/components/schemas/NoSuch")

    @needs_jsonschema
    def test_every_schema_is_one(self):
        from jsonschema import Draft7Validator, SchemaError  # what AsyncAPI asks for is a superset of draft 7
        for validator in (Draft7Validator, live_document.Draft202012Validator):
            for name in DOCUMENT.messages:
                validator.check_schema(DOCUMENT.payload(name))
            for schema in DOCUMENT.whole["components"]["schemas"].values():
                validator.check_schema(schema)
            self.assertRaises(SchemaError, validator.check_schema, {"type": "text"})

    def test_code_page_and_document_name_the_same(self):
        for methods, notifications in (code_names(), page_names()):
            self.assertEqual(methods, set(DOCUMENT.methods))
            self.assertEqual(notifications, DOCUMENT.notifications)

    def test_words_are_those_of_the_code(self):
        told = re.findall(r'WORD\("(\w+)", "([^"]+)"', (LIVE / "method_list.c").read_text())
        schemas = [schema["properties"] for schema in map(DOCUMENT.params_of, DOCUMENT.methods)]
        words = [(name, "|".join(DOCUMENT.resolved(one)["enum"])) for properties in schemas for name, one in properties.items()
                 if "enum" in DOCUMENT.resolved(one)]
        self.assertTrue(words)
        self.assertEqual(sorted(told), sorted(words))

    def test_errors_are_those_of_the_code(self):
        rows = re.findall(r'X\((\w+), (-\d+), "(\w+)"', (LIVE / "jsonrpc.h").read_text())
        self.assertEqual({int(code): "error." + name.lower() for name, code, _ in rows}, DOCUMENT.errors)
        for name, _, kind in rows:
            narrowed = DOCUMENT.payload("error." + name.lower())["allOf"][1]["properties"]["error"]["properties"]
            self.assertEqual(narrowed["data"]["properties"]["class"], {"const": kind})

    def test_close_codes_are_those_of_the_page(self):
        paragraph = (live_document.DOCS / "protocol.md").read_text().partition("Close codes:")[2].partition("\n\n")[0]
        codes = set(re.findall(r"\b(?:10\d\d|44\d\d)\b", paragraph))
        self.assertEqual(codes, set(find(DOCUMENT.whole, "#/channels/live")["x-close-codes"]))
        self.assertLessEqual(set(re.findall(r"CLOSE_\w+ = (\d+)", (LIVE / "live.h").read_text())), codes)


# ---- bounds: what the document refuses the server refuses, and what it allows the server takes ----

def values_at_the_edge(schema):
    """Some that the schema refuses and some that it allows; which is which is its own matter."""
    schema = DOCUMENT.resolved(schema)
    yield 7
    if "enum" in schema:
        yield from schema["enum"] + ["no such word"]
    elif schema["type"] == "object":
        yield from ({"%d" % i: "" for i in range(count)} for count in (0, schema["maxProperties"], schema["maxProperties"] + 1))
        most = schema["propertyNames"]["maxLength"]
        yield from ({name: ""} for name in ("", "x", "n" * most, "n" * (most + 1), "bell \a"))
        yield from ({"name": value} for value in values_at_the_edge(schema["additionalProperties"]))
    else:
        yield from ("x" * length for length in (schema["maxLength"], schema["maxLength"] + 1, schema["minLength"]))
        yield from ["x" * (schema["minLength"] - 1)] if schema["minLength"] > 0 else []
        yield from ("bell \a", "two\nlines")


def requests_to_try(method):
    """(params, the one of them that is as no other request has it, or None)"""
    schema, good = DOCUMENT.params_of(method), DOCUMENT.good_params(method)

    def without(names):
        return {name: value for name, value in good.items() if name not in names}

    yield good, None
    yield DOCUMENT.good_params(method, longest=True), None
    yield {**good, "no_such": "x"}, "no_such"
    for name, one in schema["properties"].items():
        yield from (({**good, name: value}, name) for value in values_at_the_edge(one))
        if (method, name) != ("chat.send", "card"):  # staff need it, and callers must not
            yield without([name]), name
    if "anyOf" in schema:
        either = [one["required"][0] for one in schema["anyOf"]]
        yield without(either), either[0]


@needs_jsonschema
class Bounds(Platform, unittest.TestCase):
    def ask(self, method):
        """A connection that may call this method, and what it may always do: a good answer forgives an error."""
        who = DOCUMENT.methods[method]["x-caller"]
        if who == "nobody":
            return self.client(), ("authenticate", {"token": "nobody's"})
        client = self.caller() if who == "caller" else self.staff("nurse")
        return client, ("space.get", {"space": "no such space"})

    def test_the_server_takes_what_the_document_allows_and_nothing_else(self):
        tried = {True: 0, False: 0}
        with caseload.server("--plain", fixture=FIXTURE) as self.server:
            self.sign_in()
            for method in DOCUMENT.methods:
                client, harmless = self.ask(method)
                for params, odd in requests_to_try(method):
                    refused = self.compare(client, method, params, odd)
                    client.answer(*harmless)
                    tried[refused] += 1
                    if method == "space.leave" and not refused:
                        client = self.caller()
                client.sock.close()
                self.open_clients.remove(client)
        self.assertGreater(min(tried.values()), 100)

    def compare(self, client, method, params, odd):
        request = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        refused = DOCUMENT.errors_of(method, request) != []
        told = client.answer(method, params).get("error", {"code": 0, "data": {}})
        text = "%s %.200s: %s" % (method, params, told)
        if method == "media.offer" and not refused:  # well formed, and no description: that is said in other words
            self.assertNotEqual(told["message"], AS_DESCRIBED, text)
        else:
            self.assertEqual((told["code"] == -32602, told["data"].get("parameter")), (refused, odd if refused else None), text)
            self.assertEqual(refused, told.get("message") == AS_DESCRIBED, text)
        return refused


if __name__ == "__main__":
    unittest.main()
