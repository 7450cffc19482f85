package psdl

// #include "shim.h"
import "C"

import (
	"runtime"
	"sync"
)

// CompilerOptions holds for all policies of a compiler. Its zero value is the default.
type CompilerOptions struct {
	Limits       map[string]uint64 // by the names of docs/limits.md: "instructions"; bytes and nanoseconds
	Capabilities []string          // what builtins of the host may ask for (Builtin.Capabilities)
	V0Compatible bool              // `.rego` files are v0
	Strict       bool              // unused imports, variables and arguments are errors
	DropPrints   bool              // print() is taken out
	NoOptimise   bool              // the code is what the plan says, step by step
}

// Dialect of a source.
type Dialect int32

const (
	DialectByName Dialect = C.PSDL_DIALECT_BY_NAME // `.psdl` is PSDL, all else Rego v1 (v0 with V0Compatible)
	DialectRegoV0 Dialect = C.PSDL_DIALECT_REGO_V0
	DialectRegoV1 Dialect = C.PSDL_DIALECT_REGO_V1
	DialectPSDL   Dialect = C.PSDL_DIALECT_PSDL
)

// Source is the text of a rule file.
type Source struct {
	Name    string // shown in messages: "rule.psdl"
	Text    string
	Dialect Dialect
	Library bool // for others to import: its rules are not asked for findings
}

// LevelOptions says which rules of a level. Its zero value is all of the latest version.
type LevelOptions struct {
	Version          string   // "latest" or "v1.34"
	Only             []string // ids of rules: these alone
	Without          []string // ids of rules that are left out
	WithoutAdmission bool     // what the API server fills in does not count
}

// Known is a part of every document, or of data, that is known before.
type Known struct {
	Path   string // a JSON pointer that begins with "/data" or "/input": "/input/parameters"
	Text   []byte
	Name   string
	Format Format
}

// Compiler makes policies, queries and images of texts.
type Compiler struct {
	handle handle
	mutex  sync.Mutex // diagnostics are those of the last call
}

// NewCompiler makes an empty compiler. An unknown limit, or a value it cannot have, is StatusBadArgument.
func NewCompiler(options CompilerOptions) (*Compiler, error) {
	if err := checkABI(); err != nil {
		return nil, err
	}
	var memory copies
	defer memory.free()
	raw := C.psdl_compiler_options{
		size: C.sizeof_psdl_compiler_options, v0_compatible: C.bool(options.V0Compatible),
		strict: C.bool(options.Strict), drop_prints: C.bool(options.DropPrints),
		no_optimise: C.bool(options.NoOptimise),
	}
	raw.limits, raw.limit_count = memory.limits(options.Limits)
	raw.capabilities, raw.capability_count = memory.texts(options.Capabilities)
	var token C.uintptr_t
	if err := errorOf("new compiler", C.go_compiler_new(&raw, &token)); err != nil {
		return nil, err
	}
	compiler := &Compiler{}
	compiler.handle.set(C.GO_COMPILER, token)
	closeWhenLost(compiler)
	return compiler, nil
}

// Close frees the compiler. Its policies can be evaluated on, but asked no new queries.
func (c *Compiler) Close() error {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	return c.handle.close()
}

// Compile makes a policy of sources with the default options.
func Compile(sources ...Source) (*Policy, error) {
	compiler, err := NewCompiler(CompilerOptions{})
	if err != nil {
		return nil, err
	}
	for _, source := range sources {
		if err := compiler.AddSource(source); err != nil {
			return nil, err
		}
	}
	return compiler.Build()
}

// AddSource adds a rule file. Unless it is a library it must hold an entry point, or Build fails.
func (c *Compiler) AddSource(source Source) error {
	return c.call("add source", func(memory *copies, compiler C.uintptr_t) C.psdl_status {
		raw, _ := memory.sources([]Source{source})
		return C.go_compiler_add_source(compiler, raw)
	})
}

// AddPack adds the sources of a pack, which must hold an entry point together.
func (c *Compiler) AddPack(name string, sources ...Source) error {
	return c.call("add pack", func(memory *copies, compiler C.uintptr_t) C.psdl_status {
		raw, count := memory.sources(sources)
		return C.go_compiler_add_pack(compiler, memory.text(name), raw, count)
	})
}

