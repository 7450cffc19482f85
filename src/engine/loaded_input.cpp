// Reading one document of a text, and looking at it.
#include "engine/loaded_input.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/assert.hpp"
#include "engine/evaluator.hpp"
#include "kubernetes/object.hpp"

namespace psdl::tools {
namespace {

// The value that the first step of `path` leads to, which is taken off it; null where there is none.
const Value* step_down(const Value& at, std::string_view& path) {
  if (path.front() == '[') {
    const std::size_t end = path.find(']');
    if (end == std::string_view::npos || !at.is_array()) return nullptr;
    std::size_t index = 0;
    static_cast<void>(std::from_chars(path.data() + 1, path.data() + end, index));
    path.remove_prefix(end + 1);
    return index < at.as_array().size() ? &at.as_array()[index] : nullptr;
  }
  if (path.front() == '.') path.remove_prefix(1);
  const std::size_t end = std::min(path.find_first_of(".["), path.size());
  const Value* next = at.is_object() ? at.as_object().find_text(path.substr(0, end)) : nullptr;
  path.remove_prefix(end);
  return next;
}

}  // namespace

const Document* document_of(const LoadedInput& input, const std::shared_ptr<const KeyTable>& keys) {
  if (!input) return nullptr;
  PSDL_ASSERT(input.impl()->keys == keys);
  return input.impl()->document;
}

LoadedInput LoadedInput::load(const Policy& policy, std::string_view bytes, DocumentFormat format, std::string_view name,
                              DiagnosticList& problems, std::size_t number) {
  Evaluator::Impl reader(policy.impl());
  auto made = std::make_shared<Impl>();
  made->text = bytes;
  made->keys = reader.policy->keys();
  made->bytes = std::make_unique<MemoryInput>(made->text);
  made->stream = std::make_unique<DocumentStream>(*made->bytes, reader.stream_options(format, name, made->keys, false));
  for (std::size_t read = 0;; ++read) {
    const DocumentStream::Step step = made->stream->next();
    if (step.error != nullptr) {
      problems.impl().add(*step.error);
      return {};
    }
    if (step.document == nullptr) {
      problems.add_error("no_objects", fmt::format("there is no document {} in it", number), name);
      return {};
    }
    if (read < number) continue;
    made->document = step.document;
    return LoadedInput(std::move(made));
  }
}

ObjectIdentity LoadedInput::object() const {
  return impl_ != nullptr ? object_facts(*impl_->document).identity : ObjectIdentity{};
}

std::string LoadedInput::document_name() const {
  return impl_ != nullptr ? impl_->document->name(impl_->stream->has_several()) : std::string();
}

std::string LoadedInput::pod_spec() const {
  std::string pointer;
  if (impl_ == nullptr || !find_pod_spec(impl_->document->root(), pointer)) return {};
  return pointer;
}

std::vector<std::string> LoadedInput::keys(std::string_view path) const {
  std::vector<std::string> keys;
  const Value* at = impl_ != nullptr ? &impl_->document->root() : nullptr;
  while (at != nullptr && !path.empty()) at = step_down(*at, path);
  if (at == nullptr || !at->is_object()) return keys;
  for (const Value& key : at->as_object().keys()) {
    if (key.is_string()) keys.emplace_back(key.as_string());
  }
  std::sort(keys.begin(), keys.end());
  return keys;
}

}  // namespace psdl::tools
