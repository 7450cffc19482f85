#!/usr/bin/env python3
"""Runs our own cases, tests/conformance/<area>/<topic>.yaml, through `psdl pipe`.

    tests/run_conformance.py --binary build/release/psdl FILE..

In: files of `cases:` with OPA's keys (note, modules, data, input, input_term, query, want_result, want_error,
want_error_code, strict_error, sort_bindings); `mode: v0` reads the modules as v0; `want_errors` instead of a query asks
`check` (with `strict`), and with `body` or `module` the parser; `want_ast` too. Out: the notes of the cases that fail, with
reasons; exit status 1 if there are any. Comparison is that of scripts/conformance.
"""

import argparse
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent / "runner"))

from psdl_runner import areas, pipe, yaml_as_json  # noqa: E402  (the path has to be set first)

KEYS = {
    *("note", "modules", "data", "input", "input_term", "query", "mode", "strict"),
    *("want_result", "want_error", "want_error_code", "want_defined", "strict_error", "sort_bindings"),
    *("ignore_generated_vars", "want_errors", "module", "body", "imports", "want_ast"),
}
ERROR_KEYS = {"module", "code", "row", "col", "message"}


def make_case(case):
    """Raises ValueError where a case does not say what it asks or wants: a misspelt key must not pass for a test."""
    if not isinstance(case, dict) or not case.get("note"):
        raise ValueError("a case without a note")
    note = case["note"]
    if unknown := sorted(set(case) - KEYS):
        raise ValueError(f"{note}: unknown key {unknown[0]}")
    for error in case.get("want_errors") or []:
        if unknown := sorted(set(error) - ERROR_KEYS):
            raise ValueError(f"{note}: unknown key {unknown[0]} in want_errors")
    if "query" in case:
        if not any(key in case for key in ("want_result", "want_error", "want_error_code", "want_defined")):
            raise ValueError(f"{note}: a query and nothing wanted")
        return areas.eval_case(note, case, v0=case.get("mode") == "v0")
    if "module" in case or "body" in case:
        if ("want_ast" in case) == ("want_errors" in case):
            raise ValueError(f"{note}: either want_ast or want_errors")
        return areas.parse_case(note, case)
    if "modules" in case and isinstance(case.get("want_errors"), list):
        return areas.check_case(note, case)
    raise ValueError(f"{note}: neither a query, nor a text to parse, nor modules with want_errors")


def read_cases(paths):
    """All cases of all files, and what is wrong with the files."""
    cases, problems, seen = [], [], {}
    for path in paths:
        try:
            tree = yaml_as_json.read(path.read_text(encoding="utf-8"))
            if not isinstance(tree, dict) or list(tree) != ["cases"] or not tree["cases"]:
                raise ValueError("a file holds `cases:`, at least one, and nothing else")
        except (ValueError, yaml_as_json.yaml.YAMLError) as error:
            problems.append(f"{path}: {error}")
            continue
        for case in tree["cases"]:
            try:
                made = make_case(case)
                if made.name in seen:
                    raise ValueError(f"{made.name}: the note is taken, in {seen[made.name]}")
                seen[made.name] = path
                cases.append((path, made))
            except ValueError as error:
                problems.append(f"{path}: {error}")
    return cases, problems


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("files", nargs="+", type=pathlib.Path)
    parser.add_argument("--binary", required=True)
    parser.add_argument("--flag", action="append", default=[], help="a flag for `psdl pipe`, such as --flag=--no-optimise")
    options = parser.parse_args()

    cases, problems = read_cases(options.files)
    command = [*pipe.command_of(options.binary), "pipe", *options.flag]
    for (path, case), answer in zip(cases, pipe.ask(command, [case.request for _, case in cases], processes=1)):
        reason = areas.verdict(case, answer)
        if reason is not None:
            problems.append(f"{path}: {case.name}\n    {reason}")
    for problem in problems:
        print(problem)
    print(f"{len(cases)} cases, {len(problems)} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
