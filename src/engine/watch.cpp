// Evaluations under the listeners that trace and profile. In: a policy, documents; out: lines, and a profile over all of them.
#include "psdl/tools/watch.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>

#include "debug/profile.hpp"
#include "debug/trace.hpp"
#include "engine/watched.hpp"

namespace psdl::tools {
namespace {

// Both at once.
class Listeners final : public debug::Listener {
 public:
  Listeners(debug::Listener* first, debug::Listener* second) : listeners_{first, second} {}
  bool on_event(const debug::Event& event, const debug::Inspector& at) override {
    bool goes_on = true;
    for (debug::Listener* one : listeners_) goes_on = (one == nullptr || one->on_event(event, at)) && goes_on;
    return goes_on;
  }

 private:
  debug::Listener* listeners_[2];
};

debug::TraceKind kind_of(TraceForm form) {
  switch (form) {
    case TraceForm::Fails: return debug::TraceKind::Fails;
    case TraceForm::Notes: return debug::TraceKind::Notes;
    case TraceForm::Full: return debug::TraceKind::Full;
  }
  return debug::TraceKind::Full;
}

// `<data.repl>` is no file.
std::ptrdiff_t count_files(const Policy::Impl& policy) {
  return std::count_if(policy.sources.begin(), policy.sources.end(),
                       [](const auto& source) { return !source->name().starts_with('<'); });
}

}  // namespace

struct Watch::Impl {
  Watched watched;
  bool names_files = false;
  std::optional<TraceForm> form;
  TextStyle style;
  std::function<void(std::string_view)> sink;
  std::size_t most_lines = 0;
  std::unique_ptr<debug::ProfileListener> profile;

  Impl(const Policy& policy, const EvaluateOptions& evaluate) : watched(policy, evaluate), names_files(count_files(*policy.impl()) > 1) {}

  void visit(std::uint32_t function, const Document* document, const std::string& name) {
    std::size_t lines = 0;
    std::optional<debug::TraceListener> tracer;
    if (form) {
      const std::string about = watched.title(function) + (name.empty() ? "" : " of " + name) + ":";
      if (!name.empty() || watched.asks_several()) sink(escape_for_terminal(about, style.ascii) + "\n");
      tracer.emplace(kind_of(*form), names_files, [&](const std::string& line) {
        if (++lines <= most_lines) sink(escape_for_terminal(line, style.ascii) + "\n");
      });
    }
    if (profile != nullptr) profile->start();
    Listeners both(tracer ? &*tracer : nullptr, profile.get());
    Value value;
    static_cast<void>(watched.observe(function, document, both, value));
    if (lines > most_lines) sink(fmt::format(".. and {} more lines\n", lines - most_lines));
  }
};

Watch::Watch(const Policy& policy, EvaluateOptions evaluate) : impl_(std::make_unique<Impl>(policy, evaluate)) {}
Watch::~Watch() = default;

bool Watch::ask(std::string_view path) { return impl_->watched.ask(path); }
bool Watch::ask_entry_points() { return impl_->watched.ask_entry_points({}); }
bool Watch::ask(const Query& query) { return impl_->watched.ask(query); }

void Watch::trace(TraceForm form, const TextStyle& style, std::function<void(std::string_view text)> sink, std::size_t most_lines) {
  impl_->form = form;
  impl_->style = style;
  impl_->sink = std::move(sink);
  impl_->most_lines = most_lines;
}

void Watch::profile() { impl_->profile = std::make_unique<debug::ProfileListener>(); }

void Watch::run(std::string_view bytes, DocumentFormat format, std::string_view name) {
  Watched::Visitor visitor;
  visitor.visit = [&](std::uint32_t function, const Document* document, const std::string& document_name) { impl_->visit(function, document, document_name); };
  MemoryInput input(bytes);
  static_cast<void>(impl_->watched.run(input, format, name, visitor));
}

void Watch::run() {
  impl_->watched.run([&](std::uint32_t function, const Document* document, const std::string&) {
    impl_->visit(function, document, {});
  });
}
void Watch::set_input(LoadedInput input) { impl_->watched.set_input(std::move(input)); }
void Watch::cancel() { impl_->watched.cancel(); }

Profile Watch::take_profile() const {
  Profile made;
  if (impl_->profile == nullptr) return made;
  const std::vector<debug::ProfileNode>& nodes = impl_->profile->nodes();
  std::vector<std::int64_t> whole(nodes.size());
  for (std::size_t i = nodes.size(); i-- > 1;) {
    whole[i] += nodes[i].self_ns;
    whole[nodes[i].parent] += whole[i];
  }
  std::map<std::uint64_t, ProfileRow> rows;
  for (std::size_t i = 1; i < nodes.size(); ++i) {
    const debug::ProfileNode& node = nodes[i];
    ProfileStack stack;
    stack.self_ns = node.self_ns;
    for (std::size_t at = i; at != 0; at = nodes[at].parent) {
      const debug::ProfileNode& one = nodes[at];
      stack.frames.push_back(one.is_function || one.file.empty() ? one.text : fmt::format("{}:{} {}", one.file, one.line, one.text));
    }
    std::reverse(stack.frames.begin(), stack.frames.end());
    made.stacks.push_back(std::move(stack));
    if (node.is_function) continue;
    ProfileRow& row = rows[node.key];
    row.file = node.file;
    row.line = node.line;
    row.expression = node.text;
    row.generated = node.generated;
    row.evaluations += node.evaluations;
    row.redos += node.redos;
    // A generated part may lie in the whole of the same expression: its time is in it already.
    if (nodes[node.parent].is_function || nodes[node.parent].key != node.key) row.time_ns += whole[i];
  }
  for (auto& [key, row] : rows) made.rows.push_back(std::move(row));
  static_cast<void>(sort_profile(made, {"total_time_ns"}));
  return made;
}

}  // namespace psdl::tools
