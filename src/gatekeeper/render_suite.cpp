// A rule's cases as a suite of gator's. In: cases.yaml; out: template, constraints, objects, suite.yaml.
//
// One test for each set of parameters. What a case must find is asserted message by message and by their number:
// Gatekeeper has one result where the rule makes one element, however many places it stands at. Parameters that the
// schema refuses are a test that they are refused.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "gatekeeper/client.hpp"
#include "gatekeeper/object.hpp"
#include "gatekeeper/place.hpp"
#include "gatekeeper/render.hpp"
#include "gatekeeper/review.hpp"
#include "report/yaml_text.hpp"
#include "value/text.hpp"

namespace psdl::gatekeeper {
namespace {

constexpr std::string_view kSample = "samples/constraint.yaml";

const Value* member(const Value& of, std::string_view key) {
  return of.is_object() ? of.as_object().find_text(key) : nullptr;
}

std::string_view text_of(const Value& of, std::string_view key) {
  const Value* found = member(of, key);
  return found != nullptr && found->is_string() ? found->as_string() : std::string_view();
}

// Notes are texts; `note: true` is one too.
std::string note_of(const Value& one) {
  const Value* note = member(one, "note");
  if (note == nullptr || note->is_null()) return {};
  return note->is_string() ? std::string(note->as_string()) : to_json(*note);
}

// "a registry that is not allowed" to "a-registry-that-is-not-allowed".
std::string file_name_of(std::string_view note) {
  constexpr std::size_t kMost = 60;
  std::string name;
  for (const char c : note) {
    const bool is_plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    const bool is_upper = c >= 'A' && c <= 'Z';
    if (is_plain || is_upper) {
      name += is_upper ? static_cast<char>(c + 32) : c;
    } else if (!name.empty() && name.back() != '-' && name.size() < kMost) {
      name += '-';
    }
    if (name.size() >= kMost) break;
  }
  while (!name.empty() && name.back() == '-') name.pop_back();
  return name.empty() ? "case" : name;
}

// For RE2: the text and nothing else.
std::string exactly(std::string_view text) {
  std::string pattern = "^";
  for (const char c : text) {
    if (std::string_view("\\.+*?()|[]{}^$").find(c) != std::string_view::npos) pattern += '\\';
    pattern += c;
  }
  return pattern + "$";
}

class SuiteWriter {
 public:
  SuiteWriter(const tools::RenderedTemplate& made, DiagnosticList& problems) : made_(made), problems_(problems) {}

  std::vector<tools::RenderedFile> run(std::string_view cases, std::string_view name) {
    files_ = {{"template.yaml", made_.template_yaml}, {std::string(kSample), made_.constraint_yaml}};
    const Result<ObjectPtr, Refusal> read = read_first(cases, name, Reading::Native, KindCheck::Optional);
    if (!read) {
      for (const Problem& problem : read.error().problems) problems_.impl().items.push_back(problem);
      return {};
    }
    file_ = *read;
    const Value* list = member(file_->root(), "cases");
    if (list == nullptr || !list->is_array()) {
      fail(file_->root(), "cases.yaml needs a list `cases`");
      return {};
    }
    for (const Value& one : list->as_array()) add(one);
    std::string suite = "apiVersion: test.gatekeeper.sh/v1alpha1\nkind: Suite\nmetadata:\n  name: " +
                        yaml_text(file_name_of(made_.kind)) + "\ntests:\n";
    for (const Test& test : tests_) suite += text_of_test(test);
    files_.push_back({"suite.yaml", std::move(suite)});
    if (problems_.has_errors()) return {};
    return std::move(files_);
  }

 private:
  struct Test {
    std::string parameters;  // JSON; empty: none are given
    std::string constraint;  // the file
    bool is_refused = false;
    std::string yaml;  // its text
    std::string cases;
  };

  void say(const Value& at, std::string message, Severity severity) {
    Problem problem;
    problem.code = "bad_case";
    problem.message = std::move(message);
    problem.severity = severity;
    problem.place = place_of(*file_, at.origin());
    problems_.impl().items.push_back(std::move(problem));
  }
  void fail(const Value& at, std::string message) { say(at, std::move(message), Severity::Error); }

  void add(const Value& one) {
    const std::string note = note_of(one);
    if (note.empty()) return fail(one, "a case needs a `note`");
    if (member(one, "settings") != nullptr) {
      return say(one,
                 fmt::format("`{}` is left out of the suite: it has settings of its own, and a template has those that "
                             "it was made with",
                             note),
                 Severity::Warning);
    }
    const Value* findings = member(one, "findings");
    if (findings == nullptr || !findings->is_array())
      return fail(one, fmt::format("`{}` needs a list `findings`", note));
    if (made_.asks_for_inventory && member(one, "inventory") == nullptr) {
      return say(one, fmt::format("`{}` is left out of the suite: in a cluster there always is an inventory", note),
                 Severity::Warning);
    }
    Test& test = test_of(one);
    if (test.is_refused) return;
    const std::string file = unused(file_name_of(note));
    const Value* input = member(one, "input");
    if (input != nullptr ? !member(*input, "kind") : text_of(one, "text").empty()) {
      return say(one,
                 fmt::format("`{}` is left out of the suite: Gatekeeper is given objects, and this has no kind", note),
                 Severity::Warning);
    }
    const std::string object = fmt::format("samples/{}.yaml", file);
    const std::string text =
        input != nullptr ? report::yaml_of_json(to_json(*input)) : std::string(text_of(one, "text"));
    files_.push_back({object, text});
    test.cases += fmt::format("      - name: {}\n        object: {}\n", yaml_text(note), object);
    std::string documents;
    if (const Value* inventory = member(one, "inventory");
        inventory != nullptr && inventory->is_array() && !inventory->as_array().empty()) {
      const std::string others = fmt::format("samples/{}.inventory.yaml", file);
      for (const Value& other : inventory->as_array())
        documents += (documents.empty() ? "" : "---\n") + report::yaml_of_json(to_json(other));
      files_.push_back({others, documents});
      test.cases += fmt::format("        inventory: [{}]\n", others);
    }
    test.cases += "        assertions:\n" + assertions(*findings, test, text, documents);
  }

