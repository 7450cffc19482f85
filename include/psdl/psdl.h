/* The engine for hosts in any language: the stable ABI. In: texts of policies, data and documents; out: verdicts,
 * findings, answers of queries.
 *
 *     psdl_compiler *compiler = NULL;
 *     psdl_policy *policy = NULL;
 *     psdl_evaluator *evaluator = NULL;
 *     psdl_result *result = NULL;
 *     psdl_compiler_new(NULL, &compiler);
 *     psdl_compiler_add_level(compiler, "restricted", 10, NULL);
 *     psdl_compiler_build(compiler, &policy);
 *     psdl_evaluator_new(policy, NULL, &evaluator);
 *     psdl_result_new(evaluator, &result);
 *     psdl_document document = {.size = sizeof document, .text = {json, json_len}, .name = {"pod.json", 8}};
 *     // PSDL_OK: evaluated to the end, whatever the verdict.
 *     psdl_status status = psdl_evaluator_evaluate(evaluator, &document, result);
 *
 * Status.   Every function that can fail returns a psdl_status; what it gives comes by its last parameter. On
 *           failure that is NULL or zero.
 * Handles.  A handle is never looked into through its pointer. One that was freed, is of another kind, or never was
 *           one gives PSDL_BAD_HANDLE, whenever it is used. Freeing NULL is PSDL_OK and does nothing. Handles keep
 *           what they need: a policy may be freed before its evaluators.
 * Threads.  psdl_policy and psdl_query never change and serve any number of threads. Everything else belongs to one
 *           thread at a time; a call that comes while another thread (or a callback) is inside the same handle gives
 *           PSDL_BUSY. Exceptions: psdl_evaluator_cancel(), psdl_data.
 * Texts.    UTF-8 with a length, never ended by NUL, borrowed for the call. A length of 0 goes with any pointer.
 *           Texts that come out belong to the handle they were asked from, and stay until it is used for something
 *           else or freed.
 * Structs.  One that begins with `size` is set to zeros, its `size` to sizeof, then filled in. A library that knows
 *           fewer fields takes a larger struct if the rest is zeros; one that knows more takes the default for what
 *           is not there. In arrays of them the first `size` is that of all.
 * Memory.   Handles and all arenas come from the allocator of the compiler they descend from. A warm evaluator
 *           allocates nothing.
 *
 * Nothing here throws, keeps a lock while it works, starts threads, or reads files. source: docs/embedding.md. */
