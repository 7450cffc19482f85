/* Evaluates in a loop of C, which is what the cost of a call from Python is measured against. In: a rule and a
 * document; out: nanoseconds of the thread. The library is the one that the Python module has loaded. */
#include <stdint.h>
#include <string.h>
#include <time.h>

#include "psdl/psdl.h"

static psdl_evaluator* evaluator;
static psdl_result* result;

/* 0, or the status of what failed. */
int loop_open(const char* rule) {
  psdl_compiler* compiler = NULL;
  psdl_policy* policy = NULL;
  const psdl_source source = {.size = sizeof source, .name = {"rule.rego", 9}, .text = {rule, strlen(rule)}};
  const psdl_evaluator_options options = {.size = sizeof options, .trust_types = true, .without_places = true};
  psdl_status status = psdl_compiler_new(NULL, &compiler);
  if (status == PSDL_OK) status = psdl_compiler_add_source(compiler, &source);
  if (status == PSDL_OK) status = psdl_compiler_build(compiler, &policy);
  if (status == PSDL_OK) status = psdl_evaluator_new(policy, &options, &evaluator);
  if (status == PSDL_OK) status = psdl_result_new(evaluator, &result);
  psdl_policy_free(policy);
  psdl_compiler_free(compiler);
  return status;
}

int64_t loop_thread_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

/* Nanoseconds of `times` evaluations with their verdicts, or -1 where one fails. */
int64_t loop_run(const char* text, size_t length, size_t times) {
  const psdl_document document = {.size = sizeof document, .text = {text, length}, .format = PSDL_FORMAT_JSON};
  const int64_t begun = loop_thread_ns();
  for (size_t i = 0; i < times; ++i) {
    psdl_verdict verdict = PSDL_VERDICT_NONE;
    if (psdl_evaluator_evaluate(evaluator, &document, result) != PSDL_OK) return -1;
    if (psdl_result_verdict(result, &verdict) != PSDL_OK) return -1;
  }
  return loop_thread_ns() - begun;
}
