/* Answers of queries looked at where they are, and documents and values that the host builds. */
#include <math.h>

#include "check.h"

static psdl_policy *policy = NULL;
static psdl_compiler *compiler = NULL;
static psdl_evaluator *evaluator = NULL;
static psdl_result *result = NULL;

static psdl_query *query_of(const char *text) {
  psdl_query *query = NULL;
  OK(psdl_compiler_query(compiler, policy, text, strlen(text), NULL, &query));
  return query;
}

static psdl_value field_of(psdl_value value, const char *name) {
  psdl_value field;
  OK(psdl_value_field(value, name, strlen(name), &field));
  return field;
}

static void answers_are_looked_at(void) {
  psdl_query *query = query_of("data.example.limits");
  OK(psdl_evaluator_query(evaluator, query, NULL, result));
  size_t count = 0;
  OK(psdl_result_row_count(result, &count));
  CHECK(count == 1);
  psdl_value limits;
  OK(psdl_result_value(result, 0, 0, &limits));
  CHECK_STATUS(PSDL_NOT_FOUND, psdl_result_value(result, 0, 1, &limits));
  CHECK_STATUS(PSDL_NOT_FOUND, psdl_result_value(result, 1, 0, &limits));
  OK(psdl_result_value(result, 0, 0, &limits));
  psdl_kind kind = 0;
  OK(psdl_value_kind(limits, &kind));
  CHECK(kind == PSDL_KIND_OBJECT);
  OK(psdl_value_count(limits, &count));
  CHECK(count == 6);

  int64_t cpu = 0;
  OK(psdl_value_int(field_of(limits, "cpu"), &cpu));
  CHECK(cpu == 4);
  psdl_text text = {NULL, 0};
  OK(psdl_value_number(field_of(limits, "cpu"), &text));
  CHECK_TEXT("4", text);
  const psdl_value big = field_of(limits, "big");
  CHECK_STATUS(PSDL_OUT_OF_RANGE, psdl_value_int(big, &cpu));
  CHECK(cpu == 0);
  OK(psdl_value_number(big, &text));
  CHECK_TEXT("18446744073709551616", text);
  double number = 0;
  OK(psdl_value_double(big, &number));
  CHECK(number == 18446744073709551616.0);
  const psdl_value part = field_of(limits, "part");
  OK(psdl_value_number(part, &text));
  CHECK_TEXT("1.30", text);
  OK(psdl_value_double(part, &number));
  CHECK(number == 1.30);
  OK(psdl_value_kind(field_of(limits, "none"), &kind));
  CHECK(kind == PSDL_KIND_NULL);

  const psdl_value names = field_of(limits, "names");
  OK(psdl_value_kind(names, &kind));
  CHECK(kind == PSDL_KIND_ARRAY);
  psdl_value item;
  OK(psdl_value_item(names, 1, &item));
  OK(psdl_value_string(item, &text));
  CHECK_TEXT("b", text);
  CHECK_STATUS(PSDL_NOT_FOUND, psdl_value_item(names, 2, &item));
  CHECK_STATUS(PSDL_WRONG_KIND, psdl_value_key(names, 0, &item));
  const psdl_value tags = field_of(limits, "tags");
  OK(psdl_value_kind(tags, &kind));
  CHECK(kind == PSDL_KIND_SET);
  OK(psdl_value_item(tags, 0, &item));
  OK(psdl_value_string(item, &text));
  CHECK_TEXT("x", text);

  OK(psdl_value_key(limits, 1, &item));
  OK(psdl_value_string(item, &text));
  CHECK_TEXT("cpu", text);
  CHECK_STATUS(PSDL_NOT_FOUND, psdl_value_field(limits, "nowhere", 7, &item));
  bool truth = true;
  CHECK_STATUS(PSDL_WRONG_KIND, psdl_value_boolean(limits, &truth));
  CHECK_STATUS(PSDL_WRONG_KIND, psdl_value_string(limits, &text));
  CHECK_STATUS(PSDL_WRONG_KIND, psdl_value_number(names, &text));
  CHECK_STATUS(PSDL_WRONG_KIND, psdl_value_double(names, &number));
  CHECK_STATUS(PSDL_WRONG_KIND, psdl_value_int(names, &cpu));
  CHECK_STATUS(PSDL_WRONG_KIND, psdl_value_count(part, &count));
  OK(psdl_value_json(limits, &text));
  CHECK_TEXT("{\"big\":18446744073709551616,\"cpu\":4,\"names\":[\"a\",\"b\"],\"none\":null,\"part\":1.30,\"tags\":[\"x\",\"y\"]}", text);

  /* The result is used again: what was taken from it is found out. */
  OK(psdl_evaluator_query(evaluator, query, NULL, result));
  CHECK_STATUS(PSDL_BAD_HANDLE, psdl_value_kind(limits, &kind));
  CHECK_STATUS(PSDL_BAD_HANDLE, psdl_value_item(names, 0, &item));
  const psdl_value made_up = {{UINT64_MAX, UINT64_MAX}};
  CHECK_STATUS(PSDL_BAD_HANDLE, psdl_value_kind(made_up, &kind));
  const psdl_value zero = {{0, 0}};
  CHECK_STATUS(PSDL_BAD_HANDLE, psdl_value_kind(zero, &kind));
  OK(psdl_query_free(query));
}

