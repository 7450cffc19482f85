// The session of `psdl repl`: what each typed statement does. In: statements, one at a time; out: text, through a
// Terminal. Knows no line editor: tests and pipes speak to it as the editor does.
//
// Whatever a statement does wrong is told in a message, and the session goes on with what it had.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "psdl/psdl.hpp"
#include "psdl/standards.hpp"
#include "psdl/tools/debugger.hpp"
#include "psdl/tools/report.hpp"
#include "psdl/tools/watch.hpp"
#include "psdl/tools/why.hpp"
#include "repl/workspace.hpp"

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
  // What came from standard input, by the name that `input` has for it.
  std::optional<std::pair<std::string, std::string>> standard_input;
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
  // Words that may stand where the text ends; `begin` is where in the text they begin. Some carry what is shown of them
  // behind a tab.
  [[nodiscard]] std::vector<std::string> complete(std::string_view text, std::size_t& begin) const;
  // Ends what runs; may be called by a signal handler.
  void cancel();
  [[nodiscard]] bool had_errors() const { return had_errors_; }

  static constexpr std::string_view kPrompt = "> ";
  static constexpr std::string_view kDebugPrompt = "(debug) ";
  static constexpr std::string_view kMorePrompt = "| ";

 private:
  struct CommandRow;
  class Completer;
  [[nodiscard]] static const std::vector<CommandRow>& command_rows();
  // A command may be cut short: the first row that begins so is meant. Null where there is none.
  [[nodiscard]] static const CommandRow* find_command(std::string_view name);

  // While one lives, Ctrl-C ends what it names.
  class Running {
   public:
    Running(Session& session, std::function<void()> cancel);
    ~Running();
    Running(const Running&) = delete;
    Running& operator=(const Running&) = delete;
    void cancel();
    [[nodiscard]] bool was_cancelled() const { return was_cancelled_; }

   private:
    Session& session_;
    std::function<void()> cancel_;
    std::atomic<bool> was_cancelled_{false};
    Running* before_;
  };

  // session.cpp
  // Short: the first problem in one line, for what was read from files.
  enum class Told : bool { Whole, Short };
  // Takes the contents, or tells what is wrong with them.
  [[nodiscard]] bool change(Contents next, Told told);
  void put_breakpoints_back();
  void define(std::string_view text);
  void set_package(std::string_view name);
  [[nodiscard]] bool read_input(const std::string& path, std::string& text, std::string& problem) const;
  [[nodiscard]] bool find_input(const std::string& named, InputFile& found);
  void evaluate_where_stopped(std::string_view text);

  // evaluate.cpp: queries and their answers.
  void evaluate(std::string_view text, bool stops_on_entry = false);
  // The trace and the profile, where they are on. False where they were ended.
  [[nodiscard]] bool show_watched(const Query& query);
  void show_answer(const tools::DebugAnswer& answer, const std::string& text);
  [[nodiscard]] std::vector<Finding> findings_of(const std::string& path);
  [[nodiscard]] std::string answer_text(const tools::DebugAnswer& answer) const;

  // stops.cpp: evaluations that stand still.
  [[nodiscard]] tools::DebugResume at_stop(tools::DebugStop& stop);
  void show_stop(const tools::DebugStop& stop);
  void show_happenings(const std::vector<tools::DebugHappening>& since);
  void show_watches(const tools::DebugStop& stop);
  [[nodiscard]] std::string_view line_of(const std::string& file, std::uint32_t line) const;
  void resume(std::string_view rest, tools::DebugResume how);
  void locals(std::string_view rest);
  void backtrace(std::string_view rest);

  // breakpoints.cpp
  void break_at(std::string_view rest);
  void break_off(std::string_view number);
  void watch(std::string_view rest);

  // commands.cpp
  [[nodiscard]] bool command(std::string_view text);
  // Whether it was a word of OPA's.
  [[nodiscard]] bool take_bare_word(std::string_view text);
  void help(std::string_view rest);
  void trace(std::string_view rest);
  void profile(std::string_view rest);
  void time(std::string_view rest);
  void set(std::string_view rest);
  void history(std::string_view rest);
  void shell(std::string_view rest);
  void quit(std::string_view rest);

  // contents.cpp
  void load(std::string_view rest);
  void reload(std::string_view rest);
  void save(std::string_view rest);
  void save_edited();
  void edit(std::string_view rest);
  void edit_line(Contents next, TextFile& file, std::size_t line);
  void input(std::string_view rest);
  void data(std::string_view rest);
  void show(std::string_view rest);
  void unset(std::string_view rest);

  // about.cpp: what rules and values are.
  void level(std::string_view rest);
  void type(std::string_view rest);
  [[nodiscard]] bool type_by_schema(std::string_view path);
  void doc(std::string_view rest);
  void why(std::string_view rest);
  void unknown(std::string_view rest);

  void write(std::string_view text) { terminal_.write(text); }
  void tell(std::string_view text) { terminal_.tell(text); }
  // A one-line message on something that went wrong.
  void complain(std::string_view text);
  void complain(const DiagnosticList& problems);
  void tell_interrupted();
  [[nodiscard]] std::string safe(std::string_view text) const {
    return tools::escape_for_terminal(text, setup_.style.ascii);
  }
  // Of several lines, each.
  [[nodiscard]] std::string safe_lines(std::string_view text) const;
  [[nodiscard]] bool refuse_while_stopped();
  // "; did you mean data.pods.deny?", or nothing.
  [[nodiscard]] std::string did_you_mean_rule(std::string_view name) const;

  Setup setup_;
  Terminal& terminal_;
  bool had_errors_ = false;
  bool is_over_ = false;

  Workspace workspace_;
  std::optional<Level> level_;
  std::unique_ptr<tools::Why> why_;  // made when it is first asked
  // Where and condition, by number - 1. Empty: taken away.
  std::vector<std::pair<std::string, std::string>> breakpoints_;
  std::vector<std::string> watches_;
  std::string last_query_;

  tools::ValueForm form_ = tools::ValueForm::Rego;
  std::size_t most_bytes_ = 64UL * 1024;
  bool shows_time_ = false;
  std::optional<tools::TraceForm> trace_;
  bool shows_profile_ = false;

  std::atomic<Running*> running_{nullptr};
  tools::DebugStop* stop_ = nullptr;  // during one
  std::optional<tools::DebugResume> resume_;
};

}  // namespace psdl::repl
