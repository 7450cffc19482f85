#!/usr/bin/env python3
"""Misspells each field name of the shipped rules in turn and asks that `psdl check` says so, at its column.

    tests/check/misspell.py --binary build/release/psdl [-v] rules

In: a folder of rule files, src/kubernetes/types.json for the names of fields, and beside this file untold.yaml: the names
that no type can tell of, each with the reason. A name is misspelt in three ways: two letters swapped, one doubled, one
dropped. Out: how many of how many were reported, and a line for each that was not, or that untold.yaml lists and that was;
exit status 1 if there is one.
"""

import argparse
import concurrent.futures
import json
import pathlib
import re
import subprocess
import sys
import tempfile

import yaml

HERE = pathlib.Path(__file__).resolve().parent
BATCH = 40  # modules a process
TYPES = HERE.parent.parent / "src/kubernetes/types.json"


def field_names():
    tree = json.loads(TYPES.read_text(encoding="utf-8"))
    return {field["name"] for fields in tree["types"].values() for field in fields or []}


def tokens(text, names):
    """Where names of fields stand, and the place that a message names: after a dot, and as whole strings (their quote)."""
    code = re.sub(r"#[^\n]*", lambda found: " " * len(found.group()), text)
    strings = re.compile(r"\"(?:[^\"\\\n]|\\.)*\"|`[^`]*`")
    for found in strings.finditer(code):
        if found.group()[1:-1] in names:
            yield found.start() + 1, found.start(), found.group()[1:-1]
    code = strings.sub(lambda found: " " * len(found.group()), code)
    imports = {line.group(1) for line in re.finditer(r"^import (?:\S*\.)?(\w+)$", code, re.M)}
    imports |= {line.group(1) for line in re.finditer(r"^import \S+ as (\w+)$", code, re.M)}
    code = re.sub(r"^(?:package|import)[^\n]*", lambda found: " " * len(found.group()), code, flags=re.M)
    for found in re.finditer(r"(?<=\.)[A-Za-z]\w*", code):
        head = re.search(r"([\w.]*)\.$", code[: found.start()]).group(1)
        is_rule = head in imports or head.startswith("data") or code[found.end() : found.end() + 1] == "("
        if found.group() in names and not is_rule:
            yield found.start(), found.start(), found.group()


def misspellings(name, names):
    def first(candidates):
        return next((one for one in candidates if one != name and one not in names), None)

    middle = sorted(range(len(name)), key=lambda at: abs(at - len(name) // 2))
    yield "swap", first(name[:at] + name[at + 1] + name[at] + name[at + 2 :] for at in middle if at + 1 < len(name))
    yield "double", first(name[:at] + name[at] + name[at:] for at in middle)
    yield "drop", first(name[:at] + name[at + 1 :] for at in middle if len(name) > 1)


def place_of(text, offset):
    line = text.count("\n", 0, offset) + 1
    return line, offset - (text.rfind("\n", 0, offset) + 1) + 1


def said_of(binary, texts):
    """What check says of some modules, each in a package of its own, by their number."""
    with tempfile.TemporaryDirectory() as folder:
        for number, text in texts.items():
            own = re.sub(r"^(package [\w.]+)$", rf"\1.m{number}", text, count=1, flags=re.M)
            pathlib.Path(folder, f"m{number}.psdl").write_text(own, encoding="utf-8")
        done = subprocess.run(
            [binary, "check", "-o", "short", "."], cwd=folder, capture_output=True, text=True, timeout=60, check=False
        )
    said = {number: [] for number in texts}
    for number, rest in re.findall(r"^(?:\./)?m(\d+)\.psdl:(\d+:\d+: .*)$", done.stderr, re.M):
        said[int(number)].append(rest)
    return said


def check_all(binary, cases):
    """What is said of each case. Most need no process of their own; an error of the language hides what others would say."""
    said = {}
    numbers = range(len(cases))
    for first in numbers[::BATCH]:
        said.update(said_of(binary, {number: cases[number][4] for number in numbers[first : first + BATCH]}))
    silent = [number for number in numbers if not is_at(said[number], cases[number][1])]
    with concurrent.futures.ThreadPoolExecutor(max_workers=2) as pool:
        for alone in pool.map(lambda number: said_of(binary, {number: cases[number][4]}), silent):
            said.update(alone)
    return [said[number] for number in numbers]


def is_at(said, place):
    return any(one.startswith(f"{place[0]}:{place[1]}: ") for one in said)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--binary", required=True)
    parser.add_argument("-v", action="store_true", help="show what was said of names that were not reported")
    parser.add_argument("folder", type=pathlib.Path)
    options = parser.parse_args()
    binary = str(pathlib.Path(options.binary).resolve())
    names = field_names()
    listed = yaml.safe_load((HERE / "untold.yaml").read_text(encoding="utf-8"))["untold"]
    untold = {(one["file"], one["name"], one["line"], one.get("which")) for one in listed}

    cases = []
    for path in sorted(options.folder.rglob("*.psdl")):
        text = path.read_text(encoding="utf-8")
        shown = path.relative_to(options.folder).as_posix()
        lines = text.splitlines()
        for offset, said_at, name in tokens(text, names):
            place = place_of(text, said_at)
            line = lines[place[0] - 1]
            which = line[: offset - text.rfind("\n", 0, offset) - 1].count(name) + 1
            key = (shown, name, line.strip(), which)
            for how, other in misspellings(name, names):
                if other is None:
                    continue
                changed = text[:offset] + other + text[offset + len(name) :]
                cases.append((key, place, how, other, changed))

    results = check_all(binary, cases)
    problems, reported, left_out, met = [], 0, 0, set()
    for (key, place, how, other, _), said in zip(cases, results):
        was_told = is_at(said, place)
        where = f"{key[0]}:{place[0]}:{place[1]}: {key[1]} as {other} ({how})"
        entry = key if key in untold else (*key[:3], None)
        if entry in untold:
            met.add(entry)
            left_out += 1
            if was_told:
                problems.append(f"{where} is reported, and untold.yaml says that it cannot be")
            continue
        reported += was_told
        if not was_told:
            problems.append(f"{where} is not reported: {key[2]}" + ("".join(f"\n  {one}" for one in said) if options.v else ""))
    problems += [f"untold.yaml lists {key} and no rule has it" for key in untold if key not in met]
    names_met = len({(key, place) for key, place, *_ in cases})
    print(f"{reported} of {len(cases) - left_out} misspellings of {names_met} names reported at their column; {left_out} are of names in untold.yaml")
    for problem in problems:
        print(problem)
    return 1 if problems or not cases else 0


if __name__ == "__main__":
    sys.exit(main())
