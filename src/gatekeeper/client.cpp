// Loading: templates through the cache, constraints by their template, the inventory.
#include "gatekeeper/client.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "gatekeeper/client_parts.hpp"
#include "gatekeeper/constraint_words.hpp"
#include "gatekeeper/go_numbers.hpp"
#include "gatekeeper/place.hpp"
#include "gatekeeper/target.hpp"
#include "gatekeeper/template_advice.hpp"

namespace psdl::gatekeeper {
namespace {

// Everything that a compilation depends on; lengths keep texts apart.
std::string key_of(const RegoCode& code) {
  std::string key = code.is_v1 ? "1" : "0";
  const auto add = [&](std::string_view text) {
    key += std::to_string(text.size()) + ":";
    key += text;
  };
  add(code.entry.text);
  for (const RegoText& lib : code.libs) add(lib.text);
  return key;
}

}  // namespace

ProgramCache::ProgramCache(const EngineOptions& options) : impl_(std::make_unique<Impl>()) { impl_->options = options; }
ProgramCache::~ProgramCache() = default;
std::size_t ProgramCache::compilations() const { return impl_->compilations; }

const ProgramCache::Impl::Compiled& ProgramCache::Impl::compile(const RegoCode& code) {
  std::shared_ptr<Entry> entry;
  {
    const std::lock_guard<std::mutex> lock(mutex);
    std::shared_ptr<Entry>& kept = entries[key_of(code)];
    if (kept == nullptr) kept = std::make_shared<Entry>();
    entry = kept;
  }
  std::call_once(entry->once, [&] {
    entry->compiled.emplace(compile_rego(code, options));
    ++compilations;
  });
  return *entry->compiled;
}

Client::Client(std::shared_ptr<ProgramCache> programs, ClientOptions options) : impl_(std::make_unique<Impl>()) {
  impl_->programs = std::move(programs);
  impl_->options = std::move(options);
  DiagnosticList ignored;  // compile_rego() tells
  static_cast<void>(set_limits(impl_->programs->impl().options, impl_->limits, ignored));
  impl_->arena.set_limit(impl_->limits.memory_bytes);
}
Client::~Client() = default;

std::shared_ptr<const Template> Client::Impl::find_template(std::string_view name) const {
  const auto loaded = templates.find(name);
  return loaded == templates.end() ? nullptr : loaded->second->source;
}

namespace {

// Where the template's CEL stands.
std::uint32_t origin_of_cel(const Object& object) {
  const Value* targets = find_path(object.root(), {"spec", "targets"});
  const bool has_target = targets != nullptr && targets->is_array() && targets->length() > 0;
  const Value* code = has_target ? find_path(targets->as_array()[0], {"code"}) : nullptr;
  if (code == nullptr || !code->is_array()) return object.root().origin();
  for (const Value& entry : code->as_array()) {
    if (text_at(entry, {"engine"}) == "K8sNativeValidation") return entry.origin();
  }
  return code->origin();
}

}  // namespace

// Said once, at the first template that it is true of.
void Client::Impl::note_cel(const Template& made) {
  constexpr std::string_view kCode = "gatekeeper_cel";
  const auto is_said = [&](const Problem& note) { return note.code == kCode; };
  if (!made.has_cel || std::any_of(notes.begin(), notes.end(), is_said)) return;
  notes.push_back(problem_at(*made.object, origin_of_cel(*made.object), kCode, "templates that have CEL beside Rego are judged by their Rego"));
  notes.back().severity = Severity::Note;
}

void Client::Impl::take_parameters(LoadedConstraint& loaded) const {
  Value parameters = loaded.constraint->parameters;
  // In suites they keep their integers.
  const bool are_doubles = options.has_gator_numbers && loaded.constraint->object->reading() == Reading::Test;
  if (are_doubles) parameters = with_go_numbers(loaded.arena, parameters, GoNumbers::Printed);
  loaded.parameters = without_origins(loaded.arena, nullptr, parameters);
  freeze(loaded.arena, loaded.parameters);
}

namespace {

// A template whose constraints are there keeps its target.
std::optional<Refusal> refuse_other_target(const Object& object) {
  const Value* targets = find_path(object.root(), {"spec", "targets"});
  if (targets == nullptr || !targets->is_array() || targets->length() != 1) return std::nullopt;
  const Value* given = find_path(targets->as_array()[0], {"target"});
  if (given == nullptr || !given->is_string() || given->as_string().empty() || given->as_string() == kTarget)
    return std::nullopt;
  const std::string text =
      fmt::format("ConstraintTemplates with Constraints may not change targets: old targets [{}], new targets [{}]",
                  kTarget, given->as_string());
  return Refusal{text, {problem_at(object, given->origin(), "bad_template", text)}};
}

}  // namespace

std::optional<Refusal> Client::add_template(const ObjectPtr& object) {
  const auto loaded_before = impl_->templates.find(object->name());
  if (loaded_before != impl_->templates.end() && !loaded_before->second->constraints.empty()) {
    if (std::optional<Refusal> refusal = refuse_other_target(*object)) return refusal;
  }
  Result<std::shared_ptr<const Template>, Refusal> read = read_template(object);
  if (!read) return read.error();
  const std::shared_ptr<const Template>& made = *read;
  std::unique_ptr<LoadedTemplate>& slot = impl_->templates[made->name];
  if (slot != nullptr && is_same(*slot->source, *made)) return std::nullopt;
  const ProgramCache::Impl::Compiled& compiled = impl_->programs->impl().compile(*made->rego);
  if (!compiled) {
    if (slot == nullptr) impl_->templates.erase(made->name);
    return refusal_in_template(*made, compiled.error());
  }
  auto loaded = std::make_unique<LoadedTemplate>();
  loaded->source = made;
  loaded->module = *compiled;
  if (slot != nullptr) loaded->constraints = std::move(slot->constraints);
  slot = std::move(loaded);
  impl_->is_prepared = false;
  impl_->note_cel(*made);
  for (const RegoRemark& remark : slot->module->remarks) impl_->notes.push_back(problem_in_template(*made, remark, Severity::Note));
  return std::nullopt;
}

std::optional<Refusal> Client::add_constraint(const ObjectPtr& object) {
  const auto find = [this](std::string_view name) { return impl_->find_template(name); };
  Result<std::shared_ptr<const Constraint>, Refusal> read = read_constraint(object, find);
  if (!read) return read.error();
  const std::shared_ptr<const Constraint>& made = *read;
  LoadedTemplate& of = *impl_->templates.find(made->of->name)->second;
  std::unique_ptr<LoadedConstraint>& slot = of.constraints[made->name];
  if (slot != nullptr && is_same(*slot->constraint, *made)) return std::nullopt;
  std::vector<Problem> unknown = unknown_words(*object);
  if (!unknown.empty() && impl_->options.refuses_elements) {
    if (slot == nullptr) of.constraints.erase(made->name);
    return Refusal{unknown.front().message, std::move(unknown)};
  }
  for (Problem& problem : unknown) {
    problem.severity = Severity::Warning;
    impl_->notes.push_back(std::move(problem));
  }
  slot = std::make_unique<LoadedConstraint>();
  slot->constraint = made;
  slot->actions = made->actions_at(impl_->options.point);
  impl_->take_parameters(*slot);
  of.is_ready = false;
  impl_->is_prepared = false;
  return std::nullopt;
}

std::unique_ptr<Client> Client::without_data() const {
  auto made = std::make_unique<Client>(impl_->programs, impl_->options);
  for (const auto& [name, from] : impl_->templates) {
    auto of = std::make_unique<LoadedTemplate>();
    of->source = from->source;
    of->module = from->module;
    for (const auto& [constraint_name, loaded] : from->constraints) {
      auto constraint = std::make_unique<LoadedConstraint>();
      constraint->constraint = loaded->constraint;
      constraint->actions = loaded->actions;
      impl_->take_parameters(*constraint);
      of->constraints.emplace(constraint_name, std::move(constraint));
    }
    made->impl_->templates.emplace(name, std::move(of));
  }
  return made;
}

void Client::set_locates(bool locates) { impl_->options.locates = locates; }

std::optional<Refusal> Client::add_data(const ObjectPtr& object) {
  return impl_->inventory.add(object, impl_->options.has_gator_numbers);
}
Value Client::namespace_object(std::string_view name) const { return impl_->inventory.namespace_object(name); }
std::shared_ptr<const Constraint> Client::find_constraint(std::string_view kind, std::string_view name) const {
  for (const auto& [template_name, loaded] : impl_->templates) {
    if (loaded->source->kind != kind) continue;
    const auto found = loaded->constraints.find(name);
    if (found != loaded->constraints.end()) return found->second->constraint;
  }
  return nullptr;
}
std::vector<Problem> Client::advice() const {
  std::vector<Problem> all;
  for (const auto& [name, loaded] : impl_->templates) {
    for (Problem& one : advice_on(*loaded->source, *loaded->module)) all.push_back(std::move(one));
  }
  return all;
}
std::vector<Problem> Client::take_notes() { return std::exchange(impl_->notes, {}); }

void Client::Impl::prepare() {
  if (is_prepared) return;
  is_prepared = true;
  by_kind.clear();
  for (const auto& [name, of] : templates) by_kind.push_back(of.get());
  std::sort(by_kind.begin(), by_kind.end(), [](const LoadedTemplate* left, const LoadedTemplate* right) { return left->source->kind < right->source->kind; });
  // Documents are read with one table, so a change anywhere lowers all programs anew. What prints or is traced is evaluated constraint by constraint.
  const bool specialises = options.specialise && !options.prints && !options.traces;
  std::vector<std::string_view> names{"parameters", "review"};
  for (LoadedTemplate* of : by_kind) {
    if (specialises || !of->is_ready) make_groups(*of);
    if (specialises) plan_shapes(*of);
    if (specialises) add_names(*of, names);
    of->is_ready = true;
  }
  if (!specialises) return;
  keys = std::make_shared<const KeyTable>(names);
  for (LoadedTemplate* of : by_kind) lower_shapes(*of, keys);
}

}  // namespace psdl::gatekeeper
