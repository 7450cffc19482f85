/* The bodies of shim.h. In: numbers and plain arguments; out: calls of psdl.h. Nothing is kept behind a call. */
#include "shim.h"

#include "_cgo_export.h"

/* An evaluation. Its builtins run on its thread, and may evaluate something else: they stand inside each other. */
typedef struct frame {
  uintptr_t flight; /* for whom it evaluates */
  uintptr_t result; /* which is locked in Go meanwhile */
  const struct frame *outer;
} frame;
static _Thread_local const frame *current;

bool go_is_inside(uintptr_t result) {
  for (const frame *at = current; at != NULL; at = at->outer) {
    if (at->result == result) return true;
  }
  return false;
}

/* Defines `status`: what the call gave, made in a frame of its own. */
#define INSIDE(flight, result, call)                \
  const frame here = {(flight), (result), current}; \
  current = &here;                                  \
  const psdl_status status = call;                  \
  current = here.outer

#define HANDLE(type, number) ((psdl_##type *)(number)) /* NOLINT */

psdl_status go_free(go_kind kind, uintptr_t handle) {
  switch (kind) {
    case GO_COMPILER: return psdl_compiler_free(HANDLE(compiler, handle));
    case GO_POLICY: return psdl_policy_free(HANDLE(policy, handle));
    case GO_QUERY: return psdl_query_free(HANDLE(query, handle));
    case GO_DATA: return psdl_data_free(HANDLE(data, handle));
    case GO_EVALUATOR: return psdl_evaluator_free(HANDLE(evaluator, handle));
    case GO_RESULT: return psdl_result_free(HANDLE(result, handle));
    case GO_BUILDER: return psdl_builder_free(HANDLE(builder, handle));
  }
  return PSDL_BAD_ARGUMENT;
}

/* What a function of psdl.h puts into a pointer, as a number. */
#define GIVE(type, call)            \
  psdl_##type *given = NULL;        \
  const psdl_status status = call;  \
  *out = (uintptr_t)given;          \
  return status

/* ---- Compiler and policy ---- */

psdl_status go_compiler_new(const psdl_compiler_options *options, uintptr_t *out) {
  GIVE(compiler, psdl_compiler_new(options, &given));
}
psdl_status go_compiler_add_source(uintptr_t compiler, const psdl_source *source) {
  return psdl_compiler_add_source(HANDLE(compiler, compiler), source);
}
psdl_status go_compiler_add_pack(uintptr_t compiler, psdl_text name, const psdl_source *sources, size_t count) {
  return psdl_compiler_add_pack(HANDLE(compiler, compiler), name.data, name.length, sources, count);
}
psdl_status go_compiler_add_image(uintptr_t compiler, psdl_text name, const char *bytes, size_t length) {
  return psdl_compiler_add_image(HANDLE(compiler, compiler), name.data, name.length, bytes, length);
}
psdl_status go_compiler_add_level(uintptr_t compiler, psdl_text level, const psdl_level_options *options) {
  return psdl_compiler_add_level(HANDLE(compiler, compiler), level.data, level.length, options);
}
psdl_status go_compiler_add_extra(uintptr_t compiler, const psdl_text *ids, size_t count) {
  return psdl_compiler_add_extra(HANDLE(compiler, compiler), ids, count);
}
psdl_status go_compiler_add_data(uintptr_t compiler, psdl_text path, const psdl_document *document) {
  return psdl_compiler_add_data(HANDLE(compiler, compiler), path.data, path.length, document);
}

static psdl_status call_builtin(void *context, psdl_call *call, const psdl_value *arguments, size_t count) {
  const uintptr_t flight = current == NULL ? 0 : current->flight;
  return psdlGoBuiltin((uintptr_t)context, flight, (uintptr_t)call, (psdl_value *)arguments, count);
}
static void release_builtin(void *context) { psdlGoRelease((uintptr_t)context); }

psdl_status go_compiler_add_builtin(uintptr_t compiler, psdl_builtin builtin, uintptr_t context) {
  builtin.function = call_builtin;
  builtin.release = release_builtin;
  builtin.context = (void *)context; /* NOLINT: a number, which nobody looks through */
  return psdl_compiler_add_builtin(HANDLE(compiler, compiler), &builtin);
}
psdl_status go_compiler_build(uintptr_t compiler, uintptr_t *out) {
  GIVE(policy, psdl_compiler_build(HANDLE(compiler, compiler), &given));
}
psdl_status go_compiler_query(uintptr_t compiler, uintptr_t policy, psdl_text text, const psdl_query_options *options,
                              uintptr_t *out) {
  GIVE(query, psdl_compiler_query(HANDLE(compiler, compiler), HANDLE(policy, policy), text.data, text.length, options,
                                  &given));
}
psdl_status go_compiler_bind(uintptr_t compiler, uintptr_t policy, const psdl_known *known, size_t count,
                             uintptr_t *out) {
  GIVE(policy, psdl_compiler_bind(HANDLE(compiler, compiler), HANDLE(policy, policy), known, count, &given));
}
psdl_status go_compiler_image(uintptr_t compiler, uintptr_t policy, psdl_text *out) {
  return psdl_compiler_image(HANDLE(compiler, compiler), HANDLE(policy, policy), out);
}
psdl_status go_compiler_diagnostic(uintptr_t compiler, size_t index, psdl_diagnostic *out) {
  return psdl_compiler_diagnostic(HANDLE(compiler, compiler), index, out);
}
psdl_status go_compiler_report(uintptr_t compiler, psdl_text *out) {
  return psdl_compiler_report(HANDLE(compiler, compiler), out);
}
psdl_status go_policy_entry_point(uintptr_t policy, size_t index, psdl_entry_point *out) {
  return psdl_policy_entry_point(HANDLE(policy, policy), index, out);
}

