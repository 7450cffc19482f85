"""Runs vectors of bindings/vectors. In: a vector; out: what the engine gives for it, in the members of its README."""

from __future__ import annotations

import json
import pathlib
from decimal import Decimal

import psdl

FOLDER = pathlib.Path(__file__).resolve().parents[2] / "vectors"

PLACE = "file path label offset end_offset line column end_line end_column precision".split()
FINDING = (
    "document severity rule entry_point title message container missing value details psa source_file source_line "
    "fingerprint"
).split()
DOCUMENT = "verdict ordinal text first_finding finding_count document api_version kind namespace name printed".split()
DIAGNOSTIC = "severity line column document code message file help".split()
ENTRY_POINT = "path id title file line severity".split()
AS = {
    "boolean": lambda value: value.as_bool(),
    "int": lambda value: value.as_int(),
    "double": lambda value: "%.17g" % value.as_float(),
    "number": lambda value: value.as_number(),
    "string": lambda value: value.as_str(),
    "kind": lambda value: value.kind,
    "count": len,
    "json": lambda value: value.json(),
}


def load() -> dict[pathlib.Path, dict]:
    return {path: json.loads(path.read_text(encoding="utf-8")) for path in sorted(FOLDER.glob("*.json"))}


def canonical(value) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def whole(**members):
    """The members that are not empty; the status always stays."""
    return {
        name: value for name, value in members.items() if name == "status" or value not in ("", 0, False, [], {}, None)
    }


def part(thing, names):
    return whole(**{name: getattr(thing, name) for name in names})


def text(given):
    """A text of a vector, as str where it is UTF-8."""
    if isinstance(given, str):
        return given
    pieces = []
    for one in given:
        if isinstance(one, str):
            pieces.append(one.encode())
        elif "hex" in one:
            pieces.append(bytes.fromhex(one["hex"]))
        else:
            pieces.append(one["repeat"].encode() * one["times"])
    return b"".join(pieces)


class Builtins:
    """Those of the table in bindings/vectors/README.md."""

    def __init__(self):
        self.evaluator = None
        self.calls = 0

    def fail(self, message):
        raise psdl.BuiltinError(message)

    def count(self, _):
        self.calls += 1
        return self.calls

    def again(self, _):
        try:
            return self.evaluator.evaluate("{}").status
        except psdl.Error as error:
            return error.status

    def named(self, name):
        def echo(value):
            return value

        pure = {
            "test.echo": ("(any) -> any", echo),
            "test.upper": ("(string) -> string", lambda value: "".join(c.upper() if c.isascii() else c for c in value)),
            "test.join": ("(string, array[string]) -> string", lambda between, items: between.join(items)),
            "test.set": ("(array[string]) -> set[string]", set),
            "test.number": ("(string) -> number", Decimal),
        }
        other = {
            "test.nothing": ("(any) -> any", lambda value: psdl.UNDEFINED),
            "test.fail": ("(string) -> any", self.fail),
            "test.calls": ("(any) -> number", self.count),
            "test.wrong": ("(any) -> string", lambda value: 7),
            "test.again": ("(any) -> string", self.again),
            "test.network": ("(any) -> any", echo),
            "test.badname!": ("(any) -> any", echo),
            "test.badtype": ("(strin) -> any", echo),
        }
        signature, function = {**pure, **other}[name]
        return psdl.Builtin(name, signature, function, name in pure, ("network",) if name == "test.network" else ())


def sources_from(given):
    return [psdl.Source(**{**one, "text": text(one["text"])}) for one in given]


