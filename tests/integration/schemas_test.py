"""Every file of a run folder obeys its schema in results/schema, and the schemas are strict."""
import csv
import json
import subprocess
import time
import unittest

import caseload

try:
    from jsonschema import Draft202012Validator
except ImportError:
    Draft202012Validator = None

SCHEMAS = caseload.ROOT / "results" / "schema"
SAMPLE = caseload.BIN.parent / "tests" / "make_sample_run"


def validator(name):
    schema = json.loads((SCHEMAS / (name + ".schema.json")).read_text())
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def cell(text):
    if text == "":
        return None
    return float(text) if "." in text else int(text)


def documents(folder):
    """(file, schema, document) of everything in a run folder."""
    for name in ("run", "summary"):
        yield name, name, json.loads((folder / (name + ".json")).read_text())
    for name, schema in (("checks", "check"), ("sessions", "session")):
        for line in (folder / (name + ".jsonl")).read_text().splitlines():
            yield name, schema, json.loads(line)
    for path in sorted((folder / "histograms").glob("*.json")):
        yield path.name, "histogram", json.loads(path.read_text())
    with (folder / "timeline.csv").open() as rows:
        for row in csv.DictReader(rows):
            yield "timeline.csv", "timeline", {name: cell(text) for name, text in row.items()}


@unittest.skipIf(Draft202012Validator is None, "python3-jsonschema is not installed")
class Schemas(unittest.TestCase):
    def obeys(self, folder):
        seen = set()
        validators = {name: validator(name)
                      for name in ("run", "summary", "check", "session", "histogram", "timeline")}
        for name, schema, document in documents(folder):
            errors = ["%s: %s" % (list(error.path), error.message[:300])
                      for error in validators[schema].iter_errors(document)]
            self.assertEqual(errors, [], name)
            seen.add(schema)
        return seen

    def test_sample_runs(self):
        with caseload.temporary_folder() as parent:
            for kind, code in (("passed", 0), ("failed", 1), ("inconclusive", 4)):
                folder = parent / kind
                subprocess.run([SAMPLE, folder, kind], check=True, capture_output=True, timeout=120)
                self.assertEqual(len(self.obeys(folder)), 6)
                summary = json.loads((folder / "summary.json").read_text())
                self.assertEqual(summary["exit_code"], code)

    def test_real_run(self):
        with caseload.run("one-to-one", "--sessions", 2, "--duration", "5s", "--seed", 8, "--set", "consult=6s") as run:
            self.assertTrue(run.folder.exists(), run.text)
            self.assertLessEqual({"run", "summary", "session", "timeline"}, self.obeys(run.folder))

    def test_capacity(self):
        with caseload.temporary_folder() as parent:
            folder = parent / "out"
            run = caseload.caseload("capacity", "one-to-one", "--out", folder, "--media", "none", "--set", "consult=1s",
                                    "--steps", "2", "--hold", "2s", "--objective", "m.join_state.p50<5s")
            document = json.loads((folder / "capacity.json").read_text())
            check = validator("capacity")
            self.assertEqual([error.message[:300] for error in check.iter_errors(document)], [], run.text)
            self.assertIsNotNone(document["steps"][0]["hold"], run.text)
            whole = json.loads((folder / document["steps"][0]["folder"] / "run.json").read_text())
            self.assertEqual({part: document[part] for part in ("story", "media", "target", "host")},
                             {part: whole[part] for part in ("story", "media", "target", "host")})
            self.assertFalse(check.is_valid({**document, "surplus": 1}))
            self.obeys(folder / document["steps"][0]["folder"])

    def test_conformance(self):
        with caseload.temporary_folder() as parent:
            known = {"schema": "caseload/known-failures/1", "entries": [
                {"requirement": "WA-05", "ticket": "T-1", "owner": "ann", "expires": "2999-12-31", "reason": "it stays"}]}
            (parent / "known.json").write_text(json.dumps(known))
            self.assertTrue(validator("known-failures").is_valid(known))
            self.assertFalse(validator("known-failures").is_valid({**known, "surplus": 1}))
            run = caseload.caseload("conform", "--media", "none", "--requirement", "WA-05,ROLE-04", "--fault", "keep-space",
                                    "--known-failures", parent / "known.json", "--out", parent / "run")
            self.assertTrue((parent / "run" / "conformance.json").exists(), run.text)
            document = json.loads((parent / "run" / "conformance.json").read_text())
            check = validator("conformance")
            self.assertEqual([error.message[:300] for error in check.iter_errors(document)], [], run.text)
            self.assertEqual(document["rows"][0]["known"]["ticket"], "T-1")
            self.assertIsNotNone(document["permissions"], run.text)
            self.assertFalse(check.is_valid({**document, "surplus": 1}))
            for member in document:
                less = {name: value for name, value in document.items() if name != member}
                self.assertFalse(check.is_valid(less), "without %s" % member)
                self.assertFalse(check.is_valid({**document, member: [["wrong"]]}), "with a wrong %s" % member)
            self.obeys(parent / "run")

    def test_share_of_a_plan(self):
        """What a run with --shard leaves besides, and the run that merging makes of it."""
        with caseload.temporary_folder() as parent:
            made = caseload.caseload("script", "fixture", "check-in", "--sessions", 2)
            with caseload.server(fixture=json.loads(made.stdout)) as server:
                run = caseload.caseload(
                    "run", "check-in", "--url", server["url"], "--ca", server["folder"] / "ca.pem", "--target-config",
                    server["folder"] / "fixture.json", "--sessions", 2, "--duration", "2s", "--media", "none", "--seed", 5,
                    "--shard", "0/1", "--start-at", "%d" % (time.time() + 5), "--out", parent / "share")
            self.assertTrue((parent / "share" / "shard.json").exists(), run.text)
            self.obeys(parent / "share")
            for schema, name in (("shard-card", "shard.json"), ("shard", "shard-0/state.json")):
                document = json.loads((parent / "share" / name).read_text())
                self.assertEqual([error.message for error in validator(schema).iter_errors(document)], [], name)
                self.assertFalse(validator(schema).is_valid({**document, "surplus": 1}))
                for member in document:
                    less = {name: value for name, value in document.items() if name != member}
                    self.assertFalse(validator(schema).is_valid(less), "%s without %s" % (schema, member))
            merged = caseload.caseload("merge", parent / "share", "--out", parent / "whole", "--quiet")
            self.assertTrue((parent / "whole" / "summary.json").exists(), merged.text)
            self.obeys(parent / "whole")

    def test_schemas_refuse(self):
        """A member too many, one too few or one of another type is an error in every schema."""
        with caseload.temporary_folder() as parent:
            folder = parent / "run"
            subprocess.run([SAMPLE, folder, "failed", "10"], check=True, capture_output=True, timeout=120)
            firsts = {schema: document for _, schema, document in documents(folder)}
        for schema, document in firsts.items():
            check = validator(schema)
            self.assertTrue(check.is_valid(document), schema)
            self.assertFalse(check.is_valid({**document, "surplus": 1}), schema)
            for member in document:
                less = {name: value for name, value in document.items() if name != member}
                self.assertFalse(check.is_valid(less), "%s without %s" % (schema, member))
                self.assertFalse(check.is_valid({**document, member: [["wrong"]]}),
                                 "%s with a wrong %s" % (schema, member))


if __name__ == "__main__":
    unittest.main()
