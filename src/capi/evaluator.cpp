// psdl_evaluator: documents through the engine into a result.
#include <algorithm>
#include <charconv>
#include <optional>
#include <string>

#include "capi/arguments.hpp"
#include "capi/builder.hpp"
#include "capi/guard.hpp"
#include "capi/objects.hpp"
#include "capi/result.hpp"
#include "codec/stream.hpp"

namespace psdl::capi {

Evaluator::Impl& EvaluatorObject::engine() {
  if (impl == nullptr) {
    impl = std::make_unique<Evaluator::Impl>(policy.impl());
    impl->limits = limits;
    impl->arena.set_limit(limits.memory_bytes);
    impl->options = options;
    impl->cancel = &cancelled;
    data_version = 0;
    if (data != nullptr) {
      data_version = data->version();
      impl->data = data->snapshot();
    }
    if (policy.impl()->host != nullptr && calls == nullptr) calls = std::make_unique<HostCalls>(memory());
  }
  if (data != nullptr && data->version() != data_version) {
    data_version = data->version();
    impl->data = data->snapshot();
  }
  if (calls != nullptr) calls->start();
  return *impl;
}

psdl_status EvaluatorObject::status_of_errors(const DiagnosticList& errors) const {
  const psdl_status status = status_of(errors);
  return status == PSDL_EVALUATION && calls != nullptr && calls->has_failed() ? PSDL_CALLBACK : status;
}

Machine& EvaluatorObject::machine_for(const std::shared_ptr<const Query::Impl>& query) {
  for (const QueryMachine& one : query_machines) {
    if (one.query == query) return *one.machine;
  }
  QueryMachine made{query, std::make_unique<Machine>(query->program, limits)};
  if (query_machines.size() < kMostMachines) return *query_machines.emplace_back(std::move(made)).machine;
  QueryMachine& oldest = query_machines[next_machine++ % kMostMachines];
  oldest = std::move(made);
  return *oldest.machine;
}

namespace {

psdl_status read_evaluator_options(const psdl_evaluator_options& given, EvaluatorObject& object) {
  EngineOptions wanted;
  DiagnosticList problems;
  if (!read_limits(given.limits, given.limit_count, wanted.limits) || !set_limits(wanted, object.limits, problems))
    return PSDL_BAD_ARGUMENT;
  EvaluateOptions& options = object.options;
  if (given.data != nullptr) {
    const Pinned<DataObject> data(given.data);
    if (data.status() != PSDL_OK) return data.status();
    if (data->store->policy() != object.policy.impl()) return PSDL_BAD_ARGUMENT;
    object.data = data->store;
  }
  if (given.fixes_now) options.now_ns = given.now_ns;
  options.seed = given.seed;
  options.strict_builtin_errors = given.strict_builtin_errors;
  options.strict_fields = given.strict_fields;
  options.check_types = !given.trust_types;
  options.skip_non_manifests = given.skip_non_manifests;
  options.locates = !given.without_places;
  options.psa = given.with_psa;
  options.judges_pods = object.traits->judges_pods;
  return PSDL_OK;
}

psdl_status make_evaluator(const PolicyObject& from, const psdl_evaluator_options* options, psdl_evaluator** out) {
  psdl_evaluator_options given;
  if (!read_options(options, given)) return PSDL_BAD_ARGUMENT;
  auto* const handle = reinterpret_cast<psdl_evaluator*>(make_handle<EvaluatorObject>(from.memory()));
  const psdl_status status = inside<EvaluatorObject>(handle, [&](EvaluatorObject& object) -> psdl_status {
    object.policy = from.policy;
    object.traits = from.traits;
    object.limits = from.policy.impl()->limits;
    const psdl_status read = read_evaluator_options(given, object);
    object.is_for_queries = !object.traits->no_entries.empty();
    if (read == PSDL_OK && !object.is_for_queries) object.engine().prepare_findings();
    return read;
  });
  if (status != PSDL_OK) {
    static_cast<void>(end_handle(HandleKind::Evaluator, handle));
    return status;
  }
  *out = handle;
  return PSDL_OK;
}

struct ReadDocument {
  std::string_view text;
  std::string_view name;
  DocumentFormat format = DocumentFormat::Auto;
};

bool read_document(const psdl_document* given, ReadDocument& out) {
  psdl_document document;
  if (!read_struct(given, document) || !read_bytes(document.text.data, document.text.length, out.text) ||
      !read_text(document.name, out.name))
    return false;
  const std::optional<DocumentFormat> format = read_format(document.format);
  if (!format) return false;
  out.format = *format;
  if (out.name.empty()) out.name = "input";
  return true;
}

// The verdicts on one text, made in a result or, where there is none, for nothing but their sum. The evaluator's
// engine() is there.
class Judging final : public VerdictSink {
 public:
  Judging(EvaluatorObject& evaluator, ResultObject* result, std::size_t text)
      : evaluator_(evaluator), result_(result), text_(text) {}

