package psdl

// #include "shim.h"
import "C"

import (
	"context"
	"fmt"
	"runtime/cgo"
	"unsafe"
)

// BuiltinFunc answers a call with operands of the declared types: a Go value as encoding/json would write it, a Set,
// a Value, or Undefined. An error ends the evaluation of the document with StatusCallback, and errors.Is finds it in
// what Evaluate gives; so does a panic. It runs on the goroutine that evaluates, and must not end it
// (runtime.Goexit). It may use other evaluators; its own gives StatusBusy.
type BuiltinFunc func(call *Call, operands []Value) (any, error)

// Undefined is the answer of a call that has none.
var Undefined any = undefined{}

type undefined struct{}

// Builtin is a function of the host that policies call.
type Builtin struct {
	// Name: names joined by dots, "acme.owner_of". Not one of PSDL's own; one that PSDL leaves out ("http.send") may be.
	Name string
	// Signature: "(name: string, tags: set[string]) -> object[string: any]".
	Signature string
	Func      BuiltinFunc
	// Capabilities are what it reaches, in names of the host's choice. A policy that calls it compiles only where all
	// of them are in CompilerOptions.Capabilities.
	Capabilities []string
	// Pure: the same operands always give the same answer and nothing happens besides. Without it one evaluation calls
	// it once for the same operands and remembers the answer.
	Pure bool
}

// Call is a call of a builtin, while it is on.
type Call struct {
	token C.uintptr_t
	ctx   context.Context
}

// Context is that of the evaluation; of a call at compile time, context.Background().
func (c *Call) Context() context.Context { return c.ctx }

// IsOver tells whether the evaluation was cancelled or is out of time: a builtin that waits asks now and then.
func (c *Call) IsOver() bool {
	var out C.bool
	return C.go_call_is_over(c.token, &out) != C.PSDL_OK || bool(out)
}

// AddBuiltin adds a builtin for all that is built afterwards. StatusBadArgument: the name is taken or is none, or the
// signature cannot be read.
func (c *Compiler) AddBuiltin(builtin Builtin) error {
	if builtin.Func == nil {
		return errorOf("add builtin", C.PSDL_BAD_ARGUMENT)
	}
	number := cgo.NewHandle(builtin.Func)
	err := c.call("add builtin", func(memory *copies, compiler C.uintptr_t) C.psdl_status {
		raw := C.psdl_builtin{
			size: C.sizeof_psdl_builtin, name: memory.text(builtin.Name), signature: memory.text(builtin.Signature),
			is_pure: C.bool(builtin.Pure),
		}
		raw.capabilities, raw.capability_count = memory.texts(builtin.Capabilities)
		return C.go_compiler_add_builtin(compiler, raw, C.uintptr_t(number))
	})
	if err != nil {
		number.Delete()
	}
	return err
}

//export psdlGoRelease
func psdlGoRelease(context C.uintptr_t) { cgo.Handle(context).Delete() }

//export psdlGoBuiltin
func psdlGoBuiltin(function, number, token C.uintptr_t, operands *C.psdl_value, count C.size_t) C.psdl_status {
	call := &Call{token: token, ctx: context.Background()}
	var current *flight
	if number != 0 {
		current = cgo.Handle(number).Value().(*flight)
		call.ctx = current.ctx
	}
	values := make([]Value, int(count))
	for i, raw := range unsafe.Slice(operands, int(count)) {
		values[i].raw = raw
	}
	err := answer(call, cgo.Handle(function).Value().(BuiltinFunc), values)
	if current != nil {
		current.look() // it may have taken long
	}
	if err == nil {
		return C.PSDL_OK
	}
	if current != nil && current.err == nil {
		current.err = err
	}
	message, length := stringOf(textOf(err))
	C.go_call_fail(token, message, length)
	return C.PSDL_CALLBACK
}

// textOf asks an error for its text, whose panic must not go through the frames of C either: a nil pointer may be an error.
func textOf(err error) (text string) {
	defer func() {
		if panicked := recover(); panicked != nil {
			text = fmt.Sprintf("%T has no text: panic: %v", err, panicked)
		}
	}()
	return err.Error()
}

// answer runs the function. Its panic must not go through the frames of C.
func answer(call *Call, function BuiltinFunc, operands []Value) (err error) {
	defer func() {
		if panicked := recover(); panicked != nil {
			err = fmt.Errorf("panic: %v", panicked)
		}
	}()
	value, err := function(call, operands)
	if err != nil || value == Undefined {
		return err
	}
	var builder C.uintptr_t
	if err := errorOf("answer", C.go_call_builder(call.token, &builder)); err != nil {
		return err
	}
	return encode(value, &builderSink{builder})
}
