// `psdl pipe`: one request line to one answer line, through the same builder and queries as the verbs. Requests are read by our own reader, so that number
// literals keep their text.
#include <fmt/format.h>

#include <algorithm>

#include "codec/reader.hpp"
#include "engine/policy.hpp"
#include "psdl/tools/inspect.hpp"
#include "psdl/tools/report.hpp"
#include "value/builders.hpp"
#include "value/number.hpp"
#include "value/text.hpp"
#include "vm/load.hpp"
#include "vm/machine.hpp"

namespace psdl::tools {
namespace {

// Requests come from a host that is trusted with its own memory.
Limits request_limits() {
  Limits limits;
  limits.object_bytes = 1024ULL * 1024 * 1024;
  limits.data_bytes = 1024ULL * 1024 * 1024;
  limits.data_nesting = 1'000;
  limits.number_bytes = 64 * 1024;
  return limits;
}

// Numbers of keys belong to the program that made them; the value goes to another one.
Value without_key_numbers(Arena& arena, const Value& value) {
  switch (value.kind()) {
    case Kind::Array: {
      ArrayBuilder items(arena, value.length());
      for (const Value& item : value.as_array()) items.add(without_key_numbers(arena, item));
      return items.finish();
    }
    case Kind::Set: {
      SetBuilder members(arena);
      for (const Value& item : value.as_set().items()) members.add(without_key_numbers(arena, item));
      return members.finish();
    }
    case Kind::Object: {
      ObjectBuilder pairs(arena);
      const Object& object = value.as_object();
      for (std::uint32_t i = 0; i < object.size(); ++i) pairs.add(without_key_numbers(arena, object.keys()[i]), without_key_numbers(arena, object.values()[i]));
      return pairs.finish();
    }
    default: return copy_into(arena, value);
  }
}

// One request with the checks of its fields.
class Request {
 public:
  explicit Request(const Object& fields) : fields_(fields) {}

  [[nodiscard]] const Value* field(std::string_view name) const {
    const Value* value = fields_.find_text(name);
    return value != nullptr && value->is_null() ? nullptr : value;
  }
  [[nodiscard]] bool flag(std::string_view name) {
    const Value* value = field(name);
    if (value == nullptr) return false;
    if (!value->is_boolean()) refuse(name, "true or false");
    return value->is_true();
  }
  // Null where it is absent.
  [[nodiscard]] const Value* text(std::string_view name) {
    const Value* value = field(name);
    if (value != nullptr && !value->is_string()) refuse(name, "a string");
    return value != nullptr && value->is_string() ? value : nullptr;
  }
  void refuse(std::string_view name, std::string_view wanted) {
    if (problem_.empty()) problem_ = fmt::format("field `{}` must be {}", name, wanted);
  }
  void refuse_all(std::string problem) {
    if (problem_.empty()) problem_ = std::move(problem);
  }
  [[nodiscard]] const std::string& problem() const { return problem_; }

