// The only file that sees simdjson. In: JSON text; out: values with origins, or the first byte that is wrong.
//
// simdjson's first stage finds the first byte of every token and checks UTF-8 and control characters in strings; the
// second stage is ours. Its On-Demand front end would do the same walk, but copies every string, hides the offsets of
// numbers and literals, and stops at the first nesting error without a place.
#include "codec/json_reader.hpp"

#include <dlfcn.h>
#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <cstring>
#include <vector>

#include "value/builders.hpp"
#include "value/number.hpp"

namespace psdl::codec {

static_assert(kPadding >= simdjson::SIMDJSON_PADDING);

struct JsonReader::State {
  std::unique_ptr<simdjson::internal::dom_parser_implementation> tokens;
  // Members of the objects and items of the lists that are open, innermost last. A stack without vector's care: half of a
  // text's tokens push here.
  struct Pending {
    std::unique_ptr<Member[]> members;
    std::size_t size = 0;
    std::size_t capacity = 0;

    Member& push() {
      if (size == capacity) grow();
      return members[size++];
    }
    Member& back() { return members[size - 1]; }
    void grow() {
      const std::size_t more = std::max<std::size_t>(64, capacity * 2);
      auto larger = std::make_unique_for_overwrite<Member[]>(more);
      std::copy_n(members.get(), size, larger.get());
      members = std::move(larger);
      capacity = more;
    }
  };
  Pending pending;
  struct Open {
    std::size_t first_pending;
    std::uint32_t origin;
    std::uint32_t begin;
    bool is_object;
  };
  std::vector<Open> open;
};

namespace {

// Debian has simdjson as a shared object only, which brings a C++ runtime of its own along: a third of a start. So it is
// loaded with the first JSON text and stays; a run that reads YAML never pays.
class TokenFinder {
 public:
  static const TokenFinder& shared() {
    static const TokenFinder finder;
    return finder;
  }
  // Null where the library cannot be loaded; `problem` says why.
  [[nodiscard]] const simdjson::implementation* find() const {
    if (find_ == nullptr) return nullptr;
    return find_();
  }
  [[nodiscard]] const std::string& problem() const { return problem_; }

 private:
  using Find = decltype(&simdjson::get_active_implementation);

  TokenFinder() {
    if (void* const library = dlopen(PSDL_SIMDJSON_SONAME, RTLD_LAZY | RTLD_LOCAL)) {
      find_ = reinterpret_cast<Find>(dlsym(library, "_ZN8simdjson25get_active_implementationEv"));
    }
    if (find_ == nullptr) problem_ = dlerror();
  }