#ifndef PSDL_PSDL_H
#define PSDL_PSDL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__)
#define PSDL_API __attribute__((visibility("default")))
#else
#define PSDL_API
#endif
#ifdef __cplusplus
#define PSDL_NOEXCEPT noexcept
extern "C" {
#else
#define PSDL_NOEXCEPT
#endif

/* ---- Version ------------------------------------------------------------------------------------------------ */

/* Goes up when a host that was built for the one before would not work any more; new functions and fields do not
 * count. */
#define PSDL_ABI_VERSION 1U

/* PSDL_ABI_VERSION of the library: to be compared with the header's before anything else. */
PSDL_API uint32_t psdl_abi_version(void) PSDL_NOEXCEPT;
/* "0.1.0"; ended by NUL, lives as long as the program. */
PSDL_API const char *psdl_version(void) PSDL_NOEXCEPT;

/* ---- Status ------------------------------------------------------------------------------------------------- */

typedef int32_t psdl_status;
enum {
  PSDL_OK = 0,
  PSDL_BAD_ARGUMENT = 1,   /* NULL where something must be, a number out of range, no UTF-8, a wrong `size` */
  PSDL_BAD_HANDLE = 2,     /* freed, of another kind, or never a handle; a value whose owner was used again */
  PSDL_BUSY = 3,           /* somebody is inside the handle */
  PSDL_OUT_OF_MEMORY = 4,  /* the allocator gave NULL */
  PSDL_BAD_POLICY = 5,     /* rules, an image or data with errors: psdl_compiler_diagnostic() */
  PSDL_BAD_INPUT = 6,      /* a document or data that cannot be read: psdl_result_diagnostic(), psdl_data_..() */
  PSDL_EVALUATION = 7,     /* a builtin error, a conflict, a finding of no known shape */
  PSDL_LIMIT = 8,          /* one was reached; the diagnostic's code names it: "limit_instructions" */
  PSDL_CANCELLED = 9,      /* psdl_evaluator_cancel() */
  PSDL_CALLBACK = 10,      /* a host's builtin failed, or threw */
  PSDL_NOT_FOUND = 11,     /* no such index, field or row */
  PSDL_WRONG_KIND = 12,    /* the value is of another kind */
  PSDL_OUT_OF_RANGE = 13,  /* the number does not fit */
  PSDL_INTERNAL = 14       /* our bug */
};

/* "bad_handle"; "unknown" for other numbers. Ended by NUL. */
PSDL_API const char *psdl_status_name(psdl_status status) PSDL_NOEXCEPT;

/* ---- What is used everywhere -------------------------------------------------------------------------------- */

typedef struct psdl_text {
  const char *data; /* may be NULL where length is 0 */
  size_t length;
} psdl_text;

/* `allocate` gives memory that is aligned for every type, or NULL; `release` takes it back with the size it was
 * asked for. Both are called from whichever thread uses or frees a handle, and must be there as long as any handle
 * is. What the engine keeps in containers of the C++ library comes from `new`. */
typedef struct psdl_allocator {
  void *(*allocate)(void *context, size_t bytes);
  void (*release)(void *context, void *memory, size_t bytes);
  void *context;
} psdl_allocator;

/* A limit of docs/limits.md by name: "instructions". Sizes in bytes, times in nanoseconds, from 1 to the most that
 * the page says. */
typedef struct psdl_limit {
  psdl_text name;
  uint64_t value;
} psdl_limit;

typedef int32_t psdl_severity;
enum { PSDL_SEVERITY_ERROR = 1, PSDL_SEVERITY_WARNING = 2, PSDL_SEVERITY_NOTE = 3 };

typedef int32_t psdl_format;
enum {
  PSDL_FORMAT_AUTO = 0, /* a name that ends in `.json` is JSON; all else is read as YAML, which holds JSON too */
  PSDL_FORMAT_JSON = 1,
  PSDL_FORMAT_YAML = 2
};

typedef struct psdl_document {
  size_t size;
  psdl_text text;
  psdl_text name; /* shown in messages and findings: "pod.yaml"; empty: "input" */
  psdl_format format;
} psdl_document;

/* A problem with a policy, a document or an evaluation. */
typedef struct psdl_diagnostic {
  size_t size;
  psdl_severity severity;
  uint32_t line;   /* from 1; 0: no place */
  uint32_t column; /* from 1, in code points */
  uint32_t document; /* of a result: the number of the verdict it belongs to */
  psdl_text code;    /* "rego_parse_error"; docs/reference/diagnostics.md */
  psdl_text message;
  psdl_text file;
  psdl_text help; /* what to do, lines ended by \n but for the last; may be empty */
} psdl_diagnostic;

typedef struct psdl_compiler psdl_compiler;
typedef struct psdl_policy psdl_policy;
typedef struct psdl_query psdl_query;
typedef struct psdl_data psdl_data;
typedef struct psdl_evaluator psdl_evaluator;
typedef struct psdl_result psdl_result;
typedef struct psdl_builder psdl_builder;
/* A call of a host's builtin, while it is on. */
typedef struct psdl_call psdl_call;

/* A value to look at, without ownership: it holds as long as what it came from is neither used again nor freed, and
 * is found out afterwards. */
typedef struct psdl_value {
  uint64_t opaque[2];
} psdl_value;

/* ---- Compiler: texts to policies, queries and images -------------------------------------------------------- */

typedef struct psdl_compiler_options {
  size_t size;
  const psdl_allocator *allocator; /* copied; NULL: malloc */
  const psdl_limit *limits;        /* of everything that descends from here; copied */
  size_t limit_count;
  const psdl_text *capabilities; /* what builtins of the host may ask for (psdl_builtin); copied */
  size_t capability_count;
  bool v0_compatible; /* `.rego` files are v0 */
  bool strict;        /* unused imports, variables and arguments are errors */
  bool drop_prints;   /* print() is taken out */
  bool no_optimise;   /* the code is what the plan says, step by step */
} psdl_compiler_options;

/* options: NULL for the defaults.
 * errors: PSDL_BAD_ARGUMENT (also for an unknown limit, or a value it cannot have), PSDL_OUT_OF_MEMORY. */
PSDL_API psdl_status psdl_compiler_new(const psdl_compiler_options *options, psdl_compiler **out) PSDL_NOEXCEPT;
PSDL_API psdl_status psdl_compiler_free(psdl_compiler *compiler) PSDL_NOEXCEPT;

typedef int32_t psdl_dialect;
enum {
  PSDL_DIALECT_BY_NAME = 0, /* `.psdl` is PSDL, all else Rego v1 (v0 with v0_compatible) */
  PSDL_DIALECT_REGO_V0 = 1,
  PSDL_DIALECT_REGO_V1 = 2,
  PSDL_DIALECT_PSDL = 3
};

typedef struct psdl_source {
  size_t size;
  psdl_text name; /* shown in messages: "rule.psdl" */
  psdl_text text;
  psdl_dialect dialect;
  bool is_library; /* for others to import: its rules are not asked for findings */
} psdl_source;

/* Adds a source. Unless it is a library it must hold an entry point, or build() fails. The text is copied. */
PSDL_API psdl_status psdl_compiler_add_source(psdl_compiler *compiler, const psdl_source *source) PSDL_NOEXCEPT;
/* Adds the sources of a pack, which must hold an entry point together. */
PSDL_API psdl_status psdl_compiler_add_pack(psdl_compiler *compiler, const char *name, size_t name_len,
                                            const psdl_source *sources, size_t source_count) PSDL_NOEXCEPT;
/* Adds a program image (docs/images.md) in place of all sources. Every byte of it is checked; a checksum is no
 * signature, so whoever takes images from elsewhere pins or signs them. */
PSDL_API psdl_status psdl_compiler_add_image(psdl_compiler *compiler, const char *name, size_t name_len,
                                             const void *bytes, size_t bytes_len) PSDL_NOEXCEPT;

typedef struct psdl_level_options {
  size_t size;
  psdl_text version;      /* "latest" or "v1.34"; empty: latest */
  const psdl_text *only;  /* ids of rules: these alone; none: all */
  size_t only_count;
  const psdl_text *without; /* ids of rules that are left out */
  size_t without_count;
  bool without_admission; /* what the API server fills in does not count */
} psdl_level_options;

/* Adds the rules of a level of the Pod Security Standards: "privileged", "baseline", "restricted". Evaluators of the
 * policy then judge pods: a document of which is proven that it holds no pod is PSDL_VERDICT_SKIPPED, one that may
 * hold one where no rule looks is an error.
 * errors: PSDL_BAD_POLICY: no such level, version or rule; psdl_compiler_diagnostic() has the likely spelling. */
PSDL_API psdl_status psdl_compiler_add_level(psdl_compiler *compiler, const char *level, size_t level_len,
                                             const psdl_level_options *options) PSDL_NOEXCEPT;
/* Adds rules that come with PSDL and are part of no level, by id: "EXT001". errors: as above. */
PSDL_API psdl_status psdl_compiler_add_extra(psdl_compiler *compiler, const psdl_text *ids,
                                             size_t id_count) PSDL_NOEXCEPT;

/* Adds a document of base data.
 * path: a JSON pointer, where below `data` it stands: "" (its keys are keys of `data`), "/teams". */
PSDL_API psdl_status psdl_compiler_add_data(psdl_compiler *compiler, const char *path, size_t path_len,
                                            const psdl_document *document) PSDL_NOEXCEPT;

/* A builtin of the host. It is given evaluated operands of the declared types (the compiler and each call see to what a
 * type is outermost: that `array[string]` is an array; what is in it, the callback checks), and answers
 *   - PSDL_OK with a value built in psdl_call_builder(), or
 *   - PSDL_OK without one: the call is undefined, or
 *   - anything else: the evaluation of the document ends with PSDL_CALLBACK; psdl_call_fail() says why. It runs on
 *     the thread that evaluates. It may use other handles, other evaluators too; its own gives PSDL_BUSY. What it
 *     throws is caught; it must not end its thread (pthread_exit(), pthread_cancel()). */
typedef psdl_status (*psdl_builtin_function)(void *context, psdl_call *call, const psdl_value *arguments,
                                             size_t argument_count);

typedef struct psdl_builtin {
  size_t size;
  /* "acme.owner_of": names joined by dots, none of them a keyword. Not one of PSDL's own; one that PSDL leaves out
   * ("http.send") may be. */
  psdl_text name;
  /* "(name: string, tags: set[string]) -> object[string: any]", as docs/reference/builtins.md writes them; at most
   * 10 operands. */
  psdl_text signature;
  psdl_builtin_function function;
  void *context;
  /* Called once, when the compiler and the last policy that knows the builtin are gone; may be NULL. */
  void (*release)(void *context);
  /* What it reaches, in names of the host's choice: "network". A policy that calls it compiles only where all of them
   * are among those that psdl_compiler_options grants. */
  const psdl_text *capabilities;
  size_t capability_count;
  /* The same operands always give the same answer and nothing happens besides: it may be called as often as the
   * engine likes. Without it one evaluation calls it once for the same operands and remembers the answer. */
  bool is_pure;
} psdl_builtin;

/* Adds a builtin for all that is built afterwards.
 * errors: PSDL_BAD_ARGUMENT: the name is taken or is none, the signature cannot be read. `release` is not called
 *         then. */
PSDL_API psdl_status psdl_compiler_add_builtin(psdl_compiler *compiler, const psdl_builtin *builtin) PSDL_NOEXCEPT;

/* Makes a policy of what was added, and forgets that, whatever the outcome; options and builtins stay for the next.
 * errors: PSDL_BAD_POLICY: psdl_compiler_diagnostic(); also where nothing was added. Warnings may come with a policy. */
PSDL_API psdl_status psdl_compiler_build(psdl_compiler *compiler, psdl_policy **out) PSDL_NOEXCEPT;

typedef struct psdl_query_options {
  size_t size;
  psdl_text package;        /* "data.example": its rules go by their short names */
  const psdl_text *imports; /* each as behind the word `import`: "data.example as e" */
  size_t import_count;
} psdl_query_options;

/* A query against a policy: "data.example.allow", "x := data.example.limits[_]; x > 3". On a program image it names
 * one document. options may be NULL.
 * errors: PSDL_BAD_POLICY: psdl_compiler_diagnostic(). */
PSDL_API psdl_status psdl_compiler_query(psdl_compiler *compiler, const psdl_policy *policy, const char *text,
                                         size_t text_len, const psdl_query_options *options,
                                         psdl_query **out) PSDL_NOEXCEPT;
/* A part of every document, or of `data`, that is known before. */
typedef struct psdl_known {
  size_t size;
  psdl_text path; /* a JSON pointer that begins with `/data` or `/input`: "/data/teams", "/input/parameters" */
  psdl_text text;
  psdl_text name; /* shown in messages */
  psdl_format format;
} psdl_known;
/* The same rules with more known: what that decides is decided once. Every answer is the one that the documents
 * would give. Not for images.
 * errors: PSDL_BAD_POLICY. source: docs/performance.md, "What is known early". */
PSDL_API psdl_status psdl_compiler_bind(psdl_compiler *compiler, const psdl_policy *policy, const psdl_known *known,
                                        size_t known_count, psdl_policy **out) PSDL_NOEXCEPT;
/* The policy as a program image with its data: bytes that belong to the compiler until its next call. The same
 * sources and options always give the same.
 * errors: PSDL_BAD_POLICY: it is beyond what an image may hold, or something was bound to it. */
PSDL_API psdl_status psdl_compiler_image(psdl_compiler *compiler, const psdl_policy *policy,
                                         psdl_text *out) PSDL_NOEXCEPT;

/* The problems of the compiler's last call that can have any. */
PSDL_API psdl_status psdl_compiler_diagnostic_count(const psdl_compiler *compiler, size_t *out) PSDL_NOEXCEPT;
PSDL_API psdl_status psdl_compiler_diagnostic(const psdl_compiler *compiler, size_t index,
                                              psdl_diagnostic *out) PSDL_NOEXCEPT;
/* All of them for people, with the lines they stand in. */
PSDL_API psdl_status psdl_compiler_report(psdl_compiler *compiler, psdl_text *out) PSDL_NOEXCEPT;

/* ---- Policy ------------------------------------------------------------------------------------------------- */

PSDL_API psdl_status psdl_policy_free(psdl_policy *policy) PSDL_NOEXCEPT;

/* A rule that yields findings. The texts live as long as the policy. */
typedef struct psdl_entry_point {
  size_t size;
  psdl_text path; /* "data.example.deny" */
  psdl_text id;
  psdl_text title;
  psdl_text file;
  uint32_t line;
  psdl_severity severity;
} psdl_entry_point;

PSDL_API psdl_status psdl_policy_entry_point_count(const psdl_policy *policy, size_t *out) PSDL_NOEXCEPT;
PSDL_API psdl_status psdl_policy_entry_point(const psdl_policy *policy, size_t index,
                                             psdl_entry_point *out) PSDL_NOEXCEPT;

PSDL_API psdl_status psdl_query_free(psdl_query *query) PSDL_NOEXCEPT;

/* ---- Data: base documents that change while evaluators run -------------------------------------------------- */

/* Begins with the data that the policy was built with, and belongs to that policy. One thread at a time may change
 * it; any number of evaluators read it. */
PSDL_API psdl_status psdl_data_new(const psdl_policy *policy, psdl_data **out) PSDL_NOEXCEPT;
PSDL_API psdl_status psdl_data_free(psdl_data *data) PSDL_NOEXCEPT;

typedef int32_t psdl_data_action;
enum {
  PSDL_DATA_PUT = 1,   /* `text` is the value at `path` from now on; objects that are missing on the way are made */
  PSDL_DATA_PATCH = 2, /* `text` is a JSON Patch (RFC 6902), whose paths begin at `path` */
  PSDL_DATA_REMOVE = 3 /* what stands at `path` is gone; it is an error where nothing does */
};

typedef struct psdl_data_change {
  size_t size;
  psdl_data_action action;
  psdl_format format;
  psdl_text path; /* a JSON pointer below `data`: "/teams/red"; "" is all of it */
  psdl_text text;
  psdl_text name; /* shown in messages */
} psdl_data_change;

/* Makes all changes in order, or none. Evaluations that have begun keep what they began with; later ones see all of
 * it.
 * errors: PSDL_BAD_INPUT: a text cannot be read, a patch does not apply, data would stand where a rule does;
 *         PSDL_LIMIT ("data_bytes", ..). psdl_data_diagnostic() tells, and nothing has changed. */
PSDL_API psdl_status psdl_data_apply(psdl_data *data, const psdl_data_change *changes,
                                     size_t change_count) PSDL_NOEXCEPT;
/* How often it was changed: 0 at first. May be asked from any thread. */
PSDL_API psdl_status psdl_data_version(const psdl_data *data, uint64_t *out) PSDL_NOEXCEPT;
/* What stands at a path, as JSON; it belongs to `data` until its next call. errors: PSDL_NOT_FOUND. */
PSDL_API psdl_status psdl_data_json(psdl_data *data, const char *path, size_t path_len, psdl_text *out) PSDL_NOEXCEPT;
PSDL_API psdl_status psdl_data_diagnostic_count(const psdl_data *data, size_t *out) PSDL_NOEXCEPT;
PSDL_API psdl_status psdl_data_diagnostic(const psdl_data *data, size_t index, psdl_diagnostic *out) PSDL_NOEXCEPT;

/* ---- Evaluator ---------------------------------------------------------------------------------------------- */

typedef struct psdl_evaluator_options {
  size_t size;
  const psdl_limit *limits; /* in place of those of the policy; copied */
  size_t limit_count;
  psdl_data *data; /* of the same policy; NULL: what the policy was built with */
  int64_t now_ns;  /* time.now_ns where fixes_now; else the clock when an evaluation begins */
  uint64_t seed;   /* of rand.intn and uuid.rfc4122 */
  bool fixes_now;
  bool strict_builtin_errors; /* of queries; findings are always strict */
  bool strict_fields;         /* a field that the type of the object does not have is an error, not a warning */
  bool trust_types;           /* no check against Kubernetes' types: for objects that come from an API server */
  bool skip_non_manifests;    /* documents that are no manifests are PSDL_VERDICT_SKIPPED */
  bool without_places;        /* findings stand at their file: the look for places takes most of the time of a denial */
  bool with_psa;              /* findings of the pod standards carry what the API server prints: each check that fails is asked once more */
} psdl_evaluator_options;

PSDL_API psdl_status psdl_evaluator_new(const psdl_policy *policy, const psdl_evaluator_options *options,
                                        psdl_evaluator **out) PSDL_NOEXCEPT;
PSDL_API psdl_status psdl_evaluator_free(psdl_evaluator *evaluator) PSDL_NOEXCEPT;

/* From any thread: the evaluation that runs ends with PSDL_CANCELLED, and so does each that begins until
 * psdl_evaluator_resume(). */
PSDL_API psdl_status psdl_evaluator_cancel(psdl_evaluator *evaluator) PSDL_NOEXCEPT;
PSDL_API psdl_status psdl_evaluator_resume(psdl_evaluator *evaluator) PSDL_NOEXCEPT;

/* Judges every document of the text: every YAML document, every JSON text, every item of a List; of an
 * AdmissionReview its object. The result holds a verdict for each; what it held before is gone.
 * errors: the first one's: PSDL_BAD_INPUT (also: no document in it), PSDL_EVALUATION, PSDL_LIMIT, PSDL_CANCELLED,
 *         PSDL_CALLBACK. The result then has verdicts too, with PSDL_VERDICT_ERROR where it belongs. */
PSDL_API psdl_status psdl_evaluator_evaluate(psdl_evaluator *evaluator, const psdl_document *document,
                                             psdl_result *result) PSDL_NOEXCEPT;
/* The same with a document that was built, whose places are paths alone. It may be used again. It must have been
 * made for the evaluator's policy. */
PSDL_API psdl_status psdl_evaluator_evaluate_built(psdl_evaluator *evaluator, psdl_builder *document, const char *name,
                                                   size_t name_len, psdl_result *result) PSDL_NOEXCEPT;

/* Columns: texts[i] has lengths[i] bytes, and its verdict (psdl_result_verdict) is bit i % 64 of word i / 64 of one of
 * the three: (count + 63) / 64 words each, or NULL. A text that has none of the bits was skipped. */
typedef struct psdl_batch {
  size_t size;
  size_t count;
  const char *const *texts;
  const size_t *lengths;
  const char *const *names;   /* NULL: "0", "1", .. */
  const size_t *name_lengths; /* NULL where names is */
  psdl_format format;
  uint64_t *allowed;
  uint64_t *denied;
  uint64_t *failed; /* also what was not judged any more */
} psdl_batch;

/* Judges many texts. `result` is for findings and diagnostics, with psdl_document_verdict::text for the number of
 * the text; where it is NULL the bits are all that is made, which is faster.
 * errors: as psdl_evaluator_evaluate(), the first one's; the texts behind it are judged all the same, but for
 *         PSDL_CANCELLED and PSDL_OUT_OF_MEMORY: what was not judged is not allowed and failed. */
PSDL_API psdl_status psdl_evaluator_evaluate_batch(psdl_evaluator *evaluator, const psdl_batch *batch,
                                                   psdl_result *result) PSDL_NOEXCEPT;

/* Asks a query, without input where `document` is NULL. The text is one document, whatever it holds; it is not
 * judged. The result then has rows, and no verdicts.
 * errors: as above; with strict_builtin_errors unset a builtin error is undefined. */
PSDL_API psdl_status psdl_evaluator_query(psdl_evaluator *evaluator, const psdl_query *query,
                                          const psdl_document *document, psdl_result *result) PSDL_NOEXCEPT;
PSDL_API psdl_status psdl_evaluator_query_built(psdl_evaluator *evaluator, const psdl_query *query,
                                                psdl_builder *document, psdl_result *result) PSDL_NOEXCEPT;

/* ---- Result ------------------------------------------------------------------------------------------------- */

typedef int32_t psdl_verdict;
enum {
  PSDL_VERDICT_NONE = 0,   /* the result holds no verdicts */
  PSDL_VERDICT_ALLOW = 1,  /* evaluated to the end, nothing of severity error found */
  PSDL_VERDICT_DENY = 2,   /* evaluated to the end, findings of severity error */
  PSDL_VERDICT_ERROR = 3,  /* not read or not evaluated to the end: never to be taken for allow */
  PSDL_VERDICT_SKIPPED = 4 /* nothing that the policy judges */
};

/* A result to be filled, with the evaluator's allocator. Any evaluator may fill it, again and again. */
PSDL_API psdl_status psdl_result_new(const psdl_evaluator *evaluator, psdl_result **out) PSDL_NOEXCEPT;
PSDL_API psdl_status psdl_result_free(psdl_result *result) PSDL_NOEXCEPT;

/* Of all documents together: the first of error, deny, allow, skipped that there is. */
PSDL_API psdl_status psdl_result_verdict(const psdl_result *result, psdl_verdict *out) PSDL_NOEXCEPT;

typedef struct psdl_document_verdict {
  size_t size;
  psdl_verdict verdict;
  uint32_t ordinal;        /* its number in the text, from 0 */
  size_t text;             /* of a batch: the number of the text */
  size_t first_finding;    /* its findings are psdl_result_finding(first_finding) .. */
  size_t finding_count;
  psdl_text document;      /* "pod.yaml", "all.yaml#2", "all.yaml#2.items[0]" */
  psdl_text api_version;   /* of the object; empty where it does not have it */
  psdl_text kind;
  psdl_text namespace_name;
  psdl_text name;
  psdl_text printed; /* lines of print(), each with its newline */
} psdl_document_verdict;

PSDL_API psdl_status psdl_result_document_count(const psdl_result *result, size_t *out) PSDL_NOEXCEPT;
PSDL_API psdl_status psdl_result_document(const psdl_result *result, size_t index,
                                          psdl_document_verdict *out) PSDL_NOEXCEPT;

typedef int32_t psdl_precision;
enum {
  PSDL_PRECISION_EXACT = 1,     /* the node itself */
  PSDL_PRECISION_PARENT = 2,    /* something is missing: its deepest ancestor that is there */
  PSDL_PRECISION_CONTAINER = 3, /* no field is known */
  PSDL_PRECISION_OBJECT = 4,
  PSDL_PRECISION_FILE = 5
};

/* A range of a text. Lines and columns from 1, columns in code points; offsets in bytes from the beginning of the
 * text; half open. line is 0 where no place is known (documents that were built, without_places). */
typedef struct psdl_place {
  size_t size;
  psdl_text file;
  psdl_text path;  /* JSON pointer in the object */
  psdl_text label; /* of a related place: "this container"; may be empty */
  uint64_t offset;
  uint64_t end_offset;
  uint32_t line;
  uint32_t column;
  uint32_t end_line;
  uint32_t end_column;
  psdl_precision precision;
} psdl_place;

typedef struct psdl_finding {
  size_t size;
  uint32_t document; /* the number of its verdict */
  psdl_severity severity;
  psdl_text rule;        /* the id of the rule: "PSS103" */
  psdl_text entry_point; /* "data.example.deny" */
  psdl_text title;
  psdl_text message; /* as the rule made it: to be escaped for where it is shown */
  psdl_text container;
  psdl_text missing; /* the name that is not there below the place's path; empty where nothing is missing */
  psdl_text value;   /* JSON of what stands there; may be empty */
  psdl_text details; /* JSON of what the rule said besides; may be empty */
  psdl_text psa;     /* with_psa, of a pod standard: the check's text as the API server prints it */
  psdl_text source_file; /* of the rule */
  uint32_t source_line;
  uint32_t related_count;
  psdl_text fingerprint; /* the same for the same mistake wherever it moves in its file */
} psdl_finding;

PSDL_API psdl_status psdl_result_finding_count(const psdl_result *result, size_t *out) PSDL_NOEXCEPT;
PSDL_API psdl_status psdl_result_finding(const psdl_result *result, size_t index, psdl_finding *out) PSDL_NOEXCEPT;
PSDL_API psdl_status psdl_result_place(const psdl_result *result, size_t finding, psdl_place *out) PSDL_NOEXCEPT;
/* Another place that belongs to the finding, the nearest first. */
PSDL_API psdl_status psdl_result_related(const psdl_result *result, size_t finding, size_t index,
                                         psdl_place *out) PSDL_NOEXCEPT;

/* Errors and warnings of documents, queries and evaluations. */
PSDL_API psdl_status psdl_result_diagnostic_count(const psdl_result *result, size_t *out) PSDL_NOEXCEPT;
PSDL_API psdl_status psdl_result_diagnostic(const psdl_result *result, size_t index,
                                            psdl_diagnostic *out) PSDL_NOEXCEPT;

/* Rows of a query's answer; none where it is undefined. */
PSDL_API psdl_status psdl_result_row_count(const psdl_result *result, size_t *out) PSDL_NOEXCEPT;
/* The value of an expression of the query in a row, expressions counted as they stand. errors: PSDL_NOT_FOUND. */
PSDL_API psdl_status psdl_result_value(const psdl_result *result, size_t row, size_t expression,
                                       psdl_value *out) PSDL_NOEXCEPT;
/* The variables of a row, an object. */
PSDL_API psdl_status psdl_result_bindings(const psdl_result *result, size_t row, psdl_value *out) PSDL_NOEXCEPT;
/* What print() wrote during a query. */
PSDL_API psdl_status psdl_result_printed(const psdl_result *result, psdl_text *out) PSDL_NOEXCEPT;

/* All of it as JSON, compact: docs/embedding.md, "A result as JSON". Equal results give equal bytes. */
PSDL_API psdl_status psdl_result_json(psdl_result *result, psdl_text *out) PSDL_NOEXCEPT;

/* ---- Value: what a query or a call gave, without a text of it ----------------------------------------------- */

typedef int32_t psdl_kind;
enum {
  PSDL_KIND_NULL = 1,
  PSDL_KIND_BOOLEAN = 2,
  PSDL_KIND_NUMBER = 3,
  PSDL_KIND_STRING = 4,
  PSDL_KIND_ARRAY = 5,
  PSDL_KIND_OBJECT = 6,
  PSDL_KIND_SET = 7
};

/* Each asks for its own kind: PSDL_WRONG_KIND where the value is of another. Texts live as long as the value. */
PSDL_API psdl_status psdl_value_kind(psdl_value value, psdl_kind *out) PSDL_NOEXCEPT;
PSDL_API psdl_status psdl_value_boolean(psdl_value value, bool *out) PSDL_NOEXCEPT;
/* errors: PSDL_OUT_OF_RANGE: not an integer, or beyond 64 bits. */
PSDL_API psdl_status psdl_value_int(psdl_value value, int64_t *out) PSDL_NOEXCEPT;
/* The nearest double. errors: PSDL_OUT_OF_RANGE: beyond the largest. */
PSDL_API psdl_status psdl_value_double(psdl_value value, double *out) PSDL_NOEXCEPT;
/* The number as it is written, exactly: "1.30", "18446744073709551616". */
PSDL_API psdl_status psdl_value_number(psdl_value value, psdl_text *out) PSDL_NOEXCEPT;
PSDL_API psdl_status psdl_value_string(psdl_value value, psdl_text *out) PSDL_NOEXCEPT;
/* Items of an array or a set, pairs of an object. */
PSDL_API psdl_status psdl_value_count(psdl_value value, size_t *out) PSDL_NOEXCEPT;
/* An item of an array or a set, the value of a pair; sets and objects in Rego's order. */
PSDL_API psdl_status psdl_value_item(psdl_value value, size_t index, psdl_value *out) PSDL_NOEXCEPT;
/* The key of a pair. */
PSDL_API psdl_status psdl_value_key(psdl_value value, size_t index, psdl_value *out) PSDL_NOEXCEPT;
/* The value under a string. errors: PSDL_NOT_FOUND. */
PSDL_API psdl_status psdl_value_field(psdl_value value, const char *name, size_t name_len,
                                      psdl_value *out) PSDL_NOEXCEPT;
/* Compact JSON as a query's answer prints it. errors: PSDL_LIMIT: longer than memory_bytes. */
PSDL_API psdl_status psdl_value_json(psdl_value value, psdl_text *out) PSDL_NOEXCEPT;

/* ---- Builder: values made by the host ----------------------------------------------------------------------- */

/* A document for evaluators of this policy. Values come in the order of a text: begin_object, key, value, key,
 * value, end.
 * errors of all: PSDL_BAD_ARGUMENT where such a value cannot stand (two roots, a value without its key, a key twice,
 *                a set in a document, a text that is no UTF-8), PSDL_LIMIT ("data_nesting", ..). The builder is as
 *                it was before the call. */
PSDL_API psdl_status psdl_builder_new(const psdl_policy *policy, psdl_builder **out) PSDL_NOEXCEPT;
PSDL_API psdl_status psdl_builder_free(psdl_builder *builder) PSDL_NOEXCEPT;
/* Forgets what was built and keeps the memory. */
PSDL_API psdl_status psdl_builder_reset(psdl_builder *builder) PSDL_NOEXCEPT;
PSDL_API psdl_status psdl_builder_null(psdl_builder *builder) PSDL_NOEXCEPT;
PSDL_API psdl_status psdl_builder_boolean(psdl_builder *builder, bool value) PSDL_NOEXCEPT;
PSDL_API psdl_status psdl_builder_int(psdl_builder *builder, int64_t value) PSDL_NOEXCEPT;
/* The shortest decimal that reads back as the same. errors: PSDL_OUT_OF_RANGE: infinite, or no number. */
PSDL_API psdl_status psdl_builder_double(psdl_builder *builder, double value) PSDL_NOEXCEPT;
/* A number as JSON writes it, of any size. */
PSDL_API psdl_status psdl_builder_number(psdl_builder *builder, const char *text, size_t text_len) PSDL_NOEXCEPT;
PSDL_API psdl_status psdl_builder_string(psdl_builder *builder, const char *text, size_t text_len) PSDL_NOEXCEPT;
PSDL_API psdl_status psdl_builder_begin_array(psdl_builder *builder) PSDL_NOEXCEPT;
PSDL_API psdl_status psdl_builder_begin_object(psdl_builder *builder) PSDL_NOEXCEPT;
PSDL_API psdl_status psdl_builder_begin_set(psdl_builder *builder) PSDL_NOEXCEPT;
PSDL_API psdl_status psdl_builder_key(psdl_builder *builder, const char *text, size_t text_len) PSDL_NOEXCEPT;
/* Ends the array, object or set that was begun last. */
PSDL_API psdl_status psdl_builder_end(psdl_builder *builder) PSDL_NOEXCEPT;
/* A copy of a value: of an operand, or of another result. */
PSDL_API psdl_status psdl_builder_value(psdl_builder *builder, psdl_value value) PSDL_NOEXCEPT;
/* A value read from a JSON text. errors: PSDL_BAD_INPUT. */
PSDL_API psdl_status psdl_builder_json(psdl_builder *builder, const char *text, size_t text_len) PSDL_NOEXCEPT;

/* ---- Inside a builtin of the host --------------------------------------------------------------------------- */

/* Where the answer is built: for this call alone, and not to be freed. */
PSDL_API psdl_status psdl_call_builder(psdl_call *call, psdl_builder **out) PSDL_NOEXCEPT;
/* Why the call fails; goes into the diagnostic. */
PSDL_API psdl_status psdl_call_fail(psdl_call *call, const char *message, size_t message_len) PSDL_NOEXCEPT;
/* Whether the evaluation was cancelled or is out of time: a builtin that waits asks now and then. */
PSDL_API psdl_status psdl_call_is_over(const psdl_call *call, bool *out) PSDL_NOEXCEPT;

#ifdef __cplusplus
}
#endif

#endif
