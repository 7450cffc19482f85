// What a format is made of: a writer, a row of the table, and what all writers are given.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "psdl/findings.hpp"
#include "psdl/tools/report.hpp"

namespace psdl::report {

// The rules that run, by id.
class RuleTable {
 public:
  explicit RuleTable(std::vector<RuleInfo> rules);
  [[nodiscard]] const std::vector<RuleInfo>& all() const { return rules_; }
  // Null for an id that an element of a rule made up.
  [[nodiscard]] const RuleInfo* find(std::string_view id) const;
  // Whether some are of a level of the standards.
  [[nodiscard]] bool has_levels() const;
  [[nodiscard]] bool has_levels_alone() const;

 private:
  std::vector<RuleInfo> rules_;  // sorted by id, one an id
};

// What was added to a report. Suppressed findings are in `suppressed` alone.
struct Counts {
  std::size_t by_severity[3] = {0, 0, 0};
  std::size_t suppressed = 0;
  std::size_t documents = 0;  // evaluated
  std::size_t denied = 0;     // of those, with findings that count
  std::size_t failed = 0;     // not read or not evaluated to the end
  std::size_t skipped = 0;    // not evaluated: no manifests
  std::size_t no_pod = 0;     // of `documents`, proven to hold no pod, where rules of a level run
  std::size_t judged = 0;     // of `documents`, those that some rule had to judge
  std::size_t files_with_findings = 0;
  std::size_t levels_failed = 0;  // rules of a level with findings that count

  [[nodiscard]] std::size_t total() const { return by_severity[0] + by_severity[1] + by_severity[2]; }
};

// What every writer is given; it outlives the writer.
struct Setting {
  tools::ReportOptions options;  // `rules` have moved to the table
  RuleTable rules;
};

class ReportWriter {
 public:
  virtual ~ReportWriter() = default;
  // Texts to be put out now: a document's, and the rest.
  [[nodiscard]] virtual std::string add(const Verdict& verdict, const tools::DocumentFacts& facts) = 0;
  [[nodiscard]] virtual std::string finish(const tools::RunFacts& facts, const Counts& counts) = 0;
};

struct FormatRow {
  tools::ReportFormatInfo info;
  std::unique_ptr<ReportWriter> (*make)(const Setting& setting);
};

// The row of that name; text where there is none.
[[nodiscard]] const FormatRow& format_row(std::string_view name);

// --- Formats that need the whole run: what it was, sorted ----------------------------------------------------------

struct Document {
  std::string name;  // "all.yaml#2.items[0]"
  std::string file;
  ObjectIdentity object;
  Status status = Status::Allow;
  bool standards_apply = true;    // false: proven to hold no pod, so rules of a level say nothing of it
  std::vector<Finding> findings;  // by line, column, rule
  std::shared_ptr<const DiagnosticList> errors;
  std::shared_ptr<const DiagnosticList> warnings;

  // "Deployment shop/web", or the document's name where it says neither kind nor name.
  [[nodiscard]] std::string title() const;
};

// A finding with the document it is about.
struct Row {
  const Document* document = nullptr;
  const Finding* finding = nullptr;
};

struct Run {
  const Setting& setting;
  const tools::RunFacts& facts;
  const Counts& counts;
  std::vector<Document> documents;  // by file, number in it, name

  // By file, line, column, rule. Suppressed ones are left out unless asked for.
  [[nodiscard]] std::vector<Row> rows(bool with_suppressed) const;
  // As the run's options say it.
  [[nodiscard]] std::vector<Row> shown_rows() const { return rows(setting.options.show_suppressed); }
  // The file's name for code hosts.
  [[nodiscard]] std::string repository_path(const std::string& file) const;
};

// A format that is a function of the whole run.
class WholeRunWriter final : public ReportWriter {
 public:
  using Write = std::string (*)(const Run& run);
  WholeRunWriter(const Setting& setting, Write write) : setting_(setting), write_(write) {}
  [[nodiscard]] std::string add(const Verdict& verdict, const tools::DocumentFacts& facts) override;
  [[nodiscard]] std::string finish(const tools::RunFacts& facts, const Counts& counts) override;

 private:
  const Setting& setting_;
  Write write_;
  std::vector<Document> documents_;
};

// The formats, a file each.
[[nodiscard]] std::unique_ptr<ReportWriter> make_text(const Setting& setting);
[[nodiscard]] std::unique_ptr<ReportWriter> make_json_lines(const Setting& setting);
[[nodiscard]] std::string write_json(const Run& run);
[[nodiscard]] std::string write_yaml(const Run& run);
[[nodiscard]] std::string write_sarif(const Run& run);
[[nodiscard]] std::string write_junit(const Run& run);
[[nodiscard]] std::string write_github(const Run& run);
[[nodiscard]] std::string write_gitlab(const Run& run);
[[nodiscard]] std::string write_azure(const Run& run);
[[nodiscard]] std::string write_tap(const Run& run);
[[nodiscard]] std::string write_table(const Run& run);
[[nodiscard]] std::string write_markdown(const Run& run);
[[nodiscard]] std::string write_policy_report(const Run& run);
[[nodiscard]] std::string write_html(const Run& run);

}  // namespace psdl::report
