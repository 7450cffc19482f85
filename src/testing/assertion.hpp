// Why a test failed: the statement of its rule that decided, with the value of each of its parts. In: the events of the test's evaluation; out: a
// TestFailure. A table test is asked for each of its cases.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "debug/observe.hpp"
#include "psdl/tools/tests.hpp"

namespace psdl::testing {

class AssertionListener final : public debug::Listener {
 public:
  // `function`: the test's rule. `next` hears everything too; may be null.
  AssertionListener(std::uint32_t function, bool full_values, debug::Listener* next) : function_(function), full_values_(full_values), next_(next) {}

  bool on_event(const debug::Event& event, const debug::Inspector& at) override;

  // Of a test without cases.
  [[nodiscard]] std::optional<tools::TestFailure> failure() const { return whole_.failure; }
  // A case that was begun: its names, and how far it came.
  struct Begun {
    std::vector<std::string> names;
    std::size_t furthest = 0;                     // the statement that `failure` is of, in the order of the body
    std::optional<tools::TestFailure> failure;
  };
  [[nodiscard]] const std::vector<Begun>& cases() const { return cases_; }

 private:
  struct Part {
    Span span;
    std::uint32_t expression = kNoExpression;
    Value value;
    bool is_undefined = false;
  };

  void note(const debug::Event& event, const debug::Inspector& at);
  void begin_case(const Value& names);
  void keep(const debug::Event& event, const debug::Inspector& at);
  [[nodiscard]] tools::TestFailure describe(const debug::Event& event, const debug::Inspector& at) const;
  [[nodiscard]] Begun& current() { return case_ < cases_.size() ? cases_[case_] : whole_; }

  std::uint32_t function_;
  bool full_values_;
  debug::Listener* next_;
  std::vector<Part> parts_;  // of the test's own rule, the newest of each place
  Begun whole_;
  std::vector<Begun> cases_;
  std::size_t case_ = SIZE_MAX;
};

// A case's name as `opa test` shows it: a string as it is, anything else as JSON.
[[nodiscard]] std::string case_name(const Value& name);
// Of a case that begins: the value of its event.
[[nodiscard]] std::vector<std::string> case_names(const Value& names);

}  // namespace psdl::testing
