// Calls of the engine into Python. In: operands; out: what the function returned, put into the call's builder.
#include "builtins.hpp"

#include <utility>

#include "values.hpp"

namespace psdl_python {

thread_local HostCalls* HostCalls::current = nullptr;

namespace {

// The call that this thread is in, for call_is_over().
thread_local const psdl_call* current_call = nullptr;

struct Undefined {};

// Text of any object: half a surrogate pair is written as an escape.
std::string text_of(nb::handle object) {
  const nb::object text = nb::steal(with_python([&] { return PyObject_Str(object.ptr()); }));
  if (!text.is_valid()) throw nb::python_error();
  const nb::object bytes = nb::steal(PyUnicode_AsEncodedString(text.ptr(), "utf-8", "backslashreplace"));
  if (!bytes.is_valid()) throw nb::python_error();
  return {PyBytes_AS_STRING(bytes.ptr()), static_cast<std::size_t>(PyBytes_GET_SIZE(bytes.ptr()))};
}

std::string text_of_exception(const nb::object& exception) {
  try {
    const std::string text = text_of(exception);
    if (nb::isinstance(exception, imported("psdl.errors", "BuiltinError"))) return text;
    const std::string kind = text_of(exception.type().attr("__name__"));
    return text.empty() ? kind : kind + ": " + text;
  } catch (nb::python_error&) {
    return "an exception that has no text";
  }
}

// This thread is inside the call.
class Current {
 public:
  explicit Current(const psdl_call* call) : outer_(std::exchange(current_call, call)) {}
  ~Current() { current_call = outer_; }
  Current(const Current&) = delete;
  Current& operator=(const Current&) = delete;

 private:
  const psdl_call* outer_;
};

psdl_status answer(PyObject* function, psdl_call* call, const psdl_value* arguments, std::size_t argument_count) {
  nb::list operands;
  for (std::size_t i = 0; i < argument_count; ++i) operands.append(to_python(arguments[i]));
  const nb::object given = called(function, nb::tuple(operands));
  if (nb::isinstance<Undefined>(given)) return PSDL_OK;
  psdl_builder* builder = nullptr;
  check(psdl_call_builder(call, &builder));
  put(builder, given, true);
  return PSDL_OK;
}

psdl_status call_host(void* context, psdl_call* call, const psdl_value* arguments, std::size_t argument_count) {
  const GilAcquired gil;
  const Current current(call);
  try {
    return with_python([&] { return answer(static_cast<PyObject*>(context), call, arguments, argument_count); });
  } catch (nb::python_error& error) {
    const nb::object exception = nb::borrow(error.value());
    const std::string text = text_of_exception(exception);
    static_cast<void>(psdl_call_fail(call, text.data(), text.size()));
    if (HostCalls::current != nullptr) HostCalls::current->failure = exception;
  }
  return PSDL_CALLBACK;
}

// Handles may go in any thread, and after the interpreter: then nobody is there to take the function back.
void release_function(void* context) {
  if (Py_IsInitialized() == 0) return;
  const GilAcquired gil;
  Py_DECREF(static_cast<PyObject*>(context));
}

bool call_is_over() {
  bool is_over = false;
  if (current_call == nullptr) raise(PSDL_BAD_ARGUMENT, "no builtin is called by this thread");
  check(psdl_call_is_over(current_call, &is_over));
  return is_over;
}

}  // namespace

psdl_status add_builtin(psdl_compiler* compiler, const std::string& name, const std::string& signature,
                        const nb::object& function, const std::vector<std::string>& capabilities, bool is_pure) {
  const Texts wanted(capabilities);
  auto builtin = sized<psdl_builtin>();
  builtin.name = as_text(name);
  builtin.signature = as_text(signature);
  builtin.function = call_host;
  builtin.context = function.ptr();
  builtin.release = release_function;
  builtin.capabilities = wanted.all.data();
  builtin.capability_count = wanted.all.size();
  builtin.is_pure = is_pure;
  const psdl_status status = psdl_compiler_add_builtin(compiler, &builtin);
  if (status == PSDL_OK) Py_INCREF(function.ptr());
  return status;
}

void bind_builtins(nb::module_& module) {
  nb::class_<Undefined>(module, "Undefined", "The type of `psdl.UNDEFINED`.").def("__repr__", [](const Undefined&) {
    return "psdl.UNDEFINED";
  });
  module.attr("UNDEFINED") = nb::cast(Undefined());
  module.def(
      "call_is_over", call_is_over,
      "Inside a builtin: whether the evaluation was cancelled or is out of time. One that waits asks now and then.");
}

}  // namespace psdl_python
