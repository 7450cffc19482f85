package psdl

// #include "shim.h"
import "C"

import (
	"sync"
	"time"
)

// How the end of a context becomes that of an evaluation. In: the context's channel, for as long as an evaluation runs;
// out: a cancel, at the latest a watchPeriod behind the end of the context.
//
// A goroutine for each evaluation, which is what context.AfterFunc is, costs more than most evaluations may. So one
// goroutine looks at all of them, now and then. It is there while evaluations with such contexts are, and a moment
// longer: until it has looked watchPatience times without one.
const (
	watchPeriod   = 2 * time.Millisecond
	watchPatience = 10
)

// watched is an evaluator, seen by the watcher. Its mutex is held for some instructions at a time, and never around
// code of others. What is cancelled in C is so by isHit or by isHalted, and both sides change under the mutex alone.
type watched struct {
	evaluator C.uintptr_t

	mutex     sync.Mutex
	done      <-chan struct{} // of the context of what runs; nil: nothing that a context may end
	isHit     bool            // what runs was cancelled by its context
	isHalted  bool            // by Cancel
	isListed  bool            // the watcher looks at it
	isUsed    bool            // since the watcher looked
	idleLooks int             // of the watcher's, one after another
}

// begin has what runs next cancelled when ctx ends. One that is over before still fills its result.
func (w *watched) begin(done <-chan struct{}) {
	if done == nil {
		return
	}
	w.mutex.Lock()
	w.done, w.isUsed = done, true
	w.lookLocked()
	isNew := !w.isListed
	w.isListed = true
	w.mutex.Unlock()
	if isNew {
		theWatcher.add(w)
	}
}

// end is that of what runs. What its context did is undone, but not what Cancel did meanwhile.
func (w *watched) end(done <-chan struct{}) {
	if done == nil {
		return
	}
	w.mutex.Lock()
	w.done = nil
	if w.isHit {
		w.isHit = false
		if !w.isHalted {
			C.go_evaluator_resume(w.evaluator)
		}
	}
	w.mutex.Unlock()
}

// halt is Cancel, with a handle that may be closed.
func (w *watched) halt(evaluator C.uintptr_t) C.psdl_status {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	w.isHalted = true
	return C.go_evaluator_cancel(evaluator)
}

// resume undoes halt, but not what a context did to what runs: its end does.
func (w *watched) resume(evaluator C.uintptr_t) C.psdl_status {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	w.isHalted = false
	if w.isHit {
		return C.PSDL_OK
	}
	return C.go_evaluator_resume(evaluator)
}

// look cancels what runs where its context is over.
func (w *watched) look() {
	w.mutex.Lock()
	w.lookLocked()
	w.mutex.Unlock()
}

func (w *watched) lookLocked() {
	if w.done == nil || w.isHit {
		return
	}
	select {
	case <-w.done:
		w.isHit = true
		C.go_evaluator_cancel(w.evaluator)
	default:
	}
}

// isIdle is a look that tells whether it was the last one.
func (w *watched) isIdle() bool {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	w.lookLocked()
	if w.isUsed || w.done != nil {
		w.isUsed, w.idleLooks = false, 0
	} else if w.idleLooks++; w.idleLooks == watchPatience {
		w.isListed, w.idleLooks = false, 0
		return true
	}
	return false
}

// watcher is the goroutine, while its list has members.
type watcher struct {
	mutex sync.Mutex // before that of a member
	list  []*watched
}

var theWatcher watcher

func (w *watcher) add(one *watched) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	w.list = append(w.list, one)
	if len(w.list) == 1 {
		go w.run()
	}
}

func (w *watcher) run() {
	ticker := time.NewTicker(watchPeriod)
	defer ticker.Stop()
	for range ticker.C {
		if !w.look() {
			return
		}
	}
}

// look gives false where nobody is left.
func (w *watcher) look() bool {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	kept := w.list[:0]
	for _, one := range w.list {
		if !one.isIdle() {
			kept = append(kept, one)
		}
	}
	for i := len(kept); i < len(w.list); i++ {
		w.list[i] = nil
	}
	w.list = kept
	return len(kept) > 0
}
