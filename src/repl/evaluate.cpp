// Queries and their answers.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "repl/session.hpp"
#include "repl/words.hpp"

namespace psdl::repl {
namespace {

constexpr std::size_t kMostFindings = 20;  // shown with their places
constexpr std::size_t kMostRows = 10;      // of a profile

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
  for (const auto& [name, value] : row.bindings) {
    text += fmt::format("{}{} = {}", text.empty() ? "" : ", ", name, value);
  }
  return text;
}

}  // namespace

// One value, an array of those of all rows, or a line of vars for each row. What goes past :set limit is counted.
std::string Session::answer_text(const tools::DebugAnswer& answer) const {
  if (answer.rows.empty()) return "undefined\n";
  const bool has_vars = !answer.rows.front().bindings.empty();
  if (!has_vars && answer.rows.size() == 1) return values_of(answer.rows.front(), false) + "\n";
  std::string text;
  std::size_t shown = 0;
  for (const tools::DebugRow& row : answer.rows) {
    if (text.size() > most_bytes_) break;
    ++shown;
    const std::string values = values_of(row, has_vars || row.values.size() > 1);
    if (has_vars) {
      text += bindings_of(row) + (values.empty() ? "" : ": " + values) + "\n";
    } else {
      text += (text.empty() ? "[" : ", ") + values;
    }
  }
  if (!has_vars) text += shown < answer.rows.size() ? ", ..]\n" : "]\n";
  if (shown < answer.rows.size()) text += fmt::format(".. and {} more\n", answer.rows.size() - shown);
  return text;
}

void Session::evaluate(std::string_view text, bool stops_on_entry) {
  DiagnosticList problems;
  const Query query = workspace_.prepare(text, problems);
  if (!problems.empty()) complain(problems);
  if (!query) {
    const std::string meant = workspace_.find_rule(text);
    if (!meant.empty()) tell(safe(fmt::format("did you mean {}?", meant)) + "\n");
    return;
  }
  last_query_ = text;
  if (!show_watched(query)) return tell_interrupted();
  tools::Debugger& debugger = workspace_.debugger();
  const auto begin = std::chrono::steady_clock::now();
  tools::DebugAnswer answer;
  {
    const Running running(*this, [&debugger] { debugger.cancel(); });
    answer = debugger.run(query, [this](tools::DebugStop& stop) { return at_stop(stop); }, stops_on_entry);
  }
  const std::chrono::duration<double, std::milli> taken = std::chrono::steady_clock::now() - begin;
  if (!answer.printed.empty()) tell(safe_lines(answer.printed));
  if (answer.is_ended) return tell_interrupted();
  show_happenings(answer.since);
  if (!answer.errors.empty()) return complain(answer.errors);
  show_answer(answer, std::string(text));
  if (answer.rows.empty() && is_rule_path(text) && !workspace_.has_rule(text)) {
    const std::string near = did_you_mean_rule(text);
    if (!near.empty()) tell(safe(fmt::format("there is no rule {}{}", text, near)) + "\n");
  }
  if (shows_time_) tell(fmt::format("{:.2f} ms, {} instructions\n", taken.count(), answer.instructions));
}

// The query runs once more for them.
bool Session::show_watched(const Query& query) {
  if (!trace_ && !shows_profile_) return true;
  tools::Watch watched(workspace_.policy());
  if (!watched.ask(query)) {
    complain("a program image has lost its source: it cannot be traced");
    return true;
  }
  if (trace_) watched.trace(*trace_, setup_.style, [this](std::string_view text) { write(text); });
  if (shows_profile_) watched.profile();
  watched.set_input(workspace_.input());
  const Running running(*this, [&watched] { watched.cancel(); });
  watched.run();
  if (shows_profile_) write(tools::render_profile(watched.take_profile(), kMostRows, setup_.style));
  return !running.was_cancelled();
}

void Session::show_answer(const tools::DebugAnswer& answer, const std::string& text) {
  const std::string shown = answer_text(answer);
  const std::vector<Finding> findings = findings_of(text);
  if (findings.empty() || shown.find('\n') != shown.size() - 1) {
    write(safe_lines(shown));
    return;
  }
  const auto place = [](const Finding& one) {
    return fmt::format("{}:{}:{}", one.location.file, one.location.line, one.location.column);
  };
  if (findings.size() == 1) {
    write(safe(shown.substr(0, shown.size() - 1)) + "      " + safe(place(findings.front())) + "\n");
    return;
  }
  std::string lines = safe_lines(shown);
  for (std::size_t i = 0; i < std::min(findings.size(), kMostFindings); ++i) {
    lines += safe(fmt::format("  {}  {}", place(findings[i]), findings[i].message)) + "\n";
  }
  if (findings.size() > kMostFindings) lines += fmt::format("  .. and {} more\n", findings.size() - kMostFindings);
  write(lines);
}

// What the rule found in the input, with its places; none where it is no entry point.
std::vector<Finding> Session::findings_of(const std::string& path) {
  std::vector<Finding> found;
  const InputFile& file = workspace_.contents().input;
  const std::string whole = is_rule_path(path) ? path : workspace_.contents().package + "." + path;
  const std::vector<EntryPoint> entries = workspace_.policy().entry_points();
  const auto is_it = [&](const EntryPoint& one) { return one.path == whole; };
  if (file.text == nullptr || std::none_of(entries.begin(), entries.end(), is_it)) return found;
  Evaluator evaluator(workspace_.policy());
  const Running running(*this, [&evaluator] { evaluator.cancel(); });
  evaluator.evaluate(*file.text, DocumentFormat::Auto, file.path, [&](const Verdict& verdict) {
    if (verdict.object.document < file.number) return true;
    for (const Finding& one : verdict.findings) {
      if (one.entry_point == whole) found.push_back(one);
    }
    return false;
  });
  return found;
}

}  // namespace psdl::repl
