// Suites read as Go's JSON decoder fills their structs: keys in any case, unknown ones passed over, the first wrong
// type reported.
#include "gatekeeper/suite.hpp"

#include <fmt/format.h>

#include <functional>

#include "base/nearest.hpp"
#include "gatekeeper/go_json.hpp"
#include "gatekeeper/place.hpp"
#include "value/number.hpp"
#include "value/text.hpp"

namespace psdl::gatekeeper {
namespace {

bool equals_ignoring_case(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (lower(a[i]) != lower(b[i])) return false;
  }
  return true;
}

// What Go calls the JSON value that it cannot use; a number that is wanted and does not fit is named.
std::string go_value_name(const Value& value, bool wants_number) {
  NumberBuffer buffer;
  if (wants_number && value.is_number()) return fmt::format("number {}", number_text(value, buffer));
  return value.is_null() ? "null" : std::string(json_type(value));
}

// Fills structs and keeps the first thing that is wrong. A null leaves a field as it was.
class SuiteReader {
 public:
  explicit SuiteReader(const Object& object) : object_(object) {}

  std::optional<Refusal>& refusal() { return refusal_; }
  std::vector<Problem>& warnings() { return warnings_; }

  // A struct's Go name, and the way to the value as Go's messages have it: "tests.cases".
  struct Where {
    std::string_view structure;
    std::string path;

    [[nodiscard]] Where below(std::string_view inner, std::string_view field) const {
      return {inner, path.empty() ? std::string(field) : fmt::format("{}.{}", path, field)};
    }
  };
  using Each = std::function<void(std::string_view name, const Value& value, std::uint32_t origin)>;

  // `each` is told of every field of an object whose name is among `names`, under the name that is listed.
  void fields(const Value& value, std::initializer_list<std::string_view> names, const Each& each) {
    const auto& object = value.as_object();
    for (std::uint32_t i = 0; i < object.size(); ++i) {
      const Value& key = object.keys()[i];
      if (!key.is_string()) continue;
      bool is_known = false;
      for (const std::string_view name : names) {
        if (!equals_ignoring_case(key.as_string(), name)) continue;
        is_known = true;
        each(name, object.values()[i], object.values()[i].origin());
      }
      if (!is_known) warn_of(key, names);
    }
  }

  void text(const Value& value, const Where& where, std::string& to) {
    if (value.is_null()) return;
    if (!value.is_string()) return refuse(value, where, "string");
    to = value.as_string();
  }

  void truth(const Value& value, const Where& where, bool& to) {
    if (value.is_null()) return;
    if (!value.is_boolean()) return refuse(value, where, "bool");
    to = value.is_true();
  }

  // False, reported, where the value is no list.
  bool is_list(const Value& value, const Where& where, std::string_view of) {
    if (value.is_array()) return true;
    if (!value.is_null()) refuse(value, where, fmt::format("[]{}", of));
    return false;
  }

  bool is_struct(const Value& value, const Where& where, std::string_view of) {
    if (value.is_object()) return true;
    if (!value.is_null()) refuse(value, where, of);
    return false;
  }

  void refuse(const Value& value, const Where& where, std::string_view wanted) {
    const std::string name = go_value_name(value, wanted == "int32");
    const std::string field = where.path.empty() ? std::string("Go value")
                                                 : fmt::format("Go struct field {}.{}", where.structure, where.path);
    Problem problem =
        problem_at(object_, value.origin(), "gatekeeper_suite",
                   fmt::format("`{}` cannot be {} {}", where.path, article(value), kind_name(value.kind())));
    problem.label = fmt::format("wanted here: {}", readable(wanted));
    if (!refusal_)
      refusal_ = Refusal{fmt::format("json: cannot unmarshal {} into {} of type {}", name, field, wanted), {}};
    refusal_->problems.push_back(std::move(problem));
  }

 private:
  void warn_of(const Value& key, std::initializer_list<std::string_view> names) {
    Problem problem = problem_at(object_, key.origin(), "gatekeeper_suite",
                                 fmt::format("unknown key `{}`: it says nothing", key.as_string()));
    problem.severity = Severity::Warning;
    for (const std::string_view name : names) {
      if (edit_distance(key.as_string(), name) <= 2) problem.help.push_back(fmt::format("did you mean `{}`?", name));
    }
    warnings_.push_back(std::move(problem));
  }

  static std::string_view article(const Value& value) { return value.is_array() || value.is_object() ? "an" : "a"; }

  static std::string_view readable(std::string_view go_type) {
    if (go_type == "string") return "a text";
    if (go_type == "bool") return "true or false";
    if (go_type == "int32") return "`yes`, `no` or a whole number";
    if (go_type.starts_with("[]")) return "a list";
    return "a map";
  }

