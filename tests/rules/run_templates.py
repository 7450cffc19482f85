#!/usr/bin/env python3
"""Renders rules as Gatekeeper's templates and judges their cases by them.

    tests/rules/run_templates.py --binary build/release/psdl rules/extra
    PSDL_GATOR=gator tests/rules/run_templates.py --binary build/release/psdl --gator rules/extra

In: a pack, in which each folder holds rule.psdl and cases.yaml. Each is rendered with its suite, which psdl must pass; and of every case the messages
must be those that cases.yaml says the rule gives. With --gator the suites are run by the gator that PSDL_GATOR names, too; where it names none
the exit status is 77: not run. A case that a template cannot have is in NOT_SAYABLE, with its reason, and in no other way left out. Out: a line for
each thing that differs; exit status 1 if there is one.
"""

import argparse
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

import yaml

NOT_RUN = 77

# Rule, and the notes of cases.
NOT_SAYABLE = {
    "network_policy": {"no other object is known"},  # in a cluster there always is an inventory
}


def run(*command):
    return subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)


def note_of(case):
    note = case["note"]
    return note if isinstance(note, str) else json.dumps(note)


def left_out(stderr):
    return set(re.findall(r"^warning\[bad_case\]: `(.*)` is left out of the suite", stderr, re.MULTILINE))


def refused_parameters(suite):
    return [test["constraint"] for test in suite["tests"] if test.get("invalid")]


def messages(test):
    return {case["name"]: {result["message"] for result in case["results"]} for case in test["cases"]}


def own_problems(binary, rule, folder, stderr):
    if (got := left_out(stderr)) != NOT_SAYABLE.get(rule.name, set()):
        yield f"left out of the suite: {sorted(got)}"
    done = run(binary, "template", "verify", "-o", "json", folder)
    if done.returncode != 0:
        yield done.stderr + done.stdout
        return
    tests = json.loads(done.stdout)["suites"][0]["tests"]
    suite = yaml.safe_load((folder / "suite.yaml").read_text(encoding="utf-8"))
    refused = [yaml.safe_load((folder / name).read_text(encoding="utf-8"))["spec"]["parameters"] for name in refused_parameters(suite)]
    judged = {}
    for test in tests:
        judged.update(messages(test))
    for case in yaml.safe_load((rule / "cases.yaml").read_text(encoding="utf-8"))["cases"]:
        note = note_of(case)
        if note in NOT_SAYABLE.get(rule.name, set()):
            continue
        if case.get("parameters") in refused and case.get("parameters"):
            # Never where the rule finds nothing: that would refuse what is good.
            if not case["findings"]:
                yield f"{note}: the schema refuses parameters that are good"
            continue
        want = {finding["message"] for finding in case["findings"]}
        if judged.get(note) != want:
            yield f"{note}: messages {judged.get(note)}, not {want}"


def gator_problems(gator, folder):
    done = run(gator, "verify", "--enable-k8s-native-validation=false", folder / "suite.yaml")
    if done.returncode != 0:
        yield done.stdout + done.stderr


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("pack", type=pathlib.Path)
    parser.add_argument("--binary", required=True, type=pathlib.Path)
    parser.add_argument("--gator", action="store_true", help="judge by the gator that PSDL_GATOR names")
    options = parser.parse_args()
    gator = os.environ.get("PSDL_GATOR", "")
    if options.gator and not gator:
        print("not run: PSDL_GATOR names no gator")
        return NOT_RUN
    rules = sorted(file.parent for file in options.pack.glob("*/rule.psdl"))
    failures = 0
    for rule in rules:
        with tempfile.TemporaryDirectory() as made:
            folder = pathlib.Path(made) / "made"
            done = run(options.binary, "template", "render", rule, "--out", folder)
            if done.returncode != 0:
                found = [done.stderr]
            elif options.gator:
                found = list(gator_problems(gator, folder))
            else:
                found = list(own_problems(options.binary, rule, folder, done.stderr))
        failures += bool(found)
        for problem in found:
            print(f"{rule.name}: {problem}")
    print(f"{len(rules)} rules, {failures} that fail" + (", judged by gator" if options.gator else ""))
    return 1 if failures or not rules else 0


if __name__ == "__main__":
    sys.exit(main())
