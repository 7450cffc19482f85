// A value against its schema, as Kubernetes' validator goes through it: which errors of alternatives are told depends
// on how many checks each passed.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "gatekeeper/schema_node.hpp"
#include "value/number.hpp"

namespace psdl::gatekeeper {
namespace {

using NodePtr = Schema::Node::NodePtr;

// What one validator found. `matched` counts checks that were made and held.
struct Outcome {
  FieldErrors errors;
  std::uint64_t matched = 0;

  [[nodiscard]] bool is_valid() const { return errors.empty(); }
  // Once each.
  void add(FieldError error) {
    const bool is_there =
        std::any_of(errors.begin(), errors.end(), [&](const FieldError& one) { return one.text == error.text; });
    if (!is_there) errors.push_back(std::move(error));
  }
  void merge(const Outcome& other) {
    for (const FieldError& error : other.errors) add(error);
    matched += other.matched;
  }
};

// A number as the validator has it: values of resources went through a double.
struct Number {
  bool is_integer = false;  // an int64, not a double
  std::int64_t integer = 0;
  double number = 0;
};

std::string shown(const Number& number) {
  return number.is_integer ? std::to_string(number.integer) : go_float(number.number);
}

bool is_json_integer(double number) {
  // As Go's validator takes it: integral, or as good as.
  constexpr double kEpsilon = 1e-9;
  constexpr double kMost = 9007199254740991.0;
  if (std::isnan(number) || std::isinf(number) || number < -kMost || number > kMost) return false;
  const double floor = std::floor(number);
  if (number == floor) return true;
  const double difference = std::fabs(number - std::nearbyint(number));
  const double scale = std::fabs(number);
  return difference < kEpsilon * std::min(scale, 1.0) && difference < 1e-15 * std::max(scale, 1.0);
}

class Validator {
 public:
  Validator(std::string_view base, bool integers) : base_(base), integers_(integers) {}

  Outcome value(const Schema::Node& schema, const Value& value, const std::string& path) {
    Outcome outcome;
    if (value.is_null()) {
      outcome.merge(type(schema, value, path));
      outcome.merge(enumeration(schema, value, path));
      return outcome;
    }
    if (!schema.type.empty() || schema.is_int_or_string || has_known_format(schema))
      counted(outcome, type(schema, value, path));
    counted(outcome, alternatives(schema, value, path));
    if (value.is_string()) {
      counted(outcome, text(schema, value, path));
      if (has_text_format(schema)) counted(outcome, format(schema, value, path));
    }
    if (value.is_number()) counted(outcome, number(schema, value, path));
    if (value.is_array()) counted(outcome, array(schema, value, path));
    counted(outcome, enumeration(schema, value, path));
    if (value.is_object()) counted(outcome, object(schema, value, path));
    ++outcome.matched;
    return outcome;
  }

 private:
  static void counted(Outcome& outcome, const Outcome& part) {
    outcome.merge(part);
    ++outcome.matched;
  }

  // ---- errors

  [[nodiscard]] std::string at(const std::string& path) const {
    return path.empty() ? base_ : fmt::format("{}.{}", base_, path);
  }
  [[nodiscard]] Outcome one(FieldError error) const {
    Outcome outcome;
    outcome.add(std::move(error));
    return outcome;
  }
  // Where no field is to blame: the text stands behind the path of the whole.
  [[nodiscard]] FieldError general(const Value& value, std::string_view text) const {
    return invalid_text(base_, "", text, value.origin());
  }
  [[nodiscard]] FieldError bad(const std::string& path, const Value& value, std::string_view shown_value,
                               std::string_view detail) const {
    return {fmt::format("{}: Invalid value: {}: {} in body {}", at(path), shown_value, path, detail), value.origin()};
  }

  // ---- numbers

  [[nodiscard]] Number read_number(const Value& value) const {
    Number number;
    number.is_integer = integers_ && value.is_int();
    if (number.is_integer) number.integer = value.as_int();
    number.number = to_double(value);
    return number;
  }

  // ---- types

  static bool has_known_format(const Schema::Node& schema) { return !format_of(schema).empty(); }

