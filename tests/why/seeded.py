#!/usr/bin/env python3
"""Puts one fault at a time into small rules, and asks --why for it.

    tests/why/seeded.py --binary build/release/psdl tests/why/rules.yaml

In: rules with a document. Faults of five kinds: a letter of a field is wrong, a field is looked for one level too high, a
boolean is quoted, a value has another type, an index is wrong. Only faults that change what the rule gives are counted, 100
of them, as many of each kind and rule as there are. Out: the faults whose expression --why did not name first; exit status
1 where it named fewer than 95.
"""

import argparse
import itertools
import json
import pathlib
import random
import re
import subprocess
import sys
import tempfile

import yaml

WANTED = 100
LEAST = 95

# A field behind a dot, or a constant name in a path; rule and var names are no fields.
FIELD = re.compile(r"\.([a-zA-Z]{4,})\b")
PATH = re.compile(r"\b(?:input|spec|[a-z])((?:\.[a-zA-Z]+|\[\w+\]){2,})")


def letters(line, dice):
    for match in FIELD.finditer(line):
        word = match.group(1)
        at = dice.randrange(1, len(word))
        for wrong in (word[:at] + word[at + 1:], word[:at] + "x" + word[at:], word[:at - 1] + word[at] + word[at - 1] + word[at + 1:]):
            if wrong != word:
                yield line[:match.start(1)] + wrong + line[match.end(1):]


def shallow(line, dice):
    for match in PATH.finditer(line):
        steps = re.findall(r"\.[a-zA-Z]+|\[\w+\]", match.group(1))
        for at in range(len(steps) - 1):
            if steps[at].startswith("."):
                yield line[:match.start(1)] + "".join(steps[:at] + steps[at + 1:]) + line[match.end(1):]


def quoted(line, dice):
    for match in re.finditer(r"== (true|false)\b", line):
        yield line[:match.start(1)] + f'"{match.group(1)}"' + line[match.end(1):]


def typed(line, dice):
    for match in re.finditer(r"== (\d+)\b", line):
        yield line[:match.start(1)] + f'"{match.group(1)}"' + line[match.end(1):]
    for match in re.finditer(r'== ("[^"]*")', line):
        yield line[:match.start(1)] + f"[{match.group(1)}]" + line[match.end(1):]
        yield line[:match.start(1)] + str(dice.randrange(100)) + line[match.end(1):]


def indexed(line, dice):
    for match in re.finditer(r"\[(\d+)\]", line):
        yield line[:match.start(1)] + str(int(match.group(1)) + dice.randrange(1, 9)) + line[match.end(1):]


KINDS = {"letter": letters, "level": shallow, "quoted boolean": quoted, "type": typed, "index": indexed}


class Run:
    def __init__(self, binary, folder, document):
        self.binary, self.folder = binary, folder
        (folder / "pod.yaml").write_text(yaml.safe_dump(document), encoding="utf-8")

    def psdl(self, rule, path, *flags):
        (self.folder / "rule.psdl").write_text(rule, encoding="utf-8")
        return subprocess.run([self.binary, "eval", "-q", path, "rule.psdl", "pod.yaml", *flags], cwd=self.folder, capture_output=True, text=True, timeout=60, check=False)

    def value(self, rule, path):
        done = self.psdl(rule, path)
        if done.returncode != 0:
            return None
        results = json.loads(done.stdout).get("result", [])
        return json.dumps(results[0]["expressions"][0]["value"]) if results else "undefined"


def faults(case, kind, dice):
    """(line number, the rule with that line wrong)"""
    lines = case["rule"].splitlines()
    for number, line in enumerate(lines):
        if not line.startswith("    ") and not line.startswith("spec :="):
            continue
        for wrong in KINDS[kind](line, dice):
            yield number + 1, "\n".join(lines[:number] + [wrong] + lines[number + 1:]) + "\n"


def is_named(why, line):
    """Whether the first expression is the one of that line."""
    shown = why.splitlines()[1:2]
    return bool(shown) and shown[0].strip().startswith(f"rule.psdl:{line} ")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("rules", type=pathlib.Path)
    parser.add_argument("--binary", required=True, type=pathlib.Path)
    parser.add_argument("--show", action="store_true", help="every fault with its answer")
    options = parser.parse_args()
    data = yaml.safe_load(options.rules.read_text(encoding="utf-8"))
    dice = random.Random(8)
    named = asked = 0
    by_kind = {kind: [0, 0] for kind in KINDS}
    with tempfile.TemporaryDirectory() as folder:
        run = Run(options.binary.resolve(), pathlib.Path(folder), data["document"])
        # In turn from every kind and rule, so that none crowds the others out.
        streams = []
        for kind in KINDS:
            for case in data["rules"]:
                path = case.get("rule_path", "data.p.deny")
                right = run.value(case["rule"], path)
                assert right is not None, case["name"]
                made = list(faults(case, kind, dice))
                dice.shuffle(made)
                streams.append([(kind, case, path, right, *fault) for fault in made])
        for kind, case, path, right, line, rule in (fault for turn in itertools.zip_longest(*streams) for fault in turn if fault):
            if asked == WANTED:
                break
            if run.value(rule, path) in (None, right):
                continue  # no fault that shows
            why = run.psdl(rule, path, "--why").stdout
            asked += 1
            is_good = is_named(why, line)
            named += is_good
            by_kind[kind][0] += is_good
            by_kind[kind][1] += 1
            if options.show or not is_good:
                print(f"{'' if is_good else 'NOT '}named: {case['name']}, {kind}, line {line}: {rule.splitlines()[line - 1].strip()}\n{why}")
    print(f"{named} of {asked} faults named first: " + ", ".join(f"{kind} {good}/{all_}" for kind, (good, all_) in by_kind.items()))
    return 0 if asked == WANTED and named >= LEAST else 1


if __name__ == "__main__":
    sys.exit(main())
