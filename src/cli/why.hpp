// --why, for the verbs that have it. In: answers; out: text as they come, or one JSON text at the end.
#pragma once

#include <vector>

#include "cli/arguments.hpp"
#include "cli/output.hpp"
#include "psdl/tools/why.hpp"

namespace psdl::cli {

inline constexpr const char* kWhyHelp =
    "in place of the report: the tests that made each rule hold, or the nearest miss; -o text or json";

class WhyOutput {
 public:
  // several_files: each answer says which document it is about.
  WhyOutput(const Globals& globals, bool several_files) : globals_(globals), several_files_(several_files) {}
  // False, with a message, where the format of -o is none that this has.
  [[nodiscard]] bool open();
  void add(const tools::WhyAnswer& answer);
  // False, told, where something could not be written.
  [[nodiscard]] bool finish();
  [[nodiscard]] bool has_errors() const { return has_errors_; }

 private:
  const Globals& globals_;
  bool several_files_ = false;
  bool is_json_ = false;
  bool has_errors_ = false;
  Output out_;
  std::vector<tools::WhyAnswer> answers_;
};

}  // namespace psdl::cli
