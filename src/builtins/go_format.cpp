// The formatter behind sprintf: flags, widths, argument indices and verbs as Go's fmt package reads and prints them.
#include "builtins/go_format.hpp"

#include <bit>
#include <charconv>
#include <cmath>
#include <string>

#include "builtins/integers.hpp"
#include "builtins/runes.hpp"
#include "value/number.hpp"
#include "value/text.hpp"
#include "value/unicode_print.hpp"

namespace psdl {
namespace {

// What Go sees of a value.
enum class GoType : std::uint8_t { Int64, BigInt, Float64, String };

std::string_view go_type_name(GoType type) {
  switch (type) {
    case GoType::Int64:
      return "int64";
    case GoType::BigInt:
      return "*big.Int";
    case GoType::Float64:
      return "float64";
    case GoType::String:
      return "string";
  }
  return "string";
}

struct GoValue {
  GoType type = GoType::String;
  std::int64_t integer = 0;
  double real = 0;
  std::string_view text;  // of a string; the digits of a big integer
};

class Printer {
 public:
  Printer(CallContext& context, std::string_view format, std::span<const Value> values, TextSink& out)
      : context_(context), format_(format), values_(values), out_(out) {}

  bool run() {
    while (at_ < format_.size() && !failed_) {
      const std::size_t percent = format_.find('%', at_);
      out_.append(format_.substr(at_, percent - at_));
      if (percent == std::string_view::npos) {
        at_ = format_.size();
        break;
      }
      at_ = percent + 1;
      if (!directive()) break;
    }
    if (!reordered_ && next_ < values_.size() && !failed_) extra();
    return !failed_;
  }

 private:
  struct Flags {
    bool minus = false;
    bool plus = false;
    bool sharp = false;
    bool space = false;
    bool zero = false;
    bool sharp_v = false;
    bool has_width = false;
    bool has_precision = false;
    std::size_t width = 0;
    std::size_t precision = 0;
  };

  // Reading the format --------------------------------------------------------------------------------------------------------------

  // One directive, the percent sign read already. False where the format ends inside it.
  bool directive() {
    flags_ = {};
    good_index_ = true;
    bool after_index = false;
    for (; at_ < format_.size(); ++at_) {
      const char c = format_[at_];
      if (c == '#') {
        flags_.sharp = true;
      } else if (c == '0') {
        flags_.zero = true;
      } else if (c == '+') {
        flags_.plus = true;
      } else if (c == '-') {
        flags_.minus = true;
      } else if (c == ' ') {
        flags_.space = true;
      } else {
        break;
      }
    }
    if (at_ < format_.size() && format_[at_] >= 'a' && format_[at_] <= 'z' && next_ < values_.size()) {
      print_next(static_cast<char32_t>(format_[at_++]));
      return true;
    }
    index(after_index);
    read_width(after_index);
    read_precision(after_index);
    if (failed_) return false;
    if (!after_index) index(after_index);
    if (at_ >= format_.size()) {
      out_.append("%!(NOVERB)");
      return false;
    }
    const Rune verb = decode_rune(format_, at_);
    at_ += verb.size;
    if (verb.value == '%') {
      out_.append('%');
    } else if (!good_index_) {
      bad(verb.value, "(BADINDEX)");
    } else if (next_ >= values_.size()) {
      bad(verb.value, "(MISSING)");
    } else {
      print_next(verb.value);
    }
    return true;
  }

  void read_width(bool& after_index) {
    if (at_ < format_.size() && format_[at_] == '*') {
      ++at_;
      std::int64_t width = 0;
      flags_.has_width = star(width);
      if (!flags_.has_width) out_.append("%!(BADWIDTH)");
      if (width < 0) {
        flags_.minus = true;
        flags_.zero = false;
      }
      flags_.width = static_cast<std::size_t>(width < 0 ? -width : width);
      after_index = false;
    } else {
      flags_.has_width = number(flags_.width);
      if (after_index && flags_.has_width) good_index_ = false;
    }
    check_limit(flags_.width);
  }

