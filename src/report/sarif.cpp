// SARIF 2.1.0 as GitHub's code scanning reads it: nothing that it requires is left out, regions stay on one line.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "psdl/psdl.hpp"
#include "report/display.hpp"
#include "report/escape.hpp"
#include "report/words.hpp"
#include "report/writer.hpp"

namespace psdl::report {
namespace {

using nlohmann::ordered_json;

constexpr std::size_t kMostResults = 25'000;  // GitHub refuses a run of more, and keeps the 5,000 gravest
constexpr std::size_t kMostRelated = 100;
constexpr std::string_view kHome = "https://psdl.dev/";  // the name that annotations in manifests have, too

// Plain text of a message. `[text](target)` would become a link: brackets are escaped where one could begin.
std::string message_text(std::string_view text) {
  const std::string shown = visible(text);
  if (shown.find("](") == std::string::npos) return shown;
  std::string out;
  for (const char c : shown) {
    if (c == '[' || c == ']' || c == '\\') out += '\\';
    out += c;
  }
  return out;
}

ordered_json message(std::string_view text) {
  return {{"text", message_text(text)}};
}

std::uint32_t code_points(std::string_view text) {
  std::uint32_t count = 0;
  for (; !text.empty(); ++count) text.remove_prefix(code_point(text).bytes);
  return count;
}

// GitHub shows a result in a pull request only where all its lines are in the diff: a place of several lines ends with
// its first.
ordered_json region(const Location& place) {
  if (place.line == 0) return {{"startLine", 1}, {"startColumn", 1}, {"endLine", 1}, {"endColumn", 1}};
  std::uint32_t end = place.end_column;
  if (place.end_line != place.line) end = place.line_text_from + code_points(place.line_text);
  return {{"startLine", place.line},
          {"startColumn", place.column},
          {"endLine", place.line},
          {"endColumn", std::max(end, place.column)}};
}

ordered_json artifact(const Run& run, const std::string& file) {
  return {{"uri", uri_path(run.repository_path(file))}};
}

ordered_json physical(const Run& run, const Location& place) {
  return {{"artifactLocation", artifact(run, place.file)}, {"region", region(place)}};
}

// "apps/v1/Deployment/shop/web#/spec/replicas".
std::string logical_name(const Finding& finding) {
  const ObjectIdentity& object = finding.object;
  std::string name;
  for (const std::string* part : {&object.api_version, &object.kind, &object.namespace_name, &object.name}) {
    if (!part->empty()) name += (name.empty() ? "" : "/") + *part;
  }
  return visible(name + "#" + finding.path);
}

std::string_view suppression_kind(Suppression::Kind kind) {
  return kind == Suppression::Kind::InlineMark || kind == Suppression::Kind::Annotation ? "inSource" : "external";
}

// --- Rules ---------------------------------------------------------------------------------------------------------

std::string or_else(const std::string& text, const std::string& other) {
  return text.empty() ? other : text;
}

ordered_json rule_tree(const RuleInfo& rule) {
  const std::string title = visible(or_else(rule.title, rule.id));
  const std::string description = visible(or_else(rule.description, title));
  std::string help = description;
  std::string markdown = fmt::format("**{}**\n\n{}", markdown_text(title), markdown_text(description));
  if (!rule.remediation.empty()) {
    help += "\n\n" + visible(rule.remediation);
    markdown += "\n\n" + markdown_text(rule.remediation);
  }
  ordered_json tags = ordered_json::array({"security"});
  if (!rule.level.empty()) tags.push_back("pss-" + visible(rule.level));
  ordered_json properties = {{"tags", std::move(tags)}};
  if (!rule.level.empty()) properties["precision"] = "very-high";
  if (security_score(&rule)) properties["security-severity"] = rule.security_severity;
  ordered_json tree = {{"id", rule.id}};
  if (!rule.name.empty()) tree["name"] = rule.name;
  tree["shortDescription"] = {{"text", title}};
  tree["fullDescription"] = {{"text", description}};
  tree["help"] = {{"text", help}, {"markdown", markdown}};
  tree["defaultConfiguration"] = {{"level", severity_word(rule.severity)}};
  tree["properties"] = std::move(properties);
  return tree;
}

// All rules that ran, then ids that elements made up.
class Rules {
 public:
  Rules(const Run& run, const std::vector<Row>& rows) {
    for (const RuleInfo& rule : run.setting.rules.all()) add(rule);
    for (const Row& row : rows) {
      if (index_.contains(row.finding->rule)) continue;
      RuleInfo made;
      made.id = row.finding->rule;
      made.title = row.finding->title;
      made.severity = row.finding->severity;
      add(made);
    }
  }
  [[nodiscard]] std::size_t index(const std::string& id) const { return index_.at(id); }
  [[nodiscard]] ordered_json take() { return std::move(trees_); }

