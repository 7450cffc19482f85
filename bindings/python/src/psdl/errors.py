"""What goes wrong, as exceptions: one class for each status of psdl.h that is an error."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Dict, Optional, Tuple, Type

if TYPE_CHECKING:
    from ._psdl import Diagnostic, Result


class Error(Exception):
    """Any error of PSDL. What it says of the first problem with a place is here; all of them are in `diagnostics`."""

    status: str = "internal"

    def __init__(
        self,
        message: str,
        diagnostics: Tuple[Diagnostic, ...] = (),
        result: Optional[Result] = None,
        status: Optional[str] = None,
    ) -> None:
        super().__init__(message)
        self.diagnostics = diagnostics
        #: What was found until then, and of other documents; None where nothing was evaluated.
        self.result = result
        if status is not None:
            self.status = status

    def __reduce__(self) -> Tuple[Any, ...]:
        """For pickle, and processes that hand it on. `result` stays behind, as it belongs to its engine."""
        return _restored, (type(self), self.args, {**self.__dict__, "result": None})

    @property
    def _first(self) -> Optional[Diagnostic]:
        errors = [one for one in self.diagnostics if one.severity == "error"]
        return next((one for one in errors if one.line), errors[0] if errors else None)

    @property
    def code(self) -> str:
        """`rego_parse_error`, `limit_instructions`; the status where there is no diagnostic."""
        return self._first.code if self._first else self.status

    @property
    def file(self) -> str:
        """The name of the text; may be empty."""
        return self._first.file if self._first else ""

    @property
    def line(self) -> int:
        """From 1; 0: no place."""
        return self._first.line if self._first else 0

    @property
    def column(self) -> int:
        """From 1, in code points."""
        return self._first.column if self._first else 0

    @property
    def help(self) -> str:
        """What to do; may be empty."""
        return self._first.help if self._first else ""


def _restored(kind: Type[Error], args: Tuple[Any, ...], state: Dict[str, Any]) -> Error:
    error = Error.__new__(kind, *args)  # not of the kind, which may be MemoryError's
    error.__dict__.update(state)
    return error


class ArgumentError(Error, ValueError):
    """A value that a call cannot have: an unknown limit, a path that is no JSON pointer."""

    status = "bad_argument"


class NotJsonError(ArgumentError, TypeError):
    """A Python value that JSON cannot hold; `path` is the JSON pointer to it, "" the value itself."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"at `{path}`: {reason}" if path else reason)
        self.path = path


class ClosedError(Error):
    """An evaluator that was closed, or a value whose result was used again."""

    status = "bad_handle"


class BusyError(Error):
    """Another thread, or a builtin that this very evaluation calls, is inside the evaluator."""

    status = "busy"


class OutOfMemoryError(Error, MemoryError):
    """There is no memory left; the next call works."""

    status = "out_of_memory"


class PolicyError(Error):
    """Rules, an image or data with errors. Its text shows the lines they stand in."""

    status = "bad_policy"


class InputError(Error):
    """A document or data that cannot be read."""

    status = "bad_input"


class EvaluationError(Error):
    """A builtin's error, a conflict, a finding of no known shape."""

    status = "evaluation"


class LimitError(Error):
    """A limit was reached; `code` names it: `limit_instructions`."""

    status = "limit"


class CancelledError(Error):
    """`Evaluator.cancel()` was called."""

    status = "cancelled"


class CallbackError(Error):
    """A builtin of the host raised; `__cause__` is what it raised."""

    status = "callback"


class NotFoundError(Error, LookupError):
    """No such index, field or row."""

    status = "not_found"


class WrongKindError(Error, TypeError):
    """The value is of another kind."""

    status = "wrong_kind"


class OutOfRangeError(Error, OverflowError):
    """The number does not fit."""

    status = "out_of_range"


class InternalError(Error):
    """A bug of PSDL."""


class BuiltinError(Exception):
    """To be raised by a builtin: its text alone is the message, without the name of the exception."""


_CLASSES = {
    one.status: one
    for one in (
        ArgumentError,
        ClosedError,
        BusyError,
        OutOfMemoryError,
        PolicyError,
        InputError,
        EvaluationError,
        LimitError,
        CancelledError,
        CallbackError,
        NotFoundError,
        WrongKindError,
        OutOfRangeError,
        InternalError,
    )
}

_MESSAGES = {
    "bad_handle": "it was closed, or used again",
    "busy": "another thread, or a builtin, is inside it",
    "not_found": "there is no such thing",
    "wrong_kind": "the value is of another kind",
    "out_of_range": "the number does not fit",
    "cancelled": "the evaluation was cancelled",
}


def make(status: str, message: str, diagnostics: Tuple[Diagnostic, ...], result: Optional[Result]) -> Error:
    """The exception of a status; the module calls it."""
    shown = message.rstrip("\n") or "\n".join(str(one) for one in diagnostics if one.severity == "error")
    return _CLASSES.get(status, InternalError)(
        shown or _MESSAGES.get(status, status.replace("_", " ")), diagnostics, result, status
    )