  const Object& object_;
  std::optional<Refusal> refusal_;
  std::vector<Problem> warnings_;
};

using Where = SuiteReader::Where;

// A Go int32, or a text.
void read_wanted(SuiteReader& reader, const Value& value, const Where& where, WantedCount& wanted) {
  if (value.is_null()) return;
  if (value.is_string()) {
    const std::string_view text = value.as_string();
    wanted.kind = text == "yes"  ? WantedCount::Kind::AtLeastOne
                  : text == "no" ? WantedCount::Kind::None
                                 : WantedCount::Kind::Other;
    return;
  }
  const std::optional<std::int64_t> count = value.is_number() ? to_int64(value) : std::nullopt;
  if (!count || *count > INT32_MAX || *count < INT32_MIN) return reader.refuse(value, where, "int32");
  wanted.kind = *count >= 0 ? WantedCount::Kind::Exactly : WantedCount::Kind::Other;
  wanted.count = *count;
}

Assertion read_assertion(SuiteReader& reader, const Value& value, const Where& where) {
  Assertion assertion;
  assertion.origin = value.origin();
  if (!reader.is_struct(value, where, "verify.Assertion")) return assertion;
  reader.fields(value, {"violations", "message"}, [&](std::string_view name, const Value& field, std::uint32_t origin) {
    const Where here = where.below("Assertion", name);
    if (name == "violations") {
      assertion.origin = origin;
      return read_wanted(reader, field, here, assertion.wanted);
    }
    assertion.message_origin = origin;
    std::string text;
    reader.text(field, here, text);
    if (field.is_string()) assertion.message = std::move(text);
  });
  return assertion;
}

SuiteCase read_case(SuiteReader& reader, const Value& value, const Where& where) {
  SuiteCase one;
  one.origin = value.origin();
  if (!reader.is_struct(value, where, "verify.Case")) return one;
  reader.fields(value, {"name", "skip", "object", "inventory", "assertions"},
                [&](std::string_view name, const Value& field, std::uint32_t origin) {
                  const Where here = where.below("Case", name);
                  if (name == "name") return reader.text(field, here, one.name);
                  if (name == "skip") return reader.truth(field, here, one.is_skipped);
                  if (name == "object") {
                    one.object_origin = origin;
                    return reader.text(field, here, one.object);
                  }
                  if (name == "inventory") {
                    if (!reader.is_list(field, here, "string")) return;
                    one.inventory.clear();
                    one.inventory_origins.clear();
                    for (const Value& item : field.as_array()) {
                      reader.text(item, here, one.inventory.emplace_back());
                      one.inventory_origins.push_back(item.origin());
                    }
                    return;
                  }
                  if (!reader.is_list(field, here, "verify.Assertion")) return;
                  one.assertions.clear();
                  for (const Value& item : field.as_array())
                    one.assertions.push_back(read_assertion(reader, item, here));
                });
  return one;
}

SuiteTest read_test(SuiteReader& reader, const Value& value, const Where& where) {
  SuiteTest test;
  test.origin = value.origin();
  if (!reader.is_struct(value, where, "verify.Test")) return test;
  const auto path = [&](const Value& field, std::uint32_t origin, const Where& here, std::string& to,
                        std::uint32_t& place) {
    place = origin;
    reader.text(field, here, to);
  };
  reader.fields(value, {"name", "skip", "template", "constraint", "expansion", "invalid", "cases"},
                [&](std::string_view name, const Value& field, std::uint32_t origin) {
                  const Where here = where.below("Test", name);
                  if (name == "name") return reader.text(field, here, test.name);
                  if (name == "skip") return reader.truth(field, here, test.is_skipped);
                  if (name == "template") return path(field, origin, here, test.template_path, test.template_origin);
                  if (name == "constraint")
                    return path(field, origin, here, test.constraint_path, test.constraint_origin);
                  if (name == "expansion") return path(field, origin, here, test.expansion_path, test.expansion_origin);
                  if (name == "invalid") return reader.truth(field, here, test.wants_refusal);
                  if (!reader.is_list(field, here, "verify.Case")) return;
                  test.cases.clear();
                  for (const Value& item : field.as_array()) test.cases.push_back(read_case(reader, item, here));
                });
  return test;
}

}  // namespace

bool is_suite(const Object& object) {
  return object.kind() == "Suite" && object.group() == "test.gatekeeper.sh";
}

Result<Suite, Refusal> read_suite(const ObjectPtr& object) {
  Suite suite;
  suite.object = object;
  SuiteReader reader(*object);
  reader.fields(object->root(), {"skip", "tests", "apiVersion", "kind", "metadata"},
                [&](std::string_view name, const Value& field, std::uint32_t) {
                  const Where here = Where{"Suite", ""}.below("Suite", name);
                  if (name == "skip") return reader.truth(field, here, suite.is_skipped);
                  if (name != "tests" || !reader.is_list(field, here, "verify.Test")) return;
                  suite.tests.clear();
                  for (const Value& item : field.as_array()) suite.tests.push_back(read_test(reader, item, here));
                });
  if (reader.refusal()) return std::move(*reader.refusal());
  suite.warnings = std::move(reader.warnings());
  return suite;
}

}  // namespace psdl::gatekeeper
