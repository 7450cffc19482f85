// Severities first, then what suppresses a finding: an exception, a mark in the document, the baseline, in this order,
// so that what is written on purpose is what is told.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <unordered_map>

#include "triage/exceptions.hpp"

namespace psdl::triage {
namespace {

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

// A mark as it is understood: "PSS205, PSS206 -- reason"; of an annotation "PSS205: reason".
struct Wish {
  std::vector<std::string> rules;
  std::string reason;
};

Wish read_wish(const IgnoreMark& mark) {
  Wish wish;
  const std::string_view separator = mark.kind == Suppression::Kind::Annotation ? ":" : "--";
  std::string_view text = mark.text;
  const std::size_t at = text.find(separator);
  if (at != std::string_view::npos) wish.reason = trimmed(text.substr(at + separator.size()));
  text = text.substr(0, at);
  while (!text.empty()) {
    const std::size_t end = text.find_first_of(", \t");
    if (end != 0) wish.rules.emplace_back(text.substr(0, end));
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  return wish;
}

bool contains(const std::vector<std::string>& patterns, std::string_view id) {
  return std::any_of(patterns.begin(), patterns.end(),
                     [&](const std::string& pattern) { return matches(pattern, id); });
}

}  // namespace

struct Triage::Impl {
  Options options;
  std::vector<std::size_t> used;  // by exception
  std::vector<bool> expired;      // by exception
  std::unordered_map<std::string, std::size_t>
      left;  // of the baseline: findings that may still be taken for known ones, by fingerprint
  std::vector<BaselineEntry> seen;
  std::unordered_map<std::string, std::size_t> seen_at;
  std::set<std::pair<std::string, std::uint32_t>> told;  // marks that are none
  std::map<std::pair<std::string, std::uint32_t>, MarkState> marks;

  [[nodiscard]] bool is_asked_for(std::string_view rule) const {
    if (!options.only_rules.empty() && !contains(options.only_rules, rule)) return false;
    return !contains(options.skipped_rules, rule);
  }

  // False: the rule is off.
  bool set_severity(Finding& finding) const {
    for (const RuleSetting& rule : options.rules) {
      if (!matches(rule.rule, finding.rule)) continue;
      if (rule.severity == "off") return false;
      finding.severity = rule.severity == "error"     ? FindingSeverity::Error
                         : rule.severity == "warning" ? FindingSeverity::Warning
                                                      : FindingSeverity::Note;
    }
    return true;
  }

  bool by_exception(Finding& finding, const Verdict& verdict) {
    for (std::size_t i = 0; i < options.exceptions.size(); ++i) {
      const Exception& exception = options.exceptions[i];
      if (expired[i] || !speaks_of(exception, finding, verdict.labels)) continue;
      ++used[i];
      finding.suppressed =
          Suppression{Suppression::Kind::Exception, exception.reason,    exception.owner, exception.expires,
                      exception.place.file,         exception.place.line};
      return true;
    }
    return false;
  }

  bool by_mark(Finding& finding, const std::vector<std::pair<const IgnoreMark*, Wish>>& wishes) {
    for (const auto& [mark, wish] : wishes) {
      if (mark->kind == Suppression::Kind::InlineMark && (mark->covers == 0 || mark->covers != finding.location.line))
        continue;
      if (!contains(wish.rules, finding.rule)) continue;
      ++marks.at({mark->file, mark->line}).findings;
      finding.suppressed = Suppression{mark->kind, wish.reason, {}, {}, mark->file, mark->line};
      return true;
    }
    return false;
  }

  bool by_baseline(Finding& finding) {
    const auto at = left.find(finding.fingerprint);
    if (at == left.end() || at->second == 0) return false;
    --at->second;
    finding.suppressed = Suppression{Suppression::Kind::Baseline, {}, {}, {}, options.baseline_file, 0};
    return true;
  }

  std::vector<std::pair<const IgnoreMark*, Wish>> wishes_of(const Verdict& verdict, DiagnosticList& problems) {
    std::vector<std::pair<const IgnoreMark*, Wish>> wishes;
    for (const IgnoreMark& mark : verdict.marks) {
      Wish wish = read_wish(mark);
      if (!wish.rules.empty() && !wish.reason.empty()) {
        marks.try_emplace({mark.file, mark.line}, MarkState{mark.file, mark.line, mark.column, wish.rules, 0});
        wishes.emplace_back(&mark, std::move(wish));
        continue;
      }
      // The items of a list share its comments: each is told once.
      if (!told.emplace(mark.file, mark.line).second) continue;
      const Place place{mark.file, mark.line, mark.column, 0, {}, 1};
      const bool is_inline = mark.kind == Suppression::Kind::InlineMark;
      const std::string_view form = is_inline ? "# psdl:ignore ID -- reason" : "psdl.dev/ignore: \"ID: reason\"";
      add_problem(problems, true, wish.rules.empty() ? "ignore_without_rule" : "ignore_without_reason",
                  wish.rules.empty() ? "this mark names no rule and suppresses nothing"
                                     : "this mark has no reason and suppresses nothing",
                  place, fmt::format("write it as `{}`", form));
    }
    return wishes;
  }

