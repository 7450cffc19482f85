// psdl test: the tests below some paths, in one run.
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <chrono>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <thread>

#include "cli/inputs.hpp"
#include "cli/output.hpp"
#include "cli/test_suites.hpp"
#include "cli/verbs.hpp"
#include "cli/write_files.hpp"
#include "psdl/tools/tests.hpp"
#include "psdl/triage.hpp"
#include "repl/replace_file.hpp"

namespace psdl::cli {
namespace {

using tools::CasesFile;
using tools::Coverage;
using tools::CoverageFormat;
using tools::TestFormat;
using tools::TestResult;
using tools::TestRun;

struct TestFlags {
  Globals globals;
  Words paths;
  Words ignored;
  std::string run;
  std::string format;  // OPA's
  std::string count;
  std::string threads;
  std::string min_coverage;
  std::string threshold;  // OPA's: of lines
  std::string max_errors;
  std::string target;
  Words coverage;              // FMT or FMT=PATH
  std::string plain_coverage;  // not empty: --coverage without a format
  bool fail_on_empty = false;
  bool bench = false;
  bool update = false;
  bool watch = false;
  bool full_values = false;
  bool wants_all_misses = false;
  // OPA's, which say what is so anyway.
  bool verbose = false;
  bool bundle = false;
  bool exit_zero_on_skipped = false;
  bool var_values = false;
};

constexpr std::string_view kExamples = R"(examples:
  psdl test rules/                          test_ rules, table tests, cases.yaml and gator suites below a folder
  psdl test rules/ -r caps                  those whose name matches
  psdl test rules/ --why                    with all that a failed test's rules failed at
  psdl test rules/ --coverage               and what they evaluate
  psdl test rules/ --coverage=lcov=cov.info -o junit=tests.xml
  psdl test rules/ --watch                  again whenever a file changes
exit: 0 all passed, 1 a test failed or coverage is below --min-coverage, 2 error: rules that do not compile, a test
      that ended in an error, a filter that matches nothing
)";

void declare(Arguments& arguments, TestFlags& flags) {
  arguments.positionals("PATH", flags.paths,
                        "rule files with their tests, data, cases.yaml, suites of gator, or folders of them");
  arguments.value("-r,--run", flags.run,
                  "run the tests whose full name (data.pkg.test_x) matches; of suites TEST//CASE, or either", "REGEX");
  arguments.optional_value("-c,--coverage", "summary", flags.plain_coverage,
                           "say what was evaluated; --coverage=FMT[=PATH] writes a report of that",
                           "text|json|lcov|cobertura");
  arguments.value("--min-coverage", flags.min_coverage, "exit 1 where less of the expressions is covered", "PERCENT");
  arguments.value("--threshold", flags.threshold, "the same, of lines, as OPA counts", "PERCENT");
  arguments.flag("--fail-on-empty", flags.fail_on_empty, "no tests at all are an error");
  arguments.flag("--bench", flags.bench, "measure each test that passes");
  arguments.flag("--update", flags.update, "write the findings of today into the cases.yaml that want others");
  arguments.flag("-w,--watch", flags.watch, "run again whenever a file changes; Ctrl-C ends");
  arguments.flag("--full-values", flags.full_values, "show values whole");
  arguments.flag("--why", flags.wants_all_misses,
                 "under a test that failed tell all that the rules it asked failed at, not the likeliest alone");
  arguments.value("--count", flags.count, "run each test so many times", "N");
  arguments.value("-j,-p,--parallel", flags.threads, "threads; by default as many as there are cores", "N");
  arguments.list("--ignore", flags.ignored, "names to pass over, as in .gitignore", "PATTERN");
  arguments.value("-f,--format", flags.format, "as in OPA; with --coverage json is OPA's coverage report",
                  "pretty|json|gobench");
  arguments.value("-m,--max-errors", flags.max_errors, "errors of the compiler that are shown; 0: all", "N");
  arguments.value("-t,--target", flags.target, "as in OPA; rego alone", "NAME");
  arguments.flag("-v,--verbose", flags.verbose, "as in OPA; every test is listed anyway");
  arguments.flag("-b,--bundle", flags.bundle, "as in OPA; folders are read the same way");
  arguments.flag("-z,--exit-zero-on-skipped", flags.exit_zero_on_skipped,
                 "as in OPA; a test that is skipped never changes the exit code");
  arguments.flag("--var-values", flags.var_values, "as in OPA; values are shown anyway");
  arguments.globals(flags.globals, "text|json|junit|tap|github");
}

bool parse_percent(std::string_view flag, const std::string& text, double& number) {
  if (text.empty()) return true;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failure == std::errc() && end == text.data() + text.size() && number >= 0 && number <= 100) return true;
  complain(fmt::format("{} takes a number from 0 to 100, not `{}`", flag, tools::escape_for_terminal(text)));
  return false;
}

