// What the session holds, and how a policy is made of it.
#include "repl/session.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "psdl/tools/inspect.hpp"
#include "repl/words.hpp"

namespace psdl::repl {
namespace {

constexpr std::string_view kPackage = "data.repl";

bool begins_with_word(std::string_view text, std::string_view word) {
  return text.starts_with(word) && text.size() > word.size() && (text[word.size()] == ' ' || text[word.size()] == '\t');
}

// Whether two definitions of a name may not stand together: `x := 1` and `x := 2` are one after the other.
bool replaces(std::string_view text) {
  const std::string_view name = defined_name(text);
  const std::string_view rest = trimmed(trimmed(text).substr(name.size()));
  return !name.empty() && (rest.starts_with(":=") || trimmed(text).starts_with("default "));
}

}  // namespace

Session::Session(Setup setup, Terminal& terminal) : setup_(std::move(setup)), terminal_(terminal), package_(kPackage) {}
Session::~Session() = default;

void Session::complain(std::string_view text) {
  had_errors_ = true;
  terminal_.tell(safe(text) + "\n");
}

void Session::complain(const DiagnosticList& problems) {
  had_errors_ = had_errors_ || problems.has_errors();
  terminal_.tell(tools::render_diagnostics(problems, setup_.style));
}

std::string Session::safe_lines(std::string_view text) const {
  std::string made;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    made += safe(text.substr(0, end)) + "\n";
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return made;
}

std::string Session::definitions_text(const std::string& package) const {
  std::string text = fmt::format("package {}\n", package.substr(5));
  const auto found = definitions_.find(package);
  if (found != definitions_.end()) {
    for (const std::string& one : found->second) {
      if (begins_with_word(one, "import")) text += "\n" + one + "\n";
    }
    for (const std::string& one : found->second) {
      if (!begins_with_word(one, "import")) text += "\n" + one + "\n";
    }
  }
  return text;
}

bool Session::build(Made& made, DiagnosticList& problems) const {
  PolicyBuilder builder(setup_.engine);
  for (const TextFile& file : files_) builder.add_source(file.path, file.text, file.named_as);
  for (const TextFile& file : data_) builder.add_data(file.path, file.text);
  bool has_own = false;
  for (const auto& [package, texts] : definitions_) {
    std::string text = definitions_text(package);
    if (package == kPackage) {
      has_own = true;
      const bool defines_pod = std::any_of(texts.begin(), texts.end(), [](const std::string& one) { return defined_name(one) == "pod"; });
      if (!pod_path_.empty() && !defines_pod) text += fmt::format("\npod := {}\n", pod_path_);
    }
    builder.add_source(fmt::format("<{}>", package), text, {}, Dialect::Psdl);
  }
  if (!has_own) {
    std::string text = fmt::format("package {}\n", kPackage.substr(5));
    if (!pod_path_.empty()) text += fmt::format("\npod := {}\n", pod_path_);
    builder.add_source(fmt::format("<{}>", kPackage), text, {}, Dialect::Psdl);
  }
  made.policy = builder.build(problems);
  if (!made.policy) return false;
  made.debugger = std::make_unique<tools::Debugger>(made.policy);
  return input_name_.empty() || made.debugger->load(input_text_, DocumentFormat::Auto, input_name_, problems, input_number_);
}

bool Session::rebuild(Told told) {
  Made made;
  DiagnosticList problems;
  if (!build(made, problems)) {
    if (told == Told::Whole) {
      complain(problems);
    } else {
      const DiagnosticView first = problems[0];
      const std::string more = problems.size() > 1 ? fmt::format(" (and {} more)", problems.size() - 1) : "";
      complain(fmt::format("{}:{}:{}: {}{}; nothing was changed", first.file, first.line, first.column, first.message, more));
    }
    return false;
  }
  made_ = std::move(made);
  why_ = nullptr;
  made_.debugger->set_form(form_, most_bytes_);
  // Numbers go on counting: a breakpoint whose place is gone keeps its own.
  for (std::size_t i = 0; i < breakpoints_.size(); ++i) {
    std::string problem;
    if (breakpoints_[i].first.empty()) continue;
    if (made_.debugger->add_breakpoint(breakpoints_[i].first, breakpoints_[i].second, problem, static_cast<std::uint32_t>(i + 1)) == 0) {
      tell(safe(fmt::format("breakpoint {} is gone: {}", i + 1, problem)) + "\n");
      breakpoints_[i].first.clear();
    }
  }
  return true;
}

Query Session::prepare(std::string_view text, DiagnosticList& problems) const {
  std::vector<std::string> imports;
  if (!pod_path_.empty() && package_ != kPackage && !has_rule(package_ + ".pod")) imports.push_back(fmt::format("{}.pod", kPackage));
  return prepare_query(made_.policy, text, problems, package_, imports);
}

std::vector<std::string> Session::rule_names() const {
  std::vector<std::string> names;
  for (const std::string& row : made_.policy.rules()) names.push_back(row.substr(0, row.rfind(' ')));
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

bool Session::has_rule(std::string_view path) const {
  const std::vector<std::string> names = rule_names();
  return std::any_of(names.begin(), names.end(), [&](const std::string& name) { return name == path || name.starts_with(std::string(path) + "."); });
}

// --- Definitions -------------------------------------------------------------------------------------------------------------------------------------

bool Session::is_definition(std::string_view text) const {
  if (begins_with_word(text, "default") || begins_with_word(text, "import")) return true;
  DiagnosticList unread;
  const std::string module = fmt::format("package repl\n{}", text);
  if (tools::parse_module_json("<data.repl>", module, Dialect::Psdl, false, unread).empty()) return false;
  if (is_assignment(text)) return true;
  DiagnosticList unread_too;
  return tools::parse_query_json(text, {}, false, unread_too).empty();
}

bool Session::define(std::string_view text) {
  std::vector<std::string> before = definitions_[package_];
  std::vector<std::string>& now = definitions_[package_];
  const std::string_view name = defined_name(text);
  if (replaces(text)) {
    std::erase_if(now, [&](const std::string& one) { return replaces(one) && defined_name(one) == name && one.starts_with("default ") == text.starts_with("default "); });
  }
  now.emplace_back(text);
  if (!rebuild()) {
    now = std::move(before);
    return false;
  }
  if (!begins_with_word(text, "import")) tell(safe(fmt::format("{}.{} defined", package_, name)) + "\n");
  return true;
}

void Session::set_package(std::string_view name) {
  if (name.starts_with("data.")) name.remove_prefix(5);
  if (!is_rule_path("data." + std::string(name))) {
    complain("a package is named by names and dots: package example.pods");
    return;
  }
  package_ = "data." + std::string(name);
  if (!rebuild()) package_ = kPackage;
}

// --- Input, greeting ---------------------------------------------------------------------------------------------------------------------------------

bool Session::load_input(const std::string& named) {
  std::string path = named;
  std::size_t number = 0;
  std::string text;
  std::string problem;
  if (!read_text(path, text, problem)) {
    // "FILE#N", where no file has that whole name.
    const std::size_t mark = named.rfind('#');
    const char* digits = named.data() + mark + 1;
    if (mark == std::string::npos || std::from_chars(digits, named.data() + named.size(), number).ptr != named.data() + named.size()) {
      complain(problem);
      return false;
    }
    path = named.substr(0, mark);
    if (!read_text(path, text, problem)) {
      complain(problem);
      return false;
    }
  }
  const std::string old_name = std::exchange(input_name_, path);
  const std::string old_text = std::exchange(input_text_, std::move(text));
  const std::size_t old_number = std::exchange(input_number_, number);
  const std::string old_pod = std::exchange(pod_path_, std::string());
  const auto give_up = [&] {
    input_name_ = old_name;
    input_text_ = old_text;
    input_number_ = old_number;
    pod_path_ = old_pod;
    return false;
  };
  // Where the pod spec stands is known once the document is read.
  const tools::Debugger* reader = made_.debugger.get();
  Made first;
  DiagnosticList problems;
  if (reader == nullptr && !build(first, problems)) {
    complain(problems);
    return give_up();
  }
  tools::Debugger& debugger = reader != nullptr ? *made_.debugger : *first.debugger;
  if (reader != nullptr && !debugger.load(input_text_, DocumentFormat::Auto, input_name_, problems, input_number_)) {
    complain(problems);
    return give_up();
  }
  std::string pointer = debugger.pod_spec();
  std::replace(pointer.begin(), pointer.end(), '/', '.');
  const std::string found = pointer.empty() ? "" : "input" + pointer;
  if (found == old_pod && reader != nullptr) {
    pod_path_ = found;
    why_ = nullptr;
    return true;
  }
  pod_path_ = found;
  if (found.empty() && reader == nullptr) {
    made_ = std::move(first);
    made_.debugger->set_form(form_, most_bytes_);
    return true;
  }
  return rebuild() || give_up();
}

std::string Session::describe_input() const {
  if (made_.debugger == nullptr || !made_.debugger->has_input()) return "no input (:input FILE)";
  const ObjectIdentity object = made_.debugger->object();
  std::string name = object.namespace_name.empty() ? object.name : object.namespace_name + "/" + object.name;
  if (!object.kind.empty()) name = name.empty() ? object.kind : object.kind + " " + name;
  const std::string document = made_.debugger->document_name();
  std::string text = name.empty() ? "input = " + document : fmt::format("input = {} ({})", name, document);
  if (!pod_path_.empty()) text += "  |  pod = its pod spec";
  return text;
}

std::string Session::describe_rules() const {
  std::size_t count = 0;
  std::vector<std::string> packages;
  for (const std::string& name : rule_names()) {
    if (name.starts_with(std::string(kPackage) + ".")) continue;
    ++count;
    const std::string package = name.substr(0, name.rfind('.'));
    if (packages.empty() || packages.back() != package) packages.push_back(package);
  }
  const std::string rules = tools::plural(count, "rule");
  if (packages.size() == 1) return fmt::format("{} in {}", rules, packages.front());
  return packages.empty() ? rules : fmt::format("{} in {} packages", rules, packages.size());
}

void Session::greet() {
  if (!setup_.is_interactive) return;
  tell(fmt::format("psdl {}, rego v2, Kubernetes schemas 1.{}. :help for commands, Ctrl-D to leave.\n", version(), newest_standard_minor()));
  tell(safe(fmt::format("{}  |  {}", describe_input(), describe_rules())) + "\n");
}

bool Session::start() {
  for (const std::string& path : setup_.files) {
    std::string problem;
    if (!find_files(path, is_data_file(path) ? data_ : files_, problem)) {
      complain(problem);
      return false;
    }
  }
  if (!setup_.level.empty()) {
    DiagnosticList problems;
    level_ = parse_level(setup_.level, problems);
    if (!level_) {
      complain(problems);
      return false;
    }
  }
  if (setup_.input.empty() ? !rebuild() : !load_input(setup_.input)) return false;
  greet();
  return true;
}

void Session::cancel() {
  if (tools::Debugger* debugger = running_.load()) debugger->cancel();
}

bool Session::take(std::string_view statement) {
  const std::string_view text = trimmed(statement);
  if (text.empty() || text.front() == '#') return true;
  if (text.front() == ':') return command(text);
  bool is_taken = false;
  bare_word(text, is_taken);
  if (is_taken) return !is_over_;
  if (stop_ != nullptr) {
    const tools::DebugValue value = stop_->evaluate(0, text);
    if (!value.errors.empty()) {
      complain(value.errors.size() > 0 ? value.errors[0].message : "");
    } else {
      write(value.is_defined ? safe_lines(value.text) : "undefined\n");
    }
    return true;
  }
  if (begins_with_word(text, "package")) {
    set_package(trimmed(text.substr(7)));
  } else if (is_definition(text)) {
    static_cast<void>(define(text));
  } else {
    evaluate(text);
  }
  return !is_over_;
}

}  // namespace psdl::repl
