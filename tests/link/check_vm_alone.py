#!/usr/bin/env python3
"""Makes images with psdl, runs them in the host of the machine alone, and looks for parser and compiler in what it links.

In: the program, the host, its library, nm. Out: what is wrong; exit status 1 if anything is.
"""

import argparse
import pathlib
import re
import subprocess
import tempfile

RULE = """package example
import rego.v2

deny contains msg if {
  some container in input.spec.containers
  not endswith(container.image, ":1.0")
  msg := sprintf("%s: %s", [container.name, container.image])
}

zone := time.clock([0, "Europe/Berlin"])

teams[name] := json.unmarshal(text) if some name, text in data.texts

endless if {
  some a in numbers.range(1, 100000)
  some b in numbers.range(1, 100000)
  a * b == -1
}
"""
POD = '{"kind": "Pod", "spec": {"containers": [{"name": "a", "image": "x:1.0"}, {"name": "b", "image": "y"}]}}'
RULES = "data.example.deny\ndata.example.endless\ndata.example.teams\ndata.example.zone\n"
# rule, document: what the host prints behind the rules, its exit status
CASES = [
    ("data.example.deny", POD, '["b: y"]\n[]\n', 0),
    ("data.example.zone", POD, "[1,0,0]\n[1,0,0]\n", 0),
    ("data.example.teams", POD, "{}\n{}\n", 0),
    ("data.example.nothing", POD, "unknown_rule: the image has no rule `data.example.nothing`\n", 2),
    ("data.example.deny", '{"kind": "Pod",}', None, 2),
    ("data.example.endless", POD, None, 2),
]
# Namespaces of ours and of others that read or compile policies: none of their names may be in it.
FOREIGN = re.compile(r"psdl::(?:ast|plan|stages)::|psdl::Compiler|psdl::(?:parse_module|parse_body|parse_term|compile_query)\\b|tao::")
SEEN = re.compile(r"psdl::Machine::run")


def names_of(nm, path):
    return subprocess.run([nm, "-C", path], capture_output=True, text=True, check=True).stdout


def problems(words):
    for path in (words.host, words.library):
        names = names_of(words.nm, path)
        found = sorted({line.split(" ", 2)[-1][:100] for line in names.splitlines() if FOREIGN.search(line)})
        if found:
            yield f"{path.name} holds {len(found)} names of parser or compiler: {found[:5]}"
        if not SEEN.search(names):
            yield f"{path.name} does not even hold the machine: nm was asked wrongly"
    if not FOREIGN.search(names_of(words.nm, words.binary)):
        yield f"{words.binary.name} holds no parser: the pattern finds nothing"
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        (folder / "rule.rego").write_text(RULE, encoding="utf-8")
        image = folder / "rule.psdlc"
        subprocess.run([words.binary, "build", folder / "rule.rego", "--out", image], check=True, capture_output=True)
        for rule, document, wanted, status in CASES:
            done = subprocess.run([words.host, image, rule], input=document, capture_output=True, text=True, check=False)
            said = done.stdout.removeprefix(RULES)
            is_said = said == wanted if wanted is not None else ": " in said
            if done.returncode != status or said == done.stdout or not is_said:
                yield f"{rule} of {document}: exit status {done.returncode}: {done.stdout!r}"
        (folder / "broken").write_bytes(image.read_bytes()[:-1])
        done = subprocess.run([words.host, folder / "broken", "data.example.deny"], input=POD, capture_output=True, text=True, check=False)
        if done.returncode != 2 or not done.stdout.startswith("image_"):
            yield f"a broken image: exit status {done.returncode}: {done.stdout!r}"


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n", maxsplit=1)[0])
    for name in ("binary", "host", "library"):
        parser.add_argument(f"--{name}", required=True, type=pathlib.Path)
    parser.add_argument("--nm", required=True)
    found = list(problems(parser.parse_args()))
    print("\n".join(found) or "vm alone: fine")
    return 1 if found else 0


if __name__ == "__main__":
    raise SystemExit(main())
