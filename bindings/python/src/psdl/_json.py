"""Python values as JSON texts, for what the engine takes as a text: data, and what is known early."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any, Union

from .errors import NotJsonError

Text = Union[str, bytes, bytearray, memoryview]


def is_text(value: Any) -> bool:
    return isinstance(value, (str, bytes, bytearray, memoryview))


def to_json(value: Any) -> str:
    """The value as JSON; NotJsonError with the path of the first thing that JSON cannot hold."""
    out: list[str] = []
    _write(value, "", out)
    return "".join(out)


def _write(value: Any, path: str, out: list[str]) -> None:
    if value is None or isinstance(value, bool):
        out.append({None: "null", True: "true", False: "false"}[value])
    elif isinstance(value, str):
        out.append(_text(value, path))
    elif isinstance(value, int):
        out.append(int.__repr__(value))
    elif isinstance(value, (float, Decimal)):
        if value != value or value in (float("inf"), float("-inf")):
            raise NotJsonError(path, "JSON holds no NaN or infinite number")
        out.append(float.__repr__(value) if isinstance(value, float) else str(value))
    elif isinstance(value, dict):
        _write_object(value, path, out)
    elif isinstance(value, (list, tuple)):
        out.append("[")
        for index, item in enumerate(value):
            out.append("," if index else "")
            _write(item, f"{path}/{index}", out)
        out.append("]")
    else:
        raise NotJsonError(path, f"JSON holds no {type(value).__name__}")


def _write_object(value: dict[Any, Any], path: str, out: list[str]) -> None:
    out.append("{")
    for index, (key, item) in enumerate(value.items()):
        if not isinstance(key, str):
            raise NotJsonError(path, f"an object's keys are texts, not {type(key).__name__}")
        out.append(("," if index else "") + _text(key, path) + ":")
        _write(item, path + "/" + key.replace("~", "~0").replace("/", "~1"), out)
    out.append("}")


def _text(value: str, path: str) -> str:
    try:
        value.encode()
    except UnicodeEncodeError:
        raise NotJsonError(path, "a text with half a surrogate pair has no UTF-8") from None
    return json.dumps(value, ensure_ascii=False)
