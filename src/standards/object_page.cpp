// One rule on one object. In: a policy, a text; out: the verdict, the fields that the rule reads, changes that were tried and suffice.
#include "psdl/tools/object_page.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <tuple>

#include "codec/positions.hpp"
#include "engine/add_fixes.hpp"
#include "engine/evaluator.hpp"
#include "kubernetes/object.hpp"
#include "psdl/tools/rule_pages.hpp"
#include "runtime/pointer.hpp"
#include "value/text.hpp"

namespace psdl::tools {
namespace {

constexpr std::size_t kMostFacts = 60;
constexpr std::size_t kMostValue = 40;  // bytes of a value that is shown

std::string name_of(const ObjectIdentity& object) {
  std::string made = object.kind + "/";
  if (!object.namespace_name.empty()) made += object.namespace_name + "/";
  return made + object.name;
}

bool is_meant(const ObjectIdentity& object, std::string_view wanted) {
  std::uint32_t number = 0;
  const char* end = wanted.data() + wanted.size();
  if (!wanted.empty() && std::from_chars(wanted.data(), end, number).ptr == end) return object.document == number;
  return name_of(object) == wanted || object.kind + "/" + object.name == wanted;
}

bool is_at_or_above(std::string_view above, std::string_view pointer) {
  return pointer.starts_with(above) && (pointer.size() == above.size() || pointer[above.size()] == '/');
}

std::vector<std::string> steps_of(std::string_view field) {
  std::vector<std::string> steps;
  while (!field.empty()) {
    const std::size_t dot = field.find('.');
    std::string_view step = field.substr(0, dot);
    const bool is_list = step.ends_with("[*]");
    if (is_list) step.remove_suffix(3);
    steps.emplace_back(step);
    if (is_list) steps.emplace_back("*");
    field.remove_prefix(dot == std::string_view::npos ? field.size() : dot + 1);
  }
  return steps;
}

// The fields that a rule reads, on one document.
class Facts {
 public:
  Facts(const Document& document, const ObjectFacts& facts, const std::vector<Finding>& findings, ObjectPage& page)
      : document_(document), facts_(facts), findings_(findings), page_(page) {}

  void run(const std::vector<std::string>& reads) {
    std::string pod;
    const bool has_pod = find_pod_spec(document_.root(), pod);
    for (const std::string& field : has_pod ? reads : std::vector<std::string>()) {
      if (field.find(' ') != std::string::npos || field.starts_with("containers[*].")) continue;  // said in words
      add("pod", pod, steps_of(field), true);
    }
    for (const ContainerPlace& container : facts_.containers) {
      for (const std::string& field : reads) {
        constexpr std::string_view each = "containers[*].";
        if (field.starts_with(each)) add(fmt::format("container \"{}\"", container.name), container.pointer, steps_of(field.substr(each.size())), false);
      }
    }
    add_uncovered(pod);
    find_places();
  }

 private:
  // What a finding is about and `reads` says in words, or not at all.
  void add_uncovered(const std::string& pod) {
    for (const Finding& finding : findings_) {
      std::string target = finding.path;
      if (!finding.missing.empty()) append_pointer_step(target, finding.missing);
      const auto covers = [&](const ObjectFact& one) { return one.mark == ObjectFact::Mark::Fails && (is_at_or_above(target, one.path) || is_at_or_above(one.path, target)); };
      if (target.empty() || std::any_of(page_.facts.begin(), page_.facts.end(), covers)) continue;
      std::string place = "object";
      std::string around;
      if (!pod.empty() && is_at_or_above(pod, target)) std::tie(place, around) = std::pair("pod", pod);
      for (const ContainerPlace& container : facts_.containers) {
        if (is_at_or_above(container.pointer, target)) std::tie(place, around) = std::pair(fmt::format("container \"{}\"", container.name), container.pointer);
      }
      std::string field;
      for (const std::string& step : pointer_steps(target.substr(around.size()))) field += (field.empty() ? "" : ".") + step;
      if (field.empty()) continue;
      const Value* value = value_at(document_.root(), target);
      const Value* parent = value_at(document_.root(), finding.path);
      keep(place, target, field, value, value != nullptr ? value->origin() : parent != nullptr ? parent->origin() : 0);
    }
  }

