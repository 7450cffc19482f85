"""How `psdl scan` grows with files, with findings and with threads.

    python3 bench/scan.py [--files N] [--rounds R] [--pods DIR]

In: psdl, psdl_launch, and the pods of ../shared/peers (--pods names another folder with compliant.yaml and
violating.yaml). Out: wall time and peak memory of a scan at restricted, of N files and of a tenth of them, by one thread
and by two; least of R rounds, in which the commands take turns. Exit status: 0; 1 where a file costs more or memory
grows with their number, or where two threads gain less than 1.8 while two processes gain more than that; 2 where nothing
could be measured.
"""

import argparse
import pathlib
import re
import subprocess
import sys
import tempfile
import time

from processes import BUILD, PEERS, Failed, launch, table

LEAST_GAIN = 1.8
MOST_GROWTH = 1.25  # of the time and the memory that a file costs, from a tenth of the files to all


def write_pods(folder, text, first, count):
    name = re.search(r"^  name: (\S+)$", text, re.MULTILINE).group(1)
    folder.mkdir()
    for i in range(first, first + count):
        (folder / f"pod{i:06}.yaml").write_text(text.replace(name, f"{name}-{i}"))


def command(folder, threads):
    return [BUILD / "psdl", "scan", "--level", "restricted", "-j", threads, folder]


def once(folder, threads):
    return launch(command(folder, threads), 1, (0, 1))


def seconds_of_two(folders):
    """Two processes at once: what the machine's second processor can give."""
    started = time.perf_counter()
    running = [
        subprocess.Popen(list(map(str, command(one, 1))), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for one in folders
    ]
    if any(process.wait() not in (0, 1) for process in running):
        raise Failed("one of two scans at once failed")
    return time.perf_counter() - started


def measure(pod, text, files, rounds, into):
    write_pods(into / "all", text, 0, files)
    write_pods(into / "tenth", text, 0, files // 10)
    halves = [into / "half0", into / "half1"]
    for i, half in enumerate(halves):
        write_pods(half, text, i * (files // 2), files // 2)
    ones, twos, tenths, pairs = [], [], [], []
    for _ in range(rounds):
        ones.append(once(into / "all", 1))
        twos.append(once(into / "all", 2))
        tenths.append(once(into / "tenth", 1))
        pairs.append(seconds_of_two(halves))
    one, two, tenth = (min(run.fastest_ms for run in runs) for runs in (ones, twos, tenths))
    peak_one, peak_two, peak_tenth = (max(run.peak_mb for run in runs) for runs in (ones, twos, tenths))
    row = [pod, f"{tenth:.0f} ms", f"{one:.0f} ms", f"{two:.0f} ms", f"{one / two:.2f}x", f"{one / 1e3 / min(pairs):.2f}x"]
    row += [f"{peak_tenth:.1f} MB", f"{peak_one:.1f} MB", f"{peak_two:.1f} MB"]
    wrong = []
    if one > 10 * tenth * MOST_GROWTH:
        wrong.append(f"{pod}: ten times the files take {one / tenth:.1f} times as long")
    if peak_one > peak_tenth * MOST_GROWTH:
        wrong.append(f"{pod}: memory grows with the files, from {peak_tenth:.1f} to {peak_one:.1f} MB")
    if one / two < LEAST_GAIN <= one / 1e3 / min(pairs):
        wrong.append(f"{pod}: two threads gain {one / two:.2f}, less than {LEAST_GAIN}")
    return row, wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--files", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--pods", type=pathlib.Path, default=PEERS / "workloads" / "pods")
    words = parser.parse_args()
    if words.files < 20 or words.rounds < 1:
        parser.error("at least 20 files and one round")
    rows, wrong = [], []
    try:
        for pod in ("compliant", "violating"):
            text = (words.pods / f"{pod}.yaml").read_text()
            with tempfile.TemporaryDirectory() as folder:
                row, faults = measure(pod, text, words.files, words.rounds, pathlib.Path(folder))
            rows.append(row)
            wrong += faults
    except (OSError, Failed) as failure:
        print(f"scan: {failure}", file=sys.stderr)
        return 2
    head = ["pods", f"{words.files // 10:,} files", f"{words.files:,}", "-j 2", "gain", "two processes gain"]
    print(table(head + ["peak", "peak", "peak, -j 2"], rows))
    for fault in wrong:
        print(fault)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
