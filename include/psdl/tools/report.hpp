// Texts for people and machines, for our tools and others', without a promise. In: diagnostics, verdicts, answers; out:
// strings.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "psdl/findings.hpp"
#include "psdl/psdl.hpp"

namespace psdl::tools {

struct TextStyle {
  bool color = false;
  bool ascii = false;         // everything else is shown as escapes
  bool short_form = false;    // one line a finding, for grep and editors
  bool quiet = false;         // no summary
  std::uint32_t width = 0;    // columns of a terminal: longer source lines are cut; 0 cuts only very long ones
  std::size_t most_findings = 0;       // shown, then a count of what is hidden; 0: all
  std::size_t most_message_bytes = 0;  // of one message; 0: all
};

// Control and bidi characters, line breaks and broken UTF-8 as escapes (`\n`, `\x1b`, `\u202e`): text from a manifest
// can neither start a line nor change what a terminal shows.
[[nodiscard]] std::string escape_for_terminal(std::string_view text, bool ascii = false);

// Bytes to insert, remove or replace to make one name of the other, for "did you mean".
[[nodiscard]] std::size_t edit_distance(std::string_view a, std::string_view b);
// "error", "warning" or "note".
[[nodiscard]] std::string_view severity_word(FindingSeverity severity);
// "1 finding", "2 findings".
[[nodiscard]] std::string plural(std::size_t count, std::string_view one);

// rustc's layout, one block a problem; in short form `file:line:column: error[code]: message`.
[[nodiscard]] std::string render_diagnostics(const DiagnosticList& diagnostics, const TextStyle& style);
// From now on messages call a limit by the flag that sets it, `--limit-object-bytes`, not "the limit `object_bytes`".
// For the main of a program with such flags, before it starts threads.
void name_limits_by_flags();
// OPA's `{"errors": [..]}`, two spaces a level, with a newline; "{}" where there are none.
[[nodiscard]] std::string render_diagnostics_json(const DiagnosticList& diagnostics);
// OPA's error objects alone, compact: [{"message":..,"code":..,"location":{..}}, ..]. `with_text` adds the line that
// OPA prints. Where OPA has none, PSDL's own errors (a builtin that is left out), unless `opa_only`.
[[nodiscard]] std::string diagnostics_array_json(const DiagnosticList& diagnostics, bool with_text,
                                                 bool opa_only = false);

// --- The findings of a run, verdict by verdict, in one format ------------------------------------------------------

// A format of reports: a row of docs/reports.md.
struct ReportFormatInfo {
  std::string_view name;         // "sarif"
  std::string_view description;  // "SARIF 2.1.0, for code scanning"
  bool is_streamed = false;      // findings are written as they are added, in that order; else sorted, by finish()
};
[[nodiscard]] std::span<const ReportFormatInfo> report_formats();
// Null where no format has that name.
[[nodiscard]] const ReportFormatInfo* find_report_format(std::string_view name);

struct ReportOptions {
  std::string format = "text";  // of report_formats(); another name is text
  TextStyle style = {};         // `short` sets short_form by itself
  // Those that run (Policy::rule_infos), so that reports can tell of rules that found nothing. Where some have a level,
  // documents with PodProof::Absent are shown as skipped by those.
  std::vector<RuleInfo> rules = {};
  bool show_passed = false;      // objects without findings too
  bool show_suppressed = false;  // findings that do not count too (json and sarif always hold them)
  // How a file is called from the root of the repository, for the formats that code hosts read; null: as everywhere
  // else.
  std::function<std::string(const std::string& file)> repository_path = {};
};

// What the caller knows of a document beyond its verdict.
struct DocumentFacts {
  std::string file = {};  // under which it is reported; empty: as Verdict::document says
};

// What became of an exception of the configuration.
struct ExceptionUse {
  enum class State : std::uint8_t { Used, Unused, Expired };
  State state = State::Unused;
  std::string rule;
  std::string object;  // as it is written: "DaemonSet/logging/agent"
  std::string container;
  std::string reason;
  std::string owner;
  std::string expires;
  std::string file;
  std::uint32_t line = 0;
};

// What the caller knows of the whole run.
struct RunFacts {
  std::size_t files = 0;
  std::size_t files_not_manifests = 0;
  int exit_code = 0;
  std::string level = {};         // "restricted"; empty where no level was asked for
  std::string kube_version = {};  // "1.34"
  std::string time = {};  // "2026-11-26T02:40:00Z", shown where a format has a place for it; empty: nothing is said,
                          // and reports of equal runs are equal
  std::vector<ExceptionUse> exceptions = {};
};

class FindingsReport {
 public:
  explicit FindingsReport(ReportOptions options);
  ~FindingsReport();
  FindingsReport(const FindingsReport&) = delete;
  FindingsReport& operator=(const FindingsReport&) = delete;

  // What can be written already; empty where the format waits for finish(). Verdicts of status Skipped are counted and
  // shown where the format has a place for them. Documents that are not to be reported at all are not added.
  [[nodiscard]] std::string add(const Verdict& verdict, const DocumentFacts& facts = {});
  // The rest: JSON's tree, the summary line.
  [[nodiscard]] std::string finish(const RunFacts& facts);

  // Findings that count: suppressed ones are left out.
  [[nodiscard]] std::size_t count(FindingSeverity severity) const;
  [[nodiscard]] std::size_t suppressed() const;
  // Documents that were evaluated.
  [[nodiscard]] std::size_t documents() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// How `opa eval` prints: Json is its result set, Values and Bindings one JSON text a result, Raw the values alone
// (strings without quotes).
enum class AnswerFormat : std::uint8_t { Json, Values, Bindings, Raw };
[[nodiscard]] std::string render_answer(const QueryAnswer& answer, AnswerFormat format);

// Compact JSON with newlines and two spaces a level; numbers keep their text.
[[nodiscard]] std::string indent_json(std::string_view compact);

}  // namespace psdl::tools
