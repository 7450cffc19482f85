// A warm evaluator asks for no memory: by psdl.hpp and by psdl.h. In: the same documents again and again; out: how
// often malloc was called for one of them, by anybody in the process.
//
// Documents are JSON: libyaml allocates each token of YAML, which is told in docs/performance.md.
#include <atomic>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>
#include <string_view>

#include "psdl/psdl.h"
#include "psdl/psdl.hpp"
#include "psdl/standards.hpp"

namespace {
std::atomic<long> allocations{0};
}  // namespace

// Under glibc's allocator, and visible, so that shared libraries are counted as well.
extern "C" {
void* __libc_malloc(std::size_t size);
void* __libc_calloc(std::size_t items, std::size_t size);
void* __libc_realloc(void* old, std::size_t size);

[[gnu::visibility("default")]] void* malloc(std::size_t size) {
  allocations.fetch_add(1, std::memory_order_relaxed);
  return __libc_malloc(size);
}
[[gnu::visibility("default")]] void* calloc(std::size_t items, std::size_t size) {
  allocations.fetch_add(1, std::memory_order_relaxed);
  return __libc_calloc(items, size);
}
[[gnu::visibility("default")]] void* realloc(void* old, std::size_t size) {
  allocations.fetch_add(1, std::memory_order_relaxed);
  return __libc_realloc(old, size);
}
}

namespace {

int failed = 0;

void check(bool holds, std::string_view what) {
  if (holds) return;
  ++failed;
  std::fprintf(stderr, "not so: %.*s\n", static_cast<int>(what.size()), what.data());
}

constexpr std::string_view kGood = R"({"apiVersion": "v1", "kind": "Pod",
  "metadata": {"name": "a-pod-whose-name-is-longer-than-a-short-text", "namespace": "a-namespace-of-such-length"},
  "spec": {"securityContext": {"runAsNonRoot": true, "seccompProfile": {"type": "RuntimeDefault"}},
  "containers": [{"name": "the-server-of-the-shop", "image": "registry.example.com/shop/api:2.4", "securityContext":
  {"allowPrivilegeEscalation": false, "capabilities": {"drop": ["ALL"]}}}]}})";

constexpr std::string_view kBad = R"({"apiVersion": "apps/v1", "kind": "Deployment",
  "metadata": {"name": "a-deployment-whose-name-is-long", "namespace": "a-namespace-of-such-length"},
  "spec": {"selector": {"matchLabels": {"a": "b"}}, "template": {"metadata": {"labels": {"a": "b"}}, "spec": {
  "hostNetwork": true,
  "containers": [
    {"name": "the-server-of-the-shop", "image": "registry.example.com/shop/api:2.4",
     "securityContext": {"privileged": true}},
    {"name": "another-container-of-it", "image": "registry.example.com/shop/tail:1.0"}]}}}})";

// Warm after some rounds: texts of findings change places among themselves until each is large enough for all.
constexpr int kRounds = 50;

// Calls of malloc in one more round.
long when_warm(const std::function<void()>& round) {
  for (int i = 0; i < kRounds; ++i) round();
  const long before = allocations.load();
  round();
  return allocations.load() - before;
}

void expect_none(const std::string& what, long got) {
  check(got == 0, what + ": " + std::to_string(got) + " allocations");
}

struct Case {
  const char* name;
  std::string_view text;
  bool locates;
  psdl::Status status;
};

constexpr Case kCases[] = {
    {"allowed", kGood, true, psdl::Status::Allow},
    {"denied, without places", kBad, false, psdl::Status::Deny},
    {"denied, with places", kBad, true, psdl::Status::Deny},
};

void by_engine() {
  psdl::PolicyBuilder builder;
  psdl::DiagnosticList problems;
  psdl::StandardOptions standard;
  standard.level = psdl::Level::Restricted;
  check(psdl::add_standard(builder, standard, problems), "the level is added");
  const psdl::Policy policy = builder.build(problems);
  check(static_cast<bool>(policy), "the policy compiles");
  if (!policy) return;
  for (const Case& one : kCases) {
    psdl::Evaluator evaluator(policy, {.judges_pods = true, .locates = one.locates});
    std::size_t findings = 0;
    const std::function<bool(const psdl::Verdict&)> each = [&](const psdl::Verdict& verdict) {
      check(verdict.status == one.status, one.name);
      findings = verdict.findings.size();
      return true;
    };
    const auto round = [&] {
      evaluator.evaluate(one.text, psdl::DocumentFormat::Json, "a-file-of-some-name.json", each);
    };
    expect_none(std::string("psdl.hpp, ") + one.name, when_warm(round));
    check((findings > 3) == (one.status == psdl::Status::Deny), "what is denied has findings");
  }
}

