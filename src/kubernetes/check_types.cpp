// The walk over a document along its type. Fields are found by a hash without collisions; what is as it should be costs
// a look at its tag.
#include "kubernetes/check_types.hpp"

#include <algorithm>
#include <iterator>

#include "kubernetes/resolve_type.hpp"
#include "kubernetes/scalars.hpp"

namespace psdl {
namespace {

constexpr std::uint16_t bit(Tag tag) { return static_cast<std::uint16_t>(1U << static_cast<unsigned>(tag)); }

// Tags that are good for a shape whatever the value is, in the order of Shape. Most fields need no other look.
constexpr std::uint16_t kAlwaysGood[] = {
    0xFFFF,                            // Any
    bit(Tag::True) | bit(Tag::False),  // Boolean
    0,                                 // Bytes
    0,                                 // Embedded
    0,                                 // Int32
    bit(Tag::Int),                     // Int64
    bit(Tag::String),                  // IntOrString
    bit(Tag::Int),                     // Quantity
    bit(Tag::String),                  // String
    0,                                 // Struct
    bit(Tag::Null),                    // Time
};
static_assert(std::size(kAlwaysGood) == static_cast<std::size_t>(Shape::Time) + 1);

bool is_always_good(const Value& value, Shape shape) {
  return (kAlwaysGood[static_cast<std::size_t>(shape)] & bit(value.tag())) != 0;
}

bool fits_int32(const Value& value) {
  return value.is_int() && value.as_int() == static_cast<std::int32_t>(value.as_int());
}

bool is_integer_shape(Shape shape) {
  return shape == Shape::Int32 || shape == Shape::Int64 || shape == Shape::IntOrString;
}

class Checker {
 public:
  Checker(Format format, TypeReport& report) : format_(format), report_(report) {}

  // An object of any kind: the document, or what an admission review holds.
  void object(const Value& root) {
    const Object& object = root.as_object();
    const ResolvedType resolved = resolve_type(object);
    if (resolved.type == nullptr) return;
    const bool had_containers = has_containers_;
    has_containers_ = false;
    members(object, *resolved.type);
    const bool must_have = resolved.kind != nullptr && resolved.kind->pod_spec_size > 0;
    if (must_have && !has_containers_) report_missing(root, *resolved.kind);
    has_containers_ = had_containers;
  }

 private:
  void members(const Object& object, const KnownType& type) {
    const Value* values = object.values().data();
    for (const Value& key : object.keys()) {
      const Value& value = *values++;
      const KnownField* field = type.find(key.as_string());
      if (field == nullptr) {
        unknown(key, value, type);
      } else if (field->holder != Holder::One) {
        held(value, type, *field);
      } else if (!is_always_good(value, field->shape)) {
        one(value, type, *field, false);
      }
    }
  }

  [[gnu::noinline]] void unknown(const Value& key, const Value& value, const KnownType& type) {
    if (type.unknown == Unknown::Ignored) return;
    add({TypeProblem::Kind::UnknownField, false, value.origin(), &type, nullptr, value, key.as_string()});
  }

  [[gnu::noinline]] void held(const Value& value, const KnownType& type, const KnownField& field) {
    switch (field.holder) {
      case Holder::One:
      case Holder::List:
        if (!value.is_array()) return odd(value, type, field, false);
        has_containers_ = has_containers_ || field.is_containers != 0;
        list(value, type, field);
        return;
      case Holder::Map:
      case Holder::MapOfLists:
        if (!value.is_object()) return odd(value, type, field, false);
        for (const Value& element : value.as_object().values()) {
          if (field.holder == Holder::Map) {
            if (!is_always_good(element, field.shape)) one(element, type, field, true);
          } else if (element.is_array()) {
            list(element, type, field);
          } else {
            odd(element, type, field, true);
          }
        }
        return;
    }
  }

  void list(const Value& value, const KnownType& type, const KnownField& field) {
    for (const Value& item : value.as_array()) {
      if (!is_always_good(item, field.shape)) one(item, type, field, true);
    }
  }

  // What is_always_good() does not know to be good: mostly structs.
  void one(const Value& value, const KnownType& type, const KnownField& field, bool is_element) {
    if (field.shape == Shape::Struct && value.is_object()) return members(value.as_object(), kKnownTypes[field.type]);
    scalar(value, type, field, is_element);
  }

