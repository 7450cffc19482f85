// Numbers, texts, values and lists as bytes, little-endian, and back. In: rows; out: bytes, or the first thing that is wrong with them.
//
// fields(io, row) names the fields of a row once; a Writer and a Reader go over the same list, so that they cannot disagree. Every row has a least size,
// which a Reader holds against what is left of the section before it makes room for a count of them.
#pragma once

#include <concepts>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "base/arena.hpp"
#include "base/result.hpp"
#include "value/value.hpp"

namespace psdl {

// How many enumerators an enum has that an image may hold; anything else is refused.
template <class E>
inline constexpr std::uint8_t kImageChoices = 0;
// The most rows that one list may have.
template <class T>
inline constexpr std::size_t kImageMostRows = UINT32_MAX;

class ImageWriter {
 public:
  template <class T>
  using Row = const T;

  template <std::unsigned_integral T>
  void number(const T& value) {
    for (std::size_t i = 0; i < sizeof(T); ++i) out_ += static_cast<char>(static_cast<std::uint8_t>(std::uint64_t{value} >> (8 * i)));
  }
  void truth(const bool& value) { number(static_cast<std::uint8_t>(value ? 1 : 0)); }
  template <class E>
  void choice(const E& value) {
    number(static_cast<std::uint8_t>(value));
  }
  void text(std::string_view value);
  void blob(std::string_view bytes) {
    number(static_cast<std::uint32_t>(bytes.size()));
    out_ += bytes;
  }
  void value(const Value& value) { value_at(value, 1); }
  template <class T>
  void list(const std::vector<T>& rows) {
    number(static_cast<std::uint32_t>(rows.size()));
    for (const T& row : rows) fields(*this, row);
  }

  [[nodiscard]] std::string& bytes() { return out_; }
  [[nodiscard]] const std::optional<Error>& fault() const { return fault_; }
  void refuse(std::string_view code, std::string message) {
    if (!fault_.has_value()) fault_ = Error{std::string(code), std::move(message)};
  }

 private:
  void value_at(const Value& value, std::uint32_t depth);

  std::string out_;
  std::size_t values_ = 0;
  std::optional<Error> fault_;
};

// Adds up the least bytes that a row takes.
class ImageMeasure {
 public:
  template <class T>
  using Row = T;

  template <std::unsigned_integral T>
  void number(T&) {
    size_ += sizeof(T);
  }
  void truth(bool&) { ++size_; }
  template <class E>
  void choice(E&) {
    ++size_;
  }
  template <class T>
  void text(T&) {
    size_ += 4;
  }
  void blob(std::string&) { size_ += 4; }
  void value(Value&) { ++size_; }
  template <class T>
  void list(std::vector<T>&) {
    size_ += 4;
  }

  [[nodiscard]] std::size_t size() const { return size_; }

 private:
  std::size_t size_ = 0;
};

template <class T>
[[nodiscard]] std::size_t least_image_size() {
  T row{};
  ImageMeasure measure;
  fields(measure, row);
  return measure.size();
}

// Reads one section. The bytes must live in `arena`: strings of values point into them. After the first fault everything reads as zero.
class ImageReader {
 public:
  template <class T>
  using Row = T;

  ImageReader(std::string_view bytes, Arena& arena, std::string_view section) : bytes_(bytes), arena_(&arena), section_(section) {}

  template <std::unsigned_integral T>
  void number(T& value) {
    value = 0;
    if (!has(sizeof(T))) return;
    std::uint64_t read = 0;
    for (std::size_t i = 0; i < sizeof(T); ++i) read |= std::uint64_t{static_cast<std::uint8_t>(bytes_[at_ + i])} << (8 * i);
    value = static_cast<T>(read);
    at_ += sizeof(T);
  }
  void truth(bool& value) {
    std::uint8_t read = 0;
    number(read);
    if (read > 1) refuse("image_operand", "a truth value that is neither 0 nor 1");
    value = read == 1;
  }
  template <class E>
  void choice(E& value) {
    std::uint8_t read = 0;
    number(read);
    if (kImageChoices<E> != 0 && read >= kImageChoices<E>) {
      refuse("image_operand", "a kind that is not known");
      read = 0;
    }
    value = static_cast<E>(read);
  }
  void text(std::string_view& value);
  void text(std::string& value) {
    std::string_view read;
    text(read);
    value = read;
  }
  void blob(std::string& bytes);
  void value(Value& value);
  template <class T>
  void list(std::vector<T>& rows) {
    static const std::size_t least = least_image_size<T>();
    const std::uint32_t count = rows_of(least, kImageMostRows<T>);
    rows.clear();
    rows.resize(count);
    for (T& row : rows) {
      if (fault_.has_value()) return;
      fields(*this, row);
    }
  }

  // A count of rows of at least this size that can still stand here; 0 with a fault where the section is too short for them, or they are too many.
  [[nodiscard]] std::uint32_t rows_of(std::size_t least, std::size_t most = UINT32_MAX);
  [[nodiscard]] bool is_at_end() const { return at_ == bytes_.size(); }
  [[nodiscard]] const std::optional<Error>& fault() const { return fault_; }
  void refuse(std::string_view code, std::string_view what);
  // Values read by sections before this one count too.
  void count_from(std::size_t values) { values_ = values; }
  [[nodiscard]] std::size_t values() const { return values_; }

 private:
  [[nodiscard]] bool has(std::size_t size);
  [[nodiscard]] Value value_at(std::uint32_t depth);
  [[nodiscard]] Value number_value();
  // `count` values in a row, in the arena.
  [[nodiscard]] Value* values_at(std::uint32_t count, std::uint32_t depth);

  std::string_view bytes_;
  std::size_t at_ = 0;
  Arena* arena_;
  std::string_view section_;
  std::size_t values_ = 0;
  std::size_t promised_ = 0;  // values that there is room for already and that are still to be read, a byte each at least
  std::optional<Error> fault_;
};

// ---- Fields that are no rows of their own.
template <class Io, std::unsigned_integral T>
void fields(Io& io, T& value) {
  if constexpr (std::same_as<std::remove_const_t<T>, bool>) {
    io.truth(value);
  } else {
    io.number(value);
  }
}
template <class Io, class E>
  requires std::is_enum_v<std::remove_const_t<E>>
void fields(Io& io, E& value) {
  io.choice(value);
}
template <class Io>
void fields(Io& io, typename Io::template Row<std::string>& value) {
  io.text(value);
}
template <class Io>
void fields(Io& io, typename Io::template Row<std::string_view>& value) {
  io.text(value);
}
template <class Io>
void fields(Io& io, typename Io::template Row<Value>& value) {
  io.value(value);
}
template <class Io, class T>
void fields(Io& io, std::vector<T>& rows) {
  io.list(rows);
}
template <class Io, class T>
void fields(Io& io, const std::vector<T>& rows) {
  io.list(rows);
}
// Several fields, in order.
template <class Io, class... T>
void all(Io& io, T&... each) {
  (fields(io, each), ...);
}

}  // namespace psdl
