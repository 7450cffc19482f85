// In: Python values, put into a builder; out: Python values made of what the engine holds, or a view of it.
#include "values.hpp"

#include <cmath>

namespace psdl_python {

namespace {

// Where in the value we are, as a chain on the stack: text is made only for a refusal.
struct Step {
  const Step* parent = nullptr;
  nb::handle key;  // a str; none: index
  Py_ssize_t index = 0;
};

void append_pointer(const Step* step, std::string& out) {
  if (step == nullptr) return;
  append_pointer(step->parent, out);
  out += '/';
  if (!step->key.is_valid()) {
    out += std::to_string(step->index);
    return;
  }
  for (const char c : std::string_view(nb::str(step->key).c_str())) {
    if (c == '~')
      out += "~0";
    else if (c == '/')
      out += "~1";
    else
      out += c;
  }
}

[[noreturn]] void refuse(const Step* at, const std::string& message) {
  std::string path;
  append_pointer(at, path);
  raise_not_json(path, message);
}

// Python's own bound on recursion: a list that holds itself ends in RecursionError where data_nesting was set high.
class Deeper {
 public:
  Deeper() {
    if (Py_EnterRecursiveCall(" in a document") != 0) throw nb::python_error();
  }
  ~Deeper() { Py_LeaveRecursiveCall(); }
  Deeper(const Deeper&) = delete;
  Deeper& operator=(const Deeper&) = delete;
};

class Putter {
 public:
  Putter(psdl_builder* builder, bool allows_sets) : builder_(builder), allows_sets_(allows_sets) {}

  void put(nb::handle value, const Step* at) {
    PyObject* const from = value.ptr();
    if (from == Py_None) return done(psdl_builder_null(builder_), at);
    if (PyBool_Check(from)) return done(psdl_builder_boolean(builder_, from == Py_True), at);
    if (PyUnicode_Check(from)) return put_string(from, at);
    if (PyLong_Check(from)) return put_int(value, at);
    if (PyFloat_Check(from)) return put_float(PyFloat_AS_DOUBLE(from), at);
    const Deeper deeper;
    if (PyDict_Check(from)) return put_dict(from, at);
    if (PyList_Check(from) || PyTuple_Check(from)) return put_items(value, at, psdl_builder_begin_array(builder_));
    if (allows_sets_ && PyAnySet_Check(from)) return put_items(value, at, psdl_builder_begin_set(builder_));
    if (is_decimal(value)) return put_decimal(value, at);
    refuse(at, "JSON holds no " + std::string(Py_TYPE(from)->tp_name));
  }

 private:
  void done(psdl_status status, const Step* at) {
    if (status == PSDL_OK) return;
    std::string path;
    append_pointer(at, path);
    raise(status, "at `" + path + "`");
  }

  psdl_text utf8(PyObject* from, const Step* at) {
    Py_ssize_t length = 0;
    const char* const data = PyUnicode_AsUTF8AndSize(from, &length);
    if (data == nullptr) {
      PyErr_Clear();
      refuse(at, "a text with half a surrogate pair has no UTF-8");
    }
    return {data, static_cast<std::size_t>(length)};
  }

  void put_string(PyObject* from, const Step* at) {
    const psdl_text text = utf8(from, at);
    done(psdl_builder_string(builder_, text.data, text.length), at);
  }

  void put_number(const nb::str& text, const Step* at) {
    done(psdl_builder_number(builder_, text.c_str(), nb::len(text)), at);
  }

  void put_int(nb::handle value, const Step* at) {
    int overflow = 0;
    const long long small = PyLong_AsLongLongAndOverflow(value.ptr(), &overflow);
    if (overflow == 0) return done(psdl_builder_int(builder_, small), at);
    // int's own, as an IntEnum prints its name; Python refuses texts of more than 4300 digits.
    PyObject* const text = PyLong_Type.tp_repr(value.ptr());
    if (text == nullptr) {
      PyErr_Clear();
      refuse(at, "the number has too many digits");
    }
    put_number(nb::steal<nb::str>(text), at);
  }

