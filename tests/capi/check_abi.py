#!/usr/bin/env python3
"""The ABI of psdl.h against the file that is committed.

    check_abi.py --header psdl.h --library libpsdl.so --compiler cc --nm nm abi.txt

In: the header, the shared library. Out: where they differ from abi.txt, which has a line for each symbol that the library
shows, each declaration of a function, each enumerator with its value, and each struct with its fields, their offsets and
sizes; exit status 1 then. A symbol without a declaration, or a declaration without a symbol, is told too. What may be added
without a new PSDL_ABI_VERSION, and what may not, is for the one who reads the difference. PSDL_UPDATE_GOLDEN=1 rewrites.
"""

import argparse
import difflib
import os
import pathlib
import re
import subprocess
import sys
import tempfile


def without_comments(text):
    return re.sub(r"/\*.*?\*/", " ", text, flags=re.S)


def functions(text):
    found = {}
    for declaration in re.findall(r"PSDL_API (.*?) PSDL_NOEXCEPT;", text, flags=re.S):
        one_line = " ".join(declaration.split())
        found[re.search(r"(psdl_\w+)\(", one_line).group(1)] = one_line
    return found


def enumerators(text):
    names = []
    for body in re.findall(r"\benum \{(.*?)\};", text, flags=re.S):
        names += re.findall(r"\b(PSDL_\w+) =", body)
    return names


def structs(text):
    found = {}
    for name, body in re.findall(r"typedef struct (psdl_\w+) \{(.*?)\n\} \1;", text, flags=re.S):
        fields = []
        for line in body.split(";"):
            line = " ".join(line.split())
            if not line:
                continue
            pointer = re.search(r"\(\*(\w+)\)", line)
            array = re.search(r"(\w+)\[\w+\]$", line)
            fields.append(pointer.group(1) if pointer else array.group(1) if array else line.split()[-1].lstrip("*"))
        found[name] = fields
    return found


def measured(args, text):
    """Lines that a program prints which the compiler was given the header for."""
    lines = ['#include <stdio.h>', f'#include "{pathlib.Path(args.header).resolve()}"', "int main(void) {"]
    lines.append('printf("abi version %u\\n", PSDL_ABI_VERSION);')
    for name in enumerators(text):
        lines.append(f'printf("enumerator {name} %d\\n", (int){name});')
    for typedef in re.findall(r"typedef int32_t (psdl_\w+);", text):
        lines.append(f'printf("type {typedef} %zu\\n", sizeof({typedef}));')
    for name, fields in structs(text).items():
        lines.append(f'printf("struct {name} %zu, aligned %zu\\n", sizeof({name}), _Alignof({name}));')
        for field in fields:
            lines.append(f'printf("  {field} at %zu, %zu bytes\\n", offsetof({name}, {field}), sizeof((({name} *)0)->{field}));')
    lines.append("return 0; }")
    with tempfile.TemporaryDirectory() as folder:
        source = pathlib.Path(folder, "layout.c")
        source.write_text("\n".join(lines) + "\n")
        program = pathlib.Path(folder, "layout")
        subprocess.run([args.compiler, "-std=c11", str(source), "-o", str(program)], check=True)
        return subprocess.run([str(program)], check=True, capture_output=True, text=True).stdout.splitlines()


def symbols(args):
    listing = subprocess.run([args.nm, "-D", "--defined-only", args.library], check=True, capture_output=True, text=True).stdout
    return sorted(line.split()[-1] for line in listing.splitlines())


def main():
    parser = argparse.ArgumentParser()
    for name in ["--header", "--library", "--compiler", "--nm"]:
        parser.add_argument(name, required=True)
    parser.add_argument("wanted")
    args = parser.parse_args()

    text = without_comments(pathlib.Path(args.header).read_text())
    declared = functions(text)
    shown = symbols(args)
    problems = [f"{name} is declared and not in the library" for name in sorted(set(declared) - set(shown))]
    problems += [f"{name} is in the library and not declared" for name in sorted(set(shown) - set(declared))]

    got = measured(args, text) + [f"function {declared[name]}" for name in sorted(declared)]
    path = pathlib.Path(args.wanted)
    if os.environ.get("PSDL_UPDATE_GOLDEN") and not problems:
        path.write_text("\n".join(got) + "\n")
    wanted = path.read_text().splitlines() if path.exists() else []
    problems += difflib.unified_diff(wanted, got, path.name, "now", lineterm="", n=1)
    print("\n".join(problems))
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
