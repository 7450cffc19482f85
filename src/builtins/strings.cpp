// Texts searched, cut, joined and replaced. In: strings of bytes; out: strings (parts of an operand where that will do), counts, positions.
#include <utf8proc.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <vector>

#include "builtins/registry.hpp"
#include "builtins/runes.hpp"
#include "value/copy_text.hpp"
#include "value/text.hpp"

namespace psdl {
namespace {

constexpr std::size_t kNowhere = std::string_view::npos;

// memmem is linear in the worst case too, which string_view::find is not.
std::size_t find(std::string_view text, std::string_view wanted, std::size_t from = 0) {
  if (wanted.size() > text.size() - from) return kNowhere;
  if (wanted.size() == 1) return text.find(wanted[0], from);
  const void* found = memmem(text.data() + from, text.size() - from, wanted.data(), wanted.size());
  return found == nullptr ? kNowhere : static_cast<std::size_t>(static_cast<const char*>(found) - text.data());
}

// A part of an operand's text; the operand itself where it is all of it.
Value part(const Value& whole, std::string_view text) { return text.size() == whole.length() ? whole : Value::string(text); }

Value fail_fraction(CallContext& context, unsigned operand) {
  return context.fail(EvalCode::Type, "operand " + std::to_string(operand) + " must be integer number but got floating-point number");
}

Value fail_element(CallContext& context, unsigned operand, const Value& collection, const Value& element) {
  const std::string_view kind = kind_name(collection.kind());
  std::string text = "operand " + std::to_string(operand) + " must be ";
  text.append(kind).append(" of strings but got ").append(kind).append(" containing ").append(kind_name(element.kind()));
  return context.fail(EvalCode::Type, text);
}

// Tests -----------------------------------------------------------------------------------------------------------------------------

// Bytes, not code points: UTF-8 keeps prefixes byte-comparable.
Value startswith(CallContext&, Args args) { return Value::boolean(args.string(0).starts_with(args.string(1))); }
Value endswith(CallContext&, Args args) { return Value::boolean(args.string(0).ends_with(args.string(1))); }
Value contains(CallContext&, Args args) { return Value::boolean(args.string(1).empty() || find(args.string(0), args.string(1)) != kNowhere); }

Value strings_count(CallContext&, Args args) {
  const std::string_view text = args.string(0);
  const std::string_view wanted = args.string(1);
  if (wanted.empty()) return Value::integer(static_cast<std::int64_t>(count_runes(text)) + 1);
  std::int64_t count = 0;
  for (std::size_t at = 0; (at = find(text, wanted, at)) != kNowhere; at += wanted.size()) ++count;
  return Value::integer(count);
}

using Affix = bool (*)(std::string_view text, std::string_view affix);
bool has_prefix(std::string_view text, std::string_view affix) { return text.starts_with(affix); }
bool has_suffix(std::string_view text, std::string_view affix) { return text.ends_with(affix); }

bool backward_less(std::string_view left, std::string_view right) { return std::lexicographical_compare(left.rbegin(), left.rend(), right.rbegin(), right.rend(), [](char a, char b) { return static_cast<unsigned char>(a) < static_cast<unsigned char>(b); }); }
bool forward_less(std::string_view left, std::string_view right) { return left < right; }

// One string as a list of one, so that all shapes of operands are two lists.
bool read_strings(CallContext& context, const Value& operand, unsigned position, std::span<const Value>& strings) {
  if (operand.is_string()) {
    strings = {&operand, 1};
    return true;
  }
  if (!operand.is_array() && !operand.is_set()) {
    (void)context.fail_operand(position, "one of {string, set, array}", operand);
    return false;
  }
  strings = operand.is_array() ? operand.as_array() : operand.as_set().items();
  for (const Value& item : strings) {
    if (!item.is_string()) {
      (void)fail_element(context, position, operand, item);
      return false;
    }
  }
  return true;
}

Value any_match(CallContext& context, Args args, Affix matches, bool (*less)(std::string_view, std::string_view)) {
  std::span<const Value> texts;
  std::span<const Value> affixes;
  if (!read_strings(context, args[0], 1, texts) || !read_strings(context, args[1], 2, affixes)) return {};
  if (texts.size() * affixes.size() <= 4096 || texts.size() == 1) {
    for (const Value& text : texts) {
      for (const Value& affix : affixes) {
        if (matches(text.as_string(), affix.as_string())) return Value::boolean(true);
      }
    }
    return Value::boolean(false);
  }
  // Texts that share an affix stand side by side, right after the affix itself.
  std::size_t longest = 0;
  for (const Value& affix : affixes) longest = std::max<std::size_t>(longest, affix.length());
  for (const Value& text : texts) longest = std::max<std::size_t>(longest, text.length());
  const std::size_t rounds = (texts.size() + affixes.size()) * static_cast<std::size_t>(std::bit_width(texts.size()));
  if (!context.may_work(rounds / Budget::kItems + rounds * (longest / Budget::kBytes))) return {};
  std::vector<std::string_view> sorted;
  sorted.reserve(texts.size());
  for (const Value& text : texts) sorted.push_back(text.as_string());
  std::sort(sorted.begin(), sorted.end(), less);
  for (const Value& affix : affixes) {
    const auto at = std::lower_bound(sorted.begin(), sorted.end(), affix.as_string(), less);
    if (at != sorted.end() && matches(*at, affix.as_string())) return Value::boolean(true);
  }
  return Value::boolean(false);
}

Value any_prefix_match(CallContext& context, Args args) { return any_match(context, args, has_prefix, forward_less); }
Value any_suffix_match(CallContext& context, Args args) { return any_match(context, args, has_suffix, backward_less); }

// Positions, in code points ---------------------------------------------------------------------------------------------------------

Value indexof(CallContext& context, Args args) {
  const std::string_view text = args.string(0);
  if (args.string(1).empty()) return context.fail("empty search character");
  const std::size_t at = find(text, args.string(1));
  return Value::integer(at == kNowhere ? -1 : static_cast<std::int64_t>(count_runes(text.substr(0, at))));
}

// Matches may overlap, so that a plain search would be quadratic in "aaaa.." for "aaa..": Knuth, Morris and Pratt's is not.
Value indexof_n(CallContext& context, Args args) {
  const std::string_view text = args.string(0);
  const std::string_view wanted = args.string(1);
  if (wanted.empty()) return context.fail("empty search character");
  std::vector<std::uint32_t> border(wanted.size() + 1, 0);
  for (std::size_t i = 1, length = 0; i < wanted.size(); ++i) {
    while (length > 0 && wanted[i] != wanted[length]) length = border[length];
    if (wanted[i] == wanted[length]) ++length;
    border[i + 1] = static_cast<std::uint32_t>(length);
  }
  ArrayBuilder positions(context.arena());
  std::size_t matched = 0;
  std::size_t counted = 0;  // bytes before which the runes are counted
  std::size_t runes = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    while (matched > 0 && (matched == wanted.size() || text[i] != wanted[matched])) matched = border[matched];
    if (text[i] == wanted[matched]) ++matched;
    if (matched < wanted.size()) continue;
    const std::size_t at = i + 1 - wanted.size();
    runes += count_runes(text.substr(counted, at - counted));
    counted = at;
    positions.add(Value::integer(static_cast<std::int64_t>(runes)));
    if (!context.may_make_items(positions.size())) return {};
  }
  return positions.finish();
}

Value substring(CallContext& context, Args args) {
  const std::string_view text = args.string(0);
  const std::optional<std::int64_t> start = to_int64(args[1]);
  if (!start) return fail_fraction(context, 2);
  const std::optional<std::int64_t> length = to_int64(args[2]);
  if (!length) return fail_fraction(context, 3);
  if (*start < 0) return context.fail("negative offset");
  std::string_view rest = text;
  if (is_ascii(text)) {
    rest.remove_prefix(std::min(static_cast<std::size_t>(*start), rest.size()));
    if (*length >= 0) rest = rest.substr(0, static_cast<std::size_t>(*length));
  } else {
    rest.remove_prefix(rune_offset(rest, static_cast<std::size_t>(*start)));
    if (*length >= 0) rest = rest.substr(0, rune_offset(rest, static_cast<std::size_t>(*length)));
  }
  return part(args[0], rest);
}

// Joining and cutting ---------------------------------------------------------------------------------------------------------------

Value concat(CallContext& context, Args args) {
  const std::string_view delimiter = args.string(0);
  const Value& collection = args[1];
  const std::span<const Value> items = collection.is_array() ? collection.as_array() : collection.as_set().items();
  if (items.empty()) return Value::string("");
  std::size_t size = delimiter.size() * (items.size() - 1);
  for (const Value& item : items) {
    if (!item.is_string()) return fail_element(context, 2, collection, item);
    size += item.length();
  }
  if (items.size() == 1) return items[0];
  if (!context.may_make_text(size)) return {};
  char* const made = context.arena().allocate_array<char>(size);
  char* end = made;
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (i > 0) end = copy_text(end, delimiter);
    end = copy_text(end, items[i].as_string());
  }
  return Value::string({made, size});
}