static void rows_and_bindings(void) {
  psdl_query *query = query_of("x := input.list[i]; x > 1");
  psdl_document document = document_of("list: [1, 2, 3]\n", "list.yaml");
  OK(psdl_evaluator_query(evaluator, query, &document, result));
  size_t count = 0;
  OK(psdl_result_row_count(result, &count));
  CHECK(count == 2);
  psdl_value bindings;
  OK(psdl_result_bindings(result, 1, &bindings));
  int64_t number = 0;
  OK(psdl_value_int(field_of(bindings, "x"), &number));
  CHECK(number == 3);
  psdl_text json = {NULL, 0};
  OK(psdl_result_json(result, &json));
  static const char kBegin[] = "{\"result\":[{\"expressions\":[{\"value\":true,";
  CHECK(json.length > sizeof kBegin && memcmp(json.data, kBegin, sizeof kBegin - 1) == 0);
  psdl_verdict verdict = PSDL_VERDICT_ALLOW;
  OK(psdl_result_verdict(result, &verdict));
  CHECK(verdict == PSDL_VERDICT_NONE);

  /* Undefined: no rows, and no error. Not one document: an error. */
  document = document_of("{}", "empty.json");
  OK(psdl_evaluator_query(evaluator, query, &document, result));
  OK(psdl_result_row_count(result, &count));
  CHECK(count == 0);
  OK(psdl_result_json(result, &json));
  CHECK_TEXT("{\"result\":[]}", json);
  document = document_of("a: 1\n---\nb: 2\n", "two.yaml");
  CHECK_STATUS(PSDL_BAD_INPUT, psdl_evaluator_query(evaluator, query, &document, result));
  document = document_of("", "none.yaml");
  CHECK_STATUS(PSDL_BAD_INPUT, psdl_evaluator_query(evaluator, query, &document, result));
  document = document_of("{\"a\": 1,}", "broken.json");
  CHECK_STATUS(PSDL_BAD_INPUT, psdl_evaluator_query(evaluator, query, &document, result));
  psdl_diagnostic diagnostic = {.size = sizeof diagnostic};
  OK(psdl_result_diagnostic(result, 0, &diagnostic));
  CHECK_TEXT("json_syntax", diagnostic.code);
  CHECK(diagnostic.line == 1 && diagnostic.column == 8);
  OK(psdl_query_free(query));

  psdl_query *wrong = NULL;
  CHECK_STATUS(PSDL_BAD_POLICY, psdl_compiler_query(compiler, policy, "x > ", 4, NULL, &wrong));
  CHECK(wrong == NULL);
  OK(psdl_compiler_diagnostic(compiler, 0, &diagnostic));
  CHECK(diagnostic.line == 1);
  psdl_query_options options = {.size = sizeof options, .package = text_of("data.example")};
  OK(psdl_compiler_query(compiler, policy, "double(21)", 10, &options, &query));
  OK(psdl_evaluator_query(evaluator, query, NULL, result));
  psdl_value value;
  OK(psdl_result_value(result, 0, 0, &value));
  OK(psdl_value_int(value, &number));
  CHECK(number == 42);
  OK(psdl_query_free(query));

  /* Imports are those of a rule file. */
  const psdl_text alias = text_of("data.example as e");
  options = (psdl_query_options){.size = sizeof options, .imports = &alias, .import_count = 1};
  OK(psdl_compiler_query(compiler, policy, "e.double(21)", 12, &options, &query));
  OK(psdl_query_free(query));
  static const char *const kNoImports[] = {
      "nowhere.else",        "example", "", "data.", "future.keywords.nosuch", "rego.v9", "data.x\nallow := 1",
      "data.x\nimport data.y", "data[x]", "data.x as"};
  for (size_t i = 0; i < sizeof kNoImports / sizeof *kNoImports; ++i) {
    const psdl_text import = text_of(kNoImports[i]);
    options.imports = &import;
    CHECK_STATUS(PSDL_BAD_POLICY, psdl_compiler_query(compiler, policy, "1", 1, &options, &wrong));
    OK(psdl_compiler_diagnostic(compiler, 0, &diagnostic));
    CHECK_TEXT("rego_parse_error", diagnostic.code);
  }
}

