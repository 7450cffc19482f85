// Tests one after the other; what gator compiles anew for every case is compiled once.
#include "gatekeeper/suite_run.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <iterator>
#include <span>
#include <utility>

#include "gatekeeper/assertions.hpp"
#include "gatekeeper/expansion.hpp"
#include "gatekeeper/gvk.hpp"
#include "gatekeeper/place.hpp"
#include "gatekeeper/review.hpp"
#include "gatekeeper/reviewing.hpp"
#include "gatekeeper/suite_files.hpp"

namespace psdl::gatekeeper {
namespace {

using tools::CaseOutcome;
using tools::GatekeeperResult;
using tools::SuiteOutcome;
using tools::SuiteStatus;
using tools::TestOutcome;

constexpr std::string_view kSuiteCode = "gatekeeper_suite";
constexpr std::string_view kAssertionCode = "gatekeeper_assertion";
constexpr std::string_view kSchemaFailure = "schema validation failed";

class Stopwatch {
 public:
  [[nodiscard]] std::int64_t elapsed_ns() const {
    return std::chrono::duration_cast<std::chrono::nanoseconds>(Clock::now() - begin_).count();
  }

 private:
  using Clock = std::chrono::steady_clock;
  Clock::time_point begin_ = Clock::now();
};

void add(DiagnosticList& list, const std::vector<Problem>& problems) {
  std::vector<Problem>& items = list.impl().items;
  items.insert(items.end(), problems.begin(), problems.end());
}
void add(DiagnosticList& list, Problem problem) {
  list.impl().items.push_back(std::move(problem));
}

// The worse of the two; what was skipped says nothing.
SuiteStatus worse(SuiteStatus a, SuiteStatus b) {
  const auto badness = [](SuiteStatus status) {
    return status == SuiteStatus::Broken ? 2 : status == SuiteStatus::Failed ? 1 : 0;
  };
  return badness(b) > badness(a) ? b : a;
}

// One suite, from its files to its outcome.
class SuiteRun {
 public:
  SuiteRun(const VerifySetting& setting, const SuiteAt& at)
      : setting_(setting), at_(at), files_(setting.files, at.file, setting.reading()) {}

  SuiteOutcome run() {
    const Stopwatch watch;
    SuiteOutcome outcome;
    outcome.name = at_.file.shown;
    if (at_.suite.is_skipped) {
      outcome.status = SuiteStatus::Skipped;
      return outcome;
    }
    add(outcome.problems, at_.suite.warnings);
    if (at_.suite.tests.empty() && !setting_.is_gator()) {
      outcome.status = SuiteStatus::Broken;
      add(outcome.problems,
          problem_at(*at_.suite.object, at_.suite.object->root().origin(), kSuiteCode, "the suite has no tests"));
    }
    for (const SuiteTest& test : at_.suite.tests) {
      outcome.tests.push_back(run_test(test));
      outcome.status = worse(outcome.status, outcome.tests.back().status);
    }
    outcome.time_ns = watch.elapsed_ns();
    return outcome;
  }

 private:
  using Failure = std::optional<Refusal>;

  // --- a test

  TestOutcome run_test(const SuiteTest& test) {
    const Stopwatch watch;
    TestOutcome outcome;
    outcome.name = test.name;
    std::vector<std::string_view> names;
    for (const SuiteCase& one : test.cases) names.push_back(one.name);
    outcome.is_chosen = setting_.filter.takes_test(test.name, names);
    if (test.is_skipped || !outcome.is_chosen) {
      outcome.status = SuiteStatus::Skipped;
      return outcome;
    }
    Client client(setting_.programs, setting_.client_options());
    Expander expander;
    if (Failure failure = load(test, client, expander, outcome)) {
      outcome.error = std::move(failure->text);
      add(outcome.problems, failure->problems);
    } else if (!test.wants_refusal) {
      run_cases(test, client, expander, outcome);
    }
    add(outcome.notes, std::exchange(notes_, {}));
    outcome.time_ns = watch.elapsed_ns();
    return outcome;
  }

  void run_cases(const SuiteTest& test, Client& client, const Expander& expander, TestOutcome& outcome) {
    if (test.cases.empty() && !setting_.is_gator()) {
      outcome.status = SuiteStatus::Broken;
      add(outcome.problems, problem_at(suite(), test.origin, kSuiteCode,
                                       fmt::format("test `{}` has no cases: it can never fail", test.name)));
    }
    for (const SuiteCase& one : test.cases) {
      outcome.cases.push_back(run_case(test, one, client, expander));
      outcome.status = worse(outcome.status, outcome.cases.back().status);
    }
  }

