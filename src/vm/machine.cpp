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

// Null where it is not known.
const Value* Machine::State::recall(std::uint32_t function) const {
  const Memory& memory = memory_[function];
  return memory.stamp == stamps_[memory.reads_overlaid] ? &memory.value : nullptr;
}

namespace {

// Whether two that are so in order, -1, 0 or 1, hold.
[[gnu::always_inline]] inline bool holds_in_order(Compare compare_with, int order) {
  switch (compare_with) {
    case Compare::Less: return order < 0;
    case Compare::LessEqual: return order <= 0;
    case Compare::Greater: return order > 0;
    case Compare::GreaterEqual: return order >= 0;
    case Compare::NotEqual: return order != 0;
  }
  return false;
}

[[gnu::always_inline]] inline bool compare_holds(Compare compare_with, const Value& left, const Value& right) {
  if (left.is_int() && right.is_int()) return holds_in_order(compare_with, (left.as_int() > right.as_int()) - (left.as_int() < right.as_int()));
  if (compare_with == Compare::NotEqual) return !equal(left, right);
  return holds_in_order(compare_with, compare(left, right));
}

// The cell so many bytes from here.
[[gnu::always_inline]] inline const Cell* ahead(const Cell* cell, std::int32_t bytes) {
  return reinterpret_cast<const Cell*>(reinterpret_cast<const char*>(cell) + bytes);
}

[[gnu::always_inline]] inline Value& slot_at(Value* slots, std::uint32_t bytes) {
  return *reinterpret_cast<Value*>(reinterpret_cast<char*>(slots) + bytes);
}

// What a collection has under an index.
[[gnu::always_inline]] inline const Value* item(const Value& from, std::uint32_t index) {
  return from.is_array() && index < from.length() ? from.as_array().data() + index : member_at(from, index);
}

// Whether `from` is an object without any of the names that the cell's chain asks for.
[[gnu::always_inline]] inline bool ends_chain(const Cell& cell, const Value& from) {
  return from.is_object() && (from.as_object().names() & cell.steps->chain) == 0;
}

}  // namespace

// An instruction without its case is an error all the same, though there is a default.
#pragma GCC diagnostic push
#pragma GCC diagnostic error "-Wswitch-enum"
#pragma GCC diagnostic ignored "-Wpedantic"  // labels as values
#define PSDL_CASE(name) \
  case Op::name:        \
  at_##name
