/* What hosts do wrong: NULL for every pointer in turn, lengths and sizes that cannot be, handles of another kind, freed twice, used after they were freed. */
#include <stdint.h>

#include "check.h"

typedef struct Handles {
  psdl_compiler *compiler;
  psdl_policy *policy;
  psdl_query *query;
  psdl_data *data;
  psdl_evaluator *evaluator;
  psdl_result *result;
  psdl_builder *builder;
} Handles;

static Handles make_all(void) {
  Handles all;
  memset(&all, 0, sizeof all);
  OK(psdl_compiler_new(NULL, &all.compiler));
  OK(add_source(all.compiler, "rule.rego", kNoPrivileged));
  OK(psdl_compiler_build(all.compiler, &all.policy));
  OK(psdl_compiler_query(all.compiler, all.policy, "data.example.limits", 19, NULL, &all.query));
  OK(psdl_data_new(all.policy, &all.data));
  OK(psdl_evaluator_new(all.policy, NULL, &all.evaluator));
  OK(psdl_result_new(all.evaluator, &all.result));
  OK(psdl_builder_new(all.policy, &all.builder));
  return all;
}

static void free_all(const Handles *all, psdl_status wanted) {
  CHECK_STATUS(wanted, psdl_builder_free(all->builder));
  CHECK_STATUS(wanted, psdl_result_free(all->result));
  CHECK_STATUS(wanted, psdl_evaluator_free(all->evaluator));
  CHECK_STATUS(wanted, psdl_data_free(all->data));
  CHECK_STATUS(wanted, psdl_query_free(all->query));
  CHECK_STATUS(wanted, psdl_policy_free(all->policy));
  CHECK_STATUS(wanted, psdl_compiler_free(all->compiler));
}

