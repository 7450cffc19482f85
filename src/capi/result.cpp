// psdl_result: verdicts, findings and rows that stay until the result is used again.
#include "capi/result.hpp"

#include <algorithm>

#include "capi/arguments.hpp"
#include "capi/guard.hpp"
#include "report/verdict_json.hpp"
#include "value/text.hpp"

namespace psdl::capi {

psdl_severity severity_of(FindingSeverity severity) {
  switch (severity) {
    case FindingSeverity::Error: return PSDL_SEVERITY_ERROR;
    case FindingSeverity::Warning: return PSDL_SEVERITY_WARNING;
    case FindingSeverity::Note: return PSDL_SEVERITY_NOTE;
  }
  return PSDL_SEVERITY_ERROR;
}

psdl_precision precision_of(Precision precision) {
  switch (precision) {
    case Precision::Exact: return PSDL_PRECISION_EXACT;
    case Precision::Parent: return PSDL_PRECISION_PARENT;
    case Precision::Container: return PSDL_PRECISION_CONTAINER;
    case Precision::Object: return PSDL_PRECISION_OBJECT;
    case Precision::File: return PSDL_PRECISION_FILE;
  }
  return PSDL_PRECISION_FILE;
}

void ResultObject::clear(Holds what) {
  holds = what;
  is_batch = false;
  overall = PSDL_VERDICT_NONE;
  verdicts.clear();
  if (!errors.empty()) errors = DiagnosticList();
  shown_problems.clear();
  are_problems_shown = false;
  json.clear();
  if (query == nullptr && printed.empty()) return;  // all else is of queries
  arena.reset();
  rows = Value();
  printed.clear();
  query.reset();
}

void ResultObject::fail() {
  clear(holds);
  if (holds == Holds::Verdicts) overall = PSDL_VERDICT_ERROR;
}

Verdict& ResultObject::add(std::size_t text) {
  const std::size_t first = finding_count();
  KeptVerdict& made = verdicts.add();
  made.first_finding = first;
  made.text = text;
  return made;
}

const Finding* ResultObject::finding(std::size_t index, std::size_t& document) const {
  if (index >= finding_count()) return nullptr;
  // The last verdict that begins at or before it; those behind it that are empty begin after it.
  const auto behind =
      std::upper_bound(verdicts.begin(), verdicts.end(), index,
                       [](std::size_t wanted, const KeptVerdict& one) { return wanted < one.first_finding; });
  document = static_cast<std::size_t>(behind - verdicts.begin()) - 1;
  return &verdicts[document].findings[index - verdicts[document].first_finding];
}

const std::vector<ResultProblem>& ResultObject::problems() {
  if (are_problems_shown) return shown_problems;
  shown_problems.clear();
  const auto show = [this](const DiagnosticList& list, std::size_t document) {
    for (const Problem& problem : list.impl().items)
      shown_problems.push_back({&problem, static_cast<std::uint32_t>(document), help_of(problem)});
  };
  show(errors, 0);
  for (std::size_t i = 0; i < verdicts.size(); ++i) {
    if (verdicts[i].errors != nullptr) show(*verdicts[i].errors, i);
    if (verdicts[i].warnings != nullptr) show(*verdicts[i].warnings, i);
  }
  are_problems_shown = true;
  return shown_problems;
}

namespace {

std::string_view verdict_word(psdl_verdict verdict) {
  switch (verdict) {
    case PSDL_VERDICT_ALLOW: return "allow";
    case PSDL_VERDICT_DENY: return "deny";
    case PSDL_VERDICT_SKIPPED: return "skipped";
    case PSDL_VERDICT_ERROR: return "error";
    default: return "none";
  }
}

bool verdicts_json(const ResultObject& result, std::string& out) {
  out += R"({"verdict":")";
  out += verdict_word(result.overall);
  out += R"(","documents":[)";
  for (std::size_t i = 0; i < result.verdicts.size(); ++i) {
    if (i > 0) out += ',';
    out += report::verdict_json(result.verdicts[i]);
    if (!result.is_batch) continue;
    out.pop_back();
    out += ",\"text\":" + std::to_string(result.verdicts[i].text) + "}";
  }
  out += ']';
  return true;
}

bool rows_json(const ResultObject& result, std::string& out) {
  out += "{\"result\":";
  const std::size_t most = result.query != nullptr ? result.arena.limit_bytes() : SIZE_MAX;
  if (result.query != nullptr && !append_rows_json(*result.query, result.rows, most, out)) return false;
  if (result.query == nullptr) out += "[]";
  if (!result.printed.empty()) {
    out += ",\"printed\":";
    append_json_string(out, result.printed);
  }
  return true;
}

psdl_status result_json(ResultObject& result, psdl_text* out) {
  if (result.json.empty()) {
    std::string made;
    const bool is_whole = result.holds == Holds::Rows ? rows_json(result, made) : verdicts_json(result, made);
    if (!is_whole) return PSDL_LIMIT;
    if (!result.errors.empty()) made += ",\"errors\":[" + report::errors_json_items(result.errors) + "]";
    made += '}';
    result.json = std::move(made);
  }
  *out = as_text(result.json);
  return PSDL_OK;
}

void describe(const Verdict& verdict, psdl_document_verdict& out) {
  out.verdict = verdict_of(verdict.status);
  out.ordinal = verdict.object.document;
  out.finding_count = verdict.findings.size();
  out.document = as_text(verdict.document);
  out.api_version = as_text(verdict.object.api_version);
  out.kind = as_text(verdict.object.kind);
  out.namespace_name = as_text(verdict.object.namespace_name);
  out.name = as_text(verdict.object.name);
  out.printed = as_text(verdict.printed);
}

void describe(const Finding& finding, psdl_finding& out) {
  out.severity = severity_of(finding.severity);
  out.rule = as_text(finding.rule);
  out.entry_point = as_text(finding.entry_point);
  out.title = as_text(finding.title);
  out.message = as_text(finding.message);
  out.container = as_text(finding.container);
  out.missing = as_text(finding.missing);
  out.value = as_text(finding.value_json);
  out.details = as_text(finding.details_json);
  out.psa = as_text(finding.psa);
  out.source_file = as_text(finding.source_file);
  out.source_line = finding.source_line;
  out.related_count = static_cast<std::uint32_t>(finding.related.size());
  out.fingerprint = as_text(finding.fingerprint);
}

void describe(const Location& location, std::string_view path, std::string_view label, psdl_place& out) {
  out.file = as_text(location.file);
  out.path = as_text(path);
  out.label = as_text(label);
  out.precision = precision_of(location.precision);
  if (location.line == 0) return;
  out.offset = location.offset;
  out.end_offset = location.end_offset;
  out.line = location.line;
  out.column = location.column;
  out.end_line = location.end_line;
  out.end_column = location.end_column;
}

// A number that is asked for.
template <class F>
psdl_status count(const psdl_result* result, size_t* out, F&& body) noexcept {
  if (out == nullptr) return PSDL_BAD_ARGUMENT;
  *out = 0;
  return inside<ResultObject>(result, [&](ResultObject& object) -> psdl_status {
    *out = body(object);
    return PSDL_OK;
  });
}

// A struct that is filled in where the body finds what it is about.
template <class T, class F>
psdl_status fill(const psdl_result* result, T* out, F&& body) noexcept {
  if (!is_writable(out)) return PSDL_BAD_ARGUMENT;
  clear_struct(out);
  return inside<ResultObject>(result, [&](ResultObject& object) -> psdl_status {
    T made{};
    if (!body(object, made)) return PSDL_NOT_FOUND;
    write_struct(made, out);
    return PSDL_OK;
  });
}

// A part of a row, which is [bindings, [value of an expression, ..]].
template <class F>
psdl_status show_part(const psdl_result* result, std::size_t row, psdl_value* out, F&& find) noexcept {
  if (out == nullptr) return PSDL_BAD_ARGUMENT;
  *out = psdl_value{};
  const Entered<ResultObject> entered(result);
  if (entered.status() != PSDL_OK) return entered.status();
  const Value& rows = entered->rows;
  if (!rows.is_array() || row >= rows.as_array().size()) return PSDL_NOT_FOUND;
  const Value* const found = find(rows.as_array()[row].as_array());
  if (found == nullptr) return PSDL_NOT_FOUND;
  *out = show_value(entered.slot(), *found);
  return PSDL_OK;
}

}  // namespace
}  // namespace psdl::capi

