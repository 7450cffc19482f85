// A policy's plan, as it was written. In: the text of a module; out: its plan. What does not compile fails the test.
#pragma once

#include <catch2/catch.hpp>

#include <memory>
#include <string>
#include <vector>

#include "compiler/compiler.hpp"
#include "compiler/plan_rules.hpp"
#include "plan/plan.hpp"
#include "syntax/parse.hpp"

namespace psdl {

inline plan::Plan planned(const std::string& text) {
  const auto source = std::make_shared<const Source>("test.rego", text);
  Diagnostics diagnostics;
  std::vector<std::unique_ptr<ast::Module>> modules;
  modules.push_back(parse_module(*source, 0, ParseOptions{}, Limits{}, diagnostics));
  REQUIRE(modules.front() != nullptr);
  const Source* const sources[] = {source.get()};
  CompilerOptions options;
  options.sources = sources;
  const std::unique_ptr<CheckedPolicy> checked = Compiler(options).compile(std::move(modules), diagnostics);
  REQUIRE(checked != nullptr);
  return plan_policy(*checked, {source});
}

}  // namespace psdl
