"""Each budget that PSDL is held to: the figure, how it stands to the floor and to each peer, and whether it is missed.

    scripts/bench [--big] [WORDS for ../shared/peers/run.py, such as --only tiny,rbac --rounds 3 --build DIR]
    scripts/bench --judge lines.jsonl    judges the lines of an earlier run (--out); runs only what is not in them

In: psdl_bench, psdl and, where they are, the peers. Out: run.py's tables, the budgets, and at the end what is missed and
what could not be judged. `--big` reads streams of 200 MB rather than 20 MB. Exit status: 0 where every budget that could
be judged is held; 1 where one is missed; 2 where nothing ran.
"""

import argparse
import dataclasses
import json
import pathlib
import shlex
import statistics
import subprocess
import sys
import tempfile

from processes import BUILD, PEERS, REPOSITORY, Failed, launch, table

PSDL = "psdl"
OPA, OPA_PARTIAL, REGORUS = "opa-1.22.2", "opa-1.22.2-pe", "regorus-"
FLOORS = {"bytes": "floor-simdjson-dom", "yaml": "floor-libyaml-events"}
MODES = ("eval", "bytes", "yaml")

LEAST_OPA, LEAST_OPA_FOR = 20, {"route_index": 5}
LEAST_REGORUS, LEAST_REGORUS_FOR = 5, {"tiny": 3}
MOST_LIBYAML = 2
LEAST_SCALING = 0.95
PODS, JUDGE = ("compliant", "violating", "large"), "psa-"
LEAST_JUDGE = {"eval": 1, "bytes": 8, "yaml": 3.5}
MOST_COMPLIANT_NS = {"eval": 600, "bytes": 4_000, "yaml": 45_000}
MOST_DATA = 3.5
DATA_WORKLOADS = ("rbac", "unique_ingress_host")
MOST_START_MS, MOST_START_MB = 3, 12
GOAL_START_MS, GOAL_START_MB = 2, 10
MOST_SLOWER, MOST_GROWN_MB = 1.25, 4  # of a stream ten times as long: time a byte, and memory more

RULE, POD = "rules/examples/require_nonroot/rule.psdl", "examples/pod.yaml"
START_RUNS = 21


# Constraints of one Gatekeeper template, beside its own client with the Rego driver. Its lines have no mode.
REVIEW = "review"
TEMPLATES = ("labels", "repos")
REGO_DRIVER = "gatekeeper-rego"
MOST_THOUSAND = 20  # times one constraint, where all allow
LEAST_REGO = {"allowed": 300, "denied": 100}


@dataclasses.dataclass
class Judged:
    """One figure. `missed` and `unjudged` say why in a few words; both are empty where the budget is held."""

    name: str
    figure: str
    budget: str = ""
    missed: str = ""
    unjudged: str = ""


class Lines:
    """The lines of one run by peer, workload, mode and threads. Rounds of one figure are joined as run.py does."""

    def __init__(self, lines, stat="min"):
        self.unsupported = {
            (line["peer"], line["workload"]): line["unsupported"] for line in lines if "unsupported" in line
        }
        rounds, self.allocations = {}, {}
        for line in lines:
            if f"ns_per_op_{stat}" not in line:
                continue
            key = line["peer"], line["workload"], line.get("mode", REVIEW), line.get("threads", 1)
            rounds.setdefault(key, []).append(line[f"ns_per_op_{stat}"])
            if line.get("allocs_per_op") is not None:
                self.allocations[key] = max(line["allocs_per_op"], self.allocations.get(key, 0))
        merge = min if stat == "min" else statistics.median
        self.times = {key: merge(values) for key, values in rounds.items()}

    def time(self, peer, workload, mode, threads=1):
        return self.times.get((peer, workload, mode, threads))

    def best(self, prefix, workload, mode):
        """The fastest of the engines whose name begins so."""
        found = [
            ns
            for (peer, w, m, t), ns in self.times.items()
            if peer.startswith(prefix) and (w, m, t) == (workload, mode, 1)
        ]
        return min(found, default=None)

    def workloads(self):
        """Those that policies run on; the pods are judged apart."""
        found = {key[1] for key in self.times if key[0] == PSDL and key[2] != REVIEW}
        found |= {workload for peer, workload in self.unsupported if peer == PSDL}
        return sorted(found - set(PODS))

    def gain(self, peer, workload, mode):
        """How many times as much two threads do."""
        one, two = self.time(peer, workload, mode), self.time(peer, workload, mode, 2)
        return one / two if one and two else None


