// Which findings count, and what a configuration file says of it. In: psdl.yaml, exceptions, baselines as texts;
// verdicts; out: verdicts in which findings that do not count say why, and what became of each exception. Reads no
// files and no clock.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "psdl/findings.hpp"
#include "psdl/psdl.hpp"

namespace psdl::triage {

// Where something is written, with its line for showing.
struct Place {
  std::string file;
  std::uint32_t line = 0;
  std::uint32_t column = 0;
  std::uint32_t end_column = 0;
  std::string line_text;
  std::uint32_t line_text_from = 1;
};
// A problem at such a place; `help` may be empty.
void add_problem(DiagnosticList& problems, bool is_error, std::string_view code, std::string_view message,
                 const Place& place, std::string_view help = {});

// --- psdl.yaml
// -----------------------------------------------------------------------------------------------------------------

// A key of psdl.yaml, and the flag that says the same on the command line.
struct SettingInfo {
  enum class Kind : std::uint8_t { Text, Number, Switch, List, Tree };
  std::string_view key;  // "failOn"
  Kind kind = Kind::Text;
  std::string_view flag;     // "--fail-on"; empty where there is none
  std::string_view allowed;  // "error|warning|note|never"; empty: any
  std::string_view what;
};
[[nodiscard]] std::span<const SettingInfo> setting_infos();

struct Written {
  std::string value;
  Place place;
};

// What findings of a rule are to be: "error", "warning", "note", or "off".
struct RuleSetting {
  std::string rule;
  std::string severity;
  Place place;
};

// What is set for one rule, below data.psdl.parameters.
struct ParameterSetting {
  std::string rule;
  Place place;
  std::vector<Written> names;  // each with its place; the values are not here
};

// object:    "Kind/namespace/name", "Kind/name" in any namespace or none, "*"; the kind perhaps with its group
// ("Rollout.argoproj.io"); `*` in a part stands for
//            any characters. Empty where labels tell.
// container: a name with `*`; empty: the whole object, whichever container a finding is in.
// labels:    all of them must be the object's.
struct Exception {
  std::string rule;
  std::string object;
  std::string container;
  std::vector<std::pair<std::string, std::string>> labels;
  std::string reason;
  std::string owner;
  std::string expires;  // "2027-03-31": the last day, in UTC, on which it holds; empty: always
  Place place;
};

struct Settings {
  std::map<std::string, std::vector<Written>, std::less<>> values;  // by key; one value but for lists
  std::vector<RuleSetting> rules;
  std::vector<Exception> exceptions;
  std::string parameters_json;  // `parameters:` as it is, for data.psdl.parameters; empty where there are none
  Place parameters_place;
  std::vector<ParameterSetting> parameters;
};

// False, with errors at their lines, where a key or a value is none. What is well is kept.
[[nodiscard]] bool read_settings(std::string_view file, std::string_view text, Settings& settings,
                                 DiagnosticList& problems);
// A file of exceptions alone: a list, or a map with the one key `exceptions`.
[[nodiscard]] bool read_exceptions(std::string_view file, std::string_view text, std::vector<Exception>& exceptions,
                                   DiagnosticList& problems);

// An error for each id that is none of `known` (full ids; patterns with `*` must match one), with the likely spelling.
[[nodiscard]] bool check_rule_ids(const Settings& settings, std::span<const std::string> known,
                                  DiagnosticList& problems);

// "2027-03-31" or "2027-03-31T10:00:00Z" as nanoseconds since 1970; nothing where it is no such time.
[[nodiscard]] std::optional<std::int64_t> parse_time(std::string_view text);

// Whether the text matches; `*` stands for any characters, none included.
[[nodiscard]] bool matches(std::string_view pattern, std::string_view text);

// --- Files that are passed over
// ------------------------------------------------------------------------------------------------

// Patterns of a .psdlignore or of `exclude:`, in gitignore's syntax: `*`, `?`, `[..]`, `**`, `/` at the start or
// within, `/` at the end, `!`, `#`, `\`.
class IgnorePatterns {
 public:
  // `text` has a pattern a line. `base` is the folder the patterns are written for ("" the one that paths begin in,
  // else "k8s/").
  void add(std::string_view text, std::string_view base = {});
  [[nodiscard]] bool empty() const { return patterns_.empty(); }
  // The last pattern that matches decides. Paths have no `./` at the start. What lies below an ignored folder is
  // ignored, whatever is said of it; the caller, who walks from the top, asks for folders first.
  [[nodiscard]] bool is_ignored(std::string_view path, bool is_folder) const;

