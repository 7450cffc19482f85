#!/usr/bin/env python3
"""Runs the cases that lie beside rules.

    tests/rules/run_rules.py --binary build/release/psdl rules/examples

In: a pack, in which each folder holds rule.psdl and cases.yaml: `cases`, each with a note, an `input` and the `findings` it must give, in
order, each with the keys that are to be compared (message, path, missing, severity, ..; `missing` is compared always). Every case runs as JSON
and as block YAML, which must agree. `settings` of a case is bound at data.psdl.settings; `detail` is what the rule `detail` beside the findings must
say, null where it must be undefined. A pack of the standards has level.psdl and cases.yaml too: what the level says is `allowed`, `failures`
(the checks, in order), `reason` and `detail`. Out: a line for each case that differs; exit status 1 if there is one.
"""

import argparse
import contextlib
import json
import pathlib
import re
import subprocess
import sys
import tempfile

import yaml


KEYS = {"note", "input", "findings", "settings", "detail"}
LEVEL_KEYS = {"note", "input", "settings", "allowed", "failures", "reason", "detail"}


def evaluate(binary, flags, text):
    return subprocess.run([binary, "eval", *flags], input=text, capture_output=True, text=True, timeout=60, check=False)


def findings(binary, rule, text, name, bound):
    done = evaluate(binary, ["-o", "json", "--stdin-filename", name, *bound, rule, "-"], text)
    if done.returncode not in (0, 1):
        return None, done.stderr + done.stdout
    tree = json.loads(done.stdout)
    if any(one["location"]["precision"] == "file" for one in tree["findings"]):
        return None, "a finding has no place in the file: " + done.stdout
    if (done.returncode == 1) != any(one["severity"] == "error" for one in tree["findings"]):
        return None, f"exit code {done.returncode} does not fit the findings: {done.stdout}"
    return tree["findings"], ""


def detail_problem(binary, rule, case, bound):
    """Whether the text that the rule gives beside its findings is the one that the case wants."""
    package = re.search(r"^package (\S+)", rule.read_text(encoding="utf-8"), re.MULTILINE).group(1)
    done = evaluate(binary, ["-q", f"data.{package}.detail", "-f", "json", *bound, rule, "-I"], json.dumps(case["input"]))
    if done.returncode != 0:
        return done.stderr + done.stdout
    rows = json.loads(done.stdout).get("result", [])
    got = rows[0]["expressions"][0]["value"] if rows else None
    return None if got == case["detail"] else f"the detail is {got!r}, not {case['detail']!r}"


@contextlib.contextmanager
def bound_flags(case):
    with tempfile.NamedTemporaryFile("w", suffix=".json", encoding="utf-8") as file:
        json.dump(case.get("settings"), file)
        file.flush()
        yield ["--bind", f"psdl.settings:{file.name}"] if "settings" in case else []


def problems(binary, rule, case):
    if unknown := set(case) - KEYS:
        yield f"unknown key {min(unknown)}"
        return
    with bound_flags(case) as bound:
        yield from finding_problems(binary, rule, case, bound)
        if "detail" in case and (problem := detail_problem(binary, rule, case, bound)):
            yield problem


def level_problems(binary, pack, case):
    if unknown := set(case) - LEVEL_KEYS:
        yield f"unknown key {min(unknown)}"
        return
    with bound_flags(case) as bound:
        done = evaluate(binary, ["-q", "data.pss.level", *bound, pack, "-I"], json.dumps(case["input"]))
    if done.returncode != 0:
        yield done.stderr + done.stdout
        return
    got = json.loads(done.stdout)["result"][0]["expressions"][0]["value"]
    got["failures"] = [failure[1] for failure in got["failures"]]
    for key in set(case) - {"note", "input", "settings"}:
        if got[key] != case[key]:
            yield f"{key} is {got[key]!r}, not {case[key]!r}"


def finding_problems(binary, rule, case, bound):
    shown = {}
    for name, text in (("case.json", json.dumps(case["input"])), ("case.yaml", yaml.safe_dump(case["input"], sort_keys=False))):
        got, problem = findings(binary, rule, text, name, bound)
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
    level = options.pack / "cases.yaml"
    if level.exists():
        for case in yaml.safe_load(level.read_text(encoding="utf-8"))["cases"]:
            count += 1
            found = list(level_problems(options.binary.resolve(), options.pack, case))
            failures += bool(found)
            for problem in found:
                print(f"level: {case['note']}: {problem}")
    print(f"{count} cases, {failures} that fail")
    return 1 if failures or not count else 0


if __name__ == "__main__":
    sys.exit(main())