  void run(const ReadDocument& document) {
    if (is_cancelled(document.name)) return;
    MemoryInput input(document.text);
    evaluator_.impl->evaluate(input, document.format, document.name, *this);
    finish(document.name);
  }

  void run(const Document& document, std::string_view name) {
    if (is_cancelled(name)) return;
    evaluator_.impl->evaluate(document, name, *this);
    finish(name);
  }

  [[nodiscard]] psdl_status status() const { return status_; }
  [[nodiscard]] psdl_verdict overall() const { return overall_; }

  Verdict& next() override { return result_ != nullptr ? result_->add(text_) : evaluator_.unseen; }

  bool take(Verdict& verdict) override {
    const PolicyTraits& traits = *evaluator_.traits;
    if (traits.is_standard && verdict.pod_proof == PodProof::Absent && verdict.status == Status::Allow)
      verdict.status = Status::Skipped;
    count(verdict);
    return !evaluator_.cancelled.load(std::memory_order_relaxed) || !is_cancelled(std::string(verdict.document));
  }

  // A verdict that says why there is none.
  void fail(std::string_view name, std::string_view code, std::string_view message) {
    Verdict& verdict = evaluator_.impl->next_of(*this);
    verdict.document = name;
    auto errors = std::make_shared<DiagnosticList>();
    errors->add_error(code, message, name);
    verdict.errors = std::move(errors);
    count(verdict);
  }

 private:
  void count(const Verdict& verdict) {
    overall_ = overall_ == PSDL_VERDICT_NONE ? verdict_of(verdict.status) : worse(overall_, verdict_of(verdict.status));
    if (result_ != nullptr) result_->overall = worse(result_->overall, overall_);
    if (verdict.status == Status::Error && status_ == PSDL_OK)
      status_ = verdict.errors != nullptr ? evaluator_.status_of_errors(*verdict.errors) : PSDL_INTERNAL;
    if (evaluator_.calls != nullptr) evaluator_.calls->start();
  }

  // What is not looked at any more must show.
  bool is_cancelled(std::string_view name) {
    if (!evaluator_.cancelled.load(std::memory_order_relaxed)) return false;
    if (status_ == PSDL_CANCELLED) return true;
    fail(name, "eval_cancel_error", "caller cancelled query execution");
    status_ = PSDL_CANCELLED;
    return true;
  }

  void finish(std::string_view name) {
    if (overall_ == PSDL_VERDICT_NONE) fail(name, "no_objects", "no object was checked: the text holds none");
  }

