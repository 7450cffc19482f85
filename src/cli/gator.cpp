// What gator prints on both streams and exits with; its help texts alone are not reproduced.
#include "cli/gator.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <ctime>
#include <thread>
#include <vector>

#include "cli/gator_files.hpp"
#include "cli/gator_flags.hpp"
#include "cli/output.hpp"
#include "cli/settings.hpp"
#include "psdl/tools/gator.hpp"

namespace psdl::cli {
namespace {

constexpr std::string_view kUsage = "`psdl template --help` lists gator's flags that are understood\n";

// What cobra does with a wrong argument.
int refuse_usage(std::string_view error, bool is_quiet) {
  tell(fmt::format("Error: {}\n{}", error, is_quiet ? std::string_view() : kUsage));
  return 1;
}

int refuse(std::string_view error) {
  tell(fmt::format("Error: {}\n", error));
  return 1;
}

int finish(const tools::GatorAnswer& answer, bool is_quiet) {
  if (!is_quiet) tell(answer.remarks);
  tell(answer.err);
  Output out;
  out.write(answer.out);
  return out.finish() ? answer.exit_code : 1;
}

// As Go's log writes it.
std::string log_time() {
  const std::time_t now = std::time(nullptr);
  std::tm local{};
  ::localtime_r(&now, &local);
  return fmt::format("{:04}/{:02}/{:02} {:02}:{:02}:{:02}", local.tm_year + 1900, local.tm_mon + 1, local.tm_mday,
                     local.tm_hour, local.tm_min, local.tm_sec);
}

// Our own flags, which the environment may set too: --quiet keeps to gator's words, --gator-numbers to its numbers.
struct OwnFlags {
  bool is_quiet = false;

  void declare(GatorFlags& flags, tools::GatekeeperOptions& how) {
    is_quiet = is_set("--quiet");
    how.has_gator_numbers = is_set("--gator-numbers");
    flags.flag("quiet", 0, is_quiet);
    flags.flag("gator-numbers", 0, how.has_gator_numbers);
  }

 private:
  static bool is_set(std::string_view flag) {
    const char* const value = environment_value(flag);
    return value != nullptr && std::string_view(value) != "0" && std::string_view(value) != "false";
  }
};

// Flags of `gator verify` and `gator test` that change nothing here: there is no CEL.
struct EngineFlags {
  bool enables_cel = true;
  std::string failure_policy;

  void declare(GatorFlags& flags) {
    flags.flag("enable-k8s-native-validation", 0, enables_cel);
    flags.text("default-k8s-native-validation-failure-policy", 0, failure_policy);
  }
};

// Where files come from; images are not pulled.
struct SourceFlags {
  Words names;
  Words images;
  std::string folder;
  bool is_plain_http = false;

