// The engine for C++ hosts, and the only thing the command line is written against. In: texts of policies, data and
// documents; out: verdicts, answers of queries, diagnostics.
//
//   psdl::PolicyBuilder builder;
//   builder.add_source("rule.psdl", text, "rule.psdl");
//   psdl::DiagnosticList problems;
//   psdl::Policy policy = builder.build(problems);              // false where there are errors
//   psdl::Evaluator evaluator(policy);
//   evaluator.evaluate(bytes, psdl::DocumentFormat::Auto, "pod.yaml",
//                      [](const psdl::Verdict& verdict) { .. return true; });
//
// Nothing here throws, keeps global state, starts threads, or reads files. A Policy never changes and serves any number
// of threads; an Evaluator belongs to one thread at a time. Texts are UTF-8 and borrowed for the call unless said
// otherwise. Nothing in a Verdict points into the host's memory. The library is linked by the same compiler as the
// host: this is no stable ABI.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "psdl/findings.hpp"

namespace psdl {

// "0.1.0".
[[nodiscard]] std::string_view version();

// How the text of a policy is read. ByName: `.psdl` is Psdl, everything else V1 (V0 with EngineOptions::v0_compatible).
enum class Dialect : std::uint8_t { ByName, V0, V1, Psdl };

// How a document is read. Auto: `.json` is Json, everything else Yaml (which holds JSON too).
enum class DocumentFormat : std::uint8_t { Auto, Json, Yaml };

// A limit of docs/limits.md: sizes in bytes, times in nanoseconds, the rest counts.
struct LimitInfo {
  std::string_view name;  // "object_bytes"
  std::uint64_t value;    // the default
  std::uint64_t most;     // the most that may be set; the least is 1
  std::string_view counts;  // what it is a number of
};
[[nodiscard]] std::span<const LimitInfo> limits();

struct EngineOptions {
  bool v0_compatible = false;         // `.rego` files are v0
  bool strict = false;                // unused imports, variables and arguments are errors
  bool print_statements = true;       // false: `print` is taken out at compile time
  bool optimise = true;               // false: the code is what the plan says, step by step
  // False: of the stdlib only the rules that the sources read; starts faster, and a query finds no others.
  bool whole_stdlib = true;
  std::size_t max_errors = 10;        // then "error limit reached"; 0: no limit
  // Tests of one name are told apart, and table tests tell their cases: what tools/tests.hpp wants.
  bool test_rules = false;
  // Name and value; PolicyBuilder::build reports a name that is not among limits().
  std::vector<std::pair<std::string, std::uint64_t>> limits = {};
};

// One problem, seen from outside. Views live as long as the list. Line and column count from 1, columns in code points;
// 0: no place.
struct DiagnosticView {
  std::string_view code;
  std::string_view message;
  std::string_view file;
  std::uint32_t line = 0;
  std::uint32_t column = 0;
  bool is_error = true;
};

// Problems with a policy, a document or an evaluation, with the texts they point into. Movable; tools/report.hpp
// renders it.
class DiagnosticList {
 public:
  DiagnosticList();
  ~DiagnosticList();
  DiagnosticList(DiagnosticList&&) noexcept;
  DiagnosticList& operator=(DiagnosticList&&) noexcept;
  DiagnosticList(const DiagnosticList&);
  DiagnosticList& operator=(const DiagnosticList&);

  [[nodiscard]] std::size_t size() const;
  [[nodiscard]] bool empty() const { return size() == 0; }
  [[nodiscard]] bool has_errors() const;
  [[nodiscard]] std::size_t error_count() const;
  [[nodiscard]] DiagnosticView operator[](std::size_t index) const;

  // A problem without a place in a text: a file that cannot be read, a wrong option. `help` says what to do; may be
  // empty.
  void add_error(std::string_view code, std::string_view message, std::string_view file = {},
                 std::string_view help = {});
  void add_warning(std::string_view code, std::string_view message, std::string_view file = {},
                   std::string_view help = {});
  void append(const DiagnosticList& other);

  struct Impl;
  [[nodiscard]] Impl& impl() { return *impl_; }
  [[nodiscard]] const Impl& impl() const { return *impl_; }

 private:
  std::unique_ptr<Impl> impl_;
};

// A rule that yields findings.
struct EntryPoint {
  std::string path;      // "data.example.deny"
  std::string id;        // metadata `custom: {id: ..}`, else "example.deny"
  std::string title;     // metadata title; may be empty
  FindingSeverity severity = FindingSeverity::Error;
  std::string file;
  std::uint32_t line = 0;
};

// A document, or a part of one, that is known before any document is seen. The views are borrowed for the call.
struct KnownDocument {
  std::string_view name;   // shown in messages
  std::string_view text;
  DocumentFormat format = DocumentFormat::Auto;
  // Where it belongs: {"data"} (its keys are keys of `data`), {"data", "teams"}, {"input", "parameters"}.
  std::vector<std::string> path;
};

// A compiled policy: a handle, cheap to copy. Default-made ones are empty.
class Policy {
 public:
  Policy();
  ~Policy();
  Policy(const Policy&);
  Policy& operator=(const Policy&);
  Policy(Policy&&) noexcept;
  Policy& operator=(Policy&&) noexcept;

