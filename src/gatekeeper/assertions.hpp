// Assertions of a case. In: what is wanted, messages of results; out: nothing, or gator's words for what differs
// (SPEC 11.3).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "gatekeeper/suite.hpp"

namespace psdl::gatekeeper {

// `messages` are in the order in which they are to be shown.
struct AssertionFailure {
  const Assertion* assertion = nullptr;
  std::string text;      // gator's
  std::string readable;  // the same without the list of messages, for people
};
[[nodiscard]] std::optional<AssertionFailure> check_assertions(const std::vector<Assertion>& assertions,
                                                               const std::vector<std::string>& messages);

// An assertion that holds whatever happens: `violations: no` with a message that is no regular expression goes
// unnoticed in gator while there are no results. Why, or nothing.
[[nodiscard]] std::optional<std::string> broken_message(const Assertion& assertion);

}  // namespace psdl::gatekeeper
