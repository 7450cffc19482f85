// The order of terms and expressions. In: two nodes; out: which comes first, as OPA's Compare says; and hashes that agree with equality.
#include <charconv>
#include <string>

#include "syntax/ast.hpp"
#include "syntax/visit.hpp"

namespace psdl::ast {
namespace {

template <class T>
int three_way(const T& a, const T& b) {
  if (a < b) return -1;
  return b < a ? 1 : 0;
}

// A decimal literal taken apart: sign, digits without zeros at either end, and the place of the point: 0.digits * 10^scale.
struct Decimal {
  bool negative = false;
  std::string digits;
  long long scale = 0;
};

Decimal take_apart(std::string_view text) {
  Decimal made;
  std::size_t at = 0;
  if (at < text.size() && (text[at] == '-' || text[at] == '+')) made.negative = text[at++] == '-';
  bool seen_point = false;
  long long fraction = 0;
  for (; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '.') {
      seen_point = true;
    } else if (c >= '0' && c <= '9') {
      made.digits.push_back(c);
      if (seen_point) ++fraction;
    } else {
      break;
    }
  }
  long long exponent = 0;
  if (at < text.size()) {
    const char* first = text.data() + at + 1;
    if (first != text.data() + text.size() && *first == '+') ++first;
    std::from_chars(first, text.data() + text.size(), exponent);
  }
  made.scale = static_cast<long long>(made.digits.size()) - fraction + exponent;
  const std::size_t lead = std::min(made.digits.find_first_not_of('0'), made.digits.size());
  made.digits.erase(0, lead);
  made.scale -= static_cast<long long>(lead);
  while (!made.digits.empty() && made.digits.back() == '0') made.digits.pop_back();
  if (made.digits.empty()) made = {};  // zero has no sign
  return made;
}

// OPA takes two fractions for equal when they are the same double, unless both have 15 digits or fewer.
// (It asks only of texts that end in zeros; the others it compares exactly.)
bool is_padded_fraction(std::string_view text) {
  if (text.find('.') == std::string_view::npos) return false;
  const std::string_view trimmed = text.substr(0, text.find_last_not_of(".0") + 1);
  return trimmed != text && trimmed.find('.') != std::string_view::npos;
}

double as_double(std::string_view text) {
  double made = 0;
  std::from_chars(text.data(), text.data() + text.size(), made);
  return made;
}

}  // namespace

int compare_number_texts(std::string_view a, std::string_view b) {
  if (a == b) return 0;
  const Decimal left = take_apart(a);
  const Decimal right = take_apart(b);
  if (left.digits.size() > 15 || right.digits.size() > 15) {
    if (is_padded_fraction(a) && is_padded_fraction(b) && as_double(a) == as_double(b)) return 0;
  }
  const int left_sign = left.digits.empty() ? 0 : (left.negative ? -1 : 1);
  const int right_sign = right.digits.empty() ? 0 : (right.negative ? -1 : 1);
  if (left_sign != right_sign) return three_way(left_sign, right_sign);
  if (left_sign == 0) return 0;
  int magnitude = three_way(left.scale, right.scale);
  if (magnitude == 0) magnitude = three_way(left.digits, right.digits);
  return left_sign * magnitude;
}

int compare(const Terms& a, const Terms& b) {
  const std::size_t common = std::min(a.size(), b.size());
  for (std::size_t i = 0; i < common; ++i) {
    if (const int order = compare(a[i], b[i]); order != 0) return order;
  }
  return three_way(a.size(), b.size());
}

