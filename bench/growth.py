"""How the work grows with what it is done on: documents, rules, containers.

    scripts/bench --growth [--only A,B] [--quick] [--into docs/performance.md]

In: psdl. Out: a row for each series: what grows, machine instructions of whole processes at each size, the worst exponent
between steps and its verdict, and processor time and peak memory at the largest size. `--quick` leaves out the largest
size; `--into` puts the table between the marks of that page. Exit status: 0; 1 where a series that no limit holds grows faster than n log n, or one could not be measured.

The exponent is that of the growth itself: three sizes with one ratio r between them cost c1, c2, c3, and (c3-c2)/(c2-c1)
is r^e for a + b*n^e, whatever the start a costs. For n log n the same quotient is known too: that is "n log n" below.
"""

import argparse
import dataclasses
import json
import math
import pathlib
import sys
import tempfile
import typing

from processes import BUILD, REPOSITORY, Failed, instructions, launch, table

LIMITS = {
    "object-bytes": 16 * 1024 * 1024,
    "yaml-nodes": 10_000_000,
    "instructions": 1_000_000_000,
    "time-ns": 600 * 10**9,
    "memory-bytes": 4 * 2**30,
    "module-bytes": 16 * 1024 * 1024,
    "module-lines": 1_000_000,
    "line-bytes": 16 * 1024 * 1024,
    "rules": 100_000,
    "modules": 10_000,
    "parse-attempts-per-byte": 2_000,
    "call-depth": 4_096,
    "collection-items": 10_000_000,
    "policy-nesting": 1_000,
    "data-nesting": 1_000,
}
TOLERANCE = 0.06  # of an exponent: counts are not quite smooth (tables double, chunks grow)
NOTICED = 0.01  # a step that adds less than this share of what a start costs says nothing about growth
BEGIN, END = "<!-- growth: begin -->", "<!-- growth: end -->"

DOCUMENT_SIZES = (1_000, 10_000, 100_000, 1_000_000, 10_000_000)
RULE_SIZES = (1, 10, 100, 1_000, 10_000)
CONTAINER_SIZES = (1, 10, 100, 1_000)
NESTING_SIZES = (2, 4, 8, 16, 32, 64, 128)


@dataclasses.dataclass
class Series:
    """One thing that grows. `make` writes its files for a size into a folder and returns the words after `psdl`.

    `held_by`: the limit that keeps it small; then it may grow as it likes.
    """

    name: str
    sizes: tuple
    make: typing.Callable[[pathlib.Path, int], list]
    held_by: str = ""


@dataclasses.dataclass
class Row:
    series: Series
    counts: list = dataclasses.field(default_factory=list)
    run: object = None
    failure: str = ""


def exponents(sizes, counts):
    """The exponent at each size from the third on; None where a step is too small to say."""
    found = []
    for i in range(2, len(counts)):
        first, second = counts[i - 1] - counts[i - 2], counts[i] - counts[i - 1]
        if first < NOTICED * counts[0] or second <= 0:
            found.append(None)
        else:
            found.append(math.log(second / first) / math.log(sizes[i] / sizes[i - 1]))
    return found


def n_log_n(sizes):
    """What exponents() gives for n log n at each of these sizes."""
    return exponents(sizes, [size * math.log(size + 1) for size in sizes]) if len(sizes) > 2 else []


def verdict(sizes, counts):
    """("n", "n log n" or "worse", the worst exponent): by the step that is furthest above n log n.

    Where no step is large enough, the size does not matter.
    """
    judged = [(found, bound) for found, bound in zip(exponents(sizes, counts), n_log_n(sizes)) if found is not None]
    if not judged:
        return "constant", 0.0
    worst = max(found for found, _ in judged)
    if worst <= 1 + TOLERANCE:
        return "n", worst
    if all(found <= max(bound, 1) + TOLERANCE for found, bound in judged):
        return "n log n", worst
    return "worse", worst


# What grows. Each text is valid for its size, and as plain as can be: growth is the question, not speed.

