"""Values across the border: what JSON holds comes back as it was, what it cannot hold is refused with its path."""

import contextlib
import decimal
import enum
import json

import pytest

import psdl


@pytest.fixture(scope="module")
def policy():
    return psdl.compile(psdl.Source("a.rego", 'package a\n\ndeny contains "x" if input.bad\n'))


# Everything that takes a value: into a document, and into data.
REFUSERS = (
    lambda policy, value: policy.evaluate(value),
    lambda policy, value: psdl.apply(psdl.Data(policy), [psdl.Change("put", "/a", value)]),
)


def echo(policy, value):
    return policy.ask(policy.query("input.v"), {"v": value}).answer


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        False,
        0,
        -1,
        2**63 - 1,
        -(2**63),
        2**64,
        10**60,
        1.5,
        -0.25,
        1e-7,
        "",
        "ä😀\0",
        [],
        [1, [2, []]],
        {},
        {"a": {"b~/": [None]}},
    ],
    ids=repr,
)
def test_json_comes_back(policy, value):
    answer = echo(policy, value)
    assert answer == value and type(answer) is type(value)


def test_none_is_null(policy):
    for evaluator in (policy, psdl.Evaluator(policy)):
        told = []
        for null, form in ((None, "auto"), (b"null", "json")):  # in YAML it is an empty document
            with pytest.raises(psdl.InputError) as raised:
                evaluator.evaluate(null, format=form)
            told.append((str(raised.value), raised.value.code))
        assert told[0] == told[1] and told[0][1] == "not_an_object"
    data = psdl.Data(policy)
    psdl.apply(data, [psdl.Change("put", "/a", None)])
    assert data.json("/a") == "null"


def test_numbers_keep_their_digits(policy):
    result = policy.ask(policy.query("input.v"), {"v": decimal.Decimal("1.30")})
    assert result.value().as_number() == "1.30"


def test_tuples_and_subclasses_are_what_they_derive_from(policy):
    class Colour(enum.IntEnum):
        RED = 1

    class Text(str):
        pass

    assert echo(policy, (1, Colour.RED, Text("x"), Colour(1))) == [1, 1, "x", 1]


def holds_itself():
    value = []
    value.append(value)
    return value


@pytest.mark.parametrize(
    "value, path, reason",
    [
        ({"a": [1, {2}]}, "/a/1", "set"),
        ({"a": {"b/c": {"d~e": object()}}}, "/a/b~1c/d~0e", "object"),
        ({"a": float("nan")}, "/a", "NaN"),
        ([float("inf")], "/0", "infinite"),
        ({"a": decimal.Decimal("NaN")}, "/a", "NaN"),
        ({"a": {1: 2}}, "/a", "keys are texts, not int"),
        ({"a": ["ok", "\ud800"]}, "/a/1", "surrogate"),
        ({"a": b"bytes"}, "/a", "bytes"),
        ({"a": 1 + 2j}, "/a", "complex"),
        ({1}, "", "set"),
    ],
    ids=str,
)
def test_what_json_cannot_hold_is_refused_with_its_path(policy, value, path, reason):
    for refuse in REFUSERS:
        with pytest.raises(psdl.NotJsonError, match=reason) as raised:
            refuse(policy, value)
        assert raised.value.path == path
        assert isinstance(raised.value, (TypeError, ValueError))


def nested(levels, innermost=None):
    value = innermost
    for _ in range(levels):
        value = [value]
    return value


def holds_itself_deep_inside():
    value = {"a": [0, {"b": {}}]}
    value["a"][1]["b"]["c"] = value["a"]
    return value


@pytest.mark.parametrize(
    "value, path", [(holds_itself(), "/0"), (holds_itself_deep_inside(), "/a/1/b/c")], ids=["list", "dict"]
)
def test_a_value_that_holds_itself_is_refused(policy, value, path):
    for refuse in REFUSERS:
        with pytest.raises(psdl.NotJsonError, match="holds itself") as raised:
            refuse(policy, value)
        assert raised.value.path == path


def test_the_same_list_twice_is_no_cycle(policy):
    twice = [1]
    assert echo(policy, [twice, twice, [twice]]) == [[1], [1], [[1]]]


def test_depth_ends_at_the_limit_and_at_the_most_that_one_can_be(policy):
    with pytest.raises(psdl.LimitError, match=r"at `(/0)+`"):
        policy.evaluate(nested(200))
    for refuse in REFUSERS:
        with pytest.raises((psdl.NotJsonError, psdl.LimitError)):
            refuse(policy, nested(100_000))
    high = psdl.compile(
        psdl.Source("a.rego", "package a\n\ndeny contains 1 if input.x\n"), limits={"data_nesting": 1000}
    )
    assert high.evaluate({"v": nested(900)}).verdict == "allow"
    with pytest.raises(psdl.NotJsonError, match="deeper than 1000"):
        high.evaluate(nested(2000))


