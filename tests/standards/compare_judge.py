#!/usr/bin/env python3
"""Compares the Pod Security rules with Kubernetes' own code.

    tests/standards/compare_judge.py --binary build/release/psdl --judge PSA [--count N] [--seed N] [--raw]

In: rules/pss; objects of mutations.py; the judge (shared/peers/psa, built with `go build`), asked at both
levels and all versions with `-defaults`, or with --raw without. The rules are asked, and `psdl level --all-versions`, whose
lines must be the judge's. Out: the first differences in allowed, reason or detail, and for each check how often it failed and how often the pod passed it; exit status 1 where an answer differs or a check
has met one verdict only, 77 and `not run: no judge` where there is none.
"""

import argparse
import collections
import json
import pathlib
import subprocess
import sys
import tempfile

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPOSITORY / "tests/runner"))

import mutations  # noqa: E402
from psdl_runner import standards  # noqa: E402  (the path has to be set first)

LEVELS = ("baseline", "restricted")
SHOWN = 5


def judged(judge, path, objects, raw):
    """The judge's lines, and (allowed, reason, detail) by (level, version), in the order of the objects."""
    command = [judge, "judge", "-levels", ",".join(LEVELS), *([] if raw else ["-defaults"]), path]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    answers = collections.defaultdict(dict)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    for answer in lines:
        number = int(answer["doc"].rsplit("#", 1)[1])
        if "error" in answer:
            raise SystemExit(f"the judge cannot read object {number}: {answer['error']}: {json.dumps(objects[number])}")
        answers[answer["level"], answer["version"]][number] = (answer["allowed"], answer["reason"], answer["detail"])
    if done.returncode != 0 or any(len(of_one) != len(objects) for of_one in answers.values()):
        raise SystemExit(f"the judge gave not an answer for each object: {done.stderr}")
    return lines, answers


def level_differences(binary, path, lines, raw):
    """How many lines of `psdl level --all-versions` are not the judge's; the first few are shown."""
    command = [binary, "level", "--all-versions", "-o", "jsonl", *(["--raw"] if raw else []), path]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    ours = [json.loads(line) for line in done.stdout.splitlines()]
    if done.returncode != 0 or len(ours) != len(lines):
        raise SystemExit(f"psdl level: exit {done.returncode}, {len(ours)} lines, the judge {len(lines)}: {done.stderr[:2000]}")
    differing = [(one, other) for one, other in zip(ours, lines) if list(one.items()) != list(other.items())]
    for one, other in differing[:SHOWN]:
        print(f"psdl level {one}\n     judge {other}")
    return len(differing)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--binary", required=True)
    parser.add_argument("--judge", default="")
    parser.add_argument("--count", type=int, default=1000, help="random mixtures beside the changes of one field each")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--raw", action="store_true", help="without the API server's defaults")
    options = parser.parse_args()
    if not options.judge or not pathlib.Path(options.judge).exists():
        print("not run: no judge")
        return 77

    objects = mutations.objects(options.seed, options.count)
    with tempfile.NamedTemporaryFile("w", suffix=".json", encoding="utf-8") as file:
        file.writelines(json.dumps(one) + "\n" for one in objects)
        file.flush()
        lines, answers = judged(options.judge, file.name, objects, options.raw)
        level_differing = level_differences(options.binary, file.name, lines, options.raw)
    seen = collections.defaultdict(lambda: [0, 0])
    differences = 0
    policies = sorted(answers, key=lambda policy: (policy[0], int(policy[1].removeprefix("v1."))))
    batches = [(*policy, not options.raw, objects) for policy in policies]
    for policy, results in zip(policies, standards.ask(options.binary, batches)):
        for number, result in enumerate(results):
            for check, failed in result["checks"].items():
                seen[check][0 if failed else 1] += 1
            ours = (result["allowed"], result["reason"], result["detail"])
            if ours == answers[policy][number]:
                continue
            differences += 1
            if differences <= SHOWN:
                print(f"{':'.join(policy)}: {json.dumps(objects[number])}")
                print(f"  rules {ours}\n  judge {answers[policy][number]}")
    for check in sorted(seen):
        print(f"{check:28} failed {seen[check][0]:8} passed {seen[check][1]:8}")
    one_sided = [check for check in standards.CHECKS if 0 in seen[check]]
    print(f"{len(objects)} objects, {len(policies)} policies: {differences} differences")
    print(f"psdl level: {len(lines)} lines: {level_differing} differences")
    for check in one_sided:
        print(f"one verdict only: {check}")
    return 1 if differences or level_differing or one_sided else 0


if __name__ == "__main__":
    sys.exit(main())
