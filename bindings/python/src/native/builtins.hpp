// Builtins that a Python host brings. In: a Python function; out: what psdl_compiler_add_builtin() wants.
#pragma once

#include "native.hpp"

namespace psdl_python {

// Exists for the length of a call into the engine that may call back, made and ended with the GIL held. It keeps what a
// builtin raised for the exception that comes of it.
class HostCalls {
 public:
  HostCalls() : outer_(current) { current = this; }
  ~HostCalls() { current = outer_; }
  HostCalls(const HostCalls&) = delete;
  HostCalls& operator=(const HostCalls&) = delete;
  nb::object failure;
  static thread_local HostCalls* current;

 private:
  HostCalls* outer_;
};

psdl_status add_builtin(psdl_compiler* compiler, const std::string& name, const std::string& signature,
                        const nb::object& function, const std::vector<std::string>& capabilities, bool is_pure);

}  // namespace psdl_python
