// Lowering of bodies: steps, loops, negation, `every`, `with`, and what is gathered.
#include "plan/lowering.hpp"

#include <algorithm>
#include <utility>

#include "plan/walk.hpp"

namespace psdl::plan {

Label Lowering::one(const Step& step, Label fail) {
  if (!step.span.empty()) span_ = step.span;
  if (single(step, fail, false)) return fail;
  switch (step.kind) {
    case StepKind::Test:
      if (plan_.is_optimised && step.a.kind == ExprKind::Builtin && step.a.mock == kNoIndex) {
        for (const Expr& operand : step.a.operands) expr(operand, fail);
        const auto argc = static_cast<std::uint16_t>(step.a.operands.size());
        if (!step.a.span.empty()) span_ = step.a.span;
        emit(Op::TestBuiltin, argc, builtin(step.a.builtin), 0, fail);
        push(-static_cast<int>(argc));
        max_depth_ = std::max(max_depth_, depth_ + 1);
        return fail;
      }
      expr(step.a, fail);
      emit(Op::Test, 0, 0, 0, fail);
      push(-1);
      return fail;
    case StepKind::Bind:
      expr(step.a, fail);
      store(step.value);
      written(step.value);
      return fail;
    case StepKind::Equal:
      if (fused_equal(step.a, step.b, fail) || fused_equal(step.b, step.a, fail)) return fail;
      expr(step.a, fail);
      expr(step.b, fail);
      emit(Op::TestEqual, 0, 0, 0, fail);
      push(-2);
      return fail;
    case StepKind::Compare:
      expr(step.a, fail);
      if (plan_.is_optimised && step.b.kind == ExprKind::Const) {
        const auto compare = static_cast<std::uint16_t>(step.compare);
        if (const std::optional<SlotNumber> counted = take_count(fail)) {
          emit(Op::CompareCount, compare, *counted, constant(step.b.constant), fail);
        } else {
          emit(Op::CompareConst, compare, constant(step.b.constant), 0, fail);
        }
        push(-1);
        return fail;
      }
      expr(step.b, fail);
      emit(Op::TestCompare, static_cast<std::uint16_t>(step.compare), 0, 0, fail);
      push(-2);
      return fail;
    case StepKind::Scan:
      return iterate(step.a, step.key, step.value, fail, step.where.empty() ? kNoIndex : filter(step));
    case StepKind::ArrayLength:
      if (plan_.is_optimised && step.a.kind == ExprKind::Slot && !is_top(step.a.slot)) {
        emit(Op::LengthSlot, 0, step.a.slot, step.count, fail);
        return fail;
      }
      expr(step.a, fail);
      emit(Op::ArrayLength, 0, step.count, 0, fail);
      emit(Op::Pop);
      push(-1);
      return fail;
    case StepKind::ObjectKeys:
      expr(step.a, fail);
      emit(Op::ObjectKeys, 0, constant(step.b.constant), 0, fail);
      emit(Op::Pop);
      push(-1);
      return fail;
    case StepKind::Not: {
      if (step.bodies[0].size() == 1 && single(step.bodies[0][0], fail, true)) return fail;
      const Label holds = label();
      const Sink outer = sink_;
      sink_ = Sink::Unordered;
      ++negation_;
      body(step.bodies[0], holds, [&](Label) { leave_to(fail); });
      --negation_;
      sink_ = outer;
      bind(holds);
      return fail;
    }
    case StepKind::Any: {
      const Label done = label();
      const Sink outer = sink_;
      sink_ = Sink::Unordered;
      for (std::size_t i = 0; i < step.bodies.size(); ++i) {
        const bool is_last = i + 1 == step.bodies.size();
        const Label next = is_last ? fail : label();
        body(step.bodies[i], next, [&](Label) { leave_to(done); });
        if (!is_last) bind(next);
      }
      sink_ = outer;
      bind(done);
      return fail;
    }
    case StepKind::Every:
      every(step, fail);
      return fail;
    case StepKind::In:
      expr(step.a, fail);
      emit(Op::TestIn, 0, constant(step.b.constant), 0, fail);
      push(-1);
      return fail;
    case StepKind::With:
      return with(step, fail);
    case StepKind::Gather:
      gather(step);
      return fail;
    case StepKind::Collect:
      expr(step.a, fail);
      collect(gathered_ - 1 - step.count);
      return fail;
    case StepKind::Reach:
      reach(step);
      return fail;
    case StepKind::Settle:
      emit(Op::Settle, 0, step.count, 0, fail);
      return fail;
    case StepKind::Each:
      break;  // list() has seen to it
    case StepKind::Begin:
      begin_expression(step.count);
      return fail;
    case StepKind::Held:
      end_expression(step.count);
      return fail;
    case StepKind::Case:
      expr(step.a, fail);
      reach(CodeMark::Kind::Case, kNoExpression);
      emit(Op::Pop);
      push(-1);
      return fail;
  }
  return fail;
}

Label Lowering::iterate(const Expr& collection, SlotNumber key, SlotNumber value, Label fail, std::uint32_t where) {
  if (!fused(Fused::Iter, collection, fail)) {
    expr(collection, fail);
    iterate_top(fail);
  }
  return next_element(key, value, fail, where);
}

Label Lowering::next_element(SlotNumber key, SlotNumber value, Label fail, std::uint32_t where) {
  if (is_unread(key)) key = kNoSlot;
  if (is_unread(value)) value = kNoSlot;
  const Label next = label();
  bind(next);
  if (where == kNoIndex) {
    emit(Op::Next, 0, key, value, fail);
  } else {
    emit(Op::NextWhere, static_cast<std::uint16_t>(where), key, value, fail);
  }
  ++open_iterators_;
  written(key);
  written(value);
  return next;
}

std::uint32_t Lowering::filter(const Step& step) {
  ScanFilter made;
  made.path = path(step.where_path);
  if (step.where[0].kind == ExprKind::Slot) {
    made.slot = step.where[0].slot;
  } else {
    made.constant = constant(step.where[0].constant);
  }
  program_->filters.push_back(made);
  return static_cast<std::uint32_t>(program_->filters.size() - 1);
}

void Lowering::every(const Step& step, Label fail) {
  const Sink outer = sink_;
  sink_ = Sink::Unordered;
  if (!fused(Fused::Iter, step.a, fail)) {
    expr(step.a, fail);
    iterate_top(fail);
  }
  const Label next = label();
  const Label counterexample = label();
  const Label done = label();
  bind(next);
  emit(Op::Next, 0, is_unread(step.key) ? kNoSlot : step.key, is_unread(step.value) ? kNoSlot : step.value, done);
  const std::size_t vars = bound_.size();
  written(step.key);
  written(step.value);
  body(step.bodies[0], counterexample, [&](Label) { leave_to(next); });
  bind(counterexample);
  emit(Op::PopIter, 0, 1);
  emit(Op::Jump, 0, fail);
  bind(done);
  if (debug_ != nullptr) end_vars(vars);
  sink_ = outer;
}

void Lowering::gather(const Step& step) {
  const Sink outer = sink_;
  const std::uint32_t outer_gathered = gathered_;
  gathered_ = static_cast<std::uint32_t>(step.kinds.size());
  sink_ = std::find(step.kinds.begin(), step.kinds.end(), BuilderKind::Array) != step.kinds.end() ? Sink::Ordered : Sink::Unordered;
  for (const BuilderKind kind : step.kinds) emit(Op::BuildBegin, static_cast<std::uint16_t>(kind));
  const Label end = label();
  body(step.bodies[0], end, [&](Label again) { emit(Op::Jump, 0, again); });
  bind(end);
  for (std::size_t k = step.carried.size(); k-- > 0;) {
    emit(Op::BuildEnd);
    push();
    store(step.carried[k]);
  }
  sink_ = outer;
  gathered_ = outer_gathered;
}

void Lowering::collect(std::uint32_t below) {
  push(-1);
  if (below <= UINT16_MAX && is_last(Op::LoadSlot)) {
    const SlotNumber slot = take_back().b;
    emit(Op::CollectSlot, static_cast<std::uint16_t>(below), slot);
  } else if (below == 0) {
    emit(Op::Collect);
  } else {
    emit(Op::CollectBelow, 0, below);
  }
}

void Lowering::store(SlotNumber slot) {
  push(-1);
  if (is_last(Op::LoadConst)) {
    const std::uint32_t value = take_back().b;
    emit(Op::StoreConst, 0, slot, value);
  } else {
    emit(Op::StoreSlot, 0, slot);
  }
}

bool Lowering::is_last(Op op) const { return plan_.is_optimised && pc() > 0 && marked_pc_ != pc() && program_->code.back().op == op; }

Instruction Lowering::take_back() {
  const Instruction last = program_->code.back();
  program_->code.pop_back();
  program_->spans.pop_back();
  return last;
}

void Lowering::reach(const Step& step) {
  std::vector<Value> names;
  const Expr* from = step.a.kind == ExprKind::Dot ? path_below(step.a, names) : nullptr;
  if (from != nullptr && from->kind == ExprKind::Slot && from->slot <= UINT16_MAX && !is_top(from->slot)) {
    emit(Op::ReachSlot, static_cast<std::uint16_t>(from->slot), step.value, path(names));
    return;
  }
  const Label missing = label();
  const Label done = label();
  expr(step.a, missing);
  emit(Op::StoreSlot, 0, step.value);
  emit(Op::Jump, 0, done);
  bind(missing);
  push(-1);
  expr(empty_, missing);
  emit(Op::StoreSlot, 0, step.value);
  push(-1);
  bind(done);
}

Label Lowering::with(const Step& step, Label fail) {
  for (const Expr& value : step.overlay.values) expr(value, fail);
  program_->overlays.push_back(step.overlay.spec);
  program_->overlays.back().value_count = static_cast<std::uint32_t>(step.overlay.values.size());
  emit(Op::PushOverlay, 0, static_cast<std::uint32_t>(program_->overlays.size() - 1));
  push(-static_cast<int>(step.overlay.values.size()));
  if (!generates(step.bodies[0])) {
    const Label undo = label();
    const Label done = label();
    const std::vector<SlotNumber> outer = std::exchange(kept_, step.carried);
    body(step.bodies[0], undo, [&](Label) { emit(Op::PopOverlay); });
    kept_ = outer;
    emit(Op::Jump, 0, done);
    bind(undo);
    emit(Op::PopOverlay);
    emit(Op::Jump, 0, fail);
    bind(done);
    return fail;
  }
  emit(Op::BuildBegin, static_cast<std::uint16_t>(BuilderKind::Array));
  const Label end = label();
  body(step.bodies[0], end, [&](Label again) {
    for (const SlotNumber slot : step.carried) {
      emit(Op::LoadSlot, 0, slot);
      push();
    }
    emit(Op::MakeArray, 0, static_cast<std::uint32_t>(step.carried.size()));
    push(1 - static_cast<int>(step.carried.size()));
    emit(Op::Collect);
    push(-1);
    emit(Op::Jump, 0, again);
  });
  bind(end);
  emit(Op::BuildEnd);
  push();
  emit(Op::PopOverlay);
  const SlotNumber row = new_slot();
  iterate_top(fail);
  const Label next = next_element(kNoSlot, row, fail);
  for (std::size_t i = 0; i < step.carried.size(); ++i) {
    emit(Op::LoadSlot, 0, row);
    push();
    emit(Op::Element, 0, static_cast<std::uint32_t>(i));
    emit(Op::StoreSlot, 0, step.carried[i]);
    push(-1);
    written(step.carried[i]);
  }
  return next;
}

}  // namespace psdl::plan
