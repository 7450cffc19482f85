package psdl

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"
)

const denyRoot = `package example

# METADATA
# title: no root
deny contains msg if {
	some container in input.spec.containers
	not container.securityContext.runAsNonRoot
	msg := sprintf("container %s may be root", [container.name])
}
`

const rootPod = `apiVersion: v1
kind: Pod
metadata: {name: api, namespace: shop}
spec:
  containers:
    - name: server
      image: nginx
`

const goodPod = `{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "ok"}, "spec": {"containers": [
	{"name": "a", "image": "x", "securityContext": {"runAsNonRoot": true}}]}}`

// must gives what cannot fail here.
func must[T any](value T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
}

func compiled(t testing.TB, text string) *Policy {
	t.Helper()
	return must(Compile(Source{Name: "rule.rego", Text: text}))(t)
}

func evaluatorOf(t testing.TB, policy *Policy, options EvaluatorOptions) *Evaluator {
	t.Helper()
	return must(policy.NewEvaluator(options))(t)
}

func TestFindingsHaveTheirPlace(t *testing.T) {
	evaluator := evaluatorOf(t, compiled(t, denyRoot), EvaluatorOptions{})
	result := must(evaluator.Evaluate(context.Background(), Document{Text: []byte(rootPod), Name: "pod.yaml"}))(t)
	if result.Verdict() != VerdictDeny {
		t.Fatal(result.Verdict())
	}
	findings := must(result.Findings())(t)
	if len(findings) != 1 {
		t.Fatalf("%d findings", len(findings))
	}
	finding := findings[0]
	if finding.Message != "container server may be root" || finding.EntryPoint != "data.example.deny" ||
		finding.Severity != SeverityError || finding.SourceFile != "rule.rego" {
		t.Errorf("%+v", finding)
	}
	if finding.Place.File != "pod.yaml" || finding.Place.Line != 6 || finding.Place.Path != "/spec/containers/0" {
		t.Errorf("%+v", finding.Place)
	}
	documents := must(result.Documents())(t)
	want := DocumentVerdict{Verdict: VerdictDeny, FindingCount: 1, Document: "pod.yaml", APIVersion: "v1", Kind: "Pod",
		Namespace: "shop", Name: "api"}
	if len(documents) != 1 || documents[0] != want {
		t.Errorf("%+v", documents)
	}
	if text := must(result.JSON())(t); !strings.Contains(string(text), "container server may be root") {
		t.Error(string(text))
	}
}

func TestResultIsFilledAgain(t *testing.T) {
	evaluator := evaluatorOf(t, compiled(t, denyRoot), EvaluatorOptions{})
	result := must(evaluator.NewResult())(t)
	if result.Verdict() != VerdictNone {
		t.Fatal(result.Verdict())
	}
	for i := 0; i < 3; i++ {
		for text, want := range map[string]Verdict{rootPod: VerdictDeny, goodPod: VerdictAllow} {
			verdict := must(evaluator.EvaluateInto(context.Background(), Document{Text: []byte(text)}, result))(t)
			if verdict != want || result.Verdict() != want {
				t.Fatalf("%s: %s", verdict, text)
			}
		}
	}
}

