// The form that policies leave the compiler in, and what is reported in which order.
#include <catch2/catch.hpp>

#include <chrono>

#include "support.hpp"
#include "syntax/visit.hpp"

using namespace psdl;
using psdl::test::compile;
using psdl::test::Text;
using Messages = std::vector<std::string>;

namespace {

ast::Rule* rule_named(const CheckedPolicy& policy, std::string_view name) {
  for (const auto& module : policy.modules()) {
    for (ast::Rule* rule : module->rules) {
      if (ast::is_var(rule->head->reference[0], name)) return rule;
    }
  }
  return nullptr;
}

// What the planner relies on: operands are vars, scalars, or collections of these.
bool is_flat(ast::Term& term) {
  bool flat = true;
  ast::walk(term, ast::Overloads{
                      [&](ast::Call&) { return !(flat = false); },
                      [&](ast::Ref&) { return !(flat = false); },
                      [&](ast::TemplateString&) { return !(flat = false); },
                      [&](ast::ArrayComprehension&) { return !(flat = false); },
                      [&](ast::SetComprehension&) { return !(flat = false); },
                      [&](ast::ObjectComprehension&) { return !(flat = false); },
                  });
  return flat;
}

void require_flat_ref(ast::Ref& ref) {
  REQUIRE(ref[0]->is<ast::Var>());
  for (std::size_t i = 1; i < ref.size(); ++i) REQUIRE(is_flat(*ref[i]));
}

void require_planner_form(ast::Body& root) {
  ast::walk(root, [](ast::Expr& expr) {
    CHECK_FALSE(expr.is<ast::SomeDecl*>());
    CHECK_FALSE(expr.is_assignment());
    for (const ast::With* with : expr.with) CHECK(with->value->is<ast::Ref>() != is_flat(*with->value));
    if (ast::CallTerms* call = expr.call()) {
      for (std::size_t i = 1; i < call->size(); ++i) {
        ast::Term& operand = *(*call)[i];
        if (auto* ref = operand.as<ast::Ref>()) {
          CHECK(expr.is_equality());
          require_flat_ref(*ref);
        } else if (!ast::is_comprehension(&operand) && !expr.calls("internal.print")) {
          const auto* callee = (*call)[0]->as<ast::Ref>();
          const bool internal = callee != nullptr && ast::is_var((*callee)[0], "internal");
          CHECK((internal || is_flat(operand)));
        }
      }
    } else if (ast::Term* term = expr.term()) {
      if (auto* ref = term->as<ast::Ref>()) require_flat_ref(*ref);
    }
    return false;
  });
}

std::string body_of(const CheckedPolicy& policy, std::string_view name) { return ast::to_string(rule_named(policy, name)->body); }

}  // namespace

TEST_CASE("bodies leave in the planner's form") {
  const auto made = compile(R"(package a
import data.lib
f(x) := y if y := [x, lib.table[input.keys[_]]]
g contains $"{v.name}: {upper(v.kind)}" if some v in input.items
h[k] := count({n | n := f(v)[_].name; not lib.skip[upper(n)]}) if some k, v in input.groups
i if every p in f(input.ports) { lower(p.name) in {"http", input.extra} }
j := {"x": abs(input.n - 1), "y": [z | z := round(input.ys[_]) % 2]} if not input.skip[lower(input.name)]
k if f(1)[0] == 1 with input.keys as split("a,b", ",") with lib.table as {"a": 1}
else := f(input.z)[1].w
l if { print("n", input.n, f(2)); input.n }
)");
  REQUIRE(made.errors() == Messages{});
  for (const auto& module : made.policy->modules()) {
    for (ast::Rule* top : module->rules) {
      for (ast::Rule* rule = top; rule != nullptr; rule = rule->else_rule) {
        require_planner_form(rule->body);
        if (rule->head->value != nullptr) CHECK(is_flat(*rule->head->value));
        if (rule->head->key != nullptr) CHECK(is_flat(*rule->head->key));
      }
    }
  }
}

TEST_CASE("literals are put in an order that binds before it needs") {
  const auto made = compile("package a\np if { y > 1; y = x + 1; x = input.x }\n");
  REQUIRE(made.errors() == Messages{});
  CHECK(body_of(*made.policy, "p") == "x = input.x; plus(x, 1, __local0__); y = __local0__; gt(y, 1)");
  CHECK(made.policy->user_var("__local0__") == nullptr);
}

