// Arithmetic, bits, ranges and conversions of numbers. In: numbers of any size; out: numbers as OPA's arithmetic has them.
#include <boost/multiprecision/cpp_int.hpp>

#include <algorithm>
#include <charconv>

#include "builtins/integers.hpp"
#include "builtins/registry.hpp"
#include "builtins/sets.hpp"
#include "value/text.hpp"

namespace psdl {
namespace {

using boost::multiprecision::cpp_int;

// The pieces of a number's text: sign, digits without the point, and the power of ten that the last digit stands for.
struct Decimals {
  bool is_negative = false;
  std::string digits;
  std::int64_t exponent = 0;
};

Decimals split_decimal(std::string_view text) {
  Decimals parts;
  std::size_t at = 0;
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) parts.is_negative = text[at++] == '-';
  bool after_point = false;
  for (; at < text.size() && (text[at] | 0x20) != 'e'; ++at) {
    if (text[at] == '.') {
      after_point = true;
      continue;
    }
    parts.digits += text[at];
    if (after_point) --parts.exponent;
  }
  if (at < text.size()) {
    ++at;
    if (at < text.size() && text[at] == '+') ++at;
    std::int64_t exponent = 0;
    std::from_chars(text.data() + at, text.data() + text.size(), exponent);
    parts.exponent += exponent;
  }
  return parts;
}

// Digits alone, cut toward zero where there is a fraction. Leading zeros would make the text octal for cpp_int.
cpp_int whole_part(Decimals parts) {
  if (parts.exponent < 0) {
    const std::size_t cut = static_cast<std::size_t>(-parts.exponent);
    parts.digits.resize(parts.digits.size() > cut ? parts.digits.size() - cut : 0);
  } else {
    parts.digits.append(static_cast<std::size_t>(parts.exponent), '0');
  }
  parts.digits.erase(0, parts.digits.find_first_not_of('0'));
  if (parts.digits.empty()) return 0;
  cpp_int whole(parts.digits);
  return parts.is_negative ? cpp_int(-whole) : whole;
}

cpp_int whole_part(const Value& number) {
  if (number.is_int()) return number.as_int();
  NumberBuffer buffer;
  return whole_part(split_decimal(number_text(number, buffer)));
}

Value from_big(CallContext& context, const cpp_int& whole) {
  if (whole >= INT64_MIN && whole <= INT64_MAX) return Value::integer(whole.convert_to<std::int64_t>());
  if (msb(whole < 0 ? cpp_int(-whole) : whole) / 3 > context.limits().number_digits) return context.limit("number_digits");
  return number_from_text(context.arena(), whole.str());
}

// Writing 1e4000 out costs memory, so size comes first.
bool is_writable(CallContext& context, const Value& number) {
  if (number.is_int() || integer_digits(number) <= std::size_t{context.limits().number_digits} + context.limits().number_exponent) return true;
  (void)context.limit("number_digits");
  return false;
}

// OPA's BigIntOperand: any text of an integral number will do.
bool want_integer(CallContext& context, const Value& operand, unsigned position) {
  if (operand.is_int()) return true;
  if (!operand.is_number()) {
    (void)context.fail_operand(position, "integer", operand);
    return false;
  }
  if (!is_integral(operand)) {
    (void)context.fail(EvalCode::Type, "operand " + std::to_string(position) + " must be integer number but got floating-point number");
    return false;
  }
  return is_writable(context, operand);
}

std::string in_base(const cpp_int& whole, unsigned base) {
  if (base == 10) return whole.str();
  const bool is_negative = whole < 0;
  const cpp_int size = is_negative ? cpp_int(-whole) : whole;
  std::string digits;
  if (base == 16 || base == 8) {
    digits = size.str(0, base == 16 ? std::ios_base::hex : std::ios_base::oct);
    std::transform(digits.begin(), digits.end(), digits.begin(), [](char c) { return c >= 'A' && c <= 'F' ? static_cast<char>(c | 0x20) : c; });
  } else {
    if (size == 0) digits = "0";
    for (std::int64_t bit = size == 0 ? -1 : static_cast<std::int64_t>(msb(size)); bit >= 0; --bit) {
      digits += bit_test(size, static_cast<unsigned>(bit)) ? '1' : '0';
    }
  }
  return is_negative ? "-" + digits : digits;
}

}  // namespace

