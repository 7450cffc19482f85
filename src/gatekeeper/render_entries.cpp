// Entry points as the rule `violation` of a template. In: rules with full names; out: heads rewritten where their
// elements are written out, and rules that bring the elements of the others.
//
//   deny contains {"msg": m, "container": c} if ..   violation contains {"msg": m, "details": {"container": c}} if ..
//   deny contains x if ..                            violation contains as_violation(x) if ..
//   deny := x, deny[key] := x, or read elsewhere     stays, with `violation contains as_violation(element) if ..`
//   beside it
//
// Gatekeeper drops what is no object with `msg` without a word; as_violation makes a violation that tells of it.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "gatekeeper/render.hpp"
#include "psdl/tools/report.hpp"
#include "syntax/print.hpp"
#include "syntax/visit.hpp"

namespace psdl::gatekeeper {
namespace {

constexpr std::string_view kViolation = "violation";

bool is_true(const ast::Term* term) {
  return term != nullptr && term->is<ast::Boolean>() && term->as<ast::Boolean>()->value;
}

std::string quoted(std::string_view text) {
  std::string made;
  ast::print_quoted(text, made);
  return made;
}

class Entries {
 public:
  Entries(const RuleSources& from, Needs& needs, const EntryPoints& entries, const Names& names)
      : from_(from),
        needs_(needs),
        entries_(entries),
        names_(names),
        function_(names.fresh("as_violation")),
        element_(names.fresh("element")),
        elements_(names.fresh("elements_of")) {}

  EntryTexts run() {
    main_ = most_severe();
    find_read();
    // All before the first is rewritten: then more rules are called `violation`.
    std::vector<std::vector<EntryRule>> rules;
    for (const FoundEntry& entry : entries_.entries) rules.push_back(rules_of(entry, name_of(entry)));
    for (std::size_t i = 0; i < rules.size(); ++i) {
      const FoundEntry& entry = entries_.entries[i];
      const std::string name = name_of(entry);
      if (entry.is_allow) {
        // What has no value is not allowed either.
        made_.wrappers +=
            fmt::format("\nviolation contains {{\"msg\": {}}} if {{\n\tcount([true | {} == true]) == 0\n}}\n",
                        quoted(allow_text(entry)), name);
      } else {
        rewrite(entry, name, rules[i]);
      }
    }
    if (wants_function_) add_function();
    made_.action = main_ == FindingSeverity::Error ? "deny" : main_ == FindingSeverity::Warning ? "warn" : "dryrun";
    return std::move(made_);
  }

 private:
  struct EntryRule {
    ast::Module* module = nullptr;
    ast::Rule* rule = nullptr;
    const RuleText* text = nullptr;
  };

  static std::string name_of(const FoundEntry& entry) {
    return entry.shown.path.substr(entry.shown.path.rfind('.') + 1);
  }

  static std::string allow_text(const FoundEntry& entry) {
    return entry.shown.title.empty() ? fmt::format("not allowed: `{}` is not true", entry.shown.path)
                                     : entry.shown.title;
  }

  FindingSeverity most_severe() const {
    FindingSeverity found = FindingSeverity::Note;
    for (const FoundEntry& entry : entries_.entries) {
      for (const RuleText& rule : entry.rules) found = std::min(found, rule.severity);
      if (entry.rules.empty()) found = std::min(found, entry.shown.severity);
    }
    return found;
  }

  // The names of the package's rules that its other rules read.
  void find_read() {
    const auto& rules = needs_.rules[from_.entry];
    for (const auto& [module, rule] : rules) {
      ast::walk(*rule, [&](ast::Ref& ref) {
        const std::size_t at = from_.entry.size() + 1;
        const bool is_own = ref.size() > at && ast::is_var(ref[0], "data") &&
                            std::equal(from_.entry.begin(), from_.entry.end(), ref.begin() + 1,
                                       [](const std::string& step, const ast::Term* part) {
                                         const auto* text = part->as<ast::String>();
                                         return text != nullptr && text->text == step;
                                       });
        const auto* name = is_own ? ref[at]->as<ast::String>() : nullptr;
        if (name != nullptr) read_.emplace(name->text);
        return false;
      });
    }
  }