  explicit operator bool() const { return impl_ != nullptr; }

  [[nodiscard]] std::vector<EntryPoint> entry_points() const;
  // What the rules of the entry points say of themselves, one for each id (what Finding::rule names), in order of ids.
  [[nodiscard]] std::vector<RuleInfo> rule_infos() const;
  // False, with errors, where what was named holds no entry point, so that it could never find anything; names that
  // look like one (`denny`) are warned of. To be called before Evaluator::evaluate().
  [[nodiscard]] bool check_entry_points(DiagnosticList& problems) const;
  // Full paths of all rules with their kind, "data.example.deny set", sorted.
  [[nodiscard]] std::vector<std::string> rules() const;
  // The policy as a program image (docs/images.md), with its data documents: bytes for PolicyBuilder::add_image. Empty,
  // with errors, where it is beyond what an image may hold. The same sources and options always give the same bytes.
  [[nodiscard]] std::string image(DiagnosticList& problems) const;

  // The same rules with more known: what that decides is decided once, and what it rules out is gone. Every answer is
  // the one that the documents would give at evaluation: data as if it had come by PolicyBuilder::add_data (then all of
  // `data`, or what is below the path, is taken to be known), parts of the input as if each document had them there,
  // whatever it has itself.
  // shapes: this policy stays as it was; the new one shares its rules, and can be bound again (a part of the input
  // anew, data in addition).
  // errors: empty, with errors in `problems`: a text that cannot be read, data that conflicts with data or rules, a
  // path that begins with neither name.
  // source: docs/performance.md, "What is known early".
  [[nodiscard]] Policy bind(std::span<const KnownDocument> documents, DiagnosticList& problems) const;

  struct Impl;
  [[nodiscard]] const std::shared_ptr<const Impl>& impl() const { return impl_; }
  explicit Policy(std::shared_ptr<const Impl> impl);

 private:
  std::shared_ptr<const Impl> impl_;
};

// Whether the bytes begin as a program image does.
[[nodiscard]] bool is_program_image(std::string_view bytes);

// Collects what a policy is made of. The texts are copied.
class PolicyBuilder {
 public:
  explicit PolicyBuilder(EngineOptions options = {});
  ~PolicyBuilder();
  PolicyBuilder(const PolicyBuilder&) = delete;
  PolicyBuilder& operator=(const PolicyBuilder&) = delete;

  // `name` is shown in messages and chooses the dialect. `named_as` is what the user named to get this source (a file,
  // a directory, a pack): findings are asked of its package, and all sources of one name together must hold an entry
  // point. Empty: a library for others to import.
  void add_source(std::string_view name, std::string_view text, std::string_view named_as,
                  Dialect dialect = Dialect::ByName);
  // A program image in place of all sources. build() checks every byte of it and refuses what psdl would not have
  // written; a checksum is no signature, so whoever takes images from elsewhere pins or signs them.
  void add_image(std::string_view name, std::string_view bytes);
  // A document of base data, put at `root` below `data` (empty: its keys are keys of `data`). Two documents that give
  // one key different values are an error of build().
  void add_data(std::string_view name, std::string_view text, DocumentFormat format = DocumentFormat::Auto,
                std::vector<std::string> root = {});
  // A document that build() binds (Policy::bind), so that the policy is made for it. Not with an image.
  void add_known(std::string_view name, std::string_view text, DocumentFormat format, std::vector<std::string> path);

  // Empty where there are errors. Warnings may come with a policy. The builder can be used once.
  [[nodiscard]] Policy build(DiagnosticList& problems);
  // Parses and checks only (or loads an image): no program is made.
  [[nodiscard]] bool check(DiagnosticList& problems);

  struct Impl;
  [[nodiscard]] Impl& impl() { return *impl_; }

 private:
  std::unique_ptr<Impl> impl_;
};

// A query compiled against a policy: a handle.
class Query {
 public:
  Query();
  ~Query();
  Query(const Query&);
  Query& operator=(const Query&);

  explicit operator bool() const { return impl_ != nullptr; }

  struct Impl;
  [[nodiscard]] const std::shared_ptr<const Impl>& impl() const { return impl_; }
  explicit Query(std::shared_ptr<const Impl> impl);

