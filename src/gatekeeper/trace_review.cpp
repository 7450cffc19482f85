// The marked program runs, which is compiled where it is asked for.
#include "gatekeeper/trace_review.hpp"

#include <fmt/format.h>

#include "debug/trace.hpp"

namespace psdl::gatekeeper {
namespace {

constexpr std::size_t kMostTraced = 1024U * 1024;
constexpr std::string_view kCut = "... additional trace output truncated ...\n";

// Ends the evaluation where there is enough of it.
class Lines final : public debug::Listener {
 public:
  Lines(bool names_files, std::string& trace)
      : trace_(trace), listener_(debug::TraceKind::Full, names_files, [this](const std::string& line) {
          trace_ += line + "\n";
        }) {}
  bool on_event(const debug::Event& event, const debug::Inspector& at) override {
    return trace_.size() < kMostTraced && listener_.on_event(event, at);
  }

 private:
  std::string& trace_;
  debug::TraceListener listener_;
};

}  // namespace

void trace_constraint(const LoadedTemplate& of, const LoadedConstraint& constraint, Arena& arena, RunRequest run,
                      std::string& trace) {
  if (trace.size() >= kMostTraced) return;
  const Policy::Impl& policy = *of.module->policy;
  const MarkedProgram& marked = policy.marked_program();
  run.function = marked.program->find_function(kViolationPath);
  run.print_sink = nullptr;
  trace += fmt::format("{}/{}\n", constraint.constraint->kind, constraint.constraint->name);
  Machine machine(marked.program, policy.limits);
  Lines lines(!of.source->rego->libs.empty(), trace);
  static_cast<void>(debug::observe(machine, marked.info, arena, run, lines));
  if (trace.size() >= kMostTraced) trace += kCut;
}

}  // namespace psdl::gatekeeper
