// A new file of the same mode, renamed over the old one.
#include "repl/replace_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <memory>

#include "repl/files.hpp"

namespace psdl::repl {
namespace {

std::string reason(std::string_view what, const std::string& path) {
  return fmt::format("cannot {} {}: {}", what, path, std::strerror(errno));
}

bool write_all(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(descriptor, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

// Removes the file unless it was kept, and closes it.
class NewFile {
 public:
  explicit NewFile(std::string name) : name_(std::move(name)), descriptor_(::mkstemp(name_.data())) {}
  ~NewFile() {
    if (descriptor_ >= 0) ::close(descriptor_);
    if (descriptor_ >= 0 && !is_kept_) ::unlink(name_.c_str());
  }
  NewFile(const NewFile&) = delete;
  NewFile& operator=(const NewFile&) = delete;

  [[nodiscard]] bool fill(std::string_view text, const struct stat& like) {
    if (descriptor_ < 0 || !write_all(descriptor_, text)) return false;
    if (::fchmod(descriptor_, like.st_mode & 07777U) != 0) return false;
    // Only root may give files away; for others it is theirs before and after.
    if (::geteuid() == 0 && ::fchown(descriptor_, like.st_uid, like.st_gid) != 0) return false;
    return ::fsync(descriptor_) == 0;
  }
  [[nodiscard]] bool rename_to(const std::string& path) {
    is_kept_ = ::rename(name_.c_str(), path.c_str()) == 0;
    return is_kept_;
  }

 private:
  std::string name_;
  int descriptor_;
  bool is_kept_ = false;
};

}  // namespace

bool replace_file(const std::string& path, std::string_view before, std::string_view after, std::string& problem) {
  const std::unique_ptr<char, decltype(&std::free)> resolved(::realpath(path.c_str(), nullptr), &std::free);
  struct stat status {};
  if (resolved == nullptr || ::stat(resolved.get(), &status) != 0) {
    problem = reason("write", path);
    return false;
  }
  const std::string target = resolved.get();
  if (!S_ISREG(status.st_mode)) {
    problem = fmt::format("cannot write {}: it is no regular file", path);
    return false;
  }
  if (::access(target.c_str(), W_OK) != 0) {
    problem = reason("write", path);
    return false;
  }
  std::string now;
  if (!read_text(target, now, problem)) return false;
  if (now != before) {
    problem = fmt::format("cannot write {}: it was changed meanwhile", path);
    return false;
  }
  NewFile file(target + ".psdl.XXXXXX");
  if (!file.fill(after, status) || !file.rename_to(target)) {
    problem = reason("write", path);
    return false;
  }
  return true;
}

}  // namespace psdl::repl