  void read_precision(bool& after_index) {
    if (at_ + 1 >= format_.size() || format_[at_] != '.') return;
    ++at_;
    if (after_index) good_index_ = false;
    index(after_index);
    if (at_ < format_.size() && format_[at_] == '*') {
      ++at_;
      std::int64_t precision = 0;
      flags_.has_precision = star(precision) && precision >= 0;
      if (!flags_.has_precision) out_.append("%!(BADPREC)");
      flags_.precision = flags_.has_precision ? static_cast<std::size_t>(precision) : 0;
      after_index = false;
    } else {
      (void)number(flags_.precision);
      flags_.has_precision = true;
    }
    check_limit(flags_.precision);
  }

  void check_limit(std::size_t size) {
    if (size <= context_.limits().format_width || failed_) return;
    (void)context_.limit("format_width");
    failed_ = true;
  }

  // Digits; Go gives up on numbers beyond a million, which is beyond our limit too.
  bool number(std::size_t& read) {
    const std::size_t begin = at_;
    read = 0;
    for (; at_ < format_.size() && format_[at_] >= '0' && format_[at_] <= '9'; ++at_) {
      read = std::min<std::size_t>(read * 10 + static_cast<std::size_t>(format_[at_] - '0'), 10'000'000);
    }
    return at_ > begin;
  }

  // A width or precision that is an operand.
  bool star(std::int64_t& read) {
    if (next_ >= values_.size()) return false;
    const GoValue value = go_value(values_[next_++]);
    constexpr std::int64_t most = 1'000'000;
    if (value.type != GoType::Int64 || value.integer > most || value.integer < -most) return false;
    read = value.integer;
    return true;
  }

  // [3]: the operand to take next, counted from 1.
  void index(bool& after_index) {
    after_index = false;
    if (at_ >= format_.size() || format_[at_] != '[') return;
    reordered_ = true;
    const std::size_t close = format_.find(']', at_);
    if (format_.size() - at_ < 3 || close == std::string_view::npos) {
      good_index_ = false;
      ++at_;
      return;
    }
    ++at_;
    std::size_t wanted = 0;
    const bool is_number = number(wanted) && at_ == close;
    at_ = close + 1;
    after_index = is_number;
    if (is_number && wanted >= 1 && wanted <= values_.size()) {
      next_ = wanted - 1;
    } else {
      good_index_ = false;
    }
  }

  void bad(char32_t verb, std::string_view what) {
    out_.append("%!");
    append_rune(verb);
    out_.append(what);
  }

  void extra() {
    flags_ = {};
    out_.append("%!(EXTRA ");
    for (std::size_t i = next_; i < values_.size(); ++i) {
      if (i > next_) out_.append(", ");
      const GoValue value = go_value(values_[i]);
      out_.append(go_type_name(value.type));
      out_.append('=');
      print(value, 'v');
    }
    out_.append(')');
  }

  // Values --------------------------------------------------------------------------------------------------------------------------

  GoValue go_value(const Value& value) {
    GoValue seen;
    if (value.is_string()) {
      seen.text = value.as_string();
    } else if (value.is_int()) {
      seen.type = GoType::Int64;
      seen.integer = value.as_int();
    } else if (value.is_number()) {
      NumberBuffer buffer;
      seen.text = number_text(value, buffer);
      if (seen.text.find_first_of(".eE") != std::string_view::npos) {
        seen.real = to_double(value);
        if (std::isfinite(seen.real)) seen.type = GoType::Float64;
      } else if (seen.text == "-0") {
        seen.type = GoType::Int64;
      } else {
        seen.type = GoType::BigInt;
      }
    } else {
      composite_.clear();
      if (!context_.write_rego(composite_, value)) failed_ = true;
      seen.text = composite_;
    }
    return seen;
  }

