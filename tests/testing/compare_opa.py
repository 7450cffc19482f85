#!/usr/bin/env python3
"""Runs `psdl test` and `opa test` on the same files, which must give the same.

    tests/testing/compare_opa.py --binary build/release/psdl [FOLDER ..]

In: folders of .rego files, each a run; without any, every folder of this repository in which git knows a .rego file with a test. The list of tests with
their outcome (passed, failed, skipped, error; of table tests that of each case) must be the same, and, of the tests that pass, the lines that coverage
calls covered and not covered. Out: a line for each difference; exit status 1 if there is one, 77 where `opa` is not installed: then nothing was compared.
"""

import argparse
import json
import pathlib
import re
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
SKIPPED = 77
VERSION = "1.22"  # what the repository's texts are checked against


def json_of(command):
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False, cwd=ROOT)
    try:
        return json.loads(done.stdout), ""
    except json.JSONDecodeError:
        return None, f"{' '.join(map(str, command))}: {done.stdout}{done.stderr}"


def cases(results):
    return {name: (bool(one.get("fail")), cases(one.get("sub_results") or {})) for name, one in results.items()}


def outcomes(tests):
    """Name and row of each test, with what became of it."""
    found = {}
    for test in tests:
        outcome = next((word for word in ("skip", "error", "fail") if test.get(word)), "pass")
        key = (test["location"]["row"], test["package"], test["name"])
        found[key] = (outcome, cases(test.get("sub_results") or {}))
    return found


def lines(report, key):
    return {
        name: sorted({row for one in file.get(key, []) for row in range(one["start"]["row"], one["end"]["row"] + 1)})
        for name, file in report["files"].items()
    }


def compare(binary, opa, folder):
    theirs, problem = json_of([opa, "test", "-f", "json", folder])
    if theirs is None:
        yield problem
        return
    ours, problem = json_of([binary, "test", "-f", "json", folder])
    if ours is None:
        yield problem
        return
    theirs, ours = outcomes(theirs), outcomes(ours)
    for key in sorted(set(theirs) | set(ours)):
        if theirs.get(key) != ours.get(key):
            yield f"{key}: opa says {theirs.get(key)}, psdl {ours.get(key)}"
    passed = [re.escape(f"{package}.{name}") for (_, package, name), outcome in theirs.items() if outcome[0] == "pass" and "#" not in name]
    if not passed:
        return
    wanted = "^(" + "|".join(passed) + ")$"
    reports = []
    for command in (opa, binary):
        report, problem = json_of([command, "test", "--coverage", "-f", "json", "-r", wanted, folder])
        if report is None:
            yield problem
            return
        reports.append(report)
    for key in ("covered", "not_covered"):
        theirs, ours = (lines(report, key) for report in reports)
        for name in sorted(set(theirs) | set(ours)):
            if theirs.get(name, []) != ours.get(name, []):
                yield f"{name}: {key}: opa says {theirs.get(name)}, psdl {ours.get(name)}"


def folders_with_tests():
    listed = subprocess.run(["git", "ls-files", "*.rego"], capture_output=True, text=True, check=True, cwd=ROOT)
    found = {pathlib.Path(name).parent for name in listed.stdout.split() if re.search(r"^\s*(todo_)?test_", (ROOT / name).read_text(encoding="utf-8"), re.MULTILINE)}
    # The outermost: a folder is read with all that is in it.
    return sorted(str(one) for one in found if not any(other in one.parents for other in found))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("folders", nargs="*")
    parser.add_argument("--binary", required=True, type=pathlib.Path)
    options = parser.parse_args()
    opa = shutil.which("opa")
    if opa is None:
        print("not run: there is no `opa` on the path")
        return SKIPPED
    version = subprocess.run([opa, "version"], capture_output=True, text=True, check=False).stdout
    if f"Version: {VERSION}" not in version:
        print(f"not run: the `opa` on the path is no {VERSION}")
        return SKIPPED
    failures = 0
    folders = options.folders or folders_with_tests()
    for folder in folders:
        for problem in compare(options.binary.resolve(), opa, folder):
            failures += 1
            print(f"{folder}: {problem}")
    print(f"{len(folders)} folders, {failures} differences")
    return 1 if failures or not folders else 0


if __name__ == "__main__":
    sys.exit(main())
