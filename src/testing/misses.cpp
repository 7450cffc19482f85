// A case is begun anew for each try of it: its misses are put together.
#include "testing/misses.hpp"

#include <fmt/format.h>

#include "testing/assertion.hpp"

namespace psdl::testing {

bool MissListener::on_event(const debug::Event& event, const debug::Inspector& at) {
  const bool goes_on = why_.on_event(event, at);  // first: it may tell of the case before
  if (event.depth != 1 || event.function != function_) return goes_on;
  if (event.kind == debug::EventKind::Body || event.kind == debug::EventKind::Case) {
    close();
    names_.clear();
  }
  if (event.kind == debug::EventKind::Case) names_ = case_names(event.value);
  return goes_on;
}

void MissListener::close() {
  debug::WhyGroups taken = why_.take_misses();
  debug::WhyGroups& all = misses_[names_];
  all.insert(all.end(), std::make_move_iterator(taken.begin()), std::make_move_iterator(taken.end()));
}

debug::Why MissListener::of_case(const std::vector<std::string>& names) const {
  debug::Why made;
  made.function = function_;
  if (const auto found = misses_.find(names); found != misses_.end()) made.missed = found->second;
  return made;
}

namespace {

std::string miss_line(const std::string& what, const tools::WhyGroup& group, const tools::WhyTry& one) {
  std::string line = what.empty() ? what : what + ": ";
  const std::string outcome = one.outcome == "holds" ? one.outcome : "was " + one.outcome;
  line += fmt::format("{}:{} `{}` {}", group.place.file, group.place.line, group.expression, outcome);
  if (!one.vars.empty()) line += " with " + one.vars;
  return one.reason.empty() ? line : line + "; " + one.reason;
}

}  // namespace

std::vector<std::string> miss_lines(const tools::WhyAnswer& answer, bool wants_all) {
  std::vector<std::string> lines;
  for (const tools::WhyGroup& group : answer.groups) {
    // The test's own statement is shown with its values; what was perhaps meant is not.
    const bool is_shown = group.via.empty() && !group.tries.empty() && group.tries.front().near.empty();
    if (group.holds || group.tries.empty() || (is_shown && answer.rule.empty())) continue;
    const std::string what = answer.rule.empty() ? group.gave : answer.rule + " " + answer.state;
    for (const tools::WhyTry& one : group.tries) {
      lines.push_back(miss_line(what, group, one));
      if (wants_all) continue;
      if (group.count > 1) lines.back() += fmt::format(" (and {} more)", group.count - 1);
      return lines;
    }
  }
  return lines;
}

}  // namespace psdl::testing
