// What an Evaluator keeps between documents, for the engine's own files. In: a policy, options; out: verdicts, and each document that was judged to whoever
// wants to look at it too.
#pragma once

#include <algorithm>
#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "codec/stream.hpp"
#include "engine/add_fixes.hpp"
#include "engine/check_texts.hpp"
#include "engine/policy.hpp"
#include "engine/stream_input.hpp"
#include "kubernetes/marks.hpp"
#include "runtime/findings.hpp"
#include "vm/machine.hpp"

namespace psdl {

// Where verdicts are made: what is handed over is filled in where it stays.
class VerdictSink {
 public:
  VerdictSink() = default;
  virtual ~VerdictSink() = default;
  VerdictSink(const VerdictSink&) = delete;
  VerdictSink& operator=(const VerdictSink&) = delete;
  // The one for the next document, which is emptied before it is used.
  [[nodiscard]] virtual Verdict& next() = 0;
  // It is filled in; false: no more.
  [[nodiscard]] virtual bool take(Verdict& verdict) = 0;
};

struct Evaluator::Impl {
  explicit Impl(std::shared_ptr<const Policy::Impl> of) : policy(std::move(of)), limits(policy->limits) { arena.set_limit(limits.memory_bytes); }

  std::shared_ptr<const Policy::Impl> policy;
  Limits limits;                         // the policy's, or the host's own
  std::shared_ptr<const Snapshot> data;  // in place of the policy's; null: that
  EvaluateOptions options;
  std::atomic<bool> cancelled{false};
  const std::atomic<bool>* cancel = &cancelled;
  Arena arena;
  // After each evaluation: the document as the rules saw it, and what came of it. Empty: nobody looks.
  std::function<void(const Document& document, const Verdict& verdict)> on_judged;
  // Made when findings are first asked for; the plain one when there are some.
  std::unique_ptr<Machine> machine;
  std::unique_ptr<Machine> plain_machine;
  std::vector<EntryRule> rules;
  std::function<bool(std::string_view)> is_wanted;  // empty: all
  MarkReader marks;
  std::unique_ptr<DocumentStream> streams[3];  // of findings, by format: their memory is used again
  std::unique_ptr<DocumentStream> built_stream;  // of documents that were built
  // Memory of the document that is judged, used again.
  JudgeMemory memory;
  ObjectFacts facts;
  FixSpecs fix_specs;
  std::optional<std::vector<CheckText>> check_texts;  // of the policy; looked for when a finding first asks
  std::string document_name;
  std::unique_ptr<Verdict> own_verdict;  // for hosts that look at one after another
  // Of the query that was asked last.
  std::shared_ptr<const Query::Impl> query;
  std::unique_ptr<Machine> query_machine;

  void prepare_findings() {
    if (machine != nullptr) return;
    machine = std::make_unique<Machine>(policy->program(), limits);
    rules = policy->entry_rules();
    if (!is_wanted) return;
    const auto is_left_out = [this](const EntryRule& rule) { return !asks(rule); };
    rules.erase(std::remove_if(rules.begin(), rules.end(), is_left_out), rules.end());
  }
  [[nodiscard]] bool asks(const EntryRule& rule) const {
    const auto is_text_wanted = [this](const RuleText& text) { return is_wanted(text.id); };
    return is_wanted(rule.id) || std::any_of(rule.rules.begin(), rule.rules.end(), is_text_wanted);
  }
  void prepare_query(const Query& asked) {
    if (query == asked.impl()) return;
    query = asked.impl();
    query_machine = std::make_unique<Machine>(query->program, limits);
  }

  [[nodiscard]] StreamOptions stream_options(DocumentFormat format, std::string_view name, std::shared_ptr<const KeyTable> keys, bool manifests) const {
    StreamOptions made;
    made.name = name;
    made.format = stream_format(format);
    made.limits = limits;
    made.key_table = std::move(keys);
    made.manifests = manifests;
    if (policy->reads_list_items) made.item_wise_bytes = SIZE_MAX;
    return made;
  }
  [[nodiscard]] EvaluateOptions options_now() const {
    EvaluateOptions now = options;
    if (!now.now_ns) now.now_ns = clock_ns();
    return now;
  }

  [[nodiscard]] const Value& data_root() const { return (data != nullptr ? data : policy->snapshot())->root; }

  [[nodiscard]] Verdict& next_of(VerdictSink& sink) {
    Verdict& verdict = sink.next();
    memory.empty(verdict);
    return verdict;
  }
  // `document_name` is there.
  void judge_document(const Document& document, const LeadLines& lead, Verdict& verdict);
  // Finding::psa of all findings; `request` is the one that found them.
  void add_psa(const JudgeRequest& request, Verdict& verdict);
  // False, with an error in the verdict, where the pod standards can neither judge the document nor pass over it.
  [[nodiscard]] bool prove_pods(const Document& document, Verdict& verdict) const;
  // False, with the errors in the verdict, where the document is not what Kubernetes' reader takes. `read_as` is then as that reader reads it: undefined
  // where it is the document's own root.
  [[nodiscard]] bool check(const Document& document, Verdict& verdict, Value& read_as);
  std::size_t evaluate(ByteInput& input, DocumentFormat format, std::string_view name, const std::function<bool(const Verdict&)>& each);
  std::size_t evaluate(ByteInput& input, DocumentFormat format, std::string_view name, VerdictSink& sink);
  // The same with a document that was built for this policy.
  std::size_t evaluate(const Document& document, std::string_view name, VerdictSink& sink);

 private:
  std::size_t evaluate(DocumentStream& stream, std::string_view name, VerdictSink& sink);
};

}  // namespace psdl
