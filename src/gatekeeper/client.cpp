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
  const auto found = templates.find(name);
  return found == templates.end() ? nullptr : found->second->source;
}

void Client::Impl::take_parameters(LoadedConstraint& loaded) const {
  loaded.parameters = without_origins(loaded.arena, nullptr, loaded.constraint->parameters);
  freeze(loaded.arena, loaded.parameters);
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
  impl_->by_kind.clear();
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
  if (slot != nullptr && equal(slot->constraint->root, made->root)) return std::nullopt;
  slot = std::make_unique<LoadedConstraint>();
  slot->constraint = made;
  slot->actions = made->actions_at(impl_->options.point);
  impl_->take_parameters(*slot);
  of.has_groups = false;
  return std::nullopt;
}

std::optional<Refusal> Client::add_data(const ObjectPtr& object) { return impl_->inventory.add(object); }
Value Client::namespace_object(std::string_view name) const { return impl_->inventory.namespace_object(name); }
std::vector<Problem> Client::take_notes() { return std::exchange(impl_->notes, {}); }

ReviewOutcome Client::review(const ReviewRequest& request) { return impl_->review(request); }

}  // namespace psdl::gatekeeper
