// Pages on the rules that come with PSDL. In: the embedded rule files and the cases beside them; out: text for a
// terminal, and Markdown.
//
// Invariant: a page holds nothing that somebody wrote for it alone. Defaults are the rule's own text, examples are
// cases that the tests run.
#include "psdl/tools/rule_pages.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/assert.hpp"
#include "builtins/yaml_writer.hpp"
#include "codec/reader.hpp"
#include "embedded/rule_cases.hpp"
#include "psdl/standards.hpp"
#include "psdl/tools/report.hpp"
#include "runtime/pointer.hpp"
#include "standards/rule_files.hpp"
#include "syntax/parse.hpp"
#include "value/text.hpp"

namespace psdl::tools {
namespace {

constexpr std::uint32_t kExampleDepth = 100;

// A case of the rule: what it judges, with which parameters, and the messages that come of it.
struct Example {
  std::string manifest;    // empty where the cases have none of the kind
  std::string parameters;  // empty where it runs with the defaults
  std::string settings;    // of the host; empty likewise
  std::vector<std::string> messages;
};

struct Page {
  const RuleInfo* info = nullptr;
  std::string folder;  // "rules/extra/probes"
  std::vector<std::string> reads;
  std::vector<std::string> related;  // ids
  std::vector<RuleParameter> parameters;
  std::vector<RuleCaution> cautions;
  Example fails;
  Example passes;
};

// ---- What the rule file says.

std::vector<std::string> custom_list(const ast::Module& module, std::string_view key) {
  std::vector<std::string> texts;
  for (const ast::Annotations* annotations : module.annotations) {
    if (annotations->scope != ast::AnnotationScope::Package || annotations->custom == nullptr) continue;
    const auto* custom = annotations->custom->as<ast::Object>();
    if (custom == nullptr) continue;
    for (const ast::Pair& pair : *custom) {
      const auto* name = pair.key->as<ast::String>();
      const auto* list = pair.value->as<ast::Array>();
      if (name == nullptr || name->text != key || list == nullptr) continue;
      for (const ast::Term* item : *list) {
        if (item->is<ast::String>()) texts.emplace_back(item->as<ast::String>()->text);
      }
    }
  }
  return texts;
}

std::vector<RuleCaution> cautions_of(const ast::Module& module) {
  std::vector<RuleCaution> cautions;
  for (const ast::Annotations* annotations : module.annotations) {
    const auto* custom = annotations->custom == nullptr ? nullptr : annotations->custom->as<ast::Object>();
    if (custom == nullptr || annotations->scope != ast::AnnotationScope::Package) continue;
    for (const ast::Pair& pair : *custom) {
      const auto* name = pair.key->as<ast::String>();
      const auto* fields = pair.value->as<ast::Object>();
      if (name == nullptr || name->text != "careful" || fields == nullptr) continue;
      for (const ast::Pair& one : *fields) {
        const auto* field = one.key->as<ast::String>();
        const auto* text = one.value->as<ast::String>();
        if (field != nullptr && text != nullptr) cautions.push_back({std::string(field->text), std::string(text->text)});
      }
    }
  }
  return cautions;
}

std::string trimmed(std::string_view text) {
  while (text.ends_with('\n') || text.ends_with(' ')) text.remove_suffix(1);
  return std::string(text);
}

// Default rules with a description are what a host may set.
std::vector<RuleParameter> parameters_of(const ast::Module& module, std::string_view text) {
  std::vector<RuleParameter> parameters;
  for (const ast::Rule* rule : module.rules) {
    if (!rule->is_default || rule->is_function() || rule->annotations.empty()) continue;
    const Span value = rule->head->value->span;
    parameters.push_back({std::string(rule->head->name), std::string(text.substr(value.begin, value.end - value.begin)),
                          trimmed(rule->annotations[0]->description)});
  }
  return parameters;
}

std::unique_ptr<ast::Module> parsed(const RuleFile& file) {
  const Source source{std::string(file.name), std::string(file.text)};
  ParseOptions options;
  options.implies_v2 = true;
  Diagnostics diagnostics;
  std::unique_ptr<ast::Module> module = parse_module(source, 0, options, Limits(), diagnostics);
  PSDL_ASSERT(module != nullptr);
  return module;
}

// ---- What its cases say.

std::string text_at(const Value& value, std::string_view pointer) {
  const Value* found = value_at(value, pointer);
  return found != nullptr && found->is_string() ? std::string(found->as_string()) : std::string();
}

Example example_of(const Value& judged) {
  Example example;
  if (append_yaml(example.manifest, *value_at(judged, "/input"), kExampleDepth) != YamlProblem::None) return {};
  if (const Value* parameters = value_at(judged, "/parameters")) example.parameters = to_rego(*parameters);
  if (const Value* settings = value_at(judged, "/settings")) example.settings = to_rego(*settings);
  for (const Value& finding : value_at(judged, "/findings")->as_array())
    example.messages.push_back(text_at(finding, "/message"));
  return example;
}

// The first case that finds something and the first that does not, where there are such under the host's own settings.
// Cases that are written as a text are not asked.
void take_examples(std::string_view cases, Page& page) {
  Arena arena;
  Reader reader;
  const auto document = reader.read(arena, cases, Format::Yaml, {});
  PSDL_ASSERT(document.has_value());
  const Value* list = value_at(document->root(), "/cases");
  PSDL_ASSERT(list != nullptr && list->is_array());
  for (const bool has_settings : {false, true}) {
    for (const Value& judged : list->as_array()) {
      const Value* findings = value_at(judged, "/findings");
      if (value_at(judged, "/input") == nullptr || findings == nullptr || !findings->is_array()) continue;
      if ((value_at(judged, "/settings") != nullptr) != has_settings) continue;
      Example& example = findings->as_array().empty() ? page.passes : page.fails;
      if (example.manifest.empty()) example = example_of(judged);
    }
  }
}

// ---- All pages.

Page page_of(const RuleFile& file, const RuleInfo& info) {
  Page page;
  page.info = &info;
  page.folder = file.name.substr(0, file.name.rfind('/'));
  const std::unique_ptr<ast::Module> module = parsed(file);
  page.reads = custom_list(*module, "reads");
  page.related = custom_list(*module, "related");
  page.parameters = parameters_of(*module, file.text);
  page.cautions = cautions_of(*module);
  const std::string cases = page.folder + "/cases.yaml";
  for (const auto& [name, text] : embedded::rule_cases()) {
    if (name == cases) take_examples(text, page);
  }
  return page;
}

std::string id_of_check(std::string_view check) {
  for (const RuleInfo& info : shipped_rules()) {
    if (!check.empty() && info.check == check) return info.id;
  }
  return {};
}

bool is_in(const std::vector<std::string>& list, std::string_view text) {
  return std::find(list.begin(), list.end(), text) != list.end();
}

// Rules that take another's place, either way, are related without saying so.
void add_overrides(Page& page) {
  const auto add = [&](std::string id) {
    if (!id.empty() && !is_in(page.related, id)) page.related.push_back(std::move(id));
  };
  for (const std::string& check : page.info->overrides) add(id_of_check(check));
  for (const RuleInfo& other : shipped_rules()) {
    if (!page.info->check.empty() && is_in(other.overrides, page.info->check)) add(other.id);
  }
}

const RuleInfo* find_rule(std::string_view id_or_name) {
  for (const RuleInfo& info : shipped_rules()) {
    if (info.id == id_or_name || info.name == id_or_name) return &info;
  }
  return nullptr;
}

Page page_of(const RuleInfo& wanted) {
  for (const RuleFile& file : rule_files()) {
    for (const RuleInfo& info : file.rules) {
      if (info.id != wanted.id) continue;
      Page page = page_of(file, wanted);
      add_overrides(page);
      return page;
    }
  }
  return {};
}

// ---- Text. The body is the same in a terminal and in Markdown: paragraphs, lists, and examples four columns in.

std::string indented(std::string_view text) {
  std::string made;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size() - 1);
    made += "    ";
    made += text.substr(0, end + 1);
    text.remove_prefix(end + 1);
  }
  return made;
}

