// Builtins that a host brings along. In: a name, while a call of that host is on; out: their rows, before those of the registry.
#pragma once

#include <string_view>

#include "builtins/builtin.hpp"
#include "builtins/registry.hpp"

namespace psdl {

// What one host has, for one policy. Programs point to the rows, so whoever keeps a program keeps these.
class HostBuiltins {
 public:
  virtual ~HostBuiltins() = default;
  // Null where there is none.
  [[nodiscard]] virtual const Builtin* find(std::string_view name) const = 0;
  // One that the host has and does not let this policy call.
  [[nodiscard]] virtual const MissingBuiltin* find_missing(std::string_view name) const = 0;
};

// For find_builtin() and find_missing_builtin() on this thread, until the end of the scope. Null: none.
class RunningHostBuiltins {
 public:
  explicit RunningHostBuiltins(const HostBuiltins* builtins);
  ~RunningHostBuiltins();
  RunningHostBuiltins(const RunningHostBuiltins&) = delete;
  RunningHostBuiltins& operator=(const RunningHostBuiltins&) = delete;

 private:
  const HostBuiltins* outer_;
};

}  // namespace psdl