  void declare(GatorFlags& flags, char letter) {
    flags.list("filename", letter, names);
    flags.list("image", 'i', images);
    flags.text("tempdir", 'd', folder);
    flags.flag("plain-http", 0, is_plain_http);
  }
  // False with `error`.
  [[nodiscard]] bool read(std::vector<tools::NamedText>& files, std::string& error) const {
    if (!images.empty()) {
      error = fmt::format("reading: pulling image: {}: images are not pulled; give its files with -f",
                          tools::escape_for_terminal(images.front()));
      return false;
    }
    return read_gator_files(names, files, error);
  }
};

// What is never said by gator: nothing was judged.
void warn_of_nothing(const tools::SuiteRunner& runner) {
  if (runner.size() == 0) tell("warning: no suite was found: nothing was tested\n");
  if (runner.filter_takes_nothing()) tell("warning: --run finds no test and no case: nothing was tested\n");
}

}  // namespace

void for_each_index(std::size_t count, std::size_t threads, const std::function<void(std::size_t index)>& work) {
  if (threads == 0) threads = std::max(1U, std::thread::hardware_concurrency());
  threads = std::min(threads, count);
  std::atomic<std::size_t> next = 0;
  const auto run = [&] {
    for (std::size_t i = next++; i < count; i = next++) work(i);
  };
  std::vector<std::thread> others;
  for (std::size_t i = 1; i < threads; ++i) others.emplace_back(run);
  run();
  for (std::thread& thread : others) thread.join();
}

int run_gator_verify(const Words& words) {
  tools::VerifyOptions options;
  options.how.is_gator = true;
  options.keeps_findings = false;
  bool is_verbose = false;
  OwnFlags own;
  EngineFlags engine;
  GatorFlags flags;
  own.declare(flags, options.how);
  flags.text("run", 'r', options.filter);
  flags.flag("verbose", 'v', is_verbose);
  flags.flag("trace", 't', options.how.traces);
  engine.declare(flags);
  Words paths;
  std::string error;
  if (!flags.parse(words, paths, error)) return refuse_usage(error, own.is_quiet);
  if (paths.size() != 1)
    return refuse_usage(fmt::format("accepts 1 arg(s), received {}", paths.size()), own.is_quiet);
  options.how.prints = is_verbose;

  std::vector<tools::SuiteFile> files;
  if (!find_gator_suites(paths.front(), files, error)) return refuse(fmt::format("listing test files: {}", error));
  const DiskFiles disk;
  tools::SuiteRunner runner(disk, options);
  DiagnosticList problems;
  if (!runner.read(files, problems)) return refuse(runner.error());
  if (!own.is_quiet) warn_of_nothing(runner);
  std::vector<tools::SuiteOutcome> outcomes(runner.size());
  for_each_index(runner.size(), 0, [&](std::size_t i) { outcomes[i] = runner.run(i); });
  if (!own.is_quiet) show(tools::verify_notes(outcomes), {});
  Output out;
  out.write(tools::gator_verify_text(outcomes, is_verbose));
  const bool any_failure = std::any_of(outcomes.begin(), outcomes.end(), [](const tools::SuiteOutcome& one) {
    return one.status == tools::SuiteStatus::Failed || one.status == tools::SuiteStatus::Broken;
  });
  if (!out.finish()) return 1;
  return any_failure ? refuse("FAIL") : 0;
}

int run_gator_test(const Words& words) {
  tools::GatorTestOptions options;
  options.how.is_gator = true;
  SourceFlags source;
  OwnFlags own;
  EngineFlags engine;
  GatorFlags flags;
  source.declare(flags, 'f');
  own.declare(flags, options.how);
  engine.declare(flags);
  flags.text("output", 'o', options.format);
  flags.flag("trace", 't', options.how.traces);
  flags.flag("verbose", 'v', options.how.prints);
  flags.flag("stats", 0, options.has_stats);
  flags.flag("deny-only", 0, options.denies_only);
  Words positionals;
  std::string error;
  if (!flags.parse(words, positionals, error)) return refuse_usage(error, own.is_quiet);
  if (!positionals.empty())
    return refuse_usage(
        fmt::format("unknown command \"{}\" for \"gator test\"", tools::escape_for_terminal(positionals.front())),
        own.is_quiet);
  std::vector<tools::NamedText> files;
  if (!source.read(files, error)) return finish({{}, error + "\n", 1}, own.is_quiet);
  return finish(tools::gator_test(files, options, log_time()), own.is_quiet);
}

int run_gator_expand(const Words& words) {
  tools::GatorExpandOptions options;
  options.how.is_gator = true;
  std::string path;
  SourceFlags source;
  OwnFlags own;
  GatorFlags flags;
  source.declare(flags, 'n');
  own.declare(flags, options.how);
  flags.text("format", 'f', options.format);
  flags.text("outputfile", 'o', path);
  Words positionals;
  std::string error;
  if (!flags.parse(words, positionals, error)) return refuse_usage(error, own.is_quiet);
  if (!positionals.empty())
    return refuse_usage(fmt::format("accepts 0 arg(s), received {}", positionals.size()), own.is_quiet);
  std::vector<tools::NamedText> files;
  if (!source.read(files, error)) return finish({{}, error + "\n", 1}, own.is_quiet);
  tools::GatorAnswer answer = tools::gator_expand(files, options, log_time());
  if (answer.exit_code != 0 || path.empty()) return finish(answer, own.is_quiet);
  Output file(path);
  const int failure = errno;
  file.write(answer.out);
  answer.out = fmt::format("Writing output to file: {}\n", path);
  if (!file.is_open()) {
    const std::string shown = tools::escape_for_terminal(path);
    answer.err += fmt::format("error creating file at path {}: open {}: {}\n", shown, shown, system_word(failure));
    answer.exit_code = 1;
  } else if (!file.finish()) {
    return 1;
  }
  return finish(answer, own.is_quiet);
}

}  // namespace psdl::cli
