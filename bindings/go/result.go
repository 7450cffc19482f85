package psdl

// #include "shim.h"
import "C"

import (
	"runtime"
	"sync"
)

// Verdict on a document. Only VerdictAllow is permission.
type Verdict int32

const (
	VerdictNone    Verdict = C.PSDL_VERDICT_NONE    // the result holds no verdicts
	VerdictAllow   Verdict = C.PSDL_VERDICT_ALLOW   // evaluated to the end, nothing of severity error found
	VerdictDeny    Verdict = C.PSDL_VERDICT_DENY    // evaluated to the end, findings of severity error
	VerdictError   Verdict = C.PSDL_VERDICT_ERROR   // not read or not evaluated to the end: never to be taken for allow
	VerdictSkipped Verdict = C.PSDL_VERDICT_SKIPPED // nothing that the policy judges
)

func (v Verdict) String() string {
	switch v {
	case VerdictNone:
		return "none"
	case VerdictAllow:
		return "allow"
	case VerdictDeny:
		return "deny"
	case VerdictError:
		return "error"
	case VerdictSkipped:
		return "skipped"
	}
	return "unknown"
}

// Result is what evaluations fill, again and again. Its texts are copies, and stay.
type Result struct {
	handle  handle
	mutex   sync.Mutex
	verdict Verdict
	refused error // the call that should have filled it was not made: what is in it is of an earlier one
}

// NewResult makes an empty result, for EvaluateInto. Any evaluator may fill it.
func (e *Evaluator) NewResult() (*Result, error) {
	defer runtime.KeepAlive(e)
	var token C.uintptr_t
	if err := errorOf("new result", C.go_result_new(e.handle.get(), &token)); err != nil {
		return nil, err
	}
	result := &Result{}
	result.handle.set(C.GO_RESULT, token)
	closeWhenLost(result)
	return result, nil
}

// lock waits for other goroutines. In a builtin of the evaluation that fills the result it does not, and gives false.
func (r *Result) lock() bool {
	if r.mutex.TryLock() {
		return true
	}
	if C.go_is_inside(r.handle.get()) {
		return false
	}
	r.mutex.Lock()
	return true
}

// Close frees the result.
func (r *Result) Close() error {
	if !r.lock() {
		return errorOf("close", C.PSDL_BUSY)
	}
	defer r.mutex.Unlock()
	return r.handle.close()
}

// Verdict is that of all documents together: the first of error, deny, allow, skipped that there is.
func (r *Result) Verdict() Verdict {
	if !r.lock() {
		return VerdictError // it is being made
	}
	defer r.mutex.Unlock()
	return r.verdict
}

// failed takes over how an evaluation did not come to its end. The mutex is held.
func (r *Result) failed(operation string, outcome C.go_outcome, flight *flight) (Verdict, error) {
	r.verdict, r.refused = Verdict(outcome.verdict), nil
	err := &Error{Status: Status(outcome.status), Operation: operation}
	if isRefused(err) {
		r.verdict, r.refused = VerdictError, err
		return r.verdict, err
	}
	switch err.Status {
	case StatusCancelled:
		err.cause = flight.ctx.Err()
	case StatusCallback:
		err.cause = flight.err
	}
	if r.handle.get() != 0 {
		err.Diagnostics = r.diagnostics()
	}
	return r.verdict, err
}

// isRefused tells errors of calls that did not begin.
func isRefused(err error) bool {
	refused, ok := err.(*Error)
	return ok && (refused.Status == StatusBusy || refused.Status == StatusBadHandle)
}

// refuse makes the result the one of a call that did not begin.
func (r *Result) refuse(err error) {
	if r.mutex.TryLock() {
		defer r.mutex.Unlock()
		r.verdict, r.refused = VerdictError, err
	}
}

// read is one look into the result.
func (r *Result) read(operation string, do func(result C.uintptr_t) C.psdl_status) error {
	defer runtime.KeepAlive(r)
	if !r.lock() {
		return errorOf(operation, C.PSDL_BUSY)
	}
	defer r.mutex.Unlock()
	if r.refused != nil {
		return r.refused
	}
	return errorOf(operation, do(r.handle.get()))
}

