// Program images for a host that has the machine and no parser. In: the bytes of an image; out: a program that may run, or the reason why it may not.
#pragma once

#include <string_view>

#include "bytecode/image.hpp"

namespace psdl {

// Builtins are those of this build's registry; one that PSDL leaves out, because it reaches outside the evaluation, is refused by name.
[[nodiscard]] Result<LoadedImage> load_program(std::string_view bytes);

}  // namespace psdl