HEAD = "package p\n\nimport rego.v1\n\n"
POD = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: a\n  namespace: b\nspec:\n"
ONE_POD = POD + "  containers:\n    - name: c\n      image: d\n"
LOOP = HEAD + 'deny contains msg if {\n\tsome c in input.spec.containers\n\tc.image == "bad"\n\tmsg := c.name\n}\n'
EVERY = HEAD + 'deny contains {"msg": c.name, "at": i} if some i, c in input.spec.containers\n'
CONTAINER = "    - name: container-{0:07}\n      image: registry.example.com/shop/app:{0:07}\n      env: [{{name: A, value: b}}]\n"
CONTAINER_JSON = (
    '{{"name":"container-{0:07}","image":"registry.example.com/shop/app:{0:07}","env":[{{"name":"A","value":"b"}}]}}'
)


def write(folder, name, text):
    path = folder / name
    path.write_text(text)
    return path


def limits(*names):
    return [f"--limit-{name}={LIMITS[name]}" for name in names or LIMITS]


def eval_words(folder, policy, document, *more, name="input.yaml"):
    return ["eval", write(folder, "policy.rego", policy), write(folder, name, document), *more, *limits()]


def times(template, count, joint=""):
    return joint.join(template.format(i) for i in range(count))


def filled(template, size, joint=""):
    """As many copies as `size` bytes hold, at least one."""
    return times(template, max(1, size // len(template.format(0) + joint)), joint)


def document_yaml(policy, *more):
    return lambda folder, size: eval_words(folder, policy, POD + "  containers:\n" + filled(CONTAINER, size), *more)


def document_json(policy):
    def make(folder, size):
        text = (
            '{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a"},"spec":{"containers":['
            + filled(CONTAINER_JSON, size, ",")
            + "]}}"
        )
        return eval_words(folder, policy, text, name="input.json")

    return make


def stream(folder, size):
    return eval_words(folder, LOOP, filled(ONE_POD.replace("name: a", "name: a{0:07}"), size, "---\n"))


def list_yaml(folder, size):
    item = "  - apiVersion: v1\n    kind: Pod\n    metadata: {{name: a{0:07}}}\n    spec: {{containers: [{{name: c, image: d}}]}}\n"
    return eval_words(folder, LOOP, "apiVersion: v1\nkind: List\nitems:\n" + filled(item, size))


def list_json(folder, size):
    item = '{{"apiVersion":"v1","kind":"Pod","metadata":{{"name":"a{0:07}"}},"spec":{{"containers":[{{"name":"c","image":"d"}}]}}}}'
    return eval_words(
        folder, LOOP, '{"apiVersion":"v1","kind":"List","items":[' + filled(item, size, ",") + "]}", name="input.json"
    )


def keys_of_map(folder, size):
    policy = (
        HEAD
        + 'deny contains k if {\n\tsome k, v in input.metadata.annotations\n\tinput.metadata.annotations[k] != v\n}\n'
    )
    return eval_words(
        folder,
        policy,
        "apiVersion: v1\nkind: Pod\nmetadata:\n  name: a\n  annotations:\n" + filled("    key-{0:07}: value\n", size),
    )


def block_scalar(folder, size):
    return eval_words(
        folder,
        LOOP,
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  text: |\n"
        + filled("    a line of text, {0:07}\n", size),
    )


def comments(folder, size):
    return eval_words(folder, LOOP, filled("# a comment, {0:07}\n", size) + ONE_POD)


def nesting(folder, size):
    depth = size - 1
    return eval_words(
        folder,
        LOOP,
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: " + "{a: " * depth + "1" + "}" * depth + "\n",
    )


def data_document(folder, size):
    data = folder / "data"
    data.mkdir(exist_ok=True)
    write(data, "data.json", '{"hosts":[' + filled('{{"name":"host-{0:07}","owner":"team"}}', size, ",") + "]}")
    policy = HEAD + 'deny contains h.name if {\n\tsome h in data.hosts\n\th.owner == input.metadata.name\n}\n'
    return eval_words(folder, policy, ONE_POD, "-d", data)


def comprehension(folder, size):
    policy = HEAD + "names := {c.name | some c in input.spec.containers}\n\ndeny contains \"few\" if count(names) < 1\n"
    return eval_words(folder, policy, POD + "  containers:\n" + filled(CONTAINER, size))


def groups(folder, size):
    policy = (
        HEAD
        + 'by_image[c.image] contains c.name if some c in input.spec.containers\n\ndeny contains n if {\n\tsome _, ns in by_image\n\tcount(ns) > 1\n\tsome n in ns\n}\n'
    )
    return eval_words(folder, policy, POD + "  containers:\n" + filled(CONTAINER, size))


def rules(template, *, before="", after=""):
    def make(folder, size):
        return eval_words(folder, HEAD + before + times(template, size) + after.format(size - 1), ONE_POD)

    return make


def rules_chain(folder, size):
    links = times("r{0} if r{1}\n", 0) + "".join(f"r{i} if r{i - 1}\n" for i in range(1, size))
    return ["check", write(folder, "policy.rego", HEAD + "r0 if input.kind\n" + links), *limits()]


def rule_of_lines(line, end=""):
    def make(folder, size):
        return eval_words(folder, HEAD + 'deny contains "x" if {\n' + times(line, size) + end + "}\n", ONE_POD)

    return make


def else_branches(folder, size):
    branches = "".join(f" else := {i} if input.spec.x == {i}\n" for i in range(1, size))
    return eval_words(
        folder, HEAD + "r := 0 if input.spec.x == 0\n" + branches + 'deny contains "x" if r == 3\n', ONE_POD
    )


def constant_set(folder, size):
    return eval_words(
        folder, HEAD + "s := {" + times('"a{0}"', size, ",\n") + '}\n\ndeny contains "x" if input.kind in s\n', ONE_POD
    )


def modules(folder, size):
    packages = folder / "packages"
    packages.mkdir()
    for i in range(size):
        write(packages, f"m{i}.rego", f'package p.m{i}\n\nimport rego.v1\n\nr if input.spec.f{i} == {i}\n')
    return eval_words(folder, HEAD + 'deny contains "x" if data.p.m0.r\n', ONE_POD, "-d", packages)


def nested_terms(opening, closing):
    return lambda folder, size: eval_words(
        folder, HEAD + f'deny contains "x" if input.x == {opening * (size - 1)}1{closing * (size - 1)}\n', ONE_POD
    )


def nested_comprehensions(folder, size):
    depth = size - 1
    return eval_words(folder, HEAD + f'deny contains "x" if input.x == {"[y | y := " * depth}1{"]" * depth}\n', ONE_POD)


def containers(policy, *more):
    return lambda folder, size: eval_words(folder, policy, POD + "  containers:\n" + times(CONTAINER, size), *more)


def containers_of_example(folder, size):
    rule = REPOSITORY / "rules/examples/require_nonroot/rule.psdl"
    return ["eval", rule, write(folder, "input.yaml", POD + "  containers:\n" + times(CONTAINER, size)), *limits()]


def fixes(opening, container, joint, closing, name):
    def make(folder, size):
        path = write(folder, name, opening + times(container, size, joint) + closing)
        return ["scan", "--level", "restricted", "-o", "text", path, *limits()]

    return make


FIXES_YAML = fixes(
    POD + "  containers:\n",
    "    - name: c{0:07}\n      image: a\n      securityContext: {{privileged: true, capabilities: {{add: [SYS_ADMIN]}}}}\n",
    "",
    "",
    "input.yaml",
)
FIXES_JSON = fixes(
    '{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a"},"spec":{"containers":[',
    '{{"name":"c{0:07}","image":"a","securityContext":{{"privileged":true,"capabilities":{{"add":["SYS_ADMIN"]}}}}}}',
    ",",
    "]}}",
    "input.json",
)

SERIES = [
    Series("document, YAML", DOCUMENT_SIZES, document_yaml(LOOP)),
    Series("document, YAML, a finding for each container", DOCUMENT_SIZES[:4], document_yaml(EVERY)),
    Series("the same, -o json", DOCUMENT_SIZES[:4], document_yaml(EVERY, "-o", "json")),
    Series("document, JSON", DOCUMENT_SIZES, document_json(LOOP)),
    Series("document, JSON, a finding for each container", DOCUMENT_SIZES[:4], document_json(EVERY)),
    Series("documents of a YAML stream", DOCUMENT_SIZES[:4], stream),
    Series("items of a List, YAML", DOCUMENT_SIZES[:4], list_yaml),
    Series("items of a List, JSON", DOCUMENT_SIZES[:4], list_json),
    Series("keys of one map, each looked up", DOCUMENT_SIZES[:4], keys_of_map),
    Series("block scalar", DOCUMENT_SIZES, block_scalar),
    Series("comments", DOCUMENT_SIZES, comments),
    Series("set comprehension over a document", DOCUMENT_SIZES[:4], comprehension),
    Series("partial object of sets over a document", DOCUMENT_SIZES[:4], groups),
    Series("data document, JSON", DOCUMENT_SIZES, data_document),
    Series("nesting of a document", NESTING_SIZES, nesting, "data_nesting"),
    Series(
        "rules of one set",
        RULE_SIZES,
        rules('deny contains msg if {{\n\tinput.spec.f{0} == "bad"\n\tmsg := "m{0}"\n}}\n'),
    ),
    Series("rules of one set, each a finding", RULE_SIZES, rules('deny contains "m{0}" if input.kind == "Pod"\n')),
    Series(
        "rules of one set with a guard", RULE_SIZES, rules('deny contains "m{0}" if input.metadata.name == "n{0}"\n')
    ),
    Series(
        "bodies of one rule",
        RULE_SIZES,
        rules('r := "v{0}" if input.spec.x == {0}\n', after='deny contains "x" if r == "v0"\n'),
    ),
    Series("rules by name", RULE_SIZES, rules("r{0} if input.spec.f{0} == {0}\n", after='deny contains "x" if r{0}\n')),
    Series(
        "rules by name, all asked", RULE_SIZES, rules('r{0} if input.spec.f{0} == {0}\ndeny contains "m{0}" if r{0}\n')
    ),
    Series(
        "functions", RULE_SIZES, rules("f{0}(x) := y if y := x + {0}\n", after='deny contains "x" if f{0}(1) == 0\n')
    ),
    Series(
        "functions, all called",
        RULE_SIZES,
        rules('f{0}(x) := y if y := x + {0}\ndeny contains "m{0}" if f{0}(1) == 0\n'),
    ),
    Series(
        "keys of a partial object",
        RULE_SIZES,
        rules('obj["k{0}"] := 1 if input.spec.f{0} == {0}\n', after='deny contains "x" if obj.k{0} == 1\n'),
    ),
    Series("rules in a chain (check)", RULE_SIZES, rules_chain),
    Series("else branches", RULE_SIZES, else_branches),
    Series("expressions of a body", RULE_SIZES, rule_of_lines("\tinput.spec.f{0} == {0}\n")),
    Series("variables of a body", RULE_SIZES, rule_of_lines("\tv{0} := input.spec.f{0}\n")),
    Series(
        "comprehensions of a body", RULE_SIZES[:4], rule_of_lines("\tcount([1 | some x{0} in input.spec.f{0}]) == 0\n")
    ),
    Series("members of a constant set", RULE_SIZES, constant_set),
    Series("modules", RULE_SIZES[:4], modules),
    Series("nested arrays of a rule", NESTING_SIZES[:6], nested_terms("[", "]"), "policy_nesting"),
    Series("nested parentheses of a rule", NESTING_SIZES[:6], nested_terms("(", ")"), "policy_nesting"),
    Series("nested calls of a rule", NESTING_SIZES[:6], nested_terms("abs(", ")"), "policy_nesting"),
    Series("nested comprehensions of a rule", NESTING_SIZES[:6], nested_comprehensions, "policy_nesting"),
    Series("containers, none found", CONTAINER_SIZES, containers(LOOP)),
    Series("containers, each found", CONTAINER_SIZES, containers(EVERY)),
    Series("containers, quick-start rule, each found", CONTAINER_SIZES, containers_of_example),
    Series("containers, each found, -o json", CONTAINER_SIZES, containers(EVERY, "-o", "json")),
    Series("containers at restricted, each with six fixes", CONTAINER_SIZES, FIXES_YAML),
    Series("the same in one line of JSON", CONTAINER_SIZES, FIXES_JSON),
]


def measure(series, quick):
    row = Row(series)
    sizes = series.sizes[:-1] if quick else series.sizes
    try:
        for size in sizes:
            with tempfile.TemporaryDirectory() as folder:
                command = [BUILD / "psdl", *series.make(pathlib.Path(folder), size)]
                row.counts.append(instructions(command, allowed_exits=(0, 1)))
                if size == sizes[-1]:
                    row.run = launch(command, 1, allowed_exits=(0, 1))
    except Failed as failure:
        row.failure = f"at {sizes[len(row.counts)]:,}: {failure}"
    return row


def is_bad(row):
    return bool(row.failure) or (
        not row.series.held_by and verdict(row.series.sizes[: len(row.counts)], row.counts)[0] == "worse"
    )


def millions(count):
    return f"{count / 1e6:.0f}" if count >= 1e9 else f"{count / 1e6:.3g}"


def cells(row):
    sizes = row.series.sizes[: len(row.counts)]
    counted = " ".join(map(millions, row.counts))
    name, over = row.series.name, f"{row.series.sizes[0]:,} to {row.series.sizes[max(len(sizes), 1) - 1]:,}"
    if row.failure:
        return [name, over, counted, "", row.failure.replace("|", "/"), "", ""]
    word, exponent = verdict(sizes, row.counts)
    if word == "worse" and row.series.held_by:
        word = f"worse, held by `{row.series.held_by}`"
    return [name, over, counted, f"{exponent:.2f}", word, f"{row.run.processor_ms:,.0f}", f"{row.run.peak_mb:,.0f}"]


def growth_table(rows):
    head = [
        "what grows",
        "sizes",
        "million instructions at each",
        "worst exponent",
        "verdict",
        "processor ms",
        "peak MB",
    ]
    return table(head, [cells(row) for row in rows])


def put_into(page, text):
    """The page with the text between its marks."""
    before, mark, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not mark or not end:
        raise ValueError(f"the page has no {BEGIN} .. {END}")
    return f"{before}{BEGIN}\n\n{text}\n\n{END}{after}"


def main():
    parser = argparse.ArgumentParser(
        prog="scripts/bench --growth", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", default="", help="series whose name holds one of these, separated by commas")
    parser.add_argument("--quick", action="store_true", help="without the largest size of each series")
    parser.add_argument("--into", type=pathlib.Path, help="the page to put the table into")
    parser.add_argument("--out", type=pathlib.Path, help="file for the counts, a JSON object a line")
    args = parser.parse_args()
    wanted = [word for word in args.only.split(",") if word]
    rows = []
    for series in SERIES:
        if wanted and not any(word in series.name for word in wanted):
            continue
        rows.append(measure(series, args.quick))
        print(" | ".join(cells(rows[-1])), file=sys.stderr, flush=True)
    if not rows:
        print("bench: no such series", file=sys.stderr)
        return 2
    text = growth_table(rows)
    print(text)
    if args.out:
        args.out.write_text(
            "".join(
                json.dumps({"series": row.series.name, "sizes": row.series.sizes, "counts": row.counts}) + "\n"
                for row in rows
            )
        )
    if args.into:
        args.into.write_text(put_into(args.into.read_text(), text))
    return 1 if any(map(is_bad, rows)) else 0


if __name__ == "__main__":
    sys.exit(main())
