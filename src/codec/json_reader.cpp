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

#include "codec/shapes.hpp"
#include "value/builders.hpp"
#include "value/number.hpp"

namespace psdl::codec {

static_assert(kPadding >= simdjson::SIMDJSON_PADDING);

struct JsonReader::State {
  std::unique_ptr<simdjson::internal::dom_parser_implementation> tokens;
  // A stack without vector's care: half of a text's tokens push here.
  template <class T>
  struct Stack {
    std::unique_ptr<T[]> items;
    T* end = nullptr;
    T* limit = nullptr;

    [[nodiscard]] std::size_t size() const { return static_cast<std::size_t>(end - items.get()); }
    [[nodiscard]] bool is_empty() const { return end == items.get(); }
    [[nodiscard]] std::ptrdiff_t bytes() const {
      return reinterpret_cast<const char*>(end) - reinterpret_cast<const char*>(items.get());
    }
    [[nodiscard]] T* at_bytes(std::ptrdiff_t offset) {
      return reinterpret_cast<T*>(reinterpret_cast<char*>(items.get()) + offset);
    }
    [[nodiscard]] std::size_t capacity() const { return static_cast<std::size_t>(limit - items.get()); }
    void clear() { end = items.get(); }
    T& push() {
      if (end == limit) [[unlikely]] grow();
      return *end++;
    }
    T& back() { return end[-1]; }
    [[gnu::noinline]] void grow() {
      const std::size_t used = size();
      const std::size_t more = std::max<std::size_t>(64, used * 2);
      auto larger = std::make_unique_for_overwrite<T[]>(more);
      std::copy_n(items.get(), used, larger.get());
      items = std::move(larger);
      end = items.get() + used;
      limit = items.get() + more;
    }
  };
  // Members of the objects and items of the lists that are open, innermost last.
  Stack<Member> pending;
  // The containers that are open, and what there was to know of the one around each.
  struct Open {
    Shape* outer_shape;
    std::ptrdiff_t first_pending;  // in bytes: dividing by a member's size takes longer than all else here
    std::uint32_t origin;
    std::uint32_t begin;
    char outer_close;
  };
  Stack<Open> open;
  Shapes shapes;
  std::shared_ptr<const KeyTable> key_table;  // what `shapes` were learnt with
  bool are_keys_remembered = false;
};

namespace {

// Debian has simdjson as a shared object only, which brings a C++ runtime of its own along: a third of a start. So it is
// loaded with the first JSON text and stays; a run that reads YAML never pays. A static program has it linked.
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

#ifdef PSDL_SIMDJSON_SONAME
  TokenFinder() {
    if (void* const library = dlopen(PSDL_SIMDJSON_SONAME, RTLD_LAZY | RTLD_LOCAL)) {
      find_ = reinterpret_cast<Find>(dlsym(library, "_ZN8simdjson25get_active_implementationEv"));
    }
    if (find_ == nullptr) problem_ = dlerror();
  }

  Find find_ = nullptr;
#else
  TokenFinder() = default;

