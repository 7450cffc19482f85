package psdl

// #include "shim.h"
import "C"

import (
	"runtime"
	"sync"
)

// Data is base documents that change while evaluators run. It begins with what the policy was built with.
type Data struct {
	handle handle
	mutex  sync.Mutex
}

// Change is one step of Data.Apply; Put, PutValue, Patch and Remove make it.
type Change struct {
	action C.psdl_data_action
	path   string
	text   []byte
	name   string
	format Format
	err    error
}

// Put makes the document what stands at a JSON pointer below `data` ("/teams/red"; "" is all of it). Objects that are
// missing on the way are made.
func Put(path string, document Document) Change {
	return Change{C.PSDL_DATA_PUT, path, document.Text, document.Name, document.Format, nil}
}

// PutValue is Put with a Go value.
func PutValue(path string, value any) Change {
	text, err := encodeJSON(value)
	return Change{C.PSDL_DATA_PUT, path, text, "", FormatJSON, err}
}

// Patch applies a JSON Patch (RFC 6902), whose paths begin at path.
func Patch(path string, patch Document) Change {
	return Change{C.PSDL_DATA_PATCH, path, patch.Text, patch.Name, patch.Format, nil}
}

// Remove takes away what stands at path; it is an error where nothing does.
func Remove(path string) Change { return Change{action: C.PSDL_DATA_REMOVE, path: path} }

// NewData makes data for evaluators of this policy (EvaluatorOptions.Data).
func (p *Policy) NewData() (*Data, error) {
	defer runtime.KeepAlive(p)
	var token C.uintptr_t
	if err := errorOf("new data", C.go_data_new(p.handle.get(), &token)); err != nil {
		return nil, err
	}
	data := &Data{}
	data.handle.set(C.GO_DATA, token)
	closeWhenLost(data)
	return data, nil
}

// Close frees the data; evaluators keep what they have.
func (d *Data) Close() error {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	return d.handle.close()
}

// Apply makes all changes in order, or none. Evaluations that have begun keep what they began with; later ones see
// all of it.
func (d *Data) Apply(changes ...Change) error {
	defer runtime.KeepAlive(d)
	d.mutex.Lock()
	defer d.mutex.Unlock()
	var memory copies
	defer memory.free()
	items := array[C.psdl_data_change](&memory, len(changes))
	for i, change := range changes {
		if change.err != nil {
			return change.err
		}
		items[i] = C.psdl_data_change{
			size: C.sizeof_psdl_data_change, action: change.action, format: C.psdl_format(change.format),
			path: memory.text(change.path), text: memory.bytes(change.text), name: memory.text(change.name),
		}
	}
	raw, count := first(items)
	status := C.go_data_apply(d.handle.get(), raw, count)
	if status == C.PSDL_OK {
		return nil
	}
	diagnostics := readDiagnostics(func(index C.size_t, out *C.psdl_diagnostic) C.psdl_status {
		return C.go_data_diagnostic(d.handle.get(), index, out)
	})
	return &Error{Status: Status(status), Operation: "apply", Diagnostics: diagnostics}
}

// Version tells how often the data was changed: 0 at first.
func (d *Data) Version() (uint64, error) {
	defer runtime.KeepAlive(d)
	var out C.uint64_t
	err := errorOf("version", C.go_data_version(d.handle.get(), &out))
	return uint64(out), err
}

// JSON gives what stands at a path; StatusNotFound where nothing does.
func (d *Data) JSON(path string) ([]byte, error) {
	defer runtime.KeepAlive(d)
	d.mutex.Lock()
	defer d.mutex.Unlock()
	var memory copies
	defer memory.free()
	var out C.psdl_text
	if err := errorOf("data", C.go_data_json(d.handle.get(), memory.text(path), &out)); err != nil {
		return nil, err
	}
	return goBytes(out), nil
}
