#include "builtins/simple_pattern.hpp"

#include <algorithm>

namespace psdl {
namespace {

bool is_plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || std::string_view(" _/:@,-=#%&!~;<>'\"").find(c) != std::string_view::npos;
}
// What Go lets a backslash stand before, to mean itself.
bool is_escapable(char c) { return std::string_view(".-/$^*+?()[]{}|\\").find(c) != std::string_view::npos; }

class Reader {
 public:
  explicit Reader(std::string_view pattern) : left_(pattern) {}

  bool take(std::string_view wanted) {
    if (!left_.starts_with(wanted)) return false;
    left_.remove_prefix(wanted.size());
    return true;
  }
  [[nodiscard]] bool is_at_end() const { return left_.empty(); }

  // The character that stands here for itself; false where something else stands.
  bool character(char& c) {
    if (left_.empty()) return false;
    if (left_[0] == '\\') {
      if (left_.size() < 2 || !is_escapable(left_[1])) return false;
      c = left_[1];
      left_.remove_prefix(2);
      return true;
    }
    if (!is_plain(left_[0])) return false;
    c = left_[0];
    left_.remove_prefix(1);
    return true;
  }
  std::string word() {
    std::string made;
    for (char c = 0; character(c);) made += c;
    return made;
  }

  // The same inside of brackets, where most signs mean themselves.
  bool member(char& c) {
    if (!left_.empty() && std::string_view(".+*?(){}$|").find(left_[0]) != std::string_view::npos) {
      c = left_[0];
      left_.remove_prefix(1);
      return true;
    }
    return character(c);
  }
  // Behind `[`, up to and with `]`.
  bool members(std::bitset<128>& into) {
    bool has_any = false;
    while (!take("]")) {
      char first = 0;
      if (!member(first)) return false;
      char last = first;
      const bool is_range = left_.size() > 1 && left_[0] == '-' && left_[1] != ']';
      if (is_range && (!take("-") || !member(last) || last < first)) return false;
      for (int c = first; c <= last; ++c) into.set(static_cast<std::size_t>(c));
      has_any = true;
    }
    return has_any;
  }

 private:
  std::string_view left_;
};

}  // namespace

std::optional<SimplePattern> SimplePattern::read(std::string_view pattern) {
  SimplePattern made;
  Reader reader(pattern);
  made.begins_ = reader.take("^");
  if (reader.take("[")) {
    if (!made.begins_ || !reader.members(made.members_)) return std::nullopt;
    made.is_class_ = true;
    made.may_be_empty_ = reader.take("*");
    if (!made.may_be_empty_ && !reader.take("+")) return std::nullopt;
  } else if (reader.take("(?:") || reader.take("(")) {
    do made.words_.push_back(reader.word());
    while (reader.take("|"));
    if (!reader.take(")")) return std::nullopt;
  } else {
    made.words_.push_back(reader.word());
  }
  made.ends_ = reader.take("$");
  if (!reader.is_at_end() || (made.is_class_ && !made.ends_)) return std::nullopt;
  return made;
}

bool SimplePattern::matches(std::string_view text) const {
  if (is_class_) {
    const auto is_member = [this](char c) { return static_cast<unsigned char>(c) < 128 && members_[static_cast<unsigned char>(c)]; };
    return (may_be_empty_ || !text.empty()) && std::all_of(text.begin(), text.end(), is_member);
  }
  return std::any_of(words_.begin(), words_.end(), [&](const std::string& word) {
    if (begins_) return ends_ ? text == word : text.starts_with(word);
    return ends_ ? text.ends_with(word) : text.find(word) != std::string_view::npos;
  });
}

std::size_t SimplePattern::size() const {
  std::size_t size = 1;
  for (const std::string& word : words_) size += word.size() + 1;
  return size;
}

}  // namespace psdl