  [[gnu::noinline]] void scalar(const Value& value, const KnownType& type, const KnownField& field, bool is_element) {
    switch (field.shape) {
      case Shape::Int32:
      case Shape::IntOrString:
        if (fits_int32(value)) return;
        break;
      case Shape::Quantity:
        if (value.is_string() && is_quantity(value.as_string())) return;
        break;
      case Shape::Bytes:
        if (value.is_string() && is_base64(value.as_string())) return;
        break;
      case Shape::Time:
        if (value.is_string() && is_time(value.as_string())) return;
        break;
      case Shape::Embedded:
        if (value.is_object()) object(value);
        return;
      case Shape::Any:
      case Shape::Boolean:
      case Shape::Int64:
      case Shape::String:
      case Shape::Struct: break;
    }
    odd(value, type, field, is_element);
  }

  // What is no value of the field as it stands: null, a number spelt otherwise, or a problem.
  [[gnu::noinline]] void odd(const Value& value, const KnownType& type, const KnownField& field, bool is_element) {
    if (value.is_null()) {
      report_.is_respelt = true;
      return;
    }
    const bool is_single = is_element || field.holder == Holder::One;
    if (is_single && is_integer_shape(field.shape) && value.is_number()) {
      if (integer_problem(value, field.shape, format_).empty()) {
        report_.is_respelt = true;
        return;
      }
      return add({TypeProblem::Kind::BadValue, is_element, value.origin(), &type, &field, value, field.name()});
    }
    if (is_single && field.shape == Shape::Quantity && value.is_number()) return;
    const bool is_text = field.shape == Shape::Quantity || field.shape == Shape::Bytes || field.shape == Shape::Time;
    const bool is_bad_text = is_single && is_text && value.is_string();
    const TypeProblem::Kind kind = is_bad_text ? TypeProblem::Kind::BadValue : TypeProblem::Kind::WrongType;
    add({kind, is_element, value.origin(), &type, &field, value, field.name()});
  }

  // The way to the containers ends somewhere: at the deepest object that is there, or at a value that was told of
  // already.
  [[gnu::noinline]] void report_missing(const Value& root, const KnownKind& kind) {
    std::string_view pointer = kind.pod_spec();
    const Value* deepest = &root;
    for (;;) {
      pointer.remove_prefix(pointer.empty() ? 0 : 1);
      const std::size_t end = std::min(pointer.find('/'), pointer.size());
      const Value* next = deepest->as_object().find_text(pointer.empty() ? "containers" : pointer.substr(0, end));
      if (next != nullptr && !next->is_null() && !next->is_object()) return;
      if (next != nullptr && next->is_object() && pointer.empty()) return;
      if (next == nullptr || next->is_null()) {
        // A field that is written and null is itself the place.
        const Value& place = next == nullptr ? *deepest : *next;
        return add({TypeProblem::Kind::NoContainers, false, place.origin(), nullptr, nullptr, {}, kind.kind()});
      }
      deepest = next;
      pointer.remove_prefix(end);
    }
  }

  [[gnu::noinline]] void add(const TypeProblem& problem) {
    std::size_t& count = problem.kind == TypeProblem::Kind::UnknownField ? report_.unknown_fields : report_.errors;
    if (++count <= kMostTypeProblems) report_.problems.push_back(problem);
  }

  Format format_;
  TypeReport& report_;
  bool has_containers_ = false;
};

}  // namespace

TypeReport check_types(const Document& document) {
  TypeReport report;
  if (!document.root().is_object()) return report;
  Checker(document.format(), report).object(document.root());
  // Keys are walked in the order of their names; people read in the order of the text.
  const auto is_before = [](const TypeProblem& a, const TypeProblem& b) { return a.origin < b.origin; };
  if (report.problems.size() > 1) std::stable_sort(report.problems.begin(), report.problems.end(), is_before);
  return report;
}

bool has_unknown_kind_with_pod_spec(const Value& root) {
  if (!root.is_object()) return false;
  const ResolvedType resolved = resolve_type(root.as_object());
  return resolved.type != nullptr && resolved.kind == nullptr;
}

}  // namespace psdl