  Find find_ = &simdjson::get_active_implementation;
#endif
  std::string problem_;
};

bool is_blank(char c) {
  return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
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
    state_.pending.clear();
    state_.open.clear();
    // A guess of another text's shapes must not be met where none are used.
    none_->first_below = none_;
    if (state_.are_keys_remembered && state_.key_table.get() == context_.key_table) {
      state_.shapes.begin_text(context_.key_table);
      start_ = state_.shapes.start();
      shape_ = start_;
    }
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

  // Where a token begins in the text, in the list of all. Past the end of the last one stands the text's length, twice,
  // put there by simdjson; the text is followed by zeros.
  using Token = const std::uint32_t*;
  [[nodiscard]] bool is_past(Token token) const { return token >= tokens_ + token_count_; }
  char at(std::size_t offset) const { return text_.data()[offset]; }

  // The end of a token that is not a single character: only blanks stand between it and the next one.
  std::uint32_t token_end(Token token) const {
    std::uint32_t end = token[1];
    while (is_blank(at(end - 1))) --end;
    return end;
  }

  // `out` is the text between the quotes, in place where it has no escapes.
  bool read_string(Token token, std::string_view& out) {
    const std::uint32_t begin = *token;
    std::uint32_t end = token[1];
    if (at(end - 1) != '"') end = token_end(token);
    out = {text_.data() + begin + 1, end - begin - 2};
    if (end <= next_backslash_ && out.size() <= Value::kMaxLength) [[likely]]
      return true;
    return read_odd_string(begin, end, out);
  }

  // One that is too long, or has escapes, or stands behind those of another.
  [[gnu::noinline]] bool read_odd_string(std::uint32_t begin, std::uint32_t end, std::string_view& out) {
    if (out.size() > Value::kMaxLength) return fail("limit_string_bytes", begin, end, "string is longer than 16 MiB");
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

  // Whether a token ends before `end`: the next one is there, or a blank.
  bool ends_at(Token token, std::uint32_t end) const { return end == token[1] || is_blank(at(end)); }

  [[gnu::noinline]] bool read_number(Token token, Value& out) {
    // The numbers of manifests: up to 18 digits without a leading zero.
    const std::uint32_t begin = *token;
    const char* const first = text_.data() + begin + (at(begin) == '-' ? 1 : 0);
    const char* digit = first;
    std::uint64_t value = 0;
    for (; is_digit(*digit); ++digit) value = value * 10 + static_cast<std::uint64_t>(*digit - '0');
    const std::ptrdiff_t digits = digit - first;
    if (digits > 0 && digits <= 18 && (*first != '0' || digit == text_.data() + begin + 1) &&
        ends_at(token, static_cast<std::uint32_t>(digit - text_.data())) && context_.rules.integers == Numbers::Exact) {
      const auto number = static_cast<std::int64_t>(value);
      out = Value::integer(at(begin) == '-' ? -number : number);
      return true;
    }
    return read_odd_number(token, out);
  }

  [[gnu::noinline]] bool read_odd_number(Token token, Value& out) {
    const std::uint32_t begin = *token;
    const std::uint32_t end = token_end(token);
    const std::string_view number = text_.substr(begin, end - begin);
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

  bool read_literal(Token token, std::string_view word, Value value, Value& out) {
    const std::uint32_t begin = *token;
    out = value;
    if (std::memcmp(text_.data() + begin, word.data(), word.size()) == 0 &&
        ends_at(token, begin + static_cast<std::uint32_t>(word.size())))
      return true;
    const std::uint32_t end = token_end(token);
    return fail("json_syntax", begin, end,
                fmt::format("expected a value, but found {}", quoted_for_message(text_.substr(begin, end - begin))));
  }

  std::uint32_t enter_node(std::uint32_t begin) {
    const std::uint32_t number = nodes_++;
    if (starts_ == nullptr) return 0;
    starts_[number] = begin;
    return first_origin_ + number;
  }

  // One value that is no container and begins with `first`.
  [[gnu::always_inline]] bool read_scalar(Token token, char first, Value& out) {
    const std::uint32_t origin = enter_node(*token);
    if (first == '"') {
      std::string_view text;
      if (!read_string(token, text)) return false;
      out = Value::string(text).with_origin(origin);
      return true;
    }
    bool is_good = false;
    if (is_digit(first) || first == '-') {
      is_good = read_number(token, out);
    } else if (first == 't') {
      is_good = read_literal(token, "true", Value::boolean(true), out);
    } else if (first == 'f') {
      is_good = read_literal(token, "false", Value::boolean(false), out);
    } else if (first == 'n') {
      is_good = read_literal(token, "null", Value::null(), out);
    } else {
      return fail_at_value(token);
    }
    out = out.with_origin(origin);
    return is_good;
  }

  [[gnu::noinline]] bool fail_at_value(Token token) {
    const std::uint32_t begin = *token;
    if (is_past(token)) {
      // Say what is open: the end of the text alone helps nobody.
      if (state_.open.is_empty()) return fail_at(begin, "a value");
      return fail_open();
    }
    const char c = at(begin);
    if (c == ']' && token > tokens_ && at(token[-1]) == ',')
      return fail("json_syntax", token[-1], token[-1] + 1U, "comma before the end of an array");
    if (c == '/') return fail("json_syntax", begin, begin + 1, "JSON has no comments");
    if (c == '\'') return fail("json_syntax", begin, begin + 1, "JSON's strings stand in double quotes");
    if (std::strchr("{}[]:,", c) == nullptr) {
      const std::uint32_t end = std::max(token_end(token), begin + 1);
      return fail("json_syntax", begin, end,
                  fmt::format("expected a value, but found {}", quoted_for_message(text_.substr(begin, end - begin))));
    }
    return fail_at(begin, "a value");
  }

  bool fail_open() {
    const auto& open = state_.open.back();
    fail("json_syntax", text_.size(), text_.size(),
         fmt::format("the text ends inside {}", close_ == '}' ? "an object" : "an array"));
    error_.notes.push_back({open.begin, open.begin + 1U, "it begins here"});
    return false;
  }

  // Where one more container is too many.
  [[gnu::noinline]] bool fail_nesting(Token token) {
    return fail("limit_data_nesting", *token, *token + 1U,
                fmt::format("more than {} objects and arrays inside each other", context_.limits.data_nesting));
  }

  [[gnu::always_inline]] void open_container(std::uint32_t begin, bool is_object) {
    state_.open.push() = {shape_, state_.pending.bytes(), enter_node(begin), begin, close_};
    close_ = is_object ? '}' : ']';
    if (!is_object) return;  // what stands in a list stands under the list's key
    expected_ = &shape_->first_below;
    shape_ = start_;
  }

  // The value of the member or item that the container belongs to is made.
  bool close_container() {
    const auto& open = state_.open.back();
    --state_.open.end;
    Member* const first = state_.pending.at_bytes(open.first_pending);
    Value& out = first[-1].value;
    const Shape::Order* const order = shape_->order;
    if (close_ == '}' && order != nullptr) {
      out = make_ordered_object(context_, first, order->size, order->indices, order->numbers, order->names).with_origin(open.origin);
    } else if (!close_other(open, first, out)) {
      return false;
    }
    state_.pending.end = first;
    close_ = open.outer_close;
    shape_ = open.outer_shape;
    expected_ = &shape_->next;
    return true;
  }

  // An array, or an object of a shape that has not been met.
  [[gnu::noinline]] bool close_other(const JsonReader::State::Open& open, Member* first, Value& out) {
    const auto size = static_cast<std::size_t>(state_.pending.end - first);
    if (size > Value::kMaxLength) {
      return fail("limit_collection_items", open.begin, open.begin + 1U, "more than 16 million members");
    }
    if (close_ == '}') {
      if (!make_object(first, static_cast<std::uint32_t>(size), out)) return false;
    } else {
      Value* items = context_.arena.allocate_array<Value>(size);
      for (std::size_t i = 0; i < size; ++i) items[i] = first[i].value;
      out = Value::array({items, size});
    }
    out = out.with_origin(open.origin);
    return true;
  }

  bool make_object(Member* members, std::uint32_t size, Value& out) {
    if (shape_ != none_) {
      name_members(members, size);
      learn_order(members, size);
    }
    DuplicateMembers duplicate;
    return finish_object(context_, members, size, out, duplicate) || fail_duplicate(duplicate);
  }

  // What members lack whose keys were found by shape.
  void name_members(Member* members, std::uint32_t size) {
    const Shape* shape = shape_;
    for (std::uint32_t i = size; i-- > 0; shape = shape->before) {
      members[i].number = shape->number;
      members[i].prefix = name_prefix(members[i].key.as_string());
    }
  }

  void learn_order(const Member* members, std::uint32_t size) {
    std::uint8_t indices[Shape::kMostKeys];
    if (!rank_members(members, size, indices)) return;
    Shape::Order* const order = state_.shapes.add_order(shape_);
    if (order == nullptr) return;
    order->size = size;
    std::fill(std::begin(order->numbers), std::end(order->numbers), kNoKey);
    for (std::uint32_t i = 0; i < size; ++i) {
      order->indices[i] = indices[i];
      order->numbers[i] = members[indices[i]].number;
    }
    order->names = Object::names_among(order->numbers, size);
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

  // The states are those of a JSON automaton; `token` is what to look at. The root is like the one item of a list
  // that has no brackets.
  bool walk(Value& root) {
    Token token = tokens_;
    for (;;) {
      // A member or an item begins.
      if (close_ == '}') {
        if (!begin_member(token)) return false;
      } else {
        state_.pending.push();
      }
      const std::uint32_t begin = *token;
      const char first = at(begin);
      if (first == '{' || first == '[') {
        if (state_.open.bytes() >= most_open_) return fail_nesting(token);
        ++token;
        if (at(*token) != (first == '{' ? '}' : ']')) {
          open_container(begin, first == '{');
          continue;
        }
        const std::uint32_t origin = enter_node(begin);
        state_.pending.back().value = (first == '{' ? empty_object_ : empty_array()).with_origin(origin);
      } else if (!read_scalar(token, first, state_.pending.back().value)) {
        return false;
      }
      ++token;
      // A value has ended, and with it perhaps the containers around it.
      while (!state_.open.is_empty()) {
        const char next = at(*token);
        if (next == ',') break;
        if (next != close_) return fail_after_member(token);
        if (!close_container()) return false;
        ++token;
      }
      if (state_.open.is_empty()) break;
      ++token;
    }
    root = state_.pending.back().value;
    return is_past(token) || fail_after_value(*token);
  }

  bool fail_after_member(Token token) {
    if (is_past(token)) return fail_open();
    return fail_at(*token, close_ == '}' ? "`,` or `}`" : "`,` or `]`");
  }

  // Reads `"key":` and leaves `token` at the value.
  [[gnu::always_inline]] bool begin_member(Token& token) {
    const std::uint32_t begin = *token;
    const char* const key = text_.data() + begin + 1;
    // A key that is there without its quotes, with the next token right behind the second of them, is the whole key.
    Shape* const expected = *expected_;
    if (begin + expected->length + 2 == token[1] && key[-1] == '"' && key[expected->length + 1] == ':' &&
        expected->is_at(key)) [[likely]] {
      enter_member(expected, begin, key);
    } else if (!begin_other_member(token)) {
      return false;
    }
    token += 2;
    return true;
  }

  [[gnu::always_inline]] void enter_member(Shape* shape, std::uint32_t begin, const char* raw) {
    Member& member = state_.pending.push();
    member.key_begin = begin;
    if (shape->text == nullptr) {
      member.key = Value::string({raw, shape->length});
    } else if (shape->number != kNoKey) {
      member.key = Value::string({shape->text, shape->text_length});
    } else {
      member.key = Value::string(context_.arena, {shape->text, shape->text_length});
    }
    shape_ = shape;
    expected_ = &shape->next;
  }

  // One with a key that was not expected here.
  [[gnu::noinline]] bool begin_other_member(Token token) {
    const std::uint32_t begin = *token;
    if (at(begin) != '"') return fail_at_key(token);
    std::string_view key;
    if (!read_string(token, key)) return false;
    if (at(token[1]) != ':') return fail_at_colon(token + 1);
    if (shape_ != none_) {
      const std::string_view raw = text_.substr(begin + 1, token_end(token) - begin - 2);
      Member* const first = state_.pending.at_bytes(state_.open.back().first_pending);
      const auto size = static_cast<std::uint32_t>(state_.pending.end - first);
      Shape* const shape = size < Shape::kMostKeys ? state_.shapes.follow(shape_, raw, key) : none_;
      if (shape != none_) {
        *expected_ = shape;
        enter_member(shape, begin, raw.data());
        return true;
      }
      name_members(first, size);
      shape_ = none_;
      expected_ = &none_->next;
    }
    set_key(state_.pending.push(), key, padded_key_prefix(key), begin, context_.key_table);
    return true;
  }

  bool fail_at_key(Token token) {
    const std::uint32_t begin = *token;
    if (is_past(token)) return fail_open();
    if (at(begin) == '}')
      return fail("json_syntax", token[-1], token[-1] + 1U, "comma before the end of an object");
    if (at(begin) == '/') return fail("json_syntax", begin, begin + 1U, "JSON has no comments");
    return fail_at(begin, "a key in double quotes");
  }

  bool fail_at_colon(Token token) {
    if (is_past(token)) return fail_open();
    return fail_at(*token, "`:` after the key");
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
  const std::uint32_t first_origin_ = context_.first_origin;
  // Of the innermost open container.
  char close_ = 0;              // the bracket that ends it; 0 around the root
  Shape* const none_ = state_.shapes.none();
  Shape* start_ = none_;     // an object's before its first key; none_ where nothing is learnt
  Shape* shape_ = none_;     // of the keys so far
  Shape** expected_ = nullptr;  // which shape it will most likely be after the next key
  const std::ptrdiff_t most_open_ =
      static_cast<std::ptrdiff_t>(context_.limits.data_nesting * sizeof(JsonReader::State::Open));
  const Value empty_object_ = empty_object();
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

// How many of the eight bytes at `text` come before a backslash.
std::size_t plain_bytes(const char* text) {
#if defined(__SSE2__)
  const __m128i eight = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(text));
  const int found = _mm_movemask_epi8(_mm_cmpeq_epi8(eight, _mm_set1_epi8('\\'))) | 0x100;
  return static_cast<std::size_t>(__builtin_ctz(static_cast<unsigned>(found)));
#else
  std::size_t count = 0;
  while (count < 8 && text[count] != '\\') ++count;
  return count;
#endif
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
    // Eight bytes at a time: those behind a backslash are written over.
    if (i + 8 <= raw.size()) {
      std::memcpy(end, raw.data() + i, 8);
      const std::size_t plain = plain_bytes(raw.data() + i);
      end += plain;
      i += plain;
      if (plain == 8) continue;
    } else if (raw[i] != '\\') {
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

void JsonReader::remember_keys(const std::shared_ptr<const KeyTable>& table) {
  state_->are_keys_remembered = true;
  if (state_->key_table != table) state_->key_table = table;
}

bool JsonReader::read(const ReadContext& context, std::string_view text, Parts& parts, RawError& error) {
  const bool is_good = Walk(*state_, context, text, error).run(parts);
  // What one giant text took is given back.
  constexpr std::size_t kKeptCapacity = 16U * 1024 * 1024;
  if (state_->tokens && state_->tokens->capacity() > kKeptCapacity) state_->tokens.reset();
  if (state_->pending.capacity() * sizeof(Member) > kKeptCapacity) state_->pending = {};
  return is_good;
}

}  // namespace psdl::codec
