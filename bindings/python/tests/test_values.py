"""Values across the border: what JSON holds comes back as it was, what it cannot hold is refused with its path."""

import decimal
import enum

import pytest

import psdl


@pytest.fixture(scope="module")
def policy():
    return psdl.compile(psdl.Source("a.rego", "package a\n\ndeny contains \"x\" if input.bad\n"))


def echo(policy, value):
    return policy.ask(policy.query("input.v"), {"v": value}).answer


@pytest.mark.parametrize(
    "value",
    [None, True, False, 0, -1, 2**63 - 1, -(2**63), 2**64, 10**60, 1.5, -0.25, 1e-7, "", "ä😀\0", [], [1, [2, []]], {}, {"a": {"b~/": [None]}}],
    ids=repr,
)
def test_json_comes_back(policy, value):
    answer = echo(policy, value)
    assert answer == value and type(answer) is type(value)


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
    for refuse in (policy.evaluate, lambda v: psdl.apply(psdl.Data(policy), [psdl.Change("put", "/a", v)])):
        with pytest.raises(psdl.NotJsonError, match=reason) as raised:
            refuse(value)
        assert raised.value.path == path
        assert isinstance(raised.value, (TypeError, ValueError))


def test_a_list_that_holds_itself_ends(policy):
    with pytest.raises(psdl.LimitError):
        policy.evaluate(holds_itself())


def test_after_a_refusal_the_next_document_is_judged(policy):
    with pytest.raises(psdl.NotJsonError):
        policy.evaluate({"bad": {1}})
    assert policy.evaluate({"bad": 1}).verdict == "deny"
    assert policy.evaluate({}).verdict == "allow"


def test_texts_of_every_kind(policy):
    text = b'{"bad": 1}'
    for given in (text, text.decode(), bytearray(text), memoryview(text)):
        assert policy.evaluate(given).verdict == "deny"
