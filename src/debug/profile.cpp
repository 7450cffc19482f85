// Time since the event before goes to the expression that control was in.
#include "debug/profile.hpp"

#include <fmt/format.h>

#include <utility>

#include "debug/why_words.hpp"

namespace psdl::debug {
namespace {

constexpr std::uint64_t kFunction = std::uint64_t{1} << 32U;

std::int64_t steady_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

}  // namespace

ProfileListener::ProfileListener(std::function<std::int64_t()> clock)
    : clock_(clock ? std::move(clock) : steady_ns), nodes_(1) {
  nodes_[0].text = "all";
}

void ProfileListener::start() {
  calls_.clear();
  last_ns_ = clock_();
}

std::size_t ProfileListener::top() const {
  if (calls_.empty()) return 0;
  return calls_.back().open.empty() ? calls_.back().node : calls_.back().open.back().second;
}

std::size_t ProfileListener::child(std::size_t parent, std::uint64_t key) {
  const auto [found, is_new] = nodes_[parent].children.emplace(key, nodes_.size());
  if (!is_new) return found->second;
  const std::size_t number = nodes_.size();
  nodes_.emplace_back();
  nodes_.back().parent = parent;
  nodes_.back().key = key;
  return number;
}

void ProfileListener::open(const Event& event, const Inspector& at, bool is_redo) {
  // What the compiler took apart is one expression for whoever wrote it.
  const SourceExpression& entered = at.info().expressions[event.expression];
  // .. and so is what a `not` negates.
  if (entered.around != kNoExpression && at.info().expressions[entered.around].span == entered.span) {
    calls_.back().open.emplace_back(event.expression, top());
    return;
  }
  const std::uint32_t statement = entered.statement;
  const std::size_t node = child(top(), statement);
  ProfileNode& found = nodes_[node];
  if (found.text.empty()) {
    const Span span = at.info().expressions[statement].span;
    const tools::WhyPlace place = place_in_rules(span, at.program());
    found.file = place.file;
    found.line = place.line;
    found.text = first_line(span, at.program());
    for (const SourceExpression& one : at.info().expressions) found.generated += one.statement == statement ? 1 : 0;
  }
  if (event.expression == statement) ++(is_redo ? found.redos : found.evaluations);
  calls_.back().open.emplace_back(event.expression, node);
}

void ProfileListener::close(const Event& event) {
  std::vector<std::pair<std::uint32_t, std::size_t>>& open = calls_.back().open;
  while (!open.empty()) {
    const std::uint32_t closed = open.back().first;
    open.pop_back();
    if (closed == event.expression) return;
  }
}

bool ProfileListener::on_event(const Event& event, const Inspector& at) {
  const std::int64_t now = clock_();
  nodes_[top()].self_ns += now - last_ns_;
  switch (event.kind) {
    case EventKind::Call: {
      const std::size_t node = child(top(), kFunction | event.function);
      if (nodes_[node].text.empty()) {
        nodes_[node].text = at.program().functions[event.function].path;
        nodes_[node].is_function = true;
      }
      ++nodes_[node].evaluations;
      calls_.push_back({node, {}});
      break;
    }
    case EventKind::Return:
      if (!calls_.empty()) calls_.pop_back();
      break;
    case EventKind::Enter:
      open(event, at, false);
      break;
    case EventKind::Redo:
      open(event, at, true);
      break;
    case EventKind::Held:
    case EventKind::Failed:
      close(event);
      break;
    case EventKind::Body:
    case EventKind::Yield:
    case EventKind::Element:
    case EventKind::Value:
    case EventKind::Case:
    case EventKind::Missed: break;
  }
  last_ns_ = clock_();
  return true;
}

}  // namespace psdl::debug
