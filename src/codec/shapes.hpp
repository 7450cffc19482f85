// Which keys objects have, in the sequence of their texts. In: an object's keys, one after another; out: the keys'
// texts and numbers, and the order that an object with just these keys is kept in, if one was read before.
//
// Objects of one kind mostly have the same keys in the same sequence, within a text and from text to text. The keys
// that an object had so far are a shape here, and each shape remembers which key came next when it was last met. So the
// usual key is compared with one other and needs no look at a table, and the usual object needs no sorting and cannot
// have a key twice. Nothing is taken from memory that the text does not say: every key is compared whole. What is kept
// is bounded, and so is the time of each step.
#pragma once

#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>

#include "value/key_table.hpp"
#include "value/value.hpp"

namespace psdl::codec {

struct Shape {
  static constexpr std::uint32_t kMostKeys = 32;

  // How members are put in order.
  struct Order {
    std::uint32_t size;
    std::uint8_t indices[kMostKeys];
    KeyNumber numbers[kMostKeys];  // in that order; the rest kNoKey
    NameBits names;                // of them
  };

  std::uint64_t first = 0;  // the last key's first eight bytes between its quotes, zeros behind its end
  std::uint64_t mask = 0;   // over those that are the key's
  std::uint64_t last = 0;   // the last eight bytes of one that has more than eight
  const char* raw = nullptr;
  std::uint32_t length = 0;  // of `raw`: escapes are as they stand
  std::uint32_t text_length = 0;
  const char* text = nullptr;  // the key: the table's text or a copy; null where that is `raw` and not in the table
  KeyNumber number = kNoKey;
  bool has_escapes = false;
  const Shape* before = nullptr;
  // What was met last: with the key after this one, and with the first key of an object that stands under this one.
  Shape* next = nullptr;
  Shape* first_below = nullptr;
  const Order* order = nullptr;  // null where none was learnt

  // Whether the text at `key` begins with this key; eight bytes are readable there, and `length` too.
  [[nodiscard]] bool is_at(const char* key) const {
    if (((load(key) ^ first) & mask) != 0) return false;
    if (length <= 8) return true;
    if (load(key + length - 8) != last) return false;
    for (std::uint32_t i = 8; i + 8 < length; i += 8) {
      if (load(key + i) != load(raw + i)) return false;
    }
    return true;
  }
  static std::uint64_t load(const char* at) {
    std::uint64_t bytes = 0;
    std::memcpy(&bytes, at, 8);
    return bytes;
  }
};

class Shapes {
 public:
  static constexpr std::size_t kLongestKey = 128;

  Shapes();
  Shapes(const Shapes&) = delete;
  Shapes& operator=(const Shapes&) = delete;
  Shapes(Shapes&&) = delete;
  Shapes& operator=(Shapes&&) = delete;
  ~Shapes() = default;

  // Before each text that is learnt from. What was learnt with another table is forgotten; `table` must live until the
  // next call.
  void begin_text(const KeyTable* table);

  // No key yet; and keys that are not kept. Neither is at any place of a text, and both may be what comes "next".
  [[nodiscard]] Shape* start() { return &start_; }
  [[nodiscard]] Shape* none() { return &none_; }

  // The shape after one more key, made where there is none; none() where it is not kept. `raw` is the key as it stands
  // in the text, with eight readable bytes at its begin, `key` what it means.
  [[nodiscard]] Shape* follow(const Shape* shape, std::string_view raw, std::string_view key);
  // Where to put the order of a shape that has none; null where there is no room.
  [[nodiscard]] Shape::Order* add_order(Shape* shape);

 private:
  static constexpr std::size_t kShapes = 2'048;
  static constexpr std::size_t kOrders = 1'024;
  static constexpr std::size_t kTextBytes = 64 * 1024;
  static constexpr std::size_t kSlots = 2 * kShapes;
  static constexpr std::size_t kMostProbes = 8;
  // Once all is taken, that many texts are read before all is learnt anew: so learning costs little where no two
  // texts are alike.
  static constexpr std::uint32_t kPatience = 256;

  const char* keep(std::string_view text);
  void clear();

  const KeyTable* table_ = nullptr;
  Shape start_;
  Shape none_;
  std::unique_ptr<Shape[]> shapes_;  // these and the rest come with the first text
  std::unique_ptr<Shape::Order[]> orders_;
  std::unique_ptr<Shape*[]> slots_;  // by what came before and the key, open addressing; null is free
  std::unique_ptr<char[]> texts_;
  std::size_t shape_count_ = 0;
  std::size_t order_count_ = 0;
  std::size_t text_bytes_ = 0;
  bool is_full_ = false;
  std::uint32_t texts_since_full_ = 0;
};

}  // namespace psdl::codec
