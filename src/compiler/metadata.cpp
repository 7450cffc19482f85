// Annotations. In: modules with their `# METADATA` blocks; out: errors where a scope is annotated twice, and constants in place of
// rego.metadata.chain() and rego.metadata.rule().
#include <algorithm>

#include "compiler/state.hpp"

namespace psdl::stages {
namespace {

class MetadataTerms {
 public:
  MetadataTerms(CompilerState& state, const ast::Nodes& nodes, Span span) : state_(state), nodes_(nodes), span_(span) {}

  // From the rule outwards: its own, its document's, its package's, those of the packages above.
  ast::Term* chain(const ast::Rule& rule) {
    std::vector<ast::Term*> links;
    const ast::Ref path = state_.path_of(rule);
    const auto ground = ast::ground_prefix(path);
    std::vector<const ast::Annotations*> own = of_rule(rule);
    std::stable_sort(own.begin(), own.end(), [&](const auto* a, const auto* b) { return state_.compare_places(a->span, b->span) > 0; });
    for (const ast::Annotations* each : own) links.push_back(link(ground, each));
    if (own.empty()) links.push_back(link(ground, nullptr));
    const ast::Terms& package = rule.module->package->path;
    if (const auto* document = find(state_.annotated_paths, ground)) links.push_back(link(ground, document));
    if (const auto* found = find(state_.annotated_packages, package.items())) links.push_back(link(package.items(), found));
    for (std::size_t size = package.size(); size > 0; --size) {
      const auto prefix = package.items().first(size);
      if (const auto* found = find(state_.annotated_paths, prefix)) links.push_back(link(prefix, found));
    }
    return nodes_.array(links, span_);
  }

  ast::Term* of(const ast::Rule& rule) {
    const std::vector<const ast::Annotations*> own = of_rule(rule);
    if (own.empty()) return nodes_.object({}, span_);
    return annotations(**std::min_element(own.begin(), own.end(), [&](const auto* a, const auto* b) { return state_.compare_places(a->span, b->span) < 0; }));
  }

 private:
  using Pairs = std::vector<ast::Pair>;

  static std::vector<const ast::Annotations*> of_rule(const ast::Rule& rule) {
    std::vector<const ast::Annotations*> found;
    for (const ast::Annotations* each : rule.module->annotations) {
      if (each->scope == ast::AnnotationScope::Rule && each->rule == &rule) found.push_back(each);
    }
    return found;
  }
  static const ast::Annotations* find(const std::unordered_map<std::string, const ast::Annotations*>& known, std::span<ast::Term* const> path) {
    const auto found = known.find(text_of(path));
    return found == known.end() ? nullptr : found->second;
  }

  ast::Term* text(std::string_view characters) { return nodes_.string(characters, span_); }
  void add(Pairs& pairs, std::string_view key, ast::Term* value) { pairs.push_back({text(key), value}); }
  void add_text(Pairs& pairs, std::string_view key, std::string_view value) {
    if (!value.empty()) add(pairs, key, text(value));
  }
  ast::Term* object(const Pairs& pairs) { return nodes_.object(pairs, span_); }

  ast::Term* path_array(std::span<ast::Term* const> path) {
    std::vector<ast::Term*> parts;
    for (const ast::Term* part : path) {
      const auto* var = part->as<ast::Var>();
      parts.push_back(var != nullptr ? text(var->name) : nodes_.copy(part));
    }
    return nodes_.array(parts, span_);
  }

  ast::Term* link(std::span<ast::Term* const> path, const ast::Annotations* annotated) {
    Pairs pairs;
    add(pairs, "path", path_array(path.subspan(1)));
    if (annotated != nullptr) add(pairs, "annotations", annotations(*annotated));
    return object(pairs);
  }

  ast::Term* annotations(const ast::Annotations& held) {
    Pairs pairs;
    add_text(pairs, "scope", ast::scope_name(held.scope));
    add_text(pairs, "title", held.title);
    if (held.entrypoint) add(pairs, "entrypoint", nodes_.boolean(true, span_));
    add_text(pairs, "description", held.description);
    std::vector<ast::Term*> list;
    for (std::string_view name : held.organizations) list.push_back(text(name));
    add_list(pairs, "organizations", list);
    for (const ast::RelatedResource& resource : held.related_resources) {
      Pairs inner;
      add_text(inner, "ref", resource.ref);
      add_text(inner, "description", resource.description);
      list.push_back(object(inner));
    }
    add_list(pairs, "related_resources", list);
    for (const ast::AuthorAnnotation& author : held.authors) {
      Pairs inner;
      add_text(inner, "name", author.name);
      add_text(inner, "email", author.email);
      list.push_back(object(inner));
    }
    add_list(pairs, "authors", list);
    for (const ast::SchemaAnnotation* schema : held.schemas) {
      Pairs inner;
      add(inner, "path", path_array(schema->path.items()));
      if (!schema->schema.empty()) add(inner, "schema", path_array(schema->schema.items()));
      if (schema->definition != nullptr) add(inner, "definition", nodes_.copy(schema->definition));
      list.push_back(object(inner));
    }
    add_list(pairs, "schemas", list);
    for (const auto& [key, value] : {std::pair{"custom", held.custom}, std::pair{"labels", held.labels}}) {
      const auto* members = value != nullptr ? value->as<ast::Object>() : nullptr;
      if (members != nullptr && !members->empty()) add(pairs, key, nodes_.copy(value));
    }
    return object(pairs);
  }
  void add_list(Pairs& pairs, std::string_view key, std::vector<ast::Term*>& list) {
    if (!list.empty()) add(pairs, key, nodes_.array(list, span_));
    list.clear();
  }

