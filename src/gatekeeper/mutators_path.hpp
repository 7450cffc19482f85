// Where a mutator changes an object: `spec.containers[name: *].image`. In: the text; out: its steps, or what is wrong
// with it and where.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace psdl::gatekeeper {

// A field, or the items of a list that have a value under a key.
struct PathStep {
  std::string name;  // of the field; of the key
  bool is_list = false;
  bool is_glob = false;                 // every item: `[name: *]`
  std::string text;                     // the value under the key,
  std::optional<std::int64_t> integer;  // or this
  bool operator==(const PathStep&) const = default;

  // As Gatekeeper shows it: `[name: "a b"]`.
  [[nodiscard]] std::string shown() const;
  [[nodiscard]] std::string shown_key_value() const;
};

struct MutationPath {
  std::vector<PathStep> steps;

  [[nodiscard]] std::string shown() const;
  [[nodiscard]] bool is_under_metadata() const;
  [[nodiscard]] bool ends_in_list() const { return !steps.empty() && steps.back().is_list; }
  [[nodiscard]] bool starts_with(const MutationPath& other) const;
};

// What stands at [begin, end) of the text is wrong. `text` is Gatekeeper's.
struct PathError {
  std::string text;
  std::size_t begin = 0;
  std::size_t end = 0;
};

// The empty text is a path without steps, as it is for Gatekeeper.
[[nodiscard]] Result<MutationPath, PathError> parse_path(std::string_view text);

}  // namespace psdl::gatekeeper
