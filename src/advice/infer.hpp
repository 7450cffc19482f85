// Rules read with outlines in place of values. In: a checked policy; out: what was seen at each place of its text.
//
// A function is read once for each outline of its arguments, a rule once. What was seen is kept with the answer, so
// that a place is judged by all who reach it.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "advice/fields.hpp"
#include "advice/outline.hpp"
#include "base/diagnostic.hpp"
#include "compiler/compiler.hpp"

namespace psdl::advice {

enum class Topic : std::uint8_t { Field, Comparison, Constant, Body, Absence };

// What would be said of a place if all who reach it find the same.
struct Remark {
  Diagnostic diagnostic;
  const ast::Rule* rule = nullptr;
  std::string_view field = {};  // of Topic::Absence
};

struct Answer;
struct Observation {
  Topic topic = Topic::Field;
  Span place;
  std::shared_ptr<const Remark> remark;  // null: all is well
  const Answer* answer = nullptr;        // or: what was seen on the way to it
};
using Log = std::vector<Observation>;

// What a rule or a call gives, and of which kinds the subjects are wherever it gives anything.
struct Answer {
  Outline value = {};
  std::array<ObjectKinds, kSubjects> kinds = {};
  bool has_default = false;
  bool is_default_false = false;
  bool is_partial = false;
  Log log = {};
};

// What a test that holds says of a value: it is any of the constants, and its failure would rule out all of them; it is
// one of them; it is none.
enum class Restriction : std::uint8_t { Any, Within, None };

// Where an expression stands: what follows if it is undefined.
enum class Position : std::uint8_t { Test, Negated, Collected, Every, Either };

// The constants that a place can still hold.
struct Allowed {
  bool is_finite = false;
  std::vector<const ast::Term*> in = {};
  std::vector<const ast::Term*> out = {};
};

struct Scope {
  const ast::Rule* rule = nullptr;
  Position position = Position::Test;
  std::unordered_map<std::string_view, Outline> vars = {};
  std::unordered_map<std::string_view, const ast::Term*> origins = {};  // the ref that a var stands for
  std::array<ObjectKinds, kSubjects> kinds = {};
  std::array<NameSet, kSubjects> tested = {};  // what this body itself says of the kind
  std::map<std::string, Allowed> allowed = {};
  bool is_dead = false;  // nothing gets here
  std::shared_ptr<const Remark> contradiction = nullptr;
};

// deny, violation, warn, deny_x.
[[nodiscard]] bool is_entry_name(std::string_view name);

class Inference {
 public:
  explicit Inference(const CheckedPolicy& policy) : policy_(policy) {}

  // Reads all rules of the modules. False: there was too much to read, and what was seen is not worth telling.
  [[nodiscard]] bool run();
  [[nodiscard]] const Log& log() const { return log_; }

 private:
  // signs.cpp
  void look_for_signs();

  // infer.cpp: rules, bodies, expressions.
  void body(const ast::Body& exprs, Scope& scope);
  void statements(const ast::Body& exprs, Scope& scope);
  void expression(const ast::Expr& expr, Scope& scope);
  void holds(const ast::Expr& expr, Scope& scope);
  void exclude(const ast::Expr& test, const Scope& within, Scope& scope);
  void negation(const ast::Body& exprs, Scope& scope);
  void test(const ast::Term& term, Scope& scope);
  void call_statement(const ast::Expr& expr, Scope& scope);
  void inner(const ast::Body& exprs, const Scope& scope, Position position);
  void unify(const ast::Term& left, const ast::Term& right, const ast::Expr& expr, Scope& scope);
  void assign(const ast::Term& pattern, const Outline& value, Scope& scope);
  void bind_all(const ast::Term& term, Scope& scope);
  [[nodiscard]] const Answer& answer(std::span<ast::Rule* const> rules, const std::vector<Outline>* arguments);
  void check_finding_path(const ast::Head& head, Scope& scope);
  void read_branch(const ast::Rule& rule, const std::vector<Outline>* arguments, Answer& into, bool& is_first);
  [[nodiscard]] bool take_argument(const ast::Term& pattern, const Outline& value, Scope& scope);

