// Why an input is not taken: in Gatekeeper's words, and with its place in what the user wrote.
#pragma once

#include <string>
#include <vector>

#include "runtime/problem.hpp"

namespace psdl::gatekeeper {

// text:     gator's words to the letter, without what its commands put in front ("adding template: ").
// problems: the same for people, located: one for each thing that is wrong, with code, file, line, column and help. Never empty.
struct Refusal {
  std::string text;
  std::vector<Problem> problems;
};

}  // namespace psdl::gatekeeper