  void put_float(double value, const Step* at) {
    if (!std::isfinite(value)) refuse(at, std::isnan(value) ? "JSON holds no NaN" : "JSON holds no infinite number");
    done(psdl_builder_double(builder_, value), at);
  }

  static bool is_decimal(nb::handle value) {
    return nb::isinstance(value, nb::module_::import_("decimal").attr("Decimal"));
  }

  void put_decimal(nb::handle value, const Step* at) {
    if (!nb::cast<bool>(value.attr("is_finite")())) refuse(at, "JSON holds no NaN or infinite number");
    put_number(nb::str(value), at);
  }

  void put_dict(PyObject* from, const Step* at) {
    done(psdl_builder_begin_object(builder_), at);
    // Items of a copy: a str subclass may run code that changes the dict.
    const auto items = nb::steal<nb::list>(PyDict_Items(from));
    for (const nb::handle item : items) {
      const nb::object key = item[0];
      if (!PyUnicode_Check(key.ptr()))
        refuse(at, "an object's keys are texts, not " + std::string(Py_TYPE(key.ptr())->tp_name));
      const Step here{at, key};
      const psdl_text name = utf8(key.ptr(), at);
      done(psdl_builder_key(builder_, name.data, name.length), &here);
      put(item[1], &here);
    }
    done(psdl_builder_end(builder_), at);
  }

  void put_items(nb::handle value, const Step* at, psdl_status begun) {
    done(begun, at);
    Py_ssize_t index = 0;
    for (const nb::handle item : value) {
      const Step here{at, nb::handle(), index++};
      put(item, &here);
    }
    done(psdl_builder_end(builder_), at);
  }

