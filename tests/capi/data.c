/* Base documents that change: all of a change or none of it, seen by evaluators that are there already. */
#include "check.h"

static const char kPolicy[] =
    "package teams\n"
    "import rego.v2\n"
    "deny contains msg if {\n"
    "  owner := input.metadata.labels.owner\n"
    "  not data.known[owner]\n"
    "  msg := sprintf(\"%s is no team\", [owner])\n"
    "}\n"
    "shown := data.known\n";

static const char kOwned[] = "{\"apiVersion\": \"v1\", \"kind\": \"ConfigMap\", \"metadata\": {\"name\": \"c\", \"labels\": {\"owner\": \"red\"}}}";

static psdl_data *data = NULL;

static psdl_status change(psdl_data_action action, const char *path, const char *text) {
  psdl_data_change one = {.size = sizeof one, .action = action, .format = PSDL_FORMAT_JSON, .path = text_of(path), .text = text_of(text), .name = text_of("change")};
  return psdl_data_apply(data, &one, 1);
}

static void check_json(const char *path, const char *wanted) {
  psdl_text text = {NULL, 0};
  OK(psdl_data_json(data, path, strlen(path), &text));
  CHECK_TEXT(wanted, text);
}

static void check_error(const char *code) {
  size_t count = 0;
  OK(psdl_data_diagnostic_count(data, &count));
  CHECK(count == 1);
  psdl_diagnostic diagnostic = {.size = sizeof diagnostic};
  OK(psdl_data_diagnostic(data, 0, &diagnostic));
  CHECK_TEXT(code, diagnostic.code);
  CHECK_STATUS(PSDL_NOT_FOUND, psdl_data_diagnostic(data, 1, &diagnostic));
}

