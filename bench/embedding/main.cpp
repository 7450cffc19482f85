// What the C ABI costs over the engine's own API: documents by psdl.hpp, by psdl.h, as a batch, on two threads.
//
//   psdl_embedding [--level NAME] [--ms N] [--only CASE,..] FILE..      a line of JSON for each case
//   psdl_embedding --turns N [--only CASE,..] FILE..                    the same, N short turns of each case by turns
//   psdl_embedding --case CASE --once N FILE..                          the case N times, for a counter of instructions
//
// In: JSON files, judged in turns by a rule that is true of none, or by a level of the pod standards. Out: nanoseconds
// and heap allocations of one document; of short turns, the least is what a busy machine tells best. Cases: floor (reading
// by simdjson's DOM, with no policy), core, call, core_batch, batch, and the first three on two threads: floor_threads,
// core_threads, call_threads; of turns their `gain` is how many times as much two threads did, the median over the turns.
// `core` and `core_batch` differ in the look for places alone, which batches without a result leave out.
#include <simdjson.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "measure.hpp"
#include "psdl/psdl.h"
#include "psdl/psdl.hpp"
#include "psdl/standards.hpp"

namespace psdl::bench {
namespace {

constexpr std::string_view kRule = "package example\n\ndeny contains \"never\" if input.kind == \"Nothing\"\n";
constexpr std::string_view kRuleName = "rule.rego";
constexpr std::size_t kBatch = 64;

[[noreturn]] void fail(const std::string& why) {
  std::fprintf(stderr, "psdl_embedding: %s\n", why.c_str());
  std::exit(2);
}

void want(psdl_status status, const char* what) {
  if (status != PSDL_OK) fail(std::string(what) + ": " + psdl_status_name(status));
}

struct Text {
  std::string name;
  std::string bytes;
};

struct Setting {
  std::string level;  // empty: kRule
  std::vector<Text> texts;
};

// What reading alone costs.
class Floor {
 public:
  explicit Floor(const Setting& setting) {
    for (const Text& text : setting.texts) texts_.emplace_back(text.bytes);
  }

  bool run() { return parser_.parse(texts_[next_++ % texts_.size()]).error() == simdjson::SUCCESS; }

 private:
  std::vector<simdjson::padded_string> texts_;
  simdjson::dom::parser parser_;
  std::size_t next_ = 0;
};

// By psdl.hpp.
class Core {
 public:
  Core(const Setting& setting, const Policy& policy, bool locates) : texts_(setting.texts), evaluator_(policy) {
    EvaluateOptions options;
    options.judges_pods = !setting.level.empty();
    options.locates = locates;
    evaluator_.set_options(options);
  }

  static Policy policy(const Setting& setting) {
    PolicyBuilder builder;
    DiagnosticList problems;
    if (setting.level.empty()) {
      builder.add_source(kRuleName, kRule, kRuleName);
    } else {
      StandardOptions standard;
      const std::optional<Level> level = parse_level(setting.level, problems);
      if (!level) fail("no level " + setting.level);
      standard.level = *level;
      if (!add_standard(builder, standard, problems)) fail("the level's rules");
    }
    Policy made = builder.build(problems);
    if (!made) fail("the policy does not compile");
    return made;
  }

  bool run() {
    const Text& text = texts_[next_++ % texts_.size()];
    bool is_judged = false;
    evaluator_.evaluate(text.bytes, DocumentFormat::Json, text.name, [&](const Verdict& verdict) {
      is_judged = verdict.status != Status::Error;
      return true;
    });
    return is_judged;
  }

 private:
  const std::vector<Text>& texts_;
  Evaluator evaluator_;
  std::size_t next_ = 0;
};

// By psdl.h.
class Call {
 public:
  Call(const Setting& setting, const psdl_policy* policy) : texts_(setting.texts) {
    want(psdl_evaluator_new(policy, nullptr, &evaluator_), "evaluator");
    want(psdl_result_new(evaluator_, &result_), "result");
    for (std::size_t i = 0; i < kBatch; ++i) {
      const Text& text = texts_[i % texts_.size()];
      batch_texts_.push_back(text.bytes.data());
      batch_lengths_.push_back(text.bytes.size());
      batch_names_.push_back(text.name.data());
      batch_name_lengths_.push_back(text.name.size());
    }
  }
  ~Call() {
    psdl_result_free(result_);
    psdl_evaluator_free(evaluator_);
  }
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;

