// An evaluation as lines to read. In: events; out: one line each, with the line of the rule, indented by the loops and
// calls around it.
//
// Fails:  the expressions that failed, each below the loops and calls that led there
// Notes:  what the builtin `trace` was given
// Full:   every step
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "debug/observe.hpp"

namespace psdl::debug {

enum class TraceKind : std::uint8_t { Fails, Notes, Full };

class TraceListener final : public Listener {
 public:
  // `names_files`: rules of several files are traced, so that a line's number alone would not tell which.
  TraceListener(TraceKind kind, bool names_files, std::function<void(const std::string& line)> sink);
  [[nodiscard]] bool on_event(const Event& event, const Inspector& at) override;

 private:
  // A loop at an element, or a call: what failures below it are shown under.
  struct Context {
    std::size_t depth = 0;
    std::uint32_t expression = kNoExpression;
    bool is_call = false;
    bool is_shown = false;
    std::string text;
    std::string note;
    Span span;
  };

  void keep_context(const Event& event, const Inspector& at);
  void leave_contexts(std::size_t depth, std::uint32_t expression);
  void fails(const Event& event, const Inspector& at);
  void notes(const Event& event, const Inspector& at);
  void full(const Event& event, const Inspector& at);
  void step(const Event& event, const Inspector& at);
  void show_failure(const Event& event, const Inspector& at);
  void line(Span span, std::size_t indent, std::string text, std::string_view note, const Inspector& at) const;

  TraceKind kind_;
  bool names_files_;
  std::function<void(const std::string& line)> sink_;
  std::vector<Context> contexts_;
  std::optional<Event> missed_;  // what becomes of it is not told yet
  Value last_;                   // of the part before this one
};

}  // namespace psdl::debug
