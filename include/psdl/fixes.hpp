// Manifests mended as rules say. In: a text and a policy; out: the text with the fixes of its findings made, and what
// is left. docs/fixes.md.
#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "psdl/findings.hpp"
#include "psdl/psdl.hpp"

namespace psdl {

// A finding that stays, and why no fix of it was made.
struct LeftFinding {
  Finding finding;
  std::string reason;
};

struct FixedText {
  std::string text;  // as it was where `is_changed` is false
  bool is_changed = false;
  bool is_judged = false;         // false: some of the text could not be read or judged, and nothing was changed
  std::vector<Finding> fixed;     // of the text as it was: what is gone
  std::vector<LeftFinding> left;  // of the text as it is now
  std::vector<Verdict> verdicts;  // of the text as it was
};

// Which findings count. A finding that is suppressed does not.
struct FixChoice {
  std::function<bool(const Finding&)> wanted = {};  // empty: all
  std::function<void(Verdict&)> triage =
      {};  // called with each verdict before its findings are looked at; may mark findings as suppressed
};

// Makes the fixes of all findings that are wanted, in rounds, as one may make room for the next, and judges the text
// again after each. Each rule is fixed wholly in the text or not at all: where a finding of it would stay, the text is
// as if the rule had no fixes. A text in which another finding or an error would come up is left as it was. `evaluator`
// must have EvaluateOptions::fixes.
[[nodiscard]] FixedText fix_text(Evaluator& evaluator, std::string_view text, DocumentFormat format,
                                 std::string_view name, const FixChoice& choice = {});

// A unified diff with three lines of context, as `diff -u` prints it and `patch -p1` takes it; empty where the texts
// are equal.
[[nodiscard]] std::string unified_diff(std::string_view name, std::string_view before, std::string_view after);

}  // namespace psdl