  // Formats of other types, and those Kubernetes does not know, are as if they were not there.
  static std::string format_of(const Schema::Node& schema) {
    if (schema.is_int_or_string) return {};
    if (schema.type == "integer")
      return schema.format == "int32" || schema.format == "int64" ? schema.format : std::string();
    if (schema.type == "number")
      return schema.format == "float" || schema.format == "double" ? schema.format : std::string();
    if (!schema.type.empty() && schema.type != "string") return {};
    return is_known_format(normalized(schema.format)) ? schema.format : std::string();
  }
  static std::string normalized(std::string_view format) {
    std::string name(format);
    std::erase(name, '-');
    return name;
  }
  static bool has_text_format(const Schema::Node& schema) {
    return (schema.type.empty() || schema.type == "string") && !schema.is_int_or_string &&
           is_known_format(normalized(schema.format));
  }

  [[nodiscard]] std::string_view type_of(const Value& value) const {
    switch (value.kind()) {
      case Kind::Boolean: return "boolean";
      case Kind::Number: return integers_ && value.is_int() ? "integer" : "number";
      case Kind::String: return "string";
      case Kind::Array: return "array";
      case Kind::Object: return "object";
      case Kind::Undefined:
      case Kind::Null:
      case Kind::Set: break;
    }
    return "null";
  }

  static std::string types_of(const Schema::Node& schema) {
    return schema.is_int_or_string ? "integer,string" : schema.type;
  }

  [[nodiscard]] Outcome wrong_type(const Value& value, const std::string& path, std::string_view wanted,
                                   std::string_view found) const {
    return one(bad(path, value, go_quote(found), fmt::format("must be of type {}: {}", wanted, go_quote(found))));
  }

  Outcome type(const Schema::Node& schema, const Value& value, const std::string& path) const {
    Outcome good;
    ++good.matched;
    const std::string_view found = type_of(value);
    const bool has_any = !schema.type.empty() || schema.is_int_or_string;
    if (value.is_null())
      return has_any && !schema.is_nullable && schema.type != "null" ? wrong_type(value, path, types_of(schema), found)
                                                                     : good;
    const bool is_integral_double =
        found == "number" && schema.has_type("integer") && is_json_integer(to_double(value));
    const bool is_integer_for_number = found == "integer" && schema.has_type("number");
    const bool fits = schema.has_type(found) || is_integral_double || is_integer_for_number;
    const std::string format = format_of(schema);
    const std::string_view own_format = found == "integer" ? "int64" : found == "number" ? "float64" : "";
    const bool is_text_or_list = value.is_string() || value.is_array();
    if (!is_text_or_list && !format.empty() && !fits && format != own_format)
      return wrong_type(value, path, format, own_format);
    if (is_text_or_list && !format.empty() && !schema.has_type("number") && !schema.has_type("integer")) return good;
    return fits ? good : wrong_type(value, path, types_of(schema), found);
  }

  // ---- allOf, anyOf, oneOf, not

  Outcome alternatives(const Schema::Node& schema, const Value& value, const std::string& path) {
    Outcome outcome;
    any_of(schema.any_of, value, path, outcome);
    one_of(schema.one_of, value, path, outcome);
    all_of(schema.all_of, value, path, outcome);
    if (schema.negated != nullptr && this->value(*schema.negated, value, path).is_valid())
      outcome.add(general(value, fmt::format("{} must not validate the schema (not)", go_quote(path))));
    ++outcome.matched;
    return outcome;
  }

  void any_of(const std::vector<NodePtr>& schemas, const Value& value, const std::string& path, Outcome& outcome) {
    if (schemas.empty()) return;
    std::optional<Outcome> best;
    for (const NodePtr& schema : schemas) {
      Outcome result = this->value(*schema, value, path);
      if (result.is_valid()) {
        outcome.merge(result);
        return;
      }
      if (!best.has_value() || result.matched > best->matched) best = std::move(result);
    }
    outcome.add(general(value, fmt::format("{} must validate at least one schema (anyOf)", go_quote(path))));
    outcome.merge(*best);
  }