  EvaluatorObject& evaluator_;
  ResultObject* result_;
  std::size_t text_;
  psdl_status status_ = PSDL_OK;
  psdl_verdict overall_ = PSDL_VERDICT_NONE;
};

// Why the policy cannot find anything, where it cannot.
bool can_find(const EvaluatorObject& evaluator, ResultObject* result) {
  if (!evaluator.is_for_queries) return true;
  if (result != nullptr) {
    result->errors = evaluator.traits->no_entries;
    result->overall = PSDL_VERDICT_ERROR;
  }
  return false;
}

// A call that fills a result. After something was thrown neither handle is left half done, and no failure leaves what an
// earlier call found.
template <class F>
psdl_status filling(psdl_evaluator* evaluator, psdl_result* result, Holds what, F&& body) noexcept {
  const Entered<EvaluatorObject> used(evaluator);
  const Entered<ResultObject> filled(result);
  if (filled.status() == PSDL_OK) begin_epoch(filled.slot());
  if (used.status() != PSDL_OK) {
    if (filled.status() == PSDL_OK) {
      static_cast<void>(guarded(filled->running(), [&]() -> psdl_status {
        filled->clear(what);
        filled->fail();
        return PSDL_OK;
      }));
    }
    return used.status();
  }
  if (filled.status() != PSDL_OK) return filled.status();
  const psdl_status status = guarded(used->running(), [&] {
    static_cast<void>(used->engine());
    const RunningCalls calls(used->calls.get());
    return body(*used, *filled);
  });
  if (status == PSDL_OUT_OF_MEMORY || status == PSDL_INTERNAL) {
    used->forget();
    filled->fail();
  }
  return status;
}

psdl_status evaluate(EvaluatorObject& evaluator, const psdl_document* document, ResultObject& result) {
  ReadDocument read;
  result.clear(Holds::Verdicts);
  if (!read_document(document, read)) {
    result.fail();
    return PSDL_BAD_ARGUMENT;
  }
  if (!can_find(evaluator, &result)) return PSDL_BAD_POLICY;
  Judging judging(evaluator, &result, 0);
  judging.run(read);
  return judging.status();
}

// A document that was built, while it is used.
psdl_status use_built(const EvaluatorObject& evaluator, const Entered<BuilderObject>& builder) {
  if (builder.status() != PSDL_OK) return builder.status();
  if (builder->is_of_call || builder->policy != evaluator.policy.impl()) return PSDL_BAD_ARGUMENT;
  return builder->build.is_open() || !builder->build.root().is_defined() ? PSDL_BAD_ARGUMENT : PSDL_OK;
}

psdl_status evaluate_built(EvaluatorObject& evaluator, psdl_builder* document, std::string_view name,
                           ResultObject& result) {
  result.clear(Holds::Verdicts);
  const Entered<BuilderObject> built(document);
  if (const psdl_status status = use_built(evaluator, built); status != PSDL_OK) {
    result.fail();
    return status;
  }
  if (!can_find(evaluator, &result)) return PSDL_BAD_POLICY;
  const std::string_view shown = name.empty() ? "input" : name;
  Judging judging(evaluator, &result, 0);
  judging.run(built->document(shown), shown);
  return judging.status();
}

// --- batches

// Whether its columns of bits can be written.
bool read_columns(const psdl_batch* given, psdl_batch& batch) {
  return read_struct(given, batch) && batch.count <= kMostBytes / sizeof(void*);
}

// The three columns of bits.
class VerdictBits {
 public:
  explicit VerdictBits(const psdl_batch& batch) : batch_(batch) {
    for (std::uint64_t* const column : {batch.allowed, batch.denied, batch.failed}) {
      if (column != nullptr) std::fill_n(column, (batch.count + 63) / 64, std::uint64_t{0});
    }
  }
  // Of a batch that is not judged.
  static void fail(const psdl_batch* given) {
    psdl_batch batch;
    if (!read_columns(given, batch)) return;
    const VerdictBits bits(batch);
    for (std::size_t i = 0; i < batch.count; ++i) bits.set(i, PSDL_VERDICT_ERROR);
  }
  void set(std::size_t index, psdl_verdict verdict) const {
    std::uint64_t* const column = verdict == PSDL_VERDICT_ALLOW   ? batch_.allowed
                                  : verdict == PSDL_VERDICT_DENY  ? batch_.denied
                                  : verdict == PSDL_VERDICT_ERROR ? batch_.failed
                                                                  : nullptr;
    if (column != nullptr) column[index / 64] |= std::uint64_t{1} << (index % 64);
  }

 private:
  const psdl_batch& batch_;
};

bool can_be_judged(const psdl_batch& batch) {
  if (!read_format(batch.format)) return false;
  return batch.count == 0 || (batch.texts != nullptr && batch.lengths != nullptr &&
                              (batch.names == nullptr) == (batch.name_lengths == nullptr));
}

// Its number, where the batch has no names.
struct NumberName {
  char digits[20];
  std::string_view of(std::size_t number) {
    return {digits, static_cast<std::size_t>(std::to_chars(digits, digits + sizeof digits, number).ptr - digits)};
  }
};

bool read_text_of_batch(const psdl_batch& batch, std::size_t index, NumberName& number, ReadDocument& out) {
  if (!read_bytes(batch.texts[index], batch.lengths[index], out.text)) return false;
  if (batch.names != nullptr && !read_text(batch.names[index], batch.name_lengths[index], out.name)) return false;
  if (out.name.empty()) out.name = number.of(index);
  out.format = *read_format(batch.format);
  return true;
}

psdl_status evaluate_batch(EvaluatorObject& evaluator, const psdl_batch& batch, const VerdictBits& bits,
                           std::size_t& done, ResultObject* result) {
  psdl_status first = PSDL_OK;
  for (; done < batch.count; ++done) {
    ReadDocument read;
    NumberName number;
    psdl_status status = PSDL_BAD_ARGUMENT;
    if (read_text_of_batch(batch, done, number, read)) {
      Judging judging(evaluator, result, done);
      judging.run(read);
      status = judging.status();
      bits.set(done, judging.overall());
    } else {
      Judging judging(evaluator, result, done);
      judging.fail(number.of(done), "bad_argument", "not judged: the batch has no such text, or its name is no UTF-8");
      bits.set(done, PSDL_VERDICT_ERROR);
    }
    if (first == PSDL_OK) first = status;
    if (status == PSDL_CANCELLED) return first;
  }
  return first;
}

// Without a look for places where nobody sees them.
class PlacesLeftOut {
 public:
  PlacesLeftOut(Evaluator::Impl& engine, bool are_left_out) : engine_(engine), locates_(engine.options.locates) {
    if (are_left_out) engine_.options.locates = false;
  }
  ~PlacesLeftOut() { engine_.options.locates = locates_; }
  PlacesLeftOut(const PlacesLeftOut&) = delete;
  PlacesLeftOut& operator=(const PlacesLeftOut&) = delete;

