// Documents through a machine. In: bytes; out: a verdict, or a query's answer, for each document.
#include "engine/evaluator.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <optional>

#include "kubernetes/check_types.hpp"
#include "kubernetes/object.hpp"
#include "runtime/pointer.hpp"

namespace psdl {
namespace {

// What is in use, so that `each` may evaluate other texts with another one; it goes back when the call ends.
template <class T>
struct Lent {
  std::unique_ptr<T>& slot;
  std::unique_ptr<T> held = std::move(slot);
  ~Lent() { slot = std::move(held); }
};

void name_document(const Document& document, bool has_several, std::string& name) {
  if (has_several || document.is_item()) {
    name = document.name(has_several);
  } else {
    name = document.place().stream;
  }
}

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

bool Evaluator::Impl::prove_pods(const Document& document, Verdict& verdict) const {
  const PodFacts pods = pod_facts(document);
  verdict.pod_proof = pods.proof;
  if (!options.judges_pods || pods.proof != PodProof::Unproven) return true;
  auto errors = std::make_shared<DiagnosticList>();
  errors->add_error("unproven_pod",
                    fmt::format("`{}` may hold a pod spec, so it cannot be passed over: {}", verdict.document,
                                pods.doubt),
                    document.place().stream,
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

void Evaluator::Impl::judge_document(const Document& document, const LeadLines& lead, Verdict& verdict) {
  const std::string& name = document_name;
  verdict.document = name;
  verdict.object.document = document.place().ordinal;
  if (!document.root().is_object()) {
    auto errors = std::make_shared<DiagnosticList>();
    errors->add_error("not_an_object", fmt::format("`{}` is no object: nothing was checked", name), document.place().stream, "a manifest is a map with apiVersion and kind");
    verdict.errors = std::move(errors);
    return;
  }
  if (options.skip_non_manifests && !is_manifest(document.root())) {
    verdict.status = Status::Skipped;
    return;
  }
  read_identity(document, verdict.object);
  verdict.object.source = rendered_from(document, lead);
  if (options.read_labels) verdict.labels = labels_of(document.root());
  if (options.read_marks) verdict.marks = marks.read(document, lead);
  if (!prove_pods(document, verdict)) return;
  arena.reset();
  Value read_as;
  if (options.check_types && !check(document, verdict, read_as)) return;
  const Document respelt = read_as.is_defined() ? document.with_root(read_as) : Document();
  const Document& judged = read_as.is_defined() ? respelt : document;
  JudgeRequest request;
  request.document = &judged;
  request.document_name = name;
  request.data = data_root();
  request.rules = rules;
  request.facts = [this](const Document& of) -> const ObjectFacts& {
    read_object_facts(of, facts);
    return facts;
  };
  request.memory = &memory;
  const EvaluateOptions now = options_now();
  request.evaluation.now_ns = *now.now_ns;
  request.evaluation.seed = now.seed;
  request.input = judged.root();
  if (policy->knows_input()) {
    request.plain_input = [this, &judged] { return policy->whole_input(arena, judged.root()); };
    if (policy->reads_known_input()) request.input = request.plain_input();
  }
  request.plain = [this]() -> Machine& {
    if (plain_machine == nullptr) plain_machine = std::make_unique<Machine>(policy->plain_program(), limits);
    return *plain_machine;
  };
  request.cancel = cancel;
  request.locates = options.locates;
  if (now.fixes) {
    // Of the text as it is: what a reader makes of it is not written there.
    request.add_fixes = [this, &document](std::span<Finding> findings, std::span<const std::string> fix_jsons,
                                    const ObjectFacts& of) {
      add_fixes(document, of, fix_jsons, fix_specs, findings);
    };
  }
  judge(*machine, arena, request, verdict);
  if (now.psa) add_psa(request, verdict);
  for (Finding& finding : verdict.findings) finding.object.source = verdict.object.source;
  if (on_judged) on_judged(judged, verdict);
}

void Evaluator::Impl::add_psa(const JudgeRequest& request, Verdict& verdict) {
  if (verdict.findings.empty()) return;
  if (!check_texts) check_texts = psdl::check_texts(*policy);
  RunRequest run;
  run.input = request.plain_input ? request.plain_input() : request.input;
  run.data = request.data;
  run.facts = request.evaluation;
  run.cancel = request.cancel;
  add_check_texts(*check_texts, request.plain(), arena, run, verdict.findings);
}

namespace {

// One verdict after another, for a function.
class FunctionSink final : public VerdictSink {
 public:
  FunctionSink(const std::function<bool(const Verdict&)>& each, Verdict& verdict) : each_(each), verdict_(verdict) {}
  Verdict& next() override { return verdict_; }
  bool take(Verdict& verdict) override { return each_(verdict); }

 private:
  const std::function<bool(const Verdict&)>& each_;
  Verdict& verdict_;
};

}  // namespace

std::size_t Evaluator::Impl::evaluate(ByteInput& input, DocumentFormat format, std::string_view name,
                                      const std::function<bool(const Verdict&)>& each) {
  Lent<Verdict> lent{own_verdict};
  if (lent.held == nullptr) lent.held = std::make_unique<Verdict>();
  FunctionSink sink(each, *lent.held);
  return evaluate(input, format, name, sink);
}

std::size_t Evaluator::Impl::evaluate(ByteInput& input, DocumentFormat format, std::string_view name,
                                      VerdictSink& sink) {
  Lent<DocumentStream> lent{streams[static_cast<std::size_t>(format)]};
  if (lent.held == nullptr) {
    lent.held =
        std::make_unique<DocumentStream>(input, stream_options(format, name, policy->program()->keys, true));
  }
  lent.held->restart(input, name);
  return evaluate(*lent.held, name, sink);
}

std::size_t Evaluator::Impl::evaluate(const Document& document, std::string_view name, VerdictSink& sink) {
  Lent<DocumentStream> lent{built_stream};
  MemoryInput none{std::string_view()};
  if (lent.held == nullptr) {
    lent.held = std::make_unique<DocumentStream>(
        none, stream_options(DocumentFormat::Json, name, policy->program()->keys, true));
  }
  lent.held->restart(none, document, name);
  return evaluate(*lent.held, name, sink);
}

std::size_t Evaluator::Impl::evaluate(DocumentStream& stream, std::string_view name, VerdictSink& sink) {
  prepare_findings();
  marks.start_stream();
  std::size_t evaluated = 0;
  for (;;) {
    const DocumentStream::Step step = stream.next();
    if (step.error != nullptr) {
      Verdict& verdict = next_of(sink);
      verdict.document = name;
      auto errors = std::make_shared<DiagnosticList>();
      errors->impl().add(*step.error);
      verdict.errors = std::move(errors);
      if (step.wrong != nullptr) {
        // Looks ahead, which may find the next error.
        name_document(*step.wrong, stream.has_several(), verdict.document);
        verdict.object.document = step.wrong->place().ordinal;
      }
      if (!sink.take(verdict)) return evaluated;
      continue;
    }
    if (step.document == nullptr) return evaluated;
    const Value* reviewed = policy->reads_request ? nullptr : reviewed_object(step.document->root());
    const LeadLines lead{stream.lead(), stream.lead_line()};
    Verdict& verdict = next_of(sink);
    name_document(*step.document, stream.has_several(), document_name);
    if (reviewed != nullptr) {
      const std::string pointer = std::string(step.document->root_pointer()) + "/request/object";
      const Document object = step.document->part(*reviewed, ".request.object", pointer);
      judge_document(object, lead, verdict);
    } else {
      judge_document(*step.document, lead, verdict);
    }
    if (verdict.status == Status::Allow || verdict.status == Status::Deny) ++evaluated;
    if (!sink.take(verdict)) return evaluated;
  }
}

Evaluator::Evaluator(const Policy& policy, EvaluateOptions options) : impl_(std::make_unique<Impl>(policy.impl())) {
  impl_->options = options;
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