  psdl_builder* builder_;
  bool allows_sets_;
};

// What is not there to be asked for has another kind: every call below is for the kind that was found.
template <class T, class F>
T asked(F function, psdl_value value) {
  T made{};
  check(function(value, &made));
  return made;
}

nb::object number_to_python(psdl_value value) {
  std::int64_t small = 0;
  if (psdl_value_int(value, &small) == PSDL_OK) return nb::int_(small);
  const std::string text = as_string(asked<psdl_text>(psdl_value_number, value));
  if (text.find_first_of(".eE") == std::string::npos) {
    PyObject* const whole = PyLong_FromString(text.c_str(), nullptr, 10);
    if (whole != nullptr) return nb::steal(whole);
    PyErr_Clear();  // more digits than Python reads
  }
  double nearest = 0;
  if (psdl_value_double(value, &nearest) == PSDL_OK) return nb::float_(nearest);
  return nb::module_::import_("decimal").attr("Decimal")(text);
}

nb::object key_to_python(psdl_value key) {
  psdl_text text{};
  if (psdl_value_string(key, &text) != PSDL_OK) check(psdl_value_json(key, &text));
  return as_str(text);
}

psdl_value item_of(psdl_value value, std::size_t index) {
  psdl_value item{};
  check(psdl_value_item(value, index, &item));
  return item;
}

nb::object items_to_python(psdl_value value) {
  nb::list made;
  const auto count = asked<std::size_t>(psdl_value_count, value);
  for (std::size_t i = 0; i < count; ++i) made.append(to_python(item_of(value, i)));
  return made;
}

nb::object object_to_python(psdl_value value) {
  nb::dict made;
  const auto count = asked<std::size_t>(psdl_value_count, value);
  for (std::size_t i = 0; i < count; ++i) {
    psdl_value key{};
    check(psdl_value_key(value, i, &key));
    made[key_to_python(key)] = to_python(item_of(value, i));
  }
  return made;
}

const char* kind_word(psdl_kind kind) {
  switch (kind) {
    case PSDL_KIND_BOOLEAN: return "boolean";
    case PSDL_KIND_NUMBER: return "number";
    case PSDL_KIND_STRING: return "string";
    case PSDL_KIND_ARRAY: return "array";
    case PSDL_KIND_OBJECT: return "object";
    case PSDL_KIND_SET: return "set";
    default: return "null";
  }
}

Value field(const Value& self, std::string_view name) {
  Value made{self.owner, {}};
  check(psdl_value_field(self.value, name.data(), name.size(), &made.value));
  return made;
}

}  // namespace

void put(psdl_builder* builder, nb::handle value, bool allows_sets) {
  Putter(builder, allows_sets).put(value, nullptr);
}

nb::object to_python(psdl_value value) {
  const Deeper deeper;
  switch (asked<psdl_kind>(psdl_value_kind, value)) {
    case PSDL_KIND_BOOLEAN: return nb::bool_(asked<bool>(psdl_value_boolean, value));
    case PSDL_KIND_NUMBER: return number_to_python(value);
    case PSDL_KIND_STRING: return as_str(asked<psdl_text>(psdl_value_string, value));
    case PSDL_KIND_ARRAY:
    case PSDL_KIND_SET: return items_to_python(value);
    case PSDL_KIND_OBJECT: return object_to_python(value);
    default: return nb::none();
  }
}

void bind_values(nb::module_& module) {
  nb::class_<Value>(module, "Value",
                    "A value of an answer, looked at without making a Python value of it. It holds until its result is "
                    "used again: then\n"
                    "everything here raises `psdl.ClosedError`. Each asks for its own kind and raises "
                    "`psdl.WrongKindError` for another.")
      .def_prop_ro(
          "kind", [](const Value& self) { return kind_word(asked<psdl_kind>(psdl_value_kind, self.value)); },
          nb::sig("def kind(self) -> typing.Literal['null', 'boolean', 'number', 'string', 'array', 'object', 'set']"),
          "`null`, `boolean`, `number`, `string`, `array`, `object` or `set`.")
      .def(
          "as_bool", [](const Value& self) { return asked<bool>(psdl_value_boolean, self.value); }, "The boolean.")
      .def(
          "as_int", [](const Value& self) { return asked<std::int64_t>(psdl_value_int, self.value); },
          "The number; `psdl.OutOfRangeError` where it is not whole, or beyond 64 bits.")
      .def(
          "as_float", [](const Value& self) { return asked<double>(psdl_value_double, self.value); },
          "The nearest float.")
      .def(
          "as_number", [](const Value& self) { return as_str(asked<psdl_text>(psdl_value_number, self.value)); },
          "The number as it is written, exactly: `1.30`.")
      .def(
          "as_str", [](const Value& self) { return as_str(asked<psdl_text>(psdl_value_string, self.value)); },
          "The text.")
      .def("__len__", [](const Value& self) { return asked<std::size_t>(psdl_value_count, self.value); })
      .def(
          "item", [](const Value& self, std::size_t index) { return Value{self.owner, item_of(self.value, index)}; },
          nb::arg("index"),
          "An item of an array or a set, the value of an object's pair; sets and objects in Rego's order.")
      .def(
          "key",
          [](const Value& self, std::size_t index) {
            Value made{self.owner, {}};
            check(psdl_value_key(self.value, index, &made.value));
            return made;
          },
          nb::arg("index"), "The key of an object's pair.")
      .def("field", field, nb::arg("name"), "The value under a text; `psdl.NotFoundError` where there is none.")
      .def(
          "json", [](const Value& self) { return as_str(asked<psdl_text>(psdl_value_json, self.value)); },
          "Compact JSON.")
      .def(
          "python", [](const Value& self) { return to_python(self.value); }, nb::sig("def python(self) -> typing.Any"),
          "All of it as Python's own value: a set is a list in Rego's order, a number an int where it is one, a key "
          "that is no text its JSON.");
}

}  // namespace psdl_python
