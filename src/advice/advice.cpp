// What was seen at each place, weighed; what is turned off, left out.
#include "advice/advice.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <unordered_set>

#include "advice/infer.hpp"
#include "syntax/visit.hpp"

namespace psdl {
namespace {

using advice::Inference;
using advice::Log;
using advice::Observation;
using advice::Remark;
using advice::Topic;

// All that was said of one place.
struct Weighed {
  bool is_fine = false;
  std::shared_ptr<const Remark> remark;
};
using Place = std::tuple<Topic, std::uint32_t, std::uint32_t, std::uint32_t>;

class Scales {
 public:
  void add(const Log& log) {
    for (const Observation& one : log) {
      if (one.answer != nullptr) {
        if (seen_.insert(one.answer).second) add(one.answer->log);
        continue;
      }
      Weighed& weighed = places_[{one.topic, one.place.source, one.place.begin, one.place.end}];
      if (one.remark == nullptr) weighed.is_fine = true;
      if (weighed.remark == nullptr) weighed.remark = one.remark;
    }
  }
  [[nodiscard]] const std::map<Place, Weighed>& places() const { return places_; }

 private:
  std::map<Place, Weighed> places_;
  std::unordered_set<const advice::Answer*> seen_;
};

// Reads of a field anywhere but in the place that was told of: another test may look after its absence.
class FieldCounts {
 public:
  explicit FieldCounts(const CheckedPolicy& policy) {
    for (const auto& module : policy.modules()) {
      for (ast::Rule* rule : module->rules) {
        ast::walk(*rule, [&](ast::Term& term) {
          if (const auto* text = term.as<ast::String>())
            counts_[text->text].insert({term.span.source, term.span.begin});
          return false;
        });
      }
    }
  }
  [[nodiscard]] bool is_single(std::string_view field) const {
    const auto found = counts_.find(field);
    return found != counts_.end() && found->second.size() == 1;
  }

 private:
  std::map<std::string_view, std::set<std::pair<std::uint32_t, std::uint32_t>>> counts_;
};

// `custom: {psdl: {off: [..]}}`.
const ast::Array* codes_off(const ast::Annotations& annotations) {
  const auto member = [](const ast::Term* term, std::string_view name) -> const ast::Term* {
    const auto* object = term != nullptr ? term->as<ast::Object>() : nullptr;
    if (object == nullptr) return nullptr;
    for (const ast::Pair& pair : *object) {
      const auto* key = pair.key->as<ast::String>();
      if (key != nullptr && key->text == name) return pair.value;
    }
    return nullptr;
  };
  const ast::Term* off = member(member(annotations.custom, "psdl"), "off");
  return off != nullptr ? off->as<ast::Array>() : nullptr;
}

bool turns_off(const ast::Annotations& annotations, std::string_view code) {
  const ast::Array* codes = codes_off(annotations);
  if (codes == nullptr) return false;
  return std::any_of(codes->begin(), codes->end(), [&](const ast::Term* one) {
    const auto* text = one->as<ast::String>();
    return text != nullptr && text->text == code;
  });
}

// Codes that are none turn nothing off.
void check_codes(const CheckedPolicy& policy, std::size_t own, Diagnostics& diagnostics) {
  constexpr std::string_view kCodes[] = {"absence_passes", "never_equal", "never_fires", "no_such_field",
                                         "no_such_rule"};
  for (const auto& module : policy.modules()) {
    for (const ast::Annotations* annotations : module->annotations) {
      const ast::Array* codes = codes_off(*annotations);
      if (codes == nullptr || annotations->span.source >= own) continue;
      for (const ast::Term* one : *codes) {
        const auto* text = one->as<ast::String>();
        if (text != nullptr && std::find(std::begin(kCodes), std::end(kCodes), text->text) != std::end(kCodes))
          continue;
        const std::string shown = text != nullptr ? std::string(text->text) : "something else";
        const std::string near =
            text != nullptr ? advice::nearest_name({std::begin(kCodes), std::end(kCodes)}, text->text) : "";
        Diagnostic& made = diagnostics.warning("unknown_setting", annotations->span,
                                               "`psdl.off` lists codes of advice, and `" + shown + "` is none");
        made.beyond_opa = true;
        if (!near.empty()) made.help.push_back("did you mean `" + near + "`?");
      }
    }
  }
}

bool is_off(const ast::Rule& rule, std::string_view code) {
  for (const ast::Annotations* annotations : rule.module->annotations) {
    if (!turns_off(*annotations, code)) continue;
    const bool is_package =
        annotations->scope == ast::AnnotationScope::Package || annotations->scope == ast::AnnotationScope::Subpackages;
    if (is_package || annotations->rule == nullptr) return true;
    for (const ast::Rule* branch = annotations->rule; branch != nullptr; branch = branch->else_rule) {
      if (branch == &rule) return true;
    }
    const bool is_same_name = ast::compare(annotations->rule->head->reference[0], rule.head->reference[0]) == 0;
    if (annotations->scope == ast::AnnotationScope::Document && is_same_name) return true;
  }
  return false;
}

}  // namespace

void advise(const CheckedPolicy& policy, std::span<const Source* const> sources, std::size_t own, bool has_data,
            Diagnostics& diagnostics) {
  Inference inference(policy);
  if (!inference.run()) {
    const auto& modules = policy.modules();
    Diagnostic& left_out = diagnostics.warning("no_advice", modules.front()->package->span,
                                               "the rules reach each other in too many ways for advice: none is given");
    left_out.beyond_opa = true;
    return;
  }
  Scales scales;
  scales.add(inference.log());
  check_codes(policy, own, diagnostics);
  const FieldCounts counts(policy);
  std::vector<const Remark*> told;
  for (const auto& [place, weighed] : scales.places()) {
    if (weighed.remark == nullptr || (weighed.is_fine && std::get<Topic>(place) != Topic::Absence)) continue;
    const Remark& remark = *weighed.remark;
    if (remark.diagnostic.span.source >= std::min(own, sources.size())) continue;
    if (std::get<Topic>(place) == Topic::Absence && !counts.is_single(remark.field)) continue;
    if (has_data && remark.diagnostic.code == "no_such_rule" && remark.diagnostic.severity != Severity::Error) continue;
    if (remark.rule != nullptr && is_off(*remark.rule, remark.diagnostic.code)) continue;
    told.push_back(&remark);
  }
  std::stable_sort(told.begin(), told.end(), [](const Remark* a, const Remark* b) {
    const Span first = a->diagnostic.span;
    const Span second = b->diagnostic.span;
    return std::tie(first.source, first.begin) < std::tie(second.source, second.begin);
  });
  for (const Remark* remark : told) diagnostics.add(remark->diagnostic).beyond_opa = true;
}

}  // namespace psdl
