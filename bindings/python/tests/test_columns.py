"""Columns of Arrow and pandas: verdicts and findings belong to their rows."""

import pytest

import psdl
import psdl.columns

TEXTS = [b'{"kind":"Test"}', None, b'{"bad":1}', b"{", b'{"bad":2}']
WORDS = ["allow", "error", "deny", "error", "deny"]


@pytest.fixture
def evaluator():
    return psdl.Evaluator(psdl.compile('package a\n\ndeny contains {"msg": "bad", "path": ["bad"]} if input.bad\n'))


@pytest.mark.parametrize("kind", ["binary", "large_binary", "string", "large_string"])
def test_arrow(evaluator, kind):
    pa = pytest.importorskip("pyarrow")
    column = pa.array([None if one is None else one.decode() for one in TEXTS], getattr(pa, kind)())
    verdicts, findings = psdl.columns.evaluate_arrow(evaluator, column)
    assert verdicts.to_pylist() == WORDS
    assert findings.column("index").to_pylist() == [2, 4]
    assert findings.column("path").to_pylist() == ["/bad", "/bad"]
    assert psdl.columns.evaluate_arrow(evaluator, column.slice(2, 2), findings=False)[0].to_pylist() == [
        "deny",
        "error",
    ]
    assert psdl.columns.evaluate_arrow(evaluator, column, findings=False)[1] is None


def test_arrow_chunks(evaluator):
    pa = pytest.importorskip("pyarrow")
    column = pa.chunked_array([pa.array(TEXTS[:3]), pa.array(TEXTS[3:]), pa.array([], pa.binary())])
    verdicts, findings = psdl.columns.evaluate_arrow(evaluator, column)
    assert verdicts.to_pylist() == WORDS and findings.column("index").to_pylist() == [2, 4]


def test_arrow_bits_are_arrows(evaluator):
    pa = pytest.importorskip("pyarrow")
    batch = evaluator.evaluate_batch([one or b"" for one in TEXTS] * 20)
    denied = pa.Array.from_buffers(pa.bool_(), len(batch), [None, pa.py_buffer(batch.denied)])
    assert denied.to_pylist() == [word == "deny" for word in batch.verdicts]


def test_pandas(evaluator):
    pd = pytest.importorskip("pandas")
    series = pd.Series(TEXTS, index=list("abcde"))
    verdicts, findings = psdl.columns.evaluate_pandas(evaluator, series)
    assert list(verdicts) == WORDS and list(verdicts.index) == list("abcde")
    assert list(findings["index"]) == ["c", "e"] and list(findings["message"]) == ["bad", "bad"]


def test_columns_of_something_else(evaluator):
    pd = pytest.importorskip("pandas")
    with pytest.raises(psdl.NotJsonError) as raised:
        psdl.columns.evaluate_pandas(evaluator, pd.Series([b"{}", 7], dtype=object))
    assert raised.value.path == "/1"
    pa = pytest.importorskip("pyarrow")
    with pytest.raises(psdl.NotJsonError):
        psdl.columns.evaluate_arrow(evaluator, pa.array([1, 2]))


def test_offsets_outside_a_buffer(evaluator):
    for offsets in (b"\0\0\0\0\xff\0\0\0", b"\5\0\0\0\0\0\0\0", b"\0\0\0\0", b""):
        with pytest.raises(psdl.ArgumentError):
            evaluator._evaluate_column(offsets, b"{}", None, 0, 1, False, "auto", False)
