// The commands: their table, their dispatch, the settings; and the words that OPA's REPL has for some of them.
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "repl/command_rows.hpp"
#include "repl/words.hpp"

namespace psdl::repl {
namespace {

bool is_on_or_off(std::string_view text) { return text.empty() || text == "on" || text == "off"; }

// What OPA's REPL has and this one has not, and what to do in its place.
struct AbsentWord {
  std::string_view word;
  std::string_view what;
};
constexpr AbsentWord kAbsentWords[] = {
    {"metrics", "no metrics are kept: :time tells how long an answer took, :profile where"},
    {"instrument", "no metrics are kept: :time tells how long an answer took, :profile where"},
    {"types", "types are not shown with answers: :type EXPRESSION tells one"},
    {"target", "there is one target: rules run as bytecode"},
    {"dump", "data is not dumped: ask for `data`"},
    {"pretty-limit", "the limit of an answer is :set limit BYTES"},
    {"strict-builtin-errors", "builtin errors are not made strict here: psdl eval --strict-builtin-errors does"},
    {"unset-package", "packages are not unset whole: :show lists their definitions, :unset NAME takes one back"},
};

}  // namespace

const std::vector<Session::CommandRow>& Session::command_rows() {
  using Resume = tools::DebugResume;
  using Takes = CommandRow::Takes;
  static const std::vector<CommandRow> kRows = {
      {"help", "[COMMAND]", "this list", Takes::Commands, [](Session& s, std::string_view r) { s.help(r); }},
      {"type", "EXPRESSION", "the Kubernetes type of a path below input or pod, or the type of a value",
       Takes::Expressions, [](Session& s, std::string_view r) { s.type(r); }},
      {"doc", "NAME", "a builtin, a rule, or a rule of the standards", Takes::Expressions,
       [](Session& s, std::string_view r) { s.doc(r); }},
      {"why", "[QUERY]", "which test made it so; of the last query", Takes::Expressions,
       [](Session& s, std::string_view r) { s.why(r); }},
      {"break", "[FILE:LINE | RULE [if CONDITION]] | off [N]", "where evaluations stop", Takes::Places,
       [](Session& s, std::string_view r) { s.break_at(r); }},
      {"watch", "[EXPRESSION] | off [N]", "shown at each stop", Takes::Expressions,
       [](Session& s, std::string_view r) { s.watch(r); }},
      {"trace", "[fails | notes | full | off]", "the steps of each query, before its answer", Takes::Words,
       [](Session& s, std::string_view r) { s.trace(r); }, "fails full notes off"},
      {"profile", "[on | off]", "where the time of each query goes", Takes::Words,
       [](Session& s, std::string_view r) { s.profile(r); }, "off on"},
      {"step", "[QUERY]", "to the next statement, into what it calls; begins a query", Takes::Expressions,
       [](Session& s, std::string_view r) { s.resume(r, Resume::Into); }},
      {"next", "", "to the next statement of this rule", Takes::Nothing,
       [](Session& s, std::string_view r) { s.resume(r, Resume::Over); }},
      {"out", "", "until this rule has ended", Takes::Nothing,
       [](Session& s, std::string_view r) { s.resume(r, Resume::Out); }},
      {"continue", "", "to the next breakpoint", Takes::Nothing,
       [](Session& s, std::string_view r) { s.resume(r, Resume::Continue); }},
      {"locals", "", "the vars that have a value where it stopped", Takes::Nothing,
       [](Session& s, std::string_view r) { s.locals(r); }},
      {"backtrace", "", "the calls that led there", Takes::Nothing,
       [](Session& s, std::string_view r) { s.backtrace(r); }},
      {"time", "[on | off]", "how long each answer took", Takes::Words,
       [](Session& s, std::string_view r) { s.time(r); }, "off on"},
      {"input", "[FILE[#N]] | off", "the document that `input` is", Takes::Paths,
       [](Session& s, std::string_view r) { s.input(r); }},
      {"data", "[FILE..]", "more data documents, or which there are", Takes::Paths,
       [](Session& s, std::string_view r) { s.data(r); }},
      {"level", "[NAME] | off", "what a pod standard says of the input", Takes::Words,
       [](Session& s, std::string_view r) { s.level(r); }, "baseline off privileged restricted"},
      {"load", "PATH..", "rule files, directories of them, data files", Takes::Paths,
       [](Session& s, std::string_view r) { s.load(r); }},
      {"reload", "", "reads all files again", Takes::Nothing, [](Session& s, std::string_view r) { s.reload(r); }},
      {"save", "[FILE]", "writes the files that were edited; to FILE what was defined here", Takes::Paths,
       [](Session& s, std::string_view r) { s.save(r); }},
      {"edit", "[FILE:]LINE | FILE", "another text for a line, in memory; or $EDITOR", Takes::RuleFiles,
       [](Session& s, std::string_view r) { s.edit(r); }},
      {"show", "", "what was defined here", Takes::Nothing, [](Session& s, std::string_view r) { s.show(r); }},
      {"unset", "NAME", "takes a definition back", Takes::Expressions,
       [](Session& s, std::string_view r) { s.unset(r); }},
      {"set", "[format rego|json|pretty | limit BYTES]", "how answers are shown", Takes::Words,
       [](Session& s, std::string_view r) { s.set(r); }, "format json limit pretty rego"},
      {"unknown", "", "partial evaluation, which is not there", Takes::Nothing,
       [](Session& s, std::string_view r) { s.unknown(r); }},
      {"history", "", "what was typed", Takes::Nothing, [](Session& s, std::string_view r) { s.history(r); }},
      {"!", "COMMAND", "a command of the shell", Takes::Paths, [](Session& s, std::string_view r) { s.shell(r); }},
      {"quit", "", "leaves, as Ctrl-D does", Takes::Nothing, [](Session& s, std::string_view r) { s.quit(r); }},
  };
  return kRows;
}

const Session::CommandRow* Session::find_command(std::string_view name) {
  const auto begins_so = [&](const CommandRow& row) { return row.name.starts_with(name); };
  const auto found = std::find_if(command_rows().begin(), command_rows().end(), begins_so);
  return name.empty() || found == command_rows().end() ? nullptr : &*found;
}

bool Session::command(std::string_view text) {
  const bool is_shell = text.starts_with(":!");
  const Command typed = is_shell ? Command{"!", trimmed(text.substr(2))} : split_command(text.substr(1));
  if (const CommandRow* row = find_command(typed.name)) {
    row->run(*this, typed.rest);
    return !is_over_;
  }
  std::vector<std::string> names;
  for (const CommandRow& row : command_rows()) names.emplace_back(row.name);
  const std::string near = nearest(typed.name, names);
  complain(fmt::format("no command `:{}`{} (:help lists all)", typed.name.substr(0, 40),
                       near.empty() ? "" : fmt::format("; did you mean `:{}`?", near)));
  return true;
}

// Where no rule has that name, and no var of the frame that stands still: `json` may be one.
bool Session::take_bare_word(std::string_view text) {
  const auto [word, rest] = split_command(text);
  const bool is_ref_or_name = defined_name(rest) == rest || word == "unknown" || word == "dump";
  if (!is_ref_or_name || workspace_.has_rule(workspace_.contents().package + "." + std::string(word))) return false;
  if (stop_ != nullptr) {
    const std::vector<tools::DebugVariable> vars = stop_->locals(0, 0);
    const auto is_it = [name = word](const tools::DebugVariable& one) { return one.name == name; };
    if (std::any_of(vars.begin(), vars.end(), is_it)) return false;
  }
  if (word == "unset" && !rest.empty()) {
    unset(rest);
  } else if (word == "unknown") {
    unknown(rest);
  } else if (word == "trace") {
    trace(!rest.empty() ? rest : trace_ ? "off" : "full");
  } else if (word == "dump" || rest.empty()) {
    const auto is_it = [&](const AbsentWord& one) { return one.word == word; };
    const auto* const absent = std::find_if(std::begin(kAbsentWords), std::end(kAbsentWords), is_it);
    if (absent != std::end(kAbsentWords)) {
      complain(absent->what);
      return true;
    }
    if (word == "show") {
      show({});
    } else if (word == "json") {
      set("format json");
    } else if (word == "pretty") {
      set("format rego");
    } else if (word == "profile") {
      profile(shows_profile_ ? "off" : "on");
    } else if (word == "help") {
      help({});
    } else if (word == "exit" || word == "quit") {
      quit({});
    } else {
      return false;
    }
  } else {
    return false;
  }
  return true;
}

void Session::help(std::string_view rest) {
  if (rest.starts_with(':')) rest.remove_prefix(1);
  std::string text;
  for (const CommandRow& row : command_rows()) {
    if (!rest.empty() && !row.name.starts_with(rest)) continue;
    const bool is_apart = !row.takes.empty() && row.name != "!";
    const std::string shown = fmt::format("{}{}{}", row.name, is_apart ? " " : "", row.takes);
    text += fmt::format("  :{:<52} {}\n", shown, row.what);
  }
  if (text.empty()) return complain(fmt::format("no command `:{}`; :help lists them", rest.substr(0, 40)));
  if (rest.empty()) {
    text +=
        "  anything else is a query, or a rule that is kept: x := 5, deny contains msg if { .. }, import .., "
        "package ..\n";
  }
  write(text);
}

void Session::quit(std::string_view /*rest*/) { is_over_ = true; }

void Session::history(std::string_view /*rest*/) {
  for (const std::string& line : terminal_.history()) write(safe(line) + "\n");
}

void Session::shell(std::string_view rest) {
  if (rest.empty()) return complain("name a command: :!ls");
  const int code = terminal_.run_command(std::string(rest));
  if (code != 0) complain(fmt::format("it ended with {}", code));
}

// --- Settings --------------------------------------------------------------------------------------------------------

void Session::trace(std::string_view rest) {
  constexpr std::string_view kForms[] = {"fails", "notes", "full"};
  const auto* const at = std::find(std::begin(kForms), std::end(kForms), rest.empty() ? "fails" : rest);
  if (rest != "off" && at == std::end(kForms)) return complain("a trace is fails, notes, full or off");
  trace_.reset();
  if (rest != "off") trace_ = static_cast<tools::TraceForm>(at - std::begin(kForms));
}

void Session::profile(std::string_view rest) {
  if (!is_on_or_off(rest)) return complain("a profile is on or off");
  shows_profile_ = rest != "off";
}

void Session::time(std::string_view rest) {
  if (!is_on_or_off(rest)) return complain("time is on or off");
  shows_time_ = rest.empty() ? !shows_time_ : rest == "on";
  tell(fmt::format("time is {}\n", shows_time_ ? "on" : "off"));
}

void Session::set(std::string_view rest) {
  constexpr std::string_view kForms[] = {"rego", "json", "pretty"};
  const Command typed = split_command(rest);
  if (rest.empty()) {
    return tell(fmt::format("format {}\nlimit {}\n", kForms[static_cast<std::size_t>(form_)], most_bytes_));
  }
  if (typed.name == "format") {
    const auto* const at = std::find(std::begin(kForms), std::end(kForms), typed.rest);
    if (at == std::end(kForms)) return complain("a format is rego, json or pretty");
    form_ = static_cast<tools::ValueForm>(at - std::begin(kForms));
  } else if (typed.name == "limit") {
    if (!is_number(typed.rest) || typed.rest == "0") return complain("a limit is a number of bytes, such as 65536");
    most_bytes_ = std::strtoul(std::string(typed.rest).c_str(), nullptr, 10);
  } else {
    return complain(fmt::format("no setting `{}`; there are format and limit", typed.name.substr(0, 40)));
  }
  workspace_.debugger().set_form(form_, most_bytes_);
}

}  // namespace psdl::repl
