// The tables that choose rule bodies by a value: open addressing over the hash of constants.
#include <bit>

#include "bytecode/program.hpp"

namespace psdl {

void DispatchTable::index(const std::vector<Value>& constants) {
  buckets.assign(std::bit_ceil(cases.size() * 2 + 1), 0);
  const std::size_t mask = buckets.size() - 1;
  for (std::uint32_t i = 0; i < cases.size(); ++i) {
    std::size_t at = hash(constants[cases[i].constant]) & mask;
    while (buckets[at] != 0) at = (at + 1) & mask;
    buckets[at] = i + 1;
  }
}

const DispatchTable::Case* DispatchTable::find(const Value& value, const Value* constants) const {
  const std::size_t mask = buckets.size() - 1;
  for (std::size_t at = hash(value) & mask; buckets[at] != 0; at = (at + 1) & mask) {
    const Case& one = cases[buckets[at] - 1];
    if (equal(constants[one.constant], value)) return &one;
  }
  return nullptr;
}

}  // namespace psdl
