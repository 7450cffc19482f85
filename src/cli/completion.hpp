// What may stand where a person types. In: a verb's tree and the words after the verb, the last of them unfinished;
// out: candidates for that word.
#pragma once

#include <string>
#include <vector>

#include "cli/option_tree.hpp"

namespace psdl::cli {

// A line each, with a tab and what it is where that is known; then `:none`, `:files` or `:dirs`: what else may stand
// there.
[[nodiscard]] std::string candidates(const OptionTree& tree, const std::vector<std::string>& words);

}  // namespace psdl::cli
