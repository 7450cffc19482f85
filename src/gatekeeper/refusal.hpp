// Why an input is not taken: in Gatekeeper's words, and with its place in what the user wrote.
#pragma once

#include <string>
#include <vector>

#include "runtime/problem.hpp"

namespace psdl::gatekeeper {

// text:     gator's words to the letter, without what its commands put in front ("adding template: ").
// problems: the same for people, located: one for each thing that is wrong, with code, file, line, column and help.
// Never empty. is_conversion: a template that Go cannot make its struct of. Commands put other words in front then: a
// suite `path "PATH": `, `gator test`
//           `converting unstructured "NAME" to template: `.
struct Refusal {
  std::string text;
  std::vector<Problem> problems;
  bool is_conversion = false;
};

}  // namespace psdl::gatekeeper
