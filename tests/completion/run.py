#!/usr/bin/env python3
"""Completes in real shells.

    tests/completion/run.py --binary build/release/psdl --shell bash tests/completion/cases.yaml

In: cases of what is typed. A session of the shell on a terminal of its own sources `psdl completion SHELL`, gets the keys and
Enter; a `psdl` that stands before the binary on $PATH writes down the arguments it is run with. Out: a line for each case
that differs; exit status 1 if there is one, 77 (not run) where the shell is not installed.
"""

import argparse
import os
import pathlib
import pty
import select
import shutil
import subprocess
import sys
import tempfile
import time

import yaml

DEADLINE_S = 60  # of one command; only a session that hangs meets it
NOT_RUN = 77

WRAPPER = """#!/bin/sh
[ "$1" = __complete ] && exec {binary} "$@"
[ "$1" = completion ] && [ ! -e "$PSDL_TEST_RAN.ready" ] && exec {binary} "$@"
printf '%s\\n' "$@" > "$PSDL_TEST_RAN.new" && mv "$PSDL_TEST_RAN.new" "$PSDL_TEST_RAN"
"""
START = {
    "bash": (["bash", "--norc", "--noprofile", "-i"], "source <(psdl completion bash)"),
    "zsh": (["zsh", "-f", "-i"], "autoload -U compinit && compinit -u -D && source <(psdl completion zsh)"),
    "fish": (["fish", "--no-config", "-i"], "psdl completion fish | source"),
}
SYNTAX = {"bash": ["bash", "-n"], "zsh": ["zsh", "-n"], "fish": ["fish", "--no-execute"]}


class Session:
    """A shell on a terminal; what it prints is read and thrown away, so that it never waits for a reader."""

    def __init__(self, command, folder, environment):
        child, self.terminal = pty.fork()
        if child == 0:
            os.chdir(folder)
            os.execvpe(command[0], command, environment)
        self.child = child
        self.printed = b""

    def wait_for(self, is_done):
        end = time.monotonic() + DEADLINE_S
        while not is_done():
            if time.monotonic() > end:
                return False
            if select.select([self.terminal], [], [], 0.05)[0]:
                try:
                    self.printed += os.read(self.terminal, 65536)
                except OSError:
                    return is_done()
        return True

    def type(self, keys):
        os.write(self.terminal, keys.encode())

    def close(self):
        os.close(self.terminal)
        os.kill(self.child, 9)
        os.waitpid(self.child, 0)


def prepare(folder, binary):
    (folder / "bin").mkdir()
    wrapper = folder / "bin" / "psdl"
    wrapper.write_text(WRAPPER.format(binary=binary))
    wrapper.chmod(0o755)
    place = folder / "place"
    (place / "k8s").mkdir(parents=True)
    for name in ("rule.psdl", "psdl.sarif", "k8s/web.yaml"):
        (place / name).write_text("")
    return place


def run_case(session, case, ran):
    """What psdl was run with, None where it was not."""
    ran.unlink(missing_ok=True)
    session.type(case["typed"] + "\r")
    if not session.wait_for(ran.exists):
        return None
    return ran.read_text().splitlines()


def run_cases(shell, binary, cases):
    failed = 0
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        place = prepare(folder, binary)
        ran = folder / "ran"
        environment = {key: value for key, value in os.environ.items() if key.endswith("SAN_OPTIONS")}
        environment |= {"PATH": f"{folder / 'bin'}:{os.environ['PATH']}", "HOME": str(folder), "TERM": "xterm", "LC_ALL": "C.UTF-8",
                        "PSDL_TEST_RAN": str(ran), "INPUTRC": "/dev/null"}
        command, source = START[shell]
        session = Session(command, place, environment)
        try:
            session.type(source + "; psdl ready\r")
            if not session.wait_for(ran.exists):
                print(f"{shell}: no prompt; it printed {session.printed[-2000:]!r}")
                return 1
            pathlib.Path(f"{ran}.ready").touch()  # from now on `psdl completion` is written down like the others
            for case in cases:
                got = run_case(session, case, ran)
                if got != case["runs"]:
                    failed += 1
                    print(f"{shell}: {case['note']}: expected {case['runs']}, got {got}")
                    if got is None:
                        print(f"  it printed {session.printed[-2000:]!r}")
                        break
        finally:
            session.close()
    return failed


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", required=True, type=pathlib.Path)
    parser.add_argument("--shell", required=True, choices=sorted(START))
    parser.add_argument("files", nargs="+", type=pathlib.Path)
    options = parser.parse_args()
    if shutil.which(options.shell) is None:
        print(f"not run: {options.shell} is not installed")
        return NOT_RUN
    binary = options.binary.resolve()
    script = subprocess.run([binary, "completion", options.shell], capture_output=True, check=True)
    with tempfile.NamedTemporaryFile() as file:
        file.write(script.stdout)
        file.flush()
        if subprocess.run([*SYNTAX[options.shell], file.name], check=False).returncode != 0:
            print(f"{options.shell}: the script does not parse")
            return 1
    cases = [case for file in options.files for case in yaml.safe_load(file.read_text(encoding="utf-8"))["cases"]
             if options.shell in case.get("shells", START)]
    failed = run_cases(options.shell, binary, cases)
    print(f"{options.shell}: {len(cases)} cases, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
