// Workloads: a policy, its data and one input. In: a folder; out: a program that may be shared, and evaluators over it.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/arena.hpp"
#include "base/limits.hpp"
#include "bytecode/program.hpp"
#include "codec/reader.hpp"
#include "vm/machine.hpp"

namespace psdl::bench {

// A folder as ../shared/peers/README.md lays it out: policy.rego, query.txt, input.json, expected.json, and perhaps
// data.json and input.yaml.
struct Workload {
  std::string name;
  std::vector<std::pair<std::string, std::string>> sources;  // name and text
  std::string bound;  // base documents that are put into the code; empty: there are none
  std::string query;  // "data.package.rule"
  std::string json;
  std::string yaml;  // empty: there is none
  std::string data;  // empty: there is none
  std::string expected;
};

// The workloads of a folder by name, or those among them that `only` (names separated by commas) names.
[[nodiscard]] std::vector<Workload> read_workloads(const std::filesystem::path& folder, std::string_view only);

[[nodiscard]] std::string slurp(const std::filesystem::path& path);
[[nodiscard]] bool is_wanted(std::string_view only, std::string_view name);

// What threads share: never changed once it is made.
class Prepared {
 public:
  // Null, with a reason, where the policy does not compile or the data cannot be read.
  [[nodiscard]] static std::shared_ptr<const Prepared> make(const Workload& workload, std::string& reason);

  [[nodiscard]] const std::shared_ptr<const Program>& program() const { return program_; }
  [[nodiscard]] std::uint32_t function() const { return function_; }
  [[nodiscard]] const Value& data() const { return data_; }
  [[nodiscard]] const Limits& limits() const { return limits_; }
  // Bytes in use in the arena of the data document.
  [[nodiscard]] std::size_t data_bytes() const { return data_arena_.used_bytes(); }

 private:
  std::shared_ptr<const Program> program_;
  std::uint32_t function_ = 0;
  Arena data_arena_;
  Value data_;
  Limits limits_;
};

// One thread's evaluator: a machine, a reader, an arena for the document and one for the evaluation. Both arenas are
// reset for each operation, so nothing that depends on the input survives it.
class Evaluation {
 public:
  explicit Evaluation(std::shared_ptr<const Prepared> prepared);

  // False where the text is refused; error() says why then.
  [[nodiscard]] bool read(std::string_view text, Format format);
  // Evaluates the document that was read last. The value lives until the next run; no part of it is left undone
  // (sets are sorted). Undefined where the rule is, and after an error.
  [[nodiscard]] Value run();
  [[nodiscard]] const std::string& error() const { return error_; }
  [[nodiscard]] std::uint64_t instructions() const { return instructions_; }
  // Bytes in use in the arena of the document and in that of the evaluation.
  [[nodiscard]] std::size_t document_bytes() const { return document_arena_.used_bytes(); }
  [[nodiscard]] std::size_t evaluation_bytes() const { return evaluation_arena_.used_bytes(); }

 private:
  std::shared_ptr<const Prepared> prepared_;
  ReadOptions options_;
  Reader reader_;
  Machine machine_;
  Arena document_arena_;
  Arena evaluation_arena_;
  Value input_;
  std::string error_;
  std::uint64_t instructions_ = 0;
};

// Empty where the value is the one that `expected` holds (JSON; a set is a sorted array there), else the value's JSON.
[[nodiscard]] std::string check_answer(const Value& value, std::string_view expected);

}  // namespace psdl::bench
