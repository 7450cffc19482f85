// In: Python values, put into a builder or written as JSON; out: Python values made of what the engine holds, or a view
// of it.
#include "values.hpp"

#include <algorithm>
#include <cmath>

namespace psdl_python {

namespace {

// The most that the limit data_nesting can be, and data_bytes: an engine refuses what is beyond in any case.
constexpr int kMostNesting = 1000;
constexpr std::size_t kMostBytes = std::size_t{1} << 30U;

// Where in the value we are, as a chain on the stack: text is made only for a refusal.
struct Step {
  const Step* parent = nullptr;
  nb::handle within;  // the container
  nb::handle key;     // a str; none: index
  Py_ssize_t index = 0;
  int depth = 1;
};

Step step_below(const Step* at, nb::handle within, nb::handle key, Py_ssize_t index) {
  return {at, within, key, index, at == nullptr ? 1 : at->depth + 1};
}

void append_pointer(const Step* step, std::string& out) {
  if (step == nullptr) return;
  append_pointer(step->parent, out);
  out += '/';
  if (!step->key.is_valid()) {
    out += std::to_string(step->index);
    return;
  }
  Py_ssize_t length = 0;
  const char* const data = PyUnicode_AsUTF8AndSize(step->key.ptr(), &length);  // as it was when it was put: not NULL
  for (const char c : std::string_view(data, static_cast<std::size_t>(length))) {
    if (c == '~')
      out += "~0";
    else if (c == '/')
      out += "~1";
    else
      out += c;
  }
}

std::string pointer_of(const Step* at) {
  std::string path;
  append_pointer(at, path);
  return path;
}

[[noreturn]] void refuse(const Step* at, const std::string& message) {
  raise_not_json(pointer_of(at), message);
}

// Where a container is met inside itself for the first time, or NULL.
const Step* cycle_of(nb::handle container, const Step* at) {
  std::vector<const Step*> steps;  // steps[i] leads into containers[i + 1]
  std::vector<PyObject*> containers;
  for (const Step* step = at; step != nullptr; step = step->parent) steps.insert(steps.begin(), step);
  for (const Step* step : steps) containers.push_back(step->within.ptr());
  containers.push_back(container.ptr());
  for (std::size_t i = 1; i < containers.size(); ++i) {
    if (std::find(containers.begin(), containers.begin() + static_cast<std::ptrdiff_t>(i), containers[i]) !=
        containers.begin() + static_cast<std::ptrdiff_t>(i)) {
      return steps[i - 1];
    }
  }
  return nullptr;
}

// Writes JSON. It answers as psdl_builder_..() do.
class TextSink {
 public:
  psdl_status null() { return raw("null"); }
  psdl_status boolean(bool value) { return raw(value ? "true" : "false"); }
  psdl_status integer(std::int64_t value) { return raw(std::to_string(value)); }
  psdl_status number(std::string_view text) { return raw(text); }
  psdl_status floating(double value) {
    char* const shortest = PyOS_double_to_string(value, 'r', 0, Py_DTSF_ADD_DOT_0, nullptr);
    if (shortest == nullptr) return PSDL_OUT_OF_MEMORY;
    const psdl_status status = raw(shortest);
    PyMem_Free(shortest);
    return status;
  }
  psdl_status string(psdl_text text) {
    separate();
    quote(text);
    return room();
  }
  psdl_status key(psdl_text text) {
    separate();
    quote(text);
    out_ += ':';
    is_first_ = true;
    return room();
  }
  psdl_status begin_array() { return begin('[', ']'); }
  psdl_status begin_object() { return begin('{', '}'); }
  psdl_status begin_set() { return PSDL_BAD_ARGUMENT; }
  psdl_status end() {
    out_ += ends_.back();
    ends_.pop_back();
    is_first_ = false;
    return room();
  }
  const std::string& text() const { return out_; }

 private:
  psdl_status room() const { return out_.size() > kMostBytes ? PSDL_LIMIT : PSDL_OK; }
  void separate() {
    if (!is_first_) out_ += ',';
    is_first_ = false;
  }
  psdl_status raw(std::string_view text) {
    separate();
    out_ += text;
    return room();
  }
  psdl_status begin(char opening, char closing) {
    separate();
    out_ += opening;
    ends_ += closing;
    is_first_ = true;
    return room();
  }
  void quote(psdl_text text) {
    constexpr std::string_view kHex = "0123456789abcdef";
    out_ += '"';
    for (const char c : std::string_view(text.length == 0 ? "" : text.data, text.length)) {
      const auto byte = static_cast<unsigned char>(c);
      if (byte < 0x20) {
        out_ += "\\u00";
        out_ += kHex[byte / 16U];
        out_ += kHex[byte % 16U];
        continue;
      }
      if (c == '"' || c == '\\') out_ += '\\';
      out_ += c;
    }
    out_ += '"';
  }

