// The stream of tokens under the grammar. In: a text; out: one token in hand at a time, places to go back to, and errors noted on the way.
//
// Private to parse.cpp. This is the input type that the rules of grammar/ are matched against. Going back (`restore`) takes everything with
// it that was noted since: errors, hints, comments, numbers given to `_`. What the rules built is kept in stacks, see parse_build.hpp.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tao/pegtl.hpp>
#include <utility>
#include <vector>

#include "base/arena.hpp"
#include "base/limits.hpp"
#include "base/source.hpp"
#include "grammar/lexical.hpp"
#include "grammar/token.hpp"
#include "syntax/text.hpp"

namespace psdl {

namespace parsing {

namespace pegtl = tao::pegtl;
using grammar::Token;

// Keywords that are identifiers unless turned on, as bits.
struct Keywords {
  static constexpr std::uint32_t kIn = 1, kEvery = 2, kContains = 4, kIf = 8, kNot = 16, kAnd = 32, kOr = 64;
  static constexpr std::uint32_t kV0 = kIn | kEvery | kContains | kIf;  // those of `import rego.v1`
  static constexpr std::uint32_t kNoNot = 128;  // `not` is a name too: inside the paths of imports
  static constexpr std::uint32_t kV1 = kNot | kAnd | kOr;               // those that `import rego.v2` adds
};

struct KeywordRow {
  std::string_view word;
  Token token;
  std::uint32_t bit;  // 0: always on
};
inline constexpr KeywordRow kKeywords[] = {
    {"package", Token::Package, 0}, {"import", Token::Import, 0}, {"as", Token::As, 0},       {"default", Token::Default, 0},
    {"else", Token::Else, 0},       {"not", Token::Not, 0},       {"some", Token::Some, 0},   {"with", Token::With, 0},
    {"null", Token::Null, 0},       {"true", Token::True, 0},     {"false", Token::False, 0}, {"in", Token::In, Keywords::kIn},
    {"every", Token::Every, Keywords::kEvery}, {"contains", Token::Contains, Keywords::kContains}, {"if", Token::If, Keywords::kIf},
    {"and", Token::And, Keywords::kAnd}, {"or", Token::Or, Keywords::kOr},
};

// What the characters of one token came to.
struct Scan {
  struct Fault {
    const char* at;
    std::string_view message;
  };
  Token token = Token::Illegal;
  std::vector<Fault> faults;
};

template <class Rule>
struct scan_action : pegtl::nothing<Rule> {};

template <Token T>
struct sets_token {
  static void apply0(Scan& scan) { scan.token = T; }
};
template <> struct scan_action<grammar::lexical::end> : sets_token<Token::EndOfFile> {};
template <> struct scan_action<grammar::lexical::blank> : sets_token<Token::Whitespace> {};
template <> struct scan_action<grammar::lexical::identifier> : sets_token<Token::Identifier> {};
template <> struct scan_action<grammar::lexical::number> : sets_token<Token::Number> {};
template <> struct scan_action<grammar::lexical::comment> : sets_token<Token::Comment> {};
template <> struct scan_action<grammar::lexical::string> : sets_token<Token::String> {};
template <> struct scan_action<grammar::lexical::raw_string> : sets_token<Token::String> {};
template <> struct scan_action<grammar::lexical::template_part> : sets_token<Token::TemplatePart> {};
template <> struct scan_action<grammar::lexical::template_end> : sets_token<Token::TemplateEnd> {};
template <> struct scan_action<grammar::lexical::raw_template_part> : sets_token<Token::RawTemplatePart> {};
template <> struct scan_action<grammar::lexical::raw_template_end> : sets_token<Token::RawTemplateEnd> {};
template <> struct scan_action<grammar::lexical::stray> : sets_token<Token::Illegal> {};
template <Token T, char... C> struct scan_action<grammar::lexical::sign<T, C...>> : sets_token<T> {};
template <> struct scan_action<grammar::lexical::wide_digit> {
  template <class In>
  static bool apply(const In& in, Scan& /*scan*/) {
    return text::is_decimal_digit(text::decode({in.begin(), in.size()}, 0).rune);
  }
};

template <class Fault> inline constexpr std::string_view fault_text = "";
template <> inline constexpr std::string_view fault_text<grammar::lexical::no_fraction> = "expected fraction";
template <> inline constexpr std::string_view fault_text<grammar::lexical::no_exponent> = "expected exponent";
template <> inline constexpr std::string_view fault_text<grammar::lexical::bad_number> = "illegal number format";
template <> inline constexpr std::string_view fault_text<grammar::lexical::unterminated> = "non-terminated string";
template <> inline constexpr std::string_view fault_text<grammar::lexical::bad_escape> = "illegal escape sequence";
template <> inline constexpr std::string_view fault_text<grammar::lexical::lone_exclamation> = "illegal ! character";
template <> inline constexpr std::string_view fault_text<grammar::lexical::lone_dollar> = "illegal $ character";
template <> inline constexpr std::string_view fault_text<grammar::lexical::hard_space> = "illegal non-breaking space character, use a regular space instead";

template <class Fault> struct scan_action<grammar::lexical::blemish<Fault>> {
  template <class In>
  static void apply(const In& in, Scan& scan) {
    scan.faults.push_back({in.begin(), fault_text<Fault>});
  }
};

// An error or a hint, newest first. Lists of them are shared between states and never change.
struct Noted {
  Span span;
  std::string_view text;
  const Noted* before;
};

struct State {
  Token token = Token::Whitespace;  // as if a blank had been read: the first step then notes no end of a token
  std::uint32_t begin = 0;          // the token in hand
  std::uint32_t end = 0;
  std::uint32_t lexeme_end = 0;     // where OPA's scanner ends its text: too far when a character of several bytes follows
  std::uint32_t next = 0;           // where the next one is looked for
  std::uint32_t last_end = 0;       // end of the token before, blanks left out
  bool new_line = false;            // a line end lies between it and the token in hand
  std::uint32_t wildcards = 0;
  std::uint32_t comments = 0;
  const Noted* errors = nullptr;
  const Noted* hints = nullptr;
};

class TokenStream {
 public:
  TokenStream(std::string_view source_text, std::uint32_t source_number, const Limits& limits)
      : text_(source_text), source_(source_number), limits_(limits) {
    attempts_left_ = limits.parse_attempts_base + limits.parse_attempts_per_byte * source_text.size();
    find_bad_characters();
    if (text_.starts_with("\xEF\xBB\xBF")) state_.next = 3;
  }

