// Values printed. In: values; out: JSON as Go's encoder writes it, or Rego's notation as OPA's Value.String() does.
#include "value/text.hpp"

#include <algorithm>
#include <memory>
#include <vector>

#include "value/number.hpp"
#include "value/unicode_print.hpp"

namespace psdl {
namespace {

constexpr char kHex[] = "0123456789abcdef";

// One code point of UTF-8 as Go decodes it: where the bytes are none, length is 1 and is_valid false.
struct CodePoint {
  std::uint32_t value = 0;
  std::uint32_t length = 1;
  bool is_valid = false;
};

CodePoint decode(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  std::uint32_t length = 0;
  std::uint32_t least = 0;
  std::uint32_t value = 0;
  if (lead < 0x80) return {lead, 1, true};
  if (lead >= 0xC2 && lead <= 0xDF) {
    length = 2, least = 0x80, value = lead & 0x1FU;
  } else if (lead >= 0xE0 && lead <= 0xEF) {
    length = 3, least = 0x800, value = lead & 0x0FU;
  } else if (lead >= 0xF0 && lead <= 0xF4) {
    length = 4, least = 0x10000, value = lead & 0x07U;
  } else {
    return {};
  }
  if (text.size() < length) return {};
  for (std::uint32_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0U) != 0x80U) return {};
    value = (value << 6U) | (byte(i) & 0x3FU);
  }
  if (value < least || value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF)) return {};
  return {value, length, true};
}

bool is_plain_in_json(unsigned char c, bool html_safe) {
  if (c < 0x20 || c == '"' || c == '\\') return false;
  return !html_safe || (c != '<' && c != '>' && c != '&');
}

void append_hex(std::string& out, std::string_view prefix, std::uint32_t number, int digits) {
  out += prefix;
  for (int shift = (digits - 1) * 4; shift >= 0; shift -= 4) out += kHex[(number >> static_cast<unsigned>(shift)) & 0xFU];
}

void append_number(std::string& out, const Value& number) {
  NumberBuffer buffer;
  out += number_text(number, buffer);
}

// Levels that are open are kept in a list, not in calls: values may nest deeper than a stack is.
class JsonWriter {
 public:
  JsonWriter(std::string& out, std::size_t most, JsonStyle style, unsigned key_depth = 0)
      : out_(out), most_(most), style_(style), key_depth_(key_depth) {}

  // False: longer than `most`, and broken off.
  bool write(const Value& value) {
    begin(value);
    while (!levels_.empty()) {
      if (is_too_long_ || out_.size() > most_) return false;
      Level& level = levels_.back();
      if (level.next == level.size) {
        const char bracket = level.bracket;
        levels_.pop_back();
        line();
        out_ += bracket;
        continue;
      }
      if (level.next > 0) out_ += ',';
      line();
      const std::uint32_t at = level.next++;
      if (level.texts != nullptr) {
        key((*level.texts)[at].first);
        begin(*(*level.texts)[at].second);
      } else {
        if (level.keys != nullptr) key(level.keys[at].as_string());
        begin(level.values[at]);
      }
    }
    return !is_too_long_ && out_.size() <= most_;
  }

 private:
  // The pairs of an object whose keys are not all strings.
  using Texts = std::vector<std::pair<std::string, const Value*>>;

  struct Level {
    const Value* values;
    const Value* keys;  // null but for an object
    std::uint32_t size;
    char bracket;
    std::unique_ptr<Texts> texts = nullptr;
    std::uint32_t next = 0;
  };

  void begin(const Value& value) {
    switch (value.tag()) {
      case Tag::Undefined:
      case Tag::Null: out_ += "null"; return;
      case Tag::False: out_ += "false"; return;
      case Tag::True: out_ += "true"; return;
      case Tag::Int:
      case Tag::Decimal:
      case Tag::BigInt: append_number(out_, value); return;
      case Tag::String: append_json_string(out_, value.as_string(), style_.html_safe); return;
      case Tag::Array: items(value.as_array()); return;
      case Tag::Object: object(value.as_object()); return;
      case Tag::Set: items(value.as_set().items()); return;
    }
  }

  void items(std::span<const Value> values) {
    if (values.empty()) {
      out_ += "[]";
      return;
    }
    out_ += '[';
    levels_.push_back({values.data(), nullptr, static_cast<std::uint32_t>(values.size()), ']'});
  }

