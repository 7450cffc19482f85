// Builtins of a host. In: what psdl_builtin says; out: rows that the compiler and the machine take for builtins of
// ours, and calls from the machine to the host.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/arena.hpp"
#include "builtins/host.hpp"
#include "capi/builder.hpp"
#include "capi/handles.hpp"
#include "capi/value.hpp"
#include "psdl/psdl.h"

namespace psdl::capi {

// A row with its callback. The texts of the row are its own.
struct HostBuiltin final : Builtin {
  HostBuiltin() = default;
  HostBuiltin(const HostBuiltin&) = delete;
  HostBuiltin& operator=(const HostBuiltin&) = delete;
  ~HostBuiltin() {
    if (release != nullptr) release(host);
  }

  std::string name_text;
  std::string signature_text;
  std::vector<std::string> capabilities;
  psdl_builtin_function function = nullptr;
  void* host = nullptr;
  void (*release)(void*) = nullptr;
  bool is_pure = false;
};
using HostBuiltinList = std::vector<std::shared_ptr<const HostBuiltin>>;

// Those of a compiler, for one policy: what they may reach is decided.
class GrantedBuiltins final : public HostBuiltins {
 public:
  GrantedBuiltins(HostBuiltinList all, const std::vector<std::string>& capabilities);
  [[nodiscard]] const Builtin* find(std::string_view name) const override;
  [[nodiscard]] const MissingBuiltin* find_missing(std::string_view name) const override;

 private:
  struct Refused {
    MissingBuiltin row;
    std::string reason;
  };
  HostBuiltinList all_;
  std::vector<const HostBuiltin*> granted_;
  std::vector<std::unique_ptr<Refused>> refused_;
};

// Null where the struct is none that can be taken.
[[nodiscard]] std::shared_ptr<HostBuiltin> read_builtin(const psdl_builtin& given, const HostBuiltinList& known);

// --- calls

// What psdl_call names: one object for all calls of an evaluator, with other contents each time.
struct CallObject final : ValueOwner {
  static constexpr HandleKind kKind = HandleKind::Call;
  using ValueOwner::ValueOwner;
  [[nodiscard]] Arena& texts() override { return *arena; }
  [[nodiscard]] std::size_t most_text_bytes() const override { return context->limits().string_bytes; }
  [[nodiscard]] std::size_t most_bytes() const override { return context->limits().memory_bytes; }

  CallContext* context = nullptr;  // null: no call is on
  Arena* arena = nullptr;
  psdl_builder* builder = nullptr;
  std::string message;
};

// The calls of one evaluator. What builtins that are not pure answered is remembered for one evaluation, as the engine
// may run a document twice.
class HostCalls {
 public:
  explicit HostCalls(const Allocator& memory);
  ~HostCalls();
  HostCalls(const HostCalls&) = delete;
  HostCalls& operator=(const HostCalls&) = delete;

  // Before each document.
  void start();
  // Whether a host's builtin has failed since.
  [[nodiscard]] bool has_failed() const { return has_failed_; }

  Value call(const HostBuiltin& builtin, CallContext& context, Args args);

 private:
  struct Answer {
    const HostBuiltin* builtin = nullptr;
    std::uint64_t hash = 0;
    Value operands;  // an array
    Value value;     // undefined: it was
    std::string_view failure;
    bool has_failed = false;
  };

  [[nodiscard]] Value remembered(const HostBuiltin& builtin, CallContext& context, Args args);
  // Null where it was not asked so.
  [[nodiscard]] const Answer* find(const HostBuiltin& builtin, std::uint64_t hash, Args args) const;
  void ask(const HostBuiltin& builtin, CallContext& context, Arena& arena, Args args, Answer& answer);
  [[nodiscard]] Value give(const HostBuiltin& builtin, CallContext& context, const Answer& answer);

  psdl_call* call_ = nullptr;
  psdl_builder* builder_ = nullptr;
  Arena arena_;
  std::vector<Answer> answers_;
  std::unordered_multimap<std::uint64_t, std::size_t> by_hash_;  // of those that are more than a few
  bool has_failed_ = false;
};

// The calls of the evaluator that this thread is in; where there is none, a host's builtin is undefined with an error.
class RunningCalls {
 public:
  explicit RunningCalls(HostCalls* calls);
  ~RunningCalls();
  RunningCalls(const RunningCalls&) = delete;
  RunningCalls& operator=(const RunningCalls&) = delete;

 private:
  HostCalls* outer_;
};

}  // namespace psdl::capi
