package psdl

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// The vectors that every binding answers alike: ../vectors/README.md.

type vectorText []byte

func (v *vectorText) UnmarshalJSON(text []byte) error {
	var pieces []json.RawMessage
	if len(text) == 0 || text[0] != '[' {
		pieces = []json.RawMessage{text}
	} else if err := json.Unmarshal(text, &pieces); err != nil {
		return err
	}
	*v = vectorText{}
	for _, piece := range pieces {
		made, err := pieceOf(piece)
		if err != nil {
			return err
		}
		*v = append(*v, made...)
	}
	return nil
}

func pieceOf(text []byte) ([]byte, error) {
	if text[0] == '"' {
		var out string
		err := json.Unmarshal(text, &out)
		return []byte(out), err
	}
	var piece struct {
		Repeat *string
		Times  int
		Hex    *string
	}
	if err := strict(text, &piece); err != nil {
		return nil, err
	}
	if piece.Hex != nil {
		return hex.DecodeString(*piece.Hex)
	}
	if piece.Repeat == nil {
		return nil, fmt.Errorf("no piece of a text: %s", text)
	}
	return bytes.Repeat([]byte(*piece.Repeat), piece.Times), nil
}

// strict fails at members that are not known.
func strict(text []byte, out any) error {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	decoder.UseNumber()
	return decoder.Decode(out)
}

type vectorDocument struct {
	Text   vectorText
	Name   string
	Format string
	Path   string
}

func formatOf(name string) Format {
	return map[string]Format{"": FormatAuto, "auto": FormatAuto, "json": FormatJSON, "yaml": FormatYAML}[name]
}

func (d *vectorDocument) document() Document {
	return Document{Text: d.Text, Name: d.Name, Format: formatOf(d.Format)}
}

type vectorSource struct {
	Name      string
	Text      vectorText
	Dialect   string
	IsLibrary bool `json:"is_library"`
}

func sourcesOf(from []vectorSource) []Source {
	dialects := map[string]Dialect{"rego_v0": DialectRegoV0, "rego_v1": DialectRegoV1, "psdl": DialectPSDL}
	var out []Source
	for _, source := range from {
		out = append(out, Source{Name: source.Name, Text: string(source.Text), Dialect: dialects[source.Dialect],
			Library: source.IsLibrary})
	}
	return out
}

type vectorPolicy struct {
	Options struct {
		Limits       map[string]uint64
		Capabilities []string
		V0Compatible bool `json:"v0_compatible"`
		Strict       bool
		DropPrints   bool `json:"drop_prints"`
		NoOptimise   bool `json:"no_optimise"`
	}
	Builtins []string
	Sources  []vectorSource
	Packs    []struct {
		Name    string
		Sources []vectorSource
	}
	Level *struct {
		Name, Version    string
		Only, Without    []string
		WithoutAdmission bool `json:"without_admission"`
	}
	Extras       []string
	Data         []vectorDocument
	Image        *vectorText
	ImageName    string `json:"image_name"`
	ThroughImage bool   `json:"through_image"`
	Bind         []vectorDocument
}

type vectorEvaluator struct {
	Limits              map[string]uint64
	NowNS               int64 `json:"now_ns"`
	Seed                uint64
	StrictBuiltinErrors bool `json:"strict_builtin_errors"`
	StrictFields        bool `json:"strict_fields"`
	TrustTypes          bool `json:"trust_types"`
	SkipNonManifests    bool `json:"skip_non_manifests"`
	WithoutPlaces       bool `json:"without_places"`
	WithPSA             bool `json:"with_psa"`
	Data                bool
}

type vectorDo struct {
	Evaluate      *vectorDocument
	EvaluateBuilt *struct {
		Value any
		Name  string
	} `json:"evaluate_built"`
	Query *struct {
		Text, Package string
		Imports       []string
		Input         *vectorDocument
	}
	QueryBuilt *struct {
		Text, Package string
		Imports       []string
		Value         any
	} `json:"query_built"`
	Batch *struct {
		Texts    []vectorText
		Names    []string
		Format   string
		BitsOnly bool `json:"bits_only"`
	}
	Value *struct {
		Row, Expression int
		Path            []any
		As              string
	}
	Apply []struct {
		Action, Path, Name, Format string
		Text                       vectorText
	}
	Data                  *string
	Cancel, Resume, Close bool
}

type vector struct {
	Name      string
	Policy    vectorPolicy
	Evaluator vectorEvaluator
	Builds    map[string]any
	Opens     string
	Steps     []struct {
		Do    vectorDo
		Gives map[string]any
	}
}

