// What was seen, in words.
#include <fmt/format.h>

#include <algorithm>

#include "advice/infer.hpp"

namespace psdl::advice {
namespace {

constexpr std::size_t kMostTypes = 2;  // that a message lists

std::string article(std::string_view name) {
  return std::string_view("aeiou").find(name.front()) == std::string_view::npos ? "a " : "an ";
}

std::string shown_types(const std::vector<TypedValue>& types) {
  std::vector<std::string> names;
  for (const TypedValue& one : types) {
    std::string name = shown_type(one);
    if (name != "object" && std::find(names.begin(), names.end(), name) == names.end())
      names.push_back(std::move(name));
  }
  if (names.empty()) return "the object";
  std::string text = names.front();
  if (names.size() == kMostTypes) text += " or " + names.back();
  if (names.size() > kMostTypes) text += fmt::format(" or {} other types", names.size() - 1);
  return text;
}

// "a core/v1 Container"; empty where it may be of several types.
std::string single_type(const Outline& outline) {
  std::string text;
  for (const TypedValue& one : outline.typed) {
    const std::string name = shown_type(one);
    if (!text.empty() && text != name) return "";
    text = name;
  }
  const bool is_only = !text.empty() && !outline.is_anything && outline.objects.empty() && outline.made.empty();
  return is_only ? (text.starts_with("a ") ? text : article(text) + text) : "";
}

// `deny`, also of `deny contains ..` and `a.b.deny`.
std::string rule_name(const ast::Rule& rule) {
  std::string name;
  for (const ast::Term* part : rule.head->reference) {
    const auto* var = part->as<ast::Var>();
    const auto* text = part->as<ast::String>();
    if (text == nullptr && !(var != nullptr && name.empty())) break;
    name += fmt::format("{}{}", name.empty() ? "" : ".", var != nullptr ? var->name : text->text);
  }
  return name;
}

}  // namespace

bool is_entry_name(std::string_view name) {
  for (const std::string_view one : {"deny", "violation", "warn"}) {
    if (name == one || (name.starts_with(one) && name[one.size()] == '_')) return true;
  }
  return false;
}

std::string Inference::effect(const Scope& scope) const {
  const std::string name = rule_name(*scope.rule);
  switch (scope.position) {
    case Position::Test:
      return is_entry_name(name) ? fmt::format("`{}` would never fire", name)
                                 : fmt::format("`{}` would never hold", name);
    case Position::Negated: return "the negation would always hold";
    case Position::Collected: return "nothing would be collected";
    case Position::Either: return "this side of `or` would never hold";
    case Position::Every: return "`every` would hold of nothing but an empty collection";
  }
  return "";
}

// Null where nothing can be said for certain.
std::shared_ptr<const Remark> Inference::missing_field(const FieldRead& read, std::string_view name, Span place,
                                                       const ast::Ref* ref, bool is_indirect,
                                                       const Scope& scope) const {
  const bool has_told = std::any_of(read.lacking.begin(), read.lacking.end(),
                                    [](const TypedValue& one) { return !one.is_guess && one.role == Role::Plain; });
  const bool has_guess = std::any_of(read.lacking.begin(), read.lacking.end(),
                                     [](const TypedValue& one) { return one.is_guess || one.role != Role::Plain; });
  const bool is_input = read.is_root;
  const std::string deeper = is_indirect ? "" : deeper_field(read.lacking, name);
  const bool is_list = deeper.starts_with("[_]");
  const std::string near = is_list ? "" : meant_field(read.lacking, name, is_input && !has_told);
  // A function may ask for one shape after the other, whoever calls it.
  if (near.empty() && (is_indirect || has_guess || scope.rule->is_function())) return nullptr;
  if (near == name) return nullptr;

  auto remark = std::make_shared<Remark>();
  remark->rule = scope.rule;
  Diagnostic& made = remark->diagnostic;
  made.code = "no_such_field";
  made.severity = has_told ? Severity::Error : Severity::Warning;
  made.span = place;
  std::vector<TypedValue> types = read.lacking;
  if (has_told) std::erase_if(types, [](const TypedValue& one) { return one.is_guess; });
  made.message =
      fmt::format("no field `{}` on {}", name, read.is_root && !has_told ? "the object" : shown_types(types));
  if (!near.empty()) {
    made.label = fmt::format("did you mean `{}`?", near);
  } else if (!deeper.empty()) {
    made.label = is_list ? fmt::format("did you mean `{}`?", deeper) : fmt::format("it is at `{}`", deeper);
  } else {
    made.label = "not a field of it";
  }
  if (is_indirect) {
    made.notes.emplace_back("without this error the name is never found, and nothing tells");
  } else if (ref == nullptr) {
    made.notes.emplace_back("without this error the default is always taken");
  } else {
    made.notes.push_back(fmt::format("without this error the expression is always undefined and {}", effect(scope)));
  }
  const ast::Term* const head = ref != nullptr ? (*ref)[0] : nullptr;
  const auto* var = head != nullptr ? head->as<ast::Var>() : nullptr;
  const UserVar* const user = var != nullptr ? policy_.user_var(var->name) : nullptr;
  const auto known = var != nullptr ? scope.vars.find(var->name) : scope.vars.end();
  if (user != nullptr && known != scope.vars.end() && !user->span.empty() && user->span.source == place.source) {
    if (const std::string is = single_type(known->second); !is.empty())
      made.related.push_back({user->span, fmt::format("`{}` is {}", user->name, is)});
  }
  return remark;
}

// A name that a package with rules does not have, and that is nearly one of its rules.
void Inference::miss_rule(const ast::Ref& ref, std::size_t at, const RuleNode& node, Scope& scope) {
  std::vector<std::string_view> names;
  for (const RuleNode* child : node.children) {
    const auto* text = child->key != nullptr ? child->key->as<ast::String>() : nullptr;
    if (text != nullptr && !child->rules.empty()) names.push_back(text->text);
  }
  const ast::Term& wanted = *ref[at];
  const std::string near = nearest_name(names, wanted.as<ast::String>()->text);
  if (near.empty()) return;
  std::string package;
  for (std::size_t i = 1; i < at; ++i)
    package += fmt::format("{}{}", package.empty() ? "" : ".", ref[i]->as<ast::String>()->text);
  auto remark = std::make_shared<Remark>();
  remark->rule = scope.rule;
  Diagnostic& made = remark->diagnostic;
  made.code = "no_such_rule";
  made.severity = package.starts_with("psdl.") ? Severity::Error : Severity::Warning;
  made.span = wanted.span;
  made.message = fmt::format("no rule `{}` in package {}", wanted.as<ast::String>()->text, package);
  made.label = fmt::format("did you mean `{}`?", near);
  made.notes.push_back(
      fmt::format("the expression is undefined, unless data documents hold it, and {}", effect(scope)));
  see(Topic::Field, wanted.span, std::move(remark));
}

}  // namespace psdl::advice
