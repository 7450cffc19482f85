// A row for each command: :help and completion are made of them.
#pragma once

#include "repl/session.hpp"

namespace psdl::repl {

struct Session::CommandRow {
  // What its words are, for completion.
  enum class Takes : std::uint8_t { Nothing, Commands, Paths, RuleFiles, Places, Expressions, Words };

  std::string_view name;
  std::string_view takes;
  std::string_view what;
  Takes completes = Takes::Nothing;
  void (*run)(Session& session, std::string_view rest) = nullptr;
  std::string_view words = {};  // Words: with blanks between them
};

}  // namespace psdl::repl