/* Every function with every handle it takes being `all`'s, everything else being right. */
static void use_all(const Handles *all, const Handles *good, psdl_status wanted) {
  size_t count = 0;
  uint64_t version = 0;
  psdl_text text = {NULL, 0};
  psdl_verdict verdict = 0;
  psdl_value value;
  psdl_policy *policy = NULL;
  psdl_query *query = NULL;
  psdl_evaluator *evaluator = NULL;
  psdl_result *result = NULL;
  psdl_data *data = NULL;
  psdl_builder *builder = NULL;
  psdl_document document = document_of(kGoodPod, "good.json");
  psdl_source source = {.size = sizeof source, .name = text_of("a.rego"), .text = text_of("package a")};
  psdl_diagnostic diagnostic = {.size = sizeof diagnostic};
  psdl_entry_point entry = {.size = sizeof entry};
  psdl_finding finding = {.size = sizeof finding};
  psdl_place place = {.size = sizeof place};
  psdl_document_verdict one = {.size = sizeof one};
  psdl_batch batch = {.size = sizeof batch};
  psdl_evaluator_options options = {.size = sizeof options, .data = all->data};
#define BAD(call) CHECK_STATUS(wanted, call)
  BAD(psdl_compiler_add_source(all->compiler, &source));
  BAD(psdl_compiler_add_pack(all->compiler, "p", 1, &source, 1));
  BAD(psdl_compiler_add_image(all->compiler, "i", 1, "x", 1));
  BAD(psdl_compiler_add_level(all->compiler, "baseline", 8, NULL));
  BAD(psdl_compiler_add_extra(all->compiler, NULL, 0));
  BAD(psdl_compiler_add_data(all->compiler, "", 0, &document));
  BAD(psdl_compiler_build(all->compiler, &policy));
  BAD(psdl_compiler_query(all->compiler, good->policy, "data", 4, NULL, &query));
  BAD(psdl_compiler_query(good->compiler, all->policy, "data", 4, NULL, &query));
  BAD(psdl_compiler_bind(all->compiler, good->policy, NULL, 0, &policy));
  BAD(psdl_compiler_bind(good->compiler, all->policy, NULL, 0, &policy));
  BAD(psdl_compiler_image(all->compiler, good->policy, &text));
  BAD(psdl_compiler_image(good->compiler, all->policy, &text));
  BAD(psdl_compiler_diagnostic_count(all->compiler, &count));
  BAD(psdl_compiler_diagnostic(all->compiler, 0, &diagnostic));
  BAD(psdl_compiler_report(all->compiler, &text));
  BAD(psdl_policy_entry_point_count(all->policy, &count));
  BAD(psdl_policy_entry_point(all->policy, 0, &entry));
  BAD(psdl_data_new(all->policy, &data));
  BAD(psdl_data_apply(all->data, NULL, 0));
  BAD(psdl_data_version(all->data, &version));
  BAD(psdl_data_json(all->data, "", 0, &text));
  BAD(psdl_data_diagnostic_count(all->data, &count));
  BAD(psdl_data_diagnostic(all->data, 0, &diagnostic));
  BAD(psdl_evaluator_new(all->policy, NULL, &evaluator));
  if (all->data != NULL) BAD(psdl_evaluator_new(good->policy, &options, &evaluator));
  BAD(psdl_evaluator_cancel(all->evaluator));
  BAD(psdl_evaluator_resume(all->evaluator));
  BAD(psdl_evaluator_evaluate(all->evaluator, &document, good->result));
  BAD(psdl_evaluator_evaluate(good->evaluator, &document, all->result));
  BAD(psdl_evaluator_evaluate_built(all->evaluator, good->builder, "x", 1, good->result));
  BAD(psdl_evaluator_evaluate_built(good->evaluator, all->builder, "x", 1, good->result));
  BAD(psdl_evaluator_evaluate_built(good->evaluator, good->builder, "x", 1, all->result));
  BAD(psdl_evaluator_evaluate_batch(all->evaluator, &batch, good->result));
  if (all->result != NULL) BAD(psdl_evaluator_evaluate_batch(good->evaluator, &batch, all->result));
  BAD(psdl_evaluator_query(all->evaluator, good->query, &document, good->result));
  BAD(psdl_evaluator_query(good->evaluator, all->query, &document, good->result));
  BAD(psdl_evaluator_query(good->evaluator, good->query, &document, all->result));
  BAD(psdl_evaluator_query_built(all->evaluator, good->query, good->builder, good->result));
  BAD(psdl_evaluator_query_built(good->evaluator, all->query, good->builder, good->result));
  BAD(psdl_evaluator_query_built(good->evaluator, good->query, all->builder, good->result));
  BAD(psdl_evaluator_query_built(good->evaluator, good->query, good->builder, all->result));
  BAD(psdl_result_new(all->evaluator, &result));
  BAD(psdl_result_verdict(all->result, &verdict));
  BAD(psdl_result_document_count(all->result, &count));
  BAD(psdl_result_document(all->result, 0, &one));
  BAD(psdl_result_finding_count(all->result, &count));
  BAD(psdl_result_finding(all->result, 0, &finding));
  BAD(psdl_result_place(all->result, 0, &place));
  BAD(psdl_result_related(all->result, 0, 0, &place));
  BAD(psdl_result_diagnostic_count(all->result, &count));
  BAD(psdl_result_diagnostic(all->result, 0, &diagnostic));
  BAD(psdl_result_row_count(all->result, &count));
  BAD(psdl_result_value(all->result, 0, 0, &value));
  BAD(psdl_result_bindings(all->result, 0, &value));
  BAD(psdl_result_printed(all->result, &text));
  BAD(psdl_result_json(all->result, &text));
  BAD(psdl_builder_new(all->policy, &builder));
  BAD(psdl_builder_reset(all->builder));
  BAD(psdl_builder_null(all->builder));
  BAD(psdl_builder_boolean(all->builder, true));
  BAD(psdl_builder_int(all->builder, 1));
  BAD(psdl_builder_double(all->builder, 1));
  BAD(psdl_builder_number(all->builder, "1", 1));
  BAD(psdl_builder_string(all->builder, "a", 1));
  BAD(psdl_builder_begin_array(all->builder));
  BAD(psdl_builder_begin_object(all->builder));
  BAD(psdl_builder_begin_set(all->builder));
  BAD(psdl_builder_key(all->builder, "a", 1));
  BAD(psdl_builder_end(all->builder));
  BAD(psdl_builder_json(all->builder, "1", 1));
  BAD(psdl_call_builder((psdl_call *)(void *)all->compiler, &builder));
  BAD(psdl_call_fail((psdl_call *)(void *)all->compiler, "a", 1));
  bool is_over = false;
  BAD(psdl_call_is_over((psdl_call *)(void *)all->compiler, &is_over));
#undef BAD
  CHECK(policy == NULL && query == NULL && evaluator == NULL && result == NULL && data == NULL && builder == NULL);
}

