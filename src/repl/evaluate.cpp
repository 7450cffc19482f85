// Queries, their answers, and evaluations that stand still.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "repl/session.hpp"
#include "repl/words.hpp"

namespace psdl::repl {
namespace {

constexpr std::size_t kMostFindings = 20;  // shown with their places
constexpr std::size_t kMostRows = 10;      // of a profile
constexpr std::size_t kMostLocals = 200;   // bytes of a var's value

std::string values_of(const tools::DebugRow& row, bool leaves_true) {
  std::string text;
  for (const std::string& value : row.values) {
    if (leaves_true && value == "true") continue;
    text += (text.empty() ? "" : ", ") + value;
  }
  return text;
}

std::string bindings_of(const tools::DebugRow& row) {
  std::string text;
  for (const auto& [name, value] : row.bindings) text += fmt::format("{}{} = {}", text.empty() ? "" : ", ", name, value);
  return text;
}

// One value, an array of those of all rows, or a line of vars for each row.
std::string answer_text(const tools::DebugAnswer& answer) {
  if (answer.rows.empty()) return "undefined\n";
  if (answer.rows.front().bindings.empty()) {
    if (answer.rows.size() == 1) return values_of(answer.rows.front(), false) + "\n";
    std::string all;
    for (const tools::DebugRow& row : answer.rows) all += (all.empty() ? "[" : ", ") + values_of(row, row.values.size() > 1);
    return all + "]\n";
  }
  std::string lines;
  for (const tools::DebugRow& row : answer.rows) {
    const std::string values = values_of(row, true);
    lines += bindings_of(row) + (values.empty() ? "" : ": " + values) + "\n";
  }
  return lines;
}

}  // namespace

void Session::evaluate(std::string_view text, bool stops_on_entry) {
  DiagnosticList problems;
  const Query query = prepare(text, problems);
  if (!problems.empty()) complain(problems);
  if (!query) return;
  last_query_ = text;
  show_watched(query);
  const auto begin = std::chrono::steady_clock::now();
  running_ = made_.debugger.get();
  if (terminal_.was_interrupted()) made_.debugger->cancel();  // Ctrl-C came before there was anything to cancel
  const tools::DebugAnswer answer = made_.debugger->run(query, [this](tools::DebugStop& stop) { return at_stop(stop); }, stops_on_entry);
  running_ = nullptr;
  const std::chrono::duration<double, std::milli> taken = std::chrono::steady_clock::now() - begin;
  if (!answer.printed.empty()) tell(safe_lines(answer.printed));
  if (answer.is_ended) {
    had_errors_ = true;
    static_cast<void>(terminal_.was_interrupted());
    if (!is_over_) tell("interrupted\n");
    return;
  }
  if (!answer.errors.empty()) {
    complain(answer.errors);
    return;
  }
  show_answer(answer, std::string(text));
  if (shows_time_) tell(fmt::format("{:.2f} ms, {} instructions\n", taken.count(), answer.instructions));
}

// The trace and the profile, where they are on: the query runs once more for them.
void Session::show_watched(const Query& query) {
  if (!trace_ && !shows_profile_) return;
  tools::Watch watched(made_.policy);
  if (!watched.ask(query)) return complain("a program image has lost its source: it cannot be traced");
  if (trace_) watched.trace(*trace_, setup_.style, [this](std::string_view text) { write(text); });
  if (shows_profile_) watched.profile();
  if (input_name_.empty()) {
    watched.run();
  } else {
    watched.run(input_text_, DocumentFormat::Auto, input_name_);
  }
  if (shows_profile_) write(tools::render_profile(watched.take_profile(), kMostRows, setup_.style));
}

void Session::show_answer(const tools::DebugAnswer& answer, const std::string& text) {
  const std::string shown = answer_text(answer);
  const std::vector<Finding> findings = findings_of(text);
  if (findings.empty() || shown.find('\n') != shown.size() - 1) {
    write(safe_lines(shown));
    return;
  }
  const auto place = [](const Finding& one) { return fmt::format("{}:{}:{}", one.location.file, one.location.line, one.location.column); };
  if (findings.size() == 1) {
    write(safe(shown.substr(0, shown.size() - 1)) + "      " + safe(place(findings.front())) + "\n");
    return;
  }
  std::string lines = safe_lines(shown);
  for (std::size_t i = 0; i < std::min(findings.size(), kMostFindings); ++i) lines += safe(fmt::format("  {}  {}", place(findings[i]), findings[i].message)) + "\n";
  if (findings.size() > kMostFindings) lines += fmt::format("  .. and {} more\n", findings.size() - kMostFindings);
  write(lines);
}

// What the rule found in the input, with its places; none where it is no entry point.
std::vector<Finding> Session::findings_of(const std::string& path) {
  std::vector<Finding> found;
  const std::string whole = is_rule_path(path) ? path : package_ + "." + path;
  const std::vector<EntryPoint> entries = made_.policy.entry_points();
  const bool is_entry = std::any_of(entries.begin(), entries.end(), [&](const EntryPoint& one) { return one.path == whole; });
  if (!is_entry || input_name_.empty()) return found;
  Evaluator evaluator(made_.policy);
  evaluator.evaluate(input_text_, DocumentFormat::Auto, input_name_, [&](const Verdict& verdict) {
    if (verdict.object.document < input_number_) return true;
    for (const Finding& one : verdict.findings) {
      if (one.entry_point == whole) found.push_back(one);
    }
    return false;
  });
  return found;
}

// --- Standing still ----------------------------------------------------------------------------------------------------------------------------------

std::string_view Session::line_of(const std::string& file, std::uint32_t line) const {
  std::string_view text;
  if (file.empty()) text = last_query_;
  for (const TextFile& one : files_) {
    if (one.path == file) text = one.text;
  }
  for (; line > 1; --line) {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) return {};
    text.remove_prefix(end + 1);
  }
  text = text.substr(0, text.find('\n'));
  return text.ends_with('\r') ? text.substr(0, text.size() - 1) : text;
}

