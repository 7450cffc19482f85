// Memory that is used again from one document to the next.
#pragma once

#include <cstddef>
#include <vector>

namespace psdl {

// Empties what keeps its memory, but for that of one document that needed very much.
template <class T>
void clear_or_free(std::vector<T>& items, std::size_t most_bytes) {
  if (items.capacity() * sizeof(T) > most_bytes) items = std::vector<T>();
  items.clear();
}

}  // namespace psdl
