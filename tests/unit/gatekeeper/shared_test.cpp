// Sharing programs changes no answer: shared.yaml, each case once with parameters as input and once shared.
#include <catch2/catch.hpp>

#include <fmt/format.h>

#include "data.hpp"
#include "gatekeeper/client.hpp"
#include "gatekeeper/review.hpp"
#include "value/text.hpp"

namespace psdl::gatekeeper {
namespace {

ObjectPtr read(const std::string& text, const std::string& file) {
  auto made = read_first(text, file, Reading::Verify);
  INFO(text);
  REQUIRE(made);
  return *made;
}

std::vector<std::string> results(const Value& one, bool shares, bool optimises) {
  EngineOptions engine;
  engine.optimise = optimises;
  ClientOptions options;
  options.specialise = shares;
  options.locates = false;
  Client client(std::make_shared<ProgramCache>(engine), options);
  std::string rego;
  append_json_string(rego, text(one, "rego"));
  const auto refused = client.add_template(
      read(fmt::format("{{\"apiVersion\": \"templates.gatekeeper.sh/v1beta1\", \"kind\": \"ConstraintTemplate\", \"metadata\": {{\"name\": \"p\"}}, \"spec\": {{\"crd\": {{\"spec\": "
                       "{{\"names\": {{\"kind\": \"P\"}}}}}}, \"targets\": [{{\"target\": \"admission.k8s.gatekeeper.sh\", \"code\": [{{\"engine\": \"Rego\", \"source\": "
                       "{{\"version\": \"{}\", \"rego\": {}}}}}]}}]}}}}",
                       part(one, "v1").is_true() ? "v1" : "v0", rego),
           "template.json"));
  INFO((refused ? refused->text : std::string()));
  REQUIRE(!refused);
  int number = 0;
  for (const Value& parameters : part(one, "parameters").as_array()) {
    REQUIRE(!client.add_constraint(read(fmt::format("{{\"apiVersion\": \"constraints.gatekeeper.sh/v1beta1\", \"kind\": \"P\", \"metadata\": {{\"name\": \"c{}\"}}, \"spec\": "
                                                    "{{\"parameters\": {}}}}}",
                                                    number++, to_json(parameters)),
                                        "constraint.json")));
  }
  std::vector<std::string> found;
  for (const Value& object : part(one, "objects").as_array()) {
    const std::string json = to_json(object);
    const auto request = client.read(json, "object.json");
    REQUIRE(request);
    const ReviewViews views = client.review_views(*request);
    CHECK(views.error == "");
    for (const ResultView& result : views.results) {
      found.push_back(fmt::format("{} {} {}", result.constraint->name, result.message, to_json(result.details)));
    }
  }
  return found;
}

TEST_CASE("constraints that share a program find what each finds alone") {
  const Cases cases("shared.yaml");
  for (const Value& one : cases.all()) {
    DYNAMIC_SECTION(text(one, "note")) {
      const std::vector<std::string> alone = results(one, false, false);
      CHECK(alone.size() == static_cast<std::size_t>(part(one, "finds").as_int()));
      CHECK(results(one, false, true) == alone);
      CHECK(results(one, true, true) == alone);
    }
  }
}

}  // namespace
}  // namespace psdl::gatekeeper