func TestErrorsAreValues(t *testing.T) {
	_, err := Compile(Source{Name: "broken.rego", Text: "package a\n\ndeny contains x if { y }\n"})
	var problem *Diagnostic
	var whole *Error
	if !errors.As(err, &problem) || !errors.As(err, &whole) || !errors.Is(err, StatusBadPolicy) {
		t.Fatalf("%v", err)
	}
	if problem.File != "broken.rego" || problem.Line != 3 || problem.Column == 0 || problem.Code == "" {
		t.Errorf("%+v", problem)
	}
	if !strings.Contains(whole.Report, "deny contains x if { y }") {
		t.Error(whole.Report)
	}
	if !strings.Contains(err.Error(), "broken.rego:3:") {
		t.Error(err)
	}

	evaluator := evaluatorOf(t, compiled(t, denyRoot), EvaluatorOptions{})
	result, err := evaluator.Evaluate(context.Background(), Document{Text: []byte("a: [1\nb: 2\n"), Name: "bad.yaml"})
	if !errors.Is(err, StatusBadInput) || !errors.As(err, &problem) || problem.File != "bad.yaml" || problem.Line == 0 {
		t.Errorf("%v", err)
	}
	if result.Verdict() != VerdictError {
		t.Error(result.Verdict())
	}

	unknown := map[string]uint64{"patience": 1}
	if _, err := NewCompiler(CompilerOptions{Limits: unknown}); !errors.Is(err, StatusBadArgument) {
		t.Errorf("%v", err)
	}
	if StatusBadHandle.String() != "bad_handle" {
		t.Error(StatusBadHandle)
	}
}

func TestLimitsHaveNames(t *testing.T) {
	policy := compiled(t, "package a\ndeny contains \"x\" if count(numbers.range(1, 100000)) == 1\n")
	evaluator := evaluatorOf(t, policy, EvaluatorOptions{Limits: map[string]uint64{"range_items": 10}})
	_, err := evaluator.Evaluate(context.Background(), Document{Text: []byte(goodPod)})
	var problem *Diagnostic
	if !errors.Is(err, StatusLimit) || !errors.As(err, &problem) || problem.Code != "limit_range_items" {
		t.Errorf("%v", err)
	}
}