void want(psdl_status status, std::string_view what) {
  check(status == PSDL_OK, what);
}

psdl_document document_of(std::string_view text) {
  psdl_document document{};
  document.size = sizeof document;
  document.text = {text.data(), text.size()};
  document.name = {"a-file-of-some-name.json", 24};
  document.format = PSDL_FORMAT_JSON;
  return document;
}

void by_calls() {
  psdl_compiler* compiler = nullptr;
  psdl_policy* policy = nullptr;
  want(psdl_compiler_new(nullptr, &compiler), "compiler");
  want(psdl_compiler_add_level(compiler, "restricted", 10, nullptr), "level");
  want(psdl_compiler_build(compiler, &policy), "policy");
  for (const Case& one : kCases) {
    psdl_evaluator* evaluator = nullptr;
    psdl_result* result = nullptr;
    psdl_evaluator_options options{};
    options.size = sizeof options;
    options.without_places = !one.locates;
    want(psdl_evaluator_new(policy, &options, &evaluator), "evaluator");
    want(psdl_result_new(evaluator, &result), "result");
    const psdl_document document = document_of(one.text);
    const auto round = [&] {
      std::size_t count = 0;
      want(psdl_evaluator_evaluate(evaluator, &document, result), "evaluate");
      want(psdl_result_finding_count(result, &count), "findings");
      for (std::size_t i = 0; i < count; ++i) {
        psdl_finding finding{};
        psdl_place place{};
        finding.size = sizeof finding;
        place.size = sizeof place;
        want(psdl_result_finding(result, i, &finding), "finding");
        want(psdl_result_place(result, i, &place), "place");
        check(finding.message.length > 20, "a finding has its message");
        check((place.line > 1) == one.locates, "a finding has its line");
      }
    };
    expect_none(std::string("psdl.h, ") + one.name, when_warm(round));
    psdl_result_free(result);
    psdl_evaluator_free(evaluator);
  }
  psdl_policy_free(policy);
  psdl_compiler_free(compiler);
}

// A text of several documents, as a batch of them and without a result.
void by_batch() {
  psdl_compiler* compiler = nullptr;
  psdl_policy* policy = nullptr;
  psdl_evaluator* evaluator = nullptr;
  psdl_result* result = nullptr;
  want(psdl_compiler_new(nullptr, &compiler), "compiler");
  want(psdl_compiler_add_level(compiler, "restricted", 10, nullptr), "level");
  want(psdl_compiler_build(compiler, &policy), "policy");
  want(psdl_evaluator_new(policy, nullptr, &evaluator), "evaluator");
  want(psdl_result_new(evaluator, &result), "result");
  const char* const texts[] = {kGood.data(), kBad.data(), kGood.data()};
  const std::size_t lengths[] = {kGood.size(), kBad.size(), kGood.size()};
  std::uint64_t denied = 0;
  psdl_batch batch{};
  batch.size = sizeof batch;
  batch.count = 3;
  batch.texts = texts;
  batch.lengths = lengths;
  batch.format = PSDL_FORMAT_JSON;
  batch.denied = &denied;
  const auto round = [&](psdl_result* into) {
    return [&, into] {
      want(psdl_evaluator_evaluate_batch(evaluator, &batch, into), "batch");
      check(denied == 2, "the second of the batch is denied");
    };
  };
  expect_none("a batch without a result", when_warm(round(nullptr)));
  expect_none("a batch with a result", when_warm(round(result)));
  psdl_result_free(result);
  psdl_evaluator_free(evaluator);
  psdl_policy_free(policy);
  psdl_compiler_free(compiler);
}

}  // namespace

int main() {
  by_engine();
  by_calls();
  by_batch();
  const long before = allocations.load();
  std::string made(1000, 'x');
  check(allocations.load() == before + 1 && made.size() == 1000, "the counter counts");
  return failed > 0 ? 1 : 0;
}
