// --trace and --profile, for the verbs that have them. In: flags, inputs; out: lines on standard error while rules run,
// and a profile at the end.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/arguments.hpp"
#include "cli/inputs.hpp"
#include "psdl/tools/watch.hpp"

namespace psdl::cli {

struct WatchFlags {
  std::string trace;    // fails, notes, full
  std::string explain;  // OPA's spelling of it
  std::string profile;  // table, folded[=FILE], svg=FILE
  std::string profile_limit;
  std::vector<std::string> profile_sort;

  // What they mean, found out by settle().
  std::optional<tools::TraceForm> form;
  std::string profile_form;
  std::string profile_path;
  std::size_t most_rows = 10;

  void declare(Arguments& arguments);
  // False, with a message, where they make no sense.
  [[nodiscard]] bool settle();
  [[nodiscard]] bool any() const { return form.has_value() || !profile_form.empty(); }
};

class WatchRun {
 public:
  WatchRun(const Policy& policy, const WatchFlags& flags, const Globals& globals);
  // False, with a message: a program image cannot be watched.
  [[nodiscard]] bool ask(const Query& query);
  [[nodiscard]] bool ask_entry_points();

  void run();
  // Reads all of the input; again() gives it to the evaluation that is not watched.
  void run(FileReader& input, const std::string& name);
  [[nodiscard]] ReadFunction again();
  // Puts out the profile; false, told, where that failed.
  [[nodiscard]] bool finish();

 private:
  const WatchFlags& flags_;
  const Globals& globals_;
  tools::Watch watch_;
  std::string text_;
  bool is_whole_ = true;  // false: reading failed behind it
};

}  // namespace psdl::cli
