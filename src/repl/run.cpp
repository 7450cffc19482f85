// A session without a terminal: `-c`, or a pipe. What is read ends it, whatever state it is in.
#include "repl/run.hpp"

#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <sys/wait.h>
#include <vector>

#include "repl/words.hpp"

namespace psdl::repl {
namespace {

void put(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const ssize_t done = ::write(descriptor, text.data(), text.size());
    if (done < 0 && errno == EINTR) continue;
    if (done <= 0) return;
    text.remove_prefix(static_cast<std::size_t>(done));
  }
}

class StreamTerminal final : public Terminal {
 public:
  explicit StreamTerminal(const std::optional<std::string>& commands) : reads_input_(!commands.has_value()) {
    if (commands) given_ = split_statements(*commands);
  }

  void write(std::string_view text) override { put(STDOUT_FILENO, text); }
  void tell(std::string_view text) override { put(STDERR_FILENO, text); }
  bool was_interrupted() override { return false; }
  std::vector<std::string> history() const override { return taken_; }

  std::optional<std::string> read(std::string_view /*prompt*/) override {
    std::optional<std::string> statement = reads_input_ ? read_lines() : next_given();
    if (statement && !trimmed(*statement).empty()) taken_.push_back(*statement);
    return statement;
  }

  int run_command(const std::string& command) override {
    const int status = std::system(command.c_str());
    return status >= 0 && WIFEXITED(status) ? WEXITSTATUS(status) : 1;
  }

 private:
  std::optional<std::string> next_given() {
    if (next_ == given_.size()) return std::nullopt;
    return given_[next_++];
  }

  std::optional<std::string> read_lines() {
    std::string statement;
    for (;;) {
      std::optional<std::string> line = read_line();
      if (!line) return statement.empty() ? std::nullopt : std::optional(statement);
      const bool is_command = statement.empty() && trimmed(*line).starts_with(':');
      const bool ends = trimmed(*line).empty() && !statement.empty();
      statement += *line;
      if (is_command || ends || !goes_on(statement)) return statement;
      statement += '\n';
    }
  }

  std::optional<std::string> read_line() {
    for (;;) {
      const std::size_t end = buffer_.find('\n', looked_at_);
      if (end != std::string::npos) {
        std::string line = buffer_.substr(at_, end - at_);
        at_ = looked_at_ = end + 1;
        return line;
      }
      buffer_.erase(0, at_);
      at_ = 0;
      looked_at_ = buffer_.size();
      char chunk[65536];
      const ssize_t got = ::read(STDIN_FILENO, chunk, sizeof(chunk));
      if (got < 0 && errno == EINTR) continue;
      if (got <= 0) {
        if (buffer_.empty()) return std::nullopt;
        looked_at_ = 0;
        return std::exchange(buffer_, std::string());
      }
      buffer_.append(chunk, static_cast<std::size_t>(got));
    }
  }

  bool reads_input_;
  std::vector<std::string> given_;
  std::size_t next_ = 0;
  std::vector<std::string> taken_;
  std::string buffer_;
  std::size_t at_ = 0;         // of what was not given yet
  std::size_t looked_at_ = 0;  // no line ends before this
};

}  // namespace

int run(RunOptions options) {
  if (!options.commands && ::isatty(STDIN_FILENO) != 0 && ::isatty(STDOUT_FILENO) != 0) {
    options.setup.is_interactive = true;
    return run_editor(options);
  }
  StreamTerminal terminal(options.commands);
  Session session(options.setup, terminal);
  if (!session.start()) return 2;
  for (;;) {
    const std::optional<std::string> statement = terminal.read({});
    if (!statement || !session.take(*statement)) break;
  }
  return session.had_errors() ? 2 : 0;
}

}  // namespace psdl::repl
