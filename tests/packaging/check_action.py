#!/usr/bin/env python3
"""Runs the steps of action.yml as the runner of GitHub Actions does, and checks the hooks of pre-commit.

    tests/packaging/check_action.py --binary build/release/psdl

In: action.yml, .pre-commit-hooks.yaml. Out: what differs from what is expected; exit status 1 if anything does. The step that
builds psdl with docker is not taken: psdl is there.
"""

import argparse
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

import yaml

SOURCE = pathlib.Path(__file__).resolve().parents[2]
BAD = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  hostNetwork: true\n  containers: [{name: c, image: i}]\n"
GOOD = BAD.replace("  hostNetwork: true\n", "")
CASES = [
    # inputs, exit status, parts of what is printed
    ({"level": "baseline", "paths": "bad.yaml"}, 1, ["::error file=bad.yaml,line=5"]),
    ({"level": "baseline", "paths": "good.yaml"}, 0, []),
    ({"level": "baseline", "paths": "good.yaml\nbad.yaml\n", "fail-on": "never"}, 0, ["::error file=bad.yaml,line=5"]),
    ({"level": "baseline", "paths": "with blank.yaml", "sarif": "out.sarif"}, 1, ["with blank.yaml"]),
    ({"level": "basline", "paths": "good.yaml"}, 2, ["did you mean `baseline`?"]),
    ({"level": "$(touch made)", "paths": "good.yaml"}, 2, []),
    ({"paths": "no-such.yaml"}, 2, []),
    ({"level": "baseline", "paths": "bad.yaml\n--fail-on=never"}, 1, ["::error file=bad.yaml,line=5"]),
    ({"level": "baseline", "paths": "good.yaml\n--output=html=made"}, 2, []),
    ({"packs": "rules", "paths": "good.yaml"}, 1, ["no label team"]),
]
RULE = 'package own\n\ndeny contains "no label team" if not input.metadata.labels.team\n'


def fill(text, values):
    return re.sub(r"\$\{\{ *([^ }]+) *\}\}", lambda match: values[match.group(1)], text)


def run_action(action, inputs, folder, binary):
    """(exit status, what was printed, outputs of the last step)"""
    values = {f"inputs.{name}": inputs.get(name, row["default"]) for name, row in action["inputs"].items()}
    values |= {"github.action_path": str(SOURCE), "runner.temp": str(folder / "temp"), "inputs.psdl": str(binary)}
    printed = ""
    for step in action["runs"]["steps"]:
        file = folder / "github_output"
        file.write_text("")
        environment = {name: fill(text, values) for name, text in step["env"].items()}
        environment |= {"PATH": os.environ["PATH"], "GITHUB_OUTPUT": str(file), "GITHUB_ACTIONS": "true"}
        # As the runner does for `shell: bash`.
        done = subprocess.run(["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]], cwd=folder / "work",
                              env=environment, capture_output=True, text=True, check=False)
        printed += done.stdout + done.stderr
        values |= {f"steps.{step['id']}.outputs.{key}": value for key, _, value in (line.partition("=") for line in file.read_text().splitlines())}
        if done.returncode != 0:
            break
    return done.returncode, printed, fill(action["outputs"]["status"]["value"], values)


def check_action(binary, problems):
    action = yaml.safe_load((SOURCE / "action.yml").read_text(encoding="utf-8"))
    for inputs, status, parts in CASES:
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            work = folder / "work"
            (work / "rules").mkdir(parents=True)
            (work / "rules/own.rego").write_text(RULE)
            for file, text in {"bad.yaml": BAD, "good.yaml": GOOD, "with blank.yaml": BAD, "--fail-on=never": GOOD}.items():
                (work / file).write_text(text)
            got, printed, output = run_action(action, inputs, folder, binary)
            if got != status or output != str(status) or not all(part in printed for part in parts):
                problems.append(f"{inputs}: expected {status} and {parts}, got {got}, output {output}\n{printed}")
            if inputs.get("sarif") and not (work / inputs["sarif"]).exists():
                problems.append(f"{inputs}: no SARIF")
            if (work / "made").exists():
                problems.append(f"{inputs}: an input was run as a command, or taken for a flag")


def run_hook(hook, files, binary):
    """(exit status, what was printed) of a hook in a repository of these files."""
    if hook["pass_filenames"]:
        return None, "names of files are passed"
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for file, text in files.items():
            (folder / file).parent.mkdir(exist_ok=True)
            (folder / file).write_text(text)
        # In the container the program stands at /psdl.
        entry = [str(binary) if word in ("psdl", "/psdl") else word for word in hook["entry"].split()]
        arguments = ["--level=baseline"] if "scan" in hook["id"] else []
        done = subprocess.run([*entry, *arguments, *hook["args"]], cwd=folder, capture_output=True, text=True, check=False)
        return done.returncode, done.stdout + done.stderr


def check_hooks(binary, problems):
    """Each hook is run in a repository that is well, and in one that is not."""
    hooks = {hook["id"]: hook for hook in yaml.safe_load((SOURCE / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))}
    good = {"k8s/good.yaml": GOOD, "values.yaml": "a: 1\n", "rules/own.rego": RULE,
            "rules/own_test.rego": "package own_test\n\ntest_it if 1 == 1\n"}
    for hook, bad, status in (
        ("psdl-scan", {"k8s/bad.yaml": BAD}, 1),
        ("psdl-scan-docker", {"k8s/bad.yaml": BAD}, 1),
        ("psdl-check", {"rules/bad.rego": "package a\n\np if x\n"}, 2),
        ("psdl-test", {"rules/bad_test.rego": "package own_test\n\ntest_other if 1 == 2\n"}, 1),
    ):
        for files, expected in ((good, 0), (good | bad, status)):
            got, printed = run_hook(hooks[hook], files, binary)
            if got != expected:
                problems.append(f"{hook} {sorted(files)}: expected {expected}, got {got}\n{printed}")
    if shutil.which("pre-commit"):
        done = subprocess.run(["pre-commit", "validate-manifest", SOURCE / ".pre-commit-hooks.yaml"], capture_output=True, text=True, check=False)
        if done.returncode != 0:
            problems.append(done.stdout + done.stderr)
    else:
        print("not run: pre-commit is not installed")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", required=True, type=pathlib.Path)
    options = parser.parse_args()
    problems = []
    check_action(options.binary.resolve(), problems)
    check_hooks(options.binary.resolve(), problems)
    print("\n".join(problems) if problems else "fine")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
