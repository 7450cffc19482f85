// Compiled regular expressions and globs, kept by an evaluator. In: their texts; out: matchers, or an error as Go words it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/limits.hpp"
#include "builtins/simple_pattern.hpp"

namespace re2 {
class RE2;
}

namespace psdl {

// Bytes [begin, end) of the text; kNoMatch for a group that took no part.
struct MatchRange {
  static constexpr std::size_t kNoMatch = SIZE_MAX;
  std::size_t begin = kNoMatch;
  std::size_t end = kNoMatch;
  [[nodiscard]] bool is_match() const { return begin != kNoMatch; }
  [[nodiscard]] std::string_view of(std::string_view text) const { return is_match() ? text.substr(begin, end - begin) : std::string_view(); }
};

// A Go regular expression. Linear in the text. For one thread: a pattern that is simple has its automaton made when something but matches() is first asked.
class Regex {
 public:
  // Null with `error` set to Go's text ("error parsing regexp: missing closing ): `(`"), or with `limit` set to the name of the limit that the pattern
  // or its program reaches.
  [[nodiscard]] static std::unique_ptr<Regex> compile(std::string_view pattern, const Limits& limits, std::string& error, std::string_view& limit);
  // An expression that has no groups and was compiled already.
  [[nodiscard]] static std::unique_ptr<Regex> adopt(std::unique_ptr<re2::RE2> compiled);
  ~Regex();
  Regex(const Regex&) = delete;
  Regex& operator=(const Regex&) = delete;

  [[nodiscard]] bool matches(std::string_view text) const;
  [[nodiscard]] bool matches_whole(std::string_view text) const;
  // The leftmost match that begins at `from` or behind; ranges[0] is all of it, the others are groups. What stands before `from` is context.
  [[nodiscard]] bool find(std::string_view text, std::size_t from, std::span<MatchRange> ranges) const;
  [[nodiscard]] std::size_t groups() const { return names_.size(); }
  // Of group i + 1; empty without a name.
  [[nodiscard]] const std::vector<std::string>& names() const { return names_; }
  // Steps that matching takes for each byte at worst.
  [[nodiscard]] std::uint64_t program_size() const { return program_size_; }

 private:
  Regex(std::unique_ptr<re2::RE2> compiled, std::vector<std::string> names);
  Regex(SimplePattern simple, std::string pattern, std::vector<std::string> names);
  [[nodiscard]] const re2::RE2& automaton() const;

  mutable std::unique_ptr<re2::RE2> compiled_;
  std::optional<SimplePattern> simple_;
  std::string pattern_;  // of a simple one, as RE2 reads it
  std::vector<std::string> names_;
  std::uint64_t program_size_ = 0;
};

// A glob and its separators. Immutable.
class Glob {
 public:
  [[nodiscard]] static std::unique_ptr<Glob> compile(std::string_view pattern, const std::vector<char32_t>& separators, const Limits& limits, std::string& error,
                                                     std::string_view& limit);
  [[nodiscard]] bool matches(std::string_view text) const;
  [[nodiscard]] std::uint64_t program_size() const { return regex_ != nullptr ? regex_->program_size() : 1; }

 private:
  Glob() = default;

  std::unique_ptr<Regex> regex_;  // null: prefix_ * suffix_
  std::string prefix_;
  std::string suffix_;
  std::string stops_;  // bytes that a star does not take, where all separators are single bytes
  bool has_star_ = false;
};

// By text. A pattern lives until as many others as the cache holds were asked for after it.
class PatternCache {
 public:
  [[nodiscard]] const Regex* regex(std::string_view pattern, const Limits& limits, std::string& error, std::string_view& limit);
  [[nodiscard]] const Glob* glob(std::string_view pattern, const std::vector<char32_t>& separators, const Limits& limits, std::string& error, std::string_view& limit);
  // How many patterns were compiled, or tried, so far.
  [[nodiscard]] std::uint64_t compilations() const { return compilations_; }
  // An empty list to gather separators in, with the memory of the call before.
  [[nodiscard]] std::vector<char32_t>& separators() {
    separators_.clear();
    return separators_;
  }

 private:
  struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
  };
  struct TextEqual {
    using is_transparent = void;
    bool operator()(std::string_view left, std::string_view right) const { return left == right; }
  };
  // Two generations: what is asked for moves to the young one; when that is full, the old one goes.
  template <class T>
  struct Store {
    using Map = std::unordered_map<std::string, std::unique_ptr<T>, TextHash, TextEqual>;
    Map young;
    Map old;
    const T* find(std::string_view key, std::size_t most);
    const T* keep(std::string_view key, std::unique_ptr<T> made, std::size_t most);
    [[nodiscard]] std::string_view key_of(std::string_view key) const { return young.find(key)->first; }
    bool has_dropped = false;  // since the holder looked
  };

  // Where a pattern's text was found before: constants and given values stand where they stood. The text is compared all the same.
  struct Recent {
    const char* data = nullptr;
    std::string_view text;  // the store's
    const Regex* regex = nullptr;
  };
  static constexpr std::size_t kRecent = 4096;

  std::vector<Recent> recent_;
  Store<Regex> regexes_;
  Store<Glob> globs_;
  std::string key_;
  std::vector<char32_t> separators_;
  std::uint64_t compilations_ = 0;
};

}  // namespace psdl
