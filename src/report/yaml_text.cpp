// A walk over JSON text: no tree, so that numbers stay as they are.
#include "report/yaml_text.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace psdl::report {
namespace {

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

// Words that some YAML reader takes for a truth, a null or a number.
bool is_reserved(std::string_view text) {
  static constexpr std::array<std::string_view, 9> kWords{"true", "false", "yes", "no", "on", "off", "null", "y", "n"};
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return std::find(kWords.begin(), kWords.end(), lower) != kWords.end();
}

bool may_be_plain(std::string_view text) {
  if (text.empty() || !is_letter(text.front()) || is_reserved(text)) return false;
  return std::all_of(text.begin(), text.end(), [](char c) {
    return is_letter(c) || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.' || c == '/';
  });
}

std::uint32_t hex(std::string_view digits) {
  std::uint32_t value = 0;
  for (const char c : digits)
    value = value * 16 + static_cast<std::uint32_t>(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
  return value;
}

// What stands between the quotes: JSON's escapes are YAML's but for surrogate pairs and `\/`.
std::string scalar(std::string_view inside) {
  if (may_be_plain(inside)) return std::string(inside);
  std::string out = "\"";
  while (!inside.empty()) {
    std::size_t taken = inside.front() == '\\' ? 2 : 1;
    if (inside.starts_with("\\/")) {
      out += '/';
    } else if (inside.starts_with("\\u") && inside.size() >= 6) {
      const std::uint32_t unit = hex(inside.substr(2, 4));
      const std::string_view rest = inside.substr(6);
      taken = 6;
      if (unit >= 0xD800 && unit < 0xDC00 && rest.starts_with("\\u") && rest.size() >= 6) {
        out += fmt::format("\\U{:08x}", 0x10000 + ((unit - 0xD800) << 10U) + (hex(rest.substr(2, 4)) - 0xDC00));
        taken = 12;
      } else {
        out += unit >= 0xD800 && unit < 0xE000 ? std::string_view("\\ufffd") : inside.substr(0, 6);
      }
    } else {
      out += inside.substr(0, taken);
    }
    inside.remove_prefix(std::min(taken, inside.size()));
  }
  return out + '"';
}

class Converter {
 public:
  explicit Converter(std::string_view json) : rest_(json) {}

  // A value in block style; `indent` is that of its lines. Scalars and empty collections stand behind what is there
  // already.
  void value(std::string& out, std::size_t indent, bool after_key) {
    const char first = rest_.empty() ? '\0' : rest_.front();
    if (first != '{' && first != '[') {
      if (after_key) out += ' ';
      out += first == '"' ? scalar(string()) : std::string(word());
      out += '\n';
      return;
    }
    const char close = first == '{' ? '}' : ']';
    rest_.remove_prefix(1);
    if (take(close)) {
      out += after_key ? " " : "";
      out += first;
      out += close;
      out += '\n';
      return;
    }
    if (after_key) out += '\n';
    bool is_first = true;
    do {
      // The first line of a collection inside a list stands behind its dash.
      if (after_key || !is_first) out.append(indent, ' ');
      is_first = false;
      if (first == '{') {
        key(out, indent);
        take(':');
        value(out, rest_.starts_with('[') ? indent : indent + 2, true);
      } else {
        out += "- ";
        value(out, indent + 2, false);
      }
    } while (take(','));
    take(close);
  }

 private:
  void key(std::string& out, std::size_t indent) {
    const std::string text = scalar(string());
    // YAML looks at most 1,024 characters ahead for the colon; a longer key says itself that it is one.
    if (text.size() > 1000) {
      out += "? " + text + '\n' + std::string(indent, ' ') + ':';
    } else {
      out += text + ':';
    }
  }

  bool take(char c) {
    if (!rest_.starts_with(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }

  std::string_view string() {
    std::size_t at = 1;
    while (at < rest_.size() && rest_[at] != '"') at += rest_[at] == '\\' ? 2 : 1;
    at = std::min(at, rest_.size());
    const std::string_view inside = rest_.substr(1, at - 1);
    rest_.remove_prefix(std::min(at + 1, rest_.size()));
    return inside;
  }

  std::string_view word() {
    const std::size_t end = std::min(rest_.find_first_of(",]}"), rest_.size());
    const std::string_view text = rest_.substr(0, end);
    rest_.remove_prefix(end);
    return text;
  }

  std::string_view rest_;
};

}  // namespace

std::string yaml_of_json(std::string_view json) {
  std::string out;
  Converter(json).value(out, 0, false);
  return out;
}

std::string tap_block(std::string_view json) {
  const std::string yaml = yaml_of_json(json);
  std::string out = "  ---\n";
  for (std::size_t at = 0; at < yaml.size();) {
    const std::size_t end = yaml.find('\n', at);
    out += "  " + yaml.substr(at, end - at) + '\n';
    at = end + 1;
  }
  return out + "  ...\n";
}

}  // namespace psdl::report
