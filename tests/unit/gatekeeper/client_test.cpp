// Reviews from loading to results: reviews.yaml, each once with parameters as input and once bound.
#include "gatekeeper/client.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <thread>

#include "data.hpp"
#include "gatekeeper/review.hpp"
#include "value/text.hpp"

namespace psdl::gatekeeper {
namespace {

constexpr std::string_view kTemplateHead =
    "apiVersion: templates.gatekeeper.sh/v1beta1\n"
    "kind: ConstraintTemplate\n"
    "metadata: {name: p}\n"
    "spec:\n"
    "  crd: {spec: {names: {kind: P}}}\n"
    "  targets:\n"
    "  - target: admission.k8s.gatekeeper.sh\n"
    "    rego: |\n";

std::string template_of(const std::string& rego) {
  std::string made(kTemplateHead);
  std::size_t at = 0;
  while (at < rego.size()) {
    const std::size_t end = std::min(rego.find('\n', at), rego.size());
    made += "      " + rego.substr(at, end - at) + "\n";
    at = end + 1;
  }
  return made;
}

ObjectPtr object_of(const std::string& text, const std::string& file) {
  auto read = read_first(text, file, Reading::Verify);
  INFO(text);
  INFO((read ? std::string() : read.error().text));
  REQUIRE(read);
  return *read;
}

ReviewOptions gator_options() {
  ReviewOptions options;
  options.is_gator = true;
  return options;
}

// One case, loaded.
struct Loaded {
  Loaded(const Value& one, std::shared_ptr<ProgramCache> programs, ClientOptions options) : client(std::move(programs), options_of(one, options)) {
    const auto refused = client.add_template(object_of(template_of(text(one, "rego")), "template.yaml"));
    INFO((refused ? refused->text : std::string()));
    REQUIRE(!refused);
    const psdl::Object& constraints = part(one, "constraints").as_object();
    for (std::uint32_t i = 0; i < constraints.size(); ++i) {
      const std::string name(constraints.keys()[i].as_string());
      const auto wrong = client.add_constraint(object_of(
          fmt::format("{{\"apiVersion\": \"constraints.gatekeeper.sh/v1beta1\", \"kind\": \"P\", \"metadata\": {{\"name\": \"{}\"}}, \"spec\": {}}}", name, to_json(constraints.values()[i])),
          name + ".yaml"));
      INFO((wrong ? wrong->text : std::string()));
      REQUIRE(!wrong);
    }
    if (part(one, "inventory").is_string()) {
      auto read = read_all(text(one, "inventory"), "inventory.yaml", Reading::Verify);
      REQUIRE(read);
      for (const ObjectPtr& each : *read) CHECK(!client.add_data(each));
    }
    object = object_of(text(one, "object"), "object.yaml");
  }

  static ClientOptions options_of(const Value& one, ClientOptions options) {
    if (part(one, "point").is_string()) options.point = text(one, "point");
    return options;
  }

  Result<ReviewRequest, Refusal> request() {
    ReviewOptions options = gator_options();
    if (is_admission_review(*object)) return review_of_request(arena, object, client, options);
    if (!object->namespace_name().empty()) options.namespace_object = client.namespace_object(object->namespace_name());
    return review_of_object(arena, object, object->root(), options);
  }