void Session::show_happenings(const tools::DebugStop& stop) {
  using Kind = tools::DebugHappening::Kind;
  const auto place = [](const tools::DebugHappening& one) { return one.place.file.empty() ? "the query" : fmt::format("{}:{}", one.place.file, one.place.line); };
  std::string outcome;
  for (std::size_t i = 0; i < stop.since.size(); ++i) {
    const tools::DebugHappening& one = stop.since[i];
    std::string line;
    switch (one.kind) {
      case Kind::Failed: {
        const bool is_told_next = i + 1 < stop.since.size() && (stop.since[i + 1].kind == Kind::Redone || stop.since[i + 1].kind == Kind::Exhausted);
        outcome = one.outcome;
        if (!is_told_next) line = fmt::format("{}: {}", one.outcome, place(one));
        break;
      }
      case Kind::Redone:
      case Kind::Exhausted: {
        std::string names;
        for (const tools::DebugVariable& var : one.vars) {
          names += names.empty() ? "" : ", ";
          names += one.kind == Kind::Redone ? fmt::format("{} = {}", var.name, var.value) : var.name;
        }
        line = fmt::format("{}backtracking to {}", outcome.empty() ? "" : outcome + ": ", place(one));
        if (one.kind == Kind::Exhausted) line += names.empty() ? ", no more solutions" : fmt::format(", no more values of {}", names);
        if (one.kind == Kind::Redone && !names.empty()) line += ", " + names;
        outcome.clear();
        break;
      }
      case Kind::Gave: line = fmt::format("{} gives {}", one.rule, one.value); break;
      case Kind::Returned: line = one.value.empty() ? fmt::format("{} is undefined", one.rule) : fmt::format("{} is {}", one.rule, one.value); break;
    }
    if (!line.empty()) write(safe(line) + "\n");
  }
}

void Session::show_watches(const tools::DebugStop& stop) {
  for (const std::string& one : watches_) {
    const tools::DebugValue value = stop.evaluate(0, one);
    const std::string text = !value.errors.empty() ? fmt::format("({})", value.errors[0].message) : value.is_defined ? value.text : "undefined";
    write(safe(fmt::format("  watch: {} = {}", one, text)) + "\n");
  }
}

void Session::show_stop(const tools::DebugStop& stop) {
  show_happenings(stop);
  if (stop.is_behind) return;
  const tools::DebugFrame& frame = stop.frames.front();
  const bool is_query = frame.place.file.empty();
  const std::string place = is_query ? "the query" : fmt::format("{}:{} in {}", frame.place.file, frame.place.line, frame.rule);
  write(safe(stop.cause == tools::DebugStop::Cause::Breakpoint ? fmt::format("stopped at breakpoint {}, {}", stop.breakpoint, place) : place) + "\n");
  const std::size_t digits = std::to_string(frame.place.line).size();
  if (frame.place.line > 1) write(safe(fmt::format("   {:>{}} | {}", frame.place.line - 1, digits, line_of(frame.place.file, frame.place.line - 1))) + "\n");
  write(safe(fmt::format(" > {} | {}", frame.place.line, line_of(frame.place.file, frame.place.line))) + "\n");
  show_watches(stop);
}

tools::DebugResume Session::at_stop(tools::DebugStop& stop) {
  show_stop(stop);
  stop_ = &stop;
  resume_.reset();
  while (!resume_ && !is_over_) {
    const std::optional<std::string> statement = terminal_.read(kDebugPrompt);
    if (!statement) {
      if (terminal_.was_interrupted()) {
        resume_ = tools::DebugResume::End;
      } else {
        is_over_ = true;
      }
      break;
    }
    static_cast<void>(take(*statement));
  }
  stop_ = nullptr;
  return is_over_ ? tools::DebugResume::End : *resume_;
}

