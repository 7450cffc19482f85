// Steps of JSON pointers and walks along them.
#include "runtime/pointer.hpp"

#include <charconv>

namespace psdl {
namespace {

// Fields that Kubernetes merges lists by.
constexpr std::string_view kNamingFields[] = {"name", "key", "mountPath", "devicePath", "containerPort", "port", "ip", "type", "topologyKey"};

void append_name_of_item(std::string& out, const Value& item, std::string_view index) {
  if (item.is_string()) {
    out += item.as_string();
    return;
  }
  if (item.is_object()) {
    for (std::string_view field : kNamingFields) {
      const Value* named = item.as_object().find_text(field);
      if (named == nullptr || !(named->is_string() || named->is_int())) continue;
      if (named->is_string()) {
        out += named->as_string();
      } else {
        out += std::to_string(named->as_int());
      }
      return;
    }
  }
  out += index;
}

// The first step, which is taken off; `storage` holds one that is not written as it is.
std::string_view next_step(std::string_view& pointer, std::string& storage) {
  if (pointer.front() == '/') pointer.remove_prefix(1);
  const std::string_view step = pointer.substr(0, pointer.find('/'));
  pointer.remove_prefix(step.size());
  if (step.find('~') == std::string_view::npos) return step;
  storage = pointer_steps(step).front();
  return storage;
}

}  // namespace

std::vector<std::string> pointer_steps(std::string_view pointer) {
  std::vector<std::string> steps;
  if (pointer.empty()) return steps;
  std::size_t at = pointer.front() == '/' ? 1 : 0;
  steps.emplace_back();
  for (; at < pointer.size(); ++at) {
    if (pointer[at] == '/') {
      steps.emplace_back();
    } else if (pointer[at] == '~' && at + 1 < pointer.size() && (pointer[at + 1] == '0' || pointer[at + 1] == '1')) {
      steps.back() += pointer[++at] == '0' ? '~' : '/';
    } else {
      steps.back() += pointer[at];
    }
  }
  return steps;
}

const Value* child(const Value& container, std::string_view step) {
  if (container.is_object()) return container.as_object().find_text(step);
  if (!container.is_array()) return nullptr;
  std::size_t index = 0;
  const auto [end, failure] = std::from_chars(step.data(), step.data() + step.size(), index);
  if (failure != std::errc() || end != step.data() + step.size() || index >= container.as_array().size()) return nullptr;
  return &container.as_array()[index];
}

// Asked many times of every document whose kind is not known: steps are looked at where they stand.
const Value* value_at(const Value& root, std::string_view pointer) {
  const Value* at = &root;
  if (pointer.empty()) return at;
  if (pointer.front() == '/') pointer.remove_prefix(1);
  for (;;) {
    const std::size_t end = pointer.find('/');
    const std::string_view step = pointer.substr(0, end);
    at = step.find('~') == std::string_view::npos ? child(*at, step) : child(*at, pointer_steps(step).front());
    if (at == nullptr || end == std::string_view::npos) return at;
    pointer.remove_prefix(end + 1);
  }
}

void append_stable_pointer(std::string& out, const Value& root, std::string_view pointer) {
  const Value* at = &root;
  std::string storage;
  while (!pointer.empty()) {
    const std::string_view step = next_step(pointer, storage);
    const bool is_item = at != nullptr && at->is_array();
    const Value* next = at != nullptr ? child(*at, step) : nullptr;
    out += '/';
    if (is_item && next != nullptr) {
      append_name_of_item(out, *next, step);
    } else {
      out += step;
    }
    at = next;
  }
}

std::string stable_pointer(const Value& root, std::string_view pointer) {
  std::string out;
  append_stable_pointer(out, root, pointer);
  return out;
}

}  // namespace psdl
