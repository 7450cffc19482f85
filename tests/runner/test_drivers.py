"""Tests of the drivers for our own data: cases in YAML and golden prints.

In: nothing; small folders, and a stand-in for psdl. Out: unittest's verdict.
"""

import os
import pathlib
import subprocess
import sys
import tempfile
import textwrap
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

import run_conformance  # noqa: E402
from psdl_runner import numbers_as_text, yaml_as_json  # noqa: E402

# Prints its last argument, and a diagnostic that stands on line 2.
STAND_IN = """#!/bin/sh
for last; do :; done
case "$*" in
  *short*) echo "$last:2:6: error[E0001]: var x is unsafe"; exit 2 ;;
  check*) echo "error in $last" >&2; exit 2 ;;
  *) echo "print of $*" ;;
esac
"""


class Yaml(unittest.TestCase):
    def read(self, text):
        return numbers_as_text.write(yaml_as_json.read(text))

    def test_scalars_are_those_of_json(self):
        self.assertEqual(self.read("[yes, 1e3, 1.0, -0, true, null, ~, 010, 0x1F, 1_000, 2026-01-01]"),
                         '["yes",1e3,1.0,-0,true,null,null,"010","0x1F","1_000","2026-01-01"]')

    def test_keys_are_strings_and_stand_once(self):
        self.assertEqual(self.read("{1: a, true: b}"), '{"1":"a","true":"b"}')
        with self.assertRaises(yaml_as_json.yaml.YAMLError):
            self.read("{a: 1, a: 2}")


class Cases(unittest.TestCase):
    def problem(self, text):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder, "a.yaml")
            path.write_text(textwrap.dedent(text))
            return run_conformance.read_cases([path])

    def test_each_kind_of_case(self):
        cases, problems = self.problem("""\
            cases:
              - {note: a, query: x = 1, want_result: [{x: 1}]}
              - {note: b, modules: [package a], want_errors: []}
              - {note: c, body: x, want_ast: []}
            """)
        self.assertEqual(problems, [])
        self.assertEqual([case.request["verb"] for _, case in cases], ["eval", "check", "parse"])

    def test_a_case_that_asks_or_wants_nothing_is_a_problem(self):
        for line in [
            "{note: a, query: x = 1}",
            "{note: a, query: x = 1, want_resuls: []}",
            "{note: a}",
            "{query: x = 1, want_result: []}",
            "{note: a, body: x}",
            "{note: a, modules: [package a], want_errors: [{message: m, column: 3}]}",
        ]:
            cases, problems = self.problem(f"cases:\n  - {line}\n")
            self.assertEqual((len(cases), len(problems)), (0, 1), line)

    def test_notes_are_unique_and_files_not_empty(self):
        same = "  - {note: a, query: x = 1, want_result: []}\n"
        self.assertEqual(len(self.problem("cases:\n" + same + same)[1]), 1)
        self.assertEqual(len(self.problem("cases: []\n")[1]), 1)


class Golden(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)
        (self.root / "psdl").write_text(STAND_IN)
        (self.root / "psdl").chmod(0o755)

    def run_seam(self, seam, update=False):
        environment = {key: value for key, value in os.environ.items() if key != "PSDL_UPDATE_GOLDEN"}
        if update:
            environment["PSDL_UPDATE_GOLDEN"] = "1"
        command = [sys.executable, HERE.parent / "run_golden.py", "--binary", self.root / "psdl", self.root / seam]
        return subprocess.run(command, env=environment, capture_output=True, text=True)

    def write(self, name, text):
        path = self.root / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        return path

    def test_update_writes_what_then_agrees(self):
        self.write("plan/a.psdl", "package a\n")
        self.assertEqual(self.run_seam("plan").returncode, 1)
        self.assertEqual(self.run_seam("plan", update=True).returncode, 0)
        self.assertEqual((self.root / "plan/a.out").read_text(), "print of plan a.psdl\n")
        self.assertEqual(self.run_seam("plan").returncode, 0)

    def test_a_change_is_shown(self):
        self.write("plan/a.psdl", "package a\n")
        self.write("plan/a.out", "something else\n")
        run = self.run_seam("plan")
        self.assertEqual(run.returncode, 1)
        self.assertIn("-something else\n+print of plan a.psdl\n", run.stdout)

    def test_arguments_and_documents(self):
        self.write("report/a.psdl", "package a\n")
        self.write("report/a.yaml", "a: 1\n")
        self.write("report/a.args", "-o 'json x'\n")
        self.run_seam("report", update=True)
        self.assertEqual((self.root / "report/a.out").read_text(), "print of eval a.psdl a.yaml -o json x\n")

    def test_stderr_and_status_are_part_of_the_print(self):
        self.write("diagnostics/a.psdl", "package a\np if x > 1  # error: var x is unsafe\n")
        self.assertEqual(self.run_seam("diagnostics", update=True).returncode, 0)
        self.assertEqual((self.root / "diagnostics/a.out").read_text(), "--- stderr\nerror in a.psdl\n--- exit 2\n")

    def test_expectations_stand_on_their_line(self):
        for text, said in [
            ("package a\np if x > 1\n", "line 2 does not expect error: var x is unsafe"),
            ("package a  # error: var x\np if x > 1\n", "line 1 expects error: var x"),
            ("package a\np if x > 1  # error: var y\n", "line 2 expects error: var y"),
        ]:
            self.write("diagnostics/a.psdl", text)
            run = self.run_seam("diagnostics", update=True)
            self.assertEqual(run.returncode, 1)
            self.assertIn(said, run.stdout)

    def test_leftovers_and_empty_folders_fail(self):
        self.write("plan/a.out", "x\n")
        run = self.run_seam("plan")
        self.assertEqual(run.returncode, 1)
        self.assertIn("no source belongs to it", run.stdout)
        self.assertIn("no .psdl or .rego file", run.stdout)


if __name__ == "__main__":
    unittest.main()