  // terms.cpp: terms and refs.
  [[nodiscard]] Outline value(const ast::Term& term, Scope& scope);
  [[nodiscard]] Outline input_of(const Scope& scope) const;
  [[nodiscard]] Outline ref_value(const ast::Term& term, const ast::Ref& ref, Scope& scope);
  [[nodiscard]] Outline data_value(const ast::Ref& ref, std::size_t& used, Scope& scope);
  [[nodiscard]] Outline inventory(const ast::Ref& ref, std::size_t& used, Scope& scope);
  [[nodiscard]] Outline step(const Outline& container, const ast::Term& key, const ast::Term& term, const ast::Ref& ref,
                             Scope& scope);
  [[nodiscard]] Outline by_name(const Outline& container, const ast::String& name, Span place, const ast::Ref* ref,
                                bool is_indirect, Scope& scope);
  [[nodiscard]] Outline by_constants(const Outline& container, const Outline& keys, Scope& scope);
  [[nodiscard]] Outline made(Made::Kind kind, const ast::Term& head, const ast::Term* key, const ast::Body& exprs,
                             const Scope& scope);
  [[nodiscard]] Outline narrowed(const Outline& outline, const Scope& scope) const;
  void miss_rule(const ast::Ref& ref, std::size_t at, const RuleNode& node, Scope& scope);

  // calls.cpp: functions and builtins.
  [[nodiscard]] Outline call_value(const ast::Terms& terms, std::size_t operands, Scope& scope, bool is_test);
  [[nodiscard]] Outline builtin_value(std::string_view name, std::span<ast::Term* const> operands, Scope& scope);

  // compare.cpp: comparisons, and what they rule out.
  void compare(std::string_view builtin, const ast::Term& left, const ast::Term& right, const ast::Expr& expr,
               Scope& scope);
  void member(const ast::Term& item, const ast::Term& set, const ast::Expr& expr, Scope& scope);
  void narrow(const KindText& says, const Outline& constants, Restriction how, Span place, Scope& scope);
  [[nodiscard]] bool is_fixed(const ast::Term& set) const;
  void check_constants(const ast::Term& wanted, const Outline& given, Span place, const Scope& scope);
  void constrain(const ast::Term& term, const std::vector<const ast::Term*>& constants, bool is_positive,
                 const ast::Expr& expr, Scope& scope);
  void check_types(std::string_view builtin, const ast::Term& left, const Outline& of_left, const ast::Term& right,
                   const Outline& of_right, const ast::Expr& expr, Scope& scope);
  void check_absence(std::string_view builtin, const ast::Term& left, const Outline& of_left, const Outline& of_right,
                     const ast::Expr& expr, Scope& scope);
  void contradict(Span place, std::string message, Scope& scope);
  [[nodiscard]] std::string path_of(const ast::Term& term, const Scope& scope) const;

  // remarks.cpp: what is seen, in words.
  void see(Topic topic, Span place, std::shared_ptr<const Remark> remark = nullptr) {
    current_->push_back({topic, place, std::move(remark), nullptr});
  }
  [[nodiscard]] std::shared_ptr<const Remark> missing_field(const FieldRead& read, std::string_view name, Span place,
                                                            const ast::Ref* ref, bool is_indirect,
                                                            const Scope& scope) const;
  [[nodiscard]] std::string effect(const Scope& scope) const;

  const CheckedPolicy& policy_;
  Log log_;
  Log* current_ = &log_;
  // What a module takes its input for; anything where it reads nothing that a manifest or a review has.
  struct InputSigns {
    bool is_manifest = false;
    bool is_review = false;
  };
  std::unordered_map<const ast::Module*, InputSigns> signs_;
  std::size_t bodies_ = 0;
  std::size_t depth_ = 0;  // of answers that are being found
  std::unordered_map<std::string, std::unique_ptr<Answer>> answers_;
  std::unordered_set<std::string> open_;         // answers that are being found
  std::unordered_set<const ast::Rule*> called_;  // functions
};

}  // namespace psdl::advice
