/* Documents judged: verdicts, findings with their places, errors, and what a policy says of itself. */
#include "check.h"

static void judges_documents(void) {
  psdl_policy *policy = compile_source(kNoPrivileged);
  psdl_evaluator *evaluator = NULL;
  psdl_result *result = NULL;
  OK(psdl_evaluator_new(policy, NULL, &evaluator));
  OK(psdl_result_new(evaluator, &result));
  OK(psdl_policy_free(policy)); /* the evaluator keeps what it needs */

  psdl_verdict verdict = PSDL_VERDICT_ALLOW;
  OK(psdl_result_verdict(result, &verdict));
  CHECK(verdict == PSDL_VERDICT_NONE);

  psdl_document good = document_of(kGoodPod, "good.json");
  OK(psdl_evaluator_evaluate(evaluator, &good, result));
  OK(psdl_result_verdict(result, &verdict));
  CHECK(verdict == PSDL_VERDICT_ALLOW);
  size_t count = 1;
  OK(psdl_result_finding_count(result, &count));
  CHECK(count == 0);

  psdl_document bad = document_of(kBadPod, "bad.yaml");
  OK(psdl_evaluator_evaluate(evaluator, &bad, result));
  OK(psdl_result_verdict(result, &verdict));
  CHECK(verdict == PSDL_VERDICT_DENY);
  OK(psdl_result_finding_count(result, &count));
  CHECK(count == 1);
  psdl_finding finding = {.size = sizeof finding};
  OK(psdl_result_finding(result, 0, &finding));
  CHECK_TEXT("X1", finding.rule);
  CHECK_TEXT("data.example.deny", finding.entry_point);
  CHECK_TEXT("container \"app\" is privileged", finding.message);
  CHECK_TEXT("app", finding.container);
  CHECK_TEXT("true", finding.value);
  CHECK_TEXT("rule.rego", finding.source_file);
  CHECK(finding.source_line == 3 && finding.severity == PSDL_SEVERITY_ERROR && finding.document == 0);
  psdl_place place = {.size = sizeof place};
  OK(psdl_result_place(result, 0, &place));
  CHECK_TEXT("bad.yaml", place.file);
  CHECK_TEXT("/spec/containers/0/securityContext/privileged", place.path);
  CHECK(place.line == 9 && place.column == 9 && place.end_line == 9 && place.precision == PSDL_PRECISION_EXACT);
  CHECK(memcmp(kBadPod + place.offset, "privileged: true", place.end_offset - place.offset) == 0);
  CHECK_STATUS(PSDL_NOT_FOUND, psdl_result_finding(result, 1, &finding));
  CHECK(finding.size == sizeof finding && finding.rule.data == NULL);
  CHECK_STATUS(PSDL_NOT_FOUND, psdl_result_place(result, 1, &place));
  CHECK_STATUS(PSDL_NOT_FOUND, psdl_result_related(result, 0, 99, &place));

  psdl_text json = {NULL, 0};
  OK(psdl_result_json(result, &json));
  static const char kBegin[] =
      "{\"verdict\":\"deny\",\"documents\":[{\"document\":\"bad.yaml\",\"verdict\":\"deny\",\"object\":{\"apiVersion\":\"v1\",\"kind\":\"Pod\","
      "\"namespace\":\"shop\",\"name\":\"web\",\"doc\":0},\"findings\":[{\"rule\":\"X1\"";
  CHECK(json.length > sizeof kBegin && memcmp(json.data, kBegin, sizeof kBegin - 1) == 0);

  OK(psdl_result_free(result));
  OK(psdl_evaluator_free(evaluator));
}

