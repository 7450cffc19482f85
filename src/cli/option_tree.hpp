// What a verb declares: its flags and arguments, as its man page and the completion of shells have them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace psdl::cli {

struct OptionInfo {
  std::vector<std::string> names;  // "-q", "--query"
  std::string what;                // "FMT[=PATH]"; empty where it takes no value
  std::string choices;             // as words of `what`, where `what` itself does not list them
  std::string help;
  std::string group;               // kOwnOptions, kGlobalOptions or kLimits
  bool is_value_optional = false;  // it stands behind `=`, or not at all
  bool is_repeatable = false;

  [[nodiscard]] bool takes_word() const { return !what.empty() && !is_value_optional; }
};

inline constexpr std::string_view kOwnOptions = "Options";
inline constexpr std::string_view kGlobalOptions = "Options of every verb";
inline constexpr std::string_view kLimits = "Limits";

struct OptionTree {
  std::string verb;  // "template check"
  std::string synopsis;
  std::string description;
  std::string examples;  // with what stands below them: "exit: .."
  std::string positional;  // its words, as those of `what`
  std::string positional_help;
  std::vector<OptionInfo> options;
};

// A value's words, between `|`: small letters are the value itself ("rich|short"), capitals say what it may be: FILE,
// PATH, DIR (of the file system), ID (of a rule), VERSION (of the standards), REPORT (a format of findings); others
// are anyone's guess.
//
// First words of a verb's arguments that ask for its tree in place of a run. The page goes to the file that the second
// word names; the candidates for the last word, to standard output.
inline constexpr std::string_view kAsksForPage = "--man-page";
inline constexpr std::string_view kAsksForCandidates = "--candidates";

}  // namespace psdl::cli
