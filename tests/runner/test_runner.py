"""Tests of the conformance runner itself: what it takes for equal, what it must not, and how it survives a bad process.

In: nothing; a small stand-in for `psdl pipe` is this file run with an argument. Out: unittest's verdict.
"""

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from psdl_runner import areas, causes, compare, gatekeeper, numbers_as_text, pipe  # noqa: E402

STAND_IN = [sys.executable, str(HERE / "test_runner.py"), "--stand-in"]


def judged(case, answer):
    """The verdict on an answer that went through JSON text, as the real one does."""
    case = numbers_as_text.read(json.dumps(case) if isinstance(case, dict) else case)
    return compare.evaluation(case, numbers_as_text.read_answer(json.dumps(answer) if isinstance(answer, dict) else answer))


def rows(*bindings):
    return {"result": [{"bindings": one} for one in bindings]}


class Evaluation(unittest.TestCase):
    def agrees(self, case, answer):
        self.assertIsNone(judged(case, answer))

    def differs(self, case, answer):
        self.assertIsNotNone(judged(case, answer))

    def test_numbers_are_equal_by_value(self):
        self.agrees('{"want_result":[{"x":1.0}]}', '{"result":[{"bindings":{"x":1}}]}')
        self.agrees('{"want_result":[{"x":1e3}]}', '{"result":[{"bindings":{"x":1000}}]}')
        self.agrees('{"want_result":[{"x":0}]}', '{"result":[{"bindings":{"x":-0.0}}]}')
        self.differs('{"want_result":[{"x":0.1}]}', '{"result":[{"bindings":{"x":0.10000000000000000001}}]}')
        self.differs('{"want_result":[{"x":9007199254740993}]}', '{"result":[{"bindings":{"x":9007199254740992}}]}')

    def test_huge_exponents_cost_nothing(self):
        started = time.monotonic()
        self.differs('{"want_result":[{"x":1e99999999}]}', '{"result":[{"bindings":{"x":1e99999998}}]}')
        self.assertLess(time.monotonic() - started, 1)

    def test_types_do_not_mix(self):
        for one, other in [(1, True), (0, False), ("1", 1), (None, False), ([], {}), ("", None)]:
            self.differs({"want_result": [{"x": one}]}, rows({"x": other}))

    def test_rows_are_a_set(self):
        want = {"want_result": [{"x": 1}, {"x": 2}]}
        self.agrees(want, rows({"x": 2}, {"x": 1}, {"x": 2}))
        self.differs(want, rows({"x": 2}))
        self.differs(want, rows({"x": 1}, {"x": 2}, {"x": 3}))

    def test_undefined_is_no_row(self):
        self.agrees({"want_result": []}, rows())
        self.differs({"want_result": []}, rows({}))
        self.agrees({"want_result": [{}]}, rows({}))

    def test_order_inside_arrays_counts_unless_bindings_are_sorted(self):
        self.differs({"want_result": [{"x": [1, 2]}]}, rows({"x": [2, 1]}))
        self.agrees({"want_result": [{"x": [1, 2]}], "sort_bindings": True}, rows({"x": [2, 1]}))
        # The top level alone.
        self.differs({"want_result": [{"x": [[1, 2]]}], "sort_bindings": True}, rows({"x": [[2, 1]]}))
        self.differs({"want_result": [{"x": [1, 2, 2]}], "sort_bindings": True}, rows({"x": [2, 1]}))

    def test_sorting_mixed_types(self):
        mixed = [None, False, True, 3, 1.5, "a", [1], {"a": 1}, {"a": None}]
        self.agrees({"want_result": [{"x": mixed}], "sort_bindings": True}, rows({"x": mixed[::-1]}))

    def test_generated_variables_only_where_allowed(self):
        got = rows({"x": 1, "__localq0__": 2})
        self.agrees({"want_result": [{"x": 1}], "ignore_generated_vars": True}, got)
        self.differs({"want_result": [{"x": 1}]}, got)

    def test_errors(self):
        error = {
            "code": "eval_type_error",
            "message": "operand 1 must be number",
            "text": "test-0.rego:3: eval_type_error: operand 1 must be number",
        }
        answer = {"errors": [error]}
        self.agrees({"want_error_code": "eval_type_error"}, answer)
        self.agrees({"want_error": "test-0.rego:3: eval_type_error: operand 1"}, answer)
        self.agrees({"want_error": ""}, answer)
        self.agrees({"want_error_code": "eval_type_error", "want_result": [{"x": 1}]}, answer)
        self.differs({"want_error_code": "eval_builtin_error"}, answer)
        self.differs({"want_error_code": "eval_type_error", "want_error": "operand 2"}, answer)
        self.differs({"want_error": ""}, rows({"x": 1}))
        self.differs({"want_error_code": "eval_type_error", "want_result": [{"x": 1}]}, rows({"x": 1}))
        self.differs({"want_result": [{"x": 1}]}, answer)
        self.differs({"want_error_code": "eval_builtin_error"}, {"errors": [error, {"code": "eval_builtin_error"}]})

    def test_error_text_is_put_together_where_there_is_none(self):
        answer = {"errors": [{"code": "c", "message": "m", "location": {"file": "test-0.rego", "row": 4, "col": 1}}]}
        self.agrees({"want_error": "test-0.rego:4: c: m"}, answer)

    def test_want_defined(self):
        self.agrees({"want_defined": True}, rows({"x": 7}))
        self.differs({"want_defined": True}, rows())
        self.agrees({"want_defined": False}, rows())

    def test_a_case_that_wants_nothing_is_no_pass(self):
        self.differs({}, rows({"x": 1}))

    def test_a_malformed_answer_is_a_failure_and_no_crash(self):
        case = areas.eval_case("a", {"query": "x", "want_result": [{"x": []}]}, v0=False)
        for answer in [{"errors": ["text"]}, {"errors": {"code": "c"}}, {"result": [7]}, {"result": {"x": []}}, {}]:
            self.assertIsNotNone(areas.verdict(case, answer), answer)

    def test_duplicate_keys_are_a_bad_answer(self):
        with self.assertRaises(ValueError):
            numbers_as_text.read_answer('{"result":[{"bindings":{"x":{"a":1,"a":1}}}]}')
        with self.assertRaises(ValueError):
            numbers_as_text.read_answer('{"x":NaN}')