/* ---- Data ---- */

psdl_status go_data_new(uintptr_t policy, uintptr_t *out) {
  GIVE(data, psdl_data_new(HANDLE(policy, policy), &given));
}
psdl_status go_data_apply(uintptr_t data, const psdl_data_change *changes, size_t count) {
  return psdl_data_apply(HANDLE(data, data), changes, count);
}
psdl_status go_data_version(uintptr_t data, uint64_t *out) { return psdl_data_version(HANDLE(data, data), out); }
psdl_status go_data_json(uintptr_t data, psdl_text path, psdl_text *out) {
  return psdl_data_json(HANDLE(data, data), path.data, path.length, out);
}
psdl_status go_data_diagnostic(uintptr_t data, size_t index, psdl_diagnostic *out) {
  return psdl_data_diagnostic(HANDLE(data, data), index, out);
}

/* ---- Evaluator ---- */

psdl_status go_evaluator_new(uintptr_t policy, psdl_evaluator_options options, uintptr_t data, uintptr_t *out) {
  options.data = HANDLE(data, data);
  GIVE(evaluator, psdl_evaluator_new(HANDLE(policy, policy), &options, &given));
}
psdl_status go_evaluator_cancel(uintptr_t evaluator) { return psdl_evaluator_cancel(HANDLE(evaluator, evaluator)); }
psdl_status go_evaluator_resume(uintptr_t evaluator) { return psdl_evaluator_resume(HANDLE(evaluator, evaluator)); }

/* A call that was refused leaves the result as it was, whose verdict is of another document. */
static go_outcome outcome_of(psdl_status status, uintptr_t result) {
  go_outcome outcome = {status, PSDL_VERDICT_ERROR};
  if (status != PSDL_OK) return outcome;
  psdl_verdict verdict = PSDL_VERDICT_NONE;
  outcome.status = psdl_result_verdict(HANDLE(result, result), &verdict);
  if (outcome.status == PSDL_OK) outcome.verdict = verdict;
  return outcome;
}

static psdl_document document_of(const char *text, size_t length, const char *name, size_t name_length,
                                 psdl_format format) {
  const psdl_document document = {sizeof document, {text, length}, {name, name_length}, format};
  return document;
}

go_outcome go_evaluate(uintptr_t evaluator, uintptr_t result, uintptr_t flight, const char *text, size_t length,
                       const char *name, size_t name_length, psdl_format format) {
  const psdl_document document = document_of(text, length, name, name_length, format);
  INSIDE(flight, result, psdl_evaluator_evaluate(HANDLE(evaluator, evaluator), &document, HANDLE(result, result)));
  return outcome_of(status, result);
}
go_outcome go_evaluate_built(uintptr_t evaluator, uintptr_t result, uintptr_t flight, uintptr_t builder,
                             const char *name, size_t name_length) {
  INSIDE(flight, result, psdl_evaluator_evaluate_built(HANDLE(evaluator, evaluator), HANDLE(builder, builder), name, name_length,
                                          HANDLE(result, result)));
  return outcome_of(status, result);
}

static void cut(const char *text, const size_t *lengths, size_t count, const char **out) {
  for (size_t i = 0; i < count; ++i) {
    out[i] = text;
    text += lengths[i];
  }
}

psdl_status go_evaluate_batch(uintptr_t evaluator, uintptr_t result, uintptr_t flight, const char *texts,
                              const size_t *lengths, const char *names, const size_t *name_lengths, size_t count,
                              psdl_format format, const char **pointers, uint64_t *words) {
  const size_t words_each = (count + 63) / 64;
  psdl_batch batch = {.size = sizeof batch, .count = count, .texts = pointers, .lengths = lengths, .format = format};
  batch.allowed = words;
  batch.denied = words + words_each;
  batch.failed = words + 2 * words_each;
  cut(texts, lengths, count, pointers);
  if (name_lengths != NULL) {
    cut(names, name_lengths, count, pointers + count);
    batch.names = pointers + count;
    batch.name_lengths = name_lengths;
  }
  INSIDE(flight, result, psdl_evaluator_evaluate_batch(HANDLE(evaluator, evaluator), &batch, HANDLE(result, result)));
  return status;
}