/* One handle for all kinds. */
static Handles same(void *handle) {
  const Handles all = {handle, handle, handle, handle, handle, handle, handle};
  return all;
}

static void handles_are_checked(void) {
  Handles good = make_all();
  psdl_builder_null(good.builder);
  const Handles none = same(NULL);
  use_all(&none, &good, PSDL_BAD_HANDLE);
  free_all(&none, PSDL_OK);

  /* Never were handles: an address, small numbers, all bits. */
  int something = 0;
  void *const kMadeUp[] = {&something, (void *)(uintptr_t)1, (void *)(uintptr_t)0x8000000000000001U, (void *)UINTPTR_MAX,
                           (void *)((uintptr_t)good.policy ^ (uintptr_t)0x100000)};
  for (size_t i = 0; i < sizeof kMadeUp / sizeof *kMadeUp; ++i) {
    const Handles made_up = same(kMadeUp[i]);
    use_all(&made_up, &good, PSDL_BAD_HANDLE);
    free_all(&made_up, PSDL_BAD_HANDLE);
  }

  /* Of the next kind. */
  const Handles turned = {(psdl_compiler *)(void *)good.policy,     (psdl_policy *)(void *)good.query,   (psdl_query *)(void *)good.data,
                          (psdl_data *)(void *)good.evaluator,      (psdl_evaluator *)(void *)good.result, (psdl_result *)(void *)good.builder,
                          (psdl_builder *)(void *)good.compiler};
  use_all(&turned, &good, PSDL_BAD_HANDLE);
  free_all(&turned, PSDL_BAD_HANDLE);

  Handles freed = make_all();
  free_all(&freed, PSDL_OK);
  use_all(&freed, &good, PSDL_BAD_HANDLE);
  free_all(&freed, PSDL_BAD_HANDLE);
  /* Others have their places now, and still they are none. */
  Handles others = make_all();
  use_all(&freed, &good, PSDL_BAD_HANDLE);
  free_all(&freed, PSDL_BAD_HANDLE);
  free_all(&others, PSDL_OK);
  free_all(&good, PSDL_OK);
}