int compare(const Value& a, const Value& b) {
  if (a.index() != b.index()) return three_way(a.index(), b.index());
  return std::visit(
      Overloads{
          [](const Null&) { return 0; },
          [&](const Boolean& held) { return three_way(held.value, std::get<Boolean>(b).value); },
          [&](const Number& held) { return compare_number_texts(held.text, std::get<Number>(b).text); },
          [&](const String& held) { return three_way(held.text, std::get<String>(b).text); },
          [&](const Var& held) { return three_way(held.name, std::get<Var>(b).name); },
          [&](const TemplateString& held) {
            const auto& other = std::get<TemplateString>(b);
            if (held.multi_line != other.multi_line) return three_way(held.multi_line, other.multi_line);
            if (held.parts.size() != other.parts.size()) return three_way(held.parts.size(), other.parts.size());
            for (std::size_t i = 0; i < held.parts.size(); ++i) {
              const TemplatePart& left = held.parts[i];
              const TemplatePart& right = other.parts[i];
              if (left.index() != right.index()) return three_way(left.index(), right.index());
              const int order = left.index() == 0 ? compare(std::get<Term*>(left), std::get<Term*>(right))
                                                  : compare(std::get<Expr*>(left), std::get<Expr*>(right));
              if (order != 0) return order;
            }
            return 0;
          },
          [&](const Object& held) {
            const auto& other = std::get<Object>(b);
            const std::size_t common = std::min(held.size(), other.size());
            for (std::size_t i = 0; i < common; ++i) {
              if (const int order = compare(held[i].key, other[i].key); order != 0) return order;
              if (const int order = compare(held[i].value, other[i].value); order != 0) return order;
            }
            return three_way(held.size(), other.size());
          },
          [&](const ArrayComprehension& held) {
            const auto& other = std::get<ArrayComprehension>(b);
            const int order = compare(held.term, other.term);
            return order != 0 ? order : compare(held.body, other.body);
          },
          [&](const SetComprehension& held) {
            const auto& other = std::get<SetComprehension>(b);
            const int order = compare(held.term, other.term);
            return order != 0 ? order : compare(held.body, other.body);
          },
          [&](const ObjectComprehension& held) {
            const auto& other = std::get<ObjectComprehension>(b);
            if (const int order = compare(held.key, other.key); order != 0) return order;
            if (const int order = compare(held.value, other.value); order != 0) return order;
            return compare(held.body, other.body);
          },
          [&](const auto& held) {  // Ref, Array, Set, Call
            return compare(static_cast<const Terms&>(held), static_cast<const Terms&>(std::get<std::remove_cvref_t<decltype(held)>>(b)));
          },
      },
      a);
}

int compare(const Term* a, const Term* b) {
  if (a == b) return 0;
  if (a == nullptr) return -1;
  if (b == nullptr) return 1;
  return compare(a->value, b->value);
}

namespace {

// Where OPA puts each kind of expression.
int kind_order(const Expr& expr) {
  return std::visit(Overloads{[](SomeDecl*) { return 0; }, [](Term*) { return 1; }, [](const CallTerms&) { return 2; }, [](Every*) { return 3; },
                              [](Not*) { return 4; }, [](LogicalAnd*) { return 5; }, [](LogicalOr*) { return 6; }},
                    expr.content);
}

}  // namespace

int compare(const Expr* a, const Expr* b) {
  if (a == b) return 0;
  if (a == nullptr) return -1;
  if (b == nullptr) return 1;
  if (const int order = three_way(kind_order(*a), kind_order(*b)); order != 0) return order;
  if (a->index != b->index) return three_way(a->index, b->index);
  if (a->negated != b->negated) return three_way(a->negated, b->negated);
  const int order = std::visit(
      Overloads{
          [&](Term* held) { return compare(held, std::get<Term*>(b->content)); },
          [&](const CallTerms& held) { return compare(static_cast<const Terms&>(held), static_cast<const Terms&>(std::get<CallTerms>(b->content))); },
          [&](SomeDecl* held) { return compare(held->symbols, std::get<SomeDecl*>(b->content)->symbols); },
          [&](Every* held) {
            const Every* other = std::get<Every*>(b->content);
            if (const int key = compare(held->key, other->key); key != 0) return key;
            if (const int value = compare(held->value, other->value); value != 0) return value;
            if (const int domain = compare(held->domain, other->domain); domain != 0) return domain;
            return compare(held->body, other->body);
          },
          [&](Not* held) { return compare(held->body, std::get<Not*>(b->content)->body); },
          [&](auto* held) {  // LogicalAnd, LogicalOr
            const auto* other = std::get<decltype(held)>(b->content);
            const int lhs = compare(held->lhs, other->lhs);
            return lhs != 0 ? lhs : compare(held->rhs, other->rhs);
          },
      },
      a->content);
  if (order != 0) return order;
  const std::size_t common = std::min(a->with.size(), b->with.size());
  for (std::size_t i = 0; i < common; ++i) {
    if (const int with = compare(a->with[i], b->with[i]); with != 0) return with;
  }
  return three_way(a->with.size(), b->with.size());
}