 private:
  const Object& fields_;
  std::string problem_;
};

std::string errors_member(const DiagnosticList& problems) { return "\"errors\":" + diagnostics_array_json(problems, true); }

std::string bad_request(std::string_view message) {
  std::string out = "\"errors\":[{\"code\":\"psdl_bad_request\",\"message\":";
  append_json_string(out, message);
  out += ",\"text\":";
  append_json_string(out, "psdl_bad_request: " + std::string(message));
  return out + "}]";
}

// Modules in order of their names.
void add_modules(Request& request, PolicyBuilder& builder, bool v0) {
  const Value* modules = request.field("modules");
  if (modules == nullptr) return;
  if (!modules->is_object()) {
    request.refuse("modules", "an object of texts");
    return;
  }
  const Object& texts = modules->as_object();
  for (std::uint32_t i = 0; i < texts.size(); ++i) {
    if (!texts.keys()[i].is_string() || !texts.values()[i].is_string()) {
      request.refuse("modules", "an object of texts");
      return;
    }
    const std::string_view name = texts.keys()[i].as_string();
    builder.add_source(name, texts.values()[i].as_string(), {}, v0 && !name.ends_with(".psdl") ? Dialect::V0 : Dialect::ByName);
  }
}

// The value of a Rego term, computed by an empty policy.
bool read_term(std::string_view text, Arena& arena, Value& value, DiagnosticList& problems) {
  PolicyBuilder builder;
  const Policy empty = builder.build(problems);
  if (!empty) return false;
  const Query query = prepare_query(empty, "term = " + std::string(text), problems);
  if (!query) return false;
  Machine machine(query.impl()->program, empty.impl()->limits);
  Arena scratch;
  Value rows;
  const QueryAnswer answer = answer_query(*query.impl(), machine, scratch, Value(), {}, nullptr, {}, &rows);
  if (!answer.errors.empty() || !answer.is_defined) {
    problems.append(answer.errors);
    return false;
  }
  const Value* found = rows.as_array()[0].as_array()[0].as_object().find_text("term");
  if (found == nullptr) return false;
  value = without_key_numbers(arena, *found);
  return true;
}

// The same program after a way through its image, which must come out as it went in.
Result<std::shared_ptr<const Program>> written_and_loaded(const Program& program) {
  const Result<std::string> image = write_image(program, {});
  if (!image) return image.error();
  Result<LoadedImage> loaded = load_program(*image);
  if (!loaded) return loaded.error();
  const Result<std::string> again = write_image(*loaded->program, {});
  if (!again) return again.error();
  if (*again != *image) return Error{"image_unstable", "a loaded image is written with other bytes"};
  return std::move(loaded->program);
}

std::string evaluate(Request& request, Arena& arena, const EngineOptions& engine, bool binds_data, bool through_image) {
  const bool v0 = request.flag("v0");
  EvaluateOptions options;
  options.strict_builtin_errors = request.flag("strict_builtin_errors");
  options.now_ns = clock_ns();
  PolicyBuilder builder(engine);
  builder.impl().refuse_shadowing = false;  // as in OPA's library, where a rule hides data
  add_modules(request, builder, v0);
  const Value* text = request.text("query");
  if (text == nullptr) request.refuse("query", "a string");
  std::string known;
  if (const Value* data = request.field("data"); data != nullptr) {
    if (!data->is_object()) request.refuse("data", "an object");
    known = to_json(*data);
    if (!binds_data) builder.add_data("data", known, DocumentFormat::Json);
  }
  const Value* term = request.text("input_term");
  if (!request.problem().empty()) return bad_request(request.problem());

  DiagnosticList problems;
  for (const LimitInfo& limit : limits()) {
    if (limit.name == "data_bytes" || limit.name == "data_nesting") builder.impl().options.limits.emplace_back(limit.name, limit.most);
    if (limit.name == "number_bytes") builder.impl().options.limits.emplace_back(limit.name, limit.most);
  }
  Policy policy = builder.build(problems);
  if (policy && binds_data && !known.empty()) {
    const KnownDocument documents[] = {{"data", known, DocumentFormat::Json, {"data"}}};
    policy = policy.bind(documents, problems);
  }
  if (!policy) return errors_member(problems);
  const Query query = prepare_query(policy, text->as_string(), problems);
  if (!query) return errors_member(problems);

  std::shared_ptr<const Program> program = query.impl()->program;
  if (through_image) {
    Result<std::shared_ptr<const Program>> loaded = written_and_loaded(*program);
    if (!loaded) {
      problems.add_error(loaded.error().code, loaded.error().message);
      return errors_member(problems);
    }
    program = *loaded;
  }

  Value input;
  if (term != nullptr) {
    if (!read_term(term->as_string(), arena, input, problems)) return errors_member(problems);
  } else if (const Value* given = request.field("input"); given != nullptr) {
    input = *given;
  }
  Machine machine(program, policy.impl()->limits);
  Arena scratch(policy.impl()->limits.memory_bytes);
  Value rows;
  const QueryAnswer answer = answer_query(*query.impl(), machine, scratch, input, options, nullptr, {}, &rows);
  if (!answer.errors.empty()) return errors_member(answer.errors);
  std::string out = "\"result\":[";
  for (const Value& row : rows.is_array() ? rows.as_array() : std::span<const Value>()) {
    out += out.back() == '[' ? "{\"bindings\":" : ",{\"bindings\":";
    append_json(out, row.as_array()[0]);
    out += '}';
  }
  return out + "]";
}

std::string check(Request& request) {
  const bool v0 = request.flag("v0");
  EngineOptions options;
  options.strict = request.flag("strict");
  PolicyBuilder builder(options);
  add_modules(request, builder, v0);
  if (!request.problem().empty()) return bad_request(request.problem());
  DiagnosticList problems;
  static_cast<void>(builder.check(problems));
  // The list is OPA's; what PSDL refuses beyond it stands beside, so that neither is taken for the other.
  std::string answer = "\"errors\":" + diagnostics_array_json(problems, true, true);
  if (problems.has_errors() && answer.ends_with("[]")) answer += ",\"psdl_errors\":" + diagnostics_array_json(problems, true);
  return answer;
}

std::string parse(Request& request) {
  const bool v0 = request.flag("v0");
  const Value* module = request.text("module");
  const Value* body = request.text("body");
  std::vector<std::string> imports;
  if (const Value* given = request.field("imports"); given != nullptr) {
    if (!given->is_array()) request.refuse("imports", "an array of strings");
    for (const Value& import : given->is_array() ? given->as_array() : std::span<const Value>()) {
      if (import.is_string()) {
        imports.emplace_back(import.as_string());
      } else {
        request.refuse("imports", "an array of strings");
      }
    }
  }
  if ((module == nullptr) == (body == nullptr)) request.refuse_all("`parse` wants either `module` or `body`");
  if (!request.problem().empty()) return bad_request(request.problem());
  DiagnosticList problems;
  const std::string tree = module != nullptr ? parse_module_json("", module->as_string(), v0 ? Dialect::V0 : Dialect::V1, v0, problems)
                                             : parse_query_json(body->as_string(), imports, v0, problems);
  if (problems.has_errors()) return errors_member(problems);
  return "\"ast\":" + tree;
}

}  // namespace

struct Pipe::Impl {
  EngineOptions options;
  bool binds_data = false;
  bool through_image = false;
  Reader reader;
  Arena arena;
  Limits limits = request_limits();
  std::vector<std::pair<std::string, Verb>> verbs;  // of layers above
};

Pipe::Pipe(EngineOptions options, bool binds_data, bool through_image) : impl_(std::make_unique<Impl>()) {
  impl_->options = std::move(options);
  impl_->binds_data = binds_data;
  impl_->through_image = through_image;
}
Pipe::~Pipe() = default;

void Pipe::add_verb(std::string name, Verb verb) { impl_->verbs.emplace_back(std::move(name), std::move(verb)); }

std::string Pipe::answer(std::string_view line) {
  impl_->arena.reset();
  std::string id = "null";
  std::string rest;
  const Result<Value, ReadError> read = impl_->reader.read_value(impl_->arena, line, Format::Json, ReadRules::opa(), impl_->limits);
  if (!read) {
    rest = bad_request("the line is not JSON: " + read.error().message);
  } else if (!read->is_object()) {
    rest = bad_request("the line is no JSON object");
  } else {
    const Object& fields = read->as_object();
    if (const Value* given = fields.find_text("id"); given != nullptr && given->is_number()) id = to_json(*given);
    Request request(fields);
    const Value* verb = request.text("verb");
    const std::string_view name = verb != nullptr ? verb->as_string() : std::string_view();
    if (name == "eval") {
      rest = evaluate(request, impl_->arena, impl_->options, impl_->binds_data, impl_->through_image);
    } else if (name == "check") {
      rest = check(request);
    } else if (name == "parse") {
      rest = parse(request);
    } else if (const auto added = std::find_if(impl_->verbs.begin(), impl_->verbs.end(), [&](const auto& one) { return one.first == name; });
               added != impl_->verbs.end()) {
      const VerbAnswer given = added->second(line);
      rest = given.bad_request.empty() ? given.members : bad_request(given.bad_request);
    } else {
      rest = bad_request(verb == nullptr ? "field `verb` is missing" : fmt::format("there is no verb `{}`", name));
    }
  }
  return "{\"id\":" + id + "," + rest + "}";
}

}  // namespace psdl::tools
