// A session without a terminal: `-c`, or a pipe. What is read ends it, whatever state it is in.
#include "repl/run.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <sys/wait.h>
#include <vector>

#include "repl/words.hpp"

namespace psdl::repl {
namespace {

// 0, or errno.
int put(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const ssize_t done = ::write(descriptor, text.data(), text.size());
    if (done < 0 && errno == EINTR) continue;
    if (done < 0) return errno;
    text.remove_prefix(static_cast<std::size_t>(done));
  }
  return 0;
}

class StreamTerminal final : public Terminal {
 public:
  explicit StreamTerminal(const std::optional<std::string>& commands) : reads_input_(!commands.has_value()) {
    if (commands) given_ = split_statements(*commands);
  }

  void write(std::string_view text) override {
    const int failure = put(STDOUT_FILENO, text);
    if (failure != 0) problem_ = fmt::format("cannot write to standard output: {}", std::strerror(failure));
  }
  void tell(std::string_view text) override { static_cast<void>(put(STDERR_FILENO, text)); }
  // Why standard input or output is of no use any more; empty where it is.
  [[nodiscard]] const std::string& problem() const { return problem_; }
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

  // A blank line ends what goes on, but not inside of brackets: nobody waits for a prompt here.
  std::optional<std::string> read_lines() {
    for (;;) {
      const std::optional<std::string> line = read_line();
      if (!line) return lines_.is_empty() ? std::nullopt : std::optional(lines_.take());
      const bool is_end = trimmed(*line).empty() && !lines_.has_open_bracket();
      if (lines_.add(*line) || is_end) return lines_.take();
    }
  }

  // Of a line that is longer than any statement may be, the beginning.
  std::optional<std::string> read_line() {
    std::string line;
    bool is_read = false;
    for (;;) {
      const std::size_t end = std::min(buffer_.find('\n', at_), buffer_.size());
      line += std::string_view(buffer_).substr(at_, std::min(end - at_, kLongestLine - line.size()));
      is_read = is_read || end > at_;
      at_ = end + 1;
      if (end < buffer_.size()) return line;
      buffer_.resize(kChunk);
      ssize_t got = -1;
      do {
        got = ::read(STDIN_FILENO, buffer_.data(), kChunk);
      } while (got < 0 && errno == EINTR);
      const int failure = errno;
      buffer_.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
      at_ = 0;
      if (got < 0) problem_ = fmt::format("cannot read standard input: {}", std::strerror(failure));
      if (got <= 0) return is_read ? std::optional(line) : std::nullopt;
    }
  }

  static constexpr std::size_t kLongestLine = StatementLines::kMostBytes;
  static constexpr std::size_t kChunk = 65536;

  bool reads_input_;
  std::vector<std::string> given_;
  std::size_t next_ = 0;
  std::vector<std::string> taken_;
  std::string problem_;
  StatementLines lines_;
  std::string buffer_;
  std::size_t at_ = 0;  // of what was not given yet
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
  while (terminal.problem().empty()) {
    const std::optional<std::string> statement = terminal.read({});
    if (!statement || !session.take(*statement)) break;
  }
  if (!terminal.problem().empty()) terminal.tell(fmt::format("psdl: {}\n", terminal.problem()));
  return session.had_errors() || !terminal.problem().empty() ? 2 : 0;
}

}  // namespace psdl::repl
