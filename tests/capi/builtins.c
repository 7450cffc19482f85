/* Builtins that the host brings along: types, purity, capabilities, what a callback may do and may not. */
#include "check.h"

typedef struct Host {
  int calls;
  int releases;
  psdl_evaluator *evaluator;
  psdl_result *result;
  psdl_status inner;
  psdl_value kept;
  psdl_builder *kept_builder;
  psdl_call *kept_call;
} Host;

static void release(void *context) { ++((Host *)context)->releases; }

/* acme.owner(name, tags) -> {"owner": upper-case name, "tags": tags} */
static psdl_status owner(void *context, psdl_call *call, const psdl_value *arguments, size_t argument_count) {
  Host *host = context;
  ++host->calls;
  CHECK(argument_count == 2);
  psdl_text name = {NULL, 0};
  OK(psdl_value_string(arguments[0], &name));
  char upper[32];
  for (size_t i = 0; i < name.length; ++i) upper[i] = (char)(name.data[i] >= 'a' && name.data[i] <= 'z' ? name.data[i] - 32 : name.data[i]);
  psdl_builder *builder = NULL;
  OK(psdl_call_builder(call, &builder));
  OK(psdl_builder_begin_object(builder));
  OK(psdl_builder_key(builder, "owner", 5));
  OK(psdl_builder_string(builder, upper, name.length));
  memset(upper, 0, sizeof upper); /* the answer has a copy */
  OK(psdl_builder_key(builder, "tags", 4));
  OK(psdl_builder_value(builder, arguments[1]));
  OK(psdl_builder_key(builder, "set", 3));
  OK(psdl_builder_begin_set(builder));
  OK(psdl_builder_int(builder, 2));
  OK(psdl_builder_int(builder, 1));
  OK(psdl_builder_int(builder, 2));
  OK(psdl_builder_end(builder));
  OK(psdl_builder_end(builder));
  CHECK_STATUS(PSDL_BAD_ARGUMENT, psdl_builder_null(builder));
  CHECK_STATUS(PSDL_BAD_HANDLE, psdl_builder_free(builder));
  host->kept = arguments[0];
  host->kept_builder = builder;
  host->kept_call = call;
  bool is_over = true;
  OK(psdl_call_is_over(call, &is_over));
  CHECK(!is_over);
  return PSDL_OK;
}

static psdl_status nothing(void *context, psdl_call *call, const psdl_value *arguments, size_t argument_count) {
  (void)call, (void)arguments, (void)argument_count;
  ++((Host *)context)->calls;
  return PSDL_OK;
}

static psdl_status counter(void *context, psdl_call *call, const psdl_value *arguments, size_t argument_count) {
  (void)arguments, (void)argument_count;
  psdl_builder *builder = NULL;
  OK(psdl_call_builder(call, &builder));
  return psdl_builder_int(builder, ++((Host *)context)->calls);
}

static psdl_status fails(void *context, psdl_call *call, const psdl_value *arguments, size_t argument_count) {
  (void)arguments, (void)argument_count;
  ++((Host *)context)->calls;
  OK(psdl_call_fail(call, "the directory is away", 21));
  return PSDL_CALLBACK;
}

static psdl_status half(void *context, psdl_call *call, const psdl_value *arguments, size_t argument_count) {
  (void)context, (void)arguments, (void)argument_count;
  psdl_builder *builder = NULL;
  OK(psdl_call_builder(call, &builder));
  return psdl_builder_begin_array(builder);
}

/* Goes back into the evaluator that called it. */
static psdl_status goes_back(void *context, psdl_call *call, const psdl_value *arguments, size_t argument_count) {
  (void)arguments, (void)argument_count;
  Host *host = context;
  psdl_document document = document_of(kGoodPod, "inner.json");
  host->inner = psdl_evaluator_evaluate(host->evaluator, &document, host->result);
  CHECK_STATUS(PSDL_BUSY, psdl_evaluator_free(host->evaluator));
  CHECK_STATUS(PSDL_BUSY, psdl_result_free(host->result));
  psdl_builder *builder = NULL;
  OK(psdl_call_builder(call, &builder));
  return psdl_builder_boolean(builder, true);
}

