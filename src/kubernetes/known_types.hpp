// The types of Kubernetes' kinds, made by the build from types.json: constant tables without a pointer in them, so that
// a start costs nothing. In: a kind, a field's name; out: the type, the field.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

#include "kubernetes/field_hash.hpp"

namespace psdl {

// What one value is. Embedded: an object of any kind, which has its own type. Any: whatever it is.
enum class Shape : std::uint8_t {
  Any, Boolean, Bytes, Embedded, Int32, Int64, IntOrString, Quantity, String, Struct, Time
};

// What holds the values.
enum class Holder : std::uint8_t { One, List, Map, MapOfLists };

struct KnownField {
  std::uint16_t name_at;  // in kKnownText
  std::uint8_t name_size;
  Shape shape;
  Holder holder;
  std::uint8_t is_containers;  // a pod spec's `containers`, which must be there
  std::uint16_t type;          // of Shape::Struct: an index of kKnownTypes

  [[nodiscard]] std::string_view name() const;
};

// Whether a name that is no field is told. NearNames: only where it is nearly one; the type is a guess, or others add
// fields to it.
enum class Unknown : std::uint8_t { Told, NearNames, Ignored };

struct KnownType {
  std::uint64_t seed;
  std::uint16_t first_slot;
  std::uint16_t first_field;
  std::uint16_t name_at;
  std::uint8_t name_size;
  std::uint8_t field_count;
  std::uint8_t shift;
  Unknown unknown;

  [[nodiscard]] std::string_view name() const;  // "core/v1.PodSpec"
  [[nodiscard]] std::span<const KnownField> fields() const;
  // Null where the type has no such field.
  [[nodiscard]] const KnownField* find(std::string_view wanted) const;
};

// A kind of a group, in any version; pod_spec: JSON pointer, empty where it carries none.
struct KnownKind {
  std::uint16_t group_at;
  std::uint16_t kind_at;
  std::uint16_t pod_spec_at;
  std::uint8_t group_size;
  std::uint8_t kind_size;
  std::uint8_t pod_spec_size;
  std::uint16_t type;

  [[nodiscard]] std::string_view group() const;
  [[nodiscard]] std::string_view kind() const;
  [[nodiscard]] std::string_view pod_spec() const;
};

// A kind that is not known, with a pod spec at this place: apiVersion, kind and the way there.
struct PodSpecPlace {
  std::uint16_t pointer_at;
  std::uint8_t pointer_size;
  std::uint16_t type;

  [[nodiscard]] std::string_view pointer() const;
};

extern const char kKnownText[];
extern const std::uint8_t kKnownSlots[];  // index of the field within its type
extern const KnownField kKnownFields[];
extern const KnownType kKnownTypes[];
[[nodiscard]] std::span<const KnownType> known_types();
[[nodiscard]] std::span<const KnownKind> known_kinds();
[[nodiscard]] std::span<const PodSpecPlace> pod_spec_places();

inline constexpr std::uint8_t kNoField = 0xFF;

inline std::string_view KnownField::name() const { return {kKnownText + name_at, name_size}; }
inline std::string_view KnownType::name() const { return {kKnownText + name_at, name_size}; }
inline std::span<const KnownField> KnownType::fields() const { return {kKnownFields + first_field, field_count}; }
inline std::string_view KnownKind::group() const { return {kKnownText + group_at, group_size}; }
inline std::string_view KnownKind::kind() const { return {kKnownText + kind_at, kind_size}; }
inline std::string_view KnownKind::pod_spec() const { return {kKnownText + pod_spec_at, pod_spec_size}; }
inline std::string_view PodSpecPlace::pointer() const { return {kKnownText + pointer_at, pointer_size}; }

inline const KnownField* KnownType::find(std::string_view wanted) const {
  const std::size_t size = wanted.size();
  const NameWords words = name_words(wanted.data(), size);
  const std::uint8_t index = kKnownSlots[first_slot + name_slot(words, size, seed, shift)];
  if (index == kNoField) return nullptr;
  const KnownField& field = kKnownFields[first_field + index];
  if (field.name_size != size) return nullptr;
  const char* text = kKnownText + field.name_at;
  const NameWords own = name_words(text, size);
  if (own.first != words.first || own.last != words.last) return nullptr;
  // The words cover names of up to 16 bytes.
  if (size > 16 && std::memcmp(text + 8, wanted.data() + 8, size - 16) != 0) return nullptr;
  return &field;
}

}  // namespace psdl
