// Checked rules to a plan. In: a CheckedPolicy, perhaps a query over it; out: a Plan that holds every rule, and the query as one more function.
#pragma once

#include <memory>
#include <vector>

#include "compiler/compiler.hpp"
#include "plan/plan.hpp"

namespace psdl {

// sources: what Span::source counts in the policy's modules; a query's text comes after them.
// The query, where there is one, becomes the function "query": it gives an array of rows [bindings, values of the query's expressions].
[[nodiscard]] plan::Plan plan_policy(const CheckedPolicy& policy, std::vector<std::shared_ptr<const Source>> sources);
[[nodiscard]] plan::Plan plan_query(const CheckedPolicy& policy, const ast::Query& query, const CheckedQuery& checked,
                                    std::vector<std::shared_ptr<const Source>> sources);
inline constexpr std::string_view kQueryFunction = "query";

}  // namespace psdl