void Session::locals(std::string_view /*rest*/) {
  if (stop_ == nullptr) return complain("nothing is stopped: :break sets a breakpoint, :step QUERY goes through one");
  const std::vector<tools::DebugVariable> vars = stop_->locals(0, kMostLocals);
  for (const tools::DebugVariable& var : vars) write(safe(fmt::format("{} = {}", var.name, var.value)) + "\n");
  if (vars.empty()) write("no vars yet\n");
}

void Session::where(std::string_view /*rest*/) {
  if (stop_ == nullptr) return complain("nothing is stopped: :break sets a breakpoint, :step QUERY goes through one");
  for (const tools::DebugFrame& frame : stop_->frames) {
    const std::string place = frame.place.file.empty() ? std::string("the query") : fmt::format("{}:{} in {}", frame.place.file, frame.place.line, frame.rule);
    write(safe(fmt::format("{}  {}", place, frame.expression)) + "\n");
  }
}

void Session::resume(std::string_view rest, tools::DebugResume how) {
  if (stop_ != nullptr) {
    resume_ = how;
  } else if (how == tools::DebugResume::Into && !rest.empty()) {
    evaluate(rest, true);
  } else {
    complain("nothing is stopped: :break sets a breakpoint, :step QUERY goes through one");
  }
}

void Session::watch(std::string_view rest) {
  const Command first = split_command(rest);
  if (rest.empty()) {
    for (std::size_t i = 0; i < watches_.size(); ++i) write(safe(fmt::format("{}  {}", i + 1, watches_[i])) + "\n");
    if (watches_.empty()) tell("nothing is watched; :watch EXPRESSION\n");
  } else if (first.name == "off") {
    std::size_t number = 0;
    for (const char c : first.rest) number = c >= '0' && c <= '9' && number < 10'000 ? number * 10 + static_cast<std::size_t>(c - '0') : 10'000;
    if (first.rest.empty()) {
      watches_.clear();
    } else if (number == 0 || number > watches_.size()) {
      complain(fmt::format("there is no watch {}", first.rest));
    } else {
      watches_.erase(watches_.begin() + static_cast<std::ptrdiff_t>(number) - 1);
    }
  } else {
    watches_.emplace_back(rest);
    if (stop_ != nullptr) show_watches(*stop_);
  }
}

void Session::break_at(std::string_view rest) {
  const Command first = split_command(rest);
  if (rest.empty()) {
    bool has_any = false;
    for (std::size_t i = 0; i < breakpoints_.size(); ++i) {
      if (breakpoints_[i].first.empty()) continue;
      has_any = true;
      write(safe(fmt::format("{}  {}{}", i + 1, breakpoints_[i].first, breakpoints_[i].second.empty() ? "" : " if " + breakpoints_[i].second)) + "\n");
    }
    if (!has_any) tell("no breakpoints; :break FILE:LINE, :break RULE, each with `if CONDITION`\n");
    return;
  }
  if (first.name == "off") {
    bool is_found = first.rest.empty();
    for (std::size_t i = 0; i < breakpoints_.size(); ++i) {
      if (breakpoints_[i].first.empty() || (!first.rest.empty() && first.rest != std::to_string(i + 1))) continue;
      is_found = true;
      breakpoints_[i].first.clear();
      made_.debugger->remove_breakpoint(static_cast<std::uint32_t>(i + 1));
    }
    if (!is_found) complain(fmt::format("there is no breakpoint {}", first.rest));
    return;
  }
  Command condition = split_command(first.rest);
  if (!condition.name.empty() && (condition.name != "if" || condition.rest.empty())) return complain("a condition is written after `if`: :break draft.psdl:5 if c.name == \"app\"");
  std::string place(first.name);
  if (place.find_first_not_of("0123456789") == std::string::npos && files_.size() == 1) place = files_.front().path + ":" + place;
  if (place.find(':') == std::string::npos && !place.starts_with("data.")) place = has_rule(package_ + "." + place) ? package_ + "." + place : "data." + place;
  std::string problem;
  const std::uint32_t number = made_.debugger->add_breakpoint(place, condition.rest, problem, static_cast<std::uint32_t>(breakpoints_.size() + 1));
  if (number == 0) {
    if (const std::string near = nearest(place, rule_names()); !near.empty()) problem += fmt::format("; did you mean {}?", near);
    return complain(problem);
  }
  breakpoints_.emplace_back(place, condition.rest);
  write(safe(fmt::format("breakpoint {} at {}{}", number, place, condition.rest.empty() ? "" : fmt::format(" (condition: {})", condition.rest))) + "\n");
}

}  // namespace psdl::repl
