// Implements psdl/vm.hpp: images without the engine. Nothing here may need a layer above.
#include "psdl/vm.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/arena.hpp"
#include "codec/reader.hpp"
#include "runtime/findings.hpp"
#include "value/text.hpp"
#include "vm/load.hpp"
#include "vm/machine.hpp"

namespace psdl {

struct ImageRunner::Impl {
  explicit Impl(std::shared_ptr<const Program> of) : program(std::move(of)), machine(program, limits) {
    arena.set_limit(limits.memory_bytes);
  }

  [[nodiscard]] const Function* find(std::string_view path, std::uint32_t& number) const {
    for (number = 0; number < program->functions.size(); ++number) {
      const Function& function = program->functions[number];
      if (is_rule(function) && function.path == path) return &function;
    }
    return nullptr;
  }
  [[nodiscard]] static bool is_rule(const Function& function) {
    return function.arity == 0 && (function.kind == FunctionKind::Complete || function.kind == FunctionKind::Set ||
                                   function.kind == FunctionKind::Object);
  }

  // Undefined, with an error in the answer, where the text cannot be read.
  [[nodiscard]] Value read(std::string_view text, const char* name, const ReadRules& rules, RuleAnswer& answer) {
    ReadOptions options;
    options.rules = rules;
    options.limits = &limits;
    options.key_table = program->keys;
    options.first_origin = 0;
    options.place.stream = name;
    const Result<Document, ReadError> document = reader.read(arena, text, Format::Json, options);
    if (document) return document->root();
    const ReadError& error = document.error();
    answer.code = error.code;
    answer.message = fmt::format("{}:{}:{}: {}", name, error.range.begin.line, error.range.begin.column, error.message);
    return {};
  }

  std::shared_ptr<const Program> program;
  Limits limits;
  Arena arena;
  Reader reader;
  Machine machine;
};

ImageRunner::ImageRunner(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
ImageRunner::~ImageRunner() = default;
ImageRunner::ImageRunner(ImageRunner&&) noexcept = default;
ImageRunner& ImageRunner::operator=(ImageRunner&&) noexcept = default;

std::optional<ImageRunner> ImageRunner::load(std::string_view image, std::string& problem) {
  Result<LoadedImage> loaded = load_program(image);
  if (loaded) return ImageRunner(std::make_unique<Impl>(std::move(loaded->program)));
  problem = fmt::format("{}: {}", loaded.error().code, loaded.error().message);
  return std::nullopt;
}

std::vector<std::string> ImageRunner::rules() const {
  std::vector<std::string> paths;
  for (const Function& function : impl_->program->functions) {
    if (Impl::is_rule(function)) paths.push_back(function.path);
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

RuleAnswer ImageRunner::evaluate(std::string_view rule, std::string_view document, std::string_view data) {
  RuleAnswer answer;
  RunRequest run;
  if (impl_->find(rule, run.function) == nullptr) {
    answer.code = "unknown_rule";
    answer.message = fmt::format("the image has no rule `{}`", rule);
    return answer;
  }
  impl_->arena.reset();
  run.input = impl_->read(document, "input", ReadRules::kubernetes(), answer);
  if (!run.input.is_defined()) return answer;
  run.data = impl_->read(data, "data", ReadRules::opa(), answer);
  if (!run.data.is_defined()) return answer;
  if (!run.data.is_object()) {
    answer.code = "not_an_object";
    answer.message = "`data` is no object";
    return answer;
  }
  const Outcome outcome = impl_->machine.run(impl_->arena, run);
  if (outcome.halt || outcome.builtin_error) {
    const EvalError& error = outcome.halt ? *outcome.halt : *outcome.builtin_error;
    const Problem problem = evaluation_problem(error, *impl_->program, "input");
    answer.code = problem.code;
    answer.message = problem.message;
    return answer;
  }
  if (!outcome.value.is_defined()) {
    answer.kind = RuleAnswer::Kind::Undefined;
    return answer;
  }
  if (!append_json_within(answer.json, impl_->limits.memory_bytes, outcome.value)) {
    answer.json.clear();
    answer.code = "limit_memory_bytes";
    answer.message = "the answer takes more memory than the limit `memory_bytes`";
    return answer;
  }
  answer.kind = RuleAnswer::Kind::Value;
  return answer;
}

}  // namespace psdl