  CompilerState& state_;
  const ast::Nodes& nodes_;
  Span span_;
};

bool calls(const ast::Expr& expr, std::string_view name) {
  const ast::CallTerms* call = expr.call();
  const auto* callee = call != nullptr ? (*call)[0]->as<ast::Ref>() : nullptr;
  return callee != nullptr && callee->size() == 3 && dotted_name(*callee) == name;
}
constexpr std::string_view kChain = "rego.metadata.chain";
constexpr std::string_view kRule = "rego.metadata.rule";

// The call's output becomes the local that holds the constant.
void replace_calls(const ast::Nodes& nodes, ast::Body& body, const ast::Term* chain, const ast::Term* own) {
  for (ast::Expr*& expr : body) {
    const ast::Term* local = calls(*expr, kChain) ? chain : (calls(*expr, kRule) ? own : nullptr);
    if (local == nullptr) continue;
    ast::Term* output = expr->operand(0);
    ast::Expr* made = output != nullptr ? nodes.equality(output, nodes.copy(local), expr->span) : nodes.expr(nodes.copy(local), expr->span);
    made->generated = true;
    made->index = expr->index;
    expr = made;
  }
}

}  // namespace

void check_annotations(CompilerState& state) {
  Errors errors;
  for (const auto& module : state.modules) {
    for (const ast::Annotations* annotations : module->annotations) {
      std::unordered_map<std::string, const ast::Annotations*>* known = nullptr;
      std::string path;
      switch (annotations->scope) {
        case ast::AnnotationScope::Rule: continue;
        case ast::AnnotationScope::Package:
        case ast::AnnotationScope::Subpackages:
          if (annotations->package == nullptr) continue;
          known = annotations->scope == ast::AnnotationScope::Package ? &state.annotated_packages : &state.annotated_paths;
          path = text_of(annotations->package->path);
          break;
        case ast::AnnotationScope::Document:
          if (annotations->rule == nullptr) continue;
          known = &state.annotated_paths;
          path = text_of(ast::ground_prefix(state.path_of(*annotations->rule)));
          break;
      }
      const auto [first, is_new] = known->emplace(std::move(path), annotations);
      if (is_new) continue;
      errors.push_back({kTypeError, std::string(ast::scope_name(annotations->scope)) + " annotation redeclared: " + state.place_text(first->second->span),
                        annotations->span,
                        {}});
    }
  }
  state.error(std::move(errors));
}

void rewrite_metadata_calls(CompilerState& state) {
  for (const auto& module : state.modules) {
    const Rewriter rewriter = state.rewriter(*module);
    for_each_rule(*module, [&](ast::Rule& rule) {
      const ast::Expr* first_chain = nullptr;
      const ast::Expr* first_own = nullptr;
      const auto look = [&](ast::Expr& expr) {
        if (first_chain == nullptr && calls(expr, kChain)) first_chain = &expr;
        if (first_own == nullptr && calls(expr, kRule)) first_own = &expr;
        return false;
      };
      ast::walk(*rule.head, look);
      ast::walk(rule.body, look);
      if (first_chain == nullptr && first_own == nullptr) return;
      ast::Body body(module->arena);
      const ast::Term* chain = nullptr;
      const ast::Term* own = nullptr;
      const auto define = [&](ast::Term* constant) {
        ast::Expr* capture = rewriter.capture(constant);
        append(body, capture);
        return capture->operand(0);
      };
      if (first_chain != nullptr) chain = define(MetadataTerms(state, module->nodes, first_chain->span).chain(rule));
      if (first_own != nullptr) own = define(MetadataTerms(state, module->nodes, first_own->span).of(rule));
      append_to_body(body, rule.body.items());
      rule.body = std::move(body);
      const auto replace = [&](ast::Body& inner) {
        replace_calls(module->nodes, inner, chain, own);
        return false;
      };
      ast::walk(*rule.head, replace);
      ast::walk(rule.body, replace);
    });
  }
}

}  // namespace psdl::stages
