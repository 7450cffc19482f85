// Package cloop evaluates in a loop of C, which is what the cost of a call from Go is measured against.
package cloop

// #cgo pkg-config: psdl
// #include <time.h>
// #include "psdl/psdl.h"
//
// static int64_t thread_ns(void) {
//   struct timespec now;
//   clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
//   return now.tv_sec * 1000000000LL + now.tv_nsec;
// }
//
// static void nothing(void) {}
//
// static psdl_verdict once(uintptr_t evaluator, uintptr_t result, const char *text, size_t length) {
//   psdl_document document = {.size = sizeof document, .text = {text, length}, .format = PSDL_FORMAT_JSON};
//   psdl_verdict verdict = PSDL_VERDICT_NONE;
//   if (psdl_evaluator_evaluate((psdl_evaluator *)evaluator, &document, (psdl_result *)result) != PSDL_OK) return verdict;
//   psdl_result_verdict((psdl_result *)result, &verdict);
//   return verdict;
// }
//
// // Nanoseconds of the thread, or -1 where an evaluation fails.
// static int64_t evaluate(uintptr_t evaluator, uintptr_t result, const char *text, size_t length, size_t times) {
//   const int64_t begun = thread_ns();
//   for (size_t i = 0; i < times; ++i) {
//     if (once(evaluator, result, text, length) != PSDL_VERDICT_ALLOW) return -1;
//   }
//   return thread_ns() - begun;
// }
import "C"

import "unsafe"

// ThreadNS is the time that this thread has run.
func ThreadNS() int64 { return int64(C.thread_ns()) }

// Nothing is a call of C that does nothing.
func Nothing() { C.nothing() }

// Once evaluates one text, and tells whether it is allowed.
func Once(evaluator, result uintptr, text []byte) bool {
	data := *(**C.char)(unsafe.Pointer(&text))
	return C.once(C.uintptr_t(evaluator), C.uintptr_t(result), data, C.size_t(len(text))) == C.PSDL_VERDICT_ALLOW
}

// Evaluate evaluates one text `times` times, and gives the nanoseconds of the thread; -1 where it is not allowed.
func Evaluate(evaluator, result uintptr, text []byte, times int) int64 {
	data := *(**C.char)(unsafe.Pointer(&text))
	return int64(C.evaluate(C.uintptr_t(evaluator), C.uintptr_t(result), data, C.size_t(len(text)), C.size_t(times)))
}