  // is_whole: a field that is missing is named whole; else up to the first step that is not there.
  void add(const std::string& place, const std::string& around, const std::vector<std::string>& steps, bool is_whole) {
    const Value* at = value_at(document_.root(), around);
    if (at != nullptr) walk(place, around, *at, steps, 0, {}, is_whole);
  }

  void walk(const std::string& place, const std::string& pointer, const Value& at, const std::vector<std::string>& steps, std::size_t step, const std::string& shown,
            bool is_whole) {
    if (step == steps.size()) return keep(place, pointer, shown, &at, at.origin());
    if (steps[step] == "*") {
      if (!at.is_array()) return;
      for (std::size_t i = 0; i < at.as_array().size(); ++i) {
        walk(place, fmt::format("{}/{}", pointer, i), at.as_array()[i], steps, step + 1, fmt::format("{}[{}]", shown, i), is_whole);
      }
      return;
    }
    const std::string next = shown.empty() ? steps[step] : shown + "." + steps[step];
    std::string below = pointer;
    append_pointer_step(below, steps[step]);
    const Value* found = child(at, steps[step]);
    if (found != nullptr && !found->is_null()) return walk(place, below, *found, steps, step + 1, next, is_whole);
    std::string whole = next;
    std::string wanted = below;
    for (std::size_t i = step + 1; i < steps.size() && steps[i] != "*"; ++i) {
      append_pointer_step(wanted, steps[i]);
      if (is_whole) whole += "." + steps[i];
    }
    keep(place, wanted, whole, nullptr, at.origin());
  }

  void keep(const std::string& place, const std::string& pointer, const std::string& field, const Value* value, std::uint32_t origin) {
    const auto is_same = [&](const ObjectFact& one) { return one.place == place && one.field == field; };
    if (std::any_of(page_.facts.begin(), page_.facts.end(), is_same)) return;
    if (page_.facts.size() == kMostFacts) {
      ++page_.more_facts;
      return;
    }
    ObjectFact made;
    made.place = place;
    made.field = field;
    made.path = pointer;
    made.is_set = value != nullptr;
    made.value = "unset";
    if (value != nullptr) {
      made.value = to_json(*value);
      if (made.value.size() > kMostValue) made.value = made.value.substr(0, kMostValue) + " ..";
    }
    made.mark = mark_of(place, pointer, value != nullptr);
    page_.facts.push_back(std::move(made));
    origins_.push_back(origin);
  }

  [[nodiscard]] ObjectFact::Mark mark_of(const std::string& place, const std::string& pointer, bool is_set) const {
    bool is_denied = false;
    for (const Finding& finding : findings_) {
      std::string target = finding.path;
      if (!finding.missing.empty()) append_pointer_step(target, finding.missing);
      if (!target.empty() && (is_at_or_above(target, pointer) || is_at_or_above(pointer, target))) return ObjectFact::Mark::Fails;
      is_denied = is_denied || place == fmt::format("container \"{}\"", finding.container);
    }
    return is_set && !is_denied && place != "pod" ? ObjectFact::Mark::Satisfied : ObjectFact::Mark::None;
  }

  void find_places() {
    const std::vector<NodePlace> places = locate(document_, origins_);
    for (std::size_t i = 0; i < places.size(); ++i) {
      if (!places[i].is_found) continue;
      page_.facts[i].file = document_.place().stream;
      page_.facts[i].line = places[i].whole.begin.line;
      page_.facts[i].column = places[i].whole.begin.column;
    }
  }

