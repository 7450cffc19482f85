// Flags to a watched run beside the one whose answer counts.
#include "cli/watch.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "cli/output.hpp"

namespace psdl::cli {

void WatchFlags::declare(Arguments& arguments) {
  arguments.optional_value(
      "--trace", "fails", trace,
      "show the expressions that failed; --trace=full: every step, --trace=notes: what trace() was given",
      "fails|notes|full");
  arguments.value("--explain", explain, "the same in OPA's spelling", "off|full|notes|fails|debug");
  arguments.optional_value(
      "--profile", "table", profile,
      "show where the time goes; --profile=svg=FILE: as a flame graph, --profile=folded[=FILE]: as folded stacks",
      "table|svg|folded");
  arguments.value("--profile-limit", profile_limit, "rows of the profile (default 10; 0: all)", "N");
  arguments.list("--profile-sort", profile_sort, "default total_time_ns; may be repeated",
                 "total_time_ns|num_eval|num_redo|num_gen_expr|file|line");
}

bool WatchFlags::settle() {
  if (trace.empty() && explain != "off") trace = explain == "debug" ? "full" : explain;
  if (trace == "fails") form = tools::TraceForm::Fails;
  else if (trace == "notes") form = tools::TraceForm::Notes;
  else if (trace == "full") form = tools::TraceForm::Full;
  else if (!trace.empty())
    return trace == explain ? refuse_choice("--explain", explain, {"off", "full", "notes", "fails", "debug"})
                            : refuse_choice("--trace", trace, {"fails", "notes", "full"});
  const std::size_t equals = profile.find('=');
  profile_form = profile.substr(0, equals);
  if (equals != std::string::npos) profile_path = profile.substr(equals + 1);
  if (!profile_form.empty() && profile_form != "table" && profile_form != "folded" && profile_form != "svg")
    return refuse_choice("--profile", profile_form, {"table", "folded", "svg"});
  if (profile_form == "svg" && profile_path.empty()) {
    complain("--profile=svg wants a file: --profile=svg=FILE");
    return false;
  }
  // OPA's: the columns or the limit alone ask for a profile too.
  if (profile_form.empty() && (!profile_limit.empty() || !profile_sort.empty())) profile_form = "table";
  const char* end = profile_limit.data() + profile_limit.size();
  if (!profile_limit.empty() && std::from_chars(profile_limit.data(), end, most_rows).ptr != end) {
    complain(fmt::format("--profile-limit takes a number, not `{}`", tools::escape_for_terminal(profile_limit)));
    return false;
  }
  tools::Profile none;
  for (const std::string& column : profile_sort) {
    if (!tools::sort_profile(none, {column}))
      return refuse_choice("--profile-sort", column,
                           {"total_time_ns", "num_eval", "num_redo", "num_gen_expr", "file", "line"});
  }
  return true;
}

WatchRun::WatchRun(const Policy& policy, const WatchFlags& flags, const Globals& globals)
    : flags_(flags), globals_(globals), watch_(policy) {
  if (flags.form) watch_.trace(*flags.form, globals.style(2), [](std::string_view text) { tell(text); });
  if (!flags.profile_form.empty()) watch_.profile();
}

bool WatchRun::ask(const Query& query) {
  if (watch_.ask(query)) return true;
  complain("--trace and --profile: a program image has lost its source; name the rules in its place");
  return false;
}

bool WatchRun::ask_entry_points() {
  if (watch_.ask_entry_points()) return true;
  complain("--trace and --profile: a program image has lost its source; name the rules in its place");
  return false;
}

void WatchRun::run() { watch_.run(); }

void WatchRun::run(FileReader& input, const std::string& name) {
  text_.clear();
  const ReadFunction read = input.function();
  for (;;) {
    constexpr std::size_t kPiece = 1 << 16;
    const std::size_t size = text_.size();
    text_.resize(size + kPiece);
    const std::ptrdiff_t got = read(text_.data() + size, kPiece);
    text_.resize(size + static_cast<std::size_t>(std::max<std::ptrdiff_t>(got, 0)));
    is_whole_ = got == 0;
    if (got <= 0) break;
  }
  watch_.run(text_, DocumentFormat::Auto, name);
}

ReadFunction WatchRun::again() {
  return [this, at = std::size_t{0}](char* buffer, std::size_t capacity) mutable {
    const std::size_t taken = std::min(capacity, text_.size() - at);
    std::copy_n(text_.data() + at, taken, buffer);
    at += taken;
    return taken == 0 && !is_whole_ ? -1 : static_cast<std::ptrdiff_t>(taken);
  };
}

bool WatchRun::finish() {
  if (flags_.profile_form.empty()) return true;
  tools::Profile profile = watch_.take_profile();
  if (!flags_.profile_sort.empty()) static_cast<void>(tools::sort_profile(profile, flags_.profile_sort));
  const std::string text = flags_.profile_form == "svg" ? tools::render_flame_graph(profile)
                           : flags_.profile_form == "folded"
                               ? tools::render_folded(profile)
                               : tools::render_profile(profile, flags_.most_rows, globals_.style(2));
  if (flags_.profile_path.empty()) {
    tell(text);
    return true;
  }
  Output out(flags_.profile_path);
  if (out.is_open()) out.write(text);
  return out.finish();
}

}  // namespace psdl::cli