  void print_next(char32_t verb) {
    const Value& operand = values_[next_++];
    // Most of what is ever printed.
    if (operand.is_string() && !flags_.has_width && !flags_.has_precision && (verb == 's' || (verb == 'v' && !flags_.sharp))) {
      out_.append(operand.as_string());
      return;
    }
    const GoValue value = go_value(operand);
    if (verb == 'v' || verb == 'w') {
      flags_.sharp_v = flags_.sharp;
      flags_.sharp = false;
      // A plus counts for big integers alone, which ask for either flag.
      if (value.type != GoType::BigInt) flags_.plus = false;
    }
    print(value, verb);
  }

  void print(const GoValue& value, char32_t verb) {
    if (verb == 'T') {
      string(cut(go_type_name(value.type)));
      return;
    }
    if (verb == 'p') {
      bad_verb(value, verb);
      return;
    }
    switch (value.type) {
      case GoType::String:
        print_string(value, verb);
        return;
      case GoType::Int64:
        print_integer(value, verb);
        return;
      case GoType::Float64:
        print_float(value, verb);
        return;
      case GoType::BigInt:
        print_big(value, verb);
        return;
    }
  }

  void bad_verb(const GoValue& value, char32_t verb) {
    out_.append("%!");
    append_rune(verb);
    out_.append('(');
    out_.append(go_type_name(value.type));
    out_.append('=');
    if (value.type == GoType::BigInt) {
      out_.append(value.text);
    } else {
      print(value, 'v');
    }
    out_.append(')');
  }

  void print_string(const GoValue& value, char32_t verb) {
    switch (verb) {
      case 'v':
        if (flags_.sharp_v) {
          quoted(value.text);
        } else {
          string(cut(value.text));
        }
        return;
      case 's':
        string(cut(value.text));
        return;
      case 'x':
      case 'X':
        hex(value.text, verb == 'x' ? "0123456789abcdefx" : "0123456789ABCDEFX");
        return;
      case 'q':
        quoted(value.text);
        return;
      default:
        bad_verb(value, verb);
    }
  }

  // A precision cuts code points.
  std::string_view cut(std::string_view text) const { return flags_.has_precision ? text.substr(0, rune_offset(text, flags_.precision)) : text; }

  void quoted(std::string_view text) {
    text = cut(text);
    std::string made;
    if (flags_.sharp && can_backquote(text)) {
      made.append("`").append(text).append("`");
    } else if (flags_.plus) {
      quote_ascii(made, text);
    } else {
      append_quoted(made, text);
    }
    string(made);
  }

  static bool can_backquote(std::string_view text) {
    for (std::size_t at = 0; at < text.size();) {
      const Rune rune = decode_rune(text, at);
      at += rune.size;
      if (rune.size > 1 ? rune.value == 0xFEFF : (rune.value == kRuneError || (rune.value < ' ' && rune.value != '\t') || rune.value == '`' || rune.value == 0x7F)) {
        return false;
      }
    }
    return true;
  }

  static void quote_ascii(std::string& made, std::string_view text) {
    std::string piece;
    made += '"';
    for (std::size_t at = 0; at < text.size();) {
      const Rune rune = decode_rune(text, at);
      if (rune.size == 1) {
        piece.clear();
        append_quoted(piece, text.substr(at, 1));
        made.append(piece, 1, piece.size() - 2);
      } else {
        escape(made, rune.value);
      }
      at += rune.size;
    }
    made += '"';
  }

  static void escape(std::string& made, char32_t rune) {
    const bool is_long = rune > 0xFFFF;
    made += is_long ? "\\U" : "\\u";
    for (int shift = is_long ? 28 : 12; shift >= 0; shift -= 4) made += "0123456789abcdef"[rune >> static_cast<unsigned>(shift) & 0xFU];
  }

