// The tree as JSON, in the shape of `opa parse --format json`. In: nodes; out: JSON text appended.
#include "syntax/to_json.hpp"

#include "syntax/print.hpp"
#include "syntax/visit.hpp"

namespace psdl::ast {
namespace {

void string_to_json(std::string_view text, std::string& out) {
  static constexpr std::string_view kHex = "0123456789abcdef";
  out += '"';
  for (const char c : text) {
    switch (c) {
      case '"': out += "\\\""; break;
      case '\\': out += "\\\\"; break;
      case '\n': out += "\\n"; break;
      case '\r': out += "\\r"; break;
      case '\t': out += "\\t"; break;
      default:
        if (static_cast<unsigned char>(c) < 0x20) {
          out += "\\u00";
          out += kHex[static_cast<unsigned char>(c) >> 4U];
          out += kHex[static_cast<unsigned char>(c) & 15U];
        } else {
          out += c;
        }
    }
  }
  out += '"';
}

// Writes the members of one object; keeps count of commas.
class Members {
 public:
  explicit Members(std::string& out) : out_(out) { out_ += '{'; }
  Members(const Members&) = delete;
  Members& operator=(const Members&) = delete;
  ~Members() { out_ += '}'; }

  std::string& key(std::string_view name) {
    if (!first_) out_ += ',';
    first_ = false;
    string_to_json(name, out_);
    out_ += ':';
    return out_;
  }
  void text(std::string_view name, std::string_view value) { string_to_json(value, key(name)); }
  void flag(std::string_view name, bool value) { key(name) += value ? "true" : "false"; }

