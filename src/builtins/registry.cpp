// The families brought together. In: their rows; out: one table sorted by name.
#include "builtins/registry.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

#include "base/assert.hpp"
#include "builtins/host.hpp"

namespace psdl {

// Documents need the readers, which a host of the VM alone does not link: then there is no such function, which only a weak reference allows.
[[gnu::weak]] std::span<const Builtin> document_builtins();

namespace {

std::span<const Builtin> document_builtins_if_linked() {
  if (document_builtins == nullptr) return {};
  return document_builtins();
}

}  // namespace

std::span<const BuiltinFamily> builtin_families() {
  static const std::array families = {
      BuiltinFamily{"Comparison", comparison_builtins()}, BuiltinFamily{"Numbers", number_builtins()},
      BuiltinFamily{"Aggregates", aggregate_builtins()},  BuiltinFamily{"Arrays and sets", collection_builtins()},
      BuiltinFamily{"Objects", object_builtins()},        BuiltinFamily{"Edits of documents", edit_builtins()},
      BuiltinFamily{"Strings", string_builtins()},        BuiltinFamily{"Formatting", format_builtins()},
      BuiltinFamily{"Patterns", pattern_builtins()},      BuiltinFamily{"Types", type_builtins()},
      BuiltinFamily{"Units", unit_builtins()},            BuiltinFamily{"Encodings", encoding_builtins()},
      BuiltinFamily{"JSON and YAML", document_builtins_if_linked()}, BuiltinFamily{"Graphs", graph_builtins()},
      BuiltinFamily{"Versions", semver_builtins()},       BuiltinFamily{"Networks", net_builtins()},
      BuiltinFamily{"Time", time_builtins()},             BuiltinFamily{"Hashes", crypto_builtins()},
      BuiltinFamily{"UUIDs", uuid_builtins()},
  };
  return families;
}

std::span<const Builtin* const> all_builtins() {
  static const std::vector<const Builtin*> sorted = [] {
    std::vector<const Builtin*> rows;
    for (const BuiltinFamily& family : builtin_families()) {
      for (const Builtin& row : family.rows) rows.push_back(&row);
    }
    std::sort(rows.begin(), rows.end(), [](const Builtin* left, const Builtin* right) { return left->name < right->name; });
    return rows;
  }();
  return sorted;
}

namespace {

// Null outside of a host's call, and again when that returns.
[[gnu::tls_model("initial-exec")]] thread_local const HostBuiltins* running_host = nullptr;

// Rows by a hash of their names, places probed in order. A start looks names up before it would pay to sort them.
class NameTable {
 public:
  NameTable() {
    for (const BuiltinFamily& family : builtin_families()) {
      for (const Builtin& row : family.rows) {
        std::size_t at = place_of(row.name);
        while (rows_[at] != nullptr) at = (at + 1) % kPlaces;
        rows_[at] = &row;
        PSDL_ASSERT(++count_ < kPlaces);
      }
    }
  }
  [[nodiscard]] const Builtin* find(std::string_view name) const {
    for (std::size_t at = place_of(name); rows_[at] != nullptr; at = (at + 1) % kPlaces) {
      if (rows_[at]->name == name) return rows_[at];
    }
    return nullptr;
  }

 private:
  static constexpr std::size_t kPlaces = 512;

  static std::size_t place_of(std::string_view name) {  // FNV-1a
    std::uint32_t hash = 2166136261U;
    for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619U;
    return (hash ^ hash >> 16U) % kPlaces;
  }

