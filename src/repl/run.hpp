// `psdl repl` from its first prompt to its last. In: a setup, and where statements come from; out: an exit code.
#pragma once

#include <optional>
#include <string>

#include "repl/session.hpp"

namespace psdl::repl {

struct RunOptions {
  Setup setup;
  std::optional<std::string> commands;  // -c; without it and without a terminal standard input is read to its end
  bool uses_vi_keys = false;
};

// 0; 2 where nothing could be loaded, or, without a terminal, where some statement failed.
[[nodiscard]] int run(RunOptions options);

// A session at a terminal, with line editing, completion and a history.
[[nodiscard]] int run_editor(const RunOptions& options);

}  // namespace psdl::repl
