/* An allocator that fails at its first, second, .. call, through everything a host does: each time a status, nothing left behind, and the next try works. */
#include <stdint.h>

#include "check.h"

typedef struct Counting {
  size_t calls;
  size_t fails_at; /* 0: never */
  size_t live;
  size_t live_bytes;
} Counting;

static void *take(void *context, size_t bytes) {
  Counting *counting = context;
  if (++counting->calls == counting->fails_at) return NULL;
  void *memory = malloc(bytes);
  if (memory == NULL) return NULL;
  CHECK((uintptr_t)memory % _Alignof(max_align_t) == 0);
  ++counting->live;
  counting->live_bytes += bytes;
  return memory;
}

static void give_back(void *context, void *memory, size_t bytes) {
  Counting *counting = context;
  CHECK(memory != NULL && counting->live > 0);
  --counting->live;
  counting->live_bytes -= bytes;
  free(memory);
}

static psdl_status answer(void *context, psdl_call *call, const psdl_value *arguments, size_t argument_count) {
  (void)context, (void)argument_count;
  psdl_builder *builder = NULL;
  psdl_status status = psdl_call_builder(call, &builder);
  return status == PSDL_OK ? psdl_builder_value(builder, arguments[0]) : status;
}

/* A step that may run out of memory; what is made by it stays NULL then. */
static bool out_of_memory;
static bool does(psdl_status status, int line) {
  if (status == PSDL_OK) return true;
  if (status != PSDL_OUT_OF_MEMORY) {
    ++failed_checks;
    fprintf(stderr, "line %d: %s\n", line, psdl_status_name(status));
  }
  out_of_memory = true;
  return false;
}
#define DOES(call) (!out_of_memory && does(call, __LINE__))

typedef struct All {
  psdl_compiler *compiler;
  psdl_policy *policy;
  psdl_query *query;
  psdl_data *data;
  psdl_evaluator *evaluator;
  psdl_result *result;
  psdl_builder *builder;
} All;

static void make(All *all, Counting *counting) {
  const psdl_allocator allocator = {take, give_back, counting};
  psdl_compiler_options options = {.size = sizeof options, .allocator = &allocator};
  if (!DOES(psdl_compiler_new(&options, &all->compiler))) return;
  psdl_builtin builtin = {.size = sizeof builtin, .name = text_of("acme.same"), .signature = text_of("(any) -> any"), .function = answer};
  if (!DOES(psdl_compiler_add_builtin(all->compiler, &builtin))) return;
  if (!DOES(add_source(all->compiler, "rule.rego", kNoPrivileged))) return;
  if (!DOES(add_source(all->compiler, "more.rego",
                       "package example\nimport rego.v2\nwarn contains msg if {\n  acme.same({\"a\": input})\n  regex.match(`^n.*`, input.metadata.name)\n"
                       "  msg := json.marshal([x | some x in numbers.range(1, 2000)])\n}\n")))
    return;
  psdl_document base = document_of("{\"a\": [1, 2, 3]}", "base.json");
  if (!DOES(psdl_compiler_add_data(all->compiler, "/base", 5, &base))) return;
  if (!DOES(psdl_compiler_build(all->compiler, &all->policy))) return;
  if (!DOES(psdl_compiler_query(all->compiler, all->policy, "data.example.limits", 19, NULL, &all->query))) return;
  if (!DOES(psdl_data_new(all->policy, &all->data))) return;
  psdl_evaluator_options evaluating = {.size = sizeof evaluating, .data = all->data};
  if (!DOES(psdl_evaluator_new(all->policy, &evaluating, &all->evaluator))) return;
  if (!DOES(psdl_result_new(all->evaluator, &all->result))) return;
  if (!DOES(psdl_builder_new(all->policy, &all->builder))) return;
}

static void use(All *all) {
  psdl_document document = document_of(kBadPod, "bad.yaml");
  psdl_text text = {NULL, 0};
  if (!DOES(psdl_evaluator_evaluate(all->evaluator, &document, all->result))) return;
  if (!DOES(psdl_result_json(all->result, &text))) return;
  document = document_of(kGoodPod, "good.json");
  if (!DOES(psdl_evaluator_evaluate(all->evaluator, &document, all->result))) return;
  psdl_data_change change = {.size = sizeof change, .action = PSDL_DATA_PUT, .path = text_of("/base/b"), .text = text_of("{\"c\": 1}")};
  if (!DOES(psdl_data_apply(all->data, &change, 1))) return;
  if (!DOES(psdl_evaluator_query(all->evaluator, all->query, NULL, all->result))) return;
  psdl_value value;
  if (!DOES(psdl_result_value(all->result, 0, 0, &value))) return;
  if (!DOES(psdl_value_json(value, &text))) return;
  if (!DOES(psdl_builder_json(all->builder, kGoodPod, sizeof kGoodPod - 1))) return;
  if (!DOES(psdl_evaluator_evaluate_built(all->evaluator, all->builder, "b", 1, all->result))) return;
  uint64_t allowed = 0;
  const char *texts[] = {kGoodPod, kBadPod};
  const size_t lengths[] = {sizeof kGoodPod - 1, sizeof kBadPod - 1};
  psdl_batch batch = {.size = sizeof batch, .count = 2, .texts = texts, .lengths = lengths, .allowed = &allowed};
  (void)DOES(psdl_evaluator_evaluate_batch(all->evaluator, &batch, NULL));
  if (out_of_memory) CHECK((allowed & 2) == 0);
}

static void free_all(const All *all) {
  OK(psdl_builder_free(all->builder));
  OK(psdl_result_free(all->result));
  OK(psdl_evaluator_free(all->evaluator));
  OK(psdl_data_free(all->data));
  OK(psdl_query_free(all->query));
  OK(psdl_policy_free(all->policy));
  OK(psdl_compiler_free(all->compiler));
}

int main(void) {
  Counting counting = {0, 0, 0, 0};
  size_t failures = 0;
  for (size_t at = 1;; ++at) {
    All all;
    memset(&all, 0, sizeof all);
    counting.calls = 0;
    counting.fails_at = at;
    out_of_memory = false;
    make(&all, &counting);
    if (!out_of_memory) use(&all);
    const bool has_failed = out_of_memory;
    if (has_failed) ++failures;
    counting.fails_at = 0;
    if (has_failed && all.evaluator != NULL && all.result != NULL) {
      /* The next call works, with the handles that were in it. */
      psdl_document document = document_of(kBadPod, "bad.yaml");
      psdl_verdict verdict = PSDL_VERDICT_NONE;
      OK(psdl_evaluator_evaluate(all.evaluator, &document, all.result));
      OK(psdl_result_verdict(all.result, &verdict));
      CHECK(verdict == PSDL_VERDICT_DENY);
    }
    free_all(&all);
    CHECK(counting.live == 0 && counting.live_bytes == 0);
    if (!has_failed) {
      CHECK(counting.calls < at); /* it never came to a failure */
      break;
    }
    if (failed_checks > 20) break;
  }
  printf("%zu failures\n", failures);
  CHECK(failures > 20);
  return test_result();
}
