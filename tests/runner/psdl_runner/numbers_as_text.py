"""JSON whose numbers keep their text.

In: JSON text. Out: trees of dict, list, str, bool, None and Number; and back to text, each number as it was written.
OPA tells `1e3` from `1000` where it prints literals, so a runner that read numbers as floats could not send or judge them.
"""

import json
from decimal import Decimal


class Number:
    """A JSON number: its text, and a key that is equal for equal values."""

    __slots__ = ("text",)

    def __init__(self, text):
        self.text = text

    def __repr__(self):
        return self.text

    def __eq__(self, other):
        return isinstance(other, Number) and self.text == other.text

    def __hash__(self):
        return hash(self.text)

    def value(self):
        """(sign, digits without zeros at either end, exponent): exact, and 1e1000000 costs nothing."""
        sign, digits, exponent = Decimal(self.text).as_tuple()
        text = "".join(map(str, digits)).lstrip("0")
        stripped = text.rstrip("0")
        if not stripped:
            return (0, "", 0)
        return (sign, stripped, exponent + len(text) - len(stripped))


def _refuse_constant(name):
    raise ValueError(f"{name} is not JSON")


def _refuse_duplicates(pairs):
    tree = dict(pairs)
    if len(tree) != len(pairs):
        seen = set()
        for key, _ in pairs:
            if key in seen:
                raise ValueError(f"key {json.dumps(key)} stands twice in one object")
            seen.add(key)
    return tree


_lenient = json.JSONDecoder(parse_float=Number, parse_int=Number, parse_constant=_refuse_constant)
_strict = json.JSONDecoder(
    parse_float=Number, parse_int=Number, parse_constant=_refuse_constant, object_pairs_hook=_refuse_duplicates
)


def read(text):
    """A tree; of equal keys in one object the last counts. Raises ValueError where the text is not JSON."""
    return _lenient.decode(text)


def read_answer(text):
    """As read(), but equal keys in one object are an error: whoever wrote them has made no JSON object."""
    return _strict.decode(text)


def write(tree):
    """One line of ASCII JSON. Python's own int is allowed besides Number, so that a request can be put together by hand."""
    parts = []
    _write(tree, parts.append, json.encoder.encode_basestring_ascii)
    return "".join(parts)


def short(tree, limit=300):
    """The text of a tree for a message, cut where it grows long."""
    parts = []
    _write(tree, parts.append, json.encoder.encode_basestring)
    text = "".join(parts)
    return text if len(text) <= limit else text[:limit] + f".. ({len(text)} characters)"


def _write(tree, put, quote):
    if isinstance(tree, str):
        put(quote(tree))
    elif isinstance(tree, Number):
        put(tree.text)
    elif tree is None:
        put("null")
    elif tree is True:
        put("true")
    elif tree is False:
        put("false")
    elif isinstance(tree, int):
        put(str(tree))
    elif isinstance(tree, dict):
        put("{")
        for index, (key, value) in enumerate(tree.items()):
            put("," if index else "")
            put(quote(key))
            put(":")
            _write(value, put, quote)
        put("}")
    elif isinstance(tree, (list, tuple)):
        put("[")
        for index, value in enumerate(tree):
            put("," if index else "")
            _write(value, put, quote)
        put("]")
    else:
        raise TypeError(f"not a JSON value: {tree!r}")