TEST_CASE("what the user called a local is kept") {
  const auto made = compile("package a\np if { x := input.x; x > 1 }\n");
  REQUIRE(made.errors() == Messages{});
  CHECK(body_of(*made.policy, "p") == "__local0__ = input.x; gt(__local0__, 1)");
  REQUIRE(made.policy->user_var("__local0__") != nullptr);
  CHECK(made.policy->user_var("__local0__")->name == "x");
}

TEST_CASE("a long body in reverse order is still quick to order") {
  std::string text = "package a\np if {\n";
  for (int i = 0; i < 2'000; ++i) text += "\tx" + std::to_string(i) + " = x" + std::to_string(i + 1) + "\n";
  const auto begin = std::chrono::steady_clock::now();
  CHECK(compile(text + "\tx2000 = input.x\n}\n").errors() == Messages{});
  CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(60));
}

TEST_CASE("a var that is only unified keeps its name, a declared one shadows a rule") {
  const auto made = compile("package a\nx := 1\np if { y = input.y; y > x }\nq if { x := 2; x > input.x }\n");
  REQUIRE(made.errors() == Messages{});
  CHECK(body_of(*made.policy, "p") == "y = input.y; __local1__ = data.a.x; gt(y, __local1__)");
  CHECK(body_of(*made.policy, "q").find("data.a.x") == std::string::npos);
}

TEST_CASE("both kinds of not") {
  const auto old_not = compile("package a\np if not startswith(input.image, \"reg/\")\n");
  REQUIRE(old_not.errors() == Messages{});
  CHECK(body_of(*old_not.policy, "p") == "__local0__ = input.image; not startswith(__local0__, \"reg/\")");

  const auto new_not = compile({Text{"a.psdl", "package a\np if not startswith(input.image, \"reg/\")\n"}});
  REQUIRE(new_not.errors() == Messages{});
  const ast::Body& body = rule_named(*new_not.policy, "p")->body;
  REQUIRE(body.size() == 1);
  REQUIRE(body[0]->as<ast::Not>() != nullptr);
  CHECK(body[0]->as<ast::Not>()->body.size() == 2);
}

TEST_CASE("rules stand in the tree at the ground part of their path") {
  const auto made = compile({Text{"a.rego", "package a\np[x].q := 1 if some x in input.xs\np.r := 2\n"}, Text{"b.rego", "package a.b\n"},
                             Text{"system.rego", "package system.log\nmask := 1\n"}});
  REQUIRE(made.errors() == Messages{});
  const RuleTree& tree = made.policy->tree();
  ast::Ref path(made.policy->modules()[0]->arena);
  const ast::Nodes& nodes = made.policy->modules()[0]->nodes;
  path.push_back(nodes.var("data", {}));
  path.push_back(nodes.string("a", {}));
  CHECK(tree.find(path.items())->children.size() == 2);
  path.push_back(nodes.string("p", {}));
  REQUIRE(tree.rules_at(path.items()).size() == 1);
  path.push_back(nodes.string("r", {}));
  CHECK(tree.rules_at(path.items()).size() == 1);
  CHECK(tree.rules_for(path.items()).size() == 1);
  path[3] = nodes.var("x", {});
  CHECK(tree.rules_dynamic(path.items(), false).size() == 2);

  ast::Ref all(made.policy->modules()[0]->arena);
  all.push_back(path[0]);
  all.push_back(nodes.var("x", {}));
  CHECK(tree.rules_dynamic(all.items(), false).size() == 2);
  CHECK(tree.rules_dynamic(all.items(), true).size() == 3);
}

TEST_CASE("rules come after those that they read") {
  const auto made = compile("package a\na if b\nb if c[_]\nc contains 1 if d(2)\nd(x) := x if true\nelse := e\ne := 3\n");
  REQUIRE(made.errors() == Messages{});
  std::string order;
  for (const ast::Rule* rule : made.policy->sorted_rules()) order += rule->head->reference[0]->as<ast::Var>()->name;
  CHECK(order == "edcba");
  const auto reads = made.policy->dependencies(rule_named(*made.policy, "b"));
  REQUIRE(reads.size() == 1);
  CHECK(reads[0] == rule_named(*made.policy, "c"));
}

