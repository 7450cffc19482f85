// Documents through a machine. In: bytes; out: a verdict, or a query's answer, for each document.
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>

#include "codec/stream.hpp"
#include "engine/add_fixes.hpp"
#include "engine/policy.hpp"
#include "engine/stream_input.hpp"
#include "kubernetes/check_types.hpp"
#include "kubernetes/marks.hpp"
#include "kubernetes/object.hpp"
#include "runtime/findings.hpp"
#include "runtime/pointer.hpp"
#include "vm/machine.hpp"

namespace psdl {
namespace {

// A stream that is in use, so that `each` may evaluate other texts with another one; it goes back when the call ends.
struct LentStream {
  std::unique_ptr<DocumentStream>& slot;
  std::unique_ptr<DocumentStream> stream;
  ~LentStream() { slot = std::move(stream); }
};

bool is_manifest(const Value& root) {
  const Value* kind = root.is_object() ? root.as_object().find_text("kind") : nullptr;
  if (kind != nullptr) return true;
  std::string pointer;
  return find_pod_spec(root, pointer);
}

}  // namespace

std::int64_t clock_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}

struct Evaluator::Impl {
  std::shared_ptr<const Policy::Impl> policy;
  EvaluateOptions options;
  std::atomic<bool> cancelled{false};
  Arena arena;
  // Made when findings are first asked for; the plain one when there are some.
  std::unique_ptr<Machine> machine;
  std::unique_ptr<Machine> plain_machine;
  std::vector<EntryRule> rules;
  std::function<bool(std::string_view)> is_wanted;  // empty: all
  MarkReader marks;
  std::unique_ptr<DocumentStream> streams[3];  // of findings, by format: their memory is used again
  // Of the query that was asked last.
  std::shared_ptr<const Query::Impl> query;
  std::unique_ptr<Machine> query_machine;

  void prepare_findings() {
    if (machine != nullptr) return;
    machine = std::make_unique<Machine>(policy->program(), policy->limits);
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
    query_machine = std::make_unique<Machine>(query->program, policy->limits);
  }