class Diagnostics(unittest.TestCase):
    WANT = [{"module": "test-0.rego", "code": "rego_type_error", "row": 3, "col": 6, "message": "undefined function f"}]

    def answer(self, **changes):
        location = {"file": "test-0.rego", "row": 3, "col": 6}
        location.update({key: value for key, value in changes.items() if key in location})
        error = {"code": "rego_type_error", "message": "undefined function f", "location": location}
        error.update({key: value for key, value in changes.items() if key in error})
        return numbers_as_text.read_answer(json.dumps({"errors": [error]}))

    def judge(self, answer, with_module=True):
        return compare.diagnostics(numbers_as_text.read(json.dumps(self.WANT)), answer, with_module)

    def test_every_part_counts(self):
        self.assertIsNone(self.judge(self.answer()))
        for change in [{"file": "test-1.rego"}, {"row": 4}, {"col": 7}, {"code": "x"}, {"message": "undefined function"}]:
            self.assertIsNotNone(self.judge(self.answer(**change)), change)

    def test_the_parser_names_no_module(self):
        self.assertIsNone(self.judge(self.answer(file=""), with_module=False))

    def test_the_whole_list_counts(self):
        answer = self.answer()
        answer["errors"] = answer["errors"] * 2
        self.assertIsNotNone(self.judge(answer))
        self.assertIsNotNone(self.judge({"errors": []}))
        self.assertIsNone(compare.diagnostics([], {"errors": []}, True))
        self.assertIsNotNone(compare.diagnostics([], {}, True))

    def test_an_error_without_a_place(self):
        want = numbers_as_text.read('[{"code":"rego_compile_error","row":0,"col":0,"message":"error limit reached"}]')
        got = {"errors": [{"code": "rego_compile_error", "message": "error limit reached"}]}
        self.assertIsNone(compare.diagnostics(want, got, True))