// "a, b and c"
std::string listed(const std::vector<std::string>& texts) {
  std::string made;
  for (std::size_t i = 0; i < texts.size(); ++i)
    made += (i == 0 ? "" : i + 1 == texts.size() ? " and " : ", ") + texts[i];
  return made;
}

std::string facts_of(const RuleInfo& info) {
  std::string made = info.level.empty() ? "An extra rule: it runs where it is asked for."
                                        : fmt::format("Level {}, since {}", info.level, info.since);
  if (!info.revisions.empty()) made += fmt::format(", with changes at {}", listed(info.revisions));
  if (!info.level.empty()) made += fmt::format(". Kubernetes calls it `{}`.", info.check);
  made += fmt::format(" Severity: {}", tools::severity_word(info.severity));
  if (!info.security_severity.empty()) made += fmt::format(", security severity {}", info.security_severity);
  return made + ".";
}

std::string parameters_text(const Page& page) {
  std::string made = fmt::format("Parameters, at `data.psdl.parameters{}`:\n\n",
                                 page.info->package.substr(page.info->package.rfind('.')));
  for (const RuleParameter& parameter : page.parameters) {
    made += fmt::format("- `{}`, by default `{}`. ", parameter.name, parameter.default_text);
    for (const char c : parameter.description) made += c == '\n' ? std::string("\n  ") : std::string(1, c);
    made += '\n';
  }
  return made;
}