 private:
  Evaluator::Impl& engine_;
  bool locates_;
};

psdl_status run_batch(EvaluatorObject& evaluator, const psdl_batch* given, ResultObject* result) {
  psdl_batch batch;
  if (result != nullptr) result->clear(Holds::Verdicts);
  if (!read_columns(given, batch) || !can_be_judged(batch)) {
    VerdictBits::fail(given);
    if (result != nullptr) result->fail();
    return PSDL_BAD_ARGUMENT;
  }
  if (result != nullptr) result->is_batch = true;
  const VerdictBits bits(batch);
  std::size_t done = 0;
  psdl_status status = PSDL_BAD_POLICY;
  if (can_find(evaluator, result)) {
    // Bits are set though something is thrown on the way.
    status = guarded(evaluator.running(), [&] {
      const PlacesLeftOut places(evaluator.engine(), result == nullptr);
      return evaluate_batch(evaluator, batch, bits, done, result);
    });
  }
  for (; done < batch.count; ++done) bits.set(done, PSDL_VERDICT_ERROR);
  return status;
}

// --- queries

struct Asked {
  EvaluatorObject& evaluator;
  const std::shared_ptr<const Query::Impl>& query;
  ResultObject& result;
};

psdl_status ask(const Asked& asked, const Value& input, std::string_view name) {
  Evaluator::Impl& engine = asked.evaluator.engine();
  ResultObject& result = asked.result;
  engine.arena.reset();
  const EvaluateOptions now = engine.options_now();
  const QueryRun run{input, engine.data_root(), &now, &asked.evaluator.cancelled, name};
  const Value rows = run_query(*asked.query, asked.evaluator.machine_for(asked.query), engine.arena, run,
                               result.printed, result.errors);
  if (!result.errors.empty()) return asked.evaluator.status_of_errors(result.errors);
  result.query = asked.query;
  if (!rows.is_array()) return PSDL_OK;
  // The machine's memory is for the next one.
  result.arena.set_limit(asked.evaluator.limits.memory_bytes);
  result.rows = copy_into(result.arena, rows);
  if (result.rows.is_array()) return PSDL_OK;
  result.errors.add_error("limit_memory_bytes", "the answer takes more memory than the limit `memory_bytes`", name);
  return PSDL_LIMIT;
}

psdl_status refuse(ResultObject& result, std::string_view code, std::string_view message, std::string_view name) {
  result.errors.add_error(code, message, name);
  return PSDL_BAD_INPUT;
}

// The one document of a text.
psdl_status ask_text(const Asked& asked, const ReadDocument& read) {
  EvaluatorObject& evaluator = asked.evaluator;
  std::unique_ptr<DocumentStream>& stream = evaluator.query_streams[static_cast<std::size_t>(read.format)];
  MemoryInput input(read.text);
  if (stream == nullptr) {
    stream = std::make_unique<DocumentStream>(
        input, evaluator.engine().stream_options(read.format, read.name, evaluator.policy.impl()->keys(), false));
  }
  stream->restart(input, read.name);
  const DocumentStream::Step step = stream->next();
  if (step.error != nullptr) {
    asked.result.errors.impl().add(*step.error);
    return status_of(asked.result.errors);
  }
  if (step.document == nullptr) return refuse(asked.result, "no_objects", "the text holds no document", read.name);
  if (stream->has_several())
    return refuse(asked.result, "several_documents", "the text holds more than one document: a query has one input",
                  read.name);
  return ask(asked, step.document->root(), read.name);
}

// Clears the result and finds the query.
template <class F>
psdl_status asking(psdl_evaluator* evaluator, const psdl_query* query, psdl_result* result, F&& body) noexcept {
  return filling(evaluator, result, Holds::Rows, [&](EvaluatorObject& used, ResultObject& filled) -> psdl_status {
    filled.clear(Holds::Rows);
    const Pinned<QueryObject> pinned(query);
    if (pinned.status() != PSDL_OK) return pinned.status();
    const std::shared_ptr<const Query::Impl>& impl = pinned->query.impl();
    if (impl->policy != used.policy.impl()) return PSDL_BAD_ARGUMENT;
    if (used.cancelled.load(std::memory_order_relaxed)) {
      filled.errors.add_error("eval_cancel_error", "caller cancelled query execution");
      return PSDL_CANCELLED;
    }
    return body(Asked{used, impl, filled});
  });
}

}  // namespace
}  // namespace psdl::capi

