// Expressions of a body are read in order, as OPA reads them: a var that stood for a place, or for a constant, is taken for it further down.
#include "testing/opa_index.hpp"

#include <algorithm>
#include <optional>
#include <unordered_map>

#include "compiler/rule_tree.hpp"
#include "syntax/visit.hpp"
#include "value/builders.hpp"
#include "value/number.hpp"

namespace psdl::testing {

bool OpaIndex::Place::is(const Place& other) const {
  const auto same = [](const Value& a, const Value& b) { return equal(a, b); };
  return root == other.root && argument == other.argument && std::equal(path.begin(), path.end(), other.path.begin(), other.path.end(), same);
}

class OpaIndex::Reader {
 public:
  Reader(const CheckedPolicy& policy, Arena& arena, const ast::Rule& rule) : policy_(policy), arena_(arena), rule_(rule) {}

  Body read() {
    Body made;
    const ast::Head& head = *rule_.head;
    made.is_complete = !head.is_multi_value() && head.key == nullptr && !head.has_dynamic_ref();
    if (head.value != nullptr && ast::is_constant(head.value)) made.constant = constant(*head.value);
    if (skips()) return made;
    for (const ast::Expr* expr : rule_.body) expression(*expr);
    for (Requirement& one : found_) made.all.push_back(settled(std::move(one)));
    return made;
  }

 private:
  // Bodies that print or tell cases are always evaluated.
  [[nodiscard]] bool skips() const {
    bool found = false;
    for (ast::Expr* expr : rule_.body) {
      ast::walk(*expr, [&](ast::Expr& each) {
        const ast::Ref* name = each.operator_ref();
        if (name != nullptr && name->size() == 2 && ast::is_var((*name)[0], "internal")) {
          const auto* second = (*name)[1]->as<ast::String>();
          found = found || (second != nullptr && (second->text == "print" || second->text == "test_case"));
        }
        return false;
      });
    }
    return found;
  }

  void expression(const ast::Expr& expr) {
    if (!expr.with.empty() || expr.negated) return;
    if (const ast::Term* term = expr.term()) {
      if (term->is<ast::Ref>()) {
        if (const auto place = place_of(*term)) add(*place, {Is::Defined, {}, {}});
      }
      return;
    }
    const ast::CallTerms* call = expr.call();
    if (call == nullptr) return;
    const std::string name = callee(*call);
    if (name == "eq" && call->size() == 3) return equation(*(*call)[1], *(*call)[2]);
    if (call->size() != 3) return;
    if (name == "internal.member_2") return member(*(*call)[1], *(*call)[2]);
    if (name == "startswith") return affixes(*(*call)[1], *(*call)[2], Is::Prefix);
    if (name == "endswith") return affixes(*(*call)[1], *(*call)[2], Is::Suffix);
    if (name == "strings.any_prefix_match") return affixes(*(*call)[1], *(*call)[2], Is::Prefix);
    if (name == "strings.any_suffix_match") return affixes(*(*call)[1], *(*call)[2], Is::Suffix);
  }

  static std::string callee(const ast::CallTerms& call) {
    std::string text;
    const auto* name = call[0]->as<ast::Ref>();
    if (name == nullptr) return text;
    for (const ast::Term* part : *name) {
      if (!text.empty()) text += '.';
      if (const auto* var = part->as<ast::Var>()) text += var->name;
      if (const auto* field = part->as<ast::String>()) text += field->text;
    }
    return text;
  }

  void equation(const ast::Term& left, const ast::Term& right) {
    if (any_element(left, right) || any_element(right, left)) return;
    if (!equals(left, right)) static_cast<void>(equals(right, left));
  }

  // `input.list[_] = "x"`.
  bool any_element(const ast::Term& left, const ast::Term& right) {
    const auto* ref = left.as<ast::Ref>();
    if (ref == nullptr || ref->size() < 2 || known(*ref->back()).is_defined()) return false;
    const auto place = place_of(left, 1);
    const Value value = known(right);
    if (!place || !value.is_defined() || value.is_collection()) return false;
    add(*place, {Is::Member, value, {}});
    return true;
  }

  bool equals(const ast::Term& left, const ast::Term& right) {
    if (const auto* var = left.as<ast::Var>()) {
      const Value value = known(right);
      if (value.is_defined()) constants_[var->name] = value;
      const auto place = place_of_var(var->name);
      if (!place || (!is_indexable(right) && !right.is<ast::Var>())) return false;
      add(*place, condition(right));
      return true;
    }
    const auto place = place_of(left);
    if (!place || (!is_indexable(right) && !right.is<ast::Var>())) return false;
    add(*place, condition(right));
    return true;
  }

