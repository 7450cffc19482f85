package psdl

// #include <stdlib.h>
// #include "shim.h"
import "C"

import (
	"runtime"
	"sync/atomic"
	"unsafe"
)

// handle is one of psdl.h. It is a number, as it is no address (shim.h).
type handle struct {
	token atomic.Uintptr
	kind  C.go_kind
}

// live counts the handles that were made and not freed.
var live atomic.Int64

func (h *handle) get() C.uintptr_t { return C.uintptr_t(h.token.Load()) }

func (h *handle) set(kind C.go_kind, token C.uintptr_t) {
	live.Add(1)
	h.kind = kind
	h.token.Store(uintptr(token))
}

// close frees what the handle names. One that is in use stays open, and says so.
func (h *handle) close() error {
	token := h.token.Swap(0)
	if token == 0 {
		return nil
	}
	status := C.go_free(h.kind, C.uintptr_t(token))
	if status == C.PSDL_BUSY {
		h.token.Store(token)
	} else {
		live.Add(-1)
	}
	return errorOf("close", status)
}

type closer interface{ Close() error }

// closeWhenLost frees a handle that nobody closed.
func closeWhenLost[T closer](value T) {
	runtime.SetFinalizer(value, func(lost T) { _ = lost.Close() })
}

// goString copies a text that belongs to a handle.
func goString(text C.psdl_text) string { return string(viewBytes(text)) }

func goBytes(text C.psdl_text) []byte { return append([]byte{}, viewBytes(text)...) }

func viewBytes(text C.psdl_text) []byte {
	if text.length == 0 {
		return nil
	}
	return unsafe.Slice((*byte)(unsafe.Pointer(text.data)), int(text.length))
}

// bytesOf and stringOf lend Go's memory to a call of C, without a copy. unsafe.StringData is of Go 1.20.
func bytesOf(text []byte) (*C.char, C.size_t) {
	return *(**C.char)(unsafe.Pointer(&text)), C.size_t(len(text))
}

func stringOf(text string) (*C.char, C.size_t) {
	return *(**C.char)(unsafe.Pointer(&text)), C.size_t(len(text))
}

// copies is memory of C for one call whose arguments point at each other, which Go's memory may not do there.
type copies struct{ blocks []unsafe.Pointer }

func (c *copies) free() {
	for _, block := range c.blocks {
		C.free(block)
	}
	c.blocks = nil
}

func (c *copies) room(bytes int) unsafe.Pointer {
	block := C.calloc(1, C.size_t(bytes)+1) // not 0 bytes, which may be NULL; NULL otherwise ends the program
	c.blocks = append(c.blocks, block)
	return block
}

func (c *copies) bytes(from []byte) C.psdl_text {
	block := c.room(len(from))
	copy(unsafe.Slice((*byte)(block), len(from)), from)
	return C.psdl_text{data: (*C.char)(block), length: C.size_t(len(from))}
}

func (c *copies) text(from string) C.psdl_text {
	block := c.room(len(from))
	copy(unsafe.Slice((*byte)(block), len(from)), from)
	return C.psdl_text{data: (*C.char)(block), length: C.size_t(len(from))}
}

func (c *copies) texts(from []string) (*C.psdl_text, C.size_t) {
	out := array[C.psdl_text](c, len(from))
	for i, text := range from {
		out[i] = c.text(text)
	}
	return first(out)
}

func (c *copies) limits(from map[string]uint64) (*C.psdl_limit, C.size_t) {
	out := array[C.psdl_limit](c, len(from))
	next := 0
	for name, value := range from {
		out[next] = C.psdl_limit{name: c.text(name), value: C.uint64_t(value)}
		next++
	}
	return first(out)
}

func (c *copies) document(from Document) *C.psdl_document {
	out := &array[C.psdl_document](c, 1)[0]
	*out = C.psdl_document{
		size: C.sizeof_psdl_document, text: c.bytes(from.Text), name: c.text(from.Name),
		format: C.psdl_format(from.Format),
	}
	return out
}

// array is zeros in memory of C.
func array[T any](c *copies, count int) []T {
	var one T
	return unsafe.Slice((*T)(c.room(count*int(unsafe.Sizeof(one)))), count)
}

func first[T any](items []T) (*T, C.size_t) {
	if len(items) == 0 {
		return nil, 0
	}
	return &items[0], C.size_t(len(items))
}
