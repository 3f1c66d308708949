"""Each check of the conformance set is able to fail: against every fault of the reference server that stands beside it
(`proven_by` in scenarios/conformance), the run ends with 1 and a requirement of the check failed or could not be verified."""
import concurrent.futures
import re
import unittest

import caseload

AT_ONCE = 3
CHECK = re.compile(r'\{ "([\w-]+)", "[^"]*",\s+requirements = \{([^}]*)\},(?:\s+proven_by = \{([^}]*)\},)?')
WORD = re.compile(r'"([^"]+)"')


def proofs():
    """(check, fault, requirements) of all that are named."""
    for path in sorted((caseload.ROOT / "scenarios" / "conformance").glob("*.lua")):
        for name, requirements, faults in CHECK.findall(path.read_text()):
            for fault in WORD.findall(faults):
                yield name, fault, frozenset(WORD.findall(requirements))


PROOFS = list(proofs())


def examine(proof):
    name, fault, _ = proof
    with caseload.run("conformance", "--media", "none", "--seed", 3, "--set", "check=" + name, "--fault", fault) as run:
        return run.code, run.text, run.lines("checks.jsonl")


class Checks(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
            cls.results = dict(zip(PROOFS, pool.map(examine, PROOFS)))

    def test_there_are_proofs(self):
        self.assertGreater(len(PROOFS), 3)


def add_proof(proof):
    name, fault, requirements = proof

    def test(self):
        code, text, checks = self.results[proof]
        self.assertEqual(code, 1, text)
        self.assertTrue({check["requirement"] for check in checks if check["verdict"] == "FAIL"} & requirements, text)
    setattr(Checks, "test_%s_fails_by_%s" % (name.replace("-", "_"), fault.replace("-", "_").replace("=", "_")), test)


for one in PROOFS:
    add_proof(one)

if __name__ == "__main__":
    unittest.main()