TEST_CASE("errors come by the names of their sources, then by place, and end at the limit") {
  std::string many = "package a\n";
  for (int i = 0; i < 12; ++i) many += "p" + std::to_string(i) + " if x" + std::to_string(i) + " > 1\n";
  const auto limited = compile({Text{"b.rego", "package b\np if y > 1\n"}, Text{"a.rego", many}});
  const auto found = limited.errors();
  REQUIRE(found.size() == 11);
  CHECK(found.front() == "a.rego:2: var x0 is unsafe");
  CHECK(found.back() == "error limit reached");

  CompilerOptions options;
  options.max_errors = 0;
  const auto all = compile({Text{"b.rego", "package b\np if y > 1\n"}, Text{"a.rego", many}}, options);
  REQUIRE(all.errors().size() == 13);
  CHECK(all.errors().back() == "b.rego:2: var y is unsafe");
}

TEST_CASE("strict asks for more") {
  const std::string text = "package a\nimport data.b\np if { x := 1 }\nf(x) := 1\n";
  CHECK(compile(text).errors() == Messages{});
  CompilerOptions strict;
  strict.strict = true;
  CHECK(compile(text, strict).errors() ==
        Messages{"test.rego:2: import data.b unused", "test.rego:3: assigned var x unused", "test.rego:4: unused argument x. (hint: use _ (wildcard variable) instead)"});
}

TEST_CASE("a builtin that is left out is named, after what OPA would say") {
  const auto made = compile("package a\np := http.send({})\n");
  REQUIRE(made.diagnostics.error_count() == 1);
  CHECK(made.policy == nullptr);
  CHECK(made.diagnostics.all()[0].beyond_opa);
  CHECK(made.errors()[0].find("builtin `http.send` is not available: ") != std::string::npos);
  CHECK(compile("package a\np := http.send(1)\n").errors() == Messages{"test.rego:2: http.send: invalid argument(s)"});
}

TEST_CASE("print is kept or taken out") {
  CompilerOptions without;
  without.print_statements = false;
  const auto gone = compile("package a\np if print(input.x)\n", without);
  REQUIRE(gone.errors() == Messages{});
  CHECK(body_of(*gone.policy, "p") == "true");
  const auto kept = compile("package a\np if print(input.x)\n");
  REQUIRE(kept.errors() == Messages{});
  CHECK(body_of(*kept.policy, "p").find("internal.print(") != std::string::npos);
}

TEST_CASE("metadata calls become constants") {
  const auto made = compile("package a\n\n# METADATA\n# title: T\np := rego.metadata.rule().title\n");
  REQUIRE(made.errors() == Messages{});
  CHECK(body_of(*made.policy, "p").find("\"title\": \"T\"") != std::string::npos);
}

TEST_CASE("long chains and cycles of rules take no deep stack and no quadratic time") {
  std::string chain = "package a\n";
  for (int i = 0; i < 5'000; ++i) chain += "p" + std::to_string(i) + " if p" + std::to_string(i + 1) + "\n";
  const auto begin = std::chrono::steady_clock::now();
  const auto straight = compile(chain + "p5000 := 1\n");
  CHECK(straight.errors() == Messages{});
  const auto round = compile(chain + "p5000 if p0\n");
  CHECK(round.errors().size() == 11);
  // Generous: a quadratic pass over 5,000 rules takes minutes under a sanitizer, these take a second or two.
  CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(60));
}

TEST_CASE("comprehensions inside each other are typed once each") {
  std::string text = "input.x";
  for (int i = 0; i < 25; ++i) text = "[x" + std::to_string(i) + " | x" + std::to_string(i) + " := " + text + "]";
  CHECK(compile("package a\np := " + text + "\n").errors() == Messages{});
}

TEST_CASE("types that share their parts do not unfold") {
  std::string text = "package a\np if {\n\ta0 := [1]\n\tb0 := [1]\n";
  for (int i = 1; i < 40; ++i) {
    for (const char* name : {"a", "b"}) {
      const std::string before = name + std::to_string(i - 1);
      text += std::string("\t") + name + std::to_string(i) + " := [" + before + ", " + before + "]\n";
    }
  }
  CHECK(compile(text + "\ta39 == b39\n}\n").errors() == Messages{});
}
