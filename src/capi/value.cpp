// psdl_value_..(): looking at values where they are.
#include "capi/value.hpp"

#include <charconv>
#include <string>

#include "capi/arguments.hpp"
#include "capi/guard.hpp"
#include "value/number.hpp"
#include "value/text.hpp"

namespace psdl::capi {
namespace {
constexpr unsigned kEpochBits = 40;
constexpr std::uint64_t kEpochMask = (std::uint64_t{1} << kEpochBits) - 1;
}  // namespace

psdl_value show_value(const Slot& owner, const Value& value) {
  const std::uint64_t epoch = owner.epoch.load(std::memory_order_relaxed) & kEpochMask;
  return {{std::uint64_t{owner.number} << kEpochBits | epoch, reinterpret_cast<std::uintptr_t>(&value)}};
}

UsedValue::UsedValue(const psdl_value& value) {
  Slot* const slot = slot_at(static_cast<std::uint32_t>(value.opaque[0] >> kEpochBits));
  if (slot == nullptr) return;
  std::uint64_t key = slot->key.load(std::memory_order_relaxed);
  const HandleKind kind = kind_of(key);
  if (kind != HandleKind::Result && kind != HandleKind::Call) return;
  // First of all: a value of contents that are gone must not keep others from what the slot has now.
  const auto is_gone = [&] {
    return (slot->epoch.load(std::memory_order_relaxed) & kEpochMask) != (value.opaque[0] & kEpochMask);
  };
  if (is_gone()) return;
  if ((key & kBusy) != 0) {
    status_ = PSDL_BUSY;
    return;
  }
  if (!slot->key.compare_exchange_strong(key, key | kBusy, std::memory_order_acquire, std::memory_order_relaxed)) {
    status_ = key == 0 ? PSDL_BAD_HANDLE : PSDL_BUSY;
    return;
  }
  slot_ = slot;
  token_ = key;
  if (is_gone()) return;
  value_ = reinterpret_cast<const Value*>(static_cast<std::uintptr_t>(value.opaque[1]));
  status_ = PSDL_OK;
}

namespace {

// Asks a value of a kind.
template <class T, class F>
psdl_status ask(const psdl_value& value, T* out, F&& body) noexcept {
  if (out == nullptr) return PSDL_BAD_ARGUMENT;
  *out = T{};
  const UsedValue used(value);
  if (used.status() != PSDL_OK) return used.status();
  return guarded(used.owner().running(), [&]() -> psdl_status { return body(used); });
}

std::size_t item_count(const Value& value) {
  switch (value.kind()) {
    case Kind::Array: return value.as_array().size();
    case Kind::Object: return value.as_object().size();
    case Kind::Set: return value.as_set().size();
    default: return 0;
  }
}

// from_chars, as strtod reads the decimal point of the locale. What is too small to be told from zero is zero.
psdl_status as_double(const Value& value, double* out) {
  NumberBuffer buffer;
  const std::string_view text = number_text(value, buffer);
  double number = 0;
  const std::from_chars_result read = std::from_chars(text.data(), text.data() + text.size(), number);
  if (read.ec == std::errc::result_out_of_range) {
    const Value one = number_from_int(1);
    const Value minus_one = number_from_int(-1);
    if (compare_numbers(value, one) > 0 || compare_numbers(value, minus_one) < 0) return PSDL_OUT_OF_RANGE;
    number = 0;
  }
  *out = number;
  return PSDL_OK;
}

psdl_status as_json(const UsedValue& used, psdl_text* out) {
  ValueOwner& owner = used.owner();
  std::string text;
  if (!append_json_within(text, owner.most_text_bytes(), *used)) return PSDL_LIMIT;
  // Each text stays as long as the value's owner does.
  if (owner.texts().used_bytes() + text.size() > owner.most_bytes()) return PSDL_LIMIT;
  *out = as_text(owner.texts().copy(text));
  return PSDL_OK;
}

}  // namespace
}  // namespace psdl::capi

using namespace psdl;        // NOLINT: definitions of psdl.h
using namespace psdl::capi;  // NOLINT

