#!/usr/bin/env python3
"""Reads every manual page as man(1) and mandoc(1) do.

    tests/packaging/check_pages.py --binary build/release/psdl

Out: what man --warnings and mandoc -T lint complain of, verbs and flags of --help that their page does not have; exit status
1 if there is any. A reader that is not installed is named as not run.
"""

import argparse
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

# The pages carry no date, so that two builds are the same bytes.
ALLOWED = re.compile(r"missing date|mandoc: see above|STYLE:")


def run(*command):
    return subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False,
                          env={"PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C.UTF-8", "MANWIDTH": "100", "TERM": "dumb"})


def lint(page):
    """Complaints of the readers at hand."""
    out = []
    if shutil.which("man"):
        done = run("man", "--warnings", "-l", page)
        out += done.stderr.splitlines() + ([] if done.returncode == 0 else ["man fails"])
    if shutil.which("mandoc"):
        out += [line for line in run("mandoc", "-T", "lint", "-W", "warning", page).stdout.splitlines() if not ALLOWED.search(line)]
    return out


def plain(page):
    """The text of a page, from its roff."""
    text = page.read_text(encoding="utf-8")
    for mark, stands_for in ((r"\-", "-"), (r"\fB", ""), (r"\fI", ""), (r"\fR", ""), (r"\e", "\\"), (r"\&", "")):
        text = text.replace(mark, stands_for)
    return text


def missing_flags(binary, verb, texts):
    """Flags of the verb's --help that neither its page nor psdl(1) has."""
    shown = run(binary, *verb, "--help").stdout
    flags = set(re.findall(r"^  (?:-\w,)*(--[a-z0-9-]+)", shown, re.M))
    words = set(re.findall(r"--[a-z0-9-]+", " ".join(texts)))
    return [] if flags else ["--help shows no flag"], sorted(flags - words)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", required=True, type=pathlib.Path)
    options = parser.parse_args()
    for reader in ("man", "mandoc"):
        if shutil.which(reader) is None:
            print(f"not run: {reader} is not installed")
    problems = []
    with tempfile.TemporaryDirectory() as folder:
        written = run(options.binary, "man", "--dir", folder)
        if written.returncode != 0:
            print(written.stderr)
            return 1
        pages = sorted(pathlib.Path(folder).iterdir())
        overview = plain(pathlib.Path(folder) / "psdl.1")
        for page in pages:
            problems += [f"{page.name}: {line}" for line in lint(page)]
            verb = page.stem.split("-")[1:]
            if run(options.binary, "man", *verb).stdout != page.read_text(encoding="utf-8"):
                problems.append(f"{page.name}: `psdl man {' '.join(verb)}` prints another text")
            if page.stem in ("psdl", "psdl-template"):
                continue
            empty, missing = missing_flags(options.binary, verb, [plain(page), overview])
            problems += [f"{page.name}: {what}" for what in empty] + [f"{page.name}: no {flag}" for flag in missing]
    verbs = re.search(r"verbs:(.*)", run(options.binary, "--help").stdout).group(1).split()
    problems += [f"no page for {verb}" for verb in verbs if f"psdl-{verb}.1" not in [page.name for page in pages]]
    print("\n".join(problems) if problems else f"{len(pages)} pages")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
