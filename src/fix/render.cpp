// Flow text of YAML and JSON.
#include "fix/render.hpp"

#include <algorithm>

#include "codec/yaml_scalars.hpp"
#include "value/text.hpp"

namespace psdl::fix {
namespace {

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

// Fewer texts than YAML allows without quotes, but these mean themselves everywhere.
bool can_be_bare(std::string_view text) {
  if (text.empty() || !(is_letter(text.front()) || text.front() == '/')) return false;
  const bool is_tame = std::all_of(text.begin(), text.end(), [](char c) {
    return is_letter(c) || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.' || c == '/';
  });
  bool is_too_big = false;
  return is_tame && codec::resolve_plain(text, ScalarTable::Kubernetes, is_too_big).kind == codec::Scalar::Kind::Text;
}

bool has_control(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; });
}

// Opens, separates and closes what is between brackets.
class Brackets {
 public:
  Brackets(std::string& out, const Style& style, char open, char close)
      : out_(out), style_(style), inner_(style), close_(close) {
    out_ += open;
    inner_.indent += style.unit;
  }
  [[nodiscard]] const Style& next() {
    if (count_++ > 0) out_ += style_.is_on_lines ? "," : style_.comma;
    if (style_.is_on_lines) break_line(inner_.indent);
    return inner_;
  }
  void close() {
    if (count_ > 0 && style_.is_on_lines) break_line(style_.indent);
    out_ += close_;
  }

 private:
  void break_line(const std::string& indent) {
    out_ += style_.newline;
    out_ += indent;
  }
  std::string& out_;
  const Style& style_;
  Style inner_;
  char close_;
  std::size_t count_ = 0;
};

}  // namespace

void append_text(std::string& out, std::string_view text, char quote, const Style& style) {
  const bool is_bare = !style.is_json && quote == kBare && can_be_bare(text);
  if (is_bare) {
    out += text;
  } else if (!style.is_json && quote == '\'' && !has_control(text)) {
    out += '\'';
    for (const char c : text) out += c == '\'' ? std::string("''") : std::string(1, c);
    out += '\'';
  } else {
    append_json_string(out, text);
  }
}

void append_key(std::string& out, std::string_view key, const Style& style) {
  append_text(out, key, style.key_quote, style);
}

void append_flow(std::string& out, const Value& value, char quote, const Style& style) {
  if (value.is_string()) {
    append_text(out, value.as_string(), quote, style);
  } else if (value.is_object()) {
    Brackets brackets(out, style, '{', '}');
    const Object& object = value.as_object();
    for (std::uint32_t i = 0; i < object.size(); ++i) {
      const Style& inner = brackets.next();
      append_key(out, object.keys()[i].as_string(), inner);
      out += inner.colon;
      append_flow(out, object.values()[i], inner.text_quote, inner);
    }
    brackets.close();
  } else if (value.is_array()) {
    Brackets brackets(out, style, '[', ']');
    for (const Value& item : value.as_array()) {
      const Style& inner = brackets.next();
      append_flow(out, item, inner.item_quote, inner);
    }
    brackets.close();
  } else {
    append_json(out, value);
  }
}

}  // namespace psdl::fix
