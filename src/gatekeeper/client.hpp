// Templates, constraints and inventory loaded together, and reviews of objects. In: objects as read; out: results, each of one constraint (SPEC 10).
//
// A template is compiled once however many clients and cases use it: programs are kept by content in a ProgramCache that clients share.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gatekeeper/constraint.hpp"
#include "gatekeeper/match.hpp"
#include "gatekeeper/object.hpp"
#include "gatekeeper/refusal.hpp"
#include "gatekeeper/template.hpp"
#include "psdl/findings.hpp"
#include "psdl/psdl.hpp"

namespace psdl::gatekeeper {

// Compiled templates, shared by clients of any thread. compilations(): how many were really compiled.
class ProgramCache {
 public:
  explicit ProgramCache(const EngineOptions& options = {});
  ~ProgramCache();
  [[nodiscard]] std::size_t compilations() const;
  struct Impl;
  [[nodiscard]] Impl& impl() const { return *impl_; }

 private:
  std::unique_ptr<Impl> impl_;
};

struct ClientOptions {
  std::string point = "gator.gatekeeper.sh";  // the enforcement point
  bool locates = true;                         // Result::finding has places
  bool specialise = true;                      // constraints' parameters are bound into programs: pays where many objects are reviewed
  std::optional<std::int64_t> now_ns = {};
  bool prints = false;                         // print() is collected
  bool traces = false;                         // ReviewOutcome::trace is filled in
  bool refuses_elements = false;               // an element of `violation` without a text `msg` fails the review, located; else as gator: without `msg` it is dropped. Words of a constraint that mean nothing are refused too, or noted
  bool counts = false;                         // ReviewOutcome::evaluated is filled in
  bool has_gator_numbers = false;              // numbers have gone through doubles, as in gator (SPEC 9.2)
};

// What is reviewed: an object as it is, or the request of an AdmissionReview.
struct ReviewRequest {
  ObjectPtr object;       // of an AdmissionReview: its whole document
  Value review;           // the value of input.review, made by review.hpp; parts keep their origins in `object`
  MatchSubject subject;
};

struct ReviewResult {
  std::string message;
  std::string details_json;   // of metadata.details, gator's spelling; "{}" where the rule gave none
  bool has_metadata = true;   // false: of autoreject
  bool is_error = false;      // a run-time error of the template: metadata is {"details": null}
  std::shared_ptr<const Constraint> constraint;
  std::string action;                       // "scoped" for scoped ones
  std::vector<std::string> scoped_actions;
  Finding finding;            // native: located in the manifest, with the template's line; rule = constraint kind/name
  std::vector<Finding> more;  // the same element made at other places
};
// A kind of constraints some of which applied to the object.
struct EvaluatedKind {
  std::string kind;
  std::size_t constraints = 0;
  std::int64_t time_ns = 0;
};
struct ReviewOutcome {
  std::vector<ReviewResult> results;  // SPEC 10.2, PSDL's total order
  std::string printed;
  std::string trace;                  // of all constraints that were evaluated
  std::vector<EvaluatedKind> evaluated;
  std::optional<std::string> error;   // the review failed (SPEC 10.3): gator's ERROR text; there are no results then
  std::optional<Problem> problem;     // of `error`, where it stands in a template
};

// A result in the client's own memory: it lives until the client's next review, or its end.
struct ResultView {
  const Constraint* constraint = nullptr;
  std::string_view message;
  Value details;             // undefined: there is no metadata (autoreject); null: {"details": null} (an error of the template)
  bool is_error = false;
};
struct ReviewViews {
  std::span<const ResultView> results;  // as ReviewOutcome's
  std::string_view error;               // not empty: the review failed
};

class Client {
 public:
  Client(std::shared_ptr<ProgramCache> programs, ClientOptions options);
  ~Client();

  // Nothing where it was taken; adding the same again is no change, a changed one replaces the old.
  [[nodiscard]] std::optional<Refusal> add_template(const ObjectPtr& object);
  [[nodiscard]] std::optional<Refusal> add_constraint(const ObjectPtr& object);
  // data.inventory. The refusal's text is gator's: `invalid request object: resource m has no version`.
  [[nodiscard]] std::optional<Refusal> add_data(const ObjectPtr& object);

  // One with the same templates and constraints, and an empty inventory.
  [[nodiscard]] std::unique_ptr<Client> without_data() const;
  // From now on, as ClientOptions::locates.
  void set_locates(bool locates);

  [[nodiscard]] ReviewOutcome review(const ReviewRequest& request);
  // The same without places and copies: nothing is allocated once the client is warm. Lines of print() are dropped.
  [[nodiscard]] ReviewViews review_views(const ReviewRequest& request);
  // A request from the JSON of an AdmissionReview (or of an object), read with what the loaded templates look for. It lives until the next read().
  [[nodiscard]] Result<ReviewRequest, Refusal> read(std::string_view json, std::string_view name);
  // Of the inventory: undefined where it has no such Namespace.
  [[nodiscard]] Value namespace_object(std::string_view name) const;
  // As it was taken, defaults filled in; null where there is none.
  [[nodiscard]] std::shared_ptr<const Constraint> find_constraint(std::string_view kind, std::string_view name) const;
  // What was taken though Gatekeeper refuses it, and the like: since the last call.
  [[nodiscard]] std::vector<Problem> take_notes();
  // What is told of the Rego of all templates beyond what it must be.
  [[nodiscard]] std::vector<Problem> advice() const;

  struct Impl;

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace psdl::gatekeeper