  void one_of(const std::vector<NodePtr>& schemas, const Value& value, const std::string& path, Outcome& outcome) {
    if (schemas.empty()) return;
    std::optional<Outcome> best;
    std::optional<Outcome> success;
    std::size_t valid = 0;
    for (const NodePtr& schema : schemas) {
      Outcome result = this->value(*schema, value, path);
      if (result.is_valid()) {
        ++valid;
        best.reset();
        if (!success.has_value()) success = std::move(result);
      } else if (valid == 0 && (!best.has_value() || result.matched > best->matched)) {
        best = std::move(result);
      }
    }
    if (valid == 1) {
      outcome.merge(*success);
      return;
    }
    const std::string found = valid == 0 ? "Found none valid" : fmt::format("Found {} valid alternatives", valid);
    outcome.add(
        general(value, fmt::format("{} must validate one and only one schema (oneOf). {}", go_quote(path), found)));
    if (best.has_value()) outcome.merge(*best);
  }

  void all_of(const std::vector<NodePtr>& schemas, const Value& value, const std::string& path, Outcome& outcome) {
    if (schemas.empty()) return;
    std::size_t valid = 0;
    for (const NodePtr& schema : schemas) {
      const Outcome result = this->value(*schema, value, path);
      if (result.is_valid()) ++valid;
      outcome.merge(result);
    }
    if (valid == schemas.size()) return;
    outcome.add(general(value, fmt::format("{} must validate all the schemas (allOf){}", go_quote(path),
                                           valid == 0 ? ". None validated" : "")));
  }

  // ---- texts

  static std::int64_t characters(std::string_view text) {
    return std::count_if(text.begin(), text.end(),
                         [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; });
  }

  Outcome text(const Schema::Node& schema, const Value& value, const std::string& path) const {
    const std::int64_t length = characters(value.as_string());
    const std::string shown_value = go_value(value);
    if (schema.max_length.has_value() && length > *schema.max_length) {
      return one({fmt::format("{}: Too long: may not be more than {} {}", at(path), *schema.max_length,
                              *schema.max_length == 1 ? "byte" : "bytes"),
                  value.origin()});
    }
    if (schema.min_length.has_value() && length < *schema.min_length)
      return one(bad(path, value, shown_value, fmt::format("should be at least {} chars long", *schema.min_length)));
    if (schema.pattern.empty()) return {};
    const bool matches = schema.regex != nullptr && schema.regex->matches(value.as_string());
    if (!matches) return one(bad(path, value, shown_value, fmt::format("should match '{}'", schema.pattern)));
    return {};
  }

  Outcome format(const Schema::Node& schema, const Value& value, const std::string& path) const {
    if (gatekeeper::has_format(normalized(schema.format), value.as_string())) return {};
    return wrong_type(value, path, schema.format, value.as_string());
  }

  // ---- numbers

  // Whether the value, or a bound, is within what the type and its format hold.
  static bool is_in_range(const Schema::Node& schema, const Number& number) {
    if (schema.is_int_or_string) return true;
    const std::string format = format_of(schema);
    if (schema.type == "integer") {
      if (!number.is_integer && number.number != std::floor(number.number)) return false;
      if (format == "int32") return number.number >= -2147483648.0 && number.number <= 2147483647.0;
      return number.is_integer || (number.number >= -9223372036854775808.0 && number.number < 9223372036854775808.0);
    }
    if (format == "float") return std::isinf(number.number) || std::fabs(number.number) <= 3.4028234663852886e38;
    return true;
  }

  [[nodiscard]] std::optional<FieldError> out_of_range(const Schema::Node& schema, const Value& value,
                                                       const Number& number, std::string_view what,
                                                       const std::string& path) const {
    if (is_in_range(schema, number)) return {};
    const std::string format = format_of(schema);
    const std::string_view type = schema.is_int_or_string ? std::string_view() : std::string_view(schema.type);
    return general(value,
                   format.empty()
                       ? fmt::format("{} value must be of type {} (default format) in {}", what, type, path)
                       : fmt::format("{} value must be of type {} with format {} in {}", what, type, format, path));
  }

  Outcome number(const Schema::Node& schema, const Value& value, const std::string& path) const {
    Outcome outcome;
    const Number found = read_number(value);
    if (std::optional<FieldError> error = out_of_range(schema, value, found, "Checked", path); error.has_value())
      outcome.add(std::move(*error));
    multiple(schema, value, found, path, outcome);
    bound(schema, value, found, path, outcome, false);
    bound(schema, value, found, path, outcome, true);
    ++outcome.matched;
    return outcome;
  }

