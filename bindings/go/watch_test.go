package psdl

import (
	"bytes"
	"context"
	"errors"
	"runtime"
	"sync"
	"testing"
	"time"
)

func goroutinesOfTheWatcher() int {
	stacks := make([]byte, 1<<20)
	return bytes.Count(stacks[:runtime.Stack(stacks, true)], []byte("(*watcher).run("))
}

// waitFor gives what it waits for ten seconds.
func waitFor(t *testing.T, what string, isSo func() bool) {
	for end := time.Now().Add(10 * time.Second); !isSo(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("never: %s", what)
		}
	}
}

// One goroutine looks at all evaluations. It begins with the first, goes when there are none, and comes back.
func TestWatcherIsOneAndGoes(t *testing.T) {
	document := Document{Text: []byte(goodPod)}
	policy := compiled(t, denyRoot)
	for i := 0; i < 2; i++ {
		ctx, cancel := context.WithCancel(context.Background())
		for k := 0; k < 3; k++ {
			must(evaluatorOf(t, policy, EvaluatorOptions{}).Evaluate(ctx, document))(t)
		}
		if count := goroutinesOfTheWatcher(); count > 1 {
			t.Errorf("%d watchers", count)
		}
		waitFor(t, "no watcher is left", func() bool { return goroutinesOfTheWatcher() == 0 })
		cancel()
	}
}

// Evaluations that run beside each other end with their own contexts, and leave their evaluators ready.
func TestWatcherEndsEachWithItsContext(t *testing.T) {
	limits := map[string]uint64{"instructions": 1000000000, "time_ns": 60e9}

	var running sync.WaitGroup
	for i := 0; i < 8; i++ {
		ctx, cancel := context.WithCancel(context.Background())
		inside := make(chan bool, 1)
		evaluator := withBuiltin(t, ownerBuiltin(func(call *Call, _ []Value) (any, error) {
			if call.Context() != ctx {
				return "a", nil
			}
			inside <- true
			for !call.IsOver() {
				runtime.Gosched()
			}
			return "a", nil
		}), callsOwner, EvaluatorOptions{Limits: limits})
		running.Add(1)
		go func() {
			defer running.Done()
			_, err := evaluator.Evaluate(ctx, Document{Text: []byte(goodPod)})
			if !errors.Is(err, StatusCancelled) || !errors.Is(err, context.Canceled) {
				t.Errorf("%v", err)
			}
			if _, err := evaluator.Evaluate(context.Background(), Document{Text: []byte(goodPod)}); err != nil {
				t.Errorf("%v", err)
			}
		}()
		<-inside
		cancel()
	}
	running.Wait()
}

// A context that is over when a builtin comes back has ended the evaluation: nobody waits for the watcher.
func TestContextThatEndsInABuiltin(t *testing.T) {
	for i := 0; i < 100; i++ {
		ctx, cancel := context.WithCancel(context.Background())
		evaluator := withBuiltin(t, ownerBuiltin(func(*Call, []Value) (any, error) {
			cancel()
			return "a", nil
		}), callsOwner, EvaluatorOptions{})
		result, err := evaluator.Evaluate(ctx, Document{Text: []byte(goodPod)})
		if !errors.Is(err, StatusCancelled) || !errors.Is(err, context.Canceled) || result.Verdict() != VerdictError {
			t.Fatalf("%v", err)
		}
	}
}

// Resume undoes Cancel: an evaluation whose context is over stays cancelled, and what comes after it is not.
func TestResumeLeavesTheContextItsEvaluation(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	var evaluator *Evaluator
	goesOn := false
	evaluator = withBuiltin(t, ownerBuiltin(func(call *Call, _ []Value) (any, error) {
		if call.Context() != ctx {
			return "a", nil
		}
		cancel()
		waitFor(t, "the context has ended the evaluation", func() bool {
			evaluator.flight.mutex.Lock()
			defer evaluator.flight.mutex.Unlock()
			return evaluator.flight.isHit
		})
		for _, change := range []func() error{evaluator.Cancel, evaluator.Resume} {
			if err := change(); err != nil {
				t.Errorf("%v", err)
			}
		}
		goesOn = !call.IsOver()
		return "a", nil
	}), callsOwner, EvaluatorOptions{})
	document := Document{Text: []byte(goodPod)}
	if _, err := evaluator.Evaluate(ctx, document); !errors.Is(err, context.Canceled) || goesOn {
		t.Errorf("%v, goes on: %v", err, goesOn)
	}
	if _, err := evaluator.Evaluate(context.Background(), document); err != nil {
		t.Errorf("%v", err)
	}
}

// A Resume that comes as the end of a context is undone is not lost.
func TestResumeWhileAnEvaluationEnds(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(16)) // more than there are cores: threads are interrupted anywhere
	policy := compiled(t, denyRoot)
	document := Document{Text: []byte(goodPod)}
	over, cancel := context.WithCancel(context.Background())
	cancel()
	var pairs sync.WaitGroup
	for i := 0; i < 8; i++ {
		evaluator := evaluatorOf(t, policy, EvaluatorOptions{})
		result := must(evaluator.NewResult())(t)
		pairs.Add(1)
		go func() {
			defer pairs.Done()
			for end := time.Now().Add(2 * time.Second); time.Now().Before(end); {
				evaluator.Cancel()
				ended := make(chan bool)
				go func() {
					evaluator.EvaluateInto(over, document, result)
					ended <- true
				}()
				runtime.Gosched()
				evaluator.Resume()
				<-ended
				if _, err := evaluator.EvaluateInto(context.Background(), document, result); err != nil {
					t.Errorf("%v", err)
					return
				}
			}
		}()
	}
	pairs.Wait()
}

func TestEvaluateIntoAllocatesNothing(t *testing.T) {
	evaluator := evaluatorOf(t, compiled(t, denyRoot), EvaluatorOptions{})
	result := must(evaluator.NewResult())(t)
	document := Document{Text: []byte(goodPod)}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	for _, with := range []context.Context{context.Background(), ctx} {
		count := testing.AllocsPerRun(200, func() {
			if verdict, err := evaluator.EvaluateInto(with, document, result); verdict != VerdictAllow || err != nil {
				t.Fatalf("%s %v", verdict, err)
			}
		})
		if count != 0 {
			t.Errorf("%v allocations", count)
		}
	}
}
