"""PSDL, a policy engine for Kubernetes manifests.

    import psdl

    policy = psdl.compile(level="restricted")
    result = policy.evaluate(open("pod.yaml", "rb").read(), name="pod.yaml")
    for finding in result.findings:
        print(finding)  # pod.yaml:9:5: PSS208: ..

A policy is compiled once and evaluated from any number of threads; the GIL is released meanwhile. What was not
evaluated to the end raises: it is never allowed.
"""

from __future__ import annotations

import os
from typing import Any, Callable, Iterable, List, Mapping, NamedTuple, Optional, Sequence, Tuple, Union

from ._psdl import (
    ABI_VERSION,
    UNDEFINED,
    Batch,
    Compiler,
    Data,
    Diagnostic,
    Document,
    EntryPoint,
    Evaluator,
    Finding,
    Place,
    Policy,
    Query,
    Result,
    Row,
    Value,
    __version__,
    _to_json,
    call_is_over,
    status_name,
)
from .errors import (
    ArgumentError,
    BuiltinError,
    BusyError,
    CallbackError,
    CancelledError,
    ClosedError,
    Error,
    EvaluationError,
    InputError,
    InternalError,
    LimitError,
    NotFoundError,
    NotJsonError,
    OutOfMemoryError,
    OutOfRangeError,
    PolicyError,
    WrongKindError,
)

__all__ = [
    "ABI_VERSION",
    "UNDEFINED",
    "ArgumentError",
    "Batch",
    "Builtin",
    "BuiltinError",
    "BusyError",
    "CallbackError",
    "CancelledError",
    "Change",
    "ClosedError",
    "Compiler",
    "Data",
    "DataFile",
    "Diagnostic",
    "Document",
    "EntryPoint",
    "Error",
    "EvaluationError",
    "Evaluator",
    "Finding",
    "InputError",
    "InternalError",
    "LimitError",
    "NotFoundError",
    "NotJsonError",
    "OutOfMemoryError",
    "OutOfRangeError",
    "Place",
    "Policy",
    "PolicyError",
    "Query",
    "Result",
    "Row",
    "Source",
    "Value",
    "WrongKindError",
    "__version__",
    "apply",
    "bind",
    "call_is_over",
    "compile",
    "status_name",
]


class Source(NamedTuple):
    """A text of rules. A library is for others to import: its rules are not asked for findings."""

    name: str
    text: Union[str, bytes]
    dialect: str = "by_name"
    is_library: bool = False


class Builtin(NamedTuple):
    """A builtin of the host, called with Python values; it returns one, or `psdl.UNDEFINED`.

    A set comes as a list in Rego's order; a Python set becomes one. What it raises ends the evaluation with
    `psdl.CallbackError`; of a `psdl.BuiltinError` the text alone is the message. `is_pure`: the same operands always
    give the same and nothing happens besides.
    """

    name: str
    signature: str
    function: Callable[..., Any]
    is_pure: bool = False
    capabilities: Tuple[str, ...] = ()


class DataFile(NamedTuple):
    """A document of base data at a JSON pointer below `data`: a text, or a value of Python's own."""

    content: Any
    path: str = ""
    name: str = ""
    format: str = "auto"


class Change(NamedTuple):
    """A change of `Data`: `put`, `patch` (a JSON Patch) or `remove`. `value` is a text, or a value of Python's own."""

    action: str
    path: str
    value: Any = b""
    name: str = ""
    format: str = "auto"


Sources = Union[str, bytes, "os.PathLike[str]", Source, Mapping[str, Union[str, bytes]], Iterable[Any]]