static void tells_each_document(void) {
  static const char kThree[] =
      "apiVersion: v1\nkind: Pod\nmetadata: {name: one}\nspec: {containers: [{name: a, image: i}]}\n---\n"
      "apiVersion: v1\nkind: Pod\nmetadata: {name: two}\nspec: {containers: [{name: b, image: i, securityContext: {privileged: true}}, {name: c, image: i, "
      "securityContext: {privileged: true}}]}\n---\n"
      "{a: b: c}\n";
  psdl_policy *policy = compile_source(kNoPrivileged);
  psdl_evaluator *evaluator = NULL;
  psdl_result *result = NULL;
  OK(psdl_evaluator_new(policy, NULL, &evaluator));
  OK(psdl_result_new(evaluator, &result));
  psdl_document document = document_of(kThree, "all.yaml");
  CHECK_STATUS(PSDL_BAD_INPUT, psdl_evaluator_evaluate(evaluator, &document, result));
  psdl_verdict verdict = PSDL_VERDICT_NONE;
  OK(psdl_result_verdict(result, &verdict));
  CHECK(verdict == PSDL_VERDICT_ERROR);
  size_t count = 0;
  OK(psdl_result_document_count(result, &count));
  CHECK(count == 3);
  psdl_document_verdict one = {.size = sizeof one};
  OK(psdl_result_document(result, 0, &one));
  CHECK(one.verdict == PSDL_VERDICT_ALLOW && one.finding_count == 0 && one.ordinal == 0);
  OK(psdl_result_document(result, 1, &one));
  CHECK(one.verdict == PSDL_VERDICT_DENY && one.first_finding == 0 && one.finding_count == 2 && one.ordinal == 1);
  CHECK_TEXT("all.yaml#1", one.document);
  CHECK_TEXT("two", one.name);
  CHECK_TEXT("Pod", one.kind);
  psdl_finding finding = {.size = sizeof finding};
  OK(psdl_result_finding(result, 1, &finding));
  CHECK(finding.document == 1);
  CHECK_TEXT("c", finding.container);
  OK(psdl_result_document(result, 2, &one));
  CHECK(one.verdict == PSDL_VERDICT_ERROR);
  OK(psdl_result_diagnostic_count(result, &count));
  CHECK(count == 1);
  psdl_diagnostic diagnostic = {.size = sizeof diagnostic};
  OK(psdl_result_diagnostic(result, 0, &diagnostic));
  CHECK_TEXT("yaml_syntax", diagnostic.code);
  CHECK_TEXT("all.yaml", diagnostic.file);
  CHECK(diagnostic.line == 11 && diagnostic.severity == PSDL_SEVERITY_ERROR && diagnostic.document == 2);

  static const char *const kEmpty[] = {"", "# nothing\n", "---\n---\n"};
  for (size_t i = 0; i < 3; ++i) {
    document = document_of(kEmpty[i], "empty.yaml");
    CHECK_STATUS(PSDL_BAD_INPUT, psdl_evaluator_evaluate(evaluator, &document, result));
    OK(psdl_result_verdict(result, &verdict));
    CHECK(verdict == PSDL_VERDICT_ERROR);
  }
  OK(psdl_result_free(result));
  OK(psdl_evaluator_free(evaluator));
  OK(psdl_policy_free(policy));
}

static void tells_what_is_wrong_with_a_policy(void) {
  psdl_compiler *compiler = NULL;
  psdl_policy *policy = (psdl_policy *)&compiler;
  OK(psdl_compiler_new(NULL, &compiler));
  OK(add_source(compiler, "rule.rego", "package example\n\ndeny contains msg if startwith(input.x, \"y\")\n"));
  CHECK_STATUS(PSDL_BAD_POLICY, psdl_compiler_build(compiler, &policy));
  CHECK(policy == NULL);
  size_t count = 0;
  OK(psdl_compiler_diagnostic_count(compiler, &count));
  CHECK(count > 0);
  psdl_diagnostic diagnostic = {.size = sizeof diagnostic};
  OK(psdl_compiler_diagnostic(compiler, 0, &diagnostic));
  CHECK_TEXT("rule.rego", diagnostic.file);
  CHECK(diagnostic.line == 3 && diagnostic.column > 1 && diagnostic.code.length > 0 && diagnostic.message.length > 0);
  CHECK_STATUS(PSDL_NOT_FOUND, psdl_compiler_diagnostic(compiler, count, &diagnostic));
  psdl_text report = {NULL, 0};
  OK(psdl_compiler_report(compiler, &report));
  CHECK(report.length > 0);

  /* What was added is forgotten, and the compiler goes on. */
  OK(add_source(compiler, "rule.rego", kNoPrivileged));
  OK(psdl_compiler_build(compiler, &policy));
  OK(psdl_compiler_diagnostic_count(compiler, &count));
  CHECK(count == 0);
  OK(psdl_policy_entry_point_count(policy, &count));
  CHECK(count == 1);
  psdl_entry_point entry = {.size = sizeof entry};
  OK(psdl_policy_entry_point(policy, 0, &entry));
  CHECK_TEXT("data.example.deny", entry.path);
  CHECK_TEXT("rule.rego", entry.file);
  CHECK(entry.line == 3);
  CHECK_STATUS(PSDL_NOT_FOUND, psdl_policy_entry_point(policy, 1, &entry));
  OK(psdl_policy_free(policy));
  OK(psdl_compiler_free(compiler));
}

