// A document as YAML. In: any bytes; out: nothing, or a crash.
#include "target.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  psdl::fuzz::read_document({reinterpret_cast<const char*>(bytes), size}, psdl::Format::Yaml);
  return 0;
}