// The pieces between delimiters, at most `most` of them; the last one is the rest. An empty delimiter cuts between code points.
constexpr std::uint32_t kPiecesBetweenLooks = 64;

bool split_text(CallContext& context, std::string_view text, std::string_view delimiter, std::size_t most, ArrayBuilder& pieces) {
  if (delimiter.empty()) {
    if (!context.may_make_items(std::min(most, text.size()))) return false;
    std::size_t at = 0;
    for (; at < text.size() && pieces.size() + 1 < most;) {
      const std::size_t size = decode_rune(text, at).size;
      pieces.add(Value::string(text.substr(at, size)));
      at += size;
    }
    if (at < text.size()) pieces.add(Value::string(text.substr(at)));
    return true;
  }
  std::size_t begin = 0;
  while (pieces.size() + 1 < most) {
    const std::size_t at = find(text, delimiter, begin);
    if (at == kNowhere) break;
    pieces.add(Value::string(text.substr(begin, at - begin)));
    begin = at + delimiter.size();
    if (pieces.size() % kPiecesBetweenLooks == 0 && !context.may_make_items(pieces.size())) return false;
  }
  pieces.add(Value::string(text.substr(begin)));
  return context.may_make_items(pieces.size());
}

Value split(CallContext& context, Args args) {
  ArrayBuilder pieces(context.arena());
  return split_text(context, args.string(0), args.string(1), SIZE_MAX, pieces) ? pieces.finish() : Value();
}

