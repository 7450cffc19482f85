package psdl

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"math"
	"math/big"
	"strings"
	"testing"
	"time"
)

type meta struct {
	Name   string            `json:"name,omitempty"`
	Labels map[string]string `json:"labels,omitempty"`
}

type inner struct {
	Kind  string `json:"kind"`
	Count int
}

type Shadowed struct {
	Kind  string
	Extra string `json:"extra"`
}

type Left struct {
	Both            int `json:"Both"`
	Clash, OnlyLeft int
}
type Right struct{ Both, Clash, OnlyRight int }

type celsius float64

func (c celsius) MarshalText() ([]byte, error) { return []byte("warm"), nil }

type pointerMarshaler struct{ hidden int }

func (p *pointerMarshaler) MarshalJSON() ([]byte, error) { return []byte(`{"from": "pointer"}`), nil }

type recursive struct {
	*recursive
	Name string
	Next *recursive `json:"next,omitempty"`
}

type everything struct {
	inner
	Shadowed
	*Left
	Right
	Meta      meta `json:"metadata"`
	Skipped   int  `json:"-"`
	Dash      int  `json:"-,"`
	hidden    int
	Quoted    int             `json:"quoted,string"`
	QuotedOf  *bool           `json:",string"`
	QuotedTxt string          `json:"qt,string"`
	BadName   int             `json:"a\"b"`
	Bytes     []byte          `json:"bytes"`
	NoBytes   []byte          `json:"noBytes"`
	Array     [2]uint8        `json:"array"`
	Raw       json.RawMessage `json:"raw"`
	Number    json.Number     `json:"number"`
	Any       any             `json:"any"`
	When      time.Time       `json:"when"`
	Float     float32         `json:"float"`
	Temp      celsius         `json:"temp"`
	ByTemp    map[celsius]int `json:"byTemp"`
	ByInt     map[int8]string `json:"byInt"`
	Pointer   pointerMarshaler
	PointerTo *pointerMarshaler
	Big       *big.Int
	Rec       recursive
	Empty     struct{}        `json:"empty,omitempty"`
	Map       map[string]any  `json:"map"`
	Iface     json.Marshaler  `json:"iface"`
	List      []*inner        `json:"list"`
	Omit      []int           `json:"omit,omitempty"`
	OmitPtr   *int            `json:"omitPtr,omitempty"`
	Named     map[string]bool `json:"named,omitempty"`
}

func sample() *everything {
	yes := true
	return &everything{
		inner: inner{"Pod", 3}, Shadowed: Shadowed{"shadow", "x"}, Left: &Left{4, 5, 6}, Right: Right{1, 2, 3},
		Meta:   meta{Name: "a<b>\u2028\"\\\n\x00", Labels: map[string]string{"z": "1", "a": "2"}},
		Quoted: 7, QuotedOf: &yes, QuotedTxt: "q", Bytes: []byte("abc"), Raw: json.RawMessage(`{"a": [1, 2]}`),
		Number: "1.30", Any: []any{nil, 1, -2.5, 1e21, 1e-7, "x", map[string]any{"b": 1, "a": nil}, math.MaxInt64,
			uint64(math.MaxUint64), float32(0.1), [](any)(nil), map[string]any(nil)},
		When: time.Date(2026, 1, 2, 3, 4, 5, 6, time.UTC), Float: 0.1, Temp: 3,
		ByTemp: map[celsius]int{1: 1}, ByInt: map[int8]string{-3: "c", 12: "d"}, Big: big.NewInt(77),
		Rec: recursive{Name: "r", Next: &recursive{Name: "s"}}, List: []*inner{{"a", 1}, nil},
	}
}

// What encoding/json writes is what a document gets, for all shapes that a struct of Kubernetes has.
func TestEncodesAsEncodingJSONDoes(t *testing.T) {
	values := map[string]any{
		"pointer": sample(), "value": *sample(), "zero": everything{}, "in a map": map[string]everything{"k": {}},
	}
	for name, value := range values {
		t.Run(name, func(t *testing.T) {
			got, err := encodeJSON(value)
			if err != nil {
				t.Fatal(err)
			}
			want, err := json.Marshal(value)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(normal(t, got), normal(t, want)) {
				t.Errorf("got  %s\nwant %s", got, want)
			}
		})
	}
}

func normal(t *testing.T, text []byte) []byte {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		t.Fatalf("%s: %s", err, text)
	}
	out, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

type failing struct{}

var errFailing = errors.New("cannot")

func (failing) MarshalJSON() ([]byte, error) { return nil, errFailing }

type ownPointer *ownPointer

type twice string

func (twice) MarshalText() ([]byte, error) { return []byte("same"), nil }

