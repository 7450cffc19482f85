// The table.
#include "cli/codes.hpp"

namespace psdl::cli {
namespace {

constexpr Explanation kExplanations[] = {
    {"absence_passes",
     "A rule denies one value of a field and says nothing where the field is absent, although absence means the same "
     "to Kubernetes: `runAsNonRoot == false` finds no pod that leaves runAsNonRoot out.\nWrite `not x.runAsNonRoot == "
     "true`, which holds where the field is absent too, or test for absence in a rule of its own. A note: nothing "
     "fails for it.\nTurn it off where absence is meant to pass: metadata `custom: {psdl: {off: [absence_passes]}}`."},
    {"bad_argument",
     "A call of psdl.h got an argument that it cannot take: no pointer where one must be, a number out of range, a "
     "text that is no UTF-8, a struct of a wrong `size`.\nIn a batch: a text without a pointer, or a name that is no "
     "UTF-8. Nothing is known of that text.\nThe comment on the function in psdl.h says what it takes."},
    {"bad_baseline", "The file is no baseline.\nMake one with psdl scan --write-baseline FILE."},
    {"bad_binding",
     "A document was bound at a place where none can be: what is bound belongs to `data` or `input` or below, and no "
     "bound part of the input lies within another."},
    {"bad_case",
     "A case that is to be rendered is not one: a field of a wrong type, a template or a constraint that is not "
     "there.\nThe message names the field."},
    {"bad_cases",
     "A file of cases cannot be read as one: no map, a field of a wrong type, a case without a "
     "document.\ndocs/testing.md shows the form."},
    {"bad_character",
     "The text holds a byte that no manifest may hold: a control character, a lone carriage return, or a line "
     "separator that YAML and Kubernetes read differently.\nRemove it; most editors can show control characters."},
    {"bad_element",
     "A rule named deny, violation or warn yields something that is no finding.\nYield a string (the message) or an "
     "object with `msg`, and if you like `details`, `severity`, `container`, `path`, `id`."},
    {"bad_encoding",
     "Manifests are UTF-8. The text is in another encoding or holds broken UTF-8.\nSave it as UTF-8: iconv -f UTF-16 "
     "-t UTF-8 FILE."},
    {"bad_exception",
     "An exception is not complete: it names a rule, an object (Kind/namespace/name) or labels, a reason and an owner, "
     "and perhaps the last day on which it holds.\nOne that is not understood excuses nothing."},
    {"bad_fix",
     "The metadata of a rule say `fix` in a way that cannot be read.\nWrite one of `set`, `merge` and `remove` with a "
     "place (finding, container/.., pod/.. or document/..) and, but for `remove`, a `value`; docs/fixes.md shows all "
     "of it."},
    {"bad_handle",
     "A handle of psdl.h was freed, is of another kind, or never was one; or a value is used whose result was used "
     "again.\nA mistake of the program that calls."},
    {"bad_input",
     "A document or data cannot be read, so nothing is known of it. The diagnostics of the result say where and why."},
    {"bad_json_value",
     "A value of nlohmann::json holds what JSON cannot: a double that is no number, bytes, a text that is no UTF-8. "
     "Or, coming back, a number that neither 64 bits nor a double hold.\nNothing is rounded, so it is refused. The "
     "message has the JSON pointer of the value."},
    {"bad_key", "A key is null, a list or a map, which JSON cannot express.\nQuote it or give it a name."},
    {"bad_level",
     "There is no pod standard of that name. Kubernetes has privileged (nothing is asked for), baseline and "
     "restricted, written in lower case.\nIn a namespace's label Kubernetes takes such a name for restricted; a run "
     "that checks manifests must not guess."},
    {"bad_limit", "A limit has a name that is none, or a value that it cannot have. docs/limits.md lists all."},
    {"bad_list", "The `items` of a list are no array of objects."},
    {"bad_number", "A number is outside what can be read exactly."},
    {"bad_object",
     "An object cannot be part of the inventory: it has no apiVersion, no kind or no name to be found by."},
    {"bad_option", "An option has a value that is not allowed."},
    {"bad_patch",
     "A change of data is no JSON Patch (RFC 6902), or one of its operations cannot be done: the place is not there, a "
     "`test` does not hold.\nNothing of the change is made, and nothing of those beside it."},
    {"bad_pattern",
     "A pattern is no regular expression of the kind that Go and RE2 take. The message says what is wrong with it."},
    {"bad_policy",
     "Rules, an image or data have errors, so there is no policy. The diagnostics of the compiler say where and "
     "why.\nOr a policy is asked for findings that has no entry point."},
    {"bad_review", "A review is of one object. The text holds none, or several: give each its own review."},
    {"bad_rule",
     "A file of cases stands beside a rule without an entry point (deny, violation, warn), so its cases would say "
     "nothing."},
    {"bad_rule_id",
     "No rule of that kind has the id. Rules of the pod standards are PSS1.. (baseline) and PSS2.. (restricted), extra "
     "rules EXT0.. ."},
    {"bad_setting",
     "A key of psdl.yaml has a value that it does not take. The message says what it takes; docs/scan.md lists all "
     "keys."},
    {"bad_template",
     "A template has no rule `violation`, from which its findings come.\nWrite violation[{\"msg\": msg}] { .. }"},
    {"bad_type",
     "A field of a Kubernetes kind holds a value of another type than it takes: a string where a list is due, quotes "
     "around true. Kubernetes refuses the document, so it is not evaluated.\nWrite the value as the field takes it; "
     "the message says how."},
    {"bad_value",
     "A field of a Kubernetes kind holds a value of the right type that is none of its values: an integer with a "
     "fraction or outside its range, no quantity, no time, no base64.\nKubernetes refuses the document, so it is not "
     "evaluated."},
    {"bad_version",
     "A version of the pod standards is `latest`, or `v1.` and the minor number of Kubernetes without leading zeros: "
     "v1.30.\nOther spellings mean latest in a namespace's label; a run that checks manifests must not guess."},
    {"busy",
     "Another thread, or the callback that calls, is inside the handle. A policy, a query and data serve any number of "
     "threads; an evaluator, a result, a compiler and a builder one at a time.\nMake one for each thread."},
    {"callback",
     "A builtin of the host failed, threw, or gave an answer of another type than it declares. Nothing is known of the "
     "document."},
    {"cancelled",
     "The evaluation was cancelled from outside before it came to its end. Nothing is known of the document: never "
     "take it for clean."},
    {"data_conflict",
     "Two data documents give one key different values, or a data document has a value where a rule stands.\nRename "
     "one of them."},
    {"duplicate_key",
     "One map holds a key twice. Readers differ in which of the values they take, so neither is taken.\nRemove one of "
     "the two; the message names both lines."},
    {"eval_builtin_error",
     "A builtin could not do its work: a text that is no number, a division by zero, a pattern that does not "
     "compile.\nIn findings mode this is an error, so that a rule that breaks is never taken for one that found "
     "nothing. Test the operand first."},
    {"eval_cancel_error",
     "The evaluation was cancelled from outside before it came to its end, or its deadline passed. Nothing is known of "
     "the document: never take it for clean."},
    {"eval_conflict_error",
     "A complete rule or a function gave two different values for one input, or an object got two values for one key."},
    {"eval_internal_error", "PSDL is wrong here: please report it, with the rule and the document."},
    {"eval_limit_error",
     "A limit was reached that has no name of its own, so nothing is known of the document: never take it for clean."},
    {"eval_type_error",
     "A builtin was given a value of the wrong type, such as a number where it wants a string.\nTest the type first: "
     "is_string(x)."},
    {"eval_with_merge_error",
     "A `with` puts a value below one that is no object, so it cannot be put there.\nReplace the whole of the value."},
    {"evaluation",
     "A status of psdl.h: a document was read but not evaluated to its end. A builtin failed, two values conflict, or "
     "a finding has no shape that is known.\nThe diagnostics of the result say which."},
    {"exception_without_owner", "An exception must say who answers for it: `owner: TEAM`."},
    {"exception_without_reason", "An exception must say why what it excuses is acceptable: `reason: TEXT`."},
    {"expired_exception",
     "The last day of an exception has passed: what it excused counts again, and the run ends with 2 until somebody "
     "decides.\nMend what it excused, give it a later day, or remove it."},
    {"gatekeeper_assertion",
     "A case of a suite does not give what it asserts: the number of violations, all of them or those whose message "
     "the expression finds, is another.\nThe notes list what the constraint said."},
    {"gatekeeper_cel",
     "Templates have CEL (engine K8sNativeValidation) beside Rego. PSDL runs the Rego; gator would run the CEL.\nWith "
     "gator, --enable-k8s-native-validation=false does the same."},
    {"gatekeeper_constraint",
     "A constraint is not taken: its template is not there, its fields are not those the template declares, or its "
     "criteria are none.\nThe text is Gatekeeper's, the place is the field's."},
    {"gatekeeper_expansion",
     "An ExpansionTemplate is not taken, or an object it applies to cannot be expanded: what stands at "
     "`templateSource` is not there or no object.\nThe text is Gatekeeper's, the place is the field's."},
    {"gatekeeper_file",
     "A suite, or a file that a suite names, cannot be read. Paths in a suite are relative to the suite's own folder."},
    {"gatekeeper_filter",
     "--run is no regular expression, or finds no test and no case.\nWrite RE for names of tests and cases alike, or "
     "TEST//CASE."},
    {"gatekeeper_input",
     "Nothing was judged: no object was read, or no constraint to judge objects by.\nName templates, constraints and "
     "objects together: psdl template test policies/ pod.yaml."},
    {"gatekeeper_mutator",
     "Assign, AssignMetadata, ModifySet and AssignImage change objects before they are expanded.\nThis one is not as "
     "Gatekeeper wants it, does not go with another, or cannot change the object that it is about."},
    {"gatekeeper_review",
     "An object could not be judged: a limit was reached, or a rule's `msg` is no text. Nothing is known of the "
     "object."},
    {"gatekeeper_suite",
     "A suite says something that it cannot mean: a field of a wrong type, a test without template, constraint or "
     "cases, a case without object or assertions.\ndocs/gatekeeper.md shows the form."},
    {"gatekeeper_template",
     "A ConstraintTemplate is not taken: what it declares is not complete, its schema is none that Kubernetes takes, "
     "or it has no Rego.\nThe text is Gatekeeper's, the place is the field's. CEL alone is not evaluated yet: put the "
     "same rule beside it in Rego."},
    {"gatekeeper_violation",
     "A template's `violation` has an element that is no object with a `msg`, or whose `msg` is no string. Gatekeeper "
     "drops the one and fails on the other;\nhere the object is not judged, for what the rule found would be lost. "
     "Write {\"msg\": sprintf(..)}."},
    {"gatekeeper_yaml",
     "A text holds no object as Gatekeeper reads objects: it is no map of fields, it has no kind, or a key is no "
     "text."},
    {"helm_template",
     "The file is a template of a Helm chart, not a manifest.\nRender it first: helm template CHART | psdl scan -"},
    {"ignore_without_reason",
     "A mark `# psdl:ignore ID` or an annotation psdl.dev/ignore has no reason: it suppresses nothing.\nWrite `# "
     "psdl:ignore ID -- reason`, or `psdl.dev/ignore: \"ID: reason\"`."},
    {"ignore_without_rule",
     "A mark `# psdl:ignore` or an annotation psdl.dev/ignore names no rule: it suppresses nothing.\nWrite `# "
     "psdl:ignore ID -- reason`."},
    {"image_bind",
     "Documents are bound to rules, which are planned anew: a program image has no plan any more, and holds none of "
     "what was bound.\nName the rules in place of the image, or give the documents as data with -d."},
    {"image_builtin",
     "A program image calls a builtin that this psdl does not have, or with another number of operands.\nBuild it "
     "again with this psdl."},
    {"image_call",
     "A program image calls a function with another number of arguments than it takes, or as another kind than it "
     "is.\nThe image is damaged or was not written by psdl: it is refused as a whole. Build it again from its rules."},
    {"image_capability",
     "A program image calls a builtin that PSDL leaves out, because it reaches outside the evaluation or needs what an "
     "evaluation has not.\nIt was not written by psdl."},
    {"image_checksum",
     "A program image was changed after it was built: damaged on its way, or edited.\nBuild it again. A checksum is no "
     "signature: whoever takes images from elsewhere pins or signs them."},
    {"image_constant",
     "A program image holds a constant that is no value of the language: a set out of order, a number that is none, a "
     "step of a path that is no text.\nThe image is damaged or was not written by psdl."},
    {"image_endianness",
     "A program image has another order of bytes. psdl writes every image with the least byte first, on every "
     "machine."},
    {"image_entry_point",
     "A program image names an entry point or a rule twice, or an entry point that has no code.\nThe image is damaged "
     "or was not written by psdl."},
    {"image_jump",
     "A program image jumps out of a function.\nThe image is damaged or was not written by psdl: it is refused as a "
     "whole. Build it again from its rules."},
    {"image_limit",
     "A program image is beyond what one may hold: 64 MiB, 10,000 functions, 1,000,000 constants, and the like.\nThe "
     "rules run from their sources, or in several images."},
    {"image_magic", "The bytes do not begin as a program image does."},
    {"image_nesting", "A constant of a program image holds others more than 128 deep."},
    {"image_opcode",
     "A program image holds an instruction that this psdl does not know.\nThe image is damaged or was not written by "
     "psdl."},
    {"image_operand",
     "An instruction of a program image names a row that is not in its table, or a field has a value that it cannot "
     "have.\nThe image is damaged or was not written by psdl."},
    {"image_place",
     "A program image points to a place outside the texts that it carries.\nThe image is damaged or was not written by "
     "psdl."},
    {"image_query",
     "A program image answers queries that name one of its documents: data.PACKAGE, data.PACKAGE.RULE, or what stands "
     "below.\nName the rules in place of the image to ask anything else."},
    {"image_recursion",
     "A function of a program image calls itself, perhaps through others. Rego has no recursion, so psdl did not write "
     "it."},
    {"image_return",
     "The code of a function in a program image ends without a return.\nThe image is damaged or was not written by "
     "psdl."},
    {"image_scope",
     "A program image leaves or uses an iterator, a collection or a `with` that is not open, or opens one that it does "
     "not leave.\nThe image is damaged or was not written by psdl."},
    {"image_section",
     "The sections of a program image do not fill it one after the other, or one does not hold what it says.\nThe "
     "image is damaged or was not written by psdl."},
    {"image_size",
     "A program image is shorter or longer than it says.\nIt was cut off on its way: copy or build it again."},
    {"image_slot",
     "A program image reads a variable before it has a value.\nThe image is damaged or was not written by psdl."},
    {"image_sources",
     "A program image is complete: neither rules nor a second image can stand beside it.\nBuild one image of all the "
     "rules; data documents may be added with -d."},
    {"image_stack",
     "The operand stack of a program image runs empty, grows past what was declared, or has two heights at one "
     "instruction.\nThe image is damaged or was not written by psdl."},
    {"image_table",
     "The tables of a program image do not fit each other.\nThe image is damaged or was not written by psdl."},
    {"image_tests", "A program image has no tests.\nTest the sources that it was built from."},
    {"image_unstable",
     "A program image that was read is written with other bytes: PSDL is wrong here. Please report it."},
    {"image_utf8",
     "A text in a program image is no UTF-8.\nWhere `psdl build` says it, a rule holds one that no image can carry."},
    {"image_version", "A program image has a format of another psdl.\nBuild it again from its rules with this one."},
    {"internal", "PSDL is wrong here: please report it, with what was called and with what."},
    {"json_syntax", "The text is not JSON at this place."},
    {"key_case",
     "A top-level key is apiVersion, kind, metadata, spec or items but for its case. Kubernetes may take it for that "
     "field.\nWrite it as the field is written."},
    {"limit",
     "A status of psdl.h: a limit was reached, so nothing is known of the document.\nThe code of the diagnostic names "
     "it: psdl explain limit_instructions"},
    {"merge_conflict",
     "A merge key `<<` overlaps with keys where YAML and Kubernetes disagree about which one wins.\nPut the explicit "
     "key after `<<`, or use one `<<`."},
    {"missing_field",
     "A kind that carries a pod spec has none, or no containers in it. Kubernetes refuses it, and a rule about "
     "containers would find nothing to test.\nA patch is no manifest: judge what comes out of kustomize build."},
    {"near_entry_point",
     "A rule is named nearly like an entry point (deny, violation, warn), but not quite: it makes no findings.\nRename "
     "it, or take it for what it is: a helper."},
    {"never_equal",
     "Two values are compared that are never equal: a field of Kubernetes holds another type than the text or number "
     "beside it (`privileged == \"true\"`), or no value that gets to the test is the one that is asked for.\nWrite the "
     "value as the field holds it: booleans and numbers without quotes, texts in quotes.\nTurn it off with metadata "
     "`custom: {psdl: {off: [never_equal]}}`."},
    {"never_fires",
     "The tests of a body rule each other out: the kind cannot be both \"Pod\" and \"Deployment\", one label not both "
     "\"a\" and \"b\". The body never holds, so the rule never fires by it.\nWrite two rules, or `in {\"Pod\", "
     "\"Deployment\"}`.\nA warning. Turn it off with metadata `custom: {psdl: {off: [never_fires]}}`."},
    {"new_version",
     "The version is newer than every one that changed a rule of the pod standards when this psdl was made. The rules "
     "of the newest known count, as Kubernetes has it.\nA newer psdl may know more."},
    {"no_advice",
     "The rules reach each other in so many ways that following all of them would take too long, so psdl check says "
     "nothing about fields, comparisons and rules that never fire. The language's own errors are all there.\nCheck the "
     "rules in smaller groups."},
    {"no_entry_point",
     "What was named holds no rule named deny, violation, warn (or deny_x, violation_x, warn_x), so it could never "
     "find anything.\nRename the rule, or ask with -q."},
    {"no_fix",
     "A rule knows how its finding is mended, and here it cannot be done without a change elsewhere or a guess. The "
     "message says why.\nMend it by hand."},
    {"no_objects", "The input held no object: nothing was checked, so nothing can be called clean."},
    {"no_such_field",
     "A rule reads a field that the Kubernetes type does not have: misspelt, or at the wrong level (`spec.containers` "
     "of a Deployment). The expression is undefined for every manifest, so the rule never fires, or always.\nThe type "
     "comes from the kind that the rule tests for, from the shape that it reads, or from the stdlib "
     "(docs/checking.md). Where the kind is a guess, only what is nearly a field is told, as a warning.\nTurn it off "
     "with metadata `custom: {psdl: {off: [no_such_field]}}`."},
    {"no_such_rule",
     "A rule reads a name that the package does not have and that is nearly one of its rules. It is undefined, unless "
     "a data document holds it.\nAn error for packages of the stdlib, a warning for others. Turn it off with metadata "
     "`custom: {psdl: {off: [no_such_rule]}}`."},
    {"not_a_manifest",
     "A file that was named holds a document with neither `kind` nor anything shaped like a pod spec, such as the "
     "values of a chart.\nLeave it out; in a directory it is passed over."},
    {"not_an_object", "A document is a list, a text or a number. Manifests are objects."},
    {"not_found", "A status of psdl.h: there is nothing at that index, of that name, at that path."},
    {"out_of_memory",
     "The allocator that the host gave had no memory left. What the call was asked for was not made; the next call "
     "works."},
    {"out_of_range",
     "A status of psdl.h: the number does not fit into what it is read as. psdl_value_number() gives its text."},
    {"read_failed", "The input could not be read to its end."},
    {"rego_compile_error",
     "A rule breaks a rule of the language: conflicting definitions, a wrong import, a builtin that is not there."},
    {"rego_parse_error", "The text is not Rego at this place. The message says what was expected."},
    {"rego_recursion_error",
     "A rule depends on itself. Rego has no recursion; walk() and graph.reachable() visit nested values."},
    {"rego_type_error",
     "A call has the wrong number of arguments, names a function that is not there, or gets values of a type that can "
     "never fit."},
    {"rego_unsafe_var_error",
     "A variable is used where nothing gives it a value. Bind it by `some x in xs`, by `:=`, or by a ref that "
     "enumerates.\nInside `not` a variable must have its value before."},
    {"several_documents", "A query has one input, and a text of data or of patches is one document: this text holds more.\nAsk once for each; give each document of data a file, or put them below keys of one."},
    {"unknown_field",
     "A field that the Kubernetes type does not have: misspelt, in the wrong place, or of another version. Kubernetes "
     "drops it or refuses the document.\nA warning; an error with --strict."},
    {"unknown_rule", "No rule that runs has this id.\npsdl inspect PACK lists the ids of a pack."},
    {"unknown_setting", "psdl.yaml has a key that means nothing. docs/scan.md lists all keys."},
    {"unproven_pod",
     "A document may hold a pod spec, and not where the pod standards look: it has no kind, a kind spelt nearly like "
     "one that carries pods, or a list of containers somewhere in a kind that is not known.\nThe standards pass over a "
     "document only on proof that it holds no pod spec. Write the kind as Kubernetes has it, or leave the document out "
     "of the run."},
    {"unused_exception", "An exception excused nothing in this run.\nRemove it where what it excused is mended."},
    {"unused_mark",
     "A mark `# psdl:ignore` or an annotation psdl.dev/ignore suppressed nothing in this run.\nRemove it where what it "
     "was for is mended."},
    {"wrong_kind",
     "A status of psdl.h: the value is of another kind than it is read as: a text that is read as a number."},
    {"yaml_alias", "An alias names nothing, or stands inside what it names."},
    {"yaml_directive", "YAML directives are not read: Kubernetes has none.\nRemove the line that begins with `%`."},
    {"yaml_merge", "The value of `<<` is neither a map, nor an alias of one, nor a list of them."},
    {"yaml_syntax", "The text is not YAML at this place."},
    {"yaml_tag",
     "A tag that Kubernetes does not know: only the core tags of scalars (!!str, !!int, ..) are read.\nRemove it."},
};

}  // namespace

std::span<const Explanation> explanations() {
  return kExplanations;
}

}  // namespace psdl::cli
