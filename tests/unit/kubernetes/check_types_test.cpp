// What texts through the binary cannot reach: every field of the tables, memory, and the values that a rule is given.
#include <catch2/catch.hpp>

#include <cstdlib>
#include <new>
#include <string>

#include "codec/reader.hpp"
#include "kubernetes/check_types.hpp"
#include "kubernetes/resolve_type.hpp"
#include "value/text.hpp"

namespace {
std::size_t allocations = 0;
}  // namespace

void* operator new(std::size_t size) {
  ++allocations;
  if (void* memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  ++allocations;
  return std::malloc(size);
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, const std::nothrow_t&) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace psdl {
namespace {

constexpr std::string_view kPod = R"(
apiVersion: v1
kind: Pod
metadata:
  name: web
  creationTimestamp: null
  labels: {app.kubernetes.io/name: web, tier: front}
spec:
  securityContext: {runAsNonRoot: true, runAsUser: 1000, seccompProfile: {type: RuntimeDefault}}
  volumes:
    - {name: data, emptyDir: {sizeLimit: 1Gi}}
  containers:
    - name: app
      image: registry.example/web:1.2
      args: [--port, "8080"]
      ports: [{containerPort: 8080, protocol: TCP}]
      resources: {limits: {cpu: 500m, memory: 128Mi}, requests: {cpu: 1}}
      livenessProbe: {httpGet: {port: http, path: /healthz}, periodSeconds: 10}
      securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}
      volumeMounts: [{name: data, mountPath: /data}]
)";

Document read(std::string_view text) {
  Reader reader;
  auto document = reader.read(text, Format::Yaml, {});
  REQUIRE(document);
  return std::move(*document);
}

std::string as_read(const Document& document) {
  Arena arena;
  return to_json(as_kubernetes_reads(arena, nullptr, document.root()));
}

TEST_CASE("every field of every known type is found by its name, and nothing else is") {
  std::size_t fields = 0;
  for (const KnownType& type : known_types()) {
    for (const KnownField& field : type.fields()) {
      const std::string name(field.name());
      INFO(type.name() << "." << name);
      CHECK(type.find(name) == &field);
      ++fields;
      for (std::size_t at = 0; at < name.size(); ++at) {
        std::string other = name;
        other[at] = static_cast<char>(other[at] ^ 1);
        const KnownField* found = type.find(other);
        CHECK((found == nullptr || found->name() == other));
      }
      CHECK(type.find(name + "x") == nullptr);
      CHECK(type.find(name.substr(1)) == nullptr);
    }
    CHECK(type.find("") == nullptr);
  }
  CHECK(fields > 1000);
}

TEST_CASE("a clean document is checked without memory") {
  const Document document = read(kPod);
  const std::size_t before = allocations;
  const TypeReport report = check_types(document);
  const std::size_t after = allocations;
  CHECK(report.is_clean());
  CHECK(report.problems.empty());
  CHECK(after == before);
}

TEST_CASE("a rule sees what Kubernetes hands on") {
  CHECK(as_read(read("kind: Pod\nspec: {hostNetwork: null, containers: [null], nodeSelector: {a: null}}")) ==
        R"({"kind":"Pod","spec":{"containers":[{}],"nodeSelector":{"a":""}}})");
  CHECK(as_read(read("kind: Pod\nmetadata: {creationTimestamp: null, name: null}\n"
                     "spec: {priority: 1e3, containers: []}")) ==
        R"({"kind":"Pod","metadata":{"creationTimestamp":null},"spec":{"containers":[],"priority":1000}})");
  // What is not known stays as it is.
  CHECK(as_read(read("kind: Pod\nx: null\nspec: {z: [null], containers: []}")) ==
        R"({"kind":"Pod","spec":{"containers":[],"z":[null]},"x":null})");
  CHECK(as_read(read("kind: Thing\nspec: {a: null}")) == R"({"kind":"Thing","spec":{"a":null}})");
}

TEST_CASE("what is spelt anew keeps its place, and what is not is not copied") {
  const Document document =
      read("kind: Pod\nmetadata: {labels: {a: b}}\nspec:\n  hostPID: null\n  priority: 1e1\n  containers: []\n");
  Arena arena;
  const Value root = as_kubernetes_reads(arena, nullptr, document.root());
  const Object& before = document.root().as_object();
  const Object& after = root.as_object();
  CHECK(&after.find_text("metadata")->as_object() == &before.find_text("metadata")->as_object());
  const Value* spec = after.find_text("spec");
  const Value* old_spec = before.find_text("spec");
  CHECK(spec->origin() == old_spec->origin());
  CHECK(spec->as_object().find_text("hostPID") == nullptr);
  CHECK(spec->as_object().find_text("priority")->origin() ==
        old_spec->as_object().find_text("priority")->origin());
}

TEST_CASE("kinds are known by group and name") {
  const auto type_of = [](std::string_view text) {
    const Document document = read(text);
    const ResolvedType resolved = resolve_type(document.root().as_object());
    if (resolved.type == nullptr) return std::string("none");
    return std::string(resolved.type->name()) + (resolved.kind == nullptr ? " by shape" : "");
  };
  CHECK(type_of("{apiVersion: extensions/v1beta1, kind: DaemonSet}") == "apps/v1.DaemonSet");
  CHECK(type_of("{kind: Pod}") == "core/v1.Pod");
  CHECK(type_of("{apiVersion: v1, kind: Service}") == "core/v1.Service");
  CHECK(type_of("{apiVersion: serving.knative.dev/v1, kind: Service}") == "none");
  CHECK(type_of("{apiVersion: foreign.example/v1, kind: Service, spec: {template: {spec: {containers: []}}}}") ==
        "object by shape");
  CHECK(type_of("{apiVersion: foreign.example/v1, kind: Pod, spec: {}}") == "object by shape");
  CHECK(type_of("{kind: pod}") == "none");
}

}  // namespace
}  // namespace psdl
