// Problems with types in words, at their places.
#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <string>
#include <vector>

#include "base/nearest.hpp"
#include "codec/internal.hpp"
#include "codec/positions.hpp"
#include "kubernetes/check_types.hpp"
#include "kubernetes/scalars.hpp"
#include "runtime/pointer.hpp"
#include "value/number.hpp"

namespace psdl {
namespace {

std::string quoted(std::string_view text) { return codec::quoted_for_message(text); }

// "spec.containers[0].ports" of "/spec/containers/0/ports".
std::string shown_path(std::string_view pointer) {
  std::string path;
  for (const std::string& step : pointer_steps(pointer)) {
    const bool is_index = !step.empty() && step.find_first_not_of("0123456789") == std::string::npos;
    const bool is_plain = step.find_first_of("./[] \"") == std::string::npos && !step.empty();
    if (is_index) {
      path += fmt::format("[{}]", step);
    } else if (is_plain) {
      path += (path.empty() ? "" : ".") + step;
    } else {
      path += fmt::format("[\"{}\"]", step);
    }
  }
  return path;
}

std::string_view wanted_single(Shape shape) {
  switch (shape) {
    case Shape::Boolean: return "true or false";
    case Shape::Bytes: return "a base64 string";
    case Shape::Int32:
    case Shape::Int64: return "an integer";
    case Shape::IntOrString: return "an integer or a string";
    case Shape::Quantity: return "a quantity such as 500m or 1Gi";
    case Shape::String: return "a string";
    case Shape::Time: return "a time such as \"2006-01-02T15:04:05Z\"";
    case Shape::Any:
    case Shape::Embedded:
    case Shape::Struct: return "a map";
  }
  return "something else";
}

std::string_view wanted(const TypeProblem& problem) {
  const bool is_list_due = problem.field->holder == Holder::MapOfLists && !problem.value.is_array();
  if (problem.is_element) return is_list_due ? "a list" : wanted_single(problem.field->shape);
  switch (problem.field->holder) {
    case Holder::One: return wanted_single(problem.field->shape);
    case Holder::List: return "a list";
    case Holder::Map:
    case Holder::MapOfLists: return "a map";
  }
  return "something else";
}

std::string number_of(const Value& number) {
  NumberBuffer buffer;
  return quoted(number_text(number, buffer));
}

std::string found(const Value& value) {
  switch (value.kind()) {
    case Kind::Boolean: return value.is_true() ? "`true`" : "`false`";
    case Kind::Number: return "the number " + number_of(value);
    case Kind::String: return "the string " + quoted(value.as_string());
    case Kind::Array: return "a list";
    case Kind::Object: return "a map";
    case Kind::Undefined:
    case Kind::Null:
    case Kind::Set: return "null";
  }
  return "null";
}

// Strings that were meant to be booleans.
bool is_boolean_word(std::string_view text) {
  constexpr std::string_view kWords[] = {"true", "false", "yes", "no", "on", "off", "True", "False"};
  return std::find(std::begin(kWords), std::end(kWords), text) != std::end(kWords);
}

// What to write in its place, where that is plain. Only what YAML would read as the type that is due.
std::string help_for(const TypeProblem& problem) {
  const Value& value = problem.value;
  const bool is_single = problem.is_element || problem.field->holder == Holder::One;
  if (!is_single) {
    const bool is_list = problem.field->holder == Holder::List;
    return is_list && (value.is_object() || value.is_string()) ? "begin each item with `- `" : "";
  }
  const Shape shape = problem.field->shape;
  if (shape == Shape::String && (value.is_number() || value.is_boolean())) return "put it in quotes";
  if (!value.is_string()) return "";
  const std::string_view text = value.as_string();
  if (shape == Shape::Boolean && is_boolean_word(text)) return "write it without quotes: true or false";
  if ((shape == Shape::Int32 || shape == Shape::Int64) && is_number_text(text)) return "write it without quotes";
  return "";
}

std::string shown_type(const KnownType& type) {
  std::string name(type.name());
  std::replace(name.begin(), name.end(), '.', ' ');
  return name;
}

// The field that was meant: the same but for its case, else one that differs least, by a third of its letters at most.
std::string_view meant_field(const KnownType& type, std::string_view name) {
  constexpr std::size_t kLongest = 64;  // of a name that is worth comparing
  if (name.size() > kLongest) return {};
  std::string_view best;
  std::size_t best_distance = std::min<std::size_t>(2, name.size() / 3) + 1;
  const auto lower = [](std::string_view text) {
    std::string out(text);
    for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
    return out;
  };
  const std::string wanted_name = lower(name);
  for (const KnownField& field : type.fields()) {
    const std::string own = lower(field.name());
    if (own == wanted_name) return field.name();
    const std::size_t distance = edit_distance(own, wanted_name);
    if (distance >= best_distance) continue;
    best_distance = distance;
    best = field.name();
  }
  return best;
}

ShownPlace shown(const Document& document, const TextRange& range) {
  ShownPlace place;
  place.file = document.place().stream;
  place.line = range.begin.line;
  place.column = range.begin.column;
  place.end_column = range.end.line == range.begin.line ? range.end.column : 0;
  place.opa_row = place.line;
  place.opa_column = place.column;
  place.line_text = line_window(line_of(document, range.begin.offset), place.column, place.line_text_from);
  return place;
}

class Describer {
 public:
  Describer(const Document& document, bool strict, DiagnosticList& problems)
      : document_(document), strict_(strict), problems_(problems) {}