static void no_place_for_the_answer(void) {
  Handles all = make_all();
  const Handles *const h = &all;
  psdl_document document = document_of(kBadPod, "bad.yaml");
#define BAD(call) CHECK_STATUS(PSDL_BAD_ARGUMENT, call)
  BAD(psdl_compiler_new(NULL, NULL));
  BAD(psdl_compiler_add_source(h->compiler, NULL));
  BAD(psdl_compiler_add_pack(h->compiler, NULL, 1, NULL, 0));
  BAD(psdl_compiler_add_pack(h->compiler, "p", 1, NULL, 1));
  BAD(psdl_compiler_add_image(h->compiler, NULL, 1, "", 0));
  BAD(psdl_compiler_add_image(h->compiler, "i", 1, NULL, 1));
  BAD(psdl_compiler_add_level(h->compiler, NULL, 8, NULL));
  BAD(psdl_compiler_add_extra(h->compiler, NULL, 1));
  BAD(psdl_compiler_add_data(h->compiler, NULL, 1, &document));
  BAD(psdl_compiler_add_data(h->compiler, "", 0, NULL));
  BAD(psdl_compiler_add_data(h->compiler, "teams", 5, &document));
  BAD(psdl_compiler_add_data(h->compiler, "/a~2", 4, &document));
  BAD(psdl_compiler_add_builtin(h->compiler, NULL));
  BAD(psdl_compiler_build(h->compiler, NULL));
  BAD(psdl_compiler_query(h->compiler, h->policy, "data", 4, NULL, NULL));
  psdl_query *query = NULL;
  BAD(psdl_compiler_query(h->compiler, h->policy, NULL, 4, NULL, &query));
  psdl_policy *policy = NULL;
  BAD(psdl_compiler_bind(h->compiler, h->policy, NULL, 1, &policy));
  BAD(psdl_compiler_bind(h->compiler, h->policy, NULL, 0, NULL));
  BAD(psdl_compiler_image(h->compiler, h->policy, NULL));
  BAD(psdl_compiler_diagnostic_count(h->compiler, NULL));
  BAD(psdl_compiler_diagnostic(h->compiler, 0, NULL));
  BAD(psdl_compiler_report(h->compiler, NULL));
  BAD(psdl_policy_entry_point_count(h->policy, NULL));
  BAD(psdl_policy_entry_point(h->policy, 0, NULL));
  BAD(psdl_data_new(h->policy, NULL));
  BAD(psdl_data_apply(h->data, NULL, 1));
  BAD(psdl_data_version(h->data, NULL));
  BAD(psdl_data_json(h->data, "", 0, NULL));
  psdl_text text = {NULL, 0};
  BAD(psdl_data_json(h->data, NULL, 1, &text));
  BAD(psdl_data_diagnostic_count(h->data, NULL));
  BAD(psdl_data_diagnostic(h->data, 0, NULL));
  BAD(psdl_evaluator_new(h->policy, NULL, NULL));
  BAD(psdl_evaluator_evaluate(h->evaluator, NULL, h->result));
  BAD(psdl_evaluator_evaluate_built(h->evaluator, h->builder, NULL, 1, h->result));
  BAD(psdl_evaluator_evaluate_batch(h->evaluator, NULL, h->result));
  BAD(psdl_evaluator_evaluate_batch(h->evaluator, NULL, NULL));
  BAD(psdl_result_new(h->evaluator, NULL));
  BAD(psdl_result_verdict(h->result, NULL));
  BAD(psdl_result_document_count(h->result, NULL));
  BAD(psdl_result_document(h->result, 0, NULL));
  BAD(psdl_result_finding_count(h->result, NULL));
  BAD(psdl_result_finding(h->result, 0, NULL));
  BAD(psdl_result_place(h->result, 0, NULL));
  BAD(psdl_result_related(h->result, 0, 0, NULL));
  BAD(psdl_result_diagnostic_count(h->result, NULL));
  BAD(psdl_result_diagnostic(h->result, 0, NULL));
  BAD(psdl_result_row_count(h->result, NULL));
  BAD(psdl_result_value(h->result, 0, 0, NULL));
  BAD(psdl_result_bindings(h->result, 0, NULL));
  BAD(psdl_result_printed(h->result, NULL));
  BAD(psdl_result_json(h->result, NULL));
  OK(psdl_evaluator_query(h->evaluator, h->query, NULL, h->result));
  psdl_value value;
  OK(psdl_result_value(h->result, 0, 0, &value));
  BAD(psdl_value_kind(value, NULL));
  BAD(psdl_value_boolean(value, NULL));
  BAD(psdl_value_int(value, NULL));
  BAD(psdl_value_double(value, NULL));
  BAD(psdl_value_number(value, NULL));
  BAD(psdl_value_string(value, NULL));
  BAD(psdl_value_count(value, NULL));
  BAD(psdl_value_item(value, 0, NULL));
  BAD(psdl_value_key(value, 0, NULL));
  psdl_value field;
  BAD(psdl_value_field(value, NULL, 1, &field));
  BAD(psdl_value_field(value, "cpu", 3, NULL));
  BAD(psdl_value_json(value, NULL));
  BAD(psdl_builder_new(h->policy, NULL));
  BAD(psdl_builder_string(h->builder, NULL, 1));
  BAD(psdl_builder_number(h->builder, NULL, 1));
  BAD(psdl_builder_json(h->builder, NULL, 1));
  OK(psdl_builder_begin_object(h->builder));
  BAD(psdl_builder_key(h->builder, NULL, 1));
#undef BAD
  free_all(&all, PSDL_OK);
}

