#!/usr/bin/env python3
"""Types sessions into `psdl repl` at a pseudo-terminal, and compares what the screen shows.

    tests/repl/run.py --binary build/release/psdl tests/repl/sessions.yaml [FILE..]

In: YAML files, each {files: {NAME: text}, sessions: [..]}. A session:

    note: unique, what failures are named by
    args: [draft.psdl, -i, web.yaml]
    screen: |                 the screen as it should be: a line that begins with a prompt (`> `, `| `, `(debug) `) is typed,
      > 1 + 1                 all others are what is shown in between. `...` alone on a line stands for any lines.
      2
    exit: 0                   after Ctrl-D, which is typed at the end

or, in place of `screen`, `steps`: what is sent and what is waited for, for keys and bytes that are no lines:

    steps:
      - send: "1 +\\x03"       escapes as YAML has them; `repeat: N` sends it that often, `bytes: hex` sends what is no text
      - expect: "> "          text that the screen must show next
      - signal: SIGTERM       sends it
      - gone: true            the program has ended
    links: {NAME: target}     symbolic links that are there before; a target of `|` makes a pipe of that name
    after:                    files that must be there at the end: their text, or {mode: "0600"}; null: nothing is there

Each session runs in a folder of its own with a home and a state folder of its own. Out: a line for each that differs, exit
status 1. Nothing is timed: a wait ends when what it waits for is there, and fails after a minute.
"""

import argparse
import difflib
import os
import pathlib
import pty
import re
import select
import signal
import stat
import sys
import tempfile
import termios
import time

import yaml