  void multiple(const Schema::Node& schema, const Value& value, const Number& found, const std::string& path,
                Outcome& outcome) const {
    if (!schema.multiple_of.has_value()) return;
    const double factor = *schema.multiple_of;
    const std::optional<FieldError> range = out_of_range(schema, value, {false, 0, factor}, "MultipleOf", path);
    if (range.has_value()) outcome.add(*range);
    const bool is_exact = found.is_integer && !range.has_value();
    if (factor <= 0 || (is_exact && factor < 1)) {
      const std::string shown_factor = is_exact ? std::to_string(static_cast<std::int64_t>(factor)) : go_float(factor);
      outcome.add({fmt::format("{}: Invalid value: {}: factor MultipleOf declared for {} must be positive: {}",
                               at(path), shown_factor, path, shown_factor),
                   value.origin()});
      return;
    }
    bool is_multiple = false;
    if (is_exact) {
      is_multiple = found.integer % static_cast<std::int64_t>(factor) == 0;
    } else {
      is_multiple = is_json_integer(factor < 1 ? 1 / factor * found.number : found.number / factor);
    }
    if (!is_multiple)
      outcome.add(bad(path, value, shown(found), fmt::format("should be a multiple of {}", go_float(factor))));
  }

  void bound(const Schema::Node& schema, const Value& value, const Number& found, const std::string& path,
             Outcome& outcome, bool is_maximum) const {
    const std::optional<double>& limit = is_maximum ? schema.maximum : schema.minimum;
    if (!limit.has_value()) return;
    const bool is_exclusive = is_maximum ? schema.is_maximum_exclusive : schema.is_minimum_exclusive;
    const std::optional<FieldError> range =
        out_of_range(schema, value, {false, 0, *limit}, is_maximum ? "Maximum boundary" : "Minimum boundary", path);
    if (range.has_value()) outcome.add(*range);
    const bool is_exact = found.is_integer && !range.has_value();
    const double compared = is_exact ? std::trunc(*limit) : *limit;
    const double number = found.number;
    const bool is_beyond = is_maximum ? (is_exclusive ? number >= compared : number > compared)
                                      : (is_exclusive ? number <= compared : number < compared);
    if (!is_beyond) return;
    const std::string_view words = is_maximum ? (is_exclusive ? "less than" : "less than or equal to")
                                              : (is_exclusive ? "greater than" : "greater than or equal to");
    const std::string shown_limit = is_exact ? std::to_string(static_cast<std::int64_t>(*limit)) : go_float(*limit);
    outcome.add(bad(path, value, shown(found), fmt::format("should be {} {}", words, shown_limit)));
  }

  // ---- lists and objects

  FieldError too_many(const std::string& path, const Value& value, std::size_t count, std::int64_t most) const {
    return {
        fmt::format("{}: Too many: {}: must have at most {} {}", at(path), count, most, most == 1 ? "item" : "items"),
        value.origin()};
  }

  Outcome array(const Schema::Node& schema, const Value& value, const std::string& path) {
    Outcome outcome;
    const std::span<const Value> items = value.as_array();
    if (schema.items != nullptr) {
      for (std::size_t i = 0; i < items.size(); ++i)
        outcome.merge(this->value(*schema.items, items[i], fmt::format("{}[{}]", path, i)));
    }
    const auto size = static_cast<std::int64_t>(items.size());
    if (schema.min_items.has_value() && size < *schema.min_items)
      outcome.add(
          bad(path, value, std::to_string(size), fmt::format("should have at least {} items", *schema.min_items)));
    if (schema.max_items.has_value() && size > *schema.max_items)
      outcome.add(too_many(path, value, items.size(), *schema.max_items));
    if (schema.is_unique && has_twins(items)) outcome.add(bad(path, value, "\"\"", "shouldn't contain duplicates"));
    ++outcome.matched;
    return outcome;
  }

  static bool has_twins(std::span<const Value> items) {
    for (std::size_t i = 0; i < items.size(); ++i) {
      for (std::size_t j = i + 1; j < items.size(); ++j) {
        if (equal(items[i], items[j])) return true;
      }
    }
    return false;
  }