  std::vector<EntryRule> rules_of(const FoundEntry& entry, std::string_view name) {
    std::vector<EntryRule> found;
    for (const auto& [module, rule] : needs_.rules[from_.entry]) {
      if (!ast::is_var(rule->head->reference[0], name)) continue;
      const RuleText* text = found.size() < entry.rules.size() ? &entry.rules[found.size()] : nullptr;
      found.push_back({module, rule, text});
    }
    return found;
  }

  void rewrite(const FoundEntry& entry, const std::string& name, const std::vector<EntryRule>& rules) {
    const bool is_free = !read_.contains(name) && std::all_of(rules.begin(), rules.end(), [](const EntryRule& each) {
      const ast::Rule& rule = *each.rule;
      return !rule.is_default && rule.else_rule == nullptr && rule.head->reference.size() == 1;
    });
    const auto all = [&](auto holds) { return is_free && std::all_of(rules.begin(), rules.end(), holds); };
    if (all([](const EntryRule& each) { return each.rule->head->is_multi_value(); })) {
      for (const EntryRule& each : rules) make_member(each, each.rule->head->key);
    } else if (all([](const EntryRule& each) { return is_true(each.rule->head->value); })) {
      for (const EntryRule& each : rules) {
        const ast::Nodes& nodes = each.module->nodes;
        make_member(each, nodes.string(title_of(entry, each.text), each.rule->head->span));
      }
    } else {
      keep(entry, name, rules);
    }
  }

  static std::string title_of(const FoundEntry& entry, const RuleText* text) {
    const std::string& title = text != nullptr && !text->title.empty() ? text->title : entry.shown.title;
    return title.empty() ? fmt::format("`{}` holds", entry.shown.path) : title;
  }

  // ---- A rule whose elements become those of `violation`.
  void make_member(const EntryRule& each, ast::Term* element) {
    const ast::Nodes& nodes = each.module->nodes;
    ast::Head& head = *each.rule->head;
    ast::Term* made = written_out(each, *element);
    if (made == nullptr) {
      wants_function_ = true;
      made = nodes.call({nodes.var(function_, element->span), element}, element->span);
    }
    head.name = kViolation;
    head.reference[0] = nodes.var(kViolation, head.span);
    head.key = made;
    head.value = nullptr;
  }

  // The element as Gatekeeper has it; null where it is seen at evaluation alone.
  ast::Term* written_out(const EntryRule& each, const ast::Term& element) {
    const ast::Nodes& nodes = each.module->nodes;
    const Span at = element.span;
    std::vector<ast::Pair> pairs;
    std::vector<ast::Pair> others;
    const ast::Pair* details = nullptr;
    if (const auto* object = element.as<ast::Object>()) {
      bool has_message = false;
      for (const ast::Pair& pair : *object) {
        const auto* key = pair.key->as<ast::String>();
        if (key == nullptr) return nullptr;
        if (key->text == "msg") {
          has_message = true;
          pairs.push_back(pair);
        } else if (key->text == "details") {
          details = &pair;
        } else {
          others.push_back(pair);
        }
      }
      if (!has_message) return nullptr;
    } else if (is_text(element, each.rule->body)) {
      pairs.push_back({nodes.string("msg", at), nodes.copy(&element)});
    } else {
      return nullptr;
    }
    add_severity(each, others);
    if (details != nullptr && !others.empty()) {
      const auto* object = details->value->as<ast::Object>();
      if (object == nullptr) return nullptr;
      others.insert(others.end(), object->begin(), object->end());
    }
    if (details != nullptr && others.empty()) pairs.push_back(*details);
    if (!others.empty()) pairs.push_back({nodes.string("details", at), nodes.object(others, at)});
    return nodes.term(ast::Object(nodes.arena(), pairs), at);  // not sorted: the message comes first
  }