  // ---- the token in hand
  [[nodiscard]] Token token() const { return state_.token; }
  void set_token(Token token) { state_.token = token; }
  [[nodiscard]] Span here() const { return {source_, state_.begin, state_.end}; }
  [[nodiscard]] std::uint32_t begin() const { return state_.begin; }
  [[nodiscard]] std::uint32_t end() const { return state_.end; }
  [[nodiscard]] std::uint32_t last_end() const { return state_.last_end; }
  [[nodiscard]] std::string_view lexeme() const { return text_.substr(state_.begin, state_.lexeme_end - state_.begin); }
  [[nodiscard]] std::string_view text(std::uint32_t from, std::uint32_t to) const { return from <= to ? text_.substr(from, to - from) : std::string_view(); }
  [[nodiscard]] Span span(std::uint32_t from, std::uint32_t to) const { return {source_, from, std::max(from, to)}; }
  [[nodiscard]] bool new_line() const { return state_.new_line; }

  void step() { advance(true); }
  void step_raw() { advance(false); }
  void step_template(bool raw) {
    const auto mode = raw ? Mode::RawTemplate : Mode::Template;
    advance(false, mode);
  }

  // ---- keywords
  void turn_on(std::uint32_t keywords) {
    keywords_ |= keywords;
    if ((keywords & Keywords::kEvery) != 0) keywords_ |= Keywords::kIn;  // `every` needs `in`
  }
  [[nodiscard]] bool is_keyword(std::string_view word) const {
    return std::any_of(std::begin(kKeywords), std::end(kKeywords), [&](const KeywordRow& row) { return row.word == word && is_on(row); });
  }
  // An import turned keywords on after the token in hand was read.
  void reclassify() {
    if (state_.token == Token::Identifier) state_.token = classify(lexeme());
  }

