// The grammar of globs as gobwas/glob has it: * ** ? [set] [!set] [a-z] {alternatives,..} and the backslash.
#include "builtins/glob_syntax.hpp"

#include <algorithm>
#include <cstdint>

#include "builtins/runes.hpp"

namespace psdl {
namespace {

constexpr char32_t kEnd = 0xFFFF'FFFF;

void append_escaped(std::string& out, char32_t rune) {
  constexpr std::string_view special = "\\.+*?()|[]{}^$-&~#/ ";
  if (rune < 0x80 && special.find(static_cast<char>(rune)) != std::string_view::npos) {
    out += '\\';
    out += static_cast<char>(rune);
  } else if (rune < 0x20 || rune == 0x7F) {
    constexpr std::string_view digits = "0123456789abcdef";
    out.append("\\x").append(1, digits[rune >> 4U]).append(1, digits[rune & 0xFU]);
  } else {
    char bytes[4];
    out.append(bytes, encode_rune(bytes, rune));
  }
}

void append_escaped(std::string& out, std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const Rune rune = decode_rune(text, at);
    append_escaped(out, rune.value);
    at += rune.size;
  }
}

// One piece at the top level, for the simple shapes.
struct Piece {
  enum class Kind : std::uint8_t { Text, Star, SuperStar, Other };
  Kind kind;
  std::string text;
};

class Reader {
 public:
  Reader(std::string_view pattern, const std::vector<char32_t>& separators, GlobReading& made) : pattern_(pattern), made_(made) {
    for (const char32_t separator : separators) append_escaped(separators_, separator);
  }

  void run() {
    while (at_ < pattern_.size() && made_.error.empty()) item();
    if (made_.error.empty() && depth_ > 0) fail("unclosed `{`");
    if (made_.error.empty()) simplify();
  }

 private:
  void fail(std::string_view why) { made_.error = "glob: syntax error at " + std::to_string(at_).append(": ").append(why); }

  // kEnd at the end, or at bytes that are no UTF-8, which is an error.
  char32_t peek(std::uint32_t& size) {
    size = 0;
    if (at_ >= pattern_.size()) return kEnd;
    const Rune rune = decode_rune(pattern_, at_);
    if (rune.value == kRuneError && rune.size == 1) {
      fail("invalid UTF-8 sequence");
      return kEnd;
    }
    size = rune.size;
    return rune.value;
  }
  char32_t read() {
    std::uint32_t size = 0;
    const char32_t rune = peek(size);
    at_ += size;
    return rune;
  }

  void add(Piece::Kind kind, std::string_view regex, std::string_view text = {}) {
    made_.regex += regex;
    if (depth_ > 0) return;
    const bool joins = !pieces_.empty() && pieces_.back().kind == kind;
    if (kind == Piece::Kind::Text && joins) {
      pieces_.back().text += text;
    } else {
      pieces_.push_back({kind, std::string(text)});
    }
  }

  void item() {
    const char32_t rune = read();
    if (rune == kEnd) return;
    if (rune == '{') {
      add(Piece::Kind::Other, "(?:");
      ++depth_;
    } else if (rune == ',' && depth_ > 0) {
      add(Piece::Kind::Other, "|");
    } else if (rune == '}' && depth_ > 0) {
      --depth_;
      made_.regex += ')';
    } else if (rune == '[') {
      char_class();
    } else if (rune == '?') {
      add(Piece::Kind::Other, separators_.empty() ? "." : "[^" + separators_ + "]");
    } else if (rune == '*') {
      star();
    } else {
      at_ -= encoded_size(rune);
      text();
    }
  }

  static std::size_t encoded_size(char32_t rune) {
    char bytes[4];
    return encode_rune(bytes, rune);
  }

  // Stars side by side are one, so that a row of them costs nothing; `**` is the stronger one.
  void star() {
    const bool is_super = at_ < pattern_.size() && pattern_[at_] == '*';
    at_ += is_super;
    const bool crosses = is_super || separators_.empty();
    const std::string regex = crosses ? ".*" : "[^" + separators_ + "]*";
    if (star_end_ == made_.regex.size() && star_end_ > 0) {
      if (!crosses || star_crosses_) return;
      made_.regex.resize(star_begin_);
      if (depth_ == 0) pieces_.pop_back();
    }
    star_begin_ = made_.regex.size();
    add(crosses ? Piece::Kind::SuperStar : Piece::Kind::Star, regex);
    star_end_ = made_.regex.size();
    star_crosses_ = crosses;
  }

