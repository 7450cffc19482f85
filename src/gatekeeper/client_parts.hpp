// What a Client holds. Seen by the .cpp files that implement it alone.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "gatekeeper/client.hpp"
#include "gatekeeper/inventory.hpp"
#include "gatekeeper/module.hpp"
#include "vm/machine.hpp"

namespace psdl::gatekeeper {

struct ProgramCache::Impl {
  using Compiled = Result<std::shared_ptr<const RegoModule>, RegoFailure>;
  struct Entry {
    std::once_flag once;
    std::optional<Compiled> compiled;
  };

  EngineOptions options;
  std::mutex mutex;
  std::map<std::string, std::shared_ptr<Entry>> entries;  // by the code itself
  std::atomic<std::size_t> compilations{0};

  [[nodiscard]] const Compiled& compile(const RegoCode& code);
};

// A constraint that is loaded. `parameters` have no origins: no finding stands in a constraint.
struct LoadedConstraint {
  std::shared_ptr<const Constraint> constraint;
  Arena arena;
  Value parameters;
  std::vector<std::string> actions;  // at the client's point; empty: not evaluated here
  std::uint32_t group = 0;           // of LoadedTemplate::groups
};

// Constraints of one template with equal criteria: asked once for each review.
struct MatchGroup {
  const Match* match = nullptr;
  bool is_asked = false;
  bool applies = false;
  std::string error;  // of the match; not empty: autoreject
};

struct LoadedTemplate {
  std::shared_ptr<const Template> source;
  std::shared_ptr<const RegoModule> module;
  std::uint32_t function = kNoIndex;  // `violation`, in module's programs
  std::unique_ptr<Machine> machine;
  std::unique_ptr<Machine> plain_machine;  // made when something was found or went wrong
  std::map<std::string, std::unique_ptr<LoadedConstraint>, std::less<>> constraints;  // by name
  std::vector<MatchGroup> groups;
  bool has_groups = false;

  [[nodiscard]] Machine& fast();
  [[nodiscard]] Machine& plain();
};

// What one element of `violation` says.
struct Response {
  Value message;
  Value details;
};

struct Client::Impl {
  std::shared_ptr<ProgramCache> programs;
  ClientOptions options;
  Limits limits;
  Inventory inventory;
  std::map<std::string, std::unique_ptr<LoadedTemplate>, std::less<>> templates;  // by name
  std::vector<LoadedTemplate*> by_kind;                                            // made where it is empty
  std::vector<Problem> notes;
  Arena arena;  // of one review

  [[nodiscard]] std::shared_ptr<const Template> find_template(std::string_view name) const;
  void take_parameters(LoadedConstraint& loaded) const;
  [[nodiscard]] ReviewOutcome review(const ReviewRequest& request);
};

}  // namespace psdl::gatekeeper
