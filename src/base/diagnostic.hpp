// What is wrong with a policy or a document, as values. Stages add to a `Diagnostics` and carry on.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/source.hpp"

namespace psdl {

enum class Severity : std::uint8_t { Error, Warning, Note };

// A second place that belongs to a diagnostic, with a few words on it.
struct Label {
  Span span;
  std::string text;
};

// code:    OPA's where OPA has one (`rego_parse_error`), else PSDL's own (`limit_object_bytes`, `duplicate_key`).
// message: one line; where `beyond_opa` is false it is OPA's text to the letter.
// beyond_opa: OPA does not report it (recovery after the first error, warnings): rich output shows it, `-o json` and `pipe` leave it out.
struct Diagnostic {
  std::string code;
  std::string message;
  Span span;
  Severity severity = Severity::Error;
  bool beyond_opa = false;
  std::string label = {};               // said under the underlined place
  std::vector<Label> related = {};
  std::vector<std::string> notes = {};  // "= note: .." lines
  std::vector<std::string> help = {};   // "= help: .." lines
};

class Diagnostics {
 public:
  // The diagnostic added, so that notes can be hung on it; valid until the next add().
  Diagnostic& add(Diagnostic diagnostic);
  Diagnostic& error(std::string_view code, Span span, std::string message);
  Diagnostic& warning(std::string_view code, Span span, std::string message);

  [[nodiscard]] bool has_errors() const { return errors_ > 0; }
  [[nodiscard]] std::size_t error_count() const { return errors_; }
  [[nodiscard]] const std::vector<Diagnostic>& all() const { return all_; }
  [[nodiscard]] std::vector<Diagnostic>& all() { return all_; }

 private:
  std::vector<Diagnostic> all_;
  std::size_t errors_ = 0;
};

}  // namespace psdl