  void text() {
    std::string raw;
    bool escaped = false;
    for (;;) {
      const std::size_t begin = at_;
      const char32_t rune = read();
      if (rune == kEnd) {
        if (escaped) fail("trailing backslash");
        break;
      }
      if (!escaped && rune == '\\') {
        escaped = true;
        continue;
      }
      const bool ends = rune == '?' || rune == '*' || rune == '[' || rune == '{' || (depth_ > 0 && (rune == '}' || rune == ','));
      if (!escaped && ends) {
        at_ = begin;
        break;
      }
      escaped = false;
      raw.append(pattern_.substr(begin, at_ - begin));
    }
    if (!made_.error.empty()) return;
    std::string regex;
    append_escaped(regex, raw);
    add(Piece::Kind::Text, regex, raw);
  }

  void char_class() {
    std::string regex = "[";
    std::uint32_t size = 0;
    if (peek(size) == '!') {
      at_ += size;
      regex += '^';
    }
    const char32_t first = read();
    if (first == kEnd) {
      fail("unexpected end of input");
      return;
    }
    std::string why;
    if (peek(size) == '-') {
      at_ += size;
      const char32_t last = read();
      if (last == kEnd) {
        fail("unexpected end of input");
        return;
      }
      append_escaped(regex, first);
      regex += '-';
      append_escaped(regex, last);
      if (last < first) why = "range hi character is less than lo";
    } else {
      at_ -= encoded_size(first);
      if (!set(regex)) why = "could not parse range";
    }
    made_.error.clear();  // what peek() found is found again below, in the words for the end of a class
    const char32_t close = read();
    if (close == kEnd) {
      fail("unexpected end of input");
    } else if (close != ']') {
      fail("expected close range character");
    } else if (!why.empty()) {
      fail(why);
    } else {
      add(Piece::Kind::Other, regex += ']');
    }
  }

  // The members up to the bracket, which is left; false where there is none.
  bool set(std::string& regex) {
    bool any = false;
    bool escaped = false;
    for (;;) {
      const std::size_t begin = at_;
      const char32_t rune = read();
      if (rune == kEnd) return any;
      if (!escaped && rune == '\\') {
        escaped = true;
        continue;
      }
      if (!escaped && rune == ']') {
        at_ = begin;
        return any;
      }
      escaped = false;
      any = true;
      append_escaped(regex, rune);
    }
  }

  void simplify() {
    std::size_t at = 0;
    GlobShape& shape = made_.shape;
    if (at < pieces_.size() && pieces_[at].kind == Piece::Kind::Text) shape.prefix = pieces_[at++].text;
    if (at < pieces_.size() && (pieces_[at].kind == Piece::Kind::Star || pieces_[at].kind == Piece::Kind::SuperStar)) {
      shape.has_star = true;
      shape.crosses = pieces_[at++].kind == Piece::Kind::SuperStar;
      if (at < pieces_.size() && pieces_[at].kind == Piece::Kind::Text) shape.suffix = pieces_[at++].text;
    }
    made_.is_simple = at == pieces_.size();
  }

  std::string_view pattern_;
  GlobReading& made_;
  std::string separators_;  // escaped for a class
  std::vector<Piece> pieces_;
  std::size_t at_ = 0;
  std::size_t depth_ = 0;
  std::size_t star_begin_ = 0;
  std::size_t star_end_ = 0;
  bool star_crosses_ = false;
};

}  // namespace

GlobReading read_glob(std::string_view pattern, const std::vector<char32_t>& separators) {
  GlobReading made;
  Reader(pattern, separators, made).run();
  return made;
}

std::string quote_glob(std::string_view text) {
  constexpr std::string_view special = "*?\\[]{}";
  std::string made;
  for (const char c : text) {
    if (special.find(c) != std::string_view::npos) made += '\\';
    made += c;
  }
  return made;
}

}  // namespace psdl
