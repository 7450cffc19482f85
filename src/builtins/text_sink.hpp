// A text that grows in an arena up to the limit on texts. In: pieces; out: one string, or nothing where it grew too long.
#pragma once

#include <algorithm>
#include <cstring>
#include <string_view>

#include "builtins/builtin.hpp"

namespace psdl {

// Once too long it stays empty: builders need no failure path, finish() reports.
class TextSink {
 public:
  TextSink(CallContext& context, std::size_t expected) : context_(&context), most_(std::min<std::size_t>(context.limits().string_bytes, Value::kMaxLength)) {
    reserve(std::min(std::max<std::size_t>(expected, 16), most_));
  }

  void append(std::string_view text) {
    if (text.empty()) return;  // its bytes may be nowhere
    if (text.size() > capacity_ - size_ && !grow(text.size())) return;
    std::memcpy(data_ + size_, text.data(), text.size());
    size_ += text.size();
  }
  void append(char c) {
    if (size_ == capacity_ && !grow(1)) return;
    data_[size_++] = c;
  }
  void fill(std::size_t count, char c) {
    if (count > capacity_ - size_ && !grow(count)) return;
    std::memset(data_ + size_, c, count);
    size_ += count;
  }
  // What was appended so far.
  [[nodiscard]] std::string_view view() const { return {data_, size_}; }
  [[nodiscard]] bool is_too_long() const { return is_too_long_; }
  [[nodiscard]] Value finish() { return is_too_long_ ? context_->limit("string_bytes") : Value::string({data_, size_}); }

 private:
  void reserve(std::size_t capacity) {
    char* larger = context_->arena().allocate_array<char>(capacity);
    if (size_ > 0) std::memcpy(larger, data_, size_);
    data_ = larger;
    capacity_ = capacity;
  }
  bool grow(std::size_t more) {
    if (is_too_long_ || more > most_ - size_) {
      is_too_long_ = true;
      capacity_ = size_;
      return false;
    }
    reserve(std::min(most_, std::max(size_ + more, capacity_ * 2)));
    return true;
  }

  CallContext* context_;
  std::size_t most_;
  char* data_ = nullptr;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
  bool is_too_long_ = false;
};

}  // namespace psdl
