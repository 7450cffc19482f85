// The search for a common text behind regex.globs_match, with the answers of the library that OPA asks, its odd ones too.
#include "builtins/glob_overlap.hpp"

#include <algorithm>
#include <span>
#include <utility>
#include <vector>

#include "builtins/runes.hpp"

namespace psdl {
namespace {

enum class Flag : std::uint8_t { None, Plus, Star };

struct Token {
  enum class Kind : std::uint8_t { Character, Dot, Set };
  Kind kind = Kind::Character;
  Flag flag = Flag::None;
  char32_t rune = 0;
  std::vector<std::pair<char32_t, char32_t>> ranges;  // of a set, sorted and apart

  [[nodiscard]] bool same_as(const Token& other) const { return kind == other.kind && rune == other.rune && ranges == other.ranges; }
};
using Tokens = std::span<const Token>;

void tidy(std::vector<std::pair<char32_t, char32_t>>& ranges) {
  std::sort(ranges.begin(), ranges.end());
  std::vector<std::pair<char32_t, char32_t>> merged;
  for (const auto& range : ranges) {
    if (!merged.empty() && range.first <= merged.back().second + 1) {
      merged.back().second = std::max(merged.back().second, range.second);
    } else {
      merged.push_back(range);
    }
  }
  ranges = std::move(merged);
}

class Reader {
 public:
  Reader(std::string_view text, std::string& error) : text_(text), error_(error) {
    for (std::size_t at = 0; at < text.size();) {
      const Rune rune = decode_rune(text, at);
      runes_.push_back(rune.value);
      at += rune.size;
    }
  }

  std::vector<Token> run() {
    std::vector<Token> tokens;
    while (at_ < runes_.size() && error_.empty()) {
      Token token;
      if (!read_token(token)) break;
      if (at_ < runes_.size() && runes_[at_] == '\\' && at_ + 1 == runes_.size()) {
        fail(at_, "input ends with a \\ (escape) character");
        break;
      }
      if (at_ < runes_.size() && (runes_[at_] == '+' || runes_[at_] == '*')) token.flag = runes_[at_++] == '+' ? Flag::Plus : Flag::Star;
      // a*a+ is a+: equal tokens with flags side by side are one.
      if (!tokens.empty() && token.flag != Flag::None && tokens.back().flag != Flag::None && token.same_as(tokens.back())) {
        if (token.flag == Flag::Plus) tokens.back().flag = Flag::Plus;
      } else {
        tokens.push_back(std::move(token));
      }
    }
    return tokens;
  }

 private:
  bool fail(std::size_t at, std::string_view why) {
    error_ = "input:" + std::string(text_) + ", pos:" + std::to_string(at) + ", ";
    error_.append(why).append(": the input provided is invalid");
    return false;
  }

  bool next(char32_t& rune, bool& escaped) {
    escaped = runes_[at_] == '\\';
    if (escaped && at_ + 1 == runes_.size()) return fail(0, "input ends with a \\ (escape) character");
    at_ += escaped;
    rune = runes_[at_++];
    return true;
  }

  bool read_token(Token& token) {
    bool escaped = false;
    if (!next(token.rune, escaped)) return false;
    if (escaped) return true;
    if (token.rune == ']') return fail(at_, "set-close ']' with no preceding '['");
    if (token.rune == '+' || token.rune == '*') {
      return fail(at_, std::string("flag '") + static_cast<char>(token.rune) + "' must be preceded by a non-flag");
    }
    if (token.rune == '.') token = {Token::Kind::Dot, Flag::None, 0, {}};
    if (token.rune == '[') return read_set(token);
    return true;
  }

  bool read_set(Token& token) {
    token = {Token::Kind::Set, Flag::None, 0, {}};
    char32_t before = 0;
    bool has_before = false;
    while (at_ < runes_.size()) {
      char32_t rune = 0;
      bool escaped = false;
      if (!next(rune, escaped)) return false;
      if (!escaped && rune == ']') {
        tidy(token.ranges);
        return true;
      }
      if (escaped || rune != '-') {
        token.ranges.emplace_back(rune, rune);
        before = rune;
        has_before = true;
        continue;
      }
      if (!has_before) return fail(at_, "range character '-' must be preceded by a Unicode character");
      if (at_ + 1 >= runes_.size()) return fail(at_, "range character '-' must be followed by a Unicode character");
      if (!next(rune, escaped)) return false;
      if (!escaped && (rune == ']' || rune == '-')) return fail(at_, "range character '-' cannot be followed by a special symbol");
      if (rune < before) return fail(at_, "range is out of order: '" + text_of(rune) + "' comes before '" + text_of(before) + "' in Unicode");
      token.ranges.emplace_back(before, rune);
      has_before = false;
    }
    return fail(at_, "found [ without matching ]");
  }