int main(void) {
  psdl_compiler *compiler = NULL;
  psdl_policy *policy = NULL;
  psdl_query *query = NULL;
  psdl_evaluator *evaluator = NULL;
  psdl_evaluator *still = NULL;
  psdl_result *result = NULL;
  OK(psdl_compiler_new(NULL, &compiler));
  OK(add_source(compiler, "teams.rego", kPolicy));
  psdl_document base = document_of("blue: true\n", "known.yaml");
  OK(psdl_compiler_add_data(compiler, "/known", 6, &base));
  OK(psdl_compiler_build(compiler, &policy));
  OK(psdl_compiler_query(compiler, policy, "data.teams.shown", 16, NULL, &query));
  OK(psdl_data_new(policy, &data));
  psdl_evaluator_options options = {.size = sizeof options, .data = data};
  OK(psdl_evaluator_new(policy, &options, &evaluator));
  OK(psdl_evaluator_new(policy, NULL, &still));
  OK(psdl_result_new(evaluator, &result));
  psdl_document document = document_of(kOwned, "c.json");
  psdl_verdict verdict = PSDL_VERDICT_NONE;
  OK(psdl_evaluator_evaluate(evaluator, &document, result));
  OK(psdl_result_verdict(result, &verdict));
  CHECK(verdict == PSDL_VERDICT_DENY);
  uint64_t version = 9;
  OK(psdl_data_version(data, &version));
  CHECK(version == 0);
  check_json("", "{\"known\":{\"blue\":true}}");

  OK(change(PSDL_DATA_PUT, "/known/red", "true"));
  check_json("/known", "{\"blue\":true,\"red\":true}");
  OK(psdl_data_version(data, &version));
  CHECK(version == 1);
  OK(psdl_evaluator_evaluate(evaluator, &document, result));
  OK(psdl_result_verdict(result, &verdict));
  CHECK(verdict == PSDL_VERDICT_ALLOW);
  OK(psdl_evaluator_query(evaluator, query, NULL, result));
  psdl_value value;
  psdl_text text = {NULL, 0};
  OK(psdl_result_value(result, 0, 0, &value));
  OK(psdl_value_json(value, &text));
  CHECK_TEXT("{\"blue\":true,\"red\":true}", text);
  /* One that has no such data goes on as it did. */
  OK(psdl_evaluator_evaluate(still, &document, result));
  OK(psdl_result_verdict(result, &verdict));
  CHECK(verdict == PSDL_VERDICT_DENY);

  OK(change(PSDL_DATA_PATCH, "/known", "[{\"op\": \"remove\", \"path\": \"/red\"}, {\"op\": \"add\", \"path\": \"/green\", \"value\": [1]}]"));
  check_json("/known", "{\"blue\":true,\"green\":[1]}");
  OK(psdl_evaluator_evaluate(evaluator, &document, result));
  OK(psdl_result_verdict(result, &verdict));
  CHECK(verdict == PSDL_VERDICT_DENY);
  OK(change(PSDL_DATA_PATCH, "", "[{\"op\": \"add\", \"path\": \"/known/green/-\", \"value\": 2}]"));
  check_json("/known/green", "[1,2]");
  check_json("/known/green/1", "2");
  OK(change(PSDL_DATA_REMOVE, "/known/green", ""));
  check_json("/known", "{\"blue\":true}");
  OK(change(PSDL_DATA_PUT, "/a~1b/c", "{\"d\": 1}"));
  check_json("/a~1b", "{\"c\":{\"d\":1}}");
  OK(change(PSDL_DATA_REMOVE, "/a~1b", ""));
  CHECK_STATUS(PSDL_NOT_FOUND, psdl_data_json(data, "/a~1b", 5, &text));

  /* All or nothing: the second change is wrong, so the first is not made. */
  OK(psdl_data_version(data, &version));
  psdl_data_change both[2] = {
      {.size = sizeof both[0], .action = PSDL_DATA_PUT, .format = PSDL_FORMAT_JSON, .path = text_of("/known/red"), .text = text_of("true")},
      {.size = sizeof both[0], .action = PSDL_DATA_REMOVE, .path = text_of("/nowhere")}};
  CHECK_STATUS(PSDL_BAD_INPUT, psdl_data_apply(data, both, 2));
  check_error("data_conflict");
  check_json("", "{\"known\":{\"blue\":true}}");
  uint64_t after = 0;
  OK(psdl_data_version(data, &after));
  CHECK(after == version);

  CHECK_STATUS(PSDL_BAD_INPUT, change(PSDL_DATA_PUT, "/known", "{\"a\": }"));
  check_error("json_syntax");
  CHECK_STATUS(PSDL_BAD_INPUT, change(PSDL_DATA_PUT, "/known/blue/deeper", "1"));
  check_error("data_conflict");
  CHECK_STATUS(PSDL_BAD_INPUT, change(PSDL_DATA_PUT, "", "[]"));
  check_error("data_conflict");
  CHECK_STATUS(PSDL_BAD_INPUT, change(PSDL_DATA_PUT, "/teams/shown", "1")); /* a rule stands there */
  check_error("rego_compile_error");
  CHECK_STATUS(PSDL_BAD_INPUT, change(PSDL_DATA_PATCH, "/known", "[{\"op\": \"remove\", \"path\": \"/none\"}]"));
  check_error("bad_patch");
  CHECK_STATUS(PSDL_BAD_INPUT, change(PSDL_DATA_PATCH, "/known", "[{\"op\": \"test\", \"path\": \"/blue\", \"value\": 1}]"));
  check_error("bad_patch");
  CHECK_STATUS(PSDL_BAD_INPUT, change(PSDL_DATA_PATCH, "/none", "[]"));
  check_error("data_conflict");
  CHECK_STATUS(PSDL_BAD_INPUT, change(PSDL_DATA_PATCH, "/known", "{}"));
  check_error("bad_patch");
  /* Nothing of a text is passed over. */
  psdl_data_change two = {.size = sizeof two, .action = PSDL_DATA_PUT, .format = PSDL_FORMAT_YAML, .path = text_of("/known"), .text = text_of("a: 1\n---\nb: 2\n")};
  CHECK_STATUS(PSDL_BAD_INPUT, psdl_data_apply(data, &two, 1));
  check_error("several_documents");
  two.action = PSDL_DATA_PATCH;
  two.text = text_of("[]\n---\n- {op: remove, path: /blue}\n");
  CHECK_STATUS(PSDL_BAD_INPUT, psdl_data_apply(data, &two, 1));
  check_error("several_documents");
  CHECK_STATUS(PSDL_BAD_ARGUMENT, change(PSDL_DATA_PUT, "known", "1"));
  CHECK_STATUS(PSDL_BAD_ARGUMENT, change(0, "/known", "1"));
  check_json("", "{\"known\":{\"blue\":true}}");

  OK(change(PSDL_DATA_REMOVE, "", ""));
  check_json("", "{}");
  OK(change(PSDL_DATA_PUT, "", "{\"known\": {\"red\": 1}, \"x\": null}"));
  check_json("", "{\"known\":{\"red\":1},\"x\":null}");

  /* Of another policy. */
  psdl_policy *other = compile_source("package other\ndeny contains \"x\" if input.a\n");
  psdl_evaluator *foreign = NULL;
  CHECK_STATUS(PSDL_BAD_ARGUMENT, psdl_evaluator_new(other, &options, &foreign));
  OK(psdl_policy_free(other));

  OK(psdl_result_free(result));
  OK(psdl_evaluator_free(still));
  OK(psdl_evaluator_free(evaluator));
  OK(psdl_data_free(data));
  OK(psdl_query_free(query));
  OK(psdl_policy_free(policy));
  OK(psdl_compiler_free(compiler));
  return test_result();
}
