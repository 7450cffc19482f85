/* Threads: one evaluator from two, one policy from eight, data that changes under them, a cancel, a small stack, a fork. */
#define _POSIX_C_SOURCE 200809L

#include <pthread.h>
#include <stdatomic.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"

/* Runs until it is stopped: a limit ends it only after hours. */
static const char kEndless[] =
    "package e\nimport rego.v2\ndeny contains \"x\" if {\n  host.begun()\n  some a in numbers.range(1, 900000)\n  some b in numbers.range(1, 900000)\n  a * b == -1\n}\n";

static psdl_evaluator *endless_evaluator(psdl_policy *policy) {
  const psdl_limit kLimits[] = {{{"instructions", 12}, 1000000000}, {{"time_ns", 7}, UINT64_C(3600000000000)}};
  psdl_evaluator_options options = {.size = sizeof options, .limits = kLimits, .limit_count = 2};
  psdl_evaluator *evaluator = NULL;
  OK(psdl_evaluator_new(policy, &options, &evaluator));
  return evaluator;
}

/* A policy of one source that calls one builtin. */
static psdl_policy *compile_with(const psdl_builtin *builtin, const char *text) {
  psdl_compiler *compiler = NULL;
  psdl_policy *policy = NULL;
  OK(psdl_compiler_new(NULL, &compiler));
  OK(psdl_compiler_add_builtin(compiler, builtin));
  OK(add_source(compiler, "rule.rego", text));
  OK(psdl_compiler_build(compiler, &policy));
  OK(psdl_compiler_free(compiler));
  return policy;
}

typedef struct Shared {
  psdl_evaluator *evaluator;
  psdl_result *result;
  psdl_status status;
  atomic_bool has_begun;
  atomic_bool is_over;
} Shared;

static psdl_status begun(void *context, psdl_call *call, const psdl_value *arguments, size_t argument_count) {
  (void)arguments, (void)argument_count;
  psdl_builder *builder = NULL;
  OK(psdl_call_builder(call, &builder));
  atomic_store(&((Shared *)context)->has_begun, true);
  return psdl_builder_boolean(builder, true);
}

static void *evaluates(void *context) {
  Shared *shared = context;
  psdl_document document = document_of("{\"kind\": \"X\"}", "x.json");
  shared->status = psdl_evaluator_evaluate(shared->evaluator, &document, shared->result);
  atomic_store(&shared->is_over, true);
  return NULL;
}

static void one_evaluator_from_two_threads(void) {
  Shared shared;
  memset(&shared, 0, sizeof shared);
  const psdl_builtin builtin = {.size = sizeof builtin, .name = text_of("host.begun"), .signature = text_of("() -> boolean"), .function = begun, .context = &shared};
  psdl_policy *policy = compile_with(&builtin, kEndless);
  shared.evaluator = endless_evaluator(policy);
  OK(psdl_result_new(shared.evaluator, &shared.result));
  psdl_result *other = NULL;
  OK(psdl_result_new(shared.evaluator, &other));
  pthread_t thread;
  CHECK(pthread_create(&thread, NULL, evaluates, &shared) == 0);
  psdl_document document = document_of("{\"kind\": \"X\"}", "x.json");
  while (!atomic_load(&shared.has_begun) && !atomic_load(&shared.is_over)) {
  }
  CHECK_STATUS(PSDL_BUSY, psdl_evaluator_evaluate(shared.evaluator, &document, other));
  CHECK_STATUS(PSDL_BUSY, psdl_evaluator_free(shared.evaluator));
  CHECK_STATUS(PSDL_BUSY, psdl_result_free(shared.result));
  size_t count = 0;
  CHECK_STATUS(PSDL_BUSY, psdl_result_finding_count(shared.result, &count));
  CHECK(!atomic_load(&shared.is_over));
  OK(psdl_evaluator_cancel(shared.evaluator));
  pthread_join(thread, NULL);
  CHECK(shared.status == PSDL_CANCELLED);
  psdl_verdict verdict = PSDL_VERDICT_NONE;
  OK(psdl_result_verdict(shared.result, &verdict));
  CHECK(verdict == PSDL_VERDICT_ERROR);
  psdl_diagnostic diagnostic = {.size = sizeof diagnostic};
  OK(psdl_result_diagnostic(shared.result, 0, &diagnostic));
  CHECK_TEXT("eval_cancel_error", diagnostic.code);
  /* Every one that begins before resume() too, however short. */
  CHECK_STATUS(PSDL_CANCELLED, psdl_evaluator_evaluate(shared.evaluator, &document, other));
  OK(psdl_result_free(other));
  OK(psdl_result_free(shared.result));
  OK(psdl_evaluator_free(shared.evaluator));
  OK(psdl_policy_free(policy));
}

