// psdl_compiler: what a host adds goes into the engine's builder, what is wrong with it into a list that stays with the
// handle.
#include <fmt/format.h>

#include "capi/arguments.hpp"
#include "capi/guard.hpp"
#include "capi/objects.hpp"
#include "psdl/standards.hpp"
#include "psdl/tools/report.hpp"

namespace psdl::capi {
namespace {

// The registry's reference to these is weak, which takes nothing out of an archive.
[[gnu::used]] const auto kDocumentBuiltins = &document_builtins;

psdl_status read_compiler_options(const psdl_compiler_options& given, EngineOptions& options) {
  if (!read_limits(given.limits, given.limit_count, options.limits)) return PSDL_BAD_ARGUMENT;
  Limits tried;
  DiagnosticList problems;
  if (!set_limits(options, tried, problems)) return PSDL_BAD_ARGUMENT;
  options.v0_compatible = given.v0_compatible;
  options.strict = given.strict;
  options.print_statements = !given.drop_prints;
  options.optimise = !given.no_optimise;
  return PSDL_OK;
}

psdl_status make_compiler(const psdl_compiler_options* options, psdl_compiler** out) {
  psdl_compiler_options given;
  if (!read_options(options, given)) return PSDL_BAD_ARGUMENT;
  Allocator memory;
  if (given.allocator != nullptr) {
    if (given.allocator->allocate == nullptr || given.allocator->release == nullptr) return PSDL_BAD_ARGUMENT;
    memory = {given.allocator->allocate, given.allocator->release, given.allocator->context};
  }
  EngineOptions engine;
  if (const psdl_status status = read_compiler_options(given, engine); status != PSDL_OK) return status;
  std::vector<std::string> capabilities;
  if (!read_texts(given.capabilities, given.capability_count, capabilities)) return PSDL_BAD_ARGUMENT;
  const std::uint64_t token = make_handle<CompilerObject>(memory);
  const Entered<CompilerObject> made(reinterpret_cast<psdl_compiler*>(token));
  made->options = std::move(engine);
  made->capabilities = std::move(capabilities);
  *out = reinterpret_cast<psdl_compiler*>(token);
  return PSDL_OK;
}

// Runs something that adds to the builder. Where it does not add all that it should, the next build must fail too: a
// policy with fewer rules than the host wanted would allow more.
template <class F>
psdl_status add(psdl_compiler* compiler, F&& body) noexcept {
  return inside<CompilerObject>(compiler, [&](CompilerObject& object) -> psdl_status {
    if (object.builder == nullptr) object.builder = std::make_unique<PolicyBuilder>(object.options);
    object.helps.clear();
    const bool had_failed = std::exchange(object.has_failed_add, true);  // also where something is thrown
    const psdl_status status = body(object);
    if (status == PSDL_OK) object.has_failed_add = had_failed;
    if (status == PSDL_BAD_ARGUMENT) {
      object.add_problems.add_error("bad_argument",
                                    "what was to be added was refused: an argument of the call is wrong");
    }
    object.problems = object.add_problems;
    return status;
  });
}

bool read_dialect(psdl_dialect dialect, Dialect& out) {
  switch (dialect) {
    case PSDL_DIALECT_BY_NAME: out = Dialect::ByName; return true;
    case PSDL_DIALECT_REGO_V0: out = Dialect::V0; return true;
    case PSDL_DIALECT_REGO_V1: out = Dialect::V1; return true;
    case PSDL_DIALECT_PSDL: out = Dialect::Psdl; return true;
  }
  return false;
}

struct ReadSource {
  std::string_view name;
  std::string_view text;
  Dialect dialect = Dialect::ByName;
  bool is_library = false;
};

bool read_source(const psdl_source& given, ReadSource& out) {
  out.is_library = given.is_library;
  return read_text(given.name, out.name) && !out.name.empty() &&
         read_bytes(given.text.data, given.text.length, out.text) && read_dialect(given.dialect, out.dialect);
}

psdl_status add_level(CompilerObject& object, std::string_view name, const psdl_level_options& given) {
  StandardOptions options;
  std::string_view version;
  if (!read_text(given.version, version) || !read_texts(given.only, given.only_count, options.only) ||
      !read_texts(given.without, given.without_count, options.without)) {
    return PSDL_BAD_ARGUMENT;
  }
  DiagnosticList& problems = object.add_problems;
  if (object.has_level) {
    problems.add_error("bad_level", fmt::format("`{}` is a second level: a policy has one", name));
    return PSDL_BAD_POLICY;
  }
  const std::optional<Level> level = parse_level(name, problems);
  const std::optional<StandardVersion> parsed =
      version.empty() ? StandardVersion() : StandardVersion::parse(version, problems);
  if (!level || !parsed) return PSDL_BAD_POLICY;
  options.level = *level;
  options.version = *parsed;
  options.admission = !given.without_admission;
  if (!add_standard(*object.builder, options, problems)) return PSDL_BAD_POLICY;
  object.has_level = true;
  return PSDL_OK;
}

// What can be found with the policy. False where something should be found and cannot, which no policy may be made of:
// only libraries and images are good for queries alone.
bool read_entry_points(const Policy& policy, bool is_image, PolicyTraits& traits, DiagnosticList& problems) {
  if (traits.is_standard) return true;
  DiagnosticList found;
  static_cast<void>(policy.check_entry_points(found));
  const bool is_for_queries = is_image || policy.impl()->entry_points.groups.empty();
  bool is_fine = true;
  for (Problem& problem : found.impl().items) {
    const bool is_error = problem.severity == Severity::Error;
    is_fine = is_fine && (!is_error || is_for_queries);
    DiagnosticList& list = is_error && is_for_queries ? traits.no_entries : problems;
    list.impl().items.push_back(std::move(problem));
  }
  return is_fine;
}

// The handle of a policy that is ready to run; null, with errors, where it is none.
psdl_policy* make_policy(const CompilerObject& compiler, const Policy& policy, PolicyTraits&& what, bool is_image,
                         DiagnosticList& problems) {
  auto traits = std::make_shared<PolicyTraits>(std::move(what));
  if (!read_entry_points(policy, is_image, *traits, problems)) return nullptr;
  // Now rather than at the first document, by whichever thread comes first.
  static_cast<void>(policy.impl()->program());
  static_cast<void>(policy.impl()->snapshot());
  const std::uint64_t token = make_handle<PolicyObject>(compiler.memory());
  auto* const handle = reinterpret_cast<psdl_policy*>(token);
  try {
    const Pinned<PolicyObject> made(handle);
    made->entry_points = policy.entry_points();
    made->traits = std::move(traits);
    made->policy = policy;
  } catch (...) {
    static_cast<void>(end_handle(HandleKind::Policy, handle));
    throw;
  }
  return handle;
}

psdl_status build(CompilerObject& object, psdl_policy** out) {
  object.helps.clear();
  object.problems = DiagnosticList();
  const std::unique_ptr<PolicyBuilder> builder =
      object.builder != nullptr ? std::move(object.builder) : std::make_unique<PolicyBuilder>(object.options);
  const bool has_level = std::exchange(object.has_level, false);
  const bool has_rules = std::exchange(object.has_rules, false);
  const bool has_failed = std::exchange(object.has_failed_add, false);
  DiagnosticList problems = std::exchange(object.add_problems, DiagnosticList());
  if (has_failed) {
    object.problems = std::move(problems);
    return object.problems.has_errors() ? PSDL_BAD_POLICY : PSDL_OUT_OF_MEMORY;
  }
  if (!object.builtins.empty())
    builder->impl().host = std::make_shared<const GrantedBuiltins>(object.builtins, object.capabilities);
  const PolicyBuilder::Impl& gathered = builder->impl();
  const bool is_image = !gathered.image_name.empty();
  if (!has_level && !is_image && gathered.sources.empty() && gathered.data.empty()) {
    object.problems.add_error("no_entry_point", "there is nothing to build: no source, image, level or data was added");
    return PSDL_BAD_POLICY;
  }
  const Policy policy = builder->build(problems);
  if (policy) *out = make_policy(object, policy, {has_level, has_level && !has_rules, {}}, is_image, problems);
  object.problems = std::move(problems);
  return *out != nullptr ? PSDL_OK : PSDL_BAD_POLICY;
}

// A call that makes something of a policy that is there already.
template <class F>
psdl_status derive(psdl_compiler* compiler, const psdl_policy* policy, F&& body) noexcept {
  return inside<CompilerObject>(compiler, [&](CompilerObject& object) -> psdl_status {
    const Pinned<PolicyObject> from(policy);
    if (from.status() != PSDL_OK) return from.status();
    object.problems = DiagnosticList();
    object.helps.clear();
    return body(object, *from);
  });
}

psdl_status make_query(CompilerObject& object, const PolicyObject& from, std::string_view text,
                       const psdl_query_options* options, psdl_query** out) {
  psdl_query_options given;
  std::string_view package;
  std::vector<std::string> imports;
  if (!read_options(options, given) || !read_text(given.package, package) ||
      !read_texts(given.imports, given.import_count, imports))
    return PSDL_BAD_ARGUMENT;
  const Query query = prepare_query_on(from.policy, text, object.problems, package, imports, KeysOf::Policy);
  if (!query) return PSDL_BAD_POLICY;
  const std::uint64_t token = make_handle<QueryObject>(object.memory());
  auto* const handle = reinterpret_cast<psdl_query*>(token);
  Pinned<QueryObject>(handle)->query = query;
  *out = handle;
  return PSDL_OK;
}

psdl_status bind(CompilerObject& object, const PolicyObject& from, const psdl_known* known, std::size_t count,
                 psdl_policy** out) {
  if (known == nullptr && count > 0) return PSDL_BAD_ARGUMENT;
  std::vector<KnownDocument> documents;
  const auto* at = reinterpret_cast<const unsigned char*>(known);
  for (std::size_t i = 0; i < count; ++i, at += known->size) {
    psdl_known given;
    KnownDocument document;
    std::string_view path;
    if (!read_struct(at, known->size, given) || !read_text(given.path, path) || !read_text(given.name, document.name) ||
        !read_bytes(given.text.data, given.text.length, document.text) || !read_pointer(path, document.path)) {
      return PSDL_BAD_ARGUMENT;
    }
    const std::optional<DocumentFormat> format = read_format(given.format);
    if (!format) return PSDL_BAD_ARGUMENT;
    document.format = *format;
    documents.push_back(std::move(document));
  }
  const Policy bound = from.policy.bind(documents, object.problems);
  if (!bound) return PSDL_BAD_POLICY;
  *out = make_policy(object, bound, {from.traits->judges_pods, from.traits->is_standard, {}}, false, object.problems);
  return *out != nullptr ? PSDL_OK : PSDL_BAD_POLICY;
}

}  // namespace
}  // namespace psdl::capi

