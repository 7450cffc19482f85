// Base documents that change while evaluations run. In: changes; out: snapshots, each of which is whole and stays as it is.
//
// Every top-level document is an arena of its own: a change makes those anew that it touches, and shares the others.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/policy.hpp"

namespace psdl {

struct DataChange {
  enum class Action : std::uint8_t {
    Put,     // the text is the value at the path; objects that are missing on the way are made
    Patch,   // the text is a JSON Patch whose paths begin at the path
    Remove,  // what stands there is gone
  };
  Action action = Action::Put;
  std::vector<std::string> path;  // keys below `data`; empty: all of it
  std::string_view text;
  DocumentFormat format = DocumentFormat::Auto;
  std::string_view name;  // shown in messages
};

// One thread at a time changes it; any number ask for snapshots.
class DataStore {
 public:
  // Begins with the data of the policy.
  explicit DataStore(std::shared_ptr<const Policy::Impl> policy);
  DataStore(const DataStore&) = delete;
  DataStore& operator=(const DataStore&) = delete;

  // All changes in order, or none: false then, with errors in `problems`.
  [[nodiscard]] bool apply(std::span<const DataChange> changes, DiagnosticList& problems);

  // How often it was changed. Snapshots are asked for where it is another than before.
  [[nodiscard]] std::uint64_t version() const { return version_.load(std::memory_order_acquire); }
  [[nodiscard]] std::shared_ptr<const Snapshot> snapshot() const;
  [[nodiscard]] const std::shared_ptr<const Policy::Impl>& policy() const { return policy_; }

 private:
  std::shared_ptr<const Policy::Impl> policy_;
  std::atomic<std::uint64_t> version_{0};
  mutable std::mutex mutex_;  // for the moment of a change
  std::shared_ptr<const Snapshot> snapshot_;
};

}  // namespace psdl
