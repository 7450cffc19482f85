// Reading asks for no heap memory once it is warm. In: the same documents again and again; out: how often operator new was called.
// libyaml allocates each token and scalar with malloc, which is not counted here: see docs/performance.md, "Reading".
#include <catch2/catch.hpp>

#include <atomic>
#include <cstdlib>
#include <new>

#include "helpers.hpp"

namespace {

std::atomic<bool> is_counting{false};
std::atomic<std::size_t> allocations{0};

void* counted(std::size_t size) {
  if (is_counting.load(std::memory_order_relaxed)) allocations.fetch_add(1, std::memory_order_relaxed);
  void* made = std::malloc(size == 0 ? 1 : size);
  if (made == nullptr) throw std::bad_alloc();
  return made;
}

}  // namespace

void* operator new(std::size_t size) { return counted(size); }
void* operator new[](std::size_t size) { return counted(size); }
void* operator new(std::size_t size, const std::nothrow_t&) noexcept { return counted(size); }
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept { return counted(size); }
void operator delete(void* made) noexcept { std::free(made); }
void operator delete[](void* made) noexcept { std::free(made); }
void operator delete(void* made, std::size_t) noexcept { std::free(made); }
void operator delete[](void* made, std::size_t) noexcept { std::free(made); }

using namespace psdl;

namespace {

constexpr std::string_view kJson =
    R"({"apiVersion":"v1","kind":"Pod","metadata":{"name":"web","labels":{"app.kubernetes.io/name":"web"}},"spec":{"containers":)"
    R"([{"name":"app","image":"registry.example/shop/web:1.27","ports":[{"containerPort":8080}],"weight":1.5,"note":"a\n\u00e9"}],"hostNetwork":false}})";
constexpr std::string_view kYaml =
    "apiVersion: v1\nkind: Pod\nmetadata:\n  name: web\n  labels: {app.kubernetes.io/name: web}\nspec:\n  containers:\n  - name: app\n"
    "    image: registry.example/shop/web:1.27\n    weight: 1.5\n    note: \"a\\n\\u00e9\"\n    text: |\n      one\n      two\n";
constexpr std::string_view kOthers = "kind: Service\n---\nkind: ConfigMap\ndata: {a: 'b', c: 0x1F, d: yes}\n";

std::size_t read_all(DocumentStream& stream, std::string_view text, std::string_view name) {
  MemoryInput input(text);
  stream.restart(input, name);
  std::size_t documents = 0;
  for (;;) {
    const DocumentStream::Step step = stream.next();
    if (step.error != nullptr) return 0;
    if (step.document == nullptr) return documents;
    ++documents;
  }
}

// Calls of operator new while `text` is read the fifth time.
std::size_t allocations_when_warm(std::string_view text, std::string_view name, std::size_t documents) {
  StreamOptions options;
  MemoryInput none("");
  DocumentStream stream(none, options);
  for (int i = 0; i < 4; ++i) REQUIRE(read_all(stream, text, name) == documents);
  allocations = 0;
  is_counting = true;
  const std::size_t read = read_all(stream, text, name);
  is_counting = false;
  REQUIRE(read == documents);
  return allocations;
}

}  // namespace

TEST_CASE("reading allocates nothing once it is warm: JSON") { CHECK(allocations_when_warm(kJson, "pod.json", 1) == 0); }

TEST_CASE("reading allocates nothing once it is warm: YAML, libyaml's own memory aside") {
  CHECK(allocations_when_warm(kYaml, "pod.yaml", 1) == 0);
  CHECK(allocations_when_warm(kOthers, "pod.yaml", 2) == 0);
}

TEST_CASE("the counter counts") {
  allocations = 0;
  is_counting = true;
  const auto made = std::make_unique<int>(7);
  is_counting = false;
  CHECK(allocations == 1);
}
