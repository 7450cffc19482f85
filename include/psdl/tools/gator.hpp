// Gatekeeper's templates, constraints and suites, for our tools and others', without a promise. In: texts of files;
// out: what gator says of them to the letter, and the same in PSDL's own words with places. Nothing here reads files or
// starts threads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "psdl/findings.hpp"
#include "psdl/psdl.hpp"
#include "psdl/tools/report.hpp"

namespace psdl::tools {

// The files that suites name, as the host reads them. Asked by as many threads as run suites.
class FileSource {
 public:
  virtual ~FileSource() = default;
  // False with `problem` in the system's words: "no such file or directory", "is a directory".
  [[nodiscard]] virtual bool read(const std::string& path, std::string& text, std::string& problem) const = 0;
};

// A file that was read. An empty name: standard input.
struct NamedText {
  std::string name;
  std::string text;
};

// How templates and objects are judged: `is_gator` as gator does, quirks included, else as PSDL does
// (docs/gatekeeper.md has the table).
struct GatekeeperOptions {
  bool is_gator = false;
  EngineOptions engine = {};
  std::optional<std::int64_t> now_ns = {};
  bool prints = false;             // print() is collected
  bool traces = false;             // .. and so is every step of the constraints' rules, about 1 MiB of each object
  bool has_gator_numbers = false;  // of `is_gator`: numbers go through doubles and print as Go prints those, 1e+06
};

// One result of a review.
struct GatekeeperResult {
  std::string constraint;  // "Kind/name"
  std::string action;
  std::vector<std::string> scoped_actions;
  std::string message;
  std::string details_json;
  Finding finding;  // located; its severity is that of the action: deny error, warn warning, everything else note
};

// --- suites: `gator verify`
// ------------------------------------------------------------------------------------------------

// Broken: not judged, since something that it needs is wrong.
enum class SuiteStatus : std::uint8_t { Passed, Failed, Broken, Skipped };

struct CaseOutcome {
  std::string name;
  std::string object;  // the files, as the suite has them
  std::vector<std::string> inventory;
  SuiteStatus status = SuiteStatus::Passed;
  bool is_chosen = true;    // false: skipped since the filter does not take it
  std::string error;        // in gator's words; empty where nothing is wrong
  DiagnosticList problems;  // the same with places, and warnings
  std::vector<GatekeeperResult> results;
  std::string printed;
  std::string trace;
  std::int64_t time_ns = 0;
};

struct TestOutcome {
  std::string name;
  SuiteStatus status = SuiteStatus::Passed;  // the worst of its cases
  bool is_chosen = true;                     // as in CaseOutcome
  std::string error;                         // of the test itself: its cases did not run
  DiagnosticList problems;
  DiagnosticList notes;  // of loading: what was taken though gator refuses it, CEL that is not run
  std::vector<CaseOutcome> cases;
  std::int64_t time_ns = 0;
};

struct SuiteOutcome {
  std::string name;  // of its file, as it is shown
  SuiteStatus status = SuiteStatus::Passed;
  DiagnosticList problems;
  std::vector<TestOutcome> tests;
  std::int64_t time_ns = 0;

  // Tests without cases count as one.
  [[nodiscard]] std::size_t count(SuiteStatus wanted) const;
};

struct SuiteFile {
  std::string path;     // absolute: what the suite's own paths are relative to
  std::string shown;    // "suites/caps.yaml"
  std::string problem;  // where it has no name to be shown by: gator's error, if it holds a suite
};

// The files that a suite's cases are made of, as it names them: objects, inventory, and constraints of theirs
// (NAME.constraint.yaml, `invalid`). Nothing where the text is no suite.
[[nodiscard]] std::optional<std::vector<std::string>> suite_objects(const NamedText& file);

struct VerifyOptions {
  GatekeeperOptions how = {};
  std::string filter;          // of --run
  bool keeps_findings = true;  // GatekeeperResult::finding has places; else only of cases that fail
};

// Reads suites, then runs each on its own. Templates are compiled once, whatever number of cases and suites uses them.
class SuiteRunner {
 public:
  // `files` outlives the runner.
  SuiteRunner(const FileSource& files, VerifyOptions options);
  ~SuiteRunner();
  SuiteRunner(const SuiteRunner&) = delete;
  SuiteRunner& operator=(const SuiteRunner&) = delete;

