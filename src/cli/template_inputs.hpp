// What `psdl template test` judges of the files that are named. In: paths; out: files, without those in directories
// that are cases of tests.
#pragma once

#include <string>
#include <vector>

#include "psdl/tools/gator.hpp"

namespace psdl::cli {

// Suites, cases.yaml, and the objects that suites name are passed over, and told; what is named by itself never is.
// False, told, where something cannot be read.
[[nodiscard]] bool read_judged_files(const std::vector<std::string>& names, bool is_quiet,
                                     std::vector<tools::NamedText>& files);

// What to do with a path that holds no rules but Gatekeeper's ConstraintTemplates: "; it is a ConstraintTemplate: psdl
// template test .. judges by it". Else empty.
[[nodiscard]] std::string template_hint(const std::string& path);

}  // namespace psdl::cli
