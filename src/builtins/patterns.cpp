// The only file that sees RE2.
#include "builtins/patterns.hpp"

#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <utility>

#include "builtins/glob_syntax.hpp"
#include "builtins/regex_syntax.hpp"
#include "builtins/runes.hpp"

namespace psdl {
namespace {

// Room for the DFA of large alternations; the program itself is held to Limits::regex_program.
constexpr std::int64_t kMemory = 16 << 20;

RE2::Options quiet(std::int64_t memory = kMemory) {
  RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(memory);
  return options;
}

// Counted repetitions are the only short way to write a large program. RE2 spends a quarter of its memory on one, 16 bytes an instruction, and would build
// a quarter of a million of them before it gave up; little memory makes it give up at once.
bool is_too_large(const std::string& pattern, const Limits& limits) {
  if (pattern.find('{') == std::string::npos) return false;
  const RE2 trial(pattern, quiet(std::int64_t{limits.regex_program} * 16 * 4 + 64 * 1024));
  return trial.error_code() == RE2::ErrorPatternTooLarge;
}

re2::StringPiece piece(std::string_view text) { return {text.data(), text.size()}; }

bool knows_class(const std::string& name) { return RE2("\\p{" + name + "}", quiet()).ok(); }

// Go's words for what RE2 found.
std::string_view go_words(RE2::ErrorCode code) {
  switch (code) {
    case RE2::ErrorBadEscape:
      return "invalid escape sequence";
    case RE2::ErrorBadCharClass:
      return "invalid character class";
    case RE2::ErrorBadCharRange:
      return "invalid character class range";
    case RE2::ErrorMissingBracket:
      return "missing closing ]";
    case RE2::ErrorMissingParen:
      return "missing closing )";
    case RE2::ErrorUnexpectedParen:
      return "unexpected )";
    case RE2::ErrorTrailingBackslash:
      return "trailing backslash at end of expression";
    case RE2::ErrorRepeatArgument:
      return "missing argument to repetition operator";
    case RE2::ErrorRepeatSize:
      return "invalid repeat count";
    case RE2::ErrorRepeatOp:
      return "invalid nested repetition operator";
    case RE2::ErrorBadPerlOp:
      return "invalid or unsupported Perl syntax";
    case RE2::ErrorBadUTF8:
      return "invalid UTF-8";
    case RE2::ErrorBadNamedCapture:
      return "invalid named capture";
    case RE2::ErrorPatternTooLarge:
      return "expression too large";
    case RE2::NoError:
    case RE2::ErrorInternal:
      break;
  }
  return "regexp/syntax: internal error";
}

std::string go_error(const RE2& failed, std::string_view pattern) {
  // Parentheses are missed at the end of all, so Go shows all of it.
  const bool shows_all = failed.error_code() == RE2::ErrorMissingParen || failed.error_code() == RE2::ErrorUnexpectedParen ||
                         failed.error_code() == RE2::ErrorPatternTooLarge;
  std::string text = "error parsing regexp: ";
  text.append(go_words(failed.error_code())).append(": `");
  return text.append(shows_all ? pattern : std::string_view(failed.error_arg())).append("`");
}

// Go reads bytes that are no UTF-8 as U+FFFD; RE2 would match them with nothing.
bool is_utf8(std::string_view text) {
  if (is_ascii(text)) return true;
  for (std::size_t at = 0; at < text.size();) {
    const Rune rune = decode_rune(text, at);
    if (rune.value == kRuneError && rune.size == 1) return false;
    at += rune.size;
  }
  return true;
}

std::string repaired(std::string_view text) {
  std::string made;
  char bytes[4];
  for (std::size_t at = 0; at < text.size();) {
    const Rune rune = decode_rune(text, at);
    made.append(bytes, encode_rune(bytes, rune.value));
    at += rune.size;
  }
  return made;
}

}  // namespace

Regex::Regex(std::unique_ptr<re2::RE2> compiled, std::vector<std::string> names)
    : compiled_(std::move(compiled)), names_(std::move(names)), program_size_(static_cast<std::uint64_t>(std::max(1, compiled_->ProgramSize()))) {}
Regex::Regex(SimplePattern simple, std::string pattern, std::vector<std::string> names)
    : simple_(std::move(simple)), pattern_(std::move(pattern)), names_(std::move(names)), program_size_(simple_->size()) {}
Regex::~Regex() = default;

const re2::RE2& Regex::automaton() const {
  if (compiled_ == nullptr) compiled_ = std::make_unique<RE2>(pattern_, quiet());
  return *compiled_;
}

std::unique_ptr<Regex> Regex::compile(std::string_view pattern, const Limits& limits, std::string& error, std::string_view& limit) {
  if (pattern.size() > limits.pattern_bytes) {
    limit = "pattern_bytes";
    return nullptr;
  }
  RegexReading reading = read_go_regex(pattern, knows_class);
  if (std::optional<SimplePattern> simple = SimplePattern::read(pattern); simple && reading.error.empty()) {
    return std::unique_ptr<Regex>(new Regex(std::move(*simple), std::move(reading.pattern), std::move(reading.names)));
  }
  if (is_too_large(reading.pattern, limits)) {
    limit = "regex_program";
    return nullptr;
  }
  auto compiled = std::make_unique<RE2>(reading.pattern, quiet());
  if (!reading.error.empty()) {
    // Up to where the reader stopped, RE2 may have met an error before; what it misses at the end of that part counts for nothing.
    const RE2::ErrorCode code = compiled->error_code();
    const bool is_earlier = !compiled->ok() && code != RE2::ErrorMissingParen && code != RE2::ErrorMissingBracket && code != RE2::ErrorTrailingBackslash;
    error = is_earlier ? go_error(*compiled, pattern) : "error parsing regexp: " + reading.error;
    return nullptr;
  }
  if (!compiled->ok()) {
    if (compiled->error_code() == RE2::ErrorPatternTooLarge) {
      limit = "regex_program";
    } else {
      error = go_error(*compiled, pattern);
    }
    return nullptr;
  }
  if (compiled->ProgramSize() > static_cast<std::int64_t>(limits.regex_program)) {
    limit = "regex_program";
    return nullptr;
  }
  return std::unique_ptr<Regex>(new Regex(std::move(compiled), std::move(reading.names)));
}

bool Regex::matches(std::string_view text) const {
  if (simple_.has_value()) return simple_->matches(text);
  const auto test = [&](std::string_view in) { return automaton().Match(piece(in), 0, in.size(), RE2::UNANCHORED, nullptr, 0); };
  return is_utf8(text) ? test(text) : test(repaired(text));
}

bool Regex::matches_whole(std::string_view text) const {
  const auto test = [&](std::string_view in) { return automaton().Match(piece(in), 0, in.size(), RE2::ANCHOR_BOTH, nullptr, 0); };
  return is_utf8(text) ? test(text) : test(repaired(text));
}

bool Regex::find(std::string_view text, std::size_t from, std::span<MatchRange> ranges) const {
  constexpr std::size_t kFew = 16;
  std::array<re2::StringPiece, kFew> few;
  std::vector<re2::StringPiece> many;
  if (ranges.size() > kFew) many.resize(ranges.size());
  re2::StringPiece* pieces = ranges.size() > kFew ? many.data() : few.data();
  if (!automaton().Match(piece(text), from, text.size(), RE2::UNANCHORED, pieces, static_cast<int>(ranges.size()))) return false;
  for (std::size_t i = 0; i < ranges.size(); ++i) {
    ranges[i] = {};
    if (pieces[i].data() == nullptr) continue;
    ranges[i].begin = static_cast<std::size_t>(pieces[i].data() - text.data());
    ranges[i].end = ranges[i].begin + pieces[i].size();
  }
  return true;
}

std::unique_ptr<Glob> Glob::compile(std::string_view pattern, const std::vector<char32_t>& separators, const Limits& limits, std::string& error,
                                    std::string_view& limit) {
  if (pattern.size() > limits.pattern_bytes || separators.size() > limits.pattern_bytes) {
    limit = "pattern_bytes";
    return nullptr;
  }
  GlobReading reading = read_glob(pattern, separators);
  if (!reading.error.empty()) {
    error = std::move(reading.error);
    return nullptr;
  }
  std::unique_ptr<Glob> made(new Glob);
  const bool has_plain_stops = std::all_of(separators.begin(), separators.end(), [](char32_t separator) { return separator < 0x80; });
  if (reading.is_simple && has_plain_stops) {
    made->prefix_ = std::move(reading.shape.prefix);
    made->suffix_ = std::move(reading.shape.suffix);
    made->has_star_ = reading.shape.has_star;
    if (!reading.shape.crosses) made->stops_.assign(separators.begin(), separators.end());
    return made;
  }
  auto compiled = std::make_unique<RE2>("(?s)" + reading.regex, quiet());
  if (!compiled->ok() || compiled->ProgramSize() > static_cast<std::int64_t>(limits.regex_program)) {
    limit = "regex_program";
    return nullptr;
  }
  made->regex_ = Regex::adopt(std::move(compiled));
  return made;
}

std::unique_ptr<Regex> Regex::adopt(std::unique_ptr<re2::RE2> compiled) { return std::unique_ptr<Regex>(new Regex(std::move(compiled), {})); }

bool Glob::matches(std::string_view text) const {
  if (regex_ != nullptr) return regex_->matches_whole(text);
  if (!has_star_) return text == prefix_;
  if (text.size() < prefix_.size() + suffix_.size() || !text.starts_with(prefix_) || !text.ends_with(suffix_)) return false;
  return stops_.empty() || text.substr(prefix_.size(), text.size() - prefix_.size() - suffix_.size()).find_first_of(stops_) == std::string_view::npos;
}

template <class T>
const T* PatternCache::Store<T>::find(std::string_view key, std::size_t most) {
  if (const auto at = young.find(key); at != young.end()) return at->second.get();
  const auto at = old.find(key);
  if (at == old.end()) return nullptr;
  auto node = old.extract(at);
  has_dropped = true;  // its text is copied anew
  return keep(key, std::move(node.mapped()), most);
}

template <class T>
const T* PatternCache::Store<T>::keep(std::string_view key, std::unique_ptr<T> made, std::size_t most) {
  if (young.size() * 2 >= most) {
    old = std::move(young);
    young.clear();
    has_dropped = true;
  }
  return young.insert_or_assign(std::string(key), std::move(made)).first->second.get();
}

const Regex* PatternCache::regex(std::string_view pattern, const Limits& limits, std::string& error, std::string_view& limit) {
  if (recent_.empty()) recent_.resize(kRecent);
  Recent& recent = recent_[(reinterpret_cast<std::uintptr_t>(pattern.data()) * 0x9E37'79B9'7F4A'7C15U >> 44U) % kRecent];
  if (recent.data == pattern.data() && recent.text == pattern) return recent.regex;
  const Regex* found = regexes_.find(pattern, limits.regex_cache);
  if (found == nullptr) {
    ++compilations_;
    std::unique_ptr<Regex> made = Regex::compile(pattern, limits, error, limit);
    if (made == nullptr) return nullptr;
    found = regexes_.keep(pattern, std::move(made), limits.regex_cache);
  }
  if (std::exchange(regexes_.has_dropped, false)) std::fill(recent_.begin(), recent_.end(), Recent());
  recent = {pattern.data(), regexes_.key_of(pattern), found};
  return found;
}

const Glob* PatternCache::glob(std::string_view pattern, const std::vector<char32_t>& separators, const Limits& limits, std::string& error,
                               std::string_view& limit) {
  key_.assign(pattern);
  key_ += '\0';
  char bytes[4];
  for (const char32_t separator : separators) key_.append(bytes, encode_rune(bytes, separator));
  if (const Glob* found = globs_.find(key_, limits.regex_cache)) return found;
  ++compilations_;
  std::unique_ptr<Glob> made = Glob::compile(pattern, separators, limits, error, limit);
  return made == nullptr ? nullptr : globs_.keep(key_, std::move(made), limits.regex_cache);
}

}  // namespace psdl
