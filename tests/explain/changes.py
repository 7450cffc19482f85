#!/usr/bin/env python3
"""Makes every change that `psdl explain` calls the smallest, and judges again.

    tests/explain/changes.py --binary build/release/psdl rules/pss

In: the folders of the standards' rules with their cases. Each manifest that a rule has something to say of is explained; the edits of each
change are made, and the rule must have nothing to say any more. Out: what differs; exit status 1 if anything does, or if a
rule that knows fixes never gave a change.
"""

import argparse
import json
import pathlib
import re
import subprocess
import sys
import tempfile

import yaml


def psdl(binary, folder, *words):
    return subprocess.run([binary, *words], cwd=folder, capture_output=True, text=True, timeout=60, check=False)


def edited(text, edits):
    data = text.encode()
    for edit in sorted(edits, key=lambda one: one["start"], reverse=True):
        data = data[: edit["start"]] + edit["text"].encode() + data[edit["end"] :]
    return data.decode()


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("rules", type=pathlib.Path)
    parser.add_argument("--binary", required=True, type=pathlib.Path)
    options = parser.parse_args()
    binary = options.binary.resolve()
    explained = made = 0
    problems = []
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for rule in sorted(options.rules.glob("*/rule.psdl")):
            text = rule.read_text(encoding="utf-8")
            rule_id = re.search(r"^#   id: (\S+)", text, re.M)[1]
            changes = 0
            cases = yaml.safe_load((rule.parent / "cases.yaml").read_text(encoding="utf-8"))["cases"]
            for case in cases:
                settings = case.get("settings", {"pod_security": {}})
                if not case.get("findings") or set(settings) != {"pod_security"} or set(settings["pod_security"]) - {"version"}:
                    continue  # cases of other levels and settings are the business of the rules' own tests
                version = f"v1.{settings['pod_security']['version']}" if settings["pod_security"] else "latest"
                (folder / "pod.yaml").write_text(yaml.safe_dump(case["input"], sort_keys=False), encoding="utf-8")
                done = psdl(binary, folder, "explain", "pod.yaml#0", "--rule", rule_id, "--kube-version", version, "-o", "json")
                if done.returncode == 2:
                    continue  # no manifest that Kubernetes takes
                page = json.loads(done.stdout)
                if page["verdict"] != "denied":
                    continue
                explained += 1
                if not any(fact["mark"] == "fails" for fact in page["facts"]) and page["facts"]:
                    problems.append(f"{rule_id}, {case['note']}: denied, and no fact fails")
                for change in page["changes"]:
                    changes += 1
                    (folder / "changed.yaml").write_text(edited((folder / "pod.yaml").read_text(encoding="utf-8"), change["edits"]), encoding="utf-8")
                    again = psdl(binary, folder, "scan", "changed.yaml", "--rule", rule_id, "--level", page["rule"]["level"], "--kube-version", version)
                    if again.returncode != 0:
                        problems.append(f"{rule_id}, {case['note']}: {change['description']}\n{again.stdout}{again.stderr}")
            made += changes
            if "#   fix:" in text and changes == 0:
                problems.append(f"{rule_id}: no change was ever given")
    for problem in problems:
        print(problem)
    print(f"{explained} objects explained, {made} changes made, {len(problems)} problems")
    return 1 if problems or not made else 0


if __name__ == "__main__":
    sys.exit(main())
