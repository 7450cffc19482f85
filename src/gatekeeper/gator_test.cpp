// `gator test` and `gator expand`: what they read, say and answer, to the letter (SPEC 12, 13.6).
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <tuple>

#include "gatekeeper/expanded_text.hpp"
#include "gatekeeper/go_numbers.hpp"
#include "gatekeeper/objects_test.hpp"
#include "gatekeeper/results.hpp"
#include "psdl/tools/gator.hpp"
#include "runtime/problem.hpp"
#include "value/text.hpp"

namespace psdl::gatekeeper {
namespace {

struct Inputs {
  std::vector<ObjectPtr> objects;
  std::string warnings;  // gator's
  std::string remarks;   // ours
  std::string error;
};

std::string source_text(const std::string& name) {
  if (name.empty()) return "stdin";
  std::string text = "file: ";
  append_quoted(text, name);
  return text;
}

// Two of one group, kind, namespace and name.
void warn_of_conflicts(std::span<const std::pair<ObjectPtr, const tools::NamedText*>> objects, std::string_view now,
                       std::string& warnings) {
  using Key = std::tuple<std::string_view, std::string_view, std::string_view, std::string_view>;
  std::map<Key, const tools::NamedText*> seen;
  for (const auto& [object, file] : objects) {
    const Key key{object->group(), object->kind(), object->namespace_name(), object->name()};
    const auto [at, is_new] = seen.try_emplace(key, file);
    if (is_new) continue;
    std::string name;
    append_quoted(name, object->name());
    warnings += fmt::format("{} WARNING - Resource named {} (from {}) is already defined in {}\n", now, name,
                            source_text(file->name), source_text(at->second->name));
    at->second = file;
  }
}

Inputs read_inputs(std::span<const tools::NamedText> files, std::string_view now) {
  Inputs inputs;
  std::vector<std::pair<ObjectPtr, const tools::NamedText*>> objects;
  bool has_list = false;
  for (const tools::NamedText& file : files) {
    const Result<std::vector<ObjectPtr>, Refusal> read = read_all(file.text, file.name, Reading::Test);
    if (!read) {
      inputs.error = file.name.empty() ? fmt::format("reading: reading from stdin: reading: {}\n", read.error().text)
                                       : fmt::format("reading: reading from filenames: reading file \"{}\": {}\n",
                                                     file.name, read.error().text);
      return inputs;
    }
    for (const ObjectPtr& object : *read) {
      const std::vector<ObjectPtr> items = items_of_list(object);
      if (items.empty()) objects.emplace_back(object, &file);
      for (const ObjectPtr& item : items) objects.emplace_back(item, &file);
      has_list = has_list || !items.empty();
    }
  }
  if (has_list) inputs.remarks = "note: the items of a List are objects here; gator takes the List for one\n";
  warn_of_conflicts(objects, now, inputs.warnings);
  for (const auto& [object, file] : objects) inputs.objects.push_back(object);
  if (inputs.objects.empty()) inputs.error = "no input data identified\n";
  return inputs;
}

tools::GatorAnswer failure(const Inputs& inputs, std::string_view text) {
  return {{}, fmt::format("{}{}", inputs.warnings, text), 1, inputs.remarks};
}

std::string lower_case(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return lower;
}

std::string formatted(const std::string& format, const std::vector<TestResult>& results, const Stats* stats) {
  const std::string name = lower_case(format);
  if (name == "json") return results_json(results, stats);
  if (name == "yaml") return results_yaml(results, stats);
  return results_text(results);
}

}  // namespace

}  // namespace psdl::gatekeeper

