/* A host's locale and rounding mode: the same bytes whatever they are. Arguments: the locales to try, which must be there. */
#include <fenv.h>
#include <locale.h>
#include <stdint.h>

#include "check.h"

static const char kNumbers[] =
    "package n\n"
    "import rego.v2\n"
    "deny contains msg if {\n"
    "  x := input.num * 3.3\n"
    "  y := 1 / 3\n"
    "  msg := sprintf(\"%v %v %.3f %5.2f %e %s %v\", [x, y, 2.0005, input.num, 12345.678, upper(\"title I\"), round(input.num * 7)])\n"
    "}\n"
    "values := {\"tenth\": 0.1, \"third\": 1 / 3, \"sum\": sum([0.1, 0.2, 0.3]), \"upper\": upper(\"i\"), \"lower\": lower(\"I\"),\n"
    "  \"built\": input.built, \"parsed\": to_number(\"1.5e3\"), \"text\": json.marshal({\"a\": 1.25})}\n";

/* All that comes out, in one text. */
static char *everything(void) {
  psdl_compiler *compiler = NULL;
  psdl_policy *policy = NULL;
  psdl_query *query = NULL;
  psdl_evaluator *evaluator = NULL;
  psdl_result *result = NULL;
  psdl_builder *builder = NULL;
  OK(psdl_compiler_new(NULL, &compiler));
  OK(add_source(compiler, "n.rego", kNumbers));
  OK(psdl_compiler_add_level(compiler, "restricted", 10, NULL));
  OK(psdl_compiler_build(compiler, &policy));
  OK(psdl_compiler_query(compiler, policy, "data.n.values", 13, NULL, &query));
  OK(psdl_evaluator_new(policy, NULL, &evaluator));
  OK(psdl_result_new(evaluator, &result));
  OK(psdl_builder_new(policy, &builder));
  static const char *const kTexts[] = {"{\"apiVersion\": \"v1\", \"kind\": \"Pod\", \"num\": 1.1, \"spec\": {\"containers\": [{\"name\": \"i\", \"image\": \"i\"}]}}",
                                       "apiVersion: v1\nkind: Pod\nnum: 1.1e-3\nspec: {containers: [{name: I, image: i}]}\n"};
  char *all = calloc(1, 1 << 20);
  char *end = all;
  psdl_text text = {NULL, 0};
  for (int i = 0; i < 2; ++i) {
    psdl_document document = document_of(kTexts[i], i == 0 ? "a.json" : "a.yaml");
    OK(psdl_evaluator_evaluate(evaluator, &document, result));
    OK(psdl_result_json(result, &text));
    memcpy(end, text.data, text.length);
    end += text.length;
  }
  OK(psdl_builder_begin_object(builder));
  OK(psdl_builder_key(builder, "built", 5));
  OK(psdl_builder_begin_array(builder));
  static const double kDoubles[] = {0.1, 1.0 / 3.0, 1e300, 5e-324, 123456.789, -2.5};
  for (size_t i = 0; i < sizeof kDoubles / sizeof *kDoubles; ++i) OK(psdl_builder_double(builder, kDoubles[i]));
  OK(psdl_builder_end(builder));
  OK(psdl_builder_end(builder));
  OK(psdl_evaluator_query_built(evaluator, query, builder, result));
  psdl_value values;
  OK(psdl_result_value(result, 0, 0, &values));
  OK(psdl_value_json(values, &text));
  memcpy(end, text.data, text.length);
  end += text.length;
  static const char *const kFields[] = {"tenth", "third", "sum", "parsed"};
  for (size_t i = 0; i < sizeof kFields / sizeof *kFields; ++i) {
    psdl_value field;
    double number = 0;
    OK(psdl_value_field(values, kFields[i], strlen(kFields[i]), &field));
    OK(psdl_value_double(field, &number));
    uint64_t bits = 0;
    memcpy(&bits, &number, sizeof bits);
    for (int digit = 0; digit < 16; ++digit) *end++ = "0123456789abcdef"[bits >> (60 - 4 * digit) & 15];
  }
  OK(psdl_builder_free(builder));
  OK(psdl_result_free(result));
  OK(psdl_evaluator_free(evaluator));
  OK(psdl_query_free(query));
  OK(psdl_policy_free(policy));
  OK(psdl_compiler_free(compiler));
  return all;
}

int main(int argc, char **argv) {
  char *const wanted = everything();
  CHECK(strlen(wanted) > 1000);
  static const int kModes[] = {FE_TONEAREST, FE_UPWARD, FE_DOWNWARD, FE_TOWARDZERO};
  CHECK(argc > 1);
  for (int i = 0; i < argc; ++i) {
    const char *locale = i == 0 ? "C" : argv[i];
    if (setlocale(LC_ALL, locale) == NULL) {
      fprintf(stderr, "locale %s is not there\n", locale);
      return 1;
    }
    for (size_t mode = 0; mode < sizeof kModes / sizeof *kModes; ++mode) {
      CHECK(fesetround(kModes[mode]) == 0);
      char *const got = everything();
      CHECK(fegetround() == kModes[mode]); /* the host's own is left alone */
      fesetround(FE_TONEAREST);
      CHECK(strcmp(got, wanted) == 0);
      if (strcmp(got, wanted) != 0) {
        size_t at = 0;
        while (got[at] == wanted[at]) ++at;
        at = at < 40 ? 0 : at - 40;
        fprintf(stderr, "locale %s, mode %d: %.80s, not %.80s\n", locale, kModes[mode], got + at, wanted + at);
      }
      free(got);
    }
  }
  free(wanted);
  return test_result();
}
