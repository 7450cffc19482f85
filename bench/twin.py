"""What an evaluation costs beside the twin, the copy of the VM's loop that traces, watches and stops.

    python3 bench/twin.py [--only A,B]

In: psdl_bench, psdl_bench_alone (the same program, its VM compiled without the twin) and the workloads of
../shared/peers. Out: machine instructions of one evaluation in each, by callgrind. Exit status: 0 where none costs more
beside the twin; 1 where one does; 2 where nothing could be counted.
"""

import argparse
import sys

from processes import BUILD, PEERS, Failed, instructions, per_operation, table

WORKLOADS = PEERS / "workloads" / "rego"
OPERATIONS = 8


def cost(program, workload):
    def count(n):
        words = ["--workloads", WORKLOADS, "--only", workload, "--mode", "eval", "--once", n]
        return instructions([BUILD / program, *words])

    return per_operation(count, OPERATIONS)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--only", default="", help="workloads, separated by commas")
    only = {name for name in parser.parse_args().only.split(",") if name}
    if not WORKLOADS.is_dir():
        print("twin: no workloads at ../shared/peers", file=sys.stderr)
        return 2
    rows, worse = [], 0
    for folder in sorted(WORKLOADS.iterdir()):
        if not (folder / "policy.rego").exists() or (only and folder.name not in only):
            continue
        try:
            alone, beside = cost("psdl_bench_alone", folder.name), cost("psdl_bench", folder.name)
        except Failed as failure:
            print(f"{folder.name}: {failure}", file=sys.stderr)
            return 2
        worse += beside > alone
        rows.append([folder.name, f"{alone:,}", f"{beside:,}", f"{beside - alone:+,}"])
    print(table(["instructions", "alone", "beside the twin", "more"], rows))
    return (1 if worse else 0) if rows else 2


if __name__ == "__main__":
    sys.exit(main())
