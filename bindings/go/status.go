package psdl

// #cgo pkg-config: psdl
// #include "shim.h"
import "C"

import (
	"fmt"
	"strings"
)

// Status says how a call ended. It is an error, for errors.Is.
type Status int32

const (
	StatusOK          Status = C.PSDL_OK
	StatusBadArgument Status = C.PSDL_BAD_ARGUMENT  // out of range, no UTF-8, an unknown name
	StatusBadHandle   Status = C.PSDL_BAD_HANDLE    // used after it was closed; a value whose result was filled again
	StatusBusy        Status = C.PSDL_BUSY          // in use by another goroutine
	StatusOutOfMemory Status = C.PSDL_OUT_OF_MEMORY // the allocator has none left
	StatusBadPolicy   Status = C.PSDL_BAD_POLICY    // rules, an image or data with errors
	StatusBadInput    Status = C.PSDL_BAD_INPUT     // a document or data that cannot be read
	StatusEvaluation  Status = C.PSDL_EVALUATION    // a builtin error, a conflict, a finding of no known shape
	StatusLimit       Status = C.PSDL_LIMIT         // one was reached; the diagnostic's code names it
	StatusCancelled   Status = C.PSDL_CANCELLED     // the context ended
	StatusCallback    Status = C.PSDL_CALLBACK      // a builtin of the host failed or panicked
	StatusNotFound    Status = C.PSDL_NOT_FOUND     // no such index, field or row
	StatusWrongKind   Status = C.PSDL_WRONG_KIND    // the value is of another kind
	StatusOutOfRange  Status = C.PSDL_OUT_OF_RANGE  // the number does not fit
	StatusInternal    Status = C.PSDL_INTERNAL      // a bug of PSDL
)

// String gives the name that psdl.h has: "bad_handle".
func (s Status) String() string { return C.GoString(C.psdl_status_name(C.psdl_status(s))) }

func (s Status) Error() string { return "psdl: " + s.String() }

// Severity of a finding or a diagnostic.
type Severity int32

const (
	SeverityError   Severity = C.PSDL_SEVERITY_ERROR
	SeverityWarning Severity = C.PSDL_SEVERITY_WARNING
	SeverityNote    Severity = C.PSDL_SEVERITY_NOTE
)

func (s Severity) String() string {
	switch s {
	case SeverityError:
		return "error"
	case SeverityWarning:
		return "warning"
	case SeverityNote:
		return "note"
	}
	return "unknown"
}

// Diagnostic is a problem with a policy, a document or an evaluation. It is an error, for errors.As.
type Diagnostic struct {
	Severity Severity
	Code     string // "rego_parse_error"
	Message  string
	File     string
	Line     int    // from 1; 0: no place
	Column   int    // from 1, in code points
	Help     string // what to do, lines ended by "\n" but for the last; may be empty
	Document int    // of a result: the index of the verdict it belongs to
}

func (d *Diagnostic) Error() string {
	place := d.File
	if d.Line > 0 {
		place = fmt.Sprintf("%s:%d:%d", d.File, d.Line, d.Column)
	}
	if place != "" {
		place += ": "
	}
	return place + d.Code + ": " + d.Message
}

// Error is what a call that failed gives. errors.Is finds its Status and what ended it from outside (what the context
// or the Go function behind a builtin said), errors.As its first Diagnostic of severity error.
type Error struct {
	Status      Status
	Operation   string       // "evaluate"
	Diagnostics []Diagnostic // may be empty
	Report      string       // of a policy: all of them for people, with the lines they stand in
	cause       error
}

func (e *Error) Error() string {
	parts := []string{"psdl: " + e.Operation, e.Status.String()}
	if first := e.first(); first != nil {
		parts = append(parts, first.Error())
	} else if e.cause != nil { // otherwise the diagnostic says it
		parts = append(parts, e.cause.Error())
	}
	text := strings.Join(parts, ": ")
	if more := len(e.Diagnostics) - 1; more > 0 {
		text += fmt.Sprintf(" (and %d more)", more)
	}
	return text
}

func (e *Error) first() *Diagnostic {
	for i := range e.Diagnostics {
		if e.Diagnostics[i].Severity == SeverityError {
			return &e.Diagnostics[i]
		}
	}
	return nil
}

// Is tells whether target is the error's Status.
func (e *Error) Is(target error) bool {
	status, ok := target.(Status)
	return ok && status == e.Status
}

// As gives the first diagnostic of severity error to a **Diagnostic.
func (e *Error) As(target any) bool {
	out, ok := target.(**Diagnostic)
	first := e.first()
	if !ok || first == nil {
		return false
	}
	*out = first
	return true
}

// Unwrap gives what ended the call from outside: the context's error, or that of the Go function behind a builtin.
func (e *Error) Unwrap() error { return e.cause }

// errorOf gives nil for StatusOK.
func errorOf(operation string, status C.psdl_status) error {
	if status == C.PSDL_OK {
		return nil
	}
	return &Error{Status: Status(status), Operation: operation}
}

// readDiagnostics asks for the diagnostics one by one, until there is none.
func readDiagnostics(at func(index C.size_t, out *C.psdl_diagnostic) C.psdl_status) []Diagnostic {
	var out []Diagnostic
	for index := C.size_t(0); ; index++ {
		var raw C.psdl_diagnostic
		raw.size = C.sizeof_psdl_diagnostic
		if at(index, &raw) != C.PSDL_OK {
			return out
		}
		out = append(out, Diagnostic{
			Severity: Severity(raw.severity), Code: goString(raw.code), Message: goString(raw.message),
			File: goString(raw.file), Line: int(raw.line), Column: int(raw.column), Help: goString(raw.help),
			Document: int(raw.document),
		})
	}
}

// Version is that of the library, "0.1.0".
func Version() string { return C.GoString(C.psdl_version()) }

// checkABI refuses a library that is not the one the header of this build was of.
func checkABI() error {
	if found := uint32(C.psdl_abi_version()); found != C.PSDL_ABI_VERSION {
		return fmt.Errorf("psdl: the library has ABI %d, this program was built for %d", found, C.PSDL_ABI_VERSION)
	}
	return nil
}
