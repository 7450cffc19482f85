// Counts by regular expressions.
#include "gatekeeper/assertions.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <memory>

#include "base/limits.hpp"
#include "builtins/patterns.hpp"
#include "value/text.hpp"

namespace psdl::gatekeeper {
namespace {

struct Message {
  std::unique_ptr<Regex> regex;
  std::string error;
};

Message compile(const std::string& text) {
  Message message;
  std::string_view limit;
  message.regex = Regex::compile(text, Limits(), message.error, limit);
  if (message.regex == nullptr && message.error.empty())
    message.error = fmt::format("the expression reaches the limit {}", limit);
  return message;
}

bool holds(const WantedCount& wanted, std::size_t count) {
  switch (wanted.kind) {
    case WantedCount::Kind::AtLeastOne: return count > 0;
    case WantedCount::Kind::None: return count == 0;
    case WantedCount::Kind::Exactly: return count == static_cast<std::size_t>(wanted.count);
    case WantedCount::Kind::Other: break;
  }
  return false;
}

std::string wanted_text(const WantedCount& wanted) {
  switch (wanted.kind) {
    case WantedCount::Kind::AtLeastOne: return "at least 1";
    case WantedCount::Kind::None: return "none";
    case WantedCount::Kind::Exactly: return fmt::format("exactly {}", wanted.count);
    case WantedCount::Kind::Other: break;
  }
  return {};
}

std::optional<std::string> failure_of(const Assertion& assertion, const std::vector<std::string>& messages,
                                      bool& is_counted) {
  is_counted = false;
  std::size_t count = messages.size();
  if (assertion.message && !messages.empty()) {
    const Message message = compile(*assertion.message);
    if (message.regex == nullptr) return fmt::format("message contains invalid regular expression: {}", message.error);
    count = 0;
    for (const std::string& text : messages) count += message.regex->matches(text) ? 1 : 0;
  }
  is_counted = true;
  if (assertion.wanted.kind == WantedCount::Kind::Other) {
    return R"(invalid yaml: assertion.violation, if set, must be a nonnegative integer, "yes", or "no")";
  }
  if (holds(assertion.wanted, count)) return std::nullopt;
  std::string containing;
  if (assertion.message) {
    containing = " containing ";
    append_quoted(containing, *assertion.message);
  }
  return fmt::format("unexpected number of violations: got {} violations{} but want {}", count, containing,
                     wanted_text(assertion.wanted));
}

}  // namespace

std::optional<AssertionFailure> check_assertions(const std::vector<Assertion>& assertions,
                                                 const std::vector<std::string>& messages) {
  for (const Assertion& assertion : assertions) {
    bool is_counted = false;
    std::optional<std::string> text = failure_of(assertion, messages, is_counted);
    if (!text) continue;
    std::string whole = is_counted ? fmt::format("{}: got messages [{}]", *text, fmt::join(messages, " ")) : *text;
    return AssertionFailure{&assertion, std::move(whole), std::move(*text)};
  }
  return std::nullopt;
}

std::optional<std::string> broken_message(const Assertion& assertion) {
  if (!assertion.message) return std::nullopt;
  const Message message = compile(*assertion.message);
  if (message.regex != nullptr) return std::nullopt;
  return message.error;
}

}  // namespace psdl::gatekeeper
