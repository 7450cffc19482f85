// Criteria against subjects. In: match.yaml; out: its table.
#include "gatekeeper/match.hpp"
#include "cases.hpp"

using namespace psdl;
using namespace psdl::gatekeeper;
using namespace psdl::gatekeeper::test;

namespace {

MatchSubject subject_of(const Value& written) {
  MatchSubject subject;
  const auto part = [&](std::string_view name) {
    const Value* value = member(written, name);
    return value != nullptr ? *value : Value();
  };
  subject.object = part("object");
  subject.old_object = part("old");
  subject.namespace_object = part("namespace");
  const std::string source = text_of(written, "source");
  subject.source = source == "Original"    ? ObjectSource::Original
                   : source == "Generated" ? ObjectSource::Generated
                                           : ObjectSource::Unknown;
  return subject;
}

std::string answer(const Match& match, const MatchSubject& subject) {
  const Result<bool, std::string> applies = match.applies(subject);
  if (!applies) return applies.error();
  return *applies ? "yes" : "no";
}

// Of the object, else of what it was.
std::string name_of(const MatchSubject& subject) {
  const Value& named = subject.object.is_defined() ? subject.object : subject.old_object;
  return text_of(*member(named, "metadata"), "name");
}

}  // namespace

TEST_CASE("criteria") {
  const CaseFile file("match.yaml");
  const Value& subjects = *member(file.root(), "subjects");
  const std::span<const Value> columns = member(file.root(), "columns")->as_array();
  for (const Value& test : file.cases()) {
    const Match match = Match::read(*member(test, "match"));
    const std::span<const Value> wanted = member(test, "want")->as_array();
    REQUIRE(wanted.size() == columns.size());
    for (std::size_t i = 0; i < columns.size(); ++i) {
      CAPTURE(columns[i].as_string(), i);
      const MatchSubject subject = subject_of(*member(subjects, columns[i].as_string()));
      std::string expected(wanted[i].as_string());
      if (expected.size() > 3)
        expected = "error matching the requested object: " + name_of(subject) +
                   " :failed to run Match criteria: " + expected;
      CHECK(answer(match, subject) == expected);
    }
    CHECK(answer(match, subject_of(*member(subjects, "nothing"))) ==
          "invalid request object: neither object nor old object are defined");
  }
}

TEST_CASE("equal criteria are asked once") {
  const CaseFile file("match.yaml");
  const std::span<const Value> cases = file.cases();
  for (std::size_t i = 0; i < cases.size(); ++i) {
    CHECK(Match::read(*member(cases[i], "match")) == Match::read(*member(cases[i], "match")));
  }
  CHECK(Match() == Match::read(*member(cases[0], "match")));
  CHECK_FALSE(Match::read(*member(cases[3], "match")) == Match::read(*member(cases[4], "match")));
  CHECK_FALSE(Match::read(*member(cases[10], "match")) == Match::read(*member(cases[11], "match")));
}