func TestClosedHandles(t *testing.T) {
	policy := compiled(t, denyRoot)
	evaluator := evaluatorOf(t, policy, EvaluatorOptions{})
	result := must(evaluator.NewResult())(t)
	for i := 0; i < 2; i++ {
		if err := policy.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := policy.NewEvaluator(EvaluatorOptions{}); !errors.Is(err, StatusBadHandle) {
		t.Errorf("%v", err)
	}
	// The evaluator keeps what it needs.
	must(evaluator.EvaluateInto(context.Background(), Document{Text: []byte(goodPod)}, result))(t)
	if err := evaluator.Close(); err != nil {
		t.Fatal(err)
	}
	// A result that was allow must not stay so.
	verdict, err := evaluator.EvaluateInto(context.Background(), Document{Text: []byte(rootPod)}, result)
	if !errors.Is(err, StatusBadHandle) || verdict != VerdictError || result.Verdict() != VerdictError {
		t.Errorf("%v %v", verdict, err)
	}
	if _, err := result.Findings(); err == nil {
		t.Error("findings of an evaluation that never was")
	}
	if err := result.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := result.JSON(); err == nil {
		t.Error("JSON of a result that was closed")
	}
}

func TestQueries(t *testing.T) {
	policy := compiled(t, `package q
deny contains "never" if false
limits := [1, 2.50, 18446744073709551616]
tags := {"a", "b"}
nested := {"x": {"y": [true, null, "z"]}, 3: "three"}
doubled := input.n * 2
`)
	evaluator := evaluatorOf(t, policy, EvaluatorOptions{})
	ctx := context.Background()

	query := must(policy.Query("x := data.q.limits[i]; x > 1", QueryOptions{}))(t)
	result := must(evaluator.Query(ctx, query, nil))(t)
	if rows := must(result.RowCount())(t); rows != 2 {
		t.Fatal(rows)
	}
	bindings := must(result.Bindings(1))(t)
	big := must(bindings.Field("x"))(t)
	if number := must(big.Number())(t); number != "18446744073709551616" {
		t.Error(number)
	}
	if _, err := big.Int(); !errors.Is(err, StatusOutOfRange) {
		t.Errorf("%v", err)
	}
	if _, err := big.Text(); !errors.Is(err, StatusWrongKind) {
		t.Errorf("%v", err)
	}
	if _, err := bindings.Field("nobody"); !errors.Is(err, StatusNotFound) {
		t.Errorf("%v", err)
	}
	if _, err := result.Value(2, 0); !errors.Is(err, StatusNotFound) {
		t.Errorf("%v", err)
	}
	if result.Verdict() != VerdictNone {
		t.Error(result.Verdict())
	}

	nested := must(policy.Query("nested", QueryOptions{Package: "data.q"}))(t)
	result = must(evaluator.Query(ctx, nested, nil))(t)
	value := must(result.Value(0, 0))(t)
	copied := must(value.Interface())(t).(map[string]any)
	list := copied["x"].(map[string]any)["y"].([]any)
	if list[0] != true || list[1] != nil || list[2] != "z" || copied["3"] != "three" {
		t.Errorf("%v", copied)
	}
	tags := must(policy.Query("data.q.tags", QueryOptions{}))(t)
	if err := evaluator.QueryInto(ctx, tags, nil, result); err != nil {
		t.Fatal(err)
	}
	set := must(must(result.Value(0, 0))(t).Interface())(t)
	if items, ok := set.(Set); !ok || len(items) != 2 || items[0] != "a" {
		t.Errorf("%v", set)
	}
	if _, err := value.Kind(); !errors.Is(err, StatusBadHandle) {
		t.Errorf("a value of what the result held before: %v", err)
	}

	doubled := must(policy.Query("data.q.doubled", QueryOptions{}))(t)
	result = must(evaluator.Query(ctx, doubled, &Document{Text: []byte(`{"n": 21}`)}))(t)
	if n := must(must(result.Value(0, 0))(t).Int())(t); n != 42 {
		t.Error(n)
	}
	result = must(evaluator.QueryValue(ctx, doubled, map[string]any{"n": 1.25}))(t)
	if f := must(must(result.Value(0, 0))(t).Float())(t); f != 2.5 {
		t.Error(f)
	}
	if result = must(evaluator.Query(ctx, doubled, nil))(t); must(result.RowCount())(t) != 0 {
		t.Error("an undefined answer has rows")
	}
}

func TestGoValues(t *testing.T) {
	evaluator := evaluatorOf(t, compiled(t, denyRoot), EvaluatorOptions{})
	type container struct {
		Name  string `json:"name"`
		Image string `json:"image,omitempty"`
	}
	pod := map[string]any{"apiVersion": "v1", "kind": "Pod", "metadata": map[string]string{"name": "api"},
		"spec": struct {
			Containers []container `json:"containers"`
		}{[]container{{Name: "server", Image: "nginx"}}}}
	result := must(evaluator.EvaluateValue(context.Background(), "from go", pod))(t)
	findings := must(result.Findings())(t)
	if result.Verdict() != VerdictDeny || len(findings) != 1 || findings[0].Place.Path != "/spec/containers/0" {
		t.Errorf("%s %+v", result.Verdict(), findings)
	}

	pod["spec"] = map[string]any{"containers": []any{map[string]any{"name": make(chan int)}}}
	result, err := evaluator.EvaluateValue(context.Background(), "from go", pod)
	var refused *ValueError
	if !errors.As(err, &refused) || refused.Path != "/spec/containers/0/name" || result.Verdict() != VerdictError {
		t.Errorf("%v", err)
	}

	// A limit of the engine has its path too.
	policy := compiled(t, denyRoot)
	compiler := must(NewCompiler(CompilerOptions{Limits: map[string]uint64{"data_nesting": 3}}))(t)
	if err := compiler.AddSource(Source{Name: "rule.rego", Text: denyRoot}); err != nil {
		t.Fatal(err)
	}
	policy = must(compiler.Build())(t)
	_, err = evaluatorOf(t, policy, EvaluatorOptions{}).EvaluateValue(context.Background(), "deep",
		map[string]any{"a": map[string]any{"b": []any{[]any{1}}}})
	if !errors.As(err, &refused) || !errors.Is(err, StatusLimit) || refused.Path != "/a/b/0" {
		t.Errorf("%v", err)
	}
}

func TestData(t *testing.T) {
	compiler := must(NewCompiler(CompilerOptions{}))(t)
	ok := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	ok(compiler.AddSource(Source{Name: "rule.rego", Text: `package a
deny contains "closed" if data.teams[input.metadata.namespace].closed
`}))
	ok(compiler.AddData("/teams", Document{Text: []byte(`{"red": {"closed": false}}`), Name: "teams.json"}))
	policy := must(compiler.Build())(t)
	data := must(policy.NewData())(t)
	evaluator := evaluatorOf(t, policy, EvaluatorOptions{Data: data})
	pod := map[string]any{"apiVersion": "v1", "kind": "Pod", "metadata": map[string]any{"name": "a", "namespace": "red"},
		"spec": map[string]any{"containers": []any{map[string]any{"name": "c", "image": "i"}}}}
	verdict := func() Verdict { return must(evaluator.EvaluateValue(context.Background(), "pod", pod))(t).Verdict() }
	if verdict() != VerdictAllow {
		t.Error("denied before")
	}
	ok(data.Apply(PutValue("/teams/red", map[string]bool{"closed": true}), Put("/n", Document{Text: []byte("1")})))
	if verdict() != VerdictDeny {
		t.Error("allowed after put")
	}
	ok(data.Apply(Patch("/teams", Document{Text: []byte(`[{"op": "replace", "path": "/red/closed", "value": false}]`)})))
	if verdict() != VerdictAllow {
		t.Error("denied after patch")
	}
	// All or none: the second change cannot be made.
	if err := data.Apply(PutValue("/teams/red/closed", true), Remove("/nobody")); !errors.Is(err, StatusBadInput) {
		t.Errorf("%v", err)
	}
	if version := must(data.Version())(t); version != 2 || verdict() != VerdictAllow {
		t.Error(version)
	}
	if text := must(data.JSON("/teams"))(t); string(text) != `{"red":{"closed":false}}` {
		t.Error(string(text))
	}
	if _, err := data.JSON("/nobody"); !errors.Is(err, StatusNotFound) {
		t.Errorf("%v", err)
	}
	var refused *ValueError
	if err := data.Apply(PutValue("/x", []any{make(chan int)})); !errors.As(err, &refused) || refused.Path != "/0" {
		t.Errorf("%v", err)
	}
}

func TestLevels(t *testing.T) {
	compiler := must(NewCompiler(CompilerOptions{}))(t)
	if err := compiler.AddLevel("restricted", LevelOptions{}); err != nil {
		t.Fatal(err)
	}
	policy := must(compiler.Build())(t)
	evaluator := evaluatorOf(t, policy, EvaluatorOptions{})
	result := must(evaluator.Evaluate(context.Background(), Document{Text: []byte(rootPod), Name: "pod.yaml"}))(t)
	rules := map[string]bool{}
	for _, finding := range must(result.Findings())(t) {
		rules[finding.Rule] = true
		if finding.Place.File != "pod.yaml" || finding.Place.Line == 0 {
			t.Errorf("%+v", finding)
		}
	}
	if result.Verdict() != VerdictDeny || len(rules) < 4 {
		t.Errorf("%s %v", result.Verdict(), rules)
	}
	if points := must(policy.EntryPoints())(t); len(points) < 10 {
		t.Error(points)
	}
	config := Document{Text: []byte(`{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}}`)}
	if result = must(evaluator.Evaluate(context.Background(), config))(t); result.Verdict() != VerdictSkipped {
		t.Error(result.Verdict())
	}
	err := compiler.AddLevel("restrictd", LevelOptions{})
	var problem *Diagnostic
	if !errors.Is(err, StatusBadPolicy) || !errors.As(err, &problem) ||
		!strings.Contains(problem.Message+problem.Help, "restricted") {
		t.Errorf("%v", err)
	}
}

func TestImages(t *testing.T) {
	policy := compiled(t, denyRoot)
	image := must(policy.Image())(t)
	compiler := must(NewCompiler(CompilerOptions{}))(t)
	if err := compiler.AddImage("rule.psdlc", image); err != nil {
		t.Fatal(err)
	}
	evaluator := evaluatorOf(t, must(compiler.Build())(t), EvaluatorOptions{})
	result := must(evaluator.Evaluate(context.Background(), Document{Text: []byte(rootPod)}))(t)
	if result.Verdict() != VerdictDeny {
		t.Error(result.Verdict())
	}
	image[len(image)/2] ^= 1
	err := compiler.AddImage("rule.psdlc", image)
	if err == nil {
		_, err = compiler.Build()
	}
	if !errors.Is(err, StatusBadPolicy) {
		t.Errorf("%v", err)
	}
}

func TestBind(t *testing.T) {
	policy := compiled(t, "package a\ndeny contains \"x\" if input.parameters.on\n")
	bound := must(policy.Bind(Known{Path: "/input/parameters", Text: []byte(`{"on": true}`), Name: "parameters"}))(t)
	for _, test := range []struct {
		policy *Policy
		want   Verdict
	}{{policy, VerdictAllow}, {bound, VerdictDeny}} {
		evaluator := evaluatorOf(t, test.policy, EvaluatorOptions{})
		result := must(evaluator.Evaluate(context.Background(), Document{Text: []byte(goodPod)}))(t)
		if got := result.Verdict(); got != test.want {
			t.Errorf("%s, not %s", got, test.want)
		}
	}
}

func TestBatch(t *testing.T) {
	evaluator := evaluatorOf(t, compiled(t, denyRoot), EvaluatorOptions{})
	var batch Batch
	var want []Verdict
	for i := 0; i < 130; i++ {
		switch i % 3 {
		case 0:
			batch.Texts, want = append(batch.Texts, []byte(goodPod)), append(want, VerdictAllow)
		case 1:
			batch.Texts, want = append(batch.Texts, []byte(rootPod)), append(want, VerdictDeny)
		case 2:
			batch.Texts, want = append(batch.Texts, []byte("{")), append(want, VerdictError)
		}
	}
	result := must(evaluator.NewResult())(t)
	for _, into := range []*Result{nil, result} {
		got, err := evaluator.EvaluateBatch(context.Background(), batch, into)
		if !errors.Is(err, StatusBadInput) {
			t.Errorf("%v", err)
		}
		for i := range want {
			if got[i] != want[i] {
				t.Fatalf("text %d: %s, not %s", i, got[i], want[i])
			}
		}
	}
	documents := must(result.Documents())(t)
	if len(documents) != 130 || documents[129].Text != 129 || documents[1].Document != "1" {
		t.Errorf("%d documents", len(documents))
	}
	named := Batch{Texts: [][]byte{[]byte(rootPod), nil}, Names: []string{"one.yaml", "two.yaml"}}
	got, err := evaluator.EvaluateBatch(context.Background(), named, result)
	if !errors.Is(err, StatusBadInput) || got[0] != VerdictDeny || got[1] != VerdictError {
		t.Errorf("%v %v", got, err)
	}
	if findings := must(result.Findings())(t); len(findings) != 1 || findings[0].Place.File != "one.yaml" {
		t.Errorf("%+v", findings)
	}
	named.Names = named.Names[:1]
	got, err = evaluator.EvaluateBatch(context.Background(), named, result)
	if !errors.Is(err, StatusBadArgument) || got[0] != VerdictError {
		t.Errorf("%v %v", got, err)
	}
}

const endless = `package a
deny contains "x" if {
	some i, j, k in numbers.range(1, 100000)
	some a in numbers.range(1, 100000)
	some b in numbers.range(1, 100000)
	i + a * b == -1
}
`

func TestContextEndsAnEvaluation(t *testing.T) {
	text := strings.ReplaceAll(endless, "i, j, k in", "i in")
	limits := map[string]uint64{"instructions": 1000000000, "time_ns": 60e9}
	evaluator := evaluatorOf(t, compiled(t, text), EvaluatorOptions{Limits: limits})
	document := Document{Text: []byte(goodPod)}

	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		time.Sleep(20 * time.Millisecond)
		cancel()
	}()
	result, err := evaluator.Evaluate(ctx, document)
	if !errors.Is(err, StatusCancelled) || !errors.Is(err, context.Canceled) || result.Verdict() != VerdictError {
		t.Fatalf("%v", err)
	}
	// One that is over before it begins is as good.
	result, err = evaluator.Evaluate(ctx, document)
	if !errors.Is(err, context.Canceled) || result.Verdict() != VerdictError {
		t.Fatalf("%v", err)
	}
	ctx, cancel = context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	if _, err = evaluator.Evaluate(ctx, document); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("%v", err)
	}
}

