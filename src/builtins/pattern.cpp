// Regular expressions and globs as builtins. In: a pattern and texts; out: whether, where and how often it matches.
#include <array>

#include "builtins/glob_overlap.hpp"
#include "builtins/glob_syntax.hpp"
#include "builtins/patterns.hpp"
#include "builtins/registry.hpp"
#include "builtins/runes.hpp"
#include "builtins/text_sink.hpp"
#include "value/text.hpp"

namespace psdl {
namespace {

bool may_work(CallContext& context, std::uint64_t program_size, std::string_view text) {
  // States of an automaton visited, one a byte at best and the whole program a byte at worst.
  constexpr std::uint64_t kWorkPerUnit = 1'024;
  const std::uint64_t work = program_size * (text.size() + 1);
  if (work <= context.limits().regex_work) return context.may_work(work / kWorkPerUnit);
  (void)context.limit("regex_work");
  return false;
}

// Whether a pattern is compiled depends on what was evaluated before, so it is not charged for: answers must not depend on that. The clock is looked at.
bool has_time(CallContext& context, std::uint64_t compilations_before) {
  return context.patterns().compilations() == compilations_before || context.is_in_time();
}

const Regex* regex_of(CallContext& context, std::string_view pattern, std::string& error, std::string_view& limit) {
  const std::uint64_t before = context.patterns().compilations();
  const Regex* regex = context.patterns().regex(pattern, context.limits(), error, limit);
  if (!limit.empty()) {
    (void)context.limit(limit);
  } else if (!has_time(context, before)) {
    limit = "time_ns";
    regex = nullptr;
  }
  return regex;
}

// The compiled pattern, if it may be run over the text; null with the failure recorded.
const Regex* want_regex(CallContext& context, std::string_view pattern, std::string_view text) {
  std::string error;
  std::string_view limit;
  const Regex* regex = regex_of(context, pattern, error, limit);
  if (regex == nullptr) {
    if (limit.empty()) (void)context.fail(error);
    return nullptr;
  }
  return may_work(context, regex->program_size(), text) ? regex : nullptr;
}

Value regex_match(CallContext& context, Args args) {
  const Regex* regex = want_regex(context, args.string(0), args.string(1));
  return regex == nullptr ? Value() : Value::boolean(regex->matches(args.string(1)));
}

Value regex_is_valid(CallContext& context, Args args) {
  if (!args[0].is_string()) return Value::boolean(false);
  std::string error;
  std::string_view limit;
  const Regex* regex = regex_of(context, args.string(0), error, limit);
  return limit.empty() ? Value::boolean(regex != nullptr) : Value();
}

// Room for a match and its groups, off the heap where they are few.
class Ranges {
 public:
  explicit Ranges(std::size_t size) : size_(size) {
    if (size > few_.size()) many_.resize(size);
  }
  [[nodiscard]] std::span<MatchRange> all() { return many_.empty() ? std::span<MatchRange>(few_).first(size_) : std::span<MatchRange>(many_); }

