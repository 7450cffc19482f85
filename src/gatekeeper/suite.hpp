// Suites of tests. In: a file's first document; out: what is to be tested, with the place of each part (SPEC 11.2), or
// why it cannot be read.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "gatekeeper/object.hpp"
#include "gatekeeper/refusal.hpp"

namespace psdl::gatekeeper {

// How many violations an assertion wants. Other: a text or number that says nothing, which fails the case.
struct WantedCount {
  enum class Kind : std::uint8_t { AtLeastOne, None, Exactly, Other };
  Kind kind = Kind::AtLeastOne;
  std::int64_t count = 0;  // of Exactly
};

// Origins are nodes of the suite's document.
struct Assertion {
  WantedCount wanted;
  std::optional<std::string> message;  // a regular expression
  std::uint32_t origin = 0;
  std::uint32_t message_origin = 0;
};

struct SuiteCase {
  std::string name;
  bool is_skipped = false;
  std::string object;  // a path relative to the suite's folder, as the others
  std::vector<std::string> inventory;
  std::vector<Assertion> assertions;
  std::uint32_t origin = 0;
  std::uint32_t object_origin = 0;
  std::vector<std::uint32_t> inventory_origins;
};

struct SuiteTest {
  std::string name;
  bool is_skipped = false;
  std::string template_path;
  std::string constraint_path;
  std::string expansion_path;
  bool wants_refusal = false;  // `invalid: true`
  std::vector<SuiteCase> cases;
  std::uint32_t origin = 0;
  std::uint32_t template_origin = 0;
  std::uint32_t constraint_origin = 0;
  std::uint32_t expansion_origin = 0;
};

struct Suite {
  ObjectPtr object;
  bool is_skipped = false;
  std::vector<SuiteTest> tests;
  std::vector<Problem> warnings;  // keys that are none, which gator passes over
};

// Group test.gatekeeper.sh, kind Suite, any version.
[[nodiscard]] bool is_suite(const Object& object);
// The refusal's text is Go's: `json: cannot unmarshal bool into Go struct field Test.tests.name of type string`.
[[nodiscard]] Result<Suite, Refusal> read_suite(const ObjectPtr& object);

}  // namespace psdl::gatekeeper
