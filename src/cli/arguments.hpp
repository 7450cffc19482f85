// Flags and arguments of one verb. In: declarations, argv and the environment (PSDL_FAIL_ON for --fail-on, where the
// flag is not given); out: variables filled, help printed, or a message with the likely spelling.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cli/option_tree.hpp"
#include "psdl/psdl.hpp"
#include "psdl/tools/report.hpp"

namespace psdl::cli {

// Exit codes of all verbs.
inline constexpr int kClean = 0;
inline constexpr int kFindings = 1;
inline constexpr int kError = 2;
inline constexpr int kInternal = 70;
inline constexpr int kInterrupted = 130;

// What every verb understands.
struct Globals {
  std::vector<std::string> outputs;  // FMT or FMT=PATH
  std::string color = "auto";
  std::string error_format = "rich";
  std::string timeout;
  std::string stdin_filename = "<stdin>";
  std::uint32_t width = 0;
  bool quiet = false;
  bool ascii = false;
  bool v0_compatible = false;
  bool strict = false;
  bool no_optimise = false;
  std::vector<std::string> limits;  // "instructions=1000"

  // False, with a message on standard error, where a value makes no sense.
  [[nodiscard]] bool engine_options(EngineOptions& options) const;
  // For text that goes to standard output (descriptor 1) or standard error (2).
  [[nodiscard]] tools::TextStyle style(int descriptor) const;
  // The format of the only output; "" where none was given.
  [[nodiscard]] std::string format() const;
  // Whether some output has one of these formats.
  [[nodiscard]] bool writes_any(std::span<const std::string_view> formats) const;
};

// The reports that show Finding::psa.
inline constexpr std::string_view kShowPsa[] = {"json", "jsonl", "yaml"};

inline constexpr std::string_view kNoOutput = "none";
inline constexpr std::size_t kMostThreads = 256;  // that a verb runs

enum class Parsed : std::uint8_t { Go, Stop };

class Arguments {
 public:
  // `synopsis` follows the verb: "RULE [INPUT..]"; `examples` are shown under --help.
  Arguments(std::string_view verb, std::string_view synopsis, std::string_view description, std::string_view examples);
  ~Arguments();
  Arguments(const Arguments&) = delete;
  Arguments& operator=(const Arguments&) = delete;

  // `names` as "-q,--query".
  void flag(const std::string& names, bool& variable, const std::string& help);
  void value(const std::string& names, std::string& variable, const std::string& help,
             const std::string& what = "TEXT");
  // Names as those of flag(). `--trace` alone is `--trace=WITHOUT`; a value stands behind `=` and nowhere else.
  void optional_value(const std::string& name, const std::string& without, std::string& variable,
                      const std::string& help, const std::string& what);
  // May be repeated; each takes one value.
  void list(const std::string& names, std::vector<std::string>& variable, const std::string& help,
            const std::string& what = "TEXT");
  void positionals(const std::string& name, std::vector<std::string>& variable, const std::string& help);
  // `formats`: what -o takes, "text|json" (option_tree.hpp tells of such words); kNoOutput: there is no -o.
  void globals(Globals& globals, std::string_view formats = {});

  // All that was declared.
  [[nodiscard]] OptionTree tree();
  // Stop: `exit_code` is what the process should end with (help was printed, or a message on standard error).
  [[nodiscard]] Parsed parse(const std::vector<std::string>& arguments, int& exit_code);

 private:
  void declare_all(const std::vector<std::string>& words);
  [[nodiscard]] Parsed answer_about_itself(const std::vector<std::string>& words, int& exit_code);
  void declare_limits(const std::vector<std::string>& words);
  // False, with a message, where a value of the environment is none.
  [[nodiscard]] bool take_environment();

  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// "8 MiB", "500ms", "1000": the number in the limit's unit. False where it is none.
[[nodiscard]] bool parse_amount(std::string_view limit, std::string_view text, std::uint64_t& amount);
// The candidate that differs least, where it is near enough to be meant; empty otherwise.
[[nodiscard]] std::string nearest(std::string_view word, const std::vector<std::string>& candidates);
// The same as the end of a message: "; did you mean `word`?", or nothing.
[[nodiscard]] std::string did_you_mean(std::string_view word, const std::vector<std::string>& candidates);
// A whole number up to `most`, or, where the text is empty, what `number` was. False, with a message, where it is none.
[[nodiscard]] bool parse_count(std::string_view flag, std::string_view text, std::size_t most, std::size_t& number);
// False, with a message: `flag` takes one of `allowed`, not what was given.
bool refuse_choice(std::string_view flag, std::string_view given, const std::vector<std::string>& allowed);

}  // namespace psdl::cli
