// psdl explain: what the codes of errors mean, what the rules that come with PSDL ask for, and what one says of an
// object.
#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "cli/codes.hpp"
#include "cli/inputs.hpp"
#include "cli/output.hpp"
#include "cli/verbs.hpp"
#include "psdl/standards.hpp"
#include "psdl/tools/object_page.hpp"
#include "psdl/tools/rule_pages.hpp"

namespace psdl::cli {
namespace {

// Empty for a code that is not known; those that are known are added to `known`.
std::string code_text(std::string_view code, Words& known) {
  std::string text;
  for (const Explanation& explanation : explanations()) {
    known.emplace_back(explanation.code);
    if (explanation.code == code) text = explanation.text;
  }
  for (const LimitInfo& limit : limits()) {
    known.push_back("limit_" + std::string(limit.name));
    if (known.back() != code) continue;
    std::string option(limit.name);
    for (char& c : option) c = c == '_' ? '-' : c;
    text = fmt::format(
        "A limit was reached, so nothing is known of the document: never take it for clean.\nIt counts {}.\nThe "
        "default is {}, the most {}; set it with --limit-{} VALUE.",
        limit.counts, limit.value, limit.most, option);
  }
  return text.empty() ? text : fmt::format("{}\n{}\n", code, text);
}

// The policy that holds the one rule: of the standards, extra, or of a pack.
Policy policy_with(const std::string& id, const Words& packs, const std::string& kube_version, const Globals& globals,
                   RuleInfo& rule) {
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
    const std::optional<StandardVersion> version =
        StandardVersion::parse(kube_version.empty() ? "latest" : kube_version, problems);
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
  complain(fmt::format("there is no rule `{}`{}{}", tools::escape_for_terminal(id), did_you_mean(id, known),
                       packs.empty() ? "; rules of your own are named with -p" : ""));
  return {};
}

// PATH#OBJECT --rule ID.
int explain_one_object(const std::string& word, const std::string& id, const Words& packs,
                       const std::string& kube_version, const Globals& globals) {
  const std::string format = globals.format();
  if (!format.empty() && format != "text" && format != "json" && !refuse_choice("explain -o", format, {"text", "json"}))
    return kError;
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
  const tools::ObjectPage page = tools::explain_object(policy, rule, text, DocumentFormat::Auto,
                                                       path == "-" ? globals.stdin_filename : path, object);
  show(page.errors, globals);
  if (!page.is_found) {
    const bool has_several = std::count(page.objects.begin(), page.objects.end(), object) != 1 &&
                             page.objects.size() > 1 &&
                             page.objects.front().ends_with(object.substr(object.rfind('/') + 1));
    complain(fmt::format(
        "{}: {} `{}`{}; there {}: {}", tools::escape_for_terminal(path),
        has_several ? "several objects are called" : "no object", tools::escape_for_terminal(object),
        did_you_mean(object, page.objects), page.objects.size() == 1 ? "is" : "are",
        page.objects.empty() ? "none" : tools::escape_for_terminal(fmt::format("{}", fmt::join(page.objects, ", ")))));
    return kError;
  }
  Output out;
  out.write(format == "json" ? tools::render_object_page_json(page)
                             : tools::render_object_page(page, globals.style(1)));
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
  Arguments arguments("explain", "[ID|CODE|PATH#OBJECT]",
                      "Says what a rule asks for, what the code of an error means and what to do, or why a rule allows "
                      "an object or denies it. Alone it lists the rules.",
                      "examples:\n  psdl explain                       the rules that come with psdl\n  psdl explain "
                      "EXT005                one of them\n"
                      "  psdl explain duplicate_key         the code of an error\n  psdl explain limit_instructions\n"
                      "  psdl explain TEAM1 -p rules/       a rule of your own\n"
                      "  psdl explain k8s/web.yaml#Deployment/shop/web --rule PSS203\n"
                      "exit: 0, with an object 1 where the rule denies it; 2 error\n");
  Globals globals;
  Words named;
  arguments.positionals("ID|CODE|PATH#OBJECT", named,
                        "a rule's id or name, the code in brackets of a message, or an object of a file");
  std::string rule_id;
  std::string kube_version;
  Words packs;
  arguments.value("--rule", rule_id,
                  "with PATH#OBJECT: the rule's id. OBJECT is Kind/namespace/name, Kind/name, or the document's number",
                  "ID");
  arguments.list("-p,--pack", packs, "rules of your own that hold the rule", "PATH");
  arguments.value("--kube-version", kube_version, "with PATH#OBJECT: version of the standards: latest (default), v1.34",
                  "VERSION");
  arguments.globals(globals, "text|json");
  int exit_code = kClean;
  if (arguments.parse(words, exit_code) == Parsed::Stop) return exit_code;
  if (named.size() == 1 && named.front().find('#') != std::string::npos)
    return explain_one_object(named.front(), rule_id, packs, kube_version, globals);
  if (named.size() == 1 && rule_id.empty() && !packs.empty() && kube_version.empty())
    return explain_own_rule(named.front(), packs, globals);
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
    complain(fmt::format("unknown rule or code `{}`{}; rules of your own are named with -p: psdl explain ID -p PATH",
                         tools::escape_for_terminal(named.front()), did_you_mean(named.front(), known)));
    return kError;
  }
  out.write(text);
  return out.finish() ? kClean : kError;
}

}  // namespace psdl::cli
