package psdl

import (
	"context"
	"sync"
)

// Pool is evaluators of one policy for any number of goroutines, as many as documents may be judged at once.
type Pool struct {
	idle  chan *Evaluator
	all   []*Evaluator
	once  sync.Once
	ended chan struct{}
}

// NewPool makes a pool of `size` evaluators.
func (p *Policy) NewPool(size int, options EvaluatorOptions) (*Pool, error) {
	if size < 1 {
		return nil, &Error{Status: StatusBadArgument, Operation: "new pool"}
	}
	pool := &Pool{idle: make(chan *Evaluator, size), ended: make(chan struct{})}
	for i := 0; i < size; i++ {
		evaluator, err := p.NewEvaluator(options)
		if err != nil {
			return nil, err // those that were made are freed as they are lost
		}
		pool.all = append(pool.all, evaluator)
		pool.idle <- evaluator
	}
	return pool, nil
}

// Evaluate is Evaluator.Evaluate on the first evaluator that is free, for which it waits as long as ctx lasts.
func (p *Pool) Evaluate(ctx context.Context, document Document) (*Result, error) {
	var result *Result
	err := p.With(ctx, func(evaluator *Evaluator) (err error) {
		result, err = evaluator.Evaluate(ctx, document)
		return err
	})
	return result, err
}

// With lends an evaluator to do.
func (p *Pool) With(ctx context.Context, do func(*Evaluator) error) error {
	select {
	case <-p.ended:
		return &Error{Status: StatusBadHandle, Operation: "pool"}
	default:
	}
	select {
	case evaluator := <-p.idle:
		defer func() { p.idle <- evaluator }()
		return do(evaluator)
	case <-p.ended:
		return &Error{Status: StatusBadHandle, Operation: "pool"}
	case <-ctx.Done():
		return &Error{Status: StatusCancelled, Operation: "pool", cause: ctx.Err()}
	}
}

// Close waits for the evaluations that run, and frees the evaluators.
func (p *Pool) Close() error {
	var first error
	p.once.Do(func() {
		close(p.ended)
		for range p.all {
			evaluator := <-p.idle
			if err := evaluator.Close(); err != nil && first == nil {
				first = err
			}
		}
	})
	return first
}