  // Scalars, and arrays of what is no collection itself.
  static bool is_indexable(const ast::Term& term) {
    if (ast::is_scalar(&term)) return true;
    const auto* array = term.as<ast::Array>();
    return array != nullptr && std::all_of(array->begin(), array->end(), [](const ast::Term* item) { return ast::is_scalar(item) || item->is<ast::Var>(); });
  }
  Condition condition(const ast::Term& term) {
    const Value value = known(term);
    if (value.is_defined() && !value.is_object() && !value.is_set()) return {Is::Equal, value, {}};
    const auto* var = term.as<ast::Var>();
    return {Is::Defined, {}, var != nullptr ? var->name : std::string_view()};
  }

  void member(const ast::Term& left, const ast::Term& right) {
    std::optional<Place> place;
    if (const auto* var = left.as<ast::Var>()) place = place_of_var(var->name);
    if (place) {  // one of some values
      const Value values = known(right);
      if (!values.is_collection()) return;
      const auto items = values.is_array() ? values.as_array() : values.is_set() ? values.as_set().items() : values.as_object().values();
      for (const Value& item : items) add(*place, {item.is_object() || item.is_set() ? Is::Defined : Is::Equal, item, {}});
      return;
    }
    const Value value = known(left);
    const std::optional<Place> holder = right.is<ast::Var>() ? place_of_var(right.as<ast::Var>()->name) : place_of(right);
    if (!holder || value.is_collection()) return;
    add(*holder, {value.is_defined() ? Is::Member : Is::Defined, value, {}});
  }

  void affixes(const ast::Term& left, const ast::Term& right, Is is) {
    const std::optional<Place> place = left.is<ast::Var>() ? place_of_var(left.as<ast::Var>()->name) : place_of(left);
    const Value values = known(right);
    if (!place || !values.is_defined()) return;
    if (values.is_string()) return add(*place, {is, values, {}});
    if (!values.is_array() && !values.is_set()) return;
    const auto items = values.is_array() ? values.as_array() : values.as_set().items();
    if (!std::all_of(items.begin(), items.end(), [](const Value& item) { return item.is_string(); })) return;
    for (const Value& item : items) add(*place, {is, item, {}});
  }

  // ---- Places and constants.
  std::optional<Place> place_of_var(std::string_view name) const {
    for (const Requirement& one : found_) {
      for (const Condition& condition : one.any) {
        if (condition.is == Is::Defined && !condition.var.empty() && condition.var == name) return one.place;
      }
    }
    const ast::Args& arguments = rule_.head->args;
    for (std::size_t i = 0; i < arguments.size(); ++i) {
      if (ast::is_var(arguments[i], name)) return Place{Root::Argument, static_cast<std::uint32_t>(i), {}};
    }
    return std::nullopt;
  }

  // Of a ref without its last `without` parts, all of which are known; nothing for what is a rule.
  std::optional<Place> place_of(const ast::Term& term, std::size_t without = 0) const {
    const auto* ref = term.as<ast::Ref>();
    const auto* head = ref != nullptr ? (*ref)[0]->as<ast::Var>() : nullptr;
    if (head == nullptr) return std::nullopt;
    Place place;
    if (head->name == "input") {
      place.root = Root::Input;
    } else if (head->name == "data") {
      place.root = Root::Data;
    } else if (const auto alias = place_of_var(head->name)) {
      place = *alias;
    } else {
      return std::nullopt;
    }
    for (std::size_t i = 1; i + without < ref->size(); ++i) {
      const Value key = known(*(*ref)[i]);
      if (!key.is_defined() || key.is_collection()) return std::nullopt;
      place.path.push_back(key);
    }
    return place.root == Root::Data && is_virtual(*ref, ref->size() - without) ? std::nullopt : std::optional(place);
  }

  [[nodiscard]] bool is_virtual(const ast::Ref& ref, std::size_t size) const {
    const RuleNode* node = &policy_.tree().root();
    if (!node->children.empty()) node = node->children.front();
    for (std::size_t i = 1; i < size; ++i) {
      if (!node->rules.empty()) return true;
      node = node->child(*ref[i]);
      if (node == nullptr) return false;
    }
    return true;
  }

  // Undefined where it is no constant and no var that stands for one.
  Value known(const ast::Term& term) const {
    if (const auto* var = term.as<ast::Var>()) {
      const auto found = constants_.find(var->name);
      return found == constants_.end() ? Value() : found->second;
    }
    return ast::is_constant(&term) ? constant(term) : Value();
  }

  Value constant(const ast::Term& term) const {
    return std::visit(ast::Overloads{
                          [](const ast::Null&) { return Value::null(); },
                          [](const ast::Boolean& boolean) { return Value::boolean(boolean.value); },
                          [&](const ast::Number& number) { return number_from_text(arena_, number.text); },
                          [&](const ast::String& string) { return Value::string(arena_, string.text); },
                          [&](const ast::Array& array) {
                            ArrayBuilder made(arena_);
                            for (const ast::Term* item : array) made.add(constant(*item));
                            return made.finish();
                          },
                          [&](const ast::Set& set) {
                            SetBuilder made(arena_);
                            for (const ast::Term* item : set) made.add(constant(*item));
                            const Value value = made.finish();
                            freeze(arena_, value);
                            return value;
                          },
                          [&](const ast::Object& object) {
                            ObjectBuilder made(arena_);
                            for (const ast::Pair& pair : object) made.add(constant(*pair.key), constant(*pair.value));
                            const Value value = made.finish();
                            freeze(arena_, value);
                            return value;
                          },
                          [](const auto&) { return Value(); },
                      },
                      term.value);
  }

