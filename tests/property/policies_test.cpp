// Laws of the path from text to bytecode. In: random modules; out: printing and parsing undo each other, every program that the
// compiler makes is well formed, and it gives the same answer with and without the optimiser, and where some documents are known early.
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
#include "syntax/print.hpp"
#include "syntax/write.hpp"
#include "value/member.hpp"
#include "value/text.hpp"
#include "vm/machine.hpp"

using namespace psdl;

namespace {

const Limits kLimits;

std::unique_ptr<ast::Module> parsed(const Source& source) {
  Diagnostics diagnostics;
  std::unique_ptr<ast::Module> module = parse_module(source, 0, ParseOptions{}, kLimits, diagnostics);
  if (module == nullptr) RC_FAIL(diagnostics.all().front().message + "\n" + std::string(source.text()));
  return module;
}

void check_same(const ast::Module& first, const ast::Module& second, std::string_view printed) {
  RC_ASSERT(ast::compare(first.package->path, second.package->path) == 0);
  RC_ASSERT(first.imports.size() == second.imports.size());
  RC_ASSERT(first.rules.size() == second.rules.size());
  for (std::size_t i = 0; i < first.rules.size(); ++i) {
    if (ast::compare(first.rules[i], second.rules[i]) != 0) RC_FAIL(ast::to_string(*first.rules[i]) + "\n" + std::string(printed));
  }
}

plan::Plan planned(const std::string& text) {
  const auto source = std::make_shared<const Source>("generated.rego", text);
  std::vector<std::unique_ptr<ast::Module>> modules;
  modules.push_back(parsed(*source));
  const Source* const sources[] = {source.get()};
  CompilerOptions options;
  options.sources = sources;
  Diagnostics diagnostics;
  const std::unique_ptr<CheckedPolicy> checked = Compiler(options).compile(std::move(modules), diagnostics);
  if (checked == nullptr) RC_FAIL(diagnostics.all().front().message + "\n" + text);
  return plan_policy(*checked, {source});
}

constexpr std::string_view kKnown = R"({"a":[1,{"name":"a"},"x"],"b":{"a":2,"b":[0,1]},"spec":{"containers":[{"name":"a","b":[1]}]},"x-y":[[1,2]]})";
constexpr std::string_view kInput =
    R"({"a":[1,{"name":"a"},"a b"],"b":{"a":2,"b":[0,1,"x"],"x-y":null},"spec":{"containers":[{"name":"a","a":true},{"name":"b","b":[1]}]},)"
    R"("x-y":{"a":[[1,2],[3,4]]},"in":3,"if_not":[]})";

Value read(Arena& arena, std::string_view text, const std::shared_ptr<const KeyTable>& keys) {
  Reader reader;
  ReadOptions options;
  options.key_table = keys;
  const Result<Document, ReadError> document = reader.read(arena, text, Format::Json, options);
  if (!document) RC_FAIL(document.error().one_line());
  const Value root = document->root();
  freeze(arena, root);
  return root;
}

// `value` below one name.
Value under(Arena& arena, std::string_view name, const Value& root, const Value& value) {
  const Value path[] = {Value::string(name)};
  return upsert(arena, nullptr, root, path, value);
}

// The value of a rule as text, or why there is none. Errors are told by code: their place may differ where code was moved.
std::string answer(const std::shared_ptr<const Program>& program, std::string_view rule, const Value& input, const Value& data) {
  Machine machine(program, kLimits);
  RunRequest request;
  request.function = program->find_function(rule);
  request.input = input;
  request.data = data;
  const auto told = [&] {
    Arena results;
    const Outcome outcome = machine.run(results, request);
    if (outcome.halt.has_value()) return std::string(eval_code_name(outcome.halt->code));
    return (outcome.value.is_defined() ? to_rego(outcome.value) : "undefined") + (outcome.builtin_error.has_value() ? " with an error" : "");
  };
  const std::string plain = told();
  // The twin runs the program as it stands, without fused cells and chains.
  Trace trace;
  request.trace = &trace;
  const std::string traced = told();
  if (plain != traced) RC_FAIL(std::string(rule) + ": " + traced + " for the twin, " + plain + " for the plain loop");
  return plain;
}

}  // namespace

TEST_CASE("a module that was printed is parsed back as it was") {
  CHECK(rc::check("print then parse", [] {
    const Source source("generated.rego", property::any_module());
    const std::unique_ptr<ast::Module> module = parsed(source);
    const Source printed("printed.rego", ast::to_string(*module));
    const std::unique_ptr<ast::Module> again = parsed(printed);
    check_same(*module, *again, printed.text());
    RC_ASSERT(ast::to_string(*again) == printed.text());
  }));
}

// A head's `=` and `:=` mean the same, and people are shown the latter.
static std::string any_sign(std::string text) {
  for (std::size_t at = text.find(" := "); at != std::string::npos; at = text.find(" := ", at)) text.replace(at, 4, " = ");
  return text;
}

// What print() writes for OPA and write_rule() writes for people are the same rules.
TEST_CASE("a module that was written for people is parsed back as it was") {
  CHECK(rc::check("write then parse", [] {
    const Source source("generated.rego", property::any_module());
    const std::unique_ptr<ast::Module> module = parsed(source);
    std::string text = ast::to_string(*module->package) + "\n\n";
    for (const ast::Import* import : module->imports) text += ast::to_string(*import) + "\n";
    for (const ast::Rule* rule : module->rules) text += "\n" + ast::write_rule(*rule);
    const Source written("written.rego", text);
    const std::unique_ptr<ast::Module> again = parsed(written);
    RC_ASSERT(any_sign(ast::to_string(*again)) == any_sign(ast::to_string(*module)));
  }));
}

TEST_CASE("every compiled program is well formed, and neither the optimiser nor what is bound changes an answer") {
  CHECK(rc::check("compile then verify", [] {
    const std::string text = property::any_module();
    const plan::Plan plan = planned(text);
    const std::shared_ptr<const Program> plain = plan::lower(plan.fork());

    const auto arena = std::make_shared<Arena>();
    const Value known = read(*arena, kKnown, plain->keys);
    const Value data = under(*arena, "base", Value(), known);
    const Value part = read(*arena, kInput, plain->keys);
    const Value whole = under(*arena, "known", part, known);

    plan::Plan changed = plan.fork();
    plan::optimise(changed);
    const std::shared_ptr<const Program> optimised = plan::lower(std::move(changed), plain->keys);
    const plan::Known early[] = {{plan::Known::Root::Data, {}, data, arena}, {plan::Known::Root::Input, {"known"}, known, arena}};
    plan::Plan specialised = plan.fork();
    const bool reads_known = plan::bind(specialised, early);
    plan::optimise(specialised);
    const std::shared_ptr<const Program> bound = plan::lower(std::move(specialised), plain->keys);

    const std::string broken = verify(*plain) + verify(*optimised) + verify(*bound);
    if (!broken.empty()) RC_FAIL(broken + "\n" + text);
    for (const Function& function : plain->functions) {
      if (function.kind == FunctionKind::Function) continue;
      const std::string wanted = answer(plain, function.path, whole, data);
      const std::string had = answer(optimised, function.path, whole, data);
      if (wanted != had) RC_FAIL(function.path + ": " + wanted + " became " + had + "\n" + text);
      // Where nothing reads the known part any more, it need not be there.
      const std::string now = answer(bound, function.path, reads_known ? whole : part, data);
      if (wanted != now) RC_FAIL(function.path + ": " + wanted + " became " + now + " when bound\n" + text);
    }
  }));
}