  Find find_ = nullptr;
  std::string problem_;
};

bool is_blank(char c) {
  return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

std::string describe(std::string_view text, std::size_t offset) {
  if (offset >= text.size()) return "the text ends";
  std::size_t length = 1;
  while (offset + length < text.size() && (static_cast<unsigned char>(text[offset + length]) & 0xC0U) == 0x80U)
    ++length;
  return "found " + quoted_for_message(text.substr(offset, length));
}

// Where simdjson says only that something is wrong.
void find_bad_utf8(std::string_view text, RawError& error) {
  std::size_t i = 0;
  const auto byte = [&](std::size_t at) { return at < text.size() ? static_cast<unsigned char>(text[at]) : 0U; };
  const auto follows = [&](std::size_t at) { return (byte(at) & 0xC0U) == 0x80U; };
  while (i < text.size()) {
    const unsigned c = byte(i);
    std::size_t length = 1;
    bool is_good = c < 0x80;
    if (c >= 0xC2 && c < 0xE0) {
      length = 2;
      is_good = follows(i + 1);
    } else if (c >= 0xE0 && c < 0xF0) {
      length = 3;
      is_good =
          follows(i + 1) && follows(i + 2) && !(c == 0xE0 && byte(i + 1) < 0xA0) && !(c == 0xED && byte(i + 1) > 0x9F);
    } else if (c >= 0xF0 && c < 0xF5) {
      length = 4;
      is_good = follows(i + 1) && follows(i + 2) && follows(i + 3) && !(c == 0xF0 && byte(i + 1) < 0x90) &&
                !(c == 0xF4 && byte(i + 1) > 0x8F);
    }
    if (!is_good) break;
    i += length;
  }
  error.code = "bad_encoding";
  error.message = fmt::format("byte 0x{:02X} is not UTF-8", byte(i));
  error.begin = i;
  error.end = i + 1;
  error.help.emplace_back("save the file as UTF-8");
}

class Walk {
 public:
  Walk(JsonReader::State& state, const ReadContext& context, std::string_view text, RawError& error)
      : state_(state), context_(context), text_(text), error_(error) {}

  bool run(Parts& parts) {
    if (!find_tokens()) return false;
    if (context_.first_origin != 0) {
      // Each value but the outermost has a comma, a colon or a bracket of its own before it.
      starts_ = context_.arena.allocate_array<std::uint32_t>((token_count_ + 1) / 2 + 1);
    }
    state_.pending.size = 0;
    state_.open.clear();
    Value root;
    if (!walk(root)) return false;
    parts.root = root;
    parts.node_count = nodes_;
    parts.node_starts = starts_;
    return true;
  }

 private:
  bool fail(std::string_view code, std::size_t begin, std::size_t end, std::string message) {
    error_.code = code;
    error_.message = std::move(message);
    error_.begin = begin;
    error_.end = std::min(std::max(end, begin), text_.size());
    return false;
  }
  bool fail_at(std::size_t at, std::string_view expected) {
    return fail("json_syntax", at, at + 1, fmt::format("expected {}, but {}", expected, describe(text_, at)));
  }

  bool find_tokens() {
    auto& tokens = state_.tokens;
    if (!tokens || tokens->capacity() < text_.size()) {
      const std::size_t capacity = std::max<std::size_t>(text_.size() + text_.size() / 2, 4096);
      tokens.reset();
      const TokenFinder& finder = TokenFinder::shared();
      const simdjson::implementation* const implementation = finder.find();
      if (implementation == nullptr) {
        return fail("read_failed", 0, 0, fmt::format("cannot load what reads JSON: {}", finder.problem()));
      }
      if (implementation->create_dom_parser_implementation(capacity, 8, tokens) != simdjson::SUCCESS) {
        return fail("limit_memory_bytes", 0, 0, "not enough memory to read the text");
      }
    }
    const simdjson::error_code code = tokens->stage1(reinterpret_cast<const std::uint8_t*>(text_.data()), text_.size(),
                                                     simdjson::stage1_mode::regular);
    token_count_ = tokens->n_structural_indexes;
    tokens_ = tokens->structural_indexes.get();
    if (code == simdjson::SUCCESS) {
      next_backslash_ = find_backslash(0);
      return true;
    }
    if (code == simdjson::UTF8_ERROR) {
      find_bad_utf8(text_, error_);
      return false;
    }
    if (code == simdjson::EMPTY) return fail("json_syntax", 0, 0, "expected a value, but the text is empty");
    return find_bad_string();
  }

  // The next one at `from` or after it; past the text where there is none.
  std::size_t find_backslash(std::size_t from) const {
    const void* found = std::memchr(text_.data() + from, '\\', text_.size() - from);
    return found != nullptr ? static_cast<std::size_t>(static_cast<const char*>(found) - text_.data()) : SIZE_MAX;
  }

  // A string that does not end, or one with a control character in it: simdjson says which, not where.
  bool find_bad_string() {
    std::size_t begin = 0;
    bool is_inside = false;
    for (std::size_t i = 0; i < text_.size(); ++i) {
      const char c = text_[i];
      if (!is_inside) {
        if (c == '"') {
          is_inside = true;
          begin = i;
        }
      } else if (c == '\\') {
        ++i;
      } else if (c == '"') {
        is_inside = false;
      } else if (static_cast<unsigned char>(c) < 0x20) {
        if (c == '\n') return fail("json_syntax", begin, i, "string is not closed on its line");
        return fail("bad_character", i, i + 1,
                    fmt::format("control character 0x{:02X} in a string: write it as \\u{:04x}", c, c));
      }
    }
    if (is_inside) return fail("json_syntax", begin, text_.size(), "string is not closed");
    return fail("json_syntax", 0, 0, "this is not JSON");
  }

  // Past the end of the last token stands the text's length, twice, put there by simdjson; the text is followed by zeros.
  std::uint32_t token(std::uint32_t index) const { return tokens_[index]; }
  char at(std::size_t offset) const { return text_.data()[offset]; }

  // The end of a token that is not a single character: only blanks stand between it and the next one.
  std::uint32_t token_end(std::uint32_t index) const {
    std::uint32_t end = token(index + 1);
    while (is_blank(text_[end - 1])) --end;
    return end;
  }

  bool read_string(std::uint32_t index, std::string_view& out) {
    const std::uint32_t begin = token(index);
    const std::uint32_t end = token_end(index);
    out = text_.substr(begin + 1, end - begin - 2);
    if (out.size() > Value::kMaxLength) return fail("limit_string_bytes", begin, end, "string is longer than 16 MiB");
    if (end <= next_backslash_) return true;
    // Strings come in the order of the text, so the backslashes are found in one pass over it.
    if (next_backslash_ < begin) next_backslash_ = find_backslash(begin);
    if (end <= next_backslash_) return true;
    std::size_t bad = 0;
    const std::string_view raw = out;
    if (unescape_json(context_.arena, raw, !context_.rules.strict, out, bad)) return true;
    const std::size_t place = begin + 1 + bad;
    const bool is_surrogate = raw.substr(bad).starts_with("\\u") && bad + 6 <= raw.size() &&
                              std::all_of(raw.begin() + static_cast<std::ptrdiff_t>(bad) + 2,
                                          raw.begin() + static_cast<std::ptrdiff_t>(bad) + 6, [](char c) {
                                            return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f');
                                          });
    if (is_surrogate)
      return fail("bad_encoding", place, place + 6, "half of a surrogate pair: it stands for no character");
    return fail("json_syntax", place, place + 2,
                fmt::format("{} is no escape that JSON has", quoted_for_message(raw.substr(bad, 2))));
  }

  bool read_number(std::uint32_t index, Value& out) {
    const std::uint32_t begin = token(index);
    const std::uint32_t end = token_end(index);
    const std::string_view number = text_.substr(begin, end - begin);
    // The numbers of manifests: up to 18 digits without a leading zero.
    if (context_.rules.integers == Numbers::Exact) {
      const std::size_t sign = number[0] == '-' ? 1 : 0;
      const std::size_t digits = number.size() - sign;
      if (digits > 0 && digits <= 18 && (number[sign] != '0' || number.size() == 1)) {
        std::int64_t value = 0;
        std::size_t i = sign;
        for (; i < number.size() && number[i] >= '0' && number[i] <= '9'; ++i) value = value * 10 + (number[i] - '0');
        if (i == number.size()) {
          out = Value::integer(sign == 1 ? -value : value);
          return true;
        }
      }
    }
    if (!is_number_text(number)) {
      if (number.size() > 1 && number[number[0] == '-' ? 1 : 0] == '0' &&
          number.find_first_not_of("-0123456789") == std::string_view::npos) {
        return fail("json_syntax", begin, end, fmt::format("number {} begins with a zero", quoted_for_message(number)));
      }
      return fail("json_syntax", begin, end, fmt::format("{} is not a number", quoted_for_message(number)));
    }
    std::string_view code;
    std::string why;
    out = make_number(context_, number, code, why);
    return out.is_defined() ? true : fail(code, begin, end, std::move(why));
  }

  bool read_literal(std::uint32_t index, std::string_view word, Value value, Value& out) {
    const std::uint32_t begin = token(index);
    const std::uint32_t end = token_end(index);
    out = value;
    if (text_.substr(begin, end - begin) == word) return true;
    return fail("json_syntax", begin, end,
                fmt::format("expected a value, but found {}", quoted_for_message(text_.substr(begin, end - begin))));
  }

  std::uint32_t enter_node(std::uint32_t begin) {
    const std::uint32_t number = nodes_++;
    if (starts_ == nullptr) return 0;
    starts_[number] = begin;
    return context_.first_origin + number;
  }

  // One value that is no container. The caller has looked at the first character.
  bool read_scalar(std::uint32_t index, Value& out) {
    const std::uint32_t begin = token(index);
    const std::uint32_t origin = enter_node(begin);
    bool is_good = false;
    switch (at(begin)) {
      case '"': {
        std::string_view text;
        is_good = read_string(index, text);
        if (is_good) out = Value::string(text);
        break;
      }
      case 't': is_good = read_literal(index, "true", Value::boolean(true), out); break;
      case 'f': is_good = read_literal(index, "false", Value::boolean(false), out); break;
      case 'n': is_good = read_literal(index, "null", Value::null(), out); break;
      case '-':
      case '0':
      case '1':
      case '2':
      case '3':
      case '4':
      case '5':
      case '6':
      case '7':
      case '8':
      case '9': is_good = read_number(index, out); break;
      default: return fail_at_value(index);
    }
    if (is_good) out = out.with_origin(origin);
    return is_good;
  }

  bool fail_at_value(std::uint32_t index) {
    const std::uint32_t begin = token(index);
    if (index >= token_count_) {
      // Say what is open: the end of the text alone helps nobody.
      if (state_.open.empty()) return fail_at(begin, "a value");
      return fail_open();
    }
    const char c = at(begin);
    if (c == '/') return fail("json_syntax", begin, begin + 1, "JSON has no comments");
    if (c == '\'') return fail("json_syntax", begin, begin + 1, "JSON's strings stand in double quotes");
    if (std::strchr("{}[]:,", c) == nullptr) {
      const std::uint32_t end = std::max(token_end(index), begin + 1);
      return fail("json_syntax", begin, end,
                  fmt::format("expected a value, but found {}", quoted_for_message(text_.substr(begin, end - begin))));
    }
    return fail_at(begin, "a value");
  }

  bool fail_open() {
    const auto& open = state_.open.back();
    fail("json_syntax", text_.size(), text_.size(),
         fmt::format("the text ends inside {}", open.is_object ? "an object" : "an array"));
    error_.notes.push_back({open.begin, open.begin + 1U, "it begins here"});
    return false;
  }

  bool open_container(std::uint32_t index, bool is_object) {
    const std::uint32_t begin = token(index);
    if (state_.open.size() >= context_.limits.data_nesting) {
      return fail("limit_data_nesting", begin, begin + 1,
                  fmt::format("more than {} objects and arrays inside each other", context_.limits.data_nesting));
    }
    state_.open.push_back({state_.pending.size, enter_node(begin), begin, is_object});
    return true;
  }

  bool close_container(Value& out) {
    const auto open = state_.open.back();
    state_.open.pop_back();
    Member* first = state_.pending.members.get() + open.first_pending;
    const std::size_t size = state_.pending.size - open.first_pending;
    if (size > Value::kMaxLength) {
      return fail("limit_collection_items", open.begin, open.begin + 1U, "more than 16 million members");
    }
    if (open.is_object) {
      DuplicateMembers duplicate;
      if (!finish_object(context_, first, static_cast<std::uint32_t>(size), out, duplicate))
        return fail_duplicate(duplicate);
    } else if (size == 0) {
      out = empty_array();
    } else {
      Value* items = context_.arena.allocate_array<Value>(size);
      for (std::size_t i = 0; i < size; ++i) items[i] = first[i].value;
      out = Value::array({items, size});
    }
    out = out.with_origin(open.origin);
    state_.pending.size = open.first_pending;
    return true;
  }

  bool fail_duplicate(const DuplicateMembers& duplicate) {
    const auto end_of = [&](std::uint32_t begin) {
      std::size_t end = begin + 1U;
      while (end < text_.size() && text_[end] != '"') end += text_[end] == '\\' ? 2 : 1;
      return end + 1;
    };
    fail("duplicate_key", duplicate.second_begin, end_of(duplicate.second_begin),
         fmt::format("key {} stands twice in one object", quoted_for_message(duplicate.key)));
    error_.notes.push_back({duplicate.first_begin, end_of(duplicate.first_begin), "it stands here first"});
    error_.help.emplace_back("remove one of the two: readers of JSON do not agree on which of them counts");
    return false;
  }

  // The states are those of a JSON automaton; `index` is the token to look at.
  bool walk(Value& root) {
    std::uint32_t index = 0;
    Value value;
    for (;;) {
      // A value begins.
      const char c = at(token(index));
      if (c == '{' || c == '[') {
        if (!open_container(index, c == '{')) return false;
        ++index;
        const char next = at(token(index));
        if (next == (c == '{' ? '}' : ']')) {
          if (!close_container(value)) return false;
          ++index;
        } else if (c == '{') {
          if (!begin_member(index)) return false;
          continue;
        } else {
          state_.pending.push();
          continue;
        }
      } else {
        if (!read_scalar(index, value)) return false;
        ++index;
      }
      // A value has ended: it belongs to the innermost open container, which may end with it.
      for (;;) {
        if (state_.open.empty()) {
          root = value;
          if (index < token_count_) return fail_after_value(token(index));
          return true;
        }
        const bool is_object = state_.open.back().is_object;
        Member& member = state_.pending.back();
        member.value = value;
        if (is_object) member.key = member.key.with_origin(value.origin());
        const char next = at(token(index));
        if (next == ',') {
          ++index;
          if (is_object) {
            if (!begin_member(index)) return false;
          } else {
            if (at(token(index)) == ']')
              return fail("json_syntax", token(index - 1), token(index - 1) + 1U, "comma before the end of an array");
            state_.pending.push();
          }
          break;
        }
        if (next != (is_object ? '}' : ']')) {
          if (index >= token_count_) return fail_open();
          return fail_at(token(index), is_object ? "`,` or `}`" : "`,` or `]`");
        }
        ++index;
        if (!close_container(value)) return false;
      }
    }
  }

  // Reads `"key":` and leaves `index` at the value.
  bool begin_member(std::uint32_t& index) {
    const std::uint32_t begin = token(index);
    if (at(begin) != '"') {
      if (index >= token_count_) return fail_open();
      if (at(begin) == '}')
        return fail("json_syntax", token(index - 1), token(index - 1) + 1U, "comma before the end of an object");
      if (at(begin) == '/') return fail("json_syntax", begin, begin + 1U, "JSON has no comments");
      return fail_at(begin, "a key in double quotes");
    }
    std::string_view key;
    if (!read_string(index, key)) return false;
    set_key(state_.pending.push(), key, padded_key_prefix(key), begin, context_.key_table);
    ++index;
    if (at(token(index)) != ':') {
      if (index >= token_count_) return fail_open();
      return fail_at(token(index), "`:` after the key");
    }
    ++index;
    return true;
  }

  bool fail_after_value(std::uint32_t begin) {
    if (at(begin) == '/') return fail("json_syntax", begin, begin + 1U, "JSON has no comments");
    return fail("json_syntax", begin, begin + 1U,
                fmt::format("text after the end of the document: {}", describe(text_, begin)));
  }

  JsonReader::State& state_;
  const ReadContext& context_;
  std::string_view text_;
  RawError& error_;
  const std::uint32_t* tokens_ = nullptr;
  std::uint32_t token_count_ = 0;
  std::uint32_t* starts_ = nullptr;
  std::uint32_t nodes_ = 0;
  std::size_t next_backslash_ = SIZE_MAX;
};

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f') return (c | 0x20) - 'a' + 10;
  return -1;
}

// Four hex digits at `at`; -1 where they are not there.
int hex_unit(std::string_view raw, std::size_t at) {
  if (at + 4 > raw.size()) return -1;
  int unit = 0;
  for (std::size_t i = at; i < at + 4; ++i) {
    const int digit = hex_digit(raw[i]);
    if (digit < 0) return -1;
    unit = unit * 16 + digit;
  }
  return unit;
}

char* put_utf8(char* out, std::uint32_t code) {
  if (code < 0x80) {
    *out++ = static_cast<char>(code);
  } else if (code < 0x800) {
    *out++ = static_cast<char>(0xC0U | (code >> 6U));
    *out++ = static_cast<char>(0x80U | (code & 0x3FU));
  } else if (code < 0x10000) {
    *out++ = static_cast<char>(0xE0U | (code >> 12U));
    *out++ = static_cast<char>(0x80U | ((code >> 6U) & 0x3FU));
    *out++ = static_cast<char>(0x80U | (code & 0x3FU));
  } else {
    *out++ = static_cast<char>(0xF0U | (code >> 18U));
    *out++ = static_cast<char>(0x80U | ((code >> 12U) & 0x3FU));
    *out++ = static_cast<char>(0x80U | ((code >> 6U) & 0x3FU));
    *out++ = static_cast<char>(0x80U | (code & 0x3FU));
  }
  return out;
}

}  // namespace

bool unescape_json(Arena& arena, std::string_view raw, bool replace_surrogates, std::string_view& out,
                   std::size_t& bad) {
  // An escape is never shorter than what it stands for: six bytes for at most three, twelve for four. Keys are looked
  // at eight bytes at a time.
  char* const begin = static_cast<char*>(arena.allocate(raw.size() + 8, 1));
  char* end = begin;
  for (std::size_t i = 0; i < raw.size();) {
    if (raw[i] != '\\') {
      *end++ = raw[i++];
      continue;
    }
    bad = i;
    if (i + 1 >= raw.size()) return false;
    const char letter = raw[i + 1];
    i += 2;
    switch (letter) {
      case '"': *end++ = '"'; break;
      case '\\': *end++ = '\\'; break;
      case '/': *end++ = '/'; break;
      case 'b': *end++ = '\b'; break;
      case 'f': *end++ = '\f'; break;
      case 'n': *end++ = '\n'; break;
      case 'r': *end++ = '\r'; break;
      case 't': *end++ = '\t'; break;
      case 'u': {
        const int unit = hex_unit(raw, i);
        if (unit < 0) return false;
        i += 4;
        auto code = static_cast<std::uint32_t>(unit);
        if (code >= 0xD800 && code < 0xE000) {
          const int low = code < 0xDC00 && raw.substr(i).starts_with("\\u") ? hex_unit(raw, i + 2) : -1;
          if (low >= 0xDC00 && low < 0xE000) {
            code = 0x10000U + ((code - 0xD800U) << 10U) + (static_cast<std::uint32_t>(low) - 0xDC00U);
            i += 6;
          } else if (replace_surrogates) {
            code = 0xFFFD;
          } else {
            return false;
          }
        }
        end = put_utf8(end, code);
        break;
      }
      default: return false;
    }
  }
  std::memset(end, 0, 8);
  out = {begin, static_cast<std::size_t>(end - begin)};
  return true;
}

JsonReader::JsonReader() : state_(std::make_unique<State>()) {}
JsonReader::~JsonReader() = default;
JsonReader::JsonReader(JsonReader&&) noexcept = default;
JsonReader& JsonReader::operator=(JsonReader&&) noexcept = default;

bool JsonReader::read(const ReadContext& context, std::string_view text, Parts& parts, RawError& error) {
  const bool is_good = Walk(*state_, context, text, error).run(parts);
  // What one giant text took is given back.
  constexpr std::size_t kKeptCapacity = 16U * 1024 * 1024;
  if (state_->tokens && state_->tokens->capacity() > kKeptCapacity) state_->tokens.reset();
  if (state_->pending.capacity * sizeof(Member) > kKeptCapacity) state_->pending = {};
  return is_good;
}

}  // namespace psdl::codec
