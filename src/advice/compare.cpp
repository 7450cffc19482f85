// Comparisons: types that never meet, tests that rule each other out, what tests say of an object's kind.
#include <fmt/format.h>

#include <algorithm>

#include "advice/infer.hpp"
#include "syntax/text.hpp"

namespace psdl::advice {
namespace {

constexpr KindMask kNull = kind_bit(Kind::Null);

// "a string", "a number or a string".
std::string words_for(KindMask kinds) {
  constexpr std::pair<Kind, std::string_view> kWords[] = {
      {Kind::Null, "null"},    {Kind::Boolean, "a boolean"}, {Kind::Number, "a number"}, {Kind::String, "a string"},
      {Kind::Array, "a list"}, {Kind::Object, "a map"},      {Kind::Set, "a set"}};
  std::string words;
  for (const auto& [kind, word] : kWords) {
    if ((kinds & kind_bit(kind)) != 0) words += fmt::format("{}{}", words.empty() ? "" : " or ", word);
  }
  return words;
}

bool is_one_of(const ast::Args& arguments, const ast::Term& term) {
  return std::any_of(arguments.begin(), arguments.end(),
                     [&](const ast::Term* one) { return one->is<ast::Var>() && ast::compare(one, &term) == 0; });
}

bool is_typed(const Outline& outline) {
  return !outline.typed.empty() && !outline.is_anything;
}
bool is_guess(const Outline& outline) {
  return std::any_of(outline.typed.begin(), outline.typed.end(), [](const TypedValue& one) { return one.is_guess; });
}

std::string name_of(const Outline& typed) {
  for (const TypedValue& one : typed.typed) {
    if (one.field == nullptr) continue;
    const bool is_member = one.holder == Holder::One && one.field->holder != Holder::One;
    return fmt::format("{}`{}`", is_member ? "a value of " : "", one.field->name());
  }
  return "this value";
}

std::string shown(const ast::Term& constant) {
  if (const auto* text = constant.as<ast::String>()) return fmt::format("\"{}\"", text->text);
  if (const auto* number = constant.as<ast::Number>()) return std::string(number->text);
  if (const auto* boolean = constant.as<ast::Boolean>()) return boolean->value ? "true" : "false";
  return "null";
}

std::string help_for(KindMask wanted, const ast::Term* other) {
  if (other == nullptr) return "";
  const auto* text = other->as<ast::String>();
  const bool is_word = text != nullptr && (text->text == "true" || text->text == "false");
  if (is_word && wanted == kind_bit(Kind::Boolean)) return fmt::format("write it without quotes: {}", text->text);
  const bool is_number =
      text != nullptr && !text->text.empty() && text->text.find_first_not_of("0123456789") == std::string_view::npos;
  if (is_number && wanted == kind_bit(Kind::Number)) return fmt::format("write it without quotes: {}", text->text);
  if (wanted == kind_bit(Kind::String) && !other->is<ast::String>() && !other->is<ast::Null>())
    return fmt::format("put it in quotes: \"{}\"", shown(*other));
  return "";
}

bool has(const std::vector<const ast::Term*>& list, const ast::Term& term) {
  return std::any_of(list.begin(), list.end(), [&](const ast::Term* one) { return ast::compare(one, &term) == 0; });
}

// Fields whose absence means true.
bool is_true_when_absent(std::string_view field) {
  return field == "allowPrivilegeEscalation" || field == "automountServiceAccountToken" ||
         field == "enableServiceLinks" || field == "hostUsers";
}

}  // namespace

std::string Inference::path_of(const ast::Term& term, const Scope& scope) const {
  const auto* var = term.as<ast::Var>();
  if (var != nullptr) {
    const auto origin = scope.origins.find(var->name);
    return origin != scope.origins.end() ? path_of(*origin->second, scope) : std::string(var->name);
  }
  const auto* ref = term.as<ast::Ref>();
  if (ref == nullptr) return "";
  std::string path = path_of(*(*ref)[0], scope);
  for (std::size_t i = 1; i < ref->size() && !path.empty(); ++i) {
    const ast::Term& part = *(*ref)[i];
    if (const auto* name = part.as<ast::String>()) {
      path += fmt::format(".{}", name->text);
    } else if (const auto* step = part.as<ast::Var>()) {
      path += fmt::format("[{}]", step->name);
    } else {
      path.clear();
    }
  }
  return path;
}

void Inference::contradict(Span place, std::string message, Scope& scope) {
  scope.is_dead = true;
  if (scope.position == Position::Negated || scope.position == Position::Either)
    return;  // a test that is ruled out already may be asked for once more
  auto remark = std::make_shared<Remark>();
  remark->rule = scope.rule;
  remark->diagnostic.code = "never_fires";
  remark->diagnostic.severity = Severity::Warning;
  remark->diagnostic.span = place;
  remark->diagnostic.message = std::move(message);
  remark->diagnostic.label = "never holds here";
  if (const std::string follows = effect(scope); !follows.empty())
    remark->diagnostic.notes.push_back("the tests rule each other out, so " + follows);
  scope.contradiction = std::move(remark);
}

void Inference::narrow(const KindText& says, const Outline& constants, Restriction how, Span place, Scope& scope) {
  const bool is_positive = how != Restriction::None;
  if (says.object.subject == Subject::Other || !constants.is_constant()) return;
  std::vector<std::string_view> names;
  for (const ast::Term* one : constants.constants) {
    const auto* text = one->as<ast::String>();
    if (text == nullptr) continue;
    const std::size_t slash = text->text.find('/');
    names.push_back(says.aspect != Aspect::ApiVersion ? text->text
                    : slash == std::string_view::npos ? std::string_view()
                                                      : text->text.substr(0, slash));
  }
  if (names.empty()) return;
  // Of a version that is ruled out nothing follows for its group.
  if (!is_positive && says.aspect != Aspect::Kind) return;
  NameSet set = NameSet::only(std::move(names));
  if (!is_positive) set = complement(std::move(set));
  ObjectKinds& known = scope.kinds[static_cast<std::size_t>(says.object.subject)];
  ObjectKinds both = known;
  NameSet& part = says.aspect == Aspect::Kind ? both.kinds : both.groups;
  part = intersection(part, set);
  if (part.is_empty()) {
    contradict(place, "the tests of the object's kind rule each other out", scope);
    return;
  }
  known = both;
  if (how == Restriction::Any && says.aspect == Aspect::Kind) {
    NameSet& tested = scope.tested[static_cast<std::size_t>(says.object.subject)];
    tested = intersection(tested, set);
  }
  if (intersection(says.object.kinds, both).is_empty()) scope.is_dead = true;
}

void Inference::constrain(const ast::Term& term, const std::vector<const ast::Term*>& constants, bool is_positive,
                          const ast::Expr& expr, Scope& scope) {
  const std::string path = path_of(term, scope);
  if (path.empty() || term.is<ast::String>()) return;
  Allowed& allowed = scope.allowed[path];
  if (!is_positive) {
    allowed.out.insert(allowed.out.end(), constants.begin(), constants.end());
    std::erase_if(allowed.in, [&](const ast::Term* one) { return has(constants, *one); });
  } else {
    std::vector<const ast::Term*> both;
    for (const ast::Term* one : constants) {
      if ((!allowed.is_finite || has(allowed.in, *one)) && !has(allowed.out, *one)) both.push_back(one);
    }
    allowed.in = std::move(both);
    allowed.is_finite = true;
  }
  if (!allowed.is_finite || !allowed.in.empty()) return;
  contradict(expr.span,
             fmt::format("the tests of this value rule each other out{}",
                         constants.size() == 1 ? ": it cannot be " + shown(*constants.front()) + " here" : ""),
             scope);
}

void Inference::compare(std::string_view builtin, const ast::Term& left, const ast::Term& right, const ast::Expr& expr,
                        Scope& scope) {
  const Outline of_left = value(left, scope);
  const Outline of_right = value(right, scope);
  if (scope.is_dead) return;
  check_types(builtin, left, of_left, right, of_right, expr, scope);
  if (right.is<ast::String>()) check_constants(right, of_left, right.span, scope);
  if (left.is<ast::String>()) check_constants(left, of_right, left.span, scope);
  const bool is_equality = builtin == "eq" || builtin == "equal";
  if (!is_equality && builtin != "neq") return;
  // Of several constants that a variable may be the value differs from one, whichever that is.
  const auto narrow_by = [&](const KindText& says, const Outline& constants) {
    const bool is_single = constants.constants.size() == 1;
    if (!is_equality && !is_single) return;
    const Restriction how = !is_equality ? Restriction::None : is_single ? Restriction::Any : Restriction::Within;
    narrow(says, constants, how, expr.span, scope);
  };
  if (of_left.says.aspect != Aspect::None) {
    narrow_by(of_left.says, of_right);
  } else if (of_right.says.aspect != Aspect::None) {
    narrow_by(of_right.says, of_left);
  } else if (of_right.is_constant() && (is_equality || of_right.constants.size() == 1)) {
    if (!of_left.is_constant()) constrain(left, of_right.constants, is_equality, expr, scope);
  } else if (of_left.is_constant() && (is_equality || of_left.constants.size() == 1)) {
    constrain(right, of_left.constants, is_equality, expr, scope);
  }
  if (scope.is_dead) return;
  check_absence(builtin, left, of_left, of_right, expr, scope);
  check_absence(builtin, right, of_right, of_left, expr, scope);
}

void Inference::member(const ast::Term& item, const ast::Term& set, const ast::Expr& expr, Scope& scope) {
  const Outline one = value(item, scope);
  const Outline all = value(set, scope);
  Outline members = values_of(all);
  if (scope.is_dead) return;
  if (members.is_nothing()) return;
  check_types("in", item, one, set, members, expr, scope);
  const bool is_whole = all.made.size() == 1 && all.typed.empty() && !all.is_anything && members.is_constant();
  if (!is_whole) return;
  if (one.says.aspect != Aspect::None) {
    narrow(one.says, members, is_fixed(set) ? Restriction::Any : Restriction::Within, expr.span, scope);
  } else if (!one.is_constant()) {
    constrain(item, members.constants, true, expr, scope);
  }
}

// A text that is none of those a rule lists, and nearly one of them.
void Inference::check_constants(const ast::Term& wanted, const Outline& given, Span place, const Scope& scope) {
  const auto* text = wanted.as<ast::String>();
  // One constant is a setting, a very short text or one with digits too easily near to another.
  constexpr std::size_t kShortest = 3;
  if (text == nullptr || !given.is_constant() || place.empty() || given.constants.size() < 2) return;
  const bool is_word =
      text->text.size() >= kShortest && text->text.find_first_of("0123456789") == std::string_view::npos;
  std::vector<std::string_view> names;
  for (const ast::Term* one : given.constants) {
    const auto* name = one->as<ast::String>();
    if (name != nullptr) names.push_back(name->text);
    if (ast::compare(one, &wanted) == 0) {
      see(Topic::Constant, place);
      return;
    }
  }
  const std::string near = is_word ? nearest_name(names, text->text) : "";
  if (near.empty()) {
    see(Topic::Constant, place);
    return;
  }
  auto remark = std::make_shared<Remark>();
  remark->rule = scope.rule;
  Diagnostic& made = remark->diagnostic;
  made.code = "never_equal";
  made.severity = Severity::Warning;
  made.span = place;
  made.message = fmt::format("no value that gets here is \"{}\"", text->text);
  made.label = fmt::format("did you mean \"{}\"?", near);
  see(Topic::Constant, place, std::move(remark));
}

// Whether a set or an array holds its members whatever the input is.
bool Inference::is_fixed(const ast::Term& set) const {
  if (set.is<ast::Set>() || set.is<ast::Array>()) return true;
  const auto* ref = set.as<ast::Ref>();
  if (ref == nullptr) return false;
  const auto rules = policy_.tree().rules_at(ref->items());
  return rules.size() == 1 && rules.front()->generated_body && rules.front()->else_rule == nullptr &&
         !rules.front()->head->is_multi_value();
}

void Inference::check_types(std::string_view builtin, const ast::Term& left, const Outline& of_left,
                            const ast::Term& right, const Outline& of_right, const ast::Expr& expr, Scope& scope) {
  if (!is_typed(of_left) && !is_typed(of_right)) return;
  const KindMask a = kinds_of(of_left);
  const KindMask b = kinds_of(of_right);
  // What a function is given may be of another kind for another caller, in another policy.
  const bool is_argument = scope.rule->is_function() &&
                           (is_one_of(scope.rule->head->args, left) || is_one_of(scope.rule->head->args, right));
  if (is_argument || (a & b) != 0 || ((a | b) & kNull) != 0 || a == 0 || b == 0) {
    see(Topic::Comparison, expr.span);
    return;
  }
  const bool is_left = is_typed(of_left);
  const Outline& typed = is_left ? of_left : of_right;
  const Outline& other = is_left ? of_right : of_left;
  const ast::Term& other_term = is_left ? right : left;
  const ast::Term* const single =
      other.constants.size() == 1 && other.is_constant() ? other.constants.front() : nullptr;
  auto remark = std::make_shared<Remark>();
  remark->rule = scope.rule;
  Diagnostic& made = remark->diagnostic;
  made.code = "never_equal";
  made.severity = is_guess(of_left) || is_guess(of_right) ? Severity::Warning : Severity::Error;
  made.span = other_term.span.empty() ? expr.span : other_term.span;
  const std::string against = single != nullptr
                                  ? fmt::format("the {} {}", words_for(kinds_of(other)).substr(2), shown(*single))
                                  : words_for(kinds_of(other));
  const std::string wanted = words_for(kinds_of(typed));
  made.label = single != nullptr ? fmt::format("{} here", words_for(kinds_of(other)))
                                 : fmt::format("{} here, not {}", words_for(kinds_of(other)), wanted);
  const bool is_order = builtin == "lt" || builtin == "lte" || builtin == "gt" || builtin == "gte";
  if (builtin == "neq") {
    made.message = fmt::format("{} is {} and always differs from {}", name_of(typed), wanted, against);
    made.notes.emplace_back("the test always holds where there is a value");
  } else if (is_order) {
    made.message = fmt::format("{} is {} and is compared with {}", name_of(typed), wanted, against);
    made.notes.emplace_back("values of different kinds are ordered by their kinds, whatever they are");
  } else {
    made.message = fmt::format("{} is {} and never equal to {}", name_of(typed), wanted, against);
    if (builtin == "in")
      made.message = fmt::format("{} is {} and never in a collection that holds {}", name_of(typed), wanted,
                                 words_for(kinds_of(other)));
    if (const std::string follows = effect(scope); !follows.empty())
      made.notes.push_back("the test never holds, so " + follows);
  }
  if (std::string help = help_for(kinds_of(typed), single); !help.empty()) made.help.push_back(std::move(help));
  see(Topic::Comparison, expr.span, std::move(remark));
}

// A test that fails where the field is absent, although absence is what it is after: `runAsNonRoot == false`, and
// `!= "x"` of a setting.
void Inference::check_absence(std::string_view builtin, const ast::Term& term, const Outline& outline,
                              const Outline& other, const ast::Expr& expr, Scope& scope) {
  if (scope.position != Position::Test || outline.typed.empty() || outline.is_anything || other.constants.size() != 1 ||
      !other.is_constant())
    return;
  const TypedValue& typed = outline.typed.front();
  if (typed.field == nullptr || typed.is_guess || typed.holder != Holder::One) return;
  const std::string_view field = typed.field->name();
  const auto* boolean = other.constants.front()->as<ast::Boolean>();
  const bool differs = builtin == "neq";
  bool is_silent = false;
  if (typed.shape == Shape::Boolean && boolean != nullptr) {
    const bool denied = boolean->value != differs;  // the value that is denied
    is_silent = denied == is_true_when_absent(field);
  } else if (typed.shape == Shape::String && differs) {
    is_silent = field == "imagePullPolicy";
  }
  if (!is_silent) return;
  const ast::Ref& name = scope.rule->head->reference;
  const auto* rule_name = name[0]->as<ast::Var>();
  if (rule_name == nullptr || !is_entry_name(rule_name->name) || rule_name->name.starts_with("warn")) return;
  auto remark = std::make_shared<Remark>();
  remark->rule = scope.rule;
  remark->field = field;
  Diagnostic& made = remark->diagnostic;
  made.code = "absence_passes";
  made.severity = Severity::Note;
  const auto origin = scope.origins.find(term.is<ast::Var>() ? term.as<ast::Var>()->name : std::string_view());
  const ast::Term& read = origin != scope.origins.end() ? *origin->second : term;
  const auto* ref = read.as<ast::Ref>();
  const Span first = ref != nullptr ? (*ref)[0]->span : Span{};
  const Span last = ref != nullptr ? (*ref)[ref->size() - 1]->span : Span{};
  const bool is_placed = !last.empty() && first.source == last.source && first.begin < last.end;
  made.span = is_placed ? Span{first.source, first.begin, last.end} : expr.span;
  made.message = fmt::format("`{}` says nothing where `{}` is absent", rule_name->name, field);
  made.label = "undefined where the field is absent, and the test fails";
  const std::string good = differs ? shown(*other.constants.front()) : boolean->value ? "false" : "true";
  made.help.push_back(fmt::format("where absence is to be denied too, ask for the good value: not .. == {}", good));
  see(Topic::Absence, made.span, std::move(remark));
}

}  // namespace psdl::advice