static psdl_policy *shared_policy;
static psdl_query *shared_query;
static psdl_text wanted_json;

static void *judges_many(void *context) {
  long *wrong = context;
  psdl_evaluator *evaluator = NULL;
  psdl_result *result = NULL;
  if (psdl_evaluator_new(shared_policy, NULL, &evaluator) != PSDL_OK || psdl_result_new(evaluator, &result) != PSDL_OK) ++*wrong;
  for (int i = 0; i < 200; ++i) {
    psdl_document document = document_of(kBadPod, "bad.yaml");
    psdl_text json = {NULL, 0};
    if (psdl_evaluator_evaluate(evaluator, &document, result) != PSDL_OK || psdl_result_json(result, &json) != PSDL_OK) ++*wrong;
    if (json.length != wanted_json.length || memcmp(json.data, wanted_json.data, json.length) != 0) ++*wrong;
    size_t rows = 0;
    if (psdl_evaluator_query(evaluator, shared_query, NULL, result) != PSDL_OK || psdl_result_row_count(result, &rows) != PSDL_OK || rows != 1) ++*wrong;
  }
  psdl_result_free(result);
  psdl_evaluator_free(evaluator);
  return NULL;
}

static void one_policy_from_eight_threads(void) {
  psdl_compiler *compiler = NULL;
  OK(psdl_compiler_new(NULL, &compiler));
  OK(add_source(compiler, "rule.rego", kNoPrivileged));
  OK(psdl_compiler_build(compiler, &shared_policy));
  OK(psdl_compiler_query(compiler, shared_policy, "data.example.limits", 19, NULL, &shared_query));
  psdl_evaluator *evaluator = NULL;
  psdl_result *result = NULL;
  OK(psdl_evaluator_new(shared_policy, NULL, &evaluator));
  OK(psdl_result_new(evaluator, &result));
  psdl_document document = document_of(kBadPod, "bad.yaml");
  OK(psdl_evaluator_evaluate(evaluator, &document, result));
  OK(psdl_result_json(result, &wanted_json));
  pthread_t threads[8];
  long wrong[8] = {0};
  for (int i = 0; i < 8; ++i) CHECK(pthread_create(&threads[i], NULL, judges_many, &wrong[i]) == 0);
  for (int i = 0; i < 8; ++i) {
    pthread_join(threads[i], NULL);
    CHECK(wrong[i] == 0);
  }
  OK(psdl_result_free(result));
  OK(psdl_evaluator_free(evaluator));
  OK(psdl_query_free(shared_query));
  OK(psdl_policy_free(shared_policy));
  OK(psdl_compiler_free(compiler));
}

typedef struct Reader {
  psdl_evaluator *evaluator;
  psdl_result *result;
  long wrong;
  atomic_bool *is_over;
} Reader;

static void *reads_pairs(void *context) {
  Reader *reader = context;
  psdl_document document = document_of("{\"kind\": \"X\"}", "x.json");
  do {
    psdl_verdict verdict = PSDL_VERDICT_NONE;
    if (psdl_evaluator_evaluate(reader->evaluator, &document, reader->result) != PSDL_OK) ++reader->wrong;
    if (psdl_result_verdict(reader->result, &verdict) != PSDL_OK || verdict != PSDL_VERDICT_ALLOW) ++reader->wrong;
  } while (!atomic_load(reader->is_over));
  return NULL;
}

