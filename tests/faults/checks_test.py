"""Each check of the conformance set is able to fail: against every fault of the reference server that stands beside it
(`proven_by` in scenarios/conformance), every requirement that the fault is said to break fails. Where it stands that the fault
does so, `caseload conform --coverage` says it is proven. A tenth of them is run, chosen by the commit, so that in time all
come; PROOFS=all runs the whole set."""
import concurrent.futures
import hashlib
import os
import subprocess
import unittest

import caseload

AT_ONCE = 3
LEAST = 60  # half a minute


def proofs():
    """(check, fault, requirements, whether it takes media) of all that are named."""
    for check in caseload.checks():
        for proof in check["proven_by"]:
            yield check["name"], proof["fault"], frozenset(proof["breaks"]), check["media"]


def some(every):
    """A tenth of the list, by the commit."""
    commit = subprocess.run(["git", "rev-parse", "HEAD"], cwd=caseload.ROOT, capture_output=True, text=True).stdout.strip()
    dealt = sorted(every, key=lambda proof: hashlib.sha256((commit + proof[0] + proof[1]).encode()).digest())
    return dealt[:max(LEAST, len(every) // 10)]


EVERY = list(proofs())
PROOFS = EVERY if os.environ.get("PROOFS") == "all" else some(EVERY)


def examine(proof):
    name, fault, _, media = proof
    with caseload.run("conformance", "--media", "full" if media else "none", "--seed", 3, "--set", "check=" + name, "--fault", fault) as run:
        return run.code, run.text, run.lines("checks.jsonl")


class Checks(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
            cls.results = dict(zip(PROOFS, pool.map(examine, PROOFS)))

    def test_there_are_proofs(self):
        self.assertGreater(len(EVERY), 30)


def add_proof(proof):
    name, fault, broken, _ = proof

    def test(self):
        code, text, checks = self.results[proof]
        self.assertEqual(code, 1, text)
        self.assertLessEqual(broken, {check["requirement"] for check in checks if check["verdict"] == "FAIL"}, text)
    setattr(Checks, "test_%s_fails_by_%s" % (name.replace("-", "_"), fault.replace("-", "_").replace("=", "_")), test)


for one in PROOFS:
    add_proof(one)

if __name__ == "__main__":
    unittest.main()
