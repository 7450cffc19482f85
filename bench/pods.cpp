// The rules are those of the build, embedded.
#include "pods.hpp"

#include <algorithm>

#include "embedded/pod_rule_files.hpp"
#include "value/builders.hpp"
#include "value/text.hpp"

namespace psdl::bench {
namespace {

constexpr std::string_view kQuestion = R"(package bench

verdict := {"allowed": data.pss.level.allowed, "reason": data.pss.level.reason, "detail": data.pss.level.detail}
)";
constexpr std::string_view kSettings = R"({"psdl": {"settings": {"pod_security": {"level": "restricted", "version": 37, "admission": true}}}})";
constexpr std::string_view kAnswer = ".expected.json";

// What the judge's line says that the question asks. Empty where it is no such line.
std::string asked_of(std::string_view line) {
  const Limits limits;
  Arena arena;
  const Result<Value> whole = read_value_json(arena, line, ReadRules::opa(), limits);
  if (!whole || !whole->is_object()) return {};
  ObjectBuilder asked(arena);
  for (const std::string_view name : {"allowed", "reason", "detail"}) {
    const Value* said = whole->as_object().find(Value::string(name));
    if (said == nullptr) return {};
    asked.add(Value::string(name), *said);
  }
  return to_json(asked.finish());
}

}  // namespace

std::vector<Workload> read_pods(const std::filesystem::path& folder, std::string_view only) {
  std::vector<Workload> pods;
  std::error_code failed;
  for (const auto& entry : std::filesystem::directory_iterator(folder, failed)) {
    const std::string file = entry.path().filename().string();
    if (!file.ends_with(kAnswer)) continue;
    Workload made;
    made.name = file.substr(0, file.size() - kAnswer.size());
    if (!is_wanted(only, made.name)) continue;
    for (const auto& [name, text] : embedded::pod_rule_files()) made.sources.emplace_back(name, text);
    made.sources.emplace_back("bench.psdl", kQuestion);
    made.bound = kSettings;
    made.query = "data.bench.verdict";
    made.json = slurp(folder / (made.name + ".json"));
    made.yaml = slurp(folder / (made.name + ".yaml"));
    made.expected = asked_of(slurp(entry.path()));
    pods.push_back(std::move(made));
  }
  std::sort(pods.begin(), pods.end(), [](const Workload& a, const Workload& b) { return a.name < b.name; });
  return pods;
}

}  // namespace psdl::bench
