// Shapes in an array, found by the shape before and the key.
#include "codec/shapes.hpp"

#include <algorithm>

namespace psdl::codec {
namespace {

std::uint64_t mix(std::uint64_t bits) {
  return bits * 0x9E37'79B9'7F4A'7C15U;
}

}  // namespace

Shapes::Shapes() { clear(); }

void Shapes::begin_text(const KeyTable* table) {
  if (shapes_ == nullptr) {
    shapes_ = std::make_unique_for_overwrite<Shape[]>(kShapes);
    orders_ = std::make_unique_for_overwrite<Shape::Order[]>(kOrders);
    slots_ = std::make_unique_for_overwrite<Shape*[]>(kSlots);
    texts_ = std::make_unique_for_overwrite<char[]>(kTextBytes);
    clear();
  } else if (table != table_ || (is_full_ && ++texts_since_full_ > kPatience)) {
    clear();
  }
  table_ = table;
}

void Shapes::clear() {
  // Eight zero bytes stand at no key's place, so these two are found nowhere.
  start_ = Shape{};
  start_.mask = ~std::uint64_t{0};
  start_.next = &none_;
  start_.first_below = &none_;
  none_ = start_;
  shape_count_ = 0;
  order_count_ = 0;
  text_bytes_ = 0;
  is_full_ = false;
  texts_since_full_ = 0;
  if (slots_ != nullptr) std::fill_n(slots_.get(), kSlots, nullptr);
}

const char* Shapes::keep(std::string_view text) {
  if (text_bytes_ + text.size() > kTextBytes) return nullptr;
  char* const kept = texts_.get() + text_bytes_;
  std::memcpy(kept, text.data(), text.size());
  text_bytes_ += text.size();
  return kept;
}

Shape* Shapes::follow(const Shape* shape, std::string_view raw, std::string_view key) {
  if (shape == &none_ || raw.size() > kLongestKey) return &none_;
  Shape made;
  made.length = static_cast<std::uint32_t>(raw.size());
  made.mask = raw.size() >= 8 ? ~std::uint64_t{0} : (std::uint64_t{1} << (8 * raw.size())) - 1;
  made.first = Shape::load(raw.data()) & made.mask;
  if (raw.size() > 8) made.last = Shape::load(raw.data() + raw.size() - 8);
  const std::uint64_t hash = mix(mix(made.first ^ reinterpret_cast<std::uintptr_t>(shape)) ^ made.last ^ made.length);
  std::size_t at = (hash >> 40U) % kSlots;
  std::size_t probes = 0;
  for (; slots_[at] != nullptr && probes < kMostProbes; ++probes, at = (at + 1) % kSlots) {
    Shape* const known = slots_[at];
    if (known->before == shape && known->length == made.length && known->is_at(raw.data())) return known;
  }
  if (probes == kMostProbes) return &none_;

  made.number = table_ != nullptr ? table_->number(key) : kNoKey;
  made.has_escapes = key.data() != raw.data();
  made.text_length = static_cast<std::uint32_t>(key.size());
  if (made.number != kNoKey) {
    made.text = table_->name(made.number).data();
  } else if (made.has_escapes) {
    made.text = keep(key);
  }
  made.raw = keep(raw);
  const bool is_kept = made.raw != nullptr && (made.text != nullptr || !made.has_escapes);
  if (!is_kept || shape_count_ == kShapes) {
    is_full_ = true;
    return &none_;
  }
  made.before = shape;
  made.next = &none_;
  made.first_below = &none_;
  Shape* const added = &shapes_[shape_count_++];
  *added = made;
  slots_[at] = added;
  return added;
}

Shape::Order* Shapes::add_order(Shape* shape) {
  if (order_count_ == kOrders) {
    is_full_ = true;
    return nullptr;
  }
  Shape::Order* const order = &orders_[order_count_++];
  shape->order = order;
  return order;
}

}  // namespace psdl::codec
