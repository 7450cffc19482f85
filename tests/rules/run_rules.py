#!/usr/bin/env python3
"""Runs the cases that lie beside rules.

    tests/rules/run_rules.py --binary build/release/psdl rules/examples

In: a pack, in which each folder holds rule.psdl and cases.yaml: `cases`, each with a note, an `input` and the `findings` it must give, in
order, each with the keys that are to be compared (message, path, missing, severity, ..; `missing` is compared always). Every case runs as JSON
and as block YAML, which must agree; a case with `text` in place of `input` runs as it is written, and its findings may have a `line`. `settings` of a
case is bound at data.psdl.settings, `parameters` at data.psdl.parameters.RULE, RULE being the folder's name, `inventory` (a list of objects) as
data.inventory; `detail` is what the rule `detail`
beside the findings must say, null where it must be undefined. With `workloads: true` beside `cases` each pod is judged inside every other kind as
well, and must give the same. A pack of the standards has level.psdl and cases.yaml too: what the level says is `allowed`, `failures`
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


KEYS = {"note", "input", "text", "findings", "settings", "parameters", "inventory", "detail"}
LEVEL_KEYS = {"note", "input", "settings", "allowed", "failures", "reason", "detail"}


# Where each kind has its pod. What nobody knows is judged where it is shaped like a workload.
WORKLOADS = {
    "v1/PodTemplate": ["template"],
    "v1/ReplicationController": ["spec", "template"],
    "apps/v1/ReplicaSet": ["spec", "template"],
    "apps/v1/Deployment": ["spec", "template"],
    "apps/v1/StatefulSet": ["spec", "template"],
    "apps/v1/DaemonSet": ["spec", "template"],
    "batch/v1/Job": ["spec", "template"],
    "batch/v1/CronJob": ["spec", "jobTemplate", "spec", "template"],
    "example.com/v1/Rollout": ["spec", "template"],
    "example.com/v1/Runner": [],
}


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
def bound_flags(case, rule=""):
    """What a host sets: settings of the whole, and parameters of the rule."""
    bound = {}
    if "settings" in case:
        bound["settings"] = case["settings"]
    if "parameters" in case:
        bound["parameters"] = {rule: case["parameters"]}
    data = {"psdl": bound} if bound else {}
    if "inventory" in case:
        data["inventory"] = inventory(case["inventory"])
    with tempfile.NamedTemporaryFile("w", suffix=".json", encoding="utf-8") as file:
        json.dump(data, file)
        file.flush()
        yield ["--bind", file.name] if data else []


def inventory(objects):
    """Other objects in Gatekeeper's layout, as `psdl scan --combine` gives them."""
    tree = {"cluster": {}, "namespace": {}}
    for one in objects:
        space = one["metadata"].get("namespace")
        place = tree["namespace"].setdefault(space, {}) if space else tree["cluster"]
        place.setdefault(one["apiVersion"], {}).setdefault(one["kind"], {})[one["metadata"]["name"]] = one
    return tree


def problems(binary, rule, case, in_workloads):
    if unknown := set(case) - KEYS:
        yield f"unknown key {min(unknown)}"
        return
    with bound_flags(case, rule.parent.name) as bound:
        yield from finding_problems(binary, rule, case, bound)
        if "detail" in case and (problem := detail_problem(binary, rule, case, bound)):
            yield problem
        if in_workloads and case.get("input", {}).get("kind") == "Pod":
            yield from workload_problems(binary, rule, case, bound)


def workload_problems(binary, rule, case, bound):
    """The pod in every kind, all of them in one file."""
    text = "\n---\n".join(json.dumps(workload(case["input"], kind, place)) for kind, place in WORKLOADS.items())
    got, problem = findings(binary, rule, text, "workloads.yaml", bound)
    if got is None:
        yield problem
        return
    for number, (kind, place) in enumerate(WORKLOADS.items()):
        want = [{**one, "path": moved_path(one["path"], place)} for one in case["findings"]]
        yield from compare(kind, want, [one for one in got if one["object"]["doc"] == number])


def workload(pod, kind, place):
    """The pod as it stands in a workload of that kind, which has its name and namespace."""
    version, name = kind.rsplit("/", 1)
    tree = {key: pod[key] for key in ("metadata", "spec")}
    for step in reversed(place):
        tree = {step: tree}
    return {"apiVersion": version, "kind": name, "metadata": pod["metadata"], **tree}


def moved_path(path, place):
    return path and "".join("/" + step for step in place) + path


def compare(name, want, got):
    if len(got) != len(want):
        yield f"{name}: {len(got)} findings, not {len(want)}: {[one['message'] for one in got]}"
        return
    for one, other in zip(want, got):
        other["line"] = other["location"]["start"]["line"]
        for key in sorted({*one, "missing"}):
            if one.get(key) != other.get(key):
                yield f"{name}: {key} is {other.get(key)!r}, not {one.get(key)!r}"


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


def texts_of(case):
    if "text" in case:
        return {"case.yaml": case["text"]}
    return {"case.json": json.dumps(case["input"]), "case.yaml": yaml.safe_dump(case["input"], sort_keys=False)}


def finding_problems(binary, rule, case, bound):
    shown = {}
    for name, text in texts_of(case).items():
        got, problem = findings(binary, rule, text, name, bound)
        if got is None:
            yield problem
            return
        shown[name] = got
        yield from compare(name, case["findings"], got)
    keys = ("rule", "message", "path", "missing", "severity", "container", "fingerprint")
    if len({repr(sorted(repr([one.get(key) for key in keys]) for one in found)) for found in shown.values()}) > 1:
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
        tree = yaml.safe_load(cases.read_text(encoding="utf-8"))
        for case in tree["cases"]:
            count += 1
            found = list(problems(options.binary.resolve(), rule, case, tree.get("workloads", False)))
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
