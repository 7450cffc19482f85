// `RE` finds names of tests and cases alike, `RE1//RE2` each their own.
#include "gatekeeper/filter.hpp"

#include <fmt/format.h>

#include "base/limits.hpp"
#include "gatekeeper/place.hpp"

namespace psdl::gatekeeper {
namespace {

constexpr std::string_view kCode = "gatekeeper_filter";

// Null with an empty `error` for an empty text.
std::shared_ptr<const Regex> compile_one(std::string_view text, std::string& error) {
  if (text.empty()) return nullptr;
  std::string_view limit;
  std::unique_ptr<Regex> regex = Regex::compile(text, Limits(), error, limit);
  if (regex == nullptr && error.empty()) error = fmt::format("the expression reaches the limit {}", limit);
  return regex;
}

Refusal refuse(const std::string& why, std::string help) {
  Problem problem = problem_in({}, kCode, fmt::format("--run: {}", why));
  problem.help.push_back(std::move(help));
  return {fmt::format("compiling filter: invalid test filter: {}", why), {std::move(problem)}};
}

}  // namespace

Result<CaseFilter, Refusal> CaseFilter::compile(std::string_view text) {
  CaseFilter filter;
  const std::size_t slashes = text.find("//");
  filter.is_pair_ = slashes != std::string_view::npos;
  if (filter.is_pair_ && text.find("//", slashes + 2) != std::string_view::npos) {
    return refuse(R"(a filter may include at most one "//")",
                  "write `TEST//CASE`, each a regular expression");
  }
  std::string error;
  filter.test_ = compile_one(text.substr(0, slashes), error);
  if (error.empty() && filter.is_pair_) filter.case_ = compile_one(text.substr(slashes + 2), error);
  if (!error.empty()) return refuse(error, "regular expressions are Go's (RE2)");
  return filter;
}

bool CaseFilter::takes_test(std::string_view test, const std::vector<std::string_view>& cases) const {
  if (test_ == nullptr || test_->matches(test)) return true;
  if (is_pair_) return false;
  for (const std::string_view name : cases) {
    if (test_->matches(name)) return true;
  }
  return false;
}

bool CaseFilter::takes_case(std::string_view test, std::string_view name) const {
  if (is_pair_) return (test_ == nullptr || test_->matches(test)) && (case_ == nullptr || case_->matches(name));
  return test_ == nullptr || test_->matches(name) || test_->matches(test);
}

}  // namespace psdl::gatekeeper
