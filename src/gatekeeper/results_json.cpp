// Text and JSON.
#include <fmt/format.h>

#include "gatekeeper/json_members.hpp"
#include "gatekeeper/results.hpp"
#include "value/text.hpp"

namespace psdl::gatekeeper {
namespace {

constexpr int kStep = 4;
constexpr JsonStyle kGo{.html_safe = true};

std::string result_json(const TestResult& one) {
  const ReviewResult& result = one.result;
  JsonMembers json(true);
  json.text("target", "admission.k8s.gatekeeper.sh").text_if("msg", result.message);
  if (result.is_error) {
    json.raw("metadata", R"({"details":null})");
  } else if (result.has_metadata) {
    json.raw("metadata", fmt::format("{{\"details\":{}}}", result.details_json.empty() ? "{}" : result.details_json));
  }
  json.raw("constraint", to_json(result.constraint->root, kGo)).text_if("enforcementAction", result.action);
  if (!result.scoped_actions.empty())
    json.raw("scopedActions",
             json_list(result.scoped_actions, [](const std::string& action) { return json_quoted(action, true); }));
  return json.raw("violatingObject", to_json(one.root, kGo)).raw("trace", one.trace ? json_quoted(*one.trace, true) : "null").done();
}

std::string stat_json(std::string_view name, std::uint64_t value) {
  return JsonMembers()
      .text("name", name)
      .number("value", value)
      .raw("source", R"({"type":"engine","value":"Rego"})")
      .done();
}

std::string label_json(std::string_view name, std::string_view json) {
  return JsonMembers(true).text("name", name).raw("value", json).done();
}

std::string entry_json(const StatsEntry& entry) {
  std::string labels = label_json("TracingEnabled", entry.traces ? "true" : "false") + "," +
                       label_json("PrintEnabled", entry.prints ? "true" : "false") + "," +
                       label_json("target", R"("admission.k8s.gatekeeper.sh")");
  if (!entry.implied_by.empty()) labels += "," + label_json("Implied by", json_quoted(entry.implied_by, true));
  JsonMembers json(true);
  json.text("scope", "template").text("statsFor", entry.kind.kind);
  json.raw("stats",
           fmt::format("[{},{}]", stat_json("templateRunTimeNS", static_cast<std::uint64_t>(entry.kind.time_ns)),
                       stat_json("constraintCount", entry.kind.constraints)));
  return json.raw("labels", fmt::format("[{}]", labels)).done();
}

}  // namespace

std::string results_text(const std::vector<TestResult>& results) {
  std::string out;
  for (const TestResult& one : results) {
    const std::string_view namespace_name = text_at(one.root, {"metadata", "namespace"});
    out += fmt::format("{}/{} {}{}{}: [", text_at(one.root, {"apiVersion"}), text_at(one.root, {"kind"}),
                       namespace_name, namespace_name.empty() ? "" : "/", text_at(one.root, {"metadata", "name"}));
    append_quoted(out, one.result.constraint->name);
    out += "] Message: ";
    append_quoted(out, one.result.message);
    out += '\n';
    if (one.trace) out += "Trace: " + *one.trace;
  }
  return out;
}

std::string results_json(const std::vector<TestResult>& results, const Stats* stats) {
  const std::string list = results.empty() ? "null" : json_list(results, result_json);
  if (stats == nullptr || stats->empty()) return indent_as_go(list, kStep);
  return indent_as_go(JsonMembers().raw("results", list).raw("stats", json_list(*stats, entry_json)).done(), kStep);
}

}  // namespace psdl::gatekeeper