  std::string assertions(const Value& findings, const Test& test, const std::string& object,
                         const std::string& inventory) {
    std::set<std::string> messages;
    for (const Value& finding : findings.as_array()) messages.emplace(text_of(finding, "message"));
    if (messages.empty()) return "          - violations: no\n";
    std::size_t count = messages.size();
    // The same message again is a result of its own where its details differ, which the case does not tell.
    if (count < findings.as_array().size() || messages.contains("")) count = results_of(test, object, inventory);
    std::string made = fmt::format("          - violations: {}\n", count);
    for (const std::string& message : messages) {
      if (!message.empty())
        made += fmt::format("          - violations: yes\n            message: {}\n", yaml_text(exactly(message)));
    }
    return made;
  }

  // How many the template has for the object.
  std::size_t results_of(const Test& test, const std::string& object, const std::string& inventory) {
    Client client(programs_, {});
    const auto of = read_first(made_.template_yaml, "template.yaml", Reading::Verify);
    const auto constraint = read_first(test.yaml, "constraint.yaml", Reading::Verify);
    const auto judged = read_first(object, "object.yaml", Reading::Verify);
    const auto others = read_all(inventory, "inventory.yaml", Reading::Verify);
    if (!of || !constraint || !judged || !others) return 0;
    static_cast<void>(client.add_template(*of));
    static_cast<void>(client.add_constraint(*constraint));
    for (const ObjectPtr& other : *others) static_cast<void>(client.add_data(other));
    Arena arena;
    ReviewOptions options;
    options.is_gator = true;
    const auto request = is_admission_review(**judged) ? review_of_request(arena, *judged, client, options)
                                                       : review_of_object(arena, *judged, (*judged)->root(), options);
    return request ? client.review(*request).results.size() : 0;
  }

  Test& test_of(const Value& one) {
    const Value* given = member(one, "parameters");
    const std::string parameters = given != nullptr && !given->is_null() ? to_json(*given) : std::string();
    const auto known =
        std::find_if(tests_.begin(), tests_.end(), [&](const Test& test) { return test.parameters == parameters; });
    if (known != tests_.end()) return *known;
    Test test;
    test.parameters = parameters;
    const std::string name = parameters.empty() ? made_.constraint_name : file_name_of(note_of(one));
    std::string yaml = constraint_yaml(made_.kind, name, parameters, made_.action);
    test.constraint =
        yaml == made_.constraint_yaml ? std::string(kSample) : fmt::format("samples/{}.constraint.yaml", name);
    test.is_refused = is_refused(yaml);
    if (test.constraint != kSample) files_.push_back({test.constraint, yaml});
    test.yaml = std::move(yaml);
    tests_.push_back(std::move(test));
    return tests_.back();
  }

  bool is_refused(const std::string& constraint) {
    Client client(programs_, {});
    const auto object = [](const std::string& text, std::string_view name) {
      return read_first(text, name, Reading::Verify);
    };
    const auto source = object(made_.template_yaml, "template.yaml");
    const auto made = object(constraint, "constraint.yaml");
    if (!source || !made) return false;
    static_cast<void>(client.add_template(*source));
    const std::optional<Refusal> refusal = client.add_constraint(*made);
    return refusal.has_value() && refusal->text.starts_with("schema validation failed");
  }

  std::string unused(std::string name) {
    const std::string wanted = name;
    for (int number = 2; !names_.insert(name).second; ++number) name = fmt::format("{}-{}", wanted, number);
    return name;
  }

  static std::string text_of_test(const Test& test) {
    if (!test.is_refused && test.cases.empty()) return {};
    const std::string name = test.parameters.empty()
                                 ? "without parameters"
                                 : fmt::format("{} {}", test.is_refused ? "refused:" : "with", test.parameters);
    std::string made = fmt::format("  - name: {}\n    template: template.yaml\n    constraint: {}\n", yaml_text(name),
                                   test.constraint);
    made += test.is_refused ? "    invalid: true\n" : "    cases:\n" + test.cases;
    return made;
  }

  const tools::RenderedTemplate& made_;
  DiagnosticList& problems_;
  ObjectPtr file_;
  std::shared_ptr<ProgramCache> programs_ = std::make_shared<ProgramCache>();
  std::vector<Test> tests_;
  std::vector<tools::RenderedFile> files_;
  std::set<std::string> names_;
};

}  // namespace
}  // namespace psdl::gatekeeper

namespace psdl::tools {

std::vector<RenderedFile> render_suite(const RenderedTemplate& made, std::string_view cases, std::string_view name,
                                       DiagnosticList& problems) {
  return gatekeeper::SuiteWriter(made, problems).run(cases, name);
}

}  // namespace psdl::tools
