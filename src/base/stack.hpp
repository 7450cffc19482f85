// A stack of plain values that pushes without a call. In: values; out: references that hold until the next push.
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <type_traits>

namespace psdl {

template <class T>
class Stack {
  static_assert(std::is_trivially_destructible_v<T> && std::is_trivially_copyable_v<T>);

 public:
  // Room for `count`, so that few programs ever make it grow.
  explicit Stack(std::size_t count) : room_(std::make_unique<T[]>(count)), end_(room_.get()), limit_(end_ + count) {}

  // A new T at the top.
  [[gnu::always_inline]] T& push() {
    if (end_ == limit_) [[unlikely]] grow();
    *end_ = T{};
    return *end_++;
  }
  void pop() { --end_; }
  void pop(std::size_t count) { end_ -= count; }
  void clear() { end_ = room_.get(); }
  [[nodiscard]] T& back() { return end_[-1]; }
  [[nodiscard]] std::size_t size() const { return static_cast<std::size_t>(end_ - room_.get()); }

 private:
  [[gnu::noinline]] void grow() {
    const std::size_t count = size();
    auto larger = std::make_unique<T[]>(count * 2);
    std::copy(room_.get(), end_, larger.get());
    room_ = std::move(larger);
    end_ = room_.get() + count;
    limit_ = end_ + count;
  }

  std::unique_ptr<T[]> room_;
  T* end_;
  T* limit_;
};

}  // namespace psdl
