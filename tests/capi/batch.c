/* Many documents in one call: bits in place of structs, and the same findings as one by one. */
#include <inttypes.h>

#include "check.h"

enum { kCount = 200 };

static bool bit(const uint64_t *column, size_t index) { return (column[index / 64] >> (index % 64) & 1) != 0; }

int main(void) {
  psdl_policy *policy = compile_source(kNoPrivileged);
  psdl_evaluator *evaluator = NULL;
  psdl_result *result = NULL;
  OK(psdl_evaluator_new(policy, NULL, &evaluator));
  OK(psdl_result_new(evaluator, &result));

  static const char *texts[kCount];
  static size_t lengths[kCount];
  for (size_t i = 0; i < kCount; ++i) {
    texts[i] = i % 3 == 0 ? kGoodPod : i % 3 == 1 ? kBadPod : "{broken";
    lengths[i] = strlen(texts[i]);
  }
  uint64_t allowed[4];
  uint64_t denied[4];
  uint64_t failed[4];
  psdl_batch batch = {.size = sizeof batch, .count = kCount, .texts = texts, .lengths = lengths, .allowed = allowed, .denied = denied, .failed = failed};
  psdl_result *const kResults[] = {result, NULL};
  for (size_t r = 0; r < 2; ++r) {
    memset(allowed, 0xff, sizeof allowed);
    memset(denied, 0xff, sizeof denied);
    memset(failed, 0xff, sizeof failed);
    CHECK_STATUS(PSDL_BAD_INPUT, psdl_evaluator_evaluate_batch(evaluator, &batch, kResults[r]));
    for (size_t i = 0; i < 256; ++i) {
      CHECK(bit(allowed, i) == (i < kCount && i % 3 == 0));
      CHECK(bit(denied, i) == (i < kCount && i % 3 == 1));
      CHECK(bit(failed, i) == (i < kCount && i % 3 == 2));
    }
  }
  size_t count = 0;
  OK(psdl_result_document_count(result, &count));
  CHECK(count == kCount);
  OK(psdl_result_finding_count(result, &count));
  CHECK(count == kCount / 3 + (kCount % 3 == 2));
  psdl_finding finding = {.size = sizeof finding};
  OK(psdl_result_finding(result, 1, &finding));
  psdl_document_verdict one = {.size = sizeof one};
  OK(psdl_result_document(result, finding.document, &one));
  CHECK(one.text == 4);
  CHECK_TEXT("4", one.document);
  psdl_place place = {.size = sizeof place};
  OK(psdl_result_place(result, 1, &place));
  CHECK_TEXT("4", place.file);
  CHECK(place.line == 9);
  psdl_text json = {NULL, 0};
  OK(psdl_result_json(result, &json));
  CHECK(json.length > 0 && memcmp(json.data + json.length - 13, "\"text\":199}]}", 13) == 0);

  /* With names, and every column left out in turn. */
  const char *names[2] = {"a.yaml", "b.json"};
  const size_t name_lengths[2] = {6, 6};
  const char *two[2] = {kBadPod, kGoodPod};
  const size_t two_lengths[2] = {sizeof kBadPod - 1, sizeof kGoodPod - 1};
  psdl_batch named = {.size = sizeof named, .count = 2, .texts = two, .lengths = two_lengths, .names = names, .name_lengths = name_lengths};
  OK(psdl_evaluator_evaluate_batch(evaluator, &named, result));
  OK(psdl_result_document(result, 0, &one));
  CHECK_TEXT("a.yaml", one.document);
  named.allowed = allowed;
  OK(psdl_evaluator_evaluate_batch(evaluator, &named, NULL));
  CHECK(allowed[0] == 2);
  named.name_lengths = NULL;
  CHECK_STATUS(PSDL_BAD_ARGUMENT, psdl_evaluator_evaluate_batch(evaluator, &named, result));
  named.names = NULL;
  named.texts = NULL;
  CHECK_STATUS(PSDL_BAD_ARGUMENT, psdl_evaluator_evaluate_batch(evaluator, &named, result));
  named.count = SIZE_MAX;
  CHECK_STATUS(PSDL_BAD_ARGUMENT, psdl_evaluator_evaluate_batch(evaluator, &named, result));
  named.count = 0;
  OK(psdl_evaluator_evaluate_batch(evaluator, &named, result));
  /* One text among others that is none. */
  two[0] = NULL;
  named = (psdl_batch){.size = sizeof named, .count = 2, .texts = two, .lengths = two_lengths, .allowed = allowed, .failed = failed};
  CHECK_STATUS(PSDL_BAD_ARGUMENT, psdl_evaluator_evaluate_batch(evaluator, &named, NULL));
  CHECK(allowed[0] == 2 && failed[0] == 1);
  CHECK_STATUS(PSDL_BAD_ARGUMENT, psdl_evaluator_evaluate_batch(evaluator, &named, result));
  psdl_verdict verdict = PSDL_VERDICT_NONE;
  OK(psdl_result_verdict(result, &verdict));
  CHECK(verdict == PSDL_VERDICT_ERROR);

  /* Cancelled: nothing is allowed that was not looked at. */
  OK(psdl_evaluator_cancel(evaluator));
  CHECK_STATUS(PSDL_CANCELLED, psdl_evaluator_evaluate_batch(evaluator, &batch, result));
  CHECK(allowed[0] == 0 && denied[0] == 0 && failed[0] == UINT64_MAX && failed[3] == 0xff);
  OK(psdl_result_verdict(result, &verdict));
  CHECK(verdict == PSDL_VERDICT_ERROR);
  OK(psdl_evaluator_resume(evaluator));
  psdl_document document = document_of(kGoodPod, "good.json");
  OK(psdl_evaluator_evaluate(evaluator, &document, result));

  OK(psdl_result_free(result));
  OK(psdl_evaluator_free(evaluator));
  OK(psdl_policy_free(policy));
  return test_result();
}
