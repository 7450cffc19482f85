// Fixes of one document, each proven. In: what each fix is to change; out: edits of the file, or why there are none.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "codec/document.hpp"
#include "fix/operations.hpp"
#include "psdl/findings.hpp"

namespace psdl::fix {

struct Wanted {
  std::vector<Operation> operations;
};

// No edits and no refusal: nothing has to change.
struct Made {
  std::vector<TextEdit> edits;  // in bytes of the stream
  std::string refusal;          // "an alias stands in line 12"
};

// One answer for each wish, in order. Each is a fix of its own: made alone it gives the document that its operations
// say, and every other byte is as it was. That is read back from the text, not trusted: fixes that do not meet are
// proven together, the others one by one.
[[nodiscard]] std::vector<Made> make_fixes(const Document& document, std::span<const Wanted> wanted);

}  // namespace psdl::fix
