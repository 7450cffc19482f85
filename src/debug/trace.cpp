// Events to lines.
#include "debug/trace.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "builtins/builtin.hpp"
#include "debug/why_words.hpp"

namespace psdl::debug {
namespace {

constexpr std::size_t kMostBytes = 60;  // of a value
// Notes stand in columns, so that they can be read down a trace.
constexpr std::size_t kFirstStop = 34;
constexpr std::size_t kStops = 20;
constexpr std::size_t kLeastGap = 3;

bool is_word(char c) {
  return c == '_' || c == '.' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

// `some c in input.spec.template.spec.containers` as `some c in …containers`.
std::string with_short_paths(const std::string& text) {
  std::string made;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t end = at;
    while (end < text.size() && is_word(text[end])) ++end;
    const std::string_view word = std::string_view(text).substr(at, end - at);
    if (word.starts_with("input.") && std::count(word.begin(), word.end(), '.') > 2) {
      made += "…" + std::string(word.substr(word.rfind('.') + 1));
    } else {
      made += end > at ? std::string(word) : std::string(1, text[end++]);
    }
    at = end;
  }
  return made;
}

// The text of a read up to the key that is not there.
std::string read_up_to(const std::string& text, const Value& missing) {
  if (!missing.is_string()) return text;
  const std::string step = fmt::format(".{}", missing.as_string());
  for (std::size_t at = text.find(step); at != std::string::npos; at = text.find(step, at + 1)) {
    const std::size_t end = at + step.size();
    if (end == text.size() || text[end] == '.' || !is_word(text[end])) return text.substr(0, end);
  }
  return text;
}

std::string element_text(const Value& value) {
  const Value* name = value.is_object() ? value.as_object().find_text("name") : nullptr;
  return short_value(name != nullptr && name->is_string() ? *name : value, kMostBytes);
}

// Columns, where every code point takes one.
std::size_t columns(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

}  // namespace

TraceListener::TraceListener(TraceKind kind, bool names_files, std::function<void(const std::string& line)> sink)
    : kind_(kind), names_files_(names_files), sink_(std::move(sink)) {}

void TraceListener::line(Span span, std::size_t indent, std::string text, std::string_view note,
                         const Inspector& at) const {
  const tools::WhyPlace place = place_in_rules(span, at.program());
  std::string made = place.file.empty() ? std::string("-")
                     : names_files_     ? fmt::format("{}:{}", place.file, place.line)
                                        : std::to_string(place.line);
  made += "  ";
  for (std::size_t i = 0; i < indent; ++i) made += "| ";
  made += text;
  if (!note.empty()) {
    const std::size_t wide = columns(made);
    std::size_t stop = kFirstStop;
    while (stop < wide + kLeastGap) stop += kStops;
    made.append(stop - wide, ' ');
    made += note;
  }
  sink_(made);
}

void TraceListener::leave_contexts(std::size_t depth, std::uint32_t expression) {
  while (!contexts_.empty() && (contexts_.back().depth > depth ||
                                (contexts_.back().depth == depth && contexts_.back().expression >= expression)))
    contexts_.pop_back();
}

void TraceListener::keep_context(const Event& event, const Inspector& at) {
  switch (event.kind) {
    case EventKind::Call:
      // Of the caller: the expression that it stands at.
      if (event.depth > 1) {
        const std::uint32_t caller = at.expression(1);
        if (caller == kNoExpression) return;
        const Span span = at.info().expressions[caller].span;
        contexts_.push_back({event.depth - 1, caller, true, false, first_line(span, at.program()), {}, span});
      }
      return;
    case EventKind::Return:
      leave_contexts(event.depth - 1, kNoExpression);
      while (!contexts_.empty() && contexts_.back().is_call && contexts_.back().depth == event.depth - 1)
        contexts_.pop_back();
      return;
    case EventKind::Body:
      leave_contexts(event.depth, 0);
      return;
    case EventKind::Enter:
    case EventKind::Redo:
      leave_contexts(event.depth, event.expression);
      return;
    case EventKind::Element: {
      leave_contexts(event.depth, event.expression);
      const Span span = event.expression != kNoExpression ? at.info().expressions[event.expression].span : event.span;
      std::string note;
      for (const Variable& var : at.vars(0)) {
        const bool is_bound_here =
            var.declared.source == span.source && span.begin <= var.declared.begin && var.declared.end <= span.end;
        if (is_bound_here)
          note += fmt::format("{}{} = {}", note.empty() ? "" : ", ", var.name, element_text(var.value));
      }
      if (note.empty()) note = element_text(event.value);
      contexts_.push_back(
          {event.depth, event.expression, false, false, with_short_paths(first_line(span, at.program())), note, span});
      return;
    }
    case EventKind::Value:
    case EventKind::Held:
    case EventKind::Failed:
    case EventKind::Yield:
    case EventKind::Case:
    case EventKind::Missed: return;
  }
}

bool TraceListener::on_event(const Event& event, const Inspector& at) {
  switch (kind_) {
    case TraceKind::Fails:
      fails(event, at);
      break;
    case TraceKind::Notes:
      notes(event, at);
      break;
    case TraceKind::Full:
      full(event, at);
      break;
  }
  return true;
}

void TraceListener::fails(const Event& event, const Inspector& at) {
  if (missed_) {
    // What failed inside of a `not` made it hold; what Failed tells of is shown by that.
    const bool is_told = event.expression == missed_->expression && event.depth == missed_->depth &&
                         (event.kind == EventKind::Held || event.kind == EventKind::Failed);
    if (!is_told) show_failure(*missed_, at);
    missed_.reset();
  }
  if (event.kind == EventKind::Missed) missed_ = event;
  if (event.kind == EventKind::Failed) show_failure(event, at);
  keep_context(event, at);
}

void TraceListener::show_failure(const Event& event, const Inspector& at) {
  if (event.failure == Failure::Exhausted && event.count > 0) return;
  const SourceExpression& expression = at.info().expressions[event.expression];
  // What a `not` negates has its text: one line tells of both.
  if (expression.around != kNoExpression && at.info().expressions[expression.around].span == expression.span) return;
  std::size_t indent = 0;
  for (Context& context : contexts_) {
    if (!context.is_shown) line(context.span, indent, context.text, context.note, at);
    context.is_shown = true;
    ++indent;
  }
  const std::string text = first_line(expression.span, at.program());
  const std::string part = first_line(event.span, at.program());
  switch (event.failure) {
    case Failure::False: {
      const Op op = event.pc != kNoLabel ? at.program().code[event.pc].op : Op::Test;
      const bool has_sides = op == Op::TestEqual || op == Op::TestCompare;
      const std::string left = short_value(event.value, kMostBytes);
      const std::string right = short_value(event.other, kMostBytes);
      const bool is_plain = has_sides && (text.ends_with(right) || text.find(right) != std::string::npos);
      line(expression.span, indent, "FAIL " + text,
           !has_sides ? "value: " + left
           : is_plain ? "left: " + left
                      : fmt::format("left: {}, right: {}", left, right),
           at);
      return;
    }
    case Failure::Undefined:
      line(expression.span, indent, "UNDEFINED " + read_up_to(part, event.missing), {}, at);
      return;
    case Failure::Error:
      line(expression.span, indent, "ERROR " + text, event.error, at);
      return;
    case Failure::NoCollection:
      line(expression.span, indent, "FAIL " + text, "no collection: " + short_value(event.value, kMostBytes), at);
      return;
    case Failure::Exhausted:
      line(expression.span, indent, "EMPTY " + part, {}, at);
      return;
    case Failure::Inner:
    case Failure::None:
      line(expression.span, indent, "FAIL " + text, {}, at);
      return;
  }
}

void TraceListener::notes(const Event& event, const Inspector& at) {
  keep_context(event, at);
  if (event.kind != EventKind::Value) return;
  const Instruction& code = at.program().code[event.pc];
  if (code.op == Op::CallBuiltin && at.program().builtins[code.b].name == "trace") {
    std::size_t indent = 0;
    for (Context& context : contexts_) {
      if (!context.is_shown) line(context.span, indent, context.text, context.note, at);
      context.is_shown = true;
      ++indent;
    }
    line(event.span, indent, "NOTE " + short_value(last_, 1'000), {}, at);
  }
  last_ = event.value;
}

// A miss is told by the Failed that follows, where one does; where the next element is tried, by itself.
void TraceListener::full(const Event& event, const Inspector& at) {
  if (missed_) {
    const bool is_told =
        event.kind == EventKind::Failed && event.expression == missed_->expression && event.depth == missed_->depth;
    if (!is_told) step(*missed_, at);
    missed_.reset();
  }
  if (event.kind == EventKind::Missed) {
    missed_ = event;
  } else {
    step(event, at);
  }
}

void TraceListener::step(const Event& event, const Inspector& at) {
  std::size_t indent = event.depth - 1;
  for (std::uint32_t in = event.expression; in != kNoExpression; in = at.info().expressions[in].around) ++indent;
  const auto text = [&] {
    return first_line(event.expression != kNoExpression && event.kind != EventKind::Value
                          ? at.info().expressions[event.expression].span
                          : event.span,
                      at.program());
  };
  const auto show = [&](std::string_view word, const std::string& what, const std::string& note) {
    line(event.span, indent, fmt::format("{} {}", word, what), note, at);
  };
  switch (event.kind) {
    case EventKind::Call: return show("CALL", at.program().functions[event.function].path, {});
    case EventKind::Body: return show("RULE", text(), {});
    case EventKind::Enter: return show("ENTER", text(), {});
    case EventKind::Redo: return show("REDO", text(), {});
    case EventKind::Element: return show("ELEMENT", element_text(event.value), {});
    case EventKind::Value:
      if (event.expression != kNoExpression) show("VALUE", text(), short_value(event.value, kMostBytes));
      return;
    case EventKind::Held: return show("HELD", text(), {});
    case EventKind::Missed:
    case EventKind::Failed: {
      if (event.failure == Failure::Exhausted) return show("END", text(), fmt::format("after {}", event.count));
      std::string note;
      if (event.failure == Failure::False)
        note = short_value(event.value, kMostBytes) +
               (event.other.is_defined() ? ", " + short_value(event.other, kMostBytes) : "");
      if (event.missing.is_defined()) note = "no " + short_value(event.missing, kMostBytes);
      if (event.failure == Failure::Error) note = event.error;
      return show(event.failure == Failure::Undefined ? "UNDEFINED" : "FAIL", text(), note);
    }
    case EventKind::Yield: return show("GIVES", short_value(event.value, kMostBytes * 2), {});
    case EventKind::Return:
      return show("RETURN", at.program().functions[event.function].path,
                  event.value.is_defined() ? short_value(event.value, kMostBytes) : "undefined");
    case EventKind::Case: return;
  }
}

}  // namespace psdl::debug
