"""docs/asyncapi.json as a judge: names each message of a connection by it and says what does not obey it."""
import copy
import json
import unittest

import caseload
from wire_tap import SENT

try:
    from jsonschema import Draft202012Validator
except ImportError:
    Draft202012Validator = None

needs_jsonschema = unittest.skipIf(Draft202012Validator is None, "python3-jsonschema is not installed")
DOCS = caseload.ROOT / "docs"
# Answers that say that the parameters were looked at and taken for what the method asks for.
TAKEN = ("error.hidden", "error.gone")


def load(name):
    return json.loads((DOCS / name).read_text())


def last(reference):
    return reference["$ref"].rpartition("/")[2]


def find(document, pointer):
    """What "#/a/b" points at; KeyError: nothing."""
    for name in pointer[2:].split("/"):
        document = document[name]
    return document


class Document:
    """The document, or a changed copy of it; in .whole every $ref is local, those to openapi.json, too."""

    def __init__(self, document):
        openapi = json.dumps(load("openapi.json")).replace('"#/', '"#/openapi/')
        self.whole = {**json.loads(json.dumps(document).replace('"openapi.json#/', '"#/openapi/')), "openapi": json.loads(openapi)}
        self.document, self.validators = document, {}
        self.operations = document["operations"]
        self.messages = document["channels"]["live"]["messages"]
        self.methods = {name: one for name, one in self.operations.items() if one["action"] == "receive"}
        self.notifications = {name for name, one in self.operations.items() if one["action"] == "send" and name != "refuse"}
        codes = ((name, self.payload(name)["allOf"][1]["properties"]["error"]["properties"]["code"]["const"])
                 for name in self.messages if name.startswith("error."))
        self.errors = {code: name for name, code in codes}

    def payload(self, message):
        return self.messages[message]["payload"]

    def answers(self, operation):
        """Names of the messages with which an operation answers."""
        one = self.operations[operation]
        return [last(reference) for reference in (one["reply"] if "reply" in one else one)["messages"]]

    def errors_of(self, message, value):
        if message not in self.validators:
            schema = {"$ref": "#/channels/live/messages/%s/payload" % message, **self.whole}
            self.validators[message] = Draft202012Validator(schema)
        return [error.message[:300] for error in self.validators[message].iter_errors(value)]

    def name_answer(self, operation, value):
        """→ the message that this answer claims to be; None: none of this operation."""
        if "error" in value:
            name = self.errors.get(value["error"].get("code"))
        else:
            name = next((one for one in self.answers(operation) if not one.startswith("error.")), None)
        return name if name in self.answers(operation) else None

    def resolved(self, schema):
        while "$ref" in schema:
            schema = find(self.whole, schema["$ref"])
        return schema

    def params_of(self, method):
        """Their schema."""
        narrowed = find(self.whole, "#/channels/live/messages/" + method)["payload"]["allOf"][1]
        return self.resolved(narrowed["properties"]["params"])

    def good_params(self, method, longest=False):
        """What the schema allows, and staff may say: all that there is, short or as long as possible."""
        return {name: self._good_value(schema, longest) for name, schema in self.params_of(method)["properties"].items()}

    def _good_value(self, schema, longest):
        schema = self.resolved(schema)
        if "enum" in schema:
            return schema["enum"][-1]
        if schema["type"] == "object":
            name, most = schema["propertyNames"], schema["maxProperties"]
            names = ["%02d" % i + "n" * (name["maxLength"] - 2) for i in range(most)] if longest else ["name"]
            return {name: self._good_value(schema["additionalProperties"], longest) for name in names}
        if not longest:
            return "x" * max(schema["minLength"], 1)
        return ("ß" if schema["maxLength"] <= 2000 else "x") * schema["maxLength"]  # characters, not bytes; the message has a limit, too

    def demanding(self, message):
        """A copy that wants one member more in this message."""
        changed = copy.deepcopy(self.document)
        find(changed, "#/channels/live/messages/" + message)["payload"]["required"] = ["no_such_member"]
        return Document(changed)


class Judgement:
    """Of what went over connections: .seen, all (operation, message) that came by; .samples, one of each message;
    .problems, what the document does not say."""

    def __init__(self, document, connections):
        self.document, self.seen, self.samples, self.problems = document, set(), {}, []
        for exchange in connections:
            self._judge(exchange)

    def _judge(self, exchange):
        asked = {}
        for direction, value in exchange:
            if direction == SENT:
                asked[value.get("id")] = value
            elif "method" in value:
                self._note(value["method"], value["method"] if value["method"] in self.document.notifications else None, value)
            else:
                self._answer(asked.pop(value.get("id"), {}), value)

    def _answer(self, request, value):
        method = request.get("method")
        operation = method if method in self.document.methods else "refuse"
        name = self.document.name_answer(operation, value)
        self._note(operation, name, value)
        if operation == method and name and ("result" in value or name in TAKEN):
            self._note(method, method, request)

    def _note(self, operation, name, value):
        if name is None:
            self.problems.append("%s: not in the document: %.200s" % (operation, value))
            return
        self.seen.add((operation, name))
        self.samples[name] = value
        self.problems += ["%s, %s: %s" % (operation, name, error) for error in self.document.errors_of(name, value)]
