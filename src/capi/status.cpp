// Versions and names.
#include "psdl/psdl.h"
#include "psdl/psdl.hpp"

extern "C" {

uint32_t psdl_abi_version(void) noexcept { return PSDL_ABI_VERSION; }

// A literal: it ends with a NUL.
const char* psdl_version(void) noexcept { return psdl::version().data(); }

const char* psdl_status_name(psdl_status status) noexcept {
  switch (status) {
    case PSDL_OK: return "ok";
    case PSDL_BAD_ARGUMENT: return "bad_argument";
    case PSDL_BAD_HANDLE: return "bad_handle";
    case PSDL_BUSY: return "busy";
    case PSDL_OUT_OF_MEMORY: return "out_of_memory";
    case PSDL_BAD_POLICY: return "bad_policy";
    case PSDL_BAD_INPUT: return "bad_input";
    case PSDL_EVALUATION: return "evaluation";
    case PSDL_LIMIT: return "limit";
    case PSDL_CANCELLED: return "cancelled";
    case PSDL_CALLBACK: return "callback";
    case PSDL_NOT_FOUND: return "not_found";
    case PSDL_WRONG_KIND: return "wrong_kind";
    case PSDL_OUT_OF_RANGE: return "out_of_range";
    case PSDL_INTERNAL: return "internal";
  }
  return "unknown";
}

}  // extern "C"
