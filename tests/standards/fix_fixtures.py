#!/usr/bin/env python3
"""Counts on how many failing pods of a corpus `psdl fix --write` removes the finding.

    tests/standards/fix_fixtures.py --binary build/release/psdl [CORPUS]

In: CORPUS/LEVEL/VERSION/fail.yaml (default: ../shared/pss/fixtures beside the repository), a document a pod that fails
one check. Each is written as block and flow YAML and as compact and indented JSON, mended with the rules of its level and
version, and judged again. Out: for each check and form how many are clean, of how many; exit status 1 where a rule of
FIXED leaves one, where a file that is left differs from what it was, or where JSON on one line
is on several afterwards; 77 and `not run: no corpus` where there is none.
"""

import argparse
import collections
import json
import pathlib
import re
import subprocess
import sys
import tempfile

import yaml

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]

# What is always mended, by the names of the pods without their numbers.
FIXED = {
    "allowprivilegeescalation",
    "capabilities_baseline",
    "capabilities_restricted",
    "hostnamespaces",
    "privileged",
    "runasnonroot",
    "seccompprofile_baseline",
    "seccompprofile_restricted",
}
FORMS = {
    "block YAML": (".yaml", lambda pod: yaml.safe_dump(pod, sort_keys=False)),
    "flow YAML": (".yaml", lambda pod: yaml.safe_dump(pod, sort_keys=False, default_flow_style=True)),
    "JSON": (".json", lambda pod: json.dumps(pod, separators=(",", ":"))),
    "indented JSON": (".json", lambda pod: json.dumps(pod, indent=2) + "\n"),
}


def pods(path):
    for pod in yaml.safe_load_all(path.read_text(encoding="utf-8")):
        if pod is not None:
            yield pod


def check_of(pod):
    return re.sub(r"\d+$", "", pod["metadata"]["name"]).rstrip("_")


def fix(binary, level, version, folder, write):
    command = [binary, "fix", "--level", level, "--kube-version", version, "--quiet", *(["--write"] if write else []), folder]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode not in (0, 1):
        raise SystemExit(f"{' '.join(map(str, command))}: exit code {done.returncode}\n{done.stderr}")
    return done


def run(binary, level, version, form, all_pods, counts):
    """Lines on what is wrong."""
    suffix, write = FORMS[form]
    wrong = []
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        files = {}
        for number, pod in enumerate(all_pods):
            path = folder / f"{number:04}{suffix}"
            path.write_text(write(pod), encoding="utf-8")
            files[path.name] = (check_of(pod), path.read_bytes())
        fix(binary, level, version, folder, write=True)
        left = fix(binary, level, version, folder, write=False)
        if left.stdout:
            wrong.append(f"{level} {version} {form}: a second run would change more:\n{left.stdout}")
        unclean = {pathlib.Path(line.split(":")[0]).name for line in left.stderr.splitlines() if "(not fixed: " in line}
        for file, (check, before) in files.items():
            after = (folder / file).read_bytes()
            counts[check][form][0] += file not in unclean
            counts[check][form][1] += 1
            if file in unclean and check in FIXED:
                wrong.append(f"{level} {version} {form}: {check} is left:\n{after.decode()}")
            if file in unclean and after != before:
                wrong.append(f"{level} {version} {form}: {check}: half mended:\n{after.decode()}")
            if form == "JSON" and b"\n" in after:
                wrong.append(f"{level} {version} {form}: {check}: another form:\n{after.decode()}")
    return wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--binary", required=True)
    parser.add_argument("--newest", action="store_true", help="only the newest version of each level")
    parser.add_argument("corpus", nargs="?", default=REPOSITORY.parent / "shared/pss/fixtures", type=pathlib.Path)
    options = parser.parse_args()
    files = sorted(options.corpus.glob("*/*/fail.yaml"), key=lambda path: int(path.parent.name.removeprefix("v1.")))
    if not files:
        print("not run: no corpus")
        return 77
    if options.newest:
        files = [max((one for one in files if one.parts[-3] == level), key=files.index) for level in ("baseline", "restricted")]

    counts = collections.defaultdict(lambda: collections.defaultdict(lambda: [0, 0]))
    wrong = []
    for path in files:
        all_pods = list(pods(path))
        for form in FORMS:
            wrong += run(options.binary, path.parts[-3], path.parts[-2], form, all_pods, counts)
    total = {form: [0, 0] for form in FORMS}
    print(f"{'':28}" + "".join(f"{form:>16}" for form in FORMS))
    for check in sorted(counts):
        print(f"{check:28}" + "".join("{:>16}".format("{} of {}".format(*counts[check][form])) for form in FORMS))
        for form in FORMS:
            total[form] = [a + b for a, b in zip(total[form], counts[check][form])]
    print(f"{'all':28}" + "".join("{:>16}".format("{} of {}".format(*total[form])) for form in FORMS))
    for line in wrong[:5]:
        print(line)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
