// What a LoadedInput holds, for the engine's own files.
#pragma once

#include <memory>
#include <string>

#include "codec/stream.hpp"
#include "engine/policy.hpp"
#include "engine/stream_input.hpp"
#include "psdl/tools/loaded_input.hpp"

namespace psdl::tools {

struct LoadedInput::Impl {
  std::string text;
  std::unique_ptr<MemoryInput> bytes;
  std::unique_ptr<DocumentStream> stream;
  const Document* document = nullptr;
  std::shared_ptr<const KeyTable> keys;
};

// The document for a policy with these keys; null where there is none.
[[nodiscard]] const Document* document_of(const LoadedInput& input, const std::shared_ptr<const KeyTable>& keys);

}  // namespace psdl::tools
