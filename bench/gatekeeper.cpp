#include "gatekeeper.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <vector>

#include "gatekeeper/client.hpp"
#include "gatekeeper/review.hpp"
#include "measure.hpp"
#include "workload.hpp"

namespace psdl::bench {
namespace {

using gatekeeper::Client;

constexpr std::size_t kCounts[] = {1, 10, 100, 1000};

double now_ms() { return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

bool refuse(std::string_view name, std::string_view why) {
  fmt::print(stderr, "psdl_bench: {}: {}\n", name, why);
  return false;
}

std::string numbered(std::string text, std::size_t number) {
  const std::string digits = std::to_string(number);
  for (std::size_t at = 0; (at = text.find("%d", at)) != std::string::npos; at += digits.size()) text.replace(at, 2, digits);
  return text;
}

class Run {
 public:
  Run(const std::filesystem::path& folder, std::size_t count, const GatekeeperOptions& options)
      : name_(folder.filename().string()), count_(count), client_(std::make_shared<gatekeeper::ProgramCache>(), client_options(options)) {
    add(slurp(folder / "template.yaml"), "template.yaml", true);
    const std::string constraint = slurp(folder / "constraint.json");
    for (std::size_t i = 0; i < count && problem_.empty(); ++i) add(numbered(constraint, i), "constraint.json", false);
  }

  [[nodiscard]] const std::string& problem() const { return problem_; }

  // False: not as many results as there must be.
  bool operate(std::string_view review, std::size_t wanted) {
    const auto request = client_.read(review, "review.json");
    if (!request) return false;
    const gatekeeper::ReviewViews found = client_.review_views(*request);
    std::size_t bytes = 0;
    for (const gatekeeper::ResultView& result : found.results) bytes += result.message.size();
    read_ += bytes;
    return found.error.empty() && found.results.size() == wanted && (wanted == 0) == (bytes == 0);
  }

 private:
  static gatekeeper::ClientOptions client_options(const GatekeeperOptions& options) {
    gatekeeper::ClientOptions made;
    made.point = "validation.gatekeeper.sh";
    made.specialise = !options.is_unshared;
    return made;
  }

  void add(const std::string& text, const std::string& file, bool is_template) {
    const auto object = gatekeeper::read_first(text, file, gatekeeper::Reading::Native);
    if (!object) {
      problem_ = object.error().text;
      return;
    }
    const auto refused = is_template ? client_.add_template(*object) : client_.add_constraint(*object);
    if (refused) problem_ = refused->text;
  }

  std::string name_;
  std::size_t count_;
  std::string problem_;
  Client client_;
  std::size_t read_ = 0;  // so that messages are really read
};

}  // namespace

// A name that a profiler can find, as psdl_bench_once().
extern "C" [[gnu::noipa, gnu::visibility("default")]] void psdl_bench_review(void* run, const std::string* review, std::size_t wanted) {
  if (!static_cast<Run*>(run)->operate(*review, wanted)) std::abort();
}

bool run_gatekeeper(const GatekeeperOptions& options) {
  std::vector<std::filesystem::path> folders;
  std::error_code failed;
  for (const auto& entry : std::filesystem::directory_iterator(options.folder, failed)) {
    if (std::filesystem::exists(entry.path() / "template.yaml", failed)) folders.push_back(entry.path());
  }
  std::sort(folders.begin(), folders.end());
  bool is_fine = true;
  bool has_any = false;
  for (const std::filesystem::path& folder : folders) {
    for (const std::size_t count : kCounts) {
      const std::string workload = fmt::format("{}-{}", folder.filename().string(), count);
      const bool wants_all = is_wanted(options.only, folder.filename().string()) || is_wanted(options.only, workload);
      for (const std::string_view verdict : {"allowed", "denied"}) {
        const std::string name = fmt::format("{}-{}", workload, verdict);
        if (!wants_all && !is_wanted(options.only, name)) continue;
        has_any = true;
        const double start = now_ms();
        Run run(folder, count, options);
        const std::string review = slurp(folder / (std::string(verdict) + ".json"));
        const std::size_t wanted = verdict == "denied" ? count : 0;
        const bool is_right = run.problem().empty() && run.operate(review, wanted);  // programs are made at the first review
        const double load_ms = now_ms() - start;
        if (!is_right) {
          is_fine = refuse(name, run.problem().empty() ? "wrong results" : run.problem());
          continue;
        }
        if (options.once > 0) {
          for (int warm = 0; warm < 3; ++warm) static_cast<void>(run.operate(review, wanted));
          for (std::uint64_t i = 0; i < options.once; ++i) psdl_bench_review(&run, &review, wanted);
          continue;
        }
        const Operation operation = [&] { return run.operate(review, wanted); };
        const Figures figures = measure({&operation, 1}, options.time_ms * 1e6);
        fmt::print("{{\"peer\":\"psdl\",\"workload\":\"{}\",\"results\":{},\"ns_per_op_min\":{:.1f},\"ns_per_op_median\":{:.1f},\"allocs_per_op\":{:g},\"load_ms\":{:.3f}}}\n", name,
                   wanted, figures.ns_min, figures.ns_median, figures.allocations, load_ms);
        std::fflush(stdout);
      }
    }
  }
  if (!has_any) return refuse(options.folder, "no workload");
  return is_fine;
}

}  // namespace psdl::bench
