// One operation a figure: what the machine, the readers and the builtins are made of. Google Benchmark's flags apply:
//   psdl_micro --benchmark_filter=read --benchmark_repetitions=9
#include <benchmark/benchmark.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "builtins/patterns.hpp"
#include "builtins/registry.hpp"
#include "codec/reader.hpp"
#include "value/builders.hpp"
#include "value/number.hpp"
#include "value/text.hpp"
#include "workload.hpp"

namespace psdl::bench {
namespace {

// A pod of two containers, 2.3 KB as JSON, as an API server sends it.
std::string pod_json() {
  std::string text =
      R"({"apiVersion":"v1","kind":"Pod","metadata":{"name":"shop-7d9c5b6f4-x2x9z","namespace":"shop","uid":"5f3c1a52-0d0e-4b0f-9a70-6f3f7b1f2f10",)"
      R"("resourceVersion":"184467","creationTimestamp":"2024-05-01T10:00:00Z","labels":{"app":"shop","team":"payments","pod-template-hash":"7d9c5b6f4"},)"
      R"("annotations":{"checksum/config":"8f14e45fceea167a5a36dedd4bea2543","prometheus.io/scrape":"true","prometheus.io/port":"9090"}},)"
      R"("spec":{"serviceAccountName":"shop","restartPolicy":"Always","terminationGracePeriodSeconds":30,"dnsPolicy":"ClusterFirst",)"
      R"("securityContext":{"runAsNonRoot":true,"fsGroup":2000,"seccompProfile":{"type":"RuntimeDefault"}},"containers":[)";
  for (const std::string_view name : {"app", "proxy"}) {
    if (text.back() == '}') text += ',';
    text += R"({"name":")";
    text += name;
    text += R"(","image":"registry.example.com/shop/)";
    text += name;
    text +=
        R"(:1.4.2","args":["--listen=0.0.0.0:8080","--log-level=info"],"ports":[{"name":"http","containerPort":8080,"protocol":"TCP"}],)"
        R"("env":[{"name":"POD_NAME","valueFrom":{"fieldRef":{"apiVersion":"v1","fieldPath":"metadata.name"}}},{"name":"MODE","value":"live"}],)"
        R"("resources":{"limits":{"cpu":"500m","memory":"256Mi"},"requests":{"cpu":"100m","memory":"128Mi"}},)"
        R"("volumeMounts":[{"name":"config","mountPath":"/etc/shop","readOnly":true},{"name":"tmp","mountPath":"/tmp"}],)"
        R"("livenessProbe":{"httpGet":{"path":"/healthz","port":8080},"periodSeconds":10,"timeoutSeconds":1},"imagePullPolicy":"IfNotPresent",)"
        R"("securityContext":{"allowPrivilegeEscalation":false,"readOnlyRootFilesystem":true,"runAsUser":1000,"capabilities":{"drop":["ALL"]}}})";
  }
  text +=
      R"(],"volumes":[{"name":"config","configMap":{"name":"shop-config","defaultMode":420}},{"name":"tmp","emptyDir":{}}],"tolerations":[)"
      R"({"key":"node.kubernetes.io/not-ready","operator":"Exists","effect":"NoExecute","tolerationSeconds":300}]},"status":{"phase":"Running"}})";
  return text;
}

// Block YAML of a value that holds no text that YAML would read as something else.
void append_yaml(std::string& out, const Value& value, std::size_t indent) {
  if (value.is_object() && value.as_object().size() > 0) {
    const auto keys = value.as_object().keys();
    const auto values = value.as_object().values();
    for (std::size_t i = 0; i < keys.size(); ++i) {
      out += '\n' + std::string(indent, ' ') + std::string(keys[i].as_string()) + ':';
      append_yaml(out, values[i], indent + 2);
    }
  } else if (value.is_array() && value.length() > 0) {
    for (const Value& item : value.as_array()) {
      out += '\n' + std::string(indent, ' ') + '-';
      append_yaml(out, item, indent + 2);
    }
  } else {
    out += ' ' + to_json(value);
  }
}

std::shared_ptr<const KeyTable> pod_keys() {
  const std::vector<std::string_view> names = {"apiVersion", "capabilities", "containers", "drop",      "image",
                                               "kind",       "labels",       "limits",     "metadata",  "name",
                                               "resources",  "runAsNonRoot", "runAsUser",  "spec",      "securityContext",
                                               "volumes",    "privileged",   "hostPath",   "namespace", "initContainers"};
  return std::make_shared<const KeyTable>(names);
}

