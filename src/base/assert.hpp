// The check for "PSDL is wrong": kept in release builds, since a wrong verdict costs more than the branch.
#pragma once

namespace psdl {
// Prints the place and ends the process with exit code 70 (internal bug).
[[noreturn]] void assertion_failed(const char* expression, const char* file, int line);
}  // namespace psdl

#define PSDL_ASSERT(expression) \
  (static_cast<bool>(expression) ? static_cast<void>(0) : ::psdl::assertion_failed(#expression, __FILE__, __LINE__))
