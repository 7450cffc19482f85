// Label selectors of Kubernetes. In: the object of a selector, labels; out: whether it selects them, or its field
// errors.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "gatekeeper/field_error.hpp"
#include "value/value.hpp"

namespace psdl::gatekeeper {

class LabelSelector {
 public:
  // Of a selector that check() found nothing wrong with.
  explicit LabelSelector(const Value& selector);

  // `labels`: an object of texts; anything else is no labels. All requirements must hold; none: everything is selected.
  [[nodiscard]] bool selects(const Value* labels) const;

  bool operator==(const LabelSelector&) const = default;

  // What Kubernetes says of it; paths begin with `path`.
  [[nodiscard]] static FieldErrors check(const Value& selector, std::string_view path);
  // Where a field is of another type: Go's words for it; empty where all are as wanted.
  [[nodiscard]] static FieldError check_types(const Value& selector);

 private:
  enum class Operator : std::uint8_t { In, NotIn, Exists, DoesNotExist };
  struct Requirement {
    std::string key;
    Operator op = Operator::In;
    std::vector<std::string> values;
    bool operator==(const Requirement&) const = default;
  };
  std::vector<Requirement> requirements_;
};

}  // namespace psdl::gatekeeper