/* Two documents that a change sets together are never seen apart. */
static void data_changes_at_once(void) {
  psdl_policy *policy = compile_source("package p\nimport rego.v2\ndeny contains \"apart\" if data.a.n != data.b.n\ndeny contains \"gone\" if not data.b\n");
  psdl_data *data = NULL;
  OK(psdl_data_new(policy, &data));
  psdl_data_change first = {.size = sizeof first, .action = PSDL_DATA_PUT, .text = text_of("{\"a\": {\"n\": 0}, \"b\": {\"n\": 0}}")};
  OK(psdl_data_apply(data, &first, 1));
  atomic_bool is_over = false;
  Reader readers[2];
  pthread_t threads[2];
  for (int i = 0; i < 2; ++i) {
    memset(&readers[i], 0, sizeof readers[i]);
    psdl_evaluator_options options = {.size = sizeof options, .data = data};
    OK(psdl_evaluator_new(policy, &options, &readers[i].evaluator));
    OK(psdl_result_new(readers[i].evaluator, &readers[i].result));
    readers[i].is_over = &is_over;
    CHECK(pthread_create(&threads[i], NULL, reads_pairs, &readers[i]) == 0);
  }
  for (int i = 1; i <= 300; ++i) {
    char number[16];
    snprintf(number, sizeof number, "{\"n\": %d}", i);
    psdl_data_change both[2] = {{.size = sizeof both[0], .action = PSDL_DATA_PUT, .path = text_of("/a"), .text = text_of(number)},
                                {.size = sizeof both[0], .action = PSDL_DATA_PUT, .path = text_of("/b"), .text = text_of(number)}};
    OK(psdl_data_apply(data, both, 2));
  }
  atomic_store(&is_over, true);
  for (int i = 0; i < 2; ++i) {
    pthread_join(threads[i], NULL);
    CHECK(readers[i].wrong == 0);
    OK(psdl_result_free(readers[i].result));
    OK(psdl_evaluator_free(readers[i].evaluator));
  }
  OK(psdl_data_free(data));
  OK(psdl_policy_free(policy));
}

/* The deepest input that is allowed, on a stack of 256 KiB. */
static void *judges_deep(void *context) {
  (void)context;
  enum { kDepth = 127 };
  static char json[4 * 1024];
  static char yaml[64 * 1024];
  char *end = json;
  end += sprintf(end, "{\"kind\":\"X\",\"a\":");
  for (int i = 0; i < kDepth - 1; ++i) end += sprintf(end, "{\"a\":");
  end += sprintf(end, "1");
  for (int i = 0; i < kDepth; ++i) *end++ = '}';
  *end = '\0';
  char *at = yaml;
  at += sprintf(at, "kind: X\n");
  for (int i = 0; i < kDepth; ++i) at += sprintf(at, "%*sa:\n", i, "");
  at += sprintf(at, "%*s1\n", kDepth, "");

  psdl_policy *policy = compile_source(
      "package d\nimport rego.v2\ndeny contains msg if {\n  walk(input, [path, 1])\n  count(path) > 100\n  x := {\"v\": input, \"w\": {input}}\n  x == x\n"
      "  msg := sprintf(\"%v\", [json.unmarshal(json.marshal(x))])\n}\n");
  psdl_evaluator *evaluator = NULL;
  psdl_result *result = NULL;
  OK(psdl_evaluator_new(policy, NULL, &evaluator));
  OK(psdl_result_new(evaluator, &result));
  const char *const kTexts[] = {json, yaml};
  for (int i = 0; i < 2; ++i) {
    psdl_document document = document_of(kTexts[i], i == 0 ? "deep.json" : "deep.yaml");
    psdl_verdict verdict = PSDL_VERDICT_NONE;
    const psdl_status status = psdl_evaluator_evaluate(evaluator, &document, result);
    OK(psdl_result_verdict(result, &verdict));
    CHECK(verdict == (status == PSDL_OK ? PSDL_VERDICT_DENY : PSDL_VERDICT_ERROR));
    psdl_text text = {NULL, 0};
    OK(psdl_result_json(result, &text));
  }
  OK(psdl_result_free(result));
  OK(psdl_evaluator_free(evaluator));
  OK(psdl_policy_free(policy));
  return NULL;
}