// Where a report goes.
struct Destination {
  std::string format;
  std::string path;  // empty: standard output
};
Destination destination(const std::string& word) {
  const std::size_t equals = word.find('=');
  return {word.substr(0, equals), equals == std::string::npos ? std::string() : word.substr(equals + 1)};
}

const std::map<std::string, TestFormat, std::less<>> kFormats = {{"text", TestFormat::Text},
                                                                 {"json", TestFormat::Json},
                                                                 {"junit", TestFormat::Junit},
                                                                 {"tap", TestFormat::Tap},
                                                                 {"github", TestFormat::Github}};
const std::map<std::string, CoverageFormat, std::less<>> kCoverageFormats = {{"text", CoverageFormat::Text},
                                                                             {"json", CoverageFormat::Json},
                                                                             {"lcov", CoverageFormat::Lcov},
                                                                             {"cobertura", CoverageFormat::Cobertura}};

template <class Map>
Words names_of(const Map& map) {
  Words names;
  for (const auto& [name, format] : map) names.push_back(name);
  return names;
}

// -f writes there, so nothing else may.
bool has_one_standard_output(const TestFlags& flags) {
  for (const auto& [flag, words] :
       {std::pair("-o", &flags.globals.outputs), std::pair("--coverage", &flags.coverage)}) {
    for (const std::string& word : *words) {
      if (!destination(word).path.empty()) continue;
      complain(fmt::format("-f {} has standard output: give {} {} a file, as in {}={}", flags.format, flag, word, word,
                           "FILE"));
      return false;
    }
  }
  return true;
}

struct Settings {
  tools::TestOptions options;
  EngineOptions engine;
  std::size_t threads = 1;
  double min_coverage = 0;
  double threshold = 0;
  std::vector<Destination> outputs;
  std::vector<Destination> coverage_outputs;
  triage::IgnorePatterns ignored;
};

bool settle(const TestFlags& flags, Settings& settings) {
  if (flags.paths.empty()) {
    complain("test: name a rule file or a folder with tests: psdl test rules/");
    return false;
  }
  std::size_t count = 1;
  std::size_t threads = 0;
  settings.engine.max_errors = 10;
  if (!parse_count("--count", flags.count, SIZE_MAX, count) ||
      !parse_count("--parallel", flags.threads, kMostThreads, threads) ||
      !parse_count("--max-errors", flags.max_errors, SIZE_MAX, settings.engine.max_errors) ||
      !parse_percent("--min-coverage", flags.min_coverage, settings.min_coverage) ||
      !parse_percent("--threshold", flags.threshold, settings.threshold)) {
    return false;
  }
  if (!flags.target.empty() && flags.target != "rego") return refuse_choice("--target", flags.target, {"rego"});
  if (!flags.format.empty() && flags.format != "pretty" && flags.format != "json" && flags.format != "gobench") {
    return refuse_choice("--format", flags.format, {"pretty", "json", "gobench"});
  }
  for (const std::string& output : flags.globals.outputs) {
    settings.outputs.push_back(destination(output));
    if (!kFormats.contains(settings.outputs.back().format))
      return refuse_choice("--output", settings.outputs.back().format, names_of(kFormats));
  }
  if (!flags.format.empty() && !has_one_standard_output(flags)) return false;
  for (const std::string& word : flags.coverage) {
    settings.coverage_outputs.push_back(destination(word));
    if (!kCoverageFormats.contains(settings.coverage_outputs.back().format)) {
      return refuse_choice("--coverage", settings.coverage_outputs.back().format, names_of(kCoverageFormats));
    }
  }
  if (!flags.globals.engine_options(settings.engine)) return false;
  settings.engine.test_rules = true;
  settings.engine.whole_stdlib = false;
  settings.options.run = flags.run;
  settings.options.bench = flags.bench || flags.format == "gobench";
  settings.options.count = std::max<std::size_t>(1, count);
  settings.options.full_values = flags.full_values;
  settings.options.all_misses = flags.wants_all_misses;
  settings.options.coverage =
      !flags.plain_coverage.empty() || !flags.coverage.empty() || settings.min_coverage > 0 || settings.threshold > 0;
  settings.threads = threads > 0 ? threads : std::max(1U, std::thread::hardware_concurrency());
  for (const std::string& pattern : flags.ignored) settings.ignored.add(pattern + "\n", "/");
  return true;
}

