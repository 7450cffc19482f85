// Go's regular expressions read for RE2, which is older and knows less. In: a pattern; out: one that RE2 takes, or Go's error.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace psdl {

struct RegexReading {
  std::string pattern;              // named groups are plain ones here; Unicode classes have RE2's names
  std::vector<std::string> names;   // of the groups, from group 1 on; empty for one without a name
  // What Go says where it stops, without "error parsing regexp: "; empty where it reads to the end. `pattern` is what came before then, and RE2 may
  // find an earlier error in it.
  std::string error;
};

// Whether RE2 knows a script or category of that name.
using KnowsClass = bool (*)(const std::string& name);

[[nodiscard]] RegexReading read_go_regex(std::string_view text, KnowsClass knows);

}  // namespace psdl
