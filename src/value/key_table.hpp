// Numbers for the names that rules, constraints and data mention. In: names; out: numbers in byte order of their text.
#pragma once

#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "value/value.hpp"

namespace psdl {

// The first eight bytes of a name, most significant first: most names differ there, and are in order by it.
[[nodiscard]] inline std::uint64_t name_prefix(std::string_view text) {
  std::uint64_t bytes = 0;
  if (text.size() >= 8) {
    std::memcpy(&bytes, text.data(), 8);
  } else {
    // A loop of a known length would read beyond the text; names that the table owns have no padding.
    for (std::size_t i = 0; i < text.size(); ++i) bytes |= static_cast<std::uint64_t>(static_cast<unsigned char>(text[i])) << (8 * i);
  }
  return __builtin_bswap64(bytes);
}

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
  [[nodiscard]] KeyNumber number(std::string_view name) const { return number(name, name_prefix(name)); }
  // The same where the name's prefix is known: a member of a document takes some fifteen instructions.
  [[nodiscard]] KeyNumber number(std::string_view name, std::uint64_t prefix) const {
    if (slots_.empty()) return kNoKey;
    for (std::size_t at = hash(name, prefix) & mask_; slots_[at] != kNoKey; at = (at + 1) & mask_) {
      if (is_name(slots_[at], name, prefix)) return slots_[at];
    }
    return kNoKey;
  }
  // The text lives as long as the table.
  [[nodiscard]] std::string_view name(KeyNumber number) const { return names_[number]; }
  [[nodiscard]] std::size_t size() const { return names_.size(); }

 private:
  // The last eight bytes of a name that has more than eight.
  static std::uint64_t last_bytes(std::string_view name) {
    std::uint64_t bytes = 0;
    std::memcpy(&bytes, name.data() + name.size() - 8, 8);
    return bytes;
  }
  // By length, first and last bytes: only the table's own names can collide, so a document cannot make it slow.
  static std::size_t hash(std::string_view name, std::uint64_t prefix) {
    std::uint64_t mixed = (prefix ^ name.size()) * 0x9E37'79B9'7F4A'7C15U;
    if (name.size() > 8) mixed = (mixed ^ last_bytes(name)) * 0xC2B2'AE3D'27D4'EB4FU;
    return static_cast<std::size_t>(mixed ^ (mixed >> 32U));
  }
  [[nodiscard]] bool is_name(KeyNumber number, std::string_view name, std::uint64_t prefix) const {
    const std::string_view own = names_[number];
    if (prefixes_[number] != prefix || own.size() != name.size()) return false;
    if (own.size() <= 8) return true;
    if (last_bytes(own) != last_bytes(name)) return false;
    return own.size() <= 16 || std::memcmp(own.data() + 8, name.data() + 8, own.size() - 16) == 0;
  }

  std::string bytes_;
  std::vector<std::uint64_t> prefixes_;
  std::vector<std::string_view> names_;
  std::vector<KeyNumber> slots_;  // open addressing, kNoKey is free
  std::size_t mask_ = 0;
};

}  // namespace psdl