  [[nodiscard]] StreamOptions stream_options(DocumentFormat format, std::string_view name, std::shared_ptr<const KeyTable> keys, bool manifests) const {
    StreamOptions made;
    made.name = name;
    made.format = stream_format(format);
    made.limits = policy->limits;
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

  [[nodiscard]] Verdict judge_document(const Document& document, const std::string& name, const LeadLines& lead);
  // False, with an error in the verdict, where the pod standards can neither judge the document nor pass over it.
  [[nodiscard]] bool prove_pods(const Document& document, Verdict& verdict) const;
  // False, with the errors in the verdict, where the document is not what Kubernetes' reader takes. `read_as` is then as that reader reads it: undefined
  // where it is the document's own root.
  [[nodiscard]] bool check(const Document& document, Verdict& verdict, Value& read_as);
  std::size_t evaluate(ByteInput& input, DocumentFormat format, std::string_view name, const std::function<bool(const Verdict&)>& each);
};

bool Evaluator::Impl::prove_pods(const Document& document, Verdict& verdict) const {
  PodFacts facts = pod_facts(document);
  verdict.pod_proof = facts.proof;
  if (!options.judges_pods || facts.proof != PodProof::Unproven) return true;
  auto errors = std::make_shared<DiagnosticList>();
  errors->add_error("unproven_pod", fmt::format("`{}` may hold a pod spec, so it cannot be passed over: {}", verdict.document, facts.doubt), document.place().stream,
                    "pod standards judge the kinds of Kubernetes that carry pods, and other kinds that have a pod template at `spec` or `spec.template`");
  verdict.errors = std::move(errors);
  return false;
}

bool Evaluator::Impl::check(const Document& document, Verdict& verdict, Value& read_as) {
  TypeReport report = check_types(document);
  if (!options.wants_containers) report.errors -= std::erase_if(report.problems, [](const TypeProblem& one) { return one.kind == TypeProblem::Kind::NoContainers; });
  if (report.is_clean()) return true;
  if (!report.problems.empty()) {
    auto problems = std::make_shared<DiagnosticList>();
    describe_type_problems(document, report, options.strict_fields, *problems);
    const bool is_refused = problems->has_errors();
    if (is_refused) {
      verdict.errors = std::move(problems);
      return false;
    }
    if (!problems->empty()) verdict.warnings = std::move(problems);
  }
  if (report.is_respelt) read_as = as_kubernetes_reads(arena, document.key_table().get(), document.root());
  return true;
}

Verdict Evaluator::Impl::judge_document(const Document& document, const std::string& name, const LeadLines& lead) {
  Verdict verdict;
  verdict.document = name;
  if (!document.root().is_object()) {
    auto errors = std::make_shared<DiagnosticList>();
    errors->add_error("not_an_object", fmt::format("`{}` is no object: nothing was checked", name), document.place().stream, "a manifest is a map with apiVersion and kind");
    verdict.errors = std::move(errors);
    return verdict;
  }
  if (options.skip_non_manifests && !is_manifest(document.root())) {
    verdict.status = Status::Skipped;
    return verdict;
  }
  verdict.object = object_facts(document).identity;
  verdict.object.source = rendered_from(document, lead);
  if (options.read_labels) verdict.labels = labels_of(document.root());
  if (options.read_marks) verdict.marks = marks.read(document, lead);
  if (!prove_pods(document, verdict)) return verdict;
  arena.reset();
  Value read_as;
  if (options.check_types && !check(document, verdict, read_as)) return verdict;
  const Document respelt = read_as.is_defined() ? document.with_root(read_as) : Document();
  const Document& judged = read_as.is_defined() ? respelt : document;
  JudgeRequest request;
  request.document = &judged;
  request.document_name = name;
  request.data = policy->snapshot()->root;
  request.rules = rules;
  request.facts = object_facts;
  const EvaluateOptions now = options_now();
  request.evaluation.now_ns = *now.now_ns;
  request.evaluation.seed = now.seed;
  request.input = judged.root();
  if (policy->knows_input()) {
    request.plain_input = [this, &judged] { return policy->whole_input(arena, judged.root()); };
    if (policy->reads_known_input()) request.input = request.plain_input();
  }
  request.plain = [this]() -> Machine& {
    if (plain_machine == nullptr) plain_machine = std::make_unique<Machine>(policy->plain_program(), policy->limits);
    return *plain_machine;
  };
  request.cancel = &cancelled;
  request.locates = options.locates;
  if (now.fixes) {
    // Of the text as it is: what a reader makes of it is not written there.
    request.add_fixes = [&document](std::span<Finding> findings, std::span<const std::string> fix_jsons,
                                    const ObjectFacts& facts) {
      add_fixes(document, facts, fix_jsons, findings);
    };
  }
  judge(*machine, arena, request, verdict);
  for (Finding& finding : verdict.findings) finding.object.source = verdict.object.source;
  return verdict;
}

std::size_t Evaluator::Impl::evaluate(ByteInput& input, DocumentFormat format, std::string_view name, const std::function<bool(const Verdict&)>& each) {
  prepare_findings();
  std::unique_ptr<DocumentStream>& kept = streams[static_cast<std::size_t>(format)];
  LentStream lent{kept, std::move(kept)};
  if (lent.stream == nullptr) lent.stream = std::make_unique<DocumentStream>(input, stream_options(format, name, policy->program()->keys, true));
  DocumentStream& stream = *lent.stream;
  stream.restart(input, name);
  marks.start_stream();
  std::size_t evaluated = 0;
  for (;;) {
    const DocumentStream::Step step = stream.next();
    if (step.error != nullptr) {
      Verdict verdict;
      verdict.document = name;
      auto errors = std::make_shared<DiagnosticList>();
      errors->impl().add(*step.error);
      verdict.errors = std::move(errors);
      if (!each(verdict)) return evaluated;
      continue;
    }
    if (step.document == nullptr) return evaluated;
    const std::string document_name = step.document->name(stream.has_several());
    const Value* reviewed = policy->reads_request ? nullptr : reviewed_object(step.document->root());
    const LeadLines lead{stream.lead(), stream.lead_line()};
    Verdict verdict;
    if (reviewed != nullptr) {
      const std::string pointer = std::string(step.document->root_pointer()) + "/request/object";
      const Document object = step.document->part(*reviewed, ".request.object", pointer);
      verdict = judge_document(object, document_name, lead);
    } else {
      verdict = judge_document(*step.document, document_name, lead);
    }
    if (verdict.status == Status::Allow || verdict.status == Status::Deny) ++evaluated;
    if (!each(verdict)) return evaluated;
  }
}

Evaluator::Evaluator(const Policy& policy, EvaluateOptions options) : impl_(std::make_unique<Impl>()) {
  impl_->policy = policy.impl();
  impl_->options = options;
  impl_->arena.set_limit(policy.impl()->limits.memory_bytes);
}
Evaluator::~Evaluator() = default;

void Evaluator::set_options(const EvaluateOptions& options) { impl_->options = options; }
void Evaluator::ask_only(const std::function<bool(std::string_view rule_id)>& is_wanted) {
  impl_->is_wanted = is_wanted;
}
void Evaluator::cancel() { impl_->cancelled.store(true, std::memory_order_relaxed); }

std::size_t Evaluator::evaluate(std::string_view bytes, DocumentFormat format, std::string_view name, const std::function<bool(const Verdict&)>& each) {
  MemoryInput input(bytes);
  return impl_->evaluate(input, format, name, each);
}

std::size_t Evaluator::evaluate(const ReadFunction& read, DocumentFormat format, std::string_view name, const std::function<bool(const Verdict&)>& each) {
  return evaluate(InputStream{read}, format, name, each);
}

std::size_t Evaluator::evaluate(const InputStream& stream, DocumentFormat format, std::string_view name, const std::function<bool(const Verdict&)>& each) {
  FunctionInput input(stream);
  return impl_->evaluate(input, format, name, each);
}

QueryAnswer Evaluator::query(const Query& query) {
  impl_->prepare_query(query);
  impl_->arena.reset();
  return answer_query(*query.impl(), *impl_->query_machine, impl_->arena, Value(), impl_->options_now(), &impl_->cancelled, {});
}

std::size_t Evaluator::query(const Query& query, const ReadFunction& read, DocumentFormat format, std::string_view name,
                             const std::function<bool(const QueryAnswer&)>& each) {
  impl_->prepare_query(query);
  const InputStream unkept{read};
  FunctionInput input(unkept);
  DocumentStream stream(input, impl_->stream_options(format, name, query.impl()->program->keys, false));
  std::size_t asked = 0;
  for (;;) {
    const DocumentStream::Step step = stream.next();
    if (step.error != nullptr) {
      QueryAnswer answer;
      answer.document = name;
      answer.errors.impl().add(*step.error);
      if (!each(answer)) return asked;
      continue;
    }
    if (step.document == nullptr) return asked;
    ++asked;
    impl_->arena.reset();
    const std::string document_name = step.document->name(stream.has_several());
    const QueryAnswer answer =
        answer_query(*query.impl(), *impl_->query_machine, impl_->arena, step.document->root(), impl_->options_now(), &impl_->cancelled, document_name);
    if (!each(answer)) return asked;
  }
}

}  // namespace psdl