  static std::string text_of(char32_t rune) {
    char bytes[4];
    return {bytes, encode_rune(bytes, rune)};
  }

  std::string_view text_;
  std::string& error_;
  std::vector<char32_t> runes_;
  std::size_t at_ = 0;
};

bool meets(const Token& left, const Token& right) {
  using Kind = Token::Kind;
  if (left.kind == Kind::Dot || right.kind == Kind::Dot) return true;
  if (left.kind == Kind::Character && right.kind == Kind::Character) return left.rune == right.rune;
  const auto in = [](const Token& set, char32_t low, char32_t high) {
    return std::any_of(set.ranges.begin(), set.ranges.end(), [&](const auto& range) { return range.first <= high && low <= range.second; });
  };
  if (left.kind == Kind::Character) return in(right, left.rune, left.rune);
  if (right.kind == Kind::Character) return in(left, right.rune, right.rune);
  return std::any_of(left.ranges.begin(), left.ranges.end(), [&](const auto& range) { return in(right, range.first, range.second); });
}

// The walk of both patterns at once. Each flagged token is one level of recursion, so depth is bounded as well as steps.
class Search {
 public:
  explicit Search(std::uint64_t steps) : steps_(steps) {}
  [[nodiscard]] bool is_exhausted() const { return steps_ == 0; }
  [[nodiscard]] std::uint64_t steps_left() const { return steps_; }

  bool plain(Tokens left, Tokens right) {
    while (!left.empty() && !right.empty()) {
      if (left[0].flag != Flag::None || right[0].flag != Flag::None) return flagged(left, right);
      if (!step() || !met(left[0], right[0])) return false;
      left = left.subspan(1);
      right = right.subspan(1);
    }
    return left.empty() && right.empty();
  }

 private:
  static constexpr unsigned kMostDepth = 500;

  bool step(std::uint64_t steps = 1) {
    steps_ -= std::min(steps_, steps);
    return steps_ > 0;
  }

  // Two sets are compared range by range.
  bool met(const Token& left, const Token& right) {
    return step(left.ranges.size() * right.ranges.size() / 16) && meets(left, right);
  }

  bool flagged(Tokens left, Tokens right) {
    if (left[0].flag == Flag::None) std::swap(left, right);
    if (depth_ >= kMostDepth) steps_ = 0;
    if (!step()) return false;
    ++depth_;
    const bool found = left[0].flag == Flag::Plus ? plus(left, right) : star(left, right);
    --depth_;
    return found;
  }

  bool plus(Tokens plussed, Tokens other) {
    if (!met(plussed[0], other[0])) return false;
    if (star(plussed, other.subspan(1))) return true;
    return other[0].flag != Flag::None && plain(plussed.subspan(1), other);
  }

  bool star(Tokens starred, Tokens other) {
    const bool has_next = starred.size() > 1;
    for (std::size_t i = 0; i < other.size(); ++i) {
      if (!step()) return false;
      if (has_next && met(other[i], starred[1]) && plain(starred.subspan(1), other.subspan(i))) return true;
      if (!met(other[i], starred[0])) return false;
    }
    return !has_next;
  }

  std::uint64_t steps_;
  unsigned depth_ = 0;
};

// Equal ends without flags are taken off, but for one token at each end.
bool trim(Tokens& left, Tokens& right) {
  const auto is_bare = [](const Token& token) { return token.flag == Flag::None; };
  std::size_t begin = 0;
  for (; begin < left.size() && begin < right.size() && is_bare(left[begin]) && is_bare(right[begin]); ++begin) {
    if (!meets(left[begin], right[begin])) return false;
  }
  if (begin > 0) --begin;
  left = left.subspan(begin);
  right = right.subspan(begin);
  std::size_t end = 0;
  for (; end < left.size() && end < right.size() && is_bare(left[left.size() - 1 - end]) && is_bare(right[right.size() - 1 - end]); ++end) {
    if (!meets(left[left.size() - 1 - end], right[right.size() - 1 - end])) return false;
  }
  if (end > 0) --end;
  left = left.first(left.size() - end);
  right = right.first(right.size() - end);
  return true;
}

}  // namespace

bool globs_overlap(std::string_view left, std::string_view right, std::uint64_t& steps, std::string& error, bool& too_much) {
  const std::vector<Token> first = Reader(left, error).run();
  if (!error.empty()) return false;
  const std::vector<Token> second = Reader(right, error).run();
  if (!error.empty()) return false;
  Tokens a(first);
  Tokens b(second);
  if (!trim(a, b)) return false;
  Search search(steps);
  const bool found = search.plain(a, b);
  too_much = search.is_exhausted();
  steps = search.steps_left();
  return found && !too_much;
}

}  // namespace psdl
