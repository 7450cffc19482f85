/* psdl.h in the form cgo can call well. In: handles as numbers, texts as pointer and length; out: what psdl.h gives.
 *
 * Handles of psdl.h are no addresses, so Go must not hold them in pointers, which its collector follows and its checker
 * looks into. And a Go struct that points at Go memory may not go to C, so the structs with a document in them are made
 * here, from plain arguments. */
#ifndef PSDL_GO_SHIM_H
#define PSDL_GO_SHIM_H

#include "psdl/psdl.h"

typedef enum go_kind { GO_COMPILER, GO_POLICY, GO_QUERY, GO_DATA, GO_EVALUATOR, GO_RESULT, GO_BUILDER } go_kind;

psdl_status go_free(go_kind kind, uintptr_t handle);
/* Whether this thread is in a builtin that an evaluation into this result calls. */
bool go_is_inside(uintptr_t result);

/* Compiler and policy. */
psdl_status go_compiler_new(const psdl_compiler_options *options, uintptr_t *out);
psdl_status go_compiler_add_source(uintptr_t compiler, const psdl_source *source);
psdl_status go_compiler_add_pack(uintptr_t compiler, psdl_text name, const psdl_source *sources, size_t count);
psdl_status go_compiler_add_image(uintptr_t compiler, psdl_text name, const char *bytes, size_t length);
psdl_status go_compiler_add_level(uintptr_t compiler, psdl_text level, const psdl_level_options *options);
psdl_status go_compiler_add_extra(uintptr_t compiler, const psdl_text *ids, size_t count);
psdl_status go_compiler_add_data(uintptr_t compiler, psdl_text path, const psdl_document *document);
/* builtin: a handle of runtime/cgo, which goes to psdlGoBuiltin() and psdlGoRelease(). */
psdl_status go_compiler_add_builtin(uintptr_t compiler, psdl_builtin builtin, uintptr_t context);
psdl_status go_compiler_build(uintptr_t compiler, uintptr_t *out);
psdl_status go_compiler_query(uintptr_t compiler, uintptr_t policy, psdl_text text, const psdl_query_options *options,
                              uintptr_t *out);
psdl_status go_compiler_bind(uintptr_t compiler, uintptr_t policy, const psdl_known *known, size_t count,
                             uintptr_t *out);
psdl_status go_compiler_image(uintptr_t compiler, uintptr_t policy, psdl_text *out);
psdl_status go_compiler_diagnostic(uintptr_t compiler, size_t index, psdl_diagnostic *out);
psdl_status go_compiler_report(uintptr_t compiler, psdl_text *out);
psdl_status go_policy_entry_point(uintptr_t policy, size_t index, psdl_entry_point *out);

/* Data. */
psdl_status go_data_new(uintptr_t policy, uintptr_t *out);
psdl_status go_data_apply(uintptr_t data, const psdl_data_change *changes, size_t count);
psdl_status go_data_version(uintptr_t data, uint64_t *out);
psdl_status go_data_json(uintptr_t data, psdl_text path, psdl_text *out);
psdl_status go_data_diagnostic(uintptr_t data, size_t index, psdl_diagnostic *out);

/* Evaluator. `flight` is known to the builtins that run meanwhile; 0: none. */
typedef struct go_outcome {
  psdl_status status;
  psdl_verdict verdict; /* PSDL_VERDICT_ERROR where the call did not come so far */
} go_outcome;

psdl_status go_evaluator_new(uintptr_t policy, psdl_evaluator_options options, uintptr_t data, uintptr_t *out);
psdl_status go_evaluator_cancel(uintptr_t evaluator);
psdl_status go_evaluator_resume(uintptr_t evaluator);
go_outcome go_evaluate(uintptr_t evaluator, uintptr_t result, uintptr_t flight, const char *text, size_t length,
                       const char *name, size_t name_length, psdl_format format);
go_outcome go_evaluate_built(uintptr_t evaluator, uintptr_t result, uintptr_t flight, uintptr_t builder,
                             const char *name, size_t name_length);
/* lengths and name_lengths tell how `texts` and `names`, all of them behind each other, are cut; pointers is room for
 * 2 * count, words for 3 * ((count + 63) / 64): allowed, denied, failed. */
psdl_status go_evaluate_batch(uintptr_t evaluator, uintptr_t result, uintptr_t flight, const char *texts,
                              const size_t *lengths, const char *names, const size_t *name_lengths, size_t count,
                              psdl_format format, const char **pointers, uint64_t *words);
psdl_status go_query(uintptr_t evaluator, uintptr_t result, uintptr_t flight, uintptr_t query, bool has_input,
                     const char *text, size_t length, const char *name, size_t name_length, psdl_format format);
psdl_status go_query_built(uintptr_t evaluator, uintptr_t result, uintptr_t flight, uintptr_t query,
                           uintptr_t builder);

/* Result. */
psdl_status go_result_new(uintptr_t evaluator, uintptr_t *out);
psdl_status go_result_document_count(uintptr_t result, size_t *out);
psdl_status go_result_document(uintptr_t result, size_t index, psdl_document_verdict *out);
psdl_status go_result_finding_count(uintptr_t result, size_t *out);
psdl_status go_result_finding(uintptr_t result, size_t index, psdl_finding *out);
psdl_status go_result_place(uintptr_t result, size_t finding, psdl_place *out);
psdl_status go_result_related(uintptr_t result, size_t finding, size_t index, psdl_place *out);
psdl_status go_result_diagnostic(uintptr_t result, size_t index, psdl_diagnostic *out);
psdl_status go_result_row_count(uintptr_t result, size_t *out);
psdl_status go_result_value(uintptr_t result, size_t row, size_t expression, psdl_value *out);
psdl_status go_result_bindings(uintptr_t result, size_t row, psdl_value *out);
psdl_status go_result_printed(uintptr_t result, psdl_text *out);
psdl_status go_result_json(uintptr_t result, psdl_text *out);

/* Builder, and the call of a builtin. */
psdl_status go_builder_new(uintptr_t policy, uintptr_t *out);
psdl_status go_builder_reset(uintptr_t builder);
psdl_status go_builder_null(uintptr_t builder);
psdl_status go_builder_boolean(uintptr_t builder, bool value);
psdl_status go_builder_number(uintptr_t builder, const char *text, size_t length);
psdl_status go_builder_string(uintptr_t builder, const char *text, size_t length);
psdl_status go_builder_begin_array(uintptr_t builder);
psdl_status go_builder_begin_object(uintptr_t builder);
psdl_status go_builder_begin_set(uintptr_t builder);
psdl_status go_builder_key(uintptr_t builder, const char *text, size_t length);
psdl_status go_builder_end(uintptr_t builder);
psdl_status go_builder_value(uintptr_t builder, psdl_value value);
psdl_status go_builder_json(uintptr_t builder, const char *text, size_t length);
psdl_status go_call_builder(uintptr_t call, uintptr_t *out);
psdl_status go_call_fail(uintptr_t call, const char *message, size_t length);
psdl_status go_call_is_over(uintptr_t call, bool *out);

#endif