  // ---- errors and hints
  void error(Span at, std::string_view message) {
    std::string whole(message);
    if (state_.hints != nullptr) {
      std::vector<std::string_view> hints;
      for (const Noted* hint = state_.hints; hint != nullptr; hint = hint->before) hints.push_back(hint->text);
      whole += hints.size() == 1 ? " (hint: " : " (hints: ";
      for (std::size_t i = hints.size(); i-- > 0;) {
        whole += hints[i];
        whole += i > 0 ? ", " : ")";
      }
    }
    state_.errors = scratch_.make<Noted>(at, scratch_.copy(whole), state_.errors);
    state_.hints = nullptr;
  }
  void error_here(std::string_view message) { error(here(), message); }
  void hint(std::string_view words) { state_.hints = scratch_.make<Noted>(Span{}, scratch_.copy(words), state_.hints); }
  [[nodiscard]] bool hints_waiting() const { return state_.hints != nullptr; }
  [[nodiscard]] bool has_errors() const { return state_.errors != nullptr || stopped_; }

  // "unexpected <token>: <note>"
  void unexpected(std::string_view note) {
    if (state_.token == Token::Illegal) {
      error_here("illegal token");
      return;
    }
    std::string message = "unexpected ";
    message += grammar::name_of(state_.token);
    message += is_keyword_token(state_.token) ? " keyword" : " token";
    if (!note.empty()) message.append(": ").append(note);
    error_here(message);
  }

  // ---- limits: once one is reached every rule fails and nothing is taken back
  void stop(std::string_view code, std::string message) {
    if (stopped_) return;
    stopped_ = true;
    stop_code_ = code;
    stop_message_ = std::move(message);
    stop_span_ = here();
    state_.token = Token::EndOfFile;
  }
  [[nodiscard]] bool stopped() const { return stopped_; }
  [[nodiscard]] std::uint32_t policy_nesting() const { return limits_.policy_nesting; }
  [[nodiscard]] bool enter() {
    if (stopped_) return false;
    if (attempts_left_-- == 0) {
      stop("limit_parse_attempts_base", "the text takes too many attempts to parse");
      return false;
    }
    if (depth_ > limits_.policy_nesting) {
      stop("limit_policy_nesting", "nesting exceeds " + std::to_string(limits_.policy_nesting) + " levels");
      return false;
    }
    ++depth_;
    return true;
  }
  void leave() { --depth_; }

  void retreat(int number) { retreat_ = number; }
  [[nodiscard]] bool caught_retreat(int number) {
    if (stopped_ || retreat_ != number) return false;
    retreat_ = -1;
    return true;
  }

  struct CommentNote {
    Span span;
    std::string_view text;
  };
  [[nodiscard]] std::vector<CommentNote> comments() const { return {comments_.begin(), comments_.begin() + state_.comments}; }

 protected:
  enum class Mode : std::uint8_t { Normal, Template, RawTemplate };

  [[nodiscard]] static bool is_keyword_token(Token token) {
    // By name, as OPA does it: `&` is called "and" without being the keyword, but no name of a sign is a keyword of the base set.
    return (token >= Token::Package && token <= Token::False) || token == Token::In || token >= Token::Every;
  }

  [[nodiscard]] bool is_on(const KeywordRow& row) const {
    if (row.token == Token::Not) return (keywords_ & Keywords::kNoNot) == 0;
    return row.bit == 0 || (keywords_ & row.bit) != 0;
  }

  [[nodiscard]] Token classify(std::string_view word) const {
    for (const KeywordRow& row : kKeywords) {
      if (row.word == word) return is_on(row) ? row.token : Token::Identifier;
    }
    return Token::Identifier;
  }

  void advance(bool skip_blanks, Mode mode = Mode::Normal) {
    if (stopped_) return;
    if (state_.token != Token::Whitespace) {
      state_.last_end = state_.end;
      state_.new_line = false;
    }
    for (;;) {
      if (skip_blanks && bad_.empty()) pass_blanks();
      scan(mode);
      if (state_.token == Token::Whitespace) {
        if (text_[state_.begin] == '\n') state_.new_line = true;
        if (skip_blanks) continue;
      }
      if (state_.token != Token::Comment) return;
      note_comment();
    }
  }

