// write(2) with retries.
#include "cli/output.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "psdl/tools/report.hpp"

namespace psdl::cli {
namespace {

constexpr std::size_t kBuffer = 64 * 1024;

// 0, or errno.
int write_all(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(descriptor, text.data(), text.size());
    if (written < 0) {
      if (errno == EINTR) continue;
      return errno;
    }
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return 0;
}

}  // namespace

void tell(std::string_view text) {
  // Where standard error is gone too there is nobody left to tell.
  [[maybe_unused]] const int failure = write_all(2, text);
}

// Names of files are in most complaints, and may hold anything: a line of its own, or orders for the terminal.
void complain(std::string_view text) { tell(fmt::format("psdl: {}\n", tools::escape_for_terminal(text))); }

Output::Output(std::string path, Mode mode) : path_(std::move(path)) {
  descriptor_ =
      ::open(path_.c_str(), O_WRONLY | O_CREAT | (mode == Mode::Append ? O_APPEND : O_TRUNC) | O_CLOEXEC, 0666);
  if (descriptor_ < 0) failure_ = errno;
}

Output::~Output() {
  if (!path_.empty() && descriptor_ >= 0 && !is_closed_) ::close(descriptor_);
}

void Output::put(std::string_view text) {
  if (failure_ != 0) return;
  failure_ = write_all(descriptor_, text);
}

void Output::write(std::string_view text) {
  buffer_ += text;
  if (buffer_.size() >= kBuffer) flush();
}

void Output::flush() {
  put(buffer_);
  buffer_.clear();
}

bool Output::finish() {
  flush();
  // Some file systems report a full disk only when the file is closed.
  if (descriptor_ >= 0 && !is_closed_ && (!path_.empty() || descriptor_ == 1)) {
    is_closed_ = true;
    const int result = path_.empty() ? 0 : ::close(descriptor_);
    if (result != 0 && failure_ == 0) failure_ = errno;
  }
  if (failure_ == 0) return true;
  complain(fmt::format("cannot write to {}: {}", path_.empty() ? "standard output" : path_, std::strerror(failure_)));
  return false;
}

}  // namespace psdl::cli
