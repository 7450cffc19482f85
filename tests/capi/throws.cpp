// A callback that throws, in the two ways there are: it ends at the library, and the evaluator goes on.
#include <cstdio>
#include <cstring>
#include <stdexcept>

#include "psdl/psdl.h"

namespace {

int failed = 0;

void check(bool holds, const char* what) {
  if (holds) return;
  ++failed;
  std::fprintf(stderr, "not so: %s\n", what);
}

bool does_throw = true;

psdl_status throws(void* context, psdl_call* call, const psdl_value*, size_t) {
  if (!does_throw) {
    psdl_builder* builder = nullptr;
    const psdl_status status = psdl_call_builder(call, &builder);
    return status == PSDL_OK ? psdl_builder_boolean(builder, true) : status;
  }
  if (context == nullptr) throw std::runtime_error("away");
  throw 7;
}

psdl_text text_of(const char* text) { return {text, std::strlen(text)}; }

void run(void* context) {
  psdl_compiler* compiler = nullptr;
  psdl_policy* policy = nullptr;
  psdl_evaluator* evaluator = nullptr;
  psdl_result* result = nullptr;
  psdl_compiler_new(nullptr, &compiler);
  psdl_builtin builtin{};
  builtin.size = sizeof builtin;
  builtin.name = text_of("acme.f");
  builtin.signature = text_of("(any) -> any");
  builtin.function = throws;
  builtin.context = context;
  check(psdl_compiler_add_builtin(compiler, &builtin) == PSDL_OK, "the builtin is taken");
  psdl_source source{};
  source.size = sizeof source;
  source.name = text_of("rule.rego");
  source.text = text_of("package a\nimport rego.v2\ndeny contains \"x\" if acme.f(input)\n");
  psdl_compiler_add_source(compiler, &source);
  check(psdl_compiler_build(compiler, &policy) == PSDL_OK, "the policy compiles");
  psdl_evaluator_new(policy, nullptr, &evaluator);
  psdl_result_new(evaluator, &result);
  psdl_document document{};
  document.size = sizeof document;
  document.text = text_of("{\"kind\": \"X\"}");
  for (int i = 0; i < 3; ++i) {
    does_throw = true;
    check(psdl_evaluator_evaluate(evaluator, &document, result) == PSDL_CALLBACK, "what is thrown is a status");
    psdl_verdict verdict = PSDL_VERDICT_NONE;
    psdl_result_verdict(result, &verdict);
    check(verdict == PSDL_VERDICT_ERROR, "and no verdict");
    does_throw = false;
    check(psdl_evaluator_evaluate(evaluator, &document, result) == PSDL_OK, "the next evaluation works");
    psdl_result_verdict(result, &verdict);
    check(verdict == PSDL_VERDICT_DENY, "and denies");
  }
  check(psdl_result_free(result) == PSDL_OK && psdl_evaluator_free(evaluator) == PSDL_OK, "handles are whole");
  psdl_policy_free(policy);
  psdl_compiler_free(compiler);
}

}  // namespace

int main() {
  run(nullptr);
  run(&failed);
  return failed > 0;
}
