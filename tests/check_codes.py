#!/usr/bin/env python3
"""Every code that a message can have is known to `psdl explain`.

In: the sources (src/, include/), the bindings' vectors, a psdl binary. Out: the codes that explain does not know, with
where they are made; exit 1 where there are some. Codes are literals at a handful of places that this file lists: a
place of another form is found by the vectors and by the floors below, which say how many codes there are at least.

    tests/check_codes.py --binary build/release/psdl SOURCE_DIR
"""
import argparse
import json
import pathlib
import re
import subprocess
import sys

CODE = r'"([a-z][a-z0-9]*(?:_[a-z0-9]+)+)"'
PLACES = [
    # Families, wherever they are written.
    re.compile(r'"((?:bad|image|gatekeeper|ignore|exception|expired)_[a-z0-9_]+|(?:rego|eval)_[a-z_]+_error)"'),
    # All others, where a problem is made of one.
    re.compile(r"\badd_(?:error|warning)\(\s*" + CODE),
    re.compile(r"\bcode = " + CODE),
    re.compile(r"\b(?:refuse|fail|fail_at|fault|error|warning|problem_at|problem_in|add_problem)"
               r"\([^;\"]*" + CODE + r",\s"),
    re.compile(r"\bError\{" + CODE),
    re.compile(r"return \{" + CODE + r",\s*(?:\"|fmt::|std::)"),
    re.compile(r"case EvalCode::\w+: return " + CODE),
]
NO_CODES = {"image_tags"}  # an example of a file's name
FEWEST_IN_SOURCES = 130
FEWEST_IN_VECTORS = 60


def of_sources(root):
    made = {}
    for folder in ("src", "include"):
        for path in sorted((root / folder).rglob("*")):
            if path.suffix not in (".cpp", ".hpp", ".def") or path == root / "src" / "cli" / "codes.cpp":
                continue
            text = path.read_text()
            for place in PLACES:
                for match in place.finditer(text):
                    line = text.count("\n", 0, match.start(1)) + 1
                    if match.group(1) not in NO_CODES:
                        made.setdefault(match.group(1), f"{path.relative_to(root)}:{line}")
    return made


def of_statuses(root):
    text = (root / "src" / "capi" / "status.cpp").read_text()
    return {name: "src/capi/status.cpp" for name in re.findall(r'case PSDL_\w+: return "(\w+)"', text) if name != "ok"}


def of_vectors(root):
    made = {}

    def look(at, where):
        if isinstance(at, list):
            for item in at:
                look(item, where)
        elif isinstance(at, dict):
            if isinstance(at.get("code"), str):
                made.setdefault(at["code"], where)
            for item in at.values():
                look(item, where)

    for path in sorted((root / "bindings" / "vectors").glob("*.json")):
        look(json.loads(path.read_text()), str(path.relative_to(root)))
    return made


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", required=True)
    parser.add_argument("source", type=pathlib.Path)
    arguments = parser.parse_args()
    sources, vectors = of_sources(arguments.source), of_vectors(arguments.source)
    failures = []
    for name, found, fewest in (("sources", sources, FEWEST_IN_SOURCES), ("vectors", vectors, FEWEST_IN_VECTORS)):
        if len(found) < fewest:
            failures.append(f"only {len(found)} codes are found in the {name}, of {fewest} or more: look at PLACES")
    for code, where in sorted({**of_statuses(arguments.source), **vectors, **sources}.items()):
        run = subprocess.run([arguments.binary, "explain", code], capture_output=True, text=True, timeout=60)
        if run.returncode != 0 or not run.stdout.startswith(code + "\n"):
            failures.append(f"{where}: psdl explain does not know `{code}`")
    for failure in failures:
        print(failure)
    print(f"{len(sources)} codes of the sources, {len(vectors)} of the vectors, {len(failures)} failures")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
