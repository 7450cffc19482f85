// From contents to a policy.
#include "repl/workspace.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "psdl/tools/inspect.hpp"
#include "psdl/tools/report.hpp"
#include "repl/words.hpp"

namespace psdl::repl {
namespace {

// `pod` for those who type: the pod spec, wherever this kind has it.
std::string pod_rule(const std::string& pod_path) {
  return pod_path.empty() ? std::string() : fmt::format("\npod := {}\n", pod_path);
}

bool defines_pod(const std::vector<std::string>& texts) {
  return std::any_of(texts.begin(), texts.end(), [](const std::string& one) { return defined_name(one) == "pod"; });
}

}  // namespace

std::string Contents::module_text(const std::string& of, bool is_rego) const {
  std::string text = fmt::format("package {}\n{}", of.substr(5), is_rego ? "\nimport rego.v2\n" : "");
  const auto found = definitions.find(of);
  if (found == definitions.end()) return text;
  for (const bool imports : {true, false}) {
    for (const std::string& one : found->second) {
      if (begins_with_word(one, "import") == imports) text += "\n" + one + "\n";
    }
  }
  return text;
}

std::string Workspace::file_text(bool is_rego) const {
  const std::string text = contents_.module_text(contents_.package, is_rego);
  const auto typed = contents_.definitions.find(contents_.package);
  const bool has_own = typed == contents_.definitions.end() || defines_pod(typed->second);
  return contents_.package != kOwnPackage || has_own || !names(text, "pod") ? text : text + pod_rule(pod_path_);
}

Policy Workspace::build(const Contents& of, const std::string& pod_path, DiagnosticList& problems) const {
  PolicyBuilder builder(options_);
  for (const TextFile& file : of.files) builder.add_source(file.path, file.text, file.named_as);
  for (const TextFile& file : of.data) builder.add_data(file.path, file.text);
  const std::string own(kOwnPackage);
  std::map<std::string, std::string> modules = {{own, of.module_text(own)}};
  for (const auto& [package, texts] : of.definitions) modules[package] = of.module_text(package);
  const auto typed = of.definitions.find(own);
  if (typed == of.definitions.end() || !defines_pod(typed->second)) modules[own] += pod_rule(pod_path);
  for (const auto& [package, text] : modules) {
    builder.add_source(fmt::format("<{}>", package), text, {}, Dialect::Psdl);
  }
  return builder.build(problems);
}

tools::LoadedInput Workspace::load(const InputFile& file, const Policy& policy, DiagnosticList& problems) const {
  if (file.text == nullptr) return {};
  return tools::LoadedInput::load(policy, *file.text, DocumentFormat::Auto, file.path, problems, file.number);
}

bool Workspace::take(Contents next, DiagnosticList& problems) {
  const InputFile& old = contents_.input;
  const bool has_new_input = next.input.text != old.text || next.input.number != old.number;
  std::string pod_path = has_new_input ? std::string() : pod_path_;
  if (has_new_input && next.input.text != nullptr) {
    // Where the pod spec stands is known once the document is read, by whatever rules.
    const Policy reader = policy_ ? policy_ : build({}, {}, problems);
    const tools::LoadedInput found = load(next.input, reader, problems);
    if (!found) return false;
    std::string pointer = found.pod_spec();
    std::replace(pointer.begin(), pointer.end(), '/', '.');
    if (!pointer.empty()) pod_path = "input" + pointer;
  }
  Policy policy = build(next, pod_path, problems);
  if (!policy) return false;
  tools::LoadedInput input = load(next.input, policy, problems);
  if (!input && next.input.text != nullptr) return false;
  debugger_ = std::make_unique<tools::Debugger>(policy);
  debugger_->set_input(input);
  contents_ = std::move(next);
  pod_path_ = std::move(pod_path);
  policy_ = std::move(policy);
  input_ = std::move(input);
  return true;
}

void Workspace::note_saved(const std::string& path) {
  for (TextFile& one : contents_.files) {
    if (one.path == path) one.saved_text = one.text;
  }
}

Query Workspace::prepare(std::string_view text, DiagnosticList& problems) const {
  std::vector<std::string> imports;
  const std::string& package = contents_.package;
  if (!pod_path_.empty() && package != kOwnPackage && !has_rule(package + ".pod")) {
    imports.push_back(fmt::format("{}.pod", kOwnPackage));
  }
  return prepare_query(policy_, text, problems, package, imports);
}

std::vector<std::string> Workspace::rule_names() const {
  std::vector<std::string> names;
  for (const std::string& row : policy_.rules()) names.push_back(row.substr(0, row.rfind(' ')));
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

bool Workspace::has_rule(std::string_view path) const {
  const std::string below = std::string(path) + ".";
  const std::vector<std::string> names = rule_names();
  return std::any_of(names.begin(), names.end(), [&](const std::string& name) {
    return name == path || name.starts_with(below);
  });
}

std::string Workspace::find_rule(std::string_view name) const {
  const std::string typed(name);
  for (const std::string& path : {typed, contents_.package + "." + typed, "data." + typed}) {
    if (path.starts_with("data.") && has_rule(path)) return path;
  }
  std::string found;
  for (const std::string& path : rule_names()) {
    if (!path.ends_with("." + typed)) continue;
    if (!found.empty()) return {};
    found = path;
  }
  return found;
}

bool Workspace::is_definition(std::string_view text) {
  if (begins_with_word(text, "default") || begins_with_word(text, "import")) return true;
  DiagnosticList unread;
  const std::string module = fmt::format("package repl\n{}", text);
  if (tools::parse_module_json("<data.repl>", module, Dialect::Psdl, false, unread).empty()) return false;
  return is_assignment(text) || tools::parse_query_json(text, {}, false, unread).empty();
}

std::string Workspace::describe_input() const {
  if (!input_) return "no input (:input FILE)";
  const ObjectIdentity object = input_.object();
  std::string name = object.namespace_name.empty() ? object.name : object.namespace_name + "/" + object.name;
  if (!object.kind.empty()) name = name.empty() ? object.kind : object.kind + " " + name;
  const std::string document = input_.document_name();
  std::string text = name.empty() ? "input = " + document : fmt::format("input = {} ({})", name, document);
  if (!pod_path_.empty()) text += "  |  pod = its pod spec";
  return text;
}

std::string Workspace::describe_rules() const {
  std::size_t count = 0;
  std::vector<std::string> packages;
  for (const std::string& name : rule_names()) {
    if (name.starts_with(std::string(kOwnPackage) + ".")) continue;
    ++count;
    const std::string package = name.substr(0, name.rfind('.'));
    if (packages.empty() || packages.back() != package) packages.push_back(package);
  }
  const std::string rules = tools::plural(count, "rule");
  if (packages.size() == 1) return fmt::format("{} in {}", rules, packages.front());
  return packages.empty() ? rules : fmt::format("{} in {} packages", rules, packages.size());
}

}  // namespace psdl::repl