  // Files that hold no suite are passed over; one that cannot be read is an error, and nothing is to be run then:
  // error() is gator's, `problems` ours.
  [[nodiscard]] bool read(std::span<const SuiteFile> suites, DiagnosticList& problems);
  [[nodiscard]] const std::string& error() const;
  [[nodiscard]] std::size_t size() const;
  // Whether the filter takes nothing at all, though there are suites.
  [[nodiscard]] bool filter_takes_nothing() const;

  // From any thread.
  [[nodiscard]] SuiteOutcome run(std::size_t suite) const;
  [[nodiscard]] std::size_t compilations() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// What gator prints, times included.
[[nodiscard]] std::string gator_verify_text(std::span<const SuiteOutcome> suites, bool is_verbose);
// Ours: a line a suite, what failed below it, a summary. Problems are shown where they belong.
[[nodiscard]] std::string verify_text(std::span<const SuiteOutcome> suites, const TextStyle& style, bool is_verbose);
// The notes of all tests, each once.
[[nodiscard]] DiagnosticList verify_notes(std::span<const SuiteOutcome> suites);
// {"schema":"psdl/verify/v1",..}, with a newline.
[[nodiscard]] std::string verify_json(std::span<const SuiteOutcome> suites, int exit_code);

// --- objects: `gator test` and `gator expand`
// -------------------------------------------------------------------------------

// What gator would have printed.
struct GatorAnswer {
  std::string out;
  std::string err;
  int exit_code = 0;
  std::string remarks = {};  // of ours, for standard error: what gator does not say and a reader should know
};

struct GatorTestOptions {
  GatekeeperOptions how = {};
  std::string format;  // "json", "yaml"; everything else is text
  bool denies_only = false;
  bool has_stats = false;
};
// `now`: what its log lines begin with, "2026/01/01 00:00:00".
[[nodiscard]] GatorAnswer gator_test(std::span<const NamedText> files, const GatorTestOptions& options,
                                     std::string_view now);

struct GatorExpandOptions {
  GatekeeperOptions how = {};
  std::string format = "yaml";  // or "json"
};
// The objects as text.
[[nodiscard]] GatorAnswer gator_expand(std::span<const NamedText> files, const GatorExpandOptions& options,
                                       std::string_view now);

// The same, as PSDL does it. Templates and constraints are loaded first, so that reports know their rules; then objects
// are reviewed.
class ObjectReview {
 public:
  explicit ObjectReview(GatekeeperOptions how);
  ~ObjectReview();
  ObjectReview(const ObjectReview&) = delete;
  ObjectReview& operator=(const ObjectReview&) = delete;

  // Objects in order; those that are `known` alone are for rules that look at other objects. False, with errors, where
  // the text cannot be read.
  [[nodiscard]] bool add(const NamedText& file, bool is_known_alone, DiagnosticList& problems);
  // False, with errors, where something is refused; the rest can be reviewed all the same. policies_only: templates,
  // constraints and ExpansionTemplates alone are looked at, so that they can be checked without what they judge.
  [[nodiscard]] bool load(DiagnosticList& problems, bool policies_only = false);
  // What is told of the Rego of templates that were taken, as `psdl check` does of rules. False where some of it is an
  // error.
  [[nodiscard]] bool advise(DiagnosticList& problems) const;
  // A rule for each constraint: its id is "Kind/name".
  [[nodiscard]] std::vector<RuleInfo> rules() const;
  // Objects that are judged: templates, constraints and ExpansionTemplates are not, unless a constraint names their
  // group.
  [[nodiscard]] std::size_t size() const;
  [[nodiscard]] std::size_t templates() const;
  [[nodiscard]] std::size_t constraints() const;
  // The verdict on each object that was added, and the file that it is from.
  void review(bool denies_only, const std::function<void(const Verdict& verdict, const std::string& file)>& each);
  // Of the object that was reviewed last.
  [[nodiscard]] const std::string& trace() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

class Pipe;
// The verb `template` of `psdl pipe`; see docs/pipe.md.
void add_template_verb(Pipe& pipe, const EngineOptions& options);

// Objects that come of others, as YAML documents or JSON. False, with errors, where something is wrong; `out` has the
// rest.
[[nodiscard]] bool expand_objects(std::span<const NamedText> files, std::string_view format, std::string& out,
                                  DiagnosticList& problems);

}  // namespace psdl::tools
