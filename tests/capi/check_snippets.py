#!/usr/bin/env python3
"""The examples in comments of headers and in pages, compiled as they stand.

    check_snippets.py --compiler cc --cxx c++ ROOT

In: the example at the top of each header of include/psdl/ (lines indented by three spaces or more), and the ```cpp
blocks of docs/embedding.md. Out: what a compiler says of them, at their own lines; exit status 1 then. `..` stands for
what the reader puts there and is left out. What an example takes as given has its type in GIVEN; an example that is not
there is an error, and so is a row without one.
"""

import argparse
import pathlib
import re
import subprocess
import sys
import tempfile

TEXT = "std::string_view {}".format
EACH = "const std::function<bool(const psdl::Verdict&)>& each"
JSON = f"const nlohmann::json& document, psdl::Evaluator& evaluator, const psdl::Query& query, {EACH}"
GIVEN = {
    "include/psdl/psdl.h": ["const char *json, size_t json_len"],
    "include/psdl/psdl.hpp": [f"{TEXT('text')}, {TEXT('bytes')}"],
    "include/psdl/json.hpp": [JSON],
    "include/psdl/vm.hpp": [TEXT("image")],
    "include/psdl/standards.hpp": ["psdl::DiagnosticList& problems"],
    "include/psdl/gatekeeper.hpp": [
        ", ".join(map(TEXT, ("template_text", "constraint_text", "admission_review_json")))],
    "include/psdl/tools/debugger.hpp": ["const psdl::Policy& policy, const psdl::Query& query"],
    "include/psdl/tools/tests.hpp": [
        "const psdl::Policy& policy, const psdl::tools::TestOptions& options, psdl::DiagnosticList& problems"],
    "include/psdl/tools/why.hpp": [f"const psdl::Policy& policy, {TEXT('bytes')}"],
    "docs/embedding.md": [JSON, TEXT("image")],
}
NO_CODE = {"include/psdl/level_file.hpp"}  # its example is YAML


def examples_of_header(path):
    """(line, code) of the one at the top, where there is one."""
    found = []
    for number, line in enumerate(path.read_text().splitlines(), 1):
        if line.startswith(("#pragma once", "#ifndef")):
            break
        match = re.match(r"(?://| \*) {3,}(\S.*)", line)
        # A paragraph's second line is indented too, in psdl.h: code is deeper, or ends as code does.
        if match and (path.suffix != ".h" or line.startswith(" *     ") and not line.startswith(" *      ")):
            found.append((number, match.group(1)))
    if not found:
        return []
    lines = {number: text for number, text in found}
    return [(found[0][0], "\n".join(lines.get(n, "") for n in range(found[0][0], found[-1][0] + 1)))]


def examples_of_page(path):
    text = path.read_text()
    blocks = re.finditer(r"```cpp\n(.*?)```", text, re.S)
    return [(text.count("\n", 0, block.start(1)) + 1, block.group(1)) for block in blocks]


def without_dots(code):
    code = re.sub(r"\) \.\.(?=\s|$)", ") {}", code)  # what an `if` does
    return re.sub(r" \.\. ", " ", code)


def program(root, pieces, prelude):
    out = prelude
    for count, (name, line, given, code) in enumerate(pieces):
        out += f"\nvoid example_{count}({given});\nvoid example_{count}({given}) {{\n"
        out += f'#line {line} "{root / name}"\n{without_dots(code)}\n}}\n'
    return out


def compiled(command, text, suffix):
    with tempfile.TemporaryDirectory() as folder:
        source = pathlib.Path(folder, "snippets" + suffix)
        source.write_text(text)
        run = subprocess.run([*command, "-fsyntax-only", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-Wno-unused",
                              str(source)], capture_output=True, text=True, check=False)
    sys.stdout.write(run.stderr)
    return run.returncode == 0


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--compiler", required=True)
    parser.add_argument("--cxx", required=True)
    parser.add_argument("root", type=pathlib.Path)
    args = parser.parse_args()
    root = args.root.resolve()

    headers = sorted(root.glob("include/psdl/**/*.h*"))
    found = {str(path.relative_to(root)): examples_of_header(path) for path in headers}
    found["docs/embedding.md"] = examples_of_page(root / "docs" / "embedding.md")
    is_well = True
    for name in sorted(set(found) | set(GIVEN)):
        if name not in NO_CODE and len(found.get(name, [])) != len(GIVEN.get(name, [])):
            print(f"{name}: {len(found.get(name, []))} examples, and GIVEN has {len(GIVEN.get(name, []))}")
            is_well = False
    c, cpp = [], []
    for name, given in GIVEN.items():
        for (line, code), parameters in zip(found.get(name, []), given):
            (c if name.endswith(".h") else cpp).append((name, line, parameters, code))
    include = f"-I{root / 'include'}"
    names = [str(path.relative_to(root / "include")) for path in headers]
    prelude = "".join(f"#include <{name}>\n" for name in ["functional", "string", "string_view", *names])
    is_well &= compiled([args.cxx, "-std=c++20", include], program(root, cpp, prelude), ".cpp")
    is_well &= compiled([args.compiler, "-std=c11", include], program(root, c, "#include <psdl/psdl.h>\n"), ".c")
    print(f"{len(c) + len(cpp)} examples")
    return 0 if is_well else 1


if __name__ == "__main__":
    sys.exit(main())
