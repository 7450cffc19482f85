"""The areas of the corpus: which files hold the cases, what to ask, how to judge.

In: the corpus folder. Out: for each area its cases, as (name, request, judge).
"""

import json
import pathlib
from typing import Callable, NamedTuple

from . import compare, gatekeeper, numbers_as_text, pipe, standards


class Case(NamedTuple):
    name: str  # for people; notes are not unique, so the file stands before it
    part: str  # of an area that is counted in parts: `errors`, `clean`, `trees`; else empty
    request: dict
    judge: Callable[[dict], "str | None"]  # the answer, a tree, to None or the reason


def verdict(case, answer):
    """None where the answer to a case is what it wants, else the reason in words."""
    if isinstance(answer, pipe.Failure):
        return str(answer)
    try:
        return case.judge(answer)
    except (AttributeError, IndexError, KeyError, TypeError) as error:
        # A list where an object belongs, and the like: the comparison reads answers as docs/pipe.md has them.
        return f"bad answer: {error!r}: {numbers_as_text.short(answer)}"


def eval_case(name, case, v0):
    request = {"verb": "eval", "modules": module_names(case.get("modules")), "query": case["query"]}
    if v0:
        request["v0"] = True
    # Absent, and null beside it, is no input at all and no data.
    for key in ("data", "input", "input_term"):
        if case.get(key) is not None:
            request[key] = case[key]
    if case.get("strict_error"):
        request["strict_builtin_errors"] = True
    return Case(name, "", request, lambda answer: compare.evaluation(case, answer))


def module_names(modules):
    """Texts get the names that stand in errors: test-0.rego, test-1.rego, .."""
    if isinstance(modules, dict):
        return modules
    return {f"test-{index}.rego": text for index, text in enumerate(modules or [])}


def check_case(name, case):
    request = {"verb": "check", "modules": module_names(case["modules"])}
    if case.get("mode") == "v0":
        request["v0"] = True
    if case.get("strict"):
        request["strict"] = True
    part = "errors" if case["want_errors"] else "clean"
    return Case(name, part, request, lambda answer: compare.diagnostics(case["want_errors"], answer, with_module=True))


def parse_case(name, case):
    request = {"verb": "parse"}
    for key in ("module", "body", "imports"):
        if key in case:
            request[key] = case[key]
    # The suite's bodies are read with the keywords `and` and `or` alone, whatever else their imports name: its trees show a
    # plain `not`, where `opa eval --import future.keywords.not` would make a safe one.
    if "body" in request and "imports" in request:
        request["imports"] = [name for name in request["imports"] if name != "future.keywords.not"]
    if case.get("mode") == "v0":
        request["v0"] = True
    if "want_ast" in case:
        return Case(name, "trees", request, lambda answer: compare.tree(case["want_ast"], answer))
    return Case(name, "errors", request, lambda answer: compare.diagnostics(case["want_errors"], answer, with_module=False))


def _read(path):
    return numbers_as_text.read(path.read_text(encoding="utf-8"))


def _each(folder):
    for path in sorted(folder.glob("*.json")):
        for case in _read(path)["cases"]:
            yield f"{path.stem}: {case['note']}", case


def _opa(corpus):
    return [eval_case(name, case, v0=False) for name, case in _each(corpus / "rego/cases")]


def _opa_v0(corpus):
    return [eval_case(name, case, v0=True) for name, case in _each(corpus / "rego/cases_v0")]


def _generated(corpus):
    path = corpus / "rego/generated.json"
    cases = _read(path)["cases"] if path.exists() else []
    return [eval_case(f"generated: {case['note']}", case, v0=case.get("mode") == "v0") for case in cases]


def _compile(corpus):
    return [check_case(name, case) for name, case in _each(corpus / "rego/compilecases")]


def _parser(corpus):
    return [parse_case(name, case) for name, case in _each(corpus / "rego/parsercases")]


def _pss(corpus):
    """Kubernetes' own pods at each level and version: the verdict, and the text to the character."""
    return [
        Case(
            name,
            "",
            {"verb": "level", "document": json.dumps(pod), "level": level, "version": version},
            lambda answer, want=want: compare.standards_verdict(want, answer),
        )
        for name, level, version, pod, want in standards.fixtures(corpus / "pss")
    ]


AREAS = {"opa": _opa, "opa-v0": _opa_v0, "generated": _generated, "compile": _compile, "parser": _parser, "pss": _pss}


# Areas that run commands rather than ask `psdl pipe`.
COMMANDS = {"gatekeeper": gatekeeper.library, "gator": gatekeeper.commands}

NAMES = [*AREAS, *COMMANDS]


def default_corpus(repository):
    """The shelf beside the repository."""
    return pathlib.Path(repository).parent / "shared"