class Causes(unittest.TestCase):
    def cause(self, reason, module="package a"):
        case = areas.eval_case("a", {"query": "data.a.p = x", "modules": [module], "want_result": []}, v0=False)
        return causes.cause(case, reason)

    def test_builtins_left_out(self):
        self.assertEqual(self.cause("want [], got []", "package a\np := io.jwt.decode(x)"), "builtin left out: io.jwt")
        self.assertEqual(self.cause("want [], got [1]", "package a\n# io.jwt.decode(x)\np := 1"), "other result")
        self.assertEqual(self.cause("want [], got [1]", "package a\np := input.uri"), "other result")

    def test_kinds(self):
        for reason, cause in [
            ("crash: exit status -11", "crash"),
            ("unexpected error: test-0.rego:3: eval_type_error: `f`: operand 1", "unexpected eval_type_error: ..: operand N"),
            ("want error eval_type_error '', got []", "no error where one is wanted"),
            ("want code eval_type_error, got test-0.rego:3: eval_builtin_error: x", "eval_builtin_error where eval_type_error is wanted"),
        ]:
            self.assertEqual(self.cause(reason), cause)


class Tree(unittest.TestCase):
    def judge(self, want, got):
        return compare.tree(numbers_as_text.read(want), {"ast": numbers_as_text.read_answer(got)})

    def test_key_order_does_not_count_and_literals_do(self):
        self.assertIsNone(self.judge('{"type":"number","value":1e3}', '{"value":1e3,"type":"number"}'))
        self.assertIsNotNone(self.judge('{"value":1e3}', '{"value":1000}'))
        self.assertIsNotNone(self.judge('{"value":1}', '{"value":true}'))
        self.assertIsNotNone(self.judge('{"value":"1"}', '{"value":1}'))

    def test_nothing_may_be_missing_or_too_much(self):
        self.assertIsNotNone(self.judge('[{"a":1}]', '[{"a":1,"b":2}]'))
        self.assertIsNotNone(self.judge('[{"a":1,"b":2}]', '[{"a":1}]'))
        self.assertIsNotNone(self.judge("[1,2]", "[1]"))
        self.assertIsNotNone(self.judge("[1]", "[1,2]"))

    def test_the_reason_names_the_place(self):
        self.assertIn("/0/terms/1", self.judge('[{"terms":[1,2]}]', '[{"terms":[1,3]}]'))


class Pipe(unittest.TestCase):
    def ask(self, *words, processes=1, timeout_s=5.0):
        return pipe.ask(STAND_IN, [{"verb": word} for word in words], processes, timeout_s)

    def test_answers_keep_the_order_of_the_requests(self):
        answers = self.ask(*[f"echo {number}" for number in range(500)], processes=3)
        self.assertEqual([answer["said"] for answer in answers], [f"echo {number}" for number in range(500)])

    def test_requests_larger_than_a_pipe(self):
        words = ["x" * 300_000] * 5
        self.assertEqual([answer["said"] for answer in self.ask(*words)], words)

    def test_a_crash_costs_one_case(self):
        before, crash, after = self.ask("a", "crash", "b")
        self.assertEqual((before["said"], after["said"]), ("a", "b"))
        self.assertEqual(crash.kind, "crash")
        self.assertIn("status 3", crash.details)
        self.assertIn("last words", crash.details)

    def test_a_hang_costs_one_case(self):
        before, hang, after = self.ask("a", "hang", "b", timeout_s=1.0)
        self.assertEqual((before["said"], hang.kind, after["said"]), ("a", "timeout", "b"))

    def test_slow_cases_have_a_clock_each(self):
        answers = self.ask(*["slow"] * 4, timeout_s=1.0)
        self.assertEqual([answer["said"] for answer in answers], ["slow"] * 4)

    def test_bad_lines(self):
        kinds = [getattr(answer, "kind", "answer") for answer in self.ask("no json", "wrong id", "not utf-8", "a")]
        self.assertEqual(kinds, ["bad answer", "bad answer", "bad answer", "answer"])

    def test_a_program_that_never_answers_is_given_up(self):
        started = time.monotonic()
        answers = pipe.ask(["/bin/false"], [{"verb": "a"}] * 5000, 2)
        self.assertEqual({answer.kind for answer in answers}, {"crash"})
        self.assertLess(time.monotonic() - started, 5)

    def test_numbers_go_out_as_they_were_written(self):
        request = numbers_as_text.read('{"verb":"a","input":[1e3,1.0,-0,123456789012345678901234567890]}')
        self.assertEqual(pipe.ask(STAND_IN, [request], 1)[0]["line"], numbers_as_text.write({"id": 0, **request}))


