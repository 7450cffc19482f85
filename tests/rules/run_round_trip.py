#!/usr/bin/env python3
"""Renders templates as rules and back, and compares what they find.

    tests/rules/run_round_trip.py --binary build/release/psdl tests/rules/templates
    PSDL_GATOR=gator tests/rules/run_round_trip.py --binary build/release/psdl --gator FOLDER

In: folders, at any depth, with template.yaml and suite.yaml. Each template becomes a rule and that a template, which takes its place in a copy of
the folder: the suite must pass as before, and of every case each result's constraint, message and details must be the same, result by result. The rule
itself must pass the case that it comes with. With --gator the suite is run by the gator that PSDL_GATOR names as well; where it names none the exit
status is 77: not run. Out: a line for each template that differs; exit status 1 if there is one.
"""

import argparse
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

import yaml

NOT_RUN = 77


def run(*command):
    return subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)


def results(binary, suite):
    """Of every case what it found; an error in place of it."""
    done = run(binary, "template", "verify", "-o", "json", suite)
    try:
        tests = json.loads(done.stdout)["suites"][0]["tests"]
    except (ValueError, LookupError):
        return None, done.stderr + done.stdout
    return {
        (test["name"], case["name"], case["status"]): sorted(
            json.dumps([one["constraint"], one["message"], one.get("details")], sort_keys=True) for one in case.get("results", [])
        )
        for test in tests
        for case in test["cases"]
    }, ""


def case_problems(binary, rule, cases):
    """The first case says what the rule finds."""
    case = yaml.safe_load(cases.read_text(encoding="utf-8"))["cases"][0]
    done = subprocess.run(
        [binary, "eval", "-o", "json", rule, "-"], input=json.dumps(case["input"]), capture_output=True, text=True, timeout=60, check=False
    )
    if done.returncode not in (0, 1):
        yield done.stderr + done.stdout
        return
    got = [one["message"] for one in json.loads(done.stdout)["findings"]]
    if got != [one["message"] for one in case["findings"]]:
        yield f"the case it comes with: {got}, not {case['findings']}"


def problems(binary, gator, suite, work):
    before, problem = results(binary, suite)
    if before is None:
        yield problem
        return
    copy = work / "copy"
    shutil.copytree(suite.parent, copy)
    for template in sorted({test["template"] for test in yaml.safe_load(suite.read_text(encoding="utf-8"))["tests"]}):
        made = work / template.replace("/", "_")
        done = run(binary, "template", "render", suite.parent / template, "--out", made)
        if done.returncode != 0:
            yield f"{template} to a rule: {done.stderr}"
            return
        yield from case_problems(binary, made / "rule.psdl", made / "cases.yaml")
        done = run(binary, "template", "render", made / "rule.psdl", "-o", copy / template)
        if done.returncode != 0:
            yield f"{template} and back: {done.stderr}"
            return
    after, problem = results(binary, copy / suite.name)
    if after is None:
        yield problem
        return
    for case, found in before.items():
        if after.get(case) != found:
            yield f"{case[0]}, {case[1]}: {after.get(case)}, not {found}"
    if len(after) != len(before):
        yield f"{len(after)} cases, not {len(before)}"
    if gator:
        done = run(gator, "verify", "--enable-k8s-native-validation=false", copy / suite.name)
        if done.returncode != 0:
            yield done.stdout + done.stderr


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("folders", nargs="+", type=pathlib.Path)
    parser.add_argument("--binary", required=True, type=pathlib.Path)
    parser.add_argument("--gator", action="store_true", help="judge by the gator that PSDL_GATOR names, too")
    options = parser.parse_args()
    gator = os.environ.get("PSDL_GATOR", "") if options.gator else ""
    if options.gator and not gator:
        print("not run: PSDL_GATOR names no gator")
        return NOT_RUN
    suites = sorted(suite for folder in options.folders for suite in folder.rglob("suite.yaml"))
    failures = 0
    for suite in suites:
        with tempfile.TemporaryDirectory() as work:
            found = list(problems(options.binary, gator, suite, pathlib.Path(work)))
        failures += bool(found)
        for problem in found:
            print(f"{suite.parent.name}: {problem}")
    print(f"{len(suites)} suites, {failures} that fail")
    return 1 if failures or not suites else 0


if __name__ == "__main__":
    sys.exit(main())
