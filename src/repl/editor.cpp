// The session at a terminal, by libedit. What is typed comes through a reader of our own, for three reasons: Ctrl-C
// must give the prompt back wherever it comes, Ctrl-D must end the session wherever it comes, and libedit draws a line
// anew for each of its characters, so that a pasted line of a megabyte would take it hours: past kDrawn characters the
// rest of a line is kept beside it, and not drawn.
#include <fcntl.h>
#include <histedit.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <clocale>
#include <csignal>
#include <cstdio>
#include <cstdlib>

#include "repl/run.hpp"
#include "repl/words.hpp"

#if defined(__SANITIZE_ADDRESS__)
// libedit forgets the copies that it makes of its own key names. LeakSanitizer asks for these two by their names.
extern "C" [[gnu::visibility("default")]] const char* __lsan_default_suppressions();
extern "C" [[gnu::visibility("default")]] const char* __lsan_default_options();
extern "C" const char* __lsan_default_suppressions() {
  return "leak:wcsdup\n";
}
extern "C" const char* __lsan_default_options() {
  return "print_suppressions=0";
}
#endif

namespace psdl::repl {
namespace {

constexpr std::size_t kDrawn = 2000;
constexpr int kHistoryLines = 1000;
constexpr std::size_t kMostListed = 40;  // completions
constexpr char kEndOfInput = 4;          // Ctrl-D
constexpr char kErase[] = "\x7f\b";
constexpr int kInterrupted = 130;        // exit code
constexpr wchar_t kReplacement = 0xFFFD;

// A signal handler has nothing else to reach them by.
volatile std::sig_atomic_t was_interrupt_pressed = 0;
volatile std::sig_atomic_t was_told_to_end = 0;  // SIGTERM, SIGHUP
std::atomic<Session*> running_session{nullptr};

constexpr int kSignals[] = {SIGINT, SIGTERM, SIGHUP};

extern "C" void on_signal(int number) {
  was_interrupt_pressed = 1;
  if (number != SIGINT) was_told_to_end = 1;
  if (Session* session = running_session.load()) session->cancel();
}

// A signal to end stays: no press of Ctrl-C that is forgotten just then may take it along.
bool is_to_stop() { return was_interrupt_pressed != 0 || was_told_to_end != 0; }

void take_signals() {
  struct sigaction action = {};
  action.sa_handler = on_signal;  // without SA_RESTART: what waits must come back
  for (const int one : kSignals) static_cast<void>(::sigaction(one, &action, nullptr));
}

// Waits for something to read, or a signal. Between a look at the flags and the wait no signal can get lost.
void wait_for_byte() {
  sigset_t held;
  sigset_t before;
  ::sigemptyset(&held);
  for (const int one : kSignals) ::sigaddset(&held, one);
  static_cast<void>(::sigprocmask(SIG_BLOCK, &held, &before));
  pollfd input = {STDIN_FILENO, POLLIN, 0};
  if (!is_to_stop()) static_cast<void>(::ppoll(&input, 1, nullptr, &before));
  static_cast<void>(::sigprocmask(SIG_SETMASK, &before, nullptr));
}

// "$XDG_STATE_HOME/psdl/history"; its folders are made. Empty where there is no home.
std::string history_path() {
  const char* state = std::getenv("XDG_STATE_HOME");
  const char* home = std::getenv("HOME");
  std::string folder;
  if (state != nullptr && *state == '/') {
    folder = state;
  } else if (home != nullptr && *home == '/') {
    static_cast<void>(::mkdir((std::string(home) + "/.local").c_str(), 0700));
    folder = std::string(home) + "/.local/state";
  } else {
    return {};
  }
  static_cast<void>(::mkdir(folder.c_str(), 0700));
  folder += "/psdl";
  static_cast<void>(::mkdir(folder.c_str(), 0700));
  return folder + "/history";
}

// Not through a link, a pipe or a device.
bool is_plain_file(const std::string& path) {
  struct stat found = {};
  return ::lstat(path.c_str(), &found) == 0 && S_ISREG(found.st_mode);
}

// While an evaluation runs the terminal is as it was found, but for Ctrl-D: there it would be taken for the end of a
// line, and get lost on the way to the reader, that ends the session with it.
class EndKey {
 public:
  EndKey() : is_known_(::tcgetattr(STDIN_FILENO, &found_) == 0) { take(); }
  ~EndKey() { give_back(); }
  EndKey(const EndKey&) = delete;
  EndKey& operator=(const EndKey&) = delete;

