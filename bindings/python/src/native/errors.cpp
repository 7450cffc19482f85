// Status codes to exceptions of psdl.errors, and the small readers that raise them.
#include "native.hpp"

namespace psdl_python {

nb::object imported(const char* module, const char* name) {
  const nb::object from = nb::steal(with_python([&] { return PyImport_ImportModule(module); }));
  if (!from.is_valid()) throw nb::python_error();
  return from.attr(name);
}

nb::object called(nb::handle function, const nb::tuple& arguments) {
  nb::object made = nb::steal(with_python([&] { return PyObject_CallObject(function.ptr(), arguments.ptr()); }));
  if (!made.is_valid()) throw nb::python_error();
  return made;
}

const char* severity_word(psdl_severity severity) {
  switch (severity) {
    case PSDL_SEVERITY_WARNING: return "warning";
    case PSDL_SEVERITY_NOTE: return "note";
    default: return "error";
  }
}

Diagnostic diagnostic_from(const psdl_diagnostic& read) {
  Diagnostic made;
  made.severity = severity_word(read.severity);
  made.code = as_string(read.code);
  made.message = as_string(read.message);
  made.file = as_string(read.file);
  made.help = as_string(read.help);
  made.line = read.line;
  made.column = read.column;
  made.document = read.document;
  return made;
}

namespace {

[[noreturn]] void throw_exception(const nb::object& exception) {
  PyErr_SetObject(exception.type().ptr(), exception.ptr());
  throw nb::python_error();
}

}  // namespace

void raise(psdl_status status, Failure failure) {
  nb::list problems;
  for (Diagnostic& problem : failure.problems) problems.append(nb::cast(std::move(problem)));
  const nb::object result = failure.result.is_valid() ? failure.result : nb::none();
  nb::object exception = called(
      imported("psdl.errors", "make"),
      nb::make_tuple(psdl_status_name(status), failure.message, nb::tuple(problems), result));
  if (failure.cause.is_valid()) exception.attr("__cause__") = failure.cause;
  throw_exception(exception);
}

void raise(psdl_status status, std::string message) {
  Failure failure;
  failure.message = std::move(message);
  raise(status, std::move(failure));
}

void raise_not_json(const std::string& path, const std::string& message) {
  throw_exception(called(imported("psdl.errors", "NotJsonError"), nb::make_tuple(path, message)));
}

psdl_format format_of(std::string_view word) {
  if (word == "auto") return PSDL_FORMAT_AUTO;
  if (word == "json") return PSDL_FORMAT_JSON;
  if (word == "yaml") return PSDL_FORMAT_YAML;
  raise(PSDL_BAD_ARGUMENT, "format is none of `auto`, `json`, `yaml`");
}

psdl_dialect dialect_of(std::string_view word) {
  if (word == "by_name") return PSDL_DIALECT_BY_NAME;
  if (word == "rego_v0") return PSDL_DIALECT_REGO_V0;
  if (word == "rego_v1") return PSDL_DIALECT_REGO_V1;
  if (word == "psdl") return PSDL_DIALECT_PSDL;
  raise(PSDL_BAD_ARGUMENT, "dialect is none of `by_name`, `rego_v0`, `rego_v1`, `psdl`");
}

TextOf::TextOf(nb::handle object) {
  PyObject* const from = object.ptr();
  if (PyBytes_Check(from)) {
    text = {PyBytes_AS_STRING(from), static_cast<std::size_t>(PyBytes_GET_SIZE(from))};
  } else if (PyUnicode_Check(from)) {
    Py_ssize_t length = 0;
    if (const char* const data = PyUnicode_AsUTF8AndSize(from, &length)) {
      text = {data, static_cast<std::size_t>(length)};
      return;
    }
    PyErr_Clear();
    const nb::object bytes = nb::steal(PyUnicode_AsEncodedString(from, "utf-8", "surrogatepass"));
    if (!bytes.is_valid()) throw nb::python_error();
    copy(bytes);
  } else if (PyObject_CheckBuffer(from)) {
    copy(object);
  } else {
    is_text = false;
  }
}

void TextOf::copy(nb::handle from) {
  Py_buffer buffer{};
  if (PyObject_GetBuffer(from.ptr(), &buffer, PyBUF_SIMPLE) != 0) throw nb::python_error();
  copy_.assign(static_cast<const char*>(buffer.buf), static_cast<std::size_t>(buffer.len));
  PyBuffer_Release(&buffer);
  text = as_text(copy_);
}

Texts::Texts(const std::vector<std::string>& from) {
  all.reserve(from.size());
  for (const std::string& one : from) all.push_back(as_text(one));
}

Limits limits_of(const nb::dict& from) {
  Limits made;
  for (const auto& [name, value] : from) {
    const TextOf key(name);
    if (!PyUnicode_Check(name.ptr()) || !PyLong_Check(value.ptr()))
      raise(PSDL_BAD_ARGUMENT, "limits: names with whole numbers are wanted");
    const unsigned long long number = PyLong_AsUnsignedLongLong(value.ptr());
    if (PyErr_Occurred() != nullptr) throw nb::python_error();
    made.push_back({key.text, number});
  }
  return made;
}

}  // namespace psdl_python
