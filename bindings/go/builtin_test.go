package psdl

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"
)

// withBuiltin gives an evaluator of a rule that may call the builtin.
func withBuiltin(t testing.TB, builtin Builtin, text string, options EvaluatorOptions) *Evaluator {
	t.Helper()
	compiler := must(NewCompiler(CompilerOptions{Capabilities: builtin.Capabilities}))(t)
	if err := compiler.AddBuiltin(builtin); err != nil {
		t.Fatal(err)
	}
	if err := compiler.AddSource(Source{Name: "rule.rego", Text: text}); err != nil {
		t.Fatal(err)
	}
	return evaluatorOf(t, must(compiler.Build())(t), options)
}

const callsOwner = `package a
deny contains msg if {
	owner := acme.owner_of(input.metadata.name, {"x", "y"})
	msg := sprintf("%v", [owner])
}
`

func ownerBuiltin(answer BuiltinFunc) Builtin {
	return Builtin{Name: "acme.owner_of", Signature: "(name: string, tags: set[string]) -> any", Func: answer,
		Capabilities: []string{"network"}}
}

func messagesOf(t *testing.T, result *Result) string {
	t.Helper()
	var out []string
	for _, finding := range must(result.Findings())(t) {
		out = append(out, finding.Message)
	}
	return strings.Join(out, "; ")
}

func TestBuiltinsAnswerWithGoValues(t *testing.T) {
	cases := []struct {
		name, want string
		answer     BuiltinFunc
	}{
		{"operands", "ok 2 a set", func(_ *Call, operands []Value) (any, error) {
			name, err := operands[0].Text()
			if err != nil {
				return nil, err
			}
			count, err := operands[1].Len()
			if err != nil {
				return nil, err
			}
			kind, err := operands[1].Kind()
			return fmt.Sprintf("%s %d a %s", name, count, kind), err
		}},
		{"an object", `{"a": [1, null]}`, func(*Call, []Value) (any, error) {
			return map[string]any{"a": []any{1, nil}}, nil
		}},
		{"a set", `{1, 2}`, func(*Call, []Value) (any, error) { return Set{2, 1, 1}, nil }},
		{"an operand", `{"x", "y"}`, func(_ *Call, operands []Value) (any, error) { return operands[1], nil }},
		{"undefined", "", func(*Call, []Value) (any, error) { return Undefined, nil }},
		{"null", "null", func(*Call, []Value) (any, error) { return nil, nil }},
	}
	for _, test := range cases {
		t.Run(test.name, func(t *testing.T) {
			evaluator := withBuiltin(t, ownerBuiltin(test.answer), callsOwner, EvaluatorOptions{})
			result := must(evaluator.Evaluate(context.Background(), Document{Text: []byte(goodPod)}))(t)
			if got := messagesOf(t, result); got != test.want {
				t.Errorf("%q, not %q", got, test.want)
			}
		})
	}
}

type missing struct{ name string }

func (m *missing) Error() string { return m.name }

func TestBuiltinsThatFail(t *testing.T) {
	errDown := errors.New("the directory is down")
	cases := []struct {
		name, message string
		answer        BuiltinFunc
	}{
		{"an error", "the directory is down", func(*Call, []Value) (any, error) { return nil, errDown }},
		{"a panic", "index out of range", func(_ *Call, operands []Value) (any, error) {
			return operands[len(operands)], nil
		}},
		{"a nil pointer for an error", "*psdl.missing has no text", func(*Call, []Value) (any, error) {
			var none *missing
			return nil, none
		}},
		{"no JSON", "/a: is a func()", func(*Call, []Value) (any, error) { return map[string]any{"a": func() {}}, nil }},
	}
	for _, test := range cases {
		t.Run(test.name, func(t *testing.T) {
			evaluator := withBuiltin(t, ownerBuiltin(test.answer), callsOwner, EvaluatorOptions{})
			result, err := evaluator.Evaluate(context.Background(), Document{Text: []byte(goodPod)})
			if !errors.Is(err, StatusCallback) || result.Verdict() != VerdictError {
				t.Fatalf("%v", err)
			}
			var problem *Diagnostic
			if !errors.As(err, &problem) || !strings.Contains(problem.Message, test.message) || problem.File == "" {
				t.Errorf("%v", err)
			}
			if test.name == "an error" && !errors.Is(err, errDown) {
				t.Errorf("%v", err)
			}
			// The next evaluation is not hurt.
			_, err = evaluator.Evaluate(context.Background(), Document{Text: []byte("{")})
			if !errors.Is(err, StatusBadInput) || errors.Is(err, errDown) {
				t.Errorf("%v", err)
			}
		})
	}
}

type contextKey struct{}

