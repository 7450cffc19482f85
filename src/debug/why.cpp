// Events to causes. Each call keeps the tries of its bodies, level by level: the bodies' own expressions, and those
// inside of a comprehension, `every`, `not` or `or`. Where an expression fails because something in it gave nothing (a
// call, a comprehension, ..), what failed there is the cause.
#include "debug/why.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <string_view>

namespace psdl::debug {
namespace {

using Is = SourceExpression::Kind;

constexpr std::size_t kMostGroups = 64;  // of one level
constexpr std::size_t kMostParts = 24;
constexpr std::size_t kMostCauses = 4;   // places inside of a call that one failure is put down to

bool is_word(char c) { return c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }

bool names(std::string_view text, std::string_view name) {
  for (std::size_t at = text.find(name); at != std::string_view::npos; at = text.find(name, at + 1)) {
    const std::size_t end = at + name.size();
    const bool begins = at == 0 || (!is_word(text[at - 1]) && text[at - 1] != '.');
    if (begins && (end == text.size() || !is_word(text[end]))) return true;
  }
  return false;
}

std::string_view text_of(Span span, const Inspector& at) {
  return at.program().sources[span.source]->text().substr(span.begin, span.end - span.begin);
}

constexpr std::string_view kBlanks = " \t\r\n";

std::string_view without_blanks_behind(std::string_view text) {
  return text.substr(0, text.find_last_not_of(kBlanks) + 1);
}

bool gives_nothing(const Value& value) {
  switch (value.kind()) {
    case Kind::Undefined: return true;
    case Kind::Boolean: return value.is_false();
    case Kind::Array: return value.as_array().empty();
    case Kind::Object: return value.as_object().size() == 0;
    case Kind::Set: return value.as_set().is_empty();
    case Kind::Null:
    case Kind::Number:
    case Kind::String: return false;
  }
  return false;
}

bool is_call(Op op) { return op == Op::CallRule || op == Op::CallFunction; }

// The groups of each body that came furthest; tries of the others are added to `earlier`.
WhyGroups furthest(const WhyGroups& all, std::size_t& earlier) {
  WhyGroups kept;
  for (const WhyGroup& group : all) {
    const bool is_beaten = std::any_of(all.begin(), all.end(), [&](const WhyGroup& other) {
      return other.body == group.body && other.progress > group.progress;
    });
    if (is_beaten) {
      earlier += group.count;
    } else {
      kept.push_back(group);
    }
  }
  return kept;
}

template <class List, class Key>
auto* find_in(List& list, const Key& key) {
  const auto found = std::find_if(list.begin(), list.end(), [&](const auto& one) { return one.first == key; });
  return found == list.end() ? nullptr : &found->second;
}

}  // namespace

class WhyListener::Call {
 public:
  explicit Call(Causes& remembered) : remembered_(remembered) {}

  void begin() {
    own_.clear();
    held_.clear();
    bodies_.clear();
    tries_ = results_ = 0;
    is_iterated_ = false;
    begin_body(0);
  }

  void on_event(const Event& event, const Inspector& at) {
    if (event.kind != EventKind::Failed && event.kind != EventKind::Held) flush(at);
    switch (event.kind) {
      case EventKind::Body:
        begin_body(event.body);
        break;
      case EventKind::Enter:
        enter(event, at);
        break;
      case EventKind::Redo:
        forget_from(event.expression);
        statement_ = kNoExpression;
        break;
      case EventKind::Element:
        is_iterated_ = true;
        parts_.clear();
        break;
      case EventKind::Value:
        part(event, at);
        break;
      case EventKind::Missed:
        missed_ = event;
        missed_vars_ = at.vars_at(event.pc);
        break;
      case EventKind::Held:
        hold(event, at);
        break;
      case EventKind::Failed:
        fail(event, at);
        break;
      case EventKind::Yield:
        yield(event, at);
        break;
      case EventKind::Call:
      case EventKind::Return:
      case EventKind::Case:
        break;
    }
  }

