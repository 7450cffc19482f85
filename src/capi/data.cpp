// psdl_data: changes of base documents.
#include "capi/data.hpp"

#include "capi/arguments.hpp"
#include "capi/guard.hpp"
#include "capi/objects.hpp"
#include "runtime/pointer.hpp"
#include "value/text.hpp"

namespace psdl::capi {
namespace {

bool read_change(const psdl_data_change& given, DataChange& out) {
  std::string_view path;
  const std::optional<DocumentFormat> format = read_format(given.format);
  if (!format || !read_text(given.path, path) || !read_pointer(path, out.path) ||
      !read_bytes(given.text.data, given.text.length, out.text) || !read_text(given.name, out.name)) {
    return false;
  }
  out.format = *format;
  if (out.name.empty()) out.name = "data";
  switch (given.action) {
    case PSDL_DATA_PUT: out.action = DataChange::Action::Put; return true;
    case PSDL_DATA_PATCH: out.action = DataChange::Action::Patch; return true;
    case PSDL_DATA_REMOVE: out.action = DataChange::Action::Remove; return true;
  }
  return false;
}

psdl_status apply(DataObject& object, const psdl_data_change* changes, std::size_t count) {
  object.problems = DiagnosticList();
  object.helps.clear();
  if (changes == nullptr && count > 0) return PSDL_BAD_ARGUMENT;
  std::vector<DataChange> read;
  const auto* at = reinterpret_cast<const unsigned char*>(changes);
  for (std::size_t i = 0; i < count; ++i, at += changes->size) {
    psdl_data_change given;
    if (!read_struct(at, changes->size, given) || !read_change(given, read.emplace_back())) return PSDL_BAD_ARGUMENT;
  }
  if (object.store->apply(read, object.problems)) return PSDL_OK;
  return status_of(object.problems);
}

psdl_status show_json(DataObject& object, std::string_view path, psdl_text* out) {
  std::vector<std::string> steps;
  if (!read_pointer(path, steps)) return PSDL_BAD_ARGUMENT;
  const std::shared_ptr<const Snapshot> snapshot = object.store->snapshot();
  const Value* const value = value_at(snapshot->root, path);
  if (value == nullptr) return PSDL_NOT_FOUND;
  std::string text;
  if (!append_json_within(text, object.store->policy()->limits.memory_bytes, *value)) return PSDL_LIMIT;
  object.text = std::move(text);
  *out = as_text(object.text);
  return PSDL_OK;
}

}  // namespace
}  // namespace psdl::capi

using namespace psdl;        // NOLINT: definitions of psdl.h
using namespace psdl::capi;  // NOLINT

extern "C" {

psdl_status psdl_data_new(const psdl_policy* policy, psdl_data** out) noexcept {
  if (out == nullptr) return PSDL_BAD_ARGUMENT;
  *out = nullptr;
  return with<PolicyObject>(policy, [&](const PolicyObject& from) -> psdl_status {
    auto store = std::make_shared<DataStore>(from.policy.impl());
    auto* const handle = reinterpret_cast<psdl_data*>(make_handle<DataObject>(from.memory()));
    Pinned<DataObject>(handle)->store = std::move(store);
    *out = handle;
    return PSDL_OK;
  });
}

psdl_status psdl_data_free(psdl_data* data) noexcept { return end_handle(HandleKind::Data, data); }

psdl_status psdl_data_apply(psdl_data* data, const psdl_data_change* changes, size_t change_count) noexcept {
  return inside<DataObject>(data, [&](DataObject& object) { return apply(object, changes, change_count); });
}

psdl_status psdl_data_version(const psdl_data* data, uint64_t* out) noexcept {
  if (out == nullptr) return PSDL_BAD_ARGUMENT;
  *out = 0;
  return with<DataObject>(data, [&](const DataObject& object) -> psdl_status {
    *out = object.store->version();
    return PSDL_OK;
  });
}

psdl_status psdl_data_json(psdl_data* data, const char* path, size_t path_len, psdl_text* out) noexcept {
  if (out == nullptr) return PSDL_BAD_ARGUMENT;
  *out = {nullptr, 0};
  return inside<DataObject>(data, [&](DataObject& object) -> psdl_status {
    std::string_view pointer;
    return read_text(path, path_len, pointer) ? show_json(object, pointer, out) : PSDL_BAD_ARGUMENT;
  });
}

psdl_status psdl_data_diagnostic_count(const psdl_data* data, size_t* out) noexcept {
  if (out == nullptr) return PSDL_BAD_ARGUMENT;
  *out = 0;
  return inside<DataObject>(data, [&](const DataObject& object) -> psdl_status {
    *out = object.problems.size();
    return PSDL_OK;
  });
}

psdl_status psdl_data_diagnostic(const psdl_data* data, size_t index, psdl_diagnostic* out) noexcept {
  if (!is_writable(out)) return PSDL_BAD_ARGUMENT;
  clear_struct(out);
  return inside<DataObject>(
      data, [&](DataObject& object) { return show_problem(object.problems, object.helps, index, out); });
}

}  // extern "C"
