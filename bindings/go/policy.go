package psdl

// #include "shim.h"
import "C"

import "runtime"

// Policy is a compiled policy. It never changes and serves any number of goroutines.
type Policy struct {
	handle   handle
	compiler *Compiler // knows the builtins that its queries may call
	warnings []Diagnostic
}

// Close frees the policy; its evaluators, queries and data keep what they need.
func (p *Policy) Close() error { return p.handle.close() }

// Warnings are what the compiler found that is no error.
func (p *Policy) Warnings() []Diagnostic { return p.warnings }

// EntryPoint is a rule that yields findings.
type EntryPoint struct {
	Path     string // "data.example.deny"
	ID       string
	Title    string
	File     string
	Line     int
	Severity Severity
}

// EntryPoints are the rules that an evaluation asks.
func (p *Policy) EntryPoints() ([]EntryPoint, error) {
	defer runtime.KeepAlive(p)
	var out []EntryPoint
	for index := C.size_t(0); ; index++ {
		var raw C.psdl_entry_point
		raw.size = C.sizeof_psdl_entry_point
		status := C.go_policy_entry_point(p.handle.get(), index, &raw)
		if status == C.PSDL_NOT_FOUND {
			return out, nil
		}
		if err := errorOf("entry points", status); err != nil {
			return nil, err
		}
		out = append(out, EntryPoint{
			Path: goString(raw.path), ID: goString(raw.id), Title: goString(raw.title), File: goString(raw.file),
			Line: int(raw.line), Severity: Severity(raw.severity),
		})
	}
}

// Bind makes a policy of the same rules with more known: what that decides is decided once. Every answer is the one
// that the documents would give.
func (p *Policy) Bind(known ...Known) (*Policy, error) {
	defer runtime.KeepAlive(p)
	return p.compiler.make("bind", func(memory *copies, compiler C.uintptr_t, out *C.uintptr_t) C.psdl_status {
		items := array[C.psdl_known](memory, len(known))
		for i, part := range known {
			items[i] = C.psdl_known{
				size: C.sizeof_psdl_known, path: memory.text(part.Path), text: memory.bytes(part.Text),
				name: memory.text(part.Name), format: C.psdl_format(part.Format),
			}
		}
		raw, count := first(items)
		return C.go_compiler_bind(compiler, p.handle.get(), raw, count, out)
	})
}

// Image gives the policy as a program image with its data. The same sources and options always give the same bytes.
func (p *Policy) Image() ([]byte, error) {
	defer runtime.KeepAlive(p)
	var image []byte
	err := p.compiler.call("image", func(_ *copies, compiler C.uintptr_t) C.psdl_status {
		var raw C.psdl_text
		status := C.go_compiler_image(compiler, p.handle.get(), &raw)
		if status == C.PSDL_OK {
			image = goBytes(raw)
		}
		return status
	})
	return image, err
}

// QueryOptions says how a query reads its names. Its zero value is no package and no imports.
type QueryOptions struct {
	Package string   // "data.example": its rules go by their short names
	Imports []string // each as behind the word `import`
}

// Query is a question to a policy. It never changes and serves any number of goroutines.
type Query struct{ handle handle }

// Query compiles a query: "data.example.allow", "x := data.example.limits[_]; x > 3". A policy of a program image
// can be asked for one document.
func (p *Policy) Query(text string, options QueryOptions) (*Query, error) {
	defer runtime.KeepAlive(p)
	query := &Query{}
	err := p.compiler.call("query", func(memory *copies, compiler C.uintptr_t) C.psdl_status {
		raw := C.psdl_query_options{size: C.sizeof_psdl_query_options}
		raw._package = memory.text(options.Package)
		raw.imports, raw.import_count = memory.texts(options.Imports)
		var token C.uintptr_t
		status := C.go_compiler_query(compiler, p.handle.get(), memory.text(text), &raw, &token)
		if status == C.PSDL_OK {
			query.handle.set(C.GO_QUERY, token)
		}
		return status
	})
	if err != nil {
		return nil, err
	}
	closeWhenLost(query)
	return query, nil
}

// Close frees the query.
func (q *Query) Close() error { return q.handle.close() }
