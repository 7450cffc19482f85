// What is decided once for many reviews: which constraints ask the same of an object, and which can share a program.
#include <algorithm>
#include <string_view>

#include "base/assert.hpp"
#include "gatekeeper/client_parts.hpp"
#include "gatekeeper/shapes.hpp"
#include "plan/given.hpp"
#include "plan/walk.hpp"

namespace psdl::gatekeeper {
namespace {

constexpr std::size_t kMostShapes = 64;  // programs of one template; constraints beyond them are evaluated with parameters as input

// The template's rules bound to parameters of one shape. Null where some rule reads the input so that parameters must be found there.
std::unique_ptr<ShapeProgram> plan_shape(const RegoModule& module, const Value& parameters, const std::shared_ptr<const Arena>& arena, bool has_given) {
  auto made = std::make_unique<ShapeProgram>();
  made->plan = std::make_unique<plan::Plan>(module.policy->plan->fork());
  const plan::Known known{plan::Known::Root::Input, {"parameters"}, parameters, arena};
  if (plan::bind(*made->plan, {&known, 1})) return nullptr;
  plan::optimise(*made->plan);
  const auto& functions = made->plan->functions;
  const auto entry = std::find_if(functions.begin(), functions.end(), [](const plan::Function& function) { return function.path == kViolationPath; });
  made->function = static_cast<std::uint32_t>(entry - functions.begin());
  made->has_given = has_given;
  if (has_given) made->shared = plan::share(*made->plan, made->function);
  return made;
}

std::uint32_t find_given(const Program& program) { return program.find_function(std::string(plan::kGivenPath) + "0"); }

}  // namespace

// Equal criteria share a group. Few kinds of criteria are usual: looking far for one would cost more than it saves.
void make_groups(LoadedTemplate& of) {
  constexpr std::ptrdiff_t kMostLooked = 16;
  of.groups.clear();
  of.ready.clear();
  for (const auto& [name, constraint] : of.constraints) {
    if (constraint->actions.empty()) continue;
    const Match& match = constraint->constraint->match;
    const auto from = of.groups.end() - std::min<std::ptrdiff_t>(kMostLooked, std::ssize(of.groups));
    const auto found = std::find_if(from, of.groups.end(), [&](const MatchGroup& group) { return *group.match == match; });
    ReadyConstraint ready;
    ready.loaded = constraint.get();
    ready.group = static_cast<std::uint32_t>(found - of.groups.begin());
    if (found == of.groups.end()) of.groups.push_back({&match, false, false, {}});
    of.ready.push_back(ready);
  }
}

void plan_shapes(LoadedTemplate& of) {
  of.shapes.clear();
  of.given.clear();
  of.given_arena = std::make_unique<Arena>();
  if (!of.module->policy->optimise) return;
  std::map<std::string, std::vector<ReadyConstraint*>> by_shape;
  for (ReadyConstraint& ready : of.ready) by_shape[shape_of(ready.loaded->parameters)].push_back(&ready);
  std::vector<Value> all;
  std::vector<std::vector<std::uint32_t>> open;
  for (const auto& [shape, members] : by_shape) {
    if (of.shapes.size() >= kMostShapes) break;
    all.clear();
    for (const ReadyConstraint* ready : members) all.push_back(ready->loaded->parameters);
    const auto arena = std::make_shared<Arena>();
    const Generalised general = generalise(*arena, all);
    std::unique_ptr<ShapeProgram> made = plan_shape(*of.module, copy_into(*arena, general.parameters), arena, !general.open.empty());
    if (made == nullptr) break;  // nor will another shape do
    for (ReadyConstraint* ready : members) {
      ready->shape = made.get();
      ready->first_given = static_cast<std::uint32_t>(open.size());
      ready->given_count = static_cast<std::uint32_t>(general.open.size());
    }
    open.push_back(general.open);
    for (ReadyConstraint* ready : members) ready->first_given = static_cast<std::uint32_t>(open.size() - 1);
    of.shapes.push_back(std::move(made));
  }
  // Side by side in the order of reviews.
  std::vector<Value> leaves;
  for (ReadyConstraint& ready : of.ready) {
    if (ready.shape == nullptr) continue;
    const std::vector<std::uint32_t>& wanted = open[ready.first_given];
    ready.first_given = static_cast<std::uint32_t>(of.given.size());
    leaves.clear();
    if (!wanted.empty()) gather_leaves(ready.loaded->parameters, leaves);
    for (std::uint32_t i = 0; i < wanted.size(); ++i) of.given.push_back({i, copy_into(*of.given_arena, leaves[wanted[i]])});
  }
}

void add_names(const LoadedTemplate& of, std::vector<std::string_view>& names) {
  const KeyTable& own = *of.module->policy->program()->keys;
  for (std::size_t i = 0; i < own.size(); ++i) names.push_back(own.name(static_cast<KeyNumber>(i)));
  for (const auto& shape : of.shapes) {
    for (const plan::Function& function : shape->plan->functions) {
      plan::each_expr(function, [&](const plan::Expr& e) {
        if (e.kind == plan::ExprKind::Dot && e.operands[1].kind == plan::ExprKind::Const && e.operands[1].constant.is_string()) names.push_back(e.operands[1].constant.as_string());
      });
    }
  }
}

void lower_shapes(LoadedTemplate& of, std::shared_ptr<const KeyTable> keys) {
  // Patterns that constraints bring stay compiled from review to review.
  Limits limits = of.module->policy->limits;
  limits.regex_cache = std::max<std::uint32_t>(limits.regex_cache, 256 + 4 * static_cast<std::uint32_t>(of.given.size()));
  of.keys = keys;
  of.machine = nullptr;
  of.plain_machine = nullptr;
  for (const auto& shape : of.shapes) {
    shape->program = plan::lower(std::move(*shape->plan), keys);
    shape->plan = nullptr;
    if (const std::string broken = verify(*shape->program); !broken.empty()) assertion_failed(broken.c_str(), __FILE__, __LINE__);
    shape->machine = std::make_unique<Machine>(shape->program, limits);
  }
  for (const ReadyConstraint& ready : of.ready) {
    if (ready.shape == nullptr || ready.given_count == 0) continue;
    const std::uint32_t first = find_given(*ready.shape->program);
    for (std::uint32_t i = 0; i < ready.given_count; ++i) of.given[ready.first_given + i].function = first + i;
  }
}

Machine& LoadedTemplate::general() {
  if (machine == nullptr) {
    const Policy::Impl& policy = *module->policy;
    machine = std::make_unique<Machine>(keys != nullptr ? make_program(*policy.plan, policy.optimise, keys) : policy.program(), policy.limits);
    function = machine->program().find_function(kViolationPath);
  }
  return *machine;
}

Machine& LoadedTemplate::plain() {
  if (plain_machine == nullptr) {
    const Policy::Impl& policy = *module->policy;
    plain_machine = std::make_unique<Machine>(keys != nullptr ? make_program(*policy.plan, false, keys) : policy.plain_program(), policy.limits);
    function = plain_machine->program().find_function(kViolationPath);
  }
  return *plain_machine;
}

}  // namespace psdl::gatekeeper