  void object(const Object& object) {
    const std::uint32_t size = object.size();
    if (size == 0) {
      out_ += "{}";
      return;
    }
    out_ += '{';
    const Value* keys = object.keys().data();
    // Keys are in term order: where both ends are strings, so are all between.
    if (keys[0].is_string() && keys[size - 1].is_string()) {
      levels_.push_back({object.values().data(), keys, size, '}'});
      return;
    }
    std::unique_ptr<Texts> texts = key_texts(object);
    const auto count = static_cast<std::uint32_t>(texts->size());
    levels_.push_back({nullptr, nullptr, count, '}', std::move(texts)});
  }

  // Keys become texts, texts are sorted, and of keys with one text the last in term order wins, as in the map that OPA fills.
  std::unique_ptr<Texts> key_texts(const Object& object) {
    auto texts = std::make_unique<Texts>();
    texts->reserve(object.size());
    for (std::uint32_t i = 0; i < object.size(); ++i) {
      const Value& key = object.keys()[i];
      texts->emplace_back(key.is_string() ? std::string(key.as_string()) : key_text(key), &object.values()[i]);
    }
    const auto by_text = [](const auto& a, const auto& b) { return a.first < b.first; };
    std::stable_sort(texts->begin(), texts->end(), by_text);
    std::size_t kept = 0;
    for (std::size_t i = 0; i < texts->size(); ++i) {
      if (i + 1 < texts->size() && (*texts)[i + 1].first == (*texts)[i].first) continue;
      if (kept != i) (*texts)[kept] = std::move((*texts)[i]);
      ++kept;
    }
    texts->resize(kept);
    return texts;
  }

  // The quotes of keys in keys double at each level: long before the depth counts, the text is too long.
  std::string key_text(const Value& key) {
    std::string text;
    if (key_depth_ == kMostKeyDepth || !JsonWriter(text, most_, {.html_safe = true}, key_depth_ + 1).write(key)) is_too_long_ = true;
    return text;
  }

  void key(std::string_view text) {
    append_json_string(out_, text, style_.html_safe);
    out_ += style_.indent > 0 ? ": " : ":";
  }

  void line() {
    if (style_.indent <= 0) return;
    out_ += '\n';
    out_.append(levels_.size() * static_cast<std::size_t>(style_.indent), ' ');
  }

  static constexpr unsigned kMostKeyDepth = 64;

  std::string& out_;
  std::size_t most_;
  JsonStyle style_;
  unsigned key_depth_;
  bool is_too_long_ = false;
  std::vector<Level> levels_;
};

class RegoWriter {
 public:
  RegoWriter(std::string& out, std::size_t most) : out_(out), most_(most) {}

  bool write(const Value& value) {
    begin(value);
    while (!levels_.empty()) {
      if (out_.size() > most_) return false;
      Level& level = levels_.back();
      if (level.next == level.size) {
        out_ += level.bracket;
        levels_.pop_back();
        continue;
      }
      const std::uint32_t at = level.next / level.parts;
      const bool is_key = level.parts == 2 && level.next % 2 == 0;
      const bool is_value = level.parts == 2 && !is_key;
      if (is_value) {
        out_ += ": ";
      } else if (level.next > 0) {
        out_ += ", ";
      }
      ++level.next;
      begin(is_key ? level.keys[at] : level.values[at]);
    }
    return out_.size() <= most_;
  }

 private:
  struct Level {
    const Value* values;
    const Value* keys;
    std::uint64_t size;   // keys and values counted apart
    std::uint32_t parts;  // 2 for an object
    char bracket;
    std::uint32_t next = 0;
  };

  void begin(const Value& value) {
    switch (value.tag()) {
      case Tag::Undefined: out_ += "<undefined>"; return;
      case Tag::Null: out_ += "null"; return;
      case Tag::False: out_ += "false"; return;
      case Tag::True: out_ += "true"; return;
      case Tag::Int:
      case Tag::Decimal:
      case Tag::BigInt: append_number(out_, value); return;
      case Tag::String: append_quoted(out_, value.as_string()); return;
      case Tag::Array:
        out_ += '[';
        levels_.push_back({value.as_array().data(), nullptr, value.length(), 1, ']'});
        return;
      case Tag::Object: {
        const Object& object = value.as_object();
        out_ += '{';
        levels_.push_back({object.values().data(), object.keys().data(), std::uint64_t{object.size()} * 2, 2, '}'});
        return;
      }
      case Tag::Set: {
        const std::span<const Value> items = value.as_set().items();
        if (items.empty()) {
          out_ += "set()";
          return;
        }
        out_ += '{';
        levels_.push_back({items.data(), nullptr, items.size(), 1, '}'});
        return;
      }
    }
  }

