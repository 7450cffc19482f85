#!/usr/bin/env python3
"""Compares what psdl prints at a seam with the committed print, tests/golden/<seam>/NAME.out.

    tests/run_golden.py --binary build/release/psdl tests/golden/plan

In: NAME.psdl or NAME.rego; beside it, if it likes, NAME.args (more arguments, as a shell would read them) and for the seam
`report` the documents NAME.yaml, NAME.json, and NAME.formats: words that each make a print NAME.FORMAT.out, by `-o FORMAT`. Out: a diff for every print that changed; exit status 1 if there is one.
PSDL_UPDATE_GOLDEN=1 writes the prints instead, and the change is read in review.

A print is standard output, then, where there was any, `--- stderr` and standard error, and `--- exit N` where N is not 0.

In the seam `diagnostics` the expectation stands on the line it must point at, `p if x > 1  # error: unsafe variable` (or
`# warning: ..`): each must be met by an error of that line that holds the text, and no error may come without one.
"""

import argparse
import difflib
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import tempfile

VERBS = {
    "ast": ["parse"],
    "diagnostics": ["check"],
    "plan": ["plan"],
    # Unoptimised, so that a pass rewrites none of these.
    "bytecode": ["disasm", "--no-optimise"],
    "report": ["eval"],
}
TIMEOUT_S = 60


def run(binary, source, seam, more=()):
    """The print of one source file."""
    arguments = [*VERBS[seam], *more, source.name]
    if seam == "report":
        arguments += [
            source.with_suffix(suffix).name for suffix in (".yaml", ".json") if source.with_suffix(suffix).exists()
        ]
    extra = source.with_suffix(".args")
    if extra.exists():
        arguments += shlex.split(extra.read_text())
    # The environment must not show: no colour, no width of a terminal, one locale.
    environment = {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C.UTF-8", "NO_COLOR": "1", "SOURCE_DATE_EPOCH": "1764124800"}
    for name, value in os.environ.items():
        if name.endswith("SAN_OPTIONS"):
            environment[name] = value
    done = subprocess.run(
        [binary, *arguments], cwd=source.parent, env=environment, capture_output=True, timeout=TIMEOUT_S, check=False
    )
    text = done.stdout.decode("utf-8", "replace")
    if done.stderr:
        text = end_line(text) + "--- stderr\n" + done.stderr.decode("utf-8", "replace")
    if done.returncode:
        text = end_line(text) + f"--- exit {done.returncode}\n"
    return text


def end_line(text):
    return text if not text or text.endswith("\n") else text + "\n"


def unmet_expectations(source, short):
    """What the comments in the source ask for and the short diagnostics do not say, and the other way round."""
    wanted = []
    for number, line in enumerate(source.read_text(encoding="utf-8").splitlines(), 1):
        wanted += [(number, kind, text.strip()) for kind, text in re.findall(r"# (error|warning): ([^#]+)", line)]
    said = [
        (int(row), kind, text)
        for row, kind, text in re.findall(rf"^{re.escape(source.name)}:(\d+):\d+: (error|warning)[^:]*: (.*)$", short, re.M)
    ]
    for want in wanted:
        met = next((one for one in said if one[:2] == want[:2] and want[2] in one[2]), None)
        if met is None:
            yield f"line {want[0]} expects {want[1]}: {want[2]}"
        else:
            said.remove(met)
    for row, kind, text in said:
        yield f"line {row} does not expect {kind}: {text}"


def check(binary, source, seam, update):
    """Problems of one source file, as text."""
    formats = source.with_suffix(".formats")
    if formats.exists():
        # In a folder of its own: some formats call files from the root of the repository, wherever that is.
        with tempfile.TemporaryDirectory() as folder:
            for path in source.parent.glob(f"{source.stem}.*"):
                shutil.copy(path, folder)
            for name in formats.read_text().split():
                text = run(binary, pathlib.Path(folder) / source.name, seam, ["-o", name])
                yield from compare(text, source.with_suffix(f".{name}.out"), update)
    else:
        yield from compare(run(binary, source, seam), source.with_suffix(".out"), update)
    if seam == "diagnostics":
        yield from unmet_expectations(source, run(binary, source, seam, ["--error-format", "short"]))


def compare(text, golden, update):
    """The difference between a print and the committed one."""
    if update:
        golden.write_text(text, encoding="utf-8")
    elif not golden.exists():
        yield f"{golden.name} is missing; PSDL_UPDATE_GOLDEN=1 writes it\n{text}"
    elif (before := golden.read_text(encoding="utf-8")) != text:
        lines = difflib.unified_diff(before.splitlines(True), text.splitlines(True), "committed", "now")
        yield "".join(map(end_line, lines))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("folder", type=pathlib.Path, help="tests/golden/<seam>")
    parser.add_argument("--binary", required=True, type=pathlib.Path)
    options = parser.parse_args()
    binary = options.binary.resolve()
    seam = options.folder.name
    if seam not in VERBS:
        parser.error(f"no seam {seam!r}; there are: {' '.join(VERBS)}")

    update = os.environ.get("PSDL_UPDATE_GOLDEN") == "1"
    sources = sorted(path for path in options.folder.resolve().iterdir() if path.suffix in (".psdl", ".rego"))
    failures = 0
    for source in sources:
        problems = list(check(binary, source, seam, update))
        failures += bool(problems)
        for problem in problems:
            print(f"{seam}/{source.name}: {problem}")
    stems = {source.stem for source in sources}
    for path in sorted(options.folder.resolve().glob("*.out")):
        if path.name.split(".")[0] not in stems:
            failures += 1
            print(f"{seam}/{path.name}: no source belongs to it")
    if not sources:
        failures += 1
        print(f"{seam}: no .psdl or .rego file")
    print(f"{len(sources)} prints, {failures} that differ" + (", written anew" if update else ""))
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
