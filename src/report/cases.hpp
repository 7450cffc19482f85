// A run as test cases, one for each rule and object. In: a run; out: cases in order of file, object, rule.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "report/writer.hpp"

namespace psdl::report {

struct Case {
  enum class Outcome : std::uint8_t { Passed, Failed, Skipped, Error };
  Outcome outcome = Outcome::Passed;
  const Document* document = nullptr;
  const RuleInfo* rule = nullptr;  // null for an id that is in no table, and for cases about a whole document
  std::string
      name;  // "PSS103 Deployment shop/web": never a message's text, so that a dashboard knows it again. Not escaped
  std::string reason;                    // of Skipped and Error. Not escaped
  std::vector<const Finding*> findings;  // those that count; of Skipped the suppressed ones
};

// Documents that hold no pod give one skipped case in place of those of a level's rules, documents that could not be
// judged one error.
[[nodiscard]] std::vector<Case> cases_of(const Run& run);

}  // namespace psdl::report