/* A level that could not be added must not leave a policy that allows more. */
static void a_failed_add_fails_the_build(void) {
  psdl_compiler *compiler = NULL;
  psdl_policy *policy = NULL;
  OK(psdl_compiler_new(NULL, &compiler));
  OK(add_source(compiler, "rule.rego", kNoPrivileged));
  CHECK_STATUS(PSDL_BAD_POLICY, psdl_compiler_add_level(compiler, "restrictd", 9, NULL));
  psdl_diagnostic diagnostic = {.size = sizeof diagnostic};
  OK(psdl_compiler_diagnostic(compiler, 0, &diagnostic));
  CHECK_TEXT("bad_level", diagnostic.code);
  CHECK(diagnostic.help.length > 0);
  CHECK_STATUS(PSDL_BAD_POLICY, psdl_compiler_build(compiler, &policy));
  OK(psdl_compiler_diagnostic(compiler, 0, &diagnostic));
  CHECK_TEXT("bad_level", diagnostic.code);

  /* Nor must a source whose name is no UTF-8, though the host did not look at what the call gave. */
  OK(add_source(compiler, "rule.rego", kNoPrivileged));
  CHECK_STATUS(PSDL_BAD_ARGUMENT, add_source(compiler, "r\xe9gle.rego", kNoPrivileged));
  CHECK_STATUS(PSDL_BAD_POLICY, psdl_compiler_build(compiler, &policy));
  OK(psdl_compiler_diagnostic(compiler, 0, &diagnostic));
  CHECK_TEXT("bad_argument", diagnostic.code);
  OK(psdl_compiler_free(compiler));
}

/* Rules that could never find anything are no policy, unless they are a library: that is good for queries alone. */
static void nothing_to_find_is_no_verdict(void) {
  static const char *const kRules = "package a\nx := 1\n";
  psdl_compiler *compiler = NULL;
  psdl_policy *policy = NULL;
  psdl_evaluator *evaluator = NULL;
  psdl_result *result = NULL;
  OK(psdl_compiler_new(NULL, &compiler));
  psdl_diagnostic diagnostic = {.size = sizeof diagnostic};
  CHECK_STATUS(PSDL_BAD_POLICY, psdl_compiler_build(compiler, &policy)); /* nothing at all */
  OK(psdl_compiler_diagnostic(compiler, 0, &diagnostic));
  CHECK_TEXT("no_entry_point", diagnostic.code);
  OK(add_source(compiler, "a.rego", kRules));
  OK(add_source(compiler, "b.rego", "package b\ndeny contains \"x\" if input.x\n"));
  CHECK_STATUS(PSDL_BAD_POLICY, psdl_compiler_build(compiler, &policy));
  CHECK(policy == NULL);
  OK(psdl_compiler_diagnostic(compiler, 0, &diagnostic));
  CHECK_TEXT("no_entry_point", diagnostic.code);
  CHECK_TEXT("a.rego", diagnostic.file);

  const psdl_source library = {
      .size = sizeof library, .name = text_of("a.rego"), .text = text_of(kRules), .is_library = true};
  OK(psdl_compiler_add_source(compiler, &library));
  OK(psdl_compiler_build(compiler, &policy));
  OK(psdl_evaluator_new(policy, NULL, &evaluator));
  OK(psdl_result_new(evaluator, &result));
  psdl_document document = document_of(kGoodPod, "good.json");
  CHECK_STATUS(PSDL_BAD_POLICY, psdl_evaluator_evaluate(evaluator, &document, result));
  psdl_verdict verdict = PSDL_VERDICT_NONE;
  OK(psdl_result_verdict(result, &verdict));
  CHECK(verdict == PSDL_VERDICT_ERROR);
  OK(psdl_result_diagnostic(result, 0, &diagnostic));
  CHECK_TEXT("no_entry_point", diagnostic.code);
  OK(psdl_result_free(result));
  OK(psdl_evaluator_free(evaluator));
  OK(psdl_policy_free(policy));
  OK(psdl_compiler_free(compiler));
}