static void lengths_and_sizes(void) {
  Handles all = make_all();
  psdl_document document = document_of(kGoodPod, "good.json");
  document.text.length = SIZE_MAX;
  CHECK_STATUS(PSDL_BAD_ARGUMENT, psdl_evaluator_evaluate(all.evaluator, &document, all.result));
  psdl_verdict verdict = PSDL_VERDICT_ALLOW;
  OK(psdl_result_verdict(all.result, &verdict));
  CHECK(verdict == PSDL_VERDICT_ERROR);
  document = document_of(kGoodPod, "good.json");
  document.name.length = SIZE_MAX;
  CHECK_STATUS(PSDL_BAD_ARGUMENT, psdl_evaluator_evaluate(all.evaluator, &document, all.result));
  document = document_of(kGoodPod, "\xff.json");
  CHECK_STATUS(PSDL_BAD_ARGUMENT, psdl_evaluator_evaluate(all.evaluator, &document, all.result));
  document = document_of(kGoodPod, "good.json");
  document.format = 7;
  CHECK_STATUS(PSDL_BAD_ARGUMENT, psdl_evaluator_evaluate(all.evaluator, &document, all.result));

  /* NUL is a byte like others: no end, and no part of a manifest. */
  char bytes[sizeof kGoodPod];
  memcpy(bytes, kGoodPod, sizeof bytes);
  bytes[20] = '\0';
  document = document_of(kGoodPod, "good.json");
  document.text.data = bytes;
  document.text.length = sizeof bytes - 1;
  CHECK_STATUS(PSDL_BAD_INPUT, psdl_evaluator_evaluate(all.evaluator, &document, all.result));
  /* No text needs no pointer. */
  document.text.data = NULL;
  document.text.length = 0;
  CHECK_STATUS(PSDL_BAD_INPUT, psdl_evaluator_evaluate(all.evaluator, &document, all.result));

  /* A host that knows fewer fields. The format is the last. */
  document = document_of(kGoodPod, "good.json");
  document.format = 7;
  document.size = offsetof(psdl_document, format);
  OK(psdl_evaluator_evaluate(all.evaluator, &document, all.result));
  /* One that knows more than we do. */
  struct {
    psdl_document known;
    uint64_t more;
  } larger;
  memset(&larger, 0, sizeof larger);
  larger.known = document_of(kGoodPod, "good.json");
  larger.known.size = sizeof larger;
  OK(psdl_evaluator_evaluate(all.evaluator, &larger.known, all.result));
  larger.more = 1;
  CHECK_STATUS(PSDL_BAD_ARGUMENT, psdl_evaluator_evaluate(all.evaluator, &larger.known, all.result));
  static const size_t kSizes[] = {0, 1, sizeof(size_t) - 1, SIZE_MAX};
  for (size_t i = 0; i < sizeof kSizes / sizeof *kSizes; ++i) {
    document.size = kSizes[i];
    CHECK_STATUS(PSDL_BAD_ARGUMENT, psdl_evaluator_evaluate(all.evaluator, &document, all.result));
    psdl_evaluator_options options = {.size = kSizes[i]};
    psdl_evaluator *evaluator = NULL;
    CHECK_STATUS(PSDL_BAD_ARGUMENT, psdl_evaluator_new(all.policy, &options, &evaluator));
    psdl_compiler_options compiling = {.size = kSizes[i]};
    psdl_compiler *compiler = NULL;
    CHECK_STATUS(PSDL_BAD_ARGUMENT, psdl_compiler_new(&compiling, &compiler));
    psdl_entry_point entry = {.size = kSizes[i]};
    CHECK_STATUS(PSDL_BAD_ARGUMENT, psdl_policy_entry_point(all.policy, 0, &entry));
  }

  /* What comes out is as much as the host has room for, and zeros beyond what we know. */
  psdl_entry_point entry;
  memset(&entry, 0x55, sizeof entry);
  entry.size = offsetof(psdl_entry_point, id);
  OK(psdl_policy_entry_point(all.policy, 0, &entry));
  CHECK_TEXT("data.example.deny", entry.path);
  CHECK(entry.id.length == 0x5555555555555555U || sizeof(size_t) != 8);
  struct {
    psdl_entry_point known;
    uint64_t more;
  } wider;
  memset(&wider, 0x55, sizeof wider);
  wider.known.size = sizeof wider;
  OK(psdl_policy_entry_point(all.policy, 0, &wider.known));
  CHECK(wider.more == 0 && wider.known.size == sizeof wider);

  const psdl_limit kWrong[] = {{{"instructoins", 12}, 5}, {{"instructions", 12}, 0}, {{"instructions", 12}, UINT64_MAX}, {{NULL, 3}, 1}};
  for (size_t i = 0; i < sizeof kWrong / sizeof *kWrong; ++i) {
    psdl_evaluator_options options = {.size = sizeof options, .limits = &kWrong[i], .limit_count = 1};
    psdl_evaluator *evaluator = NULL;
    CHECK_STATUS(PSDL_BAD_ARGUMENT, psdl_evaluator_new(all.policy, &options, &evaluator));
    CHECK(evaluator == NULL);
  }
  free_all(&all, PSDL_OK);
}

