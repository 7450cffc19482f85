// The session of `psdl repl`: what was loaded, defined and set, and what each typed statement does with it. In: statements, one at a time; out: text, through
// a Terminal. Knows no line editor: tests and pipes speak to it as the editor does.
//
// Whatever a statement does wrong is told in a message, and the session goes on with what it had.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "psdl/psdl.hpp"
#include "psdl/standards.hpp"
#include "psdl/tools/debugger.hpp"
#include "psdl/tools/report.hpp"
#include "psdl/tools/watch.hpp"
#include "psdl/tools/why.hpp"
#include "repl/files.hpp"

namespace psdl::repl {

class Terminal {
 public:
  virtual ~Terminal() = default;
  virtual void write(std::string_view text) = 0;  // an answer
  virtual void tell(std::string_view text) = 0;   // a message
  // The next statement under another prompt; nothing at the end of the input.
  [[nodiscard]] virtual std::optional<std::string> read(std::string_view prompt) = 0;
  // Whether Ctrl-C was pressed since this was asked last.
  [[nodiscard]] virtual bool was_interrupted() = 0;
  [[nodiscard]] virtual std::vector<std::string> history() const { return {}; }
  // Runs a shell's command in its own terminal state; its exit code.
  [[nodiscard]] virtual int run_command(const std::string& command) = 0;
};

struct Setup {
  std::vector<std::string> files;
  std::string input;  // "FILE" or "FILE#N"; empty: none
  std::string level;
  EngineOptions engine;
  tools::TextStyle style;
  bool is_interactive = false;  // greets, and shows prompts
};

class Session {
 public:
  Session(Setup setup, Terminal& terminal);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // Loads what the setup names and greets. False where nothing could be loaded, which was told.
  [[nodiscard]] bool start();
  // Does what the statement says. False: the session is over.
  [[nodiscard]] bool take(std::string_view statement);
  // Words that may stand where the text ends; `begin` is where in the text they begin. Some carry what is shown of them behind a tab.
  [[nodiscard]] std::vector<std::string> complete(std::string_view text, std::size_t& begin) const;
  // Ends a running evaluation; may be called by a signal handler.
  void cancel();
  [[nodiscard]] bool had_errors() const { return had_errors_; }

  static constexpr std::string_view kPrompt = "> ";
  static constexpr std::string_view kDebugPrompt = "(debug) ";
  static constexpr std::string_view kMorePrompt = "| ";

 private:
  struct CommandRow;
  [[nodiscard]] static const std::vector<CommandRow>& command_rows();

  // session.cpp: the policy and what it is made of.
  struct Made {
    Policy policy;
    std::unique_ptr<tools::Debugger> debugger;
  };
  [[nodiscard]] bool build(Made& made, DiagnosticList& problems) const;
  // Builds anew and takes it; false, told, where that fails: the caller puts back what it changed.
  // Short: the first problem in one line, for what was read from files.
  enum class Told : bool { Whole, Short };
  [[nodiscard]] bool rebuild(Told told = Told::Whole);
  [[nodiscard]] std::string definitions_text(const std::string& package) const;
  [[nodiscard]] bool define(std::string_view text);
  [[nodiscard]] bool is_definition(std::string_view text) const;
  void set_package(std::string_view name);
  [[nodiscard]] bool load_input(const std::string& named);
  void greet();
  [[nodiscard]] std::string describe_input() const;
  [[nodiscard]] std::string describe_rules() const;
  [[nodiscard]] std::vector<std::string> rule_names() const;
  [[nodiscard]] bool has_rule(std::string_view path) const;
  [[nodiscard]] Query prepare(std::string_view text, DiagnosticList& problems) const;

  // evaluate.cpp: queries and their answers, stops.
  void evaluate(std::string_view text, bool stops_on_entry = false);
  void show_watched(const Query& query);
  void show_answer(const tools::DebugAnswer& answer, const std::string& text);
  [[nodiscard]] std::vector<Finding> findings_of(const std::string& path);
  [[nodiscard]] tools::DebugResume at_stop(tools::DebugStop& stop);
  void show_stop(const tools::DebugStop& stop);
  void show_happenings(const tools::DebugStop& stop);
  void show_watches(const tools::DebugStop& stop);
  [[nodiscard]] std::string_view line_of(const std::string& file, std::uint32_t line) const;

  // commands.cpp
  [[nodiscard]] bool command(std::string_view text);
  void bare_word(std::string_view text, bool& is_taken);
  void help(std::string_view rest);
  void load(std::string_view rest);
  void reload(std::string_view rest);
  void save(std::string_view rest);
  void edit(std::string_view rest);
  void input(std::string_view rest);
  void data(std::string_view rest);
  void level(std::string_view rest);
  void type(std::string_view rest);
  void doc(std::string_view rest);
  void why(std::string_view rest);
  void break_at(std::string_view rest);
  void watch(std::string_view rest);
  void resume(std::string_view rest, tools::DebugResume how);
  void locals(std::string_view rest);
  void where(std::string_view rest);
  void trace(std::string_view rest);
  void profile(std::string_view rest);
  void time(std::string_view rest);
  void set(std::string_view rest);
  void show(std::string_view rest);
  void unset(std::string_view rest);
  void history(std::string_view rest);
  void shell(std::string_view rest);
  void quit(std::string_view rest);

  void write(std::string_view text) { terminal_.write(text); }
  void tell(std::string_view text) { terminal_.tell(text); }
  // A one-line message on something that went wrong.
  void complain(std::string_view text);
  void complain(const DiagnosticList& problems);
  [[nodiscard]] std::string safe(std::string_view text) const { return tools::escape_for_terminal(text, setup_.style.ascii); }
  // Of several lines, each.
  [[nodiscard]] std::string safe_lines(std::string_view text) const;
  [[nodiscard]] bool refuse_while_stopped();

  Setup setup_;
  Terminal& terminal_;
  bool had_errors_ = false;
  bool is_over_ = false;

  std::vector<TextFile> files_;
  std::vector<TextFile> data_;
  std::map<std::string, std::vector<std::string>> definitions_;  // by package
  std::string package_;
  std::string input_name_;         // of the file
  std::string input_text_;
  std::size_t input_number_ = 0;
  std::string pod_path_;           // "input.spec.template.spec"; empty where there is none
  std::optional<Level> level_;
  Made made_;
  std::unique_ptr<tools::Why> why_;  // made when it is first asked; has the document of its own
  std::vector<std::pair<std::string, std::string>> breakpoints_;  // where and condition, by number - 1; empty: taken away
  std::vector<std::string> watches_;
  std::string last_query_;

  tools::ValueForm form_ = tools::ValueForm::Rego;
  std::size_t most_bytes_ = 64UL * 1024;
  bool shows_time_ = false;
  std::optional<tools::TraceForm> trace_;
  bool shows_profile_ = false;

  std::atomic<tools::Debugger*> running_{nullptr};  // what a signal handler may cancel
  tools::DebugStop* stop_ = nullptr;  // during one
  std::optional<tools::DebugResume> resume_;
};

}  // namespace psdl::repl
