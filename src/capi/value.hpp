// psdl_value: where a value is, and which contents of its owner it is from. In: what a host holds; out: the value, or
// that it is gone.
#pragma once

#include "base/arena.hpp"
#include "capi/handles.hpp"
#include "value/value.hpp"

namespace psdl::capi {

// An object that values are taken from. Texts that are made for them live as long as they do.
class ValueOwner : public HandleObject {
 public:
  using HandleObject::HandleObject;
  [[nodiscard]] virtual Arena& texts() = 0;
  [[nodiscard]] virtual std::size_t most_text_bytes() const = 0;
  // Of all that is in texts().
  [[nodiscard]] virtual std::size_t most_bytes() const = 0;
};

// | number of the owner's slot 24 | its epoch 40 | address 64 |
[[nodiscard]] psdl_value show_value(const Slot& owner, const Value& value);

// Being inside the owner of a value, for the length of a call. status() first.
class UsedValue {
 public:
  explicit UsedValue(const psdl_value& value);
  ~UsedValue() {
    if (slot_ != nullptr) slot_->key.store(token_, std::memory_order_release);
  }
  UsedValue(const UsedValue&) = delete;
  UsedValue& operator=(const UsedValue&) = delete;

  [[nodiscard]] psdl_status status() const { return status_; }
  [[nodiscard]] const Value& operator*() const { return *value_; }
  [[nodiscard]] const Value* operator->() const { return value_; }
  [[nodiscard]] const Slot& slot() const { return *slot_; }
  [[nodiscard]] ValueOwner& owner() const { return static_cast<ValueOwner&>(*slot_->object); }

 private:
  Slot* slot_ = nullptr;
  std::uint64_t token_ = 0;
  const Value* value_ = nullptr;
  psdl_status status_ = PSDL_BAD_HANDLE;
};

}  // namespace psdl::capi