def test_a_refusal_at_the_bottom_has_the_whole_path(policy):
    with pytest.raises(psdl.NotJsonError) as raised:
        policy.evaluate(nested(100, {1}))
    assert raised.value.path == "/0" * 100


class Liar(str):
    """What it says of itself is another thing than what it holds."""

    def __str__(self):
        return '","x":"'

    __repr__ = __format__ = replace = encode = __str__

    def __eq__(self, other):
        return False

    def __hash__(self):
        return 0


def endless(*_):
    while True:
        yield 1


class EndlessList(list):
    __iter__ = endless
    __len__ = lambda self: 10**9


class EndlessDict(dict):
    items = keys = values = __iter__ = endless


class EndlessTuple(tuple):
    __iter__ = endless


class LyingDecimal(decimal.Decimal):
    def __str__(self):
        return '1,"x":2'

    def is_finite(self):
        return True


class LyingInt(int):
    def __repr__(self):
        return '1,"x":2'

    __str__ = __index__ = __int__ = __repr__


class LyingFloat(float):
    def __repr__(self):
        return '1,"x":2'

    __str__ = __float__ = __repr__


LIARS = {
    "a": Liar("text"),
    "b": EndlessList([1]),
    "c": EndlessDict(k=1),
    "d": EndlessTuple((2,)),
    "e": LyingDecimal("1.50"),
    "f": LyingInt(2**70),
    "g": LyingFloat(0.5),
    Liar("h"): 1,
}
TRUTH = {"a": "text", "b": [1], "c": {"k": 1}, "d": [2], "e": 1.5, "f": 2**70, "g": 0.5, "h": 1}


def test_a_subclass_is_what_it_derives_from_whatever_its_methods_say(policy):
    assert echo(policy, LIARS) == TRUTH
    data = psdl.Data(policy)
    psdl.apply(data, [psdl.Change("put", "/a", LIARS)])
    assert json.loads(data.json("/a")) == TRUTH
    for refuse in REFUSERS:
        with pytest.raises(psdl.NotJsonError, match="NaN"):
            refuse(policy, LyingDecimal("sNaN"))
        with pytest.raises(psdl.NotJsonError, match="twice"):
            refuse(policy, {Liar("k"): 1, "k": 2})


class Raises:
    @property
    def __class__(self):
        raise RuntimeError("no class of mine")


def test_what_a_value_raises_comes_through(policy):
    for refuse in REFUSERS:
        with pytest.raises(RuntimeError, match="no class of mine"):
            refuse(policy, [Raises()])
    assert policy.evaluate({}).verdict == "allow"


@pytest.mark.parametrize(
    "value", ['\u2028\x00\x1f"\\/\x7f', {'\n"': "\t"}, -0.0, 1e16, 1e-320, decimal.Decimal("1E+5")], ids=repr
)
def test_data_holds_what_it_was_given(policy, value):
    data = psdl.Data(policy)
    psdl.apply(data, [psdl.Change("put", "/a", {"v": value})])
    assert json.loads(data.json("/a/v")) == value


def test_a_list_that_becomes_shorter_while_it_is_read(policy):
    shrinking = []

    class Shrinks(decimal.Decimal):
        @property
        def __class__(self):
            shrinking.clear()
            return decimal.Decimal

    shrinking += [Shrinks(1), 2, 3]
    with contextlib.suppress(psdl.Error):
        policy.evaluate(shrinking)
    assert policy.evaluate({}).verdict == "allow"


def test_after_a_refusal_the_next_document_is_judged(policy):
    with pytest.raises(psdl.NotJsonError):
        policy.evaluate({"bad": {1}})
    assert policy.evaluate({"bad": 1}).verdict == "deny"
    assert policy.evaluate({}).verdict == "allow"


def test_texts_of_every_kind(policy):
    text = b'{"bad": 1}'
    for given in (text, text.decode(), bytearray(text), memoryview(text)):
        assert policy.evaluate(given).verdict == "deny"


def test_a_buffer_may_change_while_it_is_judged():
    text = bytearray(b'{"bad": [1, 2, 3], "c": "acme"}')

    def wipe(_):
        text[:] = b"x" * 7
        return True

    policy = psdl.compile(
        "package a\n\ndeny contains input.c if {\n\tacme.wipe(1)\n\tinput.bad[2] == 3\n}\n",
        builtins=[psdl.Builtin("acme.wipe", "(any) -> boolean", wipe)],
    )
    result = policy.evaluate(text)
    assert (result.verdict, bytes(text)) == ("deny", b"x" * 7)
    assert [one.message for one in result.findings] == ["acme"]
