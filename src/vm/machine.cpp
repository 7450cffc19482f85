// The dispatch loop. Compiled twice from this text: plain, and as the tracing twin that notes what tests read.
//
// Invariants: the verifier has shown that stack, iterators, builders and overlays have one depth at each instruction and that slots are written
// before they are read, so nothing of that is checked here. Undefined is never pushed: what can be undefined has a label. What depends on values is
// checked even where the compiler sees to it, as an image may come from elsewhere: Element's array, MergeBase's object, the room for frames.
#include "vm/machine.hpp"

#include "base/assert.hpp"
#include "value/member.hpp"
#include "value/text.hpp"
#include "vm/place.hpp"
#include "vm/state.hpp"

namespace psdl {

bool Machine::State::recall(std::uint32_t function, Value& value) const {
  const Memory& memory = memory_[function];
  const std::uint64_t stamp = memory.reads_overlaid ? overlays_.back().id : base_id_;
  if (memory.stamp != stamp) return false;
  value = memory.value;
  return true;
}

namespace {

bool compare_holds(Compare compare_with, const Value& left, const Value& right) {
  if (compare_with == Compare::NotEqual) return !equal(left, right);
  const int order = left.is_int() && right.is_int() ? (left.as_int() > right.as_int()) - (left.as_int() < right.as_int()) : compare(left, right);
  switch (compare_with) {
    case Compare::Less: return order < 0;
    case Compare::LessEqual: return order <= 0;
    case Compare::Greater: return order > 0;
    case Compare::GreaterEqual: return order >= 0;
    case Compare::NotEqual: break;
  }
  return false;
}

}  // namespace

// An instruction without its case is an error all the same, though there is a default.
#pragma GCC diagnostic push
#pragma GCC diagnostic error "-Wswitch-enum"
#pragma GCC diagnostic ignored "-Wpedantic"  // labels as values
#define PSDL_CASE(name) \
  case Op::name:        \
  at_##name
template <bool kTrace, bool kWatch>
void Machine::State::loop() {
  const Program& program = *program_;
  const Instruction* const code = program.code.data();
  const Value* const constants = program.constants.data();
  const WalkPath* const paths = paths_.data();
  Value* stack = stack_.data();
  Value* slots = stack + frames_.back().base;
  std::uint32_t sp = sp_;
  std::uint32_t floor = sp_;  // sp with an empty operand stack: what taking a fail label goes back to
  const Instruction* ip = code + pc_;
  std::uint64_t executed = executed_;

  // All lambdas here are inlined by force: one that is called takes the addresses of sp, ip and executed, and the whole loop keeps them in memory
  // (measured: 6 to 45 % of the time).
  // Locals back into the state before anything that looks there, and out of it after a call or return.
  const auto save = [&]() __attribute__((always_inline)) {
    sp_ = sp;
    pc_ = static_cast<std::uint32_t>(ip - code);
    executed_ = executed;
  };
  const auto reload = [&]() __attribute__((always_inline)) {
    stack = stack_.data();
    slots = stack + frames_.back().base;
    floor = frames_.back().base + program.functions[frames_.back().function].slots;
    sp = sp_;
    ip = code + pc_;
  };
  const auto fail = [&](const Instruction& i) __attribute__((always_inline)) {
    if constexpr (kWatch) failed_pc_ = static_cast<std::uint32_t>(&i - code);
    sp = floor;
    ip = code + i.fail;
  };
  // Where an instruction stands: in a `not`, in a head; what its function was called in counts too.
  const auto flags_of = [&](const Instruction& i) __attribute__((always_inline)) { return static_cast<std::uint8_t>(i.flags | frames_.back().flags); };
  const auto negated = [&](const Instruction& i) __attribute__((always_inline)) { return (flags_of(i) & Instruction::kInNegation) != 0; };
  // A read found no `name` in `container`.
  const auto miss = [&](const Instruction& i, const Value& container, const Value& name) __attribute__((always_inline)) {
    if constexpr (kWatch) no_answer_ = {container, name, {}};
    if constexpr (kTrace) {
      note(Note::Kind::Miss, standing_origin(container), name.is_string() ? name.as_string() : std::string_view(), flags_of(i));
    } else {
      static_cast<void>(i), static_cast<void>(container), static_cast<void>(name);
    }
  };
  // A test met a value: one that held, or one that made the `not` around it hold.
  const auto tested = [&](const Instruction& i, const Value& value, bool held) __attribute__((always_inline)) {
    if constexpr (kTrace) {
      note(held ? Note::Kind::Test : Note::Kind::Miss, standing_origin(value), {}, flags_of(i));
    } else {
      static_cast<void>(i), static_cast<void>(value), static_cast<void>(held);
    }
  };
  // A part of something that was computed from a document node stands, for the twin, where that node stands.
  const auto part = [](const Value& found, const Value& whole) __attribute__((always_inline)) {
    if constexpr (kTrace) {
      if (found.origin() == 0 && whole.origin() != 0) return found.with_origin(whole.origin());
    }
    return found;
  };
  // A copy that does not pass by the machine's stack.
  const auto copy = [](Value& to, const Value& from) __attribute__((always_inline)) { __builtin_memcpy(&to, &from, sizeof to); };
  // Asked behind whatever may have taken much memory or time.
  const auto may_go_on = [&]() __attribute__((always_inline)) {
    if (executed < next_check_ && !arena_->over_limit()) return true;
    save();
    return check();
  };
  // Reads go into the slot that takes them, members into the builder, at once; the instruction after counts all the same.
  const auto is_next = [&](Op op) __attribute__((always_inline)) { return !kTrace && ip[1].op == op; };
  // A member is mostly followed by the jump to the loop's next.
  const auto go_behind_member = [&]() __attribute__((always_inline)) {
    if (is_next(Op::Jump)) {
      ++executed;
      ip = code + ip[1].b;
    } else {
      ++ip;
    }
  };
  // Pushes what stands under the path, or fails at the first name that is not there.
  const auto walk = [&](const Instruction& i, const Value& from, const WalkPath& path) __attribute__((always_inline)) {
    const Value* at = &from;
    for (const WalkStep* step = path.begin; step != path.end; ++step) {
      const Value* next = step->find(*at);
      if (next == nullptr && i.a == Instruction::kStored) next = stored_member(*at, step->named->name);
      if (next == nullptr) {
        miss(i, *at, step->named->name);
        fail(i);
        return;
      }
      at = next;
    }
    if (is_next(Op::StoreSlot)) {
      copy(slots[ip[1].b], *at);
      ++executed;
      ip += 2;
      return;
    }
    stack[sp++] = part(*at, from);
    ++ip;
  };
  // The instructions below are made for programs that are not traced: they note nothing.
  const auto find_under = [&](const Value& from, const WalkPath& path) __attribute__((always_inline)) {
    const Value* at = &from;
    for (const WalkStep* step = path.begin; step != path.end && at != nullptr; ++step) at = step->find(*at);
    return at;
  };
  const auto holds_under = [&](const Value& from, const WalkPath& path) __attribute__((always_inline)) {
    const Value* at = find_under(from, path);
    return at != nullptr && at->holds();
  };
  const auto equals_under = [&](const Value& from, const WalkPath& path, const Value& wanted) __attribute__((always_inline)) {
    const Value* at = find_under(from, path);
    return at != nullptr && equal(*at, wanted);
  };
  const auto open = [&](const Value& collection, std::uint16_t flags) __attribute__((always_inline)) {
    if (kTrace || !collection.is_array()) return open_iterator(collection, flags);
    Iterator& made = iterators_.emplace_back();
    made.values = collection.as_array().data();
    made.size = collection.length();
    return true;
  };
  // Where to go on after a test.
  const auto go = [&](const Instruction& i, bool held) __attribute__((always_inline)) {
    ip = held != ((i.flags & Instruction::kInverted) != 0) ? ip + 1 : code + i.fail;
  };
  const Value nothing = empty_object();
  const FunctionKind entry_kind = program.functions[frames_.front().function].kind;
  const bool entry_collects = entry_kind == FunctionKind::Set || entry_kind == FunctionKind::Object;
  const auto is_entry_yield = [&] { return entry_collects && frames_.size() == 1 && builders_.size() == 1; };

  // Where each instruction's code begins: its end jumps there by itself, not by way of a jump that all share.
  static const void* const kLabels[] = {
#define PSDL_OP(name, ...) &&at_##name,
#include "bytecode/opcodes.def"
#undef PSDL_OP
  };
  for (;;) {
    if constexpr (kWatch) {
      save();
      if (!show()) return;
    }
    const Instruction& i = *ip;
    ++executed;
    if constexpr (!kWatch) goto* kLabels[static_cast<std::size_t>(i.op)];
    switch (i.op) {
      PSDL_CASE(LoadConst):
        copy(stack[sp++], constants[i.b]);
        ++ip;
        break;
      PSDL_CASE(LoadSlot):
        copy(stack[sp++], slots[i.b]);
        ++ip;
        break;
      PSDL_CASE(StoreConst):
        slots[i.b] = constants[i.c];
        ++ip;
        break;
      PSDL_CASE(StoreSlot):
        copy(slots[i.b], stack[--sp]);
        ++ip;
        break;
      PSDL_CASE(Pop):
        --sp;
        ++ip;
        break;
      PSDL_CASE(LoadInput):
        if (!overlays_.back().input.is_defined()) {
          fail(i);
          break;
        }
        stack[sp++] = overlays_.back().input;
        ++ip;
        break;
      PSDL_CASE(LoadData):
        stack[sp++] = overlays_.back().data;
        ++ip;
        break;
      PSDL_CASE(PathInput):
        if (!overlays_.back().input.is_defined()) {
          fail(i);
          break;
        }
        walk(i, overlays_.back().input, paths[i.b]);
        break;
      PSDL_CASE(PathData):
        walk(i, overlays_.back().data, paths[i.b]);
        break;
      PSDL_CASE(PathSlot):
        walk(i, slots[i.b], paths[i.c]);
        break;
      PSDL_CASE(PathTop):
        --sp;
        walk(i, stack[sp], paths[i.b]);
        break;
      PSDL_CASE(Dot): {
        sp -= 2;
        const Value* found = member(stack[sp], stack[sp + 1]);
        if (found == nullptr && i.a == Instruction::kStored) found = stored_member(stack[sp], stack[sp + 1]);
        if (found == nullptr) {
          miss(i, stack[sp], stack[sp + 1]);
          if constexpr (kTrace) {
            // A table of the rule's own that has no row for what the document says: what is wrong is what it says.
            if (standing_origin(stack[sp]) == 0) tested(i, stack[sp + 1], false);
          }
          fail(i);
          break;
        }
        stack[sp] = part(part(*found, stack[sp]), stack[sp + 1]);
        ++sp;
        ++ip;
        break;
      }
      PSDL_CASE(Element):
        if (!stack[sp - 1].is_array() || stack[sp - 1].length() <= i.b) {
          save();
          halt(EvalCode::Internal, "an element of no array is asked for");
          return;
        }
        stack[sp - 1] = part(stack[sp - 1].as_array()[i.b], stack[sp - 1]);
        ++ip;
        break;
      PSDL_CASE(ArrayLength):
        if (!stack[sp - 1].is_array() || stack[sp - 1].length() != i.b) {
          fail(i);
          break;
        }
        ++ip;
        break;
      PSDL_CASE(ObjectKeys): {
        const Value& top = stack[sp - 1];
        const auto keys = constants[i.b].as_array();
        bool same = top.is_object() && top.as_object().size() == keys.size();
        for (std::size_t k = 0; same && k < keys.size(); ++k) same = top.as_object().find(keys[k]) != nullptr;
        if (!same) {
          fail(i);
          break;
        }
        ++ip;
        break;
      }
      PSDL_CASE(MakeArray): {
        sp -= i.b;
        Value* items = arena_->allocate_array<Value>(i.b);
        std::copy(stack + sp, stack + sp + i.b, items);
        place(stack[sp++], Value::array({items, i.b}));
        ++ip;
        break;
      }
      PSDL_CASE(MakeSet): {
        sp -= i.b;
        SetBuilder made(*arena_);
        for (std::uint32_t k = 0; k < i.b; ++k) made.add(stack[sp + k]);
        stack[sp++] = made.finish();
        ++ip;
        break;
      }
      PSDL_CASE(MakeObject): {
        sp -= 2 * i.b;
        ObjectBuilder made(*arena_);
        for (std::uint32_t k = 0; k < i.b; ++k) made.add(stack[sp + 2 * k], stack[sp + 2 * k + 1]);
        stack[sp++] = made.finish();
        ++ip;
        break;
      }
      PSDL_CASE(CallBuiltin): {
        sp -= i.a;
        save();
        const Value result = call_builtin(*program.builtins[i.b].row, *context_, stack + sp, i.a);
        if (context_->error != nullptr && take_builtin_error(*context_)) return;
        if (!result.is_defined()) {
          if constexpr (kTrace) note(Note::Kind::Miss, last_origin(stack + sp, i.a), {}, flags_of(i));
          fail(i);
          break;
        }
        if constexpr (kTrace) {
          // Read from the operands before the result takes the place of the first.
          const std::uint32_t origin = result.origin() != 0 ? result.origin() : last_origin(stack + sp, i.a);
          stack[sp] = result.with_origin(origin);
        } else {
          place(stack[sp], result);
        }
        ++sp;
        ++ip;
        if (!may_go_on()) return;
        break;
      }
      PSDL_CASE(Format): {
        sp -= i.a;
        save();
        const Value result = format(i, stack + sp);
        if (context_->error != nullptr && take_builtin_error(*context_)) return;
        if (!result.is_defined()) {
          fail(i);
          break;
        }
        place(stack[sp++], result);
        ++ip;
        if (!may_go_on()) return;
        break;
      }
      PSDL_CASE(CallMock): {
        const MockEntry& entry = program.mocks[i.b];
        std::uint32_t function = entry.function;
        std::uint32_t builtin = entry.builtin;
        const Mock* mock = find_mock(i.b);
        if (mock != nullptr && mock->target->has_value) {
          sp -= i.a;
          stack[sp++] = mock->value;
          ++ip;
          break;
        }
        if (mock != nullptr) {
          function = mock->target->replacement_function;
          builtin = mock->target->replacement_builtin;
        }
        save();
        if (builtin != kNoIndex) {
          sp -= i.a;
          const Value result = call_builtin(*program.builtins[builtin].row, *context_, stack + sp, i.a);
          if (context_->error != nullptr && take_builtin_error(*context_)) return;
          if (!result.is_defined()) {
            fail(i);
            break;
          }
          stack[sp++] = result;
          ++ip;
          break;
        }
        if (frames_.size() >= limits_.call_depth) {
          halt(EvalCode::Limit, "limit_call_depth reached: " + std::to_string(limits_.call_depth));
          return;
        }
        if (!enter(function, sp - i.a, pc_ + 1, false, flags_of(i))) return;
        if (mock != nullptr) {
          push_mockless_overlay();
          frames_.back().leaves_overlay = true;
        }
        reload();
        break;
      }
      PSDL_CASE(CallFunction):
        save();
        if (frames_.size() >= limits_.call_depth) {
          halt(EvalCode::Limit, "limit_call_depth reached: " + std::to_string(limits_.call_depth));
          return;
        }
        if (executed >= next_check_ && !check()) return;
        if (!enter(i.b, sp - i.a, pc_ + 1, false, flags_of(i))) return;
        reload();
        break;
      PSDL_CASE(CallRule): {
        const Function& rule = program.functions[i.b];
        Value known;
        if (rule.is_shadowable && !shadows_.empty() && find_shadow(rule, known)) {
          if (!known.is_defined()) {
            fail(i);
            break;
          }
        } else if (recall(i.b, known)) {
          if constexpr (kTrace) {
            for (Note linked : remembered_notes_[i.b]) {
              linked.negated = negated(i);
              linked.in_head = (flags_of(i) & Instruction::kInHead) != 0;
              notes_.push_back(linked);
            }
          }
          if (!known.is_defined()) {
            fail(i);
            break;
          }
        } else {
          save();
          if (frames_.size() >= limits_.call_depth) {
            halt(EvalCode::Limit, "limit_call_depth reached: " + std::to_string(limits_.call_depth));
            return;
          }
          if (!enter(i.b, sp, pc_ + 1, true, flags_of(i))) return;
          reload();
          break;
        }
        stack[sp++] = known;
        ++ip;
        break;
      }
      PSDL_CASE(TestRule): {
        Value known;
        if (recall(i.b, known)) {
          go(i, known.holds());
          break;
        }
        save();
        if (frames_.size() >= limits_.call_depth) {
          halt(EvalCode::Limit, "limit_call_depth reached: " + std::to_string(limits_.call_depth));
          return;
        }
        if (!enter(i.b, sp, pc_ + 1, true, flags_of(i))) return;
        frames_.back().is_tested = true;
        reload();
        break;
      }
      PSDL_CASE(Test): {
        const Value& top = stack[--sp];
        if (top.is_false()) {
          tested(i, top, false);
          fail(i);
          break;
        }
        tested(i, top, true);
        ++ip;
        break;
      }
      PSDL_CASE(TestEqual): {
        sp -= 2;
        const bool held = equal(stack[sp], stack[sp + 1]);
        tested(i, stack[sp], held);
        tested(i, stack[sp + 1], held);
        if (!held) {
          fail(i);
          break;
        }
        ++ip;
        break;
      }
      PSDL_CASE(TestCompare): {
        sp -= 2;
        const bool held = compare_holds(static_cast<Compare>(i.a), stack[sp], stack[sp + 1]);
        tested(i, stack[sp], held);
        tested(i, stack[sp + 1], held);
        if (!held) {
          fail(i);
          break;
        }
        ++ip;
        break;
      }
      PSDL_CASE(Jump):
        ip = code + i.b;
        break;
      PSDL_CASE(Iter):
        --sp;
        if (!open(stack[sp], i.a)) {
          tested(i, stack[sp], false);
          fail(i);
          break;
        }
        ++ip;
        break;
      PSDL_CASE(IterPathInput): {
        const Value* collection = find_under(overlays_.back().input, paths[i.b]);
        ip = collection != nullptr && open(*collection, i.a) ? ip + 1 : code + i.fail;
        break;
      }
      PSDL_CASE(IterPathSlot): {
        const Value* collection = find_under(slots[i.b], paths[i.c]);
        ip = collection != nullptr && open(*collection, i.a) ? ip + 1 : code + i.fail;
        break;
      }
      PSDL_CASE(TestPathInput):
        ip = holds_under(overlays_.back().input, paths[i.b]) ? ip + 1 : code + i.fail;
        break;
      PSDL_CASE(TestPathSlot):
        ip = holds_under(slots[i.b], paths[i.c]) ? ip + 1 : code + i.fail;
        break;
      PSDL_CASE(TestNotPathInput):
        ip = holds_under(overlays_.back().input, paths[i.b]) ? code + i.fail : ip + 1;
        break;
      PSDL_CASE(TestNotPathSlot):
        ip = holds_under(slots[i.b], paths[i.c]) ? code + i.fail : ip + 1;
        break;
      PSDL_CASE(EqualPathInput):
        go(i, equals_under(overlays_.back().input, paths[i.b], constants[i.c]));
        break;
      PSDL_CASE(EqualPathSlot):
        go(i, equals_under(slots[i.a], paths[i.b], constants[i.c]));
        break;
      PSDL_CASE(OtherPathSlot): {
        const Value* at = find_under(slots[i.a], paths[i.b]);
        go(i, at != nullptr && !equal(*at, constants[i.c]));
        break;
      }
      PSDL_CASE(InPathSlot): {
        const Value* at = find_under(slots[i.a], paths[i.b]);
        go(i, at != nullptr && constants[i.c].as_set().find(*at) != nullptr);
        break;
      }
      PSDL_CASE(MemberPathSlot): {
        const Value* at = find_under(slots[i.a], paths[i.b]);
        go(i, at != nullptr && has_member(*at, constants[i.c]));
        break;
      }
      PSDL_CASE(CompareCount):
      PSDL_CASE(EqualCount): {
        const Value number = count_of(slots[i.b]);
        if (!number.is_defined()) {
          save();
          if (context_->error != nullptr && take_builtin_error(*context_)) return;
          fail(i);
          break;
        }
        const bool held = i.op == Op::EqualCount ? equal(number, constants[i.c]) : compare_holds(static_cast<Compare>(i.a), number, constants[i.c]);
        go(i, held);
        break;
      }
      PSDL_CASE(Count): {
        save();
        const Value number = count_of(stack[sp - 1]);
        if (!number.is_defined()) {
          if (context_->error != nullptr && take_builtin_error(*context_)) return;
          fail(i);
          break;
        }
        place(stack[sp - 1], number);
        ++ip;
        break;
      }
      PSDL_CASE(ItemTop): {
        const Value* found = member_at(stack[sp - 1], i.b);
        if (found == nullptr) {
          fail(i);
          break;
        }
        stack[sp - 1] = *found;
        ++ip;
        break;
      }
      PSDL_CASE(Settle):
        save();
        remember(i.b, Value());
        fail(i);
        break;
      PSDL_CASE(ReachSlot): {
        const Value* at = find_under(slots[i.a], paths[i.c]);
        slots[i.b] = at != nullptr ? *at : nothing;
        ++ip;
        break;
      }
      PSDL_CASE(EqualConst):
        --sp;
        if (!equal(stack[sp], constants[i.b])) {
          fail(i);
          break;
        }
        ++ip;
        break;
      PSDL_CASE(Get): {
        if (!stack[sp - 1].is_object()) {
          --sp;
          save();
          refuse_operand(i, stack[sp]);
          if (context_->error != nullptr && take_builtin_error(*context_)) return;
          fail(i);
          break;
        }
        const Value* found = find_under(stack[sp - 1], paths[i.b]);
        stack[sp - 1] = found != nullptr ? *found : constants[i.c];
        ++ip;
        break;
      }
      PSDL_CASE(TestIn):
        --sp;
        if (constants[i.b].as_set().find(stack[sp]) == nullptr) {
          fail(i);
          break;
        }
        ++ip;
        break;
      PSDL_CASE(TestInSlot):
        go(i, constants[i.c].as_set().find(slots[i.b]) != nullptr);
        break;
      PSDL_CASE(CompareConst):
        --sp;
        if (!compare_holds(static_cast<Compare>(i.a), stack[sp], constants[i.b])) {
          fail(i);
          break;
        }
        ++ip;
        break;
      PSDL_CASE(LengthSlot):
        ip = slots[i.b].is_array() && slots[i.b].length() == i.c ? ip + 1 : code + i.fail;
        break;
      PSDL_CASE(ItemSlot): {
        const Value* found = member_at(slots[i.b], i.c);
        if (found == nullptr) {
          fail(i);
          break;
        }
        stack[sp++] = *found;
        ++ip;
        break;
      }
      PSDL_CASE(TestBuiltinSlots):
      PSDL_CASE(TestBuiltinConst): {
        save();
        const bool held = holds_of_two(i, slots[i.b], i.op == Op::TestBuiltinSlots ? slots[i.c] : constants[i.c]);
        if (context_->error != nullptr && take_builtin_error(*context_)) return;
        go(i, held);
        if (!may_go_on()) return;
        break;
      }
      PSDL_CASE(TestBuiltin): {
        sp -= i.a;
        save();
        const Value result = call_builtin(*program.builtins[i.b].row, *context_, stack + sp, i.a);
        if (context_->error != nullptr && take_builtin_error(*context_)) return;
        if (!result.holds()) {
          fail(i);
        } else {
          ++ip;
        }
        if (!may_go_on()) return;
        break;
      }
      PSDL_CASE(Next): {
        Iterator& from = iterators_.back();
        if constexpr (kTrace) {
          // What an iteration read is forgotten with it; but inside a `not` it is the failed reads that count.
          if (!negated(i)) notes_.resize(from.notes_mark);
        }
        if (from.at == from.size) {
          iterators_.pop_back();
          fail(i);
        } else {
          if (i.b != kNoSlot) slots[i.b] = from.keys != nullptr ? from.keys[from.at] : Value::integer(from.at);
          if (i.c != kNoSlot) copy(slots[i.c], from.values[from.at]);
          if constexpr (kTrace) note(Note::Kind::Element, from.values[from.at].origin(), {}, flags_of(i));
          ++from.at;
          ++ip;
        }
        if (executed >= next_check_) {  // what is made on the way is small beside what may be made between two looks
          save();
          if (!check()) return;
        }
        break;
      }
      PSDL_CASE(NextWhere): {
        // Made by an optimiser pass: the twin never runs it.
        Iterator& from = iterators_.back();
        const ScanFilter& filter = program.filters[i.a];
        const Value& wanted = filter.slot != kNoSlot ? slots[filter.slot] : constants[filter.constant];
        const std::uint32_t first = from.at;
        if (first == 0) {
          save();
          from.index = find_scan_index(from, i.a);
          executed = executed_;
        }
        std::uint32_t found = 0;  // position + 1
        if (from.index != nullptr) {
          const ScanIndex& index = *from.index;
          found = first == 0 ? index.heads[hash(wanted) & index.mask] : index.next[first - 1];
          for (; found != 0 && !equal(*index.keys[found - 1], wanted); found = index.next[found - 1]) ++executed;
        } else {
          const Path path = program.paths[filter.path];
          for (std::uint32_t at = first; at < from.size && found == 0; ++at) {
            const Value* value = filtered_value(from.values[at], path);
            if (value != nullptr && equal(*value, wanted)) found = at + 1;
          }
          executed += (found == 0 ? from.size : found) - first;
        }
        if (found == 0) {
          iterators_.pop_back();
          fail(i);
        } else {
          from.at = found;
          if (i.b != kNoSlot) slots[i.b] = from.keys != nullptr ? from.keys[found - 1] : Value::integer(found - 1);
          if (i.c != kNoSlot) slots[i.c] = from.values[found - 1];
          ++ip;
        }
        if (!may_go_on()) return;
        break;
      }
      PSDL_CASE(PopIter):
        iterators_.resize(iterators_.size() - i.b);
        ++ip;
        break;
      PSDL_CASE(BuildBegin):
        open_builder(static_cast<BuilderKind>(i.a));
        ++ip;
        break;
      PSDL_CASE(Collect):
        builders_.back().first.add(stack[--sp]);
        if constexpr (kTrace) {
          if (is_entry_yield()) note_yield(stack[sp]);
        }
        go_behind_member();
        break;
      PSDL_CASE(CollectBelow):
        // Made by an optimiser pass: the twin never runs it.
        builders_[builders_.size() - 1 - i.b].first.add(stack[--sp]);
        ++ip;
        break;
      PSDL_CASE(CollectSlot):
        // Made in the place of LoadSlot and one of these two.
        builders_[builders_.size() - 1 - i.a].first.add(slots[i.b]);
        go_behind_member();
        break;
      PSDL_CASE(CollectPair):
        sp -= 2;
        builders_.back().first.add(stack[sp]);
        builders_.back().second.add(stack[sp + 1]);
        if constexpr (kTrace) {
          if (is_entry_yield()) note_yield(stack[sp + 1]);
        }
        ++ip;
        break;
      PSDL_CASE(CollectNamed):
        builders_.back().first.add(constants[i.b]);
        builders_.back().second.add(stack[--sp]);
        ++ip;
        break;
      PSDL_CASE(CollectPath): {
        sp -= i.b + 1;
        Builder& builder = builders_.back();
        shapes_.push_back({builder.first.size(), i.b, i.a != 0});
        for (std::uint32_t k = 0; k <= i.b; ++k) builder.first.add(stack[sp + k]);
        if constexpr (kTrace) {
          if (is_entry_yield()) note_yield(stack[sp + i.b]);
        }
        ++ip;
        break;
      }
      PSDL_CASE(JoinEnd):
        save();
        if (!join(i, stack[sp])) return;
        if (context_->error != nullptr && take_builtin_error(*context_)) return;
        if (!stack[sp].is_defined()) {
          fail(i);
          break;
        }
        ++sp;
        ++ip;
        if (!may_go_on()) return;
        break;
      PSDL_CASE(BuildEnd):
        save();
        if (!close_builder(stack[sp])) return;
        if (is_next(Op::StoreSlot)) {
          ++executed;
          slots[ip[1].b] = stack[sp];
          ip += 2;
          break;
        }
        ++sp;
        ++ip;
        break;
      PSDL_CASE(Result): {
        const Value& value = stack[--sp];
        Frame& frame = frames_.back();
        if (!frame.result.is_defined()) {
          frame.result = value;
          frame.result_body = frame.body;
          if constexpr (kTrace) {
            keep_result_notes();
            if (frames_.size() == 1) note_yield(value);
          }
        } else if (!equal(frame.result, value)) {
          save();
          halt_conflict(frame.result, value);
          return;
        }
        ++ip;
        break;
      }
      PSDL_CASE(JumpIfResult):
        ip = frames_.back().result.is_defined() ? code + i.b : ip + 1;
        break;
      PSDL_CASE(ReturnResult):
      PSDL_CASE(ReturnValue): {
        save();
        const Value result = i.op == Op::ReturnResult ? frames_.back().result : stack[sp - 1];
        const std::uint32_t next = leave<kTrace>(result);
        if (next == kNoLabel) return;
        if constexpr (kWatch) {
          if (!result.is_defined()) failed_pc_ = pc_;
        }
        pc_ = next;
        reload();
        break;
      }
      PSDL_CASE(MergeBase):
        stack[sp - 1] = merge_base(stack[sp - 1], program.data_paths[i.b]);
        ++ip;
        break;
      PSDL_CASE(PushOverlay):
        sp -= program.overlays[i.b].value_count;
        save();
        if (overlays_.size() > limits_.call_depth) {
          halt(EvalCode::Limit, "limit_call_depth reached: " + std::to_string(limits_.call_depth));
          return;
        }
        if (!push_overlay(program.overlays[i.b], stack + sp) && !check()) return;
        ++ip;
        break;
      PSDL_CASE(PopOverlay):
        pop_overlay();
        ++ip;
        break;
      PSDL_CASE(Dispatch):
      PSDL_CASE(DispatchRest): {
        Frame& frame = frames_.back();
        const DispatchTable& table = program.dispatches[program.functions[frame.function].dispatch];
        const std::uint32_t* const order = table.order.data();
        frame.always = order + table.always;
        frame.always_end = order + table.order.size();
        const DispatchTable::Case* found = i.op == Op::Dispatch ? table.find(stack[--sp], constants) : nullptr;
        frame.of_case = found != nullptr ? order + found->begin : nullptr;
        frame.case_end = found != nullptr ? order + found->end : nullptr;
        ++ip;
        break;
      }
      PSDL_CASE(NextBody): {
        Frame& frame = frames_.back();
        const bool has_case = frame.of_case != frame.case_end;
        if (!has_case && frame.always == frame.always_end) {
          fail(i);
          break;
        }
        const bool is_case = has_case && (frame.always == frame.always_end || *frame.of_case < *frame.always);
        const std::uint32_t body = is_case ? *frame.of_case++ : *frame.always++;
        ip = code + program.dispatches[program.functions[frame.function].dispatch].bodies[body];
        break;
      }
      PSDL_CASE(Body):
        frames_.back().body = i.b;
        if constexpr (kTrace) {
          if ((frames_.back().flags & Instruction::kInNegation) == 0) notes_.resize(frames_.back().notes_mark);
        }
        ++ip;
        break;
      default: __builtin_unreachable();  // the verifier has seen to it: no range check at each instruction
    }
  }
}
#undef PSDL_CASE
#pragma GCC diagnostic pop

template void Machine::State::loop<false, false>();
#ifndef PSDL_WITHOUT_TWIN  // bench/twin.py: what the loop above costs where there is no other
template void Machine::State::loop<true, false>();
template void Machine::State::loop<true, true>();
#endif

}  // namespace psdl