  std::size_t count_ = 0;
  std::array<const Builtin*, kPlaces> rows_{};
};

}  // namespace

RunningHostBuiltins::RunningHostBuiltins(const HostBuiltins* builtins) : outer_(running_host) { running_host = builtins; }
RunningHostBuiltins::~RunningHostBuiltins() { running_host = outer_; }

const Builtin* find_builtin(std::string_view name) {
  static const NameTable table;
  if (running_host != nullptr) {
    if (const Builtin* const row = running_host->find(name)) return row;
  }
  return table.find(name);
}

namespace {

constexpr std::string_view kReachesOut = "it reaches outside the evaluation, which PSDL does not do";
constexpr std::string_view kNeedsKeys = "PSDL reads no keys and certificates";
constexpr std::string_view kNeedsSchema = "PSDL does not check JSON schemas";
constexpr std::string_view kNeedsGraphql = "PSDL does not read GraphQL";
constexpr std::string_view kNeedsParser = "an evaluation has no parser";
constexpr std::string_view kNeedsTemplates = "PSDL has no Go templates; use sprintf or a template string";
constexpr std::string_view kNeedsUris = "PSDL does not take URIs apart";
constexpr std::string_view kNeedsMetadata = "metadata is not there at run time";

// In order of name. The families win: a name that has a row there is not missing.
constexpr MissingBuiltin kMissing[] = {
    {"crypto.parse_private_keys", signature("(keys: string) -> array[object[string: any]]"), kNeedsKeys},
    {"crypto.x509.parse_and_verify_certificates", signature("(certs: string) -> array<boolean, array[object[string: any]]>"), kNeedsKeys},
    {"crypto.x509.parse_and_verify_certificates_with_options",
     signature("(certs: string, options: object[string: any]) -> array<boolean, array[object[string: any]]>"), kNeedsKeys},
    {"crypto.x509.parse_certificate_request", signature("(csr: string) -> object[string: any]"), kNeedsKeys},
    {"crypto.x509.parse_certificates", signature("(certs: string) -> array[object[string: any]]"), kNeedsKeys},
    {"crypto.x509.parse_keypair", signature("(cert: string, pem: string) -> object[string: any]"), kNeedsKeys},
    {"crypto.x509.parse_rsa_private_key", signature("(pem: string) -> object[string: any]"), kNeedsKeys},
    {"graphql.is_valid", signature("(query: string|object[any: any], schema: string|object[any: any]) -> boolean"), kNeedsGraphql},
    {"graphql.parse", signature("(query: string|object[any: any], schema: string|object[any: any]) -> array<object[any: any], object[any: any]>"),
     kNeedsGraphql},
    {"graphql.parse_and_verify",
     signature("(query: string|object[any: any], schema: string|object[any: any]) -> array<boolean, object[any: any], object[any: any]>"), kNeedsGraphql},
    {"graphql.parse_query", signature("(query: string) -> object[any: any]"), kNeedsGraphql},
    {"graphql.parse_schema", signature("(schema: string) -> object[any: any]"), kNeedsGraphql},
    {"graphql.schema_is_valid", signature("(schema: string|object[any: any]) -> boolean"), kNeedsGraphql},
    {"http.send", signature("(request: object[string: any]) -> object[any: any]"), kReachesOut},
    {"io.jwt.decode", signature("(jwt: string) -> array<object[any: any], object[any: any], string>"), kNeedsKeys},
    {"io.jwt.decode_verify", signature("(jwt: string, constraints: object[string: any]) -> array<boolean, object[any: any], object[any: any]>"), kNeedsKeys},
    {"io.jwt.encode_sign", signature("(headers: object[string: any], payload: object[string: any], key: object[string: any]) -> string"), kNeedsKeys},
    {"io.jwt.encode_sign_raw", signature("(headers: string, payload: string, key: string) -> string"), kNeedsKeys},
    {"io.jwt.verify_eddsa", signature("(jwt: string, certificate: string) -> boolean"), kNeedsKeys},
    {"io.jwt.verify_es256", signature("(jwt: string, certificate: string) -> boolean"), kNeedsKeys},
    {"io.jwt.verify_es384", signature("(jwt: string, certificate: string) -> boolean"), kNeedsKeys},
    {"io.jwt.verify_es512", signature("(jwt: string, certificate: string) -> boolean"), kNeedsKeys},
    {"io.jwt.verify_hs256", signature("(jwt: string, secret: string) -> boolean"), kNeedsKeys},
    {"io.jwt.verify_hs384", signature("(jwt: string, secret: string) -> boolean"), kNeedsKeys},
    {"io.jwt.verify_hs512", signature("(jwt: string, secret: string) -> boolean"), kNeedsKeys},
    {"io.jwt.verify_ps256", signature("(jwt: string, certificate: string) -> boolean"), kNeedsKeys},
    {"io.jwt.verify_ps384", signature("(jwt: string, certificate: string) -> boolean"), kNeedsKeys},
    {"io.jwt.verify_ps512", signature("(jwt: string, certificate: string) -> boolean"), kNeedsKeys},
    {"io.jwt.verify_rs256", signature("(jwt: string, certificate: string) -> boolean"), kNeedsKeys},
    {"io.jwt.verify_rs384", signature("(jwt: string, certificate: string) -> boolean"), kNeedsKeys},
    {"io.jwt.verify_rs512", signature("(jwt: string, certificate: string) -> boolean"), kNeedsKeys},
    {"json.match_schema",
     signature("(document: string|object[any: any], schema: string|object[any: any]) -> array<boolean, array[object<desc: string, error: string, field: "
               "string, type: string>]>"),
     kNeedsSchema},
    {"json.verify_schema", signature("(schema: string|object[any: any]) -> array<boolean, null|string>"), kNeedsSchema},
    {"net.lookup_ip_addr", signature("(name: string) -> set[string]"), kReachesOut},
    {"opa.runtime", signature("() -> object[string: any]"), kReachesOut},
    {"providers.aws.sign_req", signature("(request: object[string: any], aws_config: object[string: any], time_ns: number) -> object[any: any]"), kNeedsKeys},
    {"rego.metadata.chain", signature("() -> array[any]"), kNeedsMetadata},
    {"rego.metadata.rule", signature("() -> any"), kNeedsMetadata},
    {"rego.parse_module", signature("(filename: string, rego: string) -> object[string: any]"), kNeedsParser},
    {"strings.render_template", signature("(value: string, vars: object[string: any]) -> string"), kNeedsTemplates},
    {"uri.is_valid", signature("(uri: string) -> boolean"), kNeedsUris},
    {"uri.parse", signature("(uri: string) -> object[string: string]"), kNeedsUris},
};

}  // namespace

std::span<const MissingBuiltin> missing_builtins() { return kMissing; }

const MissingBuiltin* find_missing_builtin(std::string_view name) {
  if (running_host != nullptr) {
    if (const MissingBuiltin* const row = running_host->find_missing(name)) return row;
  }
  const auto at = std::lower_bound(std::begin(kMissing), std::end(kMissing), name, [](const MissingBuiltin& row, std::string_view wanted) { return row.name < wanted; });
  return at != std::end(kMissing) && at->name == name && find_builtin(name) == nullptr ? at : nullptr;
}

}  // namespace psdl