def duration(ns):
    for unit, size in (("ms", 1e6), ("µs", 1e3)):
        if ns >= size:
            return f"{ns / size:.3g} {unit}"
    return f"{ns:.3g} ns"


def times(value):
    return (
        ""
        if value is None
        else f"{value:.1f}x" if 1 <= value < 30 else f"{value:.2f}x" if value < 1 else f"{value:.0f}x"
    )


def judge_ratio(name, value, bound, is_least):
    """(missed, unjudged): in words, each may be empty."""
    if value is None:
        return "", f"no {name}"
    if (value < bound) if is_least else (value > bound):
        return f"{name} {times(value)}, {'at least' if is_least else 'at most'} {bound}x", ""
    return "", ""


def judge_allocations(counted, not_ours):
    if counted is None or not_ours is None:
        return "", "allocations not counted"
    ours = counted - not_ours
    return (f"{ours:g} heap allocations", "") if ours > 0 else ("", "")


def workload_row(lines, workload, mode):
    """The cells of the table, and what is judged of them."""
    ours = lines.time(PSDL, workload, mode)
    if ours is None:
        return None, Judged(f"{workload}, {mode}", "", missed=lines.unsupported.get((PSDL, workload), "no figure"))

    def over_ours(peer_ns):
        return None if peer_ns is None else peer_ns / ours

    opa, partial = over_ours(lines.time(OPA, workload, mode)), over_ours(lines.time(OPA_PARTIAL, workload, mode))
    regorus = over_ours(lines.best(REGORUS, workload, mode))
    floor_ns = lines.time(FLOORS[mode], workload, mode) if mode in FLOORS else None
    floor = None if floor_ns is None else ours / floor_ns
    allocations = lines.allocations.get((PSDL, workload, mode, 1))

    if mode == "yaml":
        # libyaml allocates each event, and takes no allocator.
        verdicts, budget = [
            judge_ratio("libyaml", floor, MOST_LIBYAML, is_least=False)
        ], f"libyaml {MOST_LIBYAML}x, no allocation but its own"
        not_ours = lines.allocations.get((FLOORS[mode], workload, mode, 1))
    else:
        least_opa, least_regorus = LEAST_OPA_FOR.get(workload, LEAST_OPA), LEAST_REGORUS_FOR.get(
            workload, LEAST_REGORUS
        )
        verdicts = [
            judge_ratio("OPA", opa, least_opa, is_least=True),
            judge_ratio("regorus", regorus, least_regorus, is_least=True),
        ]
        budget, not_ours = f"OPA {least_opa}x, regorus {least_regorus}x, no allocation", 0
    verdicts.append(judge_allocations(allocations, not_ours))
    missed, unjudged = ("; ".join(filter(None, words)) for words in zip(*verdicts))
    judged = Judged(f"{workload}, {mode}", duration(ours), budget, missed, unjudged)
    cells = [
        judged.name,
        judged.figure,
        times(floor),
        times(opa),
        times(partial),
        times(regorus),
        "" if allocations is None else f"{allocations:g}",
        budget,
        missed or (f"({unjudged})" if unjudged else ""),
    ]
    return cells, judged


WORKLOAD_HEAD = [
    "workload, mode",
    "PSDL",
    "by the floor",
    "OPA takes",
    "OPA partial",
    "regorus' best",
    "allocations",
    "budget",
    "missed",
]


def workload_rows(lines):
    rows, judged = [], []
    for workload in lines.workloads():
        for mode in MODES:
            is_absent = lines.time(PSDL, workload, mode) is None
            if is_absent and (mode != "eval" or (PSDL, workload) not in lines.unsupported):
                continue
            cells, one = workload_row(lines, workload, mode)
            rows.append(cells or [one.name, "", "", "", "", "", "", "", one.missed])
            judged.append(one)
    return rows, judged