// --- What lies below the paths

struct DataFile {
  std::string name;
  std::string text;
  std::vector<std::string> root;
};
struct Found {
  std::vector<std::pair<std::string, std::string>> rules;  // names and texts
  std::vector<DataFile> data;
  std::vector<CasesFile> cases;
  std::vector<std::pair<std::string, std::string>> suites;  // of gator
  std::size_t manifests = 0;           // passed over: no data of rules
  std::vector<std::string> watched;
};

bool ends_with_any(std::string_view name, std::initializer_list<std::string_view> endings) {
  return std::any_of(endings.begin(), endings.end(),
                     [name](std::string_view ending) { return name.ends_with(ending); });
}

// A line that begins with the key, or the key quoted anywhere: enough to tell a manifest from data.
bool has_key(std::string_view text, std::string_view key) {
  const std::string line = fmt::format("\n{}:", key);
  return text.starts_with(line.substr(1)) || text.find(line) != std::string_view::npos ||
         text.find(fmt::format("\"{}\"", key)) != std::string_view::npos;
}

// Names of the folders between a directory and a file in it.
std::vector<std::string> folders_between(const std::string& directory, const std::string& file) {
  std::vector<std::string> names;
  for (const auto& part : std::filesystem::path(file).lexically_relative(directory).parent_path()) {
    if (part != ".") names.push_back(part.string());
  }
  return names;
}

class Finder {
 public:
  Finder(const Settings& settings, Found& found) : settings_(settings), found_(found) {}

  bool add(const std::string& path) {
    std::vector<std::string> files;
    if (!find_all_files(path, files)) return false;
    const bool is_folder = kind_of(path) == FileKind::Directory;
    for (const std::string& file : files) {
      // What is named twice, by itself or in its folder, is one file.
      if (!seen_.insert(absolute_path(file)).second) continue;
      if (settings_.ignored.is_ignored(absolute_path(file), false)) continue;
      if (!add_file(file, is_folder ? path : std::string())) return false;
    }
    return true;
  }

  // Cases with the rules that they are about, now that all files are known.
  bool join() {
    for (CasesFile& cases : found_.cases) {
      const std::filesystem::path folder = std::filesystem::path(cases.name).parent_path();
      const std::string level = (folder / "level.psdl").string();
      std::vector<std::string> files;
      for (const char* name : {"rule.psdl", "rule.rego"}) {
        if (files.empty() && kind_of((folder / name).string()) != FileKind::Missing)
          files.push_back((folder / name).string());
      }
      if (files.empty() && kind_of(level) != FileKind::Missing) {
        cases.is_level = true;
        std::vector<std::string> all;
        if (!find_all_files(folder.string(), all)) return false;
        files.push_back(level);
        for (const std::string& file : all) {
          if (ends_with_any(file, {".psdl"}) && file != level) files.push_back(file);
        }
      }
      if (files.empty()) {
        complain(fmt::format("{}: there is no rule.psdl beside it", tools::escape_for_terminal(cases.name)));
        return false;
      }
      for (const std::string& file : files) {
        std::string text;
        if (!read(file, text)) return false;
        cases.rules.emplace_back(file, std::move(text));
      }
    }
    return true;
  }

