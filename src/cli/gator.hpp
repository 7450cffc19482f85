// `psdl template VERB --compat=gator`: gator's flags, words and exit codes. In: its arguments; out: what it would
// print.
#pragma once

#include <cstddef>
#include <functional>

#include "cli/verbs.hpp"

namespace psdl::cli {

int run_gator_verify(const Words& arguments);
int run_gator_test(const Words& arguments);
int run_gator_expand(const Words& arguments);

// Calls `work` with every number below `count`, from at most `threads` threads; 0: as many as there are processors.
void for_each_index(std::size_t count, std::size_t threads, const std::function<void(std::size_t index)>& work);

}  // namespace psdl::cli
