#!/usr/bin/env python3
"""Whether each limit has its case, its row and its bounds.

    tests/security/check_limits.py --binary build/release/psdl

In: the fields of src/base/limits.hpp, the cases of limits.yaml, the rows of `psdl doc limits`. Each field must be the name of a case that reaches it, and its flag must
refuse zero, more than the most, and what is no number. Out: a line for each that does not; exit status 1 if there is one.
"""

import argparse
import pathlib
import re
import subprocess
import sys
import tempfile

import yaml

HERE = pathlib.Path(__file__).resolve().parent
FIELD = re.compile(r"^  (?:std::)?u?\w+_t (\w+) = ", re.MULTILINE)
ROW = re.compile(r"^\| `--limit-([a-z-]+)` \| (\d+) \| (\d+|none) \| (.+) \|$", re.MULTILINE)
# Reaching these is no error: the one says how often another limit is looked at, the other how much is kept.
NO_ERROR = {"check_interval", "regex_cache"}
ONE_CODE = {"parse_attempts_per_byte": "parse_attempts_base"}


def missing_cases(fields):
    cases = yaml.safe_load((HERE / "limits.yaml").read_text(encoding="utf-8"))["cases"]
    by_name = {case["name"]: case for case in cases}
    for field in fields:
        case = by_name.get(field)
        if case is None:
            yield f"limits.yaml has no case named `{field}`"
        elif f"--limit-{field.replace('_', '-')}" not in case["args"]:
            yield f"the case `{field}` does not set its limit"
        elif field not in NO_ERROR:
            code = "limit_" + ONE_CODE.get(field, field)
            if case.get("code") != code and f"error[{code}]" not in "".join(case.get("stderr_has", [])):
                yield f"the case `{field}` does not expect {code}"
    for case in cases:
        if case["name"].split(",")[0].split(" ")[0] not in fields:
            yield f"the case `{case['name']}` names no limit"


def refused(binary, folder, flag, amount):
    """What the binary says to an amount; None where it takes it."""
    command = [str(binary), "eval", "--error-format", "short", flag, amount, "rule.psdl", "pod.yaml"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60, check=False)
    return done.stderr if done.returncode == 2 else None


def wrong_bounds(binary, rows):
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        (root / "rule.psdl").write_text('package a\n\ndeny contains "x" if input.x\n', encoding="utf-8")
        (root / "pod.yaml").write_text("kind: Test\n", encoding="utf-8")
        for name, default, most, _ in rows:
            flag = f"--limit-{name}"
            bad = ["0", "x", "-1", "1.5", "1e3", "99999999999999999999", "10 parsecs"]
            if most != "none":
                bad.append(str(int(most) + 1))
                if refused(binary, root, flag, most) is not None:
                    yield f"{flag} {most}: is the most, and is refused"
            for amount in bad:
                said = refused(binary, root, flag, amount)
                if said is None:
                    yield f"{flag} {amount}: is not refused"
                elif name not in said and name.replace("-", "_") not in said:
                    yield f"{flag} {amount}: the message does not name the limit: {said}"
            if refused(binary, root, flag, default) is not None:
                yield f"{flag} {default}: is the default, and is refused"


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n", maxsplit=1)[0])
    parser.add_argument("--binary", required=True, type=pathlib.Path)
    binary = parser.parse_args().binary.resolve()
    fields = FIELD.findall((HERE.parent.parent / "src/base/limits.hpp").read_text(encoding="utf-8"))
    page = subprocess.run([str(binary), "doc", "limits"], capture_output=True, text=True, check=True).stdout
    rows = ROW.findall(page)
    problems = []
    if len(fields) < 30:
        problems.append(f"only {len(fields)} fields were found in limits.hpp")
    if [row[0].replace("-", "_") for row in rows] != fields:
        problems.append("`psdl doc limits` does not have the fields of limits.hpp, in their order")
    problems += missing_cases(fields)
    problems += wrong_bounds(binary, rows)
    for problem in problems:
        print(problem)
    print(f"{len(fields)} limits, {len(problems)} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
