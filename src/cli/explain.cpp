// psdl explain: what the codes of errors mean, what the rules that come with PSDL ask for, and what one says of an object.
#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "cli/inputs.hpp"
#include "cli/output.hpp"
#include "cli/verbs.hpp"
#include "psdl/standards.hpp"
#include "psdl/tools/object_page.hpp"
#include "psdl/tools/rule_pages.hpp"

namespace psdl::cli {
namespace {

struct Explanation {
  std::string_view code;
  std::string_view text;
};

constexpr Explanation kExplanations[] = {
    {"absence_passes", "A rule denies one value of a field and says nothing where the field is absent, although absence means the same to Kubernetes: `runAsNonRoot == false` finds no pod that leaves runAsNonRoot out.\nWrite `not x.runAsNonRoot == true`, which holds where the field is absent too, or test for absence in a rule of its own. A note: nothing fails for it.\nTurn it off where absence is meant to pass: metadata `custom: {psdl: {off: [absence_passes]}}`."},
    {"bad_binding", "A document was bound at a place where none can be: what is bound belongs to `data` or `input` or below, and no bound part of the input lies within another."},
    {"bad_character", "The text holds a byte that no manifest may hold: a control character, a lone carriage return, or a line separator that YAML and Kubernetes read differently.\nRemove it; most editors can show control characters."},
    {"bad_element", "A rule named deny, violation or warn yields something that is no finding.\nYield a string (the message) or an object with `msg`, and if you like `details`, `severity`, `container`, `path`, `id`."},
    {"bad_encoding", "Manifests are UTF-8. The text is in another encoding or holds broken UTF-8.\nSave it as UTF-8: iconv -f UTF-16 -t UTF-8 FILE."},
    {"bad_fix", "The metadata of a rule say `fix` in a way that cannot be read.\nWrite one of `set`, `merge` and `remove` with a place (finding, container/.., pod/.. or document/..) and, but for `remove`, a `value`; docs/fixes.md shows all of it."},
    {"bad_key", "A key is null, a list or a map, which JSON cannot express.\nQuote it or give it a name."},
    {"bad_level", "There is no pod standard of that name. Kubernetes has privileged (nothing is asked for), baseline and restricted, written in lower case.\nIn a namespace's label Kubernetes takes such a name for restricted; a run that checks manifests must not guess."},
    {"bad_list", "The `items` of a list are no array of objects."},
    {"bad_number", "A number is outside what can be read exactly."},
    {"bad_option", "An option has a value that is not allowed."},
    {"bad_rule_id", "No rule of that kind has the id. Rules of the pod standards are PSS1.. (baseline) and PSS2.. (restricted), extra rules EXT0.. ."},
    {"bad_type", "A field of a Kubernetes kind holds a value of another type than it takes: a string where a list is due, quotes around true. Kubernetes refuses the document, so it is not evaluated.\nWrite the value as the field takes it; the message says how."},
    {"bad_setting", "A key of psdl.yaml has a value that it does not take. The message says what it takes; docs/scan.md lists all keys."},
    {"bad_value", "A field of a Kubernetes kind holds a value of the right type that is none of its values: an integer with a fraction or outside its range, no quantity, no time, no base64.\nKubernetes refuses the document, so it is not evaluated."},
    {"bad_baseline", "The file is no baseline.\nMake one with psdl scan --write-baseline FILE."},
    {"bad_exception", "An exception is not complete: it names a rule, an object (Kind/namespace/name) or labels, a reason and an owner, and perhaps the last day on which it holds.\nOne that is not understood excuses nothing."},
    {"bad_version", "A version of the pod standards is `latest`, or `v1.` and the minor number of Kubernetes without leading zeros: v1.30.\nOther spellings mean latest in a namespace's label; a run that checks manifests must not guess."},
    {"data_conflict", "Two data documents give one key different values, or a data document has a value where a rule stands.\nRename one of them."},
    {"duplicate_key", "One map holds a key twice. Readers differ in which of the values they take, so neither is taken.\nRemove one of the two; the message names both lines."},
    {"eval_builtin_error", "A builtin could not do its work: a text that is no number, a division by zero, a pattern that does not compile.\nIn findings mode this is an error, so that a rule that breaks is never taken for one that found nothing. Test the operand first."},
    {"eval_conflict_error", "A complete rule or a function gave two different values for one input, or an object got two values for one key."},
    {"eval_type_error", "A builtin was given a value of the wrong type, such as a number where it wants a string.\nTest the type first: is_string(x)."},
    {"exception_without_owner", "An exception must say who answers for it: `owner: TEAM`."},
    {"exception_without_reason", "An exception must say why what it excuses is acceptable: `reason: TEXT`."},
    {"expired_exception", "The last day of an exception has passed: what it excused counts again, and the run ends with 2 until somebody decides.\nMend what it excused, give it a later day, or remove it."},
    {"gatekeeper_assertion", "A case of a suite does not give what it asserts: the number of violations, all of them or those whose message the expression finds, is another.\nThe notes list what the constraint said."},
    {"gatekeeper_cel", "Templates have CEL (engine K8sNativeValidation) beside Rego. PSDL runs the Rego; gator would run the CEL.\nWith gator, --enable-k8s-native-validation=false does the same."},
    {"gatekeeper_constraint", "A constraint is not taken: its template is not there, its fields are not those the template declares, or its criteria are none.\nThe text is Gatekeeper's, the place is the field's."},
    {"gatekeeper_expansion", "An ExpansionTemplate is not taken, or an object it applies to cannot be expanded: what stands at `templateSource` is not there or no object.\nThe text is Gatekeeper's, the place is the field's."},
    {"gatekeeper_file", "A suite, or a file that a suite names, cannot be read. Paths in a suite are relative to the suite's own folder."},
    {"gatekeeper_filter", "--run is no regular expression, or finds no test and no case.\nWrite RE for names of tests and cases alike, or TEST//CASE."},
    {"gatekeeper_input", "Nothing was judged: no object was read, or no constraint to judge objects by.\nName templates, constraints and objects together: psdl template test policies/ pod.yaml."},
    {"gatekeeper_mutator", "Assign, AssignMetadata, ModifySet and AssignImage change objects before they are expanded.\nThis one is not as Gatekeeper wants it, does not go with another, or cannot change the object that it is about."},
    {"gatekeeper_review", "An object could not be judged: a limit was reached, or a rule's `msg` is no text. Nothing is known of the object."},
    {"gatekeeper_suite", "A suite says something that it cannot mean: a field of a wrong type, a test without template, constraint or cases, a case without object or assertions.\ndocs/gatekeeper.md shows the form."},
    {"gatekeeper_template", "A ConstraintTemplate is not taken: what it declares is not complete, its schema is none that Kubernetes takes, or it has no Rego.\nThe text is Gatekeeper's, the place is the field's. CEL alone is not evaluated yet: put the same rule beside it in Rego."},
    {"gatekeeper_violation", "A template's `violation` has an element that is no object with a `msg`, or whose `msg` is no string. Gatekeeper drops the one and fails on the other;\nhere the object is not judged, for what the rule found would be lost. Write {\"msg\": sprintf(..)}."},
    {"gatekeeper_yaml", "A text holds no object as Gatekeeper reads objects: it is no map of fields, it has no kind, or a key is no text."},
    {"helm_template", "The file is a template of a Helm chart, not a manifest.\nRender it first: helm template CHART | psdl scan -"},
    {"ignore_without_reason", "A mark `# psdl:ignore ID` or an annotation psdl.dev/ignore has no reason: it suppresses nothing.\nWrite `# psdl:ignore ID -- reason`, or `psdl.dev/ignore: \"ID: reason\"`."},
    {"ignore_without_rule", "A mark `# psdl:ignore` or an annotation psdl.dev/ignore names no rule: it suppresses nothing.\nWrite `# psdl:ignore ID -- reason`."},
    {"image_bind", "Documents are bound to rules, which are planned anew: a program image has no plan any more, and holds none of what was bound.\nName the rules in place of the image, or give the documents as data with -d."},
    {"image_builtin", "A program image calls a builtin that this psdl does not have, or with another number of operands.\nBuild it again with this psdl."},
    {"image_call", "A program image calls a function with another number of arguments than it takes, or as another kind than it is.\nThe image is damaged or was not written by psdl: it is refused as a whole. Build it again from its rules."},
    {"image_capability", "A program image calls a builtin that PSDL leaves out, because it reaches outside the evaluation or needs what an evaluation has not.\nIt was not written by psdl."},
    {"image_checksum", "A program image was changed after it was built: damaged on its way, or edited.\nBuild it again. A checksum is no signature: whoever takes images from elsewhere pins or signs them."},
    {"image_constant", "A program image holds a constant that is no value of the language: a set out of order, a number that is none, a step of a path that is no text.\nThe image is damaged or was not written by psdl."},
    {"image_endianness", "A program image has another order of bytes. psdl writes every image with the least byte first, on every machine."},
    {"image_entry_point", "A program image names an entry point or a rule twice, or an entry point that has no code.\nThe image is damaged or was not written by psdl."},
    {"image_jump", "A program image jumps out of a function.\nThe image is damaged or was not written by psdl: it is refused as a whole. Build it again from its rules."},
    {"image_limit", "A program image is beyond what one may hold: 64 MiB, 10,000 functions, 1,000,000 constants, and the like.\nThe rules run from their sources, or in several images."},
    {"image_magic", "The bytes do not begin as a program image does."},
    {"image_nesting", "A constant of a program image holds others more than 128 deep."},
    {"image_opcode", "A program image holds an instruction that this psdl does not know.\nThe image is damaged or was not written by psdl."},
    {"image_operand", "An instruction of a program image names a row that is not in its table, or a field has a value that it cannot have.\nThe image is damaged or was not written by psdl."},
    {"image_place", "A program image points to a place outside the texts that it carries.\nThe image is damaged or was not written by psdl."},
    {"image_query", "A program image answers queries that name one of its documents: data.PACKAGE, data.PACKAGE.RULE, or what stands below.\nName the rules in place of the image to ask anything else."},
    {"image_recursion", "A function of a program image calls itself, perhaps through others. Rego has no recursion, so psdl did not write it."},
    {"image_return", "The code of a function in a program image ends without a return.\nThe image is damaged or was not written by psdl."},
    {"image_scope", "A program image leaves or uses an iterator, a collection or a `with` that is not open, or opens one that it does not leave.\nThe image is damaged or was not written by psdl."},
    {"image_section", "The sections of a program image do not fill it one after the other, or one does not hold what it says.\nThe image is damaged or was not written by psdl."},
    {"image_size", "A program image is shorter or longer than it says.\nIt was cut off on its way: copy or build it again."},
    {"image_slot", "A program image reads a variable before it has a value.\nThe image is damaged or was not written by psdl."},
    {"image_sources", "A program image is complete: neither rules nor a second image can stand beside it.\nBuild one image of all the rules; data documents may be added with -d."},
    {"image_stack", "The operand stack of a program image runs empty, grows past what was declared, or has two heights at one instruction.\nThe image is damaged or was not written by psdl."},
    {"image_table", "The tables of a program image do not fit each other.\nThe image is damaged or was not written by psdl."},
    {"image_utf8", "A text in a program image is no UTF-8.\nWhere `psdl build` says it, a rule holds one that no image can carry."},
    {"image_version", "A program image has a format of another psdl.\nBuild it again from its rules with this one."},
    {"key_case", "A top-level key is apiVersion, kind, metadata, spec or items but for its case. Kubernetes may take it for that field.\nWrite it as the field is written."},
    {"merge_conflict", "A merge key `<<` overlaps with keys where YAML and Kubernetes disagree about which one wins.\nPut the explicit key after `<<`, or use one `<<`."},
    {"missing_field", "A kind that carries a pod spec has none, or no containers in it. Kubernetes refuses it, and a rule about containers would find nothing to test.\nA patch is no manifest: judge what comes out of kustomize build."},
    {"near_entry_point", "A rule is named nearly like an entry point (deny, violation, warn), but not quite: it makes no findings.\nRename it, or take it for what it is: a helper."},
    {"never_equal", "Two values are compared that are never equal: a field of Kubernetes holds another type than the text or number beside it (`privileged == \"true\"`), or no value that gets to the test is the one that is asked for.\nWrite the value as the field holds it: booleans and numbers without quotes, texts in quotes.\nTurn it off with metadata `custom: {psdl: {off: [never_equal]}}`."},
    {"never_fires", "The tests of a body rule each other out: the kind cannot be both \"Pod\" and \"Deployment\", one label not both \"a\" and \"b\". The body never holds, so the rule never fires by it.\nWrite two rules, or `in {\"Pod\", \"Deployment\"}`.\nA warning. Turn it off with metadata `custom: {psdl: {off: [never_fires]}}`."},
    {"new_version", "The version is newer than every one that changed a rule of the pod standards when this psdl was made. The rules of the newest known count, as Kubernetes has it.\nA newer psdl may know more."},
    {"no_advice", "The rules reach each other in so many ways that following all of them would take too long, so psdl check says nothing about fields, comparisons and rules that never fire. The language's own errors are all there.\nCheck the rules in smaller groups."},
    {"no_entry_point", "What was named holds no rule named deny, violation, warn (or deny_x, violation_x, warn_x), so it could never find anything.\nRename the rule, or ask with -q."},
    {"no_such_field", "A rule reads a field that the Kubernetes type does not have: misspelt, or at the wrong level (`spec.containers` of a Deployment). The expression is undefined for every manifest, so the rule never fires, or always.\nThe type comes from the kind that the rule tests for, from the shape that it reads, or from the stdlib (docs/checking.md). Where the kind is a guess, only what is nearly a field is told, as a warning.\nTurn it off with metadata `custom: {psdl: {off: [no_such_field]}}`."},
    {"no_such_rule", "A rule reads a name that the package does not have and that is nearly one of its rules. It is undefined, unless a data document holds it.\nAn error for packages of the stdlib, a warning for others. Turn it off with metadata `custom: {psdl: {off: [no_such_rule]}}`."},
    {"no_objects", "The input held no object: nothing was checked, so nothing can be called clean."},
    {"not_a_manifest", "A file that was named holds a document with neither `kind` nor anything shaped like a pod spec, such as the values of a chart.\nLeave it out; in a directory it is passed over."},
    {"not_an_object", "A document is a list, a text or a number. Manifests are objects."},
    {"rego_compile_error", "A rule breaks a rule of the language: conflicting definitions, a wrong import, a builtin that is not there."},
    {"rego_parse_error", "The text is not Rego at this place. The message says what was expected."},
    {"rego_recursion_error", "A rule depends on itself. Rego has no recursion; walk() and graph.reachable() visit nested values."},
    {"rego_type_error", "A call has the wrong number of arguments, names a function that is not there, or gets values of a type that can never fit."},
    {"rego_unsafe_var_error", "A variable is used where nothing gives it a value. Bind it by `some x in xs`, by `:=`, or by a ref that enumerates.\nInside `not` a variable must have its value before."},
    {"read_failed", "The input could not be read to its end."},
    {"unknown_field", "A field that the Kubernetes type does not have: misspelt, in the wrong place, or of another version. Kubernetes drops it or refuses the document.\nA warning; an error with --strict."},
    {"unknown_rule", "No rule that runs has this id.\npsdl inspect PACK lists the ids of a pack."},
    {"unknown_setting", "psdl.yaml has a key that means nothing. docs/scan.md lists all keys."},
    {"unproven_pod", "A document may hold a pod spec, and not where the pod standards look: it has no kind, a kind spelt nearly like one that carries pods, or a list of containers somewhere in a kind that is not known.\nThe standards pass over a document only on proof that it holds no pod spec. Write the kind as Kubernetes has it, or leave the document out of the run."},
    {"yaml_alias", "An alias names nothing, or stands inside what it names."},
    {"yaml_directive", "YAML directives are not read: Kubernetes has none.\nRemove the line that begins with `%`."},
    {"yaml_merge", "The value of `<<` is neither a map, nor an alias of one, nor a list of them."},
    {"yaml_syntax", "The text is not YAML at this place."},
    {"yaml_tag", "A tag that Kubernetes does not know: only the core tags of scalars (!!str, !!int, ..) are read.\nRemove it."},
    {"json_syntax", "The text is not JSON at this place."},
};

// Empty for a code that is not known; those that are known are added to `known`.
std::string code_text(std::string_view code, Words& known) {
  std::string text;
  for (const Explanation& explanation : kExplanations) {
    known.emplace_back(explanation.code);
    if (explanation.code == code) text = explanation.text;
  }
  for (const LimitInfo& limit : limits()) {
    known.push_back("limit_" + std::string(limit.name));
    if (known.back() != code) continue;
    std::string option(limit.name);
    for (char& c : option) c = c == '_' ? '-' : c;
    text = fmt::format("A limit was reached, so nothing is known of the document: never take it for clean.\nIt counts {}.\nThe default is {}, the most {}; set it with --limit-{} VALUE.",
                       limit.counts, limit.value, limit.most, option);
  }
  return text.empty() ? text : fmt::format("{}\n{}\n", code, text);
}

// The policy that holds the one rule: of the standards, extra, or of a pack.
Policy policy_with(const std::string& id, const Words& packs, const std::string& kube_version, const Globals& globals, RuleInfo& rule) {
  EngineOptions engine;
  if (!globals.engine_options(engine)) return {};
  engine.whole_stdlib = false;
  PolicyBuilder builder(engine);
  DiagnosticList problems;
  Words known;
  const RuleInfo* shipped = nullptr;
  for (const RuleInfo& one : shipped_rules()) {
    known.push_back(one.id);
    if (one.id == id || one.name == id) shipped = &one;
  }
  bool is_added = true;
  if (shipped != nullptr && !shipped->level.empty()) {
    StandardOptions standard;
    const std::optional<StandardVersion> version = StandardVersion::parse(kube_version.empty() ? "latest" : kube_version, problems);
    if (version) standard.version = *version;
    standard.level = shipped->level == "baseline" ? Level::Baseline : Level::Restricted;
    standard.only = {shipped->id};
    is_added = version && add_standard(builder, standard, problems);
  } else if (shipped != nullptr) {
    is_added = add_extra(builder, std::vector<std::string>{shipped->id}, problems);
  } else if (!add_all_rules(builder, packs)) {
    return {};
  }
  Policy policy;
  if (is_added && (shipped != nullptr || !packs.empty())) policy = builder.build(problems);
  show(problems, globals);
  if (shipped != nullptr) {
    rule = *shipped;
    return policy;
  }
  if (problems.has_errors()) return {};
  for (const RuleInfo& one : policy ? policy.rule_infos() : std::vector<RuleInfo>()) {
    known.push_back(one.id);
    if (one.id != id) continue;
    rule = one;
    return policy;
  }
  complain(fmt::format("there is no rule `{}`{}{}", tools::escape_for_terminal(id), did_you_mean(id, known), packs.empty() ? "; rules of your own are named with -p" : ""));
  return {};
}

// PATH#OBJECT --rule ID.
int explain_one_object(const std::string& word, const std::string& id, const Words& packs, const std::string& kube_version, const Globals& globals) {
  const std::string format = globals.format();
  if (!format.empty() && format != "text" && format != "json" && !refuse_choice("explain -o", format, {"text", "json"})) return kError;
  const std::size_t hash = word.rfind('#');
  const std::string path = word.substr(0, hash);
  const std::string object = word.substr(hash + 1);
  if (id.empty()) {
    complain(fmt::format("explain {}: name the rule: --rule ID", tools::escape_for_terminal(word)));
    return kError;
  }
  std::string text;
  std::string problem;
  if (!read_file(path, text, problem)) {
    complain(problem);
    return kError;
  }
  RuleInfo rule;
  const Policy policy = policy_with(id, packs, kube_version, globals, rule);
  if (!policy) return kError;
  const tools::ObjectPage page = tools::explain_object(policy, rule, text, DocumentFormat::Auto, path == "-" ? globals.stdin_filename : path, object);
  show(page.errors, globals);
  if (!page.is_found) {
    const bool has_several = std::count(page.objects.begin(), page.objects.end(), object) != 1 && page.objects.size() > 1 && page.objects.front().ends_with(object.substr(object.rfind('/') + 1));
    complain(fmt::format("{}: {} `{}`{}; there {}: {}", tools::escape_for_terminal(path), has_several ? "several objects are called" : "no object", tools::escape_for_terminal(object),
                         did_you_mean(object, page.objects), page.objects.size() == 1 ? "is" : "are",
                         page.objects.empty() ? "none" : tools::escape_for_terminal(fmt::format("{}", fmt::join(page.objects, ", ")))));
    return kError;
  }
  Output out;
  out.write(format == "json" ? tools::render_object_page_json(page) : tools::render_object_page(page, globals.style(1)));
  if (!out.finish() || page.status == Status::Error) return kError;
  return page.findings.empty() ? kClean : kFindings;
}

// What the metadata of a rule of one's own says.
std::string own_rule_page(const RuleInfo& rule) {
  const auto shown = [](const std::string& part) { return tools::escape_for_terminal(part); };
  std::string text = fmt::format("{} {}\n", shown(rule.id), shown(rule.title.empty() ? rule.package : rule.title));
  text += fmt::format("  {}, {}:{}\n", tools::severity_word(rule.severity), shown(rule.file), rule.line);
  for (const std::string* part : {&rule.description, &rule.remediation}) {
    std::string_view lines = *part;
    if (!lines.empty()) text += '\n';
    while (!lines.empty()) {
      const std::size_t end = std::min(lines.find('\n'), lines.size());
      text += shown(std::string(lines.substr(0, end))) + '\n';
      lines.remove_prefix(std::min(end + 1, lines.size()));
    }
  }
  return text;
}

int explain_own_rule(const std::string& id, const Words& packs, const Globals& globals) {
  RuleInfo rule;
  if (!policy_with(id, packs, {}, globals, rule)) return kError;
  const std::string shipped = tools::rule_page(id);
  Output out;
  out.write(shipped.empty() ? own_rule_page(rule) : shipped);
  return out.finish() ? kClean : kError;
}

}  // namespace

int run_explain(const Words& words) {
  Arguments arguments("explain", "[ID|CODE|PATH#OBJECT]", "Says what a rule asks for, what the code of an error means and what to do, or why a rule allows an object or denies it. Alone it lists the rules.",
                      "examples:\n  psdl explain                       the rules that come with psdl\n  psdl explain EXT005                one of them\n"
                      "  psdl explain duplicate_key         the code of an error\n  psdl explain limit_instructions\n"
                      "  psdl explain TEAM1 -p rules/       a rule of your own\n"
                      "  psdl explain k8s/web.yaml#Deployment/shop/web --rule PSS203\n"
                      "exit: 0, with an object 1 where the rule denies it; 2 error\n");
  Globals globals;
  Words named;
  arguments.positionals("ID|CODE|PATH#OBJECT", named, "a rule's id or name, the code in brackets of a message, or an object of a file");
  std::string rule_id;
  std::string kube_version;
  Words packs;
  arguments.value("--rule", rule_id, "with PATH#OBJECT: the rule's id. OBJECT is Kind/namespace/name, Kind/name, or the document's number", "ID");
  arguments.list("-p,--pack", packs, "rules of your own that hold the rule", "PATH");
  arguments.value("--kube-version", kube_version, "with PATH#OBJECT: version of the standards: latest (default), v1.34", "VERSION");
  arguments.globals(globals, "text|json");
  int exit_code = kClean;
  if (arguments.parse(words, exit_code) == Parsed::Stop) return exit_code;
  if (named.size() == 1 && named.front().find('#') != std::string::npos) return explain_one_object(named.front(), rule_id, packs, kube_version, globals);
  if (named.size() == 1 && rule_id.empty() && !packs.empty() && kube_version.empty()) return explain_own_rule(named.front(), packs, globals);
  if (!rule_id.empty() || !packs.empty() || !kube_version.empty()) {
    complain("explain: --rule goes with an object: psdl explain k8s/web.yaml#Deployment/shop/web --rule ID");
    return kError;
  }
  if (named.size() > 1) {
    complain("explain: name one rule or code");
    return kError;
  }
  Output out;
  if (named.empty()) {
    out.write(tools::rule_list());
    return out.finish() ? kClean : kError;
  }
  Words known;
  std::string text = tools::rule_page(named.front());
  if (text.empty()) text = code_text(named.front(), known);
  if (text.empty()) {
    for (const RuleInfo& rule : shipped_rules()) known.insert(known.end(), {rule.id, rule.name});
    complain(fmt::format("unknown rule or code `{}`{}; rules of your own are named with -p: psdl explain ID -p PATH", tools::escape_for_terminal(named.front()),
                         did_you_mean(named.front(), known)));
    return kError;
  }
  out.write(text);
  return out.finish() ? kClean : kError;
}

}  // namespace psdl::cli