  // A call of this function ended: `cause` is null where it gave something, `proof` where it did not.
  void called(std::uint32_t function, Cause cause, Cause proof) {
    called_function_ = function;
    called_cause_ = std::move(cause);
    called_proof_ = std::move(proof);
  }

  // What made this call give something: of a function or a rule with one value.
  [[nodiscard]] Cause proof() const {
    if (held_.size() != 1) return nullptr;
    return std::make_shared<const WhyGroups>(held_);
  }

  [[nodiscard]] Cause cause(const Inspector& at) const {
    std::size_t earlier = 0;
    WhyGroups kept = furthest(own_, earlier);
    if (kept.empty()) return nullptr;
    // A parameter that nobody gave has its default, and that is what counts.
    const bool is_parameter = std::all_of(kept.begin(), kept.end(), [&](const WhyGroup& group) {
      return at.info().expressions[group.statement].is_head && reads_data(group, at);
    });
    if (is_parameter && default_body_ != kNoIndex) return nullptr;
    return std::make_shared<const WhyGroups>(std::move(kept));
  }

  [[nodiscard]] WhyGroups take_misses() {
    std::size_t earlier = 0;
    WhyGroups kept = furthest(own_, earlier);
    own_.clear();
    return kept;
  }

  void fill(Why& why) {
    why.is_iterated = is_iterated_;
    why.tries = tries_;
    why.missed = furthest(own_, why.earlier);
    why.held = std::move(held_);
    for (const std::uint32_t body : bodies_) why.bodies += is_default(body) ? 0 : 1;
    why.results = results_;
  }

  // A default rule is the last of its name, and its head follows the word, which begins a line.
  void set_function(const Program& program, std::uint32_t number) {
    const Function& function = program.functions[number];
    default_body_ = kNoIndex;
    if (function.bodies.empty()) return;
    const Span last = function.bodies.back();
    const std::string_view before = without_blanks_behind(program.sources[last.source]->text().substr(0, last.begin));
    const std::string_view line = before.substr(before.rfind('\n') + 1);
    const std::size_t word = std::min(line.find_first_not_of(kBlanks), line.size());
    if (line.substr(word) == "default") default_body_ = static_cast<std::uint32_t>(function.bodies.size() - 1);
  }

 private:
  // A statement that holds, and what made the function hold that it called last.
  struct Step {
    std::uint32_t statement = kNoExpression;
    WhyTry held;
    Cause proof;
  };

  [[nodiscard]] static bool reads_data(const WhyGroup& group, const Inspector& at) {
    return std::all_of(group.tries.begin(), group.tries.end(), [&](const WhyTry& one) {
      return one.missing.is_defined() && text_of(one.part, at).starts_with("data.");
    });
  }

  [[nodiscard]] bool is_default(std::uint32_t body) const { return body == default_body_; }

  void begin_body(std::uint32_t body) {
    body_ = body;
    if (std::find(bodies_.begin(), bodies_.end(), body) == bodies_.end()) bodies_.push_back(body);
    inner_.clear();
    trail_.clear();
    empty_.clear();
    parts_.clear();
    statement_ = kNoExpression;
    missed_.reset();
    called_function_ = kNoIndex;
    called_cause_ = nullptr;
    called_proof_ = nullptr;
  }

  void enter(const Event& event, const Inspector& at) {
    const SourceExpression& entered = at.info().expressions[event.expression];
    forget_from(event.expression);
    std::erase_if(inner_, [&](const auto& one) { return one.first == event.expression; });
    if (entered.around != kNoExpression) parts_.clear();
    if (entered.around != kNoExpression || entered.statement == statement_) return;
    statement_ = entered.statement;
    parts_.clear();
    read_ = Value();
    called_proof_ = nullptr;
  }

  void forget_from(std::uint32_t expression) {
    while (!trail_.empty() && trail_.back().statement >= expression) trail_.pop_back();
    std::erase_if(empty_, [&](const auto& one) { return one.first >= expression; });
  }

