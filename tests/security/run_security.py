#!/usr/bin/env python3
"""Runs abuse cases: one document in many spellings, one rule, one expected end.

    tests/security/run_security.py --binary build/release/psdl tests/security/D*.yaml

In: files as README.md beside this describes them. Out: a line for each case that differs; exit status 1 if there is one.
"""

import argparse
import base64
import codecs
import os
import pathlib
import re
import subprocess
import sys
import tempfile

import pods
import yaml

TIMEOUT_S = 180  # a hang ends here; large documents take a minute under AddressSanitizer
EXIT_CODES = {"allow": 0, "deny": 1, "error": 2}
RULES = pathlib.Path(__file__).parent / "rules"
LINE = re.compile(r"^(?P<at>[^ ]*:\d+:\d+): (?P<severity>error|warning|note)\[(?P<code>[^\]]*)\]: (?P<message>.*)$")
KEYS = {
    "name", "rule", "rule_python", "document", "bytes", "base64", "python", "extension", "edits", "values", "files", "rule_name", "verb", "args",
    "expect", "code", "at", "message", "also", "lines", "stdout_has", "stderr_has", "stdout_lacks", "stderr_lacks", "memory_mib",
}  # fmt: skip
SOURCES = ("document", "bytes", "base64", "python")


class BadCase(Exception):
    """The case itself makes no sense."""


def substituted(tree, value):
    """The tree with $VALUE replaced in all its texts."""
    if isinstance(tree, str):
        return tree.replace("$VALUE", value)
    if isinstance(tree, list):
        return [substituted(item, value) for item in tree]
    if isinstance(tree, dict):
        return {key: substituted(item, value) for key, item in tree.items()}
    return tree


def expanded(path):
    """(name, case) of every run that a file asks for, defaults filled in."""
    top = yaml.safe_load(path.read_text(encoding="utf-8"))
    defaults = {key: value for key, value in top.items() if key not in ("about", "cases")}
    for case in top["cases"]:
        unknown = (defaults.keys() | case.keys()) - KEYS
        if unknown:
            raise BadCase(f"{path.stem}: unknown keys {sorted(unknown)}")
        own = [source for source in SOURCES if source in case]
        # A case that brings its own text has no use for the file's, but for `python`, which may build on it.
        shared = {key: value for key, value in defaults.items() if key not in SOURCES or not own or own == ["python"]}
        merged = {key: value for key, value in {**shared, **case}.items() if value is not None}
        name = f"{path.stem}: {case['name']}"
        if "values" not in merged:
            yield name, merged
            continue
        for value in merged["values"]:
            if not isinstance(value, str):
                raise BadCase(f"{name}: the value {value!r} must be quoted, so that it is a text")
            yield f"{name} ({value})", substituted(merged, value)


def edited(case, text):
    for edit in case.get("edits", []):
        if text.count(edit["replace"]) != 1:
            raise BadCase(f"{edit['replace']!r} stands {text.count(edit['replace'])} times in the document, not once")
        text = text.replace(edit["replace"], edit["with"])
    return text


def document_bytes(case):
    document = edited(case, case["document"]) if "document" in case else ""
    if "python" in case:
        made = eval(case["python"], {**vars(pods), "document": document})  # our own test data
        return made if isinstance(made, bytes) else made.encode()
    if "base64" in case:
        return base64.b64decode(case["base64"])
    if "bytes" in case:
        return codecs.escape_decode(edited(case, case["bytes"]).encode())[0]
    if "document" not in case:
        raise BadCase("no document")
    return document.encode()


def rule_bytes(case):
    if "rule_python" in case:
        made = eval(case["rule_python"], {})  # our own test data
        return made if isinstance(made, bytes) else made.encode()
    return case["rule"].encode() if "\n" in case["rule"] else (RULES / case["rule"]).read_bytes()