/* Uses another evaluator, of a policy without builtins. */
static psdl_status asks_another(void *context, psdl_call *call, const psdl_value *arguments, size_t argument_count) {
  (void)context, (void)arguments, (void)argument_count;
  psdl_policy *policy = compile_source(kNoPrivileged);
  psdl_evaluator *evaluator = NULL;
  psdl_result *result = NULL;
  OK(psdl_evaluator_new(policy, NULL, &evaluator));
  OK(psdl_result_new(evaluator, &result));
  psdl_document document = document_of(kBadPod, "inner.yaml");
  OK(psdl_evaluator_evaluate(evaluator, &document, result));
  psdl_verdict verdict = PSDL_VERDICT_NONE;
  OK(psdl_result_verdict(result, &verdict));
  OK(psdl_result_free(result));
  OK(psdl_evaluator_free(evaluator));
  OK(psdl_policy_free(policy));
  psdl_builder *builder = NULL;
  OK(psdl_call_builder(call, &builder));
  return psdl_builder_boolean(builder, verdict == PSDL_VERDICT_DENY);
}

static psdl_builtin builtin_of(const char *name, const char *signature, psdl_builtin_function function, Host *host) {
  psdl_builtin builtin;
  memset(&builtin, 0, sizeof builtin);
  builtin.size = sizeof builtin;
  builtin.name = text_of(name);
  builtin.signature = text_of(signature);
  builtin.function = function;
  builtin.context = host;
  return builtin;
}

typedef struct Run {
  psdl_compiler *compiler;
  psdl_policy *policy;
  psdl_evaluator *evaluator;
  psdl_result *result;
} Run;

/* A policy that calls one builtin, ready to judge. */
static Run start(const psdl_builtin *builtin, const char *rule) {
  Run run;
  memset(&run, 0, sizeof run);
  OK(psdl_compiler_new(NULL, &run.compiler));
  OK(psdl_compiler_add_builtin(run.compiler, builtin));
  OK(add_source(run.compiler, "rule.rego", rule));
  OK(psdl_compiler_build(run.compiler, &run.policy));
  OK(psdl_evaluator_new(run.policy, NULL, &run.evaluator));
  OK(psdl_result_new(run.evaluator, &run.result));
  return run;
}

static void stop(const Run *run) {
  OK(psdl_result_free(run->result));
  OK(psdl_evaluator_free(run->evaluator));
  OK(psdl_policy_free(run->policy));
  OK(psdl_compiler_free(run->compiler));
}

static psdl_status judge(const Run *run) {
  psdl_document document = document_of(kGoodPod, "pod.json");
  return psdl_evaluator_evaluate(run->evaluator, &document, run->result);
}

static void check_message(const Run *run, const char *wanted) {
  psdl_finding finding = {.size = sizeof finding};
  OK(psdl_result_finding(run->result, 0, &finding));
  CHECK_TEXT(wanted, finding.message);
}