  Client client;
  ObjectPtr object;
  Arena arena;
};

std::string shown(const ReviewResult& result) {
  std::string action = result.action;
  if (!result.scoped_actions.empty()) {
    std::vector<std::string> actions = result.scoped_actions;
    std::sort(actions.begin(), actions.end());
    action += fmt::format(" {}", fmt::join(actions, ","));
  }
  std::string message;
  append_json_string(message, result.message);
  return fmt::format("{} {} {} {}", result.constraint->name, action, message, result.has_metadata ? result.details_json : "no metadata");
}

std::string place(const ReviewResult& result) {
  const Finding& finding = result.finding;
  return fmt::format("{}:{} {}, template {}", finding.location.line, finding.location.column, finding.path, finding.source_line);
}

template <class Show>
std::vector<std::string> all(const ReviewOutcome& outcome, Show show) {
  std::vector<std::string> made;
  for (const ReviewResult& result : outcome.results) made.push_back(show(result));
  return made;
}

void check(const Value& one, const ClientOptions& options) {
  Loaded loaded(one, std::make_shared<ProgramCache>(), options);
  const Result<ReviewRequest, Refusal> request = loaded.request();
  CHECK((request ? std::string() : request.error().text) == text(one, "refusal"));
  if (!request) {
    CHECK(!request.error().problems.empty());
    return;
  }
  const ReviewOutcome outcome = loaded.client.review(*request);
  if (part(one, "error_has").is_string()) {
    CHECK_THAT(outcome.error.value_or(""), Catch::Contains(text(one, "error_has")));
    CHECK(outcome.results.empty());
    return;
  }
  CHECK(outcome.error.value_or("") == text(one, "error"));
  CHECK(all(outcome, shown) == texts(one, "results"));
  if (options.locates && part(one, "where").is_array()) CHECK(all(outcome, place) == texts(one, "where"));
  for (const ReviewResult& result : outcome.results) {
    if (!options.locates) continue;
    CHECK(result.finding.rule == "P/" + result.constraint->name);
    CHECK(result.finding.location.file == "object.yaml");
    CHECK(result.finding.source_file == "template.yaml");
    CHECK(result.finding.fingerprint.size() == 16);
  }
  const ReviewOutcome again = loaded.client.review(*request);
  CHECK(all(again, shown) == all(outcome, shown));
}

TEST_CASE("reviews find what Gatekeeper finds, in order and located") {
  const Cases cases("reviews.yaml");
  for (const Value& one : cases.all()) {
    DYNAMIC_SECTION(text(one, "note")) {
      check(one, {.specialise = false});
      check(one, {.specialise = true});
      check(one, {.locates = false, .specialise = true});
    }
  }
}

TEST_CASE("a template compiles once, however many clients use it, from any thread") {
  const Cases cases("reviews.yaml");
  const Value& one = cases.all()[0];
  const auto programs = std::make_shared<ProgramCache>();
  std::vector<std::string> found(8);
  std::vector<std::thread> threads;
  const auto review = [&](std::string& into) {
    Client client(programs, {});
    static_cast<void>(client.add_template(*read_first(template_of(text(one, "rego")), "template.yaml", Reading::Verify)));
    static_cast<void>(client.add_constraint(
        *read_first("{apiVersion: constraints.gatekeeper.sh/v1beta1, kind: P, metadata: {name: c}, spec: {parameters: {limit: 1}}}", "c.yaml", Reading::Verify)));
    const ObjectPtr object = *read_first(text(one, "object"), "object.yaml", Reading::Verify);
    Arena arena;
    const ReviewOutcome outcome = client.review(review_of_object(arena, object, object->root(), gator_options()));
    for (const ReviewResult& result : outcome.results) into += shown(result) + place(result) + "\n";
  };
  for (std::string& into : found) threads.emplace_back([&review, &into] { review(into); });
  for (std::thread& thread : threads) thread.join();
  CHECK(programs->compilations() == 1);
  CHECK(!found[0].empty());
  for (const std::string& one_thread : found) CHECK(one_thread == found[0]);
  std::string alone;
  review(alone);
  CHECK(alone == found[0]);
}

TEST_CASE("the same again is no change, another one replaces it") {
  Client client(std::make_shared<ProgramCache>(), {});
  const auto rego = [](std::string_view text) { return template_of(fmt::format("package p\nviolation[{{\"msg\": \"{}\"}}] {{ true }}\n", text)); };
  const auto constraint = [](std::string_view action) {
    return object_of(fmt::format("{{apiVersion: constraints.gatekeeper.sh/v1beta1, kind: P, metadata: {{name: c}}, spec: {{enforcementAction: {}}}}}", action), "c.yaml");
  };
  const auto missing = client.add_constraint(constraint("deny"));
  REQUIRE(missing);
  CHECK(missing->text == "missing ConstraintTemplate: template \"p\" not found");
  CHECK(!client.add_template(object_of(rego("one"), "t.yaml")));
  CHECK(!client.add_constraint(constraint("deny")));
  const ObjectPtr object = object_of("{apiVersion: v1, kind: Pod, metadata: {name: a}}", "o.yaml");
  Arena arena;
  const auto review = [&] { return all(client.review(review_of_object(arena, object, object->root(), {})), shown); };
  CHECK(review() == std::vector<std::string>{"c deny \"one\" {}"});
  CHECK(!client.add_constraint(constraint("warn")));
  CHECK(review() == std::vector<std::string>{"c warn \"one\" {}"});
  CHECK(!client.add_template(object_of(rego("two"), "t.yaml")));
  CHECK(!client.add_template(object_of(rego("two"), "t.yaml")));
  CHECK(review() == std::vector<std::string>{"c warn \"two\" {}"});
  std::string elsewhere = rego("three");
  elsewhere.replace(elsewhere.find("admission.k8s.gatekeeper.sh"), 27, "elsewhere");
  const auto moved = client.add_template(object_of(elsewhere, "t.yaml"));
  REQUIRE(moved);
  CHECK(moved->text == "ConstraintTemplates with Constraints may not change targets: old targets [admission.k8s.gatekeeper.sh], new targets [elsewhere]");
  CHECK(moved->problems[0].place.line == 7);
  CHECK(review() == std::vector<std::string>{"c warn \"two\" {}"});
  const auto bad = client.add_data(object_of("{kind: Pod, metadata: {name: m}}", "bad.yaml"));
  REQUIRE(bad);
  CHECK(bad->text == "invalid request object: resource m has no version");
}

}  // namespace
}  // namespace psdl::gatekeeper