  void hex(std::string_view text, const char* digits) {
    if (flags_.has_precision) text = text.substr(0, flags_.precision);
    if (text.empty()) {
      if (flags_.has_width) padding(flags_.width);
      return;
    }
    std::size_t width = 2 * text.size();
    if (flags_.space) {
      width = width * (flags_.sharp ? 2 : 1) + text.size() - 1;
    } else if (flags_.sharp) {
      width += 2;
    }
    const std::size_t blanks = flags_.has_width && flags_.width > width ? flags_.width - width : 0;
    if (!flags_.minus) padding(blanks);
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (flags_.space && i > 0) out_.append(' ');
      if (flags_.sharp && (flags_.space || i == 0)) {
        out_.append('0');
        out_.append(digits[16]);
      }
      const auto byte = static_cast<unsigned char>(text[i]);
      out_.append(digits[byte >> 4U]);
      out_.append(digits[byte & 0xFU]);
    }
    if (flags_.minus) padding(blanks);
  }

  void print_integer(const GoValue& value, char32_t verb) {
    switch (verb) {
      case 'v':
      case 'd':
        integer(value.integer, 10, verb);
        return;
      case 'b':
        integer(value.integer, 2, verb);
        return;
      case 'o':
      case 'O':
        integer(value.integer, 8, verb);
        return;
      case 'x':
      case 'X':
        integer(value.integer, 16, verb);
        return;
      case 'c': {
        char bytes[4];
        string({bytes, encode_rune(bytes, to_rune(value.integer))});
        return;
      }
      case 'q':
        quoted_rune(to_rune(value.integer));
        return;
      case 'U':
        unicode(static_cast<std::uint64_t>(value.integer));
        return;
      default:
        bad_verb(value, verb);
    }
  }

  static char32_t to_rune(std::int64_t number) { return number < 0 || number > 0x10FFFF ? kRuneError : static_cast<char32_t>(number); }

  void integer(std::int64_t number, unsigned base, char32_t verb) {
    const bool is_negative = number < 0;
    std::uint64_t rest = is_negative ? 0 - static_cast<std::uint64_t>(number) : static_cast<std::uint64_t>(number);
    if (flags_.has_precision && flags_.precision == 0 && rest == 0) {
      out_.fill(flags_.has_width ? flags_.width : 0, ' ');
      return;
    }
    std::size_t least = 0;
    if (flags_.has_precision) {
      least = flags_.precision;
    } else if (flags_.zero && !flags_.minus && flags_.has_width) {
      least = flags_.width;
      if ((is_negative || flags_.plus || flags_.space) && least > 0) --least;
    }
    const char* digits = verb == 'X' ? "0123456789ABCDEFX" : "0123456789abcdefx";
    char buffer[80];
    std::size_t begin = sizeof buffer;
    do {
      buffer[--begin] = digits[rest % base];
      rest /= base;
    } while (rest > 0);
    std::string zeros(least > sizeof buffer - begin ? least - (sizeof buffer - begin) : 0, '0');
    std::string_view prefix;
    if (flags_.sharp) {
      if (base == 2) prefix = "0b";
      if (base == 8 && zeros.empty() && buffer[begin] != '0') prefix = "0";
      if (base == 16) prefix = verb == 'X' ? "0X" : "0x";
    }
    std::string_view sign;
    if (is_negative) {
      sign = "-";
    } else if (flags_.plus) {
      sign = "+";
    } else if (flags_.space) {
      sign = " ";
    }
    const std::string_view number_digits(buffer + begin, sizeof buffer - begin);
    const std::string_view octal = verb == 'O' ? "0o" : "";
    padded_parts({sign, octal, prefix, zeros, number_digits});
  }