def scaling(lines, mode):
    """What two threads gain by what the floor's gain; the median over the workloads."""
    gains, shares = [], []
    for workload in lines.workloads():
        own, floor = lines.gain(PSDL, workload, mode), lines.gain(FLOORS["bytes"], workload, "bytes")
        if own:
            gains.append(own)
        if own and floor:
            shares.append(own / floor)
    name, budget = f"two threads, {mode}", f"at least {LEAST_SCALING:.0%} of the floor's gain"
    if not gains:
        return Judged(name, "", budget, unjudged="no figures with two threads")
    figure = f"x{statistics.median(gains):.2f} (median)"
    if not shares:
        return Judged(name, figure, budget, unjudged=f"no {FLOORS['bytes']}")
    share = statistics.median(shares)
    figure += f", {share:.0%} of the floor's"
    return Judged(name, figure, budget, missed=f"{share:.0%}" if share < LEAST_SCALING else "")


def pod_row(lines, pod, mode):
    """A pod at restricted:latest beside Kubernetes' own check, and the time that the design allows for the compliant one."""
    name = f"restricted:latest, pod {pod}, {mode}"
    budget = f"{LEAST_JUDGE[mode]}x Kubernetes' own"
    ours, theirs = lines.time(PSDL, pod, mode), lines.best(JUDGE, pod, mode)
    if ours is None:
        unsupported = lines.unsupported.get((PSDL, pod))
        return Judged(name, "", budget, missed=unsupported or "", unjudged="" if unsupported else "no figure")
    ratio = None if theirs is None else theirs / ours
    verdicts = [judge_ratio("Kubernetes", ratio, LEAST_JUDGE[mode], is_least=True)]
    figure = duration(ours) + (f", {times(ratio)}" if ratio is not None else "")
    if mode != "yaml":
        verdicts.append(judge_allocations(lines.allocations.get((PSDL, pod, mode, 1)), 0))
        budget += ", no allocation"
    if pod == "compliant":
        most = MOST_COMPLIANT_NS[mode]
        budget += f", {duration(most)}"
        verdicts.append((duration(ours), "") if ours > most else ("", ""))
    missed, unjudged = ("; ".join(filter(None, words)) for words in zip(*verdicts))
    return Judged(name, figure, budget, missed, unjudged)


def process_rows(run, stat="min"):
    """The quick-start, against what must hold and against the design's goal."""
    judged_ms = run.fastest_ms if stat == "min" else run.wall_ms
    figure = f"{run.fastest_ms:.2f} ms (median {run.wall_ms:.2f} ms), {run.peak_mb:.1f} MB"
    rows = []
    for name, most_ms, most_mb in (
        ("psdl eval on the quick-start, whole process", MOST_START_MS, MOST_START_MB),
        ("the same, the design's goal", GOAL_START_MS, GOAL_START_MB),
    ):
        over = [f"{judged_ms:.2f} ms"] * (judged_ms > most_ms) + [f"{run.peak_mb:.1f} MB"] * (run.peak_mb > most_mb)
        rows.append(Judged(name, figure, f"at most {most_ms} ms, {most_mb} MB", missed=", ".join(over)))
    return rows


def measure_process(stat):
    try:
        return process_rows(
            launch([BUILD / "psdl", "eval", REPOSITORY / RULE, REPOSITORY / POD], START_RUNS, allowed_exits=(1,)), stat
        )
    except Failed as failure:
        return [Judged("psdl eval on the quick-start, whole process", "", missed=str(failure))]


def data_row(counts):
    name, share = f"memory of a data document, {counts['workload']}", counts["data_bytes"] / counts["data_text_bytes"]
    figure = f"{counts['data_bytes'] / 1e3:.0f} KB for {counts['data_text_bytes'] / 1e3:.0f} KB of JSON, {share:.2f}x"
    return Judged(name, figure, f"at most {MOST_DATA}x", missed=f"{share:.2f}x" if share > MOST_DATA else "")


def measure_data():
    done = subprocess.run(
        [
            str(BUILD / "psdl_bench"),
            "--workloads",
            str(PEERS / "workloads" / "rego"),
            "--only",
            ",".join(DATA_WORKLOADS),
            "--counts",
        ],
        text=True,
        capture_output=True,
    )
    counted = [json.loads(line) for line in done.stdout.splitlines()]
    rows = [data_row(counts) for counts in counted if "data_bytes" in counts]
    return rows or [Judged("memory of a data document", "", f"at most {MOST_DATA}x", unjudged="no workloads")]


