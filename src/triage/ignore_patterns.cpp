// gitignore's patterns. Matching a pattern is linear in path times pattern, whatever stars it has.
#include <string>
#include <string_view>
#include <vector>

#include "psdl/triage.hpp"

namespace psdl::triage {
namespace {

bool in_class(std::string_view set, char c) {
  const bool is_negated = !set.empty() && (set.front() == '!' || set.front() == '^');
  if (is_negated) set.remove_prefix(1);
  bool is_in = false;
  for (std::size_t i = 0; i < set.size(); ++i) {
    const char low = set[i] == '\\' && i + 1 < set.size() ? set[++i] : set[i];
    if (i + 2 < set.size() && set[i + 1] == '-') {
      is_in = is_in || (static_cast<unsigned char>(low) <= static_cast<unsigned char>(c) &&
                        static_cast<unsigned char>(c) <= static_cast<unsigned char>(set[i + 2]));
      i += 2;
    } else {
      is_in = is_in || low == c;
    }
  }
  return is_in != is_negated;
}

// The `]` of the class that begins at `at`; npos where it has none. One that stands first belongs to the class.
std::size_t class_end(std::string_view glob, std::size_t at) {
  std::size_t i = at + 1;
  if (i < glob.size() && (glob[i] == '!' || glob[i] == '^')) ++i;
  if (i < glob.size() && glob[i] == ']') ++i;
  for (; i < glob.size(); ++i) {
    if (glob[i] == '\\') {
      ++i;
    } else if (glob[i] == ']') {
      return i;
    }
  }
  return std::string_view::npos;
}

// One step of a path; `*` goes over no `/`, for there is none.
class Step {
 public:
  Step(std::string_view glob, std::string_view name) : glob_(glob), name_(name) {}

  [[nodiscard]] bool matches() const {
    std::size_t g = 0;
    std::size_t n = 0;
    std::size_t star = std::string_view::npos;
    std::size_t resume = 0;
    for (;;) {
      if (g < glob_.size() && glob_[g] == '*') {
        star = ++g;
        resume = n;
        continue;
      }
      std::size_t next = g;
      if (n < name_.size() && takes(g, name_[n], next)) {
        g = next;
        ++n;
        continue;
      }
      if (n == name_.size() && g == glob_.size()) return true;
      if (star == std::string_view::npos || resume >= name_.size()) return false;
      g = star;
      n = ++resume;
    }
  }

 private:
  [[nodiscard]] bool takes(std::size_t g, char c, std::size_t& next) const {
    if (g >= glob_.size()) return false;
    if (glob_[g] == '[') {
      const std::size_t end = class_end(glob_, g);
      if (end == std::string_view::npos) return false;
      next = end + 1;
      return in_class(glob_.substr(g + 1, end - g - 1), c);
    }
    next = g + 1;
    if (glob_[g] == '?') return true;
    if (glob_[g] == '\\' && g + 1 < glob_.size()) ++next;
    return glob_[next - 1] == c;
  }

  std::string_view glob_;
  std::string_view name_;
};

std::vector<std::string_view> steps_of(std::string_view path) {
  std::vector<std::string_view> steps;
  for (;;) {
    const std::size_t slash = path.find('/');
    steps.push_back(path.substr(0, slash));
    if (slash == std::string_view::npos) return steps;
    path.remove_prefix(slash + 1);
  }
}

// `**` stands for any number of steps; at the end for at least one. A row of the table at a time: can the first i
// patterns make the first j steps.
bool path_matches(std::string_view glob, std::string_view path) {
  const std::vector<std::string_view> patterns = steps_of(glob);
  const std::vector<std::string_view> steps = steps_of(path);
  std::vector<bool> row(steps.size() + 1, false);
  row[0] = true;
  for (std::size_t i = 0; i < patterns.size(); ++i) {
    std::vector<bool> next(steps.size() + 1, false);
    const bool is_any = patterns[i] == "**";
    const bool is_last = i + 1 == patterns.size();
    bool before = false;  // some shorter path was made
    for (std::size_t j = 0; j <= steps.size(); ++j) {
      if (is_any) {
        next[j] = is_last ? before : before || row[j];
        before = before || row[j];
      } else {
        next[j] = j > 0 && row[j - 1] && Step(patterns[i], steps[j - 1]).matches();
      }
    }
    row = std::move(next);
  }
  return row[steps.size()];
}

std::string_view without_trailing_blanks(std::string_view line) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  while (line.ends_with(' ') && !line.ends_with("\\ ")) line.remove_suffix(1);
  return line;
}

}  // namespace

void IgnorePatterns::add(std::string_view text, std::string_view base) {
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    std::string_view line = without_trailing_blanks(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line.empty() || line.front() == '#') continue;
    Pattern pattern;
    pattern.base = base;
    if (line.front() == '!') {
      pattern.is_negated = true;
      line.remove_prefix(1);
    }
    if (line.ends_with('/')) {
      pattern.only_folders = true;
      line.remove_suffix(1);
    }
    pattern.is_anchored = line.find('/') != std::string_view::npos;
    if (line.starts_with('/')) line.remove_prefix(1);
    if (line.empty()) continue;
    pattern.glob = line;
    patterns_.push_back(std::move(pattern));
  }
}

bool IgnorePatterns::is_ignored(std::string_view path, bool is_folder) const {
  bool is_ignored = false;
  for (const Pattern& pattern : patterns_) {
    if (pattern.is_negated == !is_ignored) continue;  // it would change nothing
    if ((pattern.only_folders && !is_folder) || !path.starts_with(pattern.base)) continue;
    const std::string_view below = path.substr(pattern.base.size());
    const std::string_view name = below.substr(below.rfind('/') + 1);
    if (pattern.is_anchored ? path_matches(pattern.glob, below) : Step(pattern.glob, name).matches())
      is_ignored = !pattern.is_negated;
  }
  return is_ignored;
}

}  // namespace psdl::triage