  void add(const TypeProblem& problem, const NodePlace& place) {
    Problem made;
    const std::string path = place.is_found ? shown_path(place.pointer) : std::string(problem.name);
    TextRange range = place.value;
    switch (problem.kind) {
      case TypeProblem::Kind::WrongType:
        made.code = "bad_type";
        made.message = fmt::format("{} must be {}, not {}", quoted(path), wanted(problem), found(problem.value));
        if (std::string help = help_for(problem); !help.empty()) made.help.push_back(std::move(help));
        break;
      case TypeProblem::Kind::BadValue:
        made.code = "bad_value";
        made.message = bad_value(problem, path);
        break;
      case TypeProblem::Kind::UnknownField: {
        const std::string_view meant = meant_field(*problem.type, problem.name);
        if (meant.empty() && problem.type->unknown == Unknown::NearNames) return;
        made.code = "unknown_field";
        made.message = fmt::format("no field {} on {}", quoted(problem.name), shown_type(*problem.type));
        if (!meant.empty()) made.message += fmt::format("; did you mean `{}`?", meant);
        made.severity = strict_ ? Severity::Error : Severity::Warning;
        if (!place.key.is_empty()) range = place.key;
        break;
      }
      case TypeProblem::Kind::NoContainers:
        made.code = "missing_field";
        made.message = fmt::format("a {} must have containers", problem.name);
        if (!path.empty()) made.message += fmt::format(": there are none in {}", quoted(path));
        range = place.key.is_empty() ? place.value : place.key;
        break;
    }
    if (place.is_found) {
      made.place = shown(document_, range);
    } else {
      made.place.file = document_.place().stream;
    }
    problems_.impl().items.push_back(std::move(made));
  }

  void add_untold(std::size_t count, std::string_view code, std::string_view what, Severity severity) {
    if (count <= kMostTypeProblems) return;
    Problem made;
    made.code = code;
    made.message = fmt::format("{} more {} of this document are not shown", count - kMostTypeProblems, what);
    made.severity = severity;
    made.place.file = document_.place().stream;
    problems_.impl().items.push_back(std::move(made));
  }

 private:
  std::string bad_value(const TypeProblem& problem, const std::string& path) const {
    const Value& value = problem.value;
    if (value.is_string()) {
      return fmt::format("{} must be {}, which {} is not", quoted(path), wanted(problem), quoted(value.as_string()));
    }
    const std::string why = integer_problem(value, problem.field->shape, document_.format());
    return fmt::format("{} must be an integer: {} {}", quoted(path), number_of(value), why);
  }

  const Document& document_;
  bool strict_;
  DiagnosticList& problems_;
};

}  // namespace

void describe_type_problems(const Document& document, const TypeReport& report, bool strict, DiagnosticList& problems) {
  std::vector<std::uint32_t> origins;
  for (const TypeProblem& problem : report.problems) origins.push_back(problem.origin);
  const std::vector<NodePlace> places = locate(document, origins);
  Describer describer(document, strict, problems);
  for (std::size_t i = 0; i < places.size(); ++i) describer.add(report.problems[i], places[i]);
  describer.add_untold(report.errors, "bad_type", "wrong types", Severity::Error);
  const Severity severity = strict ? Severity::Error : Severity::Warning;
  describer.add_untold(report.unknown_fields, "unknown_field", "unknown fields", severity);
}

}  // namespace psdl
