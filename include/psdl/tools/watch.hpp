// Evaluations watched: their steps as lines, and where their time goes (docs/debugging.md). In: a policy, documents;
// out: lines, a profile. For our tools and others', without a promise. Evaluations that nobody watches pay nothing for
// it; those that are watched run the rules as they are written.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "psdl/psdl.hpp"
#include "psdl/tools/loaded_input.hpp"
#include "psdl/tools/report.hpp"

namespace psdl::tools {

// fails: the expressions that failed; notes: what the builtin `trace` was given; full: every step.
enum class TraceForm : std::uint8_t { Fails, Notes, Full };

// An expression of the rules, over all evaluations.
struct ProfileRow {
  std::string file;
  std::uint32_t line = 0;
  std::string expression;
  std::uint64_t evaluations = 0;
  std::uint64_t redos = 0;      // it was asked for another solution
  std::uint64_t generated = 0;  // expressions that the compiler made of it
  std::int64_t time_ns = 0;     // with the rules and functions that it called
};

// A way of calls, for flame graphs: rules and expressions, outermost first.
struct ProfileStack {
  std::vector<std::string> frames;
  std::int64_t self_ns = 0;
};

struct Profile {
  std::vector<ProfileRow> rows;     // the longest time first
  std::vector<ProfileStack> stacks;
};

class Watch {
 public:
  explicit Watch(const Policy& policy, EvaluateOptions evaluate = {});
  ~Watch();
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;

  // As those of Why: a rule or the rules of a package, entry points, or a query. False where there is none, and for a
  // program image.
  [[nodiscard]] bool ask(std::string_view path);
  [[nodiscard]] bool ask_entry_points();
  [[nodiscard]] bool ask(const Query& query);

  // Lines go to `sink`, each with its newline; after `most_lines` of an evaluation the rest are counted. Those of rules
  // name their file where the policy has several; `<..>` is none.
  void trace(TraceForm form, const TextStyle& style, std::function<void(std::string_view text)> sink,
             std::size_t most_lines = 10'000);
  void profile();

  // Evaluates each document of the text for what was asked. What cannot be read or evaluated is left to whoever
  // evaluates it too.
  void run(std::string_view bytes, DocumentFormat format, std::string_view name);
  // Of the document that was set, as it is written; where none was, without one. Lines do not name it, nor
  // what was asked for where that is one rule.
  void run();
  // It must be of the same policy.
  void set_input(LoadedInput input);
  // Ends run(), or the next one, from a signal handler or another thread.
  void cancel();

  [[nodiscard]] Profile take_profile() const;

  struct Impl;

 private:
  std::unique_ptr<Impl> impl_;
};

// `order`: OPA's names, most important first: total_time_ns, num_eval, num_redo, num_gen_expr, file, line. False where
// one is none of them.
[[nodiscard]] bool sort_profile(Profile& profile, const std::vector<std::string>& order);
// The first `most` rows as a table; 0: all.
[[nodiscard]] std::string render_profile(const Profile& profile, std::size_t most, const TextStyle& style);
// `rule;expression;rule .. nanoseconds`, one way a line, as flamegraph.pl and speedscope read them.
[[nodiscard]] std::string render_folded(const Profile& profile);
// A flame graph that stands alone: no script, nothing from elsewhere.
[[nodiscard]] std::string render_flame_graph(const Profile& profile);

}  // namespace psdl::tools
