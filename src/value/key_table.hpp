// Numbers for the names that rules, constraints and data mention. In: names; out: numbers in byte order of their text.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "value/value.hpp"

namespace psdl {

// Fixed before the first document is read; shared by a policy and every document read for it. Numbers follow byte order, so that a sort by
// number is a sort by text.
class KeyTable {
 public:
  static constexpr std::size_t kMaxNames = 65'000;

  KeyTable() = default;
  // Names beyond kMaxNames are left out, the last ones first: pass the names of rules before those of data. Repetitions are dropped.
  explicit KeyTable(const std::vector<std::string_view>& names);
  KeyTable(const KeyTable&) = delete;
  KeyTable& operator=(const KeyTable&) = delete;

  // kNoKey for a name outside the table.
  [[nodiscard]] KeyNumber number(std::string_view name) const;
  // The text lives as long as the table.
  [[nodiscard]] std::string_view name(KeyNumber number) const { return names_[number]; }
  [[nodiscard]] std::size_t size() const { return names_.size(); }

 private:
  std::string bytes_;
  std::vector<std::string_view> names_;
  std::vector<KeyNumber> slots_;  // open addressing, kNoKey is free
  std::size_t mask_ = 0;
};

}  // namespace psdl