  static std::string below(const std::string& path, std::string_view name) {
    return path.empty() ? std::string(name) : fmt::format("{}.{}", path, name);
  }

  Outcome object(const Schema::Node& schema, const Value& value, const std::string& path) {
    Outcome outcome;
    const psdl::Object& object = value.as_object();
    const auto size = static_cast<std::int64_t>(object.size());
    if (schema.min_properties.has_value() && size < *schema.min_properties)
      outcome.add(bad(path, value, std::to_string(size),
                      fmt::format("should have at least {} properties", *schema.min_properties)));
    if (schema.max_properties.has_value() && size > *schema.max_properties)
      outcome.add(too_many(path, value, object.size(), *schema.max_properties));
    additional(schema, object, path, outcome);
    for (const Schema::Node::Property& property : schema.properties) {
      const Value* member = object.find_text(property.name);
      if (member != nullptr) outcome.merge(this->value(*property.schema, *member, below(path, property.name)));
    }
    for (const std::string& name : schema.required) {
      if (object.find_text(name) == nullptr)
        outcome.add(gatekeeper::required(fmt::format("{}.{}", at(path), name), "", value.origin()));
    }
    return outcome;
  }

  void additional(const Schema::Node& schema, const psdl::Object& object, const std::string& path, Outcome& outcome) {
    if (!schema.has_additional) return;
    for (std::uint32_t i = 0; i < object.size(); ++i) {
      const std::string_view name = object.keys()[i].as_string();
      if (schema.find_property(name) != nullptr) continue;
      if (!schema.allows_additional) {
        outcome.add({fmt::format("{}: Invalid value: {}: {}.{} in body is a forbidden property", at(path),
                                 go_quote(name), path, name),
                     object.values()[i].origin()});
      } else if (schema.additional != nullptr) {
        outcome.merge(value(*schema.additional, object.values()[i], fmt::format("{}.{}", path, name)));
      }
    }
  }

  Outcome enumeration(const Schema::Node& schema, const Value& value, const std::string& path) const {
    if (schema.enumeration.empty()) return {};
    std::vector<std::string> supported;
    for (const Value* allowed : schema.enumeration) {
      if (is_allowed(*allowed, value)) return {};
      supported.push_back(allowed->is_string() ? std::string(allowed->as_string()) : go_value(*allowed));
    }
    return one(unsupported(at(path), value, supported));
  }

  // Go converts the value to the type of the allowed one: a double loses its fraction where that is an integer.
  [[nodiscard]] bool is_allowed(const Value& allowed, const Value& value) const {
    if (allowed.is_null() || value.is_null()) return false;
    if (allowed.is_int() && value.is_number()) return std::trunc(to_double(value)) == to_double(allowed);
    if (allowed.is_number() && value.is_number()) return to_double(value) == to_double(allowed);
    return is_alike(allowed, value);
  }

  // Inside lists and objects nothing is converted, and an integer is no double.
  [[nodiscard]] bool is_alike(const Value& allowed, const Value& value) const {
    if (allowed.is_array() && value.is_array()) {
      const std::span<const Value> left = allowed.as_array();
      const std::span<const Value> right = value.as_array();
      return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                        [&](const Value& a, const Value& b) { return is_alike(a, b); });
    }
    if (allowed.is_object() && value.is_object()) {
      const psdl::Object& left = allowed.as_object();
      const psdl::Object& right = value.as_object();
      if (left.size() != right.size()) return false;
      for (std::uint32_t i = 0; i < left.size(); ++i) {
        if (!equal(left.keys()[i], right.keys()[i]) || !is_alike(left.values()[i], right.values()[i])) return false;
      }
      return true;
    }
    const bool is_integer = allowed.is_int() && !integers_;
    return !is_integer && equal(allowed, value);
  }

  std::string base_;
  bool integers_;
};

}  // namespace

FieldErrors validate_value(const Schema::Node& schema, const Value& value, std::string_view path, bool integers) {
  return Validator(path, integers).value(schema, value, "").errors;
}

FieldErrors Schema::validate(const Value& root) const {
  return validate_value(*root_, root, "[]", false);
}

}  // namespace psdl::gatekeeper