std::optional<std::string> integer_in_base(const Value& number, unsigned base) {
  if (!number.is_number() || !is_integral(number)) return std::nullopt;
  return in_base(whole_part(number), base);
}

std::size_t integer_digits(const Value& number) {
  if (number.is_int()) return 20;
  NumberBuffer buffer;
  const std::string_view text = number_text(number, buffer);
  const std::int64_t exponent = split_decimal(text.substr(text.find_first_of("eE") == std::string_view::npos ? text.size() : text.find_first_of("eE"))).exponent;
  return text.size() + (exponent > 0 ? static_cast<std::size_t>(exponent) : 0);
}

namespace {

// Arithmetic ------------------------------------------------------------------------------------------------------------------------

Value plus(CallContext& context, Args args) { return add(context.arena(), args[0], args[1]); }

Value minus(CallContext& context, Args args) {
  const Value& left = args[0];
  const Value& right = args[1];
  if (left.is_number() && right.is_number()) return subtract(context.arena(), left, right);
  if (left.is_set() && right.is_set()) return set_difference(context.arena(), left.as_set(), right.as_set());
  if (!left.is_number() && !left.is_set()) return context.fail_operand(1, "one of {number, set}", left);
  return context.fail_operand(2, right.is_number() ? "set" : "number", right);
}

Value mul(CallContext& context, Args args) {
  const Value made = multiply(context.arena(), args[0], args[1]);
  NumberBuffer buffer;
  if (made.tag() == Tag::BigInt && number_text(made, buffer).size() > context.limits().number_digits) return context.limit("number_digits");
  return made;
}

Value div(CallContext& context, Args args) {
  std::string_view error;
  const Value made = divide(context.arena(), args[0], args[1], error);
  return made.is_defined() ? made : context.fail(error);
}

Value rem(CallContext& context, Args args) {
  std::string_view error;
  const Value made = remainder(context.arena(), args[0], args[1], error);
  return made.is_defined() ? made : context.fail(error);
}

Value abs(CallContext& context, Args args) { return absolute(context.arena(), args[0]); }
Value round(CallContext& context, Args args) { return round_number(context.arena(), args[0]); }
Value ceil(CallContext& context, Args args) { return ceiling(context.arena(), args[0]); }
Value floor(CallContext& context, Args args) { return floor_number(context.arena(), args[0]); }

// Bits ------------------------------------------------------------------------------------------------------------------------------

Value bits_and(CallContext& context, Args args) {
  if (!want_integer(context, args[0], 1) || !want_integer(context, args[1], 2)) return {};
  if (args[0].is_int() && args[1].is_int()) return Value::integer(args[0].as_int() & args[1].as_int());
  return from_big(context, whole_part(args[0]) & whole_part(args[1]));
}

Value bits_or(CallContext& context, Args args) {
  if (!want_integer(context, args[0], 1) || !want_integer(context, args[1], 2)) return {};
  if (args[0].is_int() && args[1].is_int()) return Value::integer(args[0].as_int() | args[1].as_int());
  return from_big(context, whole_part(args[0]) | whole_part(args[1]));
}

Value bits_xor(CallContext& context, Args args) {
  if (!want_integer(context, args[0], 1) || !want_integer(context, args[1], 2)) return {};
  if (args[0].is_int() && args[1].is_int()) return Value::integer(args[0].as_int() ^ args[1].as_int());
  return from_big(context, whole_part(args[0]) ^ whole_part(args[1]));
}

Value bits_negate(CallContext& context, Args args) {
  if (!want_integer(context, args[0], 1)) return {};
  if (args[0].is_int()) return Value::integer(~args[0].as_int());
  return from_big(context, -whole_part(args[0]) - 1);
}

// How far to shift; nothing where the second operand is negative or out of reach.
bool want_shift(CallContext& context, Args args, cpp_int& by) {
  if (!want_integer(context, args[0], 1) || !want_integer(context, args[1], 2)) return false;
  by = whole_part(args[1]);
  if (by >= 0) return true;
  (void)context.fail(EvalCode::Type, "operand 2 must be an unsigned integer number but got a negative integer");
  return false;
}

Value bits_lsh(CallContext& context, Args args) {
  cpp_int by;
  if (!want_shift(context, args, by)) return {};
  if (by > context.limits().shift_bits) return context.limit("shift_bits");
  return from_big(context, whole_part(args[0]) << by.convert_to<unsigned>());
}

Value bits_rsh(CallContext& context, Args args) {
  cpp_int by;
  if (!want_shift(context, args, by)) return {};
  const cpp_int whole = whole_part(args[0]);
  if (by > 1'000'000) return Value::integer(whole < 0 ? -1 : 0);
  // Toward minus infinity, as a shift of two's complement does it; cpp_int shifts sign and size.
  const unsigned shift = by.convert_to<unsigned>();
  return from_big(context, whole >= 0 ? cpp_int(whole >> shift) : cpp_int(-1 - cpp_int((-1 - whole) >> shift)));
}

// Ranges ----------------------------------------------------------------------------------------------------------------------------

Value range(CallContext& context, const Value& from, const Value& to, const Value& by) {
  const cpp_int first = whole_part(from);
  const cpp_int step = whole_part(by);
  const bool descends = first > whole_part(to);
  const cpp_int distance = descends ? cpp_int(first - whole_part(to)) : cpp_int(whole_part(to) - first);
  const cpp_int count = distance / step + 1;
  if (count > context.limits().range_items) return context.limit("range_items");
  const std::size_t size = count.convert_to<std::size_t>();
  if (!context.may_make_items(size)) return {};
  const bool are_small = from.is_int() && to.is_int() && by.is_int();
  if (!context.may_work(are_small ? size / Budget::kItems : size)) return {};
  Value* items = context.arena().allocate_array<Value>(size);
  if (are_small) {
    const std::int64_t increment = descends ? -by.as_int() : by.as_int();
    for (std::size_t i = 0; i < size; ++i) items[i] = Value::integer(from.as_int() + static_cast<std::int64_t>(i) * increment);
  } else {
    cpp_int next = first;
    for (std::size_t i = 0; i < size; ++i) {
      items[i] = from_big(context, next);
      if (!items[i].is_defined()) return {};
      if (descends) {
        next -= step;
      } else {
        next += step;
      }
    }
  }
  return Value::array({items, size});
}

Value numbers_range(CallContext& context, Args args) {
  if (!want_integer(context, args[0], 1) || !want_integer(context, args[1], 2)) return {};
  return range(context, args[0], args[1], Value::integer(1));
}

Value numbers_range_step(CallContext& context, Args args) {
  for (unsigned i = 0; i < 3; ++i) {
    if (!want_integer(context, args[i], i + 1)) return {};
  }
  // OPA says the name twice.
  if (compare_numbers(args[2], Value::integer(0)) <= 0) return context.fail("numbers.range_step: step must be a positive integer");
  return range(context, args[0], args[1], args[2]);
}

// Conversions -----------------------------------------------------------------------------------------------------------------------

Value format_int(CallContext& context, Args args) {
  // The base is compared as text: 16.0 is none.
  const std::int64_t base = args[1].is_int() ? args[1].as_int() : 0;
  if (base != 2 && base != 8 && base != 10 && base != 16) {
    return context.fail(EvalCode::Type, "operand 2 must be one of {2, 8, 10, 16}");
  }
  if (args[0].is_int()) {
    char digits[72];
    const std::to_chars_result end = std::to_chars(digits, digits + sizeof digits, args[0].as_int(), static_cast<int>(base));
    return Value::string(context.arena(), {digits, static_cast<std::size_t>(end.ptr - digits)});
  }
  if (!is_writable(context, args[0])) return {};
  Value number = args[0];
  if (number.tag() == Tag::Decimal) {
    // Fractions and exponents go through a float of 64 bits in OPA; ceiling() and floor_number() do that and cut toward zero.
    const bool is_negative = compare_numbers(number, Value::integer(0)) < 0;
    if (compare_numbers(absolute(context.arena(), number), Value::integer(1)) < 0) return Value::string("0");
    number = is_negative ? ceiling(context.arena(), number) : floor_number(context.arena(), number);
  }
  return Value::string(context.arena(), in_base(whole_part(number), static_cast<unsigned>(base)));
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// What Go's ParseFloat takes, brought into JSON's grammar: "+5", "007", "1.", ".5", "1_0" are numbers there. Empty where it takes none.
std::string json_number(std::string_view text) {
  std::string made;
  std::size_t at = 0;
  if (at < text.size() && (text[at] == '+' || text[at] == '-')) {
    if (text[at] == '-') made += '-';
    ++at;
  }
  bool any_digit = false;
  const auto digits = [&](std::string& out) {
    const std::size_t begin = at;
    while (at < text.size() && (is_digit(text[at]) || (text[at] == '_' && at > begin && at + 1 < text.size() && is_digit(text[at - 1]) && is_digit(text[at + 1])))) {
      if (text[at] != '_') out += text[at];
      ++at;
    }
    any_digit = any_digit || at > begin;
  };
  std::string whole;
  digits(whole);
  whole.erase(0, std::min(whole.find_first_not_of('0'), whole.empty() ? 0 : whole.size() - 1));
  made += whole.empty() ? "0" : whole;
  if (at < text.size() && text[at] == '.') {
    ++at;
    std::string fraction;
    digits(fraction);
    if (!fraction.empty()) made += "." + fraction;
  }
  if (!any_digit) return {};
  if (at < text.size() && (text[at] | 0x20) == 'e') {
    made += text[at++];
    if (at < text.size() && (text[at] == '+' || text[at] == '-')) made += text[at++];
    const std::size_t begin = at;
    digits(made);
    if (at == begin) return {};
  }
  return at == text.size() ? made : std::string();
}

// 0x1.8p3: the only hexadecimal form that ParseFloat takes has an exponent.
std::optional<double> hex_float(std::string_view text) {
  bool is_negative = false;
  if (!text.empty() && (text[0] == '+' || text[0] == '-')) {
    is_negative = text[0] == '-';
    text.remove_prefix(1);
  }
  if (text.size() < 3 || text[0] != '0' || (text[1] | 0x20) != 'x' || text.find_first_of("pP") == std::string_view::npos) return std::nullopt;
  std::string plain;
  for (std::size_t i = 2; i < text.size(); ++i) {
    if (text[i] != '_' && !(text[i] == '+' && (text[i - 1] | 0x20) == 'p')) plain += text[i];
  }
  double number = 0;
  const std::from_chars_result end = std::from_chars(plain.data(), plain.data() + plain.size(), number, std::chars_format::hex);
  if (end.ec != std::errc() || end.ptr != plain.data() + plain.size()) return std::nullopt;
  return is_negative ? -number : number;
}

bool is_special(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of("+-"), text.size()));
  std::string lower(text.substr(0, 9));
  std::transform(lower.begin(), lower.end(), lower.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; });
  return lower == "inf" || lower == "infinity" || lower == "nan";
}

