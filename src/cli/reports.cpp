// -o FMT[=PATH], several times.
#include "cli/reports.hpp"

#include <fmt/format.h>

#include <charconv>
#include <chrono>
#include <cstdlib>
#include <filesystem>

namespace psdl::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kLastSecond = 253'402'300'799;  // of the year 9999

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string() : std::string(value);
}

// What -o auto means here: the build service's own commands, or text.
std::string automatic_format() {
  if (environment("GITHUB_ACTIONS") == "true") return "github";
  if (environment("TF_BUILD") == "True" || environment("TF_BUILD") == "true") return "azure";
  return "text";
}

// The folder above that holds `.git`; empty where there is none.
fs::path repository_root() {
  std::error_code failure;
  for (fs::path folder = fs::current_path(failure); !failure && !folder.empty(); folder = folder.parent_path()) {
    if (fs::exists(folder / ".git", failure)) return folder;
    if (folder == folder.parent_path()) break;
  }
  return {};
}

// A file as seen from the root of the repository, links resolved; as it was where it is not in there.
std::string repository_path(const fs::path& root, const std::string& file) {
  std::error_code failure;
  const fs::path real = fs::weakly_canonical(file, failure);
  if (failure || !fs::exists(real, failure)) return file;
  const fs::path from = root.empty() ? fs::current_path(failure) : fs::weakly_canonical(root, failure);
  const fs::path relative = real.lexically_relative(from);
  return relative.empty() || *relative.begin() == ".." ? file : relative.generic_string();
}

}  // namespace

bool Reports::open(const Globals& globals, const tools::ReportOptions& options) {
  for (const std::string& text : globals.outputs) {
    if (!open_one(globals, options, text)) return false;
  }
  return !sinks_.empty() || open_one(globals, options, "text");
}

bool Reports::open_one(const Globals& globals, const tools::ReportOptions& given, const std::string& text) {
  const std::size_t equals = text.find('=');
  std::string name = text.substr(0, equals);
  if (name == "auto") name = automatic_format();
  if (tools::find_report_format(name) == nullptr) {
    std::vector<std::string> names{"auto"};
    for (const tools::ReportFormatInfo& format : tools::report_formats()) names.emplace_back(format.name);
    return refuse_choice("-o", name, names);
  }
  tools::ReportOptions options = given;
  options.format = name;
  options.style = globals.style(1);
  options.style.short_form = name == "short" || globals.error_format == "short";
  options.repository_path = [root = repository_root()](const std::string& file) { return repository_path(root, file); };
  Sink sink;
  if (equals == std::string::npos || text.substr(equals + 1) == "-") {
    if (has_standard_output_) {
      complain(fmt::format("two formats on standard output: give one of them a file, -o {}=PATH", name));
      return false;
    }
    has_standard_output_ = true;
    sink.out = std::make_unique<Output>();
  } else if (equals + 1 == text.size()) {
    complain(fmt::format("-o {}= names no file", name));
    return false;
  } else {
    options.style.color = false;
    options.style.most_findings = 0;
    options.style.most_message_bytes = 0;
    sink.out = std::make_unique<Output>(text.substr(equals + 1));
    if (!sink.out->is_open()) return sink.out->finish();
  }
  if (given.style.most_findings > 0) options.style.most_findings = given.style.most_findings;
  sink.report = std::make_unique<tools::FindingsReport>(options);
  sinks_.push_back(std::move(sink));
  if (name == "github") open_job_summary(options);
  return true;
}

// Annotations are few; the summary of the job holds all findings.
void Reports::open_job_summary(const tools::ReportOptions& given) {
  const std::string path = environment("GITHUB_STEP_SUMMARY");
  if (path.empty()) return;
  tools::ReportOptions options = given;
  options.format = "markdown";
  sinks_.push_back(
      {std::make_unique<Output>(path, Output::Mode::Append), std::make_unique<tools::FindingsReport>(options)});
}

void Reports::add(const Verdict& verdict, const tools::DocumentFacts& facts) {
  for (Sink& sink : sinks_) {
    const std::string text = sink.report->add(verdict, facts);
    if (!is_silent_) sink.out->write(text);
  }
}

bool Reports::finish(const tools::RunFacts& facts) {
  bool is_well = true;
  for (Sink& sink : sinks_) {
    const std::string text = sink.report->finish(facts);
    if (!is_silent_) sink.out->write(text);
    is_well = sink.out->finish() && is_well;
  }
  return is_well;
}

std::string report_time() {
  const std::string epoch = environment("SOURCE_DATE_EPOCH");
  std::int64_t seconds = 0;
  const char* end = epoch.data() + epoch.size();
  if (epoch.empty() || std::from_chars(epoch.data(), end, seconds).ptr != end) return {};
  if (seconds < 0 || seconds > kLastSecond) return {};
  const std::chrono::sys_seconds time{std::chrono::seconds(seconds)};
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(time - day);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), clock.hours().count(),
                     clock.minutes().count(), clock.seconds().count());
}

}  // namespace psdl::cli