static void answers_are_values(void) {
  Host host = {0};
  psdl_builtin builtin = builtin_of("acme.owner", "(name: string, tags: array[string]) -> object[string: any]", owner, &host);
  builtin.release = release;
  builtin.is_pure = true;
  const Run run = start(&builtin,
                        "package a\nimport rego.v2\ndeny contains msg if {\n  got := acme.owner(input.metadata.name, [\"x\", \"y\"])\n  msg := sprintf(\"%v\", [got])\n}\n");
  OK(judge(&run));
  check_message(&run, "{\"owner\": \"WEB\", \"set\": {1, 2}, \"tags\": [\"x\", \"y\"]}");
  CHECK(host.calls >= 1);
  /* What was shown to a call is gone with it. */
  psdl_text text = {NULL, 0};
  CHECK_STATUS(PSDL_BAD_HANDLE, psdl_value_string(host.kept, &text));
  CHECK_STATUS(PSDL_BAD_ARGUMENT, psdl_builder_null(host.kept_builder));
  CHECK_STATUS(PSDL_BAD_HANDLE, psdl_call_fail(host.kept_call, "x", 1));

  OK(psdl_compiler_free(run.compiler));
  OK(psdl_policy_free(run.policy));
  CHECK(host.releases == 0);
  OK(judge(&run));
  psdl_document text_operand = document_of("{\"kind\": \"X\", \"metadata\": {\"name\": 7}}", "x.json");
  CHECK_STATUS(PSDL_EVALUATION, psdl_evaluator_evaluate(run.evaluator, &text_operand, run.result)); /* OPA's type error, without a call */
  OK(psdl_result_free(run.result));
  OK(psdl_evaluator_free(run.evaluator));
  CHECK(host.releases == 1);
}

static void undefined_is_no_error(void) {
  Host host = {0};
  const psdl_builtin builtin = builtin_of("acme.nothing", "(any) -> any", nothing, &host);
  const Run run = start(&builtin, "package a\nimport rego.v2\ndeny contains \"there\" if acme.nothing(input)\ndeny contains \"not there\" if not acme.nothing(input)\n");
  OK(judge(&run));
  size_t count = 0;
  OK(psdl_result_finding_count(run.result, &count));
  CHECK(count == 1);
  check_message(&run, "not there");
  stop(&run);
}

/* The engine runs a document that is denied twice; a builtin that is not pure must not notice. */
static void impure_is_called_once(void) {
  Host host = {0};
  const psdl_builtin builtin = builtin_of("acme.count", "(string) -> number", counter, &host);
  const Run run = start(&builtin,
                        "package a\nimport rego.v2\ndeny contains msg if {\n  some c in input.spec.containers\n  n := acme.count(\"a\")\n  m := acme.count(\"a\")\n"
                        "  o := acme.count(\"b\")\n  msg := sprintf(\"%s %d %d %d\", [c.name, n, m, o])\n}\n");
  OK(judge(&run));
  check_message(&run, "app 1 1 2");
  CHECK(host.calls == 2);
  OK(judge(&run)); /* another evaluation */
  check_message(&run, "app 3 3 4");
  CHECK(host.calls == 4);
  stop(&run);
}

static void failures_are_errors(void) {
  Host host = {0};
  psdl_builtin builtin = builtin_of("acme.fails", "(any) -> any", fails, &host);
  static const char kRule[] = "package a\nimport rego.v2\ndeny contains \"x\" if acme.fails(1)\n";
  Run run = start(&builtin, kRule);
  CHECK_STATUS(PSDL_CALLBACK, judge(&run));
  psdl_verdict verdict = PSDL_VERDICT_NONE;
  OK(psdl_result_verdict(run.result, &verdict));
  CHECK(verdict == PSDL_VERDICT_ERROR && host.calls == 1);
  psdl_diagnostic diagnostic = {.size = sizeof diagnostic};
  OK(psdl_result_diagnostic(run.result, 0, &diagnostic));
  CHECK_TEXT("acme.fails: the directory is away", diagnostic.message);
  CHECK_TEXT("rule.rego", diagnostic.file);
  CHECK(diagnostic.line == 3);
  /* A query fails too, though builtin errors of ours would be undefined there. */
  psdl_query *query = NULL;
  OK(psdl_compiler_query(run.compiler, run.policy, "data.a.deny", 11, NULL, &query));
  CHECK_STATUS(PSDL_CALLBACK, psdl_evaluator_query(run.evaluator, query, NULL, run.result));
  OK(psdl_query_free(query));
  stop(&run);

  builtin.function = half;
  run = start(&builtin, kRule);
  CHECK_STATUS(PSDL_CALLBACK, judge(&run));
  stop(&run);
  /* An answer of another type than was declared. */
  builtin = builtin_of("acme.fails", "(any) -> string", counter, &host);
  run = start(&builtin, kRule);
  CHECK_STATUS(PSDL_CALLBACK, judge(&run));
  OK(psdl_result_diagnostic(run.result, 0, &diagnostic));
  CHECK_TEXT("acme.fails: the answer must be string but is number", diagnostic.message);
  stop(&run);
}