static void small_stacks(void) {
  pthread_attr_t attributes;
  pthread_t thread;
  CHECK(pthread_attr_init(&attributes) == 0 && pthread_attr_setstacksize(&attributes, 256 * 1024) == 0);
  CHECK(pthread_create(&thread, &attributes, judges_deep, NULL) == 0);
  pthread_join(thread, NULL);
  pthread_attr_destroy(&attributes);
}

static void children_evaluate(void) {
  psdl_policy *policy = compile_source(kNoPrivileged);
  psdl_evaluator *evaluator = NULL;
  psdl_result *result = NULL;
  OK(psdl_evaluator_new(policy, NULL, &evaluator));
  OK(psdl_result_new(evaluator, &result));
  const pid_t child = fork();
  if (child == 0) {
    psdl_document document = document_of(kBadPod, "bad.yaml");
    psdl_verdict verdict = PSDL_VERDICT_NONE;
    const psdl_status status = psdl_evaluator_evaluate(evaluator, &document, result);
    psdl_result_verdict(result, &verdict);
    psdl_evaluator *own = NULL;
    const bool is_fine = status == PSDL_OK && verdict == PSDL_VERDICT_DENY && psdl_evaluator_new(policy, NULL, &own) == PSDL_OK && psdl_evaluator_free(own) == PSDL_OK;
    _exit(is_fine ? 0 : 1);
  }
  int status = 1;
  CHECK(child > 0 && waitpid(child, &status, 0) == child && status == 0);
  psdl_document document = document_of(kBadPod, "bad.yaml");
  OK(psdl_evaluator_evaluate(evaluator, &document, result));
  OK(psdl_result_free(result));
  OK(psdl_evaluator_free(evaluator));
  OK(psdl_policy_free(policy));
}

/* What a callback was given, for a thread that does not let go of it. */
typedef struct Kept {
  pthread_mutex_t lock;
  psdl_value operand;
  psdl_builder *builder;
  atomic_bool is_over;
  atomic_int odd;
} Kept;

static psdl_status keeps(void *context, psdl_call *call, const psdl_value *arguments, size_t argument_count) {
  (void)argument_count;
  Kept *kept = context;
  psdl_builder *builder = NULL;
  /* The other thread may be inside. */
  if (psdl_call_builder(call, &builder) != PSDL_OK) return PSDL_CALLBACK;
  pthread_mutex_lock(&kept->lock);
  kept->operand = arguments[0];
  kept->builder = builder;
  pthread_mutex_unlock(&kept->lock);
  return psdl_builder_boolean(builder, true);
}

static void *does_not_let_go(void *context) {
  Kept *kept = context;
  while (!atomic_load(&kept->is_over)) {
    pthread_mutex_lock(&kept->lock);
    const psdl_value operand = kept->operand;
    psdl_builder *const builder = kept->builder;
    pthread_mutex_unlock(&kept->lock);
    psdl_text text = {NULL, 0};
    const psdl_status read = psdl_value_json(operand, &text);
    if (read != PSDL_OK && read != PSDL_BUSY && read != PSDL_BAD_HANDLE && read != PSDL_LIMIT) atomic_fetch_add(&kept->odd, 1);
    psdl_builder_begin_array(builder);
    psdl_builder_string(builder, "kept", 4);
  }
  return NULL;
}

