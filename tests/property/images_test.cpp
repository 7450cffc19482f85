// Laws of program images. In: random modules and random damage; out: what was written is read back as it was and answers alike, and damage under a right
// checksum is refused, or runs within its limits and is written again as it stood.
#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include <memory>
#include <string>

#include "codec/reader.hpp"
#include "compiler/compiler.hpp"
#include "compiler/plan_rules.hpp"
#include "plan/plan.hpp"
#include "policy_text.hpp"
#include "syntax/parse.hpp"
#include "value/text.hpp"
#include "vm/load.hpp"
#include "vm/machine.hpp"

using namespace psdl;

namespace {

Limits small_limits() {
  Limits limits;
  limits.instructions = 20'000;
  limits.memory_bytes = 8U * 1024 * 1024;
  limits.time_ns = 1'000'000'000;
  return limits;
}

std::shared_ptr<const Program> compiled(const std::string& text) {
  const auto source = std::make_shared<const Source>("generated.rego", text);
  Diagnostics diagnostics;
  std::vector<std::unique_ptr<ast::Module>> modules;
  modules.push_back(parse_module(*source, 0, ParseOptions{}, Limits{}, diagnostics));
  if (modules.front() == nullptr) RC_FAIL(text);
  const Source* const sources[] = {source.get()};
  CompilerOptions options;
  options.sources = sources;
  const std::unique_ptr<CheckedPolicy> checked = Compiler(options).compile(std::move(modules), diagnostics);
  if (checked == nullptr) RC_FAIL(diagnostics.all().front().message + "\n" + text);
  plan::Plan plan = plan_policy(*checked, {source}, Packages::Documents);
  plan::optimise(plan);
  return plan::lower(std::move(plan));
}

constexpr std::string_view kInput =
    R"({"a":[1,{"name":"a"},"a b"],"b":{"a":2,"b":[0,1,"x"],"x-y":null},"spec":{"containers":[{"name":"a","a":true},{"name":"b","b":[1]}]},)"
    R"("x-y":{"a":[[1,2],[3,4]]},"in":3,"if_not":[]})";

// The values of all rules as text, the twin's notes counted beside.
std::string answers(const std::shared_ptr<const Program>& program) {
  const Limits limits = small_limits();
  Arena arena;
  Reader reader;
  ReadOptions options;
  options.key_table = program->keys;
  const Result<Document, ReadError> input = reader.read(arena, kInput, Format::Json, options);
  if (!input) RC_FAIL(input.error().one_line());
  Machine machine(program, limits);
  std::string all;
  for (std::uint32_t i = 0; i < program->functions.size(); ++i) {
    if (program->functions[i].kind == FunctionKind::Function) continue;
    for (const bool traced : {false, true}) {
      Trace trace;
      RunRequest request;
      request.function = i;
      request.input = input->root();
      if (traced) request.trace = &trace;
      Arena results(limits.memory_bytes);
      const Outcome outcome = machine.run(results, request);
      all += program->functions[i].path + " = ";
      all += outcome.halt.has_value() ? std::string(eval_code_name(outcome.halt->code)) : outcome.value.is_defined() ? to_rego(outcome.value) : "undefined";
      all += "; " + std::to_string(trace.notes.size()) + "\n";
    }
  }
  return all;
}

}  // namespace

TEST_CASE("an image is read back as it was written, and answers as its program does") {
  CHECK(rc::check("write then read", [] {
    const std::shared_ptr<const Program> program = compiled(property::any_module());
    const Result<std::string> image = write_image(*program, "beside");
    if (!image) RC_FAIL(image.error().message);
    const Result<LoadedImage> loaded = load_program(*image);
    if (!loaded) RC_FAIL(loaded.error().code + ": " + loaded.error().message);
    RC_ASSERT(loaded->policy == "beside");
    RC_ASSERT(*write_image(*loaded->program, "beside") == *image);
    RC_ASSERT(disassemble(*loaded->program) == disassemble(*program));
    RC_ASSERT(answers(loaded->program) == answers(program));
  }));
}

TEST_CASE("damage under a right checksum is refused or runs within its limits") {
  CHECK(rc::check("damage then load", [] {
    const Result<std::string> image = write_image(*compiled(property::any_module()), {});
    if (!image) RC_FAIL(image.error().message);
    // A few times for each module, as compiling is what takes long.
    for (int round = 0; round < 4; ++round) {
      std::string damaged = *image;
      const int changes = *rc::gen::inRange(1, 4);
      for (int change = 0; change < changes; ++change) {
        const auto at = *rc::gen::inRange<std::size_t>(kImageHeaderSize, damaged.size());
        // Small numbers are what counts, labels and operands are made of.
        damaged[at] = static_cast<char>(*rc::gen::element(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 16, 24, 32, 40, 127, 128, 254, 255));
      }
      seal_image(damaged);
      const Result<LoadedImage> loaded = load_program(damaged);
      if (!loaded) {
        RC_ASSERT(loaded.error().code.starts_with("image_"));
        continue;
      }
      RC_ASSERT(*write_image(*loaded->program, loaded->policy) == damaged);
      static_cast<void>(disassemble(*loaded->program));
      static_cast<void>(answers(loaded->program));
    }
  }));
}
