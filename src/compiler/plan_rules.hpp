// Checked rules to a plan. In: a CheckedPolicy, perhaps a query over it; out: a Plan that holds every rule, and the query as one more function.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/compiler.hpp"
#include "plan/plan.hpp"

namespace psdl {

// What a plan of a policy holds beside its rules: Packages::Documents adds every package as a document, for whoever will ask by name and has no compiler.
enum class Packages : std::uint8_t { AsRead, Documents };

// Whether a debugger is told where expressions begin and end, and what vars are called (plan::Plan::is_marked).
enum class Marks : std::uint8_t { No, Yes };

// sources: what Span::source counts in the policy's modules; a query's text comes after them.
// The query, where there is one, becomes the function "query": it gives an array of rows [bindings, values of the query's expressions].
[[nodiscard]] plan::Plan plan_policy(const CheckedPolicy& policy, std::vector<std::shared_ptr<const Source>> sources,
                                     Packages packages = Packages::AsRead, Marks marks = Marks::No);
[[nodiscard]] plan::Plan plan_query(const CheckedPolicy& policy, const ast::Query& query, const CheckedQuery& checked,
                                    std::vector<std::shared_ptr<const Source>> sources, Marks marks = Marks::No);
inline constexpr std::string_view kQueryFunction = "query";
// Function::path of what stands at `data` and the constant keys behind it.
[[nodiscard]] std::string function_path(std::span<ast::Term* const> path);

}  // namespace psdl
