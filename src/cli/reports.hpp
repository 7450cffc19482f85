// The reports of a run: one for each -o. In: verdicts; out: text on standard output and in files.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "cli/arguments.hpp"
#include "cli/output.hpp"
#include "psdl/tools/report.hpp"

namespace psdl::cli {

class Reports {
 public:
  // `options` has the rules and what is shown; format, style and paths come from the globals. False, with a message,
  // where an -o makes no sense: an unknown format, two on standard output, a file that cannot be made.
  // `most_findings` of its style, where not 0, stands for the one that a terminal has.
  [[nodiscard]] bool open(const Globals& globals, const tools::ReportOptions& options);

  // From now on findings are counted and not written.
  void silence() { is_silent_ = true; }
  void add(const Verdict& verdict, const tools::DocumentFacts& facts = {});
  // False, with a message, where something could not be written.
  [[nodiscard]] bool finish(const tools::RunFacts& facts);

  // Findings that count.
  [[nodiscard]] std::size_t count(FindingSeverity severity) const { return sinks_.front().report->count(severity); }
  [[nodiscard]] std::size_t suppressed() const { return sinks_.front().report->suppressed(); }

 private:
  struct Sink {
    std::unique_ptr<Output> out;
    std::unique_ptr<tools::FindingsReport> report;
  };
  [[nodiscard]] bool open_one(const Globals& globals, const tools::ReportOptions& options, const std::string& text);
  void open_job_summary(const tools::ReportOptions& options);

  std::vector<Sink> sinks_;
  bool has_standard_output_ = false;
  bool is_silent_ = false;
};

// The time that reports carry: of SOURCE_DATE_EPOCH, else empty.
[[nodiscard]] std::string report_time();

}  // namespace psdl::cli
