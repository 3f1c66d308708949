"""docs/driver-contract.md is what the engine asks of a driver: its tables against the code, and against what a driver is really asked."""
import collections
import contextlib
import http.server
import importlib.machinery
import importlib.util
import json
import re
import sys
import threading
import unittest

import caseload

WITNESS = caseload.ROOT / "tests" / "support" / "contract_witness.lua"
RUNS = (("conform", "conformance", "--media", "none", "--seed", 4),
        ("run", "group-therapy", "--media", "audio", "--sessions", 1, "--duration", "1s", "--seed", 5, "--set", "members=8", "--set", "rounds=1",
         "--set", "turn=1s"),
        ("run", "check-in", "--media", "none", "--sessions", 3, "--duration", "2s", "--seed", 5))
# What no shipped story or check asks for.
UNASKED = {"organisations"}


def load_tool(name):
    sys.dont_write_bytecode = True  # beside the tool
    source = importlib.machinery.SourceFileLoader(name.replace("-", "_"), str(caseload.ROOT / "tools" / name))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(source.name, source))
    source.exec_module(module)
    return module


contract = load_tool("check-driver-contract")
PAGE = contract.PAGE.read_text()


class Page(unittest.TestCase):
    def test_the_page_is_current(self):
        self.assertEqual(list(contract.problems(PAGE)), [])

    def test_a_missing_line_is_told(self):
        for head in ("Operation", "Event", "Field", "Class", "Word"):
            names = contract.names(PAGE, head)
            self.assertGreater(len(names), 5, head)
            for name in names:
                without = re.sub(r"^\| `%s` \|.*\n" % name, "", PAGE, flags=re.MULTILINE)
                found = " ".join(contract.problems(without))
                self.assertIn("`%s` is in " % name, found, head)

    def test_a_line_too_many_is_told(self):
        found = " ".join(contract.problems(PAGE.replace("| `hang_up` |", "| `fly` | `{}` | | | core | |\n| `hang_up` |", 1)))
        self.assertIn("operations: `fly` is in the page and not in", found)

    def test_a_wrong_cell_is_told(self):
        for right, wrong, problem in (("`{clinic: text}`", "`{clinic: number}`", "event `board_ended`"),
                                      ("| `{room}` | | | rooms | `end_room`", "| `{room}` | | | room | `end_room`", "'room' is no profile"),
                                      ("| unauthenticated | core |", "| unknown | core |", "'unknown' is no class"),
                                      ("| conflict | core | `end_call` |", "| | core | `end_call` |", "`end_call`: a check wants it refused as conflict"),
                                      ("| conflict | core | `end_call` |", "| conflict | core |", "`finish`: 5 cells, not 6")):
            self.assertIn(right, PAGE)
            self.assertIn(problem, " ".join(contract.problems(PAGE.replace(right, wrong))))


def results(page):
    """Operation → names that its result has, or the first of its list."""
    for row in contract.rows(page, "Operation"):
        told = re.match(r"(?:of the reference )?`\[?\{(.*)\}\]?`", row["Result"].split(";")[0])
        if told:
            inside = re.sub(r": (\[.*?\]|\{.*?\})", "", told[1])
            yield row["Operation"].strip("`"), {name for name in inside.split(", ") if not name.endswith("?")}


class Listener(http.server.BaseHTTPRequestHandler):
    """Keeps what the witness posts."""

    def do_POST(self):
        self.server.heard.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


@contextlib.contextmanager
def witness():
    """A driver that tells, and the list of what it has told so far."""
    listener = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Listener)
    listener.heard = []
    threading.Thread(target=listener.serve_forever, daemon=True).start()
    with caseload.temporary_folder() as folder:
        driver = folder / "witness.lua"
        driver.write_text(WITNESS.read_text().replace("http://127.0.0.1:1/", "http://127.0.0.1:%d/" % listener.server_port))
        yield driver, listener.heard
    listener.shutdown()
    listener.server_close()


class Asked(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        with witness() as (driver, cls.heard):
            for command, story, *options in RUNS:
                before = len(cls.heard)
                fixture = json.loads(caseload.caseload("script", "fixture", story, *options).stdout)
                with caseload.server("--plain", fixture=fixture) as server, caseload.temporary_folder() as folder:
                    run = caseload.caseload(command, *([] if command == "conform" else [story]), *options, "--url", server["url"], "--target", driver,
                                            "--target-config", server["folder"] / "fixture.json", "--out", folder / "run")
                assert run.code in (0, 3, 4, 7) and len(cls.heard) > before, run.text  # 7: requirements without a check
            cls.demand = json.loads(caseload.caseload("script", "fixture", "conformance", "--target", driver).stdout)

    def test_arguments_are_those_of_the_page(self):
        asked, always = collections.defaultdict(set), {}
        for line in self.heard:
            if "arguments" in line:
                asked[line["operation"]] |= set(line["arguments"])
                always[line["operation"]] = always.get(line["operation"], set(line["arguments"])) & set(line["arguments"])
        told = contract.operations(PAGE)
        self.assertEqual(set(asked), set(told) - UNASKED)
        for name in asked:
            self.assertLessEqual(asked[name], set(told[name]), name)
            self.assertLessEqual({one for one, may_be_missing in told[name].items() if not may_be_missing}, always[name], name)

    def test_results_are_those_of_the_page(self):
        given = collections.defaultdict(set)
        for line in self.heard:
            if "result" in line:
                given[line["operation"]] |= set(line["result"])
        told = dict(results(PAGE))
        self.assertGreater(len(told), 10)
        for name, names in told.items():
            if name not in UNASKED:
                self.assertLessEqual(names, given[name], name)

    def test_the_demand_is_that_of_the_page(self):
        told = {name for row in contract.rows(PAGE, "Of the demand") for name in re.findall(r"`(\w+)[`(]", row["Of the demand"])}
        self.assertEqual(set(self.demand["demand"]), told)
        self.assertEqual(set(re.findall(r"clinics\[n\]\.(\w+)", PAGE)), set(self.demand["clinic"]))


if __name__ == "__main__":
    unittest.main()