  // A part of an expression has a value.
  void part(const Event& event, const Inspector& at) {
    if (event.value.origin() != 0) read_ = event.value;
    if (event.expression == kNoExpression) return;
    if (parts_.size() < kMostParts) parts_.emplace_back(event.span, event.value);
    if (!gives_nothing(event.value)) return;
    const Op op = at.program().code[event.pc].op;
    Cause cause;
    if (is_call(op)) cause = cause_of_call(event.pc, at);
    if (op == Op::BuildEnd) cause = cause_inside(event.expression);
    if (cause != nullptr) empty_.emplace_back(event.expression, std::move(cause));
  }

  [[nodiscard]] Cause cause_of_call(std::uint32_t pc, const Inspector& at) const {
    if (!is_call(at.program().code[pc].op)) return nullptr;
    const std::uint32_t function = at.program().code[pc].b;
    if (function == called_function_) return called_cause_;
    const Cause* known = find_in(remembered_, function);
    return known != nullptr ? *known : nullptr;
  }

  [[nodiscard]] Cause cause_inside(std::uint32_t expression) {
    const WhyGroups* groups = find_in(inner_, expression);
    if (groups == nullptr) return nullptr;
    std::size_t earlier = 0;
    return std::make_shared<const WhyGroups>(furthest(*groups, earlier));
  }

  // The parts of this statement that gave nothing, or, where there are none, those of an earlier one whose var it
  // names.
  [[nodiscard]] Cause cause_of_emptiness(std::uint32_t expression, const Inspector& at) const {
    if (empty_.empty()) return nullptr;
    const std::uint32_t statement = at.info().expressions[expression].statement;
    for (auto one = empty_.rbegin(); one != empty_.rend(); ++one) {
      if (at.info().expressions[one->first].statement == statement) return one->second;
    }
    const std::string_view text = text_of(at.info().expressions[statement].span, at);
    for (const Variable& var : vars_at(missed_ ? missed_->pc : at.info().expressions[expression].begin, at)) {
      if (!gives_nothing(var.value) || !names(text, var.name)) continue;
      for (const auto& [earlier, cause] : empty_) {
        const Span bound = at.info().expressions[at.info().expressions[earlier].statement].span;
        if (bound.source == var.declared.source && bound.begin <= var.declared.begin && var.declared.end <= bound.end)
          return cause;
      }
    }
    return nullptr;
  }

  // What had no answer was not the end of its expression: the next element was tried.
  void flush(const Inspector& at) {
    if (!missed_) return;
    const Event missed = *missed_;
    if (missed.failure != Failure::Exhausted || missed.count == 0) add_miss(missed, at, false);
    missed_.reset();
  }

  void fail(const Event& event, const Inspector& at) {
    const bool is_told = missed_ && missed_->expression == event.expression;
    const Is kind = at.info().expressions[event.expression].kind;
    // After the last element all has been told already.
    if (event.failure != Failure::Exhausted || event.count == 0) add_miss(event, at, kind == Is::Not);
    if (is_told) missed_.reset();
    forget_from(event.expression);
  }

  void add_miss(const Event& event, const Inspector& at, bool is_not) {
    const SourceExpression& expression = at.info().expressions[event.expression];
    WhyGroups& level = level_of(expression.around);
    if (expression.around == kNoExpression) ++tries_;
    Cause cause;
    switch (event.failure) {
      case Failure::Inner:
        if (!is_not) cause = cause_inside(event.expression);
        break;
      case Failure::Undefined:
        if (!event.missing.is_defined()) cause = cause_of_call(event.pc, at);
        break;
      case Failure::False:
      case Failure::Exhausted:
        cause = cause_of_emptiness(event.expression, at);
        break;
      case Failure::None:
      case Failure::Error:
      case Failure::NoCollection:
        break;
    }
    if (cause == nullptr || cause->empty()) {
      add(level, expression.statement, expression.statement, {}, event, at);
      return;
    }
    std::size_t causes = 0;
    for (const WhyGroup& deeper : *cause) {
      if (++causes > kMostCauses) break;
      adopt(level, expression.statement, deeper, via_from(expression.statement, deeper, at));
    }
  }

