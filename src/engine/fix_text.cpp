// Rounds of judging and mending. In: a text; out: the text in which every rule that was fixed is fixed wholly.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "psdl/fixes.hpp"

namespace psdl {
namespace {

constexpr std::size_t kMostRounds = 32;

// What one judging of a text found.
struct Judged {
  std::vector<Verdict> verdicts;
  bool has_error = false;

  template <class Each>
  void each(const Each& call) const {
    for (const Verdict& verdict : verdicts) {
      for (const Finding& finding : verdict.findings) call(finding);
    }
  }
};

class Fixer {
 public:
  Fixer(Evaluator& evaluator, DocumentFormat format, std::string_view name, const FixChoice& choice)
      : evaluator_(evaluator), format_(format), name_(name), choice_(choice) {}

  FixedText run(std::string_view text) {
    FixedText fixed;
    fixed.text = text;
    Judged first = judge(text);
    fixed.is_judged = !first.has_error;
    if (first.has_error) {
      fixed.verdicts = std::move(first.verdicts);
      return fixed;
    }
    const std::map<std::string, std::size_t> before = counts(first);
    std::set<std::string> given_up;
    Judged last = first;
    for (;;) {
      std::string made(text);
      last = mend(made, first, given_up);
      std::vector<std::string> failed;
      if (made != text) failed = failures(before, last, given_up);
      if (made == text || failed.empty()) {
        fixed.is_changed = made != text;
        fixed.text = std::move(made);
        break;
      }
      // A rule that is not clean takes its fixes back; what it made room for is tried again without.
      given_up.insert(failed.begin(), failed.end());
    }
    report(fixed, first, last, given_up);
    fixed.verdicts = std::move(first.verdicts);
    return fixed;
  }

 private:
  [[nodiscard]] Judged judge(std::string_view text) {
    Judged judged;
    evaluator_.evaluate(text, format_, name_, [&](const Verdict& verdict) {
      judged.has_error = judged.has_error || verdict.status == Status::Error;
      judged.verdicts.push_back(verdict);
      if (choice_.triage) choice_.triage(judged.verdicts.back());
      return true;
    });
    return judged;
  }

  [[nodiscard]] bool is_wanted(const Finding& finding) const {
    return !finding.suppressed && (!choice_.wanted || choice_.wanted(finding));
  }

  [[nodiscard]] static std::map<std::string, std::size_t> counts(const Judged& judged) {
    std::map<std::string, std::size_t> by_rule;
    judged.each([&](const Finding& finding) { ++by_rule[finding.rule]; });
    return by_rule;
  }

  // Edits of as many findings as do not meet and take no list or map apart wholly, in order of the text. One edit that
  // several findings ask for is made once.
  [[nodiscard]] std::vector<TextEdit> choose(const Judged& judged, const std::set<std::string>& given_up) const {
    std::vector<TextEdit> chosen;
    std::map<std::uint64_t, std::uint32_t> taken;  // entries, by where their list or map begins
    const auto is_same = [](const TextEdit& a, const TextEdit& b) {
      return a.begin == b.begin && a.end == b.end && a.text == b.text;
    };
    const auto meet = [](const TextEdit& a, const TextEdit& b) {
      const bool is_insertion = a.begin == a.end || b.begin == b.end;
      return is_insertion ? a.end >= b.begin && b.end >= a.begin : a.end > b.begin && b.end > a.begin;
    };
    judged.each([&](const Finding& finding) {
      if (!finding.fix || !is_wanted(finding) || given_up.count(finding.rule) != 0) return;
      const std::vector<TextEdit>& edits = finding.fix->edits;
      const bool meets = std::any_of(edits.begin(), edits.end(), [&](const TextEdit& edit) {
        return std::any_of(chosen.begin(), chosen.end(), [&](const TextEdit& other) { return meet(edit, other); });
      });
      const bool is_made = std::all_of(edits.begin(), edits.end(), [&](const TextEdit& edit) {
        return std::any_of(chosen.begin(), chosen.end(), [&](const TextEdit& other) { return is_same(edit, other); });
      });
      // The last entry has the next round for itself: its fix then leaves brackets.
      const bool empties = std::any_of(edits.begin(), edits.end(), [&](const TextEdit& edit) {
        const auto found = taken.find(edit.taken_from);
        return edit.entries > 0 && found != taken.end() && found->second + 1 == edit.entries;
      });
      if (meets || is_made || empties) return;
      chosen.insert(chosen.end(), edits.begin(), edits.end());
      for (const TextEdit& edit : edits) taken[edit.taken_from] += edit.entries > 0 ? 1 : 0;
    });
    std::sort(chosen.begin(), chosen.end(), [](const TextEdit& a, const TextEdit& b) { return a.begin < b.begin; });
    return chosen;
  }

