#!/usr/bin/env python3
"""Asks that `psdl check` has nothing to say of rules that are meant to be right.

    tests/check/no_alarm.py --binary build/release/psdl rules examples
    tests/check/no_alarm.py --binary build/release/psdl ../shared/gatekeeper/library

In: folders. Each rule file in them (.psdl, .rego) is checked by itself, and so is the Rego of each Gatekeeper template in
a template.yaml, together with its libraries. Out: what was said of each, and how many were checked; exit status 1 if
anything was said, or if there was nothing to check.
"""

import argparse
import pathlib
import subprocess
import sys
import tempfile

import yaml


def texts_of(template):
    """The Rego of a template: a list of texts for each target that has some."""
    for target in template["spec"]["targets"]:
        if target.get("rego"):
            yield [target["rego"], *(target.get("libs") or [])]
        for code in target.get("code") or []:
            if code.get("engine") == "Rego":
                yield [code["source"]["rego"], *(code["source"].get("libs") or [])]


def groups(folder):
    """What is checked together: a name, and the files by name."""
    for path in sorted(folder.rglob("*")):
        if path.suffix in (".psdl", ".rego") and path.is_file():
            yield str(path), {path.name: path.read_text(encoding="utf-8")}
        elif path.name == "template.yaml":
            for template in yaml.safe_load_all(path.read_text(encoding="utf-8")):
                for texts in texts_of(template):
                    yield str(path), {f"{number}.rego": text for number, text in enumerate(texts)}


def said_of(binary, files, dialect):
    with tempfile.TemporaryDirectory() as folder:
        for name, text in files.items():
            pathlib.Path(folder, name).write_text(text, encoding="utf-8")
        done = subprocess.run([binary, "check", *dialect, "."], cwd=folder, capture_output=True, text=True, timeout=60, check=False)
    return done.stderr + done.stdout


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--binary", required=True)
    parser.add_argument("folders", nargs="+", type=pathlib.Path)
    options = parser.parse_args()
    binary = str(pathlib.Path(options.binary).resolve())
    checked, alarms = 0, 0
    for folder in options.folders:
        for name, files in groups(folder):
            # A template's Rego may be of either version.
            said = said_of(binary, files, [])
            if "rego_parse_error" in said:
                said = said_of(binary, files, ["--v0-compatible"])
            checked += 1
            if said:
                alarms += 1
                print(f"{name}:\n{said}")
    print(f"{checked} policies checked, {alarms} of them with something said")
    return 1 if alarms or not checked else 0


if __name__ == "__main__":
    sys.exit(main())