def run(case, binary):
    """(exit code, stdout, stderr, MiB) of the case's command; the exit code is 124 where it took too long."""
    verb = case.get("verb", "eval")
    has_rule = verb not in ("scan", "level") or "rule" in case or "rule_python" in case
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        rule_name = case.get("rule_name", "rule.psdl")
        if has_rule:
            (root / rule_name).write_bytes(rule_bytes(case))
        for name, text in case.get("files", {}).items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(text, encoding="utf-8", newline="")
        command = [str(binary), verb, "--error-format", "short", *case.get("args", [])]
        if has_rule:
            command += ["-p", rule_name] if verb == "scan" else [rule_name]
        if verb != "check":
            document = f"case.{case.get('extension', 'yaml')}"
            (root / document).write_bytes(document_bytes(case))
            command.append(document)
        environment = {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C.UTF-8", "NO_COLOR": "1"}
        environment.update({name: value for name, value in os.environ.items() if name.endswith("SAN_OPTIONS")})
        return measured(command, root, environment)


def level_problems(case, binary):
    """What `psdl level --assert` says otherwise than `scan --level`, of cases that ask for nothing but a level."""
    arguments = case.get("args", [])
    flags = dict(zip(arguments[::2], arguments[1::2]))
    if case.get("verb") != "scan" or "rule" in case or "rule_python" in case or "--level" not in flags or set(flags) - {"--level", "--kube-version"}:
        return
    flags["--assert"] = flags.pop("--level")
    code, out, err, _ = run({**case, "verb": "level", "args": [word for pair in flags.items() for word in pair]}, binary)
    if code != EXIT_CODES[case["expect"]]:
        yield f"psdl level: exit code {code}, not {EXIT_CODES[case['expect']]}\n{out}{err}"
    if case["expect"] == "deny" and f" {case.get('code', '')}" not in out:
        yield f"psdl level: no line has {case['code']}\n{out}{err}"


def measured(command, folder, environment):
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        child = subprocess.Popen(["timeout", str(TIMEOUT_S), *command], cwd=folder, env=environment, stdout=out, stderr=err)
        # wait4 tells the most memory that the child and its own children held; below Python's own size (some 30 MiB) it says nothing.
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        texts = []
        for stream in (out, err):
            stream.seek(0)
            texts.append(stream.read().decode("utf-8", "replace"))
        return child.returncode, *texts, usage.ru_maxrss / 1024


def place(case, at):
    return at if at.count(":") == 2 else f"case.{case.get('extension', 'yaml')}:{at}"


def differences(case, code, out, err):
    expect = case.get("expect")
    if expect not in EXIT_CODES:
        raise BadCase("`expect` is allow, deny or error")
    if code != EXIT_CODES[expect]:
        yield f"exit code {code}, not {EXIT_CODES[expect]} ({expect})\n{out}{err}"
    streams = {"deny": out}.get(expect, err)
    severity = {"allow": "warning", "deny": "", "error": "error"}[expect]
    wanted = []
    if any(key in case for key in ("code", "at", "message")):
        wanted.append((case, streams, severity))
    wanted += [(one, out + err, "") for one in case.get("also", [])]
    for one, text, least in wanted:
        if not any(fits(case, one, least, match) for match in map(LINE.match, text.splitlines()) if match):
            what = {key: one[key] for key in ("code", "at", "message") if key in one}
            yield f"no line has {what}:\n{out}{err}"
    if "lines" in case:
        count = sum(bool(LINE.match(line)) for line in (out + err).splitlines())
        if count != case["lines"]:
            yield f"{count} lines with a place, not {case['lines']}:\n{out}{err}"
    for stream, text in (("stdout", out), ("stderr", err)):
        for part in case.get(f"{stream}_has", []):
            if part not in text:
                yield f"{stream} lacks {part!r}:\n{text}"
        for part in case.get(f"{stream}_lacks", []):
            if part in text:
                yield f"{stream} must not hold {part!r}:\n{text}"


def fits(case, wanted, severity, line):
    if severity and line["severity"] != severity:
        return False
    if "at" in wanted and line["at"] != place(case, wanted["at"]):
        return False
    return wanted.get("code", line["code"]) == line["code"] and wanted.get("message", "") in line["message"]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("files", nargs="+", type=pathlib.Path)
    parser.add_argument("--binary", required=True, type=pathlib.Path)
    parser.add_argument("--match", default="", help="only cases whose name holds this text")
    parser.add_argument("--sanitized", action="store_true", help="the binary was built with AddressSanitizer")
    options = parser.parse_args()
    binary = options.binary.resolve()
    count = failures = 0
    names = set()
    for path in options.files:
        for name, case in expanded(path):
            if options.match not in name:
                continue
            if name in names:
                raise BadCase(f"{name}: two cases have this name")
            names.add(name)
            count += 1
            try:
                code, out, err, mib = run(case, binary)
                problems = [*differences(case, code, out, err), *level_problems(case, binary)]
            except BadCase as bad:
                problems = [str(bad)]
            else:
                if not options.sanitized and mib > case.get("memory_mib", mib):
                    problems.append(f"held {mib:.0f} MiB, more than {case['memory_mib']}")
            failures += bool(problems)
            for problem in problems:
                print(f"{name}: {problem}")
    print(f"{count} cases, {failures} that differ")
    return 1 if failures or not count else 0


if __name__ == "__main__":
    sys.exit(main())