func TestVectors(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("..", "vectors", "*.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no vectors: %v", err)
	}
	names := map[string]bool{}
	for _, file := range files {
		text := must(os.ReadFile(file))(t)
		var read struct {
			About   string
			Vectors []vector
		}
		if err := strict(text, &read); err != nil {
			t.Fatalf("%s: %s", file, err)
		}
		for i := range read.Vectors {
			one := &read.Vectors[i]
			if names[one.Name] {
				t.Errorf("two vectors have the name %s", one.Name)
			}
			names[one.Name] = true
			t.Run(one.Name, func(t *testing.T) { (&vectorRun{t: t}).run(one) })
		}
	}
	t.Logf("%d vectors of %d files", len(names), len(files))
}

// vectorRun is one vector while it runs.
type vectorRun struct {
	t         *testing.T
	calls     int
	evaluator *Evaluator
	data      *Data
	policy    *Policy
	last      *Result // of the last query
	reused    *Result
}

func (r *vectorRun) same(what string, got, want map[string]any) {
	r.t.Helper()
	left, right := canonical(r.t, got), canonical(r.t, want)
	if !bytes.Equal(left, right) {
		r.t.Errorf("%s\ngives %s\nnot   %s", what, left, right)
	}
}

func canonical(t *testing.T, value any) []byte {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func (r *vectorRun) run(one *vector) {
	policy, err := r.build(&one.Policy)
	builds := map[string]any{"status": statusOf(err)}
	if err != nil {
		put(builds, "diagnostics", diagnosticsOf(diagnosticsIn(err)))
	} else {
		put(builds, "diagnostics", diagnosticsOf(policy.Warnings()))
		put(builds, "entry_points", r.entryPoints(policy))
	}
	r.same("builds", builds, one.Builds)
	if err != nil {
		return
	}
	r.policy = policy
	if one.Opens != "" {
		if err := r.open(&one.Evaluator); statusOf(err) != one.Opens {
			r.t.Errorf("opens with %v, not %s", err, one.Opens)
		}
		return
	}
	if err := r.open(&one.Evaluator); err != nil {
		r.t.Fatal(err)
	}
	for i := range one.Steps {
		r.same(fmt.Sprintf("step %d", i), r.step(&one.Steps[i].Do), one.Steps[i].Gives)
	}
}

func (r *vectorRun) build(from *vectorPolicy) (*Policy, error) {
	compiler, err := NewCompiler(CompilerOptions{Limits: from.Options.Limits, Capabilities: from.Options.Capabilities,
		V0Compatible: from.Options.V0Compatible, Strict: from.Options.Strict, DropPrints: from.Options.DropPrints,
		NoOptimise: from.Options.NoOptimise})
	if err != nil {
		return nil, err
	}
	if err := r.add(compiler, from); err != nil {
		return nil, err
	}
	policy, err := compiler.Build()
	if err != nil {
		return nil, err
	}
	if from.ThroughImage {
		image, err := policy.Image()
		if err != nil {
			return nil, err
		}
		name := from.ImageName
		if name == "" {
			name = "image"
		}
		if err := compiler.AddImage(name, image); err != nil {
			return nil, err
		}
		if policy, err = compiler.Build(); err != nil {
			return nil, err
		}
	}
	if from.Bind == nil {
		return policy, nil
	}
	var known []Known
	for _, part := range from.Bind {
		known = append(known, Known{Path: part.Path, Text: part.Text, Name: part.Name, Format: formatOf(part.Format)})
	}
	return policy.Bind(known...)
}

func (r *vectorRun) add(compiler *Compiler, from *vectorPolicy) error {
	for _, name := range from.Builtins {
		if err := compiler.AddBuiltin(r.builtin(name)); err != nil {
			return err
		}
	}
	for _, source := range sourcesOf(from.Sources) {
		if err := compiler.AddSource(source); err != nil {
			return err
		}
	}
	for _, pack := range from.Packs {
		if err := compiler.AddPack(pack.Name, sourcesOf(pack.Sources)...); err != nil {
			return err
		}
	}
	if level := from.Level; level != nil {
		options := LevelOptions{Version: level.Version, Only: level.Only, Without: level.Without,
			WithoutAdmission: level.WithoutAdmission}
		if err := compiler.AddLevel(level.Name, options); err != nil {
			return err
		}
	}
	if from.Extras != nil {
		if err := compiler.AddExtra(from.Extras...); err != nil {
			return err
		}
	}
	for _, document := range from.Data {
		if err := compiler.AddData(document.Path, document.document()); err != nil {
			return err
		}
	}
	if from.Image != nil {
		return compiler.AddImage(from.ImageName, *from.Image)
	}
	return nil
}

func (r *vectorRun) open(from *vectorEvaluator) (err error) {
	options := EvaluatorOptions{Limits: from.Limits, Seed: from.Seed, StrictBuiltinErrors: from.StrictBuiltinErrors,
		StrictFields: from.StrictFields, TrustTypes: from.TrustTypes, SkipNonManifests: from.SkipNonManifests,
		WithoutPlaces: from.WithoutPlaces, WithPSA: from.WithPSA}
	if from.NowNS != 0 {
		options.Now = time.Unix(0, from.NowNS)
	}
	if from.Data {
		if r.data, err = r.policy.NewData(); err != nil {
			return err
		}
		options.Data = r.data
	}
	if r.evaluator, err = r.policy.NewEvaluator(options); err != nil {
		return err
	}
	r.reused, err = r.evaluator.NewResult()
	return err
}

func (r *vectorRun) builtin(name string) Builtin {
	echo := func(_ *Call, operands []Value) (any, error) { return operands[0], nil }
	text := func(value Value) string { return must(value.Text())(r.t) }
	out := Builtin{Name: name, Pure: true}
	switch name {
	case "test.echo":
		out.Signature, out.Func = "(any) -> any", echo
	case "test.upper":
		out.Signature, out.Func = "(string) -> string", func(_ *Call, operands []Value) (any, error) {
			return strings.Map(func(letter rune) rune {
				if 'a' <= letter && letter <= 'z' {
					return letter - 'a' + 'A'
				}
				return letter
			}, text(operands[0])), nil
		}
	case "test.join":
		out.Signature, out.Func = "(string, array[string]) -> string", func(_ *Call, operands []Value) (any, error) {
			var items []string
			for i := 0; i < must(operands[1].Len())(r.t); i++ {
				items = append(items, text(must(operands[1].Item(i))(r.t)))
			}
			return strings.Join(items, text(operands[0])), nil
		}
	case "test.set":
		out.Signature, out.Func = "(array[string]) -> set[string]", func(_ *Call, operands []Value) (any, error) {
			items, err := operands[0].Interface()
			return Set(items.([]any)), err
		}
	case "test.number":
		out.Signature, out.Func = "(string) -> number", func(_ *Call, operands []Value) (any, error) {
			return json.Number(text(operands[0])), nil
		}
	case "test.nothing":
		out.Signature, out.Pure = "(any) -> any", false
		out.Func = func(*Call, []Value) (any, error) { return Undefined, nil }
	case "test.fail":
		out.Signature, out.Pure = "(string) -> any", false
		out.Func = func(_ *Call, operands []Value) (any, error) { return nil, errors.New(text(operands[0])) }
	case "test.calls":
		out.Signature, out.Pure = "(any) -> number", false
		out.Func = func(*Call, []Value) (any, error) { r.calls++; return r.calls, nil }
	case "test.wrong":
		out.Signature, out.Pure = "(any) -> string", false
		out.Func = func(*Call, []Value) (any, error) { return 7, nil }
	case "test.again":
		out.Signature, out.Pure = "(any) -> string", false
		out.Func = func(call *Call, _ []Value) (any, error) {
			_, err := r.evaluator.Evaluate(call.Context(), Document{Text: []byte("{}")})
			return statusOf(err), nil
		}
	case "test.network":
		out.Signature, out.Pure, out.Func, out.Capabilities = "(any) -> any", false, echo, []string{"network"}
	case "test.badname!":
		out.Signature, out.Pure, out.Func = "(any) -> any", false, echo
	case "test.badtype":
		out.Signature, out.Pure, out.Func = "(strin) -> any", false, echo
	default:
		r.t.Fatalf("no builtin %s", name)
	}
	return out
}

func (r *vectorRun) step(do *vectorDo) map[string]any {
	ctx := context.Background()
	switch {
	case do.Evaluate != nil:
		_, err := r.evaluator.EvaluateInto(ctx, do.Evaluate.document(), r.reused)
		return r.result(r.reused, err)
	case do.EvaluateBuilt != nil:
		result, err := r.evaluator.EvaluateValue(ctx, do.EvaluateBuilt.Name, do.EvaluateBuilt.Value)
		return r.result(result, err)
	case do.Query != nil:
		query, err := r.policy.Query(do.Query.Text, QueryOptions{Package: do.Query.Package, Imports: do.Query.Imports})
		if err != nil {
			return withDiagnostics(err)
		}
		var input *Document
		if do.Query.Input != nil {
			document := do.Query.Input.document()
			input = &document
		}
		r.last = r.reused
		return r.result(r.reused, r.evaluator.QueryInto(ctx, query, input, r.reused))
	case do.QueryBuilt != nil:
		query, err := r.policy.Query(do.QueryBuilt.Text,
			QueryOptions{Package: do.QueryBuilt.Package, Imports: do.QueryBuilt.Imports})
		if err != nil {
			return withDiagnostics(err)
		}
		r.last, err = r.evaluator.QueryValue(ctx, query, do.QueryBuilt.Value)
		return r.result(r.last, err)
	case do.Batch != nil:
		return r.batch(do)
	case do.Value != nil:
		return r.value(do)
	case do.Apply != nil:
		return r.apply(do)
	case do.Data != nil:
		text, err := r.data.JSON(*do.Data)
		out := map[string]any{"status": statusOf(err)}
		put(out, "json", string(text))
		return out
	case do.Cancel:
		return map[string]any{"status": statusOf(r.evaluator.Cancel())}
	case do.Resume:
		return map[string]any{"status": statusOf(r.evaluator.Resume())}
	case do.Close:
		return map[string]any{"status": statusOf(r.evaluator.Close())}
	}
	r.t.Fatal("a step that does nothing")
	return nil
}

func (r *vectorRun) batch(do *vectorDo) map[string]any {
	batch := Batch{Names: do.Batch.Names, Format: formatOf(do.Batch.Format)}
	for _, text := range do.Batch.Texts {
		batch.Texts = append(batch.Texts, text)
	}
	result := r.reused
	if do.Batch.BitsOnly {
		result = nil
	}
	verdicts, err := r.evaluator.EvaluateBatch(context.Background(), batch, result)
	out := map[string]any{"status": statusOf(err)}
	if result != nil {
		out = r.result(result, err)
	}
	for verdict, name := range map[Verdict]string{VerdictAllow: "allowed", VerdictDeny: "denied", VerdictError: "failed"} {
		var numbers []any
		for i, one := range verdicts {
			if one == verdict {
				numbers = append(numbers, i)
			}
		}
		put(out, name, numbers)
	}
	return out
}

func (r *vectorRun) value(do *vectorDo) map[string]any {
	value, err := r.last.Value(do.Value.Row, do.Value.Expression)
	for i := 0; i < len(do.Value.Path) && err == nil; i++ {
		switch step := do.Value.Path[i].(type) {
		case string:
			value, err = value.Field(step)
		case json.Number:
			value, err = value.Item(must(strconv.Atoi(string(step)))(r.t))
		}
	}
	var answer any
	if err == nil {
		answer, err = asked(value, do.Value.As)
	}
	out := map[string]any{"status": statusOf(err)}
	if err == nil {
		out["answer"] = answer
	}
	return out
}

func asked(value Value, as string) (any, error) {
	switch as {
	case "kind":
		kind, err := value.Kind()
		return kind.String(), err
	case "boolean":
		return value.Bool()
	case "int":
		return value.Int()
	case "double":
		number, err := value.Float()
		return strconv.FormatFloat(number, 'g', 17, 64), err
	case "number":
		number, err := value.Number()
		return string(number), err
	case "string":
		return value.Text()
	case "count":
		return value.Len()
	case "json":
		text, err := value.JSON()
		return string(text), err
	}
	return nil, fmt.Errorf("asks a value for its %s", as)
}

func (r *vectorRun) apply(do *vectorDo) map[string]any {
	var changes []Change
	for _, change := range do.Apply {
		document := Document{Text: change.Text, Name: change.Name, Format: formatOf(change.Format)}
		switch change.Action {
		case "put":
			changes = append(changes, Put(change.Path, document))
		case "patch":
			changes = append(changes, Patch(change.Path, document))
		case "remove":
			changes = append(changes, Remove(change.Path))
		default:
			r.t.Fatalf("no change %s", change.Action)
		}
	}
	out := withDiagnostics(r.data.Apply(changes...))
	put(out, "version", int(must(r.data.Version())(r.t)))
	return out
}

// ---- What comes out, in the words of the vectors

func statusOf(err error) string {
	if err == nil {
		return "ok"
	}
	for status := StatusBadArgument; status <= StatusInternal; status++ {
		if errors.Is(err, status) {
			return status.String()
		}
	}
	return err.Error()
}

func diagnosticsIn(err error) []Diagnostic {
	var whole *Error
	if !errors.As(err, &whole) {
		return nil
	}
	return whole.Diagnostics
}

func withDiagnostics(err error) map[string]any {
	out := map[string]any{"status": statusOf(err)}
	put(out, "diagnostics", diagnosticsOf(diagnosticsIn(err)))
	return out
}

// put leaves out what is empty.
func put(out map[string]any, name string, value any) {
	switch value := value.(type) {
	case string:
		if value == "" {
			return
		}
	case int:
		if value == 0 {
			return
		}
	case []any:
		if len(value) == 0 {
			return
		}
	case map[string]any:
		if len(value) == 0 {
			return
		}
	}
	out[name] = value
}

// members makes an object of names and values behind each other.
func members(pairs ...any) map[string]any {
	out := map[string]any{}
	for i := 0; i < len(pairs); i += 2 {
		put(out, pairs[i].(string), pairs[i+1])
	}
	return out
}

func diagnosticsOf(from []Diagnostic) []any {
	var out []any
	for _, d := range from {
		out = append(out, members("severity", d.Severity.String(), "line", d.Line, "column", d.Column,
			"document", d.Document, "code", d.Code, "message", d.Message, "file", d.File, "help", d.Help))
	}
	return out
}

func (r *vectorRun) entryPoints(policy *Policy) []any {
	var out []any
	for _, point := range must(policy.EntryPoints())(r.t) {
		out = append(out, members("path", point.Path, "id", point.ID, "title", point.Title, "file", point.File,
			"line", point.Line, "severity", point.Severity.String()))
	}
	return out
}

func placeMembers(p Place) map[string]any {
	return members("file", p.File, "path", p.Path, "label", p.Label, "offset", int(p.Offset),
		"end_offset", int(p.EndOffset), "line", p.Line, "column", p.Column, "end_line", p.EndLine,
		"end_column", p.EndColumn, "precision", p.Precision.String())
}

func findingMembers(f Finding) map[string]any {
	var related []any
	for _, place := range f.Related {
		related = append(related, placeMembers(place))
	}
	return members("document", f.Document, "severity", f.Severity.String(), "rule", f.Rule,
		"entry_point", f.EntryPoint, "title", f.Title, "message", f.Message, "container", f.Container,
		"missing", f.Missing, "value", f.Value, "details", f.Details, "psa", f.PSA, "source_file", f.SourceFile,
		"source_line", f.SourceLine, "fingerprint", f.Fingerprint, "place", placeMembers(f.Place), "related", related)
}

func documentMembers(d DocumentVerdict) map[string]any {
	return members("verdict", d.Verdict.String(), "ordinal", d.Ordinal, "text", d.Text,
		"first_finding", d.FirstFinding, "finding_count", d.FindingCount, "document", d.Document,
		"api_version", d.APIVersion, "kind", d.Kind, "namespace", d.Namespace, "name", d.Name, "printed", d.Printed)
}

func (r *vectorRun) result(result *Result, err error) map[string]any {
	out := map[string]any{"status": statusOf(err)}
	var refused *ValueError
	if result == nil || isRefused(err) || errors.As(err, &refused) { // the engine was not reached
		return out
	}
	if verdict := result.Verdict(); verdict != VerdictNone {
		put(out, "verdict", verdict.String())
	}
	var documents, findings, rows []any
	for _, document := range must(result.Documents())(r.t) {
		documents = append(documents, documentMembers(document))
	}
	for _, finding := range must(result.Findings())(r.t) {
		findings = append(findings, findingMembers(finding))
	}
	for row := 0; row < must(result.RowCount())(r.t); row++ {
		rows = append(rows, r.row(result, row))
	}
	put(out, "documents", documents)
	put(out, "findings", findings)
	put(out, "diagnostics", diagnosticsOf(must(result.Diagnostics())(r.t)))
	put(out, "rows", rows)
	put(out, "printed", must(result.Printed())(r.t))
	put(out, "json", string(must(result.JSON())(r.t)))
	return out
}

func (r *vectorRun) row(result *Result, row int) map[string]any {
	var values []any
	for expression := 0; ; expression++ {
		value, err := result.Value(row, expression)
		if errors.Is(err, StatusNotFound) {
			break
		}
		values = append(values, must(value, err)(r.t).String())
	}
	bindings := must(result.Bindings(row))(r.t).String()
	return members("values", values, "bindings", bindings)
}