int compare(const With* a, const With* b) {
  const int order = compare(a->target, b->target);
  return order != 0 ? order : compare(a->value, b->value);
}

int compare(const Body& a, const Body& b) {
  const std::size_t common = std::min(a.size(), b.size());
  for (std::size_t i = 0; i < common; ++i) {
    if (const int order = compare(a[i], b[i]); order != 0) return order;
  }
  return three_way(a.size(), b.size());
}

int compare(const Head* a, const Head* b) {
  if (a == b) return 0;
  if (a == nullptr) return -1;
  if (b == nullptr) return 1;
  if (a->assign != b->assign) return a->assign ? -1 : 1;
  if (const int order = compare(a->args, b->args); order != 0) return order;
  if (const int order = compare(static_cast<const Terms&>(a->reference), static_cast<const Terms&>(b->reference)); order != 0) return order;
  if (a->name != b->name) return three_way(a->name, b->name);
  if (const int order = compare(a->key, b->key); order != 0) return order;
  return compare(a->value, b->value);
}

int compare(const Rule* a, const Rule* b) {
  for (; a != nullptr && b != nullptr; a = a->else_rule, b = b->else_rule) {
    if (a == b) return 0;
    if (const int order = compare(a->head, b->head); order != 0) return order;
    if (a->is_default != b->is_default) return three_way(a->is_default, b->is_default);
    if (const int order = compare(a->body, b->body); order != 0) return order;
  }
  return three_way(a != nullptr, b != nullptr);
}

// ---------------------------------------------------------------------------------------------------------------------------

namespace {

std::uint64_t mix(std::uint64_t seed, std::uint64_t value) {
  seed ^= value + 0x9E3779B97F4A7C15ULL + (seed << 6U) + (seed >> 2U);
  return seed * 0xFF51AFD7ED558CCDULL;
}

std::uint64_t hash_text(std::string_view text) { return std::hash<std::string_view>{}(text); }

class Hasher {
 public:
  explicit Hasher(std::uint64_t& seed) : seed_(seed) {}
  bool operator()(Number& number) const {
    const Decimal parts = take_apart(number.text);
    // Fractions that are the same double may be equal: only their first digits count.
    const auto scale = static_cast<std::uint64_t>(parts.digits.empty() ? 0 : parts.scale);
    seed_ = mix(mix(seed_, hash_text(std::string_view(parts.digits).substr(0, 12))), scale * 2 + (parts.negative ? 1 : 0));
    return false;
  }
  bool operator()(String& text) const { return add(3, hash_text(text.text)); }
  bool operator()(Var& var) const { return add(5, hash_text(var.name)); }
  bool operator()(Boolean& held) const { return add(1, held.value ? 2 : 1); }
  bool operator()(Null&) const { return add(0, 1); }
  bool operator()(Ref& held) const { return add(6, held.size()); }
  bool operator()(Array& held) const { return add(7, held.size()); }
  bool operator()(Object& held) const { return add(8, held.size()); }
  bool operator()(Set& held) const { return add(9, held.size()); }
  bool operator()(Call& held) const { return add(13, held.size()); }
  bool operator()(ArrayComprehension&) const { return add(10, 0); }
  bool operator()(ObjectComprehension&) const { return add(11, 0); }
  bool operator()(SetComprehension&) const { return add(12, 0); }

 private:
  bool add(std::uint64_t kind, std::uint64_t value) const {
    seed_ = mix(mix(seed_, kind), value);
    return false;
  }
  std::uint64_t& seed_;
};

}  // namespace

std::uint64_t hash(const Term* term) {
  std::uint64_t seed = 17;
  walk(const_cast<Term&>(*term), Hasher(seed));  // the walk is written for editing; Hasher changes nothing
  return seed;
}

std::uint64_t hash(const Terms& terms) {
  std::uint64_t seed = 19;
  for (const Term* term : terms) seed = mix(seed, hash(term));
  return seed;
}

}  // namespace psdl::ast
