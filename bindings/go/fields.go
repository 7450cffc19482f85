package psdl

import (
	"reflect"
	"sort"
	"strings"
	"sync"
	"unicode"
)

// field is a part of a struct that encoding/json would write.
type field struct {
	name      string
	index     []int // through the structs that are embedded
	isTagged  bool
	omitEmpty bool
	omitZero  bool
	quoted    bool
}

// in gives the part, unless a pointer to an embedded struct is nil.
func (f *field) in(value reflect.Value) (reflect.Value, bool) {
	for _, index := range f.index {
		if value.Kind() == reflect.Ptr {
			if value.IsNil() {
				return value, false
			}
			value = value.Elem()
		}
		value = value.Field(index)
	}
	return value, true
}

var fieldsByType sync.Map // reflect.Type -> []field

func fieldsOf(of reflect.Type) []field {
	if known, ok := fieldsByType.Load(of); ok {
		return known.([]field)
	}
	byName := map[string][]field{}
	for _, candidate := range candidates(of, nil, map[reflect.Type]bool{}) {
		byName[candidate.name] = append(byName[candidate.name], candidate)
	}
	var out []field
	for _, same := range byName {
		if chosen, ok := dominant(same); ok {
			out = append(out, chosen)
		}
	}
	sort.Slice(out, func(i, j int) bool { return isBefore(out[i].index, out[j].index) })
	fieldsByType.Store(of, out)
	return out
}

func isBefore(left, right []int) bool {
	for i := range left {
		if i >= len(right) {
			return false
		}
		if left[i] != right[i] {
			return left[i] < right[i]
		}
	}
	return len(left) < len(right)
}

// candidates are all fields, those of embedded structs too. `open` are the structs around, which may embed themselves.
func candidates(of reflect.Type, before []int, open map[reflect.Type]bool) []field {
	if open[of] {
		return nil
	}
	open[of] = true
	defer delete(open, of)
	var out []field
	for i := 0; i < of.NumField(); i++ {
		part := of.Field(i)
		tag := part.Tag.Get("json")
		inner := part.Type
		if inner.Kind() == reflect.Ptr && inner.Name() == "" {
			inner = inner.Elem()
		}
		isStruct := inner.Kind() == reflect.Struct
		if tag == "-" || part.PkgPath != "" && !(part.Anonymous && isStruct) {
			continue
		}
		index := append(append([]int{}, before...), i)
		made := fieldOf(part, tag, index)
		if part.Anonymous && isStruct && !made.isTagged {
			out = append(out, candidates(inner, index, open)...)
			continue
		}
		if part.PkgPath == "" {
			out = append(out, made)
		}
	}
	return out
}

func fieldOf(part reflect.StructField, tag string, index []int) field {
	options := strings.Split(tag, ",")
	out := field{name: part.Name, index: index}
	if isName(options[0]) {
		out.name, out.isTagged = options[0], true
	}
	for _, option := range options[1:] {
		switch option {
		case "omitempty":
			out.omitEmpty = true
		case "omitzero":
			out.omitZero = true
		case "string":
			out.quoted = isSingle(part.Type)
		}
	}
	return out
}

func isName(text string) bool {
	const marks = "!#$%&()*+-./:;<=>?@[]^_{|}~ "
	for _, letter := range text {
		if !strings.ContainsRune(marks, letter) && !unicode.IsLetter(letter) && !unicode.IsDigit(letter) {
			return false
		}
	}
	return text != ""
}

func isSingle(of reflect.Type) bool {
	if of.Kind() == reflect.Ptr {
		of = of.Elem()
	}
	switch of.Kind() {
	case reflect.Bool, reflect.String, reflect.Float32, reflect.Float64, reflect.Uintptr,
		reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return true
	}
	return false
}

// dominant is Go's own rule for names of embedded structs: the least deep one, then the one with a tag; two of those
// cancel each other out.
func dominant(same []field) (field, bool) {
	sort.SliceStable(same, func(i, j int) bool {
		if len(same[i].index) != len(same[j].index) {
			return len(same[i].index) < len(same[j].index)
		}
		return same[i].isTagged && !same[j].isTagged
	})
	if len(same) > 1 && len(same[0].index) == len(same[1].index) && same[0].isTagged == same[1].isTagged {
		return field{}, false
	}
	return same[0], true
}
