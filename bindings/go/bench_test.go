package psdl

import (
	"context"
	"runtime"
	"sort"
	"testing"
	"time"

	"psdl/bindings/go/internal/cloop"
)

func levelEvaluator(b testing.TB, level string) *Evaluator {
	compiler := must(NewCompiler(CompilerOptions{}))(b)
	if err := compiler.AddLevel(level, LevelOptions{}); err != nil {
		b.Fatal(err)
	}
	return evaluatorOf(b, must(compiler.Build())(b), EvaluatorOptions{})
}

// A pod that the restricted level allows.
var restrictedPod = []byte(`{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "api", "namespace": "shop"},
	"spec": {"securityContext": {"runAsNonRoot": true, "seccompProfile": {"type": "RuntimeDefault"}},
	"containers": [{"name": "server", "image": "registry.example.com/shop/api:2.4", "securityContext":
	{"allowPrivilegeEscalation": false, "capabilities": {"drop": ["ALL"]}}}]}}`)

// BenchmarkCallOverC is the time of a call from Go less that of the same call in a loop of C, by the clock of the
// thread, in short turns. Metrics are of the quickest turn of each, as other work on the machine only adds: `C-ns`,
// `over-ns`, `ctx-over-ns` with a context that can be cancelled, `crossing-ns`: what a bare call of C that evaluates
// costs over the loop, and `cgo-ns`: what one costs that does nothing, again and again. `median-over-ns` is the median
// of turns less the loop beside them.
func BenchmarkCallOverC(b *testing.B) {
	b.Run("rule", func(b *testing.B) {
		source := Source{Name: "rule.rego", Text: "package example\n\ndeny contains \"bad\" if input.bad\n"}
		policy := must(Compile(source))(b)
		callOverC(b, evaluatorOf(b, policy, EvaluatorOptions{TrustTypes: true}), []byte(`{"good": true}`))
	})
	b.Run("restricted", func(b *testing.B) { callOverC(b, levelEvaluator(b, "restricted"), restrictedPod) })
}

func callOverC(b *testing.B, evaluator *Evaluator, text []byte) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	result := must(evaluator.NewResult())(b)
	document := Document{Text: text, Format: FormatJSON}
	cancelled, cancel := context.WithCancel(context.Background())
	defer cancel()

	const times = 200
	timed := func(do func() bool) float64 {
		begun := cloop.ThreadNS()
		for i := 0; i < times; i++ {
			if !do() {
				b.Fatal("not allowed")
			}
		}
		return float64(cloop.ThreadNS()-begun) / times
	}
	inLoop := func() float64 {
		spent := cloop.Evaluate(evaluator.handle.token.Load(), result.handle.token.Load(), text, times)
		if spent < 0 {
			b.Fatal("not allowed")
		}
		return float64(spent) / times
	}
	with := func(ctx context.Context) func() bool {
		return func() bool {
			verdict, err := evaluator.EvaluateInto(ctx, document, result)
			return verdict == VerdictAllow && err == nil
		}
	}
	calls := []struct {
		name string
		do   func() bool
	}{
		{"over-ns", with(context.Background())},
		{"ctx-over-ns", with(cancelled)},
		{"crossing-ns", func() bool {
			return cloop.Once(evaluator.handle.token.Load(), result.handle.token.Load(), text)
		}},
	}
	var loops, overs, nothings []float64
	spent := make([][]float64, len(calls))
	for round := 0; round < 301; round++ {
		loops = append(loops, inLoop())
		for i, call := range calls {
			spent[i] = append(spent[i], timed(call.do))
		}
		overs = append(overs, spent[0][round]-loops[round])
		nothings = append(nothings, timed(func() bool { cloop.Nothing(); return true }))
	}
	for i, call := range calls {
		b.ReportMetric(least(spent[i])-least(loops), call.name)
	}
	b.ReportMetric(least(loops), "C-ns")
	b.ReportMetric(least(nothings), "cgo-ns")
	b.ReportMetric(median(overs), "median-over-ns")
	b.ReportMetric(0, "ns/op") // says nothing here
}

func least(of []float64) float64 {
	sort.Float64s(of)
	return of[0]
}

func median(of []float64) float64 {
	sort.Float64s(of)
	return of[len(of)/2]
}

func BenchmarkEvaluateInto(b *testing.B) {
	evaluator := levelEvaluator(b, "restricted")
	result := must(evaluator.NewResult())(b)
	document := Document{Text: restrictedPod, Format: FormatJSON}
	b.ReportAllocs()
	for i := 0; i < b.N; i++ {
		must(evaluator.EvaluateInto(context.Background(), document, result))(b)
	}
}

func BenchmarkEvaluate(b *testing.B) {
	evaluator := levelEvaluator(b, "restricted")
	document := Document{Text: restrictedPod, Format: FormatJSON}
	b.ReportAllocs()
	for i := 0; i < b.N; i++ {
		result := must(evaluator.Evaluate(context.Background(), document))(b)
		result.Close()
	}
}

func BenchmarkBatch(b *testing.B) {
	evaluator := levelEvaluator(b, "restricted")
	batch := Batch{Format: FormatJSON}
	for i := 0; i < 1000; i++ {
		batch.Texts = append(batch.Texts, restrictedPod)
	}
	b.ResetTimer()
	begun := time.Now()
	for i := 0; i < b.N; i++ {
		must(evaluator.EvaluateBatch(context.Background(), batch, nil))(b)
	}
	b.ReportMetric(float64(time.Since(begun).Nanoseconds())/float64(b.N*1000), "ns/document")
}