def command(name, stdout):
    return {"name": name, "files": {"a.yaml": "x"}, "runs": [{"argv": ["verify", "a.yaml"], "exit": 0, "stdout": stdout, "stderr": ""}]}


class Gator(unittest.TestCase):
    def test_times_dates_and_the_folder_are_as_in_the_corpus(self):
        text = 'ok\ta.yaml\t1.234s\n2026/11/26 01:02:03 WARNING\n"/tmp/x/a.yaml" tmp/x/b.yaml "templateRunTimeNS",\n "value": 123\n'
        self.assertEqual(
            gatekeeper.normal(text, pathlib.Path("/tmp/x")),
            'ok\ta.yaml\t0.000s\n2026/01/01 00:00:00 WARNING\n"DIR/a.yaml" DIR/b.yaml "templateRunTimeNS",\n "value": 0\n',
        )

    def test_another_order_is_taken_of_results_of_one_message_alone(self):
        a, b, c = ('v1/Pod a: ["c"] Message: "m"\n', 'v1/Pod b: ["c"] Message: "m"\n', 'v1/Pod a: ["c"] Message: "n"\n')
        self.assertTrue(gatekeeper.same_in_another_order("test", a + b + c, b + a + c))
        self.assertFalse(gatekeeper.same_in_another_order("test", a + b + c, a + c + b))
        self.assertFalse(gatekeeper.same_in_another_order("verify", a + b, b + a))
        self.assertFalse(gatekeeper.same_in_another_order("test", a + b, a + a))
        one, two = {"msg": "m", "o": 1}, {"msg": "m", "o": 2}
        self.assertTrue(gatekeeper.same_in_another_order("test", json.dumps([one, two]), json.dumps([two, one])))
        self.assertFalse(gatekeeper.same_in_another_order("test", json.dumps([one, two]), json.dumps([one, one])))

    def test_parts_of_a_list_of_errors_have_no_order(self):
        text = "  schema validation failed: [{}]\n".format
        self.assertTrue(gatekeeper.same_in_another_order("verify", text("a: b, c: d"), text("c: d, a: b")))
        self.assertFalse(gatekeeper.same_in_another_order("verify", text("a: b, c: d"), text("c: d, a: e")))