// The first n pieces, or the last -n.
Value split_n(CallContext& context, Args args) {
  const std::optional<std::int64_t> n = to_int64(args[2]);
  if (!n) return fail_fraction(context, 3);
  const std::size_t wanted = *n < 0 ? 0 - static_cast<std::size_t>(*n) : static_cast<std::size_t>(*n);
  ArrayBuilder pieces(context.arena());
  if (*n == 0) return empty_array();
  if (!split_text(context, args.string(0), args.string(1), *n < 0 ? SIZE_MAX : wanted + 1, pieces)) return {};
  const std::span<const Value> all(pieces.items(), pieces.size());
  if (wanted >= all.size()) return pieces.finish();
  return Value::array(*n < 0 ? all.last(wanted) : all.first(wanted));
}

// Replacing -------------------------------------------------------------------------------------------------------------------------

// Where replacements stand is found twice: once to count the bytes, once to write them, so that no buffer grows.
struct Counter {
  std::size_t size = 0;
  void write(std::string_view text) { size += text.size(); }
};
struct Writer {
  char* end;
  void write(std::string_view text) { end = std::copy(text.begin(), text.end(), end); }
};

template <class Walk>
Value replaced(CallContext& context, const Value& original, const Walk& walk) {
  Counter counter;
  if (!walk(counter)) return original;
  if (!context.may_make_text(counter.size)) return {};
  char* const made = context.arena().allocate_array<char>(counter.size);
  Writer writer{made};
  (void)walk(writer);
  return Value::string({made, counter.size});
}