  static psdl_policy* policy(const Setting& setting) {
    psdl_compiler* compiler = nullptr;
    psdl_policy* made = nullptr;
    want(psdl_compiler_new(nullptr, &compiler), "compiler");
    if (setting.level.empty()) {
      psdl_source source{};
      source.size = sizeof source;
      source.name = {kRuleName.data(), kRuleName.size()};
      source.text = {kRule.data(), kRule.size()};
      want(psdl_compiler_add_source(compiler, &source), "source");
    } else {
      want(psdl_compiler_add_level(compiler, setting.level.data(), setting.level.size(), nullptr), "level");
    }
    want(psdl_compiler_build(compiler, &made), "build");
    want(psdl_compiler_free(compiler), "compiler");
    return made;
  }

  bool run() {
    const Text& text = texts_[next_++ % texts_.size()];
    psdl_document document{};
    document.size = sizeof document;
    document.text = {text.bytes.data(), text.bytes.size()};
    document.name = {text.name.data(), text.name.size()};
    document.format = PSDL_FORMAT_JSON;
    psdl_verdict verdict = PSDL_VERDICT_NONE;
    return psdl_evaluator_evaluate(evaluator_, &document, result_) == PSDL_OK &&
           psdl_result_verdict(result_, &verdict) == PSDL_OK && verdict != PSDL_VERDICT_ERROR;
  }

  // kBatch documents.
  bool run_batch() {
    std::uint64_t allowed = 0;
    std::uint64_t denied = 0;
    std::uint64_t failed = 0;
    psdl_batch batch{};
    batch.size = sizeof batch;
    batch.count = kBatch;
    batch.texts = batch_texts_.data();
    batch.lengths = batch_lengths_.data();
    batch.names = batch_names_.data();
    batch.name_lengths = batch_name_lengths_.data();
    batch.format = PSDL_FORMAT_JSON;
    batch.allowed = &allowed;
    batch.denied = &denied;
    batch.failed = &failed;
    return psdl_evaluator_evaluate_batch(evaluator_, &batch, nullptr) == PSDL_OK && failed == 0;
  }

 private:
  const std::vector<Text>& texts_;
  psdl_evaluator* evaluator_ = nullptr;
  psdl_result* result_ = nullptr;
  std::size_t next_ = 0;
  std::vector<const char*> batch_texts_;
  std::vector<std::size_t> batch_lengths_;
  std::vector<const char*> batch_names_;
  std::vector<std::size_t> batch_name_lengths_;
};

enum class By { Floor, Core, Call };

struct Case {
  std::string_view name;
  std::size_t threads = 1;
  By by = By::Core;
  bool is_batch = false;
};

// Those on two threads have the name of the one on one in front.
constexpr std::string_view kThreads = "_threads";
constexpr Case kCases[] = {{"floor", 1, By::Floor},        {"core", 1, By::Core},         {"call", 1, By::Call},
                           {"core_batch", 1, By::Core, true}, {"batch", 1, By::Call, true}, {"floor_threads", 2, By::Floor},
                           {"core_threads", 2, By::Core},  {"call_threads", 2, By::Call}};

// What a case runs, and all that it needs.
class Run {
 public:
  Run(const Case& of, const Setting& setting) : documents_(of.is_batch ? kBatch : 1) {
    if (of.by == By::Floor) {
      for (std::size_t i = 0; i < of.threads; ++i) {
        Floor* const floor = floors_.emplace_back(std::make_unique<Floor>(setting)).get();
        operations_.emplace_back([floor] { return floor->run(); });
      }
      return;
    }
    if (of.by == By::Core) {
      const Policy policy = Core::policy(setting);
      for (std::size_t i = 0; i < of.threads; ++i) {
        Core* const core = cores_.emplace_back(std::make_unique<Core>(setting, policy, !of.is_batch)).get();
        // The first run makes the machine, which would count as a batch of many for whoever sizes batches by time.
        if (!core->run()) fail("a document is not judged");
        operations_.emplace_back([core, count = documents_] {
          for (std::size_t k = 0; k < count; ++k) {
            if (!core->run()) return false;
          }
          return true;
        });
      }
      return;
    }
    psdl_policy* const policy = Call::policy(setting);
    for (std::size_t i = 0; i < of.threads; ++i) {
      Call* const call = calls_.emplace_back(std::make_unique<Call>(setting, policy)).get();
      if (of.is_batch) {
        operations_.emplace_back([call] { return call->run_batch(); });
      } else {
        operations_.emplace_back([call] { return call->run(); });
      }
    }
    want(psdl_policy_free(policy), "policy");
  }

  [[nodiscard]] std::span<const Operation> operations() const { return operations_; }
  [[nodiscard]] double documents() const { return static_cast<double>(documents_); }