class WholeRun(unittest.TestCase):
    """The script on a corpus of one case an area, against the stand-in."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.corpus = pathlib.Path(folder.name)
        evaluation = {"note": "good", "query": "echo x", "want_result": [{"x": "echo x"}]}
        other = {"note": "bad", "query": "echo x", "want_result": [{"x": "y"}]}
        no_error = {"note": "fine", "mode": "v1", "modules": {"test-0.rego": "package a"}, "want_errors": []}
        tree = {"note": "tree", "mode": "v1", "module": "package a", "want_ast": {"package": 1e3}}
        for path, tree in {
            "rego/cases/a.json": {"cases": [evaluation, other]},
            "rego/cases_v0/a.json": {"cases": [evaluation]},
            "rego/generated.json": {"cases": [evaluation]},
            "rego/compilecases/a.json": {"cases": [no_error]},
            "rego/parsercases/a.json": {"cases": [tree]},
            "pss/expected_details.json": [{"level": "baseline", "version": "v1.0", "pod": "a", "verdict": "pass", "detail": ""}],
            "gatekeeper/expected.json": {"cases": [{"template": "a", "test": "t", "case": "c", "rego": []}]},
            "gatekeeper/gator_cases.json": {"cases": [command("good", "said\n"), command("bad", "other\n"), command("cel/x", "said\n")]},
        }.items():
            (self.corpus / path).parent.mkdir(parents=True, exist_ok=True)
            (self.corpus / path).write_text(json.dumps(tree))
        pods = self.corpus / "pss/fixtures/baseline/v1.0/pass.yaml"
        pods.parent.mkdir(parents=True)
        pods.write_text("metadata: {name: a}\n")

    def run_script(self, *arguments):
        script = HERE.parent.parent / "scripts/conformance"
        environment = {**os.environ, "PSDL_BIN": " ".join(STAND_IN)}
        return subprocess.run(
            [sys.executable, script, "--corpus", self.corpus, *arguments], env=environment, capture_output=True, text=True
        )

    def test_counts_names_and_status(self):
        run = self.run_script()
        self.assertEqual(
            run.stdout.splitlines(),
            ["opa 1/2", "    a: bad", "opa-v0 1/1", "generated 1/1", "compile 1/1", "parser 1/1"]
            + ["pss 0/1", "    baseline v1.0 pass a", "gatekeeper 0/1", "    a: t/c", "gator 1/2", "    bad"],
            run.stderr,
        )
        self.assertIn("gator: 1 cases that need CEL are left out", run.stderr)
        self.assertEqual(run.returncode, 1)

    def test_one_good_area(self):
        run = self.run_script("opa-v0")
        self.assertEqual((run.returncode, run.stdout), (0, "opa-v0 1/1\n"))

    def test_failures_file_has_the_reasons(self):
        path = self.corpus / "failures.txt"
        self.run_script("--failures", path, "opa")
        area, case, reason = path.read_text().strip().split("\t")
        self.assertEqual((area, case), ("opa", "a: bad"))
        self.assertIn('"y"', reason)

    def test_floors(self):
        floors = self.corpus / "floors.json"
        floors.write_text('{"opa": 1}')
        self.assertEqual(self.run_script("--floors", floors, "opa").returncode, 0)
        floors.write_text('{"opa": 2}')
        run = self.run_script("--floors", floors, "opa")
        self.assertEqual(run.returncode, 1)
        self.assertIn("below the floor of opa: 1 < 2", run.stdout)
        floors.write_text('{"compile errors": 1}')
        self.assertEqual(self.run_script("--floors", floors, "compile").returncode, 0)
        floors.write_text('{"compile clean": 2, "compile": 1}')
        self.assertEqual(self.run_script("--floors", floors, "compile").returncode, 1)

    def test_floors_are_raised_and_never_lowered(self):
        floors = self.corpus / "floors.json"
        floors.write_text('{"opa": 2, "compile": 0}')
        self.run_script("--floors", floors, "--raise-floors", "opa", "compile")
        self.assertEqual(json.loads(floors.read_text()), {"opa": 2, "compile": 1, "compile clean": 1})

    def test_causes(self):
        run = self.run_script("--causes", "opa")
        self.assertEqual(run.stdout.splitlines(), ["opa 1/2", "        1  other result"])

    def test_an_area_without_cases_is_no_pass(self):
        (self.corpus / "rego/cases_v0/a.json").unlink()
        run = self.run_script("opa-v0")
        self.assertEqual((run.returncode, run.stdout), (1, "opa-v0 0/0\n"))

    def test_unknown_area(self):
        self.assertEqual(self.run_script("opaque").returncode, 2)


def stand_in():
    """Answers like `psdl pipe`, and misbehaves when told to; every `psdl template` says the same."""
    if "template" in sys.argv:
        print("said")
        return
    for line in sys.stdin.buffer:
        request = json.loads(line)
        word = request.get("query") or request["verb"]
        answer = {"id": request["id"], "said": word}
        if word == "check":
            answer["errors"] = []
        elif word == "parse":
            answer["ast"] = {"package": 1e3}
        elif request["verb"] == "eval":
            answer["result"] = [{"bindings": {"x": word}}]
        elif word == "crash":
            print("last words", file=sys.stderr)
            os._exit(3)
        elif word == "hang":
            time.sleep(60)
        elif word == "slow":
            time.sleep(0.4)
        elif word == "wrong id":
            answer["id"] = 77
        elif "input" in request:
            answer["line"] = line.decode().rstrip("\n")
        text = json.dumps(answer).encode()
        if word == "no json":
            text = b"{"
        elif word == "not utf-8":
            text = text.replace(b"not utf-8", b"\xff")
        sys.stdout.buffer.write(text + b"\n")
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    if sys.argv[1:] and "--stand-in" in sys.argv:
        stand_in()
    else:
        unittest.main()
