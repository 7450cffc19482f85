// Evaluations of one document. In: a text, or a Python value; out: a Result, or the exception of its status with the
// result in it.
#include "builtins.hpp"
#include "policy.hpp"
#include "values.hpp"

namespace psdl_python {

namespace {

// The result of a call, or its exception.
Result finish(Result&& result, const HostCalls& calls) {
  const psdl_status status = result.status;
  if (status == PSDL_OK) return std::move(result);
  std::vector<Diagnostic> problems = diagnostics_of(result.handle.get());
  raise(status, {"", std::move(problems), nb::cast(std::move(result)), calls.failure});
}

// Calls the engine without the GIL and takes the result's verdict.
template <class F>
Result run(const PolicyRef& state, Worker& worker, F&& body) {
  Result made;
  made.state = state;
  made.handle = state->take_result(worker.evaluator.get());
  HostCalls calls;
  {
    const GilReleased released;
    made.status = body(made.handle.get());
  }
  if (made.status == PSDL_BAD_ARGUMENT || made.status == PSDL_BAD_HANDLE || made.status == PSDL_BUSY)
    raise(made.status);
  static_cast<void>(psdl_result_verdict(made.handle.get(), &made.verdict));
  return finish(std::move(made), calls);
}

psdl_builder* build(const PolicyRef& state, Worker& worker, nb::handle value) {
  if (!worker.builder) {
    psdl_builder* handle = nullptr;
    check(psdl_builder_new(state->policy.get(), &handle));
    worker.builder.reset(handle);
  }
  check(psdl_builder_reset(worker.builder.get()));
  put(worker.builder.get(), value, false);
  return worker.builder.get();
}

psdl_document document_of(const TextOf& text, std::string_view name, std::string_view format) {
  auto document = sized<psdl_document>();
  document.text = text.text;
  document.name = as_text(name);
  document.format = format_of(format);
  return document;
}

}  // namespace

Result evaluate(const PolicyRef& state, Worker& worker, nb::handle given, std::string_view name,
                std::string_view format) {
  const Inside inside(worker);
  const TextOf text(given);
  if (text.is_text) {
    const psdl_document document = document_of(text, name, format);
    return run(state, worker,
               [&](psdl_result* result) { return psdl_evaluator_evaluate(worker.evaluator.get(), &document, result); });
  }
  psdl_builder* const built = build(state, worker, given);
  return run(state, worker, [&](psdl_result* result) {
    return psdl_evaluator_evaluate_built(worker.evaluator.get(), built, name.data(), name.size(), result);
  });
}

Result ask(const PolicyRef& state, Worker& worker, const Query& query, nb::handle input, std::string_view name,
           std::string_view format) {
  const Inside inside(worker);
  if (input.is_none()) {
    return run(state, worker, [&](psdl_result* result) {
      return psdl_evaluator_query(worker.evaluator.get(), query.query.get(), nullptr, result);
    });
  }
  const TextOf text(input);
  if (text.is_text) {
    const psdl_document document = document_of(text, name, format);
    return run(state, worker, [&](psdl_result* result) {
      return psdl_evaluator_query(worker.evaluator.get(), query.query.get(), &document, result);
    });
  }
  psdl_builder* const built = build(state, worker, input);
  return run(state, worker, [&](psdl_result* result) {
    return psdl_evaluator_query_built(worker.evaluator.get(), query.query.get(), built, result);
  });
}

namespace {

struct Settings {
  nb::dict limits;
  nb::object data, now_ns;
  std::uint64_t seed;
  bool strict_builtin_errors, strict_fields, trust_types, skip_non_manifests, without_places, with_psa;
};

void make_evaluator(EvaluatorObject* self, const Policy& policy, const Settings& settings) {
  const Limits limits = limits_of(settings.limits);
  auto options = sized<psdl_evaluator_options>();
  options.limits = limits.data();
  options.limit_count = limits.size();
  if (!settings.data.is_none()) options.data = nb::cast<Data&>(settings.data).data.get();
  options.fixes_now = !settings.now_ns.is_none();
  if (options.fixes_now) options.now_ns = nb::cast<std::int64_t>(settings.now_ns);
  options.seed = settings.seed;
  options.strict_builtin_errors = settings.strict_builtin_errors;
  options.strict_fields = settings.strict_fields;
  options.trust_types = settings.trust_types;
  options.skip_non_manifests = settings.skip_non_manifests;
  options.without_places = settings.without_places;
  options.with_psa = settings.with_psa;
  psdl_evaluator* handle = nullptr;
  const psdl_status status = psdl_evaluator_new(policy.state->policy.get(), &options, &handle);
  if (status != PSDL_OK) raise(status, limits.empty() ? "" : "a limit is unknown, or cannot have this value");
  new (self) EvaluatorObject{policy.state, {EvaluatorHandle(handle), {}, false}, settings.data};
}

void close(EvaluatorObject& self) {
  const Inside inside(self.worker);  // also while a document is built, before the engine is entered
  check(psdl_evaluator_free(self.worker.evaluator.get()));
  static_cast<void>(self.worker.evaluator.release());
  self.worker.builder.reset();
}

}  // namespace

void bind_evaluator(nb::module_& module) {
  nb::class_<EvaluatorObject>(
      module, "Evaluator",
      "Evaluates a policy with limits, data and a clock of its own. One thread at a time: a call\n"
      "that comes while another is inside raises `psdl.BusyError`, but for `cancel()` and\n"
      "`resume()`. A context manager, which closes it.")
      .def(
          "__init__",
          [](EvaluatorObject* self, const Policy& policy, nb::object data, nb::dict limits, nb::object now_ns,
             std::uint64_t seed, bool strict_builtin_errors, bool strict_fields, bool trust_types,
             bool skip_non_manifests, bool without_places, bool with_psa) {
            make_evaluator(self, policy,
                           {limits, data, now_ns, seed, strict_builtin_errors, strict_fields, trust_types,
                            skip_non_manifests, without_places, with_psa});
          },
          nb::arg("policy"), nb::kw_only(), nb::arg("data").none() = nb::none(), nb::arg("limits") = nb::dict(),
          nb::arg("now_ns").none() = nb::none(), nb::arg("seed") = 0, nb::arg("strict_builtin_errors") = false,
          nb::arg("strict_fields") = false, nb::arg("trust_types") = false, nb::arg("skip_non_manifests") = false,
          nb::arg("without_places") = false, nb::arg("with_psa") = false,
          nb::sig("def __init__(self, policy: Policy, *, data: Data | None = None, limits: dict[str, int] = {}, "
                  "now_ns: int | None = None, "
                  "seed: int = 0, strict_builtin_errors: bool = False, strict_fields: bool = False, trust_types: bool "
                  "= False, "
                  "skip_non_manifests: bool = False, without_places: bool = False, with_psa: bool = False) -> None"),
          "limits: names of docs/limits.md, in place of the policy's. data: a `Data` of the same\n"
          "policy. now_ns: what `time.now_ns` answers; None is the clock. strict_builtin_errors: of\n"
          "queries. strict_fields: a field that the type of the object does not have is an error.\n"
          "trust_types: no check against Kubernetes' types. skip_non_manifests: documents that are none\n"
          "are skipped. without_places: findings stand at their file. with_psa: findings of the pod\n"
          "standards carry what the API server prints.")
      .def(
          "evaluate",
          [](EvaluatorObject& self, nb::handle document, std::string_view name, std::string_view format) {
            return evaluate(self.state, self.worker, document, name, format);
          },
          nb::arg("document").none(), nb::kw_only(), nb::arg("name") = "", nb::arg("format") = "auto",
          nb::sig("def evaluate(self, document: typing.Any, *, name: str = '', format: str = 'auto') -> Result"),
          "As `Policy.evaluate()`.")
      .def(
          "ask",
          [](EvaluatorObject& self, const Query& query, nb::handle input, std::string_view name,
             std::string_view format) { return ask(self.state, self.worker, query, input, name, format); },
          nb::arg("query"), nb::arg("input").none() = nb::none(), nb::kw_only(), nb::arg("name") = "",
          nb::arg("format") = "auto",
          nb::sig("def ask(self, query: Query, input: typing.Any = None, *, name: str = '', format: str = 'auto') -> "
                  "Result"),
          "As `Policy.ask()`.")
      .def(
          "cancel", [](EvaluatorObject& self) { check(psdl_evaluator_cancel(self.worker.evaluator.get())); },
          "From any thread: the evaluation that runs ends with `psdl.CancelledError`, and so does each that begins "
          "until `resume()`.")
      .def(
          "resume", [](EvaluatorObject& self) { check(psdl_evaluator_resume(self.worker.evaluator.get())); },
          "Undoes `cancel()`.")
      .def("close", close, "Gives the memory back; everything else then raises `psdl.ClosedError`. Results stay.")
      .def(
          "__enter__", [](nb::object self) { return self; }, nb::sig("def __enter__(self) -> typing.Self"))
      .def(
          "__exit__", [](EvaluatorObject& self, nb::args) { close(self); },
          nb::sig("def __exit__(self, *args: object) -> None"));
}

}  // namespace psdl_python