// DocumentVerdict is the verdict on one of the documents.
type DocumentVerdict struct {
	Verdict      Verdict
	Ordinal      int    // its number in the text, from 0
	Text         int    // of a batch: the number of the text
	FirstFinding int    // the index of its first finding in Result.Findings
	FindingCount int    // how many there are from there
	Document     string // "pod.yaml", "all.yaml#2", "all.yaml#2.items[0]"
	APIVersion   string // of the object; empty where it does not have it
	Kind         string
	Namespace    string
	Name         string
	Printed      string // lines of print(), each with its newline
}

// Documents gives the verdicts one by one.
func (r *Result) Documents() ([]DocumentVerdict, error) {
	var out []DocumentVerdict
	err := r.read("documents", func(result C.uintptr_t) C.psdl_status {
		var count C.size_t
		status := C.go_result_document_count(result, &count)
		out = make([]DocumentVerdict, 0, int(count))
		for index := C.size_t(0); index < count && status == C.PSDL_OK; index++ {
			var raw C.psdl_document_verdict
			raw.size = C.sizeof_psdl_document_verdict
			if status = C.go_result_document(result, index, &raw); status == C.PSDL_OK {
				out = append(out, documentVerdict(&raw))
			}
		}
		return status
	})
	return out, err
}

func documentVerdict(raw *C.psdl_document_verdict) DocumentVerdict {
	return DocumentVerdict{
		Verdict: Verdict(raw.verdict), Ordinal: int(raw.ordinal), Text: int(raw.text),
		FirstFinding: int(raw.first_finding), FindingCount: int(raw.finding_count),
		Document: goString(raw.document), APIVersion: goString(raw.api_version), Kind: goString(raw.kind),
		Namespace: goString(raw.namespace_name), Name: goString(raw.name), Printed: goString(raw.printed),
	}
}

// Diagnostics are errors and warnings of documents, queries and evaluations.
func (r *Result) Diagnostics() ([]Diagnostic, error) {
	var out []Diagnostic
	err := r.read("diagnostics", func(C.uintptr_t) C.psdl_status {
		out = r.diagnostics()
		return C.PSDL_OK
	})
	return out, err
}

func (r *Result) diagnostics() []Diagnostic {
	return readDiagnostics(func(index C.size_t, out *C.psdl_diagnostic) C.psdl_status {
		return C.go_result_diagnostic(r.handle.get(), index, out)
	})
}

// RowCount is the number of rows of a query's answer: 0 where it is undefined.
func (r *Result) RowCount() (int, error) {
	var count C.size_t
	err := r.read("row count", func(result C.uintptr_t) C.psdl_status {
		return C.go_result_row_count(result, &count)
	})
	return int(count), err
}

// Value is that of an expression of the query in a row, expressions counted as they stand.
func (r *Result) Value(row, expression int) (Value, error) {
	out := Value{owner: r}
	if row < 0 || expression < 0 {
		return out, errorOf("value", C.PSDL_NOT_FOUND)
	}
	err := r.read("value", func(result C.uintptr_t) C.psdl_status {
		return C.go_result_value(result, C.size_t(row), C.size_t(expression), &out.raw)
	})
	return out, err
}

// Bindings are the variables of a row, an object.
func (r *Result) Bindings(row int) (Value, error) {
	out := Value{owner: r}
	if row < 0 {
		return out, errorOf("bindings", C.PSDL_NOT_FOUND)
	}
	err := r.read("bindings", func(result C.uintptr_t) C.psdl_status {
		return C.go_result_bindings(result, C.size_t(row), &out.raw)
	})
	return out, err
}

// Printed is what print() wrote during a query.
func (r *Result) Printed() (string, error) {
	var out string
	err := r.read("printed", func(result C.uintptr_t) C.psdl_status {
		var raw C.psdl_text
		status := C.go_result_printed(result, &raw)
		out = goString(raw)
		return status
	})
	return out, err
}

// JSON is all of the result, compact (docs/embedding.md). Equal results give equal bytes.
func (r *Result) JSON() ([]byte, error) {
	var out []byte
	err := r.read("json", func(result C.uintptr_t) C.psdl_status {
		var raw C.psdl_text
		status := C.go_result_json(result, &raw)
		if status == C.PSDL_OK {
			out = goBytes(raw)
		}
		return status
	})
	return out, err
}
