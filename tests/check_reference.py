"""A committed reference page against what the binary prints. In: a page's name and its file; out: exit 1 where a byte differs."""

import argparse
import os
import pathlib
import subprocess
import sys


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--binary", required=True)
    parser.add_argument("page")
    parser.add_argument("file", type=pathlib.Path)
    arguments = parser.parse_args()
    printed = subprocess.run([arguments.binary, "doc", arguments.page], check=True, stdout=subprocess.PIPE).stdout
    if os.environ.get("PSDL_UPDATE_GOLDEN"):
        arguments.file.parent.mkdir(parents=True, exist_ok=True)
        arguments.file.write_bytes(printed)
        return 0
    if arguments.file.exists() and arguments.file.read_bytes() == printed:
        return 0
    print(f"{arguments.file} is not what `psdl doc {arguments.page}` prints; PSDL_UPDATE_GOLDEN=1 ctest rewrites it", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
