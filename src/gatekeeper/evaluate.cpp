// One review against all that is loaded: match, evaluate, results in their order (SPEC 10).
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "gatekeeper/client_parts.hpp"
#include "gatekeeper/go_numbers.hpp"
#include "gatekeeper/go_text.hpp"
#include "gatekeeper/locate_results.hpp"
#include "gatekeeper/review.hpp"
#include "gatekeeper/target.hpp"
#include "gatekeeper/trace_review.hpp"
#include "runtime/findings.hpp"
#include "value/builders.hpp"
#include "value/text.hpp"

namespace psdl::gatekeeper {
namespace {


// What gator prints of an error of a review: targets and, below, engines, each with its line end.
std::string review_error(std::string_view text) { return fmt::format("{}: Rego: {}\n\n", kTarget, text); }

// As gator's OPA words it, which says less than ours.
std::string gator_text(const EvalError& error, Problem problem) {
  if (error.code == EvalCode::Conflict) {
    problem.message = error.message.starts_with("function ") ? "functions must not produce multiple outputs for same inputs"
                      : error.message.starts_with("rule ")   ? "complete rules must not produce multiple outputs"
                                                             : "object keys must be unique";
  }
  return opa_line(problem);
}

int compare_responses(const Response& left, const Response& right) {
  const int order = compare(left.message, right.message);
  return order != 0 ? order : compare(left.details, right.details);
}

// Adds the elements that `violation[r]` stands for, as (msg, details). What has no `msg` is passed over; the first that has no text there is returned.
Value add_responses(const Value& violation, std::vector<Response>& responses) {
  Value refused;
  const auto take = [&](const Value& element) {
    const Value* message = element.is_object() ? element.as_object().find_text("msg") : nullptr;
    if (!refused.is_defined() && (message == nullptr || !message->is_string())) refused = element;
    if (message == nullptr) return;
    const Value* details = element.as_object().find_text("details");
    responses.push_back({*message, details != nullptr ? *details : empty_object()});
  };
  if (violation.is_set()) {
    for (const Value& element : violation.as_set().items()) take(element);
  } else if (violation.is_object()) {
    for (const Value& key : violation.as_object().keys()) take(key);
  }
  return refused;
}

// Each pair once, in order.
void make_unique(std::vector<Response>& responses) {
  if (responses.size() < 2) return;
  std::sort(responses.begin(), responses.end(), [](const Response& left, const Response& right) { return compare_responses(left, right) < 0; });
  const auto is_same = [](const Response& left, const Response& right) { return compare_responses(left, right) == 0; };
  responses.erase(std::unique(responses.begin(), responses.end(), is_same), responses.end());
}

// What stands in the constraint's place where something is shown: found results and their constraint.
class Review {
 public:
  Review(Client::Impl& client, const ReviewRequest& request, std::string* printed) : client_(client), request_(request) {
    client.arena.reset();
    client.found.clear();
    client.evaluated.clear();
    client.error.clear();
    client.refused = {};
    client.dropped.clear();
    run_.data = client.inventory.data(client.keys.get());
    run_.facts.now_ns = client.options.now_ns ? *client.options.now_ns : clock_ns();
    run_.print_sink = printed;
    ObjectBuilder input(client.arena, client.keys.get());
    input.add(Value::string("review"), request.review);
    review_input_ = input.finish();
  }

  void run() {
    for (LoadedTemplate* of : client_.by_kind) {
      if (review_template(*of)) continue;
      client_.found.clear();
      return;
    }
  }

  // All constraints that the object was judged by.
  void trace(std::string& lines) {
    for (LoadedTemplate* of : client_.by_kind) {
      for (const ReadyConstraint& ready : of->ready) {
        const MatchGroup& group = asked(of->groups[ready.group]);
        if (group.error.empty() && group.applies) trace_constraint(*of, *ready.loaded, client_.arena, whole_run(*of, *ready.loaded), lines);
      }
    }
  }

  // What the constraint's rules read, parameters and all.
  [[nodiscard]] RunRequest whole_run(const LoadedTemplate& of, const LoadedConstraint& constraint) const {
    ObjectBuilder input(client_.arena, client_.keys.get());
    input.add(Value::string("parameters"), constraint.parameters);
    input.add(Value::string("review"), request_.review);
    RunRequest run = run_;
    run.function = of.function;
    run.input = input.finish();
    return run;
  }

