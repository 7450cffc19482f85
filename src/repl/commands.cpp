// The commands of the session, and the words that OPA's REPL has for some of them.
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "psdl/tools/reference.hpp"
#include "psdl/tools/rule_pages.hpp"
#include "psdl/tools/schema.hpp"
#include "repl/session.hpp"
#include "repl/words.hpp"

namespace psdl::repl {
namespace {

constexpr std::size_t kMostFields = 3;  // of a type, shown

std::string in_single_quotes(std::string_view text) {
  std::string made = "'";
  for (const char c : text) made += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return made + "'";
}

bool is_number(std::string_view text) { return !text.empty() && text.size() < 10 && text.find_first_not_of("0123456789") == std::string_view::npos; }

// The N-th line (from 1) of a text, without its end; false where it has fewer.
bool find_line(std::string_view text, std::size_t number, std::size_t& begin, std::size_t& end) {
  begin = 0;
  for (; number > 1; --number) {
    begin = text.find('\n', begin);
    if (begin == std::string_view::npos) return false;
    ++begin;
  }
  end = std::min(text.find('\n', begin), text.size());
  return begin < text.size() && number == 1;
}

}  // namespace

struct Session::CommandRow {
  std::string_view name;
  std::string_view takes;
  std::string_view what;
  void (*run)(Session& session, std::string_view rest);
};

const std::vector<Session::CommandRow>& Session::command_rows() {
  using Resume = tools::DebugResume;
  // A command may be cut short: the first row that begins so is meant.
  static const std::vector<CommandRow> kRows = {
      {"help", "[COMMAND]", "this list", [](Session& s, std::string_view r) { s.help(r); }},
      {"type", "EXPRESSION", "the Kubernetes type of a path below input or pod, or the type of a value", [](Session& s, std::string_view r) { s.type(r); }},
      {"doc", "NAME", "a builtin, a rule, or a rule of the standards", [](Session& s, std::string_view r) { s.doc(r); }},
      {"why", "[QUERY]", "which test made it so; of the last query", [](Session& s, std::string_view r) { s.why(r); }},
      {"break", "[FILE:LINE | RULE [if CONDITION]] | off [N]", "where evaluations stop", [](Session& s, std::string_view r) { s.break_at(r); }},
      {"watch", "[EXPRESSION] | off [N]", "shown at each stop", [](Session& s, std::string_view r) { s.watch(r); }},
      {"trace", "[fails | notes | full | off]", "the steps of each query, before its answer", [](Session& s, std::string_view r) { s.trace(r); }},
      {"profile", "[on | off]", "where the time of each query goes", [](Session& s, std::string_view r) { s.profile(r); }},
      {"step", "[QUERY]", "to the next statement, into what it calls; begins a query", [](Session& s, std::string_view r) { s.resume(r, Resume::Into); }},
      {"next", "", "to the next statement of this rule", [](Session& s, std::string_view r) { s.resume(r, Resume::Over); }},
      {"out", "", "until this rule has ended", [](Session& s, std::string_view r) { s.resume(r, Resume::Out); }},
      {"continue", "", "to the next breakpoint", [](Session& s, std::string_view r) { s.resume(r, Resume::Continue); }},
      {"locals", "", "the vars that have a value where it stopped", [](Session& s, std::string_view r) { s.locals(r); }},
      {"backtrace", "", "the calls that led there", [](Session& s, std::string_view r) { s.where(r); }},
      {"time", "[on | off]", "how long each answer took", [](Session& s, std::string_view r) { s.time(r); }},
      {"input", "[FILE[#N]] | off", "the document that `input` is", [](Session& s, std::string_view r) { s.input(r); }},
      {"data", "[FILE..]", "more data documents, or which there are", [](Session& s, std::string_view r) { s.data(r); }},
      {"level", "[NAME] | off", "what a pod standard says of the input", [](Session& s, std::string_view r) { s.level(r); }},
      {"load", "PATH..", "rule files, directories of them, data files", [](Session& s, std::string_view r) { s.load(r); }},
      {"reload", "", "reads all files again", [](Session& s, std::string_view r) { s.reload(r); }},
      {"save", "[FILE]", "writes the files that were edited; to FILE what was defined here", [](Session& s, std::string_view r) { s.save(r); }},
      {"edit", "[FILE:]LINE | FILE", "another text for a line, in memory; or $EDITOR", [](Session& s, std::string_view r) { s.edit(r); }},
      {"show", "", "what was defined here", [](Session& s, std::string_view r) { s.show(r); }},
      {"unset", "NAME", "takes a definition back", [](Session& s, std::string_view r) { s.unset(r); }},
      {"set", "[format rego|json|pretty | limit BYTES]", "how answers are shown", [](Session& s, std::string_view r) { s.set(r); }},
      {"history", "", "what was typed", [](Session& s, std::string_view r) { s.history(r); }},
      {"!", "COMMAND", "a command of the shell", [](Session& s, std::string_view r) { s.shell(r); }},
      {"quit", "", "leaves, as Ctrl-D does", [](Session& s, std::string_view r) { s.quit(r); }},
  };
  return kRows;
}

bool Session::command(std::string_view text) {
  if (text.starts_with(":!")) {
    shell(trimmed(text.substr(2)));
    return true;
  }
  const Command typed = split_command(text.substr(1));
  for (const CommandRow& row : command_rows()) {
    if (typed.name.empty() || !row.name.starts_with(typed.name)) continue;
    row.run(*this, typed.rest);
    return !is_over_;
  }
  std::vector<std::string> names;
  for (const CommandRow& row : command_rows()) names.emplace_back(row.name);
  const std::string near = nearest(typed.name, names);
  complain(fmt::format("no command `:{}`{} (:help lists all)", typed.name.substr(0, 40), near.empty() ? "" : fmt::format("; did you mean `:{}`?", near)));
  return true;
}

// Where no rule has that name: `json` may be one.
void Session::bare_word(std::string_view text, bool& is_taken) {
  const Command typed = split_command(text);
  constexpr std::string_view kWords[] = {"trace", "show", "unset", "json", "pretty", "help", "exit", "quit"};
  const bool takes_more = typed.name == "unset";
  if (std::find(std::begin(kWords), std::end(kWords), typed.name) == std::end(kWords)) return;
  if (takes_more == typed.rest.empty() || defined_name(typed.rest) != typed.rest || has_rule(package_ + "." + std::string(typed.name))) return;
  is_taken = true;
  if (typed.name == "trace") trace(trace_ ? "off" : "full");
  if (typed.name == "show") show({});
  if (typed.name == "unset") unset(typed.rest);
  if (typed.name == "json") set("format json");
  if (typed.name == "pretty") set("format rego");
  if (typed.name == "help") help({});
  if (typed.name == "exit" || typed.name == "quit") quit({});
}

void Session::help(std::string_view rest) {
  std::string text;
  for (const CommandRow& row : command_rows()) {
    if (!rest.empty() && !row.name.starts_with(rest)) continue;
    text += fmt::format("  :{:<52} {}\n", fmt::format("{}{}{}", row.name, row.takes.empty() || row.name == "!" ? "" : " ", row.takes), row.what);
  }
  if (text.empty()) return complain(fmt::format("no command `:{}`; :help lists them", rest.substr(0, 40)));
  if (rest.empty()) text += "  anything else is a query, or a rule that is kept: x := 5, deny contains msg if { .. }, import .., package ..\n";
  write(text);
}

void Session::quit(std::string_view /*rest*/) { is_over_ = true; }

bool Session::refuse_while_stopped() {
  if (stop_ != nullptr) complain("not while an evaluation is stopped; :continue it, or end it with Ctrl-C");
  return stop_ != nullptr;
}

// --- Files -------------------------------------------------------------------------------------------------------------------------------------------

void Session::load(std::string_view rest) {
  if (refuse_while_stopped()) return;
  if (rest.empty()) return complain("name a rule file or a directory of them: :load rules/");
  const std::vector<TextFile> files_before = files_;
  const std::vector<TextFile> data_before = data_;
  std::string problem;
  for (const std::string& path : split_words(rest)) {
    std::vector<TextFile> found;
    if (!find_files(path, found, problem)) break;
    for (TextFile& one : found) {
      std::vector<TextFile>& into = is_data_file(one.path) ? data_ : files_;
      std::erase_if(into, [&](const TextFile& other) { return other.path == one.path; });
      into.push_back(std::move(one));
    }
  }
  if (!problem.empty()) complain(problem);
  if (problem.empty() && rebuild(Told::Short)) return tell(safe(describe_rules()) + "\n");
  files_ = files_before;
  data_ = data_before;
}

void Session::reload(std::string_view /*rest*/) {
  if (refuse_while_stopped()) return;
  const std::vector<TextFile> files_before = files_;
  const std::vector<TextFile> data_before = data_;
  const std::string input_before = input_text_;
  std::string problem;
  bool is_read = input_name_.empty() || read_text(input_name_, input_text_, problem);
  for (std::vector<TextFile>* all : {&files_, &data_}) {
    for (TextFile& one : *all) {
      is_read = is_read && read_text(one.path, one.text, problem);
      one.is_changed = false;
    }
  }
  if (!is_read) complain(problem);
  if (is_read && rebuild(Told::Short)) return tell(safe(describe_rules()) + "\n");
  files_ = files_before;
  data_ = data_before;
  input_text_ = input_before;
}

void Session::save(std::string_view rest) {
  std::string problem;
  if (rest.empty()) {
    std::size_t saved = 0;
    for (TextFile& one : files_) {
      if (!one.is_changed) continue;
      if (!write_text(one.path, one.text, problem)) return complain(problem);
      one.is_changed = false;
      ++saved;
      tell(safe(fmt::format("saved {}", one.path)) + "\n");
    }
    if (saved == 0) tell("no file was edited; :save FILE writes what was defined here\n");
    return;
  }
  const std::string path(rest);
  std::string there;
  if (definitions_[package_].empty()) return complain("nothing was defined here");
  if (read_text(path, there, problem)) return complain(fmt::format("{} is there already; name another file", path));
  problem.clear();
  if (!write_text(path, definitions_text(package_), problem)) return complain(problem);
  tell(safe(fmt::format("saved {}", path)) + "\n");
}

void Session::edit(std::string_view rest) {
  if (refuse_while_stopped()) return;
  const std::size_t colon = rest.rfind(':');
  const std::string_view digits = is_number(rest) ? rest : colon == std::string_view::npos ? std::string_view() : rest.substr(colon + 1);
  const std::string_view name = is_number(rest) ? std::string_view() : is_number(digits) ? rest.substr(0, colon) : rest;
  TextFile* file = name.empty() && files_.size() == 1 ? &files_.front() : nullptr;
  for (TextFile& one : files_) {
    if (!name.empty() && (one.path == name || one.path.ends_with("/" + std::string(name)))) file = &one;
  }
  if (file == nullptr) return complain(name.empty() ? "name a file: :edit draft.psdl:5" : fmt::format("{} is not loaded; :load it first", name));
  if (!is_number(digits)) {
    const char* editor = std::getenv("EDITOR");
    const int code = terminal_.run_command(fmt::format("{} {}", editor != nullptr ? editor : "vi", in_single_quotes(file->path)));
    return code == 0 ? reload({}) : complain(fmt::format("the editor ended with {}", code));
  }
  std::size_t begin = 0;
  std::size_t end = 0;
  if (!find_line(file->text, std::strtoul(std::string(digits).c_str(), nullptr, 10), begin, end)) return complain(fmt::format("{} has no line {}", file->path, digits));
  const std::optional<std::string> typed = terminal_.read(kMorePrompt);
  if (!typed) return;
  const std::string before = file->text;
  std::size_t indented = begin;
  while (indented < end && (before[indented] == ' ' || before[indented] == '\t')) ++indented;
  file->text.replace(indented, end - indented, trimmed(*typed));
  if (!rebuild(Told::Short)) {
    file->text = before;
    return;
  }
  file->is_changed = true;
  tell(safe(fmt::format("{} reloaded in memory (:save to write)", file->path)) + "\n");
}

void Session::input(std::string_view rest) {
  if (refuse_while_stopped()) return;
  if (rest == "off") {
    input_name_.clear();
    input_text_.clear();
    pod_path_.clear();
    static_cast<void>(rebuild(Told::Short));
  } else if (!rest.empty() && !load_input(std::string(rest))) {
    return;
  }
  tell(safe(describe_input()) + "\n");
}

void Session::data(std::string_view rest) {
  if (!rest.empty()) {
    for (const std::string& path : split_words(rest)) {
      if (!is_data_file(path)) return complain(fmt::format("{} is no data file (*.json, *.yaml)", path));
    }
    return load(rest);
  }
  for (const TextFile& one : data_) write(safe(one.path) + "\n");
  if (data_.empty()) tell("no data documents; :data FILE adds one\n");
}

// --- What rules and values are -----------------------------------------------------------------------------------------------------------------------

void Session::level(std::string_view rest) {
  DiagnosticList problems;
  if (rest == "off") {
    level_.reset();
    return;
  }
  if (!rest.empty()) {
    const std::optional<Level> named = parse_level(rest, problems);
    if (!named) return complain(problems[0].message);
    level_ = named;
  }
  if (!level_) return tell("no level; :level restricted judges the input\n");
  if (input_name_.empty()) return complain("there is no input to judge; :input FILE");
  PolicyBuilder builder(setup_.engine);
  StandardOptions options;
  options.level = *level_;
  const bool is_added = add_standard(builder, options, problems);
  const Policy policy = is_added ? builder.build(problems) : Policy();
  if (!policy) return complain(problems);
  std::string lines;
  std::string what;
  EvaluateOptions how;
  how.judges_pods = true;
  Evaluator(policy, how).evaluate(input_text_, DocumentFormat::Auto, input_name_, [&](const Verdict& verdict) {
    if (verdict.object.document < input_number_) return true;
    if (verdict.errors != nullptr && !verdict.errors->empty()) problems.append(*verdict.errors);
    what = verdict.pod_proof == PodProof::Absent ? "not judged: there is no pod spec" : tools::plural(verdict.findings.size(), "finding");
    for (const Finding& one : verdict.findings) {
      lines += safe(fmt::format("  {}  {}:{}:{}  {}", one.rule, one.location.file, one.location.line, one.location.column, one.message)) + "\n";
    }
    return false;
  });
  if (problems.has_errors()) return complain(problems[0].message);
  write(safe(fmt::format("{} v1.{}: {}", level_name(*level_), options.version.evaluated_minor(), what)) + "\n" + lines);
}

void Session::type(std::string_view rest) {
  if (rest.empty()) return complain("name a path or an expression: :type input.spec");
  std::optional<std::vector<std::string>> steps = path_steps(rest);
  const bool is_pod = steps && steps->front() == "pod" && !pod_path_.empty();
  if (steps && (is_pod || steps->front() == "input")) {
    if (made_.debugger->has_input() && !made_.debugger->object().kind.empty()) {
      steps->erase(steps->begin());
      if (is_pod) {
        const std::vector<std::string> place = *path_steps(pod_path_);
        steps->insert(steps->begin(), place.begin() + 1, place.end());
      }
      const ObjectIdentity object = made_.debugger->object();
      const tools::SchemaPlace place = tools::schema_at(object.api_version, object.kind, *steps);
      if (!place.is_known) return complain(place.problem);
      std::string line = place.type + (place.is_optional ? "?" : "");
      std::string fields;
      for (std::size_t i = 0; i < std::min(kMostFields, place.fields.size()); ++i) {
        fields += fmt::format("{}{}{}: {}", fields.empty() ? "" : ", ", place.fields[i].name, place.fields[i].is_optional ? "?" : "", place.fields[i].type);
      }
      if (place.fields.size() > kMostFields) fields += fmt::format(", {} {} more", setup_.style.ascii ? ".." : "…", place.fields.size() - kMostFields);
      if (place.is_optional || !fields.empty()) line += "  ";
      if (place.is_optional) line += " optional";
      if (!fields.empty()) line += fmt::format("{} {{{}}}", place.is_optional ? ";" : "", fields);
      return write(safe(line) + "\n");
    }
  }
  DiagnosticList problems;
  const Query query = prepare(fmt::format("type_name({})", rest), problems);
  if (!query) return complain(problems.empty() ? std::string("no type is known") : std::string(problems[0].message));
  const tools::DebugAnswer answer = made_.debugger->run(query);
  if (!answer.errors.empty()) return complain(answer.errors[0].message);
  if (answer.rows.empty()) return write("undefined\n");
  const std::string quoted = answer.rows.front().values.front();
  write(safe(quoted.size() > 2 && quoted.front() == '"' ? quoted.substr(1, quoted.size() - 2) : quoted) + "\n");
}

void Session::doc(std::string_view rest) {
  if (rest.empty()) return complain("name a builtin, a rule, or a rule of the standards: :doc startswith");
  std::vector<std::string> names;
  for (const tools::BuiltinInfo& one : tools::builtin_infos()) {
    if (one.name == rest) return write(fmt::format("{}{}\n{}\n  {}\n", one.name, one.signature, one.doc, one.example));
    names.emplace_back(one.name);
  }
  for (const std::string& row : made_.policy.rules()) {
    const std::string name = row.substr(0, row.rfind(' '));
    names.push_back(name);
    if (name != rest && name != package_ + "." + std::string(rest)) continue;
    std::string text = row + "\n";
    for (const EntryPoint& entry : made_.policy.entry_points()) {
      if (entry.path != name) continue;
      text += fmt::format("{}:{}{}{}\n", entry.file, entry.line, entry.title.empty() ? "" : "  ", entry.title);
      for (const RuleInfo& info : made_.policy.rule_infos()) {
        if (info.id == entry.id && !info.description.empty()) text += info.description + "\n";
      }
    }
    return write(safe_lines(text));
  }
  if (const std::string page = tools::rule_page(rest); !page.empty()) return write(page);
  const std::string near = nearest(rest, names);
  complain(fmt::format("nothing is known of {}{}", rest.substr(0, 80), near.empty() ? "" : fmt::format("; did you mean {}?", near)));
}

void Session::why(std::string_view rest) {
  if (refuse_while_stopped()) return;
  const std::string asked(rest.empty() ? std::string_view(last_query_) : rest);
  if (asked.empty()) return complain("name a rule or a query: :why data.example.deny");
  if (is_rule_path(asked) && !has_rule(asked)) {
    const std::string near = nearest(asked, rule_names());
    return complain(fmt::format("there is no rule {}{}", asked, near.empty() ? "" : fmt::format("; did you mean {}?", near)));
  }
  DiagnosticList problems;
  const std::string whole = is_rule_path(asked) || !has_rule(package_ + "." + asked) ? asked : package_ + "." + asked;
  const Query query = prepare(whole, problems);
  if (!query) return complain(problems);
  if (why_ == nullptr) {
    why_ = std::make_unique<tools::Why>(made_.policy);
    if (!input_name_.empty() && !why_->load(input_text_, DocumentFormat::Auto, input_name_, problems, input_number_)) {
      why_ = nullptr;
      return complain(problems);
    }
  }
  last_query_ = whole;
  if (!why_->ask(query)) return complain("a program image has lost its source: nothing tells why");
  for (const tools::WhyAnswer& answer : why_->explain()) {
    if (!answer.errors.empty()) complain(answer.errors);
    if (!answer.rule.empty()) write(tools::render_why(answer, setup_.style));
  }
}

// --- Settings ----------------------------------------------------------------------------------------------------------------------------------------

void Session::trace(std::string_view rest) {
  constexpr std::string_view kForms[] = {"fails", "notes", "full"};
  const auto* const at = std::find(std::begin(kForms), std::end(kForms), rest.empty() ? "fails" : rest);
  if (rest != "off" && at == std::end(kForms)) return complain("a trace is fails, notes, full or off");
  trace_.reset();
  if (rest != "off") trace_ = static_cast<tools::TraceForm>(at - std::begin(kForms));
}

void Session::profile(std::string_view rest) {
  if (!rest.empty() && rest != "on" && rest != "off") return complain("a profile is on or off");
  shows_profile_ = rest != "off";
}

void Session::time(std::string_view rest) {
  if (!rest.empty() && rest != "on" && rest != "off") return complain("time is on or off");
  shows_time_ = rest.empty() ? !shows_time_ : rest == "on";
  tell(fmt::format("time is {}\n", shows_time_ ? "on" : "off"));
}

void Session::set(std::string_view rest) {
  constexpr std::string_view kForms[] = {"rego", "json", "pretty"};
  const Command typed = split_command(rest);
  if (rest.empty()) return tell(fmt::format("format {}\nlimit {}\n", kForms[static_cast<std::size_t>(form_)], most_bytes_));
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
  made_.debugger->set_form(form_, most_bytes_);
}

void Session::show(std::string_view /*rest*/) { write(safe_lines(definitions_text(package_))); }

void Session::unset(std::string_view rest) {
  if (refuse_while_stopped()) return;
  const std::vector<std::string> before = definitions_[package_];
  const std::size_t gone = std::erase_if(definitions_[package_], [&](const std::string& one) { return defined_name(one) == rest; });
  if (gone == 0) return complain(fmt::format("{}.{} was not defined here", package_, rest));
  if (!rebuild(Told::Short)) definitions_[package_] = before;
}

void Session::history(std::string_view /*rest*/) {
  for (const std::string& line : terminal_.history()) write(safe(line) + "\n");
}

void Session::shell(std::string_view rest) {
  if (rest.empty()) return complain("name a command: :!ls");
  const int code = terminal_.run_command(std::string(rest));
  if (code != 0) complain(fmt::format("it ended with {}", code));
}

// --- Completion --------------------------------------------------------------------------------------------------------------------------------------

std::vector<std::string> Session::complete(std::string_view text, std::size_t& begin) const {
  std::vector<std::string> found;
  const auto offer = [&](std::string_view word, std::string_view shown, std::string_view typed) {
    if (!word.starts_with(typed)) return;
    found.push_back(shown.empty() ? std::string(word) : fmt::format("{}\t{}", word, shown));
  };
  if (text.starts_with(':') && text.find(' ') == std::string_view::npos) {
    begin = 1;
    for (const CommandRow& row : command_rows()) offer(row.name, row.takes, text.substr(1));
    return found;
  }
  const Command typed = split_command(text);
  constexpr std::string_view kFileCommands[] = {":load", ":input", ":data", ":save", ":edit"};
  if (std::find(std::begin(kFileCommands), std::end(kFileCommands), typed.name) != std::end(kFileCommands)) {
    begin = text.rfind(' ') + 1;
    for (const std::string& path : paths_beginning_with(std::string(text.substr(begin)))) offer(path, {}, text.substr(begin));
    return found;
  }
  begin = text.size();
  const auto is_part = [](char c) { return c == '.' || c == '_' || c == '[' || c == ']' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  while (begin > 0 && is_part(text[begin - 1])) --begin;
  const std::string_view word = text.substr(begin);
  const std::size_t dot = word.rfind('.');
  const bool is_pod = word.starts_with("pod.") && !pod_path_.empty();
  if (dot != std::string_view::npos && (is_pod || word.starts_with("input."))) {
    const std::string whole = is_pod ? pod_path_ + std::string(word.substr(3, dot - 3)) : std::string(word.substr(0, dot));
    const std::string_view below = std::string_view(whole).substr(std::min<std::size_t>(6, whole.size()));
    std::vector<std::string> keys = made_.debugger->input_keys(below);
    const ObjectIdentity object = made_.debugger->object();
    const std::optional<std::vector<std::string>> steps = path_steps(below);
    if (steps || below.empty()) {
      for (const tools::SchemaField& field : tools::schema_at(object.api_version, object.kind, steps.value_or(std::vector<std::string>())).fields) keys.push_back(field.name);
    }
    std::sort(keys.begin(), keys.end());
    keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
    for (const std::string& key : keys) offer(fmt::format("{}.{}", word.substr(0, dot), key), {}, word);
    return found;
  }
  for (const std::string& name : rule_names()) {
    offer(name, {}, word);
    if (name.starts_with(package_ + ".")) offer(std::string_view(name).substr(package_.size() + 1), {}, word);
  }
  for (const tools::BuiltinInfo& one : tools::builtin_infos()) offer(one.name, one.signature, word);
  offer("input", {}, word);
  if (!pod_path_.empty()) offer("pod", {}, word);
  return found;
}

}  // namespace psdl::repl
