// The pipeline from a policy's text to a program, as the engine runs it.
#include "workload.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>

#include "compiler/compiler.hpp"
#include "compiler/plan_rules.hpp"
#include "plan/plan.hpp"
#include "syntax/parse.hpp"
#include "value/builders.hpp"
#include "value/text.hpp"

namespace psdl::bench {
namespace {

namespace fs = std::filesystem;

std::string first_error(const Diagnostics& diagnostics) {
  for (const Diagnostic& diagnostic : diagnostics.all()) {
    if (diagnostic.severity == Severity::Error) return diagnostic.code + ": " + diagnostic.message;
  }
  return "no diagnostic";
}

// A data document as a program reads it.
Result<Document, ReadError> read_base(Arena& arena, const std::string& text, const Limits& limits, const std::shared_ptr<const KeyTable>& keys) {
  Reader reader;
  ReadOptions options;
  options.rules = ReadRules::opa();
  options.limits = &limits;
  options.key_table = keys;
  options.first_origin = Value::kFirstDataOrigin;
  options.place.stream = "data.json";
  return read_data(reader, arena, text, options);
}

// Puts the documents of the workload that are known into the plan. False, with a reason, where they cannot be read.
bool bind_known(plan::Plan& made, const Workload& workload, const Limits& limits, std::string& reason) {
  if (workload.bound.empty()) return true;
  const auto arena = std::make_shared<Arena>();
  const Result<Document, ReadError> document = read_base(*arena, workload.bound, limits, nullptr);
  if (!document) {
    reason = document.error().one_line();
    return false;
  }
  freeze(*arena, document->root());
  const plan::Known known[] = {{plan::Known::Root::Data, {}, document->root(), arena}};
  static_cast<void>(plan::bind(made, known));
  return true;
}

std::shared_ptr<const Program> compile(const Workload& workload, const Limits& limits, std::string& reason) {
  std::vector<std::shared_ptr<const Source>> owned;
  std::vector<const Source*> sources;
  Diagnostics diagnostics;
  std::vector<std::unique_ptr<ast::Module>> modules;
  for (const auto& [name, text] : workload.sources) {
    owned.push_back(std::make_shared<const Source>(name, text));
    sources.push_back(owned.back().get());
    ParseOptions parse;
    parse.implies_v2 = name.ends_with(".psdl");
    modules.push_back(parse_module(*owned.back(), static_cast<std::uint32_t>(sources.size() - 1), parse, limits, diagnostics));
    if (modules.back() == nullptr) {
      reason = name + ": " + first_error(diagnostics);
      return nullptr;
    }
  }
  CompilerOptions options;
  options.sources = sources;
  const std::unique_ptr<CheckedPolicy> checked = Compiler(options).compile(std::move(modules), diagnostics);
  if (checked == nullptr) {
    reason = "compile: " + first_error(diagnostics);
    return nullptr;
  }
  plan::Plan made = plan_policy(*checked, std::move(owned));
  if (!bind_known(made, workload, limits, reason)) return nullptr;
  plan::optimise(made);
  std::shared_ptr<const Program> program = plan::lower(std::move(made), {});
  const std::string broken = verify(*program);
  if (!broken.empty()) {
    reason = "verify: " + broken;
    return nullptr;
  }
  return program;
}

// Sorts every set below, so that the whole answer is there. Only sets that this evaluation made are not sorted yet.
void settle(const Value& value) {
  switch (value.kind()) {
    case Kind::Array:
      for (const Value& item : value.as_array()) settle(item);
      return;
    case Kind::Object:
      for (const Value& item : value.as_object().values()) settle(item);
      return;
    case Kind::Set:
      for (const Value& item : value.as_set().items()) settle(item);
      return;
    case Kind::Undefined:
    case Kind::Null:
    case Kind::Boolean:
    case Kind::Number:
    case Kind::String: return;
  }
}

}  // namespace

std::string slurp(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

bool is_wanted(std::string_view only, std::string_view name) {
  if (only.empty()) return true;
  for (std::size_t begin = 0; begin <= only.size();) {
    const std::size_t end = std::min(only.find(',', begin), only.size());
    if (only.substr(begin, end - begin) == name) return true;
    begin = end + 1;
  }
  return false;
}

std::vector<Workload> read_workloads(const fs::path& folder, std::string_view only) {
  std::vector<Workload> workloads;
  std::error_code failed;
  for (const auto& entry : fs::directory_iterator(folder, failed)) {
    const fs::path& at = entry.path();
    if (!fs::exists(at / "policy.rego") || !is_wanted(only, at.filename().string())) continue;
    Workload made;
    made.name = at.filename().string();
    made.sources.emplace_back("policy.rego", slurp(at / "policy.rego"));
    made.query = slurp(at / "query.txt");
    while (!made.query.empty() && static_cast<unsigned char>(made.query.back()) <= ' ') made.query.pop_back();
    made.json = slurp(at / "input.json");
    made.yaml = slurp(at / "input.yaml");
    made.data = slurp(at / "data.json");
    made.expected = slurp(at / "expected.json");
    workloads.push_back(std::move(made));
  }
  std::sort(workloads.begin(), workloads.end(), [](const Workload& a, const Workload& b) { return a.name < b.name; });
  return workloads;
}

std::shared_ptr<const Prepared> Prepared::make(const Workload& workload, std::string& reason) {
  auto made = std::make_shared<Prepared>();
  made->program_ = compile(workload, made->limits_, reason);
  if (made->program_ == nullptr) return nullptr;
  made->function_ = made->program_->find_function(workload.query);
  if (made->function_ == kNoIndex) {
    reason = "no rule " + workload.query;
    return nullptr;
  }
  made->data_ = empty_object();
  if (!workload.data.empty()) {
    const Result<Document, ReadError> data = read_base(made->data_arena_, workload.data, made->limits_, made->program_->keys);
    if (!data) {
      reason = data.error().one_line();
      return nullptr;
    }
    made->data_ = data->root();
    freeze(made->data_arena_, made->data_);
  }
  return made;
}

Evaluation::Evaluation(std::shared_ptr<const Prepared> prepared)
    : prepared_(std::move(prepared)),
      machine_(prepared_->program(), prepared_->limits()),
      evaluation_arena_(prepared_->limits().memory_bytes) {
  options_.limits = &prepared_->limits();
  options_.key_table = with_own_count(prepared_->program()->keys);
}

bool Evaluation::read(std::string_view text, Format format) {
  document_arena_.reset();
  input_ = Value();
  const Result<Document, ReadError> document = reader_.read(document_arena_, text, format, options_);
  if (!document) {
    error_ = document.error().one_line();
    return false;
  }
  input_ = document->root();
  return true;
}

Value Evaluation::run() {
  evaluation_arena_.reset();
  RunRequest request;
  request.function = prepared_->function();
  request.input = input_;
  request.data = prepared_->data();
  const Outcome outcome = machine_.run(evaluation_arena_, request);
  instructions_ = outcome.instructions;
  if (outcome.halt.has_value()) error_ = outcome.halt->message;
  settle(outcome.value);
  return outcome.value;
}

std::string check_answer(const Value& value, std::string_view expected) {
  if (!value.is_defined()) return "undefined";
  const std::string text = to_json(value);
  const Limits limits;
  Arena arena;
  const Result<Value> have = read_value_json(arena, text, ReadRules::opa(), limits);
  const Result<Value> want = read_value_json(arena, expected, ReadRules::opa(), limits);
  if (have && want && equal(*have, *want)) return {};
  return text;
}

}  // namespace psdl::bench