// An empty text stands before each byte and at the end, not between code points: OPA's replacer sees bytes.
Value replace(CallContext& context, Args args) {
  const std::string_view text = args.string(0);
  const std::string_view old = args.string(1);
  const std::string_view fresh = args.string(2);
  return replaced(context, args[0], [&](auto& out) {
    if (old.empty()) {
      for (std::size_t i = 0; i < text.size(); ++i) {
        out.write(fresh);
        out.write(text.substr(i, 1));
      }
      out.write(fresh);
      return !fresh.empty();
    }
    std::size_t begin = 0;
    for (std::size_t at = 0; (at = find(text, old, begin)) != kNowhere; begin = at + old.size()) {
      out.write(text.substr(begin, at - begin));
      out.write(fresh);
    }
    out.write(text.substr(begin));
    return begin > 0;
  });
}

// The key that stands first in order wins at each place, so of two keys where one begins the other the longer never does; an empty key
// wins everywhere but twice in a row at one place.
Value replace_n(CallContext& context, Args args) {
  const Object& patterns = args.object(0);
  struct Pair {
    std::string_view old;
    std::string_view fresh;
  };
  std::vector<Pair> pairs;
  const Pair* empty = nullptr;
  Pair at_empty;
  for (std::uint32_t i = 0; i < patterns.size(); ++i) {
    if (!patterns.keys()[i].is_string()) return context.fail(EvalCode::Type, "operand 1 non-string key found in pattern object");
    if (!patterns.values()[i].is_string()) return context.fail(EvalCode::Type, "operand 1 non-string value found in pattern object");
    const Pair pair{patterns.keys()[i].as_string(), patterns.values()[i].as_string()};
    if (pair.old.empty()) {
      at_empty = pair;
      empty = &at_empty;
    } else if (pairs.empty() || !pair.old.starts_with(pairs.back().old)) {
      pairs.push_back(pair);
    }
  }
  const std::string_view text = args.string(1);
  // At each place the keys around it in order are compared with the rest of the text, which may begin with much of a long one.
  std::size_t longest = 0;
  for (const Pair& pair : pairs) longest = std::max(longest, pair.old.size());
  if (!context.may_work(text.size() * longest / Budget::kBytes / Budget::kItems)) return {};
  const auto match = [&](std::size_t at) -> const Pair* {
    const std::string_view rest = text.substr(at);
    const auto after = std::upper_bound(pairs.begin(), pairs.end(), rest, [](std::string_view wanted, const Pair& pair) { return wanted < pair.old; });
    return after != pairs.begin() && rest.starts_with((after - 1)->old) ? &*(after - 1) : nullptr;
  };
  return replaced(context, args[1], [&](auto& out) {
    std::size_t last = 0;
    bool was_empty = false;
    bool any = false;
    for (std::size_t i = 0; i <= text.size();) {
      const Pair* found = empty != nullptr && !was_empty ? empty : match(i);
      was_empty = found != nullptr && found->old.empty();
      if (found == nullptr) {
        ++i;
        continue;
      }
      any = true;
      out.write(text.substr(last, i - last));
      out.write(found->fresh);
      i += found->old.size();
      last = i;
    }
    out.write(text.substr(std::min(last, text.size())));
    return any;
  });
}

// Trimming --------------------------------------------------------------------------------------------------------------------------

bool has_rune(std::string_view set, char32_t rune) {
  for (std::size_t at = 0; at < set.size();) {
    const Rune member = decode_rune(set, at);
    if (member.value == rune) return true;
    at += member.size;
  }
  return false;
}

bool is_space(std::string_view, char32_t rune) {
  return rune == ' ' || (rune >= 9 && rune <= 13) || rune == 0x85 || rune == 0xA0 || rune == 0x1680 || (rune >= 0x2000 && rune <= 0x200A) ||
         rune == 0x2028 || rune == 0x2029 || rune == 0x202F || rune == 0x205F || rune == 0x3000;
}

using RuneTest = bool (*)(std::string_view set, char32_t rune);

std::string_view trim_begin(std::string_view text, std::string_view set, RuneTest test) {
  while (!text.empty()) {
    const Rune first = decode_rune(text, 0);
    if (!test(set, first.value)) break;
    text.remove_prefix(first.size);
  }
  return text;
}