/* An element that is neither a text nor an object with `msg` is an error of the evaluation, not of the document. */
static void a_finding_of_no_known_shape(void) {
  static const char *const kSources[] = {"package a\nimport rego.v2\ndeny contains 7 if input.x\n",
                                         "package a\nimport rego.v2\ndeny contains {\"text\": \"no msg\"}\n",
                                         "package a\nimport rego.v2\ndeny := [1]\n"};
  for (size_t i = 0; i < sizeof kSources / sizeof *kSources; ++i) {
    psdl_compiler *compiler = NULL;
    psdl_policy *policy = NULL;
    psdl_evaluator *evaluator = NULL;
    psdl_result *result = NULL;
    OK(psdl_compiler_new(NULL, &compiler));
    OK(add_source(compiler, "a.rego", kSources[i]));
    OK(psdl_compiler_build(compiler, &policy));
    OK(psdl_evaluator_new(policy, NULL, &evaluator));
    OK(psdl_result_new(evaluator, &result));
    psdl_document document = document_of("{\"x\": 1}", "x.json");
    CHECK_STATUS(PSDL_EVALUATION, psdl_evaluator_evaluate(evaluator, &document, result));
    psdl_diagnostic diagnostic = {.size = sizeof diagnostic};
    OK(psdl_result_diagnostic(result, 0, &diagnostic));
    CHECK_TEXT("bad_element", diagnostic.code);
    OK(psdl_result_free(result));
    OK(psdl_evaluator_free(evaluator));
    OK(psdl_policy_free(policy));
    OK(psdl_compiler_free(compiler));
  }
}

static void levels_by_name(void) {
  static const char *const kLevels[] = {"privileged", "baseline", "restricted"};
  static const psdl_verdict kWanted[] = {PSDL_VERDICT_ALLOW, PSDL_VERDICT_ALLOW, PSDL_VERDICT_DENY};
  static const psdl_status kSecond[] = {PSDL_OK, PSDL_OK, PSDL_OK};
  for (size_t i = 0; i < 3; ++i) {
    psdl_compiler *compiler = NULL;
    psdl_policy *policy = NULL;
    psdl_evaluator *evaluator = NULL;
    psdl_result *result = NULL;
    OK(psdl_compiler_new(NULL, &compiler));
    psdl_level_options options = {.size = sizeof options, .version = {"v1.34", 5}};
    OK(psdl_compiler_add_level(compiler, kLevels[i], strlen(kLevels[i]), &options));
    OK(psdl_compiler_build(compiler, &policy));
    OK(psdl_evaluator_new(policy, NULL, &evaluator));
    OK(psdl_result_new(evaluator, &result));
    psdl_document document = document_of(kGoodPod, "good.json");
    CHECK_STATUS(kSecond[i], psdl_evaluator_evaluate(evaluator, &document, result));
    psdl_verdict verdict = PSDL_VERDICT_NONE;
    OK(psdl_result_verdict(result, &verdict));
    CHECK(verdict == kWanted[i]);
    /* Proven to hold no pod, and not proven. */
    document = document_of("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\n", "c.yaml");
    OK(psdl_evaluator_evaluate(evaluator, &document, result));
    OK(psdl_result_verdict(result, &verdict));
    CHECK(verdict == PSDL_VERDICT_SKIPPED);
    document = document_of("apiVersion: v1\nmetadata: {name: x}\n", "d.yaml");
    CHECK(psdl_evaluator_evaluate(evaluator, &document, result) != PSDL_OK);
    OK(psdl_result_free(result));
    OK(psdl_evaluator_free(evaluator));
    OK(psdl_policy_free(policy));
    OK(psdl_compiler_free(compiler));
  }
}

static void images_give_the_same(void) {
  psdl_compiler *compiler = NULL;
  psdl_policy *policy = NULL;
  OK(psdl_compiler_new(NULL, &compiler));
  OK(add_source(compiler, "rule.rego", kNoPrivileged));
  OK(psdl_compiler_build(compiler, &policy));
  psdl_text image = {NULL, 0};
  OK(psdl_compiler_image(compiler, policy, &image));
  char *bytes = malloc(image.length);
  const size_t size = image.length;
  memcpy(bytes, image.data, size);
  OK(psdl_policy_free(policy));

  OK(psdl_compiler_add_image(compiler, "rule.image", 10, bytes, size));
  OK(psdl_compiler_build(compiler, &policy));
  psdl_evaluator *evaluator = NULL;
  psdl_result *result = NULL;
  OK(psdl_evaluator_new(policy, NULL, &evaluator));
  OK(psdl_result_new(evaluator, &result));
  psdl_document document = document_of(kBadPod, "bad.yaml");
  OK(psdl_evaluator_evaluate(evaluator, &document, result));
  psdl_finding finding = {.size = sizeof finding};
  OK(psdl_result_finding(result, 0, &finding));
  CHECK_TEXT("container \"app\" is privileged", finding.message);
  OK(psdl_result_free(result));
  OK(psdl_evaluator_free(evaluator));
  OK(psdl_policy_free(policy));

  bytes[size / 2] ^= 1;
  OK(psdl_compiler_add_image(compiler, "rule.image", 10, bytes, size));
  CHECK_STATUS(PSDL_BAD_POLICY, psdl_compiler_build(compiler, &policy));
  free(bytes);
  OK(psdl_compiler_free(compiler));
}

