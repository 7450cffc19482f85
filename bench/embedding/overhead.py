"""What psdl.h costs over psdl.hpp, in machine instructions of one document.

    python3 bench/embedding/overhead.py [--level NAME] FILE..

In: psdl_embedding of the release build, JSON files. Out: a table, by callgrind: one call against the core, and a document
of a batch against the core without places. Exit status: 0; 2 where nothing could be counted.
"""

import argparse
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from processes import BUILD, Failed, instructions, per_operation, table  # noqa: E402

OPERATIONS = 64
BATCH = 64  # documents of one operation of the batch cases


def cost(case, words):
    def count(n):
        return instructions([BUILD / "psdl_embedding", *words, "--case", case, "--once", n])

    # The batch cases do so many documents at once.
    return per_operation(count, OPERATIONS) / BATCH if "batch" in case else per_operation(count, OPERATIONS)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--level", help="a level of the pod standards instead of one rule that holds for nothing")
    parser.add_argument("files", nargs="+", type=pathlib.Path)
    words = parser.parse_args()
    setting = (["--level", words.level] if words.level else []) + [path.resolve() for path in words.files]
    rows = []
    try:
        for of, core in (("call", "core"), ("batch", "core_batch")):
            below, above = cost(core, setting), cost(of, setting)
            rows.append([of, f"{below:,.0f}", f"{above:,.0f}", f"{above - below:+,.0f}", f"{100 * (above / below - 1):+.1f} %"])
    except Failed as failure:
        print(f"overhead: {failure}", file=sys.stderr)
        return 2
    print(table(["instructions", "core", "psdl.h", "more", ""], rows))
    return 0


if __name__ == "__main__":
    sys.exit(main())