// The rune that ends the text: at most three bytes that follow another lie before its last.
Rune last_rune(std::string_view text) {
  for (std::size_t size = std::min<std::size_t>(4, text.size()); size > 1; --size) {
    const Rune rune = decode_rune(text, text.size() - size);
    if (rune.size == size) return rune;
  }
  return decode_rune(text, text.size() - 1);
}

std::string_view trim_end(std::string_view text, std::string_view set, RuneTest test) {
  while (!text.empty()) {
    const Rune last = last_rune(text);
    if (!test(set, last.value)) break;
    text.remove_suffix(last.size);
  }
  return text;
}

// Each rune that is cut off is looked for in the whole set.
bool may_trim(CallContext& context, Args args) { return context.may_work(args.string(0).size() * args.string(1).size() / Budget::kBytes / Budget::kItems); }

Value trim(CallContext& context, Args args) {
  if (!may_trim(context, args)) return {};
  const std::string_view set = args.string(1);
  return part(args[0], trim_end(trim_begin(args.string(0), set, has_rune), set, has_rune));
}
Value trim_left(CallContext& context, Args args) {
  return !may_trim(context, args) ? Value() : part(args[0], trim_begin(args.string(0), args.string(1), has_rune));
}
Value trim_right(CallContext& context, Args args) {
  return !may_trim(context, args) ? Value() : part(args[0], trim_end(args.string(0), args.string(1), has_rune));
}
Value trim_space(CallContext&, Args args) { return part(args[0], trim_end(trim_begin(args.string(0), {}, is_space), {}, is_space)); }

Value trim_prefix(CallContext&, Args args) {
  const std::string_view text = args.string(0);
  return part(args[0], text.starts_with(args.string(1)) ? text.substr(args.string(1).size()) : text);
}
Value trim_suffix(CallContext&, Args args) {
  const std::string_view text = args.string(0);
  return part(args[0], text.ends_with(args.string(1)) ? text.substr(0, text.size() - args.string(1).size()) : text);
}

// Case and order --------------------------------------------------------------------------------------------------------------------

// Rune by rune, as Go maps case: no special casing, bytes that are no UTF-8 become U+FFFD. A rune grows by one byte at most.
// Eight bytes of a text at a time, all of them ASCII: bit 5 where the byte lies in [first, last].
class AsciiCase {
 public:
  AsciiCase(char first, char last) : from_(kOnes * (0x80U - static_cast<unsigned char>(first))), above_(kOnes * (0x7FU - static_cast<unsigned char>(last))) {}
  // Adding carries a byte's top bit exactly where it is not below `first`, or above `last`: no byte carries into the next.
  [[nodiscard]] std::uint64_t changes(std::uint64_t bytes) const { return (((bytes + from_) & ~(bytes + above_)) & (kOnes * 0x80U)) >> 2U; }

  static constexpr std::uint64_t kOnes = 0x0101'0101'0101'0101U;
  static constexpr std::size_t kBytes = sizeof(std::uint64_t);
  static std::uint64_t load(std::string_view text, std::size_t at) {
    std::uint64_t bytes = 0;
    copy(&bytes, text.data() + at, text.size() - at);
    return bytes;
  }
  static void copy(void* to, const void* from, std::size_t left) {
    if (left >= kBytes) {
      std::memcpy(to, from, kBytes);
    } else {
      std::memcpy(to, from, left);
    }
  }

 private:
  std::uint64_t from_;
  std::uint64_t above_;
};