// A pod that was read, and the names that lookups ask for.
struct Pod {
  std::string json = pod_json();
  std::string yaml;
  std::shared_ptr<const KeyTable> keys = pod_keys();
  Limits limits;
  Reader reader;
  Arena arena;
  Value root;
  ReadOptions options;

  Pod() {
    options.limits = &limits;
    options.key_table = keys;
    root = read(arena, json, Format::Json);
    append_yaml(yaml, root, 0);
  }
  Value read(Arena& into, std::string_view text, Format format) {
    const Result<Document, ReadError> document = reader.read(into, text, format, options);
    return document ? document->root() : Value();
  }
};

// What a builtin is called with.
struct Calls {
  Limits limits;
  Arena arena;
  EvaluationFacts facts;
  PatternCache patterns;
  CallContext context{arena, limits, facts, patterns};

  Value call(const Builtin& builtin, std::span<const Value> operands) {
    arena.reset();
    return call_builtin(builtin, context, operands.data(), operands.size());
  }
};

void lookup_by_number(benchmark::State& state) {
  const Pod pod;
  const KeyNumber spec = pod.keys->number("spec");
  const Object& root = pod.root.as_object();
  for (auto _ : state) benchmark::DoNotOptimize(root.find_name(spec, "spec"));
}
BENCHMARK(lookup_by_number);

void lookup_by_text(benchmark::State& state) {
  const Pod pod;
  const Object& root = pod.root.as_object();
  const Value key = Value::string("spec");
  for (auto _ : state) benchmark::DoNotOptimize(root.find(key));
}
BENCHMARK(lookup_by_text);

void path_of_three_names(benchmark::State& state) {
  const Pod pod;
  const KeyNumber spec = pod.keys->number("spec");
  const KeyNumber context = pod.keys->number("securityContext");
  const KeyNumber non_root = pod.keys->number("runAsNonRoot");
  for (auto _ : state) {
    const Value* at = pod.root.as_object().find_name(spec, "spec");
    at = at->as_object().find_name(context, "securityContext");
    benchmark::DoNotOptimize(at->as_object().find_name(non_root, "runAsNonRoot"));
  }
}
BENCHMARK(path_of_three_names);

void lookup_in_map_of(benchmark::State& state) {
  Arena arena;
  const auto size = static_cast<std::size_t>(state.range(0));
  ObjectBuilder made(arena);
  std::vector<Value> keys;
  for (std::size_t i = 0; i < size; ++i) {
    keys.push_back(Value::string(arena, "name-" + std::to_string(i * 7919 % size)));
    made.add(keys.back(), Value::integer(static_cast<std::int64_t>(i)));
  }
  const Value map = made.finish();
  freeze(arena, map);
  std::size_t next = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(map.as_object().find(keys[next]));
    next = next + 1 == size ? 0 : next + 1;
  }
}
BENCHMARK(lookup_in_map_of)->Arg(8)->Arg(16)->Arg(64)->Arg(1000);

void read_json_pod(benchmark::State& state) {
  Pod pod;
  Arena arena;
  for (auto _ : state) {
    arena.reset();
    benchmark::DoNotOptimize(pod.read(arena, pod.json, Format::Json));
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(pod.json.size()) * state.iterations());
}
BENCHMARK(read_json_pod);

void read_yaml_pod(benchmark::State& state) {
  Pod pod;
  Arena arena;
  for (auto _ : state) {
    arena.reset();
    benchmark::DoNotOptimize(pod.read(arena, pod.yaml, Format::Yaml));
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(pod.yaml.size()) * state.iterations());
}
BENCHMARK(read_yaml_pod);

void copy_verdict_of_pod(benchmark::State& state) {
  const Pod pod;
  Arena arena;
  for (auto _ : state) {
    arena.reset();
    benchmark::DoNotOptimize(copy_into(arena, pod.root));
  }
}
BENCHMARK(copy_verdict_of_pod);

void equal_pods(benchmark::State& state) {
  Pod pod;
  Arena arena;
  const Value other = pod.read(arena, pod.json, Format::Json);
  for (auto _ : state) benchmark::DoNotOptimize(equal(pod.root, other));
}
BENCHMARK(equal_pods);