 private:
  std::size_t size_;
  std::array<MatchRange, 10> few_;
  std::vector<MatchRange> many_;
};

// All matches that do not overlap, at most `most` of them; an empty one right behind another match does not count. `each` may say stop.
// A search may look at all of the rest before it settles for a short match (`a.*b|a`), so that many matches can cost much more than one.
template <class Each>
bool for_matches(CallContext& context, const Regex& regex, std::string_view text, std::size_t most, std::span<MatchRange> ranges, const Each& each) {
  std::size_t previous_end = SIZE_MAX;
  std::size_t found = 0;
  constexpr std::size_t kLookedAtPerUnit = 4'096;
  constexpr std::size_t kLookedAtOnce = 256 * kLookedAtPerUnit;
  std::size_t looked_at = 0;
  for (std::size_t at = 0; at <= text.size() && found < most;) {
    if (!regex.find(text, at, ranges)) break;
    const MatchRange match = ranges[0];
    bool counts = true;
    if (match.end == at) {
      counts = match.begin != previous_end;
      at += at < text.size() ? decode_rune(text, at).size : 1;
    } else {
      at = match.end;
    }
    previous_end = match.end;
    if (!counts) continue;
    ++found;
    if (!context.may_make_items(found)) return false;
    looked_at += text.size() - match.begin;
    if (looked_at >= kLookedAtOnce) {
      if (!context.may_work(looked_at / kLookedAtPerUnit) || !context.is_within_memory()) return false;
      looked_at = 0;
    }
    each(ranges);
  }
  return true;
}

// The count operand: negative is all.
bool want_count(CallContext& context, const Value& operand, std::size_t& most) {
  const std::optional<std::int64_t> n = to_int64(operand);
  if (!n) {
    (void)context.fail(EvalCode::Type, "operand 3 must be integer number but got floating-point number");
    return false;
  }
  most = *n < 0 ? SIZE_MAX : static_cast<std::size_t>(*n);
  return true;
}

Value regex_find_n(CallContext& context, Args args) {
  std::size_t most = 0;
  if (!want_count(context, args[2], most)) return {};
  const std::string_view text = args.string(1);
  const Regex* regex = want_regex(context, args.string(0), text);
  if (regex == nullptr) return {};
  ArrayBuilder found(context.arena());
  MatchRange range;
  const bool done = for_matches(context, *regex, text, most, {&range, 1}, [&](std::span<const MatchRange> ranges) { found.add(Value::string(ranges[0].of(text))); });
  return done ? found.finish() : Value();
}

Value regex_find_all_string_submatch_n(CallContext& context, Args args) {
  std::size_t most = 0;
  if (!want_count(context, args[2], most)) return {};
  const std::string_view text = args.string(1);
  const Regex* regex = want_regex(context, args.string(0), text);
  if (regex == nullptr) return {};
  ArrayBuilder found(context.arena());
  Ranges groups(regex->groups() + 1);
  const bool done = for_matches(context, *regex, text, most, groups.all(), [&](std::span<const MatchRange> ranges) {
    if (ranges.size() > 64 && !context.is_within_memory(ranges.size() * sizeof(Value))) return;
    Value* items = context.arena().allocate_array<Value>(ranges.size());
    for (std::size_t i = 0; i < ranges.size(); ++i) items[i] = Value::string(ranges[i].of(text));
    found.add(Value::array({items, ranges.size()}));
  });
  return done && context.error == nullptr ? found.finish() : Value();
}

Value regex_split(CallContext& context, Args args) {
  const std::string_view text = args.string(1);
  const Regex* regex = want_regex(context, args.string(0), text);
  if (regex == nullptr) return {};
  ArrayBuilder pieces(context.arena());
  if (!args.string(0).empty() && text.empty()) {
    pieces.add(args[1]);
    return pieces.finish();
  }
  std::size_t begin = 0;
  std::size_t end = 0;
  MatchRange range;
  const bool done = for_matches(context, *regex, text, SIZE_MAX, {&range, 1}, [&](std::span<const MatchRange> ranges) {
    end = ranges[0].begin;
    // A match of nothing at the very beginning cuts nothing off.
    if (ranges[0].end != 0) pieces.add(Value::string(text.substr(begin, end - begin)));
    begin = ranges[0].end;
  });
  if (!done) return {};
  if (end != text.size()) pieces.add(Value::string(text.substr(begin)));
  return pieces.finish();
}

// The letters and digits that Go takes into a name; others than ASCII's are taken all, as names have none of them.
std::size_t name_size(std::string_view text) {
  std::size_t at = 0;
  while (at < text.size()) {
    const char c = text[at];
    if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || static_cast<unsigned char>(c) >= 0x80)) break;
    ++at;
  }
  return at;
}

// Appends the replacement with $1, ${1}, $name and $$ filled in.
void expand(std::string_view fresh, const Regex& regex, std::string_view text, std::span<const MatchRange> ranges, TextSink& out) {
  while (!fresh.empty()) {
    const std::size_t dollar = fresh.find('$');
    out.append(fresh.substr(0, dollar));
    if (dollar == std::string_view::npos) return;
    fresh.remove_prefix(dollar + 1);
    if (fresh.starts_with('$')) {
      out.append('$');
      fresh.remove_prefix(1);
      continue;
    }
    const bool has_brace = fresh.starts_with('{');
    const std::size_t size = name_size(fresh.substr(has_brace));
    if (size == 0 || (has_brace && fresh.substr(1 + size, 1) != "}")) {
      out.append('$');
      continue;
    }
    const std::string_view name = fresh.substr(has_brace, size);
    fresh.remove_prefix(size + (has_brace ? 2 : 0));
    const bool is_number = name.find_first_not_of("0123456789") == std::string_view::npos && name.size() <= 8 && (name.size() == 1 || name[0] != '0');
    if (is_number) {
      std::size_t group = 0;
      for (const char digit : name) group = group * 10 + static_cast<std::size_t>(digit - '0');
      if (group < ranges.size()) out.append(ranges[group].of(text));
      continue;
    }
    for (std::size_t i = 0; i < regex.names().size(); ++i) {
      if (regex.names()[i] != name || !ranges[i + 1].is_match()) continue;
      out.append(ranges[i + 1].of(text));
      break;
    }
  }
}

