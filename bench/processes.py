"""Whole processes, counted and timed. In: a command; out: machine instructions, or wall time and peak memory.

Instructions are callgrind's: no other work on the machine disturbs them, and with one valgrind, one compiler and one set
of libraries they are the same each time, but for some hundreds.
"""

import dataclasses
import json
import os
import pathlib
import re
import shutil
import statistics
import subprocess

REPOSITORY = pathlib.Path(__file__).resolve().parent.parent
BUILD = pathlib.Path(os.environ.get("PSDL_BUILD") or REPOSITORY / "build" / "release").resolve()
PEERS = REPOSITORY.parent / "shared" / "peers"
COLLECTED = re.compile(r"Collected : (\d+)")
# An environment of a fixed size: the loader walks it, and it moves the stack.
ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LC_ALL": "C"}


class Failed(Exception):
    """Why a command gave no figure."""


@dataclasses.dataclass
class Run:
    wall_ms: float  # median of the runs
    fastest_ms: float
    processor_ms: float  # median; other work on the machine is not in it
    peak_mb: float  # the largest; 10^6 bytes


def instructions(command, allowed_exits=(0,), cwd=None):
    """Machine instructions of a whole process."""
    if shutil.which("valgrind") is None:
        raise Failed("valgrind is not installed")
    words = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", *map(str, command)]
    done = subprocess.run(
        words,
        cwd=cwd,
        env=ENVIRONMENT,
        text=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    found = COLLECTED.search(done.stderr)
    if done.returncode not in allowed_exits or found is None:
        raise Failed(f"exit code {done.returncode}: {last_words(done.stderr)}")
    return int(found.group(1))


def last_words(errors):
    """What the program itself said, in one line: valgrind's lines begin with ==."""
    own = [line.strip() for line in errors.splitlines() if line.strip() and not line.startswith("==")]
    return " ".join(own)[:200] or "no message"


def per_operation(count, n):
    """Instructions of one operation: those of 2n operations less those of n, so that what a start costs is in neither.

    `count` gives the instructions of a process that does so many operations.
    """
    return round((count(2 * n) - count(n)) / n)


def launch(command, runs, allowed_exits=(0,)):
    """Wall time and peak memory; the first run fills the page cache and is not counted."""
    done = subprocess.run(
        [str(BUILD / "psdl_launch"), str(runs + 1), *map(str, command)],
        text=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    if done.returncode != 0:
        raise Failed(last_words(done.stderr))
    measured = json.loads(done.stdout)["runs"]
    exits = {run["exit"] for run in measured}
    if not exits <= set(allowed_exits):
        raise Failed(f"exit codes {sorted(exits)}: {last_words(done.stderr)}")
    measured = measured[1:] if runs > 0 else measured
    walls = [run["wall_ns"] for run in measured]
    processor = statistics.median(run["processor_ns"] for run in measured)
    return Run(
        statistics.median(walls) / 1e6,
        min(walls) / 1e6,
        processor / 1e6,
        max(run["peak_kib"] for run in measured) * 1024 / 1e6,
    )


def table(head, rows):
    """A Markdown table; all columns but the first are numbers."""
    lines = ["| " + " | ".join(head) + " |", "|---" + "|---:" * (len(head) - 1) + "|"]
    return "\n".join(lines + ["| " + " | ".join(map(str, row)) + " |" for row in rows])