  // Template, constraint and expansion into a client. With `invalid: true` the constraint's refusal by the schema is
  // what is wanted.
  Failure load(const SuiteTest& test, Client& client, Expander& expander, TestOutcome& outcome) {
    Failure failure = load_template(test, client);
    if (!failure) failure = load_constraint(test, client);
    add(outcome.notes, client.take_notes());
    outcome.status = SuiteStatus::Broken;
    if (test.wants_refusal) {
      if (failure && failure->text.starts_with(kSchemaFailure)) {
        outcome.status = SuiteStatus::Passed;
        return std::nullopt;
      }
      return not_refused(test, failure, outcome);
    }
    if (!failure) failure = load_expansion(test, expander);
    if (!failure) outcome.status = SuiteStatus::Passed;
    return failure;
  }

  Refusal not_refused(const SuiteTest& test, const Failure& failure, TestOutcome& outcome) {
    if (!failure) outcome.status = SuiteStatus::Failed;
    Problem problem = problem_at(suite(), test.constraint_origin, kAssertionCode,
                                 "the constraint should have failed schema validation: it was accepted");
    if (failure)
      problem.message = fmt::format("the constraint should have failed schema validation, but: {}", failure->text);
    Refusal refusal{fmt::format("constraint should have failed schema validation: got error {} but want {}",
                                failure ? failure->text : "%!w(<nil>)", kSchemaFailure),
                    {std::move(problem)}};
    if (failure) refusal.problems.insert(refusal.problems.end(), failure->problems.begin(), failure->problems.end());
    return refusal;
  }

  // The template or constraint that a test names; `reading` and `parsing` are gator's words for what went wrong.
  Result<ObjectPtr, Refusal> named_object(const SuiteTest& test, const SuiteFiles::Asked& named, std::string_view what,
                                          std::string_view reading, std::string_view parsing) {
    if (!named.path.empty()) return files_.first(named, reading, parsing);
    return missing(test.origin, fmt::format("invalid Suite: missing {}", what),
                   fmt::format("test `{}` names no {}", test.name, what));
  }

  Failure load_template(const SuiteTest& test, Client& client) {
    const Result<ObjectPtr, Refusal> object =
        named_object(test, {test.template_path, &suite(), test.template_origin}, "template",
                     "reading ConstraintTemplate", "adding template: parsing ConstraintTemplate YAML");
    if (!object) return object.error();
    if (!is_template(**object)) {
      return wrong_kind(**object,
                        fmt::format("path \"{}\": not a ConstraintTemplate", files_.gator_path(test.template_path)),
                        "a ConstraintTemplate");
    }
    asks_kind_ = setting_.is_gator() && mentions(find_path((*object)->root(), {"spec", "targets"}), "review.kind");
    Failure failure = client.add_template(*object);
    if (failure) {
      failure->text = failure->is_conversion
                          ? fmt::format("path \"{}\": {}", files_.gator_path(test.template_path), failure->text)
                          : fmt::format("adding template: {}", failure->text);
    }
    return failure;
  }

  // Whether a text below the value holds `words`.
  static bool mentions(const Value* value, std::string_view words) {
    if (value == nullptr) return false;
    if (value->is_string()) return value->as_string().find(words) != std::string_view::npos;
    const std::span<const Value> items = value->is_array()    ? value->as_array()
                                         : value->is_object() ? value->as_object().values()
                                                              : std::span<const Value>();
    return std::any_of(items.begin(), items.end(), [&](const Value& item) { return mentions(&item, words); });
  }

  // gator passes a request on as it is given; in a cluster it always has a kind.
  void warn_of_missing_kind(const Object& object) {
    const Value* request = find_path(object.root(), {"request"});
    if (!asks_kind_ || !is_admission_review(object) || request == nullptr || find_path(*request, {"kind"}) != nullptr)
      return;
    notes_.push_back(problem_at(object, request->origin(), "gatekeeper_review",
                                "the request has no `kind`, which the template asks for: gator leaves it empty"));
    notes_.back().severity = Severity::Warning;
  }

  Failure load_constraint(const SuiteTest& test, Client& client) {
    const Result<ObjectPtr, Refusal> object = named_object(test, {test.constraint_path, &suite(), test.constraint_origin},
                                                           "constraint", "reading Constraint", "adding constraint: parsing Constraint");
    if (!object) return object.error();
    if (!is_constraint(**object)) return wrong_kind(**object, "not a Constraint", "a constraint");
    return client.add_constraint(*object);
  }