  // Pieces that together are padded with blanks, whatever the zero flag says.
  void padded_parts(std::initializer_list<std::string_view> parts) {
    std::size_t size = 0;
    for (const std::string_view part : parts) size += part.size();
    const std::size_t blanks = flags_.has_width && flags_.width > size ? flags_.width - size : 0;
    if (!flags_.minus) out_.fill(blanks, ' ');
    for (const std::string_view part : parts) out_.append(part);
    if (flags_.minus) out_.fill(blanks, ' ');
  }

  void quoted_rune(char32_t rune) {
    std::string text;
    char bytes[4];
    if (rune >= 0xD800 && rune <= 0xDFFF) rune = kRuneError;
    const std::string_view encoded(bytes, encode_rune(bytes, rune));
    std::string made = "'";
    if (rune == '\'') {
      made += "\\'";
    } else if (rune == '"') {
      made += '"';
    } else {
      if (flags_.plus) {
        quote_ascii(text, encoded);
      } else {
        append_quoted(text, encoded);
      }
      made.append(text, 1, text.size() - 2);
    }
    string(made += '\'');
  }

  // U+0041 'A'
  void unicode(std::uint64_t number) {
    std::string made = "U+";
    char digits[20];
    const std::to_chars_result end = std::to_chars(digits, digits + sizeof digits, number, 16);
    const auto size = static_cast<std::size_t>(end.ptr - digits);
    const std::size_t least = flags_.has_precision && flags_.precision > 4 ? flags_.precision : 4;
    if (size < least) made.append(least - size, '0');
    for (std::size_t i = 0; i < size; ++i) made += digits[i] >= 'a' ? static_cast<char>(digits[i] - 'a' + 'A') : digits[i];
    if (flags_.sharp && number <= 0x10FFFF && is_printable(static_cast<std::uint32_t>(number))) {
      char bytes[4];
      made += " '";
      made.append(bytes, encode_rune(bytes, static_cast<char32_t>(number)));
      made += '\'';
    }
    flags_.zero = false;
    string(made);
  }

  void print_big(const GoValue& value, char32_t verb) {
    unsigned base = 10;
    switch (verb) {
      case 'd':
      case 's':
      case 'v':
        break;
      case 'b':
        base = 2;
        break;
      case 'o':
      case 'O':
        base = 8;
        break;
      case 'x':
      case 'X':
        base = 16;
        break;
      case 'w':
        bad_verb(value, verb);
        return;
      default:
        out_.append("%!");
        append_rune(verb);
        out_.append("(big.Int=");
        out_.append(value.text);
        out_.append(')');
        return;
    }
    std::string digits(value.text);
    if (base != 10) {
      const Value number = number_from_text(context_.arena(), value.text);
      digits = integer_in_base(number, base).value_or(std::string());
    }
    const bool is_negative = digits.starts_with('-');
    if (is_negative) digits.erase(0, 1);
    if (verb == 'X') {
      for (char& digit : digits) digit = digit >= 'a' ? static_cast<char>(digit - 'a' + 'A') : digit;
    }
    std::string_view prefix;
    if (flags_.sharp) prefix = verb == 'b' ? "0b" : verb == 'o' ? "0" : verb == 'x' ? "0x" : verb == 'X' ? "0X" : "";
    if (verb == 'O') prefix = "0o";
    const std::string_view sign = is_negative ? "-" : flags_.plus ? "+" : flags_.space ? " " : "";
    std::size_t zeros = flags_.has_precision && digits.size() < flags_.precision ? flags_.precision - digits.size() : 0;
    const std::size_t size = sign.size() + prefix.size() + zeros + digits.size();
    if (flags_.has_width && size < flags_.width && !flags_.minus && flags_.zero && !flags_.has_precision) zeros = flags_.width - size;
    padded_parts({sign, prefix, std::string(zeros, '0'), digits});
  }

  // Floats --------------------------------------------------------------------------------------------------------------------------

