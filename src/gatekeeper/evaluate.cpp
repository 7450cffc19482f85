// One review against all that is loaded: match, evaluate, results in their order (SPEC 10).
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "gatekeeper/client_parts.hpp"
#include "gatekeeper/go_text.hpp"
#include "gatekeeper/locate_results.hpp"
#include "runtime/findings.hpp"
#include "value/builders.hpp"
#include "value/text.hpp"

namespace psdl::gatekeeper {
namespace {

constexpr std::string_view kTarget = "admission.k8s.gatekeeper.sh";

// What gator prints of an error of a review: targets and, below, engines, each with its line end.
std::string review_error(std::string_view text) { return fmt::format("{}: Rego: {}\n\n", kTarget, text); }

int compare_responses(const Response& left, const Response& right) {
  const int order = compare(left.message, right.message);
  return order != 0 ? order : compare(left.details, right.details);
}

// The elements that `violation[r]` stands for, as (msg, details), each pair once and in order. What has no `msg` is dropped.
void gather_responses(const Value& violation, std::vector<Response>& responses) {
  const auto take = [&](const Value& element) {
    const Value* message = element.is_object() ? element.as_object().find_text("msg") : nullptr;
    if (message == nullptr) return;
    const Value* details = element.as_object().find_text("details");
    responses.push_back({*message, details != nullptr ? *details : empty_object()});
  };
  if (violation.is_set()) {
    for (const Value& element : violation.as_set().items()) take(element);
  } else if (violation.is_object()) {
    for (const Value& key : violation.as_object().keys()) take(key);
  }
  if (responses.size() < 2) return;
  std::sort(responses.begin(), responses.end(), [](const Response& left, const Response& right) { return compare_responses(left, right) < 0; });
  responses.erase(std::unique(responses.begin(), responses.end(), [](const Response& left, const Response& right) { return compare_responses(left, right) == 0; }), responses.end());
}

// As gator's OPA words it, which says less than ours.
std::string gator_text(const EvalError& error, Problem problem) {
  if (error.code == EvalCode::Conflict) {
    problem.message = error.message.starts_with("function ")        ? "functions must not produce multiple outputs for same inputs"
                      : error.message.starts_with("rule ") ? "complete rules must not produce multiple outputs"
                                                                    : "object keys must be unique";
  }
  return opa_line(problem);
}

class Review {
 public:
  Review(Client::Impl& client, const ReviewRequest& request) : client_(client), request_(request), object_(request) {
    run_.data = client.inventory.data(nullptr);
    run_.facts.now_ns = client.options.now_ns ? *client.options.now_ns : clock_ns();
    if (client.options.prints) run_.print_sink = &outcome_.printed;
  }

  ReviewOutcome run() {
    for (LoadedTemplate* of : client_.by_kind) {
      if (!review_template(*of)) {
        outcome_.results.clear();
        break;
      }
    }
    return std::move(outcome_);
  }

 private:
  // False: the review failed.
  bool review_template(LoadedTemplate& of) {
    for (MatchGroup& group : of.groups) group.is_asked = false;
    const std::size_t first = outcome_.results.size();
    for (const auto& [name, constraint] : of.constraints) {
      if (constraint->actions.empty()) continue;
      const MatchGroup& group = asked(of.groups[constraint->group]);
      if (!group.error.empty()) {
        add_autoreject(of, *constraint, group.error);
      } else if (group.applies && !evaluate(of, *constraint)) {
        if (outcome_.error) return false;
        break;
      }
    }
    if (!run_error_.empty()) fail_all(of, first);
    return true;
  }

  const MatchGroup& asked(MatchGroup& group) {
    if (group.is_asked) return group;
    group.is_asked = true;
    group.error.clear();
    Result<bool, std::string> applies = group.match->applies(request_.subject);
    group.applies = applies && *applies;
    if (!applies) group.error = applies.error();
    return group;
  }

  // False: the review failed (outcome_.error), or the query of this kind did (run_error_).
  bool evaluate(LoadedTemplate& of, const LoadedConstraint& constraint) {
    ObjectBuilder input(client_.arena);
    input.add(Value::string("parameters"), constraint.parameters);
    input.add(Value::string("review"), request_.review);
    run_.function = of.function;
    run_.input = input.finish();
    Outcome outcome = of.fast().run(client_.arena, run_);
    if (outcome.halt) return take_halt(of, *outcome.halt);
    responses_.clear();
    gather_responses(outcome.value, responses_);
    const std::size_t first = outcome_.results.size();
    for (const Response& response : responses_) {
      if (!add_result(constraint, response)) return false;
    }
    if (client_.options.locates && outcome_.results.size() > first) {
      locate_results(object_, of, constraint, client_.arena, run_, std::span(outcome_.results).subspan(first));
    }
    return true;
  }