  std::string_view text_;
  std::uint32_t source_;
  const Limits& limits_;
  Arena scratch_;
  State state_;
  std::uint32_t keywords_ = 0;
  std::uint32_t depth_ = 0;
  std::uint64_t attempts_left_ = 0;
  int retreat_ = -1;
  bool stopped_ = false;
  std::string_view stop_code_;
  std::string stop_message_;
  Span stop_span_;

 private:
  struct BadCharacter {
    std::uint32_t at;
    std::string_view message;
  };

  void find_bad_characters() {
    for (std::uint32_t at = 0; at < text_.size();) {
      const auto byte = static_cast<unsigned char>(text_[at]);
      if (byte != 0 && byte < 0x80) {
        ++at;
        continue;
      }
      const text::Decoded decoded = text::decode(text_, at);
      if (byte == 0) {
        bad_.push_back({at, "illegal null character"});
      } else if (!decoded.valid) {
        bad_.push_back({at, "illegal utf-8 character"});
      } else if (decoded.rune == 0xFEFF && at > 0) {
        bad_.push_back({at, "illegal byte-order mark"});
      }
      at += decoded.size;
    }
  }

  void pass_blanks() {
    std::uint32_t at = state_.next;
    for (; at < text_.size(); ++at) {
      const char c = text_[at];
      if (c == '\n') {
        state_.new_line = true;
      } else if (c != ' ' && c != '\t' && c != '\r') {
        break;
      }
    }
    state_.next = at;
  }

  // A character is looked at while the token before it is read, so that is the token its fault belongs to.
  void scan(Mode mode) {
    scan_.token = Token::Illegal;
    scan_.faults.clear();
    const char* first = text_.data() + state_.next;
    pegtl::memory_input<pegtl::tracking_mode::lazy, pegtl::eol::lf, const char*> in(first, text_.data() + text_.size(), "");
    switch (mode) {
      case Mode::Normal: static_cast<void>(pegtl::parse<grammar::lexical::token, scan_action>(in, scan_)); break;
      case Mode::Template: static_cast<void>(pegtl::parse<grammar::lexical::template_text, scan_action>(in, scan_)); break;
      case Mode::RawTemplate: static_cast<void>(pegtl::parse<grammar::lexical::raw_template_text, scan_action>(in, scan_)); break;
    }
    const std::uint32_t begin = state_.next;
    const auto end = static_cast<std::uint32_t>(in.current() - text_.data());
    state_.begin = begin;
    state_.end = end;
    state_.next = end;
    state_.lexeme_end = end;
    if (end < text_.size() && static_cast<unsigned char>(text_[end]) >= 0x80) state_.lexeme_end += text::decode(text_, end).size - 1;
    state_.token = scan_.token == Token::Identifier ? classify(lexeme()) : scan_.token;
    const bool has_bad = !bad_.empty();
    if (scan_.faults.empty() && !has_bad) return;
    std::vector<std::pair<std::uint32_t, std::string_view>> all;
    if (has_bad) {
      const bool is_first = begin == 0 || (begin == 3 && text_.starts_with("\xEF\xBB\xBF"));
      for (const BadCharacter& bad : bad_) {
        if ((bad.at > begin || (is_first && bad.at == begin)) && bad.at <= end) all.emplace_back(bad.at, bad.message);
      }
    }
    for (const Scan::Fault& fault : scan_.faults) all.emplace_back(static_cast<std::uint32_t>(fault.at - text_.data()), fault.message);
    std::stable_sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    for (const auto& [at, message] : all) error(here(), message);
    if (!all.empty()) state_.token = Token::Illegal;
  }

  // Comments are noted once, however often their place is read.
  void note_comment() {
    const CommentNote note{here(), text_.substr(state_.begin + 1, state_.end - state_.begin - 1)};
    if (state_.comments < comments_.size() && comments_[state_.comments].span == note.span) {
      ++state_.comments;
      return;
    }
    comments_.resize(state_.comments);
    comments_.push_back(note);
    ++state_.comments;
  }

  std::vector<BadCharacter> bad_;
  std::vector<CommentNote> comments_;
  Scan scan_;
};

}  // namespace parsing
}  // namespace psdl