  Failure load_expansion(const SuiteTest& test, Expander& expander) {
    if (test.expansion_path.empty()) return std::nullopt;
    const Result<std::vector<ObjectPtr>, Refusal> objects =
        files_.all({test.expansion_path, &suite(), test.expansion_origin});
    const std::string path = files_.gator_path(test.expansion_path);
    const std::string not_one = fmt::format("not an Expansion Template: \"{}\"", path);
    if (!objects) {
      Refusal refusal = objects.error();
      const bool was_read = refusal.text.starts_with("reading \"");
      if (refusal.text.starts_with("missing objects: ")) {
        refusal.text = not_one;
      } else if (!was_read) {
        refusal.text = fmt::format("reading ExpansionTemplate from \"{}\": {}", path, refusal.text);
      }
      return refusal;
    }
    for (const ObjectPtr& object : *objects) {
      if (!is_expansion_template(*object)) return wrong_kind(*object, not_one, "an ExpansionTemplate");
    }
    std::vector<Refusal> refusals = expander.add_all(*objects, setting_.is_gator());
    if (refusals.empty()) return std::nullopt;
    Refusal first = std::move(refusals.front());
    for (std::size_t i = 1; i < refusals.size(); ++i)
      first.problems.insert(first.problems.end(), refusals[i].problems.begin(), refusals[i].problems.end());
    return first;
  }

  Refusal missing(std::uint32_t origin, std::string text, std::string message) const {
    return {std::move(text), {problem_at(suite(), origin, kSuiteCode, std::move(message))}};
  }

  static Refusal wrong_kind(const Object& object, std::string text, std::string_view wanted) {
    const Value* kind = find_path(object.root(), {"kind"});
    Problem problem =
        problem_at(object, kind != nullptr ? kind->origin() : 0, kSuiteCode, fmt::format("not {}", wanted));
    problem.label = fmt::format("this is {} {}", object.api_version(), object.kind());
    return {std::move(text), {std::move(problem)}};
  }

  // --- a case

  CaseOutcome run_case(const SuiteTest& test, const SuiteCase& one, Client& client, const Expander& expander) {
    const Stopwatch watch;
    CaseOutcome outcome;
    outcome.name = one.name;
    outcome.object = one.object;
    outcome.inventory = one.inventory;
    outcome.is_chosen = setting_.filter.takes_case(test.name, one.name);
    if (one.is_skipped || !outcome.is_chosen) {
      outcome.status = SuiteStatus::Skipped;
      return outcome;
    }
    if (Failure failure = judge(one, client, expander, outcome)) {
      outcome.status = worse(outcome.status, SuiteStatus::Broken);
      outcome.error = std::move(failure->text);
      add(outcome.problems, failure->problems);
    }
    outcome.time_ns = watch.elapsed_ns();
    return outcome;
  }

  Failure judge(const SuiteCase& one, Client& client, const Expander& expander, CaseOutcome& outcome) {
    if (one.object.empty())
      return missing(one.origin, "invalid Case: must define object",
                     fmt::format("case `{}` names no object", one.name));
    if (one.assertions.empty())
      return missing(one.origin, "invalid Case: assertions must be non-empty",
                     fmt::format("case `{}` asserts nothing", one.name));
    if (!setting_.is_gator()) {
      if (Failure failure = check_messages(one)) return failure;
    }
    const Result<ObjectPtr, Refusal> object = read_object(one);
    if (!object) return object.error();
    warn_of_missing_kind(**object);
    std::unique_ptr<Client> with_inventory;  // the inventory is the case's own
    if (!one.inventory.empty()) {
      with_inventory = client.without_data();
      if (Failure failure = load_inventory(one, *with_inventory)) return failure;
    }
    Client& used = with_inventory != nullptr ? *with_inventory : client;
    used.set_locates(setting_.options.keeps_findings);
    Reviewed reviewed = review(used, expander, *object);
    std::vector<Problem> notes = used.take_notes();
    std::move(notes.begin(), notes.end(), std::back_inserter(notes_));
    outcome.printed = std::move(reviewed.printed);
    outcome.trace = std::move(reviewed.trace);
    if (reviewed.failure) return reviewed.failure;
    std::vector<std::string> messages = take_results(std::move(reviewed), outcome);
    const std::optional<AssertionFailure> failure = check_assertions(one.assertions, messages);
    if (setting_.is_gator() && messages.empty()) warn_of_messages(one);
    if (!failure) return std::nullopt;
    outcome.status = SuiteStatus::Failed;
    outcome.error = failure->text;
    if (setting_.is_gator()) return std::nullopt;
    // Places cost more than the rest of a review: they are looked up where they are shown.
    if (!setting_.options.keeps_findings) {
      used.set_locates(true);
      static_cast<void>(take_results(review(used, expander, *object), outcome));
    }
    add(outcome.problems, explain(one, *failure, outcome));
    return std::nullopt;
  }

