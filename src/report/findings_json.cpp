// Findings as JSON, schema psdl/findings/v1.
#include <nlohmann/json.hpp>

#include <algorithm>

#include "psdl/psdl.hpp"
#include "report/escape.hpp"
#include "report/verdict_json.hpp"
#include "report/words.hpp"
#include "report/writer.hpp"
#include "report/yaml_text.hpp"

namespace psdl::report {
namespace {

using nlohmann::ordered_json;

std::string dump(const ordered_json& tree) { return tree.dump(-1, ' ', false, ordered_json::error_handler_t::replace); }

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
  tree["precision"] = precision_word(location.precision);
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

ordered_json related_json(const std::vector<RelatedPlace>& places) {
  ordered_json related = ordered_json::array();
  for (const RelatedPlace& place : places) {
    ordered_json one;
    one["path"] = place.path;
    if (!place.label.empty()) one["label"] = place.label;
    one["location"] = location_json(place.location);
    related.push_back(std::move(one));
  }
  return related;
}

ordered_json suppression_json(const Suppression& suppression) {
  ordered_json tree = {{"kind", suppression_word(suppression.kind)}};
  if (!suppression.reason.empty()) tree["reason"] = suppression.reason;
  if (!suppression.owner.empty()) tree["owner"] = suppression.owner;
  if (!suppression.expires.empty()) tree["expires"] = suppression.expires;
  if (!suppression.file.empty()) tree["file"] = suppression.file;
  if (suppression.line > 0) tree["line"] = suppression.line;
  return tree;
}

ordered_json fix_json(const Fix& fix) {
  ordered_json edits = ordered_json::array();
  for (const TextEdit& edit : fix.edits)
    edits.push_back({{"start", edit.begin}, {"end", edit.end}, {"text", edit.text}});
  ordered_json tree = {{"safe", true}};
  if (!fix.description.empty()) tree["description"] = fix.description;
  tree["edits"] = std::move(edits);
  return tree;
}

ordered_json head_json(const Finding& finding, const RuleInfo* rule) {
  ordered_json head;
  head["rule"] = finding.rule;
  const std::string& name = rule != nullptr && !rule->name.empty() ? rule->name : finding.title;
  if (!name.empty()) head["name"] = name;
  if (rule != nullptr && !rule->level.empty()) head["level"] = rule->level;
  head["severity"] = severity_word(finding.severity);
  if (const std::optional<double> score = security_score(rule)) head["securitySeverity"] = *score;
  head["message"] = finding.message;
  if (!finding.psa.empty()) head["psa"] = finding.psa;
  head["object"] = object_json(finding.object);
  if (!finding.container.empty()) head["container"] = finding.container;
  head["path"] = finding.path;
  if (!finding.missing.empty()) head["missing"] = finding.missing;
  return head;
}

// One compact object of schema psdl/findings/v1.
std::string finding_json(const Finding& finding, const RuleInfo* rule) {
  ordered_json tail;
  tail["location"] = location_json(finding.location);
  if (!finding.related.empty()) tail["related"] = related_json(finding.related);
  tail["source"] = {{"entryPoint", finding.entry_point}, {"rule", finding.source_file}, {"line", finding.source_line}};
  tail["fingerprint"] = finding.fingerprint;
  tail["suppressed"] = finding.suppressed ? suppression_json(*finding.suppressed) : ordered_json(nullptr);
  if (finding.fix) tail["fix"] = fix_json(*finding.fix);

  std::string out = dump(head_json(finding, rule));
  append_raw(out, "details", finding.details_json);
  append_raw(out, "value", finding.value_json);
  append_members(out, tail);
  return json_visible(out);
}

void append_item(std::string& list, std::string_view item) {
  if (item.empty()) return;
  if (!list.empty()) list += ',';
  list += item;
}

std::string errors_json(const DiagnosticList& errors) {
  const std::string array = tools::diagnostics_array_json(errors, false);
  return array == "[]" ? std::string() : array.substr(1, array.size() - 2);
}

void append_warnings(std::string& list, const DiagnosticList& warnings) {
  for (std::size_t i = 0; i < warnings.size(); ++i) {
    const DiagnosticView warning = warnings[i];
    ordered_json tree = {{"message", warning.message}, {"code", warning.code}};
    tree["location"] = {{"file", warning.file}, {"row", warning.line}, {"col", warning.column}};
    append_item(list, dump(tree));
  }
}

std::string_view verdict_word(Status status) {
  switch (status) {
    case Status::Allow: return "allow";
    case Status::Deny: return "deny";
    case Status::Error: return "error";
    case Status::Skipped: return "skipped";
  }
  return "error";
}

std::string_view state_word(tools::ExceptionUse::State state) {
  switch (state) {
    case tools::ExceptionUse::State::Used: return "used";
    case tools::ExceptionUse::State::Unused: return "unused";
    case tools::ExceptionUse::State::Expired: return "expired";
  }
  return "unused";
}

ordered_json exceptions_json(const std::vector<tools::ExceptionUse>& uses) {
  ordered_json list = ordered_json::array();
  for (const tools::ExceptionUse& use : uses) {
    ordered_json one = {{"state", state_word(use.state)}, {"rule", use.rule}, {"object", use.object}};
    if (!use.container.empty()) one["container"] = use.container;
    if (!use.reason.empty()) one["reason"] = use.reason;
    if (!use.owner.empty()) one["owner"] = use.owner;
    if (!use.expires.empty()) one["expires"] = use.expires;
    if (!use.file.empty()) one["file"] = use.file;
    if (use.line > 0) one["line"] = use.line;
    list.push_back(std::move(one));
  }
  return list;
}

// Objects without findings that count.
ordered_json passed_json(const std::vector<Document>& documents) {
  ordered_json list = ordered_json::array();
  for (const Document& document : documents) {
    const bool is_clean = std::all_of(document.findings.begin(), document.findings.end(),
                                      [](const Finding& finding) { return finding.suppressed.has_value(); });
    if (!is_clean || document.status == Status::Error) continue;
    ordered_json one = {{"document", document.name}, {"file", document.file}, {"object", object_json(document.object)}};
    if (document.status == Status::Skipped || !document.standards_apply) one["skipped"] = true;
    list.push_back(std::move(one));
  }
  return list;
}

ordered_json tool_json(const tools::RunFacts& facts) {
  ordered_json tool = {{"name", "psdl"}, {"version", version()}};
  if (!facts.kube_version.empty()) tool["kubeVersion"] = facts.kube_version;
  if (!facts.level.empty()) tool["level"] = facts.level;
  return tool;
}

ordered_json summary_json(const Run& run) {
  const Counts& counts = run.counts;
  ordered_json by_severity = ordered_json::object();
  for (const FindingSeverity severity : {FindingSeverity::Error, FindingSeverity::Warning, FindingSeverity::Note}) {
    const std::size_t count = counts.by_severity[static_cast<std::size_t>(severity)];
    if (count > 0) by_severity[std::string(severity_word(severity))] = count;
  }
  std::size_t skipped = 0;
  for (const Document& document : run.documents)
    skipped += document.status == Status::Skipped || !document.standards_apply ? 1 : 0;
  ordered_json tree;
  tree["files"] = run.facts.files;
  tree["documents"] = counts.documents + counts.skipped + counts.failed;
  tree["objects"] = counts.documents + counts.skipped;
  tree["skipped"] = skipped;
  tree["notManifests"] = run.facts.files_not_manifests;
  tree["failed"] = counts.failed;
  tree["findings"] = counts.total();
  tree["suppressed"] = counts.suppressed;
  tree["bySeverity"] = std::move(by_severity);
  tree["exit"] = run.facts.exit_code;
  return tree;
}

class JsonLinesWriter final : public ReportWriter {
 public:
  explicit JsonLinesWriter(const Setting& setting) : setting_(setting) {}
  std::string add(const Verdict& verdict, const tools::DocumentFacts&) override {
    std::string out;
    for (const Finding& finding : verdict.findings)
      out += finding_json(finding, setting_.rules.find(finding.rule)) + '\n';
    return out;
  }
  std::string finish(const tools::RunFacts&, const Counts&) override { return {}; }