 private:
  static bool read(const std::string& file, std::string& text) {
    std::string problem;
    if (read_file(file, text, problem)) return true;
    complain(problem);
    return false;
  }

  bool add_file(const std::string& file, const std::string& below) {
    const bool is_rule = ends_with_any(file, {".rego", ".psdl"});
    const bool is_data = ends_with_any(file, {".json", ".yaml", ".yml"});
    if (!is_rule && !is_data) {
      if (!below.empty()) return true;
      complain(fmt::format("{}: a test reads *.rego, *.psdl, *.json and *.yaml", tools::escape_for_terminal(file)));
      return false;
    }
    std::string text;
    if (!read(file, text)) return false;
    found_.watched.push_back(file);
    if (is_rule) {
      found_.rules.emplace_back(file, std::move(text));
    } else if (tools::is_cases_file(file, text)) {
      found_.cases.push_back({file, std::move(text), {}, false});
    } else if (text.find("test.gatekeeper.sh/") != std::string::npos && text.find("Suite") != std::string::npos &&
               has_key(text, "kind")) {
      found_.suites.emplace_back(file, std::move(text));
    } else if (!below.empty() && has_key(text, "kind") && has_key(text, "apiVersion")) {
      ++found_.manifests;
    } else {
      found_.data.push_back(
          {file, std::move(text), below.empty() ? std::vector<std::string>() : folders_between(below, file)});
    }
    return true;
  }

  const Settings& settings_;
  Found& found_;
  std::set<std::string> seen_;
};

// --- A run

// Jobs 0..count-1 on some threads; results stand in their places whichever way that goes.
template <class Job>
void in_parallel(std::size_t count, std::size_t threads, Job job) {
  std::atomic<std::size_t> next{0};
  const auto work = [&] {
    for (std::size_t i = next++; i < count; i = next++) job(i);
  };
  std::vector<std::thread> crew;
  for (std::size_t i = 1; i < std::min(threads, count); ++i) crew.emplace_back(work);
  work();
  for (std::thread& one : crew) one.join();
}

class Session {
 public:
  Session(const TestFlags& flags, const Settings& settings) : flags_(flags), settings_(settings) {}

  int run(std::vector<std::string>& watched) {
    Found found;
    Finder finder(settings_, found);
    const bool is_found = std::all_of(flags_.paths.begin(), flags_.paths.end(),
                                      [&](const std::string& path) { return finder.add(path); }) &&
                          finder.join();
    watched = found.watched;
    if (!is_found) return kError;
    if (found.manifests > 0 && !flags_.globals.quiet) {
      tell(fmt::format("note: {} passed over: manifests are no data of rules\n",
                       tools::plural(found.manifests, "file")));
    }
    const auto begin = std::chrono::steady_clock::now();
    if (!run_rules(found) || !run_cases(found) || !run_suites(found)) return kError;
    run_.time_ns =
        static_cast<std::uint64_t>(std::chrono::nanoseconds(std::chrono::steady_clock::now() - begin).count());
    if (!report()) return kError;
    return exit_code();
  }

 private:
  bool run_rules(const Found& found) {
    if (found.rules.empty()) return true;
    PolicyBuilder builder(settings_.engine);
    for (const auto& [name, text] : found.rules) builder.add_source(name, text, {});
    for (const DataFile& data : found.data) builder.add_data(data.name, data.text, DocumentFormat::Auto, data.root);
    DiagnosticList problems;
    const Policy policy = builder.build(problems);
    show(problems, flags_.globals);
    if (!policy) return false;
    DiagnosticList refused;
    const tools::TestRunner runner(policy, settings_.options, refused);
    show(refused, flags_.globals);
    if (refused.has_errors()) return false;
    std::vector<std::vector<TestResult>> results(runner.files());
    in_parallel(runner.files(), settings_.options.bench ? 1 : settings_.threads,
                [&](std::size_t file) { results[file] = runner.run(file); });
    for (std::vector<TestResult>& one : results) append(std::move(one));
    if (settings_.options.coverage) run_.coverage = runner.coverage();
    return true;
  }