static psdl_status add_json(psdl_builder *builder, const char *text) { return psdl_builder_json(builder, text, strlen(text)); }

/* {"apiVersion": "v1", "kind": "Pod", .., "spec": {"containers": [{"name": "app", .., "securityContext": {"privileged": true}}]}} */
static void build_pod(psdl_builder *builder, bool is_privileged) {
  OK(psdl_builder_begin_object(builder));
  OK(psdl_builder_key(builder, "apiVersion", 10));
  OK(psdl_builder_string(builder, "v1", 2));
  OK(psdl_builder_key(builder, "kind", 4));
  OK(psdl_builder_string(builder, "Pod", 3));
  OK(psdl_builder_key(builder, "spec", 4));
  OK(psdl_builder_begin_object(builder));
  OK(psdl_builder_key(builder, "containers", 10));
  OK(psdl_builder_begin_array(builder));
  OK(psdl_builder_begin_object(builder));
  OK(psdl_builder_key(builder, "name", 4));
  OK(psdl_builder_string(builder, "app", 3));
  OK(psdl_builder_key(builder, "image", 5));
  OK(psdl_builder_string(builder, "i", 1));
  OK(psdl_builder_key(builder, "securityContext", 15));
  OK(psdl_builder_begin_object(builder));
  OK(psdl_builder_key(builder, "privileged", 10));
  OK(psdl_builder_boolean(builder, is_privileged));
  OK(psdl_builder_end(builder));
  OK(psdl_builder_end(builder));
  OK(psdl_builder_end(builder));
  OK(psdl_builder_end(builder));
  OK(psdl_builder_key(builder, "metadata", 8));
  OK(add_json(builder, "{\"name\": \"web\", \"labels\": {\"a\": \"b\"}}"));
  OK(psdl_builder_end(builder));
}

