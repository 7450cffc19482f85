// Evaluations that stand still.
#include <fmt/format.h>

#include <algorithm>

#include "repl/session.hpp"
#include "repl/words.hpp"

namespace psdl::repl {
namespace {

using Happening = tools::DebugHappening;

constexpr std::size_t kMostLocals = 200;  // bytes of a var's value
constexpr std::string_view kNothingStopped =
    "nothing is stopped: :break sets a breakpoint, :step QUERY goes through one";

std::string place_of(const tools::DebugPlace& place) {
  return place.file.empty() ? "the query" : fmt::format("{}:{}", place.file, place.line);
}

std::string place_in_rule(const tools::DebugFrame& frame) {
  const std::string place = place_of(frame.place);
  return frame.place.file.empty() ? place : fmt::format("{} in {}", place, frame.rule);
}

// "undefined: backtracking to draft.psdl:4, no more values of c". `outcome` is why, where that is known.
std::string backtracking(const Happening& one, const std::string& outcome) {
  std::string names;
  for (const tools::DebugVariable& var : one.vars) {
    names += names.empty() ? "" : ", ";
    names += one.kind == Happening::Kind::Redone ? fmt::format("{} = {}", var.name, var.value) : var.name;
  }
  std::string line = fmt::format("{}backtracking to {}", outcome.empty() ? "" : outcome + ": ", place_of(one.place));
  if (one.kind == Happening::Kind::Redone) return names.empty() ? line : line + ", " + names;
  return line + (names.empty() ? ", no more solutions" : ", no more values of " + names);
}

}  // namespace

std::string_view Session::line_of(const std::string& file, std::uint32_t line) const {
  std::string_view text;
  if (file.empty()) text = last_query_;
  for (const TextFile& one : workspace_.contents().files) {
    if (one.path == file) text = one.text;
  }
  const std::optional<LinePlace> found = find_line(text, line);
  return found ? text.substr(found->begin, found->end - found->begin) : std::string_view();
}

void Session::show_happenings(const std::vector<Happening>& since) {
  const auto goes_back = [](const Happening& one) {
    return one.kind == Happening::Kind::Redone || one.kind == Happening::Kind::Exhausted;
  };
  std::string outcome;
  for (std::size_t i = 0; i < since.size(); ++i) {
    const Happening& one = since[i];
    std::string line;
    switch (one.kind) {
      case Happening::Kind::Failed:
        outcome = one.outcome;
        if (i + 1 == since.size() || !goes_back(since[i + 1])) line = outcome + ": " + place_of(one.place);
        break;
      case Happening::Kind::Redone:
      case Happening::Kind::Exhausted:
        line = backtracking(one, outcome);
        outcome.clear();
        break;
      case Happening::Kind::Gave:
        line = fmt::format("{} gives {}", one.rule, one.value);
        break;
      case Happening::Kind::Returned:
        line = fmt::format("{} is {}", one.rule, one.value.empty() ? "undefined" : one.value);
        break;
    }
    if (!line.empty()) write(safe(line) + "\n");
  }
}

void Session::show_watches(const tools::DebugStop& stop) {
  for (const std::string& one : watches_) {
    const tools::DebugValue value = stop.evaluate(0, one);
    std::string text = value.is_defined ? value.text : "undefined";
    if (!value.errors.empty()) text = fmt::format("({})", value.errors[0].message);
    if (value.is_ended) text = "(interrupted)";
    write(safe(fmt::format("  watch: {} = {}", one, text)) + "\n");
  }
}

void Session::show_stop(const tools::DebugStop& stop) {
  show_happenings(stop.since);
  if (stop.is_behind) return;
  const tools::DebugFrame& frame = stop.frames.front();
  std::string place = place_in_rule(frame);
  if (stop.cause == tools::DebugStop::Cause::Breakpoint) {
    place = fmt::format("stopped at breakpoint {}, {}", stop.breakpoint, place);
  }
  write(safe(place) + "\n");
  const std::uint32_t line = frame.place.line;
  const std::size_t digits = std::to_string(line).size();
  if (line > 1) {
    write(safe(fmt::format("   {:>{}} | {}", line - 1, digits, line_of(frame.place.file, line - 1))) + "\n");
  }
  write(safe(fmt::format(" > {} | {}", line, line_of(frame.place.file, line))) + "\n");
  show_watches(stop);
}

tools::DebugResume Session::at_stop(tools::DebugStop& stop) {
  show_stop(stop);
  stop_ = &stop;
  resume_.reset();
  while (!resume_ && !is_over_) {
    const std::optional<std::string> statement = terminal_.read(kDebugPrompt);
    if (statement) {
      static_cast<void>(take(*statement));
    } else if (terminal_.was_interrupted()) {
      resume_ = tools::DebugResume::End;
    } else {
      is_over_ = true;
    }
  }
  stop_ = nullptr;
  return is_over_ ? tools::DebugResume::End : *resume_;
}

void Session::locals(std::string_view /*rest*/) {
  if (stop_ == nullptr) return complain(kNothingStopped);
  const std::vector<tools::DebugVariable> vars = stop_->locals(0, kMostLocals);
  for (const tools::DebugVariable& var : vars) write(safe(fmt::format("{} = {}", var.name, var.value)) + "\n");
  if (vars.empty()) write("no vars yet\n");
}

void Session::backtrace(std::string_view /*rest*/) {
  if (stop_ == nullptr) return complain(kNothingStopped);
  for (const tools::DebugFrame& frame : stop_->frames) {
    write(safe(fmt::format("{}  {}", place_in_rule(frame), frame.expression)) + "\n");
  }
}

void Session::resume(std::string_view rest, tools::DebugResume how) {
  if (stop_ == nullptr) {
    if (how != tools::DebugResume::Into || rest.empty()) return complain(kNothingStopped);
    evaluate(rest, true);
  } else if (!rest.empty()) {
    complain("an evaluation is stopped: go through that first, or end it with Ctrl-C");
  } else {
    resume_ = how;
  }
}

}  // namespace psdl::repl