#define PSDL_FUSED(name) at_##name:
template <bool kTrace, bool kWatch>
void Machine::State::loop() {
  // Where each instruction's code begins: the end of the one before jumps there by itself, not by way of a jump that all share.
  static const void* const kLabels[] = {
#define PSDL_OP(name, ...) &&at_##name,
#include "bytecode/opcodes.def"
#undef PSDL_OP
      &&at_AskSlot, &&at_AskInput, &&at_AskSelf, &&at_LoadRun, &&at_CountSlot, &&at_CountIs, &&at_IterSlot, &&at_FormatSlot, &&at_NextValue, &&at_NextWith, &&at_CollectRest, &&at_JoinEach,
  };
  static_assert(std::size(kLabels) == kOpCount + kFusedCount);
  if (wanted_labels_ != nullptr) {
    *wanted_labels_ = kLabels;
    return;
  }
  const Program& program = *program_;
  const Instruction* const code = program.code.data();
  const Cell* const cells = code_->cells.data();
  Value* slots = stack_.data() + frames_.back().base;
  Value* top = stack_.data() + sp_;  // one past the operand that was pushed last
  Value* floor = top;                // .. of an empty operand stack: what taking a fail label goes back to
  const Cell* ip = cells + pc_;
  std::uint64_t executed = executed_;

  // All lambdas here are inlined by force: one that is called takes the addresses of top, ip and executed, and the whole loop keeps them in memory
  // (measured: 6 to 45 % of the time). For the same reason they call few others and are handed none: what they capture must be seen through.
  // Locals back into the state before anything that looks there, and out of it after a call or return.
  const auto save = [&]() __attribute__((always_inline)) {
    sp_ = static_cast<std::uint32_t>(top - stack_.data());
    pc_ = static_cast<std::uint32_t>(ip - cells);
    executed_ = executed;
  };
  const auto reload = [&]() __attribute__((always_inline)) {
    Value* const stack = stack_.data();
    const Frame& frame = frames_.back();
    slots = stack + frame.base;
    floor = stack + frame.floor;
    top = stack + sp_;
    ip = cells + pc_;
  };
  const auto fail = [&]() __attribute__((always_inline)) {
    if constexpr (kWatch) failed_pc_ = static_cast<std::uint32_t>(ip - cells);
    top = floor;
    ip = ahead(ip, ip->no);
  };
  // Where to go on after a test.
  const auto go = [&](bool held) __attribute__((always_inline)) {
    if (held) {
      // A branch, which the processor predicts: were this a choice of two numbers, each instruction would wait for the test before it.
      asm volatile("");
      ip = ahead(ip, ip->yes);
    } else {
      ip = ahead(ip, ip->no);
    }
  };
  // Where an instruction stands: in a `not`, in a head; what its function was called in counts too.
  const auto flags_here = [&]() __attribute__((always_inline)) {
    return kTrace ? static_cast<std::uint8_t>(code[ip - cells].flags | frames_.back().flags) : std::uint8_t{0};
  };
  const auto negated = [&]() __attribute__((always_inline)) { return (flags_here() & Instruction::kInNegation) != 0; };
  // A read found no `name` in `container`.
  const auto miss = [&](const Value& container, const Value& name) __attribute__((always_inline)) {
    if constexpr (kWatch) no_answer_ = {container, name, {}};
    if constexpr (kTrace) {
      note(Note::Kind::Miss, standing_origin(container), name.is_string() ? name.as_string() : std::string_view(), flags_here());
    } else {
      static_cast<void>(container), static_cast<void>(name);
    }
  };
  // A test met a value: one that held, or one that made the `not` around it hold.
  const auto tested = [&](const Value& value, bool held) __attribute__((always_inline)) {
    if constexpr (kTrace) {
      note(held ? Note::Kind::Test : Note::Kind::Miss, standing_origin(value), {}, flags_here());
    } else {
      static_cast<void>(value), static_cast<void>(held);
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
  // Tests stand on no operands (verify.cpp), and what fails leaves none: wherever a chain ends, there are none.
  const auto go_behind_chain = [&]() __attribute__((always_inline)) {
    if constexpr (kWatch) failed_pc_ = static_cast<std::uint32_t>(ip - cells);
    top = floor;
    executed += ip->steps->passed;
    ip = ahead(ip, ip->steps->absent);
  };
  // What `from` has under the cell's path; null, and the loop has gone to where the read fails, if that is nothing.
  const auto read_under = [&](const Value& from) __attribute__((always_inline)) -> const Value* {
    if (ends_chain(*ip, from)) {
      if constexpr (kTrace) miss(from, ip->steps->named->name);
      go_behind_chain();
      return nullptr;
    }
    if constexpr (kTrace) {
      const Value* at = &from;
      for (const WalkStep* step = ip->steps; !step->is_empty; ++step) {
        const Value* next = step->find_one(*at);
        if (next == nullptr) {
          miss(*at, step->named->name);
          fail();
          return nullptr;
        }
        at = next;
        if (step->is_last) break;
      }
      return at;
    }
    const Value* found = ip->steps->find(from);
    if (found == nullptr) fail();
    return found;
  };
  // A value that an instruction makes goes where the cell says: one in memory by a copy, one made in registers by place().
  const auto put = [&](const Value& made, bool in_registers = false) __attribute__((always_inline)) {
    if (ip->store < Cell::kCollect) [[likely]] {
      in_registers ? place(slot_at(slots, ip->store), made) : copy(slot_at(slots, ip->store), made);
    } else if (ip->store == Cell::kPush) {
      in_registers ? place(*top++, made) : copy(*top++, made);
    } else {
      builders_.back().first.add(made);
    }
    executed += ip->passed;
    ip = ahead(ip, ip->yes);
  };
  const auto open = [&](const Value& collection) __attribute__((always_inline)) {
    if (kTrace || !collection.is_array()) return open_iterator(collection, ip->a);
    Iterator& made = iterators_.push();
    made.values = collection.as_array().data();
    made.size = collection.length();
    return true;
  };
  const Value nothing = empty_object();
  const FunctionKind entry_kind = program.functions[frames_.front().function].kind;
  const bool entry_collects = entry_kind == FunctionKind::Set || entry_kind == FunctionKind::Object;
  const auto is_entry_yield = [&] { return entry_collects && frames_.size() == 1 && builders_.size() == 1; };

  for (;;) {
    if constexpr (kWatch) {
      save();
      if (!show()) return;
    }
    ++executed;
    if constexpr (!kWatch) goto* ip->label;
    switch (code[ip - cells].op) {
      PSDL_CASE(LoadConst):
        put(*ip->constant);
        break;
      PSDL_CASE(LoadSlot):
        put(slot_at(slots, ip->slot));
        break;
      PSDL_FUSED(LoadRun) {
        const Cell* const end = ip + ip->a;
        executed += ip->a - 1U;
        do {
          copy(*top++, ip->constant != nullptr ? *ip->constant : slot_at(slots, ip->slot));
          ++ip;
        } while (ip != end);
        break;
      }
      PSDL_CASE(StoreConst):
        copy(slot_at(slots, ip->slot), *ip->constant);
        executed += ip->passed;
        ip = ahead(ip, ip->yes);
        break;
      PSDL_CASE(StoreSlot):
        copy(slot_at(slots, ip->slot), *--top);
        executed += ip->passed;
        ip = ahead(ip, ip->yes);
        break;
      PSDL_CASE(Pop):
        --top;
        ++ip;
        break;
      PSDL_CASE(LoadInput):
        if (!overlays_.back().input.is_defined()) {
          fail();
          break;
        }
        *top++ = overlays_.back().input;
        ++ip;
        break;
      PSDL_CASE(LoadData):
        *top++ = overlays_.back().data;
        ++ip;
        break;
      PSDL_CASE(PathInput): {
        if (!overlays_.back().input.is_defined()) {
          fail();
          break;
        }
        const Value& from = overlays_.back().input;
        const Value* found = read_under(from);
        if (found == nullptr) break;
        if constexpr (kTrace) {
          put(part(*found, from), true);
        } else {
          put(*found);
        }
        break;
      }
      PSDL_CASE(PathData): {
        const Value& from = overlays_.back().data;
        const Value* found = read_under(from);
        if (found == nullptr) break;
        if constexpr (kTrace) {
          put(part(*found, from), true);
        } else {
          put(*found);
        }
        break;
      }
      PSDL_CASE(PathSlot): {
        const Value& from = slot_at(slots, ip->slot);
        const Value* found = read_under(from);
        if (found == nullptr) break;
        if constexpr (kTrace) {
          put(part(*found, from), true);
        } else {
          put(*found);
        }
        break;
      }
      PSDL_CASE(PathTop): {
        --top;
        const Value& from = *top;
        const Value* found = read_under(from);
        if (found == nullptr) break;
        if constexpr (kTrace) {
          put(part(*found, from), true);
        } else {
          put(*found);
        }
        break;
      }
      PSDL_CASE(Dot): {
        top -= 2;
        const Value* found = member(*top, top[1]);
        if (found == nullptr && ip->a == Instruction::kStored) found = stored_member(*top, top[1]);
        if (found == nullptr) {
          miss(*top, top[1]);
          if constexpr (kTrace) {
            // A table of the rule's own that has no row for what the document says: what is wrong is what it says.
            if (standing_origin(*top) == 0) tested(top[1], false);
          }
          fail();
          break;
        }
        *top = part(part(*found, *top), top[1]);
        ++top;
        ++ip;
        break;
      }
      PSDL_CASE(Element):
        if (!top[-1].is_array() || top[-1].length() <= ip->other) {
          save();
          halt(EvalCode::Internal, "an element of no array is asked for");
          return;
        }
        top[-1] = part(top[-1].as_array()[ip->other], top[-1]);
        ++ip;
        break;
      PSDL_CASE(ArrayLength):
        if (!top[-1].is_array() || top[-1].length() != ip->other) {
          fail();
          break;
        }
        ++ip;
        break;
      PSDL_CASE(ObjectKeys): {
        const Value& object = top[-1];
        const auto keys = ip->constant->as_array();
        bool same = object.is_object() && object.as_object().size() == keys.size();
        for (std::size_t k = 0; same && k < keys.size(); ++k) same = object.as_object().find(keys[k]) != nullptr;
        if (!same) {
          fail();
          break;
        }
        ++ip;
        break;
      }
      PSDL_CASE(MakeArray): {
        const std::uint32_t size = ip->other;
        top -= size;
        Value* items = arena_->allocate_array<Value>(size);
        std::copy(top, top + size, items);
        put(Value::array({items, size}), true);
        break;
      }
      PSDL_CASE(MakeSet): {
        const std::uint32_t size = ip->other;
        top -= size;
        SetBuilder made(*arena_);
        for (std::uint32_t k = 0; k < size; ++k) made.add(top[k]);
        *top++ = made.finish();
        ++ip;
        break;
      }
      PSDL_CASE(MakeObject): {
        const std::uint32_t size = ip->other;
        top -= 2 * size;
        ObjectBuilder made(*arena_);
        for (std::uint32_t k = 0; k < size; ++k) made.add(top[2 * k], top[2 * k + 1]);
        *top++ = made.finish();
        ++ip;
        break;
      }
      PSDL_CASE(CallBuiltin): {
        top -= ip->a;
        save();
        const Value result = call_builtin(*program.builtins[ip->other].row, *context_, top, ip->a);
        if (context_->error != nullptr && take_builtin_error(*context_)) return;
        if (!result.is_defined()) {
          if constexpr (kTrace) note(Note::Kind::Miss, last_origin(top, ip->a), {}, flags_here());
          fail();
          break;
        }
        if constexpr (kTrace) {
          // Read from the operands before the result takes the place of the first.
          const std::uint32_t origin = result.origin() != 0 ? result.origin() : last_origin(top, ip->a);
          *top = result.with_origin(origin);
        } else {
          place(*top, result);
        }
        ++top;
        ++ip;
        if (!may_go_on()) return;
        break;
      }
      PSDL_CASE(Format): {
        top -= ip->a;
        save();
        const Value result = format(*ip, top);
        if (context_->error != nullptr && take_builtin_error(*context_)) return;
        if (!result.is_defined()) {
          fail();
          break;
        }
        put(result, true);
        if (!may_go_on()) return;
        break;
      }
      PSDL_FUSED(FormatSlot) {
        save();
        ++pc_;
        const Value result = format(*ip, &slot_at(slots, ip->slot));
        if (context_->error != nullptr && take_builtin_error(*context_)) {
          ++executed_;
          return;
        }
        if (!result.is_defined()) {
          ++executed;
          fail();
          break;
        }
        put(result, true);
        if (!may_go_on()) return;
        break;
      }
      PSDL_CASE(CallMock): {
        const MockEntry& entry = program.mocks[ip->other];
        std::uint32_t function = entry.function;
        std::uint32_t builtin = entry.builtin;
        const Mock* mock = find_mock(ip->other);
        if (mock != nullptr && mock->target->has_value) {
          top -= ip->a;
          *top++ = mock->value;
          ++ip;
          break;
        }
        if (mock != nullptr) {
          function = mock->target->replacement_function;
          builtin = mock->target->replacement_builtin;
        }
        save();
        if (builtin != kNoIndex) {
          top -= ip->a;
          const Value result = call_builtin(*program.builtins[builtin].row, *context_, top, ip->a);
          if (context_->error != nullptr && take_builtin_error(*context_)) return;
          if (!result.is_defined()) {
            fail();
            break;
          }
          *top++ = result;
          ++ip;
          break;
        }
        if (frames_.size() >= limits_.call_depth) {
          halt(EvalCode::Limit, "limit_call_depth reached: " + std::to_string(limits_.call_depth));
          return;
        }
        if (!enter(function, sp_ - ip->a, pc_ + 1, false, flags_here())) return;
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
        if (!enter(ip->other, sp_ - ip->a, pc_ + 1, false, flags_here())) return;
        reload();
        break;
      PSDL_CASE(CallRule): {
        const std::uint32_t number = ip->other;
        Value shadow;
        const Value* known = nullptr;
        if (ip->a != 0 && !shadows_.empty() && find_shadow(program.functions[number], shadow)) {
          known = &shadow;
        } else {
          known = recall(number);
          if constexpr (kTrace) {
            if (known != nullptr) {
              for (Note linked : remembered_notes_[number]) {
                linked.negated = negated();
                linked.in_head = (flags_here() & Instruction::kInHead) != 0;
                notes_.push_back(linked);
              }
            }
          }
        }
        if (known == nullptr) {
          save();
          if (frames_.size() >= limits_.call_depth) {
            halt(EvalCode::Limit, "limit_call_depth reached: " + std::to_string(limits_.call_depth));
            return;
          }
          if (!enter(number, sp_, pc_ + 1, true, flags_here())) return;
          reload();
        } else if (known->is_defined()) {
          put(*known);
        } else {
          fail();
        }
        break;
      }
      PSDL_CASE(TestRule): {
        if (const Value* known = recall(ip->other)) {
          go(known->holds());
          break;
        }
        save();
        if (frames_.size() >= limits_.call_depth) {
          halt(EvalCode::Limit, "limit_call_depth reached: " + std::to_string(limits_.call_depth));
          return;
        }
        if (!enter(ip->other, sp_, pc_ + 1, true, flags_here())) return;
        frames_.back().is_tested = true;
        reload();
        break;
      }
      PSDL_CASE(Test): {
        const Value& value = *--top;
        if (value.is_false()) {
          tested(value, false);
          fail();
          break;
        }
        tested(value, true);
        ++ip;
        break;
      }
      PSDL_CASE(TestEqual): {
        top -= 2;
        const bool held = equal(*top, top[1]);
        tested(*top, held);
        tested(top[1], held);
        if (!held) {
          fail();
          break;
        }
        ++ip;
        break;
      }
      PSDL_CASE(TestCompare): {
        top -= 2;
        const bool held = compare_holds(static_cast<Compare>(ip->a), *top, top[1]);
        tested(*top, held);
        tested(top[1], held);
        if (!held) {
          fail();
          break;
        }
        ++ip;
        break;
      }
      PSDL_CASE(Jump):
        ip = ahead(ip, ip->yes);
        break;
      PSDL_CASE(Iter):
        --top;
        if (!open(*top)) {
          tested(*top, false);
          fail();
          break;
        }
        ++ip;
        break;
      PSDL_FUSED(IterSlot)
        ++executed;
        if (!open(slot_at(slots, ip->slot))) {
          fail();
          break;
        }
        ip += 2;
        break;
      PSDL_CASE(TestPathInput):
      PSDL_CASE(TestNotPathInput):
      PSDL_CASE(EqualPathInput):
      PSDL_CASE(IterPathInput):
      PSDL_FUSED(AskInput) {
        const Value& input = overlays_.back().input;
        if (ends_chain(*ip, input)) {
          go_behind_chain();
          break;
        }
        const WalkStep* step = ip->steps;
        const Value* found = step->find(input);
        if (found == nullptr) {
          top = floor;
          ip = ahead(ip, step->lacks);
        } else {
          go(step->asks == Asks::Equal  ? equal(*found, *ip->constant)
             : step->asks == Asks::Iter ? open(*found)
             : step->asks == Asks::Test ? found->holds()
                                        : !found->holds());
        }
        break;
      }
      PSDL_FUSED(AskSelf) {
        const Value& own = slot_at(slots, ip->slot);
        const Asks asks = ip->steps->asks;
        go(asks == Asks::Test     ? own.holds()
           : asks == Asks::Equal  ? equal(own, *ip->constant)
           : asks == Asks::Other  ? !equal(own, *ip->constant)
           : asks == Asks::In     ? ip->constant->as_set().find(own) != nullptr
           : asks == Asks::Member ? has_member(own, *ip->constant)
                                  : !own.holds());
        break;
      }
      PSDL_CASE(TestPathSlot):
      PSDL_CASE(TestNotPathSlot):
      PSDL_CASE(EqualPathSlot):
      PSDL_CASE(OtherPathSlot):
      PSDL_CASE(InPathSlot):
      PSDL_CASE(MemberPathSlot):
      PSDL_CASE(IterPathSlot):
      PSDL_FUSED(AskSlot) {
        const Value& asked = slot_at(slots, ip->slot);
        const WalkStep* first = ip->steps;
        const Value* found = nullptr;
        if (asked.is_object()) {
          const Object* object = &asked.as_object();
          if constexpr (!kTrace) {
            const NameBits names = object->names();
            if ((names & first->chain) == 0) {
              go_behind_chain();
              goto asked_all;
            }
            // One of the chain's names may be there: on to the first instruction that asks for it.
            while ((names & first->name) == 0) {
              ++executed;
              top = floor;  // as fail() does: a read may stand on operands
              ip = ahead(ip, first->lacks);
              first = ip->steps;
            }
          }
          // WalkStep::find, whose ends are jumps here.
          for (const WalkStep* step = first;; ++step) {
            found = step->find_soon(*object);
            if (found == nullptr) {
              if (step->lacks_name(*object)) goto has_none;
              break;
            }
            if (step->is_last) goto has_it;
            if (!found->is_object()) break;
            object = &found->as_object();
          }
        }
        found = first->find_beyond(asked);
        if (found == nullptr) {
        has_none:
          if constexpr (kWatch) failed_pc_ = static_cast<std::uint32_t>(ip - cells);
          top = floor;
          ip = ahead(ip, first->lacks);
          goto asked_all;
        }
      has_it:
        if (first->asks == Asks::Value) {
          put(*found);
        } else if (first->asks == Asks::Equal) {
          go(equal(*found, *ip->constant));
        } else if (first->asks == Asks::Other) {
          const bool held = !equal(*found, *ip->constant);
          const bool is_taken = held && ip->passed != 0;
          go(held);
          if (is_taken) {  // the next one reads what was found
            ++executed;
            put(*found);
          }
        } else {
          go(first->asks == Asks::In       ? ip->constant->as_set().find(*found) != nullptr
             : first->asks == Asks::Member ? has_member(*found, *ip->constant)
             : first->asks == Asks::Iter   ? open(*found)
             : first->asks == Asks::Test   ? found->holds()
                                           : !found->holds());
        }
      asked_all:
        // Mostly the next one asks too. A branch that says so is predicted far better than one more jump to wherever: processors keep some hundred
        // places for those.
        if constexpr (!kTrace) {
          if (ip->label == &&at_AskSlot) {
            ++executed;
            goto at_AskSlot;
          }
        }
        break;
      }
      PSDL_CASE(CompareCount):
      PSDL_CASE(EqualCount): {
        const Op op = code[ip - cells].op;
        const Value& counted = slot_at(slots, ip->slot);
        const Value number = counted.is_array() ? Value::integer(counted.length()) : count_of(counted);
        if (!number.is_defined()) {
          save();
          if (context_->error != nullptr && take_builtin_error(*context_)) return;
          fail();
          break;
        }
        const bool held = op == Op::EqualCount ? equal(number, *ip->constant) : compare_holds(static_cast<Compare>(ip->a), number, *ip->constant);
        go(held);
        break;
      }
      PSDL_CASE(Count): {
        save();
        --top;
        const Value number = count_of(*top);
        if (!number.is_defined()) {
          if (context_->error != nullptr && take_builtin_error(*context_)) return;
          fail();
          break;
        }
        put(number, true);
        break;
      }
      PSDL_FUSED(CountSlot) {
        const Value& counted = slot_at(slots, ip->slot);
        if (counted.is_array()) {
          put(Value::integer(counted.length()), true);
          break;
        }
        save();
        ++pc_;
        const Value number = count_of(counted);
        if (!number.is_defined()) {
          ++executed;
          if (context_->error != nullptr && take_builtin_error(*context_)) {
            executed_ = executed;
            return;
          }
          fail();
          break;
        }
        put(number, true);
        break;
      }
      PSDL_FUSED(CountIs) {
        save();
        ++pc_;
        const Value& counted = slot_at(slots, ip->slot);
        const Value number = counted.is_array() ? Value::integer(counted.length()) : count_of(counted);
        ++executed;
        if (!number.is_defined()) {
          if (context_->error != nullptr && take_builtin_error(*context_)) {
            executed_ = executed;
            return;
          }
          fail();
          break;
        }
        ++executed;
        ip += 2;
        if (equal(number, *ip->constant)) {
          ++ip;
        } else {
          fail();
        }
        break;
      }
      PSDL_CASE(ItemTop): {
        --top;
        const Value* found = item(*top, ip->other);
        if (found == nullptr) {
          fail();
          break;
        }
        put(*found);
        break;
      }
      PSDL_CASE(Settle):
        save();
        remember(ip->other, Value());
        fail();
        break;
      PSDL_CASE(ReachSlot): {
        const Value* at = ip->steps->find(slot_at(slots, ip->slot));
        copy(slot_at(slots, ip->other), at != nullptr ? *at : nothing);
        ++ip;
        break;
      }
      PSDL_CASE(EqualConst):
        --top;
        if (!equal(*top, *ip->constant)) {
          fail();
          break;
        }
        ++ip;
        break;
      PSDL_CASE(Get): {
        if (!top[-1].is_object()) {
          --top;
          save();
          refuse_operand(*ip, *top);
          if (context_->error != nullptr && take_builtin_error(*context_)) return;
          fail();
          break;
        }
        const Value* found = ip->steps->find(top[-1]);
        copy(top[-1], found != nullptr ? *found : *ip->constant);
        ++ip;
        break;
      }
      PSDL_CASE(TestIn):
        --top;
        if (ip->constant->as_set().find(*top) == nullptr) {
          fail();
          break;
        }
        ++ip;
        break;
      PSDL_CASE(TestInSlot):
        go(ip->constant->as_set().find(slot_at(slots, ip->slot)) != nullptr);
        break;
      PSDL_CASE(CompareConst):
        --top;
        if (!compare_holds(static_cast<Compare>(ip->a), *top, *ip->constant)) {
          fail();
          break;
        }
        ++ip;
        break;
      PSDL_CASE(LengthSlot):
        go(slot_at(slots, ip->slot).is_array() && slot_at(slots, ip->slot).length() == ip->other);
        break;
      PSDL_CASE(ItemSlot): {
        const Value* found = item(slot_at(slots, ip->slot), ip->other);
        if (found == nullptr) {
          fail();
          break;
        }
        put(*found);
        break;
      }
      PSDL_CASE(TestBuiltinSlots):
      PSDL_CASE(TestBuiltinConst): {
        save();
        const bool held = holds_of_two(*ip, slot_at(slots, ip->slot), ip->constant == nullptr ? slot_at(slots, ip->other) : *ip->constant);
        if (context_->error != nullptr && take_builtin_error(*context_)) return;
        go(held);
        if (!may_go_on()) return;
        break;
      }
      PSDL_CASE(TestBuiltin): {
        top -= ip->a;
        save();
        const Value result = call_builtin(*program.builtins[ip->other].row, *context_, top, ip->a);
        if (context_->error != nullptr && take_builtin_error(*context_)) return;
        if (!result.holds()) {
          fail();
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
          if (!negated()) notes_.resize(from.notes_mark);
        }
        if (from.at == from.size) {
          iterators_.pop();
          fail();
        } else {
          if (ip->slot != kNoSlot) slot_at(slots, ip->slot) = from.keys != nullptr ? from.keys[from.at] : Value::integer(from.at);
          if (ip->other != kNoSlot) copy(slot_at(slots, ip->other), from.values[from.at]);
          if constexpr (kTrace) note(Note::Kind::Element, from.values[from.at].origin(), {}, flags_here());
          ++from.at;
          ++ip;
        }
        if (executed >= next_check_) {  // what is made on the way is small beside what may be made between two looks
          save();
          if (!check()) return;
        }
        break;
      }
      PSDL_FUSED(NextValue) {
        Iterator& from = iterators_.back();
        if (from.at == from.size) {
          iterators_.pop();
          fail();
        } else {
          copy(slot_at(slots, ip->other), from.values[from.at]);
          ++from.at;
          ++ip;
        }
        if (executed >= next_check_) {
          save();
          if (!check()) return;
        }
        break;
      }
      PSDL_FUSED(NextWith) {
        Iterator& from = iterators_.back();
        const WalkStep& step = *ip[1].steps;
        std::uint32_t at = from.at;
        const Value* found = nullptr;
        while (at != from.size && (found = step.find(from.values[at])) == nullptr) ++at;
        executed += std::uint64_t{at - from.at} * 2;  // this one and the next
        if (at == from.size) {
          if (from.at != at) copy(slot_at(slots, ip->other), from.values[at - 1]);
          iterators_.pop();
          fail();
        } else {
          copy(slot_at(slots, ip->other), from.values[at]);
          from.at = at + 1;
          ++executed;
          ++ip;
          put(*found);
        }
        if (executed >= next_check_) {
          save();
          if (!check()) return;
        }
        break;
      }
      PSDL_FUSED(CollectRest) {
        Iterator& from = iterators_.back();
        const std::span<const Value> rest(from.values + from.at, from.size - from.at);
        builders_.below(ip[1].other).first.add_all(rest);
        if (!rest.empty()) copy(slot_at(slots, ip->other), rest.back());
        executed += rest.size() * 3;  // Next, CollectSlot, Jump
        iterators_.pop();
        fail();
        if (!may_go_on()) return;
        break;
      }
      PSDL_CASE(NextWhere): {
        const Instruction& i = code[ip - cells];
        // Made by an optimiser pass: the twin never runs it.
        Iterator& from = iterators_.back();
        const ScanFilter& filter = program.filters[i.a];
        const Value& wanted = filter.slot != kNoSlot ? slots[filter.slot] : program.constants[filter.constant];
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
          iterators_.pop();
          fail();
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
        iterators_.pop(ip->other);
        ++ip;
        break;
      PSDL_CASE(BuildBegin):
        builders_.push(static_cast<BuilderKind>(ip->a), *arena_, static_cast<std::uint32_t>(shapes_.size()));
        ++ip;
        if constexpr (!kTrace) {
          if (ip->label == &&at_BuildBegin) {  // as with AskSlot
            ++executed;
            goto at_BuildBegin;
          }
        }
        break;
      PSDL_CASE(Collect):
        builders_.back().first.add(*--top);
        if constexpr (kTrace) {
          if (is_entry_yield()) note_yield(*top);
        }
        executed += ip->passed;
        ip = ahead(ip, ip->yes);
        break;
      PSDL_CASE(CollectBelow):
        // Made by an optimiser pass: the twin never runs it.
        builders_.below(ip->other).first.add(*--top);
        ++ip;
        break;
      PSDL_CASE(CollectSlot):
        // Made in the place of LoadSlot and one of these two.
        builders_.below(ip->other).first.add(slot_at(slots, ip->slot));
        executed += ip->passed;
        ip = ahead(ip, ip->yes);
        break;
      PSDL_CASE(CollectPair):
        top -= 2;
        builders_.back().first.add(*top);
        builders_.back().second.add(top[1]);
        if constexpr (kTrace) {
          if (is_entry_yield()) note_yield(top[1]);
        }
        ++ip;
        break;
      PSDL_CASE(CollectNamed):
        builders_.back().first.add(*ip->constant);
        builders_.back().second.add(*--top);
        ++ip;
        break;
      PSDL_CASE(CollectPath): {
        const std::uint32_t keys = ip->other;
        top -= keys + 1;
        Builder& builder = builders_.back();
        shapes_.push_back({builder.first.size(), keys, ip->a != 0});
        for (std::uint32_t k = 0; k <= keys; ++k) builder.first.add(top[k]);
        if constexpr (kTrace) {
          if (is_entry_yield()) note_yield(top[keys]);
        }
        ++ip;
        break;
      }
      PSDL_CASE(JoinEnd):
        save();
        if (!join(*ip, *top)) return;
        if (context_->error != nullptr && take_builtin_error(*context_)) return;
        if (!top->is_defined()) {
          fail();
          break;
        }
        put(*top);
        if (!may_go_on()) return;
        break;
      PSDL_FUSED(JoinEach) {
        save();
        const std::uint32_t joined = join_each(ip, slots, *top);
        if (joined == 0) goto at_BuildBegin;
        executed += 4 + std::uint64_t{joined} * 5;  // BuildBegin, LoadSlot, Iter, Next, JoinEnd; Next, LoadSlot, Format, Collect, Jump
        ip += 8;
        put(*top);
        if (!may_go_on()) return;
        break;
      }
      PSDL_CASE(BuildEnd): {
        Builder& built = builders_.back();
        if (built.kind == BuilderKind::Array && built.first.size() <= limits_.collection_items) {
          const Value made = built.first.finish();
          builders_.pop();
          put(made, true);
        } else {
          save();
          if (!close_builder(*top)) return;
          put(*top);
        }
        if constexpr (!kTrace) {
          if (ip->label == &&at_BuildEnd) {
            ++executed;
            goto at_BuildEnd;
          }
        }
        break;
      }
      PSDL_CASE(Result): {
        const Value& value = *--top;
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
        ip = frames_.back().result.is_defined() ? ahead(ip, ip->yes) : ip + 1;
        break;
      PSDL_CASE(ReturnResult): {
        save();
        const Value result = frames_.back().result;
        const std::uint32_t next = leave<kTrace>(result);
        if (next == kNoLabel) return;
        if constexpr (kWatch) {
          if (!result.is_defined()) failed_pc_ = pc_;
        }
        pc_ = next;
        reload();
        break;
      }
      PSDL_CASE(ReturnValue): {
        save();
        const Value result = top[-1];
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
        top[-1] = merge_base(top[-1], program.data_paths[ip->other]);
        ++ip;
        break;
      PSDL_CASE(PushOverlay): {
        const OverlaySpec& spec = program.overlays[ip->other];
        top -= spec.value_count;
        save();
        if (overlays_.size() > limits_.call_depth) {
          halt(EvalCode::Limit, "limit_call_depth reached: " + std::to_string(limits_.call_depth));
          return;
        }
        if (!push_overlay(spec, top) && !check()) return;
        ++ip;
        break;
      }
      PSDL_CASE(PopOverlay):
        pop_overlay();
        ++ip;
        break;
      PSDL_CASE(Dispatch):
      PSDL_CASE(DispatchRest): {
        Frame& frame = frames_.back();
        const DispatchTable& table = program.dispatches[program.functions[frame.function].dispatch];
        frame.always = table.always;
        frame.always_end = static_cast<std::uint32_t>(table.order.size());
        const DispatchTable::Case* found = code[ip - cells].op == Op::Dispatch ? table.find(*--top, program.constants.data()) : nullptr;
        frame.of_case = found != nullptr ? found->begin : 0;
        frame.case_end = found != nullptr ? found->end : 0;
        ++ip;
        break;
      }
      PSDL_CASE(NextBody): {
        Frame& frame = frames_.back();
        const bool has_case = frame.of_case != frame.case_end;
        if (!has_case && frame.always == frame.always_end) {
          fail();
          break;
        }
        const DispatchTable& table = program.dispatches[program.functions[frame.function].dispatch];
        const bool is_case = has_case && (frame.always == frame.always_end || table.order[frame.of_case] < table.order[frame.always]);
        const std::uint32_t body = table.order[is_case ? frame.of_case++ : frame.always++];
        ip = cells + table.bodies[body];
        break;
      }
      PSDL_CASE(Body):
        frames_.back().body = ip->other;
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
#undef PSDL_FUSED
#pragma GCC diagnostic pop

template void Machine::State::loop<false, false>();
#ifndef PSDL_WITHOUT_TWIN  // bench/twin.py: what the loop above costs where there is no other
template void Machine::State::loop<true, false>();
template void Machine::State::loop<true, true>();
#endif

}  // namespace psdl