def compile(
    sources: Sources = (),
    *,
    level: Optional[str] = None,
    version: str = "",
    only: Sequence[str] = (),
    without: Sequence[str] = (),
    without_admission: bool = False,
    packs: Optional[Mapping[str, Sources]] = None,
    extras: Sequence[str] = (),
    data: Any = None,
    image: Optional[bytes] = None,
    image_name: str = "",
    builtins: Iterable[Builtin] = (),
    limits: Optional[Mapping[str, int]] = None,
    capabilities: Sequence[str] = (),
    v0_compatible: bool = False,
    strict: bool = False,
    drop_prints: bool = False,
    no_optimise: bool = False,
) -> Policy:
    """Compiles a policy, or raises `psdl.PolicyError` with the place of what is wrong.

    sources: a text (named `policy.rego`), paths, `Source`s, a mapping of name to text, or several of them. `.psdl` is
        PSDL, all else Rego.
    level, version, only, without: of the Pod Security Standards: "restricted", "v1.34", ids of rules;
        without_admission: what the API server fills in does not count.
    extras: ids of rules that are part of no level.
    packs: name to sources that hold an entry point together.
    data: base data, a value (its keys are keys of `data`), a text, or a list of `DataFile`.
    image: what `Policy.image()` made, in place of sources. A checksum is no signature: pin or sign what comes from
        elsewhere.
    limits: names of docs/limits.md to numbers, of everything that comes of this policy.
    capabilities: what builtins of the host may ask for.
    v0_compatible: `.rego` files are v0. strict: unused imports, variables and arguments are errors. drop_prints:
        print() is taken out. no_optimise: the code is what the plan says, step by step.
    """
    compiler = Compiler(
        limits=dict(limits or {}),
        capabilities=list(capabilities),
        v0_compatible=v0_compatible,
        strict=strict,
        drop_prints=drop_prints,
        no_optimise=no_optimise,
    )
    for builtin in builtins:
        compiler.add_builtin(
            builtin.name,
            builtin.signature,
            builtin.function,
            capabilities=list(builtin.capabilities),
            is_pure=builtin.is_pure,
        )
    for source in _sources(sources):
        compiler.add_source(source)
    for name, members in (packs or {}).items():
        compiler.add_pack(name, list(_sources(members)))
    if level is not None:
        compiler.add_level(
            level, version=version, only=list(only), without=list(without), without_admission=without_admission
        )
    elif version or only or without or without_admission:
        raise ArgumentError("version, only, without and without_admission go with a level")
    if extras:
        compiler.add_extra(list(extras))
    for one in _data(data):
        compiler.add_data(_text(one.content), path=one.path, name=one.name, format=one.format)
    if image is not None:
        compiler.add_image(image, image_name)
    return compiler.build()


def bind(policy: Policy, known: Mapping[str, Any]) -> Policy:
    """The same rules with more known, so that what it decides is decided once. Every answer is the one that the
    documents would give.

    known: JSON pointers that begin with `/data` or `/input` to texts, or values of Python's own.
    """
    return policy._bind([(path, _text(one), "", "auto") for path, one in known.items()])


def apply(data: Data, changes: Iterable[Change]) -> int:
    """Makes all changes in order, or none and raises; evaluations that begin later see all of them.

    Returns the new version.
    """
    data._apply([(one.action, one.path, _text(one.value), one.name, one.format) for one in changes])
    return data.version


def _text(given: Any) -> Any:
    """A text as it is, a value of Python's own as JSON."""
    return given if isinstance(given, (str, bytes, bytearray, memoryview)) else _to_json(given)


def _sources(given: Sources) -> List[Source]:
    if isinstance(given, Source):
        return [given]
    if isinstance(given, (str, bytes)):
        return [Source("policy.rego", given)]
    if isinstance(given, os.PathLike):
        with open(given, "rb") as file:
            return [Source(os.fspath(given), file.read())]
    if isinstance(given, Mapping):
        return [Source(name, text) for name, text in given.items()]
    return [source for one in given for source in _sources(one)]


def _data(given: Any) -> List[DataFile]:
    if given is None:
        return []
    if isinstance(given, list) and all(isinstance(one, DataFile) for one in given):
        return given
    return [given if isinstance(given, DataFile) else DataFile(given)]
