"""The areas `gatekeeper` and `gator`: what `psdl template` prints, beside what gator does.

In: a binary, the corpus folder. Out: for each area how many cases agree, and for the others the reason.

gatekeeper: every case of the library's suites has the results of expected.json (constraint, action, message, details, as multisets),
and its suite passes, natively and as gator prints it. gator: exit code and both streams of every command of gator_cases.json, times
aside; cases that need CEL are left out. Numbers are switched to what gator makes of them (PSDL_GATOR_NUMBERS), which is off by default.
With --quiet PSDL says nothing on standard error beside gator's words, so both streams are compared as they are.
"""

import collections
import concurrent.futures
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
from typing import NamedTuple


class Case(NamedTuple):
    name: str


def _run(binary, words, folder, timeout, numbers=False):
    environment = {**os.environ, "PSDL_GATOR_NUMBERS": "1"} if numbers else None
    program = os.path.abspath(binary[0]) if "/" in binary[0] else binary[0]
    done = subprocess.run(
        [program, *binary[1:], *words], cwd=folder, env=environment, stdin=subprocess.DEVNULL, capture_output=True, timeout=timeout, check=False
    )
    return done.returncode, done.stdout.decode("utf-8", "replace"), done.stderr.decode("utf-8", "replace")


# --- gatekeeper


def library(binary, corpus, timeout, match="", _jobs=1):
    """({"": (agreed, all)}, [(case, reason)])"""
    folder = corpus / "gatekeeper"
    wanted = [case for case in json.loads((folder / "expected.json").read_text(encoding="utf-8"))["cases"] if match in _library_name(case)]
    _, out, err = _run(binary, ["template", "verify", "-o", "json", "library"], folder, timeout * 10)
    try:
        suites = {suite["file"]: suite for suite in json.loads(out)["suites"]}
    except (ValueError, KeyError) as error:
        return {"": (0, len(wanted))}, [(Case(_library_name(case)), f"no answer: {error!r} {err[:200]}") for case in wanted]
    _, as_gator, _ = _run(binary, ["template", "verify", "--compat=gator", "library/..."], folder, timeout * 10)
    passed = set(re.findall(r"^ok\t(\S+)\t", as_gator, re.MULTILINE))
    failures = []
    for case in wanted:
        reason = _library_reason(case, suites, passed)
        if reason:
            failures.append((Case(_library_name(case)), reason))
    return {"": (len(wanted) - len(failures), len(wanted))}, failures


def _library_name(case):
    return f"{case['template']}: {case['test']}/{case['case']}"


def _library_reason(case, suites, passed):
    file = f"library/{case['template']}/suite.yaml"
    suite = suites.get(file)
    if suite is None:
        return f"{file} was not run"
    got = [one for test in suite["tests"] if test["name"] == case["test"] for one in test["cases"] if one["name"] == case["case"]]
    if len(got) != 1:
        return f"{len(got)} cases have this name"
    want = _multiset(case["rego"], "msg")
    have = _multiset(got[0].get("results", []), "message")
    if want != have:
        return f"results differ: wanted {sorted((want - have).elements())}, got {sorted((have - want).elements())}"
    if suite["status"] != "passed":
        return f"the suite {suite['status']}: {got[0].get('error', '')}"
    return None if file in passed else "the suite fails with --compat=gator"


def _multiset(results, message):
    return collections.Counter(
        (one["constraint"], one["action"], one[message], json.dumps(one["details"], sort_keys=True)) for one in results
    )


# --- gator


def needs_cel(case):
    return case["name"].startswith("cel/") or any("K8sNativeValidation" in text for text in case["files"].values())


def commands(binary, corpus, timeout, match="", jobs=2):
    cases = json.loads((corpus / "gatekeeper/gator_cases.json").read_text(encoding="utf-8"))["cases"]
    kept = [case for case in cases if not needs_cel(case)]
    print(f"gator: {len(cases) - len(kept)} cases that need CEL are left out", file=sys.stderr)
    kept = [case for case in kept if match in case["name"]]
    with concurrent.futures.ThreadPoolExecutor(max(jobs, 1)) as pool:
        reasons = list(pool.map(lambda case: command_reason(case, binary, timeout), kept))
    failures = [(Case(case["name"]), reason) for case, reason in zip(kept, reasons) if reason]
    return {"": (len(kept) - len(failures), len(kept))}, failures


def command_reason(case, binary, timeout):
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name).resolve()
        for path, text in case["files"].items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(text, encoding="utf-8", newline="")
        for run in case["runs"]:
            words = ["template", run["argv"][0], "--compat=gator", "--quiet", *run["argv"][1:]]
            try:
                code, out, err = _run(binary, words, folder, timeout, numbers=True)
            except subprocess.TimeoutExpired:
                return f"{' '.join(run['argv'])}: no answer in {timeout} s"
            reason = difference(run, code, normal(out, folder), normal(err, folder))
            if reason:
                return f"{' '.join(run['argv'])}: {reason}"
    return None


def normal(text, folder):
    """Times, dates and the folder as the corpus has them."""
    text = text.replace(str(folder), "DIR").replace(str(folder)[1:], "DIR")
    text = re.sub(r"\b\d+\.\d{3}s\b", "0.000s", text)
    text = re.sub(r"^\d{4}/\d\d/\d\d \d\d:\d\d:\d\d ", "2026/01/01 00:00:00 ", text, flags=re.MULTILINE)
    text = re.sub(r'("templateRunTimeNS",\s+"value": )\d+', r"\g<1>0", text)
    return re.sub(r"(name: templateRunTimeNS\n\s+value: )\d+", r"\g<1>0", text)


def difference(run, code, out, err):
    if code != run["exit"]:
        return f"exit {code}, wanted {run['exit']}: {err[:300]}{out[:300]}"
    for stream, want, got in (("stderr", run["stderr"], err), ("stdout", run["stdout"], out)):
        if want != got and not same_in_another_order(run["argv"][0], want, got):
            return f"{stream} differs: wanted {want!r} got {got!r}"
    return None


def same_in_another_order(verb, want, got):
    """Results of one message come in no order of theirs, and neither do the parts of an error that is a list."""
    if sorted(_parts_of_lists(want)) == sorted(_parts_of_lists(got)) and len(want) == len(got):
        return True
    if verb != "test":
        return False
    try:
        one, other = json.loads(want), json.loads(got)
    except ValueError:
        return _messages(want) == _messages(got) and sorted(want.splitlines()) == sorted(got.splitlines())
    if not isinstance(one, list) or not isinstance(other, list):
        return False
    dump = lambda results: [json.dumps(result, sort_keys=True) for result in results]  # noqa: E731
    messages = lambda results: [result.get("msg") for result in results]  # noqa: E731
    return messages(one) == messages(other) and sorted(dump(one)) == sorted(dump(other))


def _messages(text):
    return [line.partition('"] Message: ')[2] for line in text.splitlines()]


def _parts_of_lists(text):
    """Words that stand apart by `, `: of `[e1, e2]` e1 and e2."""
    match = re.search(r"(schema validation failed|invalid ConstraintTemplate): \[(.*)\]$", text, re.MULTILINE)
    return match.group(2).split(", ") + [text[: match.start(2)], text[match.end(2) :]] if match else [text]
