// Suites are read first, all of them: one that cannot be read is an error before anything runs, as with gator.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "gatekeeper/place.hpp"
#include "gatekeeper/suite_run.hpp"
#include "psdl/tools/gator.hpp"

namespace psdl::tools {

using gatekeeper::CaseFilter;
using gatekeeper::is_suite;
using gatekeeper::KindCheck;
using gatekeeper::ObjectPtr;
using gatekeeper::problem_in;
using gatekeeper::ProgramCache;
using gatekeeper::read_first;
using gatekeeper::read_suite;
using gatekeeper::Reading;
using gatekeeper::Refusal;
using gatekeeper::Suite;
using gatekeeper::SuiteAt;
using gatekeeper::SuiteCase;
using gatekeeper::SuiteTest;

std::size_t SuiteOutcome::count(SuiteStatus wanted) const {
  std::size_t found = 0;
  for (const TestOutcome& test : tests) {
    if (test.cases.empty()) found += test.status == wanted ? 1 : 0;
    for (const CaseOutcome& one : test.cases) found += one.status == wanted ? 1 : 0;
  }
  return found;
}

std::optional<std::vector<std::string>> suite_objects(const NamedText& file) {
  if (file.text.find("test.gatekeeper.sh") == std::string::npos) return std::nullopt;
  const Result<ObjectPtr, Refusal> object = read_first(file.text, file.name, Reading::Verify, KindCheck::Optional);
  if (!object || !is_suite(**object)) return std::nullopt;
  std::vector<std::string> paths;
  const Result<Suite, Refusal> suite = read_suite(*object);
  if (!suite) return paths;
  for (const SuiteTest& test : suite->tests) {
    // One of a case's own parameters, as psdl template render names it, or that is to be refused, is nobody's policy.
    const bool is_case = test.wants_refusal || test.constraint_path.ends_with(".constraint.yaml");
    if (is_case && !test.constraint_path.empty()) paths.push_back(test.constraint_path);
    for (const SuiteCase& one : test.cases) {
      if (!one.object.empty()) paths.push_back(one.object);
      paths.insert(paths.end(), one.inventory.begin(), one.inventory.end());
    }
  }
  return paths;
}

struct SuiteRunner::Impl {
  gatekeeper::VerifySetting setting;
  std::vector<gatekeeper::SuiteAt> suites;
  std::string error;

  bool fail(std::string text, const std::vector<Problem>& because, DiagnosticList& problems) {
    error = std::move(text);
    problems.impl().items.insert(problems.impl().items.end(), because.begin(), because.end());
    return false;
  }
  bool read_one(const SuiteFile& file, DiagnosticList& problems);
};

SuiteRunner::SuiteRunner(const FileSource& files, VerifyOptions options)
    : impl_(std::make_unique<Impl>(Impl{{files, std::move(options), nullptr, {}}, {}, {}})) {
  // A case is one review: what it costs to optimise a program, no suite gets back.
  EngineOptions engine = impl_->setting.options.how.engine;
  engine.optimise = false;
  impl_->setting.programs = std::make_shared<ProgramCache>(engine);
}
SuiteRunner::~SuiteRunner() = default;

bool SuiteRunner::Impl::read_one(const SuiteFile& file, DiagnosticList& problems) {
  const std::string path = file.path.starts_with('/') ? file.path.substr(1) : file.path;
  std::string text;
  std::string problem;
  if (!setting.files.read(file.path, text, problem)) {
    return fail(fmt::format("listing test files: reading file \"{}\": open {}: {}", path, path, problem),
                {problem_in(file.shown, "gatekeeper_file", fmt::format("cannot be read: {}", problem))}, problems);
  }
  // What is no suite is none of our business, readable or not; gator reads it all the same.
  if (!setting.is_gator() && text.find("test.gatekeeper.sh") == std::string::npos) return true;
  // `yes` and `no` are texts in a suite, as YAML 1.2 has them, whoever runs it.
  const Result<ObjectPtr, Refusal> object = read_first(text, file.shown, Reading::Verify, KindCheck::Optional);
  if (!object)
    return fail(
        fmt::format("listing test files: invalid yaml: parsing yaml file \"{}\": {}", path, object.error().text),
        object.error().problems, problems);
  if (!is_suite(**object)) return true;
  Result<Suite, Refusal> suite = read_suite(*object);
  if (!file.problem.empty())
    return fail(fmt::format("listing test files: {}", file.problem),
                {problem_in(file.path, "gatekeeper_file", file.problem)}, problems);
  if (!suite)
    return fail(fmt::format("listing test files: invalid yaml: {}", suite.error().text), suite.error().problems,
                problems);
  suites.push_back({file, std::move(*suite)});
  return true;
}

bool SuiteRunner::read(std::span<const SuiteFile> suites, DiagnosticList& problems) {
  Result<CaseFilter, Refusal> filter = CaseFilter::compile(impl_->setting.options.filter);
  if (!filter) return impl_->fail(filter.error().text, filter.error().problems, problems);
  impl_->setting.filter = std::move(*filter);
  bool is_well = true;
  for (const SuiteFile& file : suites) {
    if (impl_->read_one(file, problems)) continue;
    is_well = false;
    if (impl_->setting.is_gator()) break;  // the first aborts it
  }
  std::stable_sort(impl_->suites.begin(), impl_->suites.end(),
                   [](const SuiteAt& a, const SuiteAt& b) { return a.file.path < b.file.path; });
  return is_well;
}

const std::string& SuiteRunner::error() const {
  return impl_->error;
}
std::size_t SuiteRunner::size() const {
  return impl_->suites.size();
}

bool SuiteRunner::filter_takes_nothing() const {
  if (impl_->setting.filter.takes_all()) return false;
  for (const SuiteAt& at : impl_->suites) {
    for (const SuiteTest& test : at.suite.tests) {
      std::vector<std::string_view> names;
      for (const SuiteCase& one : test.cases) names.push_back(one.name);
      if (!impl_->setting.filter.takes_test(test.name, names)) continue;
      if (names.empty()) return false;
      for (const std::string_view name : names) {
        if (impl_->setting.filter.takes_case(test.name, name)) return false;
      }
    }
  }
  return !impl_->suites.empty();
}

SuiteOutcome SuiteRunner::run(std::size_t suite) const {
  return gatekeeper::run_suite(impl_->setting, impl_->suites[suite]);
}
std::size_t SuiteRunner::compilations() const {
  return impl_->setting.programs->compilations();
}

}  // namespace psdl::tools
