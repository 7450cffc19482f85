// Manual pages, made from what the verbs declare. In: a tree; out: roff of man(7).
#pragma once

#include <string>

#include "cli/option_tree.hpp"

namespace psdl::cli {

// psdl-VERB(1).
[[nodiscard]] std::string man_page(const OptionTree& tree);

}  // namespace psdl::cli