extern "C" {

psdl_status psdl_value_kind(psdl_value value, psdl_kind* out) noexcept {
  return ask(value, out, [&](const UsedValue& used) -> psdl_status {
    switch (used->kind()) {
      case Kind::Null: *out = PSDL_KIND_NULL; break;
      case Kind::Boolean: *out = PSDL_KIND_BOOLEAN; break;
      case Kind::Number: *out = PSDL_KIND_NUMBER; break;
      case Kind::String: *out = PSDL_KIND_STRING; break;
      case Kind::Array: *out = PSDL_KIND_ARRAY; break;
      case Kind::Object: *out = PSDL_KIND_OBJECT; break;
      case Kind::Set: *out = PSDL_KIND_SET; break;
      case Kind::Undefined: return PSDL_INTERNAL;
    }
    return PSDL_OK;
  });
}

psdl_status psdl_value_boolean(psdl_value value, bool* out) noexcept {
  return ask(value, out, [&](const UsedValue& used) -> psdl_status {
    if (!used->is_boolean()) return PSDL_WRONG_KIND;
    *out = used->is_true();
    return PSDL_OK;
  });
}

psdl_status psdl_value_int(psdl_value value, int64_t* out) noexcept {
  return ask(value, out, [&](const UsedValue& used) -> psdl_status {
    if (!used->is_number()) return PSDL_WRONG_KIND;
    if (!used->is_int()) return PSDL_OUT_OF_RANGE;
    *out = used->as_int();
    return PSDL_OK;
  });
}

psdl_status psdl_value_double(psdl_value value, double* out) noexcept {
  return ask(value, out, [&](const UsedValue& used) -> psdl_status {
    return used->is_number() ? as_double(*used, out) : PSDL_WRONG_KIND;
  });
}

psdl_status psdl_value_number(psdl_value value, psdl_text* out) noexcept {
  return ask(value, out, [&](const UsedValue& used) -> psdl_status {
    if (!used->is_number()) return PSDL_WRONG_KIND;
    NumberBuffer buffer;
    const std::string_view text = number_text(*used, buffer);
    *out = as_text(used->is_int() ? used.owner().texts().copy(text) : text);
    return PSDL_OK;
  });
}

psdl_status psdl_value_string(psdl_value value, psdl_text* out) noexcept {
  return ask(value, out, [&](const UsedValue& used) -> psdl_status {
    if (!used->is_string()) return PSDL_WRONG_KIND;
    *out = as_text(used->as_string());
    return PSDL_OK;
  });
}

psdl_status psdl_value_count(psdl_value value, size_t* out) noexcept {
  return ask(value, out, [&](const UsedValue& used) -> psdl_status {
    if (!used->is_collection()) return PSDL_WRONG_KIND;
    *out = item_count(*used);
    return PSDL_OK;
  });
}

psdl_status psdl_value_item(psdl_value value, size_t index, psdl_value* out) noexcept {
  return ask(value, out, [&](const UsedValue& used) -> psdl_status {
    if (!used->is_collection()) return PSDL_WRONG_KIND;
    if (index >= item_count(*used)) return PSDL_NOT_FOUND;
    const Value& item = used->is_array() ? used->as_array()[index]
                        : used->is_set() ? used->as_set().items()[index]
                                         : used->as_object().values()[index];
    *out = show_value(used.slot(), item);
    return PSDL_OK;
  });
}

psdl_status psdl_value_key(psdl_value value, size_t index, psdl_value* out) noexcept {
  return ask(value, out, [&](const UsedValue& used) -> psdl_status {
    if (!used->is_object()) return PSDL_WRONG_KIND;
    if (index >= item_count(*used)) return PSDL_NOT_FOUND;
    *out = show_value(used.slot(), used->as_object().keys()[index]);
    return PSDL_OK;
  });
}

psdl_status psdl_value_field(psdl_value value, const char* name, size_t name_len, psdl_value* out) noexcept {
  return ask(value, out, [&](const UsedValue& used) -> psdl_status {
    std::string_view key;
    if (!read_bytes(name, name_len, key)) return PSDL_BAD_ARGUMENT;
    if (!used->is_object()) return PSDL_WRONG_KIND;
    const Value* const field = used->as_object().find_text(key);
    if (field == nullptr) return PSDL_NOT_FOUND;
    *out = show_value(used.slot(), *field);
    return PSDL_OK;
  });
}

psdl_status psdl_value_json(psdl_value value, psdl_text* out) noexcept {
  return ask(value, out, [&](const UsedValue& used) { return as_json(used, out); });
}

}  // extern "C"