Value parse_number(CallContext& context, std::string_view text) {
  std::int64_t small = 0;
  const std::from_chars_result end = std::from_chars(text.data(), text.data() + text.size(), small);
  if (!text.empty() && end.ec == std::errc() && end.ptr == text.data() + text.size() && (is_digit(text[0]) ? text[0] != '0' || text.size() == 1 : small < 0)) {
    return Value::integer(small);
  }
  if (is_special(text)) return context.fail(EvalCode::Type, "operand 1 must be valid number string but got string");
  const auto broken = [&](std::string_view why) {
    const std::string_view shown = text.substr(0, 256);
    const bool is_plain = std::all_of(shown.begin(), shown.end(), [](char c) { return c >= ' ' && c < 0x7F && c != '"' && c != '\\'; });
    if (is_plain) return context.fail(EvalCode::Builtin, {"strconv.ParseFloat: parsing \"", shown, "\": ", why});
    std::string message = "strconv.ParseFloat: parsing ";
    append_quoted(message, shown);
    return context.fail(message.append(": ").append(why));
  };
  if (const std::optional<double> hex = hex_float(text)) return number_from_double(context.arena(), *hex);
  if (text.size() > context.limits().number_digits + 16) return context.limit("number_digits");
  const std::string json = json_number(text);
  if (json.empty()) return broken("invalid syntax");
  double number = 0;
  if (std::from_chars(json.data(), json.data() + json.size(), number).ec == std::errc::result_out_of_range) {
    const Decimals parts = split_decimal(json);
    const std::size_t leading = std::min(parts.digits.find_first_not_of('0'), parts.digits.size());
    const bool is_huge = leading < parts.digits.size() && parts.exponent + static_cast<std::int64_t>(parts.digits.size() - leading) > 0;
    if (is_huge) return broken("value out of range");
    if (-parts.exponent > context.limits().number_exponent) return context.limit("number_exponent");
  }
  const Value made = number_from_text(context.arena(), json);
  return made.is_defined() ? made : context.fail("invalid number: number too big");
}

