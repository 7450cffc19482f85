// Package psdl judges Kubernetes manifests by policies in Rego, in the process of its caller: bindings of psdl.h.
//
// A policy is compiled once and evaluated as often as there are documents:
//
//	compiler, err := psdl.NewCompiler(psdl.CompilerOptions{})
//	err = compiler.AddLevel("restricted", psdl.LevelOptions{})
//	policy, err := compiler.Build()
//	evaluator, err := policy.NewEvaluator(psdl.EvaluatorOptions{})
//	result, err := evaluator.Evaluate(ctx, psdl.Document{Name: "pod.yaml", Text: text})
//	findings, err := result.Findings()
//
// # Errors
//
// A call that fails gives an [*Error] with a [Status] and the [Diagnostic] values that say where and why. The usual
// functions find all three:
//
//	errors.Is(err, psdl.StatusLimit)
//	errors.Is(err, context.DeadlineExceeded)
//	var problem *psdl.Diagnostic
//	errors.As(err, &problem) // problem.File, problem.Line, problem.Column
//
// A finding is no error: what a policy denies is evaluated well. The other way round, what was not evaluated to its
// end is [VerdictError], and never [VerdictAllow].
//
// # Contexts
//
// An evaluation ends some two milliseconds after its context does, wherever it is. Its error is then both
// [StatusCancelled] and what the context says. Builtins written in Go get the same context ([Call.Context]).
//
// # Goroutines
//
// A [Policy] and a [Query] never change and serve any number of goroutines; so do a [Compiler], a [Data], a [Result]
// and a [Pool], whose calls wait for each other. An [Evaluator] serves one at a time, and others get [StatusBusy]:
// a server has a [Pool] of them.
//
// # Memory
//
// Every handle has Close, which frees what stands behind it at once; one that is forgotten is freed with the Go value.
// Closing twice does nothing, and what is used after it was closed gives [StatusBadHandle]. A policy may be closed
// before its evaluators, which keep what they need.
package psdl
