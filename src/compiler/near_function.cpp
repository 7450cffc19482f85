// Names are compared whole: "data.lib.names.bad" with all functions by their paths, "startwith" with builtins and the
// last step of each path.
#include "compiler/near_function.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/nearest.hpp"
#include "builtins/registry.hpp"
#include "syntax/print.hpp"

namespace psdl::stages {
namespace {

constexpr std::size_t kLongest = 128;  // of a name that is worth comparing

class Nearest {
 public:
  explicit Nearest(std::string_view name)
      : name_(name), best_(std::min<std::size_t>(2, std::max<std::size_t>(1, name.size() / 3)) + 1) {}

  void offer(std::string_view candidate) {
    const std::size_t longer = std::max(candidate.size(), name_.size());
    if (longer - std::min(candidate.size(), name_.size()) >= best_) return;
    const std::size_t distance = edit_distance(name_, candidate);
    if (distance >= best_ || distance == 0) return;
    best_ = distance;
    found_ = candidate;
  }
  [[nodiscard]] const std::string& found() const { return found_; }

 private:
  std::string_view name_;
  std::size_t best_;
  std::string found_;
};

}  // namespace

std::vector<std::string> help_of(CompilerState& state, const CompileError& error) {
  const std::string_view message = error.message;
  if (!message.starts_with(kUndefinedFunction)) return {};
  const std::string_view name = message.substr(kUndefinedFunction.size());
  if (name.size() > kLongest) return {};
  const bool is_path = name.starts_with("data.");
  Nearest nearest(name);
  for (const Builtin* builtin : all_builtins()) {
    if (!is_path) nearest.offer(builtin->name);
  }
  for (const auto& module : state.modules) {
    for (const ast::Rule* rule : module->rules) {
      if (rule->head->args.empty()) continue;
      const std::string path = ast::ref_to_string(state.path_of(*rule).items());
      // By its last step a function can be called from its own file alone.
      const bool is_here = module->package->span.source == error.span.source;
      const std::size_t begin = is_path ? 0 : path.rfind('.') + 1;
      if (is_path || is_here) nearest.offer(std::string_view(path).substr(begin));
    }
  }
  if (nearest.found().empty()) return {};
  return {fmt::format("did you mean `{}`?", nearest.found())};
}

}  // namespace psdl::stages