/* A call that was refused must not leave the verdict of the one before. */
static void refused_calls_leave_no_verdict(void) {
  psdl_policy *policy = compile_source(kNoPrivileged);
  psdl_evaluator *evaluator = NULL;
  psdl_evaluator *gone = NULL;
  psdl_builder *builder = NULL;
  psdl_result *result = NULL;
  OK(psdl_evaluator_new(policy, NULL, &evaluator));
  OK(psdl_evaluator_new(policy, NULL, &gone));
  OK(psdl_evaluator_free(gone));
  OK(psdl_builder_new(policy, &builder));
  OK(psdl_builder_json(builder, kGoodPod, strlen(kGoodPod)));
  OK(psdl_result_new(evaluator, &result));
  psdl_verdict verdict = PSDL_VERDICT_NONE;
  OK(psdl_evaluator_evaluate_built(evaluator, builder, "a", 1, result));
  OK(psdl_result_verdict(result, &verdict));
  CHECK(verdict == PSDL_VERDICT_ALLOW);
  CHECK_STATUS(PSDL_BAD_ARGUMENT, psdl_evaluator_evaluate_built(evaluator, builder, "\xff", 1, result));
  OK(psdl_result_verdict(result, &verdict));
  CHECK(verdict == PSDL_VERDICT_ERROR);

  psdl_document document = document_of(kGoodPod, "good.json");
  OK(psdl_evaluator_evaluate(evaluator, &document, result));
  CHECK_STATUS(PSDL_BAD_HANDLE, psdl_evaluator_evaluate(gone, &document, result));
  OK(psdl_result_verdict(result, &verdict));
  CHECK(verdict == PSDL_VERDICT_ERROR);

  /* A size that ends within a field would cut the text short. */
  OK(psdl_evaluator_evaluate(evaluator, &document, result));
  for (size_t size = sizeof document - 1; size % sizeof(size_t) != 0; --size) {
    document.size = size;
    CHECK_STATUS(PSDL_BAD_ARGUMENT, psdl_evaluator_evaluate(evaluator, &document, result));
    OK(psdl_result_verdict(result, &verdict));
    CHECK(verdict == PSDL_VERDICT_ERROR);
  }

  const char *const texts[] = {kGoodPod};
  const size_t lengths[] = {strlen(kGoodPod)};
  uint64_t allowed = 0;
  uint64_t denied = 0;
  uint64_t failed = 0;
  psdl_batch batch = {.size = sizeof batch, .count = 1, .texts = texts, .lengths = lengths, .allowed = &allowed, .denied = &denied, .failed = &failed};
  for (int with_result = 0; with_result < 2; ++with_result) {
    psdl_result *const filled = with_result ? result : NULL;
    batch.format = 0;
    OK(psdl_evaluator_evaluate_batch(evaluator, &batch, filled));
    CHECK(allowed == 1 && failed == 0);
    batch.format = 77;
    CHECK_STATUS(PSDL_BAD_ARGUMENT, psdl_evaluator_evaluate_batch(evaluator, &batch, filled));
    CHECK(allowed == 0 && denied == 0 && failed == 1);
    batch.format = 0;
    OK(psdl_evaluator_evaluate_batch(evaluator, &batch, filled));
    CHECK_STATUS(PSDL_BAD_HANDLE, psdl_evaluator_evaluate_batch(gone, &batch, filled));
    CHECK(allowed == 0 && denied == 0 && failed == 1);
  }
  OK(psdl_result_free(result));
  OK(psdl_builder_free(builder));
  OK(psdl_evaluator_free(evaluator));
  OK(psdl_policy_free(policy));
}

int main(void) {
  CHECK(psdl_abi_version() == PSDL_ABI_VERSION);
  CHECK(strchr(psdl_version(), '.') != NULL);
  CHECK(strcmp(psdl_status_name(PSDL_BAD_HANDLE), "bad_handle") == 0 && strcmp(psdl_status_name(-1), "unknown") == 0);
  judges_documents();
  tells_each_document();
  tells_what_is_wrong_with_a_policy();
  a_failed_add_fails_the_build();
  nothing_to_find_is_no_verdict();
  a_finding_of_no_known_shape();
  levels_by_name();
  images_give_the_same();
  refused_calls_leave_no_verdict();
  return test_result();
}