func TestBuiltinsKnowTheContext(t *testing.T) {
	var evaluator *Evaluator
	var inner *Evaluator
	evaluator = withBuiltin(t, ownerBuiltin(func(call *Call, _ []Value) (any, error) {
		if _, err := evaluator.Evaluate(call.Context(), Document{Text: []byte(goodPod)}); !errors.Is(err, StatusBusy) {
			return nil, fmt.Errorf("into its own evaluator: %v", err)
		}
		// Another evaluator has its own context meanwhile.
		other := context.WithValue(context.Background(), contextKey{}, "inner")
		result, err := inner.Evaluate(other, Document{Text: []byte(goodPod)})
		if err != nil {
			return nil, err
		}
		return call.Context().Value(contextKey{}).(string) + " " + messagesOf(t, result), nil
	}), callsOwner, EvaluatorOptions{})
	inner = withBuiltin(t, ownerBuiltin(func(call *Call, _ []Value) (any, error) {
		return call.Context().Value(contextKey{}), nil
	}), callsOwner, EvaluatorOptions{})
	ctx := context.WithValue(context.Background(), contextKey{}, "outer")
	result := must(evaluator.Evaluate(ctx, Document{Text: []byte(goodPod)}))(t)
	if got := messagesOf(t, result); got != "outer inner" {
		t.Error(got)
	}
}

func TestBuiltinThatWaitsIsTold(t *testing.T) {
	evaluator := withBuiltin(t, ownerBuiltin(func(call *Call, _ []Value) (any, error) {
		for !call.IsOver() {
			time.Sleep(time.Millisecond)
		}
		return nil, call.Context().Err()
	}), callsOwner, EvaluatorOptions{})
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	if _, err := evaluator.Evaluate(ctx, Document{Text: []byte(goodPod)}); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("%v", err)
	}
}

func TestBuiltinsAreRefused(t *testing.T) {
	compiler := must(NewCompiler(CompilerOptions{}))(t)
	answer := func(*Call, []Value) (any, error) { return nil, nil }
	for _, builtin := range []Builtin{
		{Name: "count", Signature: "(a: any) -> any", Func: answer},
		{Name: "acme..x", Signature: "(a: any) -> any", Func: answer},
		{Name: "acme.x", Signature: "any", Func: answer},
		{Name: "acme.x", Signature: "(a: any) -> any"},
	} {
		if err := compiler.AddBuiltin(builtin); !errors.Is(err, StatusBadArgument) {
			t.Errorf("%+v: %v", builtin, err)
		}
	}
	if err := compiler.AddBuiltin(ownerBuiltin(answer)); err != nil {
		t.Fatal(err)
	}
	if err := compiler.AddSource(Source{Name: "rule.rego", Text: callsOwner}); err != nil {
		t.Fatal(err)
	}
	if _, err := compiler.Build(); !errors.Is(err, StatusBadPolicy) { // nobody granted `network`
		t.Errorf("%v", err)
	}
}

// What nobody closed is freed all the same: the function of a builtin goes with the last policy that knows it.
func TestLostHandlesAreFreed(t *testing.T) {
	collect()
	before := live.Load()
	gone := make(chan bool, 1)
	func() {
		held := &[1 << 10]byte{}
		runtime.SetFinalizer(held, func(*[1 << 10]byte) { gone <- true })
		answer := func(*Call, []Value) (any, error) { return int(held[0]), nil }
		evaluator := withBuiltin(t, ownerBuiltin(answer), callsOwner, EvaluatorOptions{})
		must(evaluator.Evaluate(context.Background(), Document{Text: []byte(goodPod)}))(t)
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		must(evaluator.Evaluate(ctx, Document{Text: []byte(goodPod)}))(t)
	}()
	for i := 0; i < 100; i++ {
		collect()
		select {
		case <-gone:
			if now := live.Load(); now > before {
				t.Errorf("%d handles are left", now-before)
			}
			return
		default:
		}
	}
	t.Error("the function of the builtin is still held")
}

// collect runs finalizers, which run those of what they held in the next round.
func collect() {
	for i := 0; i < 5; i++ {
		runtime.GC()
		time.Sleep(2 * time.Millisecond)
	}
}

// What a call holds answers its own builtins with StatusBusy: waiting for it would last for ever.
func TestBuiltinsInWhatTheyAreCalledBy(t *testing.T) {
	var result *Result
	var told []error
	evaluator := withBuiltin(t, ownerBuiltin(func(*Call, []Value) (any, error) {
		_, documents := result.Documents()
		_, findings := result.Findings()
		_, value := Value{owner: result}.Int()
		told = append(told, documents, findings, value, result.Close())
		if got := result.Verdict(); got != VerdictError {
			told = append(told, fmt.Errorf("verdict %v", got))
		}
		return "team-a", nil
	}), callsOwner, EvaluatorOptions{})
	result = must(evaluator.NewResult())(t)
	verdict := must(evaluator.EvaluateInto(context.Background(), Document{Text: []byte(goodPod)}, result))(t)
	if verdict != result.Verdict() || len(told) < 4 {
		t.Fatal(verdict, told)
	}
	for _, err := range told {
		if !errors.Is(err, StatusBusy) {
			t.Errorf("%v", err)
		}
	}
	must(result.Findings())(t)
}
