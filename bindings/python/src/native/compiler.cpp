// The compiler, policies and queries. In: texts; out: policies that any number of threads evaluate.
#include "builtins.hpp"
#include "policy.hpp"

namespace psdl_python {

namespace {

void read_problems(psdl_compiler* compiler, CompilerState::Outcome& outcome) {
  std::size_t count = 0;
  if (psdl_compiler_diagnostic_count(compiler, &count) != PSDL_OK) return;
  for (std::size_t i = 0; i < count; ++i) {
    auto read = sized<psdl_diagnostic>();
    if (psdl_compiler_diagnostic(compiler, i, &read) == PSDL_OK) outcome.problems.push_back(diagnostic_from(read));
  }
  psdl_text report{};
  if (outcome.status != PSDL_OK && psdl_compiler_report(compiler, &report) == PSDL_OK)
    outcome.report = as_string(report);
}

}  // namespace

template <class F>
CompilerState::Outcome CompilerState::call(F&& body) {
  Outcome outcome;
  HostCalls calls;
  {
    const GilReleased released;
    const std::lock_guard lock(mutex_);
    outcome.status = body(handle_.get());
    read_problems(handle_.get(), outcome);
  }
  outcome.cause = calls.failure;
  return outcome;
}

void CompilerState::check(Outcome& outcome) {
  if (outcome.status != PSDL_OK)
    raise(outcome.status, {outcome.report, std::move(outcome.problems), {}, outcome.cause});
}

namespace {

struct Compiler {
  std::shared_ptr<CompilerState> state;
};

struct CompilerSettings {
  nb::dict limits;
  std::vector<std::string> capabilities;
  bool v0_compatible = false, strict = false, drop_prints = false, no_optimise = false;
};

void make_compiler(Compiler* self, const CompilerSettings& settings) {
  const Limits limits = limits_of(settings.limits);
  const Texts capabilities(settings.capabilities);
  auto options = sized<psdl_compiler_options>();
  options.limits = limits.data();
  options.limit_count = limits.size();
  options.capabilities = capabilities.all.data();
  options.capability_count = capabilities.all.size();
  options.v0_compatible = settings.v0_compatible;
  options.strict = settings.strict;
  options.drop_prints = settings.drop_prints;
  options.no_optimise = settings.no_optimise;
  psdl_compiler* handle = nullptr;
  const psdl_status status = psdl_compiler_new(&options, &handle);
  if (status != PSDL_OK) raise(status, limits.empty() ? "" : "a limit is unknown, or cannot have this value");
  new (self) Compiler{std::make_shared<CompilerState>(CompilerHandle(handle))};
}

template <class F>
void add(const Compiler& self, F&& body) {
  CompilerState::Outcome outcome = self.state->call(body);
  CompilerState::check(outcome);
}

struct GivenSource {
  std::string name, text;
  psdl_dialect dialect;
  bool is_library;
};

// (name, text, dialect, is_library), as psdl.Source is.
GivenSource source_from(const nb::tuple& given) {
  const TextOf text(given[1]);
  if (!text.is_text) raise(PSDL_BAD_ARGUMENT, "a source's text is str or bytes");
  return {nb::cast<std::string>(given[0]), as_string(text.text), dialect_of(nb::cast<std::string>(given[2])),
          nb::cast<bool>(given[3])};
}

psdl_source view_of(const GivenSource& source) {
  auto made = sized<psdl_source>();
  made.name = as_text(source.name);
  made.text = as_text(source.text);
  made.dialect = source.dialect;
  made.is_library = source.is_library;
  return made;
}

void add_source(const Compiler& self, const nb::tuple& given) {
  const GivenSource source = source_from(given);
  const psdl_source view = view_of(source);
  add(self, [&](psdl_compiler* compiler) { return psdl_compiler_add_source(compiler, &view); });
}

void add_pack(const Compiler& self, const std::string& name, const nb::list& given) {
  std::vector<GivenSource> sources;
  for (const nb::handle one : given) sources.push_back(source_from(nb::cast<nb::tuple>(one)));
  std::vector<psdl_source> views;
  for (const GivenSource& source : sources) views.push_back(view_of(source));
  add(self, [&](psdl_compiler* compiler) {
    return psdl_compiler_add_pack(compiler, name.data(), name.size(), views.data(), views.size());
  });
}

void add_image(const Compiler& self, const nb::object& image, const std::string& name) {
  const TextOf bytes(image);
  if (!bytes.is_text) raise(PSDL_BAD_ARGUMENT, "an image is bytes");
  add(self, [&](psdl_compiler* compiler) {
    return psdl_compiler_add_image(compiler, name.data(), name.size(), bytes.text.data, bytes.text.length);
  });
}

void add_level(const Compiler& self, const std::string& level, const std::string& version,
               const std::vector<std::string>& only, const std::vector<std::string>& without, bool without_admission) {
  const Texts kept(only);
  const Texts left_out(without);
  auto options = sized<psdl_level_options>();
  options.version = as_text(version);
  options.only = kept.all.data();
  options.only_count = kept.all.size();
  options.without = left_out.all.data();
  options.without_count = left_out.all.size();
  options.without_admission = without_admission;
  add(self,
      [&](psdl_compiler* compiler) { return psdl_compiler_add_level(compiler, level.data(), level.size(), &options); });
}

void add_extra(const Compiler& self, const std::vector<std::string>& ids) {
  const Texts given(ids);
  add(self,
      [&](psdl_compiler* compiler) { return psdl_compiler_add_extra(compiler, given.all.data(), given.all.size()); });
}

void add_data(const Compiler& self, const nb::object& text, const std::string& path, const std::string& name,
              const std::string& format) {
  const TextOf bytes(text);
  if (!bytes.is_text) raise(PSDL_BAD_ARGUMENT, "data is str or bytes here");
  auto document = sized<psdl_document>();
  document.text = bytes.text;
  document.name = as_text(name);
  document.format = format_of(format);
  add(self,
      [&](psdl_compiler* compiler) { return psdl_compiler_add_data(compiler, path.data(), path.size(), &document); });
}

void add_host_builtin(const Compiler& self, const std::string& name, const std::string& signature,
                      const nb::object& function, const std::vector<std::string>& capabilities, bool is_pure) {
  if (PyCallable_Check(function.ptr()) == 0) raise(PSDL_BAD_ARGUMENT, "a builtin's function can be called");
  CompilerState::Outcome outcome = self.state->call([&](psdl_compiler* compiler) {
    const GilAcquired gil;  // it counts the function
    return add_builtin(compiler, name, signature, function, capabilities, is_pure);
  });
  if (outcome.status == PSDL_BAD_ARGUMENT)
    outcome.report = "builtin `" + name + "`: the name is taken or is none, or its signature cannot be read";
  CompilerState::check(outcome);
}

Policy policy_from(const std::shared_ptr<CompilerState>& compiler, CompilerState::Outcome& outcome,
                   psdl_policy* handle) {
  PolicyHandle owned(handle);
  CompilerState::check(outcome);
  auto state = std::make_shared<PolicyState>();
  state->compiler = compiler;
  state->policy = std::move(owned);
  state->warnings = std::move(outcome.problems);
  return {state};
}

Policy build(const Compiler& self) {
  psdl_policy* handle = nullptr;
  CompilerState::Outcome outcome =
      self.state->call([&](psdl_compiler* compiler) { return psdl_compiler_build(compiler, &handle); });
  return policy_from(self.state, outcome, handle);
}

// (path, text, name, format) each.
Policy bind(const Policy& self, const nb::list& known) {
  struct Given {
    std::string path, text, name;
  };
  std::vector<Given> given;
  given.reserve(nb::len(known));
  std::vector<psdl_known> views;
  for (const nb::handle one : known) {
    const auto parts = nb::cast<nb::tuple>(one);
    const TextOf text(parts[1]);
    if (!text.is_text) raise(PSDL_BAD_ARGUMENT, "what is known is str or bytes here");
    given.push_back({nb::cast<std::string>(parts[0]), as_string(text.text), nb::cast<std::string>(parts[2])});
    auto view = sized<psdl_known>();
    view.path = as_text(given.back().path);
    view.text = as_text(given.back().text);
    view.name = as_text(given.back().name);
    view.format = format_of(nb::cast<std::string>(parts[3]));
    views.push_back(view);
  }
  psdl_policy* handle = nullptr;
  CompilerState::Outcome outcome = self.state->compiler->call([&](psdl_compiler* compiler) {
    return psdl_compiler_bind(compiler, self.state->policy.get(), views.data(), views.size(), &handle);
  });
  return policy_from(self.state->compiler, outcome, handle);
}

nb::bytes image(const Policy& self) {
  std::string bytes;
  CompilerState::Outcome outcome = self.state->compiler->call([&](psdl_compiler* compiler) {
    psdl_text made{};
    const psdl_status status = psdl_compiler_image(compiler, self.state->policy.get(), &made);
    bytes = as_string(made);
    return status;
  });
  CompilerState::check(outcome);
  return nb::bytes(bytes.data(), bytes.size());
}

Query prepare(const Policy& self, const std::string& text, const std::string& package,
              const std::vector<std::string>& imports) {
  const Texts given(imports);
  auto options = sized<psdl_query_options>();
  options.package = as_text(package);
  options.imports = given.all.data();
  options.import_count = given.all.size();
  psdl_query* handle = nullptr;
  CompilerState::Outcome outcome = self.state->compiler->call([&](psdl_compiler* compiler) {
    return psdl_compiler_query(compiler, self.state->policy.get(), text.data(), text.size(), &options, &handle);
  });
  Query made{self.state, QueryHandle(handle)};
  CompilerState::check(outcome);
  return made;
}

struct EntryPoint {
  std::string path, id, title, file, severity;
  std::uint32_t line = 0;
};

std::vector<EntryPoint> entry_points(const Policy& self) {
  std::size_t count = 0;
  check(psdl_policy_entry_point_count(self.state->policy.get(), &count));
  std::vector<EntryPoint> made;
  for (std::size_t i = 0; i < count; ++i) {
    auto read = sized<psdl_entry_point>();
    check(psdl_policy_entry_point(self.state->policy.get(), i, &read));
    made.push_back({as_string(read.path), as_string(read.id), as_string(read.title), as_string(read.file),
                    severity_word(read.severity), read.line});
  }
  return made;
}

}  // namespace

std::unique_ptr<Worker> PolicyState::take_worker() {
  if (!workers_.empty()) {
    std::unique_ptr<Worker> last = std::move(workers_.back());
    workers_.pop_back();
    return last;
  }
  auto made = std::make_unique<Worker>();
  psdl_evaluator* handle = nullptr;
  check(psdl_evaluator_new(policy.get(), nullptr, &handle));
  made->evaluator.reset(handle);
  return made;
}

void PolicyState::give(std::unique_ptr<Worker> worker) {
  if (workers_.size() < kMostKept) workers_.push_back(std::move(worker));
}

ResultHandle PolicyState::take_result(const psdl_evaluator* evaluator) {
  if (!results_.empty()) {
    ResultHandle last = std::move(results_.back());
    results_.pop_back();
    return last;
  }
  psdl_result* handle = nullptr;
  check(psdl_result_new(evaluator, &handle));
  return ResultHandle(handle);
}

void PolicyState::give(ResultHandle result) noexcept {
  if (results_.size() < kMostKept) results_.push_back(std::move(result));
}

void bind_compiler(nb::module_& module) {
  nb::class_<EntryPoint>(module, "EntryPoint", "A rule that yields findings.")
      .def_ro("path", &EntryPoint::path, "`data.example.deny`")
      .def_ro("id", &EntryPoint::id, "`PSS103`")
      .def_ro("title", &EntryPoint::title, "The title of the rule; may be empty.")
      .def_ro("file", &EntryPoint::file, "The file of the rule.")
      .def_ro("line", &EntryPoint::line, "The line of the rule, from 1.")
      .def_ro("severity", &EntryPoint::severity, "`error`, `warning` or `note`")
      .def("__repr__", [](const EntryPoint& self) { return "<psdl.EntryPoint " + self.path + ">"; });

  nb::class_<Query>(
      module, "Query",
      "A query that was prepared against a policy; `Policy.query()` makes it. Any number of threads may ask it.");

  nb::class_<Compiler>(
      module, "Compiler",
      "Texts to policies, step by step; `psdl.compile()` does it in one call. For one thread at a time.")
      .def(
          "__init__",
          [](Compiler* self, nb::dict limits, std::vector<std::string> capabilities, bool v0_compatible, bool strict,
             bool drop_prints, bool no_optimise) {
            make_compiler(self, {limits, capabilities, v0_compatible, strict, drop_prints, no_optimise});
          },
          nb::kw_only(), nb::arg("limits") = nb::dict(), nb::arg("capabilities") = std::vector<std::string>(),
          nb::arg("v0_compatible") = false, nb::arg("strict") = false, nb::arg("drop_prints") = false,
          nb::arg("no_optimise") = false,
          nb::sig(
              "def __init__(self, *, limits: dict[str, int] = {}, capabilities: collections.abc.Sequence[str] = [], "
              "v0_compatible: bool = False, strict: bool = False, drop_prints: bool = False, no_optimise: bool = "
              "False) -> None"))
      .def("add_source", add_source, nb::arg("source"),
           nb::sig("def add_source(self, source: tuple[str, str | bytes, str, bool]) -> None"),
           "Adds a `psdl.Source`: unless it is a library it must hold an entry point.")
      .def("add_pack", add_pack, nb::arg("name"), nb::arg("sources"),
           nb::sig("def add_pack(self, name: str, sources: list[tuple[str, str | bytes, str, bool]]) -> None"),
           "Adds the sources of a pack, which must hold an entry point together.")
      .def("add_image", add_image, nb::arg("image"), nb::arg("name") = "",
           nb::sig("def add_image(self, image: bytes, name: str = '') -> None"),
           "Adds a program image in place of all sources. A checksum is no signature: pin or sign what comes from "
           "elsewhere.")
      .def("add_level", add_level, nb::arg("level"), nb::kw_only(), nb::arg("version") = "",
           nb::arg("only") = std::vector<std::string>(), nb::arg("without") = std::vector<std::string>(),
           nb::arg("without_admission") = false,
           "Adds the rules of a level of the Pod Security Standards: `privileged`, `baseline`, `restricted`.")
      .def("add_extra", add_extra, nb::arg("ids"), "Adds rules that come with PSDL and are part of no level, by id.")
      .def(
          "add_data", add_data, nb::arg("text"), nb::kw_only(), nb::arg("path") = "", nb::arg("name") = "",
          nb::arg("format") = "auto",
          nb::sig(
              "def add_data(self, text: str | bytes, *, path: str = '', name: str = '', format: str = 'auto') -> None"),
          "Adds a document of base data at a JSON pointer below `data`.")
      .def("add_builtin", add_host_builtin, nb::arg("name"), nb::arg("signature"), nb::arg("function"), nb::kw_only(),
           nb::arg("capabilities") = std::vector<std::string>(), nb::arg("is_pure") = false,
           nb::sig("def add_builtin(self, name: str, signature: str, function: collections.abc.Callable[..., "
                   "typing.Any], *, "
                   "capabilities: collections.abc.Sequence[str] = [], is_pure: bool = False) -> None"),
           "Adds a builtin for all that is built afterwards; see `psdl.Builtin`.")
      .def("build", build,
           "Makes a policy of what was added, and forgets that; options and builtins stay for the next.");

  nb::class_<Policy>(
      module, "Policy",
      "Rules that are compiled once and evaluated from any number of threads. `psdl.compile()` makes it.")
      .def(
          "evaluate",
          [](const Policy& self, nb::handle document, std::string_view name, std::string_view format) {
            return with_worker(self.state,
                               [&](Worker& worker) { return evaluate(self.state, worker, document, name, format); });
          },
          nb::arg("document").none(), nb::kw_only(), nb::arg("name") = "", nb::arg("format") = "auto",
          nb::sig("def evaluate(self, document: typing.Any, *, name: str = '', format: str = 'auto') -> Result"),
          "Judges every document of a text (`bytes`, `str` or a buffer: JSON or YAML), or a value of\n"
          "Python's own.\n\n"
          "format: `json`, `yaml`, or `auto`: a name that ends in `.json` is JSON, all else is read as\n"
          "YAML, which holds JSON too. Raises `psdl.Error` where a document was not read or not\n"
          "evaluated to the end; what was found of others is its `result`. The GIL is released\n"
          "meanwhile.")
      .def(
          "ask",
          [](const Policy& self, const Query& query, nb::handle input, std::string_view name, std::string_view format) {
            return with_worker(self.state,
                               [&](Worker& worker) { return ask(self.state, worker, query, input, name, format); });
          },
          nb::arg("query"), nb::arg("input").none() = nb::none(), nb::kw_only(), nb::arg("name") = "",
          nb::arg("format") = "auto",
          nb::sig("def ask(self, query: Query, input: typing.Any = None, *, name: str = '', format: str = 'auto') -> "
                  "Result"),
          "Asks a query; without input where that is None (JSON's null is the text `null`).")
      .def("query", prepare, nb::arg("text"), nb::kw_only(), nb::arg("package") = "",
           nb::arg("imports") = std::vector<std::string>(),
           "Prepares a query: `data.example.allow`, `x := data.example.limits[_]; x > 3`.\n\n"
           "package: `data.example`, whose rules then go by their short names; imports: each as behind\n"
           "the word `import`.")
      .def("_bind", bind, nb::arg("known"),
           nb::sig("def _bind(self, known: list[tuple[str, str | bytes, str, str]]) -> Policy"))
      .def("image", image,
           "The policy as a program image: bytes for `psdl.compile(image=..)`. The same sources always give the same.")
      .def_prop_ro("entry_points", entry_points, "Its rules that yield findings.")
      .def_prop_ro("warnings", [](const Policy& self) { return self.state->warnings; }, "What the compiler warned of.");
}

}  // namespace psdl_python
