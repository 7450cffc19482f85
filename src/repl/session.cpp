// Statements, and what is common to all that they do.
#include "repl/session.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "repl/words.hpp"

namespace psdl::repl {
namespace {

// Whether two definitions of a name may not stand together: `x := 1` and `x := 2` are one after the other.
bool replaces(std::string_view text) {
  const std::string_view name = defined_name(text);
  const std::string_view rest = trimmed(trimmed(text).substr(name.size()));
  return !name.empty() && (rest.starts_with(":=") || begins_with_word(trimmed(text), "default"));
}

}  // namespace

Session::Session(Setup setup, Terminal& terminal)
    : setup_(std::move(setup)), terminal_(terminal), workspace_(setup_.engine) {}
Session::~Session() = default;

Session::Running::Running(Session& session, std::function<void()> cancel)
    : session_(session), cancel_(std::move(cancel)), before_(session.running_.exchange(this)) {
  if (session.terminal_.was_interrupted()) this->cancel();  // Ctrl-C came before there was anything to cancel
}

Session::Running::~Running() { session_.running_ = before_; }

void Session::Running::cancel() {
  was_cancelled_ = true;
  cancel_();
}

void Session::cancel() {
  if (Running* running = running_.load()) running->cancel();
}

void Session::complain(std::string_view text) {
  had_errors_ = true;
  terminal_.tell(safe(text) + "\n");
}

void Session::complain(const DiagnosticList& problems) {
  had_errors_ = had_errors_ || problems.has_errors();
  terminal_.tell(tools::render_diagnostics(problems, setup_.style));
}

void Session::tell_interrupted() {
  had_errors_ = true;
  static_cast<void>(terminal_.was_interrupted());
  if (!is_over_) tell("interrupted\n");
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

bool Session::refuse_while_stopped() {
  if (stop_ != nullptr) complain("not while an evaluation is stopped; :continue it, or end it with Ctrl-C");
  return stop_ != nullptr;
}

std::string Session::did_you_mean_rule(std::string_view name) const {
  const std::string near = nearest(name, workspace_.rule_names());
  return near.empty() ? near : fmt::format("; did you mean {}?", near);
}

// --- Changes ---------------------------------------------------------------------------------------------------------

bool Session::change(Contents next, Told told) {
  DiagnosticList problems;
  if (!workspace_.take(std::move(next), problems)) {
    if (told == Told::Whole) {
      complain(problems);
      return false;
    }
    const DiagnosticView first = problems[0];
    std::string line(first.message);
    if (first.line != 0) line = fmt::format("{}:{}:{}: {}", first.file, first.line, first.column, line);
    if (first.line == 0 && !first.file.empty()) line = fmt::format("{}: {}", first.file, line);
    if (problems.size() > 1) line += fmt::format(" (and {} more)", problems.size() - 1);
    complain(line + "; nothing was changed");
    return false;
  }
  why_ = nullptr;
  workspace_.debugger().set_form(form_, most_bytes_);
  put_breakpoints_back();
  return true;
}

// Numbers go on counting: a breakpoint whose place is gone keeps its own.
void Session::put_breakpoints_back() {
  for (std::size_t i = 0; i < breakpoints_.size(); ++i) {
    auto& [where, condition] = breakpoints_[i];
    std::string problem;
    if (where.empty()) continue;
    const auto number = static_cast<std::uint32_t>(i + 1);
    if (workspace_.debugger().add_breakpoint(where, condition, problem, number) != 0) continue;
    tell(safe(fmt::format("breakpoint {} is gone: {}", number, problem)) + "\n");
    where.clear();
  }
}

void Session::define(std::string_view text) {
  Contents next = workspace_.contents();
  std::vector<std::string>& texts = next.definitions[next.package];
  const std::string_view name = defined_name(text);
  if (replaces(text)) {
    std::erase_if(texts, [&](const std::string& one) {
      return replaces(one) && defined_name(one) == name && one.starts_with("default ") == text.starts_with("default ");
    });
  }
  texts.emplace_back(text);
  if (!change(std::move(next), Told::Whole) || begins_with_word(text, "import")) return;
  tell(safe(fmt::format("{}.{} defined", workspace_.contents().package, name)) + "\n");
}

void Session::set_package(std::string_view name) {
  if (name.starts_with("data.")) name.remove_prefix(5);
  const std::string package = "data." + std::string(name);
  if (!is_rule_path(package)) return complain("a package is named by names and dots: package example.pods");
  Contents next = workspace_.contents();
  next.package = package;
  static_cast<void>(change(std::move(next), Told::Whole));
}

bool Session::read_input(const std::string& path, std::string& text, std::string& problem) const {
  if (!setup_.standard_input || path != setup_.standard_input->first) return read_text(path, text, problem);
  text = setup_.standard_input->second;
  return true;
}

// "FILE#N", where no file has that whole name, is its N-th document.
bool Session::find_input(const std::string& named, InputFile& found) {
  std::string text;
  std::string problem;
  found = {named, 0, nullptr};
  if (!read_input(named, text, problem)) {
    const std::size_t mark = named.rfind('#');
    const char* end = named.data() + named.size();
    std::from_chars_result number{named.data(), std::errc::invalid_argument};
    if (mark != std::string::npos) number = std::from_chars(named.data() + mark + 1, end, found.number);
    const bool has_number = number.ec == std::errc() && number.ptr == end;
    found.path = named.substr(0, mark);
    if (!has_number || !read_input(found.path, text, problem)) {
      complain(problem);
      return false;
    }
  }
  found.text = std::make_shared<const std::string>(std::move(text));
  return true;
}

// --- The session -----------------------------------------------------------------------------------------------------

bool Session::start() {
  Contents first;
  std::string problem;
  for (const std::string& path : setup_.files) {
    if (find_files(path, is_data_file(path) ? first.data : first.files, problem)) continue;
    complain(problem);
    return false;
  }
  if (!setup_.level.empty()) {
    DiagnosticList problems;
    level_ = parse_level(setup_.level, problems);
    if (!level_) {
      complain(problems);
      return false;
    }
  }
  if (!setup_.input.empty() && !find_input(setup_.input, first.input)) return false;
  if (!change(std::move(first), Told::Whole)) return false;
  if (!setup_.is_interactive) return true;
  tell(fmt::format("psdl {}, rego v2, Kubernetes schemas 1.{}. :help for commands, Ctrl-D to leave.\n", version(),
                   newest_standard_minor()));
  tell(safe(fmt::format("{}  |  {}", workspace_.describe_input(), workspace_.describe_rules())) + "\n");
  return true;
}

void Session::evaluate_where_stopped(std::string_view text) {
  const tools::DebugValue value = stop_->evaluate(0, text);
  if (value.is_ended) return tell_interrupted();
  if (!value.errors.empty()) return complain(value.errors[0].message);
  write(value.is_defined ? safe_lines(value.text) : "undefined\n");
}

bool Session::take(std::string_view statement) {
  const std::string_view text = trimmed(statement);
  if (text.empty() || text.front() == '#') return true;
  if (text.front() == ':') return command(text);
  if (take_bare_word(text)) return !is_over_;
  if (stop_ != nullptr) {
    evaluate_where_stopped(text);
  } else if (begins_with_word(text, "package")) {
    set_package(trimmed(text.substr(7)));
  } else if (Workspace::is_definition(text)) {
    define(text);
  } else {
    evaluate(text);
  }
  return !is_over_;
}

}  // namespace psdl::repl