static void built_documents_are_judged(void) {
  psdl_builder *builder = NULL;
  OK(psdl_builder_new(policy, &builder));
  CHECK_STATUS(PSDL_BAD_ARGUMENT, psdl_evaluator_evaluate_built(evaluator, builder, "pod", 3, result));
  build_pod(builder, true);
  for (int i = 0; i < 2; ++i) { /* it may be used again */
    OK(psdl_evaluator_evaluate_built(evaluator, builder, "pod", 3, result));
    psdl_verdict verdict = PSDL_VERDICT_NONE;
    OK(psdl_result_verdict(result, &verdict));
    CHECK(verdict == PSDL_VERDICT_DENY);
    psdl_place place = {.size = sizeof place};
    OK(psdl_result_place(result, 0, &place));
    CHECK_TEXT("pod", place.file);
    CHECK_TEXT("/spec/containers/0/securityContext/privileged", place.path);
    CHECK(place.line == 0 && place.end_offset == 0 && place.precision == PSDL_PRECISION_EXACT);
    psdl_document_verdict one = {.size = sizeof one};
    OK(psdl_result_document(result, 0, &one));
    CHECK_TEXT("web", one.name);
  }
  OK(psdl_builder_reset(builder));
  build_pod(builder, false);
  OK(psdl_evaluator_evaluate_built(evaluator, builder, NULL, 0, result));
  psdl_verdict verdict = PSDL_VERDICT_NONE;
  OK(psdl_result_verdict(result, &verdict));
  CHECK(verdict == PSDL_VERDICT_ALLOW);

  /* Items of a list are judged one by one, as those of a text are. */
  static const char kList[] =
      "{\"apiVersion\": \"v1\", \"kind\": \"PodList\", \"items\": [{\"metadata\": {\"name\": \"one\"}, \"spec\": {\"containers\": [{\"name\": \"a\", \"image\": "
      "\"i\"}]}}, {\"metadata\": {\"name\": \"two\"}, \"spec\": {\"containers\": [{\"name\": \"b\", \"image\": \"i\", \"securityContext\": {\"privileged\": true}}]}}]}";
  OK(psdl_builder_reset(builder));
  OK(add_json(builder, kList));
  OK(psdl_evaluator_evaluate_built(evaluator, builder, "list", 4, result));
  psdl_finding finding = {.size = sizeof finding};
  OK(psdl_result_finding(result, 0, &finding));
  CHECK_TEXT("b", finding.container);
  psdl_document_verdict one = {.size = sizeof one};
  OK(psdl_result_document(result, finding.document, &one));
  CHECK_TEXT("two", one.name);
  CHECK_TEXT("list#0.items[1]", one.document);

  /* Keys that differ from Kubernetes' only in case are refused here too. */
  OK(psdl_builder_reset(builder));
  OK(add_json(builder, "{\"Kind\": \"Pod\"}"));
  CHECK_STATUS(PSDL_BAD_INPUT, psdl_evaluator_evaluate_built(evaluator, builder, "k", 1, result));
  OK(psdl_builder_reset(builder));
  OK(add_json(builder, "[1]"));
  CHECK_STATUS(PSDL_BAD_INPUT, psdl_evaluator_evaluate_built(evaluator, builder, "k", 1, result));

  /* A type that Kubernetes would not take, with its path. */
  OK(psdl_builder_reset(builder));
  static const char kWrong[] = "{\"apiVersion\": \"v1\", \"kind\": \"Pod\", \"metadata\": {\"name\": \"w\"}, \"spec\": {\"containers\": [{\"name\": \"a\", \"image\": 7}]}}";
  OK(add_json(builder, kWrong));
  CHECK_STATUS(PSDL_BAD_INPUT, psdl_evaluator_evaluate_built(evaluator, builder, "k", 1, result));
  psdl_diagnostic diagnostic = {.size = sizeof diagnostic};
  OK(psdl_result_diagnostic(result, 0, &diagnostic));
  CHECK_TEXT("bad_type", diagnostic.code);

  /* Of another policy. */
  psdl_policy *other = compile_source("package other\ndeny contains \"x\" if input.a\n");
  psdl_builder *foreign = NULL;
  OK(psdl_builder_new(other, &foreign));
  OK(add_json(foreign, "{}"));
  CHECK_STATUS(PSDL_BAD_ARGUMENT, psdl_evaluator_evaluate_built(evaluator, foreign, "k", 1, result));
  OK(psdl_builder_free(foreign));
  OK(psdl_policy_free(other));

  psdl_query *query = query_of("input.spec.containers[0].name");
  OK(psdl_builder_reset(builder));
  build_pod(builder, true);
  OK(psdl_evaluator_query_built(evaluator, query, builder, result));
  psdl_value value;
  OK(psdl_result_value(result, 0, 0, &value));
  psdl_text text = {NULL, 0};
  OK(psdl_value_string(value, &text));
  CHECK_TEXT("app", text);
  OK(psdl_query_free(query));
  OK(psdl_builder_free(builder));
}