LONGEST_WAIT = 60
PROMPTS = ("> ", "| ", "(debug) ")
# What a terminal does without showing anything.
CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b[=>]|\x1b\([B0]|\x07")


class Terminal:
    """A program at a pseudo-terminal of 24 rows and 200 columns."""

    def __init__(self, binary, arguments, folder):
        self.seen = ""  # what it showed and nobody waited for yet
        self.raw = b""
        self.status = None
        environment = {"HOME": str(folder), "XDG_STATE_HOME": str(folder / "state"), "TERM": "dumb", "PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}
        self.pid, self.descriptor = pty.fork()
        if self.pid == 0:
            os.chdir(folder)
            os.execve(binary, [str(binary), "repl", *arguments], environment)
        termios.tcsetwinsize(self.descriptor, (24, 200))

    def send(self, text):
        while text:
            self.read(0)
            _, writable, _ = select.select([], [self.descriptor], [], 0.05)
            if writable:
                text = text[os.write(self.descriptor, text[:512]):]

    def read(self, wait):
        """Takes what is there; False where nothing is, or the program has closed its side."""
        readable, _, _ = select.select([self.descriptor], [], [], wait)
        if not readable:
            return False
        try:
            got = os.read(self.descriptor, 65536)
        except OSError:  # Linux's way to say that the other side is gone
            got = b""
        if not got:
            self.wait()
            return False
        self.raw += got
        text = self.raw.decode("utf-8", "ignore") if self.raw[-1] < 0x80 else ""
        if text:
            self.raw = b""
            self.seen += CONTROL.sub("", text).replace("\r\n", "\n").replace("\r", "")
        return True

    def expect(self, wanted):
        """Waits until the screen shows the text, and takes all up to its end."""
        end = time.monotonic() + LONGEST_WAIT
        while wanted not in self.seen:
            if not self.read(0.2) and (self.status is not None or time.monotonic() > end):
                return None
        at = self.seen.index(wanted) + len(wanted)
        shown, self.seen = self.seen[:at], self.seen[at:]
        return shown

    def expect_prompt(self, prompt):
        """Waits until the screen ends with that prompt, on a line of its own, and takes all of it."""
        end = time.monotonic() + LONGEST_WAIT
        while self.seen != prompt and not self.seen.endswith("\n" + prompt):
            if not self.read(0.2) and (self.status is not None or time.monotonic() > end):
                return None
        shown, self.seen = self.seen, ""
        return shown

    def wait(self):
        end = time.monotonic() + LONGEST_WAIT
        while self.status is None and time.monotonic() < end:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.status = os.waitstatus_to_exitcode(status)
            elif not self.drain():
                time.sleep(0.01)
        return self.status

    def drain(self):
        try:
            readable, _, _ = select.select([self.descriptor], [], [], 0.01)
            return bool(readable and os.read(self.descriptor, 65536))
        except OSError:
            return False

    def close(self):
        if self.status is None:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        os.close(self.descriptor)


def type_screen(terminal, screen):
    """What the screen shows when the lines of `screen` that stand behind a prompt are typed."""
    typed = [line for line in screen.splitlines() if line.startswith(PROMPTS)]
    prompts = [next(one for one in PROMPTS if line.startswith(one)) for line in typed] + [PROMPTS[0]]
    shown = terminal.expect_prompt(prompts[0])
    for at, line in enumerate(typed):
        text = line[len(prompts[at]):]
        terminal.send((text + "\r").encode())
        echo = terminal.expect(text + "\n")
        answer = terminal.expect_prompt(prompts[at + 1]) if echo is not None else None
        shown = (shown or "") + (echo or "") + (answer or "")
        if answer is None:
            return shown + terminal.seen
    return shown.removesuffix(PROMPTS[0])


def differs(wanted, shown):
    pattern = "\n".join(r"(?:.*\n)*?.*" if line == "..." else re.escape(line) for line in wanted.splitlines())
    return re.fullmatch(pattern, "\n".join(shown.splitlines())) is None


def run_steps(terminal, steps):
    for step in steps:
        if "send" in step:
            terminal.send(step["send"].encode() * step.get("repeat", 1))
        elif "bytes" in step:
            terminal.send(bytes.fromhex(step["bytes"]))
        elif "expect" in step:
            if terminal.expect(step["expect"]) is None:
                return f"waited for {step['expect']!r}, and the screen has {terminal.seen[-2000:]!r}"
        elif "signal" in step:
            os.kill(terminal.pid, getattr(signal, step["signal"]))
        elif "gone" in step:
            if terminal.wait() is None:
                return f"it has not ended; the screen has {terminal.seen[-2000:]!r}"
    return ""


def check_after(folder, after):
    for name, wanted in after.items():
        path = folder / name
        if wanted is None and not path.exists():
            continue
        if not path.exists():
            return f"there is no {name}"
        if isinstance(wanted, dict):
            mode = f"{stat.S_IMODE(path.stat().st_mode):04o}"
            if mode != wanted["mode"]:
                return f"{name} has mode {mode}"
        elif path.read_text() != wanted:
            return f"{name} holds {path.read_text()!r}"
    return ""


def run_session(binary, session, files):
    """What went wrong; empty where nothing did."""
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for file, text in {**files, **session.get("files", {})}.items():
            (folder / file).parent.mkdir(parents=True, exist_ok=True)
            (folder / file).write_text(text)
        for link, target in session.get("links", {}).items():
            (folder / link).parent.mkdir(parents=True, exist_ok=True)
            os.mkfifo(folder / link) if target == "|" else (folder / link).symlink_to(target)
        terminal = Terminal(binary, session.get("args", []), folder)
        try:
            if "screen" in session:
                shown = type_screen(terminal, session["screen"])
                if differs(session["screen"], shown):
                    diff = difflib.unified_diff(session["screen"].splitlines(), shown.splitlines(), "wanted", "shown", lineterm="")
                    return "\n  ".join(diff)
                terminal.send(b"\x04")
            elif problem := run_steps(terminal, session["steps"]):
                return problem
            if terminal.wait() != session.get("exit", 0):
                return f"it ended with {terminal.status}"
            return check_after(folder, session.get("after", {}))
        finally:
            terminal.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--binary", required=True, type=pathlib.Path)
    parser.add_argument("--note", default="", help="only sessions whose note holds this")
    parser.add_argument("files", nargs="+", type=pathlib.Path)
    options = parser.parse_args()
    count, failed = 0, 0
    for path in options.files:
        cases = yaml.safe_load(path.read_text(encoding="utf-8"))
        for session in cases["sessions"]:
            if options.note not in session["note"]:
                continue
            count += 1
            if problem := run_session(options.binary.resolve(), session, cases.get("files", {})):
                failed += 1
                print(f"{path.name}: {session['note']}\n  {problem}")
    print(f"{count} sessions, {failed} failed")
    return 1 if failed or not count else 0


if __name__ == "__main__":
    sys.exit(main())
