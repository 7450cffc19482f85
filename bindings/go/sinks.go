package psdl

// #include "shim.h"
import "C"

import "errors"

// encodeJSON writes a Go value as JSON.
func encodeJSON(value any) ([]byte, error) {
	var out jsonSink
	err := encode(value, &out)
	return out.out, err
}

// fill makes a Go value the content of a builder. One text is one call of C; where it is refused, the value goes
// through a second time piece by piece, which tells the place.
func fill(builder *handle, value any) error {
	text, err := encodeJSON(value)
	if err != nil {
		return err
	}
	token := builder.get()
	if err := errorOf("reset", C.go_builder_reset(token)); err != nil {
		return err
	}
	data, length := bytesOf(text)
	status := C.go_builder_json(token, data, length)
	if status == C.PSDL_OK {
		return nil
	}
	C.go_builder_reset(token)
	if err := encode(value, &builderSink{token}); err != nil {
		return err
	}
	C.go_builder_reset(token)
	return errorOf("build", status)
}

// jsonSink writes JSON.
type jsonSink struct {
	out  []byte
	ends []byte
}

var errSet = errors.New("is a set, which JSON cannot hold")

// The most that the limit data_bytes can be: what is shared inside a value is written each time, so a small one may be
// the text of a large one.
var mostText = 1 << 30

func (s *jsonSink) room() error {
	if len(s.out) > mostText {
		return StatusLimit
	}
	return nil
}

// part puts a comma before what follows another part.
func (s *jsonSink) part() {
	if len(s.out) == 0 {
		return
	}
	switch s.out[len(s.out)-1] {
	case '[', '{', ':':
	default:
		s.out = append(s.out, ',')
	}
}

func (s *jsonSink) raw(text string) error {
	s.part()
	s.out = append(s.out, text...)
	return s.room()
}

func (s *jsonSink) begin(opening string, closing byte) error {
	s.ends = append(s.ends, closing)
	return s.raw(opening)
}

func (s *jsonSink) end() error {
	last := len(s.ends) - 1
	s.out = append(s.out, s.ends[last])
	s.ends = s.ends[:last]
	return nil
}

func (s *jsonSink) boolean(value bool) error {
	if value {
		return s.raw("true")
	}
	return s.raw("false")
}

func (s *jsonSink) text(text string) error {
	s.part()
	s.out = appendQuoted(s.out, text)
	return s.room()
}

func (s *jsonSink) key(text string) error {
	if err := s.text(text); err != nil {
		return err
	}
	s.out = append(s.out, ':')
	return nil
}

func (s *jsonSink) copyOf(value Value) error {
	text, err := value.JSON()
	if err != nil {
		return err
	}
	return s.json(text)
}

func (s *jsonSink) null() error              { return s.raw("null") }
func (s *jsonSink) number(text string) error { return s.raw(text) }
func (s *jsonSink) beginArray() error        { return s.begin("[", ']') }
func (s *jsonSink) beginObject() error       { return s.begin("{", '}') }
func (s *jsonSink) beginSet() error          { return errSet }
func (s *jsonSink) json(text []byte) error   { return s.raw(string(text)) }

func appendQuoted(out []byte, text string) []byte {
	const digits = "0123456789abcdef"
	out = append(out, '"')
	for i := 0; i < len(text); i++ {
		switch letter := text[i]; {
		case letter == '"' || letter == '\\':
			out = append(out, '\\', letter)
		case letter < 0x20:
			out = append(out, '\\', 'u', '0', '0', digits[letter>>4], digits[letter&15])
		default:
			out = append(out, letter)
		}
	}
	return append(out, '"')
}

// builderSink builds in the engine.
type builderSink struct{ token C.uintptr_t }

func statusError(status C.psdl_status) error {
	if status == C.PSDL_OK {
		return nil
	}
	return Status(status)
}

func (s *builderSink) null() error { return statusError(C.go_builder_null(s.token)) }

func (s *builderSink) boolean(value bool) error {
	return statusError(C.go_builder_boolean(s.token, C.bool(value)))
}

func (s *builderSink) number(text string) error {
	data, length := stringOf(text)
	return statusError(C.go_builder_number(s.token, data, length))
}

func (s *builderSink) text(text string) error {
	data, length := stringOf(text)
	return statusError(C.go_builder_string(s.token, data, length))
}

func (s *builderSink) key(text string) error {
	data, length := stringOf(text)
	return statusError(C.go_builder_key(s.token, data, length))
}

func (s *builderSink) json(text []byte) error {
	data, length := bytesOf(text)
	return statusError(C.go_builder_json(s.token, data, length))
}

func (s *builderSink) beginArray() error  { return statusError(C.go_builder_begin_array(s.token)) }
func (s *builderSink) beginObject() error { return statusError(C.go_builder_begin_object(s.token)) }
func (s *builderSink) beginSet() error    { return statusError(C.go_builder_begin_set(s.token)) }
func (s *builderSink) end() error         { return statusError(C.go_builder_end(s.token)) }

func (s *builderSink) copyOf(value Value) error {
	return value.read("copy", func() C.psdl_status { return C.go_builder_value(s.token, value.raw) })
}
