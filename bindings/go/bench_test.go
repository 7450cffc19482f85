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
// thread, in turns, so that other work on the machine hits both. Metrics are medians: `C-ns`, `go-ns`, `over-ns`,
// `ctx-over-ns` with a context that can be cancelled, and `cgo-ns` of a call that does nothing.
func BenchmarkCallOverC(b *testing.B) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	evaluator := levelEvaluator(b, "restricted")
	result := must(evaluator.NewResult())(b)
	document := Document{Text: restrictedPod, Format: FormatJSON}
	cancelled, cancel := context.WithCancel(context.Background())
	defer cancel()

	const times = 2000
	fromGo := func(ctx context.Context) float64 {
		begun := cloop.ThreadNS()
		for i := 0; i < times; i++ {
			if verdict, err := evaluator.EvaluateInto(ctx, document, result); verdict != VerdictAllow {
				b.Fatal(verdict, err)
			}
		}
		return float64(cloop.ThreadNS()-begun) / times
	}
	fromC := func() float64 {
		spent := cloop.Evaluate(evaluator.handle.token.Load(), result.handle.token.Load(), restrictedPod, times)
		if spent < 0 {
			b.Fatal("not allowed")
		}
		return float64(spent) / times
	}
	ofNothing := func() float64 {
		begun := cloop.ThreadNS()
		for i := 0; i < times; i++ {
			cloop.Nothing()
		}
		return float64(cloop.ThreadNS()-begun) / times
	}
	fromC()
	fromGo(context.Background())
	var c, plain, over, overContext, nothing []float64
	for round := 0; round < 41; round++ {
		base, called, watched := fromC(), fromGo(context.Background()), fromGo(cancelled)
		c, plain = append(c, base), append(plain, called)
		over, overContext = append(over, called-base), append(overContext, watched-base)
		nothing = append(nothing, ofNothing())
	}
	b.ReportMetric(median(c), "C-ns")
	b.ReportMetric(median(plain), "go-ns")
	b.ReportMetric(median(over), "over-ns")
	b.ReportMetric(median(overContext), "ctx-over-ns")
	b.ReportMetric(median(nothing), "cgo-ns")
	b.ReportMetric(0, "ns/op") // says nothing here
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
