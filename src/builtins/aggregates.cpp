// One value out of a collection. In: an array, set, object or string; out: how many, the sum, the smallest, an order, membership.
#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <string>

#include "builtins/registry.hpp"
#include "builtins/runes.hpp"
#include "value/soft_float.hpp"
#include "value/text.hpp"

namespace psdl {
namespace {

std::span<const Value> members(const Value& collection) { return collection.is_array() ? collection.as_array() : collection.as_set().items(); }

Value count(CallContext& context, Args args) {
  const Value& of = args[0];
  switch (of.kind()) {
    case Kind::Array:
      return Value::integer(of.length());
    case Kind::Set:
      return Value::integer(of.as_set().size());
    case Kind::Object:
      return Value::integer(of.as_object().size());
    case Kind::String:
      if (!context.may_work(of.length() / Budget::kBytes / 16)) return {};
      return Value::integer(static_cast<std::int64_t>(count_runes(of.as_string())));
    default:
      return context.fail_operand(1, "one of {array, object, set, string}", of);
  }
}

Value fail_element(CallContext& context, const Value& collection, const Value& element, std::string_view wanted) {
  const std::string_view kind = kind_name(collection.kind());
  std::string text = "operand 1 must be ";
  text.append(kind).append(" of ").append(wanted).append("s but got ").append(kind).append(" containing ").append(kind_name(element.kind()));
  return context.fail(EvalCode::Type, text);
}

// Whether the text of the largest integer that is ever shown would be too long.
bool is_too_long(CallContext& context, const Value& number) {
  NumberBuffer buffer;
  return number.tag() == Tag::BigInt && number_text(number, buffer).size() > context.limits().number_digits;
}

// Integers of any size are taken exactly; one fraction makes everything a float. Undefined with `has_fraction` set then.
using Step = Value (*)(Arena&, const Value&, const Value&);

// Instructions that a step with a big integer is worth.
constexpr std::uint64_t kBigStep = 64;

Value accumulate(CallContext& context, const Value& collection, std::int64_t start, Step step, bool& has_fraction) {
  const std::span<const Value> items = members(collection);
  for (const Value& item : items) {
    if (!item.is_number()) return fail_element(context, collection, item, "number");
    has_fraction = has_fraction || !(item.is_int() || is_integral(item));
  }
  if (has_fraction) return {};
  Value total = Value::integer(start);
  for (const Value& item : items) {
    total = step(context.arena(), total, item);
    if (total.tag() == Tag::BigInt && !context.may_work(kBigStep)) return {};
    if (is_too_long(context, total)) return context.limit("number_digits");
  }
  return total;
}

SoftFloat soft(const Value& number) {
  if (number.is_int()) return soft_float_from_int(number.as_int());
  NumberBuffer buffer;
  return soft_float_from_text(number_text(number, buffer)).value_or(SoftFloat{});
}

Value sum(CallContext& context, Args args) {
  if (args[0].is_array()) {
    // Almost every sum: small integers in an array.
    std::int64_t total = 0;
    bool is_plain = true;
    for (const Value& item : args.array(0)) {
      if (!item.is_int() || __builtin_add_overflow(total, item.as_int(), &total)) {
        is_plain = false;
        break;
      }
    }
    if (is_plain) return Value::integer(total);
  }
  bool has_fraction = false;
  const Value exact = accumulate(context, args[0], 0, add, has_fraction);
  if (!has_fraction || context.error != nullptr) return exact;
  SoftFloat total;
  for (const Value& item : members(args[0])) total = soft_add(total, soft(item));
  std::string text;
  append_soft_float(text, total);
  return number_from_text(context.arena(), text);
}

__extension__ using Wide = unsigned __int128;

// OPA's product starts with a float of 53 bits and so keeps that many, unlike all its other arithmetic.
SoftFloat multiply_narrow(const SoftFloat& left, const SoftFloat& right) {
  SoftFloat made{0, left.exponent + right.exponent, left.is_negative != right.is_negative};
  const Wide exact = Wide{left.mantissa} * right.mantissa;
  if (exact == 0) return {0, 0, made.is_negative};
  constexpr unsigned kBits = 53;
  const unsigned width = exact >> 127U != 0 ? 128 : 127;  // both mantissas have their top bit set
  const unsigned cut = width - kBits;
  Wide kept = exact >> cut;
  const Wide rest = exact & ((Wide{1} << cut) - 1);
  const Wide half = Wide{1} << (cut - 1);
  if (rest > half || (rest == half && (kept & 1U) != 0)) ++kept;
  made.exponent += cut;
  std::uint64_t mantissa = static_cast<std::uint64_t>(kept);
  while (mantissa >> 63U == 0) {
    mantissa <<= 1U;
    --made.exponent;
  }
  made.mantissa = mantissa;
  return made;
}

Value product(CallContext& context, Args args) {
  bool has_fraction = false;
  const Value exact = accumulate(context, args[0], 1, multiply, has_fraction);
  if (!has_fraction || context.error != nullptr) return exact;
  SoftFloat total = soft_float_from_int(1);
  for (const Value& item : members(args[0])) total = multiply_narrow(total, soft(item));
  // 53 bits are a double, whose shortest text is wanted; beyond a double's range the longer text is the same number.
  std::string text;
  const double number = std::ldexp(static_cast<double>(total.mantissa), static_cast<int>(std::clamp<std::int64_t>(total.exponent, -100'000, 100'000)));
  if (!std::isnormal(number)) {
    append_soft_float(text, total);
    return number_from_text(context.arena(), text);
  }
  char buffer[40];
  const std::to_chars_result end = std::to_chars(buffer, buffer + sizeof buffer, number, std::chars_format::scientific);
  const std::string_view shortest(buffer, static_cast<std::size_t>(end.ptr - buffer));
  const std::size_t mark = shortest.find('e');
  std::string digits(shortest.substr(0, 1));
  if (mark > 2) digits += shortest.substr(2, mark - 2);
  int power = 0;
  std::from_chars(shortest.data() + mark + (shortest[mark + 1] == '+' ? 2 : 1), end.ptr, power);
  if (total.is_negative) text += '-';
  append_shortest(text, digits, power + 1, total.is_integer());
  return number_from_text(context.arena(), text);
}

Value max(CallContext&, Args args) {
  if (args[0].is_set()) {
    const std::span<const Value> items = args.set(0).items();
    return items.empty() ? Value() : items.back();
  }
  Value best;
  for (const Value& item : args.array(0)) {
    if (!best.is_defined() || compare(best, item) <= 0) best = item;
  }
  return best;
}

Value min(CallContext&, Args args) {
  if (args[0].is_set()) {
    const std::span<const Value> items = args.set(0).items();
    return items.empty() ? Value() : items.front();
  }
  Value best;
  for (const Value& item : args.array(0)) {
    if (!best.is_defined() || compare(best, item) >= 0) best = item;
  }
  return best;
}

constexpr std::size_t kFew = 24;

Value sort(CallContext& context, Args args) {
  if (args[0].is_set()) return Value::array(args.set(0).items());
  const std::span<const Value> items = args.array(0);
  if (!context.may_work(items.size() / Budget::kItems * static_cast<std::size_t>(std::bit_width(items.size())))) return {};
  Value* sorted = context.arena().allocate_array<Value>(items.size());
  std::copy(items.begin(), items.end(), sorted);
  const auto before = [](const Value& left, const Value& right) { return compare(left, right) < 0; };
  if (items.size() <= kFew) {
    // stable_sort takes memory from the heap even for three items.
    for (Value* next = sorted; next != sorted + items.size(); ++next) std::rotate(std::upper_bound(sorted, next, *next, before), next, next + 1);
  } else if (!std::is_sorted(sorted, sorted + items.size(), before)) {
    std::stable_sort(sorted, sorted + items.size(), before);
  }
  return Value::array({sorted, items.size()});
}

Value all(CallContext& context, Args args) {
  if (!args[0].is_array() && !args[0].is_set()) return context.fail_operand(1, "one of {array, set}", args[0]);
  const std::span<const Value> items = members(args[0]);
  return Value::boolean(std::all_of(items.begin(), items.end(), [](const Value& item) { return item.is_true(); }));
}

Value any(CallContext& context, Args args) {
  if (!args[0].is_array() && !args[0].is_set()) return context.fail_operand(1, "one of {array, set}", args[0]);
  const std::span<const Value> items = members(args[0]);
  return Value::boolean(std::any_of(items.begin(), items.end(), [](const Value& item) { return item.is_true(); }));
}

bool is_among(const Value& wanted, std::span<const Value> items) {
  return std::any_of(items.begin(), items.end(), [&](const Value& item) { return equal(wanted, item); });
}

Value member_2(CallContext&, Args args) {
  const Value& of = args[1];
  if (of.is_array()) return Value::boolean(is_among(args[0], of.as_array()));
  if (of.is_set()) return Value::boolean(of.as_set().contains(args[0]));
  if (of.is_object()) return Value::boolean(is_among(args[0], of.as_object().values()));
  return Value::boolean(false);
}

Value member_3(CallContext&, Args args) {
  const Value& key = args[0];
  const Value& wanted = args[1];
  const Value& of = args[2];
  if (of.is_set()) return Value::boolean(of.as_set().contains(key) && equal(key, wanted));
  const Value* found = nullptr;
  if (of.is_object()) {
    found = of.as_object().find(key);
  } else if (of.is_array() && key.is_number()) {
    const std::optional<std::int64_t> index = to_int64(key);
    if (index && *index >= 0 && *index < of.length()) found = &of.as_array()[static_cast<std::size_t>(*index)];
  }
  return Value::boolean(found != nullptr && equal(wanted, *found));
}

constexpr Builtin kAggregateBuiltins[] = {
    {.name = "count",
     .signature = signature("(collection: string|array[any]|object[any: any]|set[any]) -> number"),
     .doc = "How many items an array, members a set, keys an object or code points a string has.",
     .example = R"(count("größe") == 5)",
     .fn = count,
     .checks_operands = false,
     .is_brief = true,
     .can_fail = false},
    {.name = "sum",
     .signature = signature("(collection: array[number]|set[number]) -> number"),
     .doc = "The sum of the numbers; 0 where there are none.",
     .example = "sum([1, 2, 3.5]) == 6.5",
     .fn = sum},
    {.name = "product",
     .signature = signature("(collection: array[number]|set[number]) -> number"),
     .doc = "The product of the numbers; 1 where there are none.",
     .example = "product([2, 3, 4]) == 24",
     .fn = product},
    {.name = "max",
     .signature = signature("(collection: array[any]|set[any]) -> any"),
     .doc = "The greatest element in the order of all values; undefined where there is none.",
     .example = "max([2, 7, 5]) == 7",
     .fn = max,
     .can_fail = false},
    {.name = "min",
     .signature = signature("(collection: array[any]|set[any]) -> any"),
     .doc = "The least element in the order of all values; undefined where there is none.",
     .example = "min({2, 7, 5}) == 2",
     .fn = min,
     .can_fail = false},
    {.name = "sort",
     .signature = signature("(collection: array[any]|set[any]) -> array[any]"),
     .doc = "The elements as an array in the order of all values.",
     .example = R"(sort([3, "a", 1]) == [1, 3, "a"])",
     .fn = sort,
     .can_fail = false},
    {.name = "all",
     .signature = signature("(array[any]|set[any]) -> boolean"),
     .doc = "Whether every element is true.",
     .example = "all([true, true])",
     .fn = all,
     .checks_operands = false,
     .is_deprecated = true},
    {.name = "any",
     .signature = signature("(array[any]|set[any]) -> boolean"),
     .doc = "Whether one element is true.",
     .example = "any([false, true])",
     .fn = any,
     .checks_operands = false,
     .is_deprecated = true},
    {.name = "internal.member_2",
     .signature = signature("(any, any) -> boolean"),
     .doc = "Whether the first value is an element of the second: `x in xs`.",
     .fn = member_2,
     .is_internal = true,
     .can_fail = false},
    {.name = "internal.member_3",
     .signature = signature("(any, any, any) -> boolean"),
     .doc = "Whether the third value holds the second under the first: `k, x in xs`.",
     .fn = member_3,
     .is_internal = true,
     .can_fail = false},
};

}  // namespace

std::span<const Builtin> aggregate_builtins() { return kAggregateBuiltins; }

}  // namespace psdl