 private:
  const Setting& setting_;
};

std::string run_json(const Run& run) {
  std::string findings;
  for (const Row& row : run.rows(true))
    append_item(findings, finding_json(*row.finding, run.setting.rules.find(row.finding->rule)));
  std::string errors;
  std::string warnings;
  for (const Document& document : run.documents) {
    if (document.errors != nullptr) append_item(errors, errors_json(*document.errors));
    if (document.warnings != nullptr) append_warnings(warnings, *document.warnings);
  }
  std::string out =
      R"({"schema":"psdl/findings/v1","tool":)" + dump(tool_json(run.facts)) + ",\"findings\":[" + findings + "]";
  if (run.setting.options.show_passed) out += ",\"passed\":" + dump(passed_json(run.documents));
  if (!errors.empty()) out += ",\"errors\":[" + errors + "]";
  if (!warnings.empty()) out += ",\"warnings\":[" + warnings + "]";
  if (!run.facts.exceptions.empty()) out += ",\"exceptions\":" + dump(exceptions_json(run.facts.exceptions));
  out += ",\"summary\":" + dump(summary_json(run)) + "}";
  return json_visible(out);
}

}  // namespace

std::string write_json(const Run& run) {
  return tools::indent_json(run_json(run)) + '\n';
}
std::string write_yaml(const Run& run) {
  return yaml_of_json(run_json(run));
}

std::unique_ptr<ReportWriter> make_json_lines(const Setting& setting) {
  return std::make_unique<JsonLinesWriter>(setting);
}

std::string errors_json_items(const DiagnosticList& errors) {
  return json_visible(errors_json(errors));
}

std::string verdict_json(const Verdict& verdict) {
  ordered_json head = {{"document", verdict.document}, {"verdict", verdict_word(verdict.status)}};
  if (!verdict.object.kind.empty() || !verdict.object.name.empty()) head["object"] = object_json(verdict.object);
  std::string out = dump(head);
  std::string findings;
  for (const Finding& finding : verdict.findings) append_item(findings, finding_json(finding, nullptr));
  append_raw(out, "findings", "[" + findings + "]");
  if (verdict.errors != nullptr) append_raw(out, "errors", "[" + errors_json(*verdict.errors) + "]");
  if (verdict.warnings != nullptr) {
    std::string warnings;
    append_warnings(warnings, *verdict.warnings);
    append_raw(out, "warnings", "[" + warnings + "]");
  }
  if (!verdict.printed.empty()) append_members(out, {{"printed", verdict.printed}});
  return json_visible(out);
}

}  // namespace psdl::report