  const Document& document_;
  const ObjectFacts& facts_;
  const std::vector<Finding>& findings_;
  ObjectPage& page_;
  std::vector<std::uint32_t> origins_;
};

// Of an object that the rule allows.
void add_cautions(const Document& document, const std::vector<RuleCaution>& cautions, ObjectPage& page) {
  std::string pod;
  if (cautions.empty() || !find_pod_spec(document.root(), pod)) return;
  for (const RuleCaution& caution : cautions) {
    ObjectFact fact;
    fact.place = "pod";
    fact.field = caution.field;
    fact.path = pod;
    append_pointer_step(fact.path, caution.field);
    const Value* value = value_at(document.root(), fact.path);
    if (value == nullptr || !value->is_true()) continue;
    fact.is_set = true;
    fact.value = "true";
    const NodePlace place = locate(document, value->origin());
    if (place.is_found) {
      fact.file = document.place().stream;
      fact.line = place.whole.begin.line;
      fact.column = place.whole.begin.column;
    }
    page.cautions.push_back(std::move(fact));
    page.caution_texts.push_back(caution.text);
  }
}

// Fixes of the findings, and the same on the pod in place of the containers, or the other way round.
class Changes {
 public:
  Changes(const Policy::Impl& policy, const Document& document, const ObjectFacts& facts, const std::vector<std::string>& reads)
      : document_(document), facts_(facts), reads_(reads) {
    for (const EntryRule& rule : policy.entry_rules()) {
      for (const RuleText& text : rule.rules) texts_.push_back(text);
    }
  }

  [[nodiscard]] std::vector<ObjectChange> candidates(const std::vector<Finding>& findings) const {
    std::vector<std::string> fixes;
    std::vector<std::string> others;
    for (const Finding& finding : findings) {
      fixes.push_back(fix_of(finding));
      others.push_back(elsewhere(fixes.back()));
    }
    std::vector<ObjectChange> made;
    add(findings, fixes, made);
    if (others != fixes) add(findings, others, made);
    return made;
  }

 private:
  [[nodiscard]] std::string fix_of(const Finding& finding) const {
    for (const RuleText& text : texts_) {
      if (text.file == finding.source_file && text.line == finding.source_line) return text.fix_json;
    }
    return {};
  }

  // `pod/securityContext/x` as `container/securityContext/x`, where the rule reads that too; its description was of the other.
  [[nodiscard]] std::string elsewhere(const std::string& fix) const {
    for (const auto& [from, to] : {std::pair<std::string, std::string>("\"pod/", "\"container/"), {"\"container/", "\"pod/"}}) {
      const std::size_t at = fix.find(from);
      if (at == std::string::npos) continue;
      std::string field = fix.substr(at + from.size(), fix.find('"', at + 1) - at - from.size());
      std::replace(field.begin(), field.end(), '/', '.');
      const bool is_read = std::find(reads_.begin(), reads_.end(), to == "\"container/" ? "containers[*]." + field : field) != reads_.end();
      if (!is_read) continue;
      std::string made = fix;
      made.replace(at, from.size(), to);
      const std::size_t said = made.find("\"description\":");
      if (said == std::string::npos) return made;
      const std::size_t end = made.find('"', made.find('"', said + 14) + 1) + 1;
      made.replace(said, end - said, "");
      for (const auto& [wrong, right] : {std::pair<std::string_view, std::string_view>("{,", "{"), {",,", ","}, {",}", "}"}}) {
        if (const std::size_t bad = made.find(wrong); bad != std::string::npos) made.replace(bad, wrong.size(), right);
      }
      return made;
    }
    return fix;
  }

  void add(const std::vector<Finding>& findings, const std::vector<std::string>& fixes, std::vector<ObjectChange>& made) const {
    std::vector<Finding> mended = findings;
    for (Finding& finding : mended) finding.fix.reset();
    FixSpecs specs;
    add_fixes(document_, facts_, fixes, specs, mended);
    ObjectChange change;
    std::vector<std::string> told;
    for (const Finding& finding : mended) {
      if (!finding.fix) return;  // one that stays
      for (const TextEdit& edit : finding.fix->edits) {
        const auto is_same = [&](const TextEdit& other) { return other.begin == edit.begin && other.end == edit.end && other.text == edit.text; };
        if (std::any_of(change.edits.begin(), change.edits.end(), is_same)) continue;
        change.edits.push_back(edit);
        const auto newlines = static_cast<std::size_t>(std::count(edit.text.begin(), edit.text.end(), '\n'));
        change.lines += std::max<std::size_t>(newlines, 1);
      }
      const bool is_of_container = !finding.container.empty() && finding.fix->description.find("on the pod") == std::string::npos;
      const bool says_pod = finding.fix->description.find("on the pod") != std::string::npos;
      const std::string text = is_of_container ? fmt::format("{} on \"{}\"", finding.fix->description, finding.container)
                                               : finding.fix->description + (says_pod || facts_.containers.empty() ? "" : " on the pod");
      if (std::find(told.begin(), told.end(), text) != told.end()) continue;
      told.push_back(text);
      change.description += (change.description.empty() ? "" : " and ") + text;
    }
    std::sort(change.edits.begin(), change.edits.end(), [](const TextEdit& a, const TextEdit& b) { return std::pair(a.begin, a.end) < std::pair(b.begin, b.end); });
    if (!change.edits.empty()) made.push_back(std::move(change));
  }