  bool run_cases(const Found& found) {
    std::vector<std::vector<TestResult>> results(found.cases.size());
    std::vector<Coverage> coverage(found.cases.size());
    std::vector<std::string> updated(found.cases.size());
    in_parallel(found.cases.size(), settings_.threads, [&](std::size_t i) {
      results[i] =
          tools::run_cases(found.cases[i], settings_.engine, settings_.options,
                           settings_.options.coverage ? &coverage[i] : nullptr, flags_.update ? &updated[i] : nullptr);
    });
    bool is_written = true;
    for (std::size_t i = 0; i < results.size(); ++i) {
      append(std::move(results[i]));
      if (settings_.options.coverage) {
        if (!run_.coverage) run_.coverage.emplace();
        tools::merge_coverage(*run_.coverage, coverage[i]);
      }
      if (!updated[i].empty() && updated[i] != found.cases[i].text)
        is_written = write_update(found.cases[i].name, found.cases[i].text, updated[i]) && is_written;
    }
    return is_written;
  }

  [[nodiscard]] bool run_suites(const Found& found) {
    SuiteRequest request;
    request.files = found.suites;
    request.filter = flags_.run;
    request.engine = settings_.engine;
    request.engine.test_rules = false;
    request.threads = settings_.threads;
    return cli::run_suites(request, flags_.globals, run_.tests);
  }

  static bool write_update(const std::string& name, const std::string& before, const std::string& text) {
    std::string problem;
    if (!repl::replace_file(name, before, text, problem)) {
      complain(problem);
      return false;
    }
    tell(fmt::format("updated {}\n", tools::escape_for_terminal(name)));
    return true;
  }

  void append(std::vector<TestResult> results) {
    run_.tests.insert(run_.tests.end(), std::make_move_iterator(results.begin()),
                      std::make_move_iterator(results.end()));
  }

  // OPA's spelling and what goes to files; else -o, else text; a coverage report that goes to standard output sends the
  // tests' own to standard error.
  bool report() {
    std::stable_sort(run_.tests.begin(), run_.tests.end(),
                     [](const TestResult& a, const TestResult& b) { return a.file < b.file; });
    bool is_fine = true;
    const bool to_stdout = std::any_of(settings_.coverage_outputs.begin(), settings_.coverage_outputs.end(),
                                       [](const Destination& one) { return one.path.empty(); });
    if (!flags_.format.empty()) {
      is_fine = report_as_opa();
    } else if (settings_.outputs.empty()) {
      const std::string text = tools::render_tests(run_, TestFormat::Text, flags_.globals.style(to_stdout ? 2 : 1));
      if (to_stdout) {
        tell(text);
      } else {
        is_fine = write_text("", text);
      }
    }
    for (const Destination& one : settings_.outputs) {
      const TestFormat format = kFormats.find(one.format)->second;
      tools::TextStyle style = flags_.globals.style(1);
      if (!one.path.empty()) style.color = false;
      is_fine = write_text(one.path, tools::render_tests(run_, format, style)) && is_fine;
    }
    for (const Destination& one : settings_.coverage_outputs) {
      if (run_.coverage)
        is_fine =
            write_text(one.path, tools::render_coverage(*run_.coverage, kCoverageFormats.find(one.format)->second)) &&
            is_fine;
    }
    return is_fine;
  }

  bool report_as_opa() {
    if (run_.coverage && flags_.format == "json")
      return write_text("", tools::render_coverage(*run_.coverage, CoverageFormat::OpaJson));
    const TestFormat format = flags_.format == "json"      ? TestFormat::OpaJson
                              : flags_.format == "gobench" ? TestFormat::OpaBench
                                                           : TestFormat::OpaPretty;
    return write_text("", tools::render_tests(run_, format));
  }

