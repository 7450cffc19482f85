"""Columns of documents: Arrow arrays and pandas series in, verdicts and findings out, as the same library's tables.

    import pyarrow as pa, psdl, psdl.columns

    verdicts, findings = psdl.columns.evaluate_arrow(psdl.Evaluator(policy), pa.array([pod, other]))

pyarrow and pandas are imported where they are used; neither is needed for the rest of the package. Arrow's texts are
not copied. A text that is null, cannot be read or is not evaluated to the end has the verdict `error`.
"""

from __future__ import annotations

from typing import Any, Dict, List, Optional, Sequence, Tuple

from ._psdl import Batch, Evaluator, Finding
from .errors import NotJsonError

#: The columns of findings. `index` is the number of the text, in a frame its label.
COLUMNS = (
    "index",
    "document",
    "rule",
    "severity",
    "message",
    "path",
    "line",
    "column",
    "container",
    "value",
    "fingerprint",
)


def evaluate_arrow(
    evaluator: Evaluator, column: Any, *, format: str = "auto", findings: bool = True
) -> Tuple[Any, Optional[Any]]:
    """Judges an Array or ChunkedArray of binary or string texts.

    Returns a dictionary-encoded array of verdicts, one for each text, and a table of findings (None with
    findings=False).
    """
    import pyarrow as pa

    chunks = column.chunks if isinstance(column, pa.ChunkedArray) else [column]
    verdicts: List[str] = []
    rows: Dict[str, List[Any]] = {name: [] for name in COLUMNS}
    for chunk in chunks:
        batch = _evaluate_chunk(evaluator, chunk, format, findings)
        _add_findings(batch, range(len(verdicts), len(verdicts) + len(batch)), rows)
        verdicts += batch.verdicts
    made = pa.array(verdicts, pa.string()).dictionary_encode()
    return made, pa.table({name: pa.array(rows[name], _arrow_type(pa, name)) for name in COLUMNS}) if findings else None


def evaluate_pandas(
    evaluator: Evaluator, series: Any, *, format: str = "auto", findings: bool = True
) -> Tuple[Any, Optional[Any]]:
    """Judges a Series of bytes or str.

    Returns a categorical Series of verdicts with the same index, and a DataFrame of findings (None with
    findings=False).
    """
    import pandas as pd

    missing = series.isna()
    texts = ["" if is_missing else one for one, is_missing in zip(series, missing)]
    for index, one in enumerate(texts):
        if not isinstance(one, (bytes, str)):
            raise NotJsonError(f"/{index}", f"a text is bytes or str, not {type(one).__name__}")
    batch = evaluator.evaluate_batch(texts, format=format, findings=findings)
    kind = pd.CategoricalDtype(["allow", "deny", "error", "skipped"])
    verdicts = pd.Series(batch.verdicts, index=series.index, dtype=kind, name="verdict")
    rows: Dict[str, List[Any]] = {name: [] for name in COLUMNS}
    _add_findings(batch, series.index, rows)
    return verdicts, pd.DataFrame(rows) if findings else None


def _evaluate_chunk(evaluator: Evaluator, chunk: Any, format: str, findings: bool) -> Batch:
    import pyarrow as pa

    kind = chunk.type
    is_wide = pa.types.is_large_binary(kind) or pa.types.is_large_string(kind)
    if not (is_wide or pa.types.is_binary(kind) or pa.types.is_string(kind)):
        raise NotJsonError("", f"a column of texts is binary or string, not {kind}")
    valid, offsets, data = chunk.buffers()
    return evaluator._evaluate_column(
        offsets if offsets is not None else b"",
        data if data is not None else b"",
        valid,
        chunk.offset,
        len(chunk),
        is_wide,
        format,
        findings,
    )


def _add_findings(batch: Batch, index: Sequence[Any], rows: Dict[str, List[Any]]) -> None:
    if batch.result is None:
        return
    documents = batch.result.documents
    for finding in batch.result.findings:
        document = documents[finding.document]
        for name, value in zip(COLUMNS, _row(finding, index[document.text], document.document)):
            rows[name].append(value)


def _row(finding: Finding, index: Any, document: str) -> Tuple[Any, ...]:
    return (
        index,
        document,
        finding.rule,
        finding.severity,
        finding.message,
        finding.place.path,
        finding.place.line,
        finding.place.column,
        finding.container,
        finding.value,
        finding.fingerprint,
    )


def _arrow_type(pa: Any, name: str) -> Any:
    return {"index": pa.int64(), "line": pa.uint32(), "column": pa.uint32()}.get(name, pa.string())
