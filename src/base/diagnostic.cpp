// The list that stages report to.
#include "base/diagnostic.hpp"

namespace psdl {

Diagnostic& Diagnostics::add(Diagnostic diagnostic) {
  if (diagnostic.severity == Severity::Error) ++errors_;
  all_.push_back(std::move(diagnostic));
  return all_.back();
}

Diagnostic& Diagnostics::error(std::string_view code, Span span, std::string message) {
  return add({.code = std::string(code), .message = std::move(message), .span = span});
}

Diagnostic& Diagnostics::warning(std::string_view code, Span span, std::string message) {
  return add({.code = std::string(code), .message = std::move(message), .span = span, .severity = Severity::Warning, .beyond_opa = true});
}

}  // namespace psdl