  // The calls that lead from the statement to the cause: none where both stand in one rule.
  [[nodiscard]] static std::vector<std::uint32_t> via_from(std::uint32_t statement, const WhyGroup& deeper,
                                                           const Inspector& at) {
    std::vector<std::uint32_t> via = deeper.via;
    const std::uint32_t first = via.empty() ? deeper.statement : via.front();
    if (at.info().expressions[first].function != at.info().expressions[statement].function)
      via.insert(via.begin(), statement);
    return via;
  }

  [[nodiscard]] WhyGroups& level_of(std::uint32_t around) {
    if (around == kNoExpression) return own_;
    if (WhyGroups* known = find_in(inner_, around); known != nullptr) return *known;
    inner_.emplace_back(around, WhyGroups());
    return inner_.back().second;
  }

  WhyGroup* group(WhyGroups& level, std::uint32_t progress, std::uint32_t statement,
                  const std::vector<std::uint32_t>& via) const {
    const auto found = std::find_if(level.begin(), level.end(), [&](const WhyGroup& one) {
      return one.body == body_ && one.progress == progress && one.statement == statement && one.via == via;
    });
    if (found != level.end()) return &*found;
    if (level.size() == kMostGroups) return nullptr;
    WhyGroup made;
    made.body = body_;
    made.progress = progress;
    made.statement = statement;
    made.via = via;
    level.push_back(std::move(made));
    return &level.back();
  }

  void add(WhyGroups& level, std::uint32_t progress, std::uint32_t statement, const std::vector<std::uint32_t>& via,
           const Event& event, const Inspector& at) {
    WhyGroup* kept = group(level, progress, statement, via);
    if (kept == nullptr || ++kept->count > kMostTries) return;
    kept->tries.push_back(made_of(event, statement, at));
  }

  void adopt(WhyGroups& level, std::uint32_t progress, const WhyGroup& deeper, std::vector<std::uint32_t> via) {
    WhyGroup* kept = group(level, progress, deeper.statement, via);
    if (kept == nullptr) return;
    kept->count += deeper.count;
    for (const WhyTry& one : deeper.tries) {
      if (kept->tries.size() == kMostTries) return;
      kept->tries.push_back(one);
    }
  }

  [[nodiscard]] WhyTry made_of(const Event& event, std::uint32_t statement, const Inspector& at) const {
    WhyTry made;
    made.failure = event.failure;
    made.part = event.span;
    made.pc = event.pc;
    made.value = event.value;
    made.other = event.other;
    made.container = event.container;
    made.missing = event.missing;
    made.error = event.error;
    made.count = event.count;
    made.read = read_;
    made.parts = parts_;
    made.vars = vars_of(statement, event.pc, at);
    return made;
  }

  // What was missed is often told of at the next event, when a loop's vars are those of the next element.
  [[nodiscard]] std::vector<Variable> vars_at(std::uint32_t pc, const Inspector& at) const {
    return missed_ && missed_->pc == pc ? missed_vars_ : at.vars_at(pc);
  }

  [[nodiscard]] std::vector<Variable> vars_of(std::uint32_t statement, std::uint32_t pc, const Inspector& at) const {
    const SourceExpression& where = at.info().expressions[statement];
    std::vector<Variable> all = vars_at(pc == kNoLabel ? where.begin : pc, at);
    std::vector<Variable> named;
    const std::string_view text = text_of(where.span, at);
    std::erase_if(all, [](const Variable& var) { return var.name.starts_with("__"); });
    for (const Variable& var : all) {
      const bool is_bound_here = where.kind != Is::Every && var.declared.source == where.span.source &&
                                 where.span.begin <= var.declared.begin && var.declared.end <= where.span.end;
      if (names(text, var.name) && !is_bound_here) named.push_back(var);
    }
    return named.empty() ? all : named;
  }