 private:
  std::shared_ptr<const Impl> impl_;
};

// `package` ("data.example" or "example"; may be empty) and `imports` (each as after the word `import`) are what the
// query may use by short names.
[[nodiscard]] Query prepare_query(const Policy& policy, std::string_view text, DiagnosticList& problems,
                                  std::string_view package = {}, std::span<const std::string> imports = {});

// What a query gave for one document.
struct QueryAnswer {
  std::string document;       // "pod.yaml#1"; empty without input
  bool is_defined = false;    // at least one result
  // OPA's list of results, compact JSON: [{"expressions":[{"value":..,"text":"..","location":{..}}],"bindings":{..}},
  // ..].
  std::string result_json = "[]";
  DiagnosticList errors;      // not empty: result_json is "[]"
  std::string printed;        // lines of print(), each with its newline
};

struct EvaluateOptions {
  bool strict_builtin_errors = false;        // of queries; findings are always strict
  std::optional<std::int64_t> now_ns = {};   // time.now_ns; the clock when an evaluation starts where not given
  std::uint64_t seed = 0;                    // rand.intn, uuid.rfc4122
  // Documents that have no `kind` and hold nothing shaped like a pod spec are Status::Skipped: what a folder holds
  // beside manifests.
  bool skip_non_manifests = false;
  // Documents of Kubernetes' kinds are checked against their types first, as its own reader would (docs/reading.md): a
  // wrong type is Status::Error, and a field that is null is not there for the rules. Costs some 11,000 instructions
  // for a pod of 2 KB; a host whose objects come from an API server may leave it out. Never done for queries.
  bool check_types = true;
  bool read_labels = false;    // Verdict::labels
  // Verdict::marks: `# psdl:ignore` comments and `psdl.dev/ignore` annotations. They change no verdict.
  bool read_marks = false;
  bool strict_fields = false;  // a field that the type does not have is an error, not a warning
  bool fixes = false;          // Finding::fix, of rules whose metadata say how (docs/fixes.md)
  // Finding::psa. Each check that found something is asked for its text: about what looking for places takes.
  bool psa = false;
  bool judges_pods = false;    // the policy holds pod standards: a document with PodProof::Unproven is Status::Error
  // A kind that carries a pod spec and has none, or one without containers, is an error: Kubernetes' reader takes it,
  // its validation does not.
  bool wants_containers = true;
  // False: findings stand at their file, without a look for the place, which takes most of the time of a document that
  // has some.
  bool locates = true;
};

// Gives the next piece of a stream into the buffer: its length, 0 at the end, negative where reading failed.
using ReadFunction = std::function<std::ptrdiff_t(char* buffer, std::size_t capacity)>;

// A stream of which a part can be read again: a large list is read twice, once to see that all of it is well and once
// to give its items. Where `keep` is not given or refuses, the list's text is held in memory in between.
// keep:    `recent` are the bytes from `offset` on that were read last; they and what follows may be asked for again.
// go_back: `read` continues at that byte, which is not before the last `keep`. False on failure.
struct InputStream {
  ReadFunction read;
  std::function<bool(std::uint64_t offset, std::string_view recent)> keep = {};
  std::function<bool(std::uint64_t offset)> go_back = {};
};

// Evaluates documents. Reused, it allocates nothing once it is warm.
class Evaluator {
 public:
  explicit Evaluator(const Policy& policy, EvaluateOptions options = {});
  ~Evaluator();
  Evaluator(const Evaluator&) = delete;
  Evaluator& operator=(const Evaluator&) = delete;

  // Calls `each` with the verdict on each document of the text, in order: every YAML document, every JSON text, every
  // item of a List. What cannot be read is a verdict with Status::Error and ends the text. `each` returns false to
  // stop. Returns how many documents were evaluated; 0 means that no object was checked, which callers must not take
  // for "clean".
  std::size_t evaluate(std::string_view bytes, DocumentFormat format, std::string_view name,
                       const std::function<bool(const Verdict&)>& each);
  std::size_t evaluate(const ReadFunction& read, DocumentFormat format, std::string_view name,
                       const std::function<bool(const Verdict&)>& each);
  std::size_t evaluate(const InputStream& input, DocumentFormat format, std::string_view name,
                       const std::function<bool(const Verdict&)>& each);

  // The query's answer without input ..
  [[nodiscard]] QueryAnswer query(const Query& query);
  // .. or one for each document of the stream, whatever it holds: a List is one document here.
  std::size_t query(const Query& query, const ReadFunction& read, DocumentFormat format, std::string_view name,
                    const std::function<bool(const QueryAnswer&)>& each);

  void set_options(const EvaluateOptions& options);
  // Before the first evaluate(): entry points none of whose rules has an id that is wanted are not asked.
  void ask_only(const std::function<bool(std::string_view rule_id)>& is_wanted);
  // Ends a running evaluation with an error, from any thread.
  void cancel();

  struct Impl;

 private:
  std::unique_ptr<Impl> impl_;
};

// The objects of a run as Gatekeeper shows them to rules: data.inventory.cluster[apiVersion][kind][name] and
// data.inventory.namespace[namespace][apiVersion][kind][name].
class Inventory {
 public:
  explicit Inventory(const EngineOptions& options = {});
  ~Inventory();
  Inventory(const Inventory&) = delete;
  Inventory& operator=(const Inventory&) = delete;

  // Takes every document and every item of a list that has an apiVersion, a kind and a name; a later one takes the
  // place of an earlier one of the same name. What cannot be read is left out: evaluating it tells why.
  void add(const InputStream& input, DocumentFormat format, std::string_view name);
  // For PolicyBuilder::add_data(.., text, DocumentFormat::Json, {"inventory"}).
  [[nodiscard]] std::string json() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace psdl