 private:
  void add(const RuleInfo& rule) {
    index_.emplace(rule.id, trees_.size());
    trees_.push_back(rule_tree(rule));
  }
  std::map<std::string, std::size_t> index_;
  ordered_json trees_ = ordered_json::array();
};

// --- Results -------------------------------------------------------------------------------------------------------

ordered_json fix_tree(const Run& run, const Finding& finding) {
  ordered_json replacements = ordered_json::array();
  for (const TextEdit& edit : finding.fix->edits) {
    ordered_json deleted;
    if (edit.line > 0) {
      deleted = {{"startLine", edit.line},
                 {"startColumn", edit.column},
                 {"endLine", edit.end_line},
                 {"endColumn", edit.end_column}};
    } else {
      deleted = {{"byteOffset", edit.begin}, {"byteLength", edit.end - edit.begin}};
    }
    replacements.push_back({{"deletedRegion", std::move(deleted)}, {"insertedContent", {{"text", edit.text}}}});
  }
  ordered_json change = {{"artifactLocation", artifact(run, finding.location.file)},
                         {"replacements", std::move(replacements)}};
  ordered_json tree;
  if (!finding.fix->description.empty()) tree["description"] = message(finding.fix->description);
  tree["artifactChanges"] = ordered_json::array({std::move(change)});
  return tree;
}

ordered_json related_tree(const Run& run, const Finding& finding) {
  ordered_json list = ordered_json::array();
  for (const RelatedPlace& place : finding.related) {
    if (place.location.line == 0 || list.size() == kMostRelated) continue;
    ordered_json one = {{"id", list.size() + 1}, {"physicalLocation", physical(run, place.location)}};
    if (!place.label.empty()) one["message"] = message(place.label);
    list.push_back(std::move(one));
  }
  return list;
}

ordered_json suppressions_tree(const Finding& finding) {
  ordered_json list = ordered_json::array();
  if (!finding.suppressed) return list;
  list.push_back({{"kind", suppression_kind(finding.suppressed->kind)},
                  {"status", "accepted"},
                  {"justification", visible(suppression_text(*finding.suppressed))}});
  return list;
}

// With the object's name: GitHub shows a result far from its file.
std::string result_message(const Finding& finding) {
  const std::string object = object_text(finding.object);
  std::string text = finding.message;
  if (!object.empty()) text += " (" + object + ")";
  return text.ends_with('.') ? text : text + ".";
}

ordered_json result_tree(const Run& run, const Finding& finding, std::size_t rule_index, std::size_t number) {
  ordered_json location = {{"physicalLocation", physical(run, finding.location)}};
  location["logicalLocations"] = ordered_json::array({{{"fullyQualifiedName", logical_name(finding)}}});
  ordered_json tree = {{"ruleId", finding.rule},
                       {"ruleIndex", rule_index},
                       {"level", severity_word(finding.severity)},
                       {"message", message(result_message(finding))}};
  tree["locations"] = ordered_json::array({std::move(location)});
  if (ordered_json related = related_tree(run, finding); !related.empty())
    tree["relatedLocations"] = std::move(related);
  tree["partialFingerprints"] = {{"primaryLocationLineHash", fmt::format("{}:{}", finding.fingerprint, number)},
                                 {"psdl/v1", finding.fingerprint}};
  if (finding.fix && !finding.fix->edits.empty()) tree["fixes"] = ordered_json::array({fix_tree(run, finding)});
  tree["suppressions"] = suppressions_tree(finding);
  return tree;
}

// The gravest where there are too many, in the order they had.
std::vector<Row> most_severe(const Run& run, std::vector<Row> rows) {
  if (rows.size() <= kMostResults) return rows;
  std::vector<std::size_t> order(rows.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  const auto weight = [&](std::size_t i) {
    return security_score(run.setting.rules.find(rows[i].finding->rule)).value_or(0);
  };
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    if (rows[a].finding->severity != rows[b].finding->severity)
      return rows[a].finding->severity < rows[b].finding->severity;
    return weight(a) > weight(b);
  });
  order.resize(kMostResults);
  std::sort(order.begin(), order.end());
  std::vector<Row> kept;
  for (const std::size_t i : order) kept.push_back(rows[i]);
  return kept;
}

// --- The run -------------------------------------------------------------------------------------------------------

ordered_json notification(const Run& run, std::string_view level, std::string_view text, const std::string& file,
                          std::uint32_t line, std::uint32_t column) {
  ordered_json tree = {{"level", level}, {"message", message(text)}};
  if (file.empty()) return tree;
  ordered_json place = {{"artifactLocation", artifact(run, file)}};
  if (line > 0) place["region"] = {{"startLine", line}, {"startColumn", std::max<std::uint32_t>(1, column)}};
  tree["locations"] = ordered_json::array({{{"physicalLocation", std::move(place)}}});
  return tree;
}

void append_notifications(ordered_json& list, const Run& run, const Document& document,
                          const DiagnosticList* problems) {
  if (problems == nullptr) return;
  for (std::size_t i = 0; i < problems->size(); ++i) {
    const DiagnosticView problem = (*problems)[i];
    const std::string text =
        problem.code.empty() ? std::string(problem.message) : fmt::format("{}: {}", problem.code, problem.message);
    list.push_back(
        notification(run, problem.is_error ? "error" : "warning", text, document.file, problem.line, problem.column));
  }
}

ordered_json invocation_tree(const Run& run, std::size_t left_out) {
  ordered_json notes = ordered_json::array();
  for (const Document& document : run.documents) {
    append_notifications(notes, run, document, document.errors.get());
    append_notifications(notes, run, document, document.warnings.get());
  }
  if (left_out > 0)
    notes.push_back(notification(
        run, "warning",
        fmt::format("{} are left out: a run may have {} results", plural(left_out, "finding"), kMostResults), {}, 0,
        0));
  ordered_json tree = {{"executionSuccessful", run.counts.failed == 0 && run.facts.exit_code < 2},
                       {"exitCode", run.facts.exit_code}};
  if (!run.facts.time.empty()) tree["endTimeUtc"] = run.facts.time;
  if (!notes.empty()) tree["toolExecutionNotifications"] = std::move(notes);
  return tree;
}

}  // namespace