using namespace psdl;        // NOLINT: definitions of psdl.h
using namespace psdl::capi;  // NOLINT

extern "C" {

psdl_status psdl_result_new(const psdl_evaluator* evaluator, psdl_result** out) noexcept {
  if (out == nullptr) return PSDL_BAD_ARGUMENT;
  *out = nullptr;
  return with<EvaluatorObject>(evaluator, [&](const EvaluatorObject& object) -> psdl_status {
    *out = reinterpret_cast<psdl_result*>(make_handle<ResultObject>(object.memory()));
    return PSDL_OK;
  });
}

psdl_status psdl_result_free(psdl_result* result) noexcept { return end_handle(HandleKind::Result, result); }

psdl_status psdl_result_verdict(const psdl_result* result, psdl_verdict* out) noexcept {
  if (out == nullptr) return PSDL_BAD_ARGUMENT;
  *out = PSDL_VERDICT_NONE;
  // Without a guard: nothing here can throw or compute.
  const Entered<ResultObject> entered(result);
  if (entered.status() == PSDL_OK) *out = entered->overall;
  return entered.status();
}

psdl_status psdl_result_document_count(const psdl_result* result, size_t* out) noexcept {
  return count(result, out, [](const ResultObject& object) { return object.verdicts.size(); });
}

psdl_status psdl_result_document(const psdl_result* result, size_t index, psdl_document_verdict* out) noexcept {
  return fill(result, out, [&](const ResultObject& object, psdl_document_verdict& made) {
    if (index >= object.verdicts.size()) return false;
    describe(object.verdicts[index], made);
    made.text = object.verdicts[index].text;
    made.first_finding = object.verdicts[index].first_finding;
    return true;
  });
}

psdl_status psdl_result_finding_count(const psdl_result* result, size_t* out) noexcept {
  return count(result, out, [](const ResultObject& object) { return object.finding_count(); });
}

psdl_status psdl_result_finding(const psdl_result* result, size_t index, psdl_finding* out) noexcept {
  return fill(result, out, [&](const ResultObject& object, psdl_finding& made) {
    std::size_t document = 0;
    const Finding* const finding = object.finding(index, document);
    if (finding == nullptr) return false;
    describe(*finding, made);
    made.document = static_cast<std::uint32_t>(document);
    return true;
  });
}

psdl_status psdl_result_place(const psdl_result* result, size_t finding, psdl_place* out) noexcept {
  return fill(result, out, [&](const ResultObject& object, psdl_place& made) {
    std::size_t document = 0;
    const Finding* const found = object.finding(finding, document);
    if (found == nullptr) return false;
    describe(found->location, found->path, {}, made);
    return true;
  });
}

psdl_status psdl_result_related(const psdl_result* result, size_t finding, size_t index, psdl_place* out) noexcept {
  return fill(result, out, [&](const ResultObject& object, psdl_place& made) {
    std::size_t document = 0;
    const Finding* const found = object.finding(finding, document);
    if (found == nullptr || index >= found->related.size()) return false;
    const RelatedPlace& place = found->related[index];
    describe(place.location, place.path, place.label, made);
    return true;
  });
}

psdl_status psdl_result_diagnostic_count(const psdl_result* result, size_t* out) noexcept {
  return count(result, out, [](ResultObject& object) { return object.problems().size(); });
}

psdl_status psdl_result_diagnostic(const psdl_result* result, size_t index, psdl_diagnostic* out) noexcept {
  return fill(result, out, [&](ResultObject& object, psdl_diagnostic& made) {
    const std::vector<ResultProblem>& all = object.problems();
    if (index >= all.size()) return false;
    describe(*all[index].problem, all[index].help, all[index].document, made);
    return true;
  });
}

psdl_status psdl_result_row_count(const psdl_result* result, size_t* out) noexcept {
  return count(result, out,
               [](const ResultObject& object) { return object.rows.is_array() ? object.rows.as_array().size() : 0; });
}

psdl_status psdl_result_value(const psdl_result* result, size_t row, size_t expression, psdl_value* out) noexcept {
  return show_part(result, row, out, [&](std::span<const Value> parts) {
    const std::span<const Value> values = parts[1].as_array();
    return expression < values.size() ? &values[expression] : nullptr;
  });
}

psdl_status psdl_result_bindings(const psdl_result* result, size_t row, psdl_value* out) noexcept {
  return show_part(result, row, out, [](std::span<const Value> parts) { return &parts[0]; });
}

psdl_status psdl_result_printed(const psdl_result* result, psdl_text* out) noexcept {
  if (out == nullptr) return PSDL_BAD_ARGUMENT;
  *out = {nullptr, 0};
  return inside<ResultObject>(result, [&](const ResultObject& object) -> psdl_status {
    *out = as_text(object.printed);
    return PSDL_OK;
  });
}

psdl_status psdl_result_json(psdl_result* result, psdl_text* out) noexcept {
  if (out == nullptr) return PSDL_BAD_ARGUMENT;
  *out = {nullptr, 0};
  return inside<ResultObject>(result, [&](ResultObject& object) { return result_json(object, out); });
}

}  // extern "C"