 private:
  // False: the review failed.
  bool review_template(LoadedTemplate& of) {
    if (of.ready.empty()) return true;
    for (MatchGroup& group : of.groups) group.is_asked = false;
    for (const auto& shape : of.shapes) shape->is_running = false;
    const std::size_t first = client_.found.size();
    const std::int64_t begin_ns = client_.options.counts ? clock_ns() : 0;
    std::size_t evaluated = 0;
    for (const ReadyConstraint& ready : of.ready) {
      const MatchGroup& group = asked(of.groups[ready.group]);
      evaluated += group.error.empty() && group.applies ? 1 : 0;
      if (!group.error.empty()) {
        add_autoreject(*ready.loaded, group.error);
      } else if (group.applies && !evaluate(of, ready)) {
        if (!client_.error.empty()) return false;
        fail_all(of, first);
        return true;
      }
    }
    if (client_.options.counts && evaluated > 0) {
      client_.evaluated.push_back({of.source->kind, evaluated, clock_ns() - begin_ns});
    }
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

  // False: the review failed (Client::Impl::error), or the query of this kind did (run_error_).
  bool evaluate(LoadedTemplate& of, const ReadyConstraint& ready) {
    std::vector<Response>& responses = client_.responses;
    responses.clear();
    if (ready.shape == nullptr) {
      Machine& machine = of.general();
      const Outcome outcome = machine.run(client_.arena, whole_run(of, *ready.loaded));
      if (outcome.halt) return take_halt(of, *ready.loaded, *outcome.halt);
      refused_ = add_responses(outcome.value, responses);
    } else if (!run_shape(of, ready, responses)) {
      return false;
    }
    if (refused_.is_defined()) {
      if (client_.options.refuses_elements) return refuse(of, *ready.loaded);
      if (!std::exchange(of.is_drop_told, true)) client_.dropped.push_back({&of, ready.loaded, refused_});
    }
    make_unique(responses);
    for (const Response& response : responses) {
      if (!add_result(*ready.loaded, response)) return false;
    }
    return true;
  }

  bool run_shape(LoadedTemplate& of, const ReadyConstraint& ready, std::vector<Response>& responses) {
    ShapeProgram& shape = *ready.shape;
    if (!shape.is_running && !start_shape(shape)) return take_halt(of, *ready.loaded, shape.machine->halt());
    if (!shape.common.empty()) responses = shape.common;
    refused_ = shape.refused;
    if (shape.is_shut) return true;
    Value found;
    const std::span<const GivenValue> given(of.given.data() + ready.first_given, ready.given_count);
    if (!shape.machine->next(shape.function, shape.shared.changing, given, found)) return take_halt(of, *ready.loaded, shape.machine->halt());
    if (const Value refused = add_responses(found, responses); refused.is_defined()) refused_ = refused;
    return true;
  }

  // What is the same for all constraints of the shape. False: the machine was halted.
  bool start_shape(ShapeProgram& shape) {
    RunRequest documents = run_;
    documents.input = review_input_;
    shape.machine->begin(client_.arena, documents);
    shape.is_running = true;
    shape.common.clear();
    shape.refused = Value();
    shape.is_shut = !shape.has_given;
    Value found;
    const std::uint32_t common = shape.has_given ? shape.shared.members : shape.function;
    if (common != kNoIndex) {
      if (!shape.machine->next(common, {}, {}, found)) return false;
      shape.refused = add_responses(found, shape.common);
    }
    if (!shape.shared.is_guarded) return true;
    bool is_shut = true;
    for (const std::uint32_t guard : shape.shared.guards) {
      if (!shape.machine->next(guard, {}, {}, found)) return false;
      is_shut = is_shut && (!found.is_defined() || (found.is_array() && found.length() == 0));
      if (!is_shut) break;
    }
    shape.is_shut = shape.is_shut || is_shut;
    return true;
  }

  // A limit fails the review; any other error is one result of each constraint of the kind.
  bool take_halt(LoadedTemplate& of, const LoadedConstraint& constraint, EvalError error) {  // a copy: the plain program's may be another
    Machine& plain = of.plain();
    if (is_ordered(error)) {
      RunRequest again = whole_run(of, constraint);
      again.print_sink = nullptr;
      const Outcome outcome = plain.run(client_.arena, again);
      if (outcome.halt) error = *outcome.halt;
    }
    const std::string text = gator_text(error, evaluation_problem(error, plain.program(), {}));
    (is_ordered(error) ? run_error_ : client_.error) = is_ordered(error) ? text : review_error(text);
    return false;
  }

  // An element that says nothing must not go for one that is not there.
  bool refuse(LoadedTemplate& of, const LoadedConstraint& constraint) {
    client_.refused = {&of, &constraint, refused_};
    client_.error = review_error(refused_element_text(refused_));
    return false;
  }

  bool add_result(const LoadedConstraint& constraint, const Response& response) {
    if (response.message.is_string()) {
      client_.found.push_back({constraint.constraint.get(), response.message.as_string(), response.details, false});
      return true;
    }
    client_.error = review_error(fmt::format("extracting message binding: .msg accessor error: {} is of the type {}, expected string", go_result(response.message), go_result_type(response.message)));
    return false;
  }

  void add_autoreject(const LoadedConstraint& constraint, const std::string& error) {
    client_.found.push_back({constraint.constraint.get(), client_.arena.copy("unable to match constraints: " + error), Value(), false});
  }

  // What the kind's other constraints found does not count: gator asks all of them at once.
  void fail_all(LoadedTemplate& of, std::size_t first) {
    client_.found.resize(first);
    const std::string_view text = client_.arena.copy(run_error_);
    for (const ReadyConstraint& ready : of.ready) {
      const MatchGroup& group = asked(of.groups[ready.group]);
      if (!group.error.empty()) {
        add_autoreject(*ready.loaded, group.error);
      } else if (group.applies) {
        client_.found.push_back({ready.loaded->constraint.get(), text, Value::null(), true});
      }
    }
    run_error_.clear();
  }

  Client::Impl& client_;
  const ReviewRequest& request_;
  RunRequest run_;
  Value review_input_;
  Value refused_;  // of the constraint at hand: an element of `violation` that is none
  std::string run_error_;
};

// What gator passes over without a word: an element that has no `msg`, once a template.
void note_dropped(Client::Impl& client, const Review& review) {
  for (const RefusedElement& one : client.dropped) {
    static_cast<void>(one.of->plain());
    Problem problem = problem_of_element(*one.of, *one.constraint, client.arena, review.whole_run(*one.of, *one.constraint), one.element);
    problem.severity = Severity::Warning;
    problem.notes.emplace_back("the element is passed over, as Gatekeeper does");
    client.notes.push_back(std::move(problem));
  }
}

// Results that own what they say. False: the details of one are too long.
bool own_results(Client::Impl& client, std::vector<ReviewResult>& results) {
  for (const ResultView& view : client.found) {
    ReviewResult& result = results.emplace_back();
    result.message = view.message;
    const LoadedTemplate& of = *client.templates.find(view.constraint->of->name)->second;
    const LoadedConstraint& loaded = *of.constraints.find(view.constraint->name)->second;
    result.constraint = loaded.constraint;
    result.action = view.constraint->action;
    if (result.action == "scoped") result.scoped_actions = loaded.actions;
    result.has_metadata = view.details.is_defined();
    result.is_error = view.is_error;
    if (!result.has_metadata) continue;
    const bool is_short = append_json_within(result.details_json, client.limits.string_bytes, view.details, {.html_safe = true}) &&
                          append_json_within(result.finding.details_json, client.limits.string_bytes, view.details);
    if (!is_short) return false;
  }
  return true;
}

}  // namespace

ReviewViews Client::review_views(const ReviewRequest& request) {
  impl_->prepare();
  Review(*impl_, request, nullptr).run();
  return {impl_->found, impl_->error};
}

ReviewOutcome Client::review(const ReviewRequest& given) {
  impl_->prepare();
  Arena numbers;
  ReviewRequest request = given;
  if (impl_->options.has_gator_numbers) request.review = with_go_numbers(numbers, given.review, GoNumbers::Printed);
  ReviewOutcome outcome;
  Review review(*impl_, request, impl_->options.prints ? &outcome.printed : nullptr);
  review.run();
  if (impl_->options.traces) review.trace(outcome.trace);
  if (impl_->error.empty() && !own_results(*impl_, outcome.results)) impl_->error = review_error("limit_string_bytes reached: the details of a violation are too long");
  if (!impl_->error.empty()) {
    outcome.results.clear();
    outcome.error = impl_->error;
    if (const RefusedElement& refused = impl_->refused; refused.of != nullptr) {
      static_cast<void>(refused.of->plain());
      outcome.problem = problem_of_element(*refused.of, *refused.constraint, impl_->arena, review.whole_run(*refused.of, *refused.constraint), refused.element);
    }
    return outcome;
  }
  outcome.evaluated = impl_->evaluated;
  note_dropped(*impl_, review);
  if (!impl_->options.locates) return outcome;
  ReviewedObject object(request);
  const std::vector<ResultView> found = impl_->found;
  for (std::size_t first = 0; first < found.size();) {
    std::size_t last = first + 1;
    while (last < found.size() && found[last].constraint == found[first].constraint) ++last;
    LoadedTemplate& of = *impl_->templates.find(found[first].constraint->of->name)->second;
    const LoadedConstraint& constraint = *of.constraints.find(found[first].constraint->name)->second;
    const std::span<ReviewResult> results = std::span(outcome.results).subspan(first, last - first);
    if (results[0].has_metadata && !results[0].is_error) {
      static_cast<void>(of.plain());
      locate_results(object, of, constraint, impl_->arena, review.whole_run(of, constraint), results);
    } else {
      for (ReviewResult& result : results) stand_at_object(object, of, constraint, result);
    }
    first = last;
  }
  return outcome;
}

Result<ReviewRequest, Refusal> Client::read(std::string_view json, std::string_view name) {
  impl_->prepare();
  impl_->document.reset();
  impl_->document_arena.reset();
  ReadOptions how;
  how.limits = &impl_->limits;
  how.key_table = impl_->keys;
  how.place.stream = name;
  Result<Document, ReadError> read = impl_->reader.read(impl_->document_arena, json, Format::Json, how);
  if (!read) {
    Refusal refusal;
    refusal.text = read.error().one_line();
    DiagnosticList list;
    list.impl().add(read.error());
    refusal.problems = std::move(list.impl().items);
    return refusal;
  }
  impl_->document.emplace(std::move(read).value(), std::string(name), Reading::Native);
  const ObjectPtr object(std::shared_ptr<const void>(), &*impl_->document);
  const ReviewOptions options;
  if (is_admission_review(*object)) return review_of_request(impl_->document_arena, object, *this, options);
  return review_of_object(impl_->document_arena, object, object->root(), options);
}

}  // namespace psdl::gatekeeper