static void callbacks_use_handles(void) {
  Host host = {0};
  psdl_builtin builtin = builtin_of("acme.f", "(any) -> boolean", goes_back, &host);
  static const char kRule[] = "package a\nimport rego.v2\ndeny contains \"x\" if acme.f(1)\n";
  Run run = start(&builtin, kRule);
  host.evaluator = run.evaluator;
  host.result = run.result;
  OK(judge(&run));
  CHECK(host.inner == PSDL_BUSY);
  check_message(&run, "x");
  stop(&run);
  builtin.function = asks_another;
  run = start(&builtin, kRule);
  OK(judge(&run));
  check_message(&run, "x");
  stop(&run);
}

static void capabilities_are_granted(void) {
  Host host = {0};
  const psdl_text kNeeds[] = {text_of("network"), text_of("clock")};
  psdl_builtin builtin = builtin_of("http.send", "(request: object[string: any]) -> any", nothing, &host);
  builtin.capabilities = kNeeds;
  builtin.capability_count = 2;
  static const char kRule[] = "package a\nimport rego.v2\ndeny contains \"x\" if http.send({\"url\": \"u\"})\n";
  for (size_t granted = 1; granted <= 2; ++granted) {
    psdl_compiler_options options = {.size = sizeof options, .capabilities = kNeeds, .capability_count = granted};
    psdl_compiler *compiler = NULL;
    psdl_policy *policy = NULL;
    OK(psdl_compiler_new(&options, &compiler));
    OK(psdl_compiler_add_builtin(compiler, &builtin));
    OK(add_source(compiler, "rule.rego", kRule));
    CHECK_STATUS(granted == 2 ? PSDL_OK : PSDL_BAD_POLICY, psdl_compiler_build(compiler, &policy));
    if (granted == 1) {
      psdl_diagnostic diagnostic = {.size = sizeof diagnostic};
      OK(psdl_compiler_diagnostic(compiler, 0, &diagnostic));
      CHECK_TEXT("builtin `http.send` is not available: it needs the capability `clock`, which the host does not grant", diagnostic.message);
    }
    OK(psdl_policy_free(policy));
    /* One that does not call it needs no leave. */
    OK(add_source(compiler, "rule.rego", kNoPrivileged));
    OK(psdl_compiler_build(compiler, &policy));
    OK(psdl_policy_free(policy));
    OK(psdl_compiler_free(compiler));
  }
}

