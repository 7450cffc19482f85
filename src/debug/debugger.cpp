// Which events are places to stop at.
#include "debug/debugger.hpp"

#include <algorithm>

namespace psdl::debug {
namespace {

constexpr std::size_t kMostHappenings = 4;

// Of each statement the expression of it that runs first; kNoExpression for expressions that are none, or have no code.
// The code of `msg := f(x)` may all be that of the call.
std::vector<std::uint32_t> first_expressions(const DebugInfo& info) {
  std::vector<std::uint32_t> first(info.expressions.size(), kNoExpression);
  for (std::uint32_t i = 0; i < info.expressions.size(); ++i) {
    const SourceExpression& one = info.expressions[i];
    if (one.statement == kNoExpression || one.begin >= one.end) continue;
    std::uint32_t& known = first[one.statement];
    if (known == kNoExpression || one.begin < info.expressions[known].begin) known = i;
  }
  return first;
}

}  // namespace

bool place_on_line(const Program& program, const DebugInfo& info, std::uint32_t source, std::uint32_t line,
                   Breakpoint& breakpoint) {
  const Source& text = *program.sources[source];
  const auto is_there = [&](Span span) {
    return span.source == source && span.begin < span.end && text.line_column(span.begin).line == line;
  };
  const std::vector<std::uint32_t> first = first_expressions(info);
  for (std::uint32_t i = 0; i < info.expressions.size(); ++i) {
    const SourceExpression& one = info.expressions[i];
    if (first[i] != kNoExpression && !one.is_head && is_there(one.span)) breakpoint.statements.push_back(i);
  }
  if (!breakpoint.statements.empty()) return true;
  for (std::uint32_t function = 0; function < program.functions.size(); ++function) {
    const std::vector<Span>& bodies = program.functions[function].bodies;
    for (std::uint32_t body = 0; body < bodies.size(); ++body) {
      if (is_there(bodies[body])) breakpoint.bodies.emplace_back(function, body);
    }
  }
  return !breakpoint.bodies.empty();
}

bool place_on_rule(const Program& program, std::string_view path, Breakpoint& breakpoint) {
  for (std::uint32_t function = 0; function < program.functions.size(); ++function) {
    if (program.functions[function].path != path) continue;
    for (std::uint32_t body = 0; body < program.functions[function].bodies.size(); ++body)
      breakpoint.bodies.emplace_back(function, body);
  }
  return !breakpoint.bodies.empty();
}

Debugger::Debugger(const DebugInfo& info, std::vector<Breakpoint> breakpoints, Host& host, Resume first)
    : info_(info),
      breakpoints_(std::move(breakpoints)),
      host_(host),
      first_of_(first_expressions(info)),
      resume_(first),
      is_entry_(first == Resume::Into) {}

bool Debugger::is_first_of_statement(std::uint32_t expression) const {
  const std::uint32_t statement = info_.expressions[expression].statement;
  return statement != kNoExpression && !info_.expressions[statement].is_head && first_of_[statement] == expression;
}

bool Debugger::is_inside(std::uint32_t expression, std::uint32_t around) const {
  for (std::uint32_t at = expression; at != kNoExpression; at = info_.expressions[at].around) {
    if (at != expression && info_.expressions[at].statement == around) return true;
  }
  return false;
}

bool Debugger::wants_step(const Event& event) const {
  switch (resume_) {
    case Resume::Into: return true;
    case Resume::Over:
      if (event.depth != depth_) return event.depth < depth_;
      return statement_ == kNoExpression || !is_inside(event.expression, statement_);
    case Resume::Out:
    case Resume::Continue:
    case Resume::End: return false;
  }
  return false;
}

const Breakpoint* Debugger::hit(const Event& event, const Inspector& at) {
  for (const Breakpoint& one : breakpoints_) {
    const bool is_here =
        event.kind == EventKind::Body
            ? std::binary_search(one.bodies.begin(), one.bodies.end(), std::make_pair(event.function, event.body))
            : std::binary_search(one.statements.begin(), one.statements.end(),
                                 info_.expressions[event.expression].statement);
    if (is_here && (!one.is_conditional || host_.holds(one.number, at))) return &one;
  }
  return nullptr;
}

std::vector<Variable> Debugger::vars_given(const Event& event, const Inspector& at) const {
  std::vector<Variable> given;
  const Span statement = info_.expressions[info_.expressions[event.expression].statement].span;
  const auto stands_there = [&](Span declared) {
    return declared.source == statement.source && statement.begin <= declared.begin && declared.end <= statement.end;
  };
  if (event.kind == EventKind::Held) {
    if (at.depth() == 0) return given;
    for (const Variable& var : at.vars(0)) {
      if (stands_there(var.declared)) given.push_back(var);
    }
    return given;
  }
  for (const SlotVar& var : info_.vars) {
    if (var.function == event.function && is_users(var) && stands_there(var.declared))
      given.push_back({var.name, {}, var.declared});
  }
  const auto same = [](const Variable& a, const Variable& b) { return a.name == b.name; };
  given.erase(std::unique(given.begin(), given.end(), same), given.end());
  return given;
}

void Debugger::note(Happening happening) {
  if (since_.size() == kMostHappenings) since_.erase(since_.begin());
  since_.push_back(std::move(happening));
}

// Keeps what the next stop tells. Only where a step is being made: a run to the next breakpoint passes too much.
void Debugger::remember(const Event& event, const Inspector& at) {
  if (resume_ == Resume::Continue) return;
  Happening made;
  made.function = event.function;
  made.span = event.span;
  made.value = event.value;
  const auto statement = [&] { return info_.expressions[event.expression].statement; };
  const auto key = [&] { return std::make_pair(event.depth, statement()); };
  // What a statement that is stepped over does inside is its own affair; what it called tells its value.
  const bool is_passed = resume_ == Resume::Over && event.expression != kNoExpression &&
                         (event.depth > depth_ || (event.depth == depth_ && statement_ != kNoExpression &&
                                                   is_inside(event.expression, statement_)));
  if (is_passed) return;
  switch (event.kind) {
    case EventKind::Redo:
      if (statement() != kNoExpression && std::find(redone_.begin(), redone_.end(), key()) == redone_.end())
        redone_.push_back(key());
      return;
    case EventKind::Failed: {
      if (statement() == kNoExpression) return;
      made.span = info_.expressions[statement()].span;
      made.failure = event.failure;
      const auto redone = std::find(redone_.begin(), redone_.end(), key());
      const bool is_again = redone != redone_.end();
      made.kind =
          is_again || event.failure == Failure::Exhausted ? Happening::Kind::Exhausted : Happening::Kind::Failed;
      if (is_again) redone_.erase(redone);
      if (made.kind == Happening::Kind::Exhausted) made.vars = vars_given(event, at);
      // A loop inside of a test: it failed as it did at its last element.
      if (!is_again && made.vars.empty() && event.failure == Failure::Exhausted && event.count > 0) {
        made.kind = Happening::Kind::Failed;
        made.failure = last_miss_;
      }
      break;
    }
    case EventKind::Held: {
      if (statement() != event.expression) return;
      const auto redone = std::find(redone_.begin(), redone_.end(), key());
      if (redone == redone_.end()) return;
      redone_.erase(redone);
      made.kind = Happening::Kind::Redone;
      made.vars = vars_given(event, at);
      break;
    }
    case EventKind::Yield: made.kind = Happening::Kind::Gave; break;
    case EventKind::Return: made.kind = Happening::Kind::Returned; break;
    case EventKind::Call:
    case EventKind::Body:
    case EventKind::Enter:
    case EventKind::Element:
    case EventKind::Value:
    case EventKind::Case: return;
    case EventKind::Missed:
      if (event.failure != Failure::Exhausted) last_miss_ = event.failure;
      return;
  }
  note(std::move(made));
}

bool Debugger::stop(const Event& event, const Inspector& at, Stop::Cause cause, std::uint32_t breakpoint,
                    bool is_behind) {
  Stop made;
  made.cause = cause;
  made.breakpoint = breakpoint;
  made.function = event.function;
  made.is_behind = is_behind;
  made.span = event.span;
  depth_ = event.depth;
  statement_ = event.kind == EventKind::Body || event.expression == kNoExpression
                   ? kNoExpression
                   : info_.expressions[event.expression].statement;
  if (statement_ != kNoExpression) made.span = info_.expressions[statement_].span;
  made.since = &since_;
  is_entry_ = false;
  has_returned_ = false;
  resume_ = host_.on_stop(made, at);
  since_.clear();
  redone_.clear();
  return resume_ != Resume::End;
}

bool Debugger::on_event(const Event& event, const Inspector& at) {
  const bool was_exhausted =
      event.kind == EventKind::Failed && event.expression != kNoExpression &&
      std::find(redone_.begin(), redone_.end(),
                std::make_pair(event.depth, info_.expressions[event.expression].statement)) != redone_.end();
  remember(event, at);
  if (resume_ == Resume::Out) {
    if (event.kind == EventKind::Return && event.depth <= depth_) has_returned_ = true;
    if (has_returned_ && event.kind != EventKind::Return && event.depth < depth_ && event.expression != kNoExpression) {
      return stop(event, at, Stop::Cause::Step, 0, false);
    }
  }
  switch (event.kind) {
    case EventKind::Body:
      if (const Breakpoint* one = hit(event, at)) return stop(event, at, Stop::Cause::Breakpoint, one->number, false);
      return true;
    case EventKind::Enter:
      if (!is_first_of_statement(event.expression)) return true;
      if (const Breakpoint* one = hit(event, at)) return stop(event, at, Stop::Cause::Breakpoint, one->number, false);
      if (wants_step(event)) return stop(event, at, is_entry_ ? Stop::Cause::Entry : Stop::Cause::Step, 0, false);
      return true;
    case EventKind::Failed:
      if (was_exhausted && wants_step(event)) return stop(event, at, Stop::Cause::Step, 0, true);
      return true;
    case EventKind::Call:
    case EventKind::Yield:
    case EventKind::Return:
    case EventKind::Redo:
    case EventKind::Element:
    case EventKind::Value:
    case EventKind::Held:
    case EventKind::Case:
    case EventKind::Missed: return true;
  }
  return true;
}

}  // namespace psdl::debug
