package psdl

// #include "shim.h"
import "C"

import (
	"context"
	"runtime"
)

// Batch is many texts to be judged by one call.
type Batch struct {
	Texts  [][]byte
	Names  []string // one for each text; nil: "0", "1", ..
	Format Format
}

// EvaluateBatch gives a verdict for each text, in one call of C. `result` is for findings and diagnostics, with
// DocumentVerdict.Text for the number of the text; where it is nil the verdicts are all that is made, which is faster.
// An error is the first one's. The texts behind it are judged all the same, unless the context ended: what was not
// judged is VerdictError.
func (e *Evaluator) EvaluateBatch(ctx context.Context, batch Batch, result *Result) ([]Verdict, error) {
	count := len(batch.Texts)
	if batch.Names != nil && len(batch.Names) != count {
		return failedVerdicts(count), errorOf("evaluate batch", C.PSDL_BAD_ARGUMENT)
	}
	if count == 0 && result == nil {
		return nil, nil
	}
	var memory copies
	defer memory.free()
	texts, lengths := joined(batch.Texts)
	names, nameLengths := joined(batch.Names)
	text, _ := bytesOf(texts)
	name, _ := bytesOf(names)
	length, _ := first(lengths)
	nameLength, _ := first(nameLengths)
	pointers := array[*C.char](&memory, 2*count+1)
	words := array[C.uint64_t](&memory, 3*((count+63)/64)+1)
	for i := 2 * ((count + 63) / 64); i < len(words); i++ {
		words[i] = ^C.uint64_t(0) // failed, until the library says something else
	}

	filled, token := result, C.uintptr_t(0)
	if result == nil {
		filled = &Result{} // for its place in run()
	} else {
		token = result.handle.get()
		if token == 0 { // which would be none
			return failedVerdicts(count), errorOf("evaluate batch", C.PSDL_BAD_HANDLE)
		}
	}
	_, err := e.run(ctx, "evaluate batch", filled, func(flight C.uintptr_t) C.go_outcome {
		status := C.go_evaluate_batch(e.handle.get(), token, flight, text, length, name, nameLength,
			C.size_t(count), C.psdl_format(batch.Format), &pointers[0], &words[0])
		return C.go_outcome{status, batchVerdict(words, count)}
	})
	runtime.KeepAlive(texts)
	runtime.KeepAlive(names)
	return verdictsOf(words, count), err
}

// joined puts all behind each other: Go's memory may not hold pointers to more of it when it goes to C.
func joined[T []byte | string](parts []T) ([]byte, []C.size_t) {
	if parts == nil {
		return nil, nil
	}
	bytes := 0
	for _, part := range parts {
		bytes += len(part)
	}
	out := make([]byte, 0, bytes)
	lengths := make([]C.size_t, 0, len(parts)+1)
	for _, part := range parts {
		out = append(out, part...)
		lengths = append(lengths, C.size_t(len(part)))
	}
	return out, append(lengths, 0) // never empty
}

func bit(words []C.uint64_t, index int) bool { return words[index/64]>>(index%64)&1 != 0 }

// verdictsOf reads three columns of bits: allowed, denied, failed.
func verdictsOf(words []C.uint64_t, count int) []Verdict {
	each := (count + 63) / 64
	out := make([]Verdict, count)
	for i := range out {
		switch {
		case bit(words[2*each:], i):
			out[i] = VerdictError
		case bit(words[each:], i):
			out[i] = VerdictDeny
		case bit(words, i):
			out[i] = VerdictAllow
		default:
			out[i] = VerdictSkipped
		}
	}
	return out
}

func failedVerdicts(count int) []Verdict {
	out := make([]Verdict, count)
	for i := range out {
		out[i] = VerdictError
	}
	return out
}

// batchVerdict is the first of error, deny, allow, skipped that there is.
func batchVerdict(words []C.uint64_t, count int) C.psdl_verdict {
	worst := VerdictNone
	rank := map[Verdict]int{VerdictNone: 0, VerdictSkipped: 1, VerdictAllow: 2, VerdictDeny: 3, VerdictError: 4}
	for _, verdict := range verdictsOf(words, count) {
		if rank[verdict] > rank[worst] {
			worst = verdict
		}
	}
	return C.psdl_verdict(worst)
}
