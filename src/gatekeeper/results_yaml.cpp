// YAML as Go's third library writes gator's structs: their fields in order, maps sorted, and from the second result on
// in one line each, as a null that it writes in flow style leaves it in that style.
#include <fmt/format.h>

#include "base/limits.hpp"
#include "builtins/yaml_writer.hpp"
#include "codec/reader.hpp"
#include "gatekeeper/results.hpp"
#include "value/builders.hpp"

namespace psdl::gatekeeper {
namespace {

constexpr std::uint32_t kDepth = 10'000;
constexpr int kStep = 4;

// A list's item whose fields stand behind its `- `. The field that is written last in block style is never a list or
// map that goes on.
class YamlStructs {
 public:
  explicit YamlStructs(std::string& out) : out_(out) {}

  // A field of a map that is indented so; a first one stands behind `- ` of the item.
  void field(int indent, std::string_view name, bool is_first = false) {
    if (is_first) {
      out_.append(static_cast<std::size_t>(indent - 2), ' ');
      out_ += "- ";
    } else {
      out_.append(static_cast<std::size_t>(indent), ' ');
    }
    out_ += name;
    out_ += ':';
  }
  void value(int indent, const Value& value, bool has_doubles) {
    static_cast<void>(append_yaml_member(out_, value, indent, kDepth, layout(has_doubles)));
  }
  void text(int indent, std::string_view text) { value(indent, Value::string(text), false); }
  void flow(std::string_view before, const Value& value, bool has_doubles) {
    out_ += before;
    static_cast<void>(append_yaml_flow(out_, value, kDepth, layout(has_doubles)));
  }
  void raw(std::string_view text) { out_ += text; }

 private:
  static YamlLayout layout(bool has_doubles) {
    YamlLayout made;
    made.step = kStep;
    made.has_doubles = has_doubles;
    return made;
  }

  std::string& out_;
};

// metadata: `{details: ..}`, or an empty map where there is none.
Value metadata_of(Arena& arena, const ReviewResult& result) {
  ObjectBuilder builder(arena);
  if (result.is_error) {
    builder.add(Value::string("details"), Value::null());
  } else if (result.has_metadata) {
    const std::string json = result.details_json.empty() ? "{}" : result.details_json;
    const Result<Value> details = read_value_json(arena, json, ReadRules::opa(), Limits());
    builder.add(Value::string("details"), details ? *details : empty_object());
  }
  return builder.finish();
}

Value texts(Arena& arena, const std::vector<std::string>& list) {
  ArrayBuilder builder(arena);
  for (const std::string& text : list) builder.add(Value::string(text));
  return builder.finish();
}

void append_block(YamlStructs& yaml, const TestResult& one, int item) {
  Arena arena;
  const int top = item + 2;
  const int inner = kStep * ((top + kStep) / kStep);
  const int object = inner + kStep;
  yaml.field(top, "result", true);
  yaml.raw("\n");
  yaml.field(inner, "target");
  yaml.text(inner, "admission.k8s.gatekeeper.sh");
  yaml.field(inner, "msg");
  yaml.text(inner, one.result.message);
  yaml.field(inner, "metadata");
  yaml.value(inner, metadata_of(arena, one.result), true);
  yaml.field(inner, "constraint");
  yaml.raw("\n");
  yaml.field(object, "object");
  yaml.value(object, one.result.constraint->root, false);
  yaml.field(inner, "enforcementaction");
  yaml.text(inner, one.result.action);
  yaml.field(inner, "scopedenforcementactions");
  yaml.value(inner, texts(arena, one.result.scoped_actions), false);
  yaml.field(top, "violatingObject");
  yaml.value(top, one.root, true);
  yaml.field(top, "trace");
  if (one.trace) {
    yaml.text(top, *one.trace);
  } else {
    yaml.raw(" null\n");
  }
}

void append_flow(YamlStructs& yaml, const TestResult& one) {
  Arena arena;
  yaml.flow("- {result: {target: admission.k8s.gatekeeper.sh, msg: ", Value::string(one.result.message), false);
  yaml.flow(", metadata: ", metadata_of(arena, one.result), true);
  yaml.flow(", constraint: {object: ", one.result.constraint->root, false);
  yaml.flow("}, enforcementaction: ", Value::string(one.result.action), false);
  yaml.flow(", scopedenforcementactions: ", texts(arena, one.result.scoped_actions), false);
  yaml.flow("}, violatingObject: ", one.root, true);
  yaml.raw(", trace: null}\n");
}

void append_results(std::string& out, const std::vector<TestResult>& results, int item) {
  YamlStructs yaml(out);
  for (std::size_t i = 0; i < results.size(); ++i) {
    if (i == 0 || results[i].trace) {
      append_block(yaml, results[i], item);
    } else {
      out.append(static_cast<std::size_t>(item), ' ');
      append_flow(yaml, results[i]);
    }
  }
}

void append_stat(std::string& out, std::string_view name, std::uint64_t value) {
  out += fmt::format(
      "        - name: {}\n          value: {}\n          source:\n            type: engine\n            value: Rego\n",
      name, value);
}

void append_label(YamlStructs& yaml, std::string_view name, const Value& value) {
  yaml.field(10, "name", true);
  yaml.text(10, name);
  yaml.field(10, "value");
  yaml.value(10, value, false);
}

void append_entry(std::string& out, const StatsEntry& entry) {
  YamlStructs yaml(out);
  out += "    - scope: template\n";
  yaml.field(6, "statsfor");
  yaml.text(6, entry.kind.kind);
  out += "      stats:\n";
  append_stat(out, "templateRunTimeNS", static_cast<std::uint64_t>(entry.kind.time_ns));
  append_stat(out, "constraintCount", entry.kind.constraints);
  out += "      labels:\n";
  append_label(yaml, "TracingEnabled", Value::boolean(entry.traces));
  append_label(yaml, "PrintEnabled", Value::boolean(entry.prints));
  append_label(yaml, "target", Value::string("admission.k8s.gatekeeper.sh"));
  if (!entry.implied_by.empty()) append_label(yaml, "Implied by", Value::string(entry.implied_by));
}

}  // namespace

std::string results_yaml(const std::vector<TestResult>& results, const Stats* stats) {
  std::string out;
  if (stats == nullptr || stats->empty()) {
    if (results.empty()) return "[]\n";
    append_results(out, results, 0);
    return out;
  }
  if (results.empty()) {
    out += "results: []\n";
  } else {
    out += "results:\n";
    append_results(out, results, kStep);
  }
  out += "stats:\n";
  for (const StatsEntry& entry : *stats) append_entry(out, entry);
  return out;
}

}  // namespace psdl::gatekeeper