/* Handles that outlive what they were made from. */
static void any_order_of_freeing(void) {
  Handles all = make_all();
  psdl_evaluator_options options = {.size = sizeof options, .data = all.data};
  psdl_evaluator *evaluator = NULL;
  OK(psdl_evaluator_new(all.policy, &options, &evaluator));
  OK(psdl_compiler_free(all.compiler));
  OK(psdl_policy_free(all.policy));
  OK(psdl_data_free(all.data));
  psdl_document document = document_of(kBadPod, "bad.yaml");
  OK(psdl_evaluator_evaluate(evaluator, &document, all.result));
  OK(psdl_evaluator_query(evaluator, all.query, NULL, all.result));
  OK(psdl_query_free(all.query));
  OK(psdl_evaluator_free(evaluator));
  OK(psdl_evaluator_free(all.evaluator));
  psdl_text json = {NULL, 0};
  OK(psdl_result_json(all.result, &json));
  CHECK(json.length > 0);
  OK(psdl_result_free(all.result));
  OK(psdl_builder_free(all.builder));
}

/* More handles than fit into the first piece of the table. */
static void many_handles(void) {
  enum { kMany = 3000 };
  static psdl_compiler *compilers[kMany];
  for (size_t i = 0; i < kMany; ++i) OK(psdl_compiler_new(NULL, &compilers[i]));
  for (size_t i = 0; i < kMany; i += 2) OK(psdl_compiler_free(compilers[i]));
  for (size_t i = 0; i < kMany; ++i) {
    size_t count = 1;
    CHECK_STATUS(i % 2 == 0 ? PSDL_BAD_HANDLE : PSDL_OK, psdl_compiler_diagnostic_count(compilers[i], &count));
  }
  for (size_t i = 1; i < kMany; i += 2) OK(psdl_compiler_free(compilers[i]));
}

int main(void) {
  handles_are_checked();
  no_place_for_the_answer();
  lengths_and_sizes();
  any_order_of_freeing();
  many_handles();
  return test_result();
}