// A context that ends as its evaluation does must not end the next one.
func TestLateCancelDoesNotReachTheNextEvaluation(t *testing.T) {
	evaluator := evaluatorOf(t, compiled(t, denyRoot), EvaluatorOptions{})
	result := must(evaluator.NewResult())(t)
	document := Document{Text: []byte(goodPod)}
	for i := 0; i < 500; i++ {
		ctx, cancel := context.WithCancel(context.Background())
		go cancel()
		verdict, err := evaluator.EvaluateInto(ctx, document, result)
		if (err == nil) != (verdict == VerdictAllow) {
			t.Fatalf("%s %v", verdict, err)
		}
		must(evaluator.EvaluateInto(context.Background(), document, result))(t)
		cancel()
	}
}

func TestOneEvaluatorAtATime(t *testing.T) {
	started, release := make(chan bool), make(chan bool)
	wait := func(*Call, []Value) (any, error) {
		started <- true
		<-release
		return true, nil
	}
	evaluator := withBuiltin(t, Builtin{Name: "test.wait", Signature: "() -> boolean", Func: wait},
		"package a\ndeny contains \"x\" if not test.wait()\n", EvaluatorOptions{})
	done := make(chan Verdict)
	go func() {
		result, _ := evaluator.Evaluate(context.Background(), Document{Text: []byte(goodPod)})
		done <- result.Verdict()
	}()
	<-started
	result, err := evaluator.Evaluate(context.Background(), Document{Text: []byte(goodPod)})
	if !errors.Is(err, StatusBusy) || result.Verdict() != VerdictError {
		t.Errorf("%v", err)
	}
	if err := evaluator.Close(); !errors.Is(err, StatusBusy) {
		t.Errorf("%v", err)
	}
	release <- true
	if verdict := <-done; verdict != VerdictAllow {
		t.Error(verdict)
	}
}

func TestPoolServesManyGoroutines(t *testing.T) {
	pool := must(compiled(t, denyRoot).NewPool(2, EvaluatorOptions{}))(t)
	var group sync.WaitGroup
	for i := 0; i < 8; i++ {
		group.Add(1)
		go func() {
			defer group.Done()
			for j := 0; j < 50; j++ {
				result, err := pool.Evaluate(context.Background(), Document{Text: []byte(rootPod)})
				if err != nil || result.Verdict() != VerdictDeny {
					t.Errorf("%v", err)
					return
				}
				if findings, err := result.Findings(); err != nil || len(findings) != 1 {
					t.Errorf("%v %v", findings, err)
				}
			}
		}()
	}
	group.Wait()
	if err := pool.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := pool.Evaluate(context.Background(), Document{}); !errors.Is(err, StatusBadHandle) {
		t.Errorf("%v", err)
	}
}