Value map_case(CallContext& context, const Value& original, utf8proc_int32_t (*map)(utf8proc_int32_t), char first, char last) {
  const std::string_view text = original.as_string();
  const AsciiCase ascii(first, last);
  std::uint64_t seen = 0;
  std::uint64_t changed = 0;
  for (std::size_t at = 0; at < text.size(); at += AsciiCase::kBytes) {
    const std::uint64_t bytes = AsciiCase::load(text, at);
    seen |= bytes;
    changed |= ascii.changes(bytes);
  }
  if ((seen & (AsciiCase::kOnes * 0x80U)) == 0) {
    if (changed == 0) return original;
    char* const made = context.arena().allocate_array<char>(text.size());
    for (std::size_t at = 0; at < text.size(); at += AsciiCase::kBytes) {
      const std::uint64_t bytes = AsciiCase::load(text, at);
      const std::uint64_t mapped = bytes ^ ascii.changes(bytes);
      AsciiCase::copy(made + at, &mapped, text.size() - at);
    }
    return Value::string({made, text.size()});
  }
  if (!context.may_make_text(text.size() * 3)) return {};
  char* const made = context.arena().allocate_array<char>(text.size() * 3);
  std::size_t size = 0;
  for (std::size_t at = 0; at < text.size();) {
    const Rune rune = decode_rune(text, at);
    size += encode_rune(made + size, static_cast<char32_t>(map(static_cast<utf8proc_int32_t>(rune.value))));
    at += rune.size;
  }
  return Value::string({made, size});
}

Value lower(CallContext& context, Args args) { return map_case(context, args[0], utf8proc_tolower, 'A', 'Z'); }
// The one letter that utf8proc gives a capital and Go does not.
utf8proc_int32_t to_upper(utf8proc_int32_t rune) { return rune == 0xDF ? rune : utf8proc_toupper(rune); }
Value upper(CallContext& context, Args args) { return map_case(context, args[0], to_upper, 'a', 'z'); }

Value reverse(CallContext& context, Args args) {
  const std::string_view text = args.string(0);
  char* const made = context.arena().allocate_array<char>(text.size());
  char* end = made + text.size();
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t size = decode_rune(text, at).size;
    end = std::copy_backward(text.begin() + static_cast<std::ptrdiff_t>(at), text.begin() + static_cast<std::ptrdiff_t>(at + size), end);
    at += size;
  }
  return Value::string({made, text.size()});
}

