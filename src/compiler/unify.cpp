// Which vars an equality binds. In: two terms and the vars bound before; out: the vars bound after.
#include <map>

#include "compiler/state.hpp"

namespace psdl::stages {
namespace {

// What a pattern binds: object keys must be known, closures bind nothing.
constexpr ast::VarParams kPattern = {.skip_ref_head = true, .skip_object_keys = true, .skip_closures = true};

bool all_safe(const ast::VarSet& vars, const ast::VarSet& safe) {
  for (const auto& entry : vars) {
    if (!safe.contains(entry.name)) return false;
  }
  return true;
}

bool is_call_safe(ast::Value& call, const ast::VarSet& safe) {
  ast::VarVisitor visitor(kSafetyParams);
  visitor.walk(call);
  return all_safe(visitor.vars(), safe);
}

class Unifier {
 public:
  explicit Unifier(const ast::VarSet& safe) : safe_(safe) {}

  void unify(ast::Term& a, ast::Term& b) {
    if (const auto* var = a.as<ast::Var>()) {
      unify_var(var->name, b);
    } else if (a.is<ast::Ref>() || a.is<ast::Call>()) {
      if (is_source_safe(a)) mark_pattern(b);
    } else if (a.is<ast::ArrayComprehension>()) {
      if (b.is<ast::Var>() || b.is<ast::Array>()) mark_pattern(b);
    } else if (a.is<ast::ObjectComprehension>()) {
      if (b.is<ast::Var>() || b.is<ast::Object>()) mark_pattern(b);
    } else if (a.is<ast::SetComprehension>()) {
      if (b.is<ast::Var>()) mark_pattern(b);
    } else if (auto* array = a.as<ast::Array>()) {
      unify_array(a, *array, b);
    } else if (auto* object = a.as<ast::Object>()) {
      unify_object(a, *object, b);
    } else if (const auto* other = b.as<ast::Var>()) {
      mark_safe(other->name);
    }
  }

  ast::VarSet unified;

 private:
  bool is_safe(std::string_view var) const { return safe_.contains(var) || unified.contains(var); }

  bool is_source_safe(ast::Term& term) {
    if (auto* ref = term.as<ast::Ref>()) return is_ref_safe(*ref, safe_);
    return is_call_safe(term.value, safe_);
  }

  void unify_var(std::string_view var, ast::Term& other) {
    if (const auto* second = other.as<ast::Var>()) {
      if (is_safe(second->name)) {
        mark_safe(var);
      } else if (is_safe(var)) {
        mark_safe(second->name);
      } else {
        waiting_[var].add(second->name);
        waiting_[second->name].add(var);
      }
    } else if (other.is<ast::Array>() || other.is<ast::Object>()) {
      unify_all(var, other);
    } else if (other.is<ast::Ref>() || other.is<ast::Call>()) {
      if (is_source_safe(other)) mark_safe(var);
    } else {
      mark_safe(var);
    }
  }

  void unify_array(ast::Term& term, ast::Array& array, ast::Term& other) {
    if (const auto* var = other.as<ast::Var>()) {
      unify_all(var->name, term);
    } else if (ast::is_comprehension(&other)) {
      mark_all(term);
    } else if (other.is<ast::Ref>() || other.is<ast::Call>()) {
      if (is_source_safe(other)) mark_all(term);
    } else if (auto* second = other.as<ast::Array>(); second != nullptr && second->size() == array.size()) {
      for (std::size_t i = 0; i < array.size(); ++i) unify(*array[i], *(*second)[i]);
    }
  }

  void unify_object(ast::Term& term, ast::Object& object, ast::Term& other) {
    if (const auto* var = other.as<ast::Var>()) {
      unify_all(var->name, term);
    } else if (other.is<ast::Ref>() || other.is<ast::Call>()) {
      if (is_source_safe(other)) mark_all(term);
    } else if (auto* second = other.as<ast::Object>(); second != nullptr && second->size() == object.size()) {
      // Both are sorted by key.
      std::size_t at = 0;
      for (ast::Pair& pair : object) {
        while (at < second->size() && ast::compare((*second)[at].key, pair.key) < 0) ++at;
        if (at < second->size() && ast::equal((*second)[at].key, pair.key)) unify(*pair.value, *(*second)[at].value);
      }
    }
  }

  // A var, array or object on the other side of something known.
  void mark_pattern(ast::Term& term) {
    if (const auto* var = term.as<ast::Var>()) {
      mark_safe(var->name);
    } else if (term.is<ast::Array>() || term.is<ast::Object>()) {
      mark_all(term);
    }
  }

  void mark_all(ast::Term& term) {
    ast::VarVisitor visitor(kPattern);
    visitor.walk(term);
    for (const auto& entry : visitor.vars()) mark_safe(entry.name);
  }

  void mark_safe(std::string_view var) {
    unified.add(var);
    if (const auto found = waiting_.find(var); found != waiting_.end()) {
      const ast::VarSet known_now = std::move(found->second);
      waiting_.erase(found);
      for (const auto& entry : known_now) mark_safe(entry.name);
    }
    // Whoever waited for this var alone is known too.
    std::vector<std::string_view> ready;
    for (auto& [waiter, needs] : waiting_) {
      if (!needs.contains(var)) continue;
      needs.remove(var);
      if (needs.empty()) ready.push_back(waiter);
    }
    for (std::string_view waiter : ready) mark_safe(waiter);
  }

  void unify_all(std::string_view var, ast::Term& collection) {
    if (is_safe(var)) {
      mark_all(collection);
      return;
    }
    ast::VarVisitor visitor(kPattern);
    visitor.walk(collection);
    const ast::VarSet unsafe = visitor.vars().diff(safe_).diff(unified);
    if (unsafe.empty()) {
      mark_safe(var);
    } else {
      waiting_[var].update(unsafe);
    }
  }

  const ast::VarSet& safe_;
  std::map<std::string_view, ast::VarSet> waiting_;
};

}  // namespace

bool is_ref_safe(ast::Ref& ref, const ast::VarSet& safe) {
  if (const auto* var = ref[0]->as<ast::Var>()) return safe.contains(var->name);
  ast::VarVisitor visitor(kSafetyParams);
  visitor.walk(*ref[0]);
  return all_safe(visitor.vars(), safe);
}

ast::VarSet unified_vars(const ast::VarSet& safe, ast::Term& a, ast::Term& b) {
  Unifier unifier(safe);
  unifier.unify(a, b);
  return std::move(unifier.unified);
}

}  // namespace psdl::stages