  // Where rules of two severities stand in one template, the constraint has the graver one.
  void add_severity(const EntryRule& each, std::vector<ast::Pair>& others) const {
    if (each.text == nullptr || each.text->severity == main_) return;
    const bool has_one = std::any_of(others.begin(), others.end(), [](const ast::Pair& pair) {
      return pair.key->as<ast::String>()->text == "severity";
    });
    const ast::Nodes& nodes = each.module->nodes;
    const Span at = each.rule->head->span;
    if (!has_one)
      others.push_back({nodes.string("severity", at), nodes.string(tools::severity_word(each.text->severity), at)});
  }

  // Whether the term is certainly a string.
  static bool is_text(const ast::Term& term, const ast::Body& body) {
    if (term.is<ast::String>() || term.is<ast::TemplateString>()) return true;
    if (const auto* call = term.as<ast::Call>()) {
      const std::string name = ast::to_string(*(*call)[0]);
      return name == "sprintf" || name == "concat";
    }
    const auto* var = term.as<ast::Var>();
    return var != nullptr && std::any_of(body.begin(), body.end(), [&](const ast::Expr* expr) {
             if (expr->negated || !(expr->is_assignment() || expr->is_equality()) || expr->operand(1) == nullptr)
               return false;
             return ast::is_var(expr->operand(0), var->name) && !expr->operand(1)->is<ast::Var>() &&
                    is_text(*expr->operand(1), body);
           });
  }

  // ---- A rule that stays.
  void keep(const FoundEntry& entry, const std::string& name, const std::vector<EntryRule>& rules) {
    std::string kept = name;
    if (name == kViolation) {
      kept = needs_.kept_violation = names_.fresh("own_violation");
      for (const EntryRule& each : rules) {
        each.rule->head->reference[0] = each.module->nodes.var(kept, each.rule->head->span);
        each.rule->head->name = each.module->nodes.text(kept);
      }
    }
    wants_function_ = true;
    const bool is_complete = std::any_of(rules.begin(), rules.end(), [](const EntryRule& each) {
      return !each.rule->head->is_multi_value() && each.rule->head->reference.size() == 1;
    });
    if (!is_complete) {
      made_.wrappers +=
          fmt::format("\nviolation contains {}({}) if some {} in {}\n", function_, element_, element_, kept);
      return;
    }
    wants_elements_ = true;
    made_.wrappers += fmt::format("\nviolation contains {}({}) if some {} in {}({}, {})\n", function_, element_,
                                  element_, elements_, kept, quoted(title_of(entry, nullptr)));
  }

  void add_function() {
    made_.wrappers += fmt::format(R"(
# An element as Gatekeeper takes it: its message, and beside it what else it has.
{0}(element) := {{"msg": element}} if {{
	is_string(element)
}} else := {{"msg": element.msg, "details": object.union(object.remove(element, ["msg", "details"]), element.details)}} if {{
	is_string(element.msg)
	is_object(element.details)
}} else := {{"msg": element.msg, "details": element.details}} if {{
	is_string(element.msg)
	object.remove(element, ["msg", "details"]) == {{}}
}} else := {{"msg": element.msg, "details": object.remove(element, ["msg"])}} if {{
	is_string(element.msg)
}} else := {{"msg": sprintf("the rule gives %v, which has no text `msg`", [element])}}
)",
                                  function_);
    if (!wants_elements_) return;
    // A function, since of the rule itself the compiler knows what it can be, and a test for something else would be a
    // type error.
    made_.wrappers += fmt::format(R"(
# The elements of a rule that is one value: true stands for its title.
{0}(value, title) := [title] if {{
	value == true
}} else := [] if {{
	value == false
}} else := value if {{
	is_set(value)
}} else := [value]
)",
                                  elements_);
  }

  const RuleSources& from_;
  Needs& needs_;
  const EntryPoints& entries_;
  const Names& names_;
  const std::string function_;
  const std::string element_;
  const std::string elements_;
  std::set<std::string, std::less<>> read_;
  FindingSeverity main_ = FindingSeverity::Error;
  bool wants_function_ = false;
  bool wants_elements_ = false;
  EntryTexts made_;
};

}  // namespace

EntryTexts rewrite_entries(const RuleSources& from, Needs& needs, const EntryPoints& entries, const Names& names) {
  return Entries(from, needs, entries, names).run();
}

}  // namespace psdl::gatekeeper