constexpr Builtin kStringBuiltins[] = {
    {.name = "startswith",
     .signature = signature("(search: string, base: string) -> boolean"),
     .doc = "Whether the first string begins with the second.",
     .example = R"(startswith("docker.io/nginx", "docker.io/"))",
     .fn = startswith,
     .is_brief = true,
     .can_fail = false},
    {.name = "endswith",
     .signature = signature("(search: string, base: string) -> boolean"),
     .doc = "Whether the first string ends with the second.",
     .example = R"(endswith("nginx:latest", ":latest"))",
     .fn = endswith,
     .is_brief = true,
     .can_fail = false},
    {.name = "contains",
     .signature = signature("(haystack: string, needle: string) -> boolean"),
     .doc = "Whether the second string stands in the first.",
     .example = R"(contains("nginx@sha256:abc", "@"))",
     .fn = contains,
     .can_fail = false},
    {.name = "strings.count",
     .signature = signature("(search: string, substring: string) -> number"),
     .doc = "How often the second string stands in the first without overlap.",
     .example = R"(strings.count("a.b.c", ".") == 2)",
     .fn = strings_count,
     .can_fail = false},
    {.name = "strings.any_prefix_match",
     .signature = signature("(search: string|array[string]|set[string], base: string|array[string]|set[string]) -> boolean"),
     .doc = "Whether one of the first strings begins with one of the second.",
     .example = R"(strings.any_prefix_match("gcr.io/x", {"gcr.io/", "quay.io/"}))",
     .fn = any_prefix_match,
     .checks_operands = false},
    {.name = "strings.any_suffix_match",
     .signature = signature("(search: string|array[string]|set[string], base: string|array[string]|set[string]) -> boolean"),
     .doc = "Whether one of the first strings ends with one of the second.",
     .example = R"(strings.any_suffix_match(["a.yaml", "b.txt"], ".txt"))",
     .fn = any_suffix_match,
     .checks_operands = false},
    {.name = "indexof",
     .signature = signature("(haystack: string, needle: string) -> number"),
     .doc = "The code point at which the second string first stands in the first; -1 where it does not.",
     .example = R"(indexof("größe", "e") == 4)",
     .fn = indexof},
    {.name = "indexof_n",
     .signature = signature("(haystack: string, needle: string) -> array[number]"),
     .doc = "All code points at which the second string stands in the first; matches may overlap.",
     .example = R"(indexof_n("aaa", "aa") == [0, 1])",
     .fn = indexof_n},
    {.name = "substring",
     .signature = signature("(value: string, offset: number, length: number) -> string"),
     .doc = "So many code points from an offset on; all of the rest where the length is negative.",
     .example = R"(substring("größe", 2, 2) == "öß")",
     .fn = substring},
    {.name = "concat",
     .signature = signature("(delimiter: string, collection: array[string]|set[string]) -> string"),
     .doc = "The strings joined, a delimiter between them.",
     .example = R"(concat(", ", ["a", "b"]) == "a, b")",
     .fn = concat},
    {.name = "split",
     .signature = signature("(x: string, delimiter: string) -> array[string]"),
     .doc = "The pieces between delimiters; the code points where the delimiter is empty.",
     .example = R"(split("a/b", "/") == ["a", "b"])",
     .fn = split},
    {.name = "strings.split_n",
     .signature = signature("(x: string, delimiter: string, n: number) -> array[string]"),
     .doc = "The first `n` pieces between delimiters, or the last where `n` is negative.",
     .example = R"(strings.split_n("a/b/c", "/", -1) == ["c"])",
     .fn = split_n},
    {.name = "replace",
     .signature = signature("(x: string, old: string, new: string) -> string"),
     .doc = "The string with another in place of a third, everywhere.",
     .example = R"(replace("a-b-c", "-", "_") == "a_b_c")",
     .fn = replace},
    {.name = "strings.replace_n",
     .signature = signature("(patterns: object[string: string], value: string) -> string"),
     .doc = "The string with each key of the object replaced by its value, in one pass.",
     .example = R"(strings.replace_n({"<": "&lt;", ">": "&gt;"}, "<b>") == "&lt;b&gt;")",
     .fn = replace_n},
    {.name = "trim",
     .signature = signature("(value: string, cutset: string) -> string"),
     .doc = "The string without the code points of a set at both ends.",
     .example = R"(trim("--a-", "-") == "a")",
     .fn = trim,
     .can_fail = false},
    {.name = "trim_left",
     .signature = signature("(value: string, cutset: string) -> string"),
     .doc = "The string without the code points of a set at its beginning.",
     .example = R"(trim_left("--a-", "-") == "a-")",
     .fn = trim_left,
     .can_fail = false},
    {.name = "trim_right",
     .signature = signature("(value: string, cutset: string) -> string"),
     .doc = "The string without the code points of a set at its end.",
     .example = R"(trim_right("--a-", "-") == "--a")",
     .fn = trim_right,
     .can_fail = false},
    {.name = "trim_prefix",
     .signature = signature("(value: string, prefix: string) -> string"),
     .doc = "The string without a prefix, where it has it.",
     .example = R"(trim_prefix("v1.2", "v") == "1.2")",
     .fn = trim_prefix,
     .is_brief = true,
     .can_fail = false},
    {.name = "trim_suffix",
     .signature = signature("(value: string, suffix: string) -> string"),
     .doc = "The string without a suffix, where it has it.",
     .example = R"(trim_suffix("a.yaml", ".yaml") == "a")",
     .fn = trim_suffix,
     .is_brief = true,
     .can_fail = false},
    {.name = "trim_space",
     .signature = signature("(value: string) -> string"),
     .doc = "The string without white space at both ends.",
     .example = R"(trim_space(" a\n") == "a")",
     .fn = trim_space,
     .can_fail = false},
    {.name = "lower",
     .signature = signature("(x: string) -> string"),
     .doc = "The string in lower case.",
     .example = R"(lower("GRÖSSE") == "grösse")",
     .fn = lower},
    {.name = "upper",
     .signature = signature("(x: string) -> string"),
     .doc = "The string in upper case.",
     .example = R"(upper("abc") == "ABC")",
     .fn = upper},
    {.name = "strings.reverse",
     .signature = signature("(x: string) -> string"),
     .doc = "The code points from last to first.",
     .example = R"(strings.reverse("abc") == "cba")",
     .fn = reverse,
     .can_fail = false},
};

}  // namespace

std::span<const Builtin> string_builtins() { return kStringBuiltins; }

}  // namespace psdl