  void take() const {
    termios changed = found_;
    changed.c_cc[VEOF] = _POSIX_VDISABLE;
    if (is_known_) static_cast<void>(::tcsetattr(STDIN_FILENO, TCSADRAIN, &changed));
  }
  void give_back() const {
    if (is_known_) static_cast<void>(::tcsetattr(STDIN_FILENO, TCSADRAIN, &found_));
  }

 private:
  termios found_ = {};
  bool is_known_;
};

class EditorTerminal final : public Terminal {
 public:
  explicit EditorTerminal(bool uses_vi_keys)
      : history_(::history_init()), editor_(::el_init("psdl", stdin, stdout, stderr)) {
    ::el_set(editor_, EL_CLIENTDATA, this);
    ::el_set(editor_, EL_PROMPT, prompt_of);
    ::el_set(editor_, EL_EDITOR, uses_vi_keys ? "vi" : "emacs");
    ::el_set(editor_, EL_SIGNAL, 0);
    ::el_set(editor_, EL_GETCFN, read_character);
    ::el_set(editor_, EL_ADDFN, "psdl-complete", "completes what stands before the cursor", complete_word);
    ::el_set(editor_, EL_BIND, "^I", "psdl-complete", nullptr);
    ::el_set(editor_, EL_HIST, ::history, history_);
    HistEvent event;
    ::history(history_, &event, H_SETSIZE, kHistoryLines);
    ::history(history_, &event, H_SETUNIQUE, 1);
    path_ = history_path();
    if (is_plain_file(path_)) ::history(history_, &event, H_LOAD, path_.c_str());
  }

  ~EditorTerminal() override {
    save_history();
    ::el_end(editor_);
    ::history_end(history_);
  }
  EditorTerminal(const EditorTerminal&) = delete;
  EditorTerminal& operator=(const EditorTerminal&) = delete;

  void complete_for(const Session& session) { session_ = &session; }

  void write(std::string_view text) override {
    std::fwrite(text.data(), 1, text.size(), stdout);
    std::fflush(stdout);
  }
  void tell(std::string_view text) override { write(text); }
  bool was_interrupted() override {
    const bool was = is_to_stop();
    was_interrupt_pressed = 0;
    return was;
  }

  std::optional<std::string> read(std::string_view prompt) override {
    StatementLines lines;
    was_interrupt_pressed = 0;
    for (;;) {
      prompt_ = lines.is_empty() ? prompt : Session::kMorePrompt;
      const std::optional<std::string> line = read_line();
      if (!line) {
        write("\n");
        if (is_at_end_ || prompt != Session::kPrompt) return std::nullopt;
        was_interrupt_pressed = 0;
        lines = {};
        continue;
      }
      remember(*line);
      const bool is_end = trimmed(*line).empty() && !lines.is_empty();
      if (lines.add(*line) || is_end || prompt == Session::kMorePrompt) return lines.take();
    }
  }

  std::vector<std::string> history() const override {
    std::vector<std::string> lines;
    HistEvent event;
    for (int more = ::history(history_, &event, H_LAST); more >= 0; more = ::history(history_, &event, H_PREV)) {
      lines.emplace_back(trimmed(event.str));
    }
    return lines;
  }

  int run_command(const std::string& command) override {
    end_key_.give_back();
    const int status = std::system(command.c_str());
    end_key_.take();
    return status >= 0 && WIFEXITED(status) ? WEXITSTATUS(status) : 1;
  }

 private:
  static EditorTerminal& of(EditLine* editor) {
    EditorTerminal* self = nullptr;
    ::el_get(editor, EL_CLIENTDATA, &self);
    return *self;
  }