using namespace psdl;        // NOLINT: definitions of psdl.h
using namespace psdl::capi;  // NOLINT

extern "C" {

psdl_status psdl_compiler_new(const psdl_compiler_options* options, psdl_compiler** out) noexcept {
  if (out == nullptr) return PSDL_BAD_ARGUMENT;
  *out = nullptr;
  return guarded(nullptr, [&] { return make_compiler(options, out); });
}

psdl_status psdl_compiler_free(psdl_compiler* compiler) noexcept { return end_handle(HandleKind::Compiler, compiler); }

psdl_status psdl_compiler_add_source(psdl_compiler* compiler, const psdl_source* source) noexcept {
  return add(compiler, [&](CompilerObject& object) -> psdl_status {
    psdl_source given;
    ReadSource read;
    if (!read_struct(source, given) || !read_source(given, read)) return PSDL_BAD_ARGUMENT;
    object.builder->add_source(read.name, read.text, read.is_library ? std::string_view() : read.name, read.dialect);
    object.has_rules = true;
    return PSDL_OK;
  });
}

psdl_status psdl_compiler_add_pack(psdl_compiler* compiler, const char* name, size_t name_len,
                                   const psdl_source* sources, size_t source_count) noexcept {
  return add(compiler, [&](CompilerObject& object) -> psdl_status {
    std::string_view pack;
    if (!read_text(name, name_len, pack) || pack.empty() || sources == nullptr || source_count == 0)
      return PSDL_BAD_ARGUMENT;
    std::vector<ReadSource> all;
    const auto* at = reinterpret_cast<const unsigned char*>(sources);
    for (std::size_t i = 0; i < source_count; ++i, at += sources->size) {
      psdl_source given;
      if (!read_struct(at, sources->size, given) || !read_source(given, all.emplace_back())) return PSDL_BAD_ARGUMENT;
    }
    for (const ReadSource& one : all)
      object.builder->add_source(one.name, one.text, one.is_library ? std::string_view() : pack, one.dialect);
    object.has_rules = true;
    return PSDL_OK;
  });
}

psdl_status psdl_compiler_add_image(psdl_compiler* compiler, const char* name, size_t name_len, const void* bytes,
                                    size_t bytes_len) noexcept {
  return add(compiler, [&](CompilerObject& object) -> psdl_status {
    std::string_view shown;
    std::string_view image;
    if (!read_text(name, name_len, shown) || !read_bytes(bytes, bytes_len, image)) return PSDL_BAD_ARGUMENT;
    object.builder->add_image(shown.empty() ? "image" : shown, image);
    object.has_rules = true;
    return PSDL_OK;
  });
}

psdl_status psdl_compiler_add_level(psdl_compiler* compiler, const char* level, size_t level_len,
                                    const psdl_level_options* options) noexcept {
  return add(compiler, [&](CompilerObject& object) -> psdl_status {
    std::string_view name;
    psdl_level_options given;
    if (!read_text(level, level_len, name) || !read_options(options, given)) return PSDL_BAD_ARGUMENT;
    return add_level(object, name, given);
  });
}

psdl_status psdl_compiler_add_extra(psdl_compiler* compiler, const psdl_text* ids, size_t id_count) noexcept {
  return add(compiler, [&](CompilerObject& object) -> psdl_status {
    std::vector<std::string> wanted;
    if (!read_texts(ids, id_count, wanted)) return PSDL_BAD_ARGUMENT;
    if (!add_extra(*object.builder, wanted, object.add_problems)) return PSDL_BAD_POLICY;
    object.has_rules = object.has_rules || !wanted.empty();
    return PSDL_OK;
  });
}

psdl_status psdl_compiler_add_data(psdl_compiler* compiler, const char* path, size_t path_len,
                                   const psdl_document* document) noexcept {
  return add(compiler, [&](CompilerObject& object) -> psdl_status {
    psdl_document given;
    std::string_view pointer;
    std::string_view text;
    std::string_view name;
    std::vector<std::string> root;
    if (!read_struct(document, given) || !read_text(path, path_len, pointer) || !read_pointer(pointer, root) ||
        !read_text(given.name, name) || !read_bytes(given.text.data, given.text.length, text)) {
      return PSDL_BAD_ARGUMENT;
    }
    const std::optional<DocumentFormat> format = read_format(given.format);
    if (!format) return PSDL_BAD_ARGUMENT;
    object.builder->add_data(name.empty() ? "data" : name, text, *format, std::move(root));
    return PSDL_OK;
  });
}

psdl_status psdl_compiler_add_builtin(psdl_compiler* compiler, const psdl_builtin* builtin) noexcept {
  return inside<CompilerObject>(compiler, [&](CompilerObject& object) -> psdl_status {
    psdl_builtin given;
    if (!read_struct(builtin, given)) return PSDL_BAD_ARGUMENT;
    object.builtins.reserve(object.builtins.size() + 1);
    std::shared_ptr<HostBuiltin> made = read_builtin(given, object.builtins);
    if (made == nullptr) return PSDL_BAD_ARGUMENT;
    object.builtins.push_back(std::move(made));
    return PSDL_OK;
  });
}

psdl_status psdl_compiler_build(psdl_compiler* compiler, psdl_policy** out) noexcept {
  if (out == nullptr) return PSDL_BAD_ARGUMENT;
  *out = nullptr;
  return inside<CompilerObject>(compiler, [&](CompilerObject& object) { return build(object, out); });
}

psdl_status psdl_compiler_query(psdl_compiler* compiler, const psdl_policy* policy, const char* text, size_t text_len,
                                const psdl_query_options* options, psdl_query** out) noexcept {
  if (out == nullptr) return PSDL_BAD_ARGUMENT;
  *out = nullptr;
  return derive(compiler, policy, [&](CompilerObject& object, const PolicyObject& from) -> psdl_status {
    std::string_view query;
    return read_bytes(text, text_len, query) ? make_query(object, from, query, options, out) : PSDL_BAD_ARGUMENT;
  });
}

psdl_status psdl_compiler_bind(psdl_compiler* compiler, const psdl_policy* policy, const psdl_known* known,
                               size_t known_count, psdl_policy** out) noexcept {
  if (out == nullptr) return PSDL_BAD_ARGUMENT;
  *out = nullptr;
  return derive(compiler, policy, [&](CompilerObject& object, const PolicyObject& from) -> psdl_status {
    return bind(object, from, known, known_count, out);
  });
}

psdl_status psdl_compiler_image(psdl_compiler* compiler, const psdl_policy* policy, psdl_text* out) noexcept {
  if (out == nullptr) return PSDL_BAD_ARGUMENT;
  *out = {nullptr, 0};
  return derive(compiler, policy, [&](CompilerObject& object, const PolicyObject& from) -> psdl_status {
    object.text = from.policy.image(object.problems);
    if (object.text.empty()) return PSDL_BAD_POLICY;
    *out = as_text(object.text);
    return PSDL_OK;
  });
}

psdl_status psdl_compiler_diagnostic_count(const psdl_compiler* compiler, size_t* out) noexcept {
  if (out == nullptr) return PSDL_BAD_ARGUMENT;
  *out = 0;
  return inside<CompilerObject>(compiler, [&](const CompilerObject& object) -> psdl_status {
    *out = object.problems.size();
    return PSDL_OK;
  });
}

psdl_status psdl_compiler_diagnostic(const psdl_compiler* compiler, size_t index, psdl_diagnostic* out) noexcept {
  if (!is_writable(out)) return PSDL_BAD_ARGUMENT;
  clear_struct(out);
  return inside<CompilerObject>(
      compiler, [&](CompilerObject& object) { return show_problem(object.problems, object.helps, index, out); });
}

psdl_status psdl_compiler_report(psdl_compiler* compiler, psdl_text* out) noexcept {
  if (out == nullptr) return PSDL_BAD_ARGUMENT;
  *out = {nullptr, 0};
  return inside<CompilerObject>(compiler, [&](CompilerObject& object) -> psdl_status {
    object.text = tools::render_diagnostics(object.problems, {});
    *out = as_text(object.text);
    return PSDL_OK;
  });
}

psdl_status psdl_policy_free(psdl_policy* policy) noexcept { return end_handle(HandleKind::Policy, policy); }

psdl_status psdl_policy_entry_point_count(const psdl_policy* policy, size_t* out) noexcept {
  if (out == nullptr) return PSDL_BAD_ARGUMENT;
  *out = 0;
  return with<PolicyObject>(policy, [&](const PolicyObject& object) -> psdl_status {
    *out = object.entry_points.size();
    return PSDL_OK;
  });
}

psdl_status psdl_policy_entry_point(const psdl_policy* policy, size_t index, psdl_entry_point* out) noexcept {
  if (!is_writable(out)) return PSDL_BAD_ARGUMENT;
  clear_struct(out);
  return with<PolicyObject>(policy, [&](const PolicyObject& object) -> psdl_status {
    if (index >= object.entry_points.size()) return PSDL_NOT_FOUND;
    const EntryPoint& entry = object.entry_points[index];
    psdl_entry_point made{};
    made.path = as_text(entry.path);
    made.id = as_text(entry.id);
    made.title = as_text(entry.title);
    made.file = as_text(entry.file);
    made.line = entry.line;
    made.severity = severity_of(entry.severity);
    write_struct(made, out);
    return PSDL_OK;
  });
}

psdl_status psdl_query_free(psdl_query* query) noexcept { return end_handle(HandleKind::Query, query); }

}  // extern "C"
