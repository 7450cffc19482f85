// The statement that came furthest decides: what generators try before it is the way there.
#include "testing/assertion.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "testing/show_value.hpp"
#include "value/text.hpp"

namespace psdl::testing {
namespace {

using debug::Event;
using debug::EventKind;
using debug::Failure;
using debug::Inspector;

bool is_inside(Span inner, Span outer) { return inner.source == outer.source && outer.begin <= inner.begin && inner.end <= outer.end; }

std::string_view text_of(const Inspector& at, Span span) { return at.program().sources[span.source]->text().substr(span.begin, span.end - span.begin); }

// Expressions of the body that stand around this one, from the body of the rule inwards: the first of them is a statement of the rule.
std::uint32_t outermost(const DebugInfo& info, std::uint32_t expression) {
  while (info.expressions[expression].around != kNoExpression) expression = info.expressions[expression].around;
  return expression;
}

// Whether a collection is written out of literals alone: no word stands in it outside of strings.
bool is_literal_collection(std::string_view text) {
  if (text.empty() || (text.front() != '{' && text.front() != '[')) return false;
  std::string word;
  for (std::size_t i = 0; i <= text.size(); ++i) {
    const char c = i < text.size() ? text[i] : ' ';
    if (c == '"') {
      for (++i; i < text.size() && text[i] != '"'; ++i) i += text[i] == '\\' ? 1 : 0;
    } else if (std::isalpha(static_cast<unsigned char>(c)) != 0) {
      word += c;
    } else {
      if (!word.empty() && word != "true" && word != "false" && word != "null" && word != "e" && word != "E") return false;
      word.clear();
    }
  }
  return true;
}

// What is written as its own value says nothing: 1, "a", {"x"}.
bool is_literal(std::string_view text, const Value& value) {
  if (text.empty()) return true;
  std::string rego = to_rego(value);
  std::string written(text);
  const auto squeeze = [](std::string& line) { line.erase(std::remove_if(line.begin(), line.end(), [](unsigned char c) { return std::isspace(c) != 0; }), line.end()); };
  squeeze(rego);
  squeeze(written);
  return rego == written || is_literal_collection(text) || text.front() == '"' || text.front() == '`' || std::isdigit(static_cast<unsigned char>(text.front())) != 0;
}

constexpr std::string_view kInfix[] = {":=", "==", "!=", "<=", ">=", "=", "<", ">", "+", "-", "*", "/", "%", "&", "|", "in"};

// Where the operator stands behind the left operand; npos where there is none.
std::size_t find_operator(std::string_view text, std::size_t from) {
  while (from < text.size() && std::isspace(static_cast<unsigned char>(text[from])) != 0) ++from;
  const std::string_view rest = text.substr(std::min(from, text.size()));
  const bool found = std::any_of(std::begin(kInfix), std::end(kInfix), [rest](std::string_view infix) { return rest.starts_with(infix); });
  return found ? from : std::string_view::npos;
}

}  // namespace

std::string case_name(const Value& name) { return name.is_string() ? std::string(name.as_string()) : to_json(name); }

std::vector<std::string> case_names(const Value& names) {
  std::vector<std::string> made;
  for (const Value& name : names.as_array()) made.push_back(case_name(name));
  return made;
}

bool AssertionListener::on_event(const Event& event, const Inspector& at) {
  if (event.depth == 1 && event.function == function_) note(event, at);
  return next_ == nullptr || next_->on_event(event, at);
}

void AssertionListener::note(const Event& event, const Inspector& at) {
  switch (event.kind) {
    case EventKind::Body:
      parts_.clear();
      case_ = SIZE_MAX;
      break;
    case EventKind::Case:
      begin_case(event.value);
      break;
    case EventKind::Value: {
      const auto same = [&](const Part& part) { return part.span == event.span; };
      parts_.erase(std::remove_if(parts_.begin(), parts_.end(), same), parts_.end());
      parts_.push_back({event.span, event.expression, event.value, false});
      break;
    }
    case EventKind::Failed:
      if (event.expression != kNoExpression) keep(event, at);
      break;
    default:
      break;
  }
}

void AssertionListener::begin_case(const Value& names) {
  std::vector<std::string> made = case_names(names);
  const auto known = std::find_if(cases_.begin(), cases_.end(), [&](const Begun& one) { return one.names == made; });
  case_ = static_cast<std::size_t>(known - cases_.begin());
  if (known == cases_.end()) cases_.push_back({std::move(made), 0, std::nullopt});
}

void AssertionListener::keep(const Event& event, const Inspector& at) {
  const DebugInfo& info = at.info();
  const SourceExpression& failed = info.expressions[event.expression];
  const bool tried = event.failure == Failure::Exhausted && event.count > 0;
  // What decided inside was kept already.
  const bool is_told = event.failure == Failure::Inner && failed.kind != SourceExpression::Kind::Not;
  const std::uint32_t whole = outermost(info, event.expression);
  Begun& begun = current();
  if (begun.failure.has_value() && (tried || is_told || whole < begun.furthest)) return;
  begun.furthest = whole;
  begun.failure = describe(event, at);
}

tools::TestFailure AssertionListener::describe(const Event& event, const Inspector& at) const {
  const DebugInfo& info = at.info();
  const Span statement = info.expressions[info.expressions[event.expression].statement].span;
  const Source& source = *at.program().sources[statement.source];
  tools::TestFailure made;
  const LineColumn begin = source.line_column(statement.begin);
  made.file = source.name();
  made.line = begin.line;
  made.column = begin.column;
  const std::uint32_t last = source.line_column(std::max(statement.end, statement.begin + 1) - 1).line;
  for (std::uint32_t line = begin.line; line <= last; ++line) made.lines.emplace_back(source.line(line));

  const auto add = [&](std::uint32_t offset, std::string value) {
    const LineColumn place = source.line_column(offset);
    if (place.line < begin.line || place.line > last) return;
    made.parts.push_back({place.line - begin.line, place.column, std::move(value)});
  };
  // A call stands under its name, an operator under itself: behind its left operand, which is the widest part that begins where the whole does.
  const auto place_of = [&](Span span) {
    std::uint32_t left_end = span.begin;
    for (const Part& other : parts_) {
      if (other.span != span && is_inside(other.span, span) && other.span.begin == span.begin) left_end = std::max(left_end, other.span.end);
    }
    const std::string_view text = text_of(at, span);
    if (left_end == span.begin) {
      // The left operand may be a literal, which has no part of its own.
      const bool begins_as_literal = !text.empty() && (std::isdigit(static_cast<unsigned char>(text.front())) != 0 || text.front() == '"');
      if (!begins_as_literal) return span.begin;
      left_end = span.begin + static_cast<std::uint32_t>(std::min(text.find(' '), text.size()));
    }
    const std::size_t found = find_operator(text, left_end - span.begin);
    return found == std::string_view::npos ? span.begin : span.begin + static_cast<std::uint32_t>(found);
  };
  for (const Part& part : parts_) {
    if (!is_inside(part.span, statement) || is_literal(text_of(at, part.span), part.value)) continue;
    add(place_of(part.span), show_value(part.value, full_values_));
  }
  switch (event.failure) {
    case Failure::False:
      if (event.other.is_defined()) {
        add(place_of(event.span), "false");
        made.diff = differences(event.value, event.other);
        if (!made.diff.empty()) made.reason = "the sides differ; - is left, + is right";
      }
      break;
    case Failure::Undefined:
      add(event.span.begin, "undefined");
      if (event.missing.is_defined()) {
        made.reason = fmt::format("{} is not in {}", show_value(event.missing, false), show_value(event.container, full_values_));
      } else {
        made.reason = fmt::format("`{}` is undefined", text_of(at, event.span));
      }
      break;
    case Failure::Error:
      add(event.span.begin, "undefined");
      made.reason = std::string(event.error);
      break;
    case Failure::NoCollection:
      made.reason = fmt::format("{} cannot be iterated", show_value(event.value, full_values_));
      break;
    case Failure::Exhausted:
      made.reason = event.count == 0 ? "there is nothing to iterate" : "no element is left";
      break;
    case Failure::Inner:
      made.reason = "what is negated holds";
      break;
    case Failure::None:
      break;
  }
  std::sort(made.parts.begin(), made.parts.end(), [](const tools::TestPart& a, const tools::TestPart& b) { return std::pair(a.line, a.column) < std::pair(b.line, b.column); });
  // At one place the widest comes last: `a` of `a.b` gives way to the whole.
  const auto same_place = [](const tools::TestPart& a, const tools::TestPart& b) { return a.line == b.line && a.column == b.column; };
  made.parts.erase(std::unique(made.parts.begin(), made.parts.end(), same_place), made.parts.end());
  return made;
}

}  // namespace psdl::testing
