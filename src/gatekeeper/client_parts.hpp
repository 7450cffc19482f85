// What a Client holds. Seen by the .cpp files that implement it alone.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "codec/reader.hpp"
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

// What one element of `violation` says.
struct Response {
  Value message;
  Value details;
};

// A constraint that is loaded. `parameters` have no origins: no finding stands in a constraint.
struct LoadedConstraint {
  std::shared_ptr<const Constraint> constraint;
  Arena arena;
  Value parameters;
  std::vector<std::string> actions;  // at the client's point; empty: not evaluated here
};

// Constraints of one template with equal criteria: asked once for each review.
struct MatchGroup {
  const Match* match = nullptr;
  bool is_asked = false;
  bool applies = false;
  std::string error;  // of the match; not empty: autoreject
};

// The program of constraints whose parameters have one shape. Its machine goes from one to the next with what it knows of the review.
struct ShapeProgram {
  std::unique_ptr<plan::Plan> plan;  // until it is lowered
  std::shared_ptr<const Program> program;
  std::uint32_t function = kNoIndex;
  plan::Shared shared;
  bool has_given = true;  // false: its constraints all find the same
  std::unique_ptr<Machine> machine;
  // Of the review at hand.
  bool is_running = false;
  bool is_shut = false;          // no constraint finds more than `common`
  Value refused;                 // of `common`: an element that is no violation
  std::vector<Response> common;  // what `violation` holds whatever is given; where nothing is given all of it
};

// A constraint as reviews go over it: side by side, in order of names.
struct ReadyConstraint {
  LoadedConstraint* loaded = nullptr;
  std::uint32_t group = 0;               // of LoadedTemplate::groups
  ShapeProgram* shape = nullptr;         // null: the general program, parameters being input
  std::uint32_t first_given = 0;         // in LoadedTemplate::given
  std::uint32_t given_count = 0;
};

struct LoadedTemplate {
  std::shared_ptr<const Template> source;
  std::shared_ptr<const RegoModule> module;
  std::map<std::string, std::unique_ptr<LoadedConstraint>, std::less<>> constraints;  // by name
  // Made where is_ready is false.
  bool is_ready = false;
  std::vector<MatchGroup> groups;
  std::vector<ReadyConstraint> ready;  // those that are evaluated at all
  std::vector<std::unique_ptr<ShapeProgram>> shapes;
  std::vector<GivenValue> given;
  std::unique_ptr<Arena> given_arena;
  // Read documents that were read with this table; null: without one.
  std::shared_ptr<const KeyTable> keys;
  std::uint32_t function = kNoIndex;  // `violation`, in both programs below
  bool is_drop_told = false;          // that an element is passed over
  std::unique_ptr<Machine> machine;
  std::unique_ptr<Machine> plain_machine;  // made when something was found or went wrong

  [[nodiscard]] Machine& general();
  [[nodiscard]] Machine& plain();
};

// Makes templates ready: match groups, and where `keys` are wanted programs for shapes. In prepare.cpp.
void make_groups(LoadedTemplate& of);
void plan_shapes(LoadedTemplate& of);
// Names that the template's programs look up.
void add_names(const LoadedTemplate& of, std::vector<std::string_view>& names);
void lower_shapes(LoadedTemplate& of, std::shared_ptr<const KeyTable> keys);

// An element of `violation` that is none, and whose it is.
struct RefusedElement {
  LoadedTemplate* of = nullptr;  // null: there is none
  const LoadedConstraint* constraint = nullptr;
  Value element;                 // in Client::Impl::arena
};

struct Client::Impl {
  std::shared_ptr<ProgramCache> programs;
  ClientOptions options;
  Limits limits;
  Inventory inventory;
  std::map<std::string, std::unique_ptr<LoadedTemplate>, std::less<>> templates;  // by name
  std::vector<LoadedTemplate*> by_kind;  // made by prepare()
  bool is_prepared = false;
  std::shared_ptr<const KeyTable> keys;
  std::vector<Problem> notes;
  // Of one review.
  Arena arena;
  std::vector<ResultView> found;
  std::vector<EvaluatedKind> evaluated;
  std::vector<Response> responses;
  std::string error;
  RefusedElement refused;
  std::vector<RefusedElement> dropped;  // of templates that nothing was told of yet
  // Of read().
  Reader reader;
  Arena document_arena;
  std::optional<Object> document;

  [[nodiscard]] std::shared_ptr<const Template> find_template(std::string_view name) const;
  void prepare();
  void note_cel(const Template& made);
  void take_parameters(LoadedConstraint& loaded) const;
};

}  // namespace psdl::gatekeeper
