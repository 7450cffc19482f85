// Whole workloads. In: a folder of workloads; out: one JSON object a line, as the peers' programs print them.
//
//   psdl_bench --workloads DIR [--only A,B] [--time-ms N]   timed: modes eval, bytes and yaml, on one and two threads
//   psdl_bench --workloads DIR --only A --once N [--mode M] N operations between two marks, for counters of instructions
//   psdl_bench --workloads DIR [--only A] --counts          instructions of the VM and bytes of arena for one evaluation
//   psdl_bench --pods --workloads DIR ..                    the pods of a folder, judged by the Pod Security rules at restricted:latest; any of the above
//   psdl_bench --gatekeeper --workloads DIR ..              constraints of Gatekeeper templates; timed or --once. --unshared: with parameters as input
//
// Exit status: 0; 1 where an answer was wrong or a workload does not run; 2 for wrong words.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "gatekeeper.hpp"
#include "measure.hpp"
#include "pods.hpp"
#include "value/text.hpp"
#include "workload.hpp"

namespace psdl::bench {
namespace {

constexpr std::string_view kModes[] = {"eval", "bytes", "yaml"};
constexpr std::size_t kMostThreads = 2;

struct Options {
  std::string folder;
  std::string only;
  std::string mode;
  double time_ms = 300;
  std::uint64_t once = 0;
  bool counts = false;
  bool pods = false;
  bool gatekeeper = false;
  bool unshared = false;
};

// The first operation of a mode, up to the value. `eval` starts from the document that was read before.
bool operate(Evaluation& evaluation, const Workload& workload, std::string_view mode) {
  if (mode == "bytes" && !evaluation.read(workload.json, Format::Json)) return false;
  if (mode == "yaml" && !evaluation.read(workload.yaml, Format::Yaml)) return false;
  return evaluation.run().is_defined();
}

// The answer, compared with what is expected; else why there is none.
std::string check(Evaluation& evaluation, const Workload& workload, std::string_view mode) {
  const bool is_yaml = mode == "yaml";
  if (!evaluation.read(is_yaml ? workload.yaml : workload.json, is_yaml ? Format::Yaml : Format::Json)) {
    return "read: " + evaluation.error();
  }
  const Value value = evaluation.run();
  const std::string wrong = check_answer(value, workload.expected);
  if (wrong.empty()) return {};
  return evaluation.error().empty() ? "wrong result: " + wrong : "error: " + evaluation.error();
}

bool unsupported(const Workload& workload, std::string_view reason) {
  std::string text;
  append_json_string(text, reason.substr(0, 400));
  fmt::print("{{\"peer\":\"psdl\",\"workload\":\"{}\",\"unsupported\":{}}}\n", workload.name, text);
  std::fflush(stdout);
  fmt::print(stderr, "psdl_bench: {}: {}\n", workload.name, reason);
  return false;
}

bool time_workload(const Workload& workload, const Options& options) {
  std::string reason;
  const std::shared_ptr<const Prepared> prepared = Prepared::make(workload, reason);
  if (prepared == nullptr) return unsupported(workload, reason);
  for (const std::string_view mode : kModes) {
    if (mode == "yaml" && workload.yaml.empty()) continue;
    if (!options.mode.empty() && mode != options.mode) continue;
    for (std::size_t threads = 1; threads <= kMostThreads; ++threads) {
      std::vector<std::unique_ptr<Evaluation>> evaluations;
      std::vector<Operation> operations;
      for (std::size_t i = 0; i < threads; ++i) {
        evaluations.push_back(std::make_unique<Evaluation>(prepared));
        reason = check(*evaluations.back(), workload, mode);
        if (!reason.empty()) return unsupported(workload, reason);
        operations.emplace_back([&workload, mode, evaluation = evaluations.back().get()] {
          return operate(*evaluation, workload, mode);
        });
      }
      const Figures figures = measure(operations, options.time_ms * 1e6);
      fmt::print("{{\"peer\":\"psdl\",\"workload\":\"{}\",\"mode\":\"{}\",\"threads\":{},"
                 "\"ns_per_op_min\":{:.1f},\"ns_per_op_median\":{:.1f}",
                 workload.name, mode, threads, figures.ns_min, figures.ns_median);
      if (threads == 1) fmt::print(",\"allocs_per_op\":{:g}", figures.allocations);
      fmt::print("}}\n");
      std::fflush(stdout);
    }
  }
  return true;
}

bool count_workload(const Workload& workload) {
  std::string reason;
  const std::shared_ptr<const Prepared> prepared = Prepared::make(workload, reason);
  if (prepared == nullptr) return unsupported(workload, reason);
  Evaluation evaluation(prepared);
  reason = check(evaluation, workload, "eval");
  if (!reason.empty()) return unsupported(workload, reason);
  fmt::print("{{\"workload\":\"{}\",\"program\":{},\"instructions\":{},\"document_bytes\":{},\"evaluation_bytes\":{}",
             workload.name, prepared->program()->code.size(), evaluation.instructions(), evaluation.document_bytes(),
             evaluation.evaluation_bytes());
  if (!workload.data.empty()) {
    fmt::print(",\"data_text_bytes\":{},\"data_bytes\":{}", workload.data.size(), prepared->data_bytes());
  }
  fmt::print("}}\n");
  return true;
}

}  // namespace

// A name that a profiler can find: what runs below it is the measured part and nothing else.
extern "C" [[gnu::noipa, gnu::visibility("default")]] void psdl_bench_once(Evaluation* evaluation,
                                                                               const Workload* workload,
                                                                               const char* mode) {
  if (!operate(*evaluation, *workload, mode)) std::abort();
}

namespace {

bool run_once(const Workload& workload, const Options& options) {
  std::string reason;
  const std::shared_ptr<const Prepared> prepared = Prepared::make(workload, reason);
  if (prepared == nullptr) return unsupported(workload, reason);
  Evaluation evaluation(prepared);
  const std::string mode = options.mode.empty() ? "eval" : options.mode;
  reason = check(evaluation, workload, mode);
  if (!reason.empty()) return unsupported(workload, reason);
  for (int warm = 0; warm < 3; ++warm) static_cast<void>(operate(evaluation, workload, mode));
  for (std::uint64_t i = 0; i < options.once; ++i) psdl_bench_once(&evaluation, &workload, mode.c_str());
  return true;
}

int usage() {
  fmt::print(stderr,
             "usage: psdl_bench [--pods | --gatekeeper [--unshared]] --workloads DIR [--only NAME,..] [--time-ms N] [--mode eval|bytes|yaml] [--once N | --counts]\n");
  return 2;
}

int run(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string_view flag = argv[i];
    if (flag == "--counts" || flag == "--pods" || flag == "--gatekeeper" || flag == "--unshared") {
      (flag == "--pods" ? options.pods : flag == "--gatekeeper" ? options.gatekeeper : flag == "--unshared" ? options.unshared : options.counts) = true;
      continue;
    }
    if (i + 1 == argc) return usage();
    const char* const value = argv[++i];
    if (flag == "--workloads") {
      options.folder = value;
    } else if (flag == "--only") {
      options.only = value;
    } else if (flag == "--mode") {
      options.mode = value;
    } else if (flag == "--time-ms") {
      options.time_ms = std::atof(value);
    } else if (flag == "--once") {
      options.once = std::strtoull(value, nullptr, 10);
    } else {
      return usage();
    }
  }
  if (options.folder.empty() || options.time_ms <= 0) return usage();
  if (options.gatekeeper) return run_gatekeeper({options.folder, options.only, options.time_ms, options.once, options.unshared}) ? 0 : 1;
  const std::vector<Workload> workloads = options.pods ? read_pods(options.folder, options.only) : read_workloads(options.folder, options.only);
  if (workloads.empty()) {
    fmt::print(stderr, "psdl_bench: no workload in {}\n", options.folder);
    return 2;
  }
  bool is_fine = true;
  for (const Workload& workload : workloads) {
    const bool ran = options.counts     ? count_workload(workload)
                     : options.once > 0 ? run_once(workload, options)
                                        : time_workload(workload, options);
    is_fine = is_fine && ran;
  }
  return is_fine ? 0 : 1;
}

}  // namespace
}  // namespace psdl::bench

int main(int argc, char** argv) { return psdl::bench::run(argc, argv); }