// AddImage adds a program image in place of all sources. Every byte of it is checked; a checksum is no signature, so
// whoever takes images from elsewhere pins or signs them.
func (c *Compiler) AddImage(name string, image []byte) error {
	return c.call("add image", func(memory *copies, compiler C.uintptr_t) C.psdl_status {
		data, length := bytesOf(image)
		return C.go_compiler_add_image(compiler, memory.text(name), data, length)
	})
}

// AddLevel adds the rules of a level of the Pod Security Standards: "privileged", "baseline", "restricted".
// Evaluators of the policy then judge pods: a document of which is proven that it holds no pod is VerdictSkipped, one
// that may hold one where no rule looks is an error.
func (c *Compiler) AddLevel(level string, options LevelOptions) error {
	return c.call("add level", func(memory *copies, compiler C.uintptr_t) C.psdl_status {
		raw := C.psdl_level_options{
			size: C.sizeof_psdl_level_options, version: memory.text(options.Version),
			without_admission: C.bool(options.WithoutAdmission),
		}
		raw.only, raw.only_count = memory.texts(options.Only)
		raw.without, raw.without_count = memory.texts(options.Without)
		return C.go_compiler_add_level(compiler, memory.text(level), &raw)
	})
}

// AddExtra adds rules that come with PSDL and are part of no level, by id: "EXT001".
func (c *Compiler) AddExtra(ids ...string) error {
	return c.call("add extra", func(memory *copies, compiler C.uintptr_t) C.psdl_status {
		raw, count := memory.texts(ids)
		return C.go_compiler_add_extra(compiler, raw, count)
	})
}

// AddData adds a document of base data at a JSON pointer below `data`: "" (its keys are keys of `data`), "/teams".
func (c *Compiler) AddData(path string, document Document) error {
	return c.call("add data", func(memory *copies, compiler C.uintptr_t) C.psdl_status {
		return C.go_compiler_add_data(compiler, memory.text(path), memory.document(document))
	})
}

// Build makes a policy of what was added, and forgets that, whatever the outcome; options and builtins stay.
func (c *Compiler) Build() (*Policy, error) {
	return c.make("build", func(_ *copies, compiler C.uintptr_t, out *C.uintptr_t) C.psdl_status {
		return C.go_compiler_build(compiler, out)
	})
}

// make is call for what gives a policy.
func (c *Compiler) make(operation string, do func(*copies, C.uintptr_t, *C.uintptr_t) C.psdl_status) (*Policy, error) {
	policy := &Policy{compiler: c}
	err := c.call(operation, func(memory *copies, compiler C.uintptr_t) C.psdl_status {
		var token C.uintptr_t
		status := do(memory, compiler, &token)
		if status == C.PSDL_OK {
			policy.handle.set(C.GO_POLICY, token)
			policy.warnings = c.diagnostics()
		}
		return status
	})
	if err != nil {
		return nil, err
	}
	closeWhenLost(policy)
	return policy, nil
}

// call runs one function of the compiler, and reads what it complains about before another one can.
func (c *Compiler) call(operation string, do func(*copies, C.uintptr_t) C.psdl_status) error {
	defer runtime.KeepAlive(c)
	c.mutex.Lock()
	defer c.mutex.Unlock()
	var memory copies
	defer memory.free()
	status := do(&memory, c.handle.get())
	if status == C.PSDL_OK {
		return nil
	}
	err := &Error{Status: Status(status), Operation: operation, Diagnostics: c.diagnostics()}
	var report C.psdl_text
	if len(err.Diagnostics) > 0 && C.go_compiler_report(c.handle.get(), &report) == C.PSDL_OK {
		err.Report = goString(report)
	}
	return err
}

func (c *Compiler) diagnostics() []Diagnostic {
	return readDiagnostics(func(index C.size_t, out *C.psdl_diagnostic) C.psdl_status {
		return C.go_compiler_diagnostic(c.handle.get(), index, out)
	})
}

func (c *copies) sources(from []Source) (*C.psdl_source, C.size_t) {
	out := array[C.psdl_source](c, len(from))
	for i, source := range from {
		out[i] = C.psdl_source{
			size: C.sizeof_psdl_source, name: c.text(source.Name), text: c.text(source.Text),
			dialect: C.psdl_dialect(source.Dialect), is_library: C.bool(source.Library),
		}
	}
	return first(out)
}