Value regex_replace(CallContext& context, Args args) {
  const std::string_view text = args.string(0);
  const std::string_view fresh = args.string(2);
  const Regex* regex = want_regex(context, args.string(1), text);
  if (regex == nullptr) return {};
  Ranges groups(fresh.find('$') == std::string_view::npos ? 1 : regex->groups() + 1);
  TextSink out(context, text.size() + fresh.size());
  std::size_t last = 0;
  bool any = false;
  const bool done = for_matches(context, *regex, text, SIZE_MAX, groups.all(), [&](std::span<const MatchRange> ranges) {
    any = true;
    out.append(text.substr(last, ranges[0].begin - last));
    expand(fresh, *regex, text, ranges, out);
    last = ranges[0].end;
  });
  if (!done) return {};
  if (!any) return args[0];
  out.append(text.substr(last));
  return out.finish();
}

std::string quote_regex(std::string_view text) {
  constexpr std::string_view special = "\\.+*?()|[]{}^$";
  std::string made;
  for (const char c : text) {
    if (special.find(c) != std::string_view::npos) made += '\\';
    made += c;
  }
  return made;
}

// "urn:foo:{.*}" between two delimiters is a regular expression, outside them a text.
Value regex_template_match(CallContext& context, Args args) {
  const std::string_view pattern = args.string(0);
  const std::string_view text = args.string(1);
  if (args.string(2).size() != 1) {
    return context.fail("start delimiter has to be exactly one character long but is " + std::to_string(args.string(2).size()) + " long");
  }
  if (args.string(3).size() != 1) {
    // OPA tells the length of the other one.
    return context.fail("end delimiter has to be exactly one character long but is " + std::to_string(args.string(2).size()) + " long");
  }
  const char open = args.string(2)[0];
  const char close = args.string(3)[0];
  if (pattern.size() > context.limits().pattern_bytes) return context.limit("pattern_bytes");
  const auto unbalanced = [&] {
    std::string message = "unbalanced braces in ";
    append_quoted(message, pattern);
    return context.fail(message);
  };
  std::vector<std::pair<std::size_t, std::size_t>> parts;
  std::size_t level = 0;
  std::size_t begin = 0;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] == open) {
      if (++level == 1) begin = i;
    } else if (pattern[i] == close) {
      if (level == 0) return unbalanced();
      if (--level == 0) parts.emplace_back(begin, i + 1);
    }
  }
  if (level != 0) return unbalanced();
  std::string whole = "^";
  std::size_t end = 0;
  for (const auto& [from, to] : parts) {
    const std::string_view inside = pattern.substr(from + 1, to - from - 2);
    whole.append(quote_regex(pattern.substr(end, from - end))).append("(").append(inside).append(")");
    end = to;
    // Each part has to be an expression of its own.
    if (want_regex(context, "^" + std::string(inside) + "$", {}) == nullptr) return {};
  }
  whole.append(quote_regex(pattern.substr(end))).append("$");
  const Regex* regex = want_regex(context, whole, text);
  return regex == nullptr ? Value() : Value::boolean(regex->matches(text));
}

Value regex_globs_match(CallContext& context, Args args) {
  const std::size_t most = context.limits().pattern_bytes;
  if (args.string(0).size() > most || args.string(1).size() > most) return context.limit("pattern_bytes");
  std::string error;
  bool too_much = false;
  // A step of this search is worth several of a matcher's.
  constexpr std::uint64_t kStepsPerUnit = 16;
  const std::uint64_t most_steps = std::min(context.limits().regex_work / 16, context.limits().instructions * kStepsPerUnit);
  std::uint64_t steps = most_steps;
  const bool found = globs_overlap(args.string(0), args.string(1), steps, error, too_much);
  if (!error.empty()) return context.fail(error);
  if (!context.may_work((most_steps - steps) / kStepsPerUnit)) return {};
  return too_much ? context.limit("regex_work") : Value::boolean(found);
}

bool want_separators(CallContext& context, const Value& operand, std::vector<char32_t>& separators) {
  if (operand.is_null()) return true;
  if (!operand.is_array()) {
    (void)context.fail_operand(2, "one of {array, null}", operand);
    return false;
  }
  for (const Value& item : operand.as_array()) {
    const bool is_rune = item.is_string() && item.length() > 0 && decode_rune(item.as_string(), 0).size == item.length();
    if (!is_rune) {
      std::string text = item.is_string() ? "operand 2 must be array of runes" : "operand 2 must be array of strings";
      (void)context.fail(EvalCode::Type, text.append(" but got array containing ").append(kind_name(item.kind())));
      return false;
    }
    separators.push_back(decode_rune(item.as_string(), 0).value);
  }
  if (separators.empty()) separators.push_back('.');
  return true;
}

