// `with` checked and its values computed before. In: bodies; out: targets that may be replaced, values that are scalars, vars, collections of
// them or names of functions.
#include "compiler/state.hpp"

namespace psdl::stages {
namespace {

constexpr std::string_view kReplacing = "with keyword replacing built-in function: ";

class WithRewriter {
 public:
  explicit WithRewriter(const Rewriter& rewriter) : rewriter_(rewriter), state_(rewriter.state) {}

  // False where an error was found: the body is as it was.
  bool body(ast::Body& held) {
    bool any = false;
    for (const ast::Expr* expr : held) any = any || !expr->with.empty();
    if (!any) return true;
    ast::Body made(rewriter_.nodes.arena());
    for (ast::Expr* expr : held) {
      for (ast::With* with : expr->with) {
        const auto needs_capture = validate(*with);
        if (!needs_capture) return false;
        if (!*needs_capture) continue;
        ast::Expr* capture = rewriter_.capture(with->value);
        append(made, capture);
        with->value = rewriter_.nodes.copy(capture->operand(0));
      }
      append(made, expr);
    }
    held = std::move(made);
    return true;
  }

  Errors errors;

 private:
  std::nullopt_t fail(std::string_view code, Span span, std::string message) {
    errors.push_back({code, std::move(message), span, {}});
    return std::nullopt;
  }

  // A ref of one var: how functions are named.
  void make_ref(ast::Term& term) {
    if (const auto* var = term.as<ast::Var>()) term.value = rewriter_.nodes.ref({rewriter_.nodes.var(var->name, term.span)}, term.span)->value;
  }

  static std::optional<BuiltinFacts> builtin_of(const ast::Term& term) {
    if (const auto* var = term.as<ast::Var>()) return builtin_facts(var->name);
    if (const auto* ref = term.as<ast::Ref>()) return builtin_facts(*ref);
    return std::nullopt;
  }

  static bool has_function(std::span<ast::Rule* const> rules) {
    for (const ast::Rule* rule : rules) {
      if (rule->is_function()) return true;
    }
    return false;
  }

  // A value that names a function or a rule stays as it is.
  bool is_function_value(const ast::Term& value) const {
    if (const auto* ref = value.as<ast::Ref>(); ref != nullptr && state_.tree.find(ref->items()) != nullptr) return true;
    return builtin_of(value).has_value();
  }

  // Whether the value has to be computed before.
  std::optional<bool> validate(ast::With& with) {
    ast::Term& target = *with.target;
    ast::Term& value = *with.value;
    if (const auto* var = value.as<ast::Var>(); var != nullptr && builtin_facts(var->name)) make_ref(value);
    const auto builtin = builtin_of(target);
    if (starts_with(target, "data")) {
      const auto& ref = *target.as<ast::Ref>();
      const RuleNode* node = &state_.tree.root();
      for (std::size_t i = 0; i + 1 < ref.size(); ++i) {
        const RuleNode* child = node->child(*ref[i]);
        if (child == nullptr) break;
        if (!child->rules.empty()) return fail(kCompileError, target.span, "with keyword cannot partially replace virtual document(s)");
        node = child;
      }
      if (const RuleNode* child = node->child(*ref.back()); child != nullptr && has_function(child->rules) && is_function_value(value)) return false;
      if (const auto* named = value.as<ast::Ref>()) {
        if (const RuleNode* found = state_.tree.find(named->items()); found != nullptr && has_function(found->rules)) return false;
      }
    } else if (starts_with(target, "input")) {
      // always allowed
    } else if (builtin) {
      make_ref(target);
      if (!validate_builtin(*builtin, target)) return std::nullopt;
      if (is_function_value(value)) return false;
    } else {
      return fail(kTypeError, target.span, "with keyword target must reference existing input, data, or a function");
    }
    return requires_evaluation(&value);
  }

  bool validate_builtin(const BuiltinFacts& builtin, const ast::Term& target) {
    const auto refuse = [&](const std::string& message) {
      fail(kCompileError, target.span, std::string(kReplacing) + message);
      return false;
    };
    if (builtin.name == "eq" || builtin.name == "rego.metadata.chain" || builtin.name == "rego.metadata.rule") {
      return refuse("replacement of " + quoted(builtin.name) + " invalid");
    }
    if (ast::is_var((*target.as<ast::Ref>())[0], "internal")) return refuse("replacement of internal function " + quoted(text_of(target)) + " invalid");
    if (builtin.is_relation) return refuse("target must not be a relation");
    if (builtin.is_void()) return refuse("target must not be a void function");
    return true;
  }

  const Rewriter& rewriter_;
  CompilerState& state_;
};

}  // namespace

Errors rewrite_with_values_in_body(const Rewriter& rewriter, ast::Body& body) {
  WithRewriter with(rewriter);
  with.body(body);
  return std::move(with.errors);
}

void rewrite_with_values(CompilerState& state) {
  for (const auto& module : state.modules) {
    const Rewriter rewriter = state.rewriter(*module);
    WithRewriter with(rewriter);
    for (ast::Rule* rule : module->rules) ast::walk(*rule, [&](ast::Body& body) { return !with.body(body); });
    state.error(std::move(with.errors));
  }
}

}  // namespace psdl::stages
