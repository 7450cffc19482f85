// The module `psdl._psdl`: the ABI's nouns as classes. The package around it has what is easier in Python.
#include "native.hpp"

NB_MODULE(_psdl, module) {
  using namespace psdl_python;  // NOLINT: one function
  if (psdl_abi_version() != PSDL_ABI_VERSION)
    throw nb::import_error("libpsdl has another ABI than this module was built for");
  // A builtin may hold its own policy, a ring through the engine that Python cannot see: no fault of the bindings.
  nb::set_leak_warnings(false);
  module.doc() = "The engine, over psdl.h.";
  bind_values(module);
  bind_result(module);
  bind_builtins(module);
  bind_compiler(module);
  bind_data(module);
  bind_evaluator(module);
  bind_batch(module);
  module.attr("__version__") = psdl_version();
  module.attr("ABI_VERSION") = PSDL_ABI_VERSION;
  module.def("status_name", &psdl_status_name, nb::arg("status"), "The word of a status of psdl.h: `bad_input`.");
}