Value glob_match(CallContext& context, Args args) {
  if (!args[0].is_string()) return context.fail_operand(1, "string", args[0]);
  std::vector<char32_t>& separators = context.patterns().separators();
  if (!want_separators(context, args[1], separators)) return {};
  if (!args[2].is_string()) return context.fail_operand(3, "string", args[2]);
  std::string error;
  std::string_view limit;
  const std::uint64_t before = context.patterns().compilations();
  const Glob* glob = context.patterns().glob(args.string(0), separators, context.limits(), error, limit);
  if (glob != nullptr && !has_time(context, before)) return {};
  if (glob == nullptr) return limit.empty() ? context.fail(error) : context.limit(limit);
  if (!may_work(context, glob->program_size(), args.string(2))) return {};
  return Value::boolean(glob->matches(args.string(2)));
}

Value glob_quote_meta(CallContext& context, Args args) {
  if (!context.may_make_text(args.string(0).size() * 2)) return {};
  return Value::string(context.arena(), quote_glob(args.string(0)));
}

constexpr Builtin kPatternBuiltins[] = {
    {.name = "regex.match",
     .signature = signature("(pattern: string, value: string) -> boolean"),
     .doc = "Whether a regular expression matches somewhere in the string.",
     .example = R"(regex.match("^v[0-9]+$", "v12"))",
     .fn = regex_match},
    {.name = "re_match",
     .signature = signature("(string, string) -> boolean"),
     .doc = "The old name of regex.match.",
     .example = R"(re_match("^a", "abc"))",
     .fn = regex_match,
     .is_deprecated = true},
    {.name = "regex.is_valid",
     .signature = signature("(pattern: string) -> boolean"),
     .doc = "Whether the string is a regular expression.",
     .example = R"(regex.is_valid("a|b"))",
     .fn = regex_is_valid,
     .checks_operands = false},
    {.name = "regex.find_n",
     .signature = signature("(pattern: string, value: string, number: number) -> array[string]"),
     .doc = "The first `number` matches; all of them where it is negative.",
     .example = R"(regex.find_n("[0-9]+", "1 and 22", -1) == ["1", "22"])",
     .fn = regex_find_n},
    {.name = "regex.find_all_string_submatch_n",
     .signature = signature("(pattern: string, value: string, number: number) -> array[array[string]]"),
     .doc = "The first `number` matches, each with its groups; all of them where it is negative.",
     .example = R"(regex.find_all_string_submatch_n("(a)(b)?", "ab", -1) == [["ab", "a", "b"]])",
     .fn = regex_find_all_string_submatch_n},
    {.name = "regex.split",
     .signature = signature("(pattern: string, value: string) -> array[string]"),
     .doc = "The pieces between the matches.",
     .example = R"(regex.split("[,;]", "a,b;c") == ["a", "b", "c"])",
     .fn = regex_split},
    {.name = "regex.replace",
     .signature = signature("(s: string, pattern: string, value: string) -> string"),
     .doc = "The string with every match replaced; $1 and ${name} in the replacement stand for groups.",
     .example = R"x(regex.replace("a1", "([a-z])([0-9])", "$2$1") == "1a")x",
     .fn = regex_replace},
    {.name = "regex.template_match",
     .signature = signature("(template: string, value: string, delimiter_start: string, delimiter_end: string) -> boolean"),
     .doc = "Whether the string matches a text that has regular expressions between two delimiters.",
     .example = R"(regex.template_match("urn:{[a-z]+}:x", "urn:foo:x", "{", "}"))",
     .fn = regex_template_match},
    {.name = "regex.globs_match",
     .signature = signature("(glob1: string, glob2: string) -> boolean"),
     .doc = "Whether two patterns of characters, `.` and `[..]` with `+` and `*` have a text in common.",
     .example = R"(regex.globs_match("a.a*", "aba"))",
     .fn = regex_globs_match},
    {.name = "glob.match",
     .signature = signature("(pattern: string, delimiters: null|array[string], match: string) -> boolean"),
     .doc = "Whether a glob matches all of the string; `*` and `?` stop at delimiters (a dot where the array is empty, nothing where it is null).",
     .example = R"(glob.match("*.example.com", [], "api.example.com"))",
     .fn = glob_match,
     .checks_operands = false},
    {.name = "glob.quote_meta",
     .signature = signature("(pattern: string) -> string"),
     .doc = "The string with a backslash before each character that means something in a glob.",
     .example = R"(glob.quote_meta("a*b") == "a\\*b")",
     .fn = glob_quote_meta},
};

}  // namespace

std::span<const Builtin> pattern_builtins() { return kPatternBuiltins; }

}  // namespace psdl
