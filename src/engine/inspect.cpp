// Trees, plans and bytecode as text.
#include "psdl/tools/inspect.hpp"

#include "engine/policy.hpp"
#include "plan/plan.hpp"
#include "syntax/parse.hpp"
#include "syntax/to_json.hpp"

namespace psdl::tools {

std::string parse_module_json(std::string_view name, std::string_view text, Dialect dialect, bool v0_compatible, DiagnosticList& problems) {
  PolicyBuilder builder({.v0_compatible = v0_compatible});
  builder.add_source(name, text, {}, dialect);
  const std::vector<std::unique_ptr<ast::Module>> modules = builder.impl().parse(Limits{}, problems);
  if (problems.has_errors() || modules.empty()) return {};
  std::string tree;
  ast::module_to_json(*modules.front(), tree);
  return tree;
}

std::string parse_query_json(std::string_view text, std::span<const std::string> imports, bool v0_compatible, DiagnosticList& problems) {
  const Source source{std::string(), std::string(text)};
  ParseOptions options;
  if (v0_compatible) options.version = ast::RegoVersion::V0;
  options.imports = imports;
  options.improved_not = false;  // the suite that this answers reads its queries so
  Diagnostics diagnostics;
  const std::unique_ptr<ast::Query> query = parse_body(source, 0, options, Limits{}, diagnostics);
  const Source* const sources[] = {&source};
  problems.impl().add(diagnostics, sources);
  if (query == nullptr || diagnostics.has_errors()) return {};
  std::string tree;
  ast::body_to_json(query->body, tree);
  return tree;
}

std::string plan_text(const Policy& policy) {
  const Policy::Impl& shown = *policy.impl();
  if (shown.loaded != nullptr) return {};  // an image holds bytecode and no plan
  if (shown.known.empty()) return plan::print(*shown.plan);
  plan::Plan bound = shown.plan->fork();
  static_cast<void>(plan::bind(bound, shown.known));
  plan::propagate_constants(bound);
  return plan::print(bound);
}

std::string disassembly(const Policy& policy, std::string_view rule) {
  const Program& program = *policy.impl()->program();
  if (rule.empty()) return disassemble(program);
  const std::string path = rule.starts_with("data.") ? std::string(rule) : "data." + std::string(rule);
  std::string out;
  for (std::uint32_t i = 0; i < program.functions.size(); ++i) {
    const std::string& name = program.functions[i].path;
    if (name != path && !name.starts_with(path + ".")) continue;
    if (!out.empty()) out += '\n';
    out += disassemble(program, i);
  }
  return out;
}

}  // namespace psdl::tools
