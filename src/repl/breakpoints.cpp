// Where evaluations stop, and what is shown there.
#include <fmt/format.h>

#include "repl/session.hpp"
#include "repl/words.hpp"

namespace psdl::repl {
namespace {

std::string with_condition(const std::string& where, std::string_view condition, std::string_view form) {
  return condition.empty() ? where : where + fmt::format(fmt::runtime(form), condition);
}

}  // namespace

void Session::watch(std::string_view rest) {
  const Command first = split_command(rest);
  if (rest.empty()) {
    for (std::size_t i = 0; i < watches_.size(); ++i) write(safe(fmt::format("{}  {}", i + 1, watches_[i])) + "\n");
    if (watches_.empty()) tell("nothing is watched; :watch EXPRESSION\n");
    return;
  }
  if (first.name != "off") {
    watches_.emplace_back(rest);
    if (stop_ != nullptr) show_watches(*stop_);
    return;
  }
  const std::size_t number = is_number(first.rest) ? std::stoul(std::string(first.rest)) : 0;
  if (first.rest.empty()) {
    watches_.clear();
  } else if (number == 0 || number > watches_.size()) {
    complain(fmt::format("there is no watch {}", first.rest));
  } else {
    watches_.erase(watches_.begin() + static_cast<std::ptrdiff_t>(number) - 1);
  }
}

void Session::break_off(std::string_view number) {
  bool is_found = number.empty();
  for (std::size_t i = 0; i < breakpoints_.size(); ++i) {
    if (breakpoints_[i].first.empty() || (!number.empty() && number != std::to_string(i + 1))) continue;
    is_found = true;
    breakpoints_[i].first.clear();
    workspace_.debugger().remove_breakpoint(static_cast<std::uint32_t>(i + 1));
  }
  if (!is_found) complain(fmt::format("there is no breakpoint {}", number));
}

void Session::break_at(std::string_view rest) {
  const Command first = split_command(rest);
  if (rest.empty()) {
    bool has_any = false;
    for (std::size_t i = 0; i < breakpoints_.size(); ++i) {
      const auto& [where, condition] = breakpoints_[i];
      if (where.empty()) continue;
      has_any = true;
      write(safe(fmt::format("{}  {}", i + 1, with_condition(where, condition, " if {}"))) + "\n");
    }
    if (!has_any) tell("no breakpoints; :break FILE:LINE, :break RULE, each with `if CONDITION`\n");
    return;
  }
  if (first.name == "off") return break_off(first.rest);
  const Command condition = split_command(first.rest);
  if (!condition.name.empty() && (condition.name != "if" || condition.rest.empty())) {
    return complain("a condition is written after `if`: :break draft.psdl:5 if c.name == \"app\"");
  }
  const std::vector<TextFile>& files = workspace_.contents().files;
  std::string place(first.name);
  if (is_number(place) && files.size() == 1) {
    place = files.front().path + ":" + place;
  } else if (place.find(':') == std::string::npos) {
    const std::string found = workspace_.find_rule(place);
    if (!found.empty()) place = found;
  }
  const auto wanted = static_cast<std::uint32_t>(breakpoints_.size() + 1);
  std::string problem;
  const std::uint32_t number = workspace_.debugger().add_breakpoint(place, condition.rest, problem, wanted);
  if (number == 0) return complain(problem + did_you_mean_rule(place));
  breakpoints_.emplace_back(place, condition.rest);
  write(safe(fmt::format("breakpoint {} at {}", number, with_condition(place, condition.rest, " (condition: {})"))) +
        "\n");
}

}  // namespace psdl::repl