  // The messages, in order.
  static std::vector<std::string> take_results(Reviewed reviewed, CaseOutcome& outcome) {
    sort_for_gator(reviewed.results);
    outcome.results.clear();
    std::vector<std::string> messages;
    for (ReviewResult& result : reviewed.results) {
      messages.push_back(result.message);
      outcome.results.push_back(shown_result(std::move(result)));
    }
    return messages;
  }

  // What is wrong with the assertion's regular expression.
  std::optional<Refusal> check_message(const Assertion& assertion) const {
    const std::optional<std::string> why = broken_message(assertion);
    if (!why) return std::nullopt;
    Problem problem = problem_at(suite(), assertion.message_origin, kSuiteCode,
                                 fmt::format("`message` is no regular expression: {}", *why));
    return Refusal{fmt::format("message contains invalid regular expression: {}", *why), {std::move(problem)}};
  }

  Failure check_messages(const SuiteCase& one) const {
    for (const Assertion& assertion : one.assertions) {
      if (Failure failure = check_message(assertion)) return failure;
    }
    return std::nullopt;
  }

  // gator does not notice an expression that cannot be read while there are no results to try it on.
  void warn_of_messages(const SuiteCase& one) {
    for (const Assertion& assertion : one.assertions) {
      std::optional<Refusal> refusal = check_message(assertion);
      if (!refusal) continue;
      notes_.push_back(std::move(refusal->problems.front()));
      notes_.back().severity = Severity::Warning;
    }
  }

  Result<ObjectPtr, Refusal> read_object(const SuiteCase& one) {
    const Result<std::vector<ObjectPtr>, Refusal> objects = files_.all({one.object, &suite(), one.object_origin});
    if (!objects) return objects.error();
    if (objects->size() == 1) {
      std::optional<Problem> dropped = setting_.is_gator() ? warn_of_dropped_lines(*objects->front()) : std::nullopt;
      if (dropped) notes_.push_back(std::move(*dropped));
      return objects->front();
    }
    return Refusal{fmt::format("object file must contain exactly one object: \"{}\" defines {} objects",
                               files_.gator_path(one.object), objects->size()),
                   {problem_at(suite(), one.object_origin, kSuiteCode,
                               fmt::format("`{}` holds {} objects, and a case has one", files_.shown_path(one.object),
                                           objects->size()))}};
  }

  Failure load_inventory(const SuiteCase& one, Client& client) {
    for (std::size_t i = 0; i < one.inventory.size(); ++i) {
      const Result<std::vector<ObjectPtr>, Refusal> objects =
          files_.all({one.inventory[i], &suite(), one.inventory_origins[i]});
      if (!objects) return objects.error();
      for (const ObjectPtr& object : *objects) {
        Failure failure = client.add_data(object);
        if (!failure) continue;
        failure->text =
            fmt::format("unable to add object to data.inventory: {} {}/{}: admission.k8s.gatekeeper.sh: {}\n",
                        gvk_text(*object), object->namespace_name(), object->name(), failure->text);
        return failure;
      }
    }
    return std::nullopt;
  }

  Reviewed review(Client& client, const Expander& expander, const ObjectPtr& object) const {
    ReviewRun run{client, &expander, setting_.is_gator()};
    if (is_admission_review(*object)) return review_admission(run, object);
    const Value namespace_object =
        object->namespace_name().empty() ? Value() : client.namespace_object(object->namespace_name());
    return review_object(run, object, object->root(), namespace_object);
  }

  [[nodiscard]] Problem explain(const SuiteCase& one, const AssertionFailure& failure,
                                const CaseOutcome& outcome) const {
    Problem problem = problem_at(suite(), failure.assertion->origin, kAssertionCode, failure.readable);
    problem.label = fmt::format("case `{}`", one.name);
    for (const GatekeeperResult& result : outcome.results) {
      const Location& at = result.finding.location;
      const std::string where = at.line > 0 ? fmt::format(" ({}:{}:{})", at.file, at.line, at.column) : std::string();
      problem.notes.push_back(fmt::format("{} says: {}{}", result.constraint, result.message, where));
    }
    if (outcome.results.empty())
      problem.notes.push_back(fmt::format("no constraint says anything of `{}`", files_.shown_path(one.object)));
    return problem;
  }

  [[nodiscard]] const Object& suite() const { return *at_.suite.object; }

  const VerifySetting& setting_;
  const SuiteAt& at_;
  SuiteFiles files_;
  std::vector<Problem> notes_;  // of the test at hand
  bool asks_kind_ = false;      // its template reads input.review.kind
};

}  // namespace

tools::SuiteOutcome run_suite(const VerifySetting& setting, const SuiteAt& at) {
  return SuiteRun(setting, at).run();
}

}  // namespace psdl::gatekeeper