Value to_number(CallContext& context, Args args) {
  const Value& from = args[0];
  if (from.is_number()) return from;
  if (from.is_string()) return parse_number(context, from.as_string());
  return Value::integer(from.is_true() ? 1 : 0);
}

// splitmix64 over the evaluation's seed and the operands: the same key gives the same number within one evaluation.
Value rand_intn(CallContext& context, Args args) {
  const std::optional<std::int64_t> bound = to_int64(args[1]);
  if (!bound) return context.fail(EvalCode::Type, "operand 2 must be integer number but got floating-point number");
  const std::uint64_t size = *bound < 0 ? 0 - static_cast<std::uint64_t>(*bound) : static_cast<std::uint64_t>(*bound);
  if (size == 0) return Value::integer(0);
  std::uint64_t state = context.facts().seed ^ hash_text(args.string(0)) ^ (size * 0x9E37'79B9'7F4A'7C15ULL);
  std::uint64_t drawn = 0;
  do {  // numbers beyond the last whole multiple of size would favour the small ones
    state += 0x9E37'79B9'7F4A'7C15ULL;
    drawn = state;
    drawn = (drawn ^ (drawn >> 30U)) * 0xBF58'476D'1CE4'E5B9ULL;
    drawn = (drawn ^ (drawn >> 27U)) * 0x94D0'49BB'1331'11EBULL;
    drawn ^= drawn >> 31U;
  } while (drawn >= UINT64_MAX - UINT64_MAX % size);
  return Value::integer(static_cast<std::int64_t>(drawn % size));
}

constexpr Builtin kNumberBuiltins[] = {
    {.name = "plus",
     .signature = signature("(x: number, y: number) -> number"),
     .doc = "The sum of two numbers: `x + y`. Integers of any size are exact.",
     .example = "plus(1, 2) == 3",
     .fn = plus,
     .can_fail = false},
    {.name = "minus",
     .signature = signature("(x: number|set[any], y: number|set[any]) -> number|set[any]"),
     .doc = "The difference of two numbers, or the members of one set that another lacks: `x - y`.",
     .example = "{1, 2} - {2} == {1}",
     .fn = minus,
     .checks_operands = false},
    {.name = "mul",
     .signature = signature("(x: number, y: number) -> number"),
     .doc = "The product of two numbers: `x * y`. Integers of any size are exact.",
     .example = "mul(3, 4) == 12",
     .fn = mul},
    {.name = "div",
     .signature = signature("(x: number, y: number) -> number"),
     .doc = "The quotient of two numbers: `x / y`. An error where the second is zero.",
     .example = "div(3, 2) == 1.5",
     .fn = div},
    {.name = "rem",
     .signature = signature("(x: number, y: number) -> number"),
     .doc = "The remainder of an integer division, with the sign of the first operand: `x % y`.",
     .example = "rem(-5, 3) == -2",
     .fn = rem},
    {.name = "abs",
     .signature = signature("(x: number) -> number"),
     .doc = "The number without its sign.",
     .example = "abs(-4) == 4",
     .fn = abs,
     .can_fail = false},
    {.name = "round",
     .signature = signature("(x: number) -> number"),
     .doc = "The nearest integer; halves go away from zero.",
     .example = "round(2.5) == 3",
     .fn = round,
     .can_fail = false},
    {.name = "ceil",
     .signature = signature("(x: number) -> number"),
     .doc = "The next integer upward.",
     .example = "ceil(1.2) == 2",
     .fn = ceil,
     .can_fail = false},
    {.name = "floor",
     .signature = signature("(x: number) -> number"),
     .doc = "The next integer downward.",
     .example = "floor(1.8) == 1",
     .fn = floor,
     .can_fail = false},
    {.name = "bits.and",
     .signature = signature("(x: number, y: number) -> number"),
     .doc = "The bits that both integers have set.",
     .example = "bits.and(6, 3) == 2",
     .fn = bits_and,
     .checks_operands = false},
    {.name = "bits.or",
     .signature = signature("(x: number, y: number) -> number"),
     .doc = "The bits that one of the integers has set.",
     .example = "bits.or(6, 3) == 7",
     .fn = bits_or,
     .checks_operands = false},
    {.name = "bits.xor",
     .signature = signature("(x: number, y: number) -> number"),
     .doc = "The bits that exactly one of the integers has set.",
     .example = "bits.xor(6, 3) == 5",
     .fn = bits_xor,
     .checks_operands = false},
    {.name = "bits.negate",
     .signature = signature("(x: number) -> number"),
     .doc = "The integer with every bit flipped.",
     .example = "bits.negate(5) == -6",
     .fn = bits_negate,
     .checks_operands = false},
    {.name = "bits.lsh",
     .signature = signature("(x: number, s: number) -> number"),
     .doc = "The integer with its bits moved to the left.",
     .example = "bits.lsh(3, 2) == 12",
     .fn = bits_lsh,
     .checks_operands = false},
    {.name = "bits.rsh",
     .signature = signature("(x: number, s: number) -> number"),
     .doc = "The integer with its bits moved to the right.",
     .example = "bits.rsh(12, 2) == 3",
     .fn = bits_rsh,
     .checks_operands = false},
    {.name = "numbers.range",
     .signature = signature("(a: number, b: number) -> array[number]"),
     .doc = "The integers from one to another, both included, upward or downward.",
     .example = "numbers.range(3, 1) == [3, 2, 1]",
     .fn = numbers_range,
     .checks_operands = false},
    {.name = "numbers.range_step",
     .signature = signature("(a: number, b: number, step: number) -> array[number]"),
     .doc = "Every so many integers from one to another, upward or downward.",
     .example = "numbers.range_step(0, 7, 3) == [0, 3, 6]",
     .fn = numbers_range_step,
     .checks_operands = false},
    {.name = "format_int",
     .signature = signature("(number: number, base: number) -> string"),
     .doc = "The number's whole part in base 2, 8, 10 or 16.",
     .example = R"(format_int(255, 16) == "ff")",
     .fn = format_int},
    {.name = "to_number",
     .signature = signature("(value: null|boolean|number|string) -> number"),
     .doc = "The number that a string spells; 1 for true, 0 for false and null.",
     .example = R"(to_number("1.5") == 1.5)",
     .fn = to_number},
    {.name = "rand.intn",
     .signature = signature("(str: string, n: number) -> number"),
     .doc = "A number from 0 up to but without `n`, the same for the same operands within one evaluation.",
     .example = R"(rand.intn("dice", 1) == 0)",
     .fn = rand_intn,
     .is_deterministic = false},
};

}  // namespace

std::span<const Builtin> number_builtins() { return kNumberBuiltins; }

}  // namespace psdl