 private:
  struct Pattern {
    std::string base;
    std::string glob;
    bool is_negated = false;
    bool is_anchored = false;  // matches from `base` on, not a name at any depth
    bool only_folders = false;
  };
  std::vector<Pattern> patterns_;
};

// --- Baselines
// -----------------------------------------------------------------------------------------------------------------

struct BaselineEntry {
  std::string fingerprint;
  std::string rule;
  std::string object;  // "Deployment/shop/web"
  std::string container;
  std::string file;       // where it stood
  std::size_t count = 1;  // findings with this fingerprint: one object in two files
};
[[nodiscard]] bool read_baseline(std::string_view file, std::string_view text, std::vector<BaselineEntry>& entries,
                                 DiagnosticList& problems);
// Sorted, an entry a line, so that a change of one finding is a change of one line.
[[nodiscard]] std::string baseline_text(std::vector<BaselineEntry> entries);

// --- Verdicts
// ------------------------------------------------------------------------------------------------------------------

struct Options {
  std::int64_t now_ns = 0;    // decides what has expired
  bool inline_marks = false;  // Verdict::marks are granted
  std::vector<Exception> exceptions;
  std::vector<RuleSetting> rules;  // severities
  std::string baseline_file;
  std::vector<BaselineEntry> baseline;
  bool keeps_seen = false;  // for Triage::seen(): some 300 bytes a finding
  // Empty: all.
  std::vector<std::string> only_rules;
  std::vector<std::string> skipped_rules;
};

struct ExceptionState {
  enum class State : std::uint8_t { Used, Unused, Expired };
  const Exception* exception = nullptr;  // of the Options
  State state = State::Unused;
  std::size_t findings = 0;
};

// A mark in a manifest that names a rule and a reason.
struct MarkState {
  std::string file;
  std::uint32_t line = 0;
  std::uint32_t column = 0;
  std::vector<std::string> rules;  // patterns, as written
  std::size_t findings = 0;        // that it suppressed
};

// Not for several threads at once: it counts.
class Triage {
 public:
  explicit Triage(Options options);
  ~Triage();
  Triage(const Triage&) = delete;
  Triage& operator=(const Triage&) = delete;

  // Gives findings their severity, takes out those of rules that are not asked for, and says of the others whether they
  // are suppressed. The verdict's status follows: Deny only where a finding of severity error counts. Marks without a
  // reason, or that name no rule, suppress nothing and are problems: errors.
  void apply(Verdict& verdict, DiagnosticList& problems);

  // An error for each exception that has expired. They suppress nothing.
  [[nodiscard]] bool check_expiry(DiagnosticList& problems) const;
  [[nodiscard]] std::vector<ExceptionState> exceptions() const;
  // Those of the documents so far, each once though the items of a list share it, by file and line.
  [[nodiscard]] std::vector<MarkState> marks() const;
  [[nodiscard]] bool has_baseline() const;
  // What the baseline has and no finding was: mended, or in a file that was not read.
  [[nodiscard]] std::vector<BaselineEntry> gone() const;
  // All findings that count, and those of the baseline that are still there. Empty without Options::keeps_seen.
  [[nodiscard]] const std::vector<BaselineEntry>& seen() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace psdl::triage