# Streams of pods that keep the quick-start's rule.

YAML_POD = """\
apiVersion: v1
kind: Pod
metadata:
  name: shop-{0:07}
  namespace: shop
  labels: {{app: shop, team: payments}}
spec:
  securityContext: {{runAsNonRoot: true}}
  containers:
    - name: app
      image: registry.example.com/shop/app:1.4.2
      args: ["--listen=0.0.0.0:8080", "--log-level=info"]
      resources:
        limits: {{cpu: 500m, memory: 256Mi}}
      securityContext:
        allowPrivilegeEscalation: false
        readOnlyRootFilesystem: true
"""
JSON_POD = (
    '{{"apiVersion":"v1","kind":"Pod","metadata":{{"name":"shop-{0:07}","namespace":"shop","labels":{{"app":"shop","team":"payments"}}}},'
    '"spec":{{"securityContext":{{"runAsNonRoot":true}},"containers":[{{"name":"app","image":"registry.example.com/shop/app:1.4.2",'
    '"args":["--listen=0.0.0.0:8080","--log-level=info"],"resources":{{"limits":{{"cpu":"500m","memory":"256Mi"}}}},'
    '"securityContext":{{"allowPrivilegeEscalation":false,"readOnlyRootFilesystem":true}}}}]}}}}'
)
YAML_ITEM = "".join(("  - " if i == 0 else "    ") + line for i, line in enumerate(YAML_POD.splitlines(keepends=True)))
# Name, file, what comes first, each, between two, last.
STREAMS = (
    ("YAML documents", "pods.yaml", "", YAML_POD, "---\n", ""),
    ("List, YAML", "list.yaml", "apiVersion: v1\nkind: List\nitems:\n", YAML_ITEM, "", ""),
    ("JSON texts", "pods.json", "", JSON_POD, "\n", "\n"),
    ("List, JSON", "list.json", '{"apiVersion":"v1","kind":"List","items":[', JSON_POD, ",", "]}\n"),
)


def write_stream(path, size, begin, each, between, end):
    with path.open("w") as out:
        written = out.write(begin)
        number = 0
        while written < size:
            written += out.write((between if number else "") + each.format(number))
            number += 1
        out.write(end)


def stream_row(name, size, small, large):
    """`small` is the run on a tenth of the size."""
    slower, grown = large.processor_ms / (10 * small.processor_ms), large.peak_mb - small.peak_mb
    figure = (
        f"{size // 10**6} MB: {large.processor_ms / 1e3:.2f} s of processor, {size / 1e3 / large.processor_ms:.0f} MB/s, peak {large.peak_mb:.1f} MB; "
        f"a tenth of it: {small.processor_ms / 1e3:.2f} s, {small.peak_mb:.1f} MB"
    )
    over = [f"{slower:.2f}x the time a byte"] * (slower > MOST_SLOWER) + [f"{grown:.0f} MB more"] * (
        grown > MOST_GROWN_MB
    )
    return Judged(f"stream, {name}", figure, "linear, memory flat", missed=", ".join(over))


