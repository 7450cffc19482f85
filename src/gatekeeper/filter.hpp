// Which tests and cases of suites run. In: the text of --run; out: yes or no for names (SPEC 11.5).
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "builtins/patterns.hpp"
#include "gatekeeper/refusal.hpp"

namespace psdl::gatekeeper {

class CaseFilter {
 public:
  // The refusal's text is gator's, from `compiling filter: ` on.
  [[nodiscard]] static Result<CaseFilter, Refusal> compile(std::string_view text);

  [[nodiscard]] bool takes_test(std::string_view test, const std::vector<std::string_view>& cases) const;
  // Of a test that is taken.
  [[nodiscard]] bool takes_case(std::string_view test, std::string_view name) const;
  [[nodiscard]] bool takes_all() const { return test_ == nullptr && case_ == nullptr; }

 private:
  // Null finds everything.
  std::shared_ptr<const Regex> test_;
  std::shared_ptr<const Regex> case_;
  bool is_pair_ = false;  // RE1//RE2
};

}  // namespace psdl::gatekeeper
