// Tokens, then steps: a field with perhaps a list behind it, a dot between two of them.
#include "gatekeeper/mutators_path.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "gatekeeper/field_error.hpp"

namespace psdl::gatekeeper {
namespace {

constexpr std::size_t kMostSteps = 256;  // deeper than any object that the API server takes

enum class Token : std::uint8_t { Error, End, Name, Integer, Open, Close, Dot, Glob, Colon };

std::string_view name_of(Token token) {
  switch (token) {
    case Token::Error: return "ERROR";
    case Token::End: return "EOF";
    case Token::Name: return "IDENT";
    case Token::Integer: return "INT";
    case Token::Open: return "LBRACKET";
    case Token::Close: return "RBRACKET";
    case Token::Dot: return "SEPARATOR";
    case Token::Glob: return "GLOB";
    case Token::Colon: return "COLON";
  }
  return {};
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_name_byte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '_' || c == '-';
}
bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

// The bytes of the character that begins the text.
std::size_t character_size(std::string_view text) {
  std::size_t size = 1;
  while (size < text.size() && (static_cast<unsigned char>(text[size]) & 0xC0U) == 0x80U) ++size;
  return size;
}

struct Lexeme {
  Token token = Token::End;
  std::string text;
  std::size_t begin = 0;
  std::size_t end = 0;

  // `IDENT: "x"`.
  [[nodiscard]] std::string shown() const { return fmt::format("{}: {}", name_of(token), go_quote(text)); }
};

class Lexer {
 public:
  explicit Lexer(std::string_view text) : text_(text) {}

  Lexeme next() {
    while (at_ < text_.size() && is_blank(text_[at_])) ++at_;
    const std::size_t begin = at_;
    if (at_ == text_.size()) return {Token::End, {}, begin, begin};
    const char first = text_[at_];
    if (is_digit(first)) return run(Token::Integer, is_digit);
    if (is_name_byte(first)) return run(Token::Name, is_name_byte);
    if (first == '"' || first == '\'') return quoted();
    at_ += character_size(text_.substr(at_));
    return {mark_of(first), std::string(text_.substr(begin, at_ - begin)), begin, at_};
  }

 private:
  static Token mark_of(char c) {
    switch (c) {
      case '.': return Token::Dot;
      case '[': return Token::Open;
      case ']': return Token::Close;
      case '*': return Token::Glob;
      case ':': return Token::Colon;
      default: return Token::Error;
    }
  }

  Lexeme run(Token token, bool (*takes)(char)) {
    const std::size_t begin = at_;
    while (at_ < text_.size() && takes(text_[at_])) ++at_;
    return {token, std::string(text_.substr(begin, at_ - begin)), begin, at_};
  }

  // A backslash takes whatever is behind it.
  Lexeme quoted() {
    const std::size_t begin = at_;
    const char quote = text_[at_++];
    std::string content;
    while (at_ < text_.size() && text_[at_] != quote) {
      if (text_[at_] == '\\' && ++at_ == text_.size()) break;
      content += text_[at_++];
    }
    if (at_ == text_.size()) return {Token::Error, content, begin, at_};
    ++at_;
    return {Token::Name, content, begin, at_};
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

class Parser {
 public:
  explicit Parser(std::string_view text) : lexer_(text), now_(lexer_.next()) {}

  Result<MutationPath, PathError> parse() {
    MutationPath path;
    while (now_.token != Token::End) {
      if (now_.token != Token::Name) return unexpected("expected field name or eof");
      if (path.steps.size() >= kMostSteps)
        return PathError{fmt::format("a location of more than {} steps", kMostSteps), now_.begin, now_.end};
      path.steps.push_back({.name = now_.text, .text = {}, .integer = {}});
      advance();
      if (now_.token == Token::Open) {
        PathStep list;
        if (std::optional<PathError> error = parse_list(list)) return *error;
        path.steps.push_back(std::move(list));
      }
      if (now_.token == Token::End) break;
      if (now_.token != Token::Dot) return unexpected("expected '.' or eof");
      const Lexeme dot = now_;
      advance();
      if (now_.token == Token::End) return PathError{"trailing separators are forbidden", dot.begin, dot.end};
    }
    return path;
  }

 private:
  void advance() { now_ = lexer_.next(); }

  [[nodiscard]] PathError unexpected(std::string_view wanted) const {
    return {fmt::format("unexpected token: {}, got: {}", wanted, now_.shown()), now_.begin, now_.end};
  }

  std::optional<PathError> parse_list(PathStep& list) {
    list.is_list = true;
    advance();
    if (now_.token != Token::Name) return unexpected("expected keyField in listSpec");
    list.name = now_.text;
    advance();
    if (now_.token != Token::Colon) return unexpected(fmt::format("expected ':' following keyField {}", list.name));
    advance();
    if (now_.token == Token::Glob) {
      list.is_glob = true;
    } else if (now_.token == Token::Name) {
      list.text = now_.text;
    } else if (now_.token == Token::Integer) {
      if (std::optional<PathError> error = read_integer(list)) return error;
    } else {
      return unexpected("expected key value or glob in listSpec");
    }
    advance();
    if (now_.token != Token::Close) return unexpected("expected ']' following listSpec");
    advance();
    return std::nullopt;
  }

  std::optional<PathError> read_integer(PathStep& list) const {
    std::int64_t number = 0;
    for (const char digit : now_.text) {
      if (__builtin_mul_overflow(number, 10, &number) || __builtin_add_overflow(number, digit - '0', &number)) {
        return PathError{fmt::format("invalid integer: overflow in integer string: {}: parsing key value for key: {}",
                                     now_.text, list.name),
                         now_.begin, now_.end};
      }
    }
    list.integer = number;
    return std::nullopt;
  }

  Lexer lexer_;
  Lexeme now_;
};

// Quotes where the text would be read as something else.
std::string quoted_if_needed(std::string_view text) {
  if (text.empty()) return R"("")";
  if (text.find_first_of("'\"\t\n \\*[]:.") == std::string_view::npos && !is_digit(text.front()))
    return std::string(text);
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '\\' || c == '"') quoted += '\\';
    quoted += c;
  }
  return quoted + "\"";
}

}  // namespace

std::string PathStep::shown_key_value() const {
  return integer ? std::to_string(*integer) : text;
}

std::string PathStep::shown() const {
  if (!is_list) return quoted_if_needed(name);
  const std::string value = is_glob ? "*" : integer ? std::to_string(*integer) : quoted_if_needed(text);
  return fmt::format("[{}: {}]", quoted_if_needed(name), value);
}

std::string MutationPath::shown() const {
  std::string shown;
  for (const PathStep& step : steps) {
    if (!step.is_list && !shown.empty()) shown += '.';
    shown += step.shown();
  }
  return shown;
}

bool MutationPath::is_under_metadata() const {
  return !steps.empty() && steps.front().name == "metadata";
}

bool MutationPath::starts_with(const MutationPath& other) const {
  return other.steps.size() <= steps.size() && std::equal(other.steps.begin(), other.steps.end(), steps.begin());
}

Result<MutationPath, PathError> parse_path(std::string_view text) {
  return Parser(text).parse();
}

}  // namespace psdl::gatekeeper
