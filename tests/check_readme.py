#!/usr/bin/env python3
"""Holds README.md to what psdl prints: the block after the quick start is the real output.

    tests/check_readme.py --binary build/release/psdl

In: README.md, the example rule and pod. Out: a diff where they differ, and exit status 1. PSDL_UPDATE_GOLDEN=1 writes the block.
"""

import argparse
import difflib
import os
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
COMMAND = ["eval", "rules/examples/require_nonroot/rule.psdl", "examples/pod.yaml"]
BLOCK = re.compile(r"(<!-- quickstart output begins -->\n```\n)(.*?)(```\n<!-- quickstart output ends -->)", re.S)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--binary", required=True, type=pathlib.Path)
    binary = parser.parse_args().binary.resolve()

    environment = {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C.UTF-8", "NO_COLOR": "1"}
    run = subprocess.run([binary, *COMMAND], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=False)
    if run.returncode != 1:
        print(f"expected exit status 1, got {run.returncode}\n{run.stdout}{run.stderr}")
        return 1
    readme = ROOT / "README.md"
    text = readme.read_text(encoding="utf-8")
    found = BLOCK.search(text)
    if not found:
        print("README.md has no block for the output")
        return 1
    if os.environ.get("PSDL_UPDATE_GOLDEN") == "1":
        readme.write_text(BLOCK.sub(lambda block: block[1] + run.stdout + block[3], text), encoding="utf-8")
        return 0
    if found[2] != run.stdout:
        sys.stdout.writelines(difflib.unified_diff(found[2].splitlines(True), run.stdout.splitlines(True), "README.md", "now"))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
