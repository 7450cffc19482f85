// What holds no such number stays as it is, unbuilt.
#include "gatekeeper/go_numbers.hpp"

#include <array>
#include <charconv>
#include <string>

#include "codec/yaml_scalars.hpp"
#include "value/builders.hpp"
#include "value/number.hpp"

namespace psdl::gatekeeper {
namespace {

constexpr std::int64_t kPrintedAsWritten = 1'000'000;   // below it %v writes no exponent
constexpr std::int64_t kExact = std::int64_t{1} << 53;  // below it a double holds every integer

// Go's FormatFloat(number, 'g', -1, 64).
std::string printed(double number) {
  std::array<char, 40> buffer{};
  auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), number, std::chars_format::scientific);
  const std::string scientific(buffer.data(), end.ptr);
  const std::size_t power = scientific.find('e') + 1;
  int exponent = 0;
  std::from_chars(scientific.data() + power + (scientific[power] == '+' ? 1 : 0), scientific.data() + scientific.size(),
                  exponent);
  if (exponent < -4 || exponent >= 6) return scientific;
  end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), number, std::chars_format::fixed);
  return {buffer.data(), end.ptr};
}

bool stays(const Value& value, GoNumbers how) {
  const std::int64_t most = how == GoNumbers::Printed ? kPrintedAsWritten : kExact;
  return value.is_int() && value.as_int() > -most && value.as_int() < most;
}

bool holds_any(const Value& value, GoNumbers how) {
  if (value.is_number()) return !stays(value, how);
  if (value.is_array()) {
    for (const Value& item : value.as_array()) {
      if (holds_any(item, how)) return true;
    }
  }
  if (value.is_object()) {
    for (const Value& item : value.as_object().values()) {
      if (holds_any(item, how)) return true;
    }
  }
  return false;
}

Value convert(Arena& arena, const Value& value, GoNumbers how) {
  if (value.is_number() && !stays(value, how)) {
    const double number = to_double(value);
    const Value made =
        number_from_text(arena, how == GoNumbers::Printed ? printed(number) : codec::format_json_double(number));
    return made.is_defined() ? made.with_origin(value.origin()) : value;
  }
  if (value.is_array() && holds_any(value, how)) {
    ArrayBuilder items(arena, value.length());
    for (const Value& item : value.as_array()) items.add(convert(arena, item, how));
    return items.finish().with_origin(value.origin());
  }
  if (value.is_object() && holds_any(value, how)) {
    ObjectBuilder members(arena);
    const auto& object = value.as_object();
    for (std::uint32_t i = 0; i < object.size(); ++i)
      members.add(object.keys()[i], convert(arena, object.values()[i], how));
    return members.finish().with_origin(value.origin());
  }
  return value;
}

}  // namespace

Value with_go_numbers(Arena& arena, const Value& value, GoNumbers how) {
  return convert(arena, value, how);
}

}  // namespace psdl::gatekeeper