  void print_float(const GoValue& value, char32_t verb) {
    switch (verb) {
      case 'v':
        real(value.real, 'g', -1);
        return;
      case 'b':
      case 'g':
      case 'G':
      case 'x':
      case 'X':
        real(value.real, static_cast<char>(verb), -1);
        return;
      case 'f':
      case 'e':
      case 'E':
        real(value.real, static_cast<char>(verb), 6);
        return;
      case 'F':
        real(value.real, 'f', 6);
        return;
      default:
        bad_verb(value, verb);
    }
  }

  void real(double number, char verb, int precision) {
    if (flags_.has_precision) precision = static_cast<int>(flags_.precision);
    std::string text = go_float(std::fabs(number), verb, precision);
    const bool is_negative = std::signbit(number);
    if (flags_.sharp && verb != 'b') sharpen(text, verb, precision);
    const char sign = is_negative ? '-' : flags_.plus ? '+' : flags_.space ? ' ' : '\0';
    if (sign == '\0') {
      string(text);
      return;
    }
    if (flags_.zero && !flags_.minus && flags_.has_width && flags_.width > text.size() + 1) {
      out_.append(sign);
      out_.fill(flags_.width - text.size() - 1, '0');
      out_.append(text);
      return;
    }
    string(sign + text);
  }

  // `#` keeps the decimal point and, for %g, the zeros behind it.
  static void sharpen(std::string& text, char verb, int precision) {
    int digits = verb == 'g' || verb == 'G' || verb == 'x' ? (precision == -1 ? 6 : precision) : 0;
    std::string tail;
    bool has_point = false;
    bool saw_digit = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
      const char c = text[i];
      if (c == '.') {
        has_point = true;
      } else if (c == 'p' || c == 'P' || ((c == 'e' || c == 'E') && verb != 'x' && verb != 'X')) {
        tail = text.substr(i);
        text.resize(i);
      } else {
        saw_digit = saw_digit || c != '0';
        if (saw_digit) --digits;
      }
    }
    if (!has_point) {
      if (text == "0") --digits;
      text += '.';
    }
    if (digits > 0) text.append(static_cast<std::size_t>(digits), '0');
    text += tail;
  }

  // strconv.FormatFloat of a number that is not negative; precision -1 is the shortest text that reads back.
  static std::string go_float(double number, char verb, int precision) {
    switch (verb) {
      case 'e':
      case 'E':
        return scientific(number, precision, verb);
      case 'f':
        return to_text(number, std::chars_format::fixed, precision);
      case 'b':
        return binary(number);
      case 'x':
      case 'X':
        return hexadecimal(number, precision, verb);
      default:
        return general(number, precision, verb);
    }
  }

  static std::string to_text(double number, std::chars_format style, int precision) {
    const auto write = [&](char* begin, char* end) {
      return precision < 0 ? std::to_chars(begin, end, number, style).ptr : std::to_chars(begin, end, number, style, precision).ptr;
    };
    // A double has at most 309 digits before the point.
    constexpr std::size_t kWhole = 320;
    char few[kWhole + 64];
    if (precision <= 64) return {few, write(few, few + sizeof few)};
    std::string text(kWhole + static_cast<std::size_t>(precision), '\0');
    text.resize(static_cast<std::size_t>(write(text.data(), text.data() + text.size()) - text.data()));
    return text;
  }

  static std::string scientific(double number, int precision, char verb) {
    std::string text = to_text(number, std::chars_format::scientific, precision);
    if (verb == 'E') text[text.find('e')] = 'E';
    return text;
  }

