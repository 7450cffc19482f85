// The GIL, let go of around the engine and taken for what the engine calls.
//
// Until CPython 3.13 a thread that asks for the GIL of an interpreter that is ending is ended by pthread_exit(), which
// unwinds its stack: through functions that are noexcept, so the process aborts, and through destructors that touch
// Python's objects without the GIL. Here such a thread stands still for ever, as CPython 3.14 has it.
#pragma once

#include <Python.h>

#include <chrono>
#include <thread>
#ifdef __GLIBCXX__
#include <cxxabi.h>
#endif

namespace psdl_python {

[[noreturn]] inline void stand_still() noexcept {
  for (;;) std::this_thread::sleep_for(std::chrono::hours(1));
}

// Runs what may ask for the GIL, as all Python code does now and then. It belongs close around the call: the frames
// between are unwound.
template <class F>
decltype(auto) with_python(F&& body) {
#ifdef __GLIBCXX__
  try {
    return body();
  } catch (abi::__forced_unwind&) {  // which may not be caught for good: the handler does not end
    stand_still();
  }
#else
  return body();
#endif
}

class GilReleased {
 public:
  GilReleased() : state_(PyEval_SaveThread()) {}
  // Whether the interpreter is ending is not asked first: it may begin to while this waits, and the thread that ends it
  // gets the GIL.
  ~GilReleased() {
    with_python([this] { PyEval_RestoreThread(state_); });
  }
  GilReleased(const GilReleased&) = delete;
  GilReleased& operator=(const GilReleased&) = delete;

 private:
  PyThreadState* state_;
};

class GilAcquired {
 public:
  GilAcquired() : state_(acquire()) {}
  ~GilAcquired() { PyGILState_Release(state_); }
  GilAcquired(const GilAcquired&) = delete;
  GilAcquired& operator=(const GilAcquired&) = delete;

 private:
  static PyGILState_STATE acquire() {
    // The interpreter is over, or ends: it makes no state for a thread any more.
    if (PyGILState_GetThisThreadState() == nullptr && Py_IsInitialized() == 0) stand_still();
    return with_python([] { return PyGILState_Ensure(); });
  }

  PyGILState_STATE state_;
};

}  // namespace psdl_python
