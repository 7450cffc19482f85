// Names of enumerators, objects, counts.
#include "report/words.hpp"

#include <fmt/format.h>

#include <charconv>

namespace psdl::tools {

std::string_view severity_word(FindingSeverity severity) {
  switch (severity) {
    case FindingSeverity::Error: return "error";
    case FindingSeverity::Warning: return "warning";
    case FindingSeverity::Note: return "note";
  }
  return "error";
}

std::string plural(std::size_t count, std::string_view one) {
  return fmt::format("{} {}{}", count, one, count == 1 ? "" : "s");
}

}  // namespace psdl::tools

namespace psdl::report {

std::string_view precision_word(Precision precision) {
  switch (precision) {
    case Precision::Exact: return "exact";
    case Precision::Parent: return "parent";
    case Precision::Container: return "container";
    case Precision::Object: return "object";
    case Precision::File: return "file";
  }
  return "file";
}

std::string_view suppression_word(Suppression::Kind kind) {
  switch (kind) {
    case Suppression::Kind::Exception: return "exception";
    case Suppression::Kind::InlineMark: return "inline";
    case Suppression::Kind::Annotation: return "annotation";
    case Suppression::Kind::Baseline: return "baseline";
  }
  return "exception";
}

std::string object_text(const ObjectIdentity& object) {
  std::string text = object.kind;
  if (!object.name.empty()) {
    if (!text.empty()) text += ' ';
    if (!object.namespace_name.empty()) text += object.namespace_name + '/';
    text += object.name;
  }
  if (object.is_unknown_kind) text += text.empty() ? "unknown kind" : ", unknown kind";
  return text;
}

std::optional<double> security_score(const RuleInfo* rule) {
  if (rule == nullptr || rule->security_severity.empty()) return std::nullopt;
  const std::string& text = rule->security_severity;
  double score = 0;
  const char* end = text.data() + text.size();
  const auto [rest, failure] = std::from_chars(text.data(), end, score);
  if (failure != std::errc() || rest != end) return std::nullopt;
  return score;
}

std::string suppression_text(const Suppression& suppression) {
  std::string text = "suppressed by ";
  switch (suppression.kind) {
    case Suppression::Kind::Exception: text += "an exception"; break;
    case Suppression::Kind::InlineMark: text += "a mark in the file"; break;
    case Suppression::Kind::Annotation: text += "an annotation"; break;
    case Suppression::Kind::Baseline: text += "the baseline file"; break;
  }
  if (!suppression.reason.empty()) text += ": " + suppression.reason;
  std::string more = suppression.owner;
  if (!suppression.expires.empty()) more += (more.empty() ? "until " : ", until ") + suppression.expires;
  if (!more.empty()) text += " (" + more + ")";
  return text;
}

}  // namespace psdl::report