def measure_stream(size, name, file, *texts):
    runs = []
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, file)
        try:
            for part in (size // 10, size):
                write_stream(path, part, *texts)
                runs.append(launch([BUILD / "psdl", "eval", REPOSITORY / RULE, path], 1))
        except Failed as failure:
            return Judged(f"stream, {name}", "", "linear, memory flat", missed=str(failure))
    return stream_row(name, size, *runs)


def template_row(lines, template, verdict):
    """1,000 constraints of a template on one review, every message read."""
    name = f"{template}, 1,000 constraints, {verdict}"
    ours, one, theirs = (
        lines.time(peer, f"{template}-{count}-{verdict}", REVIEW)
        for peer, count in ((PSDL, 1000), (PSDL, 1), (REGO_DRIVER, 1000))
    )
    budget = f"{LEAST_REGO[verdict]}x {REGO_DRIVER}"
    if ours is None:
        return Judged(name, "", budget, unjudged="no figure")
    ratio = None if theirs is None else theirs / ours
    verdicts = [judge_ratio(REGO_DRIVER, ratio, LEAST_REGO[verdict], is_least=True)]
    figure = duration(ours) + (f", {times(ratio)}" if ratio is not None else "")
    if verdict == "allowed":
        growth = None if one is None else ours / one
        budget += f", at most {MOST_THOUSAND}x one"
        figure += f", {times(growth)} one" if growth is not None else ""
        verdicts.append(judge_ratio("one constraint", growth, MOST_THOUSAND, is_least=False))
    missed, unjudged = ("; ".join(filter(None, words)) for words in zip(*verdicts))
    return Judged(name, figure, budget, missed, unjudged)


def report(lines, judged_elsewhere):
    """The two tables and the lists; and whether a budget is missed."""
    rows, judged = workload_rows(lines)
    other = [scaling(lines, mode) for mode in ("eval", "bytes")]
    other += [pod_row(lines, pod, mode) for pod in PODS for mode in MODES]
    other += [template_row(lines, template, verdict) for template in TEMPLATES for verdict in LEAST_REGO]
    other += judged_elsewhere
    parts = []
    if rows:
        parts.append(table(WORKLOAD_HEAD, rows))
    parts.append(
        table(
            ["budget", "figure", "budget", "missed"],
            [
                [one.name, one.figure, one.budget, one.missed or (f"({one.unjudged})" if one.unjudged else "")]
                for one in other
            ],
        )
    )
    everything = judged + other
    missed = [one for one in everything if one.missed]
    unjudged = [one for one in everything if one.unjudged]
    parts.append(
        "\n".join([f"Missed: {len(missed)} of {len(everything)}"] + [f"- {one.name}: {one.missed}" for one in missed])
    )
    if unjudged:
        parts.append(
            "\n".join(
                [f"Not judged, or not all of it: {len(unjudged)}"]
                + [f"- {one.name}: {one.unjudged}" for one in unjudged]
            )
        )
    return "\n\n".join(parts), bool(missed)


def run_peers(words, out):
    """run.py's tables on standard output, its lines in a file."""
    bench = (
        f"{shlex.quote(str(BUILD / 'psdl_bench'))} --workloads {{workloads}} --only '{{only}}' --time-ms {{time_ms}}"
    )
    pods = bench.replace(" --workloads", " --pods --workloads")
    templates = bench.replace(" --workloads", " --gatekeeper --workloads")
    cli = f"psdl={shlex.quote(str(BUILD / 'psdl'))} eval {{policy}} {{input}} -q {{query}}"
    arguments = (
        list(words)
        if any(word.split("=")[0] == "--peers" for word in words)
        else [*words, "--peers", "opa,regorus,floor,psa,gatekeeper"]
    )
    return subprocess.run(
        [
            str(PEERS / "run.py"),
            *("--psdl", bench, "--psdl-pods", pods, "--psdl-gatekeeper", templates),
            *("--cli", cli, "--out", str(out), *arguments),
        ]
    ).returncode


def read_lines(path):
    return [
        line
        for line in map(json.loads, path.read_text().splitlines())
        if "peer" in line and line.get("mode") != "process"
    ]


def main():
    parser = argparse.ArgumentParser(
        prog="scripts/bench", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--big", action="store_true", help="streams of 200 MB")
    parser.add_argument("--judge", type=pathlib.Path, metavar="FILE", help="lines of an earlier run")
    parser.add_argument("--stat", choices=("min", "median"), default="min")
    parser.add_argument("--out", type=pathlib.Path, help="file for the raw lines")
    args, words = parser.parse_known_args()
    sys.stdout.reconfigure(line_buffering=True)
    if args.judge:
        lines = read_lines(args.judge)
    else:
        with tempfile.TemporaryDirectory() as folder:
            out = args.out or pathlib.Path(folder, "lines.jsonl")
            if not (PEERS / "run.py").exists():
                print("bench: no ../shared/peers: no workloads and no peers to measure beside", file=sys.stderr)
                lines = []
            elif run_peers([*words, "--stat", args.stat], out) != 0:
                return 2
            else:
                lines = read_lines(out)
    size = 200_000_000 if args.big else 20_000_000
    elsewhere = measure_process(args.stat) + measure_data() + [measure_stream(size, *stream) for stream in STREAMS]
    text, is_missed = report(Lines(lines, args.stat), elsewhere)
    print("\n" + text)
    return 1 if is_missed else 0


if __name__ == "__main__":
    sys.exit(main())