func TestRefusesWithPath(t *testing.T) {
	cycle := map[string]any{}
	cycle["me"] = cycle
	cases := []struct {
		name, path, reason string
		value              any
	}{
		{"NaN", "/spec/limits/1", "NaN", map[string]any{"spec": map[string]any{"limits": []float64{1, math.NaN()}}}},
		{"infinity", "", "+Inf", math.Inf(1)},
		{"function", "/a~1b/c~0d", "func()", map[string]any{"a/b": map[string]any{"c~d": func() {}}}},
		{"channel in a struct", "/metadata/0", "chan int", struct {
			Meta []any `json:"metadata"`
		}{[]any{make(chan int)}}},
		{"complex", "/0", "complex128", []any{complex(1, 2)}},
		{"no UTF-8", "/x", "no UTF-8", map[string]string{"x": "a\xff"}},
		{"no UTF-8 in a key", "/x", "no UTF-8", map[string]any{"x": map[string]int{"\xff": 1}}},
		{"no number", "/n", "1,5", map[string]any{"n": json.Number("1,5")}},
		{"true for a number", "", "true", json.Number("true")},
		{"keys of structs", "", "keys of type", map[struct{ A int }]int{{1}: 1}},
		{"the same key twice", "", "twice", map[celsius]int{1: 1, 2: 2}},
		{"a set", "/s", "a set", map[string]any{"s": Set{1}}},
		{"undefined", "/0", "undefined", []any{Undefined}},
		{"a method that fails", "/0", "cannot", []any{failing{}}},
		{"raw text that is no JSON", "/r", "no JSON", map[string]any{"r": json.RawMessage("{")}},
		{"raw text that is no UTF-8", "/r", "no JSON", map[string]any{"r": json.RawMessage("\"\xff\"")}},
	}
	for _, test := range cases {
		t.Run(test.name, func(t *testing.T) {
			_, err := encodeJSON(test.value)
			var refused *ValueError
			if !errors.As(err, &refused) {
				t.Fatalf("not refused: %v", err)
			}
			if refused.Path != test.path || !strings.Contains(refused.Reason, test.reason) {
				t.Errorf("refused at %q: %s", refused.Path, refused.Reason)
			}
			if !errors.Is(err, StatusBadArgument) {
				t.Errorf("not a bad argument: %v", err)
			}
		})
	}
	list := []any{nil}
	list[0] = list
	pointer := new(any)
	*pointer = pointer
	var own ownPointer
	own = &own
	linked := &recursive{}
	linked.Next = linked
	for name, test := range map[string]struct {
		value any
		path  string
	}{
		"a map":                {cycle, "/me/me/me"},
		"a list":               {list, "/0/0/0"},
		"an interface":         {pointer, ""},
		"a pointer to its own": {own, ""},
		"a linked struct":      {linked, "/next/next/next"},
	} {
		t.Run("holds itself/"+name, func(t *testing.T) {
			_, err := encodeJSON(test.value)
			var refused *ValueError
			if !errors.As(err, &refused) || !strings.HasPrefix(refused.Path, test.path) ||
				!strings.Contains(refused.Reason, "holds itself") || !errors.Is(err, StatusBadArgument) {
				t.Fatalf("not refused: %v", err)
			}
		})
	}
	t.Run("a method's own error is found", func(t *testing.T) {
		if _, err := encodeJSON(failing{}); !errors.Is(err, errFailing) {
			t.Fatal(err)
		}
	})
}

func TestSharedPartsEndAtTheLimit(t *testing.T) {
	defer func(most int) { mostText = most }(mostText)
	mostText = 1 << 16
	var value any = []any{1}
	for i := 0; i < 40; i++ {
		value = []any{value, value}
	}
	_, err := encodeJSON(value)
	var refused *ValueError
	if !errors.As(err, &refused) || !errors.Is(err, StatusLimit) || errors.Is(err, StatusBadArgument) {
		t.Fatalf("not at the limit: %v", err)
	}
}

type panicking struct{}

func (panicking) MarshalJSON() ([]byte, error) { panic("not this one") }

// The evaluator and the result are as free as before.
func TestAValueThatPanics(t *testing.T) {
	evaluator := evaluatorOf(t, must(Compile(Source{Name: "a.rego", Text: "package a\n\ndeny contains 1 if input.bad\n"}))(t),
		EvaluatorOptions{TrustTypes: true})
	func() {
		defer func() {
			if recover() == nil {
				t.Fatal("did not panic")
			}
		}()
		_, _ = evaluator.EvaluateValue(context.Background(), "value", []any{panicking{}})
	}()
	result := must(evaluator.EvaluateValue(context.Background(), "value", map[string]any{"bad": false}))(t)
	if result.Verdict() != VerdictAllow {
		t.Fatal(result.Verdict())
	}
}
