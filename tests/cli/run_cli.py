#!/usr/bin/env python3
"""Runs commands and compares what a user would see.

    tests/cli/run_cli.py --binary build/release/psdl tests/cli/eval/*.yaml

In: files of cases. Each case has a `note`; `files` (name to text) that are written into an empty folder, where the command runs;
`run`, a shell line in which `psdl` is the binary and $RULES the repository's rules/; perhaps `stdin`. What must come out:

    exit: 1                        the exit code (default 0)
    stdout: |                      the whole of standard output ..
    stdout_has: [text, ..]         .. or parts of it, in this order
    stdout_lacks: [text, ..]       and what must not be there
    stdout_json: {findings: [..]}  or JSON: every key given must be there with that value, lists item by item
    stderr, stderr_has, stderr_lacks

A case with `limits_address_space: true` is not run with --sanitized: AddressSanitizer reserves terabytes for itself.

Out: a line for each case that differs; exit status 1 if there is one.
"""

import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile

import yaml

TIMEOUT_S = 120
RULES = pathlib.Path(__file__).resolve().parents[2] / "rules"  # $RULES in a command


def run(case, binary):
    """(exit code, stdout, stderr) of the case's command."""
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        (root / ".bin").mkdir()
        (root / ".bin" / "psdl").symlink_to(binary)
        for name, text in (case.get("files") or {}).items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if isinstance(text, bytes):
                path.write_bytes(text)
            else:
                path.write_text(text, encoding="utf-8", newline="")
        environment = {"PATH": f"{root / '.bin'}:{os.environ.get('PATH', '')}", "LC_ALL": "C.UTF-8", "NO_COLOR": "1", "RULES": str(RULES)}
        for name, value in os.environ.items():
            if name.endswith("SAN_OPTIONS"):
                environment[name] = value
        done = subprocess.run(
            ["bash", "-c", case["run"]],
            cwd=root,
            env=environment,
            input=(case.get("stdin") or "").encode(),
            capture_output=True,
            timeout=TIMEOUT_S,
            check=False,
        )
        return done.returncode, done.stdout.decode("utf-8", "replace"), done.stderr.decode("utf-8", "replace")


def differences(case, code, out, err):
    if code != case.get("exit", 0):
        yield f"exit code {code}, not {case.get('exit', 0)}\n{out}{err}"
    for stream, text in (("stdout", out), ("stderr", err)):
        if stream in case and case[stream] != text:
            yield f"{stream} differs; wanted:\n{case[stream]}got:\n{text}"
        at = 0
        for part in case.get(f"{stream}_has", []):
            found = text.find(part, at)
            if found < 0:
                yield f"{stream} lacks {part!r} (in this order):\n{text}"
                break
            at = found + len(part)
        for part in case.get(f"{stream}_lacks", []):
            if part in text:
                yield f"{stream} must not hold {part!r}:\n{text}"
    if "stdout_json" in case:
        try:
            tree = json.loads(out)
        except ValueError as error:
            yield f"standard output is not JSON: {error}\n{out}"
            return
        where = unmet(case["stdout_json"], tree, "")
        if where:
            yield f"{where}\n{out}"


def unmet(want, got, path):
    """Where `got` lacks something that `want` has; None where it lacks nothing."""
    if isinstance(want, dict) and isinstance(got, dict):
        for key, value in want.items():
            if key not in got:
                return f"{path}/{key} is not there"
            where = unmet(value, got[key], f"{path}/{key}")
            if where:
                return where
        return None
    if isinstance(want, list) and isinstance(got, list):
        if len(want) != len(got):
            return f"{path} has {len(got)} items, not {len(want)}"
        for index, (one, other) in enumerate(zip(want, got)):
            where = unmet(one, other, f"{path}/{index}")
            if where:
                return where
        return None
    return None if want == got and isinstance(want, bool) == isinstance(got, bool) else f"{path} is {got!r}, not {want!r}"


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("files", nargs="+", type=pathlib.Path)
    parser.add_argument("--binary", required=True, type=pathlib.Path)
    parser.add_argument("--match", default="", help="only cases whose note holds this text")
    parser.add_argument("--sanitized", action="store_true", help="the binary was built with AddressSanitizer")
    options = parser.parse_args()
    binary = options.binary.resolve()
    count = failures = 0
    notes = set()
    for path in options.files:
        for case in yaml.safe_load(path.read_text(encoding="utf-8"))["cases"]:
            name = f"{path.parent.name}/{path.stem}: {case['note']}"
            if options.match not in name:
                continue
            if name in notes:
                print(f"{name}: two cases have this note")
                failures += 1
            notes.add(name)
            if options.sanitized and case.get("limits_address_space"):
                print(f"{name}: not run under AddressSanitizer")
                continue
            count += 1
            problems = list(differences(case, *run(case, binary)))
            failures += bool(problems)
            for problem in problems:
                print(f"{name}: {problem}")
    print(f"{count} commands, {failures} that differ")
    return 1 if failures or not count else 0


if __name__ == "__main__":
    sys.exit(main())
