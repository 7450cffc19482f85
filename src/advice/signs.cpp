// What a module takes its input for, by the names that it reads of it.
#include <algorithm>

#include "advice/infer.hpp"
#include "syntax/visit.hpp"

namespace psdl::advice {
namespace {

bool is_any_of(std::string_view name, std::initializer_list<std::string_view> names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

std::string_view text_at(const ast::Terms& ref, std::size_t at) {
  const auto* text = at < ref.size() ? ref[at]->as<ast::String>() : nullptr;
  return text != nullptr ? text->text : std::string_view();
}

std::string_view var_at_head(const ast::Terms& ref) {
  const auto* var = ref.empty() ? nullptr : ref[0]->as<ast::Var>();
  return var != nullptr ? var->name : std::string_view();
}

}  // namespace

// `request` and `kind` are names in many an input; what stands below the first tells, and the second needs company.
void Inference::look_for_signs() {
  for (const auto& module : policy_.modules()) {
    InputSigns& signs = signs_[module.get()];
    bool has_kind = false;
    bool has_test_of_kind = false;
    ast::walk(*module, [&](ast::Ref& ref) {
      if (var_at_head(ref) == "data") signs.is_manifest = signs.is_manifest || text_at(ref, 1) == "psdl";
      if (var_at_head(ref) != "input") return false;
      const std::string_view first = text_at(ref, 1);
      const std::string_view second = text_at(ref, 2);
      if (is_any_of(first, {"spec", "metadata", "apiVersion", "review"})) signs.is_manifest = true;
      if (first == "kind") has_kind = true;
      if (first == "request" && (is_any_of(second, {"object", "oldObject", "userInfo", "dryRun"}) ||
                                 (second == "kind" && text_at(ref, 3) == "kind"))) {
        signs.is_review = true;
      }
      return false;
    });
    if (has_kind && !signs.is_manifest) {
      ast::walk(*module, [&](ast::Term& term) {
        const auto* text = term.as<ast::String>();
        const auto is_it = [&](const KnownKind& kind) { return text != nullptr && kind.kind() == text->text; };
        has_test_of_kind = has_test_of_kind || std::any_of(known_kinds().begin(), known_kinds().end(), is_it);
        return false;
      });
      signs.is_manifest = has_test_of_kind;
    }
  }
}

}  // namespace psdl::advice