using namespace psdl;        // NOLINT: definitions of psdl.h
using namespace psdl::capi;  // NOLINT

extern "C" {

psdl_status psdl_evaluator_new(const psdl_policy* policy, const psdl_evaluator_options* options,
                               psdl_evaluator** out) noexcept {
  if (out == nullptr) return PSDL_BAD_ARGUMENT;
  *out = nullptr;
  return with<PolicyObject>(policy, [&](const PolicyObject& from) { return make_evaluator(from, options, out); });
}

psdl_status psdl_evaluator_free(psdl_evaluator* evaluator) noexcept {
  return end_handle(HandleKind::Evaluator, evaluator);
}

psdl_status psdl_evaluator_cancel(psdl_evaluator* evaluator) noexcept {
  return with<EvaluatorObject>(evaluator, [](EvaluatorObject& object) -> psdl_status {
    object.cancelled.store(true, std::memory_order_relaxed);
    return PSDL_OK;
  });
}

psdl_status psdl_evaluator_resume(psdl_evaluator* evaluator) noexcept {
  return with<EvaluatorObject>(evaluator, [](EvaluatorObject& object) -> psdl_status {
    object.cancelled.store(false, std::memory_order_relaxed);
    return PSDL_OK;
  });
}

psdl_status psdl_evaluator_evaluate(psdl_evaluator* evaluator, const psdl_document* document,
                                    psdl_result* result) noexcept {
  return filling(evaluator, result, Holds::Verdicts,
                 [&](EvaluatorObject& used, ResultObject& filled) { return evaluate(used, document, filled); });
}

psdl_status psdl_evaluator_evaluate_built(psdl_evaluator* evaluator, psdl_builder* document, const char* name,
                                          size_t name_len, psdl_result* result) noexcept {
  return filling(evaluator, result, Holds::Verdicts, [&](EvaluatorObject& used, ResultObject& filled) -> psdl_status {
    std::string_view shown;
    if (read_text(name, name_len, shown)) return evaluate_built(used, document, shown, filled);
    filled.clear(Holds::Verdicts);
    filled.fail();
    return PSDL_BAD_ARGUMENT;
  });
}

psdl_status psdl_evaluator_evaluate_batch(psdl_evaluator* evaluator, const psdl_batch* batch,
                                          psdl_result* result) noexcept {
  bool has_run = false;
  const auto run = [&](EvaluatorObject& used, ResultObject* filled) {
    has_run = true;
    return run_batch(used, batch, filled);
  };
  psdl_status status = PSDL_OK;
  if (result != nullptr) {
    status = filling(evaluator, result, Holds::Verdicts,
                     [&](EvaluatorObject& used, ResultObject& filled) { return run(used, &filled); });
  } else {
    status = inside<EvaluatorObject>(evaluator, [&](EvaluatorObject& used) {
      static_cast<void>(used.engine());
      const RunningCalls calls(used.calls.get());
      const psdl_status found = run(used, nullptr);
      if (found == PSDL_OUT_OF_MEMORY || found == PSDL_INTERNAL) used.forget();
      return found;
    });
  }
  if (!has_run) VerdictBits::fail(batch);
  return status;
}

psdl_status psdl_evaluator_query(psdl_evaluator* evaluator, const psdl_query* query, const psdl_document* document,
                                 psdl_result* result) noexcept {
  return asking(evaluator, query, result, [&](const Asked& asked) -> psdl_status {
    if (document == nullptr) return ask(asked, Value(), {});
    ReadDocument read;
    return read_document(document, read) ? ask_text(asked, read) : PSDL_BAD_ARGUMENT;
  });
}

psdl_status psdl_evaluator_query_built(psdl_evaluator* evaluator, const psdl_query* query, psdl_builder* document,
                                       psdl_result* result) noexcept {
  return asking(evaluator, query, result, [&](const Asked& asked) {
    const Entered<BuilderObject> built(document);
    const psdl_status status = use_built(asked.evaluator, built);
    return status == PSDL_OK ? ask(asked, built->build.root(), "input") : status;
  });
}

}  // extern "C"