class Run:
    def __init__(self, vector):
        assert not set(vector) - {"name", "policy", "evaluator", "builds", "opens", "steps"}, vector["name"]
        self.vector = vector
        self.builtins = Builtins()
        self.result = None
        self.data = None

    def builds(self):
        """What building gives; the policy is in self.policy."""
        given = dict(self.vector["policy"])
        known = given.pop("bind", [])
        through_image = given.pop("through_image", False)
        self.policy = None
        try:
            policy = self.compile(**given)
            if through_image:
                options = {name: given[name] for name in ("options", "builtins") if name in given}
                policy = self.compile(image=policy.image(), image_name=given.get("image_name", ""), **options)
            if known:
                policy = policy._bind(
                    [(one["path"], text(one["text"]), one.get("name", ""), one.get("format", "auto")) for one in known]
                )
        except psdl.Error as error:
            return whole(status=error.status, diagnostics=[part(one, DIAGNOSTIC) for one in error.diagnostics])
        self.policy = policy
        return whole(
            status="ok",
            diagnostics=[part(one, DIAGNOSTIC) for one in policy.warnings],
            entry_points=[part(one, ENTRY_POINT) for one in policy.entry_points],
        )

    def compile(
        self, options=None, builtins=(), sources=(), packs=(), level=None, extras=(), data=(), image=None, image_name=""
    ):
        level = dict(level or {})
        return psdl.compile(
            sources_from(sources),
            builtins=[self.builtins.named(name) for name in builtins],
            packs={one["name"]: sources_from(one["sources"]) for one in packs},
            level=level.pop("name", None),
            extras=extras,
            data=[
                psdl.DataFile(text(one["text"]), one.get("path", ""), one.get("name", ""), one.get("format", "auto"))
                for one in data
            ],
            image=text(image) if isinstance(image, list) else image,
            image_name=image_name,
            **level,
            **(options or {}),
        )

    def opens(self):
        """Makes the evaluator; the status where it cannot be made."""
        settings = dict(self.vector.get("evaluator", {}))
        if settings.pop("data", False):
            self.data = settings["data"] = psdl.Data(self.policy)
        try:
            self.evaluator = self.builtins.evaluator = psdl.Evaluator(self.policy, **settings)
        except psdl.Error as error:
            return error.status
        return None

    def gives(self, do):
        ((name, given),) = do.items()
        try:
            return getattr(self, "do_" + name)(given)
        except psdl.Error as error:
            if error.result is not None:
                return self.shown(error.result)
            return whole(status=error.status, diagnostics=[part(one, DIAGNOSTIC) for one in error.diagnostics])

    def shown(self, result, **more):
        self.result = result
        rows = [
            whole(
                values=[result.value(i, j).json() for j in range(len(row.values))], bindings=result.bindings(i).json()
            )
            for i, row in enumerate(result.rows)
        ]
        return whole(
            status=result.status,
            verdict="" if result.verdict == "none" else result.verdict,
            documents=[part(one, DOCUMENT) for one in result.documents],
            findings=[
                whole(
                    **part(one, FINDING),
                    place=part(one.place, PLACE),
                    related=[part(place, PLACE) for place in one.related],
                )
                for one in result.findings
            ],
            diagnostics=[part(one, DIAGNOSTIC) for one in result.diagnostics],
            rows=rows,
            printed=result.printed,
            json=result.json(),
            **more,
        )

    def do_evaluate(self, given):
        return self.shown(
            self.evaluator.evaluate(text(given["text"]), name=given.get("name", ""), format=given.get("format", "auto"))
        )

    def do_evaluate_built(self, given):
        return self.shown(self.evaluator.evaluate(given["value"], name=given.get("name", "")))

    def do_query(self, given):
        query = self.policy.query(given["text"], package=given.get("package", ""), imports=given.get("imports", []))
        if "input" not in given:
            return self.shown(self.evaluator.ask(query))
        document = given["input"]
        return self.shown(
            self.evaluator.ask(
                query, text(document["text"]), name=document.get("name", ""), format=document.get("format", "auto")
            )
        )

    def do_query_built(self, given):
        return self.shown(self.evaluator.ask(self.policy.query(given["text"]), given["value"]))

    def do_batch(self, given):
        batch = self.evaluator.evaluate_batch(
            [text(one) for one in given["texts"]],
            names=given.get("names"),
            format=given.get("format", "auto"),
            findings=not given.get("bits_only", False),
        )
        columns = {name: numbers(getattr(batch, name)) for name in ("allowed", "denied", "failed")}
        if batch.result is None:
            return whole(status=batch.status, **columns)
        return self.shown(batch.result, **columns)

    def do_value(self, given):
        value = self.result.value(given.get("row", 0), given.get("expression", 0))
        for step in given.get("path", []):
            value = value.field(step) if isinstance(step, str) else value.item(step)
        return {"status": "ok", "answer": AS[given["as"]](value)}

    def do_apply(self, given):
        changes = [
            psdl.Change(
                one["action"], one["path"], text(one.get("text", "")), one.get("name", ""), one.get("format", "auto")
            )
            for one in given
        ]
        try:
            return whole(status="ok", version=psdl.apply(self.data, changes))
        except psdl.Error as error:
            return whole(
                status=error.status,
                diagnostics=[part(one, DIAGNOSTIC) for one in error.diagnostics],
                version=self.data.version,
            )

    def do_data(self, path):
        return whole(status="ok", json=self.data.json(path))

    def do_cancel(self, _):
        self.evaluator.cancel()
        return {"status": "ok"}

    def do_resume(self, _):
        self.evaluator.resume()
        return {"status": "ok"}

    def do_close(self, _):
        self.evaluator.close()
        return {"status": "ok"}


def numbers(bits):
    return [i * 8 + j for i, byte in enumerate(bits) for j in range(8) if byte >> j & 1]


def run(vector) -> dict:
    """The vector with what it gives now."""
    made = {name: vector[name] for name in ("name", "policy", "evaluator") if name in vector}
    going = Run(vector)
    made["builds"] = going.builds()
    if going.policy is None:
        return made
    opens = going.opens()
    if opens is not None:
        return {**made, "opens": opens}
    if vector.get("steps"):
        made["steps"] = [{"do": step["do"], "gives": going.gives(step["do"])} for step in vector["steps"]]
    going.builtins.evaluator = None  # a builtin that holds its evaluator keeps both for ever
    return made
