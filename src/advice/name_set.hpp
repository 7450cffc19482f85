// Sets of texts that a value may be: exactly these, or all but these.
#pragma once

#include <algorithm>
#include <iterator>
#include <string_view>
#include <vector>

namespace psdl::advice {

struct NameSet {
  bool is_all_but = true;
  std::vector<std::string_view> names = {};  // sorted, once each

  [[nodiscard]] static NameSet only(std::vector<std::string_view> names) {
    std::sort(names.begin(), names.end());
    names.erase(std::unique(names.begin(), names.end()), names.end());
    return {false, std::move(names)};
  }

  [[nodiscard]] bool is_empty() const { return !is_all_but && names.empty(); }
  [[nodiscard]] bool is_everything() const { return is_all_but && names.empty(); }
  [[nodiscard]] bool contains(std::string_view name) const {
    return std::binary_search(names.begin(), names.end(), name) != is_all_but;
  }
  friend bool operator==(const NameSet&, const NameSet&) = default;
};

[[nodiscard]] inline NameSet complement(NameSet set) {
  set.is_all_but = !set.is_all_but;
  return set;
}

[[nodiscard]] inline NameSet intersection(const NameSet& a, const NameSet& b) {
  NameSet made{a.is_all_but && b.is_all_but, {}};
  if (made.is_all_but) {
    std::set_union(a.names.begin(), a.names.end(), b.names.begin(), b.names.end(), std::back_inserter(made.names));
    return made;
  }
  const NameSet& finite = a.is_all_but ? b : a;
  const NameSet& other = a.is_all_but ? a : b;
  for (const std::string_view name : finite.names) {
    if (other.contains(name)) made.names.push_back(name);
  }
  return made;
}

[[nodiscard]] inline NameSet either(const NameSet& a, const NameSet& b) {
  return complement(intersection(complement(a), complement(b)));
}

}  // namespace psdl::advice