  [[nodiscard]] int exit_code() const {
    const tools::TestCounts counts = run_.counts();
    if (run_.tests.empty()) {
      if (!flags_.run.empty()) complain(fmt::format("no test matches `{}`", tools::escape_for_terminal(flags_.run)));
      if (flags_.run.empty())
        complain(
            "no tests were found: a test is a rule named test_.., a cases.yaml beside a rule, or a suite of gator");
      return !flags_.run.empty() || flags_.fail_on_empty ? kError : kClean;
    }
    if (counts.errors > 0) return kError;
    if (counts.failed > 0) return kFindings;
    if (!run_.coverage) return kClean;
    if (settings_.min_coverage > 0 && run_.coverage->percent() < settings_.min_coverage) {
      complain(fmt::format("coverage is {:.1f} %, below {:.1f} %", run_.coverage->percent(), settings_.min_coverage));
      return kFindings;
    }
    if (settings_.threshold > 0 && run_.coverage->line_percent() < settings_.threshold) {
      complain(fmt::format("coverage of lines is {:.1f} %, below {:.1f} %", run_.coverage->line_percent(),
                           settings_.threshold));
      return kFindings;
    }
    return kClean;
  }

  const TestFlags& flags_;
  const Settings& settings_;
  TestRun run_;
};

// --- Watching

// Changes whenever a file below the paths is written, comes or goes.
std::string state_of(const Words& paths) {
  std::string state;
  for (const std::string& path : paths) {
    std::vector<std::string> files;
    if (::access(path.c_str(), F_OK) != 0 || !find_all_files(path, files)) continue;
    for (const std::string& file : files) {
      struct stat status{};
      if (::stat(file.c_str(), &status) == 0)
        state += fmt::format("{} {} {}.{}\n", file, status.st_size, status.st_mtim.tv_sec, status.st_mtim.tv_nsec);
    }
  }
  return state;
}

// Ends by Ctrl-C alone.
[[noreturn]] void watch(const TestFlags& flags, const Settings& settings) {
  for (;;) {
    const std::string before = state_of(flags.paths);
    std::vector<std::string> watched;
    static_cast<void>(Session(flags, settings).run(watched));
    tell(fmt::format("watching {}; Ctrl-C ends\n", tools::plural(watched.size(), "file")));
    while (state_of(flags.paths) == before) std::this_thread::sleep_for(std::chrono::milliseconds(200));
  }
}

// CLI11's flags have no optional values: `--coverage=lcov` is taken out first.
Words take_coverage_formats(const Words& words, Words& formats) {
  constexpr std::string_view kFlag = "--coverage=";
  Words rest;
  if (!words.empty() && words.front() == kAsksForCandidates) return words;
  for (auto word = words.begin(); word != words.end(); ++word) {
    if (*word == "--") {
      rest.insert(rest.end(), word, words.end());
      break;
    }
    if (!word->starts_with(kFlag)) {
      rest.push_back(*word);
      continue;
    }
    for (std::string_view list = std::string_view(*word).substr(kFlag.size());;) {
      const std::size_t comma = std::min(list.find(','), list.size());
      formats.emplace_back(list.substr(0, comma));
      if (comma == list.size()) break;
      list.remove_prefix(comma + 1);
    }
  }
  return rest;
}

}  // namespace

int run_test(const Words& words) {
  TestFlags flags;
  Arguments arguments(
      "test", "PATH..",
      "Runs tests of rules: test_ rules, table tests (test_x[note]), the cases.yaml beside a rule, and gator's suites.",
      kExamples);
  declare(arguments, flags);
  int exit_code = kClean;
  if (arguments.parse(take_coverage_formats(words, flags.coverage), exit_code) == Parsed::Stop) return exit_code;
  // PSDL_COVERAGE may be a format too, or say that there is none.
  if (kCoverageFormats.contains(destination(flags.plain_coverage).format))
    flags.coverage.push_back(flags.plain_coverage);
  if (flags.plain_coverage == "0" || flags.plain_coverage == "false") flags.plain_coverage.clear();
  Settings settings;
  if (!settle(flags, settings)) return kError;
  if (flags.watch) watch(flags, settings);
  std::vector<std::string> watched;
  return Session(flags, settings).run(watched);
}

}  // namespace psdl::cli
