package psdl

import (
	"encoding"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"sort"
	"strconv"
	"strings"
	"unicode/utf8"
)

// ValueError tells that a Go value cannot be a document, data or an answer, and where in it. It is StatusBadArgument,
// or the limit that was reached.
type ValueError struct {
	Path   string // JSON pointer: "/spec/containers/0"; "" is the value itself
	Reason string
	cause  error
}

func (e *ValueError) Error() string {
	place := e.Path
	if place == "" {
		place = "the value itself"
	}
	return "psdl: value at " + place + ": " + e.Reason
}

// Unwrap gives the Status, or what a method of the value said.
func (e *ValueError) Unwrap() error { return e.cause }

// Is tells whether target is StatusBadArgument, which every value that JSON cannot hold is.
func (e *ValueError) Is(target error) bool {
	_, isStatus := e.cause.(Status)
	return !isStatus && target == error(StatusBadArgument)
}

// sink takes a value in the order of a text. It fails where a value cannot stand.
type sink interface {
	null() error
	boolean(value bool) error
	number(text string) error
	text(text string) error
	beginArray() error
	beginObject() error
	beginSet() error
	key(text string) error
	end() error
	copyOf(value Value) error
	json(text []byte) error
}

// The most that the limit data_nesting can be, with pointers counted too: a cycle ends there.
const maxDepth = 1000

// encoder walks a Go value as encoding/json does, and knows where it is. What encoding/json would quietly change
// (text that is no UTF-8) it refuses.
type encoder struct {
	out   sink
	path  []step
	depth int
}

// step is a key or, where that is nil, an index.
type step struct {
	key   *string
	index int
}

func encode(value any, out sink) error {
	e := encoder{out: out}
	return e.value(value)
}

func (e *encoder) refuse(cause error, format string, arguments ...any) error {
	return &ValueError{Path: e.pointer(), Reason: fmt.Sprintf(format, arguments...), cause: cause}
}

func (e *encoder) pointer() string {
	var out strings.Builder
	for _, step := range e.path {
		out.WriteByte('/')
		if step.key == nil {
			out.WriteString(strconv.Itoa(step.index))
			continue
		}
		out.WriteString(strings.NewReplacer("~", "~0", "/", "~1").Replace(*step.key))
	}
	return out.String()
}

// at gives what a sink said its place.
func (e *encoder) at(err error) error {
	if err == nil {
		return nil
	}
	return e.refuse(err, "%s", err)
}

// below runs do one level further in.
func (e *encoder) below(step step, do func() error) error {
	e.path = append(e.path, step)
	err := e.nested(do)
	e.path = e.path[:len(e.path)-1]
	return err
}

func (e *encoder) nested(do func() error) error {
	if e.depth++; e.depth > maxDepth {
		return e.refuse(nil, "is nested deeper than %d levels, or holds itself", maxDepth)
	}
	err := do()
	e.depth--
	return err
}

// value has the short way for what encoding/json makes of a text.
func (e *encoder) value(value any) error {
	switch value := value.(type) {
	case nil:
		return e.at(e.out.null())
	case bool:
		return e.at(e.out.boolean(value))
	case string:
		return e.text(value)
	case int:
		return e.at(e.out.number(strconv.Itoa(value)))
	case float64:
		return e.float(value, 64)
	case json.Number:
		return e.writtenNumber(string(value))
	case map[string]any:
		if value == nil {
			return e.at(e.out.null())
		}
		return e.plainMap(value)
	case []any:
		if value == nil {
			return e.at(e.out.null())
		}
		return e.array(e.out.beginArray, len(value), func(i int) error { return e.value(value[i]) })
	case Set:
		return e.array(e.out.beginSet, len(value), func(i int) error { return e.value(value[i]) })
	case Value:
		return e.at(e.out.copyOf(value))
	case undefined:
		return e.refuse(nil, "is undefined, which only a whole answer may be")
	}
	return e.reflected(reflect.ValueOf(value))
}

func (e *encoder) text(text string) error {
	if !utf8.ValidString(text) {
		return e.refuse(nil, "is text that is no UTF-8")
	}
	return e.at(e.out.text(text))
}