  void hold(const Event& event, const Inspector& at) {
    const SourceExpression& held = at.info().expressions[event.expression];
    WhyTry made;
    made.part = held.span;
    if (held.kind == Is::Not) {
      negated(event, at, made);
    } else {
      flush(at);
    }
    missed_.reset();
    if (held.around != kNoExpression) return;
    if (held.is_generated && held.statement != event.expression) return;
    made.read = read_;
    trail_.push_back({event.expression, std::move(made), held.kind == Is::Not ? nullptr : called_proof_});
  }

  // What failed inside of a `not` made it hold.
  void negated(const Event& event, const Inspector& at, WhyTry& made) {
    Cause cause = cause_inside(event.expression);
    if (cause == nullptr && missed_) {
      const WhyTry miss = made_of(*missed_, event.expression, at);
      if (!missed_->missing.is_defined())
        cause = missed_->failure == Failure::Undefined ? cause_of_call(missed_->pc, at)
                                                       : cause_of_emptiness(event.expression, at);
      made = miss;
    }
    if (cause != nullptr && !cause->empty()) negated_.insert_or_assign(event.expression, cause);
    else negated_.erase(event.expression);
    made.is_negated = true;
  }

  void yield(const Event& event, const Inspector& at) {
    if (is_default(event.body)) return;
    if (!trail_.empty() && is_false_row(event, at)) return false_row(event, at);
    ++results_;
    ++tries_;
    if (trail_.empty()) return;
    const auto deciding = decides(at);
    const std::uint32_t statement = deciding->statement;
    WhyGroup* kept = nullptr;
    WhyTry made = deciding->held;
    const auto cause = negated_.find(statement);
    if (at.info().expressions[statement].kind == Is::Not && cause != negated_.end()) {
      const WhyGroup& deeper = cause->second->front();
      kept = group(held_, statement, deeper.statement, via_from(statement, deeper, at));
      if (!deeper.tries.empty()) made = deeper.tries.front();
      made.is_negated = true;
    } else if (deciding->proof != nullptr) {
      const WhyGroup& deeper = deciding->proof->front();
      kept = group(held_, statement, deeper.statement, via_from(statement, deeper, at));
      if (!deeper.tries.empty()) made = deeper.tries.front();
    } else {
      kept = group(held_, statement, statement, {});
      if (made.vars.empty()) made.vars = vars_of(statement, at.info().expressions[statement].end, at);
    }
    if (kept == nullptr || ++kept->count > kMostTries) return;
    made.gives = value_of(event, at);
    kept->tries.push_back(std::move(made));
    if (!kept->with.empty()) return;
    for (const Step& other : trail_) {
      if (other.statement != statement && !at.info().expressions[other.statement].is_head)
        kept->with.push_back(other.statement);
    }
  }

  [[nodiscard]] static bool is_row(const Event& event, const Inspector& at) {
    return at.program().functions[event.function].kind == FunctionKind::Query && event.value.is_array();
  }

  // Of a rule what it has; of a query, whose rows are bindings and the values of its expressions, the last of those.
  [[nodiscard]] static Value value_of(const Event& event, const Inspector& at) {
    if (!is_row(event, at)) return event.value;
    const std::span<const Value> values = event.value.as_array()[1].as_array();
    return values.empty() ? Value() : values.back();
  }