  static char* prompt_of(EditLine* editor) { return of(editor).prompt_.data(); }

  // Nothing: Ctrl-C, or the end of the input.
  std::optional<std::string> read_line() {
    if (is_at_end_) return std::nullopt;
    drawn_ = 0;
    rest_.clear();
    ::el_resize(editor_);
    ::el_set(editor_, EL_PREP_TERM, 1);  // before the prompt: what is typed at once would be echoed twice
    int count = 0;
    const char* typed = ::el_gets(editor_, &count);
    // A Ctrl-C behind the end of the line is for what the line starts.
    const bool is_whole = typed != nullptr && count > 0 && typed[count - 1] == '\n';
    if (!is_whole || is_at_end_ || was_told_to_end != 0) {
      if (was_interrupt_pressed == 0 || was_told_to_end != 0) is_at_end_ = true;
      ::el_reset(editor_);
      return std::nullopt;
    }
    std::string line(typed, static_cast<std::size_t>(count));
    while (!line.empty() && (line.back() == '\n' || line.back() == '\r')) line.pop_back();
    return line + rest_;
  }

  static int read_character(EditLine* editor, wchar_t* out) { return of(editor).next_character(*out); }

  // 1, or 0 where there is none: Ctrl-C, Ctrl-D, a terminal that is gone.
  int next_character(wchar_t& out) {
    for (;;) {
      unsigned char byte = 0;
      if (!next_byte(byte)) return 0;
      if (byte == kEndOfInput) {
        is_at_end_ = true;
        return 0;
      }
      if (byte == '\r') byte = '\n';
      if (byte != '\n' && drawn_ >= kDrawn && keep_beside(static_cast<char>(byte))) continue;
      if (byte == 0) continue;
      ++drawn_;
      out = byte < 0x80 ? static_cast<wchar_t>(byte) : rest_of_character(byte);
      return 1;
    }
  }

  // Whether the byte belongs to what is not drawn: an erase that finds nothing there is libedit's.
  bool keep_beside(char byte) {
    if (std::string_view(kErase).find(byte) == std::string_view::npos) {
      if (rest_.size() < StatementLines::kMostBytes) rest_ += byte;
      return true;
    }
    if (rest_.empty()) return false;
    while (rest_.size() > 1 && (static_cast<unsigned char>(rest_.back()) & 0xC0U) == 0x80U) rest_.pop_back();
    rest_.pop_back();
    return true;
  }

  // Bytes of a character after the first.
  static int bytes_after(unsigned char first) {
    if (first >= 0xF0 && first < 0xF5) return 3;
    if (first >= 0xE0 && first < 0xF0) return 2;
    return first >= 0xC2 && first < 0xE0 ? 1 : 0;
  }

  // UTF-8; what is none is shown as the replacement character.
  wchar_t rest_of_character(unsigned char first) {
    const int more = bytes_after(first);
    if (more == 0) return kReplacement;
    auto code = static_cast<std::uint32_t>(first) & (0x3FU >> static_cast<unsigned>(more));
    for (int i = 0; i < more; ++i) {
      unsigned char byte = 0;
      if (!next_byte(byte)) return kReplacement;
      if ((byte & 0xC0U) != 0x80U) {
        --at_;
        return kReplacement;
      }
      code = (code << 6U) | (byte & 0x3FU);
    }
    constexpr std::uint32_t kLeast[] = {0, 0x80, 0x800, 0x10000};
    const bool is_surrogate = code >= 0xD800 && code <= 0xDFFF;
    return code >= kLeast[more] && code <= 0x10FFFF && !is_surrogate ? static_cast<wchar_t>(code) : kReplacement;
  }

  bool next_byte(unsigned char& byte) {
    while (at_ == pending_.size()) {
      if (is_to_stop()) {
        pending_.clear();
        at_ = 0;
        return false;
      }
      wait_for_byte();
      if (is_to_stop()) continue;
      char chunk[4096];
      const ssize_t got = ::read(STDIN_FILENO, chunk, sizeof(chunk));
      if (got < 0 && errno == EINTR) continue;
      if (got <= 0) {
        is_at_end_ = true;
        return false;
      }
      pending_.assign(chunk, static_cast<std::size_t>(got));
      at_ = 0;
    }
    byte = static_cast<unsigned char>(pending_[at_++]);
    return true;
  }