void set_of_texts(benchmark::State& state) {
  Arena texts;
  Arena arena;
  std::vector<Value> members;
  const auto size = state.range(0);
  for (std::int64_t i = 0; i < size; ++i) members.push_back(Value::string(texts, "member-" + std::to_string(i * 7919 % size)));
  for (auto _ : state) {
    arena.reset();
    SetBuilder made(arena);
    for (const Value& member : members) made.add(member);
    benchmark::DoNotOptimize(made.finish().as_set().size());
  }
  state.SetItemsProcessed(size * state.iterations());
}
BENCHMARK(set_of_texts)->Arg(4)->Arg(32)->Arg(1000);

void set_membership(benchmark::State& state) {
  Arena arena;
  SetBuilder made(arena);
  const auto size = state.range(0);
  for (std::int64_t i = 0; i < size; ++i) made.add(Value::string(arena, "member-" + std::to_string(i)));
  const Value set = made.finish();
  freeze(arena, set);
  const Value wanted = Value::string(arena, "member-" + std::to_string(size / 2));
  for (auto _ : state) benchmark::DoNotOptimize(set.as_set().contains(wanted));
}
BENCHMARK(set_membership)->Arg(4)->Arg(32)->Arg(1000);

void builtin(benchmark::State& state, std::string_view name, std::initializer_list<Value> operands) {
  Calls calls;
  const Builtin* const row = find_builtin(name);
  if (row == nullptr) {
    state.SkipWithError("there is no such builtin");
    return;
  }
  const std::vector<Value> values(operands);
  for (auto _ : state) benchmark::DoNotOptimize(calls.call(*row, values));
}

const Value kTwoTexts[] = {Value::string("app"), Value::string("registry.example.com/shop/app:1.4.2")};
const Value kParts[] = {Value::string("registry.example.com"), Value::string("shop"), Value::string("app")};
BENCHMARK_CAPTURE(builtin, sprintf_two_texts, "sprintf",
                  {Value::string("container <%s> has an image <%s> outside the allowed repositories"), Value::array(kTwoTexts)});
BENCHMARK_CAPTURE(builtin, startswith, "startswith", {kTwoTexts[1], Value::string("registry.example.com/")});
BENCHMARK_CAPTURE(builtin, split, "split", {kTwoTexts[1], Value::string("/")});
BENCHMARK_CAPTURE(builtin, concat, "concat", {Value::string("/"), Value::array(kParts)});
BENCHMARK_CAPTURE(builtin, regex_match, "regex.match", {Value::string("^[a-z0-9.]+/[a-z]+/[a-z]+:[0-9.]+$"), kTwoTexts[1]});
BENCHMARK_CAPTURE(builtin, to_number, "to_number", {Value::string("1.5")});
BENCHMARK_CAPTURE(builtin, units_parse_bytes, "units.parse_bytes", {Value::string("256Mi")});

void add_decimals(benchmark::State& state) {
  Arena texts;
  Calls calls;
  const Value operands[] = {number_from_text(texts, "0.1"), number_from_text(texts, "0.2")};
  const Builtin* const plus = find_builtin("plus");
  for (auto _ : state) benchmark::DoNotOptimize(calls.call(*plus, operands));
}
BENCHMARK(add_decimals);

// One loop and one test over a pod: the rule that docs and quick start show.
void run_rule_of_one_loop(benchmark::State& state) {
  Workload workload;
  workload.name = "one_loop";
  workload.sources.emplace_back("policy.rego", "package t\nimport rego.v1\ndeny contains c.name if { some c in input.spec.containers; c.securityContext.privileged == true }\n");
  workload.query = "data.t.deny";
  std::string reason;
  const std::shared_ptr<const Prepared> prepared = Prepared::make(workload, reason);
  if (prepared == nullptr) {
    state.SkipWithError(reason.c_str());
    return;
  }
  Evaluation evaluation(prepared);
  if (!evaluation.read(pod_json(), Format::Json)) {
    state.SkipWithError(evaluation.error().c_str());
    return;
  }
  for (auto _ : state) benchmark::DoNotOptimize(evaluation.run());
}
BENCHMARK(run_rule_of_one_loop);

}  // namespace
}  // namespace psdl::bench

BENCHMARK_MAIN();