func (e *encoder) float(value float64, bits int) error {
	if math.IsNaN(value) || math.IsInf(value, 0) {
		return e.refuse(nil, "is %v, which JSON has no number for", value)
	}
	format := byte('f')
	if size := math.Abs(value); size != 0 && (size < 1e-6 || size >= 1e21) {
		format = 'e'
	}
	text := strconv.FormatFloat(value, format, -1, bits)
	if last := len(text) - 1; last > 3 && text[last-3:last] == "e-0" { // e-09 is written e-9
		text = text[:last-1] + text[last:]
	}
	return e.at(e.out.number(text))
}

func (e *encoder) writtenNumber(text string) error {
	if text == "" { // the zero value, as encoding/json has it
		text = "0"
	}
	if first := text[0]; !json.Valid([]byte(text)) || (first != '-' && (first < '0' || first > '9')) {
		return e.refuse(nil, "is the number %q, which JSON cannot write", text)
	}
	return e.at(e.out.number(text))
}

func (e *encoder) array(begin func() error, count int, item func(i int) error) error {
	if err := begin(); err != nil {
		return e.at(err)
	}
	for i := 0; i < count; i++ {
		index := i
		if err := e.below(step{index: index}, func() error { return item(index) }); err != nil {
			return err
		}
	}
	return e.at(e.out.end())
}

// key begins a pair, and gives its place.
func (e *encoder) key(name string) (step, error) {
	if !utf8.ValidString(name) {
		return step{}, e.refuse(nil, "has the key %q, which is no UTF-8", name)
	}
	if err := e.out.key(name); err != nil {
		return step{}, e.refuse(err, "has the key %q: %s", name, err)
	}
	return step{key: &name}, nil
}

func (e *encoder) pair(name string, do func() error) error {
	place, err := e.key(name)
	if err != nil {
		return err
	}
	return e.below(place, do)
}

func (e *encoder) plainMap(value map[string]any) error {
	names := make([]string, 0, len(value))
	for name := range value {
		names = append(names, name)
	}
	sort.Strings(names)
	if err := e.out.beginObject(); err != nil {
		return e.at(err)
	}
	for _, name := range names {
		part := value[name]
		if err := e.pair(name, func() error { return e.value(part) }); err != nil {
			return err
		}
	}
	return e.at(e.out.end())
}

var (
	marshalerType     = reflect.TypeOf((*json.Marshaler)(nil)).Elem()
	textMarshalerType = reflect.TypeOf((*encoding.TextMarshaler)(nil)).Elem()
	numberType        = reflect.TypeOf(json.Number(""))
	byteType          = reflect.TypeOf(byte(0))
)

// own gives the types with a short way to value().
func own(value reflect.Value) bool {
	switch value.Interface().(type) {
	case Set, Value, undefined, json.Number:
		return true
	}
	return false
}

func (e *encoder) reflected(value reflect.Value) error {
	if !value.IsValid() {
		return e.at(e.out.null())
	}
	if value.CanInterface() && own(value) {
		return e.value(value.Interface())
	}
	if done, err := e.marshaled(value); done {
		return err
	}
	switch value.Kind() {
	case reflect.Bool:
		return e.at(e.out.boolean(value.Bool()))
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return e.at(e.out.number(strconv.FormatInt(value.Int(), 10)))
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		return e.at(e.out.number(strconv.FormatUint(value.Uint(), 10)))
	case reflect.Float32:
		return e.float(value.Float(), 32)
	case reflect.Float64:
		return e.float(value.Float(), 64)
	case reflect.String:
		return e.text(value.String())
	case reflect.Interface, reflect.Ptr:
		if value.IsNil() {
			return e.at(e.out.null())
		}
		return e.nested(func() error { return e.reflected(value.Elem()) })
	case reflect.Struct:
		return e.structure(value)
	case reflect.Map:
		return e.anyMap(value)
	case reflect.Slice, reflect.Array:
		return e.list(value)
	}
	return e.refuse(nil, "is a %s, which JSON cannot hold", value.Type())
}

// marshaled lets a value with a method of its own write itself.
func (e *encoder) marshaled(value reflect.Value) (done bool, err error) {
	method := value
	if value.Kind() != reflect.Ptr && value.CanAddr() {
		method = value.Addr()
	}
	isJSON, isText := method.Type().Implements(marshalerType), method.Type().Implements(textMarshalerType)
	if !isJSON && !isText || !method.CanInterface() {
		return false, nil
	}
	if kind := value.Kind(); (kind == reflect.Ptr || kind == reflect.Interface) && value.IsNil() {
		return true, e.at(e.out.null())
	}
	if isJSON {
		text, err := method.Interface().(json.Marshaler).MarshalJSON()
		if err != nil {
			return true, e.refuse(err, "%s says: %s", value.Type(), err)
		}
		if !json.Valid(text) || !utf8.Valid(text) {
			return true, e.refuse(nil, "%s writes what is no JSON", value.Type())
		}
		return true, e.at(e.out.json(text))
	}
	text, err := method.Interface().(encoding.TextMarshaler).MarshalText()
	if err != nil {
		return true, e.refuse(err, "%s says: %s", value.Type(), err)
	}
	return true, e.text(string(text))
}

