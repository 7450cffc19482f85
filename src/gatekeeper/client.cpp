// Loading: templates through the cache, constraints by their template, the inventory.
#include "gatekeeper/client.hpp"

#include <algorithm>

#include "gatekeeper/client_parts.hpp"

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

std::optional<Refusal> Client::add_template(const ObjectPtr& object) {
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
  slot = std::make_unique<LoadedConstraint>();
  slot->constraint = made;
  slot->actions = made->actions_at(impl_->options.point);
  slot->parameters = without_origins(slot->arena, nullptr, made->parameters);
  freeze(slot->arena, slot->parameters);
  of.is_ready = false;
  impl_->is_prepared = false;
  return std::nullopt;
}

std::optional<Refusal> Client::add_data(const ObjectPtr& object) { return impl_->inventory.add(object); }
Value Client::namespace_object(std::string_view name) const { return impl_->inventory.namespace_object(name); }
std::vector<Problem> Client::take_notes() { return std::exchange(impl_->notes, {}); }

void Client::Impl::prepare() {
  if (is_prepared) return;
  is_prepared = true;
  by_kind.clear();
  for (const auto& [name, of] : templates) by_kind.push_back(of.get());
  std::sort(by_kind.begin(), by_kind.end(), [](const LoadedTemplate* left, const LoadedTemplate* right) { return left->source->kind < right->source->kind; });
  // Documents are read with one table, so a change anywhere lowers all programs anew. What prints is evaluated constraint by constraint.
  const bool specialises = options.specialise && !options.prints;
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