/* What cannot stand somewhere leaves the builder as it was. */
static void builders_refuse(void) {
  psdl_builder *builder = NULL;
  OK(psdl_builder_new(policy, &builder));
#define BAD(call) CHECK_STATUS(PSDL_BAD_ARGUMENT, call)
  BAD(psdl_builder_end(builder));
  BAD(psdl_builder_key(builder, "a", 1));
  BAD(psdl_builder_begin_set(builder));
  BAD(psdl_builder_string(builder, "\xc3\x28", 2));
  BAD(psdl_builder_string(builder, "\xed\xa0\x80", 3));
  BAD(psdl_builder_number(builder, "1.", 2));
  BAD(psdl_builder_number(builder, "0x1", 3));
  BAD(psdl_builder_number(builder, "", 0));
  CHECK_STATUS(PSDL_OUT_OF_RANGE, psdl_builder_double(builder, NAN));
  CHECK_STATUS(PSDL_OUT_OF_RANGE, psdl_builder_double(builder, -INFINITY));
  CHECK_STATUS(PSDL_BAD_INPUT, add_json(builder, "{\"a\": 1, \"a\": 2}"));
  CHECK_STATUS(PSDL_BAD_INPUT, add_json(builder, "1 2"));
  OK(psdl_builder_begin_object(builder));
  BAD(psdl_builder_null(builder));
  OK(psdl_builder_key(builder, "a", 1));
  BAD(psdl_builder_key(builder, "b", 1));
  BAD(psdl_builder_end(builder));
  OK(psdl_builder_int(builder, INT64_MIN));
  OK(psdl_builder_key(builder, "b", 1));
  OK(psdl_builder_double(builder, 0.1));
  OK(psdl_builder_key(builder, "c", 1));
  OK(psdl_builder_number(builder, "123456789012345678901234567890.50", 33));
  OK(psdl_builder_end(builder));
  BAD(psdl_builder_null(builder)); /* a second root */
  psdl_query *query = query_of("x = input");
  OK(psdl_evaluator_query_built(evaluator, query, builder, result));
  psdl_value bindings;
  psdl_text text = {NULL, 0};
  OK(psdl_result_bindings(result, 0, &bindings));
  OK(psdl_value_json(field_of(bindings, "x"), &text));
  CHECK_TEXT("{\"a\":-9223372036854775808,\"b\":0.1,\"c\":123456789012345678901234567890.50}", text);

  /* A value from another result goes in, but no set. */
  psdl_query *limits = query_of("data.example.limits");
  psdl_result *other = NULL;
  OK(psdl_result_new(evaluator, &other));
  OK(psdl_evaluator_query(evaluator, limits, NULL, other));
  psdl_value value;
  OK(psdl_result_value(other, 0, 0, &value));
  OK(psdl_builder_reset(builder));
  BAD(psdl_builder_value(builder, value));
  OK(psdl_builder_value(builder, field_of(value, "names")));
  OK(psdl_evaluator_query_built(evaluator, query, builder, result));
  OK(psdl_result_bindings(result, 0, &bindings));
  OK(psdl_value_json(field_of(bindings, "x"), &text));
  CHECK_TEXT("[\"a\",\"b\"]", text);
  OK(psdl_result_free(other));
  CHECK_STATUS(PSDL_BAD_HANDLE, psdl_builder_value(builder, value));

  /* A key twice, once with the same value and once with another. */
  for (int i = 0; i < 2; ++i) {
    OK(psdl_builder_reset(builder));
    OK(psdl_builder_begin_object(builder));
    OK(psdl_builder_key(builder, "a", 1));
    OK(psdl_builder_int(builder, 1));
    OK(psdl_builder_key(builder, "a", 1));
    OK(psdl_builder_int(builder, i));
    BAD(psdl_builder_end(builder));
  }
#undef BAD
  OK(psdl_builder_reset(builder));
  psdl_status status = PSDL_OK;
  int depth = 0;
  for (; depth < 100000 && status == PSDL_OK; ++depth) status = psdl_builder_begin_array(builder);
  CHECK(status == PSDL_LIMIT && depth == 129);
  static char large[4 * 1024 * 1024];
  memset(large, 'a', sizeof large);
  OK(psdl_builder_reset(builder));
  CHECK_STATUS(PSDL_LIMIT, psdl_builder_string(builder, large, sizeof large));
  OK(psdl_query_free(limits));
  OK(psdl_query_free(query));
  OK(psdl_builder_free(builder));
}