  // A limit fails the review; any other error is one result of each constraint of the kind.
  bool take_halt(LoadedTemplate& of, EvalError error) {
    if (is_ordered(error)) {
      RunRequest again = run_;
      again.print_sink = nullptr;
      const Outcome outcome = of.plain().run(client_.arena, again);
      if (outcome.halt) error = *outcome.halt;
    }
    const std::string text = gator_text(error, evaluation_problem(error, of.plain().program(), {}));
    if (is_ordered(error)) {
      run_error_ = text;
    } else {
      outcome_.error = review_error(text);
    }
    return false;
  }

  bool add_result(const LoadedConstraint& constraint, const Response& response) {
    if (!response.message.is_string()) {
      outcome_.error = review_error(fmt::format("extracting message binding: .msg accessor error: {} is of the type {}, expected string", go_result(response.message), go_result_type(response.message)));
      return false;
    }
    ReviewResult& result = new_result(constraint);
    result.message = response.message.as_string();
    result.finding.details_json.clear();
    const bool is_short = append_json_within(result.details_json, client_.limits.string_bytes, response.details, {.html_safe = true}) &&
                          append_json_within(result.finding.details_json, client_.limits.string_bytes, response.details);
    if (is_short) return true;
    outcome_.error = review_error("limit_string_bytes reached: the details of a violation are too long");
    return false;
  }

  ReviewResult& new_result(const LoadedConstraint& constraint) {
    ReviewResult& result = outcome_.results.emplace_back();
    result.constraint = constraint.constraint;
    result.action = constraint.constraint->action;
    if (result.action == "scoped") result.scoped_actions = constraint.actions;
    return result;
  }

  void add_autoreject(const LoadedTemplate& of, const LoadedConstraint& constraint, const std::string& error) {
    ReviewResult& result = new_result(constraint);
    result.message = "unable to match constraints: " + error;
    result.has_metadata = false;
    if (client_.options.locates) stand_at_object(object_, of, constraint, result);
  }

  // What the kind's other constraints found does not count: gator asks all of them at once.
  void fail_all(LoadedTemplate& of, std::size_t first) {
    std::vector<ReviewResult> rejected;
    for (std::size_t i = first; i < outcome_.results.size(); ++i) {
      if (!outcome_.results[i].has_metadata) rejected.push_back(std::move(outcome_.results[i]));
    }
    outcome_.results.resize(first);
    auto kept = rejected.begin();
    for (const auto& [name, constraint] : of.constraints) {
      if (constraint->actions.empty()) continue;
      const MatchGroup& group = asked(of.groups[constraint->group]);
      if (!group.error.empty()) {
        if (kept != rejected.end() && kept->constraint == constraint->constraint) {
          outcome_.results.push_back(std::move(*kept++));
        } else {
          add_autoreject(of, *constraint, group.error);
        }
        continue;
      }
      if (!group.applies) continue;
      ReviewResult& result = new_result(*constraint);
      result.message = run_error_;
      result.details_json = "null";
      result.is_error = true;
      if (client_.options.locates) stand_at_object(object_, of, *constraint, result);
    }
    run_error_.clear();
  }

  Client::Impl& client_;
  const ReviewRequest& request_;
  ReviewedObject object_;
  RunRequest run_;
  ReviewOutcome outcome_;
  std::vector<Response> responses_;
  std::string run_error_;
};

// Equal criteria share a group. Few kinds of criteria are usual: looking far for one would cost more than it saves.
void make_groups(LoadedTemplate& of) {
  constexpr std::size_t kMostLooked = 16;
  of.groups.clear();
  for (const auto& [name, constraint] : of.constraints) {
    const Match& match = constraint->constraint->match;
    const std::size_t from = of.groups.size() > kMostLooked ? of.groups.size() - kMostLooked : 0;
    const auto found = std::find_if(of.groups.begin() + static_cast<std::ptrdiff_t>(from), of.groups.end(), [&](const MatchGroup& group) { return *group.match == match; });
    constraint->group = static_cast<std::uint32_t>(found - of.groups.begin());
    if (found == of.groups.end()) of.groups.push_back({&match, false, false, {}});
  }
  of.has_groups = true;
}

}  // namespace

Machine& LoadedTemplate::fast() {
  if (machine == nullptr) machine = std::make_unique<Machine>(module->policy->program(), module->policy->limits);
  return *machine;
}

Machine& LoadedTemplate::plain() {
  if (plain_machine == nullptr) plain_machine = std::make_unique<Machine>(module->policy->plain_program(), module->policy->limits);
  return *plain_machine;
}

ReviewOutcome Client::Impl::review(const ReviewRequest& request) {
  if (by_kind.empty()) {
    for (const auto& [name, of] : templates) by_kind.push_back(of.get());
    std::sort(by_kind.begin(), by_kind.end(), [](const LoadedTemplate* left, const LoadedTemplate* right) { return left->source->kind < right->source->kind; });
  }
  for (LoadedTemplate* of : by_kind) {
    if (!of->has_groups) make_groups(*of);
    if (of->function == kNoIndex) of->function = of->module->policy->program()->find_function(kViolationPath);
  }
  arena.reset();
  return Review(*this, request).run();
}

}  // namespace psdl::gatekeeper
