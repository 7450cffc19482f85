// Findings as JSON, schema psdl/findings/v1.
#include <nlohmann/json.hpp>

#include "psdl/psdl.hpp"
#include "report/findings.hpp"

namespace psdl::report {
namespace {

using nlohmann::ordered_json;

std::string dump(const ordered_json& tree) { return tree.dump(-1, ' ', false, ordered_json::error_handler_t::replace); }

std::string_view severity_name(FindingSeverity severity) {
  switch (severity) {
    case FindingSeverity::Error: return "error";
    case FindingSeverity::Warning: return "warning";
    case FindingSeverity::Note: return "note";
  }
  return "error";
}

std::string_view precision_name(Precision precision) {
  switch (precision) {
    case Precision::Exact: return "exact";
    case Precision::Parent: return "parent";
    case Precision::Container: return "container";
    case Precision::Object: return "object";
    case Precision::File: return "file";
  }
  return "file";
}

ordered_json object_json(const ObjectIdentity& object) {
  ordered_json tree;
  if (!object.api_version.empty()) tree["apiVersion"] = object.api_version;
  if (!object.kind.empty()) tree["kind"] = object.kind;
  if (!object.namespace_name.empty()) tree["namespace"] = object.namespace_name;
  if (!object.name.empty()) tree["name"] = object.name;
  if (object.is_unknown_kind) tree["unknownKind"] = true;
  if (!object.source.empty()) tree["source"] = object.source;
  tree["doc"] = object.document;
  return tree;
}

ordered_json location_json(const Location& location) {
  ordered_json tree;
  tree["file"] = location.file;
  if (location.line > 0) {
    tree["start"] = {{"line", location.line}, {"column", location.column}, {"offset", location.offset}};
    tree["end"] = {{"line", location.end_line}, {"column", location.end_column}, {"offset", location.end_offset}};
  }
  tree["precision"] = precision_name(location.precision);
  return tree;
}

// A member whose value is JSON text already, put between two dumped objects: nlohmann would turn numbers into doubles.
void append_raw(std::string& out, std::string_view key, std::string_view json) {
  if (json.empty()) return;
  out.pop_back();  // the closing brace
  if (out.size() > 1) out += ',';
  out += '"';
  out += key;
  out += "\":";
  out += json;
  out += '}';
}

void append_members(std::string& out, const ordered_json& more) {
  if (more.empty()) return;
  out.pop_back();
  if (out.size() > 1) out += ',';
  out += dump(more).substr(1);
}

}  // namespace

std::string finding_json(const Finding& finding) {
  ordered_json head;
  head["rule"] = finding.rule;
  if (!finding.title.empty()) head["name"] = finding.title;
  head["severity"] = severity_name(finding.severity);
  head["message"] = finding.message;
  head["object"] = object_json(finding.object);
  if (!finding.container.empty()) head["container"] = finding.container;
  head["path"] = finding.path;
  if (!finding.missing.empty()) head["missing"] = finding.missing;

  ordered_json tail;
  tail["location"] = location_json(finding.location);
  if (!finding.related.empty()) {
    ordered_json related = ordered_json::array();
    for (const RelatedPlace& place : finding.related) {
      ordered_json one;
      one["path"] = place.path;
      if (!place.label.empty()) one["label"] = place.label;
      one["location"] = location_json(place.location);
      related.push_back(std::move(one));
    }
    tail["related"] = std::move(related);
  }
  tail["source"] = {{"entryPoint", finding.entry_point}, {"rule", finding.source_file}, {"line", finding.source_line}};
  tail["fingerprint"] = finding.fingerprint;
  tail["suppressed"] = nullptr;

  std::string out = dump(head);
  append_raw(out, "details", finding.details_json);
  append_raw(out, "value", finding.value_json);
  append_members(out, tail);
  return out;
}

void JsonReport::add(const Finding& finding) {
  if (!findings_.empty()) findings_ += ',';
  findings_ += finding_json(finding);
}

void JsonReport::add(const DiagnosticList& errors) {
  std::string array = tools::diagnostics_array_json(errors, false);
  if (array == "[]") return;
  if (!errors_.empty()) errors_ += ',';
  errors_ += std::string_view(array).substr(1, array.size() - 2);
}

void JsonReport::add_warnings(const DiagnosticList& warnings) {
  for (std::size_t i = 0; i < warnings.size(); ++i) {
    const DiagnosticView warning = warnings[i];
    ordered_json tree = {{"message", warning.message}, {"code", warning.code}};
    tree["location"] = {{"file", warning.file}, {"row", warning.line}, {"col", warning.column}};
    if (!warnings_.empty()) warnings_ += ',';
    warnings_ += dump(tree);
  }
}

std::string JsonReport::finish(const Summary& summary) {
  ordered_json tool = {{"name", "psdl"}, {"version", version()}};
  ordered_json by_severity = ordered_json::object();
  if (summary.errors > 0) by_severity["error"] = summary.errors;
  if (summary.warnings > 0) by_severity["warning"] = summary.warnings;
  if (summary.notes > 0) by_severity["note"] = summary.notes;
  ordered_json counts;
  counts["files"] = summary.files;
  counts["documents"] = summary.documents;
  counts["objects"] = summary.objects;
  counts["skipped"] = summary.not_manifests;
  counts["failed"] = summary.failed;
  counts["findings"] = summary.errors + summary.warnings + summary.notes;
  counts["suppressed"] = 0;
  counts["bySeverity"] = std::move(by_severity);
  counts["exit"] = summary.exit_code;
  std::string out = R"({"schema":"psdl/findings/v1","tool":)" + dump(tool) + ",\"findings\":[" + findings_ + "]";
  if (!errors_.empty()) out += ",\"errors\":[" + errors_ + "]";
  if (!warnings_.empty()) out += ",\"warnings\":[" + warnings_ + "]";
  out += ",\"summary\":" + dump(counts) + "}";
  return tools::indent_json(out) + '\n';
}

}  // namespace psdl::report
