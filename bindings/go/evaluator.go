package psdl

// #include "shim.h"
import "C"

import (
	"context"
	"runtime"
	"runtime/cgo"
	"sync"
	"time"
)

// Format of a document.
type Format int32

const (
	FormatAuto Format = C.PSDL_FORMAT_AUTO // a name that ends in `.json` is JSON; all else is read as YAML
	FormatJSON Format = C.PSDL_FORMAT_JSON
	FormatYAML Format = C.PSDL_FORMAT_YAML
)

// Document is a text to be judged, or asked about, or of data. It is borrowed for the call.
type Document struct {
	Text   []byte
	Name   string // shown in messages and findings: "pod.yaml"; empty: "input"
	Format Format
}

// EvaluatorOptions holds for all evaluations of an evaluator. Its zero value is the default.
type EvaluatorOptions struct {
	Limits              map[string]uint64 // in place of those of the policy
	Data                *Data             // of the same policy; nil: what the policy was built with
	Now                 time.Time         // time.now_ns; zero: the clock when an evaluation begins
	Seed                uint64            // of rand.intn and uuid.rfc4122
	StrictBuiltinErrors bool              // of queries; findings are always strict
	StrictFields        bool              // a field that the type of the object does not have is an error
	TrustTypes          bool              // no check against Kubernetes' types: for objects of an API server
	SkipNonManifests    bool              // documents that are no manifests are VerdictSkipped
	WithoutPlaces       bool              // findings stand at their file, which takes less time
	WithPSA             bool              // findings of the pod standards carry what the API server prints
}

// Evaluator judges documents, one at a time: while it does, other calls get StatusBusy.
type Evaluator struct {
	handle  handle // what each evaluation touches is together
	mutex   sync.Mutex
	flight  *flight
	builder handle // the document that was a Go value
	data    *Data
}

// flight is what builtins and the watcher get to know of the evaluation that runs. It does not hold its evaluator, which
// could not be freed then.
type flight struct {
	watched
	ctx    context.Context
	err    error // the first of a builtin
	number cgo.Handle
}

// NewEvaluator makes an evaluator of the policy.
func (p *Policy) NewEvaluator(options EvaluatorOptions) (*Evaluator, error) {
	defer runtime.KeepAlive(p)
	defer runtime.KeepAlive(options.Data)
	var memory copies
	defer memory.free()
	var token, data C.uintptr_t
	if options.Data != nil {
		data = options.Data.handle.get()
		if data == 0 { // which would be no data at all
			return nil, errorOf("new evaluator", C.PSDL_BAD_HANDLE)
		}
	}
	status := C.go_evaluator_new(p.handle.get(), options.raw(&memory), data, &token)
	if err := errorOf("new evaluator", status); err != nil {
		return nil, err
	}
	evaluator := &Evaluator{data: options.Data, flight: &flight{watched: watched{evaluator: token}}}
	evaluator.handle.set(C.GO_EVALUATOR, token)
	evaluator.flight.number = cgo.NewHandle(evaluator.flight)
	closeWhenLost(evaluator)
	var builder C.uintptr_t
	if err := errorOf("new evaluator", C.go_builder_new(p.handle.get(), &builder)); err != nil {
		return nil, err
	}
	evaluator.builder.set(C.GO_BUILDER, builder)
	return evaluator, nil
}

func (o *EvaluatorOptions) raw(memory *copies) C.psdl_evaluator_options {
	raw := C.psdl_evaluator_options{
		size: C.sizeof_psdl_evaluator_options, seed: C.uint64_t(o.Seed),
		strict_builtin_errors: C.bool(o.StrictBuiltinErrors), strict_fields: C.bool(o.StrictFields),
		trust_types: C.bool(o.TrustTypes), skip_non_manifests: C.bool(o.SkipNonManifests),
		without_places: C.bool(o.WithoutPlaces), with_psa: C.bool(o.WithPSA),
	}
	if !o.Now.IsZero() {
		raw.fixes_now = true
		raw.now_ns = C.int64_t(o.Now.UnixNano())
	}
	raw.limits, raw.limit_count = memory.limits(o.Limits)
	return raw
}

// Close frees the evaluator. One that evaluates is not closed, and gives StatusBusy. Its results stay.
func (e *Evaluator) Close() error {
	if !e.mutex.TryLock() {
		return errorOf("close", C.PSDL_BUSY)
	}
	defer e.mutex.Unlock()
	if err := e.builder.close(); err != nil {
		return err
	}
	if err := e.handle.close(); err != nil {
		return err
	}
	if e.flight.number != 0 {
		e.flight.number.Delete()
		e.flight.number = 0
	}
	return nil
}

// Evaluate judges every document of the text: every YAML document, every JSON text, every item of a List; of an
// AdmissionReview its object. There is a result beside an error too, for documents before and behind the one that
// failed; its verdict is then VerdictError.
func (e *Evaluator) Evaluate(ctx context.Context, document Document) (*Result, error) {
	result, err := e.NewResult()
	if err != nil {
		return nil, err
	}
	_, err = e.EvaluateInto(ctx, document, result)
	return result, err
}

// EvaluateInto is Evaluate into a result that is there, which allocates nothing. What the result held is gone.
func (e *Evaluator) EvaluateInto(ctx context.Context, document Document, result *Result) (Verdict, error) {
	done := ctx.Done()
	if err := e.enter(ctx, "evaluate", result); err != nil {
		return VerdictError, err
	}
	text, length := bytesOf(document.Text)
	name, nameLength := stringOf(document.Name)
	e.flight.begin(done)
	outcome := C.go_evaluate(e.handle.get(), result.handle.get(), C.uintptr_t(e.flight.number), text, length, name,
		nameLength, C.psdl_format(document.Format))
	e.flight.end(done)
	return e.leave("evaluate", result, outcome)
}

