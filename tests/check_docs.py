#!/usr/bin/env python3
"""Runs the sessions that the pages of docs/ show, and compares what they print.

    tests/check_docs.py --binary build/release/psdl docs/testing.md [PAGE..]

In: pages. In each, a fenced block whose info string holds `file=NAME` is a file of that name:

    ```yaml file=k8s/pod.yaml

and one of `console` is a session: lines that begin with `$ ` are commands, run in a folder of the page's own that holds
its files so far; what follows is what they print, standard output and errors together. Of what is shown

    ...            on a line of its own stands for any lines
    0.42 ms        any time in that unit (`ms`, `s`, `us`)

Out: a diff of each session that differs, and exit status 1. PSDL_UPDATE_GOLDEN=1 writes the output of sessions that have
no `...`. A page without a session is an error: nothing would be checked.
"""

import argparse
import difflib
import os
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
BLOCK = re.compile(r"^```([^\n`]*)\n(.*?)^```$", re.M | re.S)
FILE = re.compile(r"\bfile=(\S+)")
TIME = re.compile(r"\b\d+(?:\.\d+)? ?(ms|us|s)\b")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--binary", required=True, type=pathlib.Path)
    parser.add_argument("pages", nargs="+", type=pathlib.Path)
    options = parser.parse_args()
    good = True
    for page in options.pages:
        good = check_page(page.resolve(), options.binary.resolve()) and good
    return 0 if good else 1


def check_page(page, binary):
    """True where every session of the page prints what it shows."""
    text = page.read_text(encoding="utf-8")
    sessions, good, rewritten, kept = 0, True, "", 0
    with tempfile.TemporaryDirectory() as folder:
        where = pathlib.Path(folder)
        (where / "bin").mkdir()
        (where / "bin/psdl").symlink_to(binary)
        work = where / "work"
        work.mkdir()
        (work / "rules").symlink_to(ROOT / "rules")
        for block in BLOCK.finditer(text):
            named = FILE.search(block[1])
            if named:
                path = work / named[1]
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(block[2], encoding="utf-8")
            elif block[1].split()[:1] == ["console"]:
                sessions += 1
                got = run_session(block[2], work, where / "bin")
                if os.environ.get("PSDL_UPDATE_GOLDEN") == "1" and "\n...\n" not in block[2]:
                    rewritten += text[kept : block.start(2)] + got
                    kept = block.end(2)
                elif not is_same(block[2], got):
                    good = False
                    lines = difflib.unified_diff(block[2].splitlines(True), got.splitlines(True), str(page.relative_to(ROOT)), "now")
                    sys.stdout.writelines(lines)
    rewritten += text[kept:]
    if rewritten != text:
        page.write_text(rewritten, encoding="utf-8")
    if not sessions:
        print(f"{page}: no session that could be checked")
        return False
    return good


def commands_of(session):
    """The commands of a session; a line that ends in a backslash goes on."""
    commands, lines = [], iter(session.splitlines())
    for line in lines:
        if not line.startswith("$ "):
            continue
        command = line[2:]
        while command.endswith("\\"):
            command += "\n" + next(lines)
        commands.append(command)
    return commands


def run_session(session, work, programs):
    """The session with what its commands print now. They share a shell, so that `echo $?` tells what the last one gave."""
    environment = {
        "PATH": f"{programs}:{os.environ.get('PATH', '')}",
        "LC_ALL": "C.UTF-8",
        "NO_COLOR": "1",
        "HOME": str(work),
        **{name: value for name, value in os.environ.items() if name.endswith("SAN_OPTIONS")},
    }
    mark = "\x01"
    script = ""
    commands = commands_of(session)
    for command in commands:
        # `$?` of a command is that of the one before it.
        script += f"printf '{mark}'\n(exit ${{last:-0}}); {command}\nlast=$?\n"
    run = subprocess.run(["bash", "-c", script], cwd=work, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                         stderr=subprocess.STDOUT, text=True, timeout=120, check=False)
    outputs = run.stdout.split(mark)[1:]
    shown = ""
    for command, output in zip(commands, outputs):
        if output and not output.endswith("\n"):
            output += "\n"
        shown += f"$ {command}\n{output}"
    return shown


def is_same(wanted, got):
    """Whether what is shown matches what was printed."""
    pattern = ""
    for line in wanted.splitlines():
        if line == "...":
            pattern += r"(?:[^\n]*\n)*?"
            continue
        parts = TIME.split(line)
        # split() keeps the unit between the texts.
        piece = re.escape(parts[0])
        for unit, after in zip(parts[1::2], parts[2::2]):
            piece += r" *\d+(?:\.\d+)? ?" + unit + re.escape(after)
        pattern += re.sub(r"(?:\\ )+ \*", " *", piece) + r"\n"
    return re.fullmatch(pattern, got) is not None


if __name__ == "__main__":
    sys.exit(main())
