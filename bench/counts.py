"""Machine instructions of what PSDL does all day, kept in bench/baseline.json.

    scripts/bench --compare            what moved by more than 3 % since the baseline was written
    scripts/bench --update-baseline    writes it
    .. [--only A,B]                    some workloads; --update-baseline keeps the other rows then

In: psdl_bench, psdl and the workloads of ../shared/peers. Out: a row for each workload and mode (eval, bytes, yaml: as in
docs/performance.md), and one for each whole process. Exit status: 0; 1 where --compare finds a row that got worse by more
than 3 % or is gone; 2 where nothing could be counted, or where --update-baseline would lose a row.
"""

import argparse
import json
import pathlib
import subprocess
import sys

from processes import BUILD, PEERS, REPOSITORY, Failed, instructions, per_operation, table

BASELINE = REPOSITORY / "bench" / "baseline.json"
WORKLOADS = PEERS / "workloads" / "rego"
PODS = PEERS / "workloads" / "pods"
MODES = ("eval", "bytes", "yaml")
OPERATIONS = 8
TOLERANCE = 0.03
RULE = "rules/examples/require_nonroot/rule.psdl"
# Whole processes, from the repository's folder. Exit code 1: there are findings.
PROCESSES = {
    "version": ["version"],
    "check": ["check", RULE],
    "eval": ["eval", RULE, "examples/pod.yaml"],
    "eval-query": ["eval", RULE, "examples/pod.yaml", "-q", "data.examples.require_nonroot.deny"],
    "eval-rules": ["eval", "rules/examples", "examples/pod.yaml"],
}


def operation_counts(row, mode, *words):
    """(row, instructions or Failed) of one operation of psdl_bench in this mode."""

    def count(n):
        return instructions([BUILD / "psdl_bench", *words, "--mode", mode, "--once", n])

    return f"{mode}/{row}", attempt(lambda: per_operation(count, OPERATIONS))


def workload_counts(only):
    """A row for each workload and mode."""
    for folder in sorted(WORKLOADS.iterdir()):
        if not (folder / "policy.rego").exists() or (only and folder.name not in only):
            continue
        for mode in MODES:
            if mode == "yaml" and not (folder / "input.yaml").exists():
                continue
            yield operation_counts(folder.name, mode, "--workloads", WORKLOADS, "--only", folder.name)


def pod_counts(only):
    """The same for each pod that the Pod Security rules judge."""
    for answer in sorted(PODS.glob("*.expected.json")):
        pod = answer.name.removesuffix(".expected.json")
        if only and f"pods_{pod}" not in only:
            continue
        for mode in MODES:
            yield operation_counts(f"pods_{pod}", mode, "--pods", "--workloads", PODS, "--only", pod)


def process_counts(only):
    for name, words in PROCESSES.items():
        if not only or name in only:
            yield f"process/{name}", attempt(
                lambda: instructions([BUILD / "psdl", *words], allowed_exits=(0, 1), cwd=REPOSITORY)
            )


def attempt(measure):
    try:
        return measure()
    except Failed as failure:
        return failure


def measure_all(only):
    """Rows with their counts, and how many rows gave none."""
    counts, failures = {}, 0
    for source in (workload_counts, pod_counts, process_counts):
        for row, count in source(only):
            print(f"{row:40} {count}", file=sys.stderr, flush=True)
            if isinstance(count, Failed):
                failures += 1
            else:
                counts[row] = count
    return counts, failures


def tools():
    """What the counts depend on beside the sources."""
    said = [
        subprocess.run(words, text=True, capture_output=True).stdout.splitlines()
        for words in (["valgrind", "--version"], ["c++", "--version"])
    ]
    return [lines[0] if lines else "unknown" for lines in said]


def changes(old, new, tolerance=TOLERANCE):
    """(row, before, after, share) for each row that moved by more than the tolerance, worst first, and what one side lacks.

    The share is None for those.
    """
    moved = [(row, old[row], new[row], new[row] / old[row] - 1) for row in old if row in new]
    moved = sorted(
        (change for change in moved if abs(change[2] - change[1]) > tolerance * change[1]),
        key=lambda change: -change[3],
    )
    gone = [(row, old[row], None, None) for row in old if row not in new]
    added = [(row, None, new[row], None) for row in new if row not in old]
    return moved + gone + added


def is_worse(change):
    _, _, after, share = change
    return after is None or (share is not None and share > 0)


def change_row(change):
    row, before, after, share = change
    word = "gone" if after is None else "new" if before is None else f"{share:+.1%}"
    return [row, "" if before is None else f"{before:,}", "" if after is None else f"{after:,}", word]


def compare(counts, only):
    if not BASELINE.exists():
        print("bench: no bench/baseline.json; scripts/bench --update-baseline writes one", file=sys.stderr)
        return 2
    kept = json.loads(BASELINE.read_text())
    if kept["tools"] != tools():
        print(
            f"The baseline was made with {', '.join(kept['tools'])}; here are {', '.join(tools())}: small differences mean nothing.\n"
        )
    old = {row: count for row, count in kept["instructions"].items() if not only or row.split("/")[1] in only}
    found = changes(old, counts)
    if found:
        print(table(["instructions", "before", "after", "change"], [change_row(change) for change in found]))
    worse = sum(map(is_worse, found))
    print(
        f"\n{len(counts)} rows measured, {len(found)} moved by more than {TOLERANCE:.0%}, {worse} of them got worse or are gone"
    )
    return 1 if worse else 0


def update(counts, only):
    kept = json.loads(BASELINE.read_text())["instructions"] if only and BASELINE.exists() else {}
    document = {
        "about": "machine instructions of one operation (of one start, for process/..), by callgrind; written by scripts/bench --update-baseline",
        "tools": tools(),
        "instructions": dict(sorted({**kept, **counts}.items())),
    }
    BASELINE.write_text(json.dumps(document, indent=2) + "\n")
    print(f"{len(counts)} rows written to {BASELINE.relative_to(REPOSITORY)}")
    return 0


def main():
    parser = argparse.ArgumentParser(
        prog="scripts/bench", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    action = parser.add_mutually_exclusive_group(required=True)
    action.add_argument("--compare", action="store_true")
    action.add_argument("--update-baseline", action="store_true")
    parser.add_argument("--only", default="", help="workloads and processes, separated by commas")
    args = parser.parse_args()
    only = {name for name in args.only.split(",") if name}
    if not WORKLOADS.is_dir():
        print(f"bench: no workloads at {pathlib.Path('../shared/peers')}", file=sys.stderr)
        return 2
    counts, failures = measure_all(only)
    if not counts or (failures and args.update_baseline):
        print(f"bench: {failures} rows could not be counted", file=sys.stderr)
        return 2
    return compare(counts, only) if args.compare else update(counts, only)


if __name__ == "__main__":
    sys.exit(main())
