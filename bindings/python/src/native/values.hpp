// Values across the border. In: Python values, put into a builder; out: Python values made of what the engine holds.
#pragma once

#include "native.hpp"

namespace psdl_python {

// Puts a value into the builder: None, bool, int, float, Decimal, str, list, tuple, dict with str keys; with
// allows_sets also set and frozenset. Raises NotJsonError with the path of the first value that is something else.
void put(psdl_builder* builder, nb::handle value, bool allows_sets);

// The value as a JSON text; raises as put() does.
nb::str to_json(nb::handle value);

// The value as Python's own: a set is a list in Rego's order, a number an int where it is one, a key that is no string
// its JSON text.
nb::object to_python(psdl_value value);

// A value to look at; `owner` keeps what it came from.
struct Value {
  nb::object owner;
  psdl_value value;
};

}  // namespace psdl_python
