//go:build !go1.21

package psdl

import (
	"context"
	"sync/atomic"
)

// afterFunc is context.AfterFunc of Go 1.21: f runs when ctx ends, unless stop comes first, which then gives true.
func afterFunc(ctx context.Context, f func()) (stop func() bool) {
	quit := make(chan struct{})
	var decided atomic.Bool
	go func() {
		select {
		case <-ctx.Done():
			if !decided.Swap(true) {
				f()
			}
		case <-quit:
		}
	}()
	return func() bool {
		if decided.Swap(true) {
			return false
		}
		close(quit)
		return true
	}
}