std::string example_text(std::string_view verb, const Example& example) {
  std::string made(verb);
  if (!example.parameters.empty()) made += fmt::format(", with the parameters `{}`", example.parameters);
  if (!example.settings.empty()) made += fmt::format(", with the settings `{}`", example.settings);
  made += ":\n\n" + indented(example.manifest);
  if (!example.messages.empty()) made += '\n';
  for (const std::string& message : example.messages) made += fmt::format("- `{}`\n", message);
  return made;
}

std::string related_text(const Page& page, bool is_markdown) {
  std::vector<std::string> named;
  for (const std::string& id : page.related) {
    const RuleInfo* other = find_rule(id);
    PSDL_ASSERT(other != nullptr);
    std::string anchor = other->id + "-" + other->name;
    std::transform(anchor.begin(), anchor.end(), anchor.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    named.push_back(is_markdown ? fmt::format("[{} {}](#{})", other->id, other->name, anchor)
                                : fmt::format("{} {}", other->id, other->name));
  }
  return fmt::format("Related: {}.\n", listed(named));
}

std::string body_of(const Page& page, bool is_markdown) {
  const RuleInfo& info = *page.info;
  std::string made = fmt::format("{}\n\n{}\n", facts_of(info), trimmed(info.description));
  const auto add = [&](const std::string& paragraph) { made += "\n" + paragraph; };
  if (!page.reads.empty()) add(fmt::format("Reads: `{}`.\n", fmt::join(page.reads, "`, `")));
  if (!page.parameters.empty()) add(parameters_text(page));
  if (!info.remediation.empty()) add(fmt::format("What to do: {}\n", trimmed(info.remediation)));
  if (!page.fails.manifest.empty()) add(example_text("Fails", page.fails));
  if (!page.passes.manifest.empty()) add(example_text("Passes", page.passes));
  if (!page.related.empty()) add(related_text(page, is_markdown));
  return made;
}

}  // namespace

std::vector<RuleParameter> rule_parameters(std::string_view id) {
  const RuleInfo* info = find_rule(id);
  return info != nullptr ? page_of(*info).parameters : std::vector<RuleParameter>();
}

std::vector<std::string> rule_reads(std::string_view id) {
  const RuleInfo* info = find_rule(id);
  return info != nullptr ? page_of(*info).reads : std::vector<std::string>();
}

std::vector<RuleCaution> rule_cautions(std::string_view id) {
  const RuleInfo* info = find_rule(id);
  return info != nullptr ? page_of(*info).cautions : std::vector<RuleCaution>();
}

std::string rule_page(std::string_view id_or_name) {
  const RuleInfo* info = find_rule(id_or_name);
  if (info == nullptr) return {};
  const Page page = page_of(*info);
  return fmt::format("{} {}: {}\n\n{}\nThe rule: {}/rule.psdl\n", info->id, info->name, info->title,
                     body_of(page, false), page.folder);
}

std::string rule_list() {
  std::string made;
  for (const RuleInfo& info : shipped_rules())
    made += fmt::format("{}  {:<10}  {}\n", info.id, info.level.empty() ? "extra" : info.level, info.title);
  return made;
}

std::string rules_reference() {
  std::string made =
      "# The rules that come with PSDL\n\nMade by `psdl doc rules` from [rules/](../../rules). `psdl explain ID` "
      "prints one page. How such rules are "
      "used and written: [rules.md](../rules.md).\n\n| id | name | level | what it asks for |\n|---|---|---|---|\n";
  for (const RuleInfo& info : shipped_rules())
    made += fmt::format("| {} | {} | {} | {} |\n", info.id, info.name, info.level.empty() ? "extra" : info.level,
                        info.title);
  for (const RuleInfo& info : shipped_rules()) {
    const Page page = page_of(info);
    made += fmt::format("\n## {} {}\n\n{}.\n\n{}\nThe rule: [{}](../../{}/rule.psdl)\n", info.id, info.name, info.title,
                        body_of(page, true), page.folder, page.folder);
  }
  return made;
}

}  // namespace psdl::tools
