// include/psdl/gatekeeper.hpp over the Client.
#include "psdl/gatekeeper.hpp"

#include <algorithm>

#include "gatekeeper/client.hpp"
#include "gatekeeper/review.hpp"

namespace psdl {

using gatekeeper::Client;
using gatekeeper::ObjectPtr;
using gatekeeper::Reading;
using gatekeeper::Refusal;

namespace {

gatekeeper::ClientOptions client_options(const GatekeeperOptions& options) {
  gatekeeper::ClientOptions made;
  made.point = options.point;
  made.locates = options.locates;
  made.specialise = options.shares;
  made.now_ns = options.now_ns;
  made.refuses_elements = true;
  return made;
}

void add(const Refusal& refusal, DiagnosticList& problems) {
  for (const Problem& problem : refusal.problems) problems.impl().items.push_back(problem);
}

template <class Take>
bool add_each(std::string_view text, std::string_view name, DiagnosticList& problems, Take take) {
  const auto objects = gatekeeper::read_all(text, name, Reading::Native);
  if (!objects) {
    add(objects.error(), problems);
    return false;
  }
  for (const ObjectPtr& object : *objects) {
    if (const std::optional<Refusal> refusal = take(object)) {
      add(*refusal, problems);
      return false;
    }
  }
  return true;
}

GatekeeperReview failed(DiagnosticList problems) {
  GatekeeperReview review;
  review.errors = std::make_shared<const DiagnosticList>(std::move(problems));
  return review;
}

GatekeeperReview failed(const Refusal& refusal) {
  DiagnosticList problems;
  add(refusal, problems);
  return failed(std::move(problems));
}

}  // namespace

struct Gatekeeper::Impl {
  explicit Impl(const GatekeeperOptions& options) : client(std::make_shared<gatekeeper::ProgramCache>(options.engine), client_options(options)) {}

  Client client;
  Arena arena;  // of a review

  Result<gatekeeper::ReviewRequest, Refusal> request(const ObjectPtr& object) {
    arena.reset();
    gatekeeper::ReviewOptions how;
    if (gatekeeper::is_admission_review(*object)) return gatekeeper::review_of_request(arena, object, client, how);
    if (!object->namespace_name().empty()) how.namespace_object = client.namespace_object(object->namespace_name());
    return gatekeeper::review_of_object(arena, object, object->root(), how);
  }
};

bool GatekeeperReview::is_allowed() const {
  const auto denies = [](const GatekeeperResult& result) {
    return result.action == "deny" || std::find(result.scoped_actions.begin(), result.scoped_actions.end(), "deny") != result.scoped_actions.end();
  };
  return errors == nullptr && std::none_of(results.begin(), results.end(), denies);
}

Gatekeeper::Gatekeeper(GatekeeperOptions options) : impl_(std::make_unique<Impl>(options)) {}
Gatekeeper::~Gatekeeper() = default;

bool Gatekeeper::add_templates(std::string_view text, std::string_view name, DiagnosticList& problems) {
  const bool is_taken = add_each(text, name, problems, [this](const ObjectPtr& object) { return impl_->client.add_template(object); });
  for (Problem& note : impl_->client.take_notes()) problems.impl().items.push_back(std::move(note));
  return is_taken;
}

bool Gatekeeper::add_constraints(std::string_view text, std::string_view name, DiagnosticList& problems) {
  return add_each(text, name, problems, [this](const ObjectPtr& object) { return impl_->client.add_constraint(object); });
}

bool Gatekeeper::add_data(std::string_view text, std::string_view name, DiagnosticList& problems) {
  return add_each(text, name, problems, [this](const ObjectPtr& object) { return impl_->client.add_data(object); });
}

GatekeeperReview Gatekeeper::review(std::string_view text, std::string_view name) {
  const auto objects = gatekeeper::read_all(text, name, Reading::Native);
  if (!objects) return failed(objects.error());
  if (objects->size() != 1) {
    DiagnosticList problems;
    problems.add_error("bad_review", "a review is of one object", name, objects->empty() ? "the text holds none" : "give each its own review");
    return failed(std::move(problems));
  }
  const auto request = impl_->request(objects->front());
  if (!request) return failed(request.error());
  gatekeeper::ReviewOutcome outcome = impl_->client.review(*request);
  if (outcome.error) {
    DiagnosticList problems;
    if (outcome.problem) problems.impl().items.push_back(*outcome.problem);
    if (!outcome.problem) problems.add_error("bad_review", *outcome.error, name);
    return failed(std::move(problems));
  }
  GatekeeperReview review;
  for (gatekeeper::ReviewResult& found : outcome.results) {
    GatekeeperResult& result = review.results.emplace_back();
    result.message = std::move(found.message);
    if (found.has_metadata) result.details_json = std::move(found.details_json);
    result.kind = found.constraint->kind;
    result.constraint = found.constraint->name;
    result.action = std::move(found.action);
    result.scoped_actions = std::move(found.scoped_actions);
    result.is_error = found.is_error;
    result.finding = std::move(found.finding);
    result.more = std::move(found.more);
  }
  return review;
}

std::string Gatekeeper::review_json(std::string_view json, const std::function<bool(const GatekeeperResultView&)>& each) {
  const auto request = impl_->client.read(json, "review.json");
  if (!request) return request.error().text;
  const gatekeeper::ReviewViews found = impl_->client.review_views(*request);
  for (const gatekeeper::ResultView& result : found.results) {
    if (!each({result.message, result.constraint->kind, result.constraint->name, result.constraint->action})) break;
  }
  return std::string(found.error);
}

}  // namespace psdl
