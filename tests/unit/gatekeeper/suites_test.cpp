// Suites as they are read, filtered and run: what text of a run cannot show.
#include <catch2/catch.hpp>

#include <map>
#include <thread>

#include "gatekeeper/assertions.hpp"
#include "gatekeeper/filter.hpp"
#include "gatekeeper/suite.hpp"
#include "psdl/tools/gator.hpp"

namespace psdl::gatekeeper {
namespace {

// Files that are never on a disk.
class MemoryFiles final : public tools::FileSource {
 public:
  std::map<std::string, std::string> texts;

  bool read(const std::string& path, std::string& text, std::string& problem) const override {
    const auto found = texts.find(path);
    if (found == texts.end()) {
      problem = "no such file or directory";
      return false;
    }
    text = found->second;
    return true;
  }
};

constexpr const char* kTemplate =
    "apiVersion: templates.gatekeeper.sh/v1\n"
    "kind: ConstraintTemplate\n"
    "metadata: {name: needslabel}\n"
    "spec:\n"
    "  crd:\n"
    "    spec:\n"
    "      names: {kind: NeedsLabel}\n"
    "      validation:\n"
    "        openAPIV3Schema: {type: object, properties: {label: {type: string}}}\n"
    "  targets:\n"
    "  - target: admission.k8s.gatekeeper.sh\n"
    "    rego: |\n"
    "      package needslabel\n"
    "      violation[{\"msg\": msg}] {\n"
    "        not input.review.object.metadata.labels[input.parameters.label]\n"
    "        others := count(data.inventory.cluster[\"v1\"][\"Namespace\"])\n"
    "        msg := sprintf(\"no label %v beside %v namespaces\", [input.parameters.label, others])\n"
    "      }\n";

constexpr const char* kConstraint =
    "apiVersion: constraints.gatekeeper.sh/v1beta1\n"
    "kind: NeedsLabel\n"
    "metadata: {name: team}\n"
    "spec: {parameters: {label: team}}\n";

std::string suite_of(const std::string& tests) {
  return "kind: Suite\napiVersion: test.gatekeeper.sh/v1alpha1\ntests:\n" + tests;
}

std::string test_of(const std::string& name, const std::string& cases) {
  return "- name: " + name + "\n  template: template.yaml\n  constraint: constraint.yaml\n  cases:\n" + cases;
}

std::string case_of(const std::string& name, const std::string& rest) {
  return "  - {name: " + name + ", object: pod.yaml, " + rest + "}\n";
}

MemoryFiles files_with(const std::string& suite) {
  MemoryFiles files;
  files.texts = {{"/s/suite.yaml", suite},
                 {"/s/template.yaml", kTemplate},
                 {"/s/constraint.yaml", kConstraint},
                 {"/s/pod.yaml", "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\n"},
                 {"/s/spaces.yaml",
                  "apiVersion: v1\nkind: Namespace\nmetadata: {name: a}\n---\napiVersion: v1\nkind: "
                  "Namespace\nmetadata: {name: b}\n"}};
  return files;
}

const std::vector<tools::SuiteFile> kOneFile{{"/s/suite.yaml", "suite.yaml", {}}};

ObjectPtr suite_object(const std::string& text) {
  auto read = read_first(text, "suite.yaml", Reading::Verify);
  REQUIRE(read);
  return *read;
}

}  // namespace

TEST_CASE("a template is compiled once, whatever number of cases, tests and suites use it") {
  std::string tests;
  for (const char* name : {"one", "two", "three"}) {
    tests += test_of(name, case_of("first", "assertions: [{violations: no}]") +
                               case_of("second", "inventory: [spaces.yaml], assertions: [{violations: 1}]"));
  }
  MemoryFiles files = files_with(suite_of(tests));
  files.texts["/s/other.yaml"] = suite_of(tests);
  std::vector<tools::SuiteFile> both = kOneFile;
  both.push_back({"/s/other.yaml", "other.yaml", {}});
  tools::SuiteRunner runner(files, {});
  DiagnosticList problems;
  REQUIRE(runner.read(both, problems));
  REQUIRE(runner.size() == 2);
  for (std::size_t i = 0; i < 2; ++i) {
    const tools::SuiteOutcome outcome = runner.run(i);
    CHECK(outcome.status == tools::SuiteStatus::Passed);
    CHECK(outcome.count(tools::SuiteStatus::Passed) == 6);
  }
  CHECK(runner.compilations() == 1);
}

TEST_CASE("nothing of one case is seen by the next") {
  const std::string cases = case_of("alone", "assertions: [{violations: no}]") +
                            case_of("beside", "inventory: [spaces.yaml], assertions: [{message: beside 2}]") +
                            case_of("alone again", "assertions: [{violations: no}]");
  const MemoryFiles files = files_with(suite_of(test_of("t", cases)));
  tools::SuiteRunner runner(files, {});
  DiagnosticList problems;
  REQUIRE(runner.read(kOneFile, problems));
  const tools::SuiteOutcome outcome = runner.run(0);
  CHECK(outcome.count(tools::SuiteStatus::Passed) == 3);
}

TEST_CASE("suites run by several threads say the same as by one") {
  MemoryFiles files = files_with(suite_of(test_of("t", case_of("a", "assertions: [{violations: 3}]"))));
  std::vector<tools::SuiteFile> many;
  for (int i = 0; i < 16; ++i) {
    const std::string name = "suite" + std::to_string(100 + i) + ".yaml";
    files.texts["/s/" + name] = files.texts["/s/suite.yaml"];
    many.push_back({"/s/" + name, name, {}});
  }
  tools::SuiteRunner runner(files, {});
  DiagnosticList problems;
  REQUIRE(runner.read(many, problems));
  std::vector<tools::SuiteOutcome> alone(many.size());
  std::vector<tools::SuiteOutcome> together(many.size());
  for (std::size_t i = 0; i < many.size(); ++i) alone[i] = runner.run(i);
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (std::size_t i = t; i < many.size(); i += 4) together[i] = runner.run(i);
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(tools::verify_text(alone, {}, true) == tools::verify_text(together, {}, true));
  CHECK(tools::verify_json(alone, 1) == tools::verify_json(together, 1));
}

TEST_CASE("a filter takes tests and cases by their names") {
  struct Row {
    const char* text;
    bool takes_test;  // of test `caps` with case `bad`
    bool takes_case;
  };
  for (const Row& row :
       {Row{"", true, true}, Row{"caps", true, true}, Row{"bad", true, true}, Row{"^ba", true, true},
        Row{"other", false, false}, Row{"caps//", true, true}, Row{"caps//bad", true, true}, Row{"//bad", true, true},
        Row{"//good", true, false}, Row{"bad//", false, false}, Row{"caps//good", true, false}}) {
    INFO(row.text);
    const Result<CaseFilter, Refusal> filter = CaseFilter::compile(row.text);
    REQUIRE(filter);
    CHECK(filter->takes_test("caps", {"good one", "bad"}) == row.takes_test);
    CHECK((filter->takes_test("caps", {"bad"}) && filter->takes_case("caps", "bad")) == row.takes_case);
  }
  const Result<CaseFilter, Refusal> thrice = CaseFilter::compile("a//b//c");
  REQUIRE(!thrice);
  CHECK(thrice.error().text == "compiling filter: invalid test filter: a filter may include at most one \"//\"");
  const Result<CaseFilter, Refusal> broken = CaseFilter::compile("(");
  REQUIRE(!broken);
  CHECK(broken.error().text == "compiling filter: invalid test filter: error parsing regexp: missing closing ): `(`");
}

TEST_CASE("keys of a suite are read in any case, unknown ones are warned of") {
  const Result<Suite, Refusal> suite =
      read_suite(suite_object("kind: Suite\napiVersion: test.gatekeeper.sh/v1\nTESTS:\n- {Name: t, assertion: 1, "
                              "CASES: [{object: a, Skip: true}]}\n"));
  REQUIRE(suite);
  REQUIRE(suite->tests.size() == 1);
  CHECK(suite->tests[0].name == "t");
  REQUIRE(suite->tests[0].cases.size() == 1);
  CHECK(suite->tests[0].cases[0].is_skipped);
  REQUIRE(suite->warnings.size() == 1);
  CHECK(suite->warnings[0].message == "unknown key `assertion`: it says nothing");
  CHECK(suite->warnings[0].place.line == 4);
}

TEST_CASE("what a suite cannot hold is refused in Go's words, each at its place") {
  const Result<Suite, Refusal> suite =
      read_suite(suite_object("kind: Suite\napiVersion: test.gatekeeper.sh/v1\ntests:\n- name: t\n  cases:\n  - skip: "
                              "1\n    inventory: a.yaml\n    assertions:\n    - violations: 3000000000\n"));
  REQUIRE(!suite);
  const Refusal& refusal = suite.error();
  // Members are decoded in the order of their names.
  CHECK(refusal.text ==
        "json: cannot unmarshal number 3000000000 into Go struct field Assertion.tests.cases.assertions.violations of "
        "type int32");
  REQUIRE(refusal.problems.size() == 3);
  CHECK(refusal.problems[0].place.line == 9);
  CHECK(refusal.problems[0].place.column == 7);
  CHECK(refusal.problems[1].place.line == 7);
  CHECK(refusal.problems[2].place.line == 6);
}

TEST_CASE("the first assertion that fails is told") {
  const auto assertion = [](WantedCount::Kind kind, std::int64_t count, const char* message) {
    Assertion made;
    made.wanted = {kind, count};
    if (message != nullptr) made.message = message;
    return made;
  };
  const std::vector<std::string> messages{"container a", "container b"};
  CHECK(!check_assertions(
      {assertion(WantedCount::Kind::AtLeastOne, 0, nullptr), assertion(WantedCount::Kind::Exactly, 1, "a$")},
      messages));
  const auto none = check_assertions({assertion(WantedCount::Kind::None, 0, "\"b\"|b$")}, messages);
  REQUIRE(none);
  CHECK(none->text ==
        "unexpected number of violations: got 1 violations containing \"\\\"b\\\"|b$\" but want none: got messages "
        "[container a container b]");
  CHECK(none->readable ==
        "unexpected number of violations: got 1 violations containing \"\\\"b\\\"|b$\" but want none");
  // A broken expression is noticed where there is something to try it on.
  CHECK(!check_assertions({assertion(WantedCount::Kind::None, 0, "(")}, {}));
  CHECK(check_assertions({assertion(WantedCount::Kind::None, 0, "(")}, messages)->text ==
        "message contains invalid regular expression: error parsing regexp: missing closing ): `(`");
  CHECK(broken_message(assertion(WantedCount::Kind::None, 0, "(")) == "error parsing regexp: missing closing ): `(`");
  CHECK(!broken_message(assertion(WantedCount::Kind::None, 0, "a+")));
}

}  // namespace psdl::gatekeeper
