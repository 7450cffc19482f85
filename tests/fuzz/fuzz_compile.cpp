// A policy's text to bytecode, which then runs without an input. In: any bytes; out: nothing, or a crash. Every program that the
// compiler makes passes the verifier, optimised or not.
#include "compiler/compiler.hpp"
#include "compiler/plan_rules.hpp"
#include "plan/plan.hpp"
#include "syntax/parse.hpp"
#include "target.hpp"
#include "vm/machine.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using namespace psdl;
  const Limits limits = fuzz::small_limits();
  const auto source = std::make_shared<const Source>("fuzz.rego", std::string(reinterpret_cast<const char*>(bytes), size));
  for (const bool optimise : {false, true}) {
    Diagnostics diagnostics;
    std::vector<std::unique_ptr<ast::Module>> modules;
    modules.push_back(parse_module(*source, 0, ParseOptions{}, limits, diagnostics));
    if (modules.front() == nullptr) return 0;
    const Source* const sources[] = {source.get()};
    CompilerOptions options;
    options.sources = sources;
    const std::unique_ptr<CheckedPolicy> checked = Compiler(options).compile(std::move(modules), diagnostics);
    fuzz::require(checked != nullptr || diagnostics.has_errors());
    if (checked == nullptr) return 0;
    plan::Plan plan = plan_policy(*checked, {source});
    if (optimise) plan::optimise(plan);
    const std::shared_ptr<const Program> program = plan::lower(std::move(plan), {});
    fuzz::require(verify(*program).empty());
    Machine machine(program, limits);
    for (std::uint32_t i = 0; i < program->functions.size(); ++i) {
      if (program->functions[i].kind == FunctionKind::Function) continue;
      Arena arena(limits.memory_bytes);
      RunRequest request;
      request.function = i;
      const Outcome outcome = machine.run(arena, request);
      fuzz::require(!outcome.halt.has_value() || !outcome.value.is_defined());
    }
  }
  return 0;
}