  std::string& out_;
  std::size_t most_;
  std::vector<Level> levels_;
};

}  // namespace

void append_json(std::string& out, const Value& value, JsonStyle style) { static_cast<void>(JsonWriter(out, SIZE_MAX, style).write(value)); }

bool append_json_within(std::string& out, std::size_t most, const Value& value, JsonStyle style) { return JsonWriter(out, most, style).write(value); }

std::string to_json(const Value& value, JsonStyle style) {
  std::string out;
  append_json(out, value, style);
  return out;
}

void append_json_string(std::string& out, std::string_view text, bool html_safe) {
  out += '"';
  std::size_t done = 0;
  std::size_t i = 0;
  const auto flush = [&](std::size_t next) {
    out.append(text, done, i - done);
    done = next;
  };
  while (i < text.size()) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c < 0x80) {
      if (!is_plain_in_json(c, html_safe)) {
        flush(i + 1);
        switch (c) {
          case '"': out += "\\\""; break;
          case '\\': out += "\\\\"; break;
          case '\b': out += "\\b"; break;
          case '\f': out += "\\f"; break;
          case '\n': out += "\\n"; break;
          case '\r': out += "\\r"; break;
          case '\t': out += "\\t"; break;
          default: append_hex(out, "\\u", c, 4); break;
        }
      }
      ++i;
      continue;
    }
    const CodePoint point = decode(text.substr(i));
    if (!point.is_valid) {
      flush(i + 1);
      out += "\\ufffd";
    } else if (point.value == 0x2028 || point.value == 0x2029) {
      flush(i + point.length);
      append_hex(out, "\\u", point.value, 4);
    }
    i += point.length;
  }
  flush(text.size());
  out += '"';
}

void append_quoted(std::string& out, std::string_view text) {
  out += '"';
  for (std::size_t i = 0; i < text.size();) {
    // Runs of plain characters at once: one by one they took a third of the time of a message.
    std::size_t plain = i;
    while (plain < text.size() && text[plain] >= 0x20 && text[plain] < 0x7F && text[plain] != '"' && text[plain] != '\\') ++plain;
    out.append(text, i, plain - i);
    i = plain;
    if (i == text.size()) break;
    const auto c = static_cast<unsigned char>(text[i]);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += text[i++];
      continue;
    }
    const CodePoint point = decode(text.substr(i));
    if (!point.is_valid) {
      append_hex(out, "\\x", c, 2);
    } else if (c < 0x80) {
      switch (c) {
        case '\a': out += "\\a"; break;
        case '\b': out += "\\b"; break;
        case '\f': out += "\\f"; break;
        case '\n': out += "\\n"; break;
        case '\r': out += "\\r"; break;
        case '\t': out += "\\t"; break;
        case '\v': out += "\\v"; break;
        default: append_hex(out, "\\x", c, 2); break;
      }
    } else if (is_printable(point.value)) {
      out.append(text, i, point.length);
    } else if (point.value < 0x10000) {
      append_hex(out, "\\u", point.value, 4);
    } else {
      append_hex(out, "\\U", point.value, 8);
    }
    i += point.length;
  }
  out += '"';
}

void append_rego(std::string& out, const Value& value) { static_cast<void>(RegoWriter(out, SIZE_MAX).write(value)); }

bool append_rego_within(std::string& out, std::size_t most, const Value& value) { return RegoWriter(out, most).write(value); }

std::string to_short_rego(const Value& value) {
  constexpr std::size_t kMost = 64 * 1024;
  std::string text;
  if (!append_rego_within(text, kMost, value)) text.append("...");
  return text;
}

std::string to_rego(const Value& value) {
  std::string out;
  append_rego(out, value);
  return out;
}

std::string_view kind_name(Kind kind) {
  switch (kind) {
    case Kind::Undefined: return "undefined";
    case Kind::Null: return "null";
    case Kind::Boolean: return "boolean";
    case Kind::Number: return "number";
    case Kind::String: return "string";
    case Kind::Array: return "array";
    case Kind::Object: return "object";
    case Kind::Set: return "set";
  }
  return "";
}

}  // namespace psdl