 private:
  std::string& out_;
  bool first_ = true;
};

template <class List, class Write>
void list_to_json(const List& list, std::string& out, Write write) {
  out += '[';
  bool first = true;
  for (const auto& item : list) {
    if (!first) out += ',';
    first = false;
    write(item);
  }
  out += ']';
}

void terms_to_json(std::span<Term* const> terms, std::string& out) {
  list_to_json(terms, out, [&](const Term* term) { term_to_json(*term, out); });
}

void expr_to_json(const Expr& expr, std::string& out);

// `.5` is a number of policies and none of JSON.
void number_to_json(std::string_view text, std::string& out) {
  if (text.starts_with('-')) {
    out += '-';
    text.remove_prefix(1);
  }
  if (text.starts_with('.')) out += '0';
  out += text;
}

void value_to_json(const Value& value, std::string& out) {
  std::visit(Overloads{
                 [&](const Null&) { out += "{}"; },  // as OPA has it
                 [&](const Boolean& held) { out += held.value ? "true" : "false"; },
                 [&](const Number& held) { number_to_json(held.text, out); },
                 [&](const String& held) { string_to_json(held.text, out); },
                 [&](const Var& held) { string_to_json(held.name, out); },
                 [&](const Object& held) {
                   list_to_json(held, out, [&](const Pair& pair) {
                     out += '[';
                     term_to_json(*pair.key, out);
                     out += ',';
                     term_to_json(*pair.value, out);
                     out += ']';
                   });
                 },
                 [&](const ArrayComprehension& held) {
                   Members members(out);
                   term_to_json(*held.term, members.key("term"));
                   body_to_json(held.body, members.key("body"));
                 },
                 [&](const SetComprehension& held) {
                   Members members(out);
                   term_to_json(*held.term, members.key("term"));
                   body_to_json(held.body, members.key("body"));
                 },
                 [&](const ObjectComprehension& held) {
                   Members members(out);
                   term_to_json(*held.key, members.key("key"));
                   term_to_json(*held.value, members.key("value"));
                   body_to_json(held.body, members.key("body"));
                 },
                 [&](const TemplateString& held) {
                   Members members(out);
                   members.key("parts");
                   if (held.parts.empty()) {
                     out += "null";
                   } else {
                     list_to_json(held.parts, out, [&](const TemplatePart& part) {
                       std::visit(Overloads{[&](const Term* term) { term_to_json(*term, out); }, [&](const Expr* expr) { expr_to_json(*expr, out); }}, part);
                     });
                   }
                   members.flag("multi_line", held.multi_line);
                 },
                 [&](const auto& held) { terms_to_json(held.items(), out); },  // Ref, Array, Set, Call
             },
             value);
}

template <class Binary>
void logical_to_json(std::string_view type, const Binary& binary, std::string& out) {
  Members members(out);
  members.text("type", type);
  body_to_json(binary.lhs, members.key("lhs"));
  body_to_json(binary.rhs, members.key("rhs"));
  if (binary.explicit_lhs) members.flag("explicit_lhs", true);
  if (binary.explicit_rhs) members.flag("explicit_rhs", true);
}

void expr_to_json(const Expr& expr, std::string& out) {
  Members members(out);
  if (expr.generated) members.flag("generated", true);
  members.key("index") += std::to_string(expr.index);
  if (expr.negated) members.flag("negated", true);
  members.key("terms");
  std::visit(Overloads{
                 [&](const Term* term) { term_to_json(*term, out); },
                 [&](const CallTerms& call) { terms_to_json(call.items(), out); },
                 [&](const SomeDecl* some) {
                   Members inner(out);
                   terms_to_json(some->symbols.items(), inner.key("symbols"));
                 },
                 [&](const Every* every) {
                   Members inner(out);
                   inner.key("key");
                   if (every->key != nullptr) {
                     term_to_json(*every->key, out);
                   } else {
                     out += "null";
                   }
                   term_to_json(*every->value, inner.key("value"));
                   term_to_json(*every->domain, inner.key("domain"));
                   body_to_json(every->body, inner.key("body"));
                 },
                 [&](const Not* negation) {
                   Members inner(out);
                   inner.text("type", "not");
                   body_to_json(negation->body, inner.key("body"));
                   inner.flag("explicit_body", negation->explicit_body);
                 },
                 [&](const LogicalAnd* both) { logical_to_json("and", *both, out); },
                 [&](const LogicalOr* either) { logical_to_json("or", *either, out); },
             },
             expr.content);
  if (!expr.with.empty()) {
    list_to_json(expr.with, members.key("with"), [&](const With* with) {
      Members inner(out);
      term_to_json(*with->target, inner.key("target"));
      term_to_json(*with->value, inner.key("value"));
    });
  }
}

void head_to_json(const Head& head, std::string& out) {
  Members members(out);
  if (!head.name.empty()) members.text("name", head.name);
  if (!head.args.empty()) terms_to_json(head.args.items(), members.key("args"));
  if (head.key != nullptr) term_to_json(*head.key, members.key("key"));
  if (head.value != nullptr) term_to_json(*head.value, members.key("value"));
  if (head.assign) members.flag("assign", true);
  terms_to_json(head.reference.items(), members.key("ref"));
}

void annotation_list_to_json(const List<Annotations*>& list, std::string& out) {
  list_to_json(list, out, [&](const Annotations* one) { annotations_to_json(*one, out); });
}

// Branches of else are written one inside the other; closed from the last to the first.
void rule_to_json(const Rule& first, std::string& out) {
  std::size_t open = 0;
  for (const Rule* rule = &first; rule != nullptr; rule = rule->else_rule) {
    out += '{';
    if (!rule->annotations.empty()) {
      out += "\"annotations\":";
      annotation_list_to_json(rule->annotations, out);
      out += ',';
    }
    out += "\"body\":";
    body_to_json(rule->body, out);
    if (rule->is_default) out += ",\"default\":true";
    out += ",\"head\":";
    head_to_json(*rule->head, out);
    if (rule->else_rule != nullptr) out += ",\"else\":";
    ++open;
  }
  out.append(open, '}');
}

}  // namespace

void term_to_json(const Term& term, std::string& out) {
  Members members(out);
  members.text("type", kind_name(term.value));
  value_to_json(term.value, members.key("value"));
}

void body_to_json(const Body& body, std::string& out) {
  list_to_json(body, out, [&](const Expr* expr) { expr_to_json(*expr, out); });
}

void ground_to_json(const Term& term, std::string& out) {
  std::visit(Overloads{
                 [&](const Null&) { out += "null"; },
                 [&](const Boolean& held) { out += held.value ? "true" : "false"; },
                 [&](const Number& held) { number_to_json(held.text, out); },
                 [&](const String& held) { string_to_json(held.text, out); },
                 [&](const Array& held) { list_to_json(held, out, [&](const Term* item) { ground_to_json(*item, out); }); },
                 [&](const Set& held) { list_to_json(held, out, [&](const Term* item) { ground_to_json(*item, out); }); },
                 [&](const Object& held) {
                   Members members(out);
                   for (const Pair& pair : held) {
                     const String* name = pair.key->as<String>();
                     ground_to_json(*pair.value, members.key(name != nullptr ? std::string(name->text) : to_string(*pair.key)));
                   }
                 },
                 [&](const auto&) { string_to_json(to_string(term), out); },
             },
             term.value);
}

void annotations_to_json(const Annotations& one, std::string& out) {
  Members members(out);
  members.text("scope", scope_name(one.scope));
  if (!one.title.empty()) members.text("title", one.title);
  if (!one.description.empty()) members.text("description", one.description);
  if (one.entrypoint) members.flag("entrypoint", true);
  if (!one.organizations.empty()) {
    list_to_json(one.organizations, members.key("organizations"), [&](std::string_view name) { string_to_json(name, out); });
  }
  if (!one.related_resources.empty()) {
    list_to_json(one.related_resources, members.key("related_resources"), [&](const RelatedResource& resource) {
      Members inner(out);
      inner.text("ref", resource.ref);
      if (!resource.description.empty()) inner.text("description", resource.description);
    });
  }
  if (!one.authors.empty()) {
    list_to_json(one.authors, members.key("authors"), [&](const AuthorAnnotation& author) {
      Members inner(out);
      inner.text("name", author.name);
      if (!author.email.empty()) inner.text("email", author.email);
    });
  }
  if (!one.schemas.empty()) {
    list_to_json(one.schemas, members.key("schemas"), [&](const SchemaAnnotation* schema) {
      Members inner(out);
      terms_to_json(schema->path.items(), inner.key("path"));
      if (!schema->schema.empty()) terms_to_json(schema->schema.items(), inner.key("schema"));
      if (schema->definition != nullptr) ground_to_json(*schema->definition, inner.key("definition"));
    });
  }
  if (one.compile != nullptr) {
    Members inner(members.key("compile"));
    if (!one.compile->unknowns.empty()) {
      list_to_json(one.compile->unknowns, inner.key("unknowns"), [&](const Ref* ref) { terms_to_json(ref->items(), out); });
    }
    if (!one.compile->mask_rule.empty()) terms_to_json(one.compile->mask_rule.items(), inner.key("mask_rule"));
  }
  if (one.custom != nullptr && !one.custom->as<Object>()->empty()) ground_to_json(*one.custom, members.key("custom"));
  if (one.labels != nullptr && !one.labels->as<Object>()->empty()) ground_to_json(*one.labels, members.key("labels"));
}

void module_to_json(const Module& module, std::string& out) {
  Members members(out);
  {
    Members package(members.key("package"));
    terms_to_json(module.package->path.items(), package.key("path"));
  }
  if (!module.imports.empty()) {
    list_to_json(module.imports, members.key("imports"), [&](const Import* import) {
      Members inner(out);
      term_to_json(*import->path, inner.key("path"));
      if (!import->alias.empty()) inner.text("alias", import->alias);
    });
  }
  if (!module.annotations.empty()) annotation_list_to_json(module.annotations, members.key("annotations"));
  if (!module.rules.empty()) {
    list_to_json(module.rules, members.key("rules"), [&](const Rule* rule) { rule_to_json(*rule, out); });
  }
}

}  // namespace psdl::ast
