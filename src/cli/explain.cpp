// psdl explain: what the codes of errors mean.
#include <fmt/format.h>

#include "cli/output.hpp"
#include "cli/verbs.hpp"

namespace psdl::cli {
namespace {

struct Explanation {
  std::string_view code;
  std::string_view text;
};

constexpr Explanation kExplanations[] = {
    {"bad_binding", "A document was bound at a place where none can be: what is bound belongs to `data` or `input` or below, and no bound part of the input lies within another."},
    {"bad_character", "The text holds a byte that no manifest may hold: a control character, a lone carriage return, or a line separator that YAML and Kubernetes read differently.\nRemove it; most editors can show control characters."},
    {"bad_element", "A rule named deny, violation or warn yields something that is no finding.\nYield a string (the message) or an object with `msg`, and if you like `details`, `severity`, `container`, `path`, `id`."},
    {"bad_encoding", "Manifests are UTF-8. The text is in another encoding or holds broken UTF-8.\nSave it as UTF-8: iconv -f UTF-16 -t UTF-8 FILE."},
    {"bad_key", "A key is null, a list or a map, which JSON cannot express.\nQuote it or give it a name."},
    {"bad_list", "The `items` of a list are no array of objects."},
    {"bad_number", "A number is outside what can be read exactly."},
    {"bad_option", "An option has a value that is not allowed."},
    {"bad_type", "A field of a Kubernetes kind holds a value of another type than it takes: a string where a list is due, quotes around true. Kubernetes refuses the document, so it is not evaluated.\nWrite the value as the field takes it; the message says how."},
    {"bad_value", "A field of a Kubernetes kind holds a value of the right type that is none of its values: an integer with a fraction or outside its range, no quantity, no time, no base64.\nKubernetes refuses the document, so it is not evaluated."},
    {"data_conflict", "Two data documents give one key different values, or a data document has a value where a rule stands.\nRename one of them."},
    {"duplicate_key", "One map holds a key twice. Readers differ in which of the values they take, so neither is taken.\nRemove one of the two; the message names both lines."},
    {"eval_builtin_error", "A builtin could not do its work: a text that is no number, a division by zero, a pattern that does not compile.\nIn findings mode this is an error, so that a rule that breaks is never taken for one that found nothing. Test the operand first."},
    {"eval_conflict_error", "A complete rule or a function gave two different values for one input, or an object got two values for one key."},
    {"eval_type_error", "A builtin was given a value of the wrong type, such as a number where it wants a string.\nTest the type first: is_string(x)."},
    {"helm_template", "The file is a template of a Helm chart, not a manifest.\nRender it first: helm template CHART | psdl eval RULE -"},
    {"key_case", "A top-level key is apiVersion, kind, metadata, spec or items but for its case. Kubernetes may take it for that field.\nWrite it as the field is written."},
    {"merge_conflict", "A merge key `<<` overlaps with keys where YAML and Kubernetes disagree about which one wins.\nPut the explicit key after `<<`, or use one `<<`."},
    {"missing_field", "A kind that carries a pod spec has none, or no containers in it. Kubernetes refuses it, and a rule about containers would find nothing to test.\nA patch is no manifest: judge what comes out of kustomize build."},
    {"near_entry_point", "A rule is named nearly like an entry point (deny, violation, warn), but not quite: it makes no findings.\nRename it, or take it for what it is: a helper."},
    {"no_entry_point", "What was named holds no rule named deny, violation, warn (or deny_x, violation_x, warn_x), so it could never find anything.\nRename the rule, or ask with -q."},
    {"no_objects", "The input held no object: nothing was checked, so nothing can be called clean."},
    {"not_an_object", "A document is a list, a text or a number. Manifests are objects."},
    {"rego_compile_error", "A rule breaks a rule of the language: conflicting definitions, a wrong import, a builtin that is not there."},
    {"rego_parse_error", "The text is not Rego at this place. The message says what was expected."},
    {"rego_recursion_error", "A rule depends on itself. Rego has no recursion; walk() and graph.reachable() visit nested values."},
    {"rego_type_error", "A call has the wrong number of arguments, names a function that is not there, or gets values of a type that can never fit."},
    {"rego_unsafe_var_error", "A variable is used where nothing gives it a value. Bind it by `some x in xs`, by `:=`, or by a ref that enumerates.\nInside `not` a variable must have its value before."},
    {"read_failed", "The input could not be read to its end."},
    {"unknown_field", "A field that the Kubernetes type does not have: misspelt, in the wrong place, or of another version. Kubernetes drops it or refuses the document.\nA warning; an error with --strict."},
    {"yaml_alias", "An alias names nothing, or stands inside what it names."},
    {"yaml_directive", "YAML directives are not read: Kubernetes has none.\nRemove the line that begins with `%`."},
    {"yaml_merge", "The value of `<<` is neither a map, nor an alias of one, nor a list of them."},
    {"yaml_syntax", "The text is not YAML at this place."},
    {"yaml_tag", "A tag that Kubernetes does not know: only the core tags of scalars (!!str, !!int, ..) are read.\nRemove it."},
    {"json_syntax", "The text is not JSON at this place."},
};

}  // namespace

int run_explain(const Words& words) {
  Arguments arguments("explain", "CODE", "Says what the code of an error means and what to do.", "examples:\n  psdl explain duplicate_key\n  psdl explain limit_instructions\n");
  Globals globals;
  Words codes;
  arguments.positionals("CODE", codes, "the code in brackets of a message");
  arguments.globals(globals);
  int exit_code = kClean;
  if (arguments.parse(words, exit_code) == Parsed::Stop) return exit_code;
  if (codes.size() != 1) {
    complain("explain: name one code");
    return kError;
  }
  std::string code = codes.front();
  std::string text;
  Words known;
  for (const Explanation& explanation : kExplanations) {
    known.emplace_back(explanation.code);
    if (explanation.code == code) text = explanation.text;
  }
  for (const LimitInfo& limit : limits()) {
    known.push_back("limit_" + std::string(limit.name));
    if (known.back() != code) continue;
    std::string option(limit.name);
    for (char& c : option) c = c == '_' ? '-' : c;
    text = fmt::format("A limit was reached, so nothing is known of the document: never take it for clean.\nThe default is {}, the most {}; set it with --limit-{} VALUE.",
                       limit.value, limit.most, option);
  }
  if (text.empty()) {
    const std::string meant = nearest(code, known);
    complain(fmt::format("unknown code `{}`{}", tools::escape_for_terminal(code), meant.empty() ? "" : fmt::format("; did you mean `{}`?", meant)));
    return kError;
  }
  Output out;
  out.write(fmt::format("{}\n{}\n", code, text));
  return out.finish() ? kClean : kError;
}

}  // namespace psdl::cli
