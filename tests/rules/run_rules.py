#!/usr/bin/env python3
"""Runs the cases that lie beside rules.

    tests/rules/run_rules.py --binary build/release/psdl rules/examples

In: a pack, in which each folder holds rule.psdl and cases.yaml: `cases`, each with a note, an `input` and the `findings` it must give, in
order, each with the keys that are to be compared (message, path, missing, severity, ..; `missing` is compared always). Every case runs as JSON
and as block YAML, which must agree. Out: a line for each case that differs; exit status 1 if there is one.
"""

import argparse
import json
import pathlib
import subprocess
import sys

import yaml


def findings(binary, rule, text, name):
    done = subprocess.run(
        [binary, "eval", "-o", "json", "--stdin-filename", name, rule, "-"], input=text, capture_output=True, text=True, timeout=60, check=False
    )
    if done.returncode not in (0, 1):
        return None, done.stderr + done.stdout
    tree = json.loads(done.stdout)
    if any(one["location"]["precision"] == "file" for one in tree["findings"]):
        return None, "a finding has no place in the file: " + done.stdout
    if (done.returncode == 1) != any(one["severity"] == "error" for one in tree["findings"]):
        return None, f"exit code {done.returncode} does not fit the findings: {done.stdout}"
    return tree["findings"], ""


def problems(binary, rule, case):
    shown = {}
    for name, text in (("case.json", json.dumps(case["input"])), ("case.yaml", yaml.safe_dump(case["input"], sort_keys=False))):
        got, problem = findings(binary, rule, text, name)
        if got is None:
            yield problem
            return
        shown[name] = got
        want = case["findings"]
        if len(got) != len(want):
            yield f"{name}: {len(got)} findings, not {len(want)}: {[one['message'] for one in got]}"
            continue
        for one, other in zip(want, got):
            for key in {*one, "missing"}:
                if one.get(key) != other.get(key):
                    yield f"{name}: {key} is {other.get(key)!r}, not {one.get(key)!r}"
    keys = ("rule", "message", "path", "missing", "severity", "container", "fingerprint")
    first, second = ([[one.get(key) for key in keys] for one in shown[name]] for name in shown)
    if sorted(map(repr, first)) != sorted(map(repr, second)):
        yield "JSON and YAML give different findings"


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("pack", type=pathlib.Path)
    parser.add_argument("--binary", required=True, type=pathlib.Path)
    options = parser.parse_args()
    count = failures = 0
    for rule in sorted(options.pack.glob("*/rule.psdl")):
        cases = rule.parent / "cases.yaml"
        if not cases.exists():
            print(f"{rule}: no cases.yaml beside it")
            failures += 1
            continue
        for case in yaml.safe_load(cases.read_text(encoding="utf-8"))["cases"]:
            count += 1
            found = list(problems(options.binary.resolve(), rule, case))
            failures += bool(found)
            for problem in found:
                print(f"{rule.parent.name}: {case['note']}: {problem}")
    print(f"{count} cases, {failures} that fail")
    return 1 if failures or not count else 0


if __name__ == "__main__":
    sys.exit(main())