psdl_status go_query(uintptr_t evaluator, uintptr_t result, uintptr_t flight, uintptr_t query, bool has_input,
                     const char *text, size_t length, const char *name, size_t name_length, psdl_format format) {
  const psdl_document document = document_of(text, length, name, name_length, format);
  INSIDE(flight, result, psdl_evaluator_query(HANDLE(evaluator, evaluator), HANDLE(query, query), has_input ? &document : NULL,
                                 HANDLE(result, result)));
  return status;
}
psdl_status go_query_built(uintptr_t evaluator, uintptr_t result, uintptr_t flight, uintptr_t query,
                           uintptr_t builder) {
  INSIDE(flight, result, psdl_evaluator_query_built(HANDLE(evaluator, evaluator), HANDLE(query, query), HANDLE(builder, builder),
                                       HANDLE(result, result)));
  return status;
}

/* ---- Result ---- */

psdl_status go_result_new(uintptr_t evaluator, uintptr_t *out) {
  GIVE(result, psdl_result_new(HANDLE(evaluator, evaluator), &given));
}
psdl_status go_result_document_count(uintptr_t result, size_t *out) {
  return psdl_result_document_count(HANDLE(result, result), out);
}
psdl_status go_result_document(uintptr_t result, size_t index, psdl_document_verdict *out) {
  return psdl_result_document(HANDLE(result, result), index, out);
}
psdl_status go_result_finding_count(uintptr_t result, size_t *out) {
  return psdl_result_finding_count(HANDLE(result, result), out);
}
psdl_status go_result_finding(uintptr_t result, size_t index, psdl_finding *out) {
  return psdl_result_finding(HANDLE(result, result), index, out);
}
psdl_status go_result_place(uintptr_t result, size_t finding, psdl_place *out) {
  return psdl_result_place(HANDLE(result, result), finding, out);
}
psdl_status go_result_related(uintptr_t result, size_t finding, size_t index, psdl_place *out) {
  return psdl_result_related(HANDLE(result, result), finding, index, out);
}
psdl_status go_result_diagnostic(uintptr_t result, size_t index, psdl_diagnostic *out) {
  return psdl_result_diagnostic(HANDLE(result, result), index, out);
}
psdl_status go_result_row_count(uintptr_t result, size_t *out) {
  return psdl_result_row_count(HANDLE(result, result), out);
}
psdl_status go_result_value(uintptr_t result, size_t row, size_t expression, psdl_value *out) {
  return psdl_result_value(HANDLE(result, result), row, expression, out);
}
psdl_status go_result_bindings(uintptr_t result, size_t row, psdl_value *out) {
  return psdl_result_bindings(HANDLE(result, result), row, out);
}
psdl_status go_result_printed(uintptr_t result, psdl_text *out) {
  return psdl_result_printed(HANDLE(result, result), out);
}
psdl_status go_result_json(uintptr_t result, psdl_text *out) { return psdl_result_json(HANDLE(result, result), out); }

/* ---- Builder, and the call of a builtin ---- */

psdl_status go_builder_new(uintptr_t policy, uintptr_t *out) {
  GIVE(builder, psdl_builder_new(HANDLE(policy, policy), &given));
}
psdl_status go_builder_reset(uintptr_t builder) { return psdl_builder_reset(HANDLE(builder, builder)); }
psdl_status go_builder_null(uintptr_t builder) { return psdl_builder_null(HANDLE(builder, builder)); }
psdl_status go_builder_boolean(uintptr_t builder, bool value) {
  return psdl_builder_boolean(HANDLE(builder, builder), value);
}
psdl_status go_builder_number(uintptr_t builder, const char *text, size_t length) {
  return psdl_builder_number(HANDLE(builder, builder), text, length);
}
psdl_status go_builder_string(uintptr_t builder, const char *text, size_t length) {
  return psdl_builder_string(HANDLE(builder, builder), text, length);
}
psdl_status go_builder_begin_array(uintptr_t builder) { return psdl_builder_begin_array(HANDLE(builder, builder)); }
psdl_status go_builder_begin_object(uintptr_t builder) { return psdl_builder_begin_object(HANDLE(builder, builder)); }
psdl_status go_builder_begin_set(uintptr_t builder) { return psdl_builder_begin_set(HANDLE(builder, builder)); }
psdl_status go_builder_key(uintptr_t builder, const char *text, size_t length) {
  return psdl_builder_key(HANDLE(builder, builder), text, length);
}
psdl_status go_builder_end(uintptr_t builder) { return psdl_builder_end(HANDLE(builder, builder)); }
psdl_status go_builder_value(uintptr_t builder, psdl_value value) {
  return psdl_builder_value(HANDLE(builder, builder), value);
}
psdl_status go_builder_json(uintptr_t builder, const char *text, size_t length) {
  return psdl_builder_json(HANDLE(builder, builder), text, length);
}
psdl_status go_call_builder(uintptr_t call, uintptr_t *out) {
  GIVE(builder, psdl_call_builder(HANDLE(call, call), &given));
}
psdl_status go_call_fail(uintptr_t call, const char *message, size_t length) {
  return psdl_call_fail(HANDLE(call, call), message, length);
}
psdl_status go_call_is_over(uintptr_t call, bool *out) { return psdl_call_is_over(HANDLE(call, call), out); }
