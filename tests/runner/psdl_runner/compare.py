"""Whether an answer is what a case wants, by the rules of the suites.

In: a case and the tree that `psdl pipe` answered. Out: None where it fits, else the reason in words.
"""

from .numbers_as_text import Number, short


def evaluation(case, answer):
    """A case of `eval`: want_result, want_error, want_error_code, want_defined, sort_bindings, ignore_generated_vars."""
    errors = answer.get("errors")
    wants_error = case.get("want_error") is not None or case.get("want_error_code") is not None
    if wants_error:
        return _evaluation_error(case, answer, errors)
    if errors:
        return f"unexpected error: {_text(errors[0])}"
    rows = answer.get("result")
    if not isinstance(rows, list):
        return f"no result in the answer: {short(answer)}"
    if case.get("want_defined") is not None and bool(rows) != case["want_defined"]:
        return f"want {'a result' if case['want_defined'] else 'no result'}, got {short(rows)}"
    if case.get("want_result") is None:
        return None if case.get("want_defined") is not None else "the case wants nothing: no want_.. key"
    got = [_bindings(row, case) for row in rows]
    if None in got:
        return f"a result without bindings: {short(rows)}"
    want = [_sorted_bindings(row, case) for row in case["want_result"]]
    # Rows are a set: neither order nor repetition counts.
    if {_row_key(row) for row in want} != {_row_key(row) for row in got}:
        return f"want {short(case['want_result'])}, got {short(got)}"
    return None


def standards_verdict(want, answer):
    """Of one pod: `want` is the text that Kubernetes refuses it with, empty where it is allowed."""
    results = answer.get("results")
    if not results or len(results) > 1 or "error" in results[0]:
        return f"unexpected error: {_text(answer['errors'][0])}" if answer.get("errors") else f"no verdict in the answer: {short(answer)}"
    (got,) = results
    if got["allowed"] is not (want == ""):
        return f"want {'allowed' if want == '' else 'refused'}, got {short(got)}"
    return None if got["detail"] == want else f"want {want!r}, got {got['detail']!r}"


def _evaluation_error(case, answer, errors):
    if not errors:
        return f"want error {case.get('want_error_code', '')} {case.get('want_error', '')!r}, got {short(answer.get('result'))}"
    first = errors[0]
    code = case.get("want_error_code")
    if code is not None and first.get("code") != code:
        return f"want code {code}, got {_text(first)}"
    part = case.get("want_error")
    if part is not None and part not in _text(first):
        return f"want {part!r} in the error, got {_text(first)!r}"
    return None


def _bindings(row, case):
    bindings = row.get("bindings") if isinstance(row, dict) else None
    if not isinstance(bindings, dict):
        return None
    if case.get("ignore_generated_vars"):
        bindings = {name: value for name, value in bindings.items() if not name.startswith("__local")}
    return _sorted_bindings(bindings, case)


def _sorted_bindings(bindings, case):
    if not case.get("sort_bindings"):
        return bindings
    # Any total order that agrees with equality will do, as both sides go through it.
    return {
        name: sorted(value, key=value_key) if isinstance(value, list) else value for name, value in bindings.items()
    }


def _row_key(bindings):
    return tuple(sorted((name, value_key(value)) for name, value in bindings.items()))


def value_key(value):
    """A key that can be hashed and ordered, equal for equal Rego values: numbers by value, objects whatever their order."""
    if value is None:
        return (0,)
    if isinstance(value, bool):
        return (1, value)
    if isinstance(value, Number):
        return (2, *value.value())
    if isinstance(value, str):
        return (3, value)
    if isinstance(value, list):
        return (4, tuple(value_key(item) for item in value))
    return (5, tuple(sorted((key, value_key(item)) for key, item in value.items())))


def _text(error):
    """`test-0.rego:ROW: CODE: MESSAGE`; put together from the parts where the answer brings no text."""
    if "text" in error:
        return error["text"]
    location = error.get("location") or {}
    place = f"{location.get('file', '')}:{location.get('row', 0)}: " if location else ""
    return f"{place}{error.get('code', '')}: {error.get('message', '')}"


def diagnostics(want, answer, with_module):
    """An error list of `check` or `parse`: module (of `check`), code, row, column and message of each, in order."""
    got = answer.get("errors")
    if not isinstance(got, list):
        if not want:
            return f"no errors list in the answer: {short(answer)}"
        return f"want {_list(want)}, got no errors"
    want_keys = [_want_key(error, with_module) for error in want]
    got_keys = [_got_key(error, with_module) for error in got]
    if want_keys == got_keys:
        return None
    return f"want {_list(want_keys)}, got {_list(got_keys)}"


def _want_key(error, with_module):
    return (
        error.get("module", "") if with_module else "",
        error.get("code", ""),
        _number(error.get("row")),
        _number(error.get("col")),
        error.get("message"),
    )


def _got_key(error, with_module):
    if not isinstance(error, dict):
        return ("", "", "", "", repr(error))
    location = error.get("location") or {}
    return (
        location.get("file", "") if with_module else "",
        error.get("code", ""),
        _number(location.get("row")),
        _number(location.get("col")),
        error.get("message"),
    )


def _number(value):
    return "0" if value is None else str(value)


def _list(errors):
    if not errors:
        return "no errors"
    return "; ".join(
        f"{e[0]}:{e[2]}:{e[3]}: {e[1]}: {e[4]}" if isinstance(e, tuple) else short(e) for e in errors
    )


def tree(want, answer):
    """A syntax tree of `parse`: the order of keys does not count, the text of number literals does."""
    if "ast" not in answer:
        errors = answer.get("errors")
        return f"want a tree, got {_list([_got_key(e, False) for e in errors])}" if errors else "no ast in the answer"
    where = _difference(want, answer["ast"], "")
    return where and f"tree differs at {where}"


def _difference(want, got, path):
    if isinstance(want, dict) and isinstance(got, dict):
        for key in want:
            if key not in got:
                return f"{path}/{key}: want {short(want[key])}, got nothing"
        for key in got:
            if key not in want:
                return f"{path}/{key}: want nothing, got {short(got[key])}"
        for key in want:
            if found := _difference(want[key], got[key], f"{path}/{key}"):
                return found
        return None
    if isinstance(want, list) and isinstance(got, list):
        for index, (one, other) in enumerate(zip(want, got)):
            if found := _difference(one, other, f"{path}/{index}"):
                return found
        if len(want) != len(got):
            return f"{path or '/'}: want {len(want)} items, got {len(got)}"
        return None
    # bool is a kind of int in Python, but Number is not: type and text have to be the same.
    if type(want) is type(got) and want == got:
        return None
    return f"{path or '/'}: want {short(want)}, got {short(got)}"
