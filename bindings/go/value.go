package psdl

// #include "shim.h"
import "C"

import (
	"encoding/json"
	"runtime"
)

// Kind of a value.
type Kind int32

const (
	KindNull    Kind = C.PSDL_KIND_NULL
	KindBoolean Kind = C.PSDL_KIND_BOOLEAN
	KindNumber  Kind = C.PSDL_KIND_NUMBER
	KindString  Kind = C.PSDL_KIND_STRING
	KindArray   Kind = C.PSDL_KIND_ARRAY
	KindObject  Kind = C.PSDL_KIND_OBJECT
	KindSet     Kind = C.PSDL_KIND_SET
)

func (k Kind) String() string {
	names := [...]string{"unknown", "null", "boolean", "number", "string", "array", "object", "set"}
	if k < 0 || int(k) >= len(names) {
		k = 0
	}
	return names[k]
}

// Set is a set of Rego, as an answer of a builtin and from Value.Interface.
type Set []any

// Value is a look into a result, or at an operand of a builtin, without a text of it. It holds until its result is
// filled again or closed, or the builtin has answered; afterwards it gives StatusBadHandle.
//
// What asks for one kind gives StatusWrongKind where the value is of another.
type Value struct {
	raw   C.psdl_value
	owner *Result // nil for operands
}

// read is one look at the value. What belongs to a result is read by one goroutine at a time.
func (v Value) read(operation string, do func() C.psdl_status) error {
	defer runtime.KeepAlive(v.owner)
	if v.owner != nil {
		if !v.owner.lock() {
			return errorOf(operation, C.PSDL_BUSY)
		}
		defer v.owner.mutex.Unlock()
	}
	return errorOf(operation, do())
}

// Kind of the value.
func (v Value) Kind() (Kind, error) {
	var out C.psdl_kind
	err := v.read("kind", func() C.psdl_status { return C.psdl_value_kind(v.raw, &out) })
	return Kind(out), err
}

// Bool is the value of a boolean.
func (v Value) Bool() (bool, error) {
	var out C.bool
	err := v.read("boolean", func() C.psdl_status { return C.psdl_value_boolean(v.raw, &out) })
	return bool(out), err
}

// Int is the value of a number; StatusOutOfRange where it is no integer, or beyond 64 bits.
func (v Value) Int() (int64, error) {
	var out C.int64_t
	err := v.read("integer", func() C.psdl_status { return C.psdl_value_int(v.raw, &out) })
	return int64(out), err
}

// Float is the nearest to a number; StatusOutOfRange where it is beyond the largest.
func (v Value) Float() (float64, error) {
	var out C.double
	err := v.read("double", func() C.psdl_status { return C.psdl_value_double(v.raw, &out) })
	return float64(out), err
}

// Number is a number as it is written, exactly: "1.30", "18446744073709551616".
func (v Value) Number() (json.Number, error) {
	out, err := v.text("number", func(raw *C.psdl_text) C.psdl_status { return C.psdl_value_number(v.raw, raw) })
	return json.Number(out), err
}

// Text is the value of a string.
func (v Value) Text() (string, error) {
	return v.text("string", func(raw *C.psdl_text) C.psdl_status { return C.psdl_value_string(v.raw, raw) })
}

// JSON is the value as a query's answer prints it, compact.
func (v Value) JSON() ([]byte, error) {
	out, err := v.text("json", func(raw *C.psdl_text) C.psdl_status { return C.psdl_value_json(v.raw, raw) })
	return []byte(out), err
}

// String is the JSON of the value, for messages.
func (v Value) String() string {
	out, err := v.JSON()
	if err != nil {
		return "<" + err.Error() + ">"
	}
	return string(out)
}

func (v Value) text(operation string, do func(*C.psdl_text) C.psdl_status) (string, error) {
	var out string
	err := v.read(operation, func() C.psdl_status {
		var raw C.psdl_text
		status := do(&raw)
		if status == C.PSDL_OK {
			out = goString(raw)
		}
		return status
	})
	return out, err
}

// Len counts the items of an array or a set, or the pairs of an object.
func (v Value) Len() (int, error) {
	var out C.size_t
	err := v.read("count", func() C.psdl_status { return C.psdl_value_count(v.raw, &out) })
	return int(out), err
}

// Item is an item of an array or a set, or the value of a pair; sets and objects are in Rego's order.
func (v Value) Item(index int) (Value, error) {
	return v.part("item", func(raw *C.psdl_value) C.psdl_status {
		if index < 0 {
			return C.PSDL_NOT_FOUND
		}
		return C.psdl_value_item(v.raw, C.size_t(index), raw)
	})
}

// Key is the key of a pair.
func (v Value) Key(index int) (Value, error) {
	return v.part("key", func(raw *C.psdl_value) C.psdl_status {
		if index < 0 {
			return C.PSDL_NOT_FOUND
		}
		return C.psdl_value_key(v.raw, C.size_t(index), raw)
	})
}

// Field is the value under a string; StatusNotFound where there is none.
func (v Value) Field(name string) (Value, error) {
	data, length := stringOf(name)
	return v.part("field", func(raw *C.psdl_value) C.psdl_status {
		return C.psdl_value_field(v.raw, data, length, raw)
	})
}

func (v Value) part(operation string, do func(*C.psdl_value) C.psdl_status) (Value, error) {
	out := Value{owner: v.owner}
	err := v.read(operation, func() C.psdl_status { return do(&out.raw) })
	return out, err
}

// Interface is a copy as Go values: nil, bool, json.Number, string, []any, map[string]any and Set. A key that is no
// string stands as its JSON.
func (v Value) Interface() (any, error) {
	kind, err := v.Kind()
	if err != nil {
		return nil, err
	}
	switch kind {
	case KindNull:
		return nil, nil
	case KindBoolean:
		return v.Bool()
	case KindNumber:
		return v.Number()
	case KindString:
		return v.Text()
	case KindObject:
		return v.object()
	case KindSet:
		items, err := v.items()
		return Set(items), err
	}
	return v.items()
}

func (v Value) items() ([]any, error) {
	count, err := v.Len()
	if err != nil {
		return nil, err
	}
	out := make([]any, count)
	for i := range out {
		item, err := v.Item(i)
		if err != nil {
			return nil, err
		}
		if out[i], err = item.Interface(); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (v Value) object() (map[string]any, error) {
	items, err := v.items()
	if err != nil {
		return nil, err
	}
	out := make(map[string]any, len(items))
	for i, item := range items {
		key, err := v.Key(i)
		if err != nil {
			return nil, err
		}
		name, err := key.Text()
		if err != nil {
			name = key.String()
		}
		out[name] = item
	}
	return out, nil
}
