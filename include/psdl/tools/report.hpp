// Texts for people and machines, for our tools and others', without a promise. In: diagnostics, verdicts, answers; out: strings.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

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

// Control and bidi characters, line breaks and broken UTF-8 as escapes (`\n`, `\x1b`, `\u202e`): text from a manifest can neither start a line nor
// change what a terminal shows.
[[nodiscard]] std::string escape_for_terminal(std::string_view text, bool ascii = false);

// Bytes to insert, remove or replace to make one name of the other, for "did you mean".
[[nodiscard]] std::size_t edit_distance(std::string_view a, std::string_view b);

// rustc's layout, one block a problem; in short form `file:line:column: error[code]: message`.
[[nodiscard]] std::string render_diagnostics(const DiagnosticList& diagnostics, const TextStyle& style);
// OPA's `{"errors": [..]}`, two spaces a level, with a newline; "{}" where there are none.
[[nodiscard]] std::string render_diagnostics_json(const DiagnosticList& diagnostics);
// OPA's error objects alone, compact: [{"message":..,"code":..,"location":{..}}, ..]. `with_text` adds the line that OPA prints.
// Where OPA has none, PSDL's own errors (a builtin that is left out), unless `opa_only`.
[[nodiscard]] std::string diagnostics_array_json(const DiagnosticList& diagnostics, bool with_text, bool opa_only = false);

// The findings of a run, verdict by verdict, in one format.
enum class ReportFormat : std::uint8_t { Text, Json, JsonLines };

// What the caller counts besides documents.
struct RunFacts {
  std::size_t files = 0;
  std::size_t files_not_manifests = 0;
  int exit_code = 0;
};

class FindingsReport {
 public:
  FindingsReport(ReportFormat format, TextStyle style);
  ~FindingsReport();
  FindingsReport(const FindingsReport&) = delete;
  FindingsReport& operator=(const FindingsReport&) = delete;

  // What can be written already; empty where the format waits for finish().
  [[nodiscard]] std::string add(const Verdict& verdict);
  // The rest: JSON's tree, the summary line.
  [[nodiscard]] std::string finish(const RunFacts& facts);

  [[nodiscard]] std::size_t count(FindingSeverity severity) const;
  [[nodiscard]] std::size_t documents() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// How `opa eval` prints: Json is its result set, Values and Bindings one JSON text a result, Raw the values alone (strings without quotes).
enum class AnswerFormat : std::uint8_t { Json, Values, Bindings, Raw };
[[nodiscard]] std::string render_answer(const QueryAnswer& answer, AnswerFormat format);

// Compact JSON with newlines and two spaces a level; numbers keep their text.
[[nodiscard]] std::string indent_json(std::string_view compact);

}  // namespace psdl::tools
