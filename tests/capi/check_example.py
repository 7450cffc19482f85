#!/usr/bin/env python3
"""The program in docs/embedding.md, built and run.

    check_example.py --compiler cc --include include --library libpsdl.so PAGE

In: the first ```c block of the page and the ```text block behind it. Out: what the program prints, where that is not what
the page says; exit status 1 then.
"""

import argparse
import pathlib
import re
import subprocess
import sys
import tempfile


def main():
    parser = argparse.ArgumentParser()
    for name in ["--compiler", "--include", "--library"]:
        parser.add_argument(name, required=True)
    parser.add_argument("page")
    args = parser.parse_args()

    page = pathlib.Path(args.page).read_text()
    program, wanted = re.search(r"```c\n(.*?)```.*?```text\n(.*?)```", page, flags=re.S).groups()
    library = pathlib.Path(args.library)
    with tempfile.TemporaryDirectory() as folder:
        source = pathlib.Path(folder, "first.c")
        source.write_text(program)
        binary = pathlib.Path(folder, "first")
        subprocess.run([args.compiler, "-std=c11", "-Wall", "-Wextra", "-Wpedantic", "-Werror", f"-I{args.include}", str(source),
                        str(library), f"-Wl,-rpath,{library.parent}", "-o", str(binary)], check=True)
        run = subprocess.run([str(binary)], capture_output=True, text=True)
    if run.returncode == 0 and run.stdout == wanted and not run.stderr:
        return 0
    print(f"exit status {run.returncode}\n{run.stderr}{run.stdout}instead of\n{wanted}")
    return 1


if __name__ == "__main__":
    sys.exit(main())