static void declarations_are_checked(void) {
  psdl_compiler *compiler = NULL;
  OK(psdl_compiler_new(NULL, &compiler));
  Host host = {0};
  static const char *const kWrong[][2] = {{"acme.f", "string -> string"},   {"acme.f", "(string) -> strin"},    {"acme.f", "(string)"},
                                          {"acme.f", "(array[string) -> any"}, {"acme.f", "(any...) -> any"},      {"acme.f", "(any) -> void"},
                                          {"acme.f", "(any, any, any, any, any, any, any, any, any, any, any) -> any"},
                                          {"startswith", "(any) -> any"},      {"acme..f", "(any) -> any"},         {"", "(any) -> any"},
                                          {"data.f", "(any) -> any"},          {"acme.if", "(any) -> any"},         {"a b", "(any) -> any"},
                                          {"1a", "(any) -> any"},              {"acme.f", "\xff"}};
  for (size_t i = 0; i < sizeof kWrong / sizeof *kWrong; ++i) {
    psdl_builtin builtin = builtin_of(kWrong[i][0], kWrong[i][1], nothing, &host);
    builtin.release = release;
    const psdl_status status = psdl_compiler_add_builtin(compiler, &builtin);
    if (status != PSDL_BAD_ARGUMENT) fprintf(stderr, "%s %s\n", kWrong[i][0], kWrong[i][1]);
    CHECK(status == PSDL_BAD_ARGUMENT);
  }
  psdl_builtin builtin = builtin_of("acme.f", "(any) -> any", NULL, &host);
  CHECK_STATUS(PSDL_BAD_ARGUMENT, psdl_compiler_add_builtin(compiler, &builtin));
  CHECK(host.releases == 0);
  builtin.function = nothing;
  builtin.release = release;
  OK(psdl_compiler_add_builtin(compiler, &builtin));
  CHECK_STATUS(PSDL_BAD_ARGUMENT, psdl_compiler_add_builtin(compiler, &builtin)); /* taken */
  /* A call that does not fit its type does not compile. */
  psdl_builtin typed = builtin_of("acme.typed", "(string) -> number", nothing, &host);
  OK(psdl_compiler_add_builtin(compiler, &typed));
  psdl_policy *policy = NULL;
  OK(add_source(compiler, "rule.rego", "package a\nimport rego.v2\ndeny contains \"x\" if acme.typed(1) == 2\n"));
  CHECK_STATUS(PSDL_BAD_POLICY, psdl_compiler_build(compiler, &policy));
  psdl_diagnostic diagnostic = {.size = sizeof diagnostic};
  OK(psdl_compiler_diagnostic(compiler, 0, &diagnostic));
  CHECK_TEXT("rego_type_error", diagnostic.code);
  OK(psdl_compiler_free(compiler));
  CHECK(host.releases == 1);
}

/* An image that calls a builtin of the host is good where that is there. */
static void images_name_them(void) {
  Host host = {0};
  const psdl_builtin builtin = builtin_of("acme.count", "(string) -> number", counter, &host);
  Run run = start(&builtin, "package a\nimport rego.v2\ndeny contains msg if msg := sprintf(\"%d\", [acme.count(\"a\")])\n");
  psdl_text image = {NULL, 0};
  OK(psdl_compiler_image(run.compiler, run.policy, &image));
  psdl_compiler *bare = NULL;
  psdl_policy *policy = NULL;
  OK(psdl_compiler_new(NULL, &bare));
  OK(psdl_compiler_add_image(bare, "i", 1, image.data, image.length));
  CHECK_STATUS(PSDL_BAD_POLICY, psdl_compiler_build(bare, &policy));
  OK(psdl_compiler_add_builtin(bare, &builtin));
  OK(psdl_compiler_add_image(bare, "i", 1, image.data, image.length));
  OK(psdl_compiler_build(bare, &policy));
  OK(psdl_compiler_free(bare));
  psdl_evaluator *evaluator = NULL;
  OK(psdl_evaluator_new(policy, NULL, &evaluator));
  psdl_document document = document_of(kGoodPod, "pod.json");
  OK(psdl_evaluator_evaluate(evaluator, &document, run.result));
  check_message(&run, "1");
  OK(psdl_evaluator_free(evaluator));
  OK(psdl_policy_free(policy));
  stop(&run);
}

/* Each of many questions is asked once, though the rules ask it twice. */
static void many_answers_are_remembered(void) {
  Host host = {0};
  psdl_builtin builtin = builtin_of("acme.counter", "(n: number) -> number", counter, &host);
  const Run run = start(&builtin,
                        "package a\nimport rego.v2\ndeny contains \"x\" if {\n  count({acme.counter(n) | some n in numbers.range(1, 500)}) == 500\n  count({acme.counter(n) | some n in numbers.range(1, 500)}) == 500\n}\n");
  OK(judge(&run));
  check_message(&run, "x");
  CHECK(host.calls == 500);
  stop(&run);
}

int main(void) {
  answers_are_values();
  undefined_is_no_error();
  impure_is_called_once();
  failures_are_errors();
  callbacks_use_handles();
  capabilities_are_granted();
  declarations_are_checked();
  images_name_them();
  many_answers_are_remembered();
  return test_result();
}