  // ---- Requirements.
  void add(const Place& place, const Condition& condition) {
    const auto same = std::find_if(found_.begin(), found_.end(), [&](const Requirement& one) { return one.place.is(place); });
    if (same == found_.end()) {
      found_.push_back({place, {condition}});
    } else {
      same->any.push_back(condition);
    }
  }

  // A value that is asked for says more than that there is one. Of both ends of a text OPA tests the one whose shortest form is longer.
  static Requirement settled(Requirement one) {
    const auto is_concrete = [](const Condition& condition) { return condition.is != Is::Defined; };
    if (!std::any_of(one.any.begin(), one.any.end(), is_concrete)) return one;
    std::erase_if(one.any, [&](const Condition& condition) { return !is_concrete(condition); });
    const auto shortest = [&](Is is) {
      std::size_t least = SIZE_MAX;
      for (const Condition& condition : one.any) {
        if (condition.is == is) least = std::min<std::size_t>(least, condition.value.length());
      }
      return least;
    };
    const std::size_t prefix = shortest(Is::Prefix);
    const std::size_t suffix = shortest(Is::Suffix);
    if (prefix != SIZE_MAX && suffix != SIZE_MAX) {
      const Is dropped = suffix > prefix ? Is::Prefix : Is::Suffix;
      std::erase_if(one.any, [dropped](const Condition& condition) { return condition.is == dropped; });
    }
    return one;
  }

  const CheckedPolicy& policy_;
  Arena& arena_;
  const ast::Rule& rule_;
  std::vector<Requirement> found_;
  std::unordered_map<std::string_view, Value> constants_;
};

OpaIndex::OpaIndex(const CheckedPolicy& policy) {
  for (const auto& module : policy.modules()) {
    for (const ast::Rule* top : module->rules) {
      for (const ast::Rule* rule = top; rule != nullptr; rule = rule->else_rule) {
        if (rule->is_default) continue;
        const Span head = rule->head->span;
        bodies_.emplace(std::tuple(head.source, head.begin, head.end), Reader(policy, arena_, *rule).read());
      }
    }
  }
}

const OpaIndex::Body* OpaIndex::find(Span head) const {
  const auto found = bodies_.find(std::tuple(head.source, head.begin, head.end));
  return found == bodies_.end() ? nullptr : &found->second;
}

bool OpaIndex::meets(const Condition& condition, const Value& value) {
  switch (condition.is) {
    case Is::Defined: return true;
    case Is::Equal: return equal(value, condition.value);
    case Is::Prefix: return value.is_string() && value.as_string().starts_with(condition.value.as_string());
    case Is::Suffix: return value.is_string() && value.as_string().ends_with(condition.value.as_string());
    case Is::Member: {
      if (!value.is_collection()) return false;
      const auto items = value.is_array() ? value.as_array() : value.is_set() ? value.as_set().items() : value.as_object().values();
      return std::any_of(items.begin(), items.end(), [&](const Value& item) { return equal(item, condition.value); });
    }
  }
  return true;
}

bool OpaIndex::rules_out(Span head, const debug::Inspector& at) const {
  const Body* body = find(head);
  if (body == nullptr || at.depth() == 0) return false;
  const Value* slots = at.frame(0).slots;
  for (const Requirement& one : body->all) {
    Value value;
    switch (one.place.root) {
      case Root::Input: value = at.input(); break;
      case Root::Data: value = at.data(); break;
      case Root::Argument: value = slots[one.place.argument]; break;
    }
    for (std::size_t i = 0; value.is_defined() && i < one.place.path.size(); ++i) {
      const Value& key = one.place.path[i];
      const Value* below = nullptr;
      if (value.is_object()) below = value.as_object().find(key);
      if (value.is_set()) below = value.as_set().find(key);
      if (value.is_array() && key.is_int() && key.as_int() >= 0 && key.as_int() < value.length()) below = &value.as_array()[static_cast<std::size_t>(key.as_int())];
      value = below != nullptr ? *below : Value();
    }
    if (!value.is_defined()) return true;
    if (std::none_of(one.any.begin(), one.any.end(), [&](const Condition& condition) { return meets(condition, value); })) return true;
  }
  return false;
}

bool OpaIndex::ends_at_first(const Function& function, const debug::Inspector& at) const {
  Value agreed;
  for (const Span head : function.bodies) {
    const Body* body = find(head);
    if (body == nullptr || rules_out(head, at)) continue;
    if (!body->is_complete || !body->constant.is_defined()) return false;
    if (agreed.is_defined() && !equal(agreed, body->constant)) return false;
    agreed = body->constant;
  }
  return agreed.is_defined();
}

}  // namespace psdl::testing
