// A stack of plain values that pushes without a call. In: values; out: references that hold until the next push.
#pragma once

#include <cstddef>
#include <cstring>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

#include "base/assert.hpp"

namespace psdl {

template <class T>
class Stack {
  static_assert(std::is_trivially_destructible_v<T> && std::is_trivially_copyable_v<T> && alignof(T) <= __STDCPP_DEFAULT_NEW_ALIGNMENT__);

 public:
  // Room for `count`, at least one, so that few programs ever make it grow.
  explicit Stack(std::size_t count) : room_(std::make_unique<std::byte[]>(count * sizeof(T))) {
    PSDL_ASSERT(count > 0);
    begin_ = end_ = reinterpret_cast<T*>(room_.get());
    limit_ = begin_ + count;
  }
  Stack(const Stack&) = delete;
  Stack& operator=(const Stack&) = delete;
  ~Stack() = default;

  template <class... A>
  [[gnu::always_inline]] T& push(A&&... arguments) {
    if (end_ == limit_) [[unlikely]] grow();
    return *new (end_++) T{std::forward<A>(arguments)...};
  }
  void pop() { --end_; }
  void pop(std::size_t count) { end_ -= count; }
  void clear() { end_ = begin_; }
  // From the bottom.
  [[nodiscard]] const T& operator[](std::size_t index) const { return begin_[index]; }
  // From the top: 0 is the last that was pushed.
  [[nodiscard]] T& below(std::size_t count) { return *(end_ - 1 - count); }
  [[nodiscard]] T& front() { return *begin_; }
  [[nodiscard]] T& back() { return end_[-1]; }
  [[nodiscard]] const T& back() const { return end_[-1]; }
  [[nodiscard]] bool empty() const { return end_ == begin_; }
  [[nodiscard]] std::size_t size() const { return static_cast<std::size_t>(end_ - begin_); }

 private:
  [[gnu::noinline]] void grow() {
    const std::size_t count = size();
    auto larger = std::make_unique<std::byte[]>(count * 2 * sizeof(T));  // first, so that a throw leaves all as it was
    std::memcpy(larger.get(), room_.get(), count * sizeof(T));
    room_ = std::move(larger);
    begin_ = reinterpret_cast<T*>(room_.get());
    end_ = begin_ + count;
    limit_ = begin_ + count * 2;
  }

  std::unique_ptr<std::byte[]> room_;
  T* begin_ = nullptr;
  T* end_ = nullptr;
  T* limit_ = nullptr;
};

}  // namespace psdl
