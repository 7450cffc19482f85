// The version that reports and `psdl version` show.
#include "psdl/psdl.hpp"

namespace psdl {

std::string_view version() { return "0.1.0"; }

}  // namespace psdl
