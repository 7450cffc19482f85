// A scanner that walks a JSON text as Go's decoder does, for its messages alone: nothing is built.
#include "codec/go_json.hpp"

#include <fmt/format.h>

#include <vector>

namespace psdl::codec {
namespace {

bool is_blank(char c) {
  return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_hex(char c) {
  return is_digit(c) || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f');
}

// Go's quoteChar: a byte as a character in single quotes.
std::string quote(char c) {
  const auto byte = static_cast<unsigned char>(c);
  switch (c) {
    case '\'': return "'\\''";
    case '\\': return "'\\\\'";
    case '\a': return "'\\a'";
    case '\b': return "'\\b'";
    case '\f': return "'\\f'";
    case '\n': return "'\\n'";
    case '\r': return "'\\r'";
    case '\t': return "'\\t'";
    case '\v': return "'\\v'";
    default: break;
  }
  if (byte < 0x20 || byte == 0x7F) return fmt::format("'\\x{:02x}'", byte);
  if (byte < 0x80) return fmt::format("'{}'", c);
  // The byte is taken for a code point of its own.
  if (byte < 0xA0 || byte == 0xAD) return fmt::format("'\\u{:04x}'", byte);
  return std::string("'") + static_cast<char>(0xC0 | (byte >> 6U)) + static_cast<char>(0x80 | (byte & 0x3FU)) + "'";
}

class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  std::string run() {
    skip_blanks();
    if (is_at_end()) return "EOF";
    if (!value()) return std::move(message_);
    skip_blanks();
    if (is_at_end()) return {};
    return after_value();
  }

 private:
  [[nodiscard]] bool is_at_end() const { return at_ >= text_.size(); }
  void skip_blanks() {
    while (!is_at_end() && is_blank(text_[at_])) ++at_;
  }
  bool fail(std::string_view context) {
    message_ = is_at_end() ? std::string("unexpected EOF")
                           : fmt::format("invalid character {} {}", quote(text_[at_]), context);
    return false;
  }

  // OPA asks the decoder for one more token, which it then shows.
  std::string after_value() {
    const char c = text_[at_];
    if (c == '{' || c == '[') return fmt::format("error: invalid character '{}' after top-level value", c);
    const std::size_t begin = at_;
    if (!value()) return std::move(message_);
    const std::string_view token = text_.substr(begin, at_ - begin);
    if (token == "null") return {};
    if (token == "true" || token == "false")
      return fmt::format("error: invalid character '%!s(bool={})' after top-level value", token);
    if (c == '"')
      return fmt::format("error: invalid character '{}' after top-level value", token.substr(1, token.size() - 2));
    return fmt::format("error: invalid character '{}' after top-level value", token);
  }

  // Containers are kept on a stack of our own: the text decides how deep they are.
  bool value() {
    std::vector<char> open;
    for (;;) {
      skip_blanks();
      if (is_at_end()) return fail({});
      const char c = text_[at_];
      if (c == '{' || c == '[') {
        open.push_back(c);
        ++at_;
        skip_blanks();
        const bool is_empty = !is_at_end() && text_[at_] == (c == '{' ? '}' : ']');
        if (!is_empty) {
          if (c == '{' && !key()) return false;
          continue;
        }
        open.pop_back();
        ++at_;
      } else if (!scalar()) {
        return false;
      }
      for (;;) {
        if (open.empty()) return true;
        skip_blanks();
        if (is_at_end()) return fail({});
        const bool is_object = open.back() == '{';
        const char next = text_[at_];
        if (next == ',') {
          ++at_;
          if (is_object && !key()) return false;
          break;
        }
        if (next != (is_object ? '}' : ']'))
          return fail(is_object ? "after object key:value pair" : "after array element");
        ++at_;
        open.pop_back();
      }
    }
  }

  bool key() {
    skip_blanks();
    if (is_at_end() || text_[at_] != '"') return fail("looking for beginning of object key string");
    if (!string()) return false;
    skip_blanks();
    if (is_at_end() || text_[at_] != ':') return fail("after object key");
    ++at_;
    return true;
  }

  bool scalar() {
    const char c = text_[at_];
    if (c == '"') return string();
    if (c == 't') return literal("true");
    if (c == 'f') return literal("false");
    if (c == 'n') return literal("null");
    if (c == '-' || is_digit(c)) return number();
    return fail("looking for beginning of value");
  }

  bool string() {
    for (++at_; !is_at_end(); ++at_) {
      const char c = text_[at_];
      if (c == '"') {
        ++at_;
        return true;
      }
      if (static_cast<unsigned char>(c) < 0x20) return fail("in string literal");
      if (c != '\\') continue;
      ++at_;
      if (is_at_end()) return fail({});
      if (text_[at_] == 'u') {
        for (int i = 0; i < 4; ++i) {
          ++at_;
          if (is_at_end() || !is_hex(text_[at_])) return fail("in \\u hexadecimal character escape");
        }
      } else if (std::string_view("bfnrt\\/\"").find(text_[at_]) == std::string_view::npos) {
        return fail("in string escape code");
      }
    }
    return fail({});
  }

  bool literal(std::string_view word) {
    for (std::size_t i = 1; i < word.size(); ++i) {
      ++at_;
      if (is_at_end() || text_[at_] != word[i])
        return fail(fmt::format("in literal {} (expecting {})", word, quote(word[i])));
    }
    ++at_;
    return true;
  }

  bool number() {
    if (text_[at_] == '-') {
      ++at_;
      if (is_at_end() || !is_digit(text_[at_])) return fail("in numeric literal");
    }
    if (text_[at_] == '0') {
      ++at_;
    } else {
      skip_digits();
    }
    if (!is_at_end() && text_[at_] == '.') {
      ++at_;
      if (is_at_end() || !is_digit(text_[at_])) return fail("after decimal point in numeric literal");
      skip_digits();
    }
    if (!is_at_end() && (text_[at_] == 'e' || text_[at_] == 'E')) {
      ++at_;
      if (!is_at_end() && (text_[at_] == '+' || text_[at_] == '-')) ++at_;
      if (is_at_end() || !is_digit(text_[at_])) return fail("in exponent of numeric literal");
      skip_digits();
    }
    return true;
  }
  void skip_digits() {
    while (!is_at_end() && is_digit(text_[at_])) ++at_;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::string message_;
};

}  // namespace

std::string go_json_error(std::string_view text) {
  return Scanner(text).run();
}

}  // namespace psdl::codec
