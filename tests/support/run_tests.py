"""Run the *_test.py files of the current folder: run_tests.py TITLE [NAME…]. Closes with one line
"N passed, N failed, N skipped" and exits 1 when a test failed or none ran."""
import sys
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))


class Result(unittest.TextTestResult):
    """Says what each test took, so that slow ones are seen."""

    def startTest(self, test):
        self._begin = time.monotonic()
        super().startTest(test)

    def addSuccess(self, test):
        unittest.TestResult.addSuccess(self, test)
        self.stream.writeln("ok (%.1f s)" % (time.monotonic() - self._begin))


def main():
    title, names = sys.argv[1], sys.argv[2:]
    loader = unittest.TestLoader()
    if names:
        loader.testNamePatterns = ["*%s*" % name for name in names]
    suite = loader.discover(".", pattern="*_test.py")
    runner = unittest.TextTestRunner(verbosity=2, resultclass=Result, stream=sys.stdout)
    result = runner.run(suite)
    failed = len(result.failures) + len(result.errors) + len(result.unexpectedSuccesses)
    skipped = len(result.skipped)
    passed = result.testsRun - failed - skipped
    print("%s: %d passed, %d failed, %d skipped" % (title, passed, failed, skipped))
    sys.exit(1 if failed or not passed else 0)


main()