  // A query has a row for an expression that is false too: that is a miss.
  [[nodiscard]] bool is_false_row(const Event& event, const Inspector& at) const {
    if (!is_row(event, at)) return false;
    const std::span<const Value> values = event.value.as_array()[1].as_array();
    return std::any_of(values.begin(), values.end(), gives_nothing);
  }
  void false_row(const Event& event, const Inspector& at) {
    Event made = event;
    made.expression = trail_.back().statement;
    made.failure = Failure::Inner;
    made.span = at.info().expressions[made.expression].span;
    const Cause cause = cause_of_emptiness(made.expression, at);
    ++tries_;
    if (cause == nullptr || cause->empty()) {
      add(own_, made.expression, made.expression, {}, made, at);
      return;
    }
    for (const WhyGroup& deeper : *cause) adopt(own_, made.expression, deeper, via_from(made.expression, deeper, at));
  }

  // The last test of what the document says; bindings and loops decide only where there is no test.
  [[nodiscard]] std::vector<Step>::const_iterator decides(const Inspector& at) const {
    const auto rank = [&](const Step& one) {
      const SourceExpression& held = at.info().expressions[one.statement];
      if (held.is_head) return 0;
      if (held.kind == Is::Bind || held.kind == Is::Some) return 1;
      return one.held.read.origin() == 0 && held.kind != Is::Not ? 2 : 3;
    };
    auto best = trail_.begin();
    for (auto one = trail_.begin(); one != trail_.end(); ++one) {
      if (rank(*one) >= rank(*best)) best = one;
    }
    return best;
  }

  Causes& remembered_;
  std::uint32_t body_ = 0;
  std::uint32_t default_body_ = kNoIndex;
  std::vector<std::uint32_t> bodies_;
  WhyGroups own_;                                           // misses of the bodies' own expressions
  std::vector<std::pair<std::uint32_t, WhyGroups>> inner_;  // .. inside of an expression
  std::vector<Step> trail_;                                 // statements that hold now
  std::vector<std::pair<std::uint32_t, Cause>> empty_;      // expressions with a part that gave nothing
  std::map<std::uint32_t, Cause> negated_;                  // what failed inside of a `not` that holds
  std::uint32_t called_function_ = kNoIndex;                // the call that ended last
  Cause called_cause_;
  Cause called_proof_;
  std::vector<std::pair<Span, Value>> parts_;
  std::uint32_t statement_ = kNoExpression;                 // whose parts these are
  Value read_;
  std::optional<Event> missed_;                             // what becomes of it is not told yet
  std::vector<Variable> missed_vars_;                       // as they were when it was missed
  WhyGroups held_;
  std::size_t tries_ = 0;
  std::size_t results_ = 0;
  bool is_iterated_ = false;
};

WhyListener::WhyListener() = default;
WhyListener::~WhyListener() = default;

bool WhyListener::on_event(const Event& event, const Inspector& at) {
  if (event.kind == EventKind::Call) {
    if (depth_ == calls_.size()) calls_.push_back(std::make_unique<Call>(remembered_));
    Call& begun = *calls_[depth_++];
    begun.set_function(at.program(), event.function);
    begun.begin();
    return true;
  }
  if (depth_ == 0) return true;
  Call& running = *calls_[depth_ - 1];
  running.on_event(event, at);
  if (event.kind != EventKind::Return || depth_ == 1) return true;
  --depth_;
  Cause cause = gives_nothing(event.value) ? running.cause(at) : nullptr;
  const Function& ended = at.program().functions[event.function];
  // Of a test alone: what computes a value does not decide what is made of it.
  Cause proof = event.value.is_true() ? running.proof() : nullptr;
  const bool is_rule = ended.arity == 0;
  if (is_rule && cause != nullptr) {
    std::erase_if(remembered_, [&](const auto& one) { return one.first == event.function; });
    remembered_.emplace_back(event.function, cause);
  }
  calls_[depth_ - 1]->called(event.function, std::move(cause), std::move(proof));
  return true;
}

WhyGroups WhyListener::take_misses() { return calls_.empty() ? WhyGroups() : calls_.front()->take_misses(); }

Why WhyListener::take() {
  Why why;
  if (!calls_.empty()) calls_.front()->fill(why);
  return why;
}

}  // namespace psdl::debug