  std::string out_;
  std::string ends_;  // of what is open
  bool is_first_ = true;
};

// Builds a document, or the answer of a builtin.
class BuilderSink {
 public:
  explicit BuilderSink(psdl_builder* builder) : builder_(builder) {}
  psdl_status null() { return psdl_builder_null(builder_); }
  psdl_status boolean(bool value) { return psdl_builder_boolean(builder_, value); }
  psdl_status integer(std::int64_t value) { return psdl_builder_int(builder_, value); }
  psdl_status number(std::string_view text) { return psdl_builder_number(builder_, text.data(), text.size()); }
  psdl_status floating(double value) { return psdl_builder_double(builder_, value); }
  psdl_status string(psdl_text text) { return psdl_builder_string(builder_, text.data, text.length); }
  psdl_status key(psdl_text text) { return psdl_builder_key(builder_, text.data, text.length); }
  psdl_status begin_array() { return psdl_builder_begin_array(builder_); }
  psdl_status begin_object() { return psdl_builder_begin_object(builder_); }
  psdl_status begin_set() { return psdl_builder_begin_set(builder_); }
  psdl_status end() { return psdl_builder_end(builder_); }

 private:
  psdl_builder* builder_;
};

// Goes through a value. Of a subclass it takes what it derives from, never a method of its own: what is judged is what
// is there.
template <class Sink>
class Putter {
 public:
  Putter(Sink& sink, bool allows_sets) : sink_(sink), allows_sets_(allows_sets) {}

  void put(nb::handle value, const Step* at) {
    PyObject* const from = value.ptr();
    if (from == Py_None) return done(sink_.null(), at);
    if (PyBool_Check(from)) return done(sink_.boolean(from == Py_True), at);
    if (PyUnicode_Check(from)) return done(sink_.string(utf8(from, at)), at);
    if (PyLong_Check(from)) return put_int(value, at);
    if (PyFloat_Check(from)) return put_float(PyFloat_AS_DOUBLE(from), at);
    if (PyDict_Check(from)) return put_dict(from, at);
    if (PyList_Check(from)) return put_list(value, at);
    if (PyTuple_Check(from)) return put_tuple(value, at);
    if (allows_sets_ && PyAnySet_Check(from)) return put_set(value, at);
    if (is_decimal(value)) return put_decimal(value, at);
    refuse(at, "JSON holds no " + std::string(Py_TYPE(from)->tp_name));
  }