  // Exponents from 6 up and below -4 are written; with a precision, from that precision up.
  static std::string general(double number, int precision, char verb) {
    const bool is_shortest = precision < 0;
    const int wanted = precision == 0 ? 1 : precision;
    const std::string text = to_text(number, std::chars_format::scientific, is_shortest ? -1 : wanted - 1);
    const std::size_t mark = text.find('e');
    std::string digits = text.substr(0, 1);
    if (mark > 2) digits += text.substr(2, mark - 2);
    digits.erase(std::max<std::size_t>(digits.find_last_not_of('0') + 1, 1));
    const int size = number == 0 ? 0 : static_cast<int>(digits.size());
    const int point = number == 0 ? 0 : std::atoi(text.c_str() + mark + 1) + 1;
    int most = wanted;
    if (most > size && size >= point) most = size;
    if (is_shortest) most = kShortestMost;
    const int exponent = point - 1;
    if (exponent < -4 || exponent >= most) {
      std::string made = digits.substr(0, 1);
      if (digits.size() > 1) made.append(".").append(digits, 1);
      made += verb == 'G' ? 'E' : 'e';
      made += exponent < 0 ? '-' : '+';
      const std::string power = std::to_string(exponent < 0 ? -exponent : exponent);
      return made.append(power.size() < 2 ? "0" : "").append(power);
    }
    if (number == 0) return "0";
    if (point <= 0) return "0." + std::string(static_cast<std::size_t>(-point), '0') + digits;
    const auto whole = static_cast<std::size_t>(point);
    if (digits.size() <= whole) return digits + std::string(whole - digits.size(), '0');
    return digits.substr(0, whole) + "." + digits.substr(whole);
  }

  static std::string binary(double number) {
    const std::uint64_t bits = std::bit_cast<std::uint64_t>(number);
    std::uint64_t mantissa = bits & ((1ULL << 52U) - 1);
    int exponent = static_cast<int>(bits >> 52U & 0x7FFU);
    if (exponent == 0) {
      exponent = 1;
    } else {
      mantissa |= 1ULL << 52U;
    }
    exponent -= 1023 + 52;
    return std::to_string(mantissa) + "p" + (exponent >= 0 ? "+" : "") + std::to_string(exponent);
  }

  static std::string hexadecimal(double number, int precision, char verb) {
    int exponent = 0;
    double mantissa = std::frexp(number, &exponent) * 2;
    exponent = number == 0 ? 0 : exponent - 1;
    std::string text = to_text(mantissa, std::chars_format::hex, precision);
    text.erase(text.find('p'));
    if (text.starts_with('2')) {  // rounded up to the next power
      text[0] = '1';
      ++exponent;
    }
    const std::string power = std::to_string(exponent < 0 ? -exponent : exponent);
    text = "0x" + text + "p" + (exponent < 0 ? "-" : "+") + (power.size() < 2 ? "0" : "") + power;
    if (verb == 'X') {
      for (char& c : text) c = c >= 'a' ? static_cast<char>(c - 'a' + 'A') : c;
    }
    return text;
  }

  // Output --------------------------------------------------------------------------------------------------------------------------

  void padding(std::size_t count) { out_.fill(count, flags_.zero && !flags_.minus ? '0' : ' '); }

  // Padded to the width, which counts code points.
  void string(std::string_view text) {
    if (!flags_.has_width || flags_.width == 0) {
      out_.append(text);
      return;
    }
    const std::size_t runes = count_runes(text);
    const std::size_t blanks = flags_.width > runes ? flags_.width - runes : 0;
    if (!flags_.minus) padding(blanks);
    out_.append(text);
    if (flags_.minus) padding(blanks);
  }

  void append_rune(char32_t rune) {
    char bytes[4];
    out_.append(std::string_view(bytes, encode_rune(bytes, rune)));
  }

  static constexpr int kShortestMost = 6;

  CallContext& context_;
  std::string_view format_;
  std::span<const Value> values_;
  TextSink& out_;
  Flags flags_;
  std::string composite_;
  std::size_t at_ = 0;
  std::size_t next_ = 0;
  bool reordered_ = false;
  bool good_index_ = true;
  bool failed_ = false;
};

}  // namespace

bool go_format(CallContext& context, std::string_view format, std::span<const Value> values, TextSink& out) {
  return Printer(context, format, values, out).run();
}

}  // namespace psdl
