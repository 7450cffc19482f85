// Where an evaluation spends its time. In: events with a clock beside them; out: for each expression how often it
// began, how often it was asked for another solution, and the time spent in it; and the same as a tree of calls, for a
// flame graph.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "debug/observe.hpp"

namespace psdl::debug {

// One expression, as it was reached by one way of calls. Times are of all evaluations together.
struct ProfileNode {
  std::string text;         // `data.pods.deny`, `draft.psdl:5 c.x == true`
  std::string file;         // empty for functions
  std::uint32_t line = 0;
  bool is_function = false;
  std::uint64_t key = 0;
  std::size_t parent = 0;
  std::uint64_t evaluations = 0;
  std::uint64_t redos = 0;
  std::int64_t self_ns = 0;  // without what is below
  std::size_t generated = 0;  // expressions that the compiler made of it
  std::map<std::uint64_t, std::size_t> children;
};

class ProfileListener final : public Listener {
 public:
  // Gives nanoseconds; a clock of the test's own makes times known.
  explicit ProfileListener(std::function<std::int64_t()> clock = {});
  [[nodiscard]] bool on_event(const Event& event, const Inspector& at) override;
  // Before an evaluation, as time between two is nobody's.
  void start();

  // The first is the root; a parent stands before its children.
  [[nodiscard]] const std::vector<ProfileNode>& nodes() const { return nodes_; }

 private:
  struct Call {
    std::size_t node = 0;
    std::vector<std::pair<std::uint32_t, std::size_t>> open;  // expressions that control is in, with their nodes
  };

  [[nodiscard]] std::size_t top() const;
  [[nodiscard]] std::size_t child(std::size_t parent, std::uint64_t key);
  void open(const Event& event, const Inspector& at, bool is_redo);
  void close(const Event& event);

  std::function<std::int64_t()> clock_;
  std::int64_t last_ns_ = 0;
  std::vector<ProfileNode> nodes_;
  std::vector<Call> calls_;
};

}  // namespace psdl::debug
