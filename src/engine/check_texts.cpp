// Each check that found something is asked once, whatever it found: its reason and detail speak of the whole pod.
#include "engine/check_texts.hpp"

#include <algorithm>

namespace psdl {
namespace {

std::uint32_t find_rule(const Program& program, const std::string& path) {
  const std::uint32_t found = program.find_function(path);
  return found != kNoIndex && program.functions[found].kind == FunctionKind::Complete ? found : kNoIndex;
}

// False where it has no text as its value.
bool ask(Machine& machine, Arena& arena, RunRequest& run, std::uint32_t function, std::string_view& text) {
  run.function = function;
  const Outcome outcome = machine.run(arena, run);
  if (outcome.halt || outcome.builtin_error || !outcome.value.is_string()) return false;
  text = outcome.value.as_string();
  return true;
}

}  // namespace

std::vector<CheckText> check_texts(const Policy::Impl& policy) {
  const Program& program = *policy.plain_program();
  std::vector<CheckText> texts;
  for (const RuleInfo& info : policy.entry_points.infos) {
    if (info.check.empty() || info.level.empty()) continue;
    CheckText text;
    text.below = info.package + ".";
    text.reason = find_rule(program, text.below + "reason");
    text.detail = find_rule(program, text.below + "detail");
    if (text.reason != kNoIndex && text.detail != kNoIndex) texts.push_back(std::move(text));
  }
  return texts;
}

void add_check_texts(std::span<const CheckText> texts, Machine& plain, Arena& arena, RunRequest run,
                     std::span<Finding> findings) {
  for (const CheckText& text : texts) {
    const auto is_of_check = [&](const Finding& finding) { return finding.entry_point.starts_with(text.below); };
    const auto first = std::find_if(findings.begin(), findings.end(), is_of_check);
    if (first == findings.end()) continue;
    std::string_view reason;
    std::string_view detail;
    if (!ask(plain, arena, run, text.reason, reason) || !ask(plain, arena, run, text.detail, detail)) continue;
    first->psa = reason;
    if (!detail.empty()) first->psa.append(" (").append(detail).append(")");
    for (auto other = first + 1; other != findings.end(); ++other) {
      if (is_of_check(*other)) other->psa = first->psa;
    }
  }
}

}  // namespace psdl