// EvaluateValue judges a Go value, as encoding/json would write it, under a name for messages. Places of its findings
// are paths alone. A value that JSON cannot hold is a *ValueError with its path.
func (e *Evaluator) EvaluateValue(ctx context.Context, name string, value any) (*Result, error) {
	result, err := e.NewResult()
	if err != nil {
		return nil, err
	}
	nameText, nameLength := stringOf(name)
	_, err = e.runBuilt(ctx, "evaluate value", result, value, func(flight C.uintptr_t) C.go_outcome {
		return C.go_evaluate_built(e.handle.get(), result.handle.get(), flight, e.builder.get(), nameText, nameLength)
	})
	return result, err
}

// Query asks a query, without input where document is nil. The text is one document, whatever it holds; it is not
// judged. The result has rows, and no verdict.
func (e *Evaluator) Query(ctx context.Context, query *Query, document *Document) (*Result, error) {
	result, err := e.NewResult()
	if err != nil {
		return nil, err
	}
	return result, e.QueryInto(ctx, query, document, result)
}

// QueryInto is Query into a result that is there.
func (e *Evaluator) QueryInto(ctx context.Context, query *Query, document *Document, result *Result) error {
	defer runtime.KeepAlive(query)
	var input Document
	if document != nil {
		input = *document
	}
	text, length := bytesOf(input.Text)
	name, nameLength := stringOf(input.Name)
	_, err := e.run(ctx, "query", result, func(flight C.uintptr_t) C.go_outcome {
		return C.go_outcome{status: C.go_query(e.handle.get(), result.handle.get(), flight, query.handle.get(),
			C.bool(document != nil), text, length, name, nameLength, C.psdl_format(input.Format))}
	})
	return err
}

// QueryValue asks a query with a Go value as input.
func (e *Evaluator) QueryValue(ctx context.Context, query *Query, value any) (*Result, error) {
	defer runtime.KeepAlive(query)
	result, err := e.NewResult()
	if err != nil {
		return nil, err
	}
	_, err = e.runBuilt(ctx, "query value", result, value, func(flight C.uintptr_t) C.go_outcome {
		return C.go_outcome{status: C.go_query_built(e.handle.get(), result.handle.get(), flight, query.handle.get(),
			e.builder.get())}
	})
	return result, err
}

// runBuilt is run with a value in the evaluator's builder.
func (e *Evaluator) runBuilt(ctx context.Context, operation string, result *Result, value any,
	do func(flight C.uintptr_t) C.go_outcome) (Verdict, error) {
	done := ctx.Done()
	if err := e.enter(ctx, operation, result); err != nil {
		return VerdictError, err
	}
	if err := e.fill(result, operation, value); err != nil {
		return VerdictError, err
	}
	e.flight.begin(done)
	outcome := do(C.uintptr_t(e.flight.number))
	e.flight.end(done)
	return e.leave(operation, result, outcome)
}

// fill puts the value into the builder. Where it does not, by a panic of one of the value's methods neither, the
// evaluation is over before it began, and the result is refused.
func (e *Evaluator) fill(result *Result, operation string, value any) error {
	err := errorOf(operation, C.PSDL_BAD_ARGUMENT)
	defer func() {
		if err != nil {
			result.verdict, result.refused = VerdictError, err
			result.mutex.Unlock()
			e.mutex.Unlock()
		}
	}()
	err = fill(&e.builder, value)
	return err
}

// run is one evaluation by a call of C.
func (e *Evaluator) run(ctx context.Context, operation string, result *Result,
	do func(flight C.uintptr_t) C.go_outcome) (Verdict, error) {
	done := ctx.Done()
	if err := e.enter(ctx, operation, result); err != nil {
		return VerdictError, err
	}
	e.flight.begin(done)
	outcome := do(C.uintptr_t(e.flight.number))
	e.flight.end(done)
	return e.leave(operation, result, outcome)
}

// enter begins an evaluation: until leave() nobody else is in the evaluator or the result. What stands between them and
// around the call of C is straight code without defer, as it is cold after each evaluation: every line of it counts.
func (e *Evaluator) enter(ctx context.Context, operation string, result *Result) error {
	if result == nil {
		return errorOf(operation, C.PSDL_BAD_ARGUMENT)
	}
	if !e.mutex.TryLock() {
		err := errorOf(operation, C.PSDL_BUSY)
		result.refuse(err)
		return err
	}
	if !result.mutex.TryLock() {
		e.mutex.Unlock()
		return errorOf(operation, C.PSDL_BUSY)
	}
	e.flight.ctx, e.flight.err = ctx, nil
	return nil
}

// leave takes over how the evaluation ended. The locks are of the evaluator and the result, so neither is lost before.
func (e *Evaluator) leave(operation string, result *Result, outcome C.go_outcome) (verdict Verdict, err error) {
	if outcome.status == C.PSDL_OK {
		verdict = Verdict(outcome.verdict)
		result.verdict, result.refused = verdict, nil
	} else {
		verdict, err = result.failed(operation, outcome, e.flight)
	}
	e.flight.ctx = nil
	result.mutex.Unlock()
	e.mutex.Unlock()
	return verdict, err
}

// Cancel ends the evaluation that runs, and each that begins until Resume, with StatusCancelled. It may be called from
// any goroutine. For one evaluation a context does it.
func (e *Evaluator) Cancel() error {
	defer runtime.KeepAlive(e)
	return errorOf("cancel", e.flight.halt(e.handle.get()))
}

// Resume undoes Cancel.
func (e *Evaluator) Resume() error {
	defer runtime.KeepAlive(e)
	return errorOf("resume", e.flight.resume(e.handle.get()))
}