std::string write_sarif(const Run& run) {
  std::vector<Row> all = run.rows(true);
  const std::size_t count = all.size();
  const std::vector<Row> rows = most_severe(run, std::move(all));
  Rules rules(run, rows);
  ordered_json results = ordered_json::array();
  std::map<std::string, std::size_t> seen;
  for (const Row& row : rows) {
    const Finding& finding = *row.finding;
    results.push_back(result_tree(run, finding, rules.index(finding.rule), ++seen[finding.rule + finding.fingerprint]));
  }
  ordered_json driver = {
      {"name", "psdl"}, {"semanticVersion", version()}, {"informationUri", kHome}, {"rules", rules.take()}};
  ordered_json one = {{"columnKind", "unicodeCodePoints"}};
  one["automationDetails"] = {{"id", run.facts.level.empty() ? "psdl/" : "psdl/" + visible(run.facts.level) + "/"}};
  one["tool"] = {{"driver", std::move(driver)}};
  one["invocations"] = ordered_json::array({invocation_tree(run, count - rows.size())});
  one["results"] = std::move(results);
  ordered_json tree = {{"$schema", "https://json.schemastore.org/sarif-2.1.0.json"}, {"version", "2.1.0"}};
  tree["runs"] = ordered_json::array({std::move(one)});
  return json_visible(tree.dump(2, ' ', false, ordered_json::error_handler_t::replace)) + '\n';
}

}  // namespace psdl::report
