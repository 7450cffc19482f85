// The end of a process whose own rules were broken.
#include "base/assert.hpp"

#include <cstdio>
#include <cstdlib>

namespace psdl {

void assertion_failed(const char* expression, const char* file, int line) {
  std::fprintf(stderr, "psdl: internal error: %s is false at %s:%d; please report it\n", expression, file, line);
  std::fflush(stderr);
  std::_Exit(70);
}

}  // namespace psdl