 private:
  std::size_t documents_;  // of one operation
  std::vector<std::unique_ptr<Floor>> floors_;
  std::vector<std::unique_ptr<Core>> cores_;
  std::vector<std::unique_ptr<Call>> calls_;
  std::vector<Operation> operations_;
};

using Runs = std::span<const std::pair<const Case*, std::unique_ptr<Run>>>;

// How many times as many documents the case did on two threads: the median over the turns. 0: it has no such twin.
double gain(Runs runs, const std::vector<std::vector<double>>& samples, std::size_t threaded) {
  const std::string_view name = runs[threaded].first->name;
  for (std::size_t i = 0; i < runs.size(); ++i) {
    if (!name.ends_with(kThreads) || runs[i].first->name != name.substr(0, name.size() - kThreads.size())) continue;
    std::vector<double> gains;
    for (std::size_t turn = 0; turn < samples[i].size(); ++turn) gains.push_back(samples[i][turn] / samples[threaded][turn]);
    std::sort(gains.begin(), gains.end());
    return gains[gains.size() / 2];
  }
  return 0;
}

// Each case for some twenty milliseconds, again and again: what disturbs one disturbs the others.
void take_turns(Runs runs, long turns) {
  constexpr double kTurnNs = 2e7;  // a processor that sleeps takes a millisecond to come
  std::vector<std::vector<double>> samples(runs.size());
  std::vector<std::uint64_t> counts(runs.size(), 1);
  for (long turn = -2; turn < turns; ++turn) {
    for (std::size_t i = 0; i < runs.size(); ++i) {
      const std::span<const Operation> operations = runs[i].second->operations();
      const double ns = batch_ns(operations, counts[i]) / static_cast<double>(counts[i]);
      if (turn < 0) {
        counts[i] = std::max<std::uint64_t>(1, static_cast<std::uint64_t>(kTurnNs / ns));
      } else {
        samples[i].push_back(ns / static_cast<double>(operations.size()) / runs[i].second->documents());
      }
    }
  }
  for (std::size_t i = 0; i < runs.size(); ++i) {
    const double gained = gain(runs, samples, i);
    std::sort(samples[i].begin(), samples[i].end());
    const Case& of = *runs[i].first;
    std::printf("{\"case\":\"%.*s\",\"threads\":%zu,\"ns_min\":%.1f,\"ns_median\":%.1f",
                static_cast<int>(of.name.size()), of.name.data(), of.threads, samples[i].front(),
                samples[i][samples[i].size() / 2]);
    if (gained > 0) std::printf(",\"gain\":%.3f", gained);
    std::printf("}\n");
  }
}

std::string read_file(const char* name) {
  std::ifstream file(name, std::ios::binary);
  if (!file) fail(std::string(name) + " cannot be read");
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

int run(int argc, char** argv) {
  Setting setting;
  std::string only;
  std::string one;
  double budget_ns = 1e9;
  long once = 0;
  long turns = 0;
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    if (!word.starts_with("--")) {
      setting.texts.push_back({argv[i], read_file(argv[i])});
      continue;
    }
    if (++i == argc) fail(std::string(word) + " needs a value");
    if (word == "--level") {
      setting.level = argv[i];
    } else if (word == "--ms") {
      budget_ns = std::atof(argv[i]) * 1e6;
    } else if (word == "--only") {
      only = std::string(",") + argv[i] + ",";
    } else if (word == "--case") {
      one = argv[i];
    } else if (word == "--turns") {
      turns = std::atol(argv[i]);
    } else if (word == "--once") {
      once = std::atol(argv[i]);
    } else {
      fail("no option " + std::string(word));
    }
  }
  if (setting.texts.empty()) fail("no file was named");
  std::vector<std::pair<const Case*, std::unique_ptr<Run>>> in_turns;
  for (const Case& of : kCases) {
    if (!one.empty() ? of.name != one
                     : !only.empty() && only.find("," + std::string(of.name) + ",") == std::string::npos) {
      continue;
    }
    if (turns > 0) {
      in_turns.emplace_back(&of, std::make_unique<Run>(of, setting));
      continue;
    }
    const Run made(of, setting);
    if (once > 0) {
      for (long i = 0; i < once; ++i) {
        if (!made.operations()[0]()) fail("a document is not judged");
      }
      continue;
    }
    const Figures figures = measure(made.operations(), budget_ns);
    std::printf("{\"case\":\"%.*s\",\"threads\":%zu,\"ns_min\":%.1f,\"ns_median\":%.1f,\"allocations\":%.2f}\n",
                static_cast<int>(of.name.size()), of.name.data(), of.threads, figures.ns_min / made.documents(),
                figures.ns_median / made.documents(), figures.allocations / made.documents());
    std::fflush(stdout);
  }
  if (turns > 0) take_turns(in_turns, turns);
  return 0;
}

}  // namespace
}  // namespace psdl::bench

int main(int argc, char** argv) { return psdl::bench::run(argc, argv); }