func (e *encoder) list(value reflect.Value) error {
	if value.Kind() == reflect.Slice && value.IsNil() {
		return e.at(e.out.null())
	}
	if value.Kind() == reflect.Slice && isBytes(value.Type().Elem()) {
		return e.at(e.out.text(base64.StdEncoding.EncodeToString(value.Bytes())))
	}
	return e.array(e.out.beginArray, value.Len(), func(i int) error { return e.reflected(value.Index(i)) })
}

func isBytes(element reflect.Type) bool {
	pointer := reflect.PtrTo(element)
	return element.Kind() == byteType.Kind() &&
		!pointer.Implements(marshalerType) && !pointer.Implements(textMarshalerType)
}

func (e *encoder) anyMap(value reflect.Value) error {
	if value.IsNil() {
		return e.at(e.out.null())
	}
	type pair struct {
		name string
		part reflect.Value
	}
	var pairs []pair
	for all := value.MapRange(); all.Next(); {
		name, err := e.keyName(all.Key())
		if err != nil {
			return err
		}
		pairs = append(pairs, pair{name, all.Value()})
	}
	sort.Slice(pairs, func(i, j int) bool { return pairs[i].name < pairs[j].name })
	if err := e.out.beginObject(); err != nil {
		return e.at(err)
	}
	for i, pair := range pairs {
		if i > 0 && pairs[i-1].name == pair.name {
			return e.refuse(nil, "has the key %q twice", pair.name)
		}
		part := pair.part
		if err := e.pair(pair.name, func() error { return e.reflected(part) }); err != nil {
			return err
		}
	}
	return e.at(e.out.end())
}

func (e *encoder) keyName(key reflect.Value) (string, error) {
	if key.Kind() == reflect.String {
		return key.String(), nil
	}
	if text, ok := key.Interface().(encoding.TextMarshaler); ok {
		if key.Kind() == reflect.Ptr && key.IsNil() {
			return "", nil
		}
		name, err := text.MarshalText()
		if err != nil {
			return "", e.refuse(err, "has a key of which %s says: %s", key.Type(), err)
		}
		return string(name), nil
	}
	switch key.Kind() {
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return strconv.FormatInt(key.Int(), 10), nil
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		return strconv.FormatUint(key.Uint(), 10), nil
	}
	return "", e.refuse(nil, "has keys of type %s, which JSON cannot hold", key.Type())
}

func (e *encoder) structure(value reflect.Value) error {
	if err := e.out.beginObject(); err != nil {
		return e.at(err)
	}
	for _, field := range fieldsOf(value.Type()) {
		part, ok := field.in(value)
		if !ok || field.omitEmpty && isEmpty(part) || field.omitZero && isZero(part) {
			continue
		}
		quoted := field.quoted
		if err := e.pair(field.name, func() error { return e.field(part, quoted) }); err != nil {
			return err
		}
	}
	return e.at(e.out.end())
}

// field writes a part of a struct; quoted: as a text with the JSON in it, which only single values can be.
func (e *encoder) field(value reflect.Value, quoted bool) error {
	if !quoted || (value.Kind() == reflect.Ptr && value.IsNil()) {
		return e.reflected(value)
	}
	var inner jsonSink
	within := encoder{out: &inner, path: e.path, depth: e.depth}
	if err := within.reflected(value); err != nil {
		return err
	}
	return e.text(string(inner.out))
}

func isEmpty(value reflect.Value) bool {
	switch value.Kind() {
	case reflect.Array, reflect.Map, reflect.Slice, reflect.String:
		return value.Len() == 0
	case reflect.Struct:
		return false
	}
	return value.IsZero()
}

func isZero(value reflect.Value) bool {
	if value.CanInterface() {
		if zeroer, ok := value.Interface().(interface{ IsZero() bool }); ok {
			return (value.Kind() == reflect.Ptr || value.Kind() == reflect.Interface) && value.IsNil() || zeroer.IsZero()
		}
	}
	return value.IsZero()
}
