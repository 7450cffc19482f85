"""Asks the rules of the Pod Security Standards, rules/pss, about objects as they are, through `psdl pipe`.

In: a binary; batches of (level, version such as `v1.30`, whether the API server's defaults are filled in, objects). Out:
for each object of each batch `allowed`, `reason`, `detail`, and `checks`: of each that runs there, whether it failed.
"""

import functools
import json
import pathlib

import yaml

from . import pipe

REPOSITORY = pathlib.Path(__file__).resolve().parents[3]

# In the order of messages, each with its level, the first minor version that has it, and the version from which
# restricted has another in its place.
CHECKS = {
    "appArmorProfile": ("baseline", 0, None),
    "capabilities_baseline": ("baseline", 0, 22),
    "hostNamespaces": ("baseline", 0, None),
    "hostPathVolumes": ("baseline", 0, 0),
    "hostPorts": ("baseline", 0, None),
    "hostProbesAndHostLifecycle": ("baseline", 34, None),
    "privileged": ("baseline", 0, None),
    "procMount": ("baseline", 0, 35),
    "seLinuxOptions": ("baseline", 0, None),
    "seccompProfile_baseline": ("baseline", 0, 19),
    "sysctls": ("baseline", 0, None),
    "windowsHostProcess": ("baseline", 0, None),
    "allowPrivilegeEscalation": ("restricted", 8, None),
    "capabilities_restricted": ("restricted", 22, None),
    "procMount_restricted": ("restricted", 35, None),
    "restrictedVolumes": ("restricted", 0, None),
    "runAsNonRoot": ("restricted", 0, None),
    "runAsUser": ("restricted", 23, None),
    "seccompProfile_restricted": ("restricted", 19, None),
}

QUERY = (
    'answers = [{"allowed": level.allowed, "failures": level.failures, "reason": level.reason, "detail": level.detail} |'
    " some object_ in input; level := data.pss.level with input as object_]"
)


def checks_at(level, minor):
    """The checks that run, in the order of messages."""
    return [
        check
        for check, (of, since, replaced) in CHECKS.items()
        if minor >= since
        and (of == level or (level == "restricted" and of == "baseline" and (replaced is None or minor < replaced)))
    ]


@functools.cache
def modules():
    paths = sorted((REPOSITORY / "rules/pss").rglob("*.psdl"))
    return {str(path.relative_to(REPOSITORY)): path.read_text(encoding="utf-8") for path in paths}


def request(level, version, admission, objects):
    """What asks `psdl pipe` about objects."""
    settings = {"level": level, "version": int(version.removeprefix("v1.")), "admission": admission}
    data = {"psdl": {"settings": {"pod_security": settings}}}
    asked = {"modules": modules(), "query": QUERY, "data": data, "input": objects}
    return {"verb": "eval", **asked, "strict_builtin_errors": True}


def fixtures(folder):
    """(name, level, version, pod, text that refuses it or "") of <level>/<version>/<verdict>.yaml, each one expected."""
    path = folder / "expected_details.json"
    if not path.exists():
        return
    expected = json.loads(path.read_text(encoding="utf-8"))
    wanted = {(one["level"], one["version"], one["pod"], one["verdict"]): one["detail"] for one in expected}
    for file in sorted((folder / "fixtures").glob("*/*/*.yaml")):
        level, version, verdict = file.parts[-3], file.parts[-2], file.stem
        for pod in yaml.load_all(file.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader):
            if pod is None:
                continue
            name = pod["metadata"]["name"]
            detail = wanted.pop((level, version, name, verdict))
            yield f"{level} {version} {verdict} {name}", level, version, pod, detail
    if wanted:
        raise SystemExit(f"{path}: no pod for {next(iter(wanted))}")


def ask(binary, batches, processes=2, timeout_s=300.0):
    requests = [request(*batch) for batch in batches]
    answers = pipe.ask([*pipe.command_of(str(binary)), "pipe"], requests, processes, timeout_s)
    for (level, version, _, _), answer in zip(batches, answers):
        if isinstance(answer, pipe.Failure) or not answer.get("result"):
            raise SystemExit(f"{level}:{version}: no answer: {str(answer)[:2000]}")
        ran = checks_at(level, int(version.removeprefix("v1.")))
        yield [result_of(one, ran) for one in answer["result"][0]["bindings"]["answers"]]


def result_of(answer, ran):
    failed = {failure[1] for failure in answer["failures"]}
    if not failed <= set(ran):
        raise SystemExit(f"a check ran that should not: {json.dumps(answer)}")
    return {
        "allowed": answer["allowed"],
        "reason": answer["reason"],
        "detail": answer["detail"],
        "checks": {check: check in failed for check in ran},
    }
