// Terms: constants, collections, and refs step by step.
#include <algorithm>

#include "advice/infer.hpp"

namespace psdl::advice {
namespace {

bool is_var(const ast::Term& term, std::string_view name) {
  const auto* var = term.as<ast::Var>();
  return var != nullptr && var->name == name;
}

bool is_scalar(const ast::Term& term) {
  return term.is<ast::Null>() || term.is<ast::Boolean>() || term.is<ast::Number>() || term.is<ast::String>();
}

}  // namespace

// What tests of this body say of the whole objects in it.
Outline Inference::narrowed(const Outline& outline, const Scope& scope) const {
  const bool has_subject = std::any_of(outline.objects.begin(), outline.objects.end(),
                                       [](const WholeObject& one) { return one.subject != Subject::Other; });
  const bool has_made = !outline.made.empty() && (scope.kinds[0] != ObjectKinds() || scope.kinds[1] != ObjectKinds());
  if (!has_subject && !has_made) return outline;
  Outline made = outline;
  for (WholeObject& one : made.objects) {
    if (one.subject != Subject::Other)
      one.kinds = intersection(one.kinds, scope.kinds[static_cast<std::size_t>(one.subject)]);
  }
  std::erase_if(made.objects, [](const WholeObject& one) { return one.kinds.is_empty(); });
  for (auto& one : made.made) {
    Made copy = *one;
    copy.values = narrowed(copy.values, scope);
    for (auto& [key, member] : copy.members) member = narrowed(member, scope);
    for (Outline& item : copy.items) item = narrowed(item, scope);
    one = std::make_shared<const Made>(std::move(copy));
  }
  return made;
}

Outline Inference::input_of(const Scope& scope) const {
  const auto signs = signs_.find(scope.rule->module);
  const bool is_known = signs != signs_.end() && (signs->second.is_manifest || signs->second.is_review);
  return is_known ? narrowed(whole({Subject::Input, {}}), scope) : anything();
}

Outline Inference::value(const ast::Term& term, Scope& scope) {
  if (is_scalar(term)) return constant(term);
  if (const auto* var = term.as<ast::Var>()) {
    if (var->name == "input") return input_of(scope);
    const auto known = scope.vars.find(var->name);
    return known == scope.vars.end() ? anything() : narrowed(known->second, scope);
  }
  if (const auto* ref = term.as<ast::Ref>()) return ref_value(term, *ref, scope);
  if (const auto* array = term.as<ast::Array>()) {
    Made made{.kind = Made::Kind::Array};
    for (const ast::Term* item : *array) made.items.push_back(value(*item, scope));
    return collection(std::move(made));
  }
  if (const auto* set = term.as<ast::Set>()) {
    Made made{.kind = Made::Kind::Set};
    for (const ast::Term* item : *set) join(made.values, value(*item, scope));
    return collection(std::move(made));
  }
  if (const auto* object = term.as<ast::Object>()) {
    Made made{.kind = Made::Kind::Object};
    for (const ast::Pair& pair : *object) {
      const Outline member = value(*pair.value, scope);
      if (is_scalar(*pair.key)) {
        made.members.emplace_back(pair.key, member);
      } else {
        join(made.keys, value(*pair.key, scope));
        join(made.values, member);
      }
    }
    return collection(std::move(made));
  }
  if (const auto* array_of = term.as<ast::ArrayComprehension>())
    return made(Made::Kind::Array, *array_of->term, nullptr, array_of->body, scope);
  if (const auto* set_of = term.as<ast::SetComprehension>())
    return made(Made::Kind::Set, *set_of->term, nullptr, set_of->body, scope);
  if (const auto* object_of = term.as<ast::ObjectComprehension>())
    return made(Made::Kind::Object, *object_of->value, object_of->key, object_of->body, scope);
  if (const auto* call = term.as<ast::Call>()) return call_value(*call, call->size() - 1, scope, false);
  return term.is<ast::TemplateString>() ? plain(kind_bit(Kind::String)) : anything();
}

Outline Inference::made(Made::Kind kind, const ast::Term& head, const ast::Term* key, const ast::Body& exprs,
                        const Scope& scope) {
  Scope own = scope;
  own.position = Position::Collected;
  own.allowed.clear();
  body(exprs, own);
  Made members{.kind = kind};
  if (!own.is_dead) {
    members.values = narrowed(value(head, own), own);
    if (key != nullptr) members.keys = value(*key, own);
  }
  return collection(std::move(members));
}

Outline Inference::ref_value(const ast::Term& term, const ast::Ref& ref, Scope& scope) {
  std::size_t used = 1;
  Outline found;
  const auto* second = ref.size() > 1 ? ref[1]->as<ast::String>() : nullptr;
  if (is_var(*ref[0], "input") && second != nullptr && second->text == "request" &&
      !signs_.at(scope.rule->module).is_review)
    return anything();
  if (is_var(*ref[0], "data")) {
    found = data_value(ref, used, scope);
  } else {
    found = value(*ref[0], scope);
  }
  for (; used < ref.size(); ++used) found = narrowed(step(found, *ref[used], term, ref, scope), scope);
  return found;
}

Outline Inference::step(const Outline& container, const ast::Term& key, const ast::Term& term, const ast::Ref& ref,
                        Scope& scope) {
  if (const auto* name = key.as<ast::String>()) return by_name(container, *name, key.span, &ref, false, scope);
  if (key.is<ast::Number>()) {
    Outline found;
    for (const auto& one : container.made) {
      std::size_t at = 0;
      for (const char c : key.as<ast::Number>()->text)
        at = c >= '0' && c <= '9' && at < 1000 ? at * 10 + static_cast<std::size_t>(c - '0') : 1000;
      if (one->kind == Made::Kind::Array && at < one->items.size()) join(found, one->items[at]);
    }
    return found.is_nothing() ? values_of(container) : found;
  }
  const auto* var = key.as<ast::Var>();
  if (var == nullptr) {
    bind_all(key, scope);
    return anything();
  }
  const auto known = scope.vars.find(var->name);
  if (known == scope.vars.end()) {
    scope.vars.emplace(var->name, keys_of(container));
    return values_of(container);
  }
  // A set asked for the kind: `workloads[input.kind]`.
  const bool is_set = container.made.size() == 1 && container.made.front()->kind == Made::Kind::Set &&
                      container.typed.empty() && !container.is_anything;
  if (is_set && known->second.says.aspect != Aspect::None && container.made.front()->values.is_constant()) {
    const KindText says = known->second.says;
    narrow(says, container.made.front()->values, Restriction::Within, term.span, scope);
    return known->second;
  }
  return by_constants(container, known->second, scope);
}

Outline Inference::by_name(const Outline& container, const ast::String& name, Span place, const ast::Ref* ref,
                           bool is_indirect, Scope& scope) {
  const FieldRead read = read_field(container, name.text);
  const bool is_found = !read.value.is_nothing();
  if (is_found || read.is_open) {
    see(Topic::Field, place);
    Outline found = read.value;
    if (read.is_open) join(found, anything());
    return found;
  }
  if (!read.lacking.empty()) see(Topic::Field, place, missing_field(read, name.text, place, ref, is_indirect, scope));
  return anything();
}

// The key is one of the texts that the rule lists.
Outline Inference::by_constants(const Outline& container, const Outline& keys, Scope& scope) {
  Outline found;
  for (const ast::Term* one : keys.constants) {
    if (const auto* name = one->as<ast::String>())
      join(found, by_name(container, *name, one->span, nullptr, true, scope));
  }
  if (keys.is_constant() && !found.is_nothing()) return found;
  for (const auto& one : container.made) {
    if (one->kind == Made::Kind::Set) join(found, keys);
  }
  join(found, values_of(container));
  return found.is_nothing() ? anything() : found;
}

// Rules below data, and what Gatekeeper puts there; anything else a host may have.
Outline Inference::data_value(const ast::Ref& ref, std::size_t& used, Scope& scope) {
  const RuleNode* node = &policy_.tree().root();
  const RuleNode* found = node->child(*ref[0]);
  if (found == nullptr) found = node;  // the root is `data` itself
  for (used = 1; used < ref.size() && found->rules.empty(); ++used) {
    const RuleNode* next = ref[used]->is<ast::String>() ? found->child(*ref[used]) : nullptr;
    if (next == nullptr) break;
    found = next;
  }
  if (!found->rules.empty() && !found->rules.front()->is_function()) {
    const Answer& known = answer(found->rules, nullptr);
    current_->push_back({Topic::Body, {}, nullptr, &known});
    return known.value;
  }
  if (used < ref.size() && ref[used]->is<ast::String>()) miss_rule(ref, used, *found, scope);
  if (ref.size() > 1 && ref[1]->is<ast::String>() && ref[1]->as<ast::String>()->text == "inventory")
    return inventory(ref, used, scope);
  for (; used < ref.size(); ++used) bind_all(*ref[used], scope);
  return anything();
}

// cluster[apiVersion][kind][name], namespace[namespace][apiVersion][kind][name].
Outline Inference::inventory(const ast::Ref& ref, std::size_t& used, Scope& scope) {
  for (std::size_t i = 1; i < ref.size(); ++i) bind_all(*ref[i], scope);
  used = ref.size();
  const auto text = [&](std::size_t at) -> const ast::String* {
    return at < ref.size() ? ref[at]->as<ast::String>() : nullptr;
  };
  const ast::String* const where = text(2);
  if (where == nullptr || (where->text != "cluster" && where->text != "namespace")) return anything();
  const std::size_t at = where->text == "cluster" ? 3 : 4;
  const ast::String* const version = text(at);
  const ast::String* const kind = text(at + 1);
  if (kind == nullptr || ref.size() < at + 3) return anything();
  used = at + 3;
  ObjectKinds kinds{NameSet::only({kind->text}), {}};
  if (version != nullptr)
    kinds.groups = NameSet::only(
        {version->text.substr(0, version->text.find('/') == std::string_view::npos ? 0 : version->text.find('/'))});
  return whole({Subject::Other, kinds});
}

}  // namespace psdl::advice
