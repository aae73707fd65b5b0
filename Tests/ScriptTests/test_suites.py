"""How Scripts/suites judges what the suites report."""

import concurrent.futures
import sys
import unittest

import loading

suites = loading.script("suites")


def ran(status=0, output="", seconds=1.0):
    return suites.Ran(status, output, 0.5, seconds)


REPORT = """<testsuites><testsuite name="TestResults">
<testcase classname="ATests.One" name="good()" />
<testcase classname="ATests.One" name="bad()"><failure message="no" /></testcase>
<testcase classname="ATests" name="left()"><skipped>no server</skipped></testcase>
</testsuite></testsuites>"""
EMPTY_REPORT = "<testsuites><testsuite /></testsuites>"


class SwiftResults(unittest.TestCase):
    def test_each_test_is_counted_once(self):
        passed, failures = suites.swift_results(ran(1), REPORT, set())
        self.assertEqual(passed, 1)
        self.assertEqual(len(failures), 2)
        self.assertIn("ATests.One/bad() failed", failures[0])
        self.assertIn("ATests/left() was skipped", failures[1])

    def test_a_skip_with_a_reason_is_allowed(self):
        _, failures = suites.swift_results(ran(1), REPORT, {"ATests/left()"})
        self.assertEqual(len(failures), 1)

    def test_no_test_is_a_failure(self):
        self.assertEqual(suites.swift_results(ran(), EMPTY_REPORT, set()), (0, ["ran no test"]))
        self.assertEqual(suites.swift_results(ran(), "", set()), (0, ["ran no test"]))

    def test_a_crash_is_a_failure(self):
        self.assertEqual(suites.swift_results(ran(-11), "", set()), (0, ["killed by signal 11"]))
        self.assertEqual(suites.swift_results(ran(1), REPORT[:100], set()), (0, ["exit status 1"]))
        self.assertEqual(suites.swift_results(ran(1), EMPTY_REPORT, set()), (0, ["exit status 1"]))

    def test_a_run_that_hangs_is_named(self):
        passed, failures = suites.swift_results(ran(-9, seconds=1801.2), "", set())
        self.assertEqual((passed, failures), (0, ["still running after 1801 s"]))


class ScriptResults(unittest.TestCase):
    def test_success(self):
        self.assertEqual(suites.script_results(ran(output="....\nRan 4 tests in 0.1s\n\nOK\n")), (4, []))

    def test_failures_are_named(self):
        output = "FAIL: test_a (b.C)\n\nERROR: test_d (b.C)\n\nRan 4 tests in 0.1s\n\nFAILED (failures=1, errors=1)\n"
        self.assertEqual(
            suites.script_results(ran(1, output)), (2, ["test_a (b.C) failed", "test_d (b.C) failed"])
        )

    def test_skips_and_empty_runs_fail(self):
        passed, failures = suites.script_results(ran(output="Ran 3 tests in 0.1s\n\nOK (skipped=1)\n"))
        self.assertEqual((passed, len(failures)), (2, 1))
        self.assertEqual(suites.script_results(ran(output="Ran 0 tests in 0.0s\n\nOK\n")), (0, ["ran no test"]))
        self.assertEqual(suites.script_results(ran(1, "Traceback")), (0, ["exit status 1"]))


class Conformance(unittest.TestCase):
    def failures(self, output, minimums):
        return suites.check_conformance(output, minimums)[1]

    def test_enough_cases(self):
        output = "noise\nCONFORMANCE memory 12 of 12\nCONFORMANCE sqlite 11 of 11\n"
        rows, failures, reminders = suites.check_conformance(output, {"memory": 12, "sqlite": 11})
        self.assertEqual(rows, [("memory", 12, 12, 12), ("sqlite", 11, 11, 11)])
        self.assertEqual((failures, reminders), ([], []))

    def test_fewer_cases(self):
        self.assertEqual(len(self.failures("CONFORMANCE memory 11 of 11\n", {"memory": 12})), 1)

    def test_cases_that_do_not_apply(self):
        self.assertEqual(self.failures("CONFORMANCE memory 12 of 13\n", {"memory": 12}), [])

    def test_a_store_that_did_not_run(self):
        self.assertEqual(self.failures("", {"memory": 12}), ["memory did not run the conformance suite"])

    def test_a_store_that_nobody_demands(self):
        self.assertEqual(len(self.failures("CONFORMANCE memory 12 of 12\n", {})), 1)

    def test_the_worse_of_two_runs_counts(self):
        output = "CONFORMANCE memory 12 of 12\nCONFORMANCE memory 3 of 12\nCONFORMANCE memory 12 of 12\n"
        self.assertEqual(len(self.failures(output, {"memory": 12})), 1)

    def test_more_cases_bring_a_reminder(self):
        _, failures, reminders = suites.check_conformance("CONFORMANCE memory 13 of 13\n", {"memory": 12})
        self.assertEqual((failures, len(reminders)), ([], 1))


class Lists(unittest.TestCase):
    def test_a_skip_needs_a_reason(self):
        self.assertEqual(suites.allowed_skips_of([("ATests/a()", "the reason")]), {"ATests/a()"})
        with self.assertRaises(SystemExit):
            suites.allowed_skips_of([("ATests/a()",)])


class Running(unittest.TestCase):
    def run_python(self, program, name="running", is_idle=False):
        return suites.run(f"ScriptTests-{name}", [sys.executable, "-c", program], is_idle=is_idle)

    def test_output_and_status_are_kept(self):
        result = self.run_python("import sys; print('a'); print('b', file=sys.stderr); sys.exit(3)")
        self.assertEqual((result.status, sorted(result.output.split())), (3, ["a", "b"]))

    def test_processor_time_is_that_of_the_command(self):
        result = self.run_python("import time\nwhile time.process_time() < 0.3: pass")
        self.assertGreaterEqual(result.cpu_seconds, 0.3)

    def test_processor_time_is_not_that_of_what_runs_beside_it(self):
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            busy = pool.submit(self.run_python, "import time\nwhile time.process_time() < 0.5: pass", "busy")
            waiting = self.run_python("pass")
            self.assertGreaterEqual(busy.result().cpu_seconds, 0.5)
        self.assertLess(waiting.cpu_seconds, 0.5)

    def test_what_is_idle_leaves_the_processors_to_others(self):
        program = "import os; print(os.sched_getscheduler(0) == os.SCHED_IDLE)"
        self.assertEqual(self.run_python(program, is_idle=True).output, "True\n")
        self.assertEqual(self.run_python(program).output, "False\n")

    def test_a_command_has_no_input(self):
        self.assertEqual(self.run_python("import sys; print(len(sys.stdin.read()))").output, "0\n")

    def test_what_hangs_is_ended_with_its_children(self):
        limit, suites.SUITE_SECONDS = suites.SUITE_SECONDS, 1
        try:
            result = self.run_python(
                "import subprocess, sys; subprocess.run([sys.executable, '-c', 'import signal; signal.pause()'])"
            )
        finally:
            suites.SUITE_SECONDS = limit
        self.assertEqual(result.status, -9)


if __name__ == "__main__":
    unittest.main()
