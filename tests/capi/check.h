/* Checks for programs in C: a failed one is told with its line and counted, and the program goes on. */
#ifndef PSDL_TESTS_CAPI_CHECK_H
#define PSDL_TESTS_CAPI_CHECK_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "psdl/psdl.h"

static int failed_checks = 0;

#define CHECK(condition)                                                    \
  do {                                                                      \
    if (!(condition)) {                                                     \
      ++failed_checks;                                                      \
      fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition); \
    }                                                                       \
  } while (0)

/* CHECK_STATUS(PSDL_OK, psdl_policy_free(policy)) */
#define CHECK_STATUS(wanted, call)                                                                       \
  do {                                                                                                   \
    const psdl_status got_status = (call);                                                               \
    if (got_status != (wanted)) {                                                                        \
      ++failed_checks;                                                                                   \
      fprintf(stderr, "%s:%d: %s: %s, not %s\n", __FILE__, __LINE__, #call, psdl_status_name(got_status), \
              psdl_status_name(wanted));                                                                 \
    }                                                                                                    \
  } while (0)

#define OK(call) CHECK_STATUS(PSDL_OK, call)

#define CHECK_TEXT(wanted, text)                                                                                     \
  do {                                                                                                               \
    const psdl_text got_text = (text);                                                                               \
    if (got_text.length != strlen(wanted) || memcmp(got_text.data, (wanted), got_text.length) != 0) {                \
      ++failed_checks;                                                                                               \
      fprintf(stderr, "%s:%d: %s: \"%.*s\", not \"%s\"\n", __FILE__, __LINE__, #text, (int)got_text.length, got_text.data, \
              (wanted));                                                                                             \
    }                                                                                                                \
  } while (0)

static inline int test_result(void) {
  if (failed_checks > 0) fprintf(stderr, "%d checks failed\n", failed_checks);
  return failed_checks > 0;
}

static inline psdl_text text_of(const char *text) {
  psdl_text made = {text, strlen(text)};
  return made;
}

static inline psdl_document document_of(const char *text, const char *name) {
  psdl_document document;
  memset(&document, 0, sizeof document);
  document.size = sizeof document;
  document.text = text_of(text);
  document.name = text_of(name);
  return document;
}

static inline psdl_status add_source(psdl_compiler *compiler, const char *name, const char *text) {
  psdl_source source;
  memset(&source, 0, sizeof source);
  source.size = sizeof source;
  source.name = text_of(name);
  source.text = text_of(text);
  return psdl_compiler_add_source(compiler, &source);
}

/* A rule that most tests do with. */
static const char kNoPrivileged[] =
    "package example\n"
    "import rego.v2\n"
    "deny contains {\"msg\": msg, \"id\": \"X1\"} if {\n"
    "  some c in input.spec.containers\n"
    "  c.securityContext.privileged == true\n"
    "  msg := sprintf(\"container %q is privileged\", [c.name])\n"
    "}\n"
    "double(x) := x * 2\n"
    "limits := {\"cpu\": 4, \"names\": [\"a\", \"b\"], \"tags\": {\"x\", \"y\"}, \"big\": 18446744073709551616, \"part\": 1.30, \"none\": null}\n";

static const char kGoodPod[] =
    "{\"apiVersion\": \"v1\", \"kind\": \"Pod\", \"metadata\": {\"name\": \"web\", \"namespace\": \"shop\"},\n"
    " \"spec\": {\"containers\": [{\"name\": \"app\", \"image\": \"nginx:1.25\"}]}}\n";

static const char kBadPod[] =
    "apiVersion: v1\n"
    "kind: Pod\n"
    "metadata: {name: web, namespace: shop}\n"
    "spec:\n"
    "  containers:\n"
    "    - name: app\n"
    "      image: nginx:1.25\n"
    "      securityContext:\n"
    "        privileged: true\n";

/* A policy of one source; NULL, with a failed check, where it does not compile. */
static inline psdl_policy *compile_source(const char *text) {
  psdl_compiler *compiler = NULL;
  psdl_policy *policy = NULL;
  OK(psdl_compiler_new(NULL, &compiler));
  OK(add_source(compiler, "rule.rego", text));
  OK(psdl_compiler_build(compiler, &policy));
  if (policy == NULL) {
    psdl_text report = {NULL, 0};
    psdl_compiler_report(compiler, &report);
    fprintf(stderr, "%.*s\n", (int)report.length, report.data);
  }
  OK(psdl_compiler_free(compiler));
  return policy;
}

#endif