  void remember(const std::string& line) {
    if (trimmed(line).empty() || line.front() == ' ' || line.size() > kDrawn) return;
    HistEvent event;
    ::history(history_, &event, H_ENTER, line.c_str());
  }

  void save_history() {
    if (path_.empty()) return;
    constexpr int kHow = O_WRONLY | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
    const int descriptor = ::open(path_.c_str(), kHow, 0600);
    if (descriptor < 0) return;
    struct stat found = {};
    const bool is_plain = ::fstat(descriptor, &found) == 0 && S_ISREG(found.st_mode);
    const bool is_ready = is_plain && ::fchmod(descriptor, 0600) == 0 && ::ftruncate(descriptor, 0) == 0;
    std::FILE* file = is_ready ? ::fdopen(descriptor, "w") : nullptr;
    if (file == nullptr) {
      ::close(descriptor);
      return;
    }
    HistEvent event;
    ::history(history_, &event, H_SAVE_FP, file);
    std::fclose(file);
  }

  static unsigned char complete_word(EditLine* editor, int /*key*/) { return of(editor).complete(); }

  unsigned char complete() {
    if (session_ == nullptr) return CC_ERROR;
    const LineInfo* line = ::el_line(editor_);
    const std::string_view before(line->buffer, static_cast<std::size_t>(line->cursor - line->buffer));
    std::size_t begin = before.size();
    const std::vector<std::string> found = session_->complete(before, begin);
    if (found.empty()) return CC_ERROR;
    const auto word_of = [](const std::string& one) { return std::string_view(one).substr(0, one.find('\t')); };
    std::string_view common = word_of(found.front());
    for (const std::string& one : found) {
      const std::string_view word = word_of(one);
      const auto differs = std::mismatch(common.begin(), common.end(), word.begin(), word.end());
      common = common.substr(0, static_cast<std::size_t>(differs.first - common.begin()));
    }
    const std::string_view typed = before.substr(begin);
    if (common.size() > typed.size()) {
      ::el_insertstr(editor_, std::string(common.substr(typed.size())).c_str());
      return CC_REFRESH;
    }
    if (found.size() == 1 && found.front().find('\t') == std::string::npos) return CC_ERROR;
    std::string list = "\n";
    for (std::size_t i = 0; i < std::min(found.size(), kMostListed); ++i) {
      const std::size_t tab = found[i].find('\t');
      std::string shown = found[i];
      if (tab != std::string::npos) shown.replace(tab, 1, shown[tab + 1] == '(' ? "" : " ");
      list += tools::escape_for_terminal(shown) + "\n";
    }
    if (found.size() > kMostListed) list += ".. and " + std::to_string(found.size() - kMostListed) + " more\n";
    write(list);
    return CC_REDISPLAY;
  }

  EndKey end_key_;  // before libedit looks at the terminal
  History* history_;
  EditLine* editor_;
  const Session* session_ = nullptr;
  std::string path_;
  std::string prompt_;
  std::string pending_;      // bytes that were read and not taken
  std::size_t at_ = 0;
  std::size_t drawn_ = 0;    // characters of this line that libedit was given
  std::string rest_;         // what follows them
  bool is_at_end_ = false;
};

}  // namespace

int run_editor(const RunOptions& options) {
  // libedit turns what is typed into the locale's bytes: those are UTF-8 here.
  std::setlocale(LC_CTYPE, "C.UTF-8");
  take_signals();
  EditorTerminal terminal(options.uses_vi_keys);
  Session session(options.setup, terminal);
  if (!session.start()) return 2;
  terminal.complete_for(session);
  running_session = &session;
  for (;;) {
    const std::optional<std::string> statement = terminal.read(Session::kPrompt);
    if (!statement || !session.take(*statement)) break;
  }
  running_session = nullptr;
  return was_told_to_end != 0 ? kInterrupted : 0;
}

}  // namespace psdl::repl