  void note(const Finding& finding) {
    const auto [at, is_new] = seen_at.emplace(finding.fingerprint, seen.size());
    if (!is_new) {
      ++seen[at->second].count;
      return;
    }
    seen.push_back(
        {finding.fingerprint, finding.rule, object_text(finding.object), finding.container, finding.location.file, 1});
  }
};

Triage::Triage(Options options) : impl_(std::make_unique<Impl>()) {
  impl_->options = std::move(options);
  impl_->used.resize(impl_->options.exceptions.size(), 0);
  for (const Exception& exception : impl_->options.exceptions)
    impl_->expired.push_back(has_expired(exception, impl_->options.now_ns));
  for (const BaselineEntry& entry : impl_->options.baseline) impl_->left[entry.fingerprint] += entry.count;
}
Triage::~Triage() = default;

void Triage::apply(Verdict& verdict, DiagnosticList& problems) {
  const auto wishes = impl_->options.inline_marks ? impl_->wishes_of(verdict, problems)
                                                  : std::vector<std::pair<const IgnoreMark*, Wish>>();
  std::vector<Finding>& findings = verdict.findings;
  findings.erase(std::remove_if(findings.begin(), findings.end(),
                                [&](Finding& finding) {
                                  return !impl_->is_asked_for(finding.rule) || !impl_->set_severity(finding);
                                }),
                 findings.end());
  bool denies = false;
  for (Finding& finding : findings) {
    if (impl_->by_exception(finding, verdict) || impl_->by_mark(finding, wishes)) continue;
    if (impl_->options.keeps_seen) impl_->note(finding);
    if (impl_->by_baseline(finding)) continue;
    denies = denies || finding.severity == FindingSeverity::Error;
  }
  if (verdict.status == Status::Allow || verdict.status == Status::Deny)
    verdict.status = denies ? Status::Deny : Status::Allow;
}

bool Triage::check_expiry(DiagnosticList& problems) const {
  bool is_fine = true;
  for (std::size_t i = 0; i < impl_->options.exceptions.size(); ++i) {
    if (!impl_->expired[i]) continue;
    const Exception& exception = impl_->options.exceptions[i];
    is_fine = false;
    add_problem(
        problems, true, "expired_exception",
        fmt::format("the exception for {} expired on {}: it suppresses nothing", exception.rule, exception.expires),
        exception.place, fmt::format("mend what it excuses, or ask its owner, {}, for a later day", exception.owner));
  }
  return is_fine;
}

std::vector<ExceptionState> Triage::exceptions() const {
  std::vector<ExceptionState> states;
  for (std::size_t i = 0; i < impl_->options.exceptions.size(); ++i) {
    const ExceptionState::State state = impl_->expired[i]    ? ExceptionState::State::Expired
                                        : impl_->used[i] > 0 ? ExceptionState::State::Used
                                                             : ExceptionState::State::Unused;
    states.push_back({&impl_->options.exceptions[i], state, impl_->used[i]});
  }
  return states;
}

std::vector<MarkState> Triage::marks() const {
  std::vector<MarkState> marks;
  for (const auto& [place, mark] : impl_->marks) marks.push_back(mark);
  return marks;
}

bool Triage::has_baseline() const {
  return !impl_->options.baseline.empty();
}

std::vector<BaselineEntry> Triage::gone() const {
  std::vector<BaselineEntry> gone;
  std::unordered_map<std::string, std::size_t> left = impl_->left;
  for (const BaselineEntry& entry : impl_->options.baseline) {
    std::size_t& count = left[entry.fingerprint];
    if (count == 0) continue;
    BaselineEntry one = entry;
    one.count = std::min(count, entry.count);
    count -= one.count;
    gone.push_back(std::move(one));
  }
  return gone;
}

const std::vector<BaselineEntry>& Triage::seen() const {
  return impl_->seen;
}

}  // namespace psdl::triage