static void known_parts_decide(void) {
  psdl_policy *with_input = compile_source("package k\nimport rego.v2\ndeny contains \"no\" if input.parameters.strict\ndeny contains \"d\" if data.teams.red == 1\n");
  psdl_known known[2] = {{.size = sizeof known[0], .path = text_of("/input/parameters"), .text = text_of("{\"strict\": true}"), .name = text_of("p")},
                         {.size = sizeof known[0], .path = text_of("/data/teams"), .text = text_of("red: 1"), .name = text_of("t")}};
  psdl_policy *bound = NULL;
  OK(psdl_compiler_bind(compiler, with_input, known, 2, &bound));
  psdl_evaluator *bound_evaluator = NULL;
  OK(psdl_evaluator_new(bound, NULL, &bound_evaluator));
  psdl_document document = document_of("{\"kind\": \"X\"}", "x.json");
  OK(psdl_evaluator_evaluate(bound_evaluator, &document, result));
  size_t count = 0;
  OK(psdl_result_finding_count(result, &count));
  CHECK(count == 2);
  known[0].path = text_of("/other");
  psdl_policy *none = NULL;
  CHECK_STATUS(PSDL_BAD_POLICY, psdl_compiler_bind(compiler, with_input, known, 1, &none));
  psdl_text image = {NULL, 0};
  CHECK_STATUS(PSDL_BAD_POLICY, psdl_compiler_image(compiler, bound, &image));
  OK(psdl_evaluator_free(bound_evaluator));
  OK(psdl_policy_free(bound));
  OK(psdl_policy_free(with_input));
}

/* Texts of values stay with the result: there is an end to them. */
static void texts_of_values_are_counted(void) {
  const psdl_limit kLimits[] = {{{"memory_bytes", 12}, 1024 * 1024}};
  psdl_evaluator_options options = {.size = sizeof options, .limits = kLimits, .limit_count = 1};
  psdl_evaluator *small = NULL;
  psdl_result *filled = NULL;
  OK(psdl_evaluator_new(policy, &options, &small));
  OK(psdl_result_new(small, &filled));
  psdl_query *query = query_of("data.example.limits");
  for (int round = 0; round < 2; ++round) {
    OK(psdl_evaluator_query(small, query, NULL, filled));
    psdl_value value;
    OK(psdl_result_value(filled, 0, 0, &value));
    psdl_text text = {NULL, 0};
    size_t bytes = 0;
    psdl_status status = PSDL_OK;
    while (status == PSDL_OK && bytes < 2 * 1024 * 1024) {
      status = psdl_value_json(value, &text);
      bytes += text.length;
    }
    CHECK_STATUS(PSDL_LIMIT, status);
    CHECK(bytes > 512 * 1024);
    CHECK(text.length == 0);
  }
  OK(psdl_query_free(query));
  OK(psdl_result_free(filled));
  OK(psdl_evaluator_free(small));
}

int main(void) {
  OK(psdl_compiler_new(NULL, &compiler));
  OK(add_source(compiler, "rule.rego", kNoPrivileged));
  OK(psdl_compiler_build(compiler, &policy));
  OK(psdl_evaluator_new(policy, NULL, &evaluator));
  OK(psdl_result_new(evaluator, &result));
  answers_are_looked_at();
  rows_and_bindings();
  built_documents_are_judged();
  builders_refuse();
  known_parts_decide();
  texts_of_values_are_counted();
  OK(psdl_result_free(result));
  OK(psdl_evaluator_free(evaluator));
  OK(psdl_policy_free(policy));
  OK(psdl_compiler_free(compiler));
  return test_result();
}
