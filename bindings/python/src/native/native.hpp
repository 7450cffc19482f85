// What the files of the module share: handles of psdl.h that free themselves, texts, and errors.
#pragma once

#include <nanobind/nanobind.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/string_view.h>
#include <nanobind/stl/vector.h>

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gil.hpp"
#include "psdl/psdl.h"

namespace psdl_python {

namespace nb = nanobind;

template <auto Free>
struct Freer {
  template <class T>
  void operator()(T* handle) const noexcept {
    Free(handle);
  }
};
using CompilerHandle = std::unique_ptr<psdl_compiler, Freer<psdl_compiler_free>>;
using PolicyHandle = std::unique_ptr<psdl_policy, Freer<psdl_policy_free>>;
using QueryHandle = std::unique_ptr<psdl_query, Freer<psdl_query_free>>;
using DataHandle = std::unique_ptr<psdl_data, Freer<psdl_data_free>>;
using EvaluatorHandle = std::unique_ptr<psdl_evaluator, Freer<psdl_evaluator_free>>;
using ResultHandle = std::unique_ptr<psdl_result, Freer<psdl_result_free>>;
using BuilderHandle = std::unique_ptr<psdl_builder, Freer<psdl_builder_free>>;

inline psdl_text as_text(std::string_view text) {
  return {text.data(), text.size()};
}
inline std::string as_string(psdl_text text) {
  return text.length == 0 ? std::string() : std::string(text.data, text.length);
}
inline nb::str as_str(psdl_text text) {
  return nb::str(text.length == 0 ? "" : text.data, text.length);
}

// An options struct of psdl.h as it has to be before it is filled in.
template <class T>
T sized() {
  T made{};
  made.size = sizeof(T);
  return made;
}

// Calls that may run Python code, with nothing to be unwound inside: with_python(). They throw what it raised.
nb::object imported(const char* module, const char* name);
nb::object called(nb::handle function, const nb::tuple& arguments);

// A problem as Python sees it.
struct Diagnostic {
  std::string severity, code, message, file, help;
  std::uint32_t line = 0, column = 0, document = 0;
};

const char* severity_word(psdl_severity severity);
Diagnostic diagnostic_from(const psdl_diagnostic& read);

// The exception of psdl.errors for the status.
struct Failure {
  std::string message;
  std::vector<Diagnostic> problems;
  nb::object result;  // what was found before
  nb::object cause;   // what a host's builtin raised
};
[[noreturn]] void raise(psdl_status status, Failure failure = {});
[[noreturn]] void raise(psdl_status status, std::string message);
inline void check(psdl_status status) {
  if (status != PSDL_OK) raise(status);
}
// psdl.errors.NotJsonError: a value that JSON cannot hold, at a JSON pointer.
[[noreturn]] void raise_not_json(const std::string& path, const std::string& message);

// A word of an enumeration: format "json". Raises where it is none of them.
psdl_format format_of(std::string_view word);
psdl_dialect dialect_of(std::string_view word);

// The bytes of a Python object that holds a text: bytes or str, which are borrowed and must outlive it, or anything
// with the buffer protocol, which is copied, as another thread may change it once the GIL is released. Half a surrogate
// pair in a str has no UTF-8: it becomes bytes that the engine refuses, at their place. Where the object holds no text,
// is_text is false.
class TextOf {
 public:
  explicit TextOf(nb::handle object);
  TextOf(const TextOf&) = delete;
  TextOf& operator=(const TextOf&) = delete;
  bool is_text = true;
  psdl_text text{};
  [[nodiscard]] bool is_copy() const { return !copy_.empty(); }

 private:
  void copy(nb::handle buffer);

  std::string copy_;
};

// Texts of a sequence, kept for a call.
struct Texts {
  explicit Texts(const std::vector<std::string>& from);
  std::vector<psdl_text> all;
};
using Limits = std::vector<psdl_limit>;
// A dict of name to number; the names stay with the dict.
Limits limits_of(const nb::dict& from);

void bind_compiler(nb::module_& module);
void bind_data(nb::module_& module);
void bind_evaluator(nb::module_& module);
void bind_batch(nb::module_& module);
void bind_result(nb::module_& module);
void bind_values(nb::module_& module);
void bind_builtins(nb::module_& module);

}  // namespace psdl_python
