// Problems as text for people, and as OPA's JSON. In: a DiagnosticList; out: strings.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/limit_names.hpp"
#include "base/nearest.hpp"
#include "psdl/tools/report.hpp"
#include "report/answers.hpp"
#include "report/display.hpp"
#include "report/snippet.hpp"
#include "runtime/problem.hpp"

namespace psdl::tools {
namespace {

using report::Mark;
using report::Paint;
using nlohmann::ordered_json;

struct Word {
  std::string_view text;
  Paint paint;
};

Word word_for(Severity severity) {
  switch (severity) {
    case Severity::Error: return {"error", Paint::Red};
    case Severity::Warning: return {"warning", Paint::Yellow};
    case Severity::Note: return {"note", Paint::Cyan};
  }
  return {"error", Paint::Red};
}

std::string heading(const Problem& problem) {
  return problem.code.empty() ? std::string(word_for(problem.severity).text) : fmt::format("{}[{}]", word_for(problem.severity).text, problem.code);
}

std::string place_text(const ShownPlace& place, bool ascii) {
  std::string text = escape_for_terminal(place.file, ascii);
  if (place.line > 0) text += fmt::format("{}{}:{}", text.empty() ? "" : ":", place.line, place.column);
  return text;
}

Mark mark_of(const ShownPlace& place, std::string_view label, bool is_primary) {
  return {place.line, place.column, place.end_column, std::string(label), is_primary, place.line_text, place.line_text_from};
}

void append_short(std::string& out, const Problem& problem, const TextStyle& style) {
  const std::string place = place_text(problem.place, style.ascii);
  if (!place.empty()) out += place + ": ";
  out += heading(problem) + ": ";
  report::append_escaped(out, problem.message, style.ascii);
  out += '\n';
}

void append_rich(std::string& out, const Problem& problem, const TextStyle& style) {
  const Word word = word_for(problem.severity);
  report::append_painted(out, heading(problem), word.paint, style);
  std::string message = ": ";
  report::append_escaped(message, problem.message, style.ascii);
  report::append_painted(out, message, Paint::Bold, style);
  out += '\n';
  std::size_t gutter = 1;
  if (problem.place.line > 0) {
    std::vector<Mark> marks{mark_of(problem.place, problem.label, true)};
    for (const ShownLabel& label : problem.related) {
      if (label.place.file == problem.place.file && label.place.line > 0) marks.push_back(mark_of(label.place, label.text, false));
    }
    gutter = report::append_snippet(out, place_text(problem.place, style.ascii), "", std::move(marks), word.paint, style);
  } else if (!problem.place.file.empty()) {
    out += " --> " + place_text(problem.place, style.ascii) + '\n';
  }
  const bool has_notes = !problem.notes.empty() || !problem.help.empty();
  if (has_notes && problem.place.line > 0) {
    out.append(gutter + 1, ' ');
    report::append_painted(out, "|", Paint::Blue, style);
    out += '\n';
  }
  for (const ShownLabel& label : problem.related) {
    if (label.place.file == problem.place.file && label.place.line > 0) continue;
    report::append_note(out, gutter, "note", fmt::format("{}: {}", place_text(label.place, style.ascii), label.text), style);
  }
  for (const std::string& note : problem.notes) report::append_note(out, gutter, "note", note, style);
  for (const std::string& help : problem.help) report::append_note(out, gutter, "help", help, style);
}

// OPA's fields in OPA's order. A parse error brings the line and the index in it.
ordered_json error_json(const Problem& problem, bool with_text) {
  ordered_json error;
  const bool has_place = problem.place.line > 0;
  if (with_text) {
    error["code"] = problem.code;
    error["message"] = problem.message;
  } else {
    error["message"] = problem.message;
    if (!problem.code.empty()) error["code"] = problem.code;
  }
  if (has_place || !problem.place.file.empty()) {
    error["location"] = {{"file", problem.place.file}, {"row", problem.place.opa_row}, {"col", problem.place.opa_column}};
  }
  if (with_text) {
    std::string text;
    if (has_place) {
      text = problem.place.file.empty() ? fmt::format("{}:{}: ", problem.place.opa_row, problem.place.opa_column)
                                        : fmt::format("{}:{}: ", problem.place.file, problem.place.opa_row);
    }
    if (!problem.code.empty()) text += problem.code + ": ";
    error["text"] = text + problem.message;
  } else if (problem.code == "rego_parse_error" && has_place && !problem.place.line_text.empty()) {
    error["details"] = {{"line", problem.place.line_text}, {"idx", problem.place.opa_column > 0 ? problem.place.opa_column - 1 : 0}};
  }
  return error;
}

ordered_json errors_of(const DiagnosticList& diagnostics, bool with_text, bool beyond_opa) {
  ordered_json errors = ordered_json::array();
  for (const Problem& problem : diagnostics.impl().items) {
    if (problem.severity == Severity::Error && problem.beyond_opa == beyond_opa) errors.push_back(error_json(problem, with_text));
  }
  return errors;
}

// OPA's list; where that is empty, what PSDL refuses and OPA does not (a builtin that is left out): no error is ever an empty list.
ordered_json errors_json(const DiagnosticList& diagnostics, bool with_text) {
  ordered_json errors = errors_of(diagnostics, with_text, false);
  return errors.empty() ? errors_of(diagnostics, with_text, true) : errors;
}

}  // namespace

void name_limits_by_flags() { psdl::name_limits_by_flags(); }

std::string render_diagnostics(const DiagnosticList& diagnostics, const TextStyle& style) {
  std::string out;
  for (const Problem& problem : diagnostics.impl().items) {
    if (style.short_form) {
      append_short(out, problem, style);
      continue;
    }
    append_rich(out, problem, style);
    out += '\n';
  }
  return out;
}

std::size_t edit_distance(std::string_view a, std::string_view b) { return psdl::edit_distance(a, b); }

std::string render_diagnostics_json(const DiagnosticList& diagnostics) {
  ordered_json errors = errors_json(diagnostics, false);
  if (errors.empty()) return "{}\n";
  ordered_json tree;
  tree["errors"] = std::move(errors);
  return report::html_safe(tree.dump(2, ' ', false, ordered_json::error_handler_t::replace)) + '\n';
}

std::string diagnostics_array_json(const DiagnosticList& diagnostics, bool with_text, bool opa_only) {
  if (opa_only) return errors_of(diagnostics, with_text, false).dump(-1, ' ', false, ordered_json::error_handler_t::replace);
  return errors_json(diagnostics, with_text).dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

}  // namespace psdl::tools