namespace psdl::tools {

using gatekeeper::Inputs;
using gatekeeper::ObjectPtr;
using gatekeeper::ObjectsTest;
using gatekeeper::Refusal;
using gatekeeper::Reviewed;
using gatekeeper::ReviewResult;
using gatekeeper::TestResult;

GatorAnswer gator_test(std::span<const NamedText> files, const GatorTestOptions& options, std::string_view now) {
  const Inputs inputs = gatekeeper::read_inputs(files, now);
  if (!inputs.error.empty()) return gatekeeper::failure(inputs, inputs.error);
  gatekeeper::ClientOptions client;
  client.locates = false;
  client.now_ns = options.how.now_ns;
  client.prints = options.how.prints;
  client.traces = options.how.traces;
  client.has_gator_numbers = options.how.has_gator_numbers;
  client.counts = options.has_stats;
  ObjectsTest test(std::make_shared<gatekeeper::ProgramCache>(options.how.engine), std::move(client), true);
  if (const std::vector<Refusal> refusals = test.load(inputs.objects, {}); !refusals.empty()) {
    return gatekeeper::failure(inputs, fmt::format("auditing objects: {}\n", refusals.front().text));
  }
  std::vector<TestResult> results;
  gatekeeper::Stats stats;
  std::string printed;
  for (const ObjectPtr& object : inputs.objects) {
    Reviewed reviewed = test.review(object);
    if (reviewed.failure)
      return gatekeeper::failure(inputs, fmt::format("auditing objects: {}\n", reviewed.failure->text));
    for (ReviewResult& result : reviewed.results) results.push_back({std::move(result), object, test.root_of(object), options.how.traces ? std::optional(reviewed.trace) : std::nullopt});
    for (Reviewed::Evaluated& one : reviewed.evaluated)
      stats.push_back({std::move(one.kind), std::move(one.implied_by), options.how.prints, options.how.traces});
    printed += reviewed.printed;
  }
  std::stable_sort(results.begin(), results.end(), [](const TestResult& a, const TestResult& b) {
    return std::tie(a.result.action, a.result.message) < std::tie(b.result.action, b.result.message);
  });
  DiagnosticList notes;
  notes.impl().items = test.take_notes();
  GatorAnswer answer;
  answer.err = inputs.warnings;
  answer.remarks = inputs.remarks + render_diagnostics(notes, {.short_form = true});
  answer.exit_code =
      std::any_of(results.begin(), results.end(), [](const TestResult& one) { return gatekeeper::denies(one.result); })
          ? 1
          : 0;
  if (options.denies_only)
    std::erase_if(results, [](const TestResult& one) { return !gatekeeper::denies(one.result); });
  answer.out = gatekeeper::formatted(options.format, results, options.has_stats ? &stats : nullptr);
  if (!printed.empty()) answer.out += fmt::format("\n{}\n", printed);
  return answer;
}

GatorAnswer gator_expand(std::span<const NamedText> files, const GatorExpandOptions& options, std::string_view now) {
  const Inputs inputs = gatekeeper::read_inputs(files, now);
  if (!inputs.error.empty()) return gatekeeper::failure(inputs, inputs.error);
  gatekeeper::Expander expander;
  gatekeeper::GatorNamespaces namespaces;
  for (const ObjectPtr& object : inputs.objects) namespaces.add(object);
  if (const std::vector<Refusal> refusals = expander.add_all(inputs.objects, true); !refusals.empty())
    return gatekeeper::failure(inputs, fmt::format("error expanding resources: {}\n", refusals.front().text));
  Arena arena;
  std::vector<Value> roots;
  for (const ObjectPtr& object : inputs.objects) {
    const auto expanded = expander.expand(arena, object, object->root(), namespaces.find(object->root()));
    if (!expanded)
      return gatekeeper::failure(inputs, fmt::format("error expanding resources: {}\n", expanded.error().text));
    for (const gatekeeper::Resultant& one : expanded->resultants) roots.push_back(one.root);
  }
  if (options.format != "yaml" && options.format != "json")
    return gatekeeper::failure(inputs, fmt::format("unrecognized value for format flag: {}\n", options.format));
  gatekeeper::sort_expanded(roots);
  // JSON has them as they are written, from 1e21 on aside.
  if (options.how.has_gator_numbers && options.format == "yaml") {
    for (Value& root : roots) root = gatekeeper::with_go_numbers(arena, root, gatekeeper::GoNumbers::Printed);
  }
  return {gatekeeper::expanded_text(roots, options.format), inputs.warnings, 0, inputs.remarks};
}

}  // namespace psdl::tools
