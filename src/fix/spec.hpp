// What a rule says of fixing its findings (`custom: {fix: ..}` of its metadata), and what that is for one finding. In:
// JSON; places in a document; out: operations.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "fix/operations.hpp"

namespace psdl::fix {

// A place begins with a name and goes on as a JSON pointer: `container/securityContext/privileged`. `finding` is where
// the finding stands, `container` the container that it is in, `pod` the pod's spec, `document` the document.
struct Spec {
  struct Step {
    Operation::Kind kind = Operation::Kind::Set;
    std::string place;
    Value value;
  };
  // Where it holds, the change would make something else wrong.
  struct Condition {
    std::string place;
    bool is_member = false;  // the value is an item of the list there
    Value value;
    std::string because;
  };
  std::string description;
  std::vector<Step> steps;
  std::vector<Condition> unless;
  std::shared_ptr<const Document> text;  // holds the values
};

// An error says what the text lacks, in words that follow "the fix".
[[nodiscard]] Result<Spec> read_spec(std::string_view json);

// JSON pointers from the document's root; nothing where the finding has no such place.
struct Places {
  std::optional<std::string> finding;  // only where the finding stands at the node itself
  std::optional<std::string> container;
  std::optional<std::string> pod;
};
// An error where a place is not known or a condition holds.
[[nodiscard]] Result<std::vector<Operation>> operations_at(const Spec& spec, const Places& places,
                                                           const Document& document);

// "set privileged to false", where the spec has no description of its own.
[[nodiscard]] std::string describe(const Spec& spec, std::span<const Operation> operations);

}  // namespace psdl::fix