  static void apply(std::string& text, const std::vector<TextEdit>& edits) {
    for (std::size_t i = edits.size(); i-- > 0;)
      text.replace(static_cast<std::size_t>(edits[i].begin), static_cast<std::size_t>(edits[i].end - edits[i].begin),
                   edits[i].text);
  }

  // Judges and mends until nothing changes; what the last text was found to be.
  Judged mend(std::string& text, const Judged& first, const std::set<std::string>& given_up) {
    Judged judged = first;
    for (std::size_t round = 0; round < kMostRounds && !judged.has_error; ++round) {
      const std::vector<TextEdit> edits = choose(judged, given_up);
      if (edits.empty()) break;
      apply(text, edits);
      judged = judge(text);
    }
    return judged;
  }

  // Rules whose fixes were made and that still find something; where something is wrong that no fix explains, all of
  // them.
  [[nodiscard]] std::vector<std::string> failures(const std::map<std::string, std::size_t>& before, const Judged& after,
                                                  const std::set<std::string>& given_up) const {
    const std::map<std::string, std::size_t> now = counts(after);
    const bool is_worse = after.has_error || std::any_of(now.begin(), now.end(), [&](const auto& rule) {
                            const auto was = before.find(rule.first);
                            return was == before.end() || rule.second > was->second;
                          });
    std::vector<std::string> failed;
    for (const auto& [rule, count] : before) {
      if (given_up.count(rule) != 0) continue;
      const auto left = now.find(rule);
      const bool is_half_done = left != now.end() && left->second < count && remains(after, rule);
      if (is_worse || is_half_done || remains_with_fix(after, rule)) failed.push_back(rule);
    }
    return failed;
  }

  // A finding of the rule that was to go.
  [[nodiscard]] bool remains(const Judged& judged, const std::string& rule) const {
    bool found = false;
    judged.each([&](const Finding& finding) { found = found || (finding.rule == rule && is_wanted(finding)); });
    return found;
  }
  [[nodiscard]] bool remains_with_fix(const Judged& judged, const std::string& rule) const {
    bool found = false;
    judged.each([&](const Finding& finding) {
      found = found || (finding.rule == rule && is_wanted(finding) && finding.fix.has_value());
    });
    return found;
  }

  void report(FixedText& fixed, const Judged& first, const Judged& last, const std::set<std::string>& given_up) const {
    const Judged& now = fixed.is_changed ? last : first;
    now.each([&](const Finding& finding) {
      if (!is_wanted(finding)) return;
      std::string reason = finding.no_fix;
      if (reason.empty() && finding.fix)
        reason = given_up.count(finding.rule) != 0
                     ? fmt::format("another finding of {} in this file would stay", finding.rule)
                     : "its fix changes nothing";
      if (reason.empty()) reason = "the rule knows no safe fix";
      fixed.left.push_back({finding, std::move(reason)});
    });
    if (!fixed.is_changed) return;
    // Each rule is fixed wholly, so that a rule that finds nothing more had all its findings fixed.
    first.each([&](const Finding& finding) {
      if (is_wanted(finding) && !remains(last, finding.rule)) fixed.fixed.push_back(finding);
    });
  }

  Evaluator& evaluator_;
  DocumentFormat format_;
  std::string_view name_;
  const FixChoice& choice_;
};

}  // namespace

FixedText fix_text(Evaluator& evaluator, std::string_view text, DocumentFormat format, std::string_view name,
                   const FixChoice& choice) {
  return Fixer(evaluator, format, name, choice).run(text);
}

}  // namespace psdl