static void operands_are_kept_by_another_thread(void) {
  Kept kept;
  memset(&kept, 0, sizeof kept);
  CHECK(pthread_mutex_init(&kept.lock, NULL) == 0);
  const psdl_builtin builtin = {.size = sizeof builtin, .name = text_of("host.keeps"), .signature = text_of("(any) -> any"), .function = keeps, .context = &kept};
  psdl_policy *policy = compile_with(&builtin, "package k\nimport rego.v2\ndeny contains \"x\" if {\n  some n in numbers.range(1, 40)\n  host.keeps({\"n\": n, \"text\": \"some text that is copied\"})\n}\n");
  psdl_evaluator *evaluator = NULL;
  psdl_result *result = NULL;
  OK(psdl_evaluator_new(policy, NULL, &evaluator));
  OK(psdl_result_new(evaluator, &result));
  pthread_t thread;
  CHECK(pthread_create(&thread, NULL, does_not_let_go, &kept) == 0);
  psdl_document document = document_of("{\"kind\": \"X\"}", "x.json");
  for (int i = 0; i < 500; ++i) {
    const psdl_status status = psdl_evaluator_evaluate(evaluator, &document, result);
    CHECK(status == PSDL_OK || status == PSDL_CALLBACK || status == PSDL_EVALUATION);
  }
  atomic_store(&kept.is_over, true);
  pthread_join(thread, NULL);
  CHECK(atomic_load(&kept.odd) == 0);
  OK(psdl_result_free(result));
  OK(psdl_evaluator_free(evaluator));
  OK(psdl_policy_free(policy));
  pthread_mutex_destroy(&kept.lock);
}

typedef struct Stale {
  psdl_value value;
  atomic_bool is_over;
  atomic_int others; /* statuses that are not PSDL_BAD_HANDLE */
} Stale;

static void *asks_what_is_gone(void *context) {
  Stale *stale = context;
  while (!atomic_load(&stale->is_over)) {
    psdl_kind kind = 0;
    if (psdl_value_kind(stale->value, &kind) != PSDL_BAD_HANDLE) atomic_fetch_add(&stale->others, 1);
  }
  return NULL;
}

static void values_that_are_gone_disturb_nobody(void) {
  Stale stale;
  memset(&stale, 0, sizeof stale);
  psdl_policy *policy = compile_source(kNoPrivileged);
  psdl_compiler *compiler = NULL;
  psdl_query *query = NULL;
  psdl_evaluator *evaluator = NULL;
  psdl_result *result = NULL;
  OK(psdl_compiler_new(NULL, &compiler));
  OK(psdl_compiler_query(compiler, policy, "data.example.limits", 19, NULL, &query));
  OK(psdl_compiler_free(compiler));
  OK(psdl_evaluator_new(policy, NULL, &evaluator));
  OK(psdl_result_new(evaluator, &result));
  OK(psdl_evaluator_query(evaluator, query, NULL, result));
  OK(psdl_result_value(result, 0, 0, &stale.value));
  /* The new one takes the place of the old one. */
  OK(psdl_result_free(result));
  OK(psdl_result_new(evaluator, &result));
  OK(psdl_evaluator_query(evaluator, query, NULL, result));
  psdl_value value;
  OK(psdl_result_value(result, 0, 0, &value));
  pthread_t thread;
  CHECK(pthread_create(&thread, NULL, asks_what_is_gone, &stale) == 0);
  int failed = 0;
  for (int i = 0; i < 200000; ++i) {
    psdl_kind kind = 0;
    failed += psdl_value_kind(value, &kind) != PSDL_OK;
  }
  atomic_store(&stale.is_over, true);
  pthread_join(thread, NULL);
  CHECK(failed == 0);
  CHECK(atomic_load(&stale.others) == 0);
  OK(psdl_result_free(result));
  OK(psdl_evaluator_free(evaluator));
  OK(psdl_query_free(query));
  OK(psdl_policy_free(policy));
}

int main(void) {
  children_evaluate(); /* before there are threads, as TSan wants it */
  one_evaluator_from_two_threads();
  one_policy_from_eight_threads();
  data_changes_at_once();
  operands_are_kept_by_another_thread();
  values_that_are_gone_disturb_nobody();
  small_stacks();
  return test_result();
}
