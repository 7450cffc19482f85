// One document judged by the entry points of a policy. In: a machine, a document, the rules; out: located findings, or errors.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "codec/document.hpp"
#include "psdl/findings.hpp"
#include "runtime/elements.hpp"
#include "runtime/problem.hpp"
#include "vm/machine.hpp"

namespace psdl {

// A container of the document, as the layer that knows kinds found it.
struct ContainerPlace {
  std::string pointer;  // "/spec/containers/0"
  std::string name;
};

// What findings need to know of the object, asked for only when there is something to show.
struct ObjectFacts {
  ObjectIdentity identity;
  std::vector<ContainerPlace> containers;
};

// What judge() keeps from one document to the next: of the same rules and programs each time.
class JudgeMemory {
 public:
  JudgeMemory();
  ~JudgeMemory();
  JudgeMemory(const JudgeMemory&) = delete;
  JudgeMemory& operator=(const JudgeMemory&) = delete;

  // For verdicts that nobody looks at any more: their findings are made of again.
  void empty(Verdict& verdict);

  struct Impl;
  [[nodiscard]] Impl& impl() { return *impl_; }

 private:
  std::unique_ptr<Impl> impl_;
};

struct JudgeRequest {
  std::function<Machine&()> plain;                  // runs the same rules as they are written: asked for only when something was found, or went wrong
  std::function<Value()> plain_input;               // what those read; empty: `input`
  Value input;                                      // what the rules read: the document's root, or more where some of it is known
  const Document* document = nullptr;
  std::string_view document_name;                   // "pod.yaml#1"
  Value data;
  std::span<const EntryRule> rules;
  std::function<const ObjectFacts&(const Document&)> facts;
  // Given findings and, for each, the text of its rule's fix (may be empty): fills Finding::fix. Empty: nobody asks for fixes.
  std::function<void(std::span<Finding>, std::span<const std::string> fix_jsons, const ObjectFacts&)> add_fixes;
  EvaluationFacts evaluation;
  const std::atomic<bool>* cancel = nullptr;
  bool locates = true;  // false: findings have no place
  JudgeMemory* memory = nullptr;  // null: none is kept
};

// Whether such an error depends on the order of evaluation, so that the code as it was written must say which came first. A limit or cancel does not.
[[nodiscard]] bool is_ordered(const EvalError& error);

// The verdict is empty. Values live in `arena` during the call alone. In the verdict a builtin error, a conflict and a
// limit are errors: the first two keep what other rules found, a limit or a cancel takes everything back.
void judge(Machine& machine, Arena& arena, const JudgeRequest& request, Verdict& verdict);

// `error` as a problem with its place in the policy. A limit is named by its field and says how it is raised.
[[nodiscard]] Problem evaluation_problem(const EvalError& error, const Program& program, std::string_view document_name);

}  // namespace psdl