  const Document& document_;
  const ObjectFacts& facts_;
  const std::vector<std::string>& reads_;
  std::vector<RuleText> texts_;
};

// Empty where edits overlap.
std::optional<std::string> edited(std::string_view text, const std::vector<TextEdit>& edits) {
  std::string made;
  std::size_t at = 0;
  for (const TextEdit& edit : edits) {
    if (edit.begin < at || edit.end > text.size()) return std::nullopt;
    made += text.substr(at, edit.begin - at);
    made += edit.text;
    at = edit.end;
  }
  return made + std::string(text.substr(at));
}

std::vector<Finding> findings_of(const Verdict& verdict, const RuleInfo& rule) {
  std::vector<Finding> made;
  std::copy_if(verdict.findings.begin(), verdict.findings.end(), std::back_inserter(made), [&](const Finding& one) { return one.rule == rule.id; });
  return made;
}

}  // namespace

ObjectPage explain_object(const Policy& policy, const RuleInfo& rule, std::string_view text, DocumentFormat format, std::string_view name, std::string_view object) {
  ObjectPage page;
  page.rule = rule;
  const std::vector<std::string> reads = rule_reads(rule.id);
  Evaluator::Impl evaluator(policy.impl());
  evaluator.options.judges_pods = !rule.level.empty();
  std::vector<ObjectChange> candidates;
  std::size_t meant = 0;

  evaluator.on_judged = [&](const Document& document, const Verdict& verdict) {
    const ObjectFacts facts = object_facts(document);
    if (!is_meant(facts.identity, object) || meant != 0) return;
    candidates.clear();
    page.facts.clear();
    page.cautions.clear();
    page.caution_texts.clear();
    const std::vector<Finding> own = findings_of(verdict, rule);
    Facts(document, facts, own, page).run(reads);
    if (own.empty()) add_cautions(document, rule_cautions(rule.id), page);
    if (!own.empty()) candidates = Changes(*policy.impl(), document, facts, reads).candidates(own);
  };
  MemoryInput input(text);
  evaluator.evaluate(input, format, name, [&](const Verdict& verdict) {
    if (!verdict.object.kind.empty()) page.objects.push_back(name_of(verdict.object));
    if (verdict.object.kind.empty() && verdict.errors != nullptr) page.errors.append(*verdict.errors);
    if (!is_meant(verdict.object, object) || ++meant > 1) return true;
    page.status = verdict.status;
    page.object = verdict.object;
    page.document = verdict.document;
    page.is_skipped = verdict.pod_proof == PodProof::Absent && !rule.level.empty();
    page.findings = findings_of(verdict, rule);
    if (verdict.errors != nullptr) page.errors.append(*verdict.errors);
    return true;
  });
  evaluator.on_judged = nullptr;
  page.is_found = meant == 1;
  if (meant > 1) std::erase_if(page.objects, [&](const std::string& one) { return one.substr(one.rfind('/')) != object.substr(object.rfind('/')); });
  if (!page.is_found) return page;
  for (ObjectChange& change : candidates) {
    const std::optional<std::string> changed = edited(text, change.edits);
    if (!changed) continue;
    bool is_allowed = false;
    MemoryInput again(*changed);
    evaluator.evaluate(again, format, name, [&](const Verdict& verdict) {
      if (is_meant(verdict.object, object)) is_allowed = verdict.status != Status::Error && findings_of(verdict, rule).empty();
      return true;
    });
    if (is_allowed) page.changes.push_back(std::move(change));
  }
  std::stable_sort(page.changes.begin(), page.changes.end(), [](const ObjectChange& a, const ObjectChange& b) { return a.lines < b.lines; });
  return page;
}

}  // namespace psdl::tools
