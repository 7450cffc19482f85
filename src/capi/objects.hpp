// What each handle holds.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "capi/builtins.hpp"
#include "capi/data.hpp"
#include "capi/handles.hpp"
#include "engine/evaluator.hpp"
#include "engine/policy.hpp"
#include "psdl/psdl.h"
#include "psdl/psdl.hpp"

namespace psdl::capi {

struct CompilerObject final : HandleObject {
  static constexpr HandleKind kKind = HandleKind::Compiler;
  using HandleObject::HandleObject;

  EngineOptions options;
  std::vector<std::string> capabilities;
  HostBuiltinList builtins;

  // Gathered for the next build; null until something is added.
  std::unique_ptr<PolicyBuilder> builder;
  bool has_level = false;
  bool has_rules = false;       // others than those of a level
  bool has_failed_add = false;  // what is gathered is less than what the host wanted: it must not become a policy
  DiagnosticList add_problems;

  DiagnosticList problems;         // of the last call that can have any
  std::vector<std::string> helps;  // of `problems`, made when they are asked for
  std::string text;                // an image or a report that was asked for
};

// What evaluators need to know besides the policy.
struct PolicyTraits {
  bool judges_pods = false;     // some rule is a pod standard's
  bool is_standard = false;     // all of them are
  DiagnosticList no_entries;    // why nothing can be found with it; empty where something can
};

struct PolicyObject final : HandleObject {
  static constexpr HandleKind kKind = HandleKind::Policy;
  using HandleObject::HandleObject;

  Policy policy;
  std::shared_ptr<const PolicyTraits> traits;
  std::vector<EntryPoint> entry_points;
};

struct QueryObject final : HandleObject {
  static constexpr HandleKind kKind = HandleKind::Query;
  using HandleObject::HandleObject;

  Query query;
};

struct EvaluatorObject final : HandleObject {
  static constexpr HandleKind kKind = HandleKind::Evaluator;
  using HandleObject::HandleObject;

  // Made anew after forget().
  [[nodiscard]] Evaluator::Impl& engine();
  // status_of(), which a host's builtin may be the cause of.
  [[nodiscard]] psdl_status status_of_errors(const DiagnosticList& errors) const;
  // After something was thrown: what was kept may be half made.
  void forget() {
    impl = nullptr;
    query_machines.clear();
    for (std::unique_ptr<DocumentStream>& stream : query_streams) stream = nullptr;
  }

  Policy policy;
  std::shared_ptr<const PolicyTraits> traits;
  bool is_for_queries = false;  // nothing can be found with it
  Limits limits;
  EvaluateOptions options;
  std::atomic<bool> cancelled{false};
  std::shared_ptr<DataStore> data;  // null: the policy's own
  std::uint64_t data_version = 0;   // of the snapshot that `impl` has
  std::unique_ptr<Evaluator::Impl> impl;
  Verdict unseen;                    // of batches without a result
  std::unique_ptr<HostCalls> calls;  // null where the policy has no builtins of the host

  // Queries: the machines of those that were asked last, and streams by format.
  struct QueryMachine {
    std::shared_ptr<const Query::Impl> query;
    std::unique_ptr<Machine> machine;
  };
  static constexpr std::size_t kMostMachines = 16;
  [[nodiscard]] Machine& machine_for(const std::shared_ptr<const Query::Impl>& query);
  std::vector<QueryMachine> query_machines;
  std::size_t next_machine = 0;
  std::unique_ptr<DocumentStream> query_streams[3];
};

[[nodiscard]] psdl_severity severity_of(FindingSeverity severity);
// The status that the first error of the list stands for; PSDL_OK where there is none.
[[nodiscard]] psdl_status status_of(const DiagnosticList& errors);
void describe(const Problem& problem, std::string_view help, std::uint32_t document, psdl_diagnostic& out);
// Of the list, into the host's struct; `helps` keeps the texts that are made for it.
[[nodiscard]] psdl_status show_problem(const DiagnosticList& list, std::vector<std::string>& helps, std::size_t index,
                                       psdl_diagnostic* out);
// Lines of help, as psdl_diagnostic has them.
[[nodiscard]] std::string help_of(const Problem& problem);

}  // namespace psdl::capi