 private:
  void done(psdl_status status, const Step* at) {
    if (status != PSDL_OK) raise(status, at == nullptr ? "" : "at `" + pointer_of(at) + "`");
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

  void put_number(nb::handle text, const Step* at) {
    const psdl_text written = utf8(text.ptr(), at);
    done(sink_.number({written.data, written.length}), at);
  }

  void put_int(nb::handle value, const Step* at) {
    int overflow = 0;
    const long long small = PyLong_AsLongLongAndOverflow(value.ptr(), &overflow);
    if (overflow == 0) return done(sink_.integer(small), at);
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
    done(sink_.floating(value), at);
  }

  static nb::object decimal() { return imported("decimal", "Decimal"); }
  static bool is_decimal(nb::handle value) {
    const nb::object kind = decimal();
    const int is_one = with_python([&] { return PyObject_IsInstance(value.ptr(), kind.ptr()); });
    if (is_one < 0) throw nb::python_error();
    return is_one != 0;
  }

  void put_decimal(nb::handle value, const Step* at) {
    const nb::object kind = decimal();
    if (!nb::cast<bool>(kind.attr("is_finite")(value))) refuse(at, "JSON holds no NaN or infinite number");
    put_number(nb::object(kind.attr("__str__")(value)), at);
  }

  // A container is refused where it is as deep as none may be; one that holds itself is that sooner or later.
  void begin(psdl_status begun, nb::handle value, const Step* at) {
    const bool is_too_deep = at != nullptr && at->depth >= kMostNesting;
    if (begun == PSDL_OK && !is_too_deep) return;
    if (const Step* const again = cycle_of(value, at)) refuse(again, "the value holds itself");
    if (is_too_deep) refuse(at, "the value is nested deeper than " + std::to_string(kMostNesting) + " levels");
    done(begun, at);
  }

  void put_dict(PyObject* from, const Step* at) {
    begin(sink_.begin_object(), from, at);
    // Items of a copy: other threads, or a builtin's, may change the dict meanwhile.
    const auto items = nb::steal<nb::list>(PyDict_Items(from));
    refuse_twice(items, at);
    for (const nb::handle item : items) put_pair(from, item, at);
    done(sink_.end(), at);
  }

  // Of a str with an __eq__ of its own a dict can hold the same text more than once.
  static void refuse_twice(const nb::list& items, const Step* at) {
    const auto is_plain = [](nb::handle item) { return PyUnicode_CheckExact(PyTuple_GET_ITEM(item.ptr(), 0)) != 0; };
    if (std::all_of(items.begin(), items.end(), is_plain)) return;
    nb::set seen;
    for (const nb::handle item : items) {
      if (!PyUnicode_Check(PyTuple_GET_ITEM(item.ptr(), 0))) continue;
      const nb::object text = nb::steal(PyUnicode_FromObject(PyTuple_GET_ITEM(item.ptr(), 0)));
      if (seen.contains(text)) refuse(at, "the object has a key twice");
      seen.add(text);
    }
  }

  void put_pair(PyObject* from, nb::handle item, const Step* at) {
    const nb::object key = item[0];
    if (!PyUnicode_Check(key.ptr())) {
      refuse(at, "an object's keys are texts, not " + std::string(Py_TYPE(key.ptr())->tp_name));
    }
    const psdl_text name = utf8(key.ptr(), at);
    const Step here = step_below(at, from, key, 0);
    done(sink_.key(name), &here);
    put(item[1], &here);
  }

  void put_item(nb::handle item, nb::handle within, Py_ssize_t index, const Step* at) {
    const Step here = step_below(at, within, nb::handle(), index);
    put(item, &here);
  }

  // Its length is asked for each time, as it may become shorter.
  void put_list(nb::handle value, const Step* at) {
    begin(sink_.begin_array(), value, at);
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(value.ptr()); ++i) {
      put_item(nb::borrow(PyList_GET_ITEM(value.ptr(), i)), value, i, at);
    }
    done(sink_.end(), at);
  }

  void put_tuple(nb::handle value, const Step* at) {
    begin(sink_.begin_array(), value, at);
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(value.ptr()); ++i) {
      put_item(PyTuple_GET_ITEM(value.ptr(), i), value, i, at);
    }
    done(sink_.end(), at);
  }

  void put_set(nb::handle value, const Step* at) {
    begin(sink_.begin_set(), value, at);
    const nb::object items = nb::steal(PySet_Type.tp_iter(value.ptr()));
    if (!items.is_valid()) throw nb::python_error();
    Py_ssize_t index = 0;
    while (PyObject* const next = PyIter_Next(items.ptr())) put_item(nb::steal(next), value, index++, at);
    if (PyErr_Occurred() != nullptr) throw nb::python_error();
    done(sink_.end(), at);
  }

  Sink& sink_;
  bool allows_sets_;
};

// Python's own bound on recursion, for values that a policy made.
class Deeper {
 public:
  Deeper() {
    if (Py_EnterRecursiveCall(" in an answer") != 0) throw nb::python_error();
  }
  ~Deeper() { Py_LeaveRecursiveCall(); }
  Deeper(const Deeper&) = delete;
  Deeper& operator=(const Deeper&) = delete;
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
  return called(imported("decimal", "Decimal"), nb::make_tuple(text));
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
  BuilderSink sink(builder);
  Putter<BuilderSink>(sink, allows_sets).put(value, nullptr);
}

nb::str to_json(nb::handle value) {
  TextSink sink;
  Putter<TextSink>(sink, false).put(value, nullptr);
  return nb::str(sink.text().data(), sink.text().size());
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
                    "A value of an answer, looked at without making a Python value of it. It holds until its\n"
                    "result is used again: then everything here raises `psdl.ClosedError`. Each asks for its own\n"
                    "kind and raises `psdl.WrongKindError` for another.")
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
  module.def("_to_json", to_json, nb::arg("value").none(), nb::sig("def _to_json(value: typing.Any) -> str"));
}

}  // namespace psdl_python
